package order_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// wanderer gives commands that nobody planned to one order.
type wanderer struct {
	*rand.Rand
	m order.Machine
	o order.Order
	n int
}

func (w *wanderer) start(t *testing.T) {
	channel := order.ChannelOwn
	if w.IntN(2) == 0 {
		channel = order.ChannelExternal
	}
	second := order.DraftSection{Place: "P", Method: order.MethodECoupon, Lines: []order.LineQuantity{{Line: "B", Quantity: 1}, {Line: "C", Quantity: 1}}}
	if w.IntN(2) == 0 { // two recipients, whose parcels must never share a waybill
		second.Method, second.Recipient = order.MethodCourier, &order.Recipient{Name: privacy.Name("김철"), Address: privacy.Address("서울특별시 중구 세종대로 111")}
	}
	o, err := order.New(order.Draft{
		ID: "R", Payment: order.PaymentPaid, Channel: channel, Orderer: &order.Recipient{Name: privacy.Name("홍길동"), Address: privacy.Address("서울특별시 중구 세종대로 110")},
		Lines: []order.Line{{ID: "A", Quantity: 3}, {ID: "B", Quantity: 5}, {ID: "C", Quantity: 1}, {ID: "D", Quantity: 2, FreebieOf: "A"}},
		Sections: []order.DraftSection{
			{Place: "P", Lines: []order.LineQuantity{{Line: "A", Quantity: 3}, {Line: "B", Quantity: 4}, {Line: "D", Quantity: 2}}},
			second,
		},
	}, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	w.o = o
	for i, e := range []order.EventName{
		order.InstructDelivery, order.InstructRelease, order.CompleteRelease, order.CompleteDelivery,
		order.RequestExchange, order.InstructRecall, order.ConfirmRecall, order.CompleteRecall, order.ShipReplacement,
	} {
		if w.IntN(8) == 0 {
			break
		}
		c := order.Command{ID: order.CommandID(fmt.Sprint("s", i)), Event: e, Actor: order.Operator("kim"), At: noon, Section: "S1"}
		switch e {
		case order.CompleteRelease:
			c.Waybill = &w1
		case order.RequestExchange:
			c.Claim = exchanging()
		case order.ConfirmRecall:
			c.Waybill = &w2
		case order.CompleteRecall:
			for _, it := range section(t, w.o, "S1").Items {
				c.Reception = append(c.Reception, order.Reception{Item: it.ID, Received: it.Quantity})
			}
		}
		if w.o, _, err = w.m.Handle(w.o, c); err != nil {
			t.Fatal(err)
		}
	}
}

// command gives the next command: mostly one that the section allows, with a payload that mostly fits.
func (w *wanderer) command() order.Command {
	w.n++
	s := w.o.Sections[w.IntN(len(w.o.Sections))]
	events := append(order.StatusEvents(), order.RecordEvents()...)
	c := order.Command{
		ID: order.CommandID(fmt.Sprint("r", w.n)), Section: s.ID, Reason: "because", Refund: "R", Place: "P",
		At: noon.Add(time.Duration(w.n) * time.Hour), Actor: order.Operator("kim"),
		Claim:     &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}, Wanted: []order.WantedOption{{Option: "x"}}},
		Hold:      &order.Hold{Code: "H"},
		Exception: &order.Exception{Code: "E", Text: fmt.Sprint(w.n)},
		Payment:   order.PaymentPaid, Convert: w.IntN(2) == 0, Alone: w.IntN(8) == 0, ReleaseHold: w.IntN(4) == 0,
		Recipient: &order.Recipient{Name: privacy.Name("김철"), Address: privacy.Address("서울특별시 중구 세종대로 111")},
	}
	for _, role := range []order.Actor{order.Operator("kim"), order.Admin("lee"), order.Tracker("a")} {
		if allowed := w.m.Allowed(w.o, s.ID, role); len(allowed) > 0 && w.IntN(3) > 0 {
			c.Event, c.Actor = allowed[w.IntN(len(allowed))], role
		}
	}
	switch {
	case c.Event == 0:
		c.Event = events[w.IntN(len(events))]
	case w.IntN(6) == 0:
		c.Event, c.Actor = order.RecordEvents()[w.IntN(len(order.RecordEvents()))], order.Operator("kim")
	}
	w.fill(&c, s)
	if like := order.Mergeable(w.o, s.ID); len(like) > 0 && w.IntN(4) == 0 {
		c.Event, c.Actor, c.Sections = order.SectionsMerged, order.Operator("kim"), append(like, s.ID)
	}
	return c
}

func (w *wanderer) fill(c *order.Command, s order.Section) {
	if s.Method == order.MethodCourier || w.IntN(5) == 0 {
		c.Waybill = &order.Waybill{Courier: "kr.cjlogistics", Number: fmt.Sprintf("68000000%04d", w.IntN(12))}
		if s.Waybill != nil && (c.Actor.Role == order.RoleTracker || w.IntN(2) == 0) {
			c.Waybill = s.Waybill
		}
	}
	if w.IntN(2) == 0 && len(s.Items) > 0 {
		it := s.Items[w.IntN(len(s.Items))]
		c.Items = []order.ItemQuantity{{Item: it.ID, Quantity: w.IntN(it.Quantity+2) - w.IntN(8)/7}}
	}
	for _, it := range s.Items {
		taken := it.Quantity
		if len(c.Items) > 0 && c.Items[0].Quantity > 0 {
			taken = c.Items[0].Quantity
		}
		if len(c.Items) == 0 || c.Items[0].Item == it.ID {
			damaged := w.IntN(taken + 1)
			c.Reception = append(c.Reception, order.Reception{Item: it.ID, Received: taken - damaged, Damaged: damaged})
		}
	}
	if w.IntN(10) == 0 {
		c.Section, c.Items = "", nil
	}
	for _, other := range w.o.Sections {
		if w.IntN(2) == 0 {
			c.Sections = append(c.Sections, other.ID)
		}
	}
}

// Random commands keep the invariants: what is accepted leaves a sound order that its history gives again, what is
// refused leaves every byte, and neither touches the order that it started from.
func TestWandering(t *testing.T) {
	t.Parallel()
	seeds, steps := 120, 30
	if testing.Short() {
		seeds = 10
	}
	accepted := map[order.EventName]int{}
	for seed := range seeds {
		w := &wanderer{Rand: rand.New(rand.NewPCG(uint64(seed), 1)), m: everything}
		w.start(t)
		var trail []string
		for range steps {
			c := w.command()
			version, watched, before := w.o.Version, w.IntN(16) == 0, ""
			if watched { // writing an order down takes a hundred times as long as deciding
				before = encoded(t, w.o)
			}
			next, events, err := w.m.Handle(w.o, c)
			var r *order.Refused
			if err != nil && (!errors.As(err, &r) || next.Version != version || len(next.History) != len(w.o.History)) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if watched && (encoded(t, w.o) != before || err != nil && encoded(t, next) != before) {
				t.Fatalf("seed %d: %v changed what it was given", seed, c.Event)
			}
			if err != nil {
				continue
			}
			trail = append(trail, fmt.Sprintf("%v %s %v", c.Event, c.Section, c.Items))
			if len(events) > 0 {
				accepted[c.Event]++
			}
			if next.Version-version > 1 || next.Version < version {
				t.Fatalf("seed %d: version %d to %d", seed, version, next.Version)
			}
			w.o = next
		}
		if err := order.Check(w.o); err != nil {
			t.Fatalf("seed %d: %v\n%s%q", seed, err, show(w.o), trail)
		}
		if seed%8 == 0 {
			roundTrip(t, w.o)
		}
	}
	for _, e := range append(order.StatusEvents(), order.RecordEvents()...) {
		if accepted[e] == 0 && !testing.Short() && e != order.Created {
			t.Logf("%v was never accepted", e)
		}
	}
	if len(accepted) < 46 && !testing.Short() {
		t.Errorf("only %d kinds of event were accepted: the walk is too narrow", len(accepted))
	}
}

// An order that was kept in a store is the order that was put there.
func roundTrip(t *testing.T, o order.Order) {
	t.Helper()
	data := encoded(t, o)
	back, err := order.DecodeOrder([]byte(data), privacy.Standard)
	if err != nil {
		t.Fatal(err)
	}
	if encoded(t, back) != data {
		t.Fatal("the store gave another order back")
	}
	if err := order.Check(back); err != nil {
		t.Fatal(err)
	}
	replayed, err := order.Replay(back.History)
	if err != nil || encoded(t, replayed) != data {
		t.Fatalf("the history gave another order: %v", err)
	}
}
