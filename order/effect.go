package order

import (
	"slices"
	"time"
)

// effect does to a moved section what its event means beyond status: waybills, times, reception, conversion. rest is
// what stayed behind of a split section, or the section itself.
func (x *edit) effect(s, rest *Section, c *Claim, m *Move) {
	d := x.e.details()
	switch x.e.Name {
	case InstructRelease:
		if d.Place != "" {
			s.Place = d.Place
		}
	case RegisterStockout:
		if rest != s {
			s.Waybill = nil // the label goes with what is there
		}
	case CompleteRelease, RejectCancelAndShip:
		s.ReleasedAt = x.e.At
		if d.Waybill == nil && rest != s {
			rest.Waybill, rest.Scanned = nil, false // the parcel of that waybill is the part that left
		}
		x.attach(s, rest, d.Waybill)
	case RegisterWaybill, ReplaceWaybill:
		x.attach(s, rest, d.Waybill)
	case RemoveWaybill:
		s.archive(s.Waybill, WaybillOutbound, x.e)
		s.Waybill, s.Scanned = nil, false
	case RevertRelease:
		s.ReleasedAt = time.Time{}
	case CompleteDelivery:
		s.DeliveredAt = x.e.At
	case RevertDelivery:
		s.DeliveredAt = time.Time{}
	default:
		x.claimEffect(s, c, m, d)
		x.recordEffect(s, c, m, d)
	}
}

// claimEffect is effect for the events of claims and recalls.
func (x *edit) claimEffect(s *Section, c *Claim, m *Move, d *Details) {
	switch x.e.Name {
	case RequestReturn, RequestReturnAfterConfirm, RequestExchange, InstructRecall, ConfirmRecall, DirectCollect:
		s.recalledBy(d)
		if x.e.Name == InstructRecall && d.ReleaseHold {
			c.Hold = nil
		}
		if x.e.Name == DirectCollect {
			c.receive(m.Items, d.Reception)
		}
	case FailRecall, FailRecallExchange:
		s.archive(s.RecallWaybill, WaybillRecall, x.e)
		s.RecallWaybill = nil
	case CompleteRecall:
		c.receive(m.Items, d.Reception)
	case ConvertToReturn, ConvertToReturnEarly:
		c.convert()
	case RejectReturn, RejectExchange:
		s.SendBackWaybill = d.Waybill
	case CompleteReturn:
		c.Refund = d.Refund
	case CourierReturn:
		s.RecallWaybill, s.DeliveredAt = s.Waybill, time.Time{} // it comes back under the number that it left with
	}
}

// recordEffect is effect for record events.
func (x *edit) recordEffect(s *Section, c *Claim, m *Move, d *Details) {
	switch x.e.Name {
	case RecipientChanged:
		s.Recipient = d.Recipient
	case ClaimHeld:
		if c != nil {
			c.Hold = d.Hold
		} else {
			s.Hold = d.Hold
		}
	case ClaimReleased:
		if c != nil {
			c.Hold = nil
		} else {
			s.Hold = nil
		}
	case WaybillScanned:
		s.Scanned = true
	case PriorStatusUpdated:
		s.DeliveredAt = x.e.At
	case ExceptionRaised:
		s.Exception = d.Exception
	case ExceptionCleared:
		s.Exception = nil
	case ReplacementCancelled:
		if d.Convert && m.To == StatusRecallCompleted {
			c.convert()
		}
	case EvidenceWithdrawn:
		s.Epoch++
		s.DeliveredAt = time.Time{}
	case WrittenOff:
		s.WrittenOff = true
		if c.Type == ClaimExchange {
			c.convert()
		}
		c.lose()
	}
}

// attach gives the section a waybill. The one that it carried is archived, unless the rest of a split section still
// carries it. A new waybill is not scanned yet.
func (x *edit) attach(s, rest *Section, w *Waybill) {
	if w == nil || s.Waybill != nil && *s.Waybill == *w {
		return
	}
	if rest == s {
		s.archive(s.Waybill, WaybillOutbound, x.e)
	}
	s.Waybill, s.Scanned = w, false
}

// archive keeps a waybill that the section no longer carries.
func (s *Section) archive(w *Waybill, role WaybillRole, e *Event) {
	if w == nil {
		return
	}
	s.Archived = append(slices.Clip(s.Archived), PastWaybill{Waybill: *w, Role: role, Until: e.At, Because: e.Name})
}

// recalledBy takes over what the event says about the way back.
func (s *Section) recalledBy(d *Details) {
	if d.Waybill != nil {
		s.RecallWaybill = d.Waybill
	}
	if d.RecallAddress != nil {
		s.RecallAddress = d.RecallAddress
	}
}

// receive writes down what came. Without counts, as in a one-step recall, everything came.
func (c *Claim) receive(parts []MovedItem, rows []Reception) {
	c.Items = slices.Clone(c.Items)
	for _, p := range parts {
		it := c.item(p.result())
		if it == nil {
			continue
		}
		r := Reception{Received: it.Quantity}
		if len(rows) > 0 {
			r = receptionOf(rows, p.Item)
		}
		it.Received, it.Damaged, it.Missing = r.Received, r.Damaged, r.Missing
	}
}

// lose writes down that nothing came.
func (c *Claim) lose() {
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		c.Items[i].Received, c.Items[i].Damaged, c.Items[i].Missing = 0, 0, c.Items[i].Quantity
	}
}

// convert makes a return of an exchange: 교환중반품. The fault stays as it was.
func (c *Claim) convert() { c.Type, c.ConvertedFrom = ClaimReturn, ClaimExchange }
