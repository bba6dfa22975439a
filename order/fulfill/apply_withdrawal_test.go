package fulfill_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

// What nobody has tried yet is not done at all.
func TestWithdrawnBeforeItWasDone(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(delivered, 20))
	w.pushed(number, on(delivered, 20), on(returned, 30))
	w.queued(
		key("CONFIRM_INVENTORY", "DELIVERED", "0")+" withdrawn", key("NOTIFY_CUSTOMER", "DELIVERED", "0")+" withdrawn",
		key("CREATE_RETURN_INBOUND", "RETURNED", "1"), key("ALERT_OPERATIONS", "RETURNED", "1"),
	)
}

// A return that is called off (반품취소) takes the inbound back, and what was delivered counts again.
func TestCalledOffReturn(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	back := scan{status: unknown, text: "반송", at: start.Add(30 * time.Minute)}
	off := scan{status: unknown, text: "반품취소", at: start.Add(40 * time.Minute)}
	w.pushed(number, on(delivered, 20), back)
	w.done()
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED")
	w.pushed(number, on(delivered, 20), back, off)
	w.done()
	w.wants("O1", "S1 RECALL_CONFIRMED<DELIVERED") // a person answers the claim, and then it is delivered
	w.queued(
		key("CREATE_RETURN_INBOUND", "RETURNED", "0")+" done", key("CREATE_RETURN_INBOUND", "RETURNED", "0/undo")+" done",
		key("ALERT_OPERATIONS", "RETURNED", "0")+" done", key("ALERT_OPERATIONS", "RETURNED", "0/undo")+" done",
		key("CONFIRM_INVENTORY", "DELIVERED", "1")+" done", key("NOTIFY_CUSTOMER", "DELIVERED", "1")+" done",
	)
}

// A person knows better; the same evidence does nothing any more, and new evidence counts.
func TestCorrectionPinsWhatItOverrules(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(delivered, 20))
	w.done()
	w.pass(time.Hour)
	err := w.engine.Correct(w.ctx, shipmentID(number), fulfill.Pin{Status: inTransit, By: order.Operator("kim"), Reason: "the driver was too quick"})
	if err != nil {
		t.Fatal(err)
	}
	taken := []string{
		key("CONFIRM_INVENTORY", "DELIVERED", "0") + " done", key("CONFIRM_INVENTORY", "DELIVERED", "0/undo"),
		key("NOTIFY_CUSTOMER", "DELIVERED", "0") + " done", key("NOTIFY_CUSTOMER", "DELIVERED", "0/undo"),
	}
	w.queued(taken...)
	if s := w.order("O1").Sections[0]; s.Epoch != 1 || !s.DeliveredAt.IsZero() {
		t.Errorf("the section is of epoch %d, delivered %v", s.Epoch, s.DeliveredAt)
	}
	w.pushed(number, on(delivered, 20), on(inTransit, 21))
	w.pushed(number, on(delivered, 20), on(inTransit, 21), on(onTheVan, 22)) // before the correction
	w.queued(taken...)
	w.pass(time.Hour)
	w.pushed(number, on(delivered, 20), on(inTransit, 21), on(onTheVan, 22), on(delivered, 90))
	w.queued(append(taken, key("CONFIRM_INVENTORY", "DELIVERED", "1"), key("NOTIFY_CUSTOMER", "DELIVERED", "1"))...)
	// The section was DELIVERED all the time. Its buyer's days begin with the delivery that counts.
	w.wants("O1", "S1 DELIVERED")
	again := start.Add(90 * time.Minute)
	if s := w.order("O1").Sections[0]; s.Epoch != 1 || !s.DeliveredAt.Equal(again) {
		t.Errorf("the section is of epoch %d, delivered %v, want %v", s.Epoch, s.DeliveredAt, again)
	}
	traces := w.traces("O1")
	if last := traces[len(traces)-1]; last.Rule != "DELIVERED of the section's waybill gives a DELIVERED section a time of delivery again" {
		t.Errorf("traced: %+v", last)
	}
	history := len(w.order("O1").History)
	w.pushed(number, on(delivered, 20), on(inTransit, 21), on(onTheVan, 22), on(delivered, 90), on(delivered, 95))
	if n := len(w.order("O1").History); n != history {
		t.Errorf("%d events more of the same delivery", n-history)
	}
	w.execute("O1", order.Command{Event: order.ConfirmPurchase, Section: "S1", At: again.AddDate(0, 0, 7), Actor: order.Batch("night")})
}

func TestCorrectionByTheOrder(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) { c.Machine.Policy.RevertDelivery = order.On })
	w.released("O1", number)
	w.pushed(number, on(delivered, 20))
	w.done()
	w.pass(time.Hour)
	w.execute("O1", order.Command{Event: order.RevertDelivery, Section: "S1", Reason: "a neighbour has it", Actor: order.Admin("lee")})
	w.wants("O1", "S1 RELEASED")
	w.pushed(number, on(delivered, 20), on(inTransit, 21))
	w.wants("O1", "S1 RELEASED")
	w.queued(
		key("CONFIRM_INVENTORY", "DELIVERED", "0")+" done", key("CONFIRM_INVENTORY", "DELIVERED", "0/undo"),
		key("NOTIFY_CUSTOMER", "DELIVERED", "0")+" done", key("NOTIFY_CUSTOMER", "DELIVERED", "0/undo"),
	)
	w.pushed(number, on(delivered, 20), on(inTransit, 21), on(delivered, 90))
	w.wants("O1", "S1 DELIVERED")
}

// Delivered or lost by hand (ask 25).
func TestAsk25DeliveredOrLostByHand(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	if err := w.engine.Correct(w.ctx, shipmentID(number), fulfill.Pin{Status: delivered, By: order.Operator("kim")}); err != nil {
		t.Fatal(err)
	}
	w.wants("O1", "S1 DELIVERED")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
	w.released("O2", "680123456793")
	if err := w.engine.Correct(w.ctx, shipmentID("680123456793"), fulfill.Pin{Status: failed, Sub: tracking.SubLost, By: order.Operator("kim")}); err != nil {
		t.Fatal(err)
	}
	w.wants("O2", "S1 RELEASED !LOST")
	if traces := w.traces("O2"); len(traces) != 1 || traces[0].Carrier != "correction" || traces[0].Rule != "FAILED·LOST of the section's waybill marks a RELEASED section LOST" {
		t.Errorf("traced: %+v", traces)
	}
	if err := w.engine.Correct(w.ctx, shipmentID("1"), fulfill.Pin{Status: delivered}); err != fulfill.ErrNoShipment {
		t.Errorf("an unknown shipment: %v", err)
	}
	if err := w.engine.Correct(w.ctx, shipmentID(number), fulfill.Pin{Status: delivered, Sub: tracking.SubLost}); err == nil {
		t.Error("a lost delivery was accepted")
	}
}

// comesBack is the route of a parcel that is delivered where it came from, and nobody says so.
func comesBack() []scan {
	at := func(status tracking.Status, minutes int, place string) scan {
		s := on(status, minutes)
		s.place = place
		return s
	}
	return []scan{
		at(pickedUp, 10, "A"), at(onTheVan, 20, "B"), at(failed, 30, "B"), at(inTransit, 40, "HUB"), at(onTheVan, 50, "A"), at(delivered, 60, "A"),
	}
}

func TestInferredReturnWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, comesBack()...)
	w.wants("O1", "S1 RELEASED !RETURN_INFERRED")
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"))
	if s := w.shipment(number); s.Awaiting != fulfill.AwaitingReturn {
		t.Fatalf("awaits %q", s.Awaiting)
	}
	if err := w.engine.Follow(w.ctx, "O1"); err != nil { // nothing is held back for less than it takes
		t.Fatal(err)
	}
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"))
	if err := w.engine.Confirm(w.ctx, shipmentID(number), order.Operator("kim"), "it stands here"); err != nil {
		t.Fatal(err)
	}
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED")
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"), key("CREATE_RETURN_INBOUND", "RETURNED", "0"))
	if s := w.shipment(number); s.Awaiting != fulfill.AwaitingNothing {
		t.Errorf("still awaits %q", s.Awaiting)
	}
	if err := w.engine.Confirm(w.ctx, shipmentID(number), order.Operator("kim"), "again"); err == nil {
		t.Error("there was nothing to confirm")
	}
}

func TestInferredReturnIsBorneOutByASecondCarrier(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, comesBack()...)
	if err := w.push("other", number, on(inTransit, 15), scan{status: unknown, text: "반송", at: start.Add(45 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED")
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"), key("CREATE_RETURN_INBOUND", "RETURNED", "0"))
}

func TestInferredReturnIsBorneOutByArrival(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, comesBack()...)
	w.execute("O1", order.Command{Event: order.RequestReturn, Actor: order.Seller("s"), Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
	address := order.Recipient{Address: testAddress}
	w.execute("O1", order.Command{Event: order.InstructRecall, Section: "S1", RecallAddress: &address})
	w.execute("O1", order.Command{Event: order.ConfirmRecall, Section: "S1", Waybill: waybill("680200000001")})
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"))
	w.execute("O1", order.Command{Event: order.CompleteRecall, Section: "S1", Reception: []order.Reception{{Item: "I1", Received: 2}, {Item: "I2", Received: 1}}})
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"), key("CREATE_RETURN_INBOUND", "RETURNED", "0"))
}

// Months later the courier gives the number to somebody else, and a stray push tells of that parcel.
func TestALaterUseOfTheNumberWithdrawsNothing(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(delivered, 20))
	w.done()
	w.pass(90 * 24 * time.Hour)
	w.pushed(number, on(delivered, 20), on(pickedUp, 89*24*60))
	w.pushed(number, on(delivered, 20), on(pickedUp, 89*24*60), on(inTransit, 89*24*60+50))
	w.wants("O1", "S1 DELIVERED")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0")+" done", key("NOTIFY_CUSTOMER", "DELIVERED", "0")+" done")
}

// A fact that a person answered does not come back with the next section that it fits.
func TestAnsweredFactDoesNotComeBack(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	part := []order.ItemQuantity{{Item: "I2", Quantity: 1}}
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Items: part, Waybill: waybill(number)})
	w.pushed(number, on(returned, 20))
	w.wants("O1", "S1 RELEASE_INSTRUCTED", "S2 RECALL_CONFIRMED<RELEASED")
	w.execute("O1", order.Command{Event: order.RejectReturn, Section: "S2", Reason: "it goes out again", Actor: order.Seller("s")})
	w.wants("O1", "S1 RELEASE_INSTRUCTED", "S2 RELEASED")
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: waybill(number)})
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED", "S2 RELEASED")
}
