package fulfilltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func transactClauses() []clause {
	return []clause{
		{name: "a transaction sees what it wrote", hold: holdSees},
		{name: "what a transaction wrote is kept together", hold: func(b *box) {
			b.do(b.everything)
			b.kept("after a transaction", true)
		}},
		{name: "after an error nothing is kept", hold: func(b *box) {
			refused := errors.New("thought better of it")
			err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { return errors.Join(b.everything(ctx, tx), refused) })
			if !errors.Is(err, refused) {
				b.Errorf("Transact gives %v, not what the function gave", err)
			}
			b.kept("after an error", false)
			b.do(b.everything)
			b.kept("after the same once more", true)
		}},
		{name: "an error changes nothing of what was", hold: holdUndone},
		{name: "after a panic nothing is kept and the store goes on", hold: func(b *box) {
			func() {
				defer func() {
					if recover() != "boom" {
						b.Error("the panic did not get through")
					}
				}()
				_ = b.fails(func(ctx context.Context, tx fulfill.Tx) error {
					if err := b.everything(ctx, tx); err != nil {
						b.Error(err)
					}
					panic("boom")
				})
			}()
			b.kept("after a panic", false)
		}},
		{name: "when the context ends nothing is kept", hold: func(b *box) {
			outside, cancel := context.WithCancel(b.Context())
			defer cancel()
			err := b.store.Transact(outside, func(ctx context.Context, tx fulfill.Tx) error {
				err := b.everything(ctx, tx)
				cancel()
				return err
			})
			if !errors.Is(err, context.Canceled) {
				b.Errorf("Transact: %v", err)
			}
			b.kept("after the end of the context", false)
		}},
		{name: "watches are listed as they stand in the transaction", hold: holdListed},
		{name: "an ended context ends a transaction before it begins", hold: func(b *box) {
			over, cancel := context.WithCancel(b.Context())
			cancel()
			err := b.store.Transact(over, func(context.Context, fulfill.Tx) error { b.Error("it ran"); return nil })
			if !errors.Is(err, context.Canceled) {
				b.Errorf("Transact: %v", err)
			}
		}},
		{name: "a transaction inside of a transaction is refused", hold: func(b *box) {
			b.do(func(ctx context.Context, tx fulfill.Tx) error {
				ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // it must not come to this
				defer cancel()
				err := b.store.Transact(ctx, func(context.Context, fulfill.Tx) error { return nil })
				if err == nil || errors.Is(err, context.DeadlineExceeded) {
					b.Errorf("a transaction inside of a transaction: %v", err)
				}
				return nil
			})
		}},
		{name: "of concurrent transactions none is lost", hold: holdConcurrent},
		{name: "saving an order queues its actions", hold: holdCommanded},
		{name: "a stale save queues nothing", hold: holdStale},
		{name: "a job is granted once for a time", hold: holdJob},
		{name: "of several who begin a job one is granted it", hold: holdJobRivals},
		{name: "all of it survives", reopen: true, hold: func(b *box) {
			b.do(b.everything)
			b.store = b.harness.Reopen(b.T, b.store)
			b.kept("after a restart", true)
		}},
	}
}

// everything writes something of every kind.
func (b *box) everything(ctx context.Context, tx fulfill.Tx) error {
	o := cup(b.T, "O-1", b.now)
	if err := tx.Lock(ctx, "O-2", "O-1"); err != nil {
		return err
	}
	if err := tx.Save(ctx, o, o.History); err != nil {
		return err
	}
	if err := tx.SaveShipment(ctx, fulfill.Shipment{ID: id(1), Since: b.now, Links: []fulfill.Link{{Order: "O-1", Role: order.WaybillOutbound}}}); err != nil {
		return err
	}
	if err := deliver(ctx, tx, id(1), b.now); err != nil {
		return err
	}
	if _, err := tx.Queue(ctx, b.task("O-1", "k1", time.Hour), b.task("O-1", "k2", 0)); err != nil {
		return err
	}
	if err := tx.Trace(ctx, fulfill.Trace{Order: "O-1", Command: "c1", Shipment: id(1), Rule: "r"}); err != nil {
		return err
	}
	granted, err := tx.Begin(ctx, "night", b.now, b.now)
	if err == nil && !granted {
		err = errors.New("the job is not granted")
	}
	return err
}

// kept looks whether everything is there, or nothing.
func (b *box) kept(when string, want bool) {
	b.Helper()
	see := func(what string, call func(ctx context.Context, tx fulfill.Tx) (bool, error)) {
		b.Helper()
		if got := get(b, call); got != want {
			b.Errorf("%s: %s there: %t, want %t", when, what, got, want)
		}
	}
	unless := func(err, absent error) (bool, error) {
		if errors.Is(err, absent) {
			return false, nil
		}
		return err == nil, err
	}
	see("the order", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		_, err := tx.Load(ctx, "O-1")
		return unless(err, order.ErrNoOrder)
	})
	see("the shipment", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		_, err := tx.Shipment(ctx, id(1))
		return unless(err, fulfill.ErrNoShipment)
	})
	see("the link", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		of, err := tx.ShipmentsOf(ctx, "O-1")
		return len(of) > 0, err
	})
	see("the generation", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		_, err := tx.Latest(ctx, id(1).Courier, id(1).Number)
		return unless(err, fulfill.ErrNoShipment)
	})
	see("the evidence", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		e, err := tx.Evidence(ctx, id(1))
		return len(e.Events) > 0, err
	})
	see("the watch", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		due, err := tx.Watches().NextDue(ctx, "toy")
		return !due.IsZero(), err
	})
	see("the task", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		_, err := tx.Task(ctx, "k1")
		return unless(err, fulfill.ErrNoTask)
	})
	see("what is to be done next", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		next, err := tx.NextTask(ctx)
		return !next.IsZero(), err
	})
	see("the trace", func(ctx context.Context, tx fulfill.Tx) (bool, error) {
		traces, err := tx.Traces(ctx, "O-1")
		return len(traces) > 0, err
	})
	var granted bool
	undone := errors.New("it was asked for its answer alone")
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) (err error) {
		if granted, err = tx.Begin(ctx, "night", b.now, b.now); err != nil {
			return err
		}
		return undone
	})
	if granted == want || !errors.Is(err, undone) {
		b.Errorf("%s: the job is granted: %t, %v", when, granted, err)
	}
}

func holdSees(b *box) {
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		if err := b.everything(ctx, tx); err != nil {
			return err
		}
		_, load := tx.Load(ctx, "O-1")
		s, find := tx.Shipment(ctx, id(1))
		tasks, claim := tx.ClaimTasks(ctx, b.now.Add(time.Hour), 10, lease)
		traces, list := tx.Traces(ctx, "O-1")
		if !s.Known || len(tasks) != 1 || len(traces) != 1 {
			b.Errorf("known %t, %d tasks, %d traces", s.Known, len(tasks), len(traces))
		}
		return errors.Join(load, find, claim, list)
	})
}

// holdListed: the list shows what the transaction wrote, and what is taken back is in no list. What it lists, and in which
// order, the suite of watches says.
func holdListed(b *box) {
	if _, ok := watching(b.T, b.store).(listed); !ok {
		b.Skip("the watches of a transaction cannot be listed")
	}
	lives := func(ctx context.Context, tx fulfill.Tx) (lives []poll.Life, err error) {
		for w, err := range tx.Watches().(lister).Watches(ctx, poll.Filter{Shipment: id(1)}) {
			if err != nil {
				return nil, err
			}
			lives = append(lives, w.Life)
		}
		return lives, nil
	}
	shown := func(ctx context.Context, tx fulfill.Tx, when string, want ...poll.Life) error {
		got, err := lives(ctx, tx)
		if !slices.Equal(got, want) {
			b.Errorf("%s: %q are listed, want %q", when, got, want)
		}
		return err
	}
	pause := func(w poll.Watch) poll.Watch { w.Life = poll.Paused; return w }
	watch := poll.WatchID{Shipment: id(1), Carrier: "toy", Role: poll.Primary}
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		if err := deliver(ctx, tx, id(1), b.now); err != nil {
			return err
		}
		return shown(ctx, tx, "where it was opened", poll.Active)
	})
	refused := errors.New("thought better of it")
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) error {
		_, err := tx.Watches().Change(ctx, watch, pause)
		return errors.Join(err, shown(ctx, tx, "where it was paused", poll.Paused), refused)
	})
	if !errors.Is(err, refused) {
		b.Fatal(err)
	}
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		return shown(ctx, tx, "after that was taken back", poll.Active)
	})
}

// holdUndone: what is taken back is changes of all kinds, so that whoever keeps an index beside the values shows it.
func holdUndone(b *box) {
	b.do(b.everything)
	b.queue(b.task("O-2", "k3", time.Minute), b.task("O-2", "k4", 0))
	refused := errors.New("thought better of it")
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) error {
		s, err := tx.Shipment(ctx, id(1))
		if err != nil {
			return err
		}
		s.Links, s.Epoch = []fulfill.Link{{Order: "O-2", Role: order.WaybillOutbound}}, 5
		next := s
		next.ID.Generation = 2
		claimed, claim := tx.ClaimTasks(ctx, b.now.Add(2*time.Hour), 1, time.Hour)
		for _, t := range claimed {
			t.State = fulfill.Done
			claim = errors.Join(claim, tx.SettleTask(ctx, t))
		}
		_, again := tx.ClaimTasks(ctx, b.now.Add(2*time.Hour), 10, time.Hour)
		_, watched := tx.Watches().Claim(ctx, poll.ClaimRequest{Now: b.now, Carrier: "toy", Limit: 1, Lease: time.Hour})
		trace := tx.Trace(ctx, fulfill.Trace{Order: "O-1", Command: "c1", Shipment: id(1), Rule: "another"})
		return errors.Join(tx.SaveShipment(ctx, s), tx.SaveShipment(ctx, next), claim, again, watched, trace, deliver(ctx, tx, id(2), b.now), refused)
	})
	if !errors.Is(err, refused) {
		b.Errorf("Transact: %v", err)
	}
	if s := b.shipment(id(1)); s.Epoch != 0 || len(s.Links) != 1 || s.Links[0].Order != "O-1" {
		b.Error("the shipment is changed")
	}
	latest := get(b, func(ctx context.Context, tx fulfill.Tx) (poll.ShipmentID, error) {
		return tx.Latest(ctx, id(1).Courier, id(1).Number)
	})
	traces := get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Trace, error) { return tx.Traces(ctx, "O-1") })
	of := get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Shipment, error) {
		return tx.ShipmentsOf(ctx, "O-2")
	})
	if latest.Generation != 1 || len(traces) != 1 || traces[0].Rule != "r" || len(of) != 0 {
		b.Errorf("generation %d, %d traces, %d shipments of an order that has none", latest.Generation, len(traces), len(of))
	}
	due := get(b, func(ctx context.Context, tx fulfill.Tx) (time.Time, error) { return tx.Watches().NextDue(ctx, "toy") })
	if !due.Equal(b.now) {
		b.Errorf("the watch is due at %v, want %v", due, b.now)
	}
	if k1 := b.find("k1"); k1.Attempts != 0 || k1.Fence != 0 || k1.State != fulfill.Waiting {
		b.Errorf("a task stands at %d attempts, %s", k1.Attempts, k1.State)
	}
	b.claimed("before the first are due")
	b.pass(time.Minute)
	b.settle(b.claimed("one is due", "k3")[0], fulfill.Done)
	b.claimed("the one behind it", "k4")
	b.pass(59 * time.Minute)
	b.claimed("another stream, and an ended lease", "k4", "k1")
}

// holdConcurrent: who locks and reads what is there sees what the one before wrote, of orders and of shipments.
func holdConcurrent(b *box) {
	const workers, each = 4, 3
	o := cup(b.T, "O-1", b.now)
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		return errors.Join(tx.Save(ctx, o, o.History), tx.SaveShipment(ctx, fulfill.Shipment{ID: id(1)}))
	})
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := range each {
				err := b.store.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) error {
					if err := tx.Lock(ctx, "O-1"); err != nil {
						return err
					}
					o, err := tx.Load(ctx, "O-1")
					if err != nil {
						return err
					}
					name := fmt.Sprint(w, "-", n)
					next, events, err := (&order.Machine{}).Handle(o, order.Command{
						ID: order.CommandID(name), Event: order.ExceptionRaised, Section: "S1", Actor: order.Operator("kim"),
						Exception: &order.Exception{Code: name},
					})
					if err != nil {
						return err
					}
					s, err := tx.Shipment(ctx, id(1))
					if err != nil {
						return err
					}
					s.Epoch++
					return errors.Join(tx.Save(ctx, next, events), tx.SaveShipment(ctx, s))
				})
				if err != nil {
					b.Errorf("Transact: %v", err)
				}
			}
		})
	}
	wg.Wait()
	o = get(b, func(ctx context.Context, tx fulfill.Tx) (order.Order, error) { return tx.Load(ctx, "O-1") })
	if s := b.shipment(id(1)); s.Epoch != workers*each || len(o.History) != 1+workers*each {
		b.Errorf("of %d transactions %d changed the shipment and %d the order", workers*each, s.Epoch, len(o.History)-1)
	}
}

// picked is an order whose goods are being fetched.
func (b *box) picked(id order.OrderID) order.Order {
	o := cup(b.T, id, b.now)
	o, _ = decide(b.T, o, order.Command{ID: "c0", Event: order.InstructDelivery, Section: "S1", At: b.now})
	o, _ = decide(b.T, o, order.Command{ID: "c1", Event: order.InstructRelease, Section: "S1", At: b.now})
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.Save(ctx, o, o.History) })
	return o
}

// stockout is the command by which it turns out that they are not there: it wants two things done.
func (b *box) stockout(id order.CommandID) order.Command {
	return order.Command{ID: id, Event: order.RegisterStockout, Section: "S1", Reason: "없음", At: b.now}
}

func holdCommanded(b *box) {
	short, events := decide(b.T, b.picked("O-1"), b.stockout("c2"))
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.Save(ctx, short, events) })
	want := fulfill.Commanded(&short, events, b.now)
	if len(want) < 2 {
		b.Fatalf("a stock-out wants %d things done", len(want))
	}
	b.pass(time.Second)
	for _, w := range want {
		got := b.find(w.Action.Key)
		if text(b.T, got.Action) != text(b.T, w.Action) || got.State != fulfill.Waiting || got.Attempts != 0 {
			b.Errorf("%s is queued otherwise than Commanded gives it", w.Action.Name)
		}
		claimed := b.claimed("in the order of the actions", w.Action.Key)
		b.settle(claimed[0], fulfill.Done)
	}
	b.claimed("when all is done")
}

func holdStale(b *box) {
	o := b.picked("O-1")
	short, events := decide(b.T, o, b.stockout("c2"))
	rival, late := decide(b.T, o, b.stockout("c3"))
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.Save(ctx, short, events) })
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		if err := tx.Save(ctx, rival, late); !errors.Is(err, order.ErrStale) {
			b.Errorf("Save: %v, want ErrStale", err)
		}
		if err := tx.Save(ctx, short, events); !errors.Is(err, order.ErrStale) {
			b.Errorf("the same Save again: %v, want ErrStale", err)
		}
		return nil
	})
	b.pass(time.Second)
	waiting := 0
	for {
		tasks := b.claim(10)
		if len(tasks) == 0 {
			break
		}
		for _, t := range tasks {
			waiting++
			if t.Action.Command != "c2" {
				b.Errorf("%s of a save that was refused", t.Action.Name)
			}
			b.settle(t, fulfill.Done)
		}
	}
	if want := len(fulfill.Commanded(&short, events, b.now)); waiting != want {
		b.Errorf("%d tasks, want %d", waiting, want)
	}
}

func (b *box) begin(job string, since time.Time) bool {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (bool, error) { return tx.Begin(ctx, job, since, b.now) })
}

func holdJob(b *box) {
	midnight := b.now.Add(-12 * time.Hour)
	if !b.begin("night", midnight) {
		b.Error("a job that never began is not granted")
	}
	if b.begin("night", midnight) || b.begin("night", b.now) {
		b.Error("a job is granted again for the same time")
	}
	if !b.begin("report", midnight) {
		b.Error("another job is not granted")
	}
	granted := b.now
	b.pass(24 * time.Hour)
	if b.begin("night", granted) {
		b.Error("a job is granted for the time at which it was granted")
	}
	if !b.begin("night", granted.Add(time.Microsecond)) {
		b.Error("a job is not granted for the next time")
	}
}

func holdJobRivals(b *box) {
	for round := range 3 {
		var mu sync.Mutex
		granted := 0
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				ok, err := alone(b.Context(), b.store, func(ctx context.Context, tx fulfill.Tx) (bool, error) { return tx.Begin(ctx, "night", b.now, b.now) })
				if err != nil {
					b.Errorf("Begin: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ok {
					granted++
				}
			})
		}
		wg.Wait()
		if granted != 1 {
			b.Errorf("round %d: granted to %d of 6", round+1, granted)
		}
		b.pass(time.Hour)
	}
}
