package order_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
)

// The model says once more what a command does to an order: which sections there are, where each stands, what it holds.
// It keeps lines and quantities only, knows nothing of item ids and history, and shares no code with the package. What
// it takes from the order itself are facts that no rule computes: the channel, the payment, scan marks, holds, places.

// A model is an order as the model sees it. It is a value: step gives another one.
type model struct {
	sections map[order.SectionID]modelSection
	made     int // number of the newest section
	shipped  int // number of the newest replacement shipment
}

type modelSection struct {
	kind   order.Kind
	status string
	prior  string
	claim  string // letter of the open claim
	serves int    // of an EXCHANGE_OUT section: the replacement shipment that it is, or is part of
	items  map[order.LineID]modelItem
}

type modelItem struct {
	quantity int
	replaced int // the replacement shipment sent for it; 0: none
}

func sectionID(number int) order.SectionID { return order.SectionID(fmt.Sprintf("S%d", number)) }

func (m model) clone() model {
	sections := make(map[order.SectionID]modelSection, len(m.sections))
	for id, s := range m.sections {
		s.items = maps.Clone(s.items)
		sections[id] = s
	}
	m.sections = sections
	return m
}

// ids lists the sections, oldest first.
func (m model) ids() []order.SectionID {
	var ids []order.SectionID
	for number := range m.made {
		if id := sectionID(number + 1); m.sections[id].items != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// step is the model of Handle for the status events: the next model, or why the command is refused.
func (m model) step(p order.Policy, o order.Order, c order.Command) (model, string) {
	if c.ExpectedVersion != 0 && c.ExpectedVersion != o.Version {
		return m, "version"
	}
	targets, why := m.targets(p, o, c)
	if why != "" {
		return m, why
	}
	if w := sharedByStrangers(o, targets, c); w != "" {
		return m, w
	}
	next := m.clone()
	for _, id := range targets {
		takes, why := m.takes(o, id, c)
		if why == "" {
			why = m.refuses(p, o, id, c, takes)
		}
		if why != "" {
			return m, fmt.Sprintf("%s: %s", id, why)
		}
		next.move(id, c.Event.String(), takes)
	}
	return next, ""
}

// sharedByStrangers tells whether one command would put one outbound waybill on parcels for two recipients.
func sharedByStrangers(o order.Order, targets []order.SectionID, c order.Command) string {
	switch c.Event {
	case order.CompleteRelease, order.RegisterWaybill, order.ReplaceWaybill, order.RejectCancelAndShip:
	default:
		return ""
	}
	one, _ := o.Section(targets[0])
	for _, id := range targets {
		if s, _ := o.Section(id); c.Waybill != nil && !sameRecipient(s, one) {
			return "one waybill for two recipients"
		}
	}
	return ""
}

// targets are the sections that a command is about. Addressed to the order it means every section in which the event is
// legal, and at least one.
func (m model) targets(p order.Policy, o order.Order, c order.Command) ([]order.SectionID, string) {
	if c.Section != "" {
		if m.sections[c.Section].items == nil {
			return nil, "no such section"
		}
		return []order.SectionID{c.Section}, ""
	}
	if !orderLevel(c.Event.String()) {
		return nil, "not at order level"
	}
	var targets []order.SectionID
	for _, id := range m.ids() {
		if m.legal(p, o, id, c.Event.String()) == "" {
			targets = append(targets, id)
		}
	}
	if targets == nil {
		return nil, "legal nowhere"
	}
	return targets, ""
}

// takes is the part of a section that a command names, by line.
func (m model) takes(o order.Order, id order.SectionID, c order.Command) (map[order.LineID]int, string) {
	s, _ := o.Section(id)
	asked := map[order.ItemID]int{}
	for _, entry := range c.Items {
		item, ok := s.Item(entry.Item)
		switch {
		case !ok:
			return nil, "no such item"
		case entry.Quantity < 0:
			return nil, "negative quantity"
		case entry.Quantity == 0:
			asked[item.ID] += item.Quantity
		default:
			asked[item.ID] += entry.Quantity
		}
	}
	if c.Items == nil {
		for _, item := range s.Items {
			asked[item.ID] = item.Quantity
		}
		m.leaveReplaced(id, s, c.Event.String(), asked)
	} else if !c.Alone {
		m.bringGifts(o, s, c.Event.String(), asked)
	}
	takes, rest := map[order.LineID]int{}, false
	for _, item := range s.Items {
		quantity := asked[item.ID]
		if quantity > item.Quantity {
			return nil, "more than there is"
		}
		rest = rest || quantity < item.Quantity
		if quantity > 0 && quantity < item.Quantity && part(c.Event.String()) == someItems {
			return nil, "part of an item"
		}
		if quantity > 0 {
			takes[item.Line] += quantity
		}
	}
	if rest && part(c.Event.String()) == wholeOnly {
		return nil, "part of a section"
	}
	return takes, ""
}

// bringGifts: what is given with a product goes where the product goes. Units of the product that stay hold back the
// gifts that they have earned in full.
func (m model) bringGifts(o order.Order, s order.Section, event string, asked map[order.ItemID]int) {
	if event == "CompleteRecall" || strings.HasPrefix(event, "ShipReplacement") {
		return
	}
	for _, gift := range o.Lines {
		stays, goes, gifts, named := 0, 0, 0, false
		for _, item := range s.Items {
			switch item.Line {
			case gift.FreebieOf:
				stays += item.Quantity - asked[item.ID]
				goes += asked[item.ID]
			case gift.ID:
				gifts += item.Quantity
				named = named || asked[item.ID] > 0
			}
		}
		if gift.FreebieOf == "" || named || goes <= 0 || stays < 0 {
			continue
		}
		follow := gifts
		for k := 1; k <= gifts; k++ {
			if k*(stays+goes) <= gifts*stays {
				follow-- // the k-th is earned by what stays
			}
		}
		for _, item := range s.Items {
			if item.Line == gift.ID {
				asked[item.ID] = min(follow, item.Quantity)
				follow -= asked[item.ID]
			}
		}
	}
}

// leaveReplaced: a replacement for a whole section is one for what has none yet.
func (m model) leaveReplaced(id order.SectionID, s order.Section, event string, asked map[order.ItemID]int) {
	for _, item := range s.Items {
		if strings.HasPrefix(event, "ShipReplacement") && m.standsFor(m.sections[id].items[item.Line].replaced, item.Line) {
			delete(asked, item.ID)
		}
	}
}

// legal is what the grid alone says: the state, the type of the claim, the switch.
func (m model) legal(p order.Policy, o order.Order, id order.SectionID, event string) string {
	s := m.sections[id]
	c, ok := gridCells[square{s.status, event}]
	switch {
	case !ok:
		return "not from " + s.status
	case c.claims != "" && !strings.Contains(c.claims, s.claim):
		return "not under this claim"
	case c.policy && !switchedOn(p, o, event):
		return "switched off"
	}
	return ""
}

var gridCells = readGrid()

// switchedOn reads a switch. Nobody has to be asked to cancel what nobody has paid.
func switchedOn(p order.Policy, o order.Order, event string) bool {
	position := map[string]order.Switch{
		"RevertRelease": p.RevertRelease, "RevertDelivery": p.RevertDelivery, "CancelNow": p.CancelNow,
		"RequestReturnAfterConfirm": p.RequestReturnAfterConfirm, "FailRecall": p.FailRecall,
		"FailRecallExchange": p.FailRecallExchange, "DirectCollect": p.DirectCollect,
		"ConvertToReturnEarly": p.ConvertToReturnEarly, "ShipReplacementFirst": p.ShipReplacementFirst,
		"CourierReturn": p.CourierReturn,
	}[event]
	if position != order.Default {
		return position == order.On
	}
	if event == "CancelNow" {
		return o.Payment == order.PaymentPending
	}
	return slices.Contains(switchedOnByDefault, event)
}

// move makes an accepted event happen to a part of a section.
func (m *model) move(id order.SectionID, event string, takes map[order.LineID]int) {
	if event == "ShipReplacement" || event == "ShipReplacementFirst" {
		m.ship(id, takes)
		return
	}
	surplus := m.surplus(id, takes)
	target := m.split(id, takes)
	s := m.sections[target]
	before, to := s.status, gridCells[square{s.status, event}].to
	switch to {
	case same:
	case back:
		s.status = s.prior
	default:
		s.status = to
	}
	if letter := opens(event); letter != "" {
		s.claim, s.prior = letter, before
	}
	if event == "CourierReturn" {
		s.prior = "RELEASED" // that it was delivered turned out to be wrong
	}
	if closes(event) != "" {
		s.claim, s.prior = "", ""
	}
	if strings.HasPrefix(event, "ConvertToReturn") {
		s.claim = "R"
	}
	switch event {
	case "ConvertToReturn", "ConvertToReturnEarly", "RejectExchange", "WithdrawExchange":
		m.recallReplacements(s, surplus)
	}
	m.sections[target] = s
}

// split moves a part into a section of its own, which gets the new id, and gives the id of what was meant.
func (m *model) split(id order.SectionID, takes map[order.LineID]int) order.SectionID {
	s := m.sections[id]
	moved, whole := maps.Clone(s.items), true
	clear(moved)
	for line, item := range s.items {
		if takes[line] > 0 {
			moved[line] = modelItem{quantity: takes[line], replaced: item.replaced}
		}
		whole = whole && takes[line] == item.quantity
	}
	if whole {
		return id
	}
	for line, quantity := range takes {
		item := s.items[line]
		item.quantity -= quantity
		s.items[line] = item
		if item.quantity == 0 {
			delete(s.items, line)
		}
	}
	m.made++
	s.items = moved
	m.sections[sectionID(m.made)] = s
	return sectionID(m.made)
}

// ship makes the section that goes to the buyer instead of what comes back.
func (m *model) ship(id order.SectionID, takes map[order.LineID]int) {
	m.made++
	m.shipped++
	out := modelSection{kind: order.KindExchangeOut, status: "DELIVERY_INSTRUCTED", serves: m.shipped, items: map[order.LineID]modelItem{}}
	for line, quantity := range takes {
		item := m.sections[id].items[line]
		item.replaced = m.shipped
		m.sections[id].items[line] = item
		out.items[line] = modelItem{quantity: quantity}
	}
	m.sections[sectionID(m.made)] = out
}

// recallReplacements cancels what was not sent yet and has nothing behind it any more, the newest first: the buyer keeps,
// or is paid, what came back.
func (m *model) recallReplacements(s modelSection, surplus map[order.LineID]int) {
	for _, id := range slices.Backward(m.ids()) {
		part := map[order.LineID]int{}
		for line, item := range m.sections[id].items {
			shipment := s.items[line].replaced
			if out := m.sections[id]; shipment != 0 && out.serves == shipment && out.status != "CANCELLED" && !out.gone() && surplus[line] > 0 {
				part[line] = min(surplus[line], item.quantity)
				surplus[line] -= part[line]
			}
		}
		if len(part) > 0 {
			id := m.split(id, part)
			out := m.sections[id]
			out.status, out.claim, out.prior = "CANCELLED", "", ""
			m.sections[id] = out
		}
	}
	for line, item := range s.items {
		item.replaced = 0
		s.items[line] = item
	}
}

// replacements are the sections that go, or went, to the buyer instead of a part of what a section holds.
func (m model) replacements(s modelSection, part map[order.LineID]int) []order.SectionID {
	var outs []order.SectionID
	for _, id := range m.ids() {
		out := m.sections[id]
		for line := range out.items {
			if part[line] > 0 && out.serves != 0 && s.items[line].replaced == out.serves && out.status != "CANCELLED" {
				outs = append(outs, id)
				break
			}
		}
	}
	return outs
}

// merge joins sections: the oldest keeps its id, the others are empty and stand no longer for anything.
func (m *model) merge(ids []order.SectionID) {
	oldest := slices.MinFunc(ids, func(a, b order.SectionID) int { return len(a) - len(b) + strings.Compare(string(a), string(b)) })
	for _, id := range ids {
		if id == oldest {
			continue
		}
		for line, item := range m.sections[id].items {
			sum := m.sections[oldest].items[line]
			sum.quantity += item.quantity
			m.sections[oldest].items[line] = sum
		}
		delete(m.sections, id)
	}
}

// differs tells where an order is not what the model says; empty if it is.
func (m model) differs(o order.Order) string {
	live := 0
	for _, s := range o.Sections {
		if s.MergedInto != "" {
			continue
		}
		live++
		want, ok := m.sections[s.ID]
		if !ok {
			return fmt.Sprintf("section %s should not be there", s.ID)
		}
		claim, _ := o.Claim(s.Claim)
		letter := ""
		if claim.Outcome == order.OutcomeOpen {
			letter = string(claim.Type[0])
		}
		if s.Kind != want.kind || s.Status.String() != want.status || s.Prior.String() != want.prior || letter != want.claim {
			return fmt.Sprintf("%s is %s %s, prior %q, claim %q; want %s %s, prior %q, claim %q", s.ID,
				s.Kind, s.Status, s.Prior, letter, want.kind, want.status, want.prior, want.claim)
		}
		have := map[order.LineID]int{}
		for _, item := range s.Items {
			have[item.Line] += item.Quantity
		}
		if !maps.EqualFunc(have, want.items, func(a int, b modelItem) bool { return a == b.quantity }) {
			return fmt.Sprintf("%s holds %v; want %v", s.ID, have, want.items)
		}
	}
	if live != len(m.sections) {
		return fmt.Sprintf("%d sections; want %d", live, len(m.sections))
	}
	return ""
}

// modelOf starts a model from an order that was just created.
func modelOf(o order.Order) model {
	m := model{sections: map[order.SectionID]modelSection{}, made: len(o.Sections)}
	for _, s := range o.Sections {
		items := map[order.LineID]modelItem{}
		for _, item := range s.Items {
			items[item.Line] = modelItem{quantity: item.Quantity}
		}
		m.sections[s.ID] = modelSection{kind: order.KindOriginal, status: "ORDERED", items: items}
	}
	return m
}
