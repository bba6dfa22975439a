package order_test

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// holdings is what an order has of every line in every status, whatever the sections.
func holdings(o order.Order) map[string]int {
	have := map[string]int{}
	for _, s := range o.Sections {
		for _, item := range s.Items {
			have[string(item.Line)+" "+s.Status.String()] += item.Quantity
		}
	}
	return have
}

// TestSplitThenMerge advances a part, then the rest, and joins the two: what the order holds is what it would hold had
// the whole section moved at once, and the section that was there first is the one that stays.
func TestSplitThenMerge(t *testing.T) {
	roads := []struct{ road, event string }{
		{"", "InstructDelivery"},
		{"InstructDelivery", "InstructRelease"},
		{"InstructDelivery InstructRelease", "RegisterStockout"},
		{"InstructDelivery InstructRelease RegisterStockout", "ReleaseStockout"},
	}
	for n := range uint64(200) {
		r := rand.New(rand.NewPCG(7, n))
		way := roads[r.IntN(len(roads))]
		w, err := newWorld(order.Policy{}, draft(order.ChannelOwn, order.PaymentPaid))
		if err == nil {
			err = w.walk(way.road)
		}
		if err != nil {
			t.Fatal(err)
		}
		whole := w.fork(w.policy, w.judge)
		if err := whole.walk(way.event); err != nil {
			t.Fatal(err)
		}
		part := w.form("S1", way.event, "operator")
		part.Items = []order.ItemQuantity{{Item: w.order.Sections[0].Items[r.IntN(2)].ID}}
		if way.event != "InstructDelivery" {
			part.Items[0].Quantity = r.IntN(3)
		}
		before := holdings(w.order)
		if accepted, difference := w.try(part); !accepted {
			t.Fatalf("%s of %v: %s", way.event, part.Items, difference)
		}
		if moved := holdings(w.order); sum(moved) != sum(before) {
			t.Errorf("the split made %v of %v", moved, before)
		}
		if _, difference := w.try(w.form("S1", way.event, "operator")); difference != "" {
			t.Fatal(difference)
		}
		merge := order.Command{Event: order.SectionsMerged, Actor: order.Operator("kim"), Sections: []order.SectionID{"S2", "S1"}}
		if err := w.record(merge); err != nil {
			t.Fatal(err)
		}
		if got, want := holdings(w.order), holdings(whole.order); !maps.Equal(got, want) {
			t.Errorf("%s in two steps gives %v, in one %v", way.event, got, want)
		}
		if s, _ := w.order.Section("S2"); s.MergedInto != "S1" || len(s.Items) != 0 {
			t.Errorf("S2 went into %q with %v", s.MergedInto, s.Items)
		}
		if err := replayed(w.order); err != nil {
			t.Error(err)
		}
	}
}

func sum(holdings map[string]int) int {
	total := 0
	for _, quantity := range holdings {
		total += quantity
	}
	return total
}
