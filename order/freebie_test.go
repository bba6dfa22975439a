package order_test

import (
	"testing"

	"github.com/waybill-dev/waybill/order"
)

// gifted is an order of four cups with a brush for every two of them and one bag, and a lamp that brings nothing, ready
// to be shipped. I1 are the cups, I2 the brushes, I3 the bag, I4 the lamp.
func gifted(t *testing.T) order.Order {
	t.Helper()
	o, err := order.New(order.Draft{
		ID: "G", Payment: order.PaymentPaid,
		Lines: []order.Line{
			{ID: "C", Name: "컵", Quantity: 4}, {ID: "F", Name: "솔", Quantity: 2, FreebieOf: "C"},
			{ID: "G", Name: "가방", Quantity: 1, FreebieOf: "C"}, {ID: "L", Name: "램프", Quantity: 1},
		},
		Sections: []order.DraftSection{{Place: "P", Method: order.MethodECoupon, Lines: []order.LineQuantity{
			{Line: "C", Quantity: 4}, {Line: "F", Quantity: 2}, {Line: "G", Quantity: 1}, {Line: "L", Quantity: 1},
		}}},
	}, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	o = do(o, order.Command{Event: order.InstructDelivery})
	return do(o, order.Command{Event: order.InstructRelease})
}

// The rest keeps the freebies that it has earned, and the part takes the others.
func TestFreebiesFollow(t *testing.T) {
	for name, c := range map[string]struct {
		items []order.ItemQuantity
		alone bool
		want  string
	}{
		"one cup":                  {items: take("I1", 1), want: "S1 {C3 F1 L1} RELEASE_INSTRUCTED\nS2 {C1 F1 G1} RELEASED\n"},
		"two cups":                 {items: take("I1", 2), want: "S1 {C2 F1 L1} RELEASE_INSTRUCTED\nS2 {C2 F1 G1} RELEASED\n"},
		"three cups":               {items: take("I1", 3), want: "S1 {C1 L1} RELEASE_INSTRUCTED\nS2 {C3 F2 G1} RELEASED\n"},
		"all cups":                 {items: take("I1", 0), want: "S1 {L1} RELEASE_INSTRUCTED\nS2 {C4 F2 G1} RELEASED\n"},
		"what brings nothing":      {items: take("I4", 1), want: "S1 {C4 F2 G1} RELEASE_INSTRUCTED\nS2 {L1} RELEASED\n"},
		"a freebie by itself":      {items: take("I2", 1), want: "S1 {C4 F1 G1 L1} RELEASE_INSTRUCTED\nS2 {F1} RELEASED\n"},
		"a cup and one brush":      {items: append(take("I1", 1), take("I2", 2)...), want: "S1 {C3 L1} RELEASE_INSTRUCTED\nS2 {C1 F2 G1} RELEASED\n"},
		"all cups alone":           {items: take("I1", 0), alone: true, want: "S1 {F2 G1 L1} RELEASE_INSTRUCTED\nS2 {C4} RELEASED\n"},
		"everything, by following": {items: append(take("I1", 4), take("I4", 1)...), want: "S1 {C4 F2 G1 L1} RELEASED\n"},
	} {
		o := do(gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1", Items: c.items, Alone: c.alone})
		if show(o) != c.want {
			t.Errorf("%s: %s", name, show(o))
		}
		sound(t, o)
	}
	refused(t, order.Machine{}, gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1", Items: take("I1", 5)}, order.ErrQuantity)
}

// A cancel and a return take the freebies of what they take, to the end. What came back is what was counted.
func TestFreebiesOfClaims(t *testing.T) {
	cancelled := do(gifted(t), order.Command{Event: order.RequestCancel, Items: take("I1", 2)})
	cancelled = do(cancelled, order.Command{Event: order.ApproveCancel, Section: "S2"})
	if want := "S1 {C2 F1 L1} RELEASE_INSTRUCTED\nS2 {C2 F1 G1} CANCELLED\n"; show(cancelled) != want {
		t.Error(show(cancelled))
	}
	sound(t, cancelled)

	o := do(gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1"})
	o = do(o, order.Command{Event: order.RequestReturn, Items: take("I1", 4), Claim: returning()})
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S2"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2"})
	came := do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: []order.Reception{{Item: "I1", Received: 4}}})
	if want := "S1 {L1} RELEASED\nS2 {F2 G1} RECALL_CONFIRMED, prior RELEASED\nS3 {C4} RECALL_COMPLETED, prior RELEASED\n"; show(came) != want {
		t.Error(show(came))
	}
	sound(t, came)
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: []order.Reception{
		{Item: "I1", Received: 4}, {Item: "I2", Received: 1, Damaged: 1}, {Item: "I3", Missing: 1},
	}})
	o = do(o, order.Command{Event: order.CompleteReturn, Section: "S2", Refund: "R"})
	for _, a := range o.History[len(o.History)-1].Actions {
		if a.Name == order.Restock && (len(a.Items) != 2 || a.Items[1].Line != "F" || a.Items[1].Quantity != 1) {
			t.Errorf("restocked %+v", a.Items)
		}
	}
	wantActions(t, o, order.CustomerMessage, order.Restock)
	sound(t, o)

	lost := do(gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1"})
	lost = do(lost, order.Command{Event: order.WrittenOff, Section: "S1", Items: take("I1", 1), Reason: "lost"})
	if want := "S1 {C3 F2 G1 L1} RELEASED\nS2 {C1} RETURNED\n"; show(lost) != want {
		t.Error(show(lost))
	}
}

// An exchange takes freebies along, asks for no other option of them and does not wait for new ones.
func TestFreebiesOfExchanges(t *testing.T) {
	o := do(gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1"})
	o = do(o, order.Command{Event: order.RequestExchange, Items: take("I1", 1), Claim: exchanging()})
	c := wantClaim(t, o, "C1", order.ClaimExchange, order.OutcomeOpen)
	if len(c.Items) != 3 || c.Items[0].Wanted != "blue" || c.Items[1].Wanted != "" || c.Items[2].Wanted != "" {
		t.Errorf("%+v", c.Items)
	}
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S2"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2"})
	in := section(t, o, "S2").Items
	var came []order.Reception
	for _, it := range in {
		came = append(came, order.Reception{Item: it.ID, Received: it.Quantity})
	}
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: came})
	all := do(o, order.Command{Event: order.ShipReplacement, Section: "S2"})
	if out := section(t, all, "S3"); len(out.Items) != 3 || out.Items[0].Option != "blue" || out.Items[1].Option != "" {
		t.Errorf("%+v", out.Items)
	}
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S2", Items: take(in[0].ID, 1)})
	if out := section(t, o, "S3"); len(out.Items) != 1 {
		t.Errorf("%+v", out.Items)
	}
	o = do(o, order.Command{Event: order.InstructRelease, Section: "S3"})
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S3"})
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteExchange, Section: "S2"}, order.ErrGuard)
	o = do(o, order.Command{Event: order.CompleteDelivery, Section: "S3"})
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteExchange, Section: "S2", Items: take(in[1].ID, 0)}, order.ErrGuard)
	o = do(o, order.Command{Event: order.CompleteExchange, Section: "S2"})
	sound(t, o)

	plain := do(gifted(t), order.Command{Event: order.CompleteRelease, Section: "S1"})
	brush := &order.ClaimRequest{Wanted: []order.WantedOption{{Item: "I1", Option: "blue"}}}
	refused(t, order.Machine{}, plain, order.Command{Event: order.RequestExchange, Items: take("I2", 1), Claim: brush}, order.ErrGuard)
}

// A freebie is given with an ordered line that is none itself. In a section without its parent it follows nobody.
func TestFreebieLines(t *testing.T) {
	draft := func(lines ...order.Line) order.Command {
		return order.Command{ID: "n", Event: order.Created, Draft: &order.Draft{ID: "G", Payment: order.PaymentPaid, Lines: lines}}
	}
	for _, lines := range [][]order.Line{
		{{ID: "F", Quantity: 1, FreebieOf: "C"}},
		{{ID: "F", Quantity: 1, FreebieOf: "F"}},
		{{ID: "C", Quantity: 1}, {ID: "F", Quantity: 1, FreebieOf: "C"}, {ID: "G", Quantity: 1, FreebieOf: "F"}},
	} {
		refused(t, order.Machine{}, order.Order{}, draft(lines...), order.ErrInvalidCommand)
	}
	apart := draft(order.Line{ID: "C", Quantity: 2}, order.Line{ID: "F", Quantity: 2, FreebieOf: "C"})
	apart.Draft.Sections = []order.DraftSection{{Lines: []order.LineQuantity{{Line: "C", Quantity: 2}}}, {Lines: []order.LineQuantity{{Line: "F", Quantity: 2}}}}
	o := do(order.Order{}, apart)
	o = do(o, order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I1", 1)})
	if want := "S1 {C1} ORDERED\nS2 {F2} ORDERED\nS3 {C1} CANCEL_REQUESTED, prior ORDERED\n"; show(o) != want {
		t.Error(show(o))
	}
	// Quantities whose product is larger than any number still divide.
	vast := draft(order.Line{ID: "C", Quantity: 1 << 62}, order.Line{ID: "F", Quantity: 1 << 61, FreebieOf: "C"})
	o = do(do(order.Order{}, vast), order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I1", 1<<61)})
	if s := section(t, o, "S2"); s.Items[1].Quantity != 1<<60 {
		t.Errorf("%+v", s.Items)
	}
	sound(t, o)
}
