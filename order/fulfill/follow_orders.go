package fulfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Orders gives the orders of the ledger as a [order.BackOffice] takes them. What is saved through it is followed in the same
// transaction: waybills that sections carry now are watched, and how their parcels stand is applied. So an order may have
// more events once it is saved than it was saved with. What is saved past it is not followed; see [Engine.Follow].
func (e *Engine) Orders() order.Orders { return followed{e} }

type followed struct{ engine *Engine }

// Load implements [order.Orders].
func (f followed) Load(ctx context.Context, id order.OrderID) (o order.Order, err error) {
	err = f.engine.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		o, fault = tx.Load(ctx, id)
		return fault
	})
	return o, err
}

// Locate implements [order.Orders].
func (f followed) Locate(ctx context.Context, k order.Key) (id order.OrderID, err error) {
	err = f.engine.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		id, fault = tx.Locate(ctx, k)
		return fault
	})
	return id, err
}

// Find implements [order.Orders].
func (f followed) Find(ctx context.Context, q order.Query) (found order.Found, err error) {
	err = f.engine.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (fault error) {
		found, fault = tx.Find(ctx, q)
		return fault
	})
	return found, err
}

// Save implements [order.Orders].
func (f followed) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return f.engine.transact(ctx, []order.OrderID{o.ID}, func(ctx context.Context, w *work) error {
		if err := w.tx.Save(ctx, o, events); err != nil {
			return err
		}
		p := &folio{order: o, stored: len(o.History)}
		w.folios[o.ID] = p
		return w.follow(ctx, p, events)
	})
}

// Execute gives one command to one order in one transaction: the order is moved, followed, and what is to be done is
// queued, or nothing of it. The order is the one after everything that followed, or with a *[order.Refused] the one that
// refused; the events are those of the command. [order.ErrNoOrder] if there is no such order; a command that creates one
// needs none.
func (e *Engine) Execute(ctx context.Context, id order.OrderID, c order.Command) (o order.Order, events []order.Event, err error) {
	err = e.transact(ctx, []order.OrderID{id}, func(ctx context.Context, w *work) error {
		before, err := w.tx.Load(ctx, id)
		if err != nil && (c.Event != order.Created || !errors.Is(err, order.ErrNoOrder)) {
			return err
		}
		p := &folio{order: before, stored: len(before.History)}
		if o, events, err = e.config.Machine.Handle(before, c); err != nil {
			return err
		}
		if c.Event == order.Created && o.ID != id {
			return fmt.Errorf("fulfill: the draft is of another order than %.40q", string(id))
		}
		if len(o.History) == p.stored {
			return nil
		}
		p.order = o
		if err := w.save(ctx, p); err != nil {
			return err
		}
		w.folios[id] = p
		err = w.follow(ctx, p, events)
		o = p.order
		return err
	})
	return o, events, err
}

// Follow looks at an order that was saved past [Engine.Orders], such as one that was there before the engine.
func (e *Engine) Follow(ctx context.Context, id order.OrderID) error {
	return e.transact(ctx, []order.OrderID{id}, func(ctx context.Context, w *work) error {
		p, err := w.folio(ctx, id)
		if err != nil {
			return err
		}
		if p == nil {
			return order.ErrNoOrder
		}
		return w.follow(ctx, p, nil)
	})
}

// Correct says how a parcel stands, against what its carriers say: whatever happened before the time of the pin decides
// nothing any more, and what happens after it counts again. Actions that rested on what is overruled are taken back. A pin
// without a time is of now. [ErrNoShipment] if there is no such shipment, [ErrForgotten] if it is too late.
func (e *Engine) Correct(ctx context.Context, id poll.ShipmentID, pin Pin) error {
	if pin.Status == tracking.StatusUnknown || pin.Sub != tracking.SubNone && pin.Sub.Of() != pin.Status {
		return errors.New("fulfill: a correction says how the parcel stands, and its sub-status is one of its status")
	}
	return e.pin(ctx, id, func(Shipment) Pin { return pin })
}

// Confirm says that a parcel stands as it seems to, so that what was held back until somebody bore it out is done. By
// whom and why is kept. [ErrNoShipment] if there is no such shipment; an error, too, if nothing is held.
func (e *Engine) Confirm(ctx context.Context, id poll.ShipmentID, by order.Actor, reason string) error {
	return e.pin(ctx, id, func(s Shipment) Pin {
		if s.Awaiting == AwaitingNothing {
			return Pin{}
		}
		return Pin{Status: s.Parcel.Status, Sub: s.Parcel.Sub, By: by, Reason: reason}
	})
}

var errNothingHeld = errors.New("fulfill: no actions of the shipment are held")

func (e *Engine) pin(ctx context.Context, id poll.ShipmentID, choose func(Shipment) Pin) error {
	id.Generation = cmp.Or(id.Generation, 1)
	var links []order.OrderID
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		s, err := tx.Shipment(ctx, id)
		links = s.orders()
		return err
	})
	if err != nil {
		return err
	}
	return e.transact(ctx, links, func(ctx context.Context, w *work) error {
		s, err := w.shipment(ctx, id)
		if err != nil {
			return err
		}
		if s.Forgotten {
			return ErrForgotten
		}
		pin := choose(s)
		if pin.Status == tracking.StatusUnknown {
			return errNothingHeld
		}
		if pin.At.IsZero() {
			pin.At = w.now
		}
		s.Pin = &pin
		return w.apply(ctx, &s, sighting{})
	})
}
