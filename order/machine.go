package order

import (
	"slices"
	"sync"
)

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
	return m.allowed(&o, id, by)
}

func (m *Machine) allowed(o *Order, id SectionID, by Actor) []EventName {
	a := ask(m, o, id, by)
	if a == nil {
		return nil
	}
	defer a.done()
	var found [statusEventCount]EventName
	n := 0
	for name := EventName(1); name <= statusEventCount; name++ {
		if a.possible(name) {
			found[n] = name
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return slices.Clone(found[:n])
}

// Allows reports whether [Machine.Allowed] lists one event, without looking at the others: for a single button, or a list
// of sections in which one event is to happen.
func (m Machine) Allows(o Order, id SectionID, by Actor, event EventName) bool {
	if event == 0 || event > statusEventCount {
		return false
	}
	a := ask(&m, &o, id, by)
	if a == nil {
		return false
	}
	defer a.done()
	return a.possible(event)
}

// An asking is a trial without a command, together with all that it points to. Guards are called by way of the table, so
// that none of it can stay on the stack; it is used again instead.
type asking struct {
	trial
	machine Machine
	order   Order
	roles   roleSet
	room    [4]MovedItem
}

var askings = sync.Pool{New: func() any { return new(asking) }}

// noCommand is what guards see while nothing is commanded.
var noCommand Command

// ask sets up a section to be asked about; nil if there is none.
func ask(m *Machine, o *Order, id SectionID, by Actor) *asking {
	i := o.sectionIndex(id)
	if i < 0 || o.Sections[i].MergedInto != "" {
		return nil
	}
	a := askings.Get().(*asking)
	a.machine, a.order, a.roles = *m, *o, roles(by.Role)
	a.m, a.o, a.c, a.s = &a.machine, &a.order, &noCommand, &o.Sections[i]
	a.claim = o.openClaim(a.s)
	return a
}

// done keeps nothing of the order, which may hold personal data.
func (a *asking) done() {
	*a = asking{}
	askings.Put(a)
}

// possible is judge without a command.
func (a *asking) possible(event EventName) bool {
	r := &table[event]
	if a.rule = r; a.roles&r.actors == 0 || !a.starts() || !r.on(a.machine.Policy) {
		return false
	}
	if a.parts == nil && len(r.state) > 0 {
		a.parts = appendEntire(a.room[:0], a.s)
	}
	for _, g := range r.state {
		if g(&a.trial) != nil {
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
