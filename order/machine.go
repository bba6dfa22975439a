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
	q, ok := inquire(o, id, by)
	if !ok {
		return nil
	}
	var found [statusEventCount]EventName
	n := 0
	for name := EventName(1); name <= statusEventCount; name++ {
		if q.possible(m, o, name) {
			found[n] = name
			n++
		}
	}
	q.done()
	if n == 0 {
		return nil
	}
	return slices.Clone(found[:n])
}

// Allows reports whether [Machine.Allowed] lists one event, without looking at the others: for a single button, or a list
// of sections in which one event is to happen.
func (m Machine) Allows(o Order, id SectionID, by Actor, event EventName) bool {
	q, ok := inquire(&o, id, by)
	if !ok || event == 0 || event > statusEventCount {
		return false
	}
	met := q.possible(&m, &o, event)
	q.done()
	return met
}

// An inquiry is what a section is asked without a command. It points to neither machine nor order, which would have to
// leave the stack with it.
type inquiry struct {
	s     *Section
	claim *Claim
	role  Role
	trial *standingTrial // made for the first guard
}

func inquire(o *Order, id SectionID, by Actor) (q inquiry, ok bool) {
	i := o.sectionIndex(id)
	if i < 0 || o.Sections[i].MergedInto != "" {
		return q, false
	}
	s := &o.Sections[i]
	return inquiry{s: s, claim: o.openClaim(s), role: by.Role}, true
}

// possible is judge without a command.
func (q *inquiry) possible(m *Machine, o *Order, event EventName) bool {
	r := &table[event]
	if !r.starts(q.s, q.claim) || !r.by(q.role, m.Policy) || !r.on(m.Policy) {
		return false
	}
	if len(r.state) == 0 {
		return true
	}
	if q.trial == nil {
		t := standingTrials.Get().(*standingTrial)
		t.machine.Policy, t.order = m.Policy, *o
		t.s, t.claim = q.s, q.claim
		t.parts = appendEntire(t.room[:0], q.s)
		q.trial = t
	}
	q.trial.rule = r
	for _, g := range r.state {
		if g(&q.trial.trial) != nil {
			return false
		}
	}
	return true
}

func (q *inquiry) done() {
	if q.trial != nil {
		q.trial.forget()
		standingTrials.Put(q.trial)
	}
}

// A standingTrial is a trial without a command, together with all that it points to. Guards are called by way of the
// table, so that none of it can stay on the stack; it is used again instead.
type standingTrial struct {
	trial
	machine Machine // the policy alone: the host's functions are for Decide
	order   Order
	room    [2]MovedItem
}

var standingTrials = sync.Pool{New: func() any {
	t := new(standingTrial)
	t.m, t.o, t.c = &t.machine, &t.order, &noCommand
	return t
}}

// noCommand is what guards see while nothing is commanded.
var noCommand Command

// forget lets go of the order, which may hold personal data.
func (t *standingTrial) forget() {
	t.order = Order{}
	t.rule, t.s, t.claim, t.parts = nil, nil, nil, nil
}

// Decide is [Machine.Decide] of the zero Machine.
func Decide(o Order, c Command) ([]Event, error) { return Machine{}.Decide(o, c) }

// Handle is [Machine.Handle] of the zero Machine.
func Handle(o Order, c Command) (Order, []Event, error) { return Machine{}.Handle(o, c) }

// Allowed is [Machine.Allowed] of the zero Machine.
func Allowed(o Order, id SectionID, by Actor) []EventName { return Machine{}.Allowed(o, id, by) }
