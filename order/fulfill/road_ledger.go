package fulfill

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A ledger is the store of the poll engine: what it records moves orders in the same transaction.
type ledger struct{ engine *Engine }

var (
	_ poll.Store = (*ledger)(nil)
	_ poll.Meter = (*ledger)(nil)
)

func (l *ledger) transact(ctx context.Context, f func(ctx context.Context, tx Tx) error) error {
	return l.engine.config.Store.Transact(ctx, f)
}

// Claim implements [poll.Store].
func (l *ledger) Claim(ctx context.Context, r poll.ClaimRequest) (claimed []poll.Watch, err error) {
	err = l.transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		claimed, fault = tx.Watches().Claim(ctx, r)
		return fault
	})
	return claimed, err
}

// Release implements [poll.Store].
func (l *ledger) Release(ctx context.Context, ws []poll.Watch) error {
	return l.transact(ctx, func(ctx context.Context, tx Tx) error { return tx.Watches().Release(ctx, ws) })
}

// Change implements [poll.Store].
func (l *ledger) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (w poll.Watch, err error) {
	err = l.transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		w, fault = tx.Watches().Change(ctx, id, change)
		return fault
	})
	return w, err
}

// NextDue implements [poll.Store].
func (l *ledger) NextDue(ctx context.Context, carrier string) (at time.Time, err error) {
	err = l.transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		at, fault = tx.Watches().NextDue(ctx, carrier)
		return fault
	})
	return at, err
}

// meter calls f with what counts for carriers.
func (l *ledger) meter(ctx context.Context, f func(ctx context.Context, m poll.Meter) error) error {
	return l.transact(ctx, func(ctx context.Context, tx Tx) error {
		m, ok := tx.Watches().(poll.Meter)
		if !ok {
			return errNoMeter
		}
		return f(ctx, m)
	})
}

var errNoMeter = errors.New("fulfill: the store's watches count nothing: they are no poll.Meter")

// Reserve implements [poll.Meter].
func (l *ledger) Reserve(ctx context.Context, r poll.Reservation) (granted int, err error) {
	err = l.meter(ctx, func(ctx context.Context, m poll.Meter) (fault error) {
		granted, fault = m.Reserve(ctx, r)
		return fault
	})
	return granted, err
}

// Count implements [poll.Meter].
func (l *ledger) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return l.meter(ctx, func(ctx context.Context, m poll.Meter) error { return m.Count(ctx, carrier, day, u) })
}

// Usage implements [poll.Meter].
func (l *ledger) Usage(ctx context.Context, carrier, period string) (u poll.Usage, err error) {
	err = l.meter(ctx, func(ctx context.Context, m poll.Meter) (fault error) {
		u, fault = m.Usage(ctx, carrier, period)
		return fault
	})
	return u, err
}

// errNews ends a transaction in which a record turned out to concern orders, which are locked before anything else.
var errNews = errors.New("fulfill: the record concerns orders")

// Record implements [poll.Store]. Most records have nothing new: they are written without a look at any order.
func (l *ledger) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	e := l.engine
	var recorded poll.Recorded
	var orders []order.OrderID
	err := l.transact(ctx, func(ctx context.Context, tx Tx) error {
		s, err := tx.Shipment(ctx, r.ID.Shipment)
		if err != nil && !errors.Is(err, ErrNoShipment) {
			return err
		}
		if recorded, err = tx.Watches().Record(ctx, r, e.asking(&s, decide)); err != nil || quiet(&s, &r, &recorded) {
			return err
		}
		orders = s.orders()
		return errNews
	})
	if !errors.Is(err, errNews) {
		if err == nil {
			e.count(func(s *Stats) { s.Quiet++ })
		}
		return recorded, err
	}
	err = e.transact(ctx, orders, func(ctx context.Context, w *work) error {
		s, err := w.shipment(ctx, r.ID.Shipment)
		if err != nil {
			return err
		}
		if recorded, err = w.tx.Watches().Record(ctx, r, e.asking(&s, decide)); err != nil {
			return err
		}
		s.Known, s.Parcel = recorded.After.Known, recorded.After.Parcel
		seen := sighting{door: r.Door}
		if r.Door == tracking.DoorPoll {
			seen.why = recorded.Before.Why
		}
		if r.ID.Role == poll.Confirm {
			if seen.second = secondAnswered; recorded.After.Life != poll.Active {
				seen.second = secondGone
			}
		}
		return w.apply(ctx, &s, seen)
	})
	return recorded, err
}

// quiet reports whether a record can change nothing about an order.
func quiet(s *Shipment, report *poll.Report, r *poll.Recorded) bool {
	switch {
	case len(s.Links) == 0:
		return true
	case !same(r.Before, r.After), report.ID.Role == poll.Confirm && s.Awaiting != AwaitingNothing:
		return false
	default: // what a correction overruled, or held actions wait for, may show in any news
		return !r.Gain.News() || s.Pin == nil && s.Awaiting == AwaitingNothing
	}
}

// same leaves out what moves no order: since when the parcel stands so, and when its driver will come.
func same(before, after poll.Watch) bool {
	a, b := before.Parcel, after.Parcel
	a.Since, a.Window = b.Since, b.Window
	return before.Known == after.Known && a.Equal(b)
}

// orders lists the orders that are linked to a shipment.
func (s *Shipment) orders() []order.OrderID {
	var ids []order.OrderID
	for _, l := range s.Links {
		if len(ids) == 0 || ids[len(ids)-1] != l.Order {
			ids = append(ids, l.Order)
		}
	}
	return ids
}
