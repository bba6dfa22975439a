package order

import "math/bits"

// bringFreebies adds to the named part of a section the freebies (사은품) that follow it: of each freebie line the rest
// keeps what its quantity of the parent has earned, rounded down, and the part takes the others.
func (t *trial) bringFreebies() *fault {
	if !t.partial || t.c.Alone || t.rule.part == outbound || t.c.Event == CompleteRecall {
		return nil
	}
	brought := false
	for i := range t.o.Lines {
		l := &t.o.Lines[i]
		if l.FreebieOf == "" || lineQuantity(t.parts, l.ID) > 0 {
			continue
		}
		all := entire(t.s)
		parents, moved, freebies := lineQuantity(all, l.FreebieOf), lineQuantity(t.parts, l.FreebieOf), lineQuantity(all, l.ID)
		if moved == 0 || moved > parents {
			continue
		}
		take := freebies - share(freebies, parents-moved, parents)
		for _, it := range t.s.Items {
			if it.Line == l.ID && take > 0 {
				n := min(take, it.Quantity)
				t.add(it, n)
				take -= n
				brought = true
			}
		}
	}
	if !brought {
		return nil
	}
	return t.fits()
}

// share is n × part / whole, rounded down, for 0 ≤ part ≤ whole and whole > 0. The product may be larger than an int.
func share(n, part, whole int) int {
	high, low := bits.Mul64(uint64(n), uint64(part))
	quotient, _ := bits.Div64(high, low, uint64(whole))
	return int(quotient)
}

func lineQuantity(parts []MovedItem, id LineID) int {
	n := 0
	for i := range parts {
		if parts[i].Line == id {
			n += parts[i].Quantity
		}
	}
	return n
}

// beside reports whether a line is a freebie whose parent is among the parts, too.
func (o *Order) beside(parts []MovedItem, id LineID) bool {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.ID == id && l.FreebieOf != "" {
			return lineQuantity(parts, l.FreebieOf) > 0
		}
	}
	return false
}
