package order_test

import (
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// refuses tells why an event cannot happen to a part of a section; empty if it can.
func (m model) refuses(p order.Policy, o order.Order, id order.SectionID, c order.Command, takes map[order.LineID]int) string {
	event := c.Event.String()
	s, _ := o.Section(id)
	if c.ExpectedStatus != 0 && c.ExpectedStatus.String() != m.sections[id].status {
		return "expected status"
	}
	for _, why := range []string{
		m.legal(p, o, id, event),
		m.forbids(p, o, s, event, takes, lifts(c)),
		m.forbidsPart(id, event, takes),
		misses(o, s, c, takes),
	} {
		if why != "" {
			return why
		}
	}
	if !mayAct(p, string(c.Actor.Role), event) {
		return "role"
	}
	return ""
}

// accepts is what a screen wants to know before anybody has filled in a form: may this role ask for this event now?
func (m model) accepts(p order.Policy, o order.Order, id order.SectionID, event, role string) bool {
	s, _ := o.Section(id)
	return m.legal(p, o, id, event) == "" && m.forbids(p, o, s, event, m.whole(id), false) == "" && mayAct(p, role, event)
}

// whole is all that a section holds, by line.
func (m model) whole(id order.SectionID) map[order.LineID]int {
	all := map[order.LineID]int{}
	for line, item := range m.sections[id].items {
		all[line] = item.quantity
	}
	return all
}

// lifts tells whether an answer takes the hold away that stands in its way, by somebody who might release it.
func lifts(c order.Command) bool {
	return c.ReleaseHold && slices.Contains([]order.Role{order.RoleOperator, order.RoleSeller, order.RoleSystem}, c.Actor.Role)
}

// forbids are the guards that need nothing from the command but the part that it is about and whether it lifts a hold.
func (m model) forbids(p order.Policy, o order.Order, s order.Section, event string, takes map[order.LineID]int, lifts bool) string {
	claim, _ := o.Claim(s.Claim)
	held := !lifts && claim.Outcome == order.OutcomeOpen && claim.Hold != nil
	switch event {
	case "InstructDelivery":
		return first(o.Payment != order.PaymentPaid, "not paid", s.Hold != nil, "section on hold")
	case "RegisterStockout", "RevertRelease":
		return first(s.Scanned, "scanned")
	case "RemoveWaybill":
		return first(s.Scanned, "scanned", s.Waybill == nil, "no waybill")
	case "RegisterWaybill", "ReplaceWaybill":
		return first(s.Method != order.MethodCourier, "no courier")
	case "ApproveCancel":
		return first(s.Scanned, "scanned", held, "claim on hold")
	case "RejectCancel":
		return first(o.Channel == order.ChannelExternal, "external channel")
	case "RejectCancelAndShip":
		return first(o.Channel != order.ChannelExternal, "own mall", o.Payment != order.PaymentPaid, "not paid",
			s.Prior == order.StatusStockoutHeld, "out of stock")
	case "InstructRecall", "CompleteReturn":
		return first(held, "claim on hold")
	case "ConvertToReturn", "ConvertToReturnEarly", "RejectExchange", "WithdrawExchange":
		return first(m.sentInVain(s.ID, takes), "replacement released")
	case "CompleteExchange":
		return first(held, "claim on hold", !m.replacedBy(p, o, s.ID, takes), "replacement not there")
	case "ShipReplacement", "ShipReplacementFirst":
		all := true
		for line, item := range m.sections[s.ID].items {
			all = all && m.standsFor(item.replaced, line)
		}
		return first(all, "replaced already")
	}
	return ""
}

// first gives the text after the first condition that holds.
func first(pairs ...any) string {
	for pair := range slices.Chunk(pairs, 2) {
		if pair[0].(bool) {
			return pair[1].(string)
		}
	}
	return ""
}

// What a replacement may be, the claim on itself left aside: gone out, or gone out and settled by a claim of its own.
var (
	shippedOut = []string{"RELEASED", "DELIVERED", "PURCHASE_CONFIRMED"}
	settled    = []string{"RETURNED", "EXCHANGED"}
)

func (s modelSection) standing() string {
	if s.prior != "" {
		return s.prior
	}
	return s.status
}

// replacedBy tells whether everything of a part that came back has been replaced: delivered, or on its way where that is
// enough. What was given with a product that is in the part, too, need not be replaced.
func (m model) replacedBy(p order.Policy, o order.Order, id order.SectionID, takes map[order.LineID]int) bool {
	enough := append([]string{"DELIVERED", "PURCHASE_CONFIRMED"}, settled...)
	if p.ExchangeOnRelease == order.On {
		enough = append(enough, "RELEASED")
	}
	for line := range takes {
		product, _ := o.Line(line)
		if !m.standsFor(m.sections[id].items[line].replaced, line) && takes[product.FreebieOf] == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(m.replacements(m.sections[id], takes), func(out order.SectionID) bool {
		return !slices.Contains(enough, m.sections[out].standing())
	})
}

// gone tells whether the section left the warehouse at some time.
func (s modelSection) gone() bool {
	return slices.Contains(slices.Concat(shippedOut, settled), s.standing())
}

// surplus is how much of a shipment nothing would stand behind if a part left its exchange, by line: what was sent instead
// less what is, or was to the end, exchanged for it.
func (m model) surplus(id order.SectionID, takes map[order.LineID]int) map[order.LineID]int {
	too := map[order.LineID]int{}
	for line, quantity := range takes {
		shipment := m.sections[id].items[line].replaced
		if shipment == 0 || quantity == 0 {
			continue
		}
		too[line] = quantity
		for _, s := range m.sections {
			if s.serves == shipment && s.status != "CANCELLED" {
				too[line] += s.items[line].quantity
			}
			if s.items[line].replaced == shipment && (s.claim == "E" || s.status == "EXCHANGED") {
				too[line] -= s.items[line].quantity
			}
		}
	}
	return too
}

// sentInVain tells whether some of the surplus has left already.
func (m model) sentInVain(id order.SectionID, takes map[order.LineID]int) bool {
	for line, too := range m.surplus(id, takes) {
		for _, s := range m.sections {
			if s.serves == m.sections[id].items[line].replaced && s.status != "CANCELLED" && !s.gone() {
				too -= s.items[line].quantity
			}
		}
		if too > 0 {
			return true
		}
	}
	return false
}

// standsFor tells whether any of a replacement shipment still stands for what it was sent for of a line.
func (m model) standsFor(shipment int, line order.LineID) bool {
	for _, out := range m.sections {
		if _, holds := out.items[line]; holds && shipment != 0 && out.serves == shipment && out.status != "CANCELLED" {
			return true
		}
	}
	return false
}

// forbidsPart are the guards on the part that was named.
func (m model) forbidsPart(id order.SectionID, event string, takes map[order.LineID]int) string {
	if event != "ShipReplacement" && event != "ShipReplacementFirst" {
		return ""
	}
	for line := range takes {
		if m.standsFor(m.sections[id].items[line].replaced, line) {
			return "replaced already"
		}
	}
	return ""
}

// misses tells what the command does not say and has to.
func misses(o order.Order, s order.Section, c order.Command, takes map[order.LineID]int) string {
	byCourier := s.Method == order.MethodCourier
	if c.Waybill != nil && c.Event != order.CompleteRecall && malformed(*c.Waybill) {
		return "no good waybill"
	}
	switch c.Event.String() {
	case "InstructRelease":
		return first(s.Place == "" && c.Place == "", "no shipping place")
	case "RegisterStockout", "RevertRelease", "RevertDelivery":
		return first(c.Reason == "", "no reason")
	case "RejectReturn", "RejectExchange":
		inHand := s.Status == order.StatusRecallCompleted && byCourier
		return first(c.Reason == "", "no reason", inHand && c.Waybill == nil, "no send-back waybill")
	case "CompleteRelease":
		if c.Actor.Role == order.RoleTracker && !sameWaybill(s.Waybill, c.Waybill) {
			return "another parcel"
		}
		if c.Waybill == nil && s.Waybill != nil {
			return ""
		}
		return needsWaybill(o, s, c.Waybill)
	case "RegisterWaybill", "ReplaceWaybill":
		return needsWaybill(o, s, c.Waybill)
	case "RejectCancelAndShip":
		if c.Waybill == nil && s.Waybill != nil {
			return ""
		}
		return needsWaybill(o, s, c.Waybill)
	case "CompleteDelivery":
		return first(c.Actor.Role == order.RoleTracker && !sameWaybill(s.Waybill, c.Waybill), "another parcel")
	case "CourierReturn":
		return first(stray(s.Waybill, c.Waybill), "another parcel")
	case "ConfirmPurchase":
		early := c.At.Before(s.DeliveredAt.Add(7 * 24 * time.Hour))
		return first(c.Actor.Role == order.RoleBatch && early, "too early")
	case "RequestReturn", "RequestReturnAfterConfirm":
		return missesRetrieve(c)
	case "RequestExchange":
		return first(c.Claim == nil || len(c.Claim.Wanted) == 0, "no wanted option")
	case "InstructRecall":
		return first(s.Recipient == nil && s.RecallAddress == nil && c.RecallAddress == nil, "no recall address")
	case "ConfirmRecall":
		return first(byCourier && c.Waybill == nil && s.RecallWaybill == nil, "no recall waybill", strayRecall(s, c), "another parcel")
	case "FailRecall", "FailRecallExchange":
		return first(strayRecall(s, c), "another parcel")
	case "CompleteRecall", "DirectCollect":
		return miscounts(s, c, takes)
	case "CompleteReturn":
		return first(c.Refund == "", "refund not recorded")
	}
	return ""
}

// strayRecall tells whether a tracker speaks of another parcel than the one that brings the goods back.
func strayRecall(s order.Section, c order.Command) bool {
	return c.Actor.Role == order.RoleTracker && stray(s.RecallWaybill, c.Waybill)
}

func missesRetrieve(c order.Command) string {
	if c.Claim == nil || c.Claim.Retrieve.Type == "" {
		return "no retrieve type"
	}
	own := c.Claim.Retrieve.Type == order.RetrieveBuyerSent || c.Claim.Retrieve.Type == order.RetrieveManual
	return first(own && c.Waybill == nil, "no recall waybill", own && c.Claim.Retrieve.Payer == "", "no payer")
}

// miscounts tells whether what came is not the quantity that is completed. A recall in one step may go uncounted.
func miscounts(s order.Section, c order.Command, takes map[order.LineID]int) string {
	if c.Event == order.DirectCollect && c.Reception == nil {
		return ""
	}
	counted := map[order.LineID]int{}
	for _, r := range c.Reception {
		item, _ := s.Item(r.Item)
		counted[item.Line] += r.Received + r.Damaged + r.Missing
	}
	for line, quantity := range takes {
		if counted[line] != quantity {
			return "does not add up"
		}
	}
	return ""
}

// needsWaybill: by courier a good and free one, otherwise none.
func needsWaybill(o order.Order, s order.Section, w *order.Waybill) string {
	if s.Method != order.MethodCourier {
		return first(w != nil, "waybill without a courier")
	}
	if w == nil || malformed(*w) {
		return "no good waybill"
	}
	for _, other := range o.Sections {
		if other.ID != s.ID && other.Live() && sameWaybill(other.Waybill, w) && !sameRecipient(other, s) {
			return "waybill taken"
		}
	}
	return ""
}

// malformed covers the bad numbers that these tests give.
func malformed(w order.Waybill) bool {
	return w.Courier == "" || len(w.Number) < 4 || strings.ContainsAny(w.Number, "!?")
}

func sameRecipient(a, b order.Section) bool {
	return a.Recipient == b.Recipient || a.Recipient != nil && b.Recipient != nil && *a.Recipient == *b.Recipient
}

// stray tells whether a fact names another waybill than the one that is carried. One that names a section and no waybill
// is about that section.
func stray(carried, told *order.Waybill) bool { return told != nil && !sameWaybill(carried, told) }

func sameWaybill(a, b *order.Waybill) bool { return a != nil && b != nil && *a == *b }
