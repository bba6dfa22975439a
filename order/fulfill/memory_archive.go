package fulfill

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// page is how many values are read at a time.
const page = 200

var _ Archive = (*MemoryStore)(nil)

// Shipments implements [Archive].
func (m *MemoryStore) Shipments(ctx context.Context, f ShipmentFilter) iter.Seq2[Shipment, error] {
	return func(yield func(Shipment, error) bool) {
		var after poll.ShipmentID
		for {
			shown, err := m.shipmentsAfter(ctx, f, after)
			for _, s := range shown {
				if !yield(s, nil) {
					return
				}
			}
			if err != nil {
				yield(Shipment{}, err)
				return
			}
			if len(shown) < page {
				return
			}
			after = shown[len(shown)-1].ID
		}
	}
}

func (m *MemoryStore) shipmentsAfter(ctx context.Context, f ShipmentFilter, after poll.ShipmentID) ([]Shipment, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-m.turn }()
	var ids []poll.ShipmentID
	for id, s := range m.shipments {
		if f.fits(s) && (after == poll.ShipmentID{} || compareShipments(after, id) < 0) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, compareShipments)
	var shown []Shipment
	for _, id := range ids[:min(page, len(ids))] {
		shown = append(shown, m.shipment(id))
	}
	return shown, nil
}

func (f ShipmentFilter) fits(s Shipment) bool {
	return (f.From.IsZero() || !s.Since.Before(f.From)) && (f.Until.IsZero() || s.Since.Before(f.Until)) &&
		(!f.Awaiting || s.Awaiting != AwaitingNothing)
}

// Tasks implements [Archive].
func (m *MemoryStore) Tasks(ctx context.Context, f TaskFilter) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		left := cmp.Or(f.Limit, -1)
		for {
			shown, err := m.tasksOf(ctx, f)
			for _, t := range shown {
				if left == 0 || !yield(t, nil) {
					return
				}
				left--
			}
			if err != nil {
				yield(Task{}, err)
				return
			}
			if len(shown) < page {
				return
			}
			f.After = shown[len(shown)-1].Action.Key
		}
	}
}

// tasksOf gives the next page of tasks.
func (m *MemoryStore) tasksOf(ctx context.Context, f TaskFilter) ([]Task, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-m.turn }()
	var shown []Task
	for _, k := range m.tasks {
		if f.fits(k.task) {
			shown = append(shown, k.task)
		}
	}
	slices.SortFunc(shown, func(a, b Task) int { return strings.Compare(a.Action.Key, b.Action.Key) })
	shown = shown[:min(page, len(shown))]
	for i := range shown {
		shown[i] = shown[i].copied()
	}
	return shown, nil
}

func (f TaskFilter) fits(t Task) bool {
	return (f.State == "" || f.State == t.State) && (f.Order == order.OrderID("") || f.Order == t.Action.Order) && t.Action.Key > f.After
}
