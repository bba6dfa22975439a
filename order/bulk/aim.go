package bulk

import (
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
)

// find points the row at its section. The verdict is empty if there is one.
func (a *aim) find() verdict {
	o, key := a.order, a.entry.key
	switch a.kind {
	case KeyDelivery:
		a.point(func(s *order.Section) bool { return s.DeliveryNo == key })
	case KeySection:
		id := sectionOf(o, key)
		a.point(func(s *order.Section) bool { return s.ID == id })
	case KeyLine:
		if _, ok := o.Line(order.LineID(key)); ok {
			a.line = order.LineID(key)
			return a.waiting()
		}
	case KeyOrder:
		if string(o.ID) == key {
			if v := a.narrow(); v.action != 0 {
				return v
			}
			return a.waiting()
		}
	}
	if a.section == nil {
		return wrong("R09")
	}
	a.family = family(o, a.section)
	return a.narrow()
}

func (a *aim) point(is func(*order.Section) bool) {
	for i := range a.order.Sections {
		if is(&a.order.Sections[i]) {
			a.section = &a.order.Sections[i]
			return
		}
	}
}

// sectionOf takes the section's id off a key: S2, or with the order's id in front, which makes it unique.
func sectionOf(o *order.Order, key string) order.SectionID {
	if rest, ok := strings.CutPrefix(key, string(o.ID)); ok && len(rest) > 1 && strings.ContainsRune("-/:", rune(rest[0])) {
		key = rest[1:]
	}
	return order.SectionID(key)
}

// narrow finds the line that the item column means: an item's id, a line's id, or a SKU that only one line has.
func (a *aim) narrow() verdict {
	item := a.entry.item
	if item == "" {
		return verdict{}
	}
	if _, ok := a.order.Line(order.LineID(item)); ok {
		a.line = order.LineID(item)
		return verdict{}
	}
	for i := range a.order.Sections {
		if it, ok := a.order.Sections[i].Item(order.ItemID(item)); ok {
			a.line = it.Line
			return verdict{}
		}
	}
	for _, l := range a.order.Lines {
		if l.SKU == item && a.line != "" {
			return wrong("R15.which")
		}
		if l.SKU == item {
			a.line = l.ID
		}
	}
	if a.line == "" {
		return wrong("R15.item")
	}
	return verdict{}
}

// waiting finds the section of an order, or of a line, that waits for release. Where none does, it points at the one
// that left with the row's waybill, or else at the first.
func (a *aim) waiting() verdict {
	var first, left *order.Section
	for i := range a.order.Sections {
		s := &a.order.Sections[i]
		if s.Kind != order.KindOriginal || s.MergedInto != "" || a.count(s) == 0 {
			continue
		}
		a.family = append(a.family, i)
		switch {
		case first == nil:
			first = s
		case !first.Live() && s.Live():
			first = s
		}
		if released(s) && a.carried(s) {
			left = s
		}
		if s.Status != order.StatusReleaseInstructed {
			continue
		}
		if a.section != nil {
			return wrong("R10.several")
		}
		a.section = s
	}
	switch {
	case a.section != nil:
	case left != nil:
		a.section = left
	case first != nil:
		a.section = first
	default:
		return wrong("R09")
	}
	return verdict{}
}

// family lists the section and its lineage: what was split from it, what it was merged into, and what was split from
// that. A replacement is no part of it, although its parent is the section that came back.
func family(o *order.Order, root *order.Section) []int {
	related := []order.SectionID{root.ID}
	var members []int
	for grown := true; grown; {
		grown = false
		for i := range o.Sections {
			s := &o.Sections[i]
			if s.Kind != root.Kind || slices.Contains(members, i) {
				continue
			}
			if slices.Contains(related, s.ID) || slices.Contains(related, s.Parent) {
				members = append(members, i)
				related = append(related, s.ID)
				if s.MergedInto != "" {
					related = append(related, s.MergedInto)
				}
				grown = true
			}
		}
	}
	return members
}
