package order

import (
	"fmt"
	"slices"
)

// Apply gives the order after an event. It judges nothing: the event was accepted. An event that the order's history
// already holds changes nothing; one that does not follow it is an error that wraps [ErrHistory], with the order it was
// given.
func Apply(o Order, e Event) (Order, error) {
	if e.Seq >= 1 && e.Seq <= len(o.History) {
		if had := o.History[e.Seq-1]; had.Command == e.Command && had.Payload == e.Payload && had.Name == e.Name {
			return o, nil
		}
		return o, fmt.Errorf("%w: %d is another event", ErrHistory, e.Seq)
	}
	if e.Seq != len(o.History)+1 {
		return o, fmt.Errorf("%w: event %d after %d", ErrHistory, e.Seq, len(o.History))
	}
	next, err := o.after(e)
	if err != nil {
		return o, err
	}
	next.History = append(append(make([]Event, 0, len(o.History)+1), o.History...), e)
	return next, nil
}

// after gives the order after its next event, but for the history.
func (o Order) after(e Event) (Order, error) {
	x := begin(o, e)
	if err := x.apply(); err != nil {
		return o, err
	}
	x.o.Version = e.Version
	return x.o, nil
}

// Replay gives the order that a history tells.
func Replay(history []Event) (Order, error) {
	return replay(history, func(*Order, Event) {})
}

// replay is Apply of one event after the other, with the history in one piece instead of a copy for each event. seen is
// called with the order after each of them.
func replay(history []Event, seen func(after *Order, e Event)) (Order, error) {
	o := Order{History: make([]Event, 0, len(history))}
	for _, e := range history {
		if e.Seq != len(o.History)+1 { // known already, or none of this history
			if _, err := Apply(o, e); err != nil {
				return Order{}, err
			}
			continue
		}
		next, err := o.after(e)
		if err != nil {
			return Order{}, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		next.History = append(o.History, e)
		o = next
		seen(&o, e)
	}
	if len(o.History) == 0 {
		return Order{}, nil
	}
	return o, nil
}

// An edit is an order being changed by one event. Its slices of sections and claims are its own; what they point to is
// shared with the order before, and replaced rather than changed.
type edit struct {
	o Order
	e *Event
}

func begin(o Order, e Event) *edit {
	x := &edit{o: o, e: &e}
	sections, claims := 0, 0
	for i := range e.Moves {
		if e.Moves[i].Into != "" {
			sections++
		}
		if e.Moves[i].Opened || e.Moves[i].Split != "" {
			claims++
		}
	}
	if len(e.Moves) > 0 {
		x.o.Sections = append(make([]Section, 0, len(o.Sections)+sections), o.Sections...)
		if claims > 0 || len(o.Claims) > 0 {
			x.o.Claims = append(make([]Claim, 0, len(o.Claims)+claims), o.Claims...)
		}
	}
	return x
}

func (x *edit) apply() error {
	switch x.e.Name {
	case Created:
		return x.create()
	case PaymentChanged:
		x.o.Payment = x.e.details().Payment
		return nil
	}
	for i := range x.e.Moves {
		if err := x.move(&x.e.Moves[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *edit) move(m *Move) error {
	switch {
	case x.e.Name == SectionsMerged:
		return x.join(*m)
	case m.From == 0:
		return x.sendAnew(m)
	}
	s, err := x.section(m.Section)
	if err != nil {
		return err
	}
	if s.Status != m.From {
		return fmt.Errorf("%w: section %s is %v, not %v", ErrHistory, s.ID, s.Status, m.From)
	}
	rest := s
	if m.Into != "" {
		if s, err = x.split(s, m); err != nil {
			return err
		}
		rest, _ = x.section(m.Section)
	}
	if m.Opened {
		x.open(s, m)
	}
	s.Status, s.Prior = m.To, m.Prior
	if m.RecallDeliveryNo != "" {
		s.RecallDeliveryNo = m.RecallDeliveryNo
	}
	claim, err := x.claim(m.Claim)
	if err != nil {
		return err
	}
	x.effect(s, rest, claim, m)
	if m.Outcome == "" {
		return nil
	}
	if claim == nil {
		return fmt.Errorf("%w: section %s has no claim to close", ErrHistory, s.ID)
	}
	x.close(claim, m.Outcome)
	return nil
}

// section finds a section to be changed.
func (x *edit) section(id SectionID) (*Section, error) {
	if i := x.o.sectionIndex(id); i >= 0 {
		return &x.o.Sections[i], nil
	}
	return nil, fmt.Errorf("%w: no section %s", ErrHistory, id)
}

// claim finds a claim to be changed; nil for no id.
func (x *edit) claim(id ClaimID) (*Claim, error) {
	if id == "" {
		return nil, nil
	}
	if i := x.o.claimIndex(id); i >= 0 {
		return &x.o.Claims[i], nil
	}
	return nil, fmt.Errorf("%w: no claim %s", ErrHistory, id)
}

// split moves the part into a section of its own. The rest keeps its id, and both keep everything else: they were in
// one parcel, if there was one.
func (x *edit) split(s *Section, m *Move) (*Section, error) {
	if x.o.sectionIndex(m.Into) >= 0 {
		return nil, fmt.Errorf("%w: section %s exists", ErrHistory, m.Into)
	}
	part := *s
	part.ID, part.Parent, part.DeliveryNo = m.Into, s.ID, m.DeliveryNo
	part.Items = make([]Item, 0, len(m.Items))
	rest := slices.Clone(s.Items)
	for _, p := range m.Items {
		i := slices.IndexFunc(rest, func(it Item) bool { return it.ID == p.Item })
		if i < 0 || p.Quantity > rest[i].Quantity || p.Quantity < rest[i].Quantity && p.Into == "" {
			return nil, fmt.Errorf("%w: section %s has no %d of item %s", ErrHistory, s.ID, p.Quantity, p.Item)
		}
		it := rest[i]
		if p.Quantity == it.Quantity {
			rest = slices.Delete(rest, i, i+1)
		} else {
			rest[i].Quantity -= p.Quantity
			it.ID, it.From, it.Quantity = p.Into, it.ID, p.Quantity
			x.countItem(it.ID)
		}
		part.Items = append(part.Items, it)
	}
	s.Items = rest
	if m.Split != "" {
		part.Claim = m.Claim
		if err := x.splitClaim(m); err != nil {
			return nil, err
		}
	}
	return x.added(part), nil
}

// added appends a section. Pointers into the slice stay good: begin made room.
func (x *edit) added(s Section) *Section {
	x.o.Sections = append(x.o.Sections, s)
	x.o.Counters.Section = max(x.o.Counters.Section, serial(string(s.ID)))
	return &x.o.Sections[len(x.o.Sections)-1]
}

func (x *edit) countItem(id ItemID) { x.o.Counters.Item = max(x.o.Counters.Item, serial(string(id))) }

func (x *edit) addedClaim(c Claim) {
	x.o.Claims = append(x.o.Claims, c)
	x.o.Counters.Claim = max(x.o.Counters.Claim, serial(string(c.ID)))
}

// splitClaim gives the part of a claimed section a claim of its own.
func (x *edit) splitClaim(m *Move) error {
	c, err := x.claim(m.Split)
	if err != nil {
		return err
	}
	part := *c
	part.ID, part.Parent, part.Section, part.Items = m.Claim, c.ID, m.Into, make([]ClaimItem, 0, len(m.Items))
	rest := slices.Clone(c.Items)
	for _, p := range m.Items {
		i := slices.IndexFunc(rest, func(it ClaimItem) bool { return it.Item == p.Item })
		if i < 0 {
			continue
		}
		it := rest[i]
		it.Item = p.result()
		if p.Into == "" {
			rest = slices.Delete(rest, i, i+1)
		} else {
			rest[i].Quantity -= p.Quantity
			it.Quantity = p.Quantity
		}
		part.Items = append(part.Items, it)
	}
	c.Items = rest
	x.addedClaim(part)
	return nil
}

// open opens a claim on the section, which forgets the recall of an earlier one.
func (x *edit) open(s *Section, m *Move) {
	c := Claim{ID: m.Claim, Section: s.ID, Request: x.e.Command, Reason: x.e.Reason, Outcome: OutcomeOpen, Type: ClaimReturn}
	if !x.e.Name.Records() {
		c.Type = table[x.e.Name].opens()
	}
	asked := x.e.details().Claim
	if asked != nil {
		c.Fault, c.Retrieve = asked.Fault, asked.Retrieve
	}
	c.Items = make([]ClaimItem, len(m.Items))
	for i, p := range m.Items {
		c.Items[i] = ClaimItem{Item: p.result(), Quantity: p.Quantity, Wanted: asked.wanted(p.Item)}
		if x.o.beside(m.Items, p.Line) {
			c.Items[i].Wanted = asked.wantedAlone(p.Item) // what is wanted of every item is not wanted of a freebie
		}
	}
	switch x.e.Name {
	case CourierReturn:
		c.Reason = ReasonUndeliverable
	case WrittenOff:
		c.Reason, c.Fault = ReasonLost, FaultCourier
	case CancelForStockout:
		c.Reason = ReasonStockout // 품절취소 has no other reason; what was said beside it is in the history
		if c.Fault == "" {
			c.Fault = FaultSeller
		}
	}
	s.Claim = c.ID
	s.archive(s.RecallWaybill, WaybillRecall, x.e)
	s.archive(s.SendBackWaybill, WaybillSendBack, x.e)
	s.RecallWaybill, s.SendBackWaybill, s.RecallAddress, s.RecallDeliveryNo = nil, nil, nil, ""
	x.addedClaim(c)
}

// close ends a claim.
func (x *edit) close(c *Claim, outcome ClaimOutcome) {
	c.Outcome, c.Hold = outcome, nil
	if outcome != OutcomeCompleted || x.e.Name == WrittenOff {
		c.Answer = x.e.Reason
	}
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		switch outcome {
		case OutcomeCompleted:
			c.Items[i].Acceptance = Accepted
		case OutcomeRejected:
			c.Items[i].Acceptance = Refusal
		}
	}
}

// sendAnew makes the replacement section of an exchange.
func (x *edit) sendAnew(m *Move) error {
	in, err := x.section(m.Section)
	if err != nil {
		return err
	}
	s := Section{
		ID: m.Into, DeliveryNo: m.DeliveryNo, Kind: KindExchangeOut, Status: m.To, Method: in.Method, Place: in.Place,
		Recipient: in.Recipient, ReplacesOf: m.Claim, Parent: in.ID,
	}
	for _, p := range m.Items {
		s.Items = append(s.Items, Item{ID: p.Into, Line: p.Line, Quantity: p.Quantity, Replaces: p.Item, Option: p.Option})
		x.countItem(p.Into)
	}
	x.added(s)
	return nil
}

// create makes the order of a draft.
func (x *edit) create() error {
	d := x.e.details().Draft
	if d == nil || len(d.Sections) != len(x.e.Moves) || x.o.ID != "" {
		return fmt.Errorf("%w: not the start of an order", ErrHistory)
	}
	x.o.ID, x.o.Tenant, x.o.Channel, x.o.Payment = d.ID, d.Tenant, d.Channel, d.Payment
	x.o.Orderer, x.o.Lines, x.o.Metadata = d.Orderer, d.Lines, d.Metadata
	for i, m := range x.e.Moves {
		from := &d.Sections[i]
		s := Section{
			ID: m.Into, DeliveryNo: m.DeliveryNo, Kind: KindOriginal, Status: m.To, Method: from.Method, Place: from.Place,
			Recipient: from.Recipient,
		}
		for _, p := range m.Items {
			s.Items = append(s.Items, Item{ID: p.Into, Line: p.Line, Quantity: p.Quantity})
			x.countItem(p.Into)
		}
		x.added(s)
	}
	return nil
}

// details are the event's payload, empty ones if it has none.
func (e *Event) details() *Details {
	if e.Details == nil {
		return &Details{}
	}
	return e.Details
}
