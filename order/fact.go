package order

import "fmt"

// isFact reports whether the command is what a tracker says about a waybill, wherever it is carried.
func (c *Command) isFact() bool {
	if c.Actor.Role != RoleTracker || c.Waybill == nil || c.Section != "" || len(c.Items) > 0 {
		return false
	}
	switch c.Event {
	case CompleteRelease, CompleteDelivery, CourierReturn, ConfirmRecall, FailRecall, FailRecallExchange:
		return true
	}
	return false
}

// fact applies what a tracker says to every live section that carries the waybill. Where the fact is legal it moves the
// section; under a claim DELIVERED updates the prior status (rule G4), and where a delivery was withdrawn it gives the section
// a time of delivery again; everywhere else it is ignored, and never an error.
func (d *decision) fact() error {
	r := &table[d.c.Event]
	if !r.by(d.c.Actor.Role, d.m.Policy) {
		return d.refuse(nil, &fault{ErrActor, fmt.Sprintf("role %s", d.c.Actor.Role)})
	}
	var trials []trial
	var kept, odd []Move
	for i := range d.o.Sections {
		s := &d.o.Sections[i]
		if s.MergedInto != "" || !d.carries(s) {
			continue
		}
		t := d.trialOf(r, s)
		t.parts = entire(s)
		switch {
		case t.legal() == nil && r.on(d.m.Policy) && t.guarded() == nil:
			trials = append(trials, t)
		case d.c.Event == CompleteDelivery && s.Status.ClaimOpen() && s.Prior == StatusReleased:
			kept = append(kept, stays(s, StatusDelivered))
		case d.c.Event == CompleteDelivery && s.withdrawn():
			kept = append(kept, stays(s, s.Prior))
		case d.c.Event == CourierReturn && s.Status == StatusPurchaseConfirmed &&
			(s.Exception == nil || s.Exception.Code != ExceptionReturned):
			odd = append(odd, stays(s, s.Prior))
		}
	}
	if len(trials) > 0 {
		d.accept(r, trials)
	}
	if len(kept) > 0 {
		d.add(PriorStatusUpdated, 0, kept, d.c.details())
	}
	if len(odd) > 0 {
		d.add(ExceptionRaised, 0, odd, &Details{Exception: &Exception{Code: ExceptionReturned, At: d.c.At}})
	}
	return nil
}

// carries reports whether the section carries the waybill in the role that the event is about.
func (d *decision) carries(s *Section) bool {
	w := s.Waybill
	switch d.c.Event {
	case ConfirmRecall, FailRecall, FailRecallExchange:
		w = s.RecallWaybill
	}
	return w != nil && *w == *d.c.Waybill
}

// stays is the move of a section whose status does not change.
func stays(s *Section, prior Status) Move {
	return Move{Section: s.ID, From: s.Status, To: s.Status, Prior: prior, Items: entire(s)}
}
