package fulfill

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// idle is how long nothing may have happened to a parcel whose number another order takes over.
const idle = 30 * 24 * time.Hour

// slack is how long after its end a parcel may still be the one that a late order means. It is that of [tracking.Derive].
const slack = 7 * 24 * time.Hour

// follow brings shipments and watches into agreement with an order that was saved: what sections carry now is linked and
// watched, and how each parcel stands is applied.
func (w *work) follow(ctx context.Context, f *folio, events []order.Event) error {
	linked, err := w.tx.ShipmentsOf(ctx, f.order.ID)
	if err != nil {
		return err
	}
	ids := map[poll.ShipmentID]*carried{}
	for i := range linked {
		ids[linked[i].ID] = nil
	}
	for _, c := range carriedBy(&f.order) {
		id, err := w.place(ctx, &c, linked)
		if err != nil {
			return err
		}
		ids[id] = &c
	}
	for _, id := range sortedShipments(ids) {
		s, err := w.shipment(ctx, id)
		if errors.Is(err, ErrNoShipment) {
			s, err = Shipment{ID: id, Since: ids[id].since}, nil
		}
		if err != nil {
			return err
		}
		if s.Forgotten {
			continue
		}
		if c := ids[id]; c != nil {
			if s.link(Link{Order: f.order.ID, Role: c.role}); c.since.Before(s.Since) {
				s.Since = c.since
			}
			if err := w.watch(ctx, &s); err != nil {
				return err
			}
		}
		reverted(&s, &f.order, events, w.now)
		if err := w.apply(ctx, &s, sighting{}); err != nil {
			return err
		}
	}
	return nil
}

func sortedShipments(ids map[poll.ShipmentID]*carried) []poll.ShipmentID {
	sorted := make([]poll.ShipmentID, 0, len(ids))
	for id := range ids {
		sorted = append(sorted, id)
	}
	slices.SortFunc(sorted, func(a, b poll.ShipmentID) int {
		return cmp.Or(strings.Compare(string(a.Courier), string(b.Courier)), strings.Compare(a.Number, b.Number), cmp.Compare(a.Generation, b.Generation))
	})
	return sorted
}

// carried is a waybill that sections of an order carry now.
type carried struct {
	waybill order.Waybill
	role    order.WaybillRole
	since   time.Time // when one first did; zero when nobody said
}

// carriedBy lists what an order carries, each waybill once: outbound before recall before send-back.
func carriedBy(o *order.Order) []carried {
	var all []carried
	for _, role := range [...]order.WaybillRole{order.WaybillOutbound, order.WaybillRecall, order.WaybillSendBack} {
		for i := range o.Sections {
			s := &o.Sections[i]
			w := waybillOf(s, role)
			if w == nil || s.MergedInto != "" || slices.ContainsFunc(all, func(c carried) bool { return c.waybill == *w }) {
				continue
			}
			all = append(all, carried{waybill: *w, role: role, since: firstTold(o, *w)})
		}
	}
	return all
}

func waybillOf(s *order.Section, role order.WaybillRole) *order.Waybill {
	switch role {
	case order.WaybillOutbound:
		return s.Waybill
	case order.WaybillRecall:
		return s.RecallWaybill
	case order.WaybillSendBack:
		return s.SendBackWaybill
	}
	return nil
}

// firstTold is the time of the first event that names a waybill.
func firstTold(o *order.Order, w order.Waybill) time.Time {
	for i := range o.History {
		if e := &o.History[i]; e.Details != nil && e.Details.Waybill != nil && *e.Details.Waybill == w && !e.At.IsZero() {
			return e.At
		}
	}
	return time.Time{}
}

// link adds a link. An order has one to a shipment, in the first role of the list.
func (s *Shipment) link(l Link) {
	i := slices.IndexFunc(s.Links, func(had Link) bool { return had.Order == l.Order })
	if i >= 0 {
		if s.Links[i].Role != order.WaybillOutbound {
			s.Links[i].Role = l.Role
		}
		return
	}
	s.Links = append(s.Links, l)
	slices.SortFunc(s.Links, func(a, b Link) int {
		return cmp.Or(strings.Compare(string(a.Order), string(b.Order)), strings.Compare(string(a.Role), string(b.Role)))
	})
}

// place finds the shipment that a waybill of the order stands for. A parcel that has come to its end belongs to those who
// had it: the number begins a new one.
func (w *work) place(ctx context.Context, c *carried, linked []Shipment) (poll.ShipmentID, error) {
	courier := tracking.Courier(c.waybill.Courier)
	if c.since.IsZero() {
		c.since = w.now
	}
	for i := len(linked) - 1; i >= 0; i-- {
		if id := linked[i].ID; id.Courier == courier && id.Number == c.waybill.Number {
			return id, nil
		}
	}
	id, err := w.tx.Latest(ctx, courier, c.waybill.Number)
	if errors.Is(err, ErrNoShipment) {
		return poll.ShipmentID{Courier: courier, Number: c.waybill.Number, Generation: 1}, nil
	}
	if err != nil {
		return id, err
	}
	s, err := w.tx.Shipment(ctx, id)
	if err != nil || !s.ended(w.now) {
		return id, err
	}
	if w.now.Sub(s.lastNews()) > slack {
		if err := w.unwatch(ctx, &s); err != nil {
			return id, err
		}
	}
	id.Generation++
	return id, nil
}

// ended reports whether nothing more is expected of a parcel, or was heard of it for long.
func (s *Shipment) ended(now time.Time) bool {
	if s.Forgotten {
		return true
	}
	status, sub := s.Parcel.Status, s.Parcel.Sub
	if s.Pin != nil && !s.Pin.At.Before(s.Seen) {
		status, sub = s.Pin.Status, s.Pin.Sub
	}
	switch status {
	case tracking.StatusDelivered, tracking.StatusCancelled:
		return true
	case tracking.StatusReturned:
		return sub != tracking.SubReturning
	case tracking.StatusFailed:
		if sub == tracking.SubLost {
			return true
		}
	}
	return now.Sub(s.lastNews()) > idle
}

func (s *Shipment) lastNews() time.Time {
	if s.Seen.After(s.Since) {
		return s.Seen
	}
	return s.Since
}

// watch opens the primary watch of a shipment that is carried, or opens it again if it was closed because it was not.
func (w *work) watch(ctx context.Context, s *Shipment) error {
	if s.Carrier == "" {
		if names := w.engine.serving(s.ID.Courier); len(names) > 0 {
			s.Carrier = names[0]
		}
	}
	asked := s.Carrier != ""
	_, err := w.tx.Watches().Change(ctx, w.engine.watch(s), func(kept poll.Watch) poll.Watch {
		switch {
		case kept.Life == "" && asked, kept.Life == poll.Closed && kept.Reason == poll.ReasonHost:
			w.opened = true
			return opened(kept, s, w.now, poll.GroundRegistered)
		case kept.Life == "":
			kept = opened(kept, s, w.now, "")
			kept.Life, kept.Reason = poll.Paused, poll.ReasonHost
		case s.recall() != kept.Recall:
			kept.Recall = s.recall()
		}
		return kept
	})
	return err
}

// opened is a watch that begins, or begins again.
func opened(w poll.Watch, s *Shipment, now time.Time, ground poll.Ground) poll.Watch {
	if w.Began.IsZero() {
		w.Began = now
	}
	w.Since, w.Recall = s.Since, s.recall()
	w.Life, w.Reason, w.Opened, w.Due, w.Why = poll.Active, "", now, now, poll.Why{Ground: ground}
	w.NotFound, w.Failures, w.LastFailure, w.Checks = 0, 0, "", 0
	if !w.Settled.IsZero() {
		w.Settled = now
	}
	return w
}

// abandon stops asking about a waybill that no section carries any more.
func (w *work) abandon(ctx context.Context, p *parcel, folios []*folio) error {
	for _, f := range folios {
		for i := range f.order.Sections {
			if roleOf(&f.order.Sections[i], p.waybill) != "" {
				return nil
			}
		}
	}
	return w.unwatch(ctx, p.s)
}

func (w *work) unwatch(ctx context.Context, s *Shipment) error {
	ids := []poll.WatchID{w.engine.watch(s)}
	if second := w.engine.second(s); second != "" {
		ids = append(ids, poll.WatchID{Shipment: s.ID, Carrier: second, Role: poll.Confirm})
	}
	for _, id := range ids {
		if err := w.close(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// close ends a watch, if there is one that goes on.
func (w *work) close(ctx context.Context, id poll.WatchID) error {
	_, err := w.tx.Watches().Change(ctx, id, func(kept poll.Watch) poll.Watch {
		if kept.Life == poll.Active || kept.Life == poll.Paused {
			kept.Life, kept.Reason, kept.Why, kept.Due = poll.Closed, poll.ReasonHost, poll.Why{}, w.now
		}
		return kept
	})
	return err
}

// reverted makes a correction of a shipment of one that was made to its order: who takes a delivery back says of the parcel
// that it is still under way.
func reverted(s *Shipment, o *order.Order, events []order.Event, now time.Time) {
	waybill := order.Waybill{Courier: string(s.ID.Courier), Number: s.ID.Number}
	for i := range events {
		e := &events[i]
		if e.Name == order.RevertDelivery && slices.ContainsFunc(e.Moves, func(m order.Move) bool {
			section, _ := o.Section(m.Target())
			return roleOf(&section, waybill) == order.WaybillOutbound
		}) {
			s.Pin = &Pin{Status: tracking.StatusInTransit, At: now, By: e.Actor, Reason: e.Reason}
		}
	}
}
