package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A ledger is a store that can be looked into.
type ledger interface {
	fulfill.Store
	fulfill.Archive
}

// A week is a road that engines travel in the fake time of a bubble. Whatever is between them and the database, its
// end is compared with that of a week in which nothing happened.
type week struct {
	*testing.T
	begin  time.Time
	road   road
	world  *sandbox.World
	window *window
	sink   *sink
	look   time.Duration // how often an engine looks for what others left to it

	mu      sync.Mutex
	nights  map[string]int // jobs that were done, by day
	failed  map[string]int // operations of which the engines told that the store failed
	desk    int            // commands that had to be given again
	refused []string
}

func newWeek(t *testing.T, orders int) *week { return newWeekFrom(t, orders, time.Now(), nil) }

func newWeekFrom(t *testing.T, orders int, begin time.Time, clock *sandbox.Clock) *week {
	w := &week{T: t, begin: begin, road: newRoad(begin, orders), look: time.Hour, nights: map[string]int{}, failed: map[string]int{}}
	w.world = sandbox.New(sandbox.Config{Empty: true, Clock: clock})
	w.world.Add(w.road.parcels...)
	w.window, w.sink = newWindow(w.world, 5*time.Second), newSink(2*time.Second)
	return w
}

var korea = time.FixedZone("KST", 9*60*60)

var nightly = []fulfill.Job{fulfill.RegisterWaybills, fulfill.CompleteDeliveries, fulfill.ConfirmPurchases}

// engine makes an engine of the week on a store.
func (w *week) engine(store fulfill.Store) *fulfill.Engine {
	w.Helper()
	c := w.config()
	c.Store = store
	e, err := fulfill.New(c)
	if err != nil {
		w.Fatal(err)
	}
	return e
}

func (w *week) config() fulfill.Config {
	return fulfill.Config{
		Carriers: []tracking.Carrier{w.window}, Machine: order.Machine{Policy: order.Policy{ConfirmAfterDays: 2}},
		Actions: w.sink.actions(), Undo: w.sink.actions(),
		Outbox: fulfill.Outbox{Look: w.look, Hooks: fulfill.OutboxHooks{StoreFailed: w.storeFailed}},
		Poll: poll.Config{
			Policy: poll.Fixed(2 * time.Hour), Lifetimes: poll.Lifetimes{Delivered: 24 * time.Hour, Returned: 24 * time.Hour}, Look: w.look,
			Hooks: poll.Hooks{StoreFailed: w.storeFailed},
		},
		Night: fulfill.Night{Jobs: nightly, Told: func(r fulfill.Report) { w.told(night(r)) }},
	}
}

// night names a job and its day.
func night(r fulfill.Report) string {
	return fmt.Sprint(r.Began.In(korea).Format(time.DateOnly), " ", r.Job)
}

func (w *week) told(night string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nights[night]++
}

func (w *week) storeFailed(op string, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed[op]++
}

// failures counts what the engines told of the store, in all.
func (w *week) failures() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, times := range w.failed {
		n += times
	}
	return n
}

// live lets the engines, the people and the trouble do what they do until the week is over.
func (w *week) live(trouble func(ctx context.Context), engines ...*fulfill.Engine) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	var all sync.WaitGroup
	for _, e := range engines {
		all.Go(func() {
			if err := e.Run(ctx); err != nil {
				w.Errorf("an engine ended with %v", err)
			}
		})
	}
	for n, id := range w.road.orders() {
		all.Go(func() {
			for i := range w.road.desk {
				if w.road.desk[i].order == id {
					w.instruct(ctx, engines[(n+i)%len(engines)], &w.road.desk[i])
				}
			}
		})
	}
	if trouble != nil {
		all.Go(func() { trouble(ctx) })
	}
	time.Sleep(w.road.end)
	cancel()
	all.Wait()
}

// middle waits for a time, and then until a carrier is being asked, or sometimes until an action is being done. It reports
// whether the week goes on.
func (w *week) middle(ctx context.Context, random *rand.Rand, d time.Duration) bool {
	if pass(ctx, d) != nil {
		return false
	}
	of := w.window.begun
	if random.IntN(2) == 0 {
		of = w.sink.begun
	}
	select {
	case <-of:
	case <-time.After(3 * time.Hour):
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// instruct gives a command at its time, and again every minute until it is known what became of it.
func (w *week) instruct(ctx context.Context, e *fulfill.Engine, i *instruction) {
	if pass(ctx, time.Until(w.begin.Add(i.after))) != nil {
		return
	}
	i.command.At = time.Now()
	for {
		_, _, err := e.Execute(ctx, i.order, i.command)
		var refused *order.Refused
		switch {
		case err == nil:
			return
		case errors.As(err, &refused):
			w.mu.Lock()
			w.refused = append(w.refused, fmt.Sprintf("%s refuses %v: %v", i.order, i.command.Event, err))
			w.mu.Unlock()
			return
		}
		w.mu.Lock()
		w.desk++
		w.mu.Unlock()
		if pass(ctx, time.Minute) != nil {
			w.Errorf("%s never got its %v: %v", i.order, i.command.Event, err)
			return
		}
	}
}

// end tells how everything stands, without what depends on when somebody looked.
func (w *week) end(store ledger) []string {
	w.Helper()
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, id := range w.road.orders() {
		o := w.load(store, id)
		if err := order.Check(o); err != nil {
			add("%s is not whole: %v", o.ID, err)
		}
		for _, s := range o.Sections {
			add("order %s %s %v %v %v %d of %d %v", o.ID, s.ID, s.Status, s.Prior, s.Exception != nil, s.Quantity(), len(s.Items), s.DeliveredAt.UTC())
		}
		for _, e := range o.History {
			add("event %s %v %s", o.ID, e.Name, e.Actor.Role)
		}
	}
	for s, err := range store.Shipments(w.Context(), fulfill.ShipmentFilter{}) {
		if err != nil {
			w.Fatal(err)
		}
		kept := w.watched(store, s)
		add("shipment %s/%d %v %v %v epoch %d %s, %v; watched by %s till %s, as %s", s.ID.Number, s.ID.Generation, s.Parcel.Status, s.Parcel.Sub,
			s.Parcel.DeliveredAt.UTC(), s.Epoch, s.Awaiting, s.Links, s.Carrier, kept.life, kept.reason)
		for _, event := range kept.evidence {
			add("scan %s %s", s.ID.Number, event)
		}
	}
	for t, err := range store.Tasks(w.Context(), fulfill.TaskFilter{}) {
		if err != nil {
			w.Fatal(err)
		}
		if t.State != fulfill.Done && t.State != fulfill.Withdrawn {
			add("task %s is %s after %d attempts: %s", t.Action.Key, t.State, t.Attempts, t.Why)
		}
		if done := w.sink.effects[t.Action.Key]; done != (t.State == fulfill.Done) {
			add("task %s is %s, and was it done: %v", t.Action.Key, t.State, done)
		}
	}
	for key := range w.sink.effects {
		if !strings.HasSuffix(key, "/undo") && !w.sink.effects[key+"/undo"] {
			add("action %s", key)
		}
	}
	for _, fault := range slices.Concat(w.refused, w.sink.faults, w.window.faults) {
		add("fault: %s", fault)
	}
	slices.Sort(lines)
	return lines
}

func (w *week) load(store ledger, id order.OrderID) (o order.Order) {
	w.Helper()
	err := store.Transact(w.Context(), func(ctx context.Context, tx fulfill.Tx) (err error) {
		o, err = tx.Load(ctx, id)
		return err
	})
	if err != nil {
		w.Errorf("%s: %v", id, err)
	}
	return o
}

type watched struct {
	life     poll.Life
	reason   poll.Reason
	evidence []string
}

func (w *week) watched(store ledger, s fulfill.Shipment) (kept watched) {
	w.Helper()
	err := store.Transact(w.Context(), func(ctx context.Context, tx fulfill.Tx) error {
		id := poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}
		watch, err := tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch { return w })
		if err != nil {
			return err
		}
		e, err := tx.Evidence(ctx, s.ID)
		kept = watched{life: watch.Life, reason: watch.Reason}
		for _, ev := range e.Events {
			kept.evidence = append(kept.evidence, fmt.Sprint(ev.At.UTC(), ev.Status, ev.Text, ev.Place, ev.Ordinal))
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return kept
}

// quiet remembers undisturbed weeks.
var quiet sync.Map // of quietWeek, by orders

type quietWeek struct {
	end  []string
	asks int
}

// undisturbed is the end of a week on a store in memory in which nothing happened.
func undisturbed(t *testing.T, orders int) (end []string, asks int) {
	t.Helper()
	if known, ok := quiet.Load(orders); ok {
		return known.(quietWeek).end, known.(quietWeek).asks
	}
	defer func() { quiet.Store(orders, quietWeek{end, asks}) }()
	synctest.Test(t, func(t *testing.T) {
		w, store := newWeek(t, orders), fulfill.NewMemoryStore()
		w.live(nil, w.engine(store))
		end, asks = w.end(store), w.window.total()
		if w.failures() > 0 || w.desk > 0 || w.sink.again() > 0 || len(w.nights) != len(nightly)*9 {
			t.Fatalf("disturbed: %v, %d commands and %d actions repeated, nights %v", w.failed, w.desk, w.sink.again(), w.nights)
		}
	})
	return end, asks
}

// sameEnd holds an end against that of the undisturbed week.
func sameEnd(t *testing.T, got, want []string) {
	t.Helper()
	for _, line := range got {
		if _, found := slices.BinarySearch(want, line); !found {
			t.Errorf("only with the fault:  %s", line)
		}
	}
	for _, line := range want {
		if _, found := slices.BinarySearch(got, line); !found {
			t.Errorf("only undisturbed:     %s", line)
		}
	}
	if len(got) != len(want) && !t.Failed() {
		t.Errorf("%d lines, %d undisturbed", len(got), len(want))
	}
}
