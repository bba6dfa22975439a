package order

import "fmt"

// mergeable are the statuses in which sections may be joined.
var mergeable = in(StatusOrdered, StatusDeliveryInstructed, StatusReleaseInstructed, StatusStockoutHeld)

// unalike tells why two sections cannot become one; empty if they can.
func unalike(a, b *Section) string {
	switch {
	case a.MergedInto != "" || b.MergedInto != "":
		return "merged already"
	case a.Kind != KindOriginal || b.Kind != KindOriginal:
		return "a replacement is not merged"
	case !mergeable.has(a.Status):
		return "section is " + a.Status.String()
	case a.Status != b.Status:
		return "statuses differ"
	case a.Place != b.Place:
		return "shipping places differ"
	case a.Method != b.Method:
		return "methods differ"
	case !sameRecipient(a.Recipient, b.Recipient):
		return "recipients differ"
	case a.Waybill != nil || b.Waybill != nil:
		return "a waybill is attached"
	case a.Hold != nil || b.Hold != nil:
		return "a section is on hold"
	}
	return ""
}

// Mergeable lists the sections that [SectionsMerged] may join with one section, such as after a refused cancel put a
// part back beside the rest. Nothing is ever merged without being asked for.
func Mergeable(o Order, id SectionID) []SectionID {
	i := o.sectionIndex(id)
	if i < 0 {
		return nil
	}
	var found []SectionID
	for j := range o.Sections {
		if j != i && unalike(&o.Sections[i], &o.Sections[j]) == "" {
			found = append(found, o.Sections[j].ID)
		}
	}
	return found
}

// merge joins sections into the oldest of them. Quantities of one line add up in its item.
func (d *decision) merge() error {
	ids := sortedSections(d.o, d.c.Sections)
	if len(ids) < 2 {
		return d.invalid("name two or more sections")
	}
	first, err := d.section(ids[0])
	if err != nil {
		return err
	}
	if err := d.expected(first); err != nil {
		return err
	}
	moves := make([]Move, 0, len(ids)-1)
	target := map[LineID]ItemID{}
	for _, it := range first.Items {
		if target[it.Line] == "" {
			target[it.Line] = it.ID
		}
	}
	for _, id := range ids[1:] {
		s, err := d.section(id)
		if err != nil {
			return err
		}
		if why := unalike(first, s); why != "" {
			return d.refuse(s, unmet("%s and %s: %s", first.ID, s.ID, why))
		}
		m := Move{Section: s.ID, Into: first.ID, From: s.Status, To: s.Status, Items: entire(s)}
		for i := range m.Items {
			if into := target[m.Items[i].Line]; into != "" {
				m.Items[i].Into = into
			} else {
				target[m.Items[i].Line] = m.Items[i].Item
			}
		}
		moves = append(moves, m)
	}
	d.add(SectionsMerged, 1, moves, nil)
	return nil
}

// join applies one move of a merge.
func (x *edit) join(m Move) error {
	from, err := x.section(m.Section)
	if err != nil {
		return err
	}
	into, err := x.section(m.Into)
	if err != nil {
		return err
	}
	joined := append(make([]Item, 0, len(into.Items)+len(m.Items)), into.Items...)
	for _, p := range m.Items {
		if p.Into == "" {
			it, ok := from.Item(p.Item)
			if !ok {
				return fmt.Errorf("%w: no item %s in %s", ErrHistory, p.Item, from.ID)
			}
			joined = append(joined, it)
			continue
		}
		for i := range joined {
			if joined[i].ID == p.Into {
				joined[i].Quantity += p.Quantity
			}
		}
	}
	into.Items, from.Items, from.MergedInto = joined, nil, into.ID
	return nil
}
