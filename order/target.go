package order

import "fmt"

func contains(parts []MovedItem, id ItemID) bool {
	for i := range parts {
		if parts[i].Item == id {
			return true
		}
	}
	return false
}

func quantityOf(parts []MovedItem, id ItemID) int {
	for i := range parts {
		if parts[i].Item == id {
			return parts[i].Quantity
		}
	}
	return 0
}

// receptionOf sums what was counted of an item.
func receptionOf(rows []Reception, id ItemID) Reception {
	sum := Reception{Item: id}
	for _, r := range rows {
		if r.Item == id {
			sum.Received += r.Received
			sum.Damaged += r.Damaged
			sum.Missing += r.Missing
		}
	}
	return sum
}

// trialOf sets up a whole section against the rule.
func (d *decision) trialOf(r *rule, s *Section) trial {
	t := trial{m: d.m, o: d.o, c: &d.c, rule: r, s: s}
	t.claim = d.o.openClaim(s)
	return t
}

func (o *Order) openClaim(s *Section) *Claim {
	if !s.Status.ClaimOpen() {
		return nil
	}
	if i := o.claimIndex(s.Claim); i >= 0 && o.Claims[i].Open() {
		return &o.Claims[i]
	}
	return nil
}

// entire lists every item of a section as a part.
func entire(s *Section) []MovedItem {
	return appendEntire(make([]MovedItem, 0, len(s.Items)), s)
}

func appendEntire(parts []MovedItem, s *Section) []MovedItem {
	for i := range s.Items {
		parts = append(parts, MovedItem{Item: s.Items[i].ID, Line: s.Items[i].Line, Quantity: s.Items[i].Quantity})
	}
	return parts
}

// targets finds what the command is about: a section or part of it, items of several sections, or every section of the
// order in which the event is legal.
func (d *decision) targets(r *rule) ([]trial, error) {
	if d.c.Section == "" && len(d.c.Items) == 0 {
		return d.everywhere(r)
	}
	asked := d.c.Items
	if len(asked) == 0 && d.c.Event == CompleteRecall {
		asked = countedItems(d.c.Reception)
	}
	if d.c.Section != "" {
		s, err := d.section(d.c.Section)
		if err != nil {
			return nil, err
		}
		return d.narrowed(d.room[:0], r, s, asked)
	}
	return d.byItem(r, asked)
}

// section finds a section that can be a target.
func (d *decision) section(id SectionID) (*Section, error) {
	i := d.o.sectionIndex(id)
	if i < 0 {
		return nil, d.refuse(nil, &fault{ErrNoTarget, fmt.Sprintf("no section %q", id)})
	}
	s := &d.o.Sections[i]
	if s.MergedInto != "" {
		return nil, d.refuse(s, &fault{ErrNoTarget, fmt.Sprintf("section %s was merged into %s", id, s.MergedInto)})
	}
	return s, nil
}

// countedItems addresses what was counted: a partial arrival needs no second list.
func countedItems(rows []Reception) []ItemQuantity {
	asked := make([]ItemQuantity, 0, len(rows))
	for _, r := range rows {
		if n := r.total(); n != 0 {
			asked = append(asked, ItemQuantity{r.Item, n})
		}
	}
	return asked
}

// everywhere is an order-level command: every section in which the event is legal.
func (d *decision) everywhere(r *rule) ([]trial, error) {
	if r.level != orderLevel {
		return nil, d.refuse(nil, &fault{ErrLevel, "name a section or items"})
	}
	var found []trial
	for i := range d.o.Sections {
		t := d.trialOf(r, &d.o.Sections[i])
		if t.s.MergedInto == "" && t.legal() == nil {
			if f := t.admitted(); f != nil {
				return nil, d.refuse(t.s, f)
			}
			t.parts = entire(t.s)
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return nil, d.refuse(nil, &fault{ErrIllegal, "in no section of the order"})
	}
	return found, nil
}

// byItem finds the sections of items that were named without one.
func (d *decision) byItem(r *rule, asked []ItemQuantity) (found []trial, err error) {
	seen := map[SectionID][]ItemQuantity{}
	var order []*Section
	for _, q := range asked {
		s, _ := d.o.item(q.Item)
		if s == nil {
			return nil, d.refuse(nil, &fault{ErrNoTarget, fmt.Sprintf("no item %q", q.Item)})
		}
		if seen[s.ID] == nil {
			order = append(order, s)
		}
		seen[s.ID] = append(seen[s.ID], q)
	}
	if len(order) > 1 && r.level != orderLevel {
		return nil, d.refuse(nil, &fault{ErrLevel, "items of more than one section"})
	}
	for _, s := range order {
		if found, err = d.narrowed(found, r, s, seen[s.ID]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// narrowed appends the trial of a section, or of the part of it that was asked for.
func (d *decision) narrowed(found []trial, r *rule, s *Section, asked []ItemQuantity) ([]trial, error) {
	t := d.trialOf(r, s)
	f := t.admitted()
	if f == nil {
		f = t.narrow(asked)
	}
	if f == nil {
		f = t.bringFreebies()
	}
	if f != nil {
		return nil, d.refuse(s, f)
	}
	return append(found, t), nil
}

// narrow sets the parts of the trial. Entries of one item add up before they are checked (invariant I9).
func (t *trial) narrow(asked []ItemQuantity) *fault {
	if len(asked) == 0 {
		t.parts = entire(t.s)
		return nil
	}
	t.parts = make([]MovedItem, 0, len(asked))
	for _, q := range asked {
		it, ok := t.s.Item(q.Item)
		if !ok {
			return &fault{ErrNoTarget, fmt.Sprintf("no item %q in section %s", q.Item, t.s.ID)}
		}
		if q.Quantity < 0 {
			return &fault{ErrQuantity, fmt.Sprintf("item %s: %d is no quantity", it.ID, q.Quantity)}
		}
		if q.Quantity == 0 {
			q.Quantity = it.Quantity
		}
		t.add(it, q.Quantity)
	}
	return t.fits()
}

func (t *trial) add(it Item, quantity int) {
	for i := range t.parts {
		if t.parts[i].Item == it.ID {
			// A sum that overflows would pass for a small quantity.
			t.parts[i].Quantity = min(t.parts[i].Quantity, it.Quantity+1) + min(quantity, it.Quantity+1)
			return
		}
	}
	t.parts = append(t.parts, MovedItem{Item: it.ID, Line: it.Line, Quantity: quantity})
}

// fits checks the summed quantities and tells part from whole.
func (t *trial) fits() *fault {
	full := 0
	for _, p := range t.parts {
		it, _ := t.s.Item(p.Item)
		if p.Quantity > it.Quantity {
			return &fault{ErrQuantity, fmt.Sprintf("item %s: asked for %d of %d", p.Item, p.Quantity, it.Quantity)}
		}
		if p.Quantity == it.Quantity {
			full++
		}
	}
	t.partial = full < len(t.s.Items)
	return nil
}
