package order

import (
	"bytes"
	"errors"
	"fmt"
)

// Check tells which invariants an order breaks, one error for each finding, every one naming the invariant and wrapping
// [ErrInvariant]; nil if none is broken. A history is replayed from its start, which takes time in proportion to events ×
// sections, some 0.1 ms for 3 sections and 7 events, 8 ms for 100 sections and 201 events (BENCHMARKS.md). Called after each
// command it costs the square of what one audit at the end does: Check is for tests, imports and audits.
//
// I9 (duplicate entries add up before they are checked) is a property of commands, and I10 (the order's status is
// computed) is kept by there being nothing to store it in.
func Check(o Order) error {
	k := checker{o: &o}
	k.quantities()
	k.sections()
	k.replacements()
	k.waybills()
	k.lineage()
	k.history()
	return errors.Join(k.found...)
}

type checker struct {
	o     *Order
	found []error
}

func (k *checker) broken(invariant, format string, args ...any) {
	k.found = append(k.found, fmt.Errorf("%w: %s: %s", ErrInvariant, invariant, fmt.Sprintf(format, args...)))
}

// quantities checks I1: the original sections divide each line exactly.
func (k *checker) quantities() {
	held := map[LineID]int{}
	for i := range k.o.Sections {
		if s := &k.o.Sections[i]; s.Kind == KindOriginal {
			for _, it := range s.Items {
				held[it.Line] += it.Quantity
			}
		}
	}
	for _, l := range k.o.Lines {
		if held[l.ID] != l.Quantity {
			k.broken("I1", "line %s: %d in sections, %d ordered", l.ID, held[l.ID], l.Quantity)
		}
		delete(held, l.ID)
	}
	for id := range held {
		k.broken("I1", "items of line %s, which was not ordered", id)
	}
}

// sections checks I2 and I3: no empty section, no empty item, and a claim exactly where the status says so.
func (k *checker) sections() {
	for i := range k.o.Sections {
		s := &k.o.Sections[i]
		if (s.MergedInto == "") != (len(s.Items) > 0) {
			k.broken("I2", "section %s has %d items", s.ID, len(s.Items))
		}
		for _, it := range s.Items {
			if it.Quantity <= 0 {
				k.broken("I2", "item %s has quantity %d", it.ID, it.Quantity)
			}
		}
		if s.Status == 0 || s.Status > statusCount || s.Status.ClaimOpen() != (s.Prior != 0) {
			k.broken("I3", "section %s is %v, prior %v", s.ID, s.Status, s.Prior)
		}
		k.claimOf(s)
	}
	for i := range k.o.Claims {
		c := &k.o.Claims[i]
		if s, ok := k.o.Section(c.Section); c.Open() && (!ok || s.Claim != c.ID || !s.Status.ClaimOpen()) {
			k.broken("I3", "open claim %s is not that of section %s", c.ID, c.Section)
		}
	}
}

func (k *checker) claimOf(s *Section) {
	c := k.o.openClaim(s)
	if s.Status.ClaimOpen() != (c != nil) {
		k.broken("I3", "section %s is %v, its claim %q", s.ID, s.Status, s.Claim)
		return
	}
	if c == nil {
		return
	}
	if len(c.Items) != len(s.Items) {
		k.broken("I3", "claim %s has %d items, section %s has %d", c.ID, len(c.Items), s.ID, len(s.Items))
	}
	for _, it := range s.Items {
		if ci := c.item(it.ID); ci == nil || ci.Quantity != it.Quantity {
			k.broken("I3", "claim %s does not match item %s", c.ID, it.ID)
		}
	}
	allowed := returns | exchanges
	switch s.Status {
	case StatusCancelRequested:
		allowed = cancels
	case StatusReturnRequested:
		allowed = returns
	case StatusExchangeRequested:
		allowed = exchanges
	}
	if !allowed.has(c.Type) {
		k.broken("I3", "section %s is %v with a claim of type %s", s.ID, s.Status, c.Type)
	}
}

// replacements checks I5: no item is replaced twice or in a larger quantity than came back, or will.
func (k *checker) replacements() {
	sent := map[ItemID]int{}  // by replacement as first made
	by := map[ItemID]ItemID{} // replaced item to replacement
	for i := range k.o.Sections {
		s := &k.o.Sections[i]
		if s.Kind != KindExchangeOut || s.void() {
			continue
		}
		for j := range s.Items {
			out := k.o.origin(&s.Items[j])
			if had, twice := by[out.Replaces]; twice && had != out.ID {
				k.broken("I5", "item %s is replaced by %s and %s", out.Replaces, had, out.ID)
			}
			by[out.Replaces] = out.ID
			sent[out.ID] += s.Items[j].Quantity
		}
	}
	for origin, count := range sent {
		_, out := k.o.item(origin)
		if out == nil {
			k.broken("I7", "replacement %s is lost", origin)
		} else if back := k.o.behind(out, nil); count > back {
			k.broken("I5", "%d sent for %d of item %s", count, back, out.Replaces)
		}
	}
}

// waybills checks I8.
func (k *checker) waybills() {
	for i := range k.o.Sections {
		a := &k.o.Sections[i]
		for j := range i {
			b := &k.o.Sections[j]
			if a.Live() && b.Live() && a.Waybill != nil && b.Waybill != nil && *a.Waybill == *b.Waybill &&
				!sameRecipient(a.Recipient, b.Recipient) {
				k.broken("I8", "sections %s and %s share a waybill for two recipients", b.ID, a.ID)
			}
		}
	}
}

// lineage checks I7: ids are used once and within the counters, and what an id points to is there.
func (k *checker) lineage() {
	seen := map[string]bool{}
	once := func(id string, last int) {
		if seen[id] || serial(id) > last {
			k.broken("I7", "id %s is used twice or was never counted", id)
		}
		seen[id] = true
	}
	for i := range k.o.Sections {
		s := &k.o.Sections[i]
		once(string(s.ID), k.o.Counters.Section)
		if s.Parent != "" && k.o.sectionIndex(s.Parent) < 0 {
			k.broken("I7", "section %s was split from %s, which is lost", s.ID, s.Parent)
		}
		if s.MergedInto != "" && k.o.sectionIndex(s.MergedInto) < 0 {
			k.broken("I7", "section %s was merged into %s, which is lost", s.ID, s.MergedInto)
		}
		for _, it := range s.Items {
			once(string(it.ID), k.o.Counters.Item)
		}
	}
	for i := range k.o.Claims {
		once(string(k.o.Claims[i].ID), k.o.Counters.Claim)
	}
}

// history checks I4, I6 and I11 by replaying.
func (k *checker) history() {
	if len(k.o.History) == 0 {
		return
	}
	held := map[heap]int{}
	at, err := replay(k.o.History, func(after *Order, e Event) {
		held = k.conserved(held, after, e)
		k.ended(e)
	})
	if err != nil {
		k.broken("I11", "%v", err)
		return
	}
	replayed, err := encode(at)
	if err != nil {
		k.broken("I11", "%v", err)
		return
	}
	if own, err := encode(*k.o); err != nil || !bytes.Equal(own, replayed) {
		k.broken("I11", "the history gives another order")
	}
}

// A heap is a quantity of one line in one status.
type heap struct {
	line   LineID
	status Status
}

func (o *Order) heaps() map[heap]int {
	heaps := map[heap]int{}
	for i := range o.Sections {
		for _, it := range o.Sections[i].Items {
			heaps[heap{it.Line, o.Sections[i].Status}] += it.Quantity
		}
	}
	return heaps
}

// conserved checks I4: what an event changes per line and status is what its moves say, and nothing beside it. It gives what
// is held after the event; what was held before is used up.
func (k *checker) conserved(held map[heap]int, after *Order, e Event) map[heap]int {
	for _, m := range e.Moves {
		for _, p := range m.Items {
			if m.From != 0 {
				held[heap{p.Line, m.From}] -= p.Quantity
			}
			held[heap{p.Line, m.To}] += p.Quantity
		}
	}
	got := after.heaps()
	for h, n := range held {
		if got[h] != n {
			k.broken("I4", "event %d: line %s has %d in %v, not %d", e.Seq, h.line, got[h], h.status, n)
		}
	}
	return got
}

// ended checks I6: cancelled only before release, returned only what was released and counted, or lost.
func (k *checker) ended(e Event) {
	unreleased := in(StatusOrdered, StatusDeliveryInstructed, StatusReleaseInstructed, StatusStockoutHeld, StatusCancelRequested)
	for _, m := range e.Moves {
		if m.To == StatusCancelled && m.From != m.To && !unreleased.has(m.From) {
			k.broken("I6", "event %d cancelled section %s from %v", e.Seq, m.Section, m.From)
		}
		if m.To == StatusReturned && m.From != m.To && m.From != StatusRecallCompleted && e.Name != WrittenOff {
			k.broken("I6", "event %d returned section %s from %v", e.Seq, m.Section, m.From)
		}
	}
}
