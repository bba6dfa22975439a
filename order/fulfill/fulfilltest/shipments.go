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

func shipmentClauses() []clause {
	return []clause{
		{name: "a shipment comes back whole", hold: func(b *box) {
			want := b.travelling()
			given := want
			given.Links = slices.Clone(want.Links)
			slices.Reverse(given.Links)
			b.saveShipment(given)
			same(b, "Shipment", b.shipment(want.ID), want)
			bare := fulfill.Shipment{ID: id(2)}
			b.saveShipment(bare)
			same(b, "Shipment with nothing in it", b.shipment(id(2)), bare)
		}},
		{name: "a shipment that is not there is ErrNoShipment", hold: func(b *box) {
			b.saveShipment(fulfill.Shipment{ID: id(1)})
			other, next := id(1), id(1)
			other.Courier, next.Generation = "othercourier", 2
			for _, absent := range []poll.ShipmentID{id(2), other, next, {}} {
				err := b.fails(func(ctx context.Context, tx fulfill.Tx) error { _, err := tx.Shipment(ctx, absent); return err })
				if !errors.Is(err, fulfill.ErrNoShipment) {
					b.Errorf("Shipment of %v: %v", absent, err)
				}
			}
			for _, number := range []string{id(2).Number, "", id(1).Number + " "} {
				err := b.fails(func(ctx context.Context, tx fulfill.Tx) error {
					_, err := tx.Latest(ctx, id(1).Courier, number)
					return err
				})
				if !errors.Is(err, fulfill.ErrNoShipment) {
					b.Errorf("Latest of another number: %v", err)
				}
			}
		}},
		{name: "a shipment that is saved again is as it was saved", hold: func(b *box) {
			want := b.travelling()
			b.saveShipment(want)
			want.Links, want.Pin, want.Awaiting, want.Seen, want.Carrier = want.Links[2:], nil, fulfill.AwaitingNothing, time.Time{}, ""
			want.Epoch++
			b.saveShipment(want)
			same(b, "Shipment", b.shipment(want.ID), want)
			if of := b.of("O-1"); len(of) != 0 {
				b.Error("a shipment is listed under an order that it is not linked to any more")
			}
		}},
		{name: "the latest generation is found", hold: func(b *box) {
			for _, generation := range []int{2, 10, 9} {
				s := id(1)
				s.Generation = generation
				b.saveShipment(fulfill.Shipment{ID: s})
			}
			other := id(1)
			other.Courier, other.Generation = "othercourier", 11
			b.saveShipment(fulfill.Shipment{ID: other})
			got := get(b, func(ctx context.Context, tx fulfill.Tx) (poll.ShipmentID, error) {
				return tx.Latest(ctx, "toycourier", id(1).Number)
			})
			want := id(1)
			want.Generation = 10
			if got != want {
				b.Errorf("Latest is %v, want %v", got, want)
			}
		}},
		{name: "the shipments of an order come with the oldest first", hold: holdShipmentsOf},
		{name: "what is known of a shipment comes from its evidence", hold: holdKnown},
		{name: "a shipment is the caller's", hold: func(b *box) {
			want := b.travelling()
			given := b.travelling()
			b.saveShipment(given)
			spoil := func(s fulfill.Shipment) { s.Links[0].Order, s.Pin.Reason = "spoilt", "spoilt" }
			spoil(given)
			spoil(b.shipment(want.ID))
			spoil(b.of("O-1")[0])
			same(b, "Shipment", b.shipment(want.ID), want)
		}},
		{name: "traces come in the order in which they were kept first", hold: holdTraces},
		{name: "a shipment and its traces survive", reopen: true, hold: func(b *box) {
			want, trace := b.travelling(), b.trace("c1")
			b.saveShipment(want)
			b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.Trace(ctx, trace) })
			b.store = b.harness.Reopen(b.T, b.store)
			same(b, "Shipment", b.shipment(want.ID), want)
			same(b, "ShipmentsOf", b.of("O-1")[0], want)
			same(b, "Traces", b.traces("O-1")[0], trace)
		}},
	}
}

// travelling is a shipment with something in every field but what is known of it.
func (b *box) travelling() fulfill.Shipment {
	return fulfill.Shipment{
		ID: id(1), Carrier: "toy", Since: b.now.Add(-time.Hour),
		Links: []fulfill.Link{
			{Order: "O-1", Role: order.WaybillOutbound}, {Order: "O-1", Role: order.WaybillRecall}, {Order: "o-1", Role: order.WaybillOutbound},
		},
		Epoch: 3, Seen: b.now.Add(-time.Microsecond), Awaiting: fulfill.AwaitingQuorum,
		Pin: &fulfill.Pin{Status: tracking.StatusFailed, Sub: tracking.SubLost, At: b.now, By: order.Operator("kim"), Reason: "고객 '확인'"},
	}
}

func (b *box) of(id order.OrderID) []fulfill.Shipment {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Shipment, error) { return tx.ShipmentsOf(ctx, id) })
}

func holdShipmentsOf(b *box) {
	save := func(id poll.ShipmentID, since time.Time, orders ...order.OrderID) {
		s := fulfill.Shipment{ID: id, Since: since}
		for _, o := range orders {
			s.Links = append(s.Links, fulfill.Link{Order: o, Role: order.WaybillOutbound}, fulfill.Link{Order: o, Role: order.WaybillSendBack})
		}
		b.saveShipment(s)
	}
	again, other := id(2), id(1)
	again.Generation, other.Courier = 10, "othercourier"
	later := id(2)
	later.Generation = 9
	save(again, b.now, "O-1")
	save(later, b.now, "O-1")
	save(id(2), b.now, "O-2", "O-1")
	save(id(1), b.now, "O-1")
	save(other, b.now, "O-1")
	save(id(3), b.now.Add(-time.Microsecond), "O-1")
	save(id(4), b.now.Add(time.Hour), "O-2")
	save(id(5), time.Time{}, "O-1")
	for o, want := range map[order.OrderID][]poll.ShipmentID{
		"O-1": {id(5), id(3), other, id(1), id(2), later, again}, "O-2": {id(2), id(4)}, "o-1": nil, "O-3": nil,
	} {
		var got []poll.ShipmentID
		for _, s := range b.of(o) {
			got = append(got, s.ID)
			if len(s.Links) < 2 {
				b.Errorf("%v comes with %d links", s.ID, len(s.Links))
			}
		}
		if !slices.Equal(got, want) {
			b.Errorf("of %s: %v, want %v", o, got, want)
		}
	}
}

func holdKnown(b *box) {
	want := b.travelling()
	given := want
	given.Known, given.Parcel.Status = true, tracking.StatusReturned
	b.saveShipment(given)
	same(b, "a shipment of which nothing is known", b.shipment(id(1)), want)
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return deliver(ctx, tx, id(1), b.now) })
	check := func(when string, s fulfill.Shipment) {
		b.Helper()
		if !s.Known || s.Parcel.Status != tracking.StatusDelivered || !s.Parcel.DeliveredAt.Equal(b.now.Add(-time.Hour)) {
			b.Errorf("%s: known %t, %v at %v", when, s.Known, s.Parcel.Status, s.Parcel.DeliveredAt)
		}
	}
	check("after a record", b.shipment(id(1)))
	b.saveShipment(want)
	check("after it was saved again", b.shipment(id(1)))
	check("in a list", b.of("O-1")[0])
	evidence := func(id poll.ShipmentID) tracking.Evidence {
		return get(b, func(ctx context.Context, tx fulfill.Tx) (tracking.Evidence, error) { return tx.Evidence(ctx, id) })
	}
	if e := evidence(id(1)); len(e.Events) != 1 || e.Events[0].Status != tracking.StatusDelivered || !e.Events[0].Seen.Equal(b.now) ||
		e.Events[0].Door != tracking.DoorPush {
		b.Errorf("evidence of %d scans", len(e.Events))
	}
	again := id(1)
	again.Generation = 2
	for _, nothing := range []poll.ShipmentID{id(2), again} {
		if e := evidence(nothing); len(e.Events)+len(e.Verdicts) != 0 {
			b.Errorf("evidence of nothing: %d scans", len(e.Events))
		}
	}
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return deliver(ctx, tx, id(2), b.now) })
	b.saveShipment(fulfill.Shipment{ID: id(2)})
	check("of what was recorded before it was saved", b.shipment(id(2)))
}

func (b *box) traces(id order.OrderID) []fulfill.Trace {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Trace, error) { return tx.Traces(ctx, id) })
}

// trace has something in every field.
func (b *box) trace(command order.CommandID) fulfill.Trace {
	return fulfill.Trace{
		Order: "O-1", Command: command, Sections: []order.SectionID{"S1", "S3"}, Event: order.CompleteDelivery,
		Shipment: id(1), Role: order.WaybillOutbound, Status: tracking.StatusDelivered, Sub: tracking.SubAvailableForPickup,
		Carrier: "toy", Text: "배송완료 '문앞'", Place: "옥천HUB", Code: "91", MapVersion: "2026-03",
		At: b.now.Add(-time.Hour), Seen: b.now.Add(-time.Minute), Door: tracking.DoorPush, Applied: b.now, Rule: "RELEASED, DELIVERED", Why: poll.Why{Text: "hint, 곧"},
	}
}

func holdTraces(b *box) {
	want := []fulfill.Trace{b.trace("c9"), b.trace("c1"), b.trace("C1")}
	other := b.trace("c9")
	other.Order = "o-1"
	b.do(func(ctx context.Context, tx fulfill.Tx) error {
		return errors.Join(tx.Trace(ctx, want[0]), tx.Trace(ctx, other), tx.Trace(ctx, want[1]), tx.Trace(ctx, want[2]))
	})
	want[0].Rule, want[0].Sections = "another", nil
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.Trace(ctx, want[0]) })
	got := b.traces("O-1")
	if len(got) != len(want) {
		b.Fatalf("%d traces, want %d", len(got), len(want))
	}
	for i := range want {
		same(b, "a trace", got[i], want[i])
	}
	if all := b.traces("o-1"); len(all) != 1 {
		b.Errorf("%d traces of another order, want 1", len(all))
	}
	got[1].Sections[0] = "spoilt"
	same(b, "a trace that a caller wrote into", b.traces("O-1")[1], want[1])
	if none := b.traces("O-2"); len(none) != 0 {
		b.Errorf("%d traces of nothing", len(none))
	}
}
