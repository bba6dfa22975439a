package fulfill

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Shipment implements [Tx].
func (tx *memoryTx) Shipment(ctx context.Context, id poll.ShipmentID) (Shipment, error) {
	if err := tx.check(ctx); err != nil {
		return Shipment{}, err
	}
	if _, ok := tx.m.shipments[id]; !ok {
		return Shipment{}, ErrNoShipment
	}
	return tx.m.shipment(id), nil
}

// shipment gives a copy of a shipment, with what is known of it.
func (m *MemoryStore) shipment(id poll.ShipmentID) Shipment {
	s := m.shipments[id].copied()
	facts := m.facts[id]
	s.Known, s.Parcel = facts.known, facts.state
	return s
}

func (s Shipment) copied() Shipment {
	s.Links = slices.Clone(s.Links)
	if s.Pin != nil {
		pin := *s.Pin
		s.Pin = &pin
	}
	return s
}

// Latest implements [Tx].
func (tx *memoryTx) Latest(ctx context.Context, courier tracking.Courier, number string) (poll.ShipmentID, error) {
	if err := tx.check(ctx); err != nil {
		return poll.ShipmentID{}, err
	}
	generation, ok := tx.m.latest[waybillNumber{courier, number}]
	if !ok {
		return poll.ShipmentID{}, ErrNoShipment
	}
	return poll.ShipmentID{Courier: courier, Number: number, Generation: generation}, nil
}

// ShipmentsOf implements [Tx].
func (tx *memoryTx) ShipmentsOf(ctx context.Context, id order.OrderID) ([]Shipment, error) {
	if err := tx.check(ctx); err != nil {
		return nil, err
	}
	var of []Shipment
	for _, shipment := range tx.m.linked[id] {
		if slices.ContainsFunc(tx.m.shipments[shipment].Links, func(l Link) bool { return l.Order == id }) {
			of = append(of, tx.m.shipment(shipment))
		}
	}
	slices.SortFunc(of, func(a, b Shipment) int {
		return cmp.Or(a.Since.Compare(b.Since), compareShipments(a.ID, b.ID))
	})
	return of, nil
}

// SaveShipment implements [Tx].
func (tx *memoryTx) SaveShipment(ctx context.Context, s Shipment) error {
	if err := tx.check(ctx); err != nil {
		return err
	}
	s = s.copied()
	s.Known, s.Parcel, s.Forgotten = false, tracking.State{}, tx.m.shipments[s.ID].Forgotten
	slices.SortFunc(s.Links, func(a, b Link) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Role, b.Role)) })
	s.Links = slices.Compact(s.Links)
	put(tx, tx.m.shipments, s.ID, s)
	number := waybillNumber{s.ID.Courier, s.ID.Number}
	if s.ID.Generation > tx.m.latest[number] {
		put(tx, tx.m.latest, number, s.ID.Generation)
	}
	for _, l := range s.Links {
		// what a transaction that is given up leaves behind does no harm: who reads looks at the links
		if !slices.Contains(tx.m.linked[l.Order], s.ID) {
			tx.m.linked[l.Order] = append(tx.m.linked[l.Order], s.ID)
		}
	}
	return nil
}

// compareShipments orders shipments by courier, number and generation.
func compareShipments(a, b poll.ShipmentID) int {
	return cmp.Or(strings.Compare(string(a.Courier), string(b.Courier)), strings.Compare(a.Number, b.Number), cmp.Compare(a.Generation, b.Generation))
}

// Trace implements [Tx].
func (tx *memoryTx) Trace(ctx context.Context, t Trace) error {
	if err := tx.check(ctx); err != nil {
		return err
	}
	t.Sections = slices.Clone(t.Sections)
	traces := slices.Clone(tx.m.traces[t.Order])
	if i := slices.IndexFunc(traces, func(other Trace) bool { return other.Command == t.Command }); i >= 0 {
		traces[i] = t
	} else {
		traces = append(traces, t)
	}
	put(tx, tx.m.traces, t.Order, traces)
	return nil
}

// Traces implements [Tx].
func (tx *memoryTx) Traces(ctx context.Context, id order.OrderID) ([]Trace, error) {
	if err := tx.check(ctx); err != nil {
		return nil, err
	}
	traces := slices.Clone(tx.m.traces[id])
	for i := range traces {
		traces[i].Sections = slices.Clone(traces[i].Sections)
	}
	return traces, nil
}
