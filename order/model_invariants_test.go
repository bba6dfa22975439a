package order_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
)

// broken recomputes the invariants I1 to I11 from an order alone, and from the one before for what may never be lost. It
// uses nothing of the package but Replay, Encode and Summarize, which are what three of them are about.
func broken(before, o order.Order) []string {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	linesAddUp(o, add)
	sectionsHold(o, add)
	claimsFit(o, add)
	replacementsFit(o, add)
	journeysFit(o, add)
	nothingIsLost(before, o, add)
	waybillsAreFree(o, add)
	if got, want := order.Summarize(o).Status, summary(o); got != want {
		add("I10: the order is %s, want %s", got, want)
	}
	return faults
}

type fault = func(format string, args ...any)

// linesAddUp is I1.
func linesAddUp(o order.Order, add fault) {
	sums := map[order.LineID]int{}
	for _, s := range o.Sections {
		for _, item := range s.Items {
			if s.Kind == order.KindOriginal {
				sums[item.Line] += item.Quantity
			}
		}
	}
	for _, line := range o.Lines {
		if sums[line.ID] != line.Quantity {
			add("I1: line %s has %d of %d", line.ID, sums[line.ID], line.Quantity)
		}
		delete(sums, line.ID)
	}
	if len(sums) > 0 {
		add("I1: lines that were not ordered: %v", sums)
	}
}

// sectionsHold is I2, and of I3 that the one status goes with the one claim.
func sectionsHold(o order.Order, add fault) {
	for _, s := range o.Sections {
		if (len(s.Items) == 0) != (s.MergedInto != "") {
			add("I2: %s has %d items and is merged into %q", s.ID, len(s.Items), s.MergedInto)
		}
		for _, item := range s.Items {
			if item.Quantity <= 0 {
				add("I2: %s holds %d of %s", s.ID, item.Quantity, item.ID)
			}
		}
		if s.MergedInto != "" {
			continue
		}
		claim, _ := o.Claim(s.Claim)
		open := claim.Outcome == order.OutcomeOpen
		want := map[order.Status]string{
			order.StatusCancelRequested: "CANCEL", order.StatusReturnRequested: "RETURN", order.StatusExchangeRequested: "EXCHANGE",
			order.StatusRecallInstructed: "RETURN EXCHANGE", order.StatusRecallConfirmed: "RETURN EXCHANGE",
			order.StatusRecallCompleted: "RETURN EXCHANGE",
		}[s.Status]
		if open != (want != "") || open && !slices.Contains(strings.Fields(want), string(claim.Type)) {
			add("I3: %s is %s under claim %s %s %s", s.ID, s.Status, claim.ID, claim.Type, claim.Outcome)
		}
		if (s.Prior != 0) != open {
			add("I3: %s is %s with prior %q", s.ID, s.Status, s.Prior)
		}
	}
}

// claimsFit is the rest of I3: one section and one claim belong to each other, item for item.
func claimsFit(o order.Order, add fault) {
	for _, claim := range o.Claims {
		if claim.Outcome != order.OutcomeOpen {
			continue
		}
		s, ok := o.Section(claim.Section)
		if !ok || s.Claim != claim.ID {
			add("I3: open claim %s is of section %q, whose claim is %q", claim.ID, claim.Section, s.Claim)
			continue
		}
		left := map[order.ItemID]int{}
		for _, item := range s.Items {
			left[item.ID] += item.Quantity
		}
		for _, item := range claim.Items {
			left[item.Item] -= item.Quantity
		}
		for item, quantity := range left {
			if quantity != 0 {
				add("I3: claim %s and section %s differ by %d of %s", claim.ID, s.ID, quantity, item)
			}
		}
	}
}

// replacementsFit is I5. A replacement that was cancelled counts for nothing.
func replacementsFit(o order.Order, add fault) {
	out, in := map[order.LineID]int{}, map[order.LineID]int{}
	for _, s := range o.Sections {
		for _, item := range s.Items {
			if s.Kind == order.KindExchangeOut && s.Status != order.StatusCancelled {
				out[item.Line] += item.Quantity
				if item.Replaces == "" || s.ReplacesOf == "" {
					add("I5: %s of %s replaces nothing", item.ID, s.ID)
				}
			}
		}
	}
	for _, claim := range o.Claims {
		if claim.Type != order.ClaimExchange || claim.Outcome == order.OutcomeRejected || claim.Outcome == order.OutcomeWithdrawn {
			continue
		}
		for _, item := range claim.Items {
			in[lineOf(o, item.Item)] += item.Quantity
		}
	}
	for line, quantity := range out {
		if quantity > in[line] {
			add("I5: %d of %s go out for %d that come back", quantity, line, in[line])
		}
	}
}

func lineOf(o order.Order, id order.ItemID) order.LineID {
	for _, s := range o.Sections {
		if item, ok := s.Item(id); ok {
			return item.Line
		}
	}
	return ""
}

// journeysFit is I6, read from the history: what was returned had left, what was cancelled had not.
func journeysFit(o order.Order, add fault) {
	left := map[order.SectionID]bool{}
	for _, e := range o.History {
		for _, move := range e.Moves {
			at := move.Target()
			if move.Into != "" && move.From != 0 {
				left[at] = left[move.Section]
			}
			switch {
			case move.To == order.StatusReleased && move.From != order.StatusReleased:
				left[at] = true
			case e.Name == order.RevertRelease:
				left[at] = false
			case move.To == order.StatusReturned && !left[at]:
				add("I6: %s was returned and never left", at)
			case move.To == order.StatusCancelled && left[at] && e.Name != order.WrittenOff:
				add("I6: %s was cancelled after it left", at)
			}
		}
	}
}

// nothingIsLost is I7: sections, claims and history only grow, and numbers are never used twice.
func nothingIsLost(before, o order.Order, add fault) {
	if len(o.Sections) < len(before.Sections) || len(o.Claims) < len(before.Claims) || len(o.History) < len(before.History) {
		add("I7: something was deleted")
		return
	}
	for i, s := range before.Sections {
		if after := o.Sections[i]; after.ID != s.ID || after.Parent != s.Parent || s.MergedInto != "" && after.MergedInto != s.MergedInto {
			add("I7: %s became %s", s.ID, after.ID)
		}
	}
	seen := map[string]bool{}
	once := func(id string) {
		if seen[id] {
			add("I7: %s is used twice", id)
		}
		seen[id] = true
	}
	for _, s := range o.Sections {
		once(string(s.ID))
		if _, ok := o.Section(s.Parent); s.Parent != "" && !ok {
			add("I7: %s comes from %s, which is gone", s.ID, s.Parent)
		}
		if into, ok := o.Section(s.MergedInto); s.MergedInto != "" && (!ok || into.ID == s.ID) {
			add("I7: %s went into %s, which is gone", s.ID, s.MergedInto)
		}
		for _, item := range s.Items {
			once(string(item.ID))
		}
	}
	for _, claim := range o.Claims {
		once(string(claim.ID))
	}
	for i, e := range o.History {
		if e.Seq != i+1 || e.Version > o.Version {
			add("G5: row %d has seq %d and version %d", i+1, e.Seq, e.Version)
		}
	}
}

// waybillsAreFree is I8.
func waybillsAreFree(o order.Order, add fault) {
	holder := map[order.Waybill]order.Section{}
	for _, s := range o.Sections {
		if s.Waybill == nil || !s.Live() {
			continue
		}
		if other, ok := holder[*s.Waybill]; ok && !sameRecipient(other, s) {
			add("I8: %s and %s share a waybill and not the recipient", other.ID, s.ID)
		}
		holder[*s.Waybill] = s
	}
}

// summary is I10, the derived status of the order. A section under a claim counts as what it was before, and one that was
// exchanged is stood in for by what was sent instead, which counts for nothing until then.
func summary(o order.Order) order.OrderStatus {
	var total, cancelled, live, released, delivered, confirmed int
	for _, s := range o.Sections {
		status := s.Status
		if s.Prior != 0 {
			status = s.Prior
		}
		if s.MergedInto != "" || s.Kind == order.KindExchangeOut && !standsIn(o, s) {
			continue
		}
		total++
		switch status {
		case order.StatusCancelled:
			cancelled++
			continue
		case order.StatusReturned, order.StatusExchanged:
			continue
		case order.StatusPurchaseConfirmed:
			confirmed++
			delivered++
			released++
		case order.StatusDelivered:
			delivered++
			released++
		case order.StatusReleased:
			released++
		}
		live++
	}
	switch {
	case cancelled == total:
		return order.OrderCancelled
	case live == 0:
		return order.OrderReturned
	case released == 0:
		return order.OrderPreparing
	case released < live:
		return order.OrderPartiallyReleased
	case delivered == 0:
		return order.OrderReleased
	case delivered < live:
		return order.OrderPartiallyDelivered
	case confirmed < live:
		return order.OrderDelivered
	}
	return order.OrderConfirmed
}

func standsIn(o order.Order, out order.Section) bool {
	for _, s := range o.Sections {
		for _, item := range out.Items {
			if _, ok := s.Item(item.Replaces); ok && s.Status == order.StatusExchanged {
				return true
			}
		}
	}
	return false
}

// replayed is I11: the history alone gives the order again, byte for byte.
func replayed(o order.Order) error {
	again, err := order.Replay(o.History)
	if err != nil {
		return err
	}
	want, err := order.Encode(o)
	if err != nil {
		return err
	}
	got, err := order.Encode(again)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("I11: the history gives\n%s\nand not\n%s", got, want)
	}
	return nil
}
