package fulfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

const (
	mostTries  = 8 // at a transaction that turns out to concern more orders
	mostRounds = 8 // of facts about one order; two are enough for every way through the table
)

// work is what one transaction does about orders and shipments. Its orders are locked, and loaded once at most.
type work struct {
	engine *Engine
	tx     Tx
	now    time.Time
	locked map[order.OrderID]bool
	folios map[order.OrderID]*folio
	stats  Stats
	opened bool // a watch
}

// A folio is an order as it is being written.
type folio struct {
	order  order.Order
	stored int // events
}

// more asks for the transaction again, with these orders locked too.
type more []order.OrderID

func (m more) Error() string { return fmt.Sprintf("fulfill: %d more orders are concerned", len(m)) }

// transact runs f in a transaction in which orders are locked, and again with more of them where it asks for that.
func (e *Engine) transact(ctx context.Context, ids []order.OrderID, f func(context.Context, *work) error) error {
	for try := 1; ; try++ {
		var w *work
		err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
			w = &work{engine: e, tx: tx, now: e.config.Now(), locked: map[order.OrderID]bool{}, folios: map[order.OrderID]*folio{}}
			for _, id := range ids {
				w.locked[id] = true
			}
			if len(ids) > 0 {
				if err := tx.Lock(ctx, ids...); err != nil {
					return err
				}
			}
			return f(ctx, w)
		})
		var others more
		if errors.As(err, &others) && try < mostTries {
			ids = slices.Concat(ids, others)
			slices.Sort(ids)
			ids = slices.Compact(ids)
			continue
		}
		if err == nil {
			w.tell()
		}
		return err
	}
}

// tell wakes those who have something to do once the transaction is committed.
func (w *work) tell() {
	e := w.engine
	e.count(func(s *Stats) {
		s.Applied += w.stats.Applied
		s.Facts += w.stats.Facts
		s.Tasks += w.stats.Tasks
		s.Withdrawn += w.stats.Withdrawn
	})
	if w.opened {
		e.poll.Wake()
	}
	e.outbox.ring()
}

// shipment gives a shipment whose orders are all locked.
func (w *work) shipment(ctx context.Context, id poll.ShipmentID) (Shipment, error) {
	s, err := w.tx.Shipment(ctx, id)
	if err != nil {
		return s, err
	}
	return s, w.holds(&s)
}

func (w *work) holds(s *Shipment) error {
	var missing more
	for _, id := range s.orders() {
		if !w.locked[id] {
			missing = append(missing, id)
		}
	}
	if missing != nil {
		return missing
	}
	return nil
}

// folio gives a linked order, nil if the host does not keep it any more.
func (w *work) folio(ctx context.Context, id order.OrderID) (*folio, error) {
	if p, ok := w.folios[id]; ok {
		return p, nil
	}
	o, err := w.tx.Load(ctx, id)
	if errors.Is(err, order.ErrNoOrder) {
		w.folios[id] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &folio{order: o, stored: len(o.History)}
	w.folios[id] = p
	return p, nil
}

// save writes what happened to an order.
func (w *work) save(ctx context.Context, p *folio) error {
	if len(p.order.History) == p.stored {
		return nil
	}
	if err := w.tx.Save(ctx, p.order, p.order.History[p.stored:]); err != nil {
		return err
	}
	p.stored = len(p.order.History)
	return nil
}

// A sighting says how what is applied came to be known. The zero value is: it was known before.
type sighting struct {
	door   tracking.Door
	why    string // why the carrier was asked just then
	second second
}

// second says what a second carrier, asked for its opinion, did just now.
type second uint8

const (
	secondUnasked second = iota
	secondAnswered
	secondGone // answered, or not, and is asked no more
)

// apply brings the orders of a shipment, and what is to be done, into agreement with its parcel. Applying it again changes
// nothing.
func (w *work) apply(ctx context.Context, s *Shipment, seen sighting) error {
	if s.Forgotten {
		return ErrForgotten
	}
	p, err := w.parcelOf(ctx, s, seen)
	if err != nil {
		return err
	}
	var folios []*folio
	for _, id := range s.orders() {
		f, err := w.folio(ctx, id)
		if err != nil {
			return err
		}
		if f != nil {
			folios = append(folios, f)
		}
	}
	if p.known && !p.stray {
		w.stats.Applied++
		if err := w.settle(ctx, p, folios); err != nil {
			return err
		}
		if seen.door != "" {
			s.Seen = w.now
		}
	}
	if err := w.abandon(ctx, p, folios); err != nil {
		return err
	}
	return w.tx.SaveShipment(ctx, *s)
}

func (w *work) settle(ctx context.Context, p *parcel, folios []*folio) error {
	if err := w.weigh(ctx, p, folios); err != nil {
		return err
	}
	old, withdrawn, err := w.undone(ctx, p)
	if err != nil {
		return err
	}
	if withdrawn {
		p.withdrawn = true
		p.s.Epoch++
		w.stats.Withdrawn++
	}
	var found findings
	for _, f := range folios {
		if err := w.facts(ctx, p, f, &found); err != nil {
			return err
		}
		if err := w.save(ctx, f); err != nil {
			return err
		}
	}
	if err := w.queue(ctx, old...); err != nil {
		return err
	}
	return w.effects(ctx, p, folios, &found)
}

func (w *work) queue(ctx context.Context, tasks ...Task) error {
	if len(tasks) == 0 {
		return nil
	}
	added, err := w.tx.Queue(ctx, tasks...)
	w.stats.Tasks += int64(added)
	return err
}

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
				carrier: newest.Carrier, text: newest.Text, code: newest.Code, at: cmp.Or(newest.DeliveredAt, newest.AsOf), seen: newest.AnswerAt,
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
