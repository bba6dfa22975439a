package fulfill

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// trace keeps why a fact did, or did not do, something.
func (w *work) trace(ctx context.Context, p *parcel, id order.OrderID, c order.Command, sections []order.SectionID, from order.Status) error {
	role := order.WaybillOutbound
	for _, l := range p.s.Links {
		if l.Order == id {
			role = l.Role
			break
		}
	}
	return w.tx.Trace(ctx, Trace{
		Order: id, Command: c.ID, Sections: sections, Event: c.Event, Shipment: p.s.ID, Role: role,
		Status: p.state.Status, Sub: p.state.Sub, Carrier: p.by.carrier, Text: p.by.text, Place: p.by.place, Code: p.by.code,
		MapVersion: p.by.version, At: p.by.at, Seen: p.by.seen, Door: p.door, Applied: w.now, Rule: p.rule(c, role, from), Why: p.why,
	})
}

const ruleAgain = "gives a DELIVERED section a time of delivery again"

// rule is the row of the table, in words.
func (p *parcel) rule(c order.Command, role order.WaybillRole, from order.Status) string {
	whose := "the section's waybill"
	switch role {
	case order.WaybillRecall:
		whose = "the recall's waybill"
	case order.WaybillSendBack:
		whose = "the waybill that sends it back"
	}
	does := ""
	switch c.Event {
	case order.WaybillScanned:
		does = fmt.Sprintf("marks a %v section as scanned", from)
	case order.CompleteRelease:
		does = fmt.Sprintf("completes the release of a %v section, as the policy has it", from)
	case order.CompleteDelivery, order.PriorStatusUpdated:
		does = fmt.Sprintf("completes a %v section", from)
		switch {
		case from.ClaimOpen():
			does = fmt.Sprintf("makes DELIVERED what a %v section goes back to", from)
		case from == order.StatusDelivered:
			does = ruleAgain
		}
	case order.CourierReturn:
		does = fmt.Sprintf("makes a %v section come back", from)
	case order.ConfirmRecall:
		does = fmt.Sprintf("confirms the recall of a %v section", from)
	case order.FailRecall, order.FailRecallExchange:
		does = fmt.Sprintf("fails the recall of a %v section", from)
	case order.EvidenceWithdrawn:
		does = fmt.Sprintf("withdraws the evidence of delivery of a %v section", from)
	case order.ExceptionRaised:
		does = fmt.Sprintf("marks a %v section %s", from, c.Exception.Code)
	case order.ExceptionCleared:
		does = fmt.Sprintf("lifts the mark of a %v section", from)
	default:
		does = fmt.Sprintf("contradicts a %v section: noted, no more", from)
	}
	return fmt.Sprintf("%s of %s %s", p.said(), whose, does)
}

// said is the state in words.
func (p *parcel) said() string {
	text := p.state.Status.String()
	if p.state.Sub != tracking.SubNone {
		text += "·" + p.state.Sub.String()
	}
	if p.kind == inferred {
		text += " (inferred)"
	}
	return text
}
