package fulfill

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// memoryWatch is a watch with its lease.
type memoryWatch struct {
	watch  poll.Watch
	leased bool
	until  time.Time // end of the lease
}

// memoryFacts is what is known of a shipment.
type memoryFacts struct {
	known    bool
	state    tracking.State
	evidence tracking.Evidence
}

// memoryWatches is the store of the poll engine in a transaction.
type memoryWatches struct{ tx *memoryTx }

// Watches implements [Tx].
func (tx *memoryTx) Watches() poll.Store { return memoryWatches{tx} }

// Evidence implements [Tx].
func (tx *memoryTx) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	if err := tx.check(ctx); err != nil {
		return tracking.Evidence{}, err
	}
	e := tx.m.facts[id].evidence
	return tracking.Evidence{Events: slices.Clone(e.Events), Verdicts: slices.Clone(e.Verdicts)}, nil
}

// Claim implements [poll.Store].
func (w memoryWatches) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	if err := w.tx.check(ctx); err != nil {
		return nil, err
	}
	list := w.tx.m.due
	if r.Early {
		list = w.tx.m.early
	}
	var claimed []poll.Watch
	for len(claimed) < r.Limit {
		first, ok := list[r.Carrier].first()
		if !ok || first.at.After(r.Now) {
			break
		}
		k := w.tx.m.watches[first.key]
		k.watch = k.watch.Claimed(r.Now)
		k.leased, k.until = true, r.Now.Add(r.Lease)
		w.tx.setWatch(first.key, k)
		claimed = append(claimed, w.tx.m.show(k))
	}
	return claimed, nil
}

// Release implements [poll.Store].
func (w memoryWatches) Release(ctx context.Context, ws []poll.Watch) error {
	if err := w.tx.check(ctx); err != nil {
		return err
	}
	for _, claimed := range ws {
		if k, ok := w.tx.m.watches[claimed.ID]; ok && k.leased && k.watch.Fence == claimed.Fence {
			k.watch, k.leased = k.watch.Untouched(), false
			w.tx.setWatch(claimed.ID, k)
		}
	}
	return nil
}

// Record implements [poll.Store].
func (w memoryWatches) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	if err := w.tx.check(ctx); err != nil {
		return poll.Recorded{}, err
	}
	k, ok := w.tx.m.watches[r.ID]
	if !ok {
		return poll.Recorded{}, poll.ErrNoWatch
	}
	push := r.Door == tracking.DoorPush
	if !push && (!k.leased || k.watch.Fence != r.Fence) {
		return poll.Recorded{}, poll.ErrLeaseLost
	}
	before := w.tx.m.show(k)
	facts := w.tx.m.facts[r.ID.Shipment]
	var gain tracking.Gain
	if r.Parcel != nil {
		facts.evidence, gain = facts.evidence.With(r.Parcel, tracking.Sight{At: r.At, Door: r.Door, Before: before.Asked})
		facts.known = true
		facts.state = tracking.Derive(facts.evidence, before.Context())
	}
	seen := w.tx.m.show(k)
	seen.Known, seen.Parcel = facts.known, facts.state
	k.watch = own(k.watch, decide(seen, gain))
	if !push || k.watch.Life != poll.Active {
		k.leased = false
	}
	if r.Parcel != nil {
		put(w.tx, w.tx.m.facts, r.ID.Shipment, facts)
	}
	w.tx.setWatch(r.ID, k)
	return poll.Recorded{Before: before, After: w.tx.m.show(k), Gain: gain}, nil
}

// Change implements [poll.Store].
func (w memoryWatches) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	if err := w.tx.check(ctx); err != nil {
		return poll.Watch{}, err
	}
	k, ok := w.tx.m.watches[id]
	if !ok {
		k.watch.ID = id
	}
	before := k
	k.watch = own(k.watch, change(w.tx.m.show(k)))
	if k.watch.Life == "" {
		return w.tx.m.show(before), nil
	}
	if k.watch.Life != poll.Active {
		k.leased = false
	}
	w.tx.setWatch(id, k)
	return w.tx.m.show(k), nil
}

// NextDue implements [poll.Store].
func (w memoryWatches) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	if err := w.tx.check(ctx); err != nil {
		return time.Time{}, err
	}
	first, _ := w.tx.m.due[carrier].first()
	return first.at, nil
}

// own is a changed watch with what belongs to the store.
func own(kept, next poll.Watch) poll.Watch {
	next.ID, next.Fence = kept.ID, kept.Fence
	next.Extra = slices.Clone(next.Extra)
	next.Known, next.Parcel = false, tracking.State{} // kept with the shipment
	return next
}

// show gives a copy of a watch, with what is known of its shipment.
func (m *MemoryStore) show(k memoryWatch) poll.Watch {
	w := k.watch
	w.Extra = slices.Clone(w.Extra)
	facts := m.facts[w.ID.Shipment]
	w.Known, w.Parcel = facts.known, facts.state
	return w
}

// setWatch keeps a watch and puts it where it belongs.
func (tx *memoryTx) setWatch(id poll.WatchID, k memoryWatch) {
	put(tx, tx.m.watches, id, k)
	tx.m.enlist(id)
	last := len(tx.undo) - 1
	take := tx.undo[last]
	tx.undo[last] = func() { take(); tx.m.enlist(id) }
}

// enlist puts a watch where it belongs among those that are due, or takes it out.
func (m *MemoryStore) enlist(id poll.WatchID) {
	if m.due[id.Carrier] == nil {
		m.due[id.Carrier], m.early[id.Carrier] = newAgenda(poll.WatchID.Compare), newAgenda(poll.WatchID.Compare)
	}
	due, early := m.due[id.Carrier], m.early[id.Carrier]
	k := m.watches[id]
	switch {
	case k.watch.Life != poll.Active:
		due.remove(id)
	case k.leased:
		due.set(id, k.until)
	default:
		due.set(id, k.watch.Due)
	}
	if k.watch.Life == poll.Active && !k.leased && !k.watch.Early.IsZero() {
		early.set(id, k.watch.Early)
	} else {
		early.remove(id)
	}
}
