package order_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// Check finds what is broken, and names it.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct {
		invariant string
		spoil     func(*order.Order)
	}{
		{"I1", func(o *order.Order) { o.Sections[0].Items[0].Quantity++ }},
		{"I1", func(o *order.Order) { o.Sections[0].Items[0].Line = "Z" }},
		{"I2", func(o *order.Order) { o.Sections[0].Items[0].Quantity = 0 }},
		{"I2", func(o *order.Order) { o.Sections[0].Items = nil }},
		{"I3", func(o *order.Order) { o.Sections[0].Prior = order.StatusOrdered }},
		{"I3", func(o *order.Order) { o.Sections[0].Status = 0 }},
		{"I3", func(o *order.Order) { o.Sections[1].Claim = "" }},
		{"I3", func(o *order.Order) { o.Claims[0].Outcome = order.OutcomeRejected }},
		{"I3", func(o *order.Order) { o.Claims[0].Items[0].Quantity++ }},
		{"I3", func(o *order.Order) { o.Claims[0].Type = order.ClaimCancel }},
		{"I5", func(o *order.Order) { o.Sections[2].Items[0].Quantity++ }},
		{"I5", func(o *order.Order) {
			more := o.Sections[2]
			more.ID, more.Items = "S4", []order.Item{{ID: "I5", Line: "B", Quantity: 1, Replaces: "I3"}}
			o.Sections, o.Counters = append(o.Sections, more), order.Counters{Section: 4, Item: 5, Claim: 1}
		}},
		{"I7", func(o *order.Order) { o.Sections[1].ID = "S1" }},
		{"I7", func(o *order.Order) { o.Counters.Item = 1 }},
		{"I7", func(o *order.Order) { o.Sections[1].Parent = "S8" }},
		{"I8", func(o *order.Order) { o.Sections[1].Recipient = nil }},
		{"I11", func(o *order.Order) { o.Sections[0].Place = "elsewhere" }},
		{"I11", func(o *order.Order) { o.Version++ }},
		{"I11", func(o *order.Order) { o.History[1].Seq = 7 }},
		{"I11", func(o *order.Order) { o.History[1].Moves[0].From = order.StatusDelivered }},
		{"I4", func(o *order.Order) { o.History[1].Moves[0].Items[0].Quantity = 1 }},
		{"I6", func(o *order.Order) { o.History[3].Moves[0].To = order.StatusReturned }},
	} {
		o := deepCopy(t, do(exchanged(t, order.StatusRecallCompleted), order.Command{Event: order.ShipReplacement, Section: "S2"}))
		sound(t, o)
		c.spoil(&o)
		if err := order.Check(o); !errors.Is(err, order.ErrInvariant) || !strings.Contains(err.Error(), c.invariant+":") {
			t.Errorf("want %s, got %v", c.invariant, err)
		}
	}
}

func deepCopy(t *testing.T, o order.Order) order.Order {
	t.Helper()
	back, err := order.DecodeOrder([]byte(encoded(t, o)), privacy.Standard)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// Apply takes the next event, takes one that it has as nothing, and refuses the rest.
func TestApply(t *testing.T) {
	o := guide()
	events, err := order.Decide(o, order.Command{ID: "x", Event: order.RequestCancel, Section: "S1", Items: take("I1", 1), Actor: order.Buyer("b")})
	if err != nil {
		t.Fatal(err)
	}
	next, err := order.Apply(o, events[0])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := order.Apply(next, events[0]); err != nil || encoded(t, again) != encoded(t, next) {
		t.Errorf("again: %v", err)
	}
	other := events[0]
	other.Command = "y"
	gap := events[0]
	gap.Seq += 2
	taken := events[0]
	taken.Seq, taken.Command = len(next.History)+1, "z"
	for name, e := range map[string]order.Event{"other": other, "gap": gap, "stale": taken} {
		if _, err := order.Apply(next, e); !errors.Is(err, order.ErrHistory) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := order.Replay(next.History[1:]); !errors.Is(err, order.ErrHistory) {
		t.Errorf("%v", err)
	}
}

// What goes to logs, screens and errors is masked; what goes to the store is whole.
func TestOrdersPrintMasked(t *testing.T) {
	o := do(delivered(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning(),
		RecallAddress: &order.Recipient{Name: privacy.Name("홍길동"), Address: privacy.Address("서울특별시 강남구 테헤란로 123")}})
	masked, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"json": string(masked), "%v": fmt.Sprintf("%v", o), "%+v": fmt.Sprintf("%+v", o), "%#v": fmt.Sprintf("%#v", o),
		"recipient": fmt.Sprint(o.Orderer),
	} {
		for _, secret := range []string{"홍길동", "1234-5678", "테헤란로 123"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s", name, secret)
			}
		}
	}
	if !strings.Contains(encoded(t, o), "홍길동") {
		t.Error("the store lost the name")
	}
}

func TestSummarize(t *testing.T) {
	in := func(statuses ...order.Status) order.Order {
		var o order.Order
		for _, s := range statuses {
			o.Sections = append(o.Sections, order.Section{Kind: order.KindOriginal, Status: s, Items: []order.Item{{Quantity: 1}}})
		}
		return o
	}
	for _, c := range []struct {
		o    order.Order
		want order.OrderStatus
	}{
		{in(order.StatusOrdered), order.OrderPreparing},
		{in(order.StatusStockoutHeld, order.StatusCancelled), order.OrderPreparing},
		{in(order.StatusReleaseInstructed, order.StatusDelivered), order.OrderPartiallyReleased},
		{in(order.StatusReleased, order.StatusReturned), order.OrderReleased},
		{in(order.StatusReleased, order.StatusDelivered), order.OrderPartiallyDelivered},
		{in(order.StatusReleased, order.StatusPurchaseConfirmed), order.OrderPartiallyDelivered},
		{in(order.StatusDelivered, order.StatusPurchaseConfirmed), order.OrderDelivered},
		{in(order.StatusPurchaseConfirmed, order.StatusCancelled), order.OrderConfirmed},
		{in(order.StatusCancelled, order.StatusCancelled), order.OrderCancelled},
		{in(order.StatusCancelled, order.StatusReturned), order.OrderReturned},
		{in(order.StatusExchanged), order.OrderReturned},
	} {
		if got := order.Summarize(c.o).Status; got != c.want {
			t.Errorf("%v: %v, want %v", show(c.o), got, c.want)
		}
	}
	claimed := in(order.StatusCancelRequested, order.StatusReturnRequested)
	claimed.Sections[0].Prior, claimed.Sections[1].Prior = order.StatusOrdered, order.StatusDelivered
	if got := order.Summarize(claimed); got != (order.Summary{Status: order.OrderPartiallyReleased, ClaimOpen: true}) {
		t.Errorf("%+v", got)
	}
}
