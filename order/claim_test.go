package order_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
)

var everything = order.Machine{Policy: order.AllOn()}

// with is do under a machine.
func with(t *testing.T, m order.Machine, o order.Order, c order.Command) order.Order {
	t.Helper()
	if c.ID == "" {
		c.ID = order.CommandID("w" + string(rune('0'+len(o.History))))
	}
	if c.Actor.Role == "" {
		c.Actor = order.Operator("kim")
	}
	if c.At.IsZero() {
		c.At = noon
	}
	next, _, err := m.Handle(o, c)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// exchanged is an exchange of B×2 of a delivered order that has come to a status: S2 holds the exchange.
func exchanged(t *testing.T, to order.Status) order.Order {
	t.Helper()
	o := do(delivered(), order.Command{Event: order.RequestExchange, Section: "S1", Items: take("I2", 2), Claim: exchanging()})
	for _, step := range []struct {
		to order.Status
		c  order.Command
	}{
		{order.StatusRecallInstructed, order.Command{Event: order.InstructRecall}},
		{order.StatusRecallConfirmed, order.Command{Event: order.ConfirmRecall, Waybill: &w2}},
		{order.StatusRecallCompleted, order.Command{Event: order.CompleteRecall, Reception: []order.Reception{{Item: "I3", Received: 2}}}},
	} {
		if section(t, o, "S2").Status == to {
			break
		}
		step.c.Section = "S2"
		o = do(o, step.c)
	}
	return o
}

func actionsOf(o order.Order) []order.ActionName {
	var names []order.ActionName
	last := o.History[len(o.History)-1].Command
	for _, e := range o.History {
		if e.Command == last {
			for _, a := range e.Actions {
				names = append(names, a.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func wantActions(t *testing.T, o order.Order, want ...order.ActionName) {
	t.Helper()
	slices.Sort(want)
	if got := actionsOf(o); !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func wantClaim(t *testing.T, o order.Order, id order.ClaimID, typ order.ClaimType, outcome order.ClaimOutcome) order.Claim {
	t.Helper()
	c, ok := o.Claim(id)
	if !ok || c.Type != typ || c.Outcome != outcome {
		t.Errorf("claim %s is %+v, want %s %s", id, c, typ, outcome)
	}
	return c
}

func TestCancel(t *testing.T) {
	asked := do(guide(), order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I2", 3), Actor: order.Buyer("b"), Reason: "changed mind"})
	refused(t, order.Machine{}, asked, order.Command{Event: order.CompleteRelease, Section: "S2", Waybill: &w1}, order.ErrIllegal)
	refused(t, order.Machine{}, asked, order.Command{Event: order.ApproveCancel, Section: "S2", Actor: order.Buyer("b")}, order.ErrActor)

	part := do(asked, order.Command{Event: order.ApproveCancel, Section: "S2", Items: take("I3", 1), Actor: order.Seller("s")})
	if want := "S1 {A2 B1} RELEASE_INSTRUCTED\nS2 {B2} CANCEL_REQUESTED, prior RELEASE_INSTRUCTED\nS3 {B1} CANCELLED\n"; show(part) != want {
		t.Error(show(part))
	}
	wantActions(t, part, order.CustomerMessage, order.ReleaseReservation, order.RefundPayment)
	if c := wantClaim(t, part, "C2", order.ClaimCancel, order.OutcomeCompleted); c.Parent != "C1" || c.Reason != "changed mind" || c.Items[0].Quantity != 1 {
		t.Errorf("%+v", c)
	}
	sound(t, part)

	back := do(part, order.Command{Event: order.WithdrawCancel, Section: "S2", Actor: order.Buyer("b")})
	wantClaim(t, back, "C1", order.ClaimCancel, order.OutcomeWithdrawn)
	if got := order.Mergeable(back, "S1"); !slices.Equal(got, []order.SectionID{"S2"}) {
		t.Errorf("mergeable %v", got)
	}
	sound(t, back)
}

// Once the courier has the parcel a cancel can only be refused.
func TestScannedParcelIsNotCancelled(t *testing.T) {
	o := do(guide(), order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: &w1})
	o = do(o, order.Command{Event: order.RequestCancel, Section: "S1", Items: take("I1", 1)})
	version := o.Version
	o = do(o, order.Command{Event: order.WaybillScanned, Waybill: &w1, Actor: order.Tracker("a")})
	if o.Version != version || !section(t, o, "S1").Scanned || !section(t, o, "S2").Scanned {
		t.Errorf("version %d to %d\n%s", version, o.Version, show(o))
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.ApproveCancel, Section: "S2"}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.RegisterStockout, Section: "S1", Reason: "short"}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.RemoveWaybill, Section: "S1"}, order.ErrGuard)
	do(o, order.Command{Event: order.RejectCancel, Section: "S2"})
	gone := do(o, order.Command{Event: order.WrittenOff, Section: "S2", Reason: "lost on the road"})
	if section(t, gone, "S2").Status != order.StatusCancelled {
		t.Error(show(gone))
	}
	sound(t, gone)
}

func TestExternalChannelRefusesByShipping(t *testing.T) {
	o := do(guide(), order.Command{Event: order.RequestCancel, Section: "S1"})
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectCancelAndShip, Section: "S1", Waybill: &w1}, order.ErrGuard)
	o.Channel = order.ChannelExternal
	r := refused(t, order.Machine{}, o, order.Command{Event: order.RejectCancel, Section: "S1"}, order.ErrGuard)
	if slices.Contains(r.Allowed, order.RejectCancel) || !slices.Contains(r.Allowed, order.RejectCancelAndShip) {
		t.Errorf("allowed %v", r.Allowed)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectCancelAndShip, Section: "S1"}, order.ErrWaybillInvalid)
	o = do(o, order.Command{Event: order.RejectCancelAndShip, Section: "S1", Waybill: &w1})
	if s := section(t, o, "S1"); s.Status != order.StatusReleased || s.Prior != 0 || *s.Waybill != w1 || s.ReleasedAt.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestStockout(t *testing.T) {
	refused(t, order.Machine{}, guide(), order.Command{Event: order.RegisterStockout, Section: "S1"}, order.ErrGuard)
	o := do(guide(), order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: &w1})
	o = do(o, order.Command{Event: order.RegisterStockout, Section: "S1", Items: take("I2", 1), Reason: "short"})
	wantActions(t, o, order.CallList, order.StockoutNotice)
	if section(t, o, "S1").Waybill == nil || section(t, o, "S2").Waybill != nil {
		t.Error("the label does not stay with the goods that are there")
	}
	back := do(o, order.Command{Event: order.ReleaseStockout, Section: "S2"})
	sound(t, back)
	asked := do(o, order.Command{Event: order.RequestCancel, Section: "S2"})
	asked = do(asked, order.Command{Event: order.ApproveCancel, Section: "S2"})
	wantActions(t, asked, order.CustomerMessage, order.RefundPayment) // nothing was reserved of what is short
	o = do(o, order.Command{Event: order.CancelForStockout, Section: "S2", Actor: order.Seller("s"), Reason: "supplier late"})
	if c := wantClaim(t, o, "C1", order.ClaimCancel, order.OutcomeCompleted); c.Reason != order.ReasonStockout || c.Fault != order.FaultSeller {
		t.Errorf("%+v", c)
	}
	wantActions(t, o, order.CustomerMessage, order.RefundPayment)
	sound(t, o)
}

func TestReturn(t *testing.T) {
	o := delivered()
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestReturn, Section: "S1"}, order.ErrGuard)
	sent := &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveBuyerSent}}
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestReturn, Section: "S1", Claim: sent, Waybill: &w2}, order.ErrGuard)
	sent.Retrieve.Payer = order.PayerBuyer
	refused(t, order.Machine{}, o, order.Command{Event: order.RequestReturn, Section: "S1", Claim: sent}, order.ErrWaybillInvalid)

	o = do(o, order.Command{Event: order.RequestReturn, Section: "S1", Items: take("I2", 3), Claim: returning()})
	o = do(o, order.Command{Event: order.ClaimHeld, Section: "S2", Hold: &order.Hold{Code: "RETURN_FEE", Charge: 3000}})
	refused(t, order.Machine{}, o, order.Command{Event: order.InstructRecall, Section: "S2"}, order.ErrGuard)
	o = do(o, order.Command{Event: order.ClaimReleased, Section: "S2"})
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S2"})
	wantActions(t, o, order.OrderRecall)
	if s := section(t, o, "S2"); s.RecallDeliveryNo != "ORD-1-C1" {
		t.Errorf("recall delivery number %q", s.RecallDeliveryNo)
	}
	withdrawn := do(o, order.Command{Event: order.WithdrawReturn, Section: "S2", Actor: order.Buyer("b")})
	wantActions(t, withdrawn, order.CancelRecall)

	refused(t, order.Machine{}, o, order.Command{Event: order.ConfirmRecall, Section: "S2"}, order.ErrWaybillInvalid)
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2", Waybill: &w2})
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRecall, Section: "S2"}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRecall, Section: "S2", Items: take("I3", 2),
		Reception: []order.Reception{{Item: "I3", Received: 1}}}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRecall, Section: "S2",
		Reception: []order.Reception{{Item: "I3", Received: 4}}}, order.ErrQuantity)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteRecall, Section: "S2",
		Reception: []order.Reception{{Item: "I3", Received: 3, Damaged: -1}}}, order.ErrQuantity)

	// Two of three arrive, one of them damaged: the third stays on the road.
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: []order.Reception{{Item: "I3", Received: 1, Damaged: 1}}})
	want := "S1 {A2 B1} DELIVERED\nS2 {B1} RECALL_CONFIRMED, prior DELIVERED\nS3 {B2} RECALL_COMPLETED, prior DELIVERED\n"
	if show(o) != want {
		t.Error(show(o))
	}
	sound(t, o)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteReturn, Section: "S3"}, order.ErrGuard)
	o = do(o, order.Command{Event: order.CompleteReturn, Section: "S3", Refund: "R-1", Actor: order.Refund("pg")})
	wantActions(t, o, order.Restock, order.CustomerMessage)
	for _, a := range o.History[len(o.History)-1].Actions {
		if a.Name == order.Restock && (len(a.Items) != 1 || a.Items[0].Quantity != 1) {
			t.Errorf("restock %+v, want the good unit only", a.Items)
		}
	}
	if c := wantClaim(t, o, "C2", order.ClaimReturn, order.OutcomeCompleted); c.Parent != "C1" || c.Refund != "R-1" || c.Items[0].Acceptance != order.Accepted {
		t.Errorf("%+v", c)
	}
	// The rest never comes: counted as missing, it needs no send-back.
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: []order.Reception{{Item: "I3", Missing: 1}}})
	o = do(o, order.Command{Event: order.RejectReturn, Section: "S2", Reason: "never arrived"})
	sound(t, o)
}

// A waybill of the way back may be missing for a while, but a wrong one is never taken.
func TestMalformedRecallWaybill(t *testing.T) {
	bad := &order.Waybill{Courier: w1.Courier, Number: "!?"}
	for _, c := range []order.Command{
		{Event: order.RequestReturn, Section: "S1", Claim: returning(), Waybill: bad},
		{Event: order.RequestExchange, Section: "S1", Claim: exchanging(), Waybill: bad},
	} {
		refused(t, order.Machine{}, delivered(), c, order.ErrWaybillInvalid)
		c.Waybill = nil
		asked := do(delivered(), c)
		refused(t, order.Machine{}, asked, order.Command{Event: order.InstructRecall, Section: "S1", Waybill: bad}, order.ErrWaybillInvalid)
		refused(t, everything, asked, order.Command{Event: order.DirectCollect, Section: "S1", Waybill: bad}, order.ErrWaybillInvalid)
	}
}

func TestRejectedReturnSendsBack(t *testing.T) {
	o := do(delivered(), order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectReturn, Section: "S1"}, order.ErrGuard)
	direct := order.Machine{Policy: order.Policy{DirectCollect: order.On}}
	refused(t, order.Machine{}, o, order.Command{Event: order.DirectCollect, Section: "S1"}, order.ErrPolicyOff)
	o = with(t, direct, o, order.Command{Event: order.DirectCollect, Section: "S1", Actor: order.Seller("s")})
	if c, _ := o.Claim("C1"); c.Items[0].Received != 2 || c.Items[1].Received != 4 {
		t.Errorf("%+v", c.Items)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectReturn, Section: "S1", Reason: "worn"}, order.ErrWaybillInvalid)
	o = do(o, order.Command{Event: order.RejectReturn, Section: "S1", Reason: "worn", Waybill: &w2})
	if s := section(t, o, "S1"); s.Status != order.StatusDelivered || *s.SendBackWaybill != w2 || *s.Waybill != w1 {
		t.Errorf("%+v", s)
	}
	// A new claim starts afresh, and what belonged to the old one is kept.
	o = do(o, order.Command{Event: order.RequestReturn, Section: "S1", Claim: returning()})
	if s := section(t, o, "S1"); s.Claim != "C2" || s.SendBackWaybill != nil || len(s.Archived) != 1 || s.Archived[0].Role != order.WaybillSendBack {
		t.Errorf("%+v", s)
	}
	wantClaim(t, o, "C1", order.ClaimReturn, order.OutcomeRejected)
	sound(t, o)
}

func TestPolicySwitches(t *testing.T) {
	off := order.Machine{Policy: order.AllOff()}
	recalled := exchanged(t, order.StatusRecallInstructed)
	for _, c := range []struct {
		o order.Order
		c order.Command
	}{
		{released(), order.Command{Event: order.RevertRelease, Section: "S1", Reason: "slip", Actor: order.Admin("a")}},
		{delivered(), order.Command{Event: order.RevertDelivery, Section: "S1", Reason: "slip", Actor: order.Admin("a")}},
		{do(delivered(), order.Command{Event: order.ConfirmPurchase, Section: "S1"}), order.Command{Event: order.RequestReturnAfterConfirm, Section: "S1", Claim: returning()}},
		{recalled, order.Command{Event: order.FailRecallExchange, Section: "S2"}},
		{recalled, order.Command{Event: order.ShipReplacementFirst, Section: "S2"}},
		{exchanged(t, order.StatusExchangeRequested), order.Command{Event: order.ConvertToReturnEarly, Section: "S2"}},
		{exchanged(t, order.StatusExchangeRequested), order.Command{Event: order.DirectCollect, Section: "S2"}},
		{released(), order.Command{Event: order.CourierReturn, Section: "S1", Waybill: &w1, Actor: order.Tracker("a")}},
	} {
		refused(t, off, c.o, c.c, order.ErrPolicyOff)
		sound(t, with(t, everything, c.o, c.c))
	}
	unpaid := newOrder(t, order.PaymentPending)
	refused(t, off, unpaid, order.Command{Event: order.CancelNow, Actor: order.System("expiry")}, order.ErrPolicyOff)
	o := do(unpaid, order.Command{Event: order.CancelNow, Actor: order.System("expiry")})
	wantActions(t, o, order.CustomerMessage, order.ReleaseReservation)
	if order.Summarize(o).Status != order.OrderCancelled {
		t.Error(show(o))
	}
	paid := newOrder(t, order.PaymentPaid)
	refused(t, order.Machine{}, paid, order.Command{Event: order.CancelNow}, order.ErrPolicyOff)
	with(t, everything, paid, order.Command{Event: order.CancelNow})
}

func newOrder(t *testing.T, p order.PaymentState) order.Order {
	t.Helper()
	o, err := order.New(order.Draft{ID: "N", Payment: p, Lines: []order.Line{{ID: "A", Quantity: 1}}}, noon, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestConfirmPurchaseWaitsForABatch(t *testing.T) {
	o := delivered()
	at := section(t, o, "S1").DeliveredAt
	c := order.Command{Event: order.ConfirmPurchase, Section: "S1", Actor: order.Batch("night"), At: at.Add(7*24*time.Hour - time.Second)}
	refused(t, order.Machine{}, o, c, order.ErrGuard)
	refused(t, order.Machine{Policy: order.Policy{ConfirmAfterDays: 8}}, o, order.Command{Event: c.Event, Section: "S1", Actor: c.Actor, At: at.Add(7 * 24 * time.Hour)}, order.ErrGuard)
	c.At = at.Add(7 * 24 * time.Hour)
	do(o, c)
	do(o, order.Command{Event: order.ConfirmPurchase, Section: "S1", Actor: order.Buyer("b"), At: at})
}
