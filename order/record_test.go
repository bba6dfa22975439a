package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// unmoved handles a fact that changes something and does not raise the version.
func unmoved(t *testing.T, o order.Order, c order.Command) order.Order {
	t.Helper()
	next := do(o, c)
	if next.Version != o.Version || len(next.History) == len(o.History) {
		t.Errorf("%v: version %d to %d, %d to %d events", c.Event, o.Version, next.Version, len(o.History), len(next.History))
	}
	sound(t, next)
	return next
}

// ignored handles a fact in which there is nothing new.
func ignored(t *testing.T, o order.Order, c order.Command) {
	t.Helper()
	if c.Actor.Role == "" {
		c.Actor = order.Tracker("a")
	}
	c.ID = "ignored"
	next, events, err := order.Handle(o, c)
	if err != nil || len(events) != 0 || encoded(t, next) != encoded(t, o) {
		t.Errorf("%v: %v, %d events", c.Event, err, len(events))
	}
}

func TestCreated(t *testing.T) {
	o := guide()
	if s := section(t, o, "S1"); s.DeliveryNo != "ORD-1-S1" || s.Method != order.MethodCourier || *s.Recipient != *o.Orderer {
		t.Errorf("%+v", s)
	}
	if _, ok := o.ByDeliveryNo("ORD-1-S1"); !ok {
		t.Error("not found by delivery number")
	}
	if o.Channel != order.ChannelOwn || o.Version != 3 {
		t.Errorf("%+v", o)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.Created, Draft: &order.Draft{}}, order.ErrIllegal)
	lines := []order.Line{{ID: "A", Quantity: 2}}
	for name, d := range map[string]order.Draft{
		"no id":           {Lines: lines},
		"no lines":        {ID: "N"},
		"line twice":      {ID: "N", Lines: append(lines, lines...)},
		"no quantity":     {ID: "N", Lines: []order.Line{{ID: "A"}}},
		"empty section":   {ID: "N", Lines: lines, Sections: []order.DraftSection{{}}},
		"unknown method":  {ID: "N", Lines: lines, Sections: []order.DraftSection{{Method: "DRONE", Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}}}},
		"unknown channel": {ID: "N", Lines: lines, Channel: "MOON"},
		"unknown payment": {ID: "N", Lines: lines, Payment: "MOON"},
		"unknown line":    {ID: "N", Lines: lines, Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "B", Quantity: 2}}}}},
		"too many":        {ID: "N", Lines: lines, Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "A", Quantity: 3}}}}},
		"too few":         {ID: "N", Lines: lines, Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "A", Quantity: 1}}}}},
	} {
		if _, err := order.New(d, noon, order.System("shop")); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPaymentChanged(t *testing.T) {
	o := newOrder(t, order.PaymentPending)
	refused(t, order.Machine{}, o, order.Command{Event: order.InstructDelivery}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.PaymentChanged, Payment: "GIFT"}, order.ErrInvalidCommand)
	refused(t, order.Machine{}, o, order.Command{Event: order.PaymentChanged, Payment: order.PaymentPaid, Actor: order.Tracker("a")}, order.ErrActor)
	next := do(o, order.Command{Event: order.PaymentChanged, Payment: order.PaymentPaid, Actor: order.System("pg")})
	if next.Version != o.Version+1 {
		t.Error("a person's change raises the version")
	}
	sound(t, do(next, order.Command{Event: order.InstructDelivery}))
}

func TestRecipientChanged(t *testing.T) {
	o := newOrder(t, order.PaymentPaid)
	to := &order.Recipient{Name: privacy.Name("남궁민수"), Address: privacy.Address("부산광역시 해운대구 해운대로 1")}
	refused(t, order.Machine{}, o, order.Command{Event: order.RecipientChanged}, order.ErrInvalidCommand)
	next := do(o, order.Command{Event: order.RecipientChanged, Recipient: to, Actor: order.Buyer("b")})
	if s := section(t, next, "S1"); *s.Recipient != *to {
		t.Errorf("%v", s.Recipient)
	}
	sound(t, next)
	next = do(next, order.Command{Event: order.InstructDelivery})
	refused(t, order.Machine{}, next, order.Command{Event: order.RecipientChanged, Recipient: to}, order.ErrIllegal)
	refused(t, order.Machine{}, next, order.Command{Event: order.RecipientChanged, Recipient: to, Section: "S7"}, order.ErrNoTarget)
}

// Without an open claim a hold is one of the section: 배송보류.
func TestHolds(t *testing.T) {
	o := newOrder(t, order.PaymentPaid)
	refused(t, order.Machine{}, o, order.Command{Event: order.ClaimHeld, Section: "S1"}, order.ErrInvalidCommand)
	refused(t, order.Machine{}, o, order.Command{Event: order.ClaimReleased, Section: "S1"}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.ClaimHeld, Hold: &order.Hold{Code: "X"}}, order.ErrLevel)
	o = do(o, order.Command{Event: order.ClaimHeld, Section: "S1", Hold: &order.Hold{Code: "FRAUD"}})
	refused(t, order.Machine{}, o, order.Command{Event: order.InstructDelivery, Section: "S1"}, order.ErrGuard)
	o = do(o, order.Command{Event: order.ClaimReleased, Section: "S1"})
	do(o, order.Command{Event: order.InstructDelivery, Section: "S1"})

	asked := do(o, order.Command{Event: order.RequestCancel})
	asked = do(asked, order.Command{Event: order.ClaimHeld, Section: "S1", Hold: &order.Hold{Code: "CALL"}})
	refused(t, order.Machine{}, asked, order.Command{Event: order.ApproveCancel, Section: "S1"}, order.ErrGuard)
	back := do(asked, order.Command{Event: order.RejectCancel, Section: "S1"}) // a refusal is not held up
	if c, _ := back.Claim("C1"); c.Hold != nil {
		t.Error("a closed claim is still on hold")
	}
	sound(t, do(asked, order.Command{Event: order.ClaimReleased, Section: "S1"}))
}

// An answer may lift the hold that stands in its way: for the part that it answers, and by a role that may lift it.
func TestAnswerReleasesHold(t *testing.T) {
	hold := func(o order.Order, id order.SectionID) order.Order {
		return do(o, order.Command{Event: order.ClaimHeld, Section: id, Hold: &order.Hold{Code: "FEE"}})
	}
	asked := hold(do(guide(), order.Command{Event: order.RequestCancel, Section: "S1"}), "S1")
	approve := order.Command{Event: order.ApproveCancel, Section: "S1", Items: take("I2", 3), ReleaseHold: true, Actor: order.Seller("s")}
	if slices.Contains(order.Allowed(asked, "S1", approve.Actor), order.ApproveCancel) {
		t.Error("a held claim can be approved by a plain button")
	}
	part := do(asked, approve)
	rest, moved := wantClaim(t, part, "C1", order.ClaimCancel, order.OutcomeOpen), wantClaim(t, part, "C2", order.ClaimCancel, order.OutcomeCompleted)
	if rest.Hold == nil || moved.Hold != nil {
		t.Errorf("the rest is held by %v, the part by %v", rest.Hold, moved.Hold)
	}
	if d := part.History[len(part.History)-1].Details; d == nil || !d.ReleaseHold {
		t.Error("the history does not tell that the hold was lifted")
	}
	sound(t, part)

	back := hold(do(delivered(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()}), "S1")
	refused(t, order.Machine{}, back, order.Command{Event: order.InstructRecall, Section: "S1"}, order.ErrGuard)
	back = do(back, order.Command{Event: order.InstructRecall, Section: "S1", ReleaseHold: true})
	if c := wantClaim(t, back, "C1", order.ClaimReturn, order.OutcomeOpen); c.Hold != nil {
		t.Error("the recall goes on under a hold")
	}
	back = do(back, order.Command{Event: order.ConfirmRecall, Section: "S1", Waybill: &w2})
	back = do(back, order.Command{Event: order.CompleteRecall, Section: "S1", Reception: []order.Reception{{Item: "I1", Received: 2}, {Item: "I2", Received: 4}}})
	back = hold(back, "S1")
	done := order.Command{Event: order.CompleteReturn, Section: "S1", Refund: "R", ReleaseHold: true, Actor: order.Refund("r")}
	refused(t, order.Machine{}, back, done, order.ErrGuard) // the refund service may not lift a hold
	done.Actor = order.Operator("kim")
	back = do(back, done)
	wantClaim(t, back, "C1", order.ClaimReturn, order.OutcomeCompleted)
	sound(t, back)
}

// A scan releases what carries the waybill if the host wants that, and nothing beside it.
func TestReleaseByTracker(t *testing.T) {
	m := order.Machine{Policy: order.Policy{ReleaseByTracker: order.On}}
	o := do(guide(), order.Command{Event: order.RegisterWaybill, Section: "S1", Items: take("I1", 0), Waybill: &w1})
	fact := order.Command{Event: order.CompleteRelease, Waybill: &w1, Actor: order.Tracker("a")}
	refused(t, order.Machine{}, o, fact, order.ErrActor)
	stray := order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w2, Actor: order.Tracker("a")}
	refused(t, m, o, stray, order.ErrWaybillInvalid)
	o = with(t, m, o, fact)
	if want := "S1 {B4} RELEASE_INSTRUCTED\nS2 {A2} RELEASED\n"; show(o) != want {
		t.Error(show(o))
	}
	sound(t, o)
	if _, events, err := m.Handle(o, order.Command{ID: "late", Event: order.CompleteRelease, Waybill: &w1, Actor: order.Tracker("a")}); err != nil || len(events) > 0 {
		t.Errorf("the scan again: %d events, %v", len(events), err)
	}
}

// One fact completes every section that carries the waybill, whatever order it arrives in and how often.
func TestBundle(t *testing.T) {
	o := do(guide(), order.Command{Event: order.CompleteRelease, Section: "S1", Items: take("I1", 1), Waybill: &w1})
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1})
	fact := order.Command{Event: order.CompleteDelivery, Waybill: &w1, Actor: order.Tracker("a")}
	o = do(o, fact)
	if show(o) != "S1 {A1 B4} DELIVERED\nS2 {A1} DELIVERED\n" {
		t.Error(show(o))
	}
	ignored(t, o, fact)
	sound(t, o)
	// Written with dashes it is the same waybill, and too late it changes nothing.
	late := do(o, order.Command{Event: order.ConfirmPurchase, Section: "S1"})
	ignored(t, late, order.Command{Event: order.CompleteDelivery, Waybill: &order.Waybill{Courier: w1.Courier, Number: "6801-2345-6782"}})
}

func TestFactsOfReplacedWaybills(t *testing.T) {
	o := do(released(), order.Command{Event: order.ReplaceWaybill, Section: "S1", Waybill: &w2})
	wantActions(t, o, order.ResetTracking)
	if s := section(t, o, "S1"); len(s.Archived) != 1 || s.Archived[0].Waybill != w1 || s.Archived[0].Because != order.ReplaceWaybill {
		t.Errorf("%+v", s.Archived)
	}
	ignored(t, o, order.Command{Event: order.CompleteDelivery, Waybill: &w1})
	ignored(t, o, order.Command{Event: order.WaybillScanned, Waybill: &w1})
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteDelivery, Section: "S1", Waybill: &w1, Actor: order.Tracker("a")}, order.ErrWaybillInvalid)
	sound(t, do(o, order.Command{Event: order.CompleteDelivery, Waybill: &w2, Actor: order.Tracker("a")}))
}

// A parcel delivered under a claim changes where a refused claim goes back to, and nothing else (rule G4).
func TestDeliveredUnderAClaim(t *testing.T) {
	o := do(released(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	o = unmoved(t, o, order.Command{Event: order.CompleteDelivery, Waybill: &w1, Actor: order.Tracker("a")})
	if s := section(t, o, "S1"); s.Status != order.StatusReturnRequested || s.Prior != order.StatusDelivered || s.DeliveredAt.IsZero() {
		t.Errorf("%+v", s)
	}
	ignored(t, o, order.Command{Event: order.PriorStatusUpdated, Waybill: &w1})
	o = do(o, order.Command{Event: order.WithdrawReturn, Section: "S1"})
	if section(t, o, "S1").Status != order.StatusDelivered {
		t.Error(show(o))
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.PriorStatusUpdated, Section: "S1"}, order.ErrIllegal)
	named := do(released(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	unmoved(t, named, order.Command{Event: order.PriorStatusUpdated, Section: "S1", Actor: order.Tracker("a")})
}

// A return to sender takes back what DELIVERED caused; after the purchase is confirmed it only raises an exception.
func TestCourierReturn(t *testing.T) {
	fact := order.Command{Event: order.CourierReturn, Waybill: &w1, Actor: order.Tracker("a")}
	o := do(released(), fact)
	c := wantClaim(t, o, "C1", order.ClaimReturn, order.OutcomeOpen)
	if s := section(t, o, "S1"); s.Status != order.StatusRecallConfirmed || s.Prior != order.StatusReleased || *s.RecallWaybill != w1 || s.Epoch != 0 ||
		c.Reason != order.ReasonUndeliverable || s.RecallDeliveryNo == "" {
		t.Errorf("%+v, %+v", s, c)
	}
	wantActions(t, o, order.OpenReturnInbound)
	sound(t, o)

	before := delivered()
	o = do(before, fact)
	if s := section(t, o, "S1"); s.Prior != order.StatusReleased || s.Epoch != 1 || !s.DeliveredAt.IsZero() || o.Version != before.Version+1 {
		t.Errorf("%+v", s)
	}
	if last := o.History[len(o.History)-1]; last.Name != order.EvidenceWithdrawn {
		t.Errorf("%+v", last)
	}
	wantActions(t, o, order.OpenReturnInbound, order.CompensateDelivery)
	sound(t, o)
	ignored(t, o, fact)

	o = do(delivered(), order.Command{Event: order.ConfirmPurchase, Section: "S1"})
	o = unmoved(t, o, fact)
	if s := section(t, o, "S1"); s.Status != order.StatusPurchaseConfirmed || s.Exception.Code != order.ExceptionReturned || !order.Summarize(o).Exception {
		t.Errorf("%+v", s)
	}
}

func TestRecallFacts(t *testing.T) {
	o := do(delivered(), order.Command{Event: order.RequestReturn, Section: "S1", Waybill: &w2, Claim: returning()})
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S1"})
	ignored(t, o, order.Command{Event: order.ConfirmRecall, Waybill: &w1})
	moving := do(o, order.Command{Event: order.ConfirmRecall, Waybill: &w2, Actor: order.Tracker("a")})
	if section(t, moving, "S1").Status != order.StatusRecallConfirmed {
		t.Error(show(moving))
	}
	ignored(t, moving, order.Command{Event: order.FailRecall, Waybill: &w2})
	ignored(t, o, order.Command{Event: order.FailRecallExchange, Waybill: &w2})
	failed := do(o, order.Command{Event: order.FailRecall, Waybill: &w2, Actor: order.Tracker("a")})
	if s := section(t, failed, "S1"); s.Status != order.StatusReturnRequested || s.RecallWaybill != nil || s.Archived[0].Role != order.WaybillRecall {
		t.Errorf("%+v", s)
	}
	sound(t, failed)
}

func TestExceptions(t *testing.T) {
	o := released()
	refused(t, order.Machine{}, o, order.Command{Event: order.ExceptionRaised, Section: "S1"}, order.ErrInvalidCommand)
	refused(t, order.Machine{}, o, order.Command{Event: order.ExceptionRaised, Exception: &order.Exception{Code: "FAILED"}}, order.ErrLevel)
	raise := order.Command{Event: order.ExceptionRaised, Waybill: &w1, Exception: &order.Exception{Code: "FAILED", Text: "nobody there"}}
	o = unmoved(t, o, raise)
	ignored(t, o, raise)
	do(o, order.Command{Event: order.CompleteDelivery, Section: "S1"}) // it blocks nothing
	o = unmoved(t, o, order.Command{Event: order.ExceptionCleared, Section: "S1"})
	ignored(t, o, order.Command{Event: order.ExceptionCleared, Section: "S1"})
}

func TestEvidenceWithdrawn(t *testing.T) {
	refused(t, order.Machine{}, released(), order.Command{Event: order.EvidenceWithdrawn, Section: "S1"}, order.ErrIllegal)
	o := unmoved(t, delivered(), order.Command{Event: order.EvidenceWithdrawn, Section: "S1", Actor: order.Tracker("a")})
	wantActions(t, o, order.CompensateDelivery)
	if s := section(t, o, "S1"); s.Status != order.StatusDelivered || s.Epoch != 1 {
		t.Errorf("%+v", s)
	}
	noTime := order.Command{Event: order.ConfirmPurchase, Section: "S1", Actor: order.Batch("night"), At: noon.AddDate(1, 0, 0)}
	refused(t, order.Machine{}, o, noTime, order.ErrGuard) // nobody believes that it was delivered
	for _, again := range []order.Command{
		{Event: order.CompleteDelivery, Waybill: &w1}, {Event: order.PriorStatusUpdated, Waybill: &w1}, {Event: order.PriorStatusUpdated, Section: "S1"},
	} {
		again.Actor, again.At = order.Tracker("a"), noon.AddDate(0, 1, 0)
		told := unmoved(t, o, again)
		if s := section(t, told, "S1"); s.Status != order.StatusDelivered || s.Prior != 0 || s.Epoch != 1 || !s.DeliveredAt.Equal(again.At) {
			t.Errorf("%v: %+v", again.Event, s)
		}
		again.Section = ""
		again.Waybill = &w1
		ignored(t, told, again)
		do(told, noTime)
	}
	claimed := do(delivered(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	claimed = unmoved(t, claimed, order.Command{Event: order.EvidenceWithdrawn, Waybill: &w1, Actor: order.Tracker("a")})
	if s := section(t, claimed, "S1"); s.Prior != order.StatusReleased {
		t.Errorf("%+v", s)
	}
	o = with(t, everything, delivered(), order.Command{Event: order.RevertDelivery, Section: "S1", Reason: "wrong parcel", Actor: order.Admin("a")})
	wantActions(t, o, order.CompensateDelivery)
	sound(t, o)
}

func TestWrittenOff(t *testing.T) {
	o := released()
	refused(t, order.Machine{}, o, order.Command{Event: order.WrittenOff, Section: "S1"}, order.ErrGuard)
	refused(t, order.Machine{}, delivered(), order.Command{Event: order.WrittenOff, Section: "S1", Reason: "lost"}, order.ErrIllegal)
	o = do(o, order.Command{Event: order.WrittenOff, Section: "S1", Items: take("I2", 1), Reason: "lost"})
	wantActions(t, o, order.CustomerMessage, order.RefundPayment)
	if show(o) != "S1 {A2 B3} RELEASED\nS2 {B1} RETURNED\n" {
		t.Error(show(o))
	}
	c := wantClaim(t, o, "C1", order.ClaimReturn, order.OutcomeCompleted)
	if c.Reason != order.ReasonLost || c.Fault != order.FaultCourier || c.Items[0].Missing != 1 {
		t.Errorf("%+v", c)
	}
	sound(t, o)
	// Nobody is to fetch what is lost on its way to the buyer.
	claimed := do(released(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	claimed = do(claimed, order.Command{Event: order.InstructRecall, Section: "S1", Waybill: &w2})
	claimed = do(claimed, order.Command{Event: order.WrittenOff, Section: "S1", Reason: "lost"})
	wantActions(t, claimed, order.CancelRecall, order.CustomerMessage, order.RefundPayment)
	// A claimed parcel that never arrives ends the same way; an exchange becomes a return first.
	x := with(t, everything, exchanged(t, order.StatusExchangeRequested), order.Command{Event: order.ShipReplacementFirst, Section: "S2"})
	x = do(x, order.Command{Event: order.WrittenOff, Section: "S2", Reason: "lost"})
	if c := wantClaim(t, x, "C1", order.ClaimReturn, order.OutcomeCompleted); c.ConvertedFrom != order.ClaimExchange {
		t.Errorf("%+v", c)
	}
	if section(t, x, "S3").Status != order.StatusCancelled {
		t.Error(show(x))
	}
	sound(t, x)
	q := do(guide(), order.Command{Event: order.RequestCancel, Section: "S1"})
	refused(t, order.Machine{}, q, order.Command{Event: order.WrittenOff, Section: "S1", Reason: "lost"}, order.ErrGuard)
}

func TestMerge(t *testing.T) {
	start := guide()
	o := do(start, order.Command{Event: order.RegisterStockout, Section: "S1", Items: append(take("I1", 1), take("I2", 4)...), Reason: "short"})
	refused(t, order.Machine{}, o, order.Command{Event: order.SectionsMerged, Sections: []order.SectionID{"S1", "S2"}}, order.ErrGuard)
	o = do(o, order.Command{Event: order.ReleaseStockout, Section: "S2"})
	o = do(o, order.Command{Event: order.SectionsMerged, Sections: []order.SectionID{"S2", "S1", "S2"}})
	if s := section(t, o, "S1"); s.Quantity() != 6 || len(s.Items) != 2 || s.Items[0].ID != "I1" || s.Items[0].Quantity != 2 {
		t.Errorf("%+v", s.Items)
	}
	if s := section(t, o, "S2"); s.MergedInto != "S1" || len(s.Items) != 0 || s.Live() {
		t.Errorf("%+v", s)
	}
	sound(t, o)
	r := refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &w1}, order.ErrNoTarget)
	if !strings.Contains(r.Reason, "merged into S1") || order.Allowed(o, "S2", order.Operator("kim")) != nil {
		t.Errorf("%v", r)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.SectionsMerged, Sections: []order.SectionID{"S1", "S2"}}, order.ErrNoTarget)
	refused(t, order.Machine{}, o, order.Command{Event: order.SectionsMerged, Sections: []order.SectionID{"S1"}}, order.ErrInvalidCommand)
	// Numbers are not used twice.
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Items: take("I1", 1), Waybill: &w1})
	if o.Sections[2].ID != "S3" {
		t.Error(show(o))
	}
}

func TestWaybillsOfTwoRecipients(t *testing.T) {
	other := &order.Recipient{Name: privacy.Name("김철")}
	o, err := order.New(order.Draft{ID: "N", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "A", Quantity: 2}}, Sections: []order.DraftSection{
		{Place: "P", Lines: []order.LineQuantity{{Line: "A", Quantity: 1}}},
		{Place: "P", Recipient: other, Lines: []order.LineQuantity{{Line: "A", Quantity: 1}}},
	}}, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	o = do(do(o, order.Command{Event: order.InstructDelivery}), order.Command{Event: order.InstructRelease})
	if got := order.Mergeable(o, "S1"); got != nil {
		t.Errorf("mergeable with %v", got)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Waybill: &w1}, order.ErrWaybillTaken)
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1})
	same := order.Waybill{Courier: w1.Courier, Number: "6801-2345-6782"}
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &same}, order.ErrWaybillTaken)
	taken := order.Machine{Env: order.Env{WaybillFree: func(w order.Waybill, id order.OrderID, s order.Section) bool {
		return w != w2 || id != "N" || s.ID != "S2"
	}}}
	refused(t, taken, o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &w2}, order.ErrWaybillTaken)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &order.Waybill{Number: "1234567890"}}, order.ErrWaybillInvalid)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &order.Waybill{Courier: "c", Number: "12#45"}}, order.ErrWaybillInvalid)
	do(o, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &w2})
}

// A section that travels without a courier takes no waybill; nothing is fetched for an e-coupon.
func TestMethods(t *testing.T) {
	o, err := order.New(order.Draft{ID: "N", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "A", Quantity: 2}}, Sections: []order.DraftSection{
		{Place: "P", Method: order.MethodECoupon, Lines: []order.LineQuantity{{Line: "A", Quantity: 2}}}}}, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	o = do(do(o, order.Command{Event: order.InstructDelivery}), order.Command{Event: order.InstructRelease})
	if slices.Contains(order.Allowed(o, "S1", order.Operator("kim")), order.RegisterWaybill) {
		t.Error("a waybill is offered for an e-coupon")
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: &w1}, order.ErrWaybillInvalid)
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S1"})
	o = do(o, order.Command{Event: order.CompleteDelivery, Section: "S1", Actor: order.Batch("night")})
	o = do(o, order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S1"})
	wantActions(t, o)
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S1"})
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S1", Reception: []order.Reception{{Item: "I1", Received: 2}}})
	do(o, order.Command{Event: order.RejectReturn, Section: "S1", Reason: "used"})
	o = do(o, order.Command{Event: order.CompleteReturn, Section: "S1", Refund: "R"})
	sound(t, o)
}
