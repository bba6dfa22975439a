package fulfilltest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func forgetClauses() []clause {
	return []clause{
		{name: "of a forgotten shipment stays that there was one", forget: true, hold: holdForgotten},
		{name: "what is not over is not forgotten", forget: true, hold: holdUnsettled},
		{name: "what commands caused stays until the last shipment is forgotten", forget: true, hold: func(b *box) {
			b.over(1, "O-1")
			b.over(2, "O-1", "O-2")
			for _, stream := range []order.OrderID{"O-1", "O-2"} {
				task := b.task(stream, "of "+string(stream), 0)
				task.Action.Command, task.State = "c1", fulfill.Done
				b.queue(task)
			}
			b.forget(id(2))
			if !b.there("of O-1") || b.there("of O-2") {
				b.Error("of two shipments of O-1 one is forgotten, of O-2 the only one: its task alone goes")
			}
			b.forget(id(1))
			if b.there("of O-1") {
				b.Error("all shipments of the order are forgotten, and the task of its command is kept")
			}
		}},
		{name: "old shipments are listed by when they were seen", forget: true, hold: holdOld},
		{name: "after an error nothing is forgotten", forget: true, hold: func(b *box) {
			b.over(1, "O-1")
			given := errors.New("given up")
			err := b.fails(func(ctx context.Context, tx fulfill.Tx) error {
				if _, err := tx.(fulfill.Forgetter).Forget(ctx, id(1)); err != nil {
					return err
				}
				return given
			})
			if !errors.Is(err, given) {
				b.Fatal(err)
			}
			if s := b.shipment(id(1)); s.Forgotten || !b.there("task 1") || len(b.evidence(id(1)).Events) == 0 || b.watch(id(1)).Life == "" || len(b.traces("O-1")) != 2 {
				b.Errorf("the transaction was given up, and something is gone: %+v", s)
			}
		}},
	}
}

// over makes a shipment that was delivered, of which nothing is left to do: with a watch that is closed, a task that is done, and
// two traces in each order, of which one is about another shipment.
func (b *box) over(n int, orders ...order.OrderID) fulfill.Shipment {
	b.Helper()
	s := fulfill.Shipment{ID: id(n), Carrier: "toy", Since: b.now, Seen: b.now}
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		for _, o := range orders {
			s.Links = append(s.Links, fulfill.Link{Order: o, Role: order.WaybillOutbound})
			for _, t := range []fulfill.Trace{
				{Order: o, Command: order.CommandID("about " + s.ID.Number), Shipment: s.ID, Applied: b.now, Rule: "moved it"},
				{Order: o, Command: order.CommandID("beside " + s.ID.Number), Shipment: id(n + 100), Applied: b.now, Rule: "moved it"},
			} {
				if err := tx.Trace(ctx, t); err != nil {
					return err
				}
			}
		}
		if err := tx.SaveShipment(ctx, s); err != nil {
			return err
		}
		return deliver(ctx, tx, s.ID, b.now)
	})
	b.life(s.ID, poll.Closed)
	task := b.task(orders[0], "task "+string(rune('0'+n)), 0)
	task.Action.Shipment, task.State, task.DoneAt = s.ID, fulfill.Done, b.now
	b.queue(task)
	return b.shipment(s.ID)
}

// life changes the life of the watch of a shipment.
func (b *box) life(id poll.ShipmentID, l poll.Life) {
	b.Helper()
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		_, err := tx.Watches().Change(ctx, poll.WatchID{Shipment: id, Carrier: "toy", Role: poll.Primary}, func(w poll.Watch) poll.Watch {
			w.Life = l
			return w
		})
		return err
	})
}

func (b *box) forget(id poll.ShipmentID) int {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (int, error) { return tx.(fulfill.Forgetter).Forget(ctx, id) })
}

func (b *box) there(key string) bool {
	b.Helper()
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { _, err := tx.Task(ctx, key); return err })
	if err != nil && !errors.Is(err, fulfill.ErrNoTask) {
		b.Fatal(err)
	}
	return err == nil
}

func (b *box) evidence(id poll.ShipmentID) tracking.Evidence {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (tracking.Evidence, error) { return tx.Evidence(ctx, id) })
}

func (b *box) watch(id poll.ShipmentID) poll.Watch {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (poll.Watch, error) {
		return tx.Watches().Change(ctx, poll.WatchID{Shipment: id, Carrier: "toy", Role: poll.Primary}, func(w poll.Watch) poll.Watch { return w })
	})
}

func holdForgotten(b *box) {
	want := b.over(1, "O-1", "O-2")
	other := b.over(2, "O-2")
	host := b.task("O-1", "host/k", 0)
	host.State = fulfill.Done
	b.queue(host)
	waiting := b.task("O-1", "host/waits", 0)
	b.queue(waiting)
	if n := b.forget(want.ID); n < 5 {
		b.Errorf("%d things are removed: want a scan, a watch, a task and two traces, and what else the store kept", n)
	}
	want.Forgotten = true
	want.Epoch++
	b.saveShipment(want)
	same(b, "a forgotten shipment", b.shipment(want.ID), want)
	if n := b.forget(want.ID); n != 0 {
		b.Errorf("%d things are removed from what is forgotten", n)
	}
	latest := get(b, func(ctx context.Context, tx fulfill.Tx) (poll.ShipmentID, error) {
		return tx.Latest(ctx, want.ID.Courier, want.ID.Number)
	})
	if latest != want.ID || len(b.of("O-1")) != 1 || len(b.of("O-2")) != 2 {
		b.Error("a forgotten shipment is not found any more")
	}
	if e := b.evidence(want.ID); len(e.Events)+len(e.Verdicts) > 0 || b.watch(want.ID).Life != "" || b.there("task 1") {
		b.Error("evidence, watch and tasks of a forgotten shipment are kept")
	}
	for _, o := range []order.OrderID{"O-1", "O-2"} {
		if slices.ContainsFunc(b.traces(o), func(t fulfill.Trace) bool { return t.Shipment == want.ID }) {
			b.Errorf("a trace of %s about the shipment is kept", o)
		}
	}
	if len(b.traces("O-1")) != 1 || len(b.traces("O-2")) != 3 || !b.there("host/k") || !b.there("task 2") || len(b.evidence(other.ID).Events) == 0 || b.watch(other.ID).Life == "" {
		b.Error("more than the shipment is forgotten")
	}
	b.claimed("what waits in the stream", "host/waits")
}

func holdUnsettled(b *box) {
	s := b.over(1, "O-1", "O-2")
	refused := func(why string) {
		b.Helper()
		if n := b.forget(s.ID); n != 0 || b.shipment(s.ID).Forgotten || !b.there("task 1") || len(b.evidence(s.ID).Events) == 0 {
			b.Errorf("%s, and the shipment is forgotten", why)
		}
	}
	b.life(s.ID, poll.Active)
	refused("its watch is active")
	b.life(s.ID, poll.Paused)
	for i, state := range []fulfill.TaskState{fulfill.Waiting, fulfill.Dead} {
		for _, stream := range []order.OrderID{"O-1", "O-2"} {
			task := b.task(stream, "k"+string(rune('0'+i))+string(stream), 0)
			if task.State = state; stream == "O-1" {
				task.Action.Shipment = s.ID
			} else {
				task.Action.Command = "c"
			}
			b.queue(task)
			refused("a task is " + string(state))
			task.State = fulfill.Withdrawn
			b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, task) })
		}
	}
	err := b.fails(func(ctx context.Context, tx fulfill.Tx) error {
		_, err := tx.(fulfill.Forgetter).Forget(ctx, id(9))
		return err
	})
	if !errors.Is(err, fulfill.ErrNoShipment) {
		b.Errorf("Forget of a shipment that is not there: %v", err)
	}
	if n := b.forget(s.ID); n == 0 {
		b.Error("all is settled, and the shipment is not forgotten")
	}
}

func holdOld(b *box) {
	other := id(1)
	other.Courier = "othercourier"
	for i, s := range []fulfill.Shipment{
		{ID: id(4), Seen: b.now}, {ID: id(3), Seen: b.now.Add(-time.Hour)}, {ID: other, Seen: b.now.Add(-time.Hour)}, {ID: id(2), Seen: b.now.Add(-time.Hour)},
		{ID: id(5)}, {ID: id(6), Seen: b.now.Add(-2 * time.Hour)}, {ID: id(7), Seen: b.now.Add(-2 * time.Hour)},
	} {
		s.Links = []fulfill.Link{{Order: order.OrderID("O-" + string(rune('1'+i))), Role: order.WaybillOutbound}}
		b.saveShipment(s)
	}
	b.forget(id(7))
	for _, limit := range []int{1, 2, 3, 10} {
		var got []poll.ShipmentID
		var after fulfill.Shipment
		for range 10 {
			old := get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Shipment, error) {
				return tx.(fulfill.Forgetter).Old(ctx, b.now, after, limit)
			})
			for _, s := range old {
				got = append(got, s.ID)
				same(b, "a listed shipment", s, b.shipment(s.ID))
			}
			if len(old) < limit {
				break
			}
			after = old[len(old)-1]
		}
		if want := []poll.ShipmentID{id(5), id(6), other, id(2), id(3)}; !slices.Equal(got, sorted(want)) {
			b.Errorf("%d at a time: %v", limit, got)
		}
	}
}

// sorted puts the shipments that were seen at the same time in their order.
func sorted(ids []poll.ShipmentID) []poll.ShipmentID {
	slices.SortFunc(ids[2:], func(a, b poll.ShipmentID) int { return poll.WatchID{Shipment: a}.Compare(poll.WatchID{Shipment: b}) })
	return ids
}
