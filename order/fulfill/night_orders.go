package fulfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// What is left to a person or to a later night.
const (
	whyUntrackable = "no carrier serves the courier: a person says when it is delivered"
	whyNoWaybill   = "it has no waybill"
	whyCorrected   = "it was completed before, and taken back: a person decides"
	whyConfirmed   = "it was confirmed before, and taken back: a person decides"
	whyNoTime      = "nobody knows when it was delivered"
	whyAwaiting    = "the delivery itself awaits a second word"
	whyExchange    = "the exchange that it was sent for is open"
	whyException   = "it has an exception: "
)

// nightly is the actor of the jobs.
func nightly(job Job) order.Actor { return order.Batch(string(job)) }

// registerWaybills is [RegisterWaybills].
func (e *Engine) registerWaybills(ctx context.Context, r *Report) error {
	f := order.Filter{Statuses: []order.Status{order.StatusReleased}, Methods: []order.Method{order.MethodCourier}}
	return e.eachOrder(ctx, f, func(o order.Order) error {
		for i := range o.Sections {
			if err := e.registerWaybill(ctx, r, &o, &o.Sections[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// registerWaybill sees to one section. An error is that of ctx.
func (e *Engine) registerWaybill(ctx context.Context, r *Report, o *order.Order, s *order.Section) error {
	if s.Status != order.StatusReleased || s.Method != order.MethodCourier || s.MergedInto != "" {
		return nil
	}
	item := itemOf(o, s)
	switch {
	case s.Waybill == nil:
		item.Why = whyNoWaybill
		r.left(item)
		return nil
	case len(e.serving(tracking.Courier(s.Waybill.Courier))) == 0:
		item.Why = whyUntrackable
		r.left(item)
		return nil
	}
	linked, err := e.shipmentOf(ctx, o.ID, s.Waybill)
	if err == nil && linked.Carrier == "" { // not linked, or by nobody who asks
		if err = e.Follow(ctx, o.ID); err == nil {
			linked, err = e.shipmentOf(ctx, o.ID, s.Waybill)
		}
		if err == nil && linked.Carrier != "" {
			r.Done++
		}
	}
	if err == nil {
		err = e.wantPushes(ctx, s)
	}
	if err != nil && ctx.Err() == nil {
		item.Why, item.Err = "it could not be followed", err
		r.fails(item)
	}
	return ctx.Err()
}

// wantPushes asks for pushes about a section's parcel. What is registered already stays as it is.
func (e *Engine) wantPushes(ctx context.Context, s *order.Section) error {
	for _, carrier := range e.config.Night.Subscribe {
		sub := tracking.Subscription{Courier: tracking.Courier(s.Waybill.Courier), Number: s.Waybill.Number, Ref: s.DeliveryNo}
		if err := e.config.Night.Subscriptions.Want(ctx, carrier, sub); err != nil {
			return err
		}
	}
	return nil
}

// shipmentOf gives the shipment under which a waybill of an order travels; the zero one if it is not followed.
func (e *Engine) shipmentOf(ctx context.Context, id order.OrderID, w *order.Waybill) (found Shipment, err error) {
	err = e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		found = Shipment{}
		shipments, err := tx.ShipmentsOf(ctx, id)
		for _, s := range shipments {
			if w != nil && string(s.ID.Courier) == w.Courier && s.ID.Number == w.Number && s.ID.Generation > found.ID.Generation {
				found = s
			}
		}
		return err
	})
	return found, err
}

// completeDeliveries is [CompleteDeliveries].
func (e *Engine) completeDeliveries(ctx context.Context, r *Report) error {
	return e.eachOrder(ctx, order.Filter{Statuses: []order.Status{order.StatusReleased}}, func(o order.Order) error {
		for i := range o.Sections {
			s := &o.Sections[i]
			if s.Status != order.StatusReleased || s.MergedInto != "" {
				continue
			}
			if s.Method == order.MethodCourier {
				e.completeParcel(ctx, r, &o, s)
			} else {
				e.completeOther(ctx, r, &o, s)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

// completeParcel lets what is known of a parcel move its sections once more, if they should have moved.
func (e *Engine) completeParcel(ctx context.Context, r *Report, o *order.Order, s *order.Section) {
	item := itemOf(o, s)
	switch {
	case s.Waybill == nil:
		item.Why = whyNoWaybill
		r.left(item)
		return
	case len(e.serving(tracking.Courier(s.Waybill.Courier))) == 0:
		item.Why = whyUntrackable
		r.left(item)
		return
	}
	shipment, err := e.shipmentOf(ctx, o.ID, s.Waybill)
	if err == nil && shipment.Parcel.Status != tracking.StatusDelivered {
		return // under way, or not followed: that is for RegisterWaybills
	}
	if err == nil {
		err = e.Follow(ctx, o.ID)
	}
	if err != nil {
		if ctx.Err() == nil {
			item.Why, item.Err = "it could not be completed", err
			r.fails(item)
		}
		return
	}
	e.sawThrough(ctx, r, item, order.StatusReleased, "its parcel is delivered, and yet it stays: see Explain")
}

// completeOther completes what travels without a courier.
func (e *Engine) completeOther(ctx context.Context, r *Report, o *order.Order, s *order.Section) {
	now := e.config.Now()
	if !s.ReleasedAt.IsZero() && daysSince(s.ReleasedAt, now) < e.config.Night.DeliverAfterDays {
		return
	}
	e.give(ctx, r, itemOf(o, s), order.StatusReleased, whyCorrected, order.Command{
		ID:    order.CommandID(fmt.Sprintf("night/%s/%s/%d", CompleteDeliveries, s.ID, s.ReleasedAt.Unix())),
		Event: order.CompleteDelivery, Section: s.ID, ExpectedStatus: order.StatusReleased, At: now, Actor: nightly(CompleteDeliveries),
	})
}

// confirmPurchases is [ConfirmPurchases].
func (e *Engine) confirmPurchases(ctx context.Context, r *Report) error {
	now := e.config.Now()
	days := e.config.Machine.Policy.ConfirmAfterDays
	if days == 0 {
		days = 7
	}
	return e.eachOrder(ctx, order.Filter{Statuses: []order.Status{order.StatusDelivered}}, func(o order.Order) error {
		for i := range o.Sections {
			s := &o.Sections[i]
			if s.Status != order.StatusDelivered || s.MergedInto != "" {
				continue
			}
			e.confirmSection(ctx, r, &o, s, now, days)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine) confirmSection(ctx context.Context, r *Report, o *order.Order, s *order.Section, now time.Time, days int) {
	item := itemOf(o, s)
	switch {
	case s.DeliveredAt.IsZero():
		item.Why = whyNoTime
		r.left(item)
		return
	case daysSince(s.DeliveredAt, now) <= days:
		return
	case s.Exception != nil:
		item.Why = whyException + s.Exception.Code
		r.left(item)
		return
	}
	if claim, ok := o.Claim(s.ReplacesOf); ok && claim.Open() {
		item.Why = whyExchange
		r.left(item)
		return
	}
	if s.Method == order.MethodCourier {
		shipment, err := e.shipmentOf(ctx, o.ID, s.Waybill)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			item.Why, item.Err = "it could not be looked at", err
			r.fails(item)
			return
		case shipment.Awaiting != AwaitingNothing:
			item.Why = whyAwaiting
			r.left(item)
			return
		}
	}
	e.give(ctx, r, item, order.StatusDelivered, whyConfirmed, order.Command{
		ID:    order.CommandID(fmt.Sprintf("night/%s/%s/%d", ConfirmPurchases, s.ID, s.DeliveredAt.Unix())),
		Event: order.ConfirmPurchase, Section: s.ID, ExpectedStatus: order.StatusDelivered, At: now, Actor: nightly(ConfirmPurchases),
	})
}

// give gives a command to a section, and reports what became of it. Why is for a section that the same command moved
// before: its id is that of the release or delivery, so that a correction by a person is not undone by the next night.
func (e *Engine) give(ctx context.Context, r *Report, item ReportItem, from order.Status, why string, c order.Command) {
	_, _, err := e.Execute(ctx, item.Order, c)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, order.ErrExpectedStatus), errors.Is(err, order.ErrNoTarget):
		// Somebody was faster.
	case err != nil:
		var refused *order.Refused
		if errors.As(err, &refused) {
			item.Why, item.Err = "the order refused it", err
			r.refused(item)
			return
		}
		item.Why, item.Err = "it failed", err
		r.fails(item)
	default:
		e.sawThrough(ctx, r, item, from, why)
	}
}

// sawThrough counts a section as done if it is no longer where it was.
func (e *Engine) sawThrough(ctx context.Context, r *Report, item ReportItem, from order.Status, why string) {
	var o order.Order
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		o, err = tx.Load(ctx, item.Order)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			item.Why, item.Err = "it could not be looked at", err
			r.fails(item)
		}
		return
	}
	if s, ok := o.Section(item.Section); ok && s.Status == from {
		item.Why = why
		r.left(item)
		return
	}
	r.Done++
}

func itemOf(o *order.Order, s *order.Section) ReportItem {
	item := ReportItem{Order: o.ID, Section: s.ID}
	if s.Waybill != nil {
		item.Courier, item.Last4 = tracking.Courier(s.Waybill.Courier), tracking.Last4(s.Waybill.Number)
	}
	return item
}
