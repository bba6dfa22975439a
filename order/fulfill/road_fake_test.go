package fulfill_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

// kst is the zone of couriers.
var kst = time.FixedZone("KST", 9*60*60)

// start is when worlds begin.
var start = time.Date(2026, 11, 19, 9, 0, 0, 0, kst)

// scan is one line of a courier's history.
type scan struct {
	status tracking.Status
	sub    tracking.Sub
	at     time.Time
	text   string
	place  string
}

// toy is a carrier that shows what a test wrote down.
type toy struct {
	name     string
	couriers []tracking.Courier // that it serves; none: every one

	mu    sync.Mutex
	scans map[string][]scan
	asked map[string]int
}

func newToy(name string, couriers ...tracking.Courier) *toy {
	return &toy{name: name, couriers: couriers, scans: map[string][]scan{}, asked: map[string]int{}}
}

func (c *toy) Name() string { return c.name }

func (c *toy) Serves(courier tracking.Courier) bool {
	return len(c.couriers) == 0 || slices.Contains(c.couriers, courier)
}

func (c *toy) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		c.asked[q.Number]++
		results[i] = tracking.Result{Query: q, Carrier: c.name, Billed: tracking.Yes}
		if scans := c.scans[q.Number]; len(scans) > 0 {
			results[i].Parcel = parcelOf(c.name, q, time.Now(), scans...)
		} else {
			results[i].Err = &tracking.Error{Carrier: c.name, Op: "query", Kind: tracking.ErrNotFound, Billed: tracking.Yes}
		}
	}
	return results, nil
}

func (c *toy) show(number string, scans ...scan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scans[number] = append(c.scans[number], scans...)
}

// parcelOf is an answer.
func parcelOf(carrier string, q tracking.Query, at time.Time, scans ...scan) *tracking.Parcel {
	p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: carrier, RetrievedAt: at}
	for _, s := range scans {
		text := s.text
		if text == "" {
			text = s.status.Korean()
			if s.status == tracking.StatusReturned || s.status == tracking.StatusUnknown { // words of their own meaning
				text = "word " + s.status.String()
			}
		}
		p.Events = append(p.Events, tracking.Event{At: s.at, Status: s.status, Sub: s.sub, Text: text, Place: s.place, Code: s.status.String()})
	}
	p.Settle(q.Context())
	return p
}

// world is an engine on a store in memory, with a clock that the test moves.
type world struct {
	*testing.T
	ctx    context.Context
	store  *fulfill.MemoryStore
	engine *fulfill.Engine
	config fulfill.Config

	mu       sync.Mutex
	now      time.Time
	commands int
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// newWorld makes a world of one carrier, or as the test has it.
func newWorld(t *testing.T, change ...func(*fulfill.Config)) *world {
	w := &world{T: t, ctx: t.Context(), store: fulfill.NewMemoryStore(), now: start}
	w.config = fulfill.Config{Store: w.store, Carriers: []tracking.Carrier{newToy("toy")}, Now: w.clock}
	w.config.Poll.Policy = poll.DefaultTable() // whose times do not hang on what was learned
	for _, f := range change {
		f(&w.config)
	}
	engine, err := fulfill.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	return w
}

// execute gives a command that must be accepted.
func (w *world) execute(id order.OrderID, c order.Command) order.Order {
	w.Helper()
	o, err := w.try(id, c)
	if err != nil {
		w.Fatalf("%v: %v", c.Event, err)
	}
	return o
}

func (w *world) try(id order.OrderID, c order.Command) (order.Order, error) {
	w.commands++
	if c.ID == "" {
		c.ID = order.CommandID(fmt.Sprintf("c%d", w.commands))
	}
	if c.At.IsZero() {
		c.At = w.clock()
	}
	if c.Actor == (order.Actor{}) {
		c.Actor = order.Operator("kim")
	}
	o, _, err := w.engine.Execute(w.ctx, id, c)
	return o, err
}

// ordered makes a paid order of two lines that is ready for release.
func (w *world) ordered(id order.OrderID) {
	w.Helper()
	w.execute(id, order.Command{Event: order.Created, Draft: &order.Draft{
		ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", SKU: "red", Quantity: 2}, {ID: "L2", SKU: "blue", Quantity: 1}},
		Sections: []order.DraftSection{{Place: "W1", Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}, {Line: "L2", Quantity: 1}}}},
	}, Actor: order.System("shop")})
	w.execute(id, order.Command{Event: order.InstructDelivery})
	w.execute(id, order.Command{Event: order.InstructRelease})
}

func waybill(number string) *order.Waybill { return &order.Waybill{Courier: "cj", Number: number} }

func (w *world) released(id order.OrderID, number string) {
	w.Helper()
	w.ordered(id)
	w.execute(id, order.Command{Event: order.CompleteRelease, Waybill: waybill(number)})
}

func shipmentID(number string) poll.ShipmentID {
	return poll.ShipmentID{Courier: "cj", Number: number, Generation: 1}
}

// push hands the road the whole history of a parcel as a carrier tells it, not before it has happened.
func (w *world) push(carrier, number string, scans ...scan) error {
	for _, s := range scans {
		if late := s.at.Sub(w.clock()); late >= 0 {
			w.pass(late + time.Second)
		}
	}
	parcel := parcelOf(carrier, tracking.Query{Courier: "cj", Number: number}, w.clock(), scans...)
	return w.engine.Deliver(w.ctx, webhook.Delivery{Key: fmt.Sprint(w.clock()), Observations: []tracking.Observation{{
		Parcel: *parcel, Carrier: carrier, Door: tracking.DoorPush, Kind: tracking.KindFact, SeenAt: w.clock(),
	}}})
}

// pushed is a push that must be taken.
func (w *world) pushed(number string, scans ...scan) {
	w.Helper()
	if err := w.push("toy", number, scans...); err != nil {
		w.Fatal(err)
	}
}

// on is a scan of a status, minutes after the start.
func on(status tracking.Status, minutes int) scan {
	return scan{status: status, at: start.Add(time.Duration(minutes) * time.Minute)}
}

func (w *world) order(id order.OrderID) order.Order {
	w.Helper()
	o, err := w.engine.Orders().Load(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return o
}

// wants compares sections with "S1 DELIVERED !FAILED" and so on.
func (w *world) wants(id order.OrderID, want ...string) {
	w.Helper()
	o := w.order(id)
	var got []string
	for _, s := range o.Sections {
		text := fmt.Sprintf("%s %v", s.ID, s.Status)
		if s.Prior != 0 {
			text += "<" + s.Prior.String()
		}
		if s.Exception != nil {
			text += " !" + s.Exception.Code
		}
		if s.Scanned {
			text += " scanned"
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		w.Errorf("order %s is %q, not %q", id, got, want)
	}
	if err := order.Check(o); err != nil {
		w.Error(err)
	}
}

func (w *world) tasks() []fulfill.Task {
	w.Helper()
	var all []fulfill.Task
	for t, err := range w.store.Tasks(w.ctx, fulfill.TaskFilter{}) {
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}

// queued compares the tasks that parcels caused, without what their keys have in common, in the order of keys.
func (w *world) queued(want ...string) {
	w.Helper()
	w.compare(true, want)
}

// caused is queued, whatever became of them.
func (w *world) caused(want ...string) {
	w.Helper()
	w.compare(false, want)
}

func (w *world) compare(states bool, want []string) {
	w.Helper()
	var got []string
	for _, t := range w.tasks() {
		key, found := strings.CutPrefix(t.Action.Key, "parcel/cj/")
		if !found {
			continue
		}
		if states && t.State != fulfill.Waiting {
			key += " " + string(t.State)
		}
		got = append(got, key)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.Errorf("queued:\n  %s\nnot\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// done settles every waiting task as done.
func (w *world) done() {
	w.Helper()
	for {
		var n int
		err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
			claimed, err := tx.ClaimTasks(ctx, w.clock(), 100, time.Minute)
			n = len(claimed)
			for _, t := range claimed {
				t.State, t.DoneAt = fulfill.Done, w.clock()
				err = errors.Join(err, tx.SettleTask(ctx, t))
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (w *world) shipment(number string) fulfill.Shipment {
	w.Helper()
	for s, err := range w.store.Shipments(w.ctx, fulfill.ShipmentFilter{}) {
		if err != nil {
			w.Fatal(err)
		}
		if s.ID.Number == number && s.ID.Generation == 1 {
			return s
		}
	}
	w.Fatalf("no shipment …%s", number[len(number)-4:])
	return fulfill.Shipment{}
}

func (w *world) traces(id order.OrderID) (all []fulfill.Trace) {
	w.Helper()
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
		all, err = tx.Traces(ctx, id)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

var testAddress = privacy.Address("somewhere 1")

// watch gives the primary watch of a number.
func (w *world) watch(number string) (found poll.Watch) {
	w.Helper()
	s := w.shipment(number)
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
		found, err = tx.Watches().Change(ctx, poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}, func(kept poll.Watch) poll.Watch { return kept })
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return found
}
