package order_test

import (
	"testing"

	"github.com/waybill-dev/waybill/order"
)

func TestExchange(t *testing.T) {
	refused(t, order.Machine{}, delivered(), order.Command{Event: order.RequestExchange, Section: "S1"}, order.ErrGuard)
	one := &order.ClaimRequest{Wanted: []order.WantedOption{{Item: "I1", Option: "red"}}}
	refused(t, order.Machine{}, delivered(), order.Command{Event: order.RequestExchange, Section: "S1", Claim: one}, order.ErrGuard)

	o := exchanged(t, order.StatusRecallCompleted)
	refused(t, order.Machine{}, o, order.Command{Event: order.ConvertToReturn, Section: "S2"}, order.ErrIllegal)
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteExchange, Section: "S2"}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.ShipReplacement, Section: "S2", Items: take("I3", 3)}, order.ErrQuantity)
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S2"})
	out := section(t, o, "S3")
	if out.Kind != order.KindExchangeOut || out.Items[0].Option != "blue" || out.Items[0].Replaces != "I3" || out.Quantity() != 2 || out.Recipient == nil {
		t.Errorf("%+v", out)
	}
	refused(t, order.Machine{}, o, order.Command{Event: order.ShipReplacement, Section: "S2"}, order.ErrGuard)
	if order.Summarize(o).Status != order.OrderDelivered {
		t.Error("while the exchange goes on the section that comes back counts")
	}
	o = do(o, order.Command{Event: order.InstructRelease, Section: "S3"})
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S3", Waybill: &order.Waybill{Courier: w1.Courier, Number: "680000000001"}})
	refused(t, order.Machine{}, o, order.Command{Event: order.CompleteExchange, Section: "S2"}, order.ErrGuard)
	refused(t, order.Machine{}, o, order.Command{Event: order.RejectExchange, Section: "S2", Reason: "no", Waybill: &w2}, order.ErrGuard)
	early := with(t, order.Machine{Policy: order.Policy{ExchangeOnRelease: order.On}}, o, order.Command{Event: order.CompleteExchange, Section: "S2"})
	if got := order.Summarize(early).Status; got != order.OrderPartiallyDelivered {
		t.Errorf("%v", got)
	}
	o = do(o, order.Command{Event: order.CompleteDelivery, Section: "S3"})
	o = do(o, order.Command{Event: order.CompleteExchange, Section: "S2"})
	wantClaim(t, o, "C1", order.ClaimExchange, order.OutcomeCompleted)
	if got := order.Summarize(o).Status; got != order.OrderDelivered {
		t.Errorf("%v", got)
	}
	sound(t, o)
}

// Conversion keeps the fault, cancels what has not left, and does not restock.
func TestConversion(t *testing.T) {
	o := with(t, everything, exchanged(t, order.StatusRecallConfirmed), order.Command{Event: order.ShipReplacementFirst, Section: "S2"})
	o = do(o, order.Command{Event: order.ConvertToReturn, Section: "S2"})
	c := wantClaim(t, o, "C1", order.ClaimReturn, order.OutcomeOpen)
	if c.ConvertedFrom != order.ClaimExchange || c.Fault != order.FaultSeller {
		t.Errorf("%+v", c)
	}
	if section(t, o, "S2").Status != order.StatusRecallConfirmed || section(t, o, "S3").Status != order.StatusCancelled {
		t.Error(show(o))
	}
	wantActions(t, o, order.ReleaseReservation)
	sound(t, o)
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S2", Reception: []order.Reception{{Item: "I3", Received: 2}}})
	again := with(t, order.Machine{Policy: order.Policy{RestockConverted: order.On}}, o, order.Command{Event: order.CompleteReturn, Section: "S2", Refund: "R"})
	wantActions(t, again, order.CustomerMessage, order.Restock)
	o = do(o, order.Command{Event: order.CompleteReturn, Section: "S2", Refund: "R"})
	wantActions(t, o, order.CustomerMessage)
	sound(t, o)
}

// The replacement of two covers the one whose exchange goes on.
func TestConversionOfPartKeepsTheRest(t *testing.T) {
	o := with(t, everything, exchanged(t, order.StatusRecallInstructed), order.Command{Event: order.ShipReplacementFirst, Section: "S2"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2", Items: take("I3", 1), Waybill: &w2})
	o = do(o, order.Command{Event: order.ConvertToReturn, Section: "S4"})
	want := "S1 {A2 B2} DELIVERED\nS2 {B1} RECALL_INSTRUCTED, prior DELIVERED\nS3 {B1} DELIVERY_INSTRUCTED, replacement\n" +
		"S4 {B1} RECALL_CONFIRMED, prior DELIVERED\nS5 {B1} CANCELLED, replacement\n"
	if show(o) != want {
		t.Error(show(o))
	}
	sound(t, o)
	refused(t, everything, o, order.Command{Event: order.ShipReplacementFirst, Section: "S2"}, order.ErrGuard)
}

// The goods are back and the replacement is missing: the exchange becomes a return where it stands.
func TestMissingReplacement(t *testing.T) {
	o := do(exchanged(t, order.StatusRecallCompleted), order.Command{Event: order.ShipReplacement, Section: "S2"})
	o = do(o, order.Command{Event: order.InstructRelease, Section: "S3"})
	o = do(o, order.Command{Event: order.RegisterStockout, Section: "S3", Reason: "missing"})
	refused(t, order.Machine{}, exchanged(t, order.StatusRecallConfirmed), order.Command{Event: order.ReplacementCancelled, Section: "S2", Convert: true}, order.ErrIllegal)

	kept := do(o, order.Command{Event: order.ReplacementCancelled, Section: "S2", Reason: "missing"})
	wantClaim(t, kept, "C1", order.ClaimExchange, order.OutcomeOpen)
	do(kept, order.Command{Event: order.ShipReplacement, Section: "S2"}) // from another warehouse
	refused(t, order.Machine{}, kept, order.Command{Event: order.ReplacementCancelled, Section: "S2"}, order.ErrGuard)

	o = do(o, order.Command{Event: order.ReplacementCancelled, Section: "S2", Reason: "missing", Convert: true})
	wantActions(t, o, order.CustomerMessage, order.ReleaseReservation)
	if c := wantClaim(t, o, "C1", order.ClaimReturn, order.OutcomeOpen); c.ConvertedFrom != order.ClaimExchange {
		t.Errorf("%+v", c)
	}
	o = do(o, order.Command{Event: order.CompleteReturn, Section: "S2", Refund: "R"})
	if section(t, o, "S2").Status != order.StatusReturned || section(t, o, "S3").Status != order.StatusCancelled {
		t.Error(show(o))
	}
	sound(t, o)
}

// A refused exchange of which the replacement waits takes the replacement with it; one whose replacement was cancelled
// for stock-out may be replaced again.
func TestReplacementEnds(t *testing.T) {
	o := do(exchanged(t, order.StatusRecallCompleted), order.Command{Event: order.ShipReplacement, Section: "S2"})
	no := do(o, order.Command{Event: order.RejectExchange, Section: "S2", Reason: "out of stock", Waybill: &w2})
	if section(t, no, "S3").Status != order.StatusCancelled || section(t, no, "S2").Status != order.StatusDelivered {
		t.Error(show(no))
	}
	sound(t, no)
	o = do(o, order.Command{Event: order.InstructRelease, Section: "S3"})
	o = do(o, order.Command{Event: order.RegisterStockout, Section: "S3", Reason: "short"})
	o = do(o, order.Command{Event: order.CancelForStockout, Section: "S3"})
	wantActions(t, o, order.CustomerMessage) // what it replaces was paid for, and is not refunded with it
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S2"})
	sound(t, o)
	o = do(o, order.Command{Event: order.InstructRelease, Section: "S4"})
	o = do(o, order.Command{Event: order.CompleteRelease, Section: "S4", Waybill: &order.Waybill{Courier: w1.Courier, Number: "680000000001"}})
	o = do(o, order.Command{Event: order.WrittenOff, Section: "S4", Reason: "lost"})
	wantActions(t, o, order.CustomerMessage)
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S2"})
	sound(t, o)
}

// Half of an exchange is refused and asked for again: the replacement of the other half is not its own.
func TestExchangeAgain(t *testing.T) {
	o := with(t, everything, exchanged(t, order.StatusRecallInstructed), order.Command{Event: order.ShipReplacementFirst, Section: "S2"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2", Items: take("I3", 1), Waybill: &w2})
	o = do(o, order.Command{Event: order.RejectExchange, Section: "S4", Reason: "used"})
	o = do(o, order.Command{Event: order.RequestExchange, Section: "S4", Claim: exchanging()})
	o = do(o, order.Command{Event: order.InstructRecall, Section: "S4"})
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S4", Waybill: &w2})
	o = do(o, order.Command{Event: order.CompleteRecall, Section: "S4", Reception: []order.Reception{{Item: "I5", Received: 1}}})
	sound(t, o)
	o = do(o, order.Command{Event: order.ShipReplacement, Section: "S4"})
	sound(t, o)
	// Each ends with its own: the other half goes on as it was, and may be converted without touching this one.
	o = do(o, order.Command{Event: order.ConfirmRecall, Section: "S2", Waybill: &w2})
	o = do(o, order.Command{Event: order.ConvertToReturn, Section: "S2"})
	want := "S1 {A2 B2} DELIVERED\nS2 {B1} RECALL_CONFIRMED, prior DELIVERED\nS3 {B1} CANCELLED, replacement\n" +
		"S4 {B1} RECALL_COMPLETED, prior DELIVERED\nS5 {B1} CANCELLED, replacement\nS6 {B1} DELIVERY_INSTRUCTED, replacement\n"
	if show(o) != want {
		t.Error(show(o))
	}
	sound(t, o)
}
