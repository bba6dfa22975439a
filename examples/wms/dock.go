package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// The dock is where goods come back. Its rounds work lists, as people at screens do: what a list does not show yet is done
// in a later round.

// list goes through the sections of one status.
func (s *shop) list(ctx context.Context, status order.Status, do func(order.Order, order.Section) error) error {
	var rows []order.Hit
	for page := 1; ; page++ {
		found, err := s.counter.Orders().Find(ctx, order.Query{
			Filter: order.Filter{Statuses: []order.Status{status}}, Level: order.BySection, Page: page, Size: order.MaxPageSize,
		})
		if err != nil {
			return err
		}
		rows = append(rows, found.Hits...)
		if len(found.Hits) < order.MaxPageSize {
			break
		}
	}
	for _, hit := range rows {
		section, _ := hit.Order.Section(hit.Section)
		if err := do(hit.Order, section); err != nil {
			return fmt.Errorf("%s: %w", hit.Order.ID, err)
		}
	}
	return nil
}

// execute gives a command of a round. What somebody else did meanwhile is no fault of the round.
func (s *shop) execute(ctx context.Context, o order.Order, c order.Command, what string, when time.Time) error {
	c.ID, c.At = order.CommandID(fmt.Sprintf("%s-%s-%s", what, c.Section, when.Format("0102"))), when
	_, _, err := s.counter.Execute(ctx, o.ID, c)
	if errors.Is(err, order.ErrIllegal) || errors.Is(err, order.ErrGuard) {
		return nil
	}
	return err
}

// count counts what has arrived at the dock (회수완료). A parcel that the courier was sending back and then delivered after
// all stays with the buyer.
func (s *shop) count(ctx context.Context, when time.Time) error {
	return s.list(ctx, order.StatusRecallConfirmed, func(o order.Order, section order.Section) error {
		comes := section.RecallWaybill
		if comes == nil {
			return nil
		}
		back := section.Waybill != nil && *comes == *section.Waybill // by itself
		switch stands := s.world.stands(*comes); {
		case back && stands.Status == tracking.StatusDelivered:
			return s.execute(ctx, o, order.Command{Event: order.RejectReturn, Section: section.ID, Reason: "반품취소", Actor: seller}, "reject", when)
		case back && (stands.Status != tracking.StatusReturned || stands.Sub != tracking.SubNone), !back && stands.Status != tracking.StatusDelivered:
			return nil // not here yet
		}
		c := order.Command{Event: order.CompleteRecall, Section: section.ID, Actor: clerk}
		for _, it := range section.Items {
			c.Reception = append(c.Reception, order.Reception{Item: it.ID, Received: it.Quantity})
		}
		return s.execute(ctx, o, c, "count", when)
	})
}

// stands tells where the goods of a waybill really are.
func (w *world) stands(waybill order.Waybill) sandbox.Shipment {
	uses := w.Truth(tracking.Courier(waybill.Courier), waybill.Number).Shipments
	if len(uses) == 0 {
		return sandbox.Shipment{}
	}
	return uses[len(uses)-1]
}

// settle ends returns with the refund (반품완료), and exchanges whose replacement has arrived (교환완료).
func (s *shop) settle(ctx context.Context, when time.Time) error {
	return s.list(ctx, order.StatusRecallCompleted, func(o order.Order, section order.Section) error {
		if claim, _ := o.Claim(section.Claim); claim.Type == order.ClaimReturn {
			c := order.Command{Event: order.CompleteReturn, Section: section.ID, Refund: "R-" + string(o.ID), Actor: clerk}
			return s.execute(ctx, o, c, "refund", when)
		}
		for _, other := range o.Sections {
			if other.ReplacesOf == section.Claim && other.Status == order.StatusDelivered {
				return s.execute(ctx, o, order.Command{Event: order.CompleteExchange, Section: section.ID, Actor: clerk}, "exchange", when)
			}
		}
		return nil
	})
}

// replace orders the replacements of what was counted (교환출고지시).
func (s *shop) replace(ctx context.Context, when time.Time) error {
	if when.Before(replacing) {
		return nil
	}
	err := s.list(ctx, order.StatusRecallCompleted, func(o order.Order, section order.Section) error {
		if claim, _ := o.Claim(section.Claim); claim.Type != order.ClaimExchange {
			return nil
		}
		return s.execute(ctx, o, order.Command{Event: order.ShipReplacement, Section: section.ID, Actor: clerk}, "replace", when)
	})
	if err != nil {
		return err
	}
	return s.list(ctx, order.StatusDeliveryInstructed, func(o order.Order, section order.Section) error {
		return s.execute(ctx, o, order.Command{Event: order.InstructRelease, Section: section.ID, Place: "WH1", Actor: clerk}, "pack", when)
	})
}

// sendInstead lets replacements leave.
func (s *shop) sendInstead(ctx context.Context, when time.Time) error {
	if when.Before(replacing) {
		return nil
	}
	return s.list(ctx, order.StatusReleaseInstructed, func(o order.Order, section order.Section) error {
		t := s.story(o.ID)
		if t == nil || section.Kind != order.KindExchangeOut {
			return nil
		}
		parcel := waybillOf(t.instead)
		s.told(tellings{*parcel})
		return s.execute(ctx, o, order.Command{Event: order.CompleteRelease, Section: section.ID, Waybill: parcel, Actor: clerk}, "release", when)
	})
}

// story finds the story of an order.
func (s *shop) story(of order.OrderID) *story {
	for i := range s.stories {
		if s.stories[i].id == of {
			return &s.stories[i]
		}
	}
	return nil
}
