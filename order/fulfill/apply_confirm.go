package fulfill

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// weigh is confirm, and then the end of the second carrier's watch if nothing waits for it any more.
func (w *work) weigh(ctx context.Context, p *parcel, folios []*folio) error {
	waited := p.s.Awaiting != AwaitingNothing
	if err := w.confirm(ctx, p, folios); err != nil || !waited || p.s.Awaiting != AwaitingNothing {
		return err
	}
	if second := w.engine.second(p.s); second != "" {
		return w.close(ctx, poll.WatchID{Shipment: p.s.ID, Carrier: second, Role: poll.Confirm})
	}
	return nil
}

// confirm says whether actions that move stock or money are held back, and asks a second carrier where that is wanted.
//
// An inferred return is one until a second carrier or a person says so too, or the goods are here: then it counts as said.
func (w *work) confirm(ctx context.Context, p *parcel, folios []*folio) error {
	p.s.Awaiting = AwaitingNothing
	if p.pinned || len(folios) == 0 || !carriedOut(p, folios) {
		return nil
	}
	agree, differ := p.opinions()
	quorum := w.engine.config.Confirm == Quorum
	switch p.kind {
	case inferred:
		if agree > 1 || p.arrived(folios) {
			p.kind, p.state.Inferred = returned, false
			return nil
		}
		p.s.Awaiting = AwaitingReturn
	case delivered, returned:
		if !quorum || agree > 1 || w.engine.second(p.s) == "" {
			return nil
		}
		p.s.Awaiting = AwaitingQuorum
	default:
		return nil
	}
	switch {
	case !quorum:
	case p.second == secondGone, p.second == secondAnswered && differ > 0:
		p.disputed = true
	case p.second == secondUnasked:
		return w.askSecond(ctx, p)
	}
	return nil
}

// carriedOut reports whether anything that left travels under the waybill: nothing else is worth a second opinion.
func carriedOut(p *parcel, folios []*folio) bool {
	return slices.ContainsFunc(folios, func(f *folio) bool {
		return slices.ContainsFunc(f.order.Sections, func(s order.Section) bool {
			return roleOf(&s, p.waybill) == order.WaybillOutbound && left(&s)
		})
	})
}

// arrived reports whether all that left under the waybill is back and counted.
func (p *parcel) arrived(folios []*folio) bool {
	for _, f := range folios {
		for i := range f.order.Sections {
			s := &f.order.Sections[i]
			if roleOf(s, p.waybill) != order.WaybillOutbound || !left(s) {
				continue
			}
			switch s.Status {
			case order.StatusRecallCompleted, order.StatusReturned, order.StatusExchanged:
			default:
				return false
			}
		}
	}
	return true
}

// opinions counts the carriers whose own evidence comes to the status of the parcel, and those whose comes to another one.
func (p *parcel) opinions() (agree, differ int) {
	for _, carrier := range p.carriers() {
		own := tracking.Evidence{}
		for i := range p.evidence.Events {
			if p.evidence.Events[i].Carrier == carrier {
				own.Events = append(own.Events, p.evidence.Events[i])
			}
		}
		for i := range p.evidence.Verdicts {
			if p.evidence.Verdicts[i].Carrier == carrier {
				own.Verdicts = append(own.Verdicts, p.evidence.Verdicts[i])
			}
		}
		switch agrees := tracking.Derive(own, p.s.context()).Status == p.state.Status; {
		case !agrees:
			differ++
		case carrier == pinCarrier: // a person's word is enough
			agree += 2
		default:
			agree++
		}
	}
	return agree, differ
}

// carriers lists those that have said anything, a person beside them.
func (p *parcel) carriers() []string {
	var names []string
	for i := range p.evidence.Events {
		names = append(names, p.evidence.Events[i].Carrier)
	}
	for i := range p.evidence.Verdicts {
		names = append(names, p.evidence.Verdicts[i].Carrier)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// second names the carrier that is asked for a second opinion; empty when nobody else serves the courier.
func (e *Engine) second(s *Shipment) string {
	for _, name := range e.serving(s.ID.Courier) {
		if name != s.Carrier {
			return name
		}
	}
	return ""
}

// askSecond has the second carrier asked, unless it is being asked.
func (w *work) askSecond(ctx context.Context, p *parcel) error {
	second := w.engine.second(p.s)
	if second == "" {
		return nil
	}
	id := poll.WatchID{Shipment: p.s.ID, Carrier: second, Role: poll.Confirm}
	_, err := w.tx.Watches().Change(ctx, id, func(kept poll.Watch) poll.Watch {
		if kept.Life == poll.Active {
			return kept
		}
		w.opened = true
		return opened(kept, p.s, w.now, poll.GroundSecond)
	})
	return err
}

const (
	firstAgain = time.Hour // until a second carrier that could not bear the first one out is asked again; doubles
	lastAgain  = 12 * time.Hour
	mostAgain  = 8 // times; then a person decides
)

// asking is what poll decides about a watch, but that a second carrier is asked again while actions wait for its word: it
// may learn of things later than the first.
func (e *Engine) asking(s *Shipment, decide func(poll.Watch, tracking.Gain) poll.Watch) func(poll.Watch, tracking.Gain) poll.Watch {
	if s.Awaiting != AwaitingQuorum && (s.Awaiting != AwaitingReturn || e.config.Confirm != Quorum) {
		return decide
	}
	return func(w poll.Watch, gain tracking.Gain) poll.Watch {
		next := decide(w, gain)
		if w.ID.Role != poll.Confirm || next.Life != poll.Closed || next.Reason != poll.ReasonHost || next.Asks >= mostAgain {
			return next
		}
		next.Life, next.Reason = poll.Active, ""
		next.Due = next.Asked.Add(min(firstAgain<<max(next.Asks-1, 0), lastAgain))
		next.Why = poll.Why{Ground: poll.GroundSecondAgain}
		return next
	}
}
