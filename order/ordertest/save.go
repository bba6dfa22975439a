package ordertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

func saveClauses() []clause {
	return []clause{
		{name: "an order that is not there is ErrNoOrder", hold: holdAbsent},
		{name: "an order comes back whole", hold: holdWhole},
		{name: "a history grows event by event", hold: holdHistory},
		{name: "any text comes back", hold: holdTexts},
		{name: "ids are told apart to the byte", hold: holdIDs},
		{name: "an order is created once", hold: holdCreatedOnce},
		{name: "a stale save is ErrStale and changes nothing", hold: holdStale},
		{name: "a save ahead of the history is ErrStale", hold: holdAhead},
		{name: "facts that raise no version count too", hold: holdFacts},
		{name: "of rivals one wins", hold: holdRivals},
		{name: "what is given out is the caller's", hold: holdOwn},
		{name: "an ended context ends a call", hold: holdContexts},
		{name: "what was saved survives", reopen: true, hold: holdSurvival},
	}
}

func holdAbsent(s *shop) {
	s.keep(created(s.T, draft("ORD-1"), noon))
	for _, id := range []order.OrderID{"ORD-2", "", "ORD-10", "ORD"} {
		if o, err := s.store.Load(s.Context(), id); !errors.Is(err, order.ErrNoOrder) {
			s.Errorf("Load of %q, which was never saved: order %q, %v", id, o.ID, err)
		}
	}
}

func holdWhole(s *shop) {
	all := population(s.T)
	for _, o := range all {
		s.keep(o)
	}
	for _, o := range all {
		s.same("Load", s.load(o.ID), o)
	}
}

func holdHistory(s *shop) {
	o := returning(s.T, "ORD-1", noon, "680100000001", "680200000001")
	var at order.Order
	for n := range o.History {
		next, err := order.Replay(o.History[:n+1])
		if err != nil {
			s.Fatal(err)
		}
		s.save(next, o.History[n:n+1])
		s.same(fmt.Sprintf("after event %d", n+1), s.load("ORD-1"), next)
		at = next
	}
	s.same("at the end", at, o)
}

func holdTexts(s *shop) {
	d := draft("ORD-1")
	d.Orderer.Memo = privacy.Memo("'; DROP TABLE orders; -- \x01 \\ % _ 👩‍👩‍👧 \u2028 " + string(make([]byte, 3)))
	d.Orderer.Name = privacy.Name("O'Brien \"ㅎ\"")
	d.Lines[0].Name = "접시 '\"`${x} ?, $1 {p} \x00"
	d.Metadata = map[string]string{"한글": "값", "empty": "", "{p}": "?"}
	o := created(s.T, d, noon)
	long := make([]byte, 200_000)
	for i := range long {
		long[i] = 'a' + byte(i%26)
	}
	s.keep(o)
	s.same("Load", s.load("ORD-1"), o)
	next, events := do(s.T, o, order.Command{Event: order.RequestCancel, Section: "S1", Reason: string(long)})
	s.save(next, events)
	s.same("a reason of 200 kB", s.load("ORD-1"), next)
}

// alike are ids that are easily taken for each other.
var alike = []order.OrderID{"ord-1", "ORD-1", "ORD-1 ", " ORD-1", "ORD-1\t", "ÖRD-1", "O\u0308RD-1", "주문-1", "ORD_1", "ORD%1", "ORD-01", "'", `"`, "👩", "ORD-1\\"}

func holdIDs(s *shop) {
	for i, id := range alike {
		s.keep(created(s.T, draft(id), noon.Add(time.Duration(i)*time.Second)))
	}
	for i, id := range alike {
		if o := s.load(id); o.ID != id || !o.History[0].At.Equal(noon.Add(time.Duration(i)*time.Second)) {
			s.Errorf("%q is %q", id, o.ID)
		}
		if got, err := s.store.Locate(s.Context(), order.Key{DeliveryNo: string(id) + "-S1"}); got != id || err != nil {
			s.Errorf("the delivery number of %q is that of %q, %v", id, got, err)
		}
		found, err := s.store.Find(s.Context(), order.Query{Filter: order.Filter{Orders: []order.OrderID{id}}, Level: order.BySection, Page: 1, Size: 10})
		if err != nil || len(found.Hits) != 1 || found.Hits[0].Order.ID != id {
			s.Errorf("Find of %q: %d hits, %v", id, len(found.Hits), err)
		}
	}
}

// stale saves what must be too late, or too early, and finds the store as it was.
func (s *shop) stale(what string, o order.Order, events []order.Event) {
	s.Helper()
	before, err := s.store.Load(s.Context(), o.ID)
	if err := s.store.Save(s.Context(), o, events); !errors.Is(err, order.ErrStale) {
		s.Errorf("%s: %v, want ErrStale", what, err)
	}
	if err != nil {
		if _, err := s.store.Load(s.Context(), o.ID); !errors.Is(err, order.ErrNoOrder) {
			s.Errorf("%s: it is there since, %v", what, err)
		}
		return
	}
	s.same(what, s.load(o.ID), before)
}

func holdCreatedOnce(s *shop) {
	o := created(s.T, draft("ORD-1"), noon)
	s.save(o, o.History)
	s.stale("the same order again", o, o.History)
	other := created(s.T, draft("ORD-1"), noon.Add(time.Hour))
	s.stale("another order of the id", other, other.History)
}

func holdStale(s *shop) {
	base := created(s.T, draft("ORD-1"), noon)
	s.keep(base)
	first, firstEvents := do(s.T, base, order.Command{ID: "first", Event: order.InstructDelivery, Section: "S1"})
	second, secondEvents := do(s.T, base, order.Command{ID: "second", Event: order.RequestCancel, Section: "S1", Items: []order.ItemQuantity{{Item: "I1"}}})
	s.save(first, firstEvents)
	s.stale("a rival's save", second, secondEvents)
	s.stale("the same save again", first, firstEvents)
	if id, err := s.store.Locate(s.Context(), order.Key{DeliveryNo: "ORD-1-S2"}); !errors.Is(err, order.ErrNoOrder) {
		s.Errorf("a section of the order that was refused is found: %q, %v", id, err)
	}
	found, err := s.store.Find(s.Context(), order.Query{Level: order.BySection, Page: 1, Size: 10})
	if err != nil || found.Total != 1 || found.Hits[0].Order.Sections[0].Status != order.StatusDeliveryInstructed {
		s.Errorf("Find after a refused save: %d, %v", found.Total, err)
	}
}

func holdAhead(s *shop) {
	o := released(s.T, "ORD-1", noon, "680100000001")
	last := len(o.History)
	s.stale("the end of an order that is not there", o, o.History[last-1:])
	first, err := order.Replay(o.History[:1])
	if err != nil {
		s.Fatal(err)
	}
	s.save(first, o.History[:1])
	s.stale("an event too far", o, o.History[last-1:])
	s.save(o, o.History[1:])
	s.same("Load", s.load("ORD-1"), o)
}

// holdFacts: both facts leave the version as it is, so that only the history tells that one came first.
func holdFacts(s *shop) {
	base := released(s.T, "ORD-1", noon, "680100000001")
	s.keep(base)
	fact := func(o order.Order, id order.CommandID) (order.Order, []order.Event) {
		return do(s.T, o, order.Command{ID: id, Event: order.WaybillScanned, Section: "S3", Actor: order.Tracker("toy")})
	}
	first, firstEvents := fact(base, "a")
	second, secondEvents := fact(base, "b")
	if first.Version != base.Version {
		s.Fatal("a scan raised the version")
	}
	s.save(first, firstEvents)
	s.stale("another fact about the same order", second, secondEvents)
}

func holdRivals(s *shop) {
	const rivals = 8
	base := created(s.T, draft("ORD-1"), noon)
	for round := range 6 {
		if round > 0 {
			base = s.load("ORD-1")
		}
		type rival struct {
			order  order.Order
			events []order.Event
		}
		all := make([]rival, rivals)
		for n := range all {
			all[n] = rival{base, base.History}
			if round > 0 {
				name := fmt.Sprint(round, "-", n)
				all[n].order, all[n].events = do(s.T, base, order.Command{
					ID: order.CommandID(name), Event: order.ExceptionRaised, Section: "S1", Exception: &order.Exception{Code: name},
				})
			}
		}
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		for _, r := range all {
			wg.Go(func() {
				switch err := s.store.Save(s.Context(), r.order, r.events); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, order.ErrStale):
					lost.Add(1)
				default:
					s.Errorf("Save: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != rivals-1 {
			s.Fatalf("of %d rivals %d saved and %d were stale", rivals, won.Load(), lost.Load())
		}
		if got := len(s.load("ORD-1").History); got != round+1 {
			s.Fatalf("%d events after %d saves", got, round+1)
		}
	}
}

func holdOwn(s *shop) {
	o := released(s.T, "ORD-1", noon, "680100000001")
	want := text(s.T, o)
	given := released(s.T, "ORD-1", noon, "680100000001")
	s.keep(given)
	spoil(given)
	find := func() order.Order {
		found, err := s.store.Find(s.Context(), order.Query{Level: order.BySection, Page: 1, Size: 10})
		if err != nil || len(found.Hits) == 0 {
			s.Fatalf("Find: %d hits, %v", len(found.Hits), err)
		}
		return found.Hits[0].Order
	}
	for _, got := range []func() order.Order{func() order.Order { return s.load("ORD-1") }, find} {
		for range 2 {
			o := got()
			if text(s.T, o) != want {
				s.Fatal("what a caller does to an order changes the one in the store")
			}
			spoil(o)
		}
	}
}

// spoil writes into everything that an order points to.
func spoil(o order.Order) {
	o.Lines[0].Name, o.Sections[0].DeliveryNo, o.Sections[0].Items[0].Quantity = "spoilt", "spoilt", 99
	o.History[0].Reason, o.History[0].Moves = "spoilt", nil
	o.Orderer.Name = privacy.Name("spoilt")
	o.Metadata["amount"] = "spoilt"
	for i := range o.Sections {
		if o.Sections[i].Waybill != nil {
			o.Sections[i].Waybill.Number = "0000"
		}
	}
}

func holdContexts(s *shop) {
	o := created(s.T, draft("ORD-1"), noon)
	s.keep(o)
	over := ended(s.T)
	check := func(what string, err error) {
		s.Helper()
		if !errors.Is(err, context.Canceled) {
			s.Errorf("%s with an ended context: %v", what, err)
		}
	}
	_, err := s.store.Load(over, "ORD-1")
	check("Load", err)
	_, err = s.store.Locate(over, order.Key{DeliveryNo: "ORD-1-S1"})
	check("Locate", err)
	_, err = s.store.Find(over, order.Query{Level: order.BySection, Page: 1, Size: 10})
	check("Find", err)
	next, events := do(s.T, o, order.Command{Event: order.InstructDelivery, Section: "S1"})
	check("Save", s.store.Save(over, next, events))
	s.same("after a save with an ended context", s.load("ORD-1"), o)
}

func holdSurvival(s *shop) {
	o := returning(s.T, "ORD-1", noon, "680100000001", "680200000001")
	s.keep(o)
	s.store = s.harness.Reopen(s.T, s.store)
	s.same("after a restart", s.load("ORD-1"), o)
	next, events := do(s.T, o, order.Command{Event: order.ConfirmRecall, Section: "S3"})
	s.save(next, events)
	s.store = s.harness.Reopen(s.T, s.store)
	s.same("after another", s.load("ORD-1"), next)
	s.stale("a save from before the restart", next, events)
	if id, err := s.store.Locate(s.Context(), order.Key{DeliveryNo: "ORD-1-S3"}); id != "ORD-1" || err != nil {
		s.Errorf("Locate after a restart: %q, %v", id, err)
	}
}
