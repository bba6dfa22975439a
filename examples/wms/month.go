package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// A month is everything but the SDK: the world, the people of the shop, and the time that passes for both.
type month struct {
	*world
	options  options
	stories  []story
	progress *progress
	wanted   *subscription.Manager
	past     past
	pace     *pace         // nil where nobody has to keep one
	glance   time.Duration // how often the inbox is looked at, by the wall clock
	limit    time.Duration // of a carrier's call, by the wall clock
	began    time.Time
	waiting  atomic.Int64 // who has nothing to do before a time

	mu     sync.Mutex
	paused []poll.ShipmentID // that a person is to look at

	remember func(ctx context.Context, name, content string) error
}

// newMonth begins a month, or goes on with the one that the database has.
func newMonth(ctx context.Context, o options, db *database, stderr io.Writer) (*month, error) {
	before, err := db.resume(ctx, o.day())
	if err != nil {
		return nil, err
	}
	m, err := openMonth(o, before, sandbox.NewClock(begin(before), 0), stderr)
	if err != nil {
		return nil, err
	}
	m.remember, m.glance, m.limit = db.remember, 20*time.Millisecond, 2*time.Second
	m.pace = &pace{
		clock: m.Clock(), speed: o.speed, saved: before.now,
		slow: func() time.Duration {
			if m.waiting.Load() < loops || m.calling.Load() > 0 || db.busy() {
				return working
			}
			return 1
		},
		save: func(ctx context.Context, now time.Time) error {
			return db.remember(ctx, "now", now.Format(time.RFC3339Nano))
		},
	}
	return m, nil
}

// begin is where the world's clock stands in the beginning.
func begin(before past) time.Time {
	if before.now.IsZero() {
		return opening
	}
	return before.now
}

func openMonth(o options, before past, clock *sandbox.Clock, stderr io.Writer) (*month, error) {
	w, err := newWorld(o.seed, o.orders, o.faults, clock)
	if err != nil {
		return nil, err
	}
	w.unattended = !before.now.IsZero()
	m := &month{world: w, options: o, stories: stories(w, o.seed, o.orders), past: before, began: time.Now()}
	if o.asJSON {
		stderr = nil
	}
	m.progress = newProgress(stderr, o.language)
	m.wanted, err = w.subscriptions()
	return m, err
}

func (m *month) now() time.Time { return m.Clock().Now() }

// loops are those who wait in an idle month: three carriers' lanes, the outbox, the night, the providers and the people.
const loops = 7

func (m *month) wait(ctx context.Context, d time.Duration) error {
	m.waiting.Add(1)
	defer m.waiting.Add(-1)
	return m.Clock().Sleep(ctx, d)
}

// ended is told of watches that end, or want a person.
func (m *month) ended(r poll.Recorded) {
	if r.After.Life == poll.Paused {
		m.mu.Lock()
		m.paused = append(m.paused, r.After.ID.Shipment)
		m.mu.Unlock()
	}
}

// A ledger is what the SDK keeps: orders, parcels, tasks, and what was pushed.
type ledger struct {
	fulfill.Store
	fulfill.Archive
	webhook.Inbox
}

// live lets the month pass, and tells how it went.
func (m *month) live(ctx context.Context, keep ledger, done effects, stdout io.Writer) (*result, error) {
	engine, hooks, err := road(m, keep, done)
	if err != nil {
		return nil, err
	}
	m.push(hooks)
	people := &shop{counter: engine, world: m.world, stories: m.stories, told: m.want, look: func(ctx context.Context) error { return m.look(ctx, engine) }}
	if err := m.wantAgain(ctx, keep); err != nil {
		return nil, err
	}
	if err := m.pass(ctx, engine, people, keep); err != nil {
		return nil, err
	}
	r, err := m.judge(ctx, engine, keep)
	if err != nil {
		return nil, err
	}
	return r, m.tell(ctx, r, engine, stdout)
}

// pass runs everything at once until nothing is left to be done.
func (m *month) pass(ctx context.Context, engine *fulfill.Engine, people *shop, keep ledger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := []func(context.Context) error{
		engine.Run, // polls, works the inbox, delivers actions, runs the night shift
		func(ctx context.Context) error { return m.providers(ctx, engine.Stats) },
		func(ctx context.Context) error {
			defer cancel()
			if err := m.people(ctx, people); err != nil {
				return err
			}
			return m.quiet(ctx, engine, keep)
		},
	}
	if m.pace != nil {
		parts = append(parts, m.pace.run)
	}
	faults := make([]error, len(parts))
	var running sync.WaitGroup
	for i, part := range parts {
		running.Go(func() {
			defer cancel() // none goes on without the others
			faults[i] = part(ctx)
		})
	}
	running.Wait()
	m.progress.done()
	return errors.Join(faults...)
}

// people does what is to be done at the shop, each thing at its time.
func (m *month) people(ctx context.Context, people *shop) error {
	steps := people.steps()
	for i, s := range steps {
		if i < m.past.done {
			continue
		}
		if i%50 == 0 { // what was done since is done again after a crash, and changes nothing
			if err := m.remember(ctx, "done", strconv.Itoa(i)); err != nil {
				return err
			}
		}
		if err := m.wait(ctx, s.at.Sub(m.now())); err != nil {
			return err
		}
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	return m.remember(ctx, "done", strconv.Itoa(len(steps)))
}

// quiet waits until no parcel is asked about any more and nothing is left to be done.
func (m *month) quiet(ctx context.Context, engine *fulfill.Engine, keep ledger) error {
	for end := opening.AddDate(0, 0, m.options.days); ; {
		over := true
		err := keep.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
			next, err := tx.NextTask(ctx)
			over = err == nil && next.IsZero()
			for _, c := range m.carriers() {
				if err == nil {
					next, err = tx.Watches().NextDue(ctx, c.Name())
					over = over && next.IsZero()
				}
			}
			return err
		})
		if err != nil || over {
			return err
		}
		if m.now().After(end) {
			return fmt.Errorf("the month has %d days, and something is still to be done: %w", m.options.days, leftover(ctx, keep))
		}
		if err := m.wait(ctx, time.Hour); err != nil {
			return err
		}
	}
}

// leftover names the first watches and tasks that have not come to their end.
func leftover(ctx context.Context, keep ledger) error {
	const most = 5
	var left []error
	for s, err := range keep.Shipments(ctx, fulfill.ShipmentFilter{}) {
		if err != nil || len(left) == most {
			break
		}
		if _, w, err := shipmentOf(ctx, keep, s); err == nil && w.Life == poll.Active {
			left = append(left, fmt.Errorf("%s …%s is asked about at %s, %s: %s, since %s %d asks, %d failures in a row %s",
				w.ID.Shipment.Courier, tracking.Last4(w.ID.Shipment.Number), w.Due.Format(time.DateTime), w.Why, w.Parcel.Status, w.Opened.Format(time.DateTime), w.Asks, w.Failures, w.LastFailure))
		}
	}
	for t, err := range keep.Tasks(ctx, fulfill.TaskFilter{State: fulfill.Waiting, Limit: most}) {
		if err != nil {
			break
		}
		left = append(left, fmt.Errorf("the task %s waits for %s after %d attempts", t.Action.Name, t.DueAt.Format(time.DateTime), t.Attempts))
	}
	return errors.Join(left...)
}

// providers lets the providers notice what happened and push it, and shows how the day goes by.
func (m *month) providers(ctx context.Context, stats func() fulfill.Stats) error {
	for ctx.Err() == nil {
		if err := m.wanted.Pass(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		_, _ = m.pusher.Deliver(ctx) // fails with ctx alone
		m.progress.show(m.now(), stats())
		_ = m.wait(ctx, 30*time.Minute)
	}
	return nil
}

// want asks the providers to push about every fifth parcel. Polling does not depend on it.
func (m *month) want(waybills tellings) {
	for _, w := range waybills {
		c := tracking.Courier(w.Courier)
		if len(w.Number) < 2 || w.Number[len(w.Number)-2]%5 != 0 {
			continue
		}
		carrier := "deliveryapi"
		if names := prefer()[c]; len(names) > 0 {
			carrier = names[0]
		}
		_ = m.wanted.Want(context.Background(), carrier, tracking.Subscription{Courier: c, Number: w.Number, Ref: w.Courier + "-" + w.Number})
	}
}

// look is what a person does each morning about parcels that could not be asked about: nothing is wrong with these.
func (m *month) look(ctx context.Context, engine *fulfill.Engine) error {
	m.mu.Lock()
	paused := m.paused
	m.paused = nil
	m.mu.Unlock()
	for _, id := range paused {
		if err := engine.Ask(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// wantAgain registers what an earlier process had registered: the sandbox forgot it with that process.
func (m *month) wantAgain(ctx context.Context, keep ledger) error {
	for s, err := range keep.Shipments(ctx, fulfill.ShipmentFilter{}) {
		if err != nil {
			return err
		}
		m.want(tellings{{Courier: string(s.ID.Courier), Number: s.ID.Number}})
		_, watch, err := shipmentOf(ctx, keep, s)
		if err != nil {
			return err
		}
		if watch.Life == poll.Paused {
			m.paused = append(m.paused, s.ID)
		}
	}
	return nil
}

// sources are how the providers' pushes are proved and read.
func (m *month) sources(keep ledger) []webhook.Source {
	ours := func(ctx context.Context, q tracking.Query) (found bool, err error) {
		err = keep.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
			_, err := tx.Latest(ctx, q.Courier, q.Number)
			found = err == nil
			if errors.Is(err, fulfill.ErrNoShipment) {
				return nil
			}
			return err
		})
		return found, err
	}
	byReference := func(ctx context.Context, ref string) (tracking.Courier, string, bool, error) {
		c, number, _ := strings.Cut(ref, "-")
		found, err := ours(ctx, tracking.Query{Courier: tracking.Courier(c), Number: number})
		return tracking.Courier(c), number, found, err
	}
	return sources(byReference, ours)
}
