package fulfill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// A parcel is a shipment as it is applied: how it stands, and because of what.
type parcel struct {
	s        *Shipment
	waybill  order.Waybill
	known    bool
	stray    bool // what is new belongs to a later use of the number, and this one ended before
	state    tracking.State
	kind     kind
	evidence tracking.Evidence
	by       decider
	sighting
	pinned    bool // nothing but a person's word decides
	withdrawn bool // in this very application
	disputed  bool // a second carrier does not bear it out
}

// A decider is the scan, the summary or the person behind a state.
type decider struct {
	carrier, text, place, code, version string
	at, seen                            time.Time
	key                                 string // what is the same as long as the parcel stands so, whoever says it again
}

// when is the time at which what decided happened, as far as known.
func (p *parcel) when(now time.Time) time.Time {
	if p.kind == delivered && !p.state.DeliveredAt.IsZero() {
		return p.state.DeliveredAt
	}
	for _, t := range []time.Time{p.by.at, p.by.seen} {
		if !t.IsZero() {
			return t
		}
	}
	return now
}

// cause is what the status is called in keys.
func (p *parcel) cause() string {
	if p.kind == lost {
		return ExceptionLost
	}
	return p.state.Status.String()
}

// parcelOf reads how a shipment stands.
func (w *work) parcelOf(ctx context.Context, s *Shipment, seen sighting) (*parcel, error) {
	p := &parcel{
		s: s, waybill: order.Waybill{Courier: string(s.ID.Courier), Number: s.ID.Number}, known: s.Known, state: s.Parcel, sighting: seen,
	}
	if !s.Known && s.Pin == nil {
		return p, nil
	}
	var err error
	if p.evidence, err = w.tx.Evidence(ctx, s.ID); err != nil {
		return nil, err
	}
	if s.Pin != nil {
		p.known = true
		p.evidence, p.pinned = pinned(p.evidence, *s.Pin)
		p.state = tracking.Derive(p.evidence, s.context())
	}
	p.kind = kindOf(p.state)
	p.decide()
	return p, nil
}

// context is what the evidence of a shipment is judged by.
func (s *Shipment) context() tracking.Context {
	return tracking.Context{Since: s.Since, Recall: s.recall()}
}

// recall reports whether the parcel does nothing but fetch goods back.
func (s *Shipment) recall() bool {
	return len(s.Links) > 0 && !slices.ContainsFunc(s.Links, func(l Link) bool { return l.Role != order.WaybillRecall })
}

// pinCarrier stands for the person in evidence that a correction begins with.
const pinCarrier = "correction"

// pinned gives the evidence that counts beside a correction: the correction, and what happened after it.
func pinned(e tracking.Evidence, pin Pin) (kept tracking.Evidence, alone bool) {
	kept.Verdicts = []tracking.Verdict{{
		Carrier: pinCarrier, Status: pin.Status, Sub: pin.Sub, AsOf: pin.At, AnswerAt: pin.At,
	}}
	if pin.Status == tracking.StatusDelivered {
		kept.Verdicts[0].DeliveredAt = pin.At
	}
	for i := range e.Events {
		ev := &e.Events[i]
		at := ev.At
		if ev.Precision != tracking.PrecisionMinute || at.IsZero() {
			at = ev.Seen
		}
		if at.After(pin.At) {
			kept.Events = append(kept.Events, *ev)
		}
	}
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		if v.AsOf.After(pin.At) {
			kept.Verdicts = append(kept.Verdicts, *v)
		}
	}
	return kept, len(kept.Events) == 0 && len(kept.Verdicts) == 1
}

// decide finds what is behind the state: the newest scan that counts and says so, else the newest such summary.
func (p *parcel) decide() {
	all := tracking.Parcel{Events: slices.Clone(p.evidence.Events), Verdicts: slices.Clone(p.evidence.Verdicts)}
	all.Settle(p.s.context())
	p.stray = p.kind != delivered && p.kind != returned && p.kind != inferred && strayed(&all, p.s.Since)
	for _, sub := range []bool{true, false} {
		for i := len(all.Events) - 1; i >= 0; i-- {
			ev := &all.Events[i]
			if !ev.Parked && p.says(ev.Status, ev.Sub, sub) {
				p.by = decider{
					carrier: ev.Carrier, text: ev.Text, place: ev.Place, code: ev.Code, version: ev.MapVersion, at: ev.At, seen: ev.Seen,
				}
				p.by.key = fmt.Sprintf("%s since %d", p.cause(), p.begun(all.Events[:i+1]).Unix()/60)
				return
			}
		}
		var newest *tracking.Verdict
		for i := range all.Verdicts {
			v := &all.Verdicts[i]
			if !v.Parked && p.says(v.Status, v.Sub, sub) && (newest == nil || v.AsOf.After(newest.AsOf)) {
				newest = v
			}
		}
		if newest != nil {
			p.by = decider{
				carrier: newest.Carrier, text: newest.Text, code: newest.Code, at: cmp.Or(newest.DeliveredAt, newest.AsOf), seen: cmp.Or(newest.Seen, newest.AnswerAt),
				key: fmt.Sprintf("%s as of %d", p.cause(), newest.AsOf.Unix()/60),
			}
			return
		}
	}
	p.by = decider{carrier: p.s.Carrier, key: p.cause()}
	for i := len(all.Events) - 1; i >= 0; i-- { // a return word beside a status that says less
		if ev := &all.Events[i]; !ev.Parked {
			p.by = decider{
				carrier: ev.Carrier, text: ev.Text, place: ev.Place, code: ev.Code, version: ev.MapVersion, at: ev.At, seen: ev.Seen, key: p.cause(),
			}
			return
		}
	}
}

// begun is when the parcel came to stand as it does: the time of the first of the scans that say so one after the other, of
// which the given ones end with the last.
func (p *parcel) begun(events []tracking.Event) (first time.Time) {
	for i := len(events) - 1; i >= 0; i-- {
		switch ev := &events[i]; {
		case ev.Parked, ev.Status == tracking.StatusUnknown:
		case !p.says(ev.Status, ev.Sub, false):
			return first
		default:
			first = ev.At
		}
	}
	return first
}

// says reports whether a scan or a summary is of the parcel's status. A return that the route tells of ends in a delivery.
func (p *parcel) says(status tracking.Status, sub tracking.Sub, exactly bool) bool {
	want := p.state.Status
	if p.kind == inferred {
		want, exactly = tracking.StatusDelivered, false
	}
	return status == want && (!exactly || sub == p.state.Sub)
}

// strayed reports whether the delivery of this use of the number is parked by what came long after it.
func strayed(all *tracking.Parcel, since time.Time) bool {
	for i := range all.Events {
		if ev := &all.Events[i]; ev.Parked && ev.Status == tracking.StatusDelivered && !ev.At.Before(since.AddDate(0, 0, -7)) {
			return true
		}
	}
	return false
}
