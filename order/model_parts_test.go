package order_test

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// addressings are the ways to aim a command at a section, or past it.
func addressings(s order.Section) map[string][]order.ItemQuantity {
	if len(s.Items) < 2 {
		return nil
	}
	one, two := s.Items[0], s.Items[1]
	return map[string][]order.ItemQuantity{
		"one whole item":            {{Item: one.ID}},
		"one item, counted":         {{Item: one.ID, Quantity: one.Quantity}},
		"part of one item":          {{Item: two.ID, Quantity: 1}},
		"one item and part":         {{Item: one.ID}, {Item: two.ID, Quantity: two.Quantity - 1}},
		"everything":                {{Item: one.ID}, {Item: two.ID}},
		"everything, in pieces":     {{Item: one.ID, Quantity: 1}, {Item: two.ID}, {Item: one.ID, Quantity: one.Quantity - 1}},
		"too much":                  {{Item: one.ID, Quantity: one.Quantity + 1}},
		"too much, in pieces":       {{Item: two.ID, Quantity: two.Quantity - 1}, {Item: two.ID, Quantity: 2}},
		"too much, all and some":    {{Item: two.ID}, {Item: two.ID, Quantity: 1}},
		"less than nothing":         {{Item: one.ID, Quantity: -1}},
		"less, made up for":         {{Item: two.ID, Quantity: -1}, {Item: two.ID, Quantity: 2}},
		"an item that is not there": {{Item: "I99"}},
	}
}

// aims are the commands that aim an event at parts of a section, and past it at the order.
func (w *world) aims(event string) map[string]order.Command {
	s, _ := w.order.Section("S1")
	aimed := map[string]order.Command{}
	for name, items := range addressings(s) {
		c := w.clean().form("S1", event, owner(event))
		c.Items = items
		w.count(&c)
		aimed[name] = c
	}
	c := w.clean().form("S1", event, owner(event))
	c.Section = ""
	if c.Actor.Role == order.RoleTracker {
		c.Waybill = nil // it would be the address
	}
	aimed["the order"] = c
	return aimed
}

// TestEveryPart aims every event, wherever a section may stand, at items, quantities and the whole order: what the event
// may not be aimed at is refused, and what it may splits the section, with the part moved and the rest left as it was.
func TestEveryPart(t *testing.T) {
	t.Parallel()
	for _, w := range situate(t) {
		for _, event := range gridEvents {
			for name, c := range w.aims(event) {
				if _, difference := w.clean().try(c); difference != "" {
					t.Errorf("%s of %s from %s: %s", event, name, w.model.sections["S1"].status, difference)
				}
			}
		}
	}
}

// count fits the reception of a command to the part that it names.
func (w *world) count(c *order.Command) {
	if c.Reception == nil {
		return
	}
	named := map[order.ItemID]int{}
	s, _ := w.order.Section(c.Section)
	for _, entry := range c.Items {
		item, _ := s.Item(entry.Item)
		named[entry.Item] += cmp.Or(entry.Quantity, item.Quantity)
	}
	c.Reception = nil
	for _, item := range s.Items {
		if named[item.ID] > 0 {
			c.Reception = append(c.Reception, order.Reception{Item: item.ID, Received: named[item.ID]})
		}
	}
}

// TestOrderLevelIsAllOrNothing gives a command to an order of three sections, one of which a guard holds back.
func TestOrderLevelIsAllOrNothing(t *testing.T) {
	d := draft(order.ChannelOwn, order.PaymentPaid)
	d.Sections = nil
	for _, line := range []order.LineID{"A", "B"} {
		for range 2 {
			quantity := map[order.LineID]int{"A": 1, "B": 2}[line]
			d.Sections = append(d.Sections, order.DraftSection{
				Lines: []order.LineQuantity{{Line: line, Quantity: quantity}}, Method: order.MethodCourier, Place: "WH1",
			})
		}
	}
	for held := 0; held <= 4; held++ {
		w, err := newWorld(order.Policy{}, d)
		if err != nil {
			t.Fatal(err)
		}
		if held > 0 {
			err = w.walkStep(sectionID(held), "hold")
		}
		if err != nil {
			t.Fatal(err)
		}
		before := encode(t, w.order)
		c := w.form("S1", "InstructDelivery", "operator")
		c.Section = ""
		accepted, difference := w.try(c)
		if difference != "" || accepted != (held == 0) {
			t.Errorf("with section %d on hold: accepted %v %s", held, accepted, difference)
		}
		if held > 0 && fmt.Sprintf("%x", before) != fmt.Sprintf("%x", encode(t, w.order)) {
			t.Error("a refused command changed the order")
		}
	}
}
