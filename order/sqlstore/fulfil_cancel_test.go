package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// travel is what the road does with a fact: evidence, the order, the shipment, what follows and why.
func travel(n int, claimed fulfill.Task) func(ctx context.Context, tx fulfill.Tx) error {
	id := order.OrderID(fmt.Sprint("O-", n))
	watch := watchID(n, "toy")
	return func(ctx context.Context, tx fulfill.Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		p := &tracking.Parcel{Courier: watch.Shipment.Courier, Number: watch.Shipment.Number, Source: "toy", RetrievedAt: noon}
		p.Events = []tracking.Event{{At: noon, Status: tracking.StatusDelivered, Text: "배송완료"}}
		p.Settle(tracking.Context{})
		_, err := tx.Watches().Record(ctx, poll.Report{ID: watch, Door: tracking.DoorPush, Parcel: p, At: noon}, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
		if err != nil {
			return err
		}
		o, err := tx.Load(ctx, id)
		if err != nil {
			return err
		}
		for _, c := range []order.Command{command("c", order.RequestCancel, "S1"), command("a", order.ApproveCancel, "S1")} {
			next, events, err := order.Handle(o, c)
			if err != nil {
				return err
			}
			if err := tx.Save(ctx, next, events); err != nil {
				return err
			}
			o = next
		}
		s, err := tx.Shipment(ctx, watch.Shipment)
		if errors.Is(err, fulfill.ErrNoShipment) {
			s, err = fulfill.Shipment{ID: watch.Shipment}, nil
		}
		if err != nil {
			return err
		}
		s.Links = []fulfill.Link{{Order: id, Role: order.WaybillOutbound}, {Order: id, Role: order.WaybillRecall}}
		if err := tx.SaveShipment(ctx, s); err != nil {
			return err
		}
		if _, err := tx.ShipmentsOf(ctx, id); err != nil {
			return err
		}
		if _, err := tx.Evidence(ctx, watch.Shipment); err != nil {
			return err
		}
		if err := tx.Trace(ctx, fulfill.Trace{Order: id, Command: "a"}); err != nil {
			return err
		}
		if granted, err := tx.Begin(ctx, fmt.Sprint("job ", n), noon, noon); err != nil || !granted {
			return errors.Join(err, errors.New("not granted"))
		}
		task := fulfill.Task{Action: fulfill.Action{Key: fmt.Sprint("own/", n), Order: id}, State: fulfill.Waiting, DueAt: noon}
		if _, err := tx.Queue(ctx, task); err != nil {
			return err
		}
		claimed.State = fulfill.Done
		return tx.SettleTask(ctx, claimed)
	}
}

// TestTravelCancelledAnywhere cancels such a transaction at its first statement, its second, and so on: all of it is kept or
// nothing, no connection is left in a transaction, and the store goes on.
func TestTravelCancelledAnywhere(t *testing.T) {
	spy := newSpy(t)
	spy.db.SetMaxOpenConns(1) // whatever comes next needs the one that was cancelled
	s, err := sqlstore.New(t.Context(), spy.db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancelled, kept := 0, 0
	for n := 1; kept == 0; n++ {
		if n > 200 {
			t.Fatal("a transaction never came to its end")
		}
		create(t, s, order.OrderID(fmt.Sprint("O-", n)))
		if _, err := s.Watches().Change(t.Context(), watchID(n, "toy"), opening); err != nil {
			t.Fatal(err)
		}
		var claimed []fulfill.Task
		err := s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) (err error) {
			// due long before what other rounds left
			task := fulfill.Task{Action: fulfill.Action{Key: fmt.Sprint("claimed/", n), Order: order.OrderID(fmt.Sprint("other ", n))}, State: fulfill.Waiting, DueAt: noon.Add(-time.Hour)}
			if _, err := tx.Queue(ctx, task); err != nil {
				return err
			}
			claimed, err = tx.ClaimTasks(ctx, noon.Add(-time.Minute), 1, 100*time.Hour)
			return err
		})
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		spy.watch(func(seen int) {
			if seen == n {
				cancel()
			}
		})
		err = s.Transact(ctx, travel(n, claimed[0]))
		steps := spy.steps()
		spy.watch(nil)
		cancel()
		var there, absent []string
		for what, text := range map[string]string{
			"history": fmt.Sprintf("SELECT COUNT(*) FROM waybill_history WHERE order_id = 'O-%d' AND seq > 2", n),
			"known":   fmt.Sprintf("SELECT COUNT(*) FROM waybill_shipments WHERE number = '%s' AND known = 1", watchID(n, "toy").Shipment.Number),
			"events":  fmt.Sprintf("SELECT COUNT(*) FROM waybill_events WHERE number = '%s'", watchID(n, "toy").Shipment.Number),
			"travel":  fmt.Sprintf("SELECT COUNT(*) FROM waybill_fulfil_shipments WHERE number = '%s'", watchID(n, "toy").Shipment.Number),
			"links":   fmt.Sprintf("SELECT COUNT(*) FROM waybill_fulfil_links WHERE order_id = 'O-%d'", n),
			"traces":  fmt.Sprintf("SELECT COUNT(*) FROM waybill_fulfil_traces WHERE order_id = 'O-%d'", n),
			"jobs":    fmt.Sprintf("SELECT COUNT(*) FROM waybill_fulfil_jobs WHERE name = 'job %d'", n),
			"tasks":   fmt.Sprintf("SELECT COUNT(*) FROM waybill_outbox WHERE stream = 'O-%d'", n),
			"heads":   fmt.Sprintf("SELECT COUNT(*) FROM waybill_streams WHERE stream = 'O-%d'", n),
			"settled": fmt.Sprintf("SELECT COUNT(*) FROM waybill_outbox WHERE task_key = 'claimed/%d' AND state = 'done'", n),
			"freed":   fmt.Sprintf("SELECT COUNT(*) FROM waybill_streams WHERE stream = 'other %d' AND head_key = ''", n),
		} {
			if count(t, spy.db, text) > 0 {
				there = append(there, what)
			} else {
				absent = append(absent, what)
			}
		}
		switch {
		case err == nil && len(absent) == 0:
			if steps < n {
				kept++
			} // else the end of the context came with the commit, which had the last word
		case errors.Is(err, context.Canceled) && len(there) == 0:
			cancelled++
		case errors.Is(err, context.Canceled) && steps == n && len(absent) == 0:
			// it ended while the commit was on its way
		default:
			t.Fatalf("cancelled at statement %d of %d: %v, there are %q, there are no %q", n, steps, err, there, absent)
		}
		if stats := spy.db.Stats(); stats.InUse != 0 {
			t.Fatalf("cancelled at statement %d: %d connections in use", n, stats.InUse)
		}
	}
	if cancelled < 40 {
		t.Errorf("only %d places to cancel at", cancelled)
	}
}

// TestListsLeaveNothingOpen: a loop that ends early, or whose context does, leaves no rows and no connection behind.
func TestListsLeaveNothingOpen(t *testing.T) {
	spy := newSpy(t)
	s := made(t, spy.db, engines[0])
	spy.db.SetMaxOpenConns(1)
	err := s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
		for n := range 3 {
			if err := tx.SaveShipment(ctx, fulfill.Shipment{ID: watchID(n, "toy").Shipment}); err != nil {
				return err
			}
			if _, err := tx.Queue(ctx, fulfill.Task{Action: fulfill.Action{Key: fmt.Sprint(n)}, State: fulfill.Waiting, DueAt: noon}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := spy.statements(0)
	for n := 1; n < 8; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		spy.watch(func(seen int) {
			if seen == n {
				cancel()
			}
		})
		for range s.Shipments(ctx, fulfill.ShipmentFilter{}) {
			break
		}
		for range s.Tasks(ctx, fulfill.TaskFilter{}) {
			break
		}
		spy.watch(nil)
		cancel()
		if _, err := s.Load(t.Context(), "O-1"); !errors.Is(err, order.ErrNoOrder) { // it needs the one connection
			t.Error(err)
		}
		if stats := spy.db.Stats(); stats.InUse != 0 {
			t.Fatalf("%d connections in use", stats.InUse)
		}
	}
	if open := spy.statements(0); open > 2*before {
		t.Errorf("%d statements are open, %d were", open, before)
	}
}
