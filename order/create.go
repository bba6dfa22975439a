package order

import "slices"

// create makes the first event of an order.
func (d *decision) create() error {
	if d.o.ID != "" || len(d.o.History) > 0 {
		return d.refuse(nil, &fault{ErrIllegal, "order exists"})
	}
	if d.c.Draft == nil {
		return d.invalid("draft is missing")
	}
	draft := d.c.Draft
	draft.complete()
	if f := draft.faults(); f != nil {
		return d.refuse(nil, f)
	}
	d.o = &Order{ID: draft.ID}
	moves := make([]Move, 0, len(draft.Sections))
	for i := range draft.Sections {
		s := &draft.Sections[i]
		m := Move{Into: d.newSection(), To: StatusOrdered, DeliveryNo: s.DeliveryNo}
		if m.DeliveryNo == "" {
			m.DeliveryNo = d.newDeliveryNo(m.Into)
		}
		for _, q := range s.Lines {
			m.Items = append(m.Items, MovedItem{Into: d.newItem(), Line: q.Line, Quantity: q.Quantity})
		}
		moves = append(moves, m)
	}
	d.add(Created, 1, moves, d.c.details())
	return nil
}

// complete fills in what the draft leaves out.
func (d *Draft) complete() {
	if d.Channel == "" {
		d.Channel = ChannelOwn
	}
	if d.Payment == "" {
		d.Payment = PaymentPending
	}
	if len(d.Sections) == 0 {
		d.Sections = []DraftSection{{}}
		for _, l := range d.Lines {
			d.Sections[0].Lines = append(d.Sections[0].Lines, LineQuantity{l.ID, l.Quantity})
		}
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Method == "" {
			s.Method = MethodCourier
		}
		if s.Recipient == nil {
			s.Recipient = d.Orderer
		}
	}
}

// faults checks that the sections divide the lines among themselves, and nothing else (invariants I1 and I2).
func (d *Draft) faults() *fault {
	invalid := func(reason string) *fault { return &fault{ErrInvalidCommand, reason} }
	if d.ID == "" || len(d.Lines) == 0 {
		return invalid("a draft has an id and lines")
	}
	if d.Channel != ChannelOwn && d.Channel != ChannelExternal {
		return invalid("unknown channel")
	}
	if !d.Payment.known() {
		return invalid("unknown payment state")
	}
	left := map[LineID]int{}
	for _, l := range d.Lines {
		if _, twice := left[l.ID]; twice || l.ID == "" || l.Quantity < 1 {
			return invalid("line " + string(l.ID) + ": an id of its own and a quantity of at least 1 are needed")
		}
		left[l.ID] = l.Quantity
	}
	for _, l := range d.Lines {
		if l.FreebieOf != "" && !d.gives(l) {
			return invalid("line " + string(l.ID) + ": a freebie is given with another line, which is none itself")
		}
	}
	for _, s := range d.Sections {
		if len(s.Lines) == 0 {
			return invalid("a section without lines")
		}
		if !s.Method.known() {
			return invalid("unknown method")
		}
		for _, q := range s.Lines {
			if rest, ok := left[q.Line]; !ok || q.Quantity < 1 || q.Quantity > rest {
				return &fault{ErrQuantity, "line " + string(q.Line) + ": sections hold more, or less than 1"}
			}
			left[q.Line] -= q.Quantity
		}
	}
	for _, l := range d.Lines {
		if left[l.ID] != 0 {
			return &fault{ErrQuantity, "line " + string(l.ID) + ": sections hold less than was ordered"}
		}
	}
	return nil
}

// gives reports whether the line that a freebie is given with is ordered, and no freebie.
func (d *Draft) gives(l Line) bool {
	return slices.ContainsFunc(d.Lines, func(parent Line) bool { return parent.ID == l.FreebieOf && parent.FreebieOf == "" })
}

func (m Method) known() bool {
	switch m {
	case MethodCourier, MethodDirect, MethodPickup, MethodECoupon, MethodOther:
		return true
	}
	return false
}
