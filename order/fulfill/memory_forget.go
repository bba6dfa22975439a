package fulfill

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var _ Forgetter = (*memoryTx)(nil)

// Old implements [Forgetter]. It goes through all shipments.
func (tx *memoryTx) Old(ctx context.Context, before time.Time, after Shipment, limit int) ([]Shipment, error) {
	if err := tx.check(ctx); err != nil {
		return nil, err
	}
	compare := func(a, b Shipment) int { return cmp.Or(a.Seen.Compare(b.Seen), compareShipments(a.ID, b.ID)) }
	var old []Shipment
	for id, s := range tx.m.shipments {
		if !s.Forgotten && s.Seen.Before(before) && (after.ID == poll.ShipmentID{} || compare(after, s) < 0) {
			old = append(old, tx.m.shipment(id))
		}
	}
	slices.SortFunc(old, compare)
	return old[:min(limit, len(old))], nil
}

// Forget implements [Forgetter].
func (tx *memoryTx) Forget(ctx context.Context, id poll.ShipmentID) (removed int, err error) {
	if err := tx.check(ctx); err != nil {
		return 0, err
	}
	s, ok := tx.m.shipments[id]
	if !ok {
		return 0, ErrNoShipment
	}
	var watches []poll.WatchID
	for watch, k := range tx.m.watches {
		if watch.Shipment == id {
			if watches = append(watches, watch); k.watch.Life == poll.Active {
				return 0, nil
			}
		}
	}
	tasks, settled := tx.forgettable(&s)
	if s.Forgotten || !settled {
		return 0, nil
	}
	for _, watch := range watches {
		take(tx, tx.m.watches, watch)
	}
	for _, key := range tasks {
		take(tx, tx.m.tasks, key)
	}
	facts := tx.m.facts[id]
	removed = len(watches) + len(tasks) + len(facts.evidence.Events) + len(facts.evidence.Verdicts)
	facts.evidence = tracking.Evidence{}
	put(tx, tx.m.facts, id, facts)
	for _, o := range s.orders() {
		traces := slices.DeleteFunc(slices.Clone(tx.m.traces[o]), func(t Trace) bool { return t.Shipment == id })
		removed += len(tx.m.traces[o]) - len(traces)
		put(tx, tx.m.traces, o, traces)
	}
	s = s.copied()
	s.Forgotten = true
	put(tx, tx.m.shipments, id, s)
	return removed, nil
}

// forgettable lists the tasks that go with a shipment, and reports whether all of them are settled.
func (tx *memoryTx) forgettable(s *Shipment) (keys []string, settled bool) {
	streams := map[order.OrderID]bool{} // true: nothing else of it is remembered
	for _, o := range s.orders() {
		streams[o] = !slices.ContainsFunc(tx.m.linked[o], func(id poll.ShipmentID) bool {
			other := tx.m.shipments[id]
			return id != s.ID && !other.Forgotten && slices.Contains(other.orders(), o)
		})
	}
	for key, k := range tx.m.tasks {
		last, linked := streams[k.task.Action.Order]
		if !linked || k.task.Action.Shipment != s.ID && (!last || k.task.Action.Command == "") {
			continue
		}
		if k.task.State == Waiting || k.task.State == Dead {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

// take removes from a map of the store.
func take[K comparable, V any](tx *memoryTx, in map[K]V, k K) {
	before, there := in[k]
	delete(in, k)
	tx.undo = append(tx.undo, func() { keep(in, k, before, there) })
}
