// Package benchmarks sets parts of Waybill beside libraries that programs would otherwise use for them. It is a module of its
// own, of tests alone, so that no importer of Waybill ever builds those libraries.
package benchmarks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/looplab/fsm"
	"github.com/qmuntal/stateless"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order"
)

// A machine has the 16 states and 39 events of a section loaded, with all 55 ways between them, and stands where a paid
// section is being picked. The guards of the five events that are possible there, and of no other, are loaded too: to
// report a stock-out, or remove the waybill, nobody may have scanned the parcel; a waybill goes to a courier's parcel; and
// one must be there to be removed, which is not so.
//
// Waybill's own judges role, policy and claims besides, which the others are spared.
type machine interface {
	// list counts the events that are possible.
	list() int
	// may tells whether one is.
	may(order.EventName) bool
	// fire makes one happen. The machine is then put back.
	fire(order.EventName) error
}

// The events that are asked about.
const (
	open    = order.RegisterStockout // its guard is met
	guarded = order.RemoveWaybill    // its guard is not
	illegal = order.CompleteRecall   // not in this state
)

// way is a cell of the table.
type way struct {
	event    order.EventName
	from, to order.Status
}

// ways reads the table that the package exports. What goes back to the status before a claim goes nowhere here: nobody
// else has such a target.
func ways(tb testing.TB) []way {
	tb.Helper()
	var all []way
	for line := range strings.Lines(order.MarkdownMatrix()) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		event, err := order.ParseEventName(cells[0])
		if err != nil {
			continue
		}
		for i, from := range order.Statuses() {
			cell := strings.TrimSuffix(cells[i+2], "°")
			if cell == "·" {
				continue
			}
			w := way{event, from, from}
			for _, to := range order.Statuses() {
				if to.Short() == cell {
					w.to = to
				}
			}
			all = append(all, w)
		}
	}
	if len(all) != 55 {
		tb.Fatalf("the table has %d cells, want 55", len(all))
	}
	return all
}

// picking is a paid order of one section that is being picked.
func picking(tb testing.TB) order.Order {
	tb.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	o, err := order.New(order.Draft{
		ID: "O", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "A", Quantity: 2}},
		Sections: []order.DraftSection{{Place: "P", Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}}},
	}, at, order.System("shop"))
	for _, event := range []order.EventName{order.InstructDelivery, order.InstructRelease} {
		if err == nil {
			o, _, err = order.Handle(o, order.Command{ID: order.CommandID(event.String()), Event: event, Actor: order.Operator("kim"), At: at})
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// ours is the machine of package order.
type ours struct {
	order.Machine
	o order.Order
	c order.Command
}

func newOurs(tb testing.TB) *ours {
	return &ours{o: picking(tb), c: order.Command{ID: "x", Section: "S1", Actor: order.Operator("kim"), Reason: "counted"}}
}

func (m *ours) list() int { return len(m.Allowed(m.o, "S1", m.c.Actor)) }

func (m *ours) may(event order.EventName) bool { return m.Allows(m.o, "S1", m.c.Actor, event) }

func (m *ours) fire(event order.EventName) error {
	m.c.Event = event
	_, _, err := m.Handle(m.o, m.c)
	return err
}

// guards are the conditions of the five events, written for somebody else's machine.
func guards(o *order.Order) map[order.EventName]func() bool {
	s := &o.Sections[0]
	return map[order.EventName]func() bool{
		order.RegisterStockout: func() bool { return !s.Scanned },
		order.RegisterWaybill:  func() bool { return s.Method == order.MethodCourier },
		order.RemoveWaybill:    func() bool { return s.Waybill != nil && !s.Scanned },
	}
}

// viaStateless is a machine of qmuntal/stateless as it is fastest: without a queue, its state in a variable, states and events
// of one byte, which cost nothing to box.
type viaStateless struct {
	*stateless.StateMachine
	state order.Status
}

func newStateless(tb testing.TB) *viaStateless {
	m := &viaStateless{state: order.StatusReleaseInstructed}
	m.StateMachine = stateless.NewStateMachineWithExternalStorage(
		func(context.Context) (stateless.State, error) { return m.state, nil },
		func(_ context.Context, s stateless.State) error { m.state = s.(order.Status); return nil },
		stateless.FiringImmediate)
	o := picking(tb)
	conditions := guards(&o)
	for _, w := range ways(tb) {
		var guard []stateless.GuardFunc
		if met, ok := conditions[w.event]; ok && w.from == m.state {
			guard = append(guard, func(context.Context, ...any) bool { return met() })
		}
		if w.from == w.to {
			m.Configure(w.from).PermitReentry(w.event, guard...)
		} else {
			m.Configure(w.from).Permit(w.event, w.to, guard...)
		}
	}
	return m
}

func (m *viaStateless) list() int {
	events, _ := m.PermittedTriggers()
	return len(events)
}

func (m *viaStateless) may(event order.EventName) bool {
	can, _ := m.CanFire(event)
	return can
}

func (m *viaStateless) fire(event order.EventName) error {
	err := m.Fire(event)
	m.state = order.StatusReleaseInstructed
	return err
}

// viaFSM is a machine of looplab/fsm. It knows no guards but what a callback refuses once an event is on its way: to learn
// what is possible, a program has to ask its own guards besides, and so does this.
type viaFSM struct {
	*fsm.FSM
	guards map[string]func() bool
}

func newFSM(tb testing.TB) viaFSM {
	o := picking(tb)
	var events []fsm.EventDesc
	for _, w := range ways(tb) {
		events = append(events, fsm.EventDesc{Name: w.event.String(), Src: []string{w.from.String()}, Dst: w.to.String()})
	}
	refusals, conditions := fsm.Callbacks{}, map[string]func() bool{}
	for event, met := range guards(&o) {
		conditions[event.String()] = met
		refusals["before_"+event.String()] = func(_ context.Context, e *fsm.Event) {
			if !met() {
				e.Cancel()
			}
		}
	}
	return viaFSM{fsm.NewFSM(order.StatusReleaseInstructed.String(), events, refusals), conditions}
}

func (m viaFSM) list() int {
	events := m.AvailableTransitions()
	return len(slices.DeleteFunc(events, func(event string) bool { return !m.met(event) }))
}

func (m viaFSM) may(event order.EventName) bool {
	name := event.String()
	return m.Can(name) && m.met(name)
}

func (m viaFSM) met(event string) bool {
	met, guarded := m.guards[event]
	return !guarded || met()
}

func (m viaFSM) fire(event order.EventName) error {
	err := m.Event(context.Background(), event.String())
	m.SetState(order.StatusReleaseInstructed.String())
	return err
}

// A question is put to every machine.
type question struct {
	name string
	ask  func(machine) error
	// lookup questions are answered from the table and the guards alone. The others make an event for the history, under
	// the hash of its command, and another order, which the other machines do not do.
	lookup bool
}

var errWrong = errors.New("not the expected answer")

func expect(met bool) error {
	if !met {
		return errWrong
	}
	return nil
}

func questions() []question {
	return []question{
		{"List", func(m machine) error { return expect(m.list() == 4) }, true},
		{"May", func(m machine) error { return expect(m.may(open)) }, true},
		{"MayNotGuard", func(m machine) error { return expect(!m.may(guarded)) }, true},
		{"MayNotState", func(m machine) error { return expect(!m.may(illegal)) }, true},
		{"Fire", func(m machine) error { return m.fire(open) }, false},
		{"RefuseGuard", func(m machine) error { return expect(m.fire(guarded) != nil) }, false},
		{"RefuseState", func(m machine) error { return expect(m.fire(illegal) != nil) }, false},
	}
}

func allocations(q question, m machine) float64 {
	return testing.AllocsPerRun(200, func() { _ = q.ask(m) })
}

// TestMachines puts every question once, so that what is measured is the right answer, and holds the look-ups to the bar:
// fewer allocations than either library, where it has any.
func TestMachines(t *testing.T) {
	own := newOurs(t)
	others := map[string]machine{"stateless": newStateless(t), "fsm": newFSM(t)}
	for _, q := range questions() {
		if err := q.ask(own); err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		for name, other := range others {
			if err := q.ask(other); err != nil {
				t.Errorf("%s of %s: %v", q.name, name, err)
			}
			if !q.lookup || floortest.RaceDetector {
				continue
			}
			if mine, theirs := allocations(q, own), allocations(q, other); mine > 0 && mine >= theirs {
				t.Errorf("%s allocates %v times, with %s %v", q.name, mine, name, theirs)
			}
		}
	}
}

// BenchmarkMachines puts each question to all three in turns and reports ns/op and allocs of package order, those of the
// others, and ours as a multiple of theirs.
func BenchmarkMachines(b *testing.B) {
	own := newOurs(b)
	others := map[string]machine{"stateless": newStateless(b), "fsm": newFSM(b)}
	for _, q := range questions() {
		b.Run(q.name, func(b *testing.B) {
			for name, other := range others {
				took, ratios, err := floortest.Turns(b.N, 4096, func() error { return q.ask(own) }, func() error { return q.ask(other) })
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(took[0], "ns/op")
				b.ReportMetric(took[1], name+"-ns")
				b.ReportMetric(ratios[0], "×"+name)
				b.ReportMetric(allocations(q, other), name+"-allocs")
			}
			b.ReportMetric(allocations(q, own), "allocs")
		})
	}
}
