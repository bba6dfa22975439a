package ordertest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
)

// Harness says how to get at a store. New is required.
type Harness struct {
	// New makes an empty store, a fresh one each time. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) order.Orders

	// Reopen closes a store, as a restart would, and opens what it kept. Nil for a store that keeps nothing over one.
	Reopen func(t *testing.T, s order.Orders) order.Orders
}

// A clause is one sentence of the contract of a store.
type clause struct {
	name   string
	reopen bool // needs Harness.Reopen
	hold   func(*shop)
}

// RunOrders holds a store against the contract of [order.Orders], one subtest a clause.
func RunOrders(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("ordertest: Harness.New is required")
	}
	for _, c := range slices.Concat(saveClauses(), locateClauses(), findClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.reopen && h.Reopen == nil {
				t.Skip("the harness has no Reopen")
			}
			c.hold(&shop{T: t, store: h.New(t), harness: h})
		})
	}
}

// kst is a zone in which no computer of the tests is set by chance.
var kst = time.FixedZone("KST", 9*60*60)

// noon is when the first orders come. It ends in nanoseconds: an order's times are part of it, and come back whole.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456789, kst)

// A shop is a store in a case.
type shop struct {
	*testing.T
	store   order.Orders
	harness Harness
}

// save saves what must be taken.
func (s *shop) save(o order.Order, events []order.Event) {
	s.Helper()
	if err := s.store.Save(s.Context(), o, events); err != nil {
		s.Fatalf("Save of %q at event %d: %v", o.ID, events[0].Seq, err)
	}
}

// keep saves an order event by event, as it came about.
func (s *shop) keep(o order.Order) {
	s.Helper()
	for n := 1; n <= len(o.History); n++ {
		last := n
		for last < len(o.History) && o.History[last].Command == o.History[n-1].Command {
			last++
		}
		at, err := order.Replay(o.History[:last])
		if err != nil {
			s.Fatal(err)
		}
		s.save(at, o.History[n-1:last])
		n = last
	}
}

func (s *shop) load(id order.OrderID) order.Order {
	s.Helper()
	o, err := s.store.Load(s.Context(), id)
	if err != nil {
		s.Fatalf("Load of %q: %v", id, err)
	}
	return o
}

// same holds an order against the one that was saved.
func (s *shop) same(what string, got, want order.Order) {
	s.Helper()
	if g, w := text(s.T, got), text(s.T, want); g != w {
		at := 0
		for at < min(len(g), len(w)) && g[at] == w[at] {
			at++
		}
		s.Errorf("%s: %q comes back otherwise than it was saved, from here: …%.80s, want …%.80s", what, want.ID, g[max(0, at-20):], w[max(0, at-20):])
	}
}

func text(t *testing.T, o order.Order) string {
	t.Helper()
	data, err := stored.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// ended is a context that is over.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// everything switches every event on.
var everything = order.Machine{Policy: order.AllOn()}

// do gives a command that must be accepted.
func do(t *testing.T, o order.Order, c order.Command) (order.Order, []order.Event) {
	t.Helper()
	if c.ID == "" {
		c.ID = order.CommandID(fmt.Sprintf("%s-%d", o.ID, len(o.History)))
	}
	if c.Actor.Role == "" {
		c.Actor = order.Operator("kim")
	}
	if c.At.IsZero() {
		c.At = noon.Add(time.Duration(len(o.History)) * time.Hour)
	}
	next, events, err := everything.Handle(o, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) == 0 {
		t.Fatalf("%v does nothing", c.Event)
	}
	return next, events
}
