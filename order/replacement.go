package order

import "strconv"

// A replacement (교환출고) is tied to what it replaces item by item: the item of an EXCHANGE_OUT section names the item
// that came back. Items are divided by later splits, on both sides, so the tie goes through lineage: a replacement made
// for an item stands for every item that was taken from that item afterwards, as long as the claim is the same or split
// from it. Ids are counted, so "afterwards" is a larger number.

// serial is the counter in an id such as S5, C7 or I9; 0 if there is none.
func serial(id string) int {
	if len(id) < 2 {
		return 0
	}
	n, err := strconv.Atoi(id[1:])
	if err != nil {
		return 0
	}
	return n
}

// item finds an item anywhere in the order, with its section.
func (o *Order) item(id ItemID) (*Section, *Item) {
	for i := range o.Sections {
		for j := range o.Sections[i].Items {
			if o.Sections[i].Items[j].ID == id {
				return &o.Sections[i], &o.Sections[i].Items[j]
			}
		}
	}
	return nil, nil
}

// origin is the item that a replacement was first made as, before it was divided.
func (o *Order) origin(out *Item) *Item {
	for out.From != "" {
		_, from := o.item(out.From)
		if from == nil {
			return out
		}
		out = from
	}
	return out
}

// covers reports whether the replacement that was first made as out stands for an item: it was made for that item or for
// one that it was taken from since, and for the claim that it is under.
func (o *Order) covers(out *Item, id ItemID) bool {
	for from := id; ; {
		if from == out.Replaces {
			return o.serves(out, id)
		}
		_, it := o.item(from)
		if it == nil || it.From == "" || serial(string(from)) < serial(string(out.ID)) {
			return false
		}
		from = it.From
	}
}

// serves reports whether a replacement was made for the claim of an item's section, or for the one that this claim was
// split from. An item whose exchange was refused may be exchanged again: what was sent for the first claim is then none
// of the second.
func (o *Order) serves(out *Item, id ItemID) bool {
	replacement, _ := o.item(out.ID)
	s, _ := o.item(id)
	if replacement == nil || s == nil {
		return false
	}
	for claim := s.Claim; claim != replacement.ReplacesOf; {
		i := o.claimIndex(claim)
		if i < 0 {
			return false
		}
		claim = o.Claims[i].Parent
	}
	return true
}

// void reports whether a replacement section no longer stands for anything.
func (s *Section) void() bool {
	return s.MergedInto != "" || s.Status == StatusCancelled || s.WrittenOff
}

// replaced reports whether an item has a replacement that counts.
func (o *Order) replaced(id ItemID) bool {
	found := false
	o.eachReplacement(id, func(s *Section, _ *Item) { found = true })
	return found
}

// replacedBy reports whether an item has a replacement and all of it stands at least at a status, DELIVERED or RELEASED.
func (o *Order) replacedBy(id ItemID, least Status) bool {
	found, all := false, true
	o.eachReplacement(id, func(s *Section, _ *Item) {
		found = true
		all = all && reached(s, least)
	})
	return found && all
}

// reached reports whether a section has come at least to RELEASED or DELIVERED, whatever happened to it since.
func reached(s *Section, least Status) bool {
	switch now := s.standing(); now {
	case StatusReleased:
		return least == StatusReleased
	case StatusDelivered, StatusPurchaseConfirmed, StatusReturned, StatusExchanged:
		return true
	}
	return false
}

// eachReplacement calls do for every item of a replacement section that counts and stands for an item.
func (o *Order) eachReplacement(id ItemID, do func(*Section, *Item)) {
	for i := range o.Sections {
		s := &o.Sections[i]
		if s.Kind != KindExchangeOut || s.void() {
			continue
		}
		for j := range s.Items {
			if o.covers(o.origin(&s.Items[j]), id) {
				do(s, &s.Items[j])
			}
		}
	}
}

// A surplus is what would be sent although nothing comes back for it: the replacement of items whose exchange ends.
type surplus struct {
	origin ItemID // the replacement, as first made
	count  int    // units too many
}

// surplusOf finds, for every replacement that stands for one of the parts, how many of its units nothing would stand
// behind once the parts leave the exchange.
func (o *Order) surplusOf(parts []MovedItem) []surplus {
	var all []surplus
	for i := range o.Sections {
		s := &o.Sections[i]
		if s.Kind != KindExchangeOut || s.void() {
			continue
		}
		for j := range s.Items {
			out := o.origin(&s.Items[j])
			if k := surplusIndex(all, out.ID); k >= 0 {
				all[k].count += s.Items[j].Quantity
			} else if o.coversAny(out, parts) {
				all = append(all, surplus{out.ID, s.Items[j].Quantity - o.behind(out, parts)})
			}
		}
	}
	return all
}

func surplusIndex(all []surplus, origin ItemID) int {
	for k := range all {
		if all[k].origin == origin {
			return k
		}
	}
	return -1
}

func (o *Order) coversAny(out *Item, parts []MovedItem) bool {
	for i := range parts {
		if o.covers(out, parts[i].Item) {
			return true
		}
	}
	return false
}

// behind sums the units in exchanges, open or done, that a replacement stands for when the parts are taken out.
func (o *Order) behind(out *Item, parts []MovedItem) int {
	sum := 0
	for i := range o.Sections {
		s := &o.Sections[i]
		k := o.claimIndex(s.Claim)
		if k < 0 || o.Claims[k].Type != ClaimExchange || !o.Claims[k].Open() && s.Status != StatusExchanged {
			continue
		}
		for j := range s.Items {
			if o.covers(out, s.Items[j].ID) {
				sum += s.Items[j].Quantity - quantityOf(parts, s.Items[j].ID)
			}
		}
	}
	return sum
}

// releasedReplacement names a replacement that left already and would have nothing behind it.
func (o *Order) releasedReplacement(parts []MovedItem) (SectionID, bool) {
	for _, too := range o.surplusOf(parts) {
		for i := len(o.Sections) - 1; i >= 0 && too.count > 0; i-- {
			s := &o.Sections[i]
			if s.Kind != KindExchangeOut || s.void() || reached(s, StatusReleased) {
				continue
			}
			too.count -= o.unitsOf(s, too.origin)
		}
		if too.count > 0 {
			return o.anyReleased(too.origin), true
		}
	}
	return "", false
}

func (o *Order) anyReleased(origin ItemID) SectionID {
	for i := range o.Sections {
		if s := &o.Sections[i]; s.Kind == KindExchangeOut && reached(s, StatusReleased) && o.unitsOf(s, origin) > 0 {
			return s.ID
		}
	}
	return ""
}

// unitsOf sums the items of a replacement section that were first made as one item.
func (o *Order) unitsOf(s *Section, origin ItemID) int {
	sum := 0
	for j := range s.Items {
		if o.origin(&s.Items[j]).ID == origin {
			sum += s.Items[j].Quantity
		}
	}
	return sum
}
