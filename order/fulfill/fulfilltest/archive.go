package fulfilltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func archiveClauses() []clause {
	return []clause{
		{name: "shipments are listed in order and by filter", archive: true, hold: holdShipments},
		{name: "tasks are listed in order, by filter and by page", archive: true, hold: holdTasks},
		{name: "long lists are whole", archive: true, hold: holdLong},
		{name: "a list leaves the store free and ends when the loop does", archive: true, hold: holdFree},
		{name: "an ended context ends a list", archive: true, hold: func(b *box) {
			b.saveShipment(fulfill.Shipment{ID: id(1)})
			b.queue(b.task("O-1", "k1", 0))
			over, cancel := context.WithCancel(b.Context())
			cancel()
			n, err := last(b.archive().Shipments(over, fulfill.ShipmentFilter{}))
			m, err2 := last(b.archive().Tasks(over, fulfill.TaskFilter{}))
			if !errors.Is(err, context.Canceled) || !errors.Is(err2, context.Canceled) || n+m != 0 {
				b.Errorf("%d shipments, %v; %d tasks, %v", n, err, m, err2)
			}
		}},
	}
}

func (b *box) archive() fulfill.Archive { return b.store.(fulfill.Archive) }

// last counts values, and gives the error that comes last; one that comes earlier counts as a value.
func last[T any](all iter.Seq2[T, error]) (n int, err error) {
	for _, e := range all {
		if err != nil {
			n++
		}
		if err = e; err == nil {
			n++
		}
	}
	return n, err
}

func holdShipments(b *box) {
	again, other := id(2), id(1)
	again.Generation, other.Courier = 10, "othercourier"
	next := id(2)
	next.Generation = 2
	for i, s := range []poll.ShipmentID{id(3), again, id(1), other, next, id(2)} {
		saved := fulfill.Shipment{ID: s, Since: b.now.Add(time.Duration(i) * time.Hour), Links: []fulfill.Link{{Order: "O-2", Role: order.WaybillOutbound}, {Order: "O-1", Role: order.WaybillOutbound}}}
		if s == next {
			saved.Awaiting, saved.Since = fulfill.AwaitingReturn, time.Time{}
		}
		b.saveShipment(saved)
	}
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return deliver(ctx, tx, id(3), b.now) })
	for _, c := range []struct {
		filter fulfill.ShipmentFilter
		want   []poll.ShipmentID
	}{
		{fulfill.ShipmentFilter{}, []poll.ShipmentID{other, id(1), id(2), next, again, id(3)}},
		{fulfill.ShipmentFilter{From: b.now.Add(time.Hour), Until: b.now.Add(3 * time.Hour)}, []poll.ShipmentID{id(1), again}},
		{fulfill.ShipmentFilter{From: b.now.Add(3*time.Hour + time.Microsecond)}, []poll.ShipmentID{id(2)}},
		{fulfill.ShipmentFilter{Until: b.now.Add(time.Microsecond)}, []poll.ShipmentID{next, id(3)}},
		{fulfill.ShipmentFilter{Awaiting: true}, []poll.ShipmentID{next}},
		{fulfill.ShipmentFilter{Awaiting: true, From: b.now}, nil},
	} {
		var got []poll.ShipmentID
		for s, err := range b.archive().Shipments(b.Context(), c.filter) {
			if err != nil {
				b.Fatal(err)
			}
			got = append(got, s.ID)
			same(b, "a listed shipment", s, b.shipment(s.ID))
			if s.Known != (s.ID == id(3)) || len(s.Links) != 2 {
				b.Errorf("%v: known %t, %d links", s.ID, s.Known, len(s.Links))
			}
		}
		if !slices.Equal(got, c.want) {
			b.Errorf("%+v lists %v, want %v", c.filter, got, c.want)
		}
	}
}

func holdTasks(b *box) {
	for _, key := range []string{"k3", "K1", "k1", "k10", "가", "k2"} {
		t := b.task("O-1", key, 0)
		if key == "k10" || key == "k2" {
			t.State, t.Action.Order = fulfill.Dead, "O-2"
		}
		b.queue(t)
	}
	passed := b.whole()
	passed.State = fulfill.Passed
	b.queue(passed)
	for _, c := range []struct {
		filter fulfill.TaskFilter
		want   []string
	}{
		{fulfill.TaskFilter{}, []string{"K1", "k1", "k10", "k2", "k3", passed.Action.Key, "가"}},
		{fulfill.TaskFilter{State: fulfill.Waiting}, []string{"K1", "k1", "k3", "가"}},
		{fulfill.TaskFilter{State: fulfill.Done}, nil},
		{fulfill.TaskFilter{Order: "O-2"}, []string{"k10", "k2"}},
		{fulfill.TaskFilter{Order: "o-1"}, nil},
		{fulfill.TaskFilter{Order: "O-1", State: fulfill.Dead}, nil},
		{fulfill.TaskFilter{Limit: 2}, []string{"K1", "k1"}},
		{fulfill.TaskFilter{Limit: 2, After: "k1"}, []string{"k10", "k2"}},
		{fulfill.TaskFilter{Limit: 2, After: "k11", State: fulfill.Waiting}, []string{"k3", "가"}},
		{fulfill.TaskFilter{After: "가"}, nil},
	} {
		var got []string
		for t, err := range b.archive().Tasks(b.Context(), c.filter) {
			if err != nil {
				b.Fatal(err)
			}
			got = append(got, t.Action.Key)
			same(b, "a listed task", t, b.find(t.Action.Key))
		}
		if !slices.Equal(got, c.want) {
			b.Errorf("%+v lists %q, want %q", c.filter, got, c.want)
		}
	}
}

func holdLong(b *box) {
	const many = 450
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		for n := range many {
			err := tx.SaveShipment(ctx, fulfill.Shipment{ID: id(n), Since: b.now, Links: []fulfill.Link{{Order: "O-1", Role: order.WaybillOutbound}}})
			if err != nil {
				return err
			}
			if _, err := tx.Queue(ctx, b.task("O-1", fmt.Sprintf("k%04d", n), 0)); err != nil {
				return err
			}
		}
		return nil
	})
	var ids []poll.ShipmentID
	for s, err := range b.archive().Shipments(b.Context(), fulfill.ShipmentFilter{From: b.now}) {
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, s.ID)
	}
	for limit, want := range map[int]int{0: many, 333: 333, many + 1: many} {
		var keys []string
		for t, err := range b.archive().Tasks(b.Context(), fulfill.TaskFilter{State: fulfill.Waiting, Limit: limit}) {
			if err != nil {
				b.Fatal(err)
			}
			keys = append(keys, t.Action.Key)
		}
		if sorted := slices.IsSorted(keys); len(keys) != want || len(slices.Compact(keys)) != want || !sorted {
			b.Errorf("limit %d: %d tasks, in order %t", limit, len(keys), sorted)
		}
	}
	if len(ids) != many || ids[0] != id(0) || ids[many-1] != id(many-1) || len(slices.Compact(ids)) != many {
		b.Errorf("%d shipments of %d", len(ids), many)
	}
}

func holdFree(b *box) {
	for n := range 3 {
		b.saveShipment(fulfill.Shipment{ID: id(n), Since: b.now})
		b.queue(b.task("O-1", fmt.Sprint("k", n), 0))
	}
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second) // it must not come to this
	defer cancel()
	n := 0
	for s, err := range b.archive().Shipments(ctx, fulfill.ShipmentFilter{}) {
		if err != nil {
			b.Fatal(err)
		}
		n++
		s.Epoch++
		if err := b.store.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return tx.SaveShipment(ctx, s) }); err != nil {
			b.Fatalf("Transact in a loop over shipments: %v", err)
		}
		if n == 2 {
			break
		}
	}
	for t, err := range b.archive().Tasks(ctx, fulfill.TaskFilter{}) {
		if err != nil {
			b.Fatal(err)
		}
		n++
		t.State = fulfill.Withdrawn
		if err := b.store.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return tx.AmendTask(ctx, t) }); err != nil {
			b.Fatalf("Transact in a loop over tasks: %v", err)
		}
		if n == 4 {
			break
		}
	}
	if n != 4 || b.shipment(id(1)).Epoch != 1 || b.shipment(id(2)).Epoch != 0 || b.find("k1").State != fulfill.Withdrawn {
		b.Errorf("%d values in loops that ended after 4", n)
	}
}
