package order

// A Machine is the rules under one host's policy. The zero value works: default policy, and waybills judged by form
// alone. It holds nothing that changes and is safe for concurrent use if the functions of Env are.
type Machine struct {
	Policy Policy
	Env    Env
}

// Env is what the rules ask of the host. Every function may be nil. They are called by Decide only, never by Apply,
// and must give the same answer for as long as one decision takes.
type Env struct {
	// WaybillWellFormed says what is wrong with the form of a waybill, whose number is normalised already. nil: a
	// courier, and 4 to 40 digits and capital letters. Its text reaches the caller in [Refused.Reason]: no personal data.
	WaybillWellFormed func(Waybill) error
	// WaybillFree reports whether no live section of another order carries the waybill for another recipient. The
	// sections of this order are checked here. nil: it is free.
	WaybillFree func(w Waybill, id OrderID, s Section) bool
	// NewDeliveryNo gives the delivery number (배송번호) of a new section. nil: the order's id, a dash, the section's id.
	NewDeliveryNo func(OrderID, SectionID) string
	// NewRecallDeliveryNo gives the recall delivery number (회수배송번호) of a section's claim. nil: the order's id, a
	// dash, the claim's id.
	NewRecallDeliveryNo func(OrderID, SectionID, ClaimID) string
}

// Handle is Decide, then Apply of every event. After an error the order it gives is the one it was given.
func (m Machine) Handle(o Order, c Command) (Order, []Event, error) {
	events, err := m.Decide(o, c)
	if err != nil {
		return o, nil, err
	}
	next := o
	for _, e := range events {
		if next, err = Apply(next, e); err != nil {
			return o, nil, err
		}
	}
	return next, events, nil
}

// Allowed lists the status events that the actor may ask for now in one section, in the order of the document, judged by
// everything but the payload: status, claim, policy, role, channel, payment, scans, replacements. It answers which
// buttons a screen draws. A section that does not exist or was merged away allows nothing.
func (m Machine) Allowed(o Order, id SectionID, by Actor) []EventName {
	i := o.sectionIndex(id)
	if i < 0 || o.Sections[i].MergedInto != "" {
		return nil
	}
	var allowed []EventName
	t := trial{m: &m, o: &o, c: &Command{Actor: by}, s: &o.Sections[i]}
	t.claim = o.openClaim(t.s)
	for name := EventName(1); name <= statusEventCount; name++ {
		t.rule = &table[name]
		if t.rule.from.has(t.s.Status) && t.possible() {
			allowed = append(allowed, name)
		}
	}
	return allowed
}

// possible is judge without a command.
func (t *trial) possible() bool {
	if t.legal() != nil || !t.rule.on(t.m.Policy) || !t.rule.by(t.c.Actor.Role, t.m.Policy) {
		return false
	}
	if t.parts == nil {
		t.parts = entire(t.s)
	}
	for _, g := range t.rule.state {
		if g(t) != nil {
			return false
		}
	}
	return true
}

// Decide is [Machine.Decide] of the zero Machine.
func Decide(o Order, c Command) ([]Event, error) { return Machine{}.Decide(o, c) }

// Handle is [Machine.Handle] of the zero Machine.
func Handle(o Order, c Command) (Order, []Event, error) { return Machine{}.Handle(o, c) }

// Allowed is [Machine.Allowed] of the zero Machine.
func Allowed(o Order, id SectionID, by Actor) []EventName { return Machine{}.Allowed(o, id, by) }
