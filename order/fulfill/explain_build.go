package fulfill

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// material is what an explanation is made of.
type material struct {
	now       time.Time
	order     order.Order
	traces    []Trace
	shipments []Shipment
	evidence  map[poll.ShipmentID]tracking.Evidence
	watches   map[poll.ShipmentID][]poll.Watch
	tasks     []Task
}

// explain makes an explanation. It is pure.
func explain(m *material) Explanation {
	x := Explanation{Order: m.order.ID, At: m.now}
	told := map[poll.ShipmentID]bool{}
	for i := range m.order.Sections {
		s := &m.order.Sections[i]
		section := m.section(s)
		for j := range m.shipments {
			if role := roleOf(s, m.shipments[j].waybill()); role != "" && m.current(j) {
				section.Shipments = append(section.Shipments, m.shipment(&m.shipments[j], role))
				told[m.shipments[j].ID] = true
			}
		}
		x.Sections = append(x.Sections, section)
	}
	for i := range m.shipments {
		if s := &m.shipments[i]; !told[s.ID] {
			x.Others = append(x.Others, m.shipment(s, m.role(s)))
		}
	}
	return x
}

func (s *Shipment) waybill() order.Waybill {
	return order.Waybill{Courier: string(s.ID.Courier), Number: s.ID.Number}
}

// current reports whether a shipment is the newest use of its number that the order is linked to.
func (m *material) current(i int) bool {
	id := m.shipments[i].ID
	return !slices.ContainsFunc(m.shipments, func(s Shipment) bool {
		return s.ID.Courier == id.Courier && s.ID.Number == id.Number && s.ID.Generation > id.Generation
	})
}

func (m *material) role(s *Shipment) order.WaybillRole {
	for _, l := range s.Links {
		if l.Order == m.order.ID {
			return l.Role
		}
	}
	return order.WaybillOutbound
}

func (m *material) section(s *order.Section) ExplainedSection {
	x := ExplainedSection{
		Section: s.ID, Kind: s.Kind, Status: s.Status, Prior: s.Prior, Quantity: s.Quantity(), Parent: s.Parent, MergedInto: s.MergedInto,
	}
	if s.Hold != nil {
		x.Hold = s.Hold.Code
	}
	if c, ok := m.order.Claim(s.Claim); ok && c.Open() {
		x.Claim = c.Type
		if c.Hold != nil {
			x.Hold = c.Hold.Code
		}
	}
	if s.Exception != nil {
		x.Exception, x.MarkedAt = s.Exception.Code, s.Exception.At
	}
	commands := map[order.CommandID]bool{}
	facts := map[order.CommandID]*Trace{}
	for i := range m.traces {
		facts[m.traces[i].Command] = &m.traces[i]
	}
	for i := range m.order.History {
		e := &m.order.History[i]
		for _, move := range m.moves(e, s) {
			step := ExplainedStep{At: e.At, Event: e.Name, By: e.Actor, From: move.From, To: move.To, Code: codeOf(e.Details)}
			if fact := facts[e.Command]; fact != nil {
				if step.Applied = fact.Applied; !commands[e.Command] { // what else the command brought has the same reason
					step.Fact = fact
				}
			}
			if step.From == step.To {
				step.From, step.To = 0, 0
			} else if move.To == s.Status {
				x.Since = e.At
			}
			x.Steps = append(x.Steps, step)
			commands[e.Command] = true
		}
	}
	for i := range m.traces {
		if t := &m.traces[i]; t.Event == 0 && slices.Contains(t.Sections, s.ID) {
			x.Steps = append(x.Steps, ExplainedStep{At: cmp.Or(t.At, t.Applied), Applied: t.Applied, By: m.teller(t), Fact: t})
		}
	}
	slices.Reverse(x.Steps)
	slices.SortStableFunc(x.Steps, func(a, b ExplainedStep) int { return b.when().Compare(a.when()) })
	for i := range m.tasks {
		a := &m.tasks[i].Action
		if a.Order != m.order.ID || a.Shipment.Number != "" {
			continue
		}
		if slices.ContainsFunc(a.Items, func(it Item) bool { return it.Section == s.ID }) ||
			len(a.Items) == 0 && (commands[a.Command] || a.Command == "" && len(m.order.Sections) == 1) {
			x.Tasks = append(x.Tasks, m.task(&m.tasks[i]))
		}
	}
	sortTasks(x.Tasks)
	return x
}

// teller is who is behind a fact: a carrier, or the person who corrected it.
func (m *material) teller(t *Trace) order.Actor {
	if t.Carrier == pinCarrier {
		for i := range m.shipments {
			if s := &m.shipments[i]; s.ID == t.Shipment && s.Pin != nil {
				return s.Pin.By
			}
		}
	}
	return order.Tracker(t.Carrier)
}

// moves gives the moves of an event that concern a section: its own, and that by which it began. An order's creation names
// no section; it concerns those that are no part of another.
func (m *material) moves(e *order.Event, s *order.Section) (moves []order.Move) {
	if e.Name == order.Created && s.Parent == "" && s.Kind == order.KindOriginal {
		return []order.Move{{Section: s.ID, To: order.StatusOrdered}}
	}
	for _, move := range e.Moves {
		if move.Target() == s.ID || move.Section == s.ID && e.Name == order.SectionsMerged {
			moves = append(moves, move)
		}
	}
	return moves
}

// when is the time by which steps are ordered: that at which the order learnt of it.
func (s *ExplainedStep) when() time.Time { return cmp.Or(s.Applied, s.At) }

func (m *material) shipment(s *Shipment, role order.WaybillRole) ExplainedShipment {
	x := ExplainedShipment{
		Courier: s.ID.Courier, Number: s.ID.Number, Generation: s.ID.Generation, Role: role, Since: s.Since,
		Forgotten: s.Forgotten, Known: s.Known, Awaiting: s.Awaiting, Withdrawn: s.Epoch,
	}
	for _, id := range s.orders() {
		if id != m.order.ID {
			x.Shared = append(x.Shared, id)
		}
	}
	evidence, state := m.evidence[s.ID], s.Parcel
	if s.Pin != nil {
		x.Pin = &ExplainedPin{Status: s.Pin.Status, Sub: s.Pin.Sub, At: s.Pin.At, By: s.Pin.By}
		counting, _ := pinned(evidence, *s.Pin)
		state, x.Known = tracking.Derive(counting, s.context()), true
	}
	x.Status, x.Sub, x.Inferred, x.DeliveredAt, x.Unmapped = state.Status, state.Sub, state.Inferred, state.DeliveredAt, state.Unmapped
	x.Doubts = state.Doubts.List()
	x.Events = m.events(s, evidence)
	for _, w := range m.watches[s.ID] {
		watch := ExplainedWatch{
			Carrier: w.ID.Carrier, Role: w.ID.Role, Life: w.Life, Reason: w.Reason, Asked: w.Asked, Asks: w.Asks,
			Failures: w.Failures, Failure: w.LastFailure,
		}
		if w.Life == poll.Active {
			watch.Due, watch.Why = w.Due, w.Why
		}
		x.Watches = append(x.Watches, watch)
	}
	for i := range m.tasks {
		if m.tasks[i].Action.Shipment == s.ID {
			x.Tasks = append(x.Tasks, m.task(&m.tasks[i]))
		}
	}
	sortTasks(x.Tasks)
	return x
}

// events lists scans and summaries, newest first, those without a time where the courier has them.
func (m *material) events(s *Shipment, evidence tracking.Evidence) []ExplainedEvent {
	all := tracking.Parcel{Events: slices.Clone(evidence.Events), Verdicts: slices.Clone(evidence.Verdicts)}
	all.Settle(s.context())
	var events []ExplainedEvent
	for i := range all.Events {
		ev := &all.Events[i]
		x := ExplainedEvent{
			At: ev.At, Precision: ev.Precision, Text: ev.Text, Code: ev.Code, Place: ev.Place, Status: ev.Status, Sub: ev.Sub,
			Carrier: ev.Carrier, Mapping: ev.MapVersion, Seen: ev.Seen, Door: ev.Door, Parked: ev.Parked,
		}
		if ev.Precision == tracking.PrecisionMinute && !ev.At.IsZero() && ev.Seen.After(ev.At) && !ev.Parked {
			x.Late = ev.Seen.Sub(ev.At)
		}
		x.Window, _ = tracking.ParseWindow(ev.Text, ev.At)
		if x.Window.IsZero() {
			x.Window, _ = tracking.ParseWindow(ev.Note, ev.At)
		}
		events = append(events, x)
	}
	for i := range all.Verdicts {
		v := &all.Verdicts[i]
		x := ExplainedEvent{
			At: cmp.Or(v.AsOf, v.AnswerAt), Text: v.Text, Code: v.Code, Status: v.Status, Sub: v.Sub, Carrier: v.Carrier, Seen: cmp.Or(v.Seen, v.AnswerAt),
			Door: v.Door, Summary: true, Parked: v.Parked,
		}
		at := len(events)
		for at > 0 && (events[at-1].At.IsZero() || events[at-1].At.After(x.At)) {
			at--
		}
		events = slices.Insert(events, at, x)
	}
	for i := range events {
		x := &events[i]
		x.Overruled = s.Pin != nil && !cmp.Or(x.At, x.Seen).After(s.Pin.At)
	}
	slices.Reverse(events)
	return events
}

func (m *material) task(t *Task) ExplainedTask {
	x := ExplainedTask{
		Key: t.Action.Key, Name: t.Action.Name, Undo: t.Action.Undo, Status: t.Action.Status, State: t.State, Attempts: t.Attempts,
		Queued: t.CreatedAt, Done: t.DoneAt, Why: t.Why,
	}
	if t.Action.Shipment.Number != "" { // that of a command is a person's text
		x.Reason = t.Action.Reason
	}
	if t.State == Waiting {
		x.Due = t.DueAt
	}
	for i := range m.tasks {
		if undo := &m.tasks[i]; undo.Action.Key == undoKey(t.Action.Key) && undo.State == Done {
			x.Undone = undo.DoneAt
		}
	}
	return x
}

func sortTasks(tasks []ExplainedTask) {
	slices.SortStableFunc(tasks, func(a, b ExplainedTask) int {
		return cmp.Or(a.Queued.Compare(b.Queued), strings.Compare(a.Key, b.Key))
	})
}

// codeOf is what an event's details say in one word. Texts of people stay where they are.
func codeOf(d *order.Details) string {
	switch {
	case d == nil:
		return ""
	case d.Exception != nil:
		return d.Exception.Code
	case d.Hold != nil:
		return d.Hold.Code
	}
	return ""
}
