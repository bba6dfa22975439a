package main

import (
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// What is true is told by the couriers' scripts and the orders' stories, and by nothing of what is to be judged: neither by
// how statuses are derived nor by what moves an order.

// A fate is what becomes of a parcel.
type fate struct {
	ends  sandbox.Shipment         // how it stands in the end
	stood map[string]time.Duration // for how long it was known to stand so, at the longest; the end for ever
	moves bool                     // the courier has it at some time
}

const forEver = 1 << 62

// fateOf follows what is published of a parcel, from the first to the last.
func fateOf(p sandbox.Parcel) fate {
	clock := sandbox.NewClock(opening, 0)
	alone := sandbox.New(sandbox.Config{Empty: true, Clock: clock})
	p.Faults = nil
	alone.Add(p)
	f := fate{stood: map[string]time.Duration{}}
	var since time.Time
	for _, now := range turns(p) {
		clock.Set(now)
		stands := sandbox.Shipment{Status: tracking.StatusPending}
		if known := alone.Truth(p.Courier, p.Number).Shipments; len(known) > 0 {
			stands = known[0]
		}
		if !since.IsZero() && standing(stands) != standing(f.ends) {
			f.stood[standing(f.ends)] = max(f.stood[standing(f.ends)], now.Sub(since))
			since = now
		}
		if since.IsZero() {
			since = now
		}
		f.moves = f.moves || stands.Status >= tracking.StatusPickedUp && stands.Status <= tracking.StatusDelivered
		f.ends = stands
	}
	f.stood[standing(f.ends)] = forEver
	return f
}

// standing names where a parcel stands, as the keys of actions do.
func standing(s sandbox.Shipment) string {
	if s.Sub == tracking.SubLost {
		return "LOST"
	}
	return s.Status.String()
}

// turns are the times at which something is published, withdrawn or forgotten.
func turns(p sandbox.Parcel) []time.Time {
	times := []time.Time{p.Label, p.Gone}
	for _, s := range p.Scans {
		published := s.Published
		if published.IsZero() {
			published = s.At
		}
		times = append(times, published, s.Withdrawn)
	}
	return ordered(times)
}

// expects tells how the orders stand in the end.
func (w *world) expects(stories []story) []orderForm {
	all := make([]orderForm, len(stories))
	for i := range stories {
		all[i] = w.expect(&stories[i])
		all[i].order()
	}
	return all
}

func (w *world) expect(s *story) orderForm {
	whole := sectionForm{ID: "S1"}
	for _, l := range s.draft.Lines {
		whole.add(l.ID, l.Quantity)
	}
	f := orderForm{ID: s.id}
	arrives := func(q tracking.Query) order.Status { return arrival(fateOf(w.script(q))) }
	switch s.kind {
	case cancelled:
		whole.Status = order.StatusCancelled
	case byHand:
		whole.Status = order.StatusDelivered
	case returned:
		whole.Status = order.StatusReturned
	case exchanged:
		whole.Status = order.StatusExchanged
		instead := whole
		instead.ID, instead.Status = "S2", arrives(s.instead)
		f.Sections = append(f.Sections, instead)
	case split, short:
		part := sectionForm{ID: "S2", Status: order.StatusCancelled, Items: []itemForm{{s.draft.Lines[0].ID, 1}}}
		whole.add(s.draft.Lines[0].ID, -1)
		whole.Status = arrives(s.waybill)
		if s.kind == split {
			part.Status, whole.Status = arrives(s.waybill), arrives(s.second)
		}
		f.Sections = append(f.Sections, part)
	default:
		whole.Status = arrives(s.waybill)
	}
	f.Sections = append(f.Sections, whole)
	return f
}

// arrival is how a section ends that left in a parcel. What the courier brings back is counted and refunded.
func arrival(f fate) order.Status {
	switch {
	case f.ends.Status == tracking.StatusDelivered:
		return order.StatusDelivered
	case f.ends.Status == tracking.StatusReturned && f.ends.Sub == tracking.SubNone:
		return order.StatusReturned
	}
	return order.StatusReleased
}
