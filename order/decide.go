package order

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// A decision is one command being decided on one order. It only reads the order.
type decision struct {
	m       *Machine
	o       *Order
	c       Command // normalised, and holding nothing that the caller can change
	payload string
	last    Counters
	events  []Event
	actions []Action

	// What m and o point to, and room for the trials: one piece instead of four, and no longer than one decision.
	machine Machine
	order   Order
	room    [1]trial
}

var decisions = sync.Pool{New: func() any { return new(decision) }}

// done keeps nothing of the order or the command, which may hold personal data.
func (d *decision) done() {
	*d = decision{}
	decisions.Put(d)
}

// Decide says what a command does to an order, and changes nothing. The events are ready for [Apply], in order.
//
// An error is a *[Refused]. A command that was accepted before gives its stored events. A tracker's fact about a waybill
// that moves nothing gives no events and no error.
func (m Machine) Decide(o Order, c Command) ([]Event, error) {
	d := decisions.Get().(*decision)
	defer d.done()
	d.machine, d.order, d.c, d.last = m, o, c, o.Counters
	d.m, d.o = &d.machine, &d.order
	if f := c.complete(); f != nil {
		return nil, d.refuse(nil, f)
	}
	d.payload = c.payload()
	if stored, found := o.stored(c.ID); found {
		if stored[0].Payload != d.payload {
			return nil, d.refuse(nil, &fault{ErrDuplicateCommand, fmt.Sprintf("command %q was accepted at version %d", c.ID, stored[0].Version)})
		}
		return stored, nil
	}
	if c.ExpectedVersion != 0 && c.ExpectedVersion != o.Version {
		return nil, d.refuse(d.named(), &fault{ErrVersion, fmt.Sprintf("version is %d, not %d", o.Version, c.ExpectedVersion)})
	}
	d.c = c.own()
	if err := d.decide(); err != nil {
		return nil, err
	}
	if len(d.events) > 0 {
		d.events[0].Actions = d.actions
	}
	return d.events, nil
}

func (d *decision) decide() error {
	switch {
	case d.c.Event.Records():
		return d.record()
	case d.c.isFact():
		return d.fact()
	}
	r := &table[d.c.Event]
	trials, err := d.targets(r)
	if err != nil {
		return err
	}
	for i := range trials {
		if f := trials[i].judge(); f != nil {
			return d.refuse(trials[i].s, f)
		}
	}
	if s := strangers(trials); s != nil && d.c.labels() {
		return d.refuse(s, &fault{ErrWaybillTaken, "one waybill for two recipients"})
	}
	d.accept(r, trials)
	return nil
}

// labels reports whether the command gives its waybill to every section that it is about.
func (c *Command) labels() bool {
	return c.Waybill != nil && (c.Event == CompleteRelease || c.Event == RejectCancelAndShip || c.Event == RegisterWaybill)
}

// strangers finds a section that goes to another recipient than the first one: together they would break invariant I8.
func strangers(trials []trial) *Section {
	for i := 1; i < len(trials); i++ {
		if !sameRecipient(trials[0].s.Recipient, trials[i].s.Recipient) {
			return trials[i].s
		}
	}
	return nil
}

// complete checks what every command needs.
func (c *Command) complete() *fault {
	switch {
	case c.ID == "":
		return &fault{ErrInvalidCommand, "command id is missing"}
	case c.Event == 0 || c.Event > eventCount:
		return &fault{ErrInvalidCommand, "unknown event"}
	case roles(c.Actor.Role) == 0:
		return &fault{ErrInvalidCommand, "unknown role"}
	case c.ExpectedStatus > statusCount:
		return &fault{ErrInvalidCommand, "unknown expected status"}
	}
	if f := c.Claim.unknown(); f != nil {
		return f
	}
	for _, r := range c.Reception {
		if r.Received < 0 || r.Damaged < 0 || r.Missing < 0 {
			return &fault{ErrQuantity, fmt.Sprintf("item %s: counted less than nothing", r.Item)}
		}
	}
	return nil
}

// stored finds the events of a command that was accepted before.
func (o *Order) stored(id CommandID) ([]Event, bool) {
	for i := len(o.History) - 1; i >= 0; i-- {
		if o.History[i].Command != id {
			continue
		}
		first := i
		for first > 0 && o.History[first-1].Command == id {
			first--
		}
		return slices.Clone(o.History[first : i+1]), true
	}
	return nil, false
}

// admitted checks what can be said before looking at items and quantities.
func (t *trial) admitted() *fault {
	if want := t.c.ExpectedStatus; want != 0 && want != t.s.Status {
		return &fault{ErrExpectedStatus, fmt.Sprintf("section is %v, not %v", t.s.Status, want)}
	}
	if f := t.legal(); f != nil {
		return f
	}
	if !t.rule.on(t.m.Policy) {
		return &fault{kind: ErrPolicyOff}
	}
	if !t.rule.by(t.c.Actor.Role, t.m.Policy) {
		return &fault{ErrActor, fmt.Sprintf("role %s", t.c.Actor.Role)}
	}
	return nil
}

// judge holds an admitted trial against the rest of its rule.
func (t *trial) judge() *fault {
	if f := t.divisible(); f != nil {
		return f
	}
	return t.guarded()
}

// legal looks the transition up: status, and type of the open claim.
func (t *trial) legal() *fault {
	if t.rule.starts(t.s, t.claim) {
		return nil
	}
	if t.claim != nil {
		return &fault{ErrIllegal, "open " + t.claim.Type.word() + " claim " + string(t.claim.ID)}
	}
	return &fault{ErrIllegal, "section is " + t.s.Status.String()}
}

// starts reports whether the event is possible from the status of the section, under its open claim.
func (r *rule) starts(s *Section, claim *Claim) bool {
	return r.from.has(s.Status) && (!s.Status.ClaimOpen() || claim != nil && r.claims.has(claim.Type))
}

// divisible checks that the event may be about the part.
func (t *trial) divisible() *fault {
	if !t.partial || t.rule.part >= byQuantity {
		return nil
	}
	if t.rule.part == wholly {
		return &fault{ErrLevel, "only for the whole section"}
	}
	for _, p := range t.parts {
		if it, _ := t.s.Item(p.Item); p.Quantity != it.Quantity {
			return &fault{ErrQuantity, fmt.Sprintf("item %s: only all %d of it", p.Item, it.Quantity)}
		}
	}
	return nil
}

func (t *trial) guarded() *fault {
	for _, g := range t.rule.state {
		if f := g(t); f != nil {
			return f
		}
	}
	for _, g := range t.rule.payload {
		if f := g(t); f != nil {
			return f
		}
	}
	return nil
}

// accept writes the event, and those that follow from it.
func (d *decision) accept(r *rule, trials []trial) {
	moves := make([]Move, 0, len(trials))
	for i := range trials {
		if r.part == outbound {
			moves = append(moves, d.sentAnew(&trials[i]))
		} else {
			moves = append(moves, d.moved(r, &trials[i]))
		}
	}
	d.add(d.c.Event, 1, moves, d.c.details())
	d.follow(r, trials, moves)
}

// moved gives the move of one section or part.
func (d *decision) moved(r *rule, t *trial) Move {
	m := d.split(t)
	m.To = r.to
	switch r.to {
	case same:
		m.To = t.s.Status
	case prior:
		m.To = t.s.Prior
	}
	opens := r.opens() != ""
	if opens {
		m.Claim, m.Opened = d.newClaim(), true
	}
	switch {
	case !m.To.ClaimOpen():
	case !opens:
		m.Prior = t.s.Prior
	case d.c.Event == CourierReturn:
		m.Prior = StatusReleased // it did not stay delivered
	default:
		m.Prior = t.s.Status
	}
	m.Outcome = r.closes
	if m.RecallDeliveryNo == "" && underRecall(m.To) && (opens || t.s.RecallDeliveryNo == "") {
		m.RecallDeliveryNo = d.newRecallDeliveryNo(m.Target(), m.Claim)
	}
	return m
}

func underRecall(s Status) bool {
	return s == StatusRecallInstructed || s == StatusRecallConfirmed || s == StatusRecallCompleted
}

// split names the section, and the ids that its part gets if it is to become a section of its own.
func (d *decision) split(t *trial) Move {
	m := Move{Section: t.s.ID, From: t.s.Status, Items: t.parts}
	if t.claim != nil {
		m.Claim = t.claim.ID
	}
	if !t.partial {
		return m
	}
	m.Into = d.newSection()
	m.DeliveryNo = d.newDeliveryNo(m.Into)
	for i := range m.Items {
		if it, _ := t.s.Item(m.Items[i].Item); it.Quantity != m.Items[i].Quantity {
			m.Items[i].Into = d.newItem()
		}
	}
	if t.claim != nil {
		m.Claim, m.Split = d.newClaim(), t.claim.ID
		if t.s.RecallDeliveryNo != "" {
			m.RecallDeliveryNo = d.newRecallDeliveryNo(m.Into, m.Claim)
		}
	}
	return m
}

// sentAnew gives the move that makes a replacement section.
func (d *decision) sentAnew(t *trial) Move {
	m := Move{Section: t.s.ID, Into: d.newSection(), To: StatusDeliveryInstructed}
	if t.claim != nil {
		m.Claim = t.claim.ID
	}
	m.DeliveryNo = d.newDeliveryNo(m.Into)
	for _, p := range t.parts {
		if d.o.replaced(p.Item) {
			continue
		}
		p.Into, p.Option = d.newItem(), t.claim.wantedOption(p.Item)
		m.Items = append(m.Items, p)
	}
	return m
}

// add appends an event. raise is what it adds to the version: 1 for the first event of a command, 0 for what follows
// from it and for facts that change no status.
func (d *decision) add(name EventName, raise int64, moves []Move, details *Details) {
	version := d.o.Version
	if len(d.events) > 0 {
		version = d.events[len(d.events)-1].Version
	}
	d.events = append(d.events, Event{
		Seq: len(d.o.History) + len(d.events) + 1, Version: version + raise, Name: name, At: d.c.At, Actor: d.c.Actor,
		Command: d.c.ID, Payload: d.payload, Reason: d.c.Reason, Moves: moves, Details: details,
	})
}

func (d *decision) newSection() SectionID {
	for {
		d.last.Section++
		if id := SectionID("S" + strconv.Itoa(d.last.Section)); d.o.sectionIndex(id) < 0 {
			return id
		}
	}
}

func (d *decision) newItem() ItemID {
	for {
		d.last.Item++
		id := ItemID("I" + strconv.Itoa(d.last.Item))
		if _, taken := d.o.item(id); taken == nil {
			return id
		}
	}
}

func (d *decision) newClaim() ClaimID {
	for {
		d.last.Claim++
		if id := ClaimID("C" + strconv.Itoa(d.last.Claim)); d.o.claimIndex(id) < 0 {
			return id
		}
	}
}

func (d *decision) newDeliveryNo(id SectionID) string {
	if d.m.Env.NewDeliveryNo != nil {
		return d.m.Env.NewDeliveryNo(d.o.ID, id)
	}
	return string(d.o.ID) + "-" + string(id)
}

func (d *decision) newRecallDeliveryNo(s SectionID, c ClaimID) string {
	if d.m.Env.NewRecallDeliveryNo != nil {
		return d.m.Env.NewRecallDeliveryNo(d.o.ID, s, c)
	}
	return string(d.o.ID) + "-" + string(c)
}

// named is the section that the command names, for a refusal that is not about it.
func (d *decision) named() *Section {
	if i := d.o.sectionIndex(d.c.Section); i >= 0 {
		return &d.o.Sections[i]
	}
	return nil
}

// refuse gives the error for a fault of a section, or of none.
func (d *decision) refuse(s *Section, f *fault) error {
	r := &Refused{Kind: f.kind, Event: d.c.Event, Reason: f.reason, Version: d.o.Version}
	if s != nil {
		r.Section, r.Actual = s.ID, s.Status
		if c := d.o.openClaim(s); c != nil {
			r.Claim = c.ID
		}
		r.Allowed = d.m.allowed(d.o, s.ID, d.c.Actor)
	}
	return r
}
