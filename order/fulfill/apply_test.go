package fulfill_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

const (
	pickedUp  = tracking.StatusPickedUp
	inTransit = tracking.StatusInTransit
	onTheVan  = tracking.StatusOutForDelivery
	delivered = tracking.StatusDelivered
	failed    = tracking.StatusFailed
	held      = tracking.StatusHold
	returned  = tracking.StatusReturned
	cancelled = tracking.StatusCancelled
	unknown   = tracking.StatusUnknown
)

// keys of the first use of the number.
func key(name, cause, epoch string) string { return number + "/1/" + name + "/" + cause + "/" + epoch }

// The evening's sheet may come after the parcel has arrived.
func TestDeliveredBeforeTheSheetCompletesWhenItComes(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.pushed(number, on(pickedUp, 10))
	w.wants("O1", "S1 RELEASE_INSTRUCTED !MOVED_BEFORE_RELEASE scanned")
	w.pushed(number, on(pickedUp, 10), on(delivered, 60))
	w.wants("O1", "S1 RELEASE_INSTRUCTED !MOVED_BEFORE_RELEASE scanned")
	w.queued()
	o := w.execute("O1", order.Command{Event: order.CompleteRelease})
	if s := o.Sections[0]; s.Status != order.StatusDelivered || !s.DeliveredAt.Equal(start.Add(time.Hour)) {
		t.Errorf("Execute gives the section as %v, delivered %v", s.Status, s.DeliveredAt)
	}
	w.wants("O1", "S1 DELIVERED scanned")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
}

// A parcel that a sheet does not know moves the section itself, where the host wants that.
func TestReleaseByTracker(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) { c.Machine.Policy.ReleaseByTracker = order.On })
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.pushed(number, on(pickedUp, 10), on(delivered, 60))
	w.wants("O1", "S1 DELIVERED scanned")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
}

// A word without a mapping moves no order (D4): somebody looks.
func TestD4UnknownMovesNoOrder(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	events := len(w.order("O1").History)
	w.pushed(number, on(unknown, 10))
	w.wants("O1", "S1 RELEASED")
	w.queued(key("ALERT_OPERATIONS", "UNKNOWN", "0"))
	w.pushed(number, on(delivered, 20))
	w.wants("O1", "S1 DELIVERED")
	w.pushed(number, on(delivered, 20), on(unknown, 30))
	w.wants("O1", "S1 DELIVERED")
	if n := len(w.order("O1").History); n != events+1 {
		t.Errorf("%d events instead of one", n-events)
	}
}

// Delivered, then returned, is returned (E1), and what the delivery caused is taken back.
func TestE1DeliveredThenReturnedIsReturned(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(onTheVan, 10))
	w.pushed(number, on(onTheVan, 10), on(delivered, 20))
	w.done()
	w.pushed(number, on(onTheVan, 10), on(delivered, 20), on(returned, 30))
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED")
	w.queued(
		key("NOTIFY_CUSTOMER", "OUT_FOR_DELIVERY", "0")+" done", // it was on the van
		key("CONFIRM_INVENTORY", "DELIVERED", "0")+" done", key("CONFIRM_INVENTORY", "DELIVERED", "0/undo"),
		key("NOTIFY_CUSTOMER", "DELIVERED", "0")+" done", key("NOTIFY_CUSTOMER", "DELIVERED", "0/undo"),
		key("CREATE_RETURN_INBOUND", "RETURNED", "1"), key("ALERT_OPERATIONS", "RETURNED", "1"),
	)
	if s := w.shipment(number); s.Epoch != 1 || w.order("O1").Sections[0].Epoch != 1 {
		t.Errorf("epoch %d of the shipment, %d of the section", s.Epoch, w.order("O1").Sections[0].Epoch)
	}
}

// A scan after the delivery (ask 1), one of an earlier time (ask 2) and a late "shipped" (ask 4) reopen nothing.
func TestAsk1And4ScansAfterDeliveryReopenNothing(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(delivered, 20))
	want := []string{key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0")}
	for _, late := range []scan{on(inTransit, 30), on(onTheVan, 25), on(pickedUp, 1), on(failed, 40), on(held, 41), on(cancelled, 42)} {
		w.pushed(number, on(delivered, 20), late)
		w.wants("O1", "S1 DELIVERED")
		w.queued(want...)
	}
}

// An order is delivered when all its parcels are (ask 5).
func TestAsk5AnOrderIsDeliveredWhenAllItsParcelsAre(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Items: []order.ItemQuantity{{Item: "I1", Quantity: 1}}, Waybill: waybill(number)})
	w.execute("O1", order.Command{Event: order.CompleteRelease, Section: "S1", Waybill: waybill("680123456793")})
	w.pushed("680123456793", on(delivered, 20))
	w.wants("O1", "S1 DELIVERED", "S2 RELEASED")
	if got := order.Summarize(w.order("O1")); got.Status == order.OrderDelivered {
		t.Errorf("half of it: %+v", got)
	}
	w.pushed(number, on(delivered, 30))
	w.wants("O1", "S1 DELIVERED", "S2 DELIVERED")
	for _, task := range w.tasks() {
		quantity := 0
		for _, it := range task.Action.Items {
			quantity += it.Quantity
		}
		if want := map[string]int{number: 1, "680123456793": 2}[task.Action.Shipment.Number]; quantity != want {
			t.Errorf("%s is about %d units, not %d", task.Action.Key, quantity, want)
		}
	}
}

// A printed label is no parcel under way (ask 6).
func TestAsk6ALabelMovesNothing(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.pushed(number, on(tracking.StatusRegistered, 10), on(tracking.StatusPickupReady, 20))
	w.wants("O1", "S1 RELEASE_INSTRUCTED")
	w.queued()
}

// A parcel that is late does not become delivered in silence while somebody claims it (ask 10): the claim stays open.
func TestAsk10DeliveryUnderAClaimLeavesTheClaimOpen(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.execute("O1", order.Command{Event: order.RequestReturn, Actor: order.Buyer("b"), Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
	w.pushed(number, on(delivered, 20))
	w.wants("O1", "S1 RETURN_REQUESTED<DELIVERED")
	w.execute("O1", order.Command{Event: order.RejectReturn, Section: "S1", Reason: "worn", Actor: order.Seller("s")})
	w.wants("O1", "S1 DELIVERED")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
}

func TestExceptionsAreRaisedOnceAndLifted(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(onTheVan, 5), on(failed, 10))
	w.wants("O1", "S1 RELEASED !FAILED")
	events := len(w.order("O1").History)
	w.pushed(number, on(onTheVan, 5), on(failed, 10))
	w.pushed(number, on(onTheVan, 5), on(failed, 10), on(tracking.StatusRegistered, 11))
	if n := len(w.order("O1").History); n != events {
		t.Errorf("%d events more for the same failure", n-events)
	}
	w.execute("O1", order.Command{Event: order.ExceptionCleared, Section: "S1"})
	w.wants("O1", "S1 RELEASED")
	if err := w.engine.Follow(w.ctx, "O1"); err != nil {
		t.Fatal(err)
	}
	w.wants("O1", "S1 RELEASED") // a person has seen it
	w.pushed(number, on(onTheVan, 5), on(failed, 10), on(held, 20))
	w.wants("O1", "S1 RELEASED !HOLD")
	w.pushed(number, on(onTheVan, 5), on(failed, 10), on(held, 20), on(onTheVan, 30))
	w.wants("O1", "S1 RELEASED")
	w.queued(key("NOTIFY_CUSTOMER", "OUT_FOR_DELIVERY", "0"), key("ALERT_OPERATIONS", "FAILED", "0"), key("ALERT_OPERATIONS", "HOLD", "0"))
}

// What a host marked by itself is the host's to lift.
func TestExceptionsOfTheHostStay(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.execute("O1", order.Command{Event: order.ExceptionRaised, Section: "S1", Exception: &order.Exception{Code: "FRAGILE"}})
	w.pushed(number, on(failed, 10))
	w.pushed(number, on(failed, 10), on(onTheVan, 20))
	w.wants("O1", "S1 RELEASED !FRAGILE")
}

func TestCancelledButMoving(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.execute("O1", order.Command{Event: order.RequestCancel, Section: "S1", Actor: order.Buyer("b")})
	w.execute("O1", order.Command{Event: order.ApproveCancel, Section: "S1", Actor: order.Seller("s")})
	w.pushed(number, on(pickedUp, 10))
	w.wants("O1", "S1 CANCELLED !CANCELLED_BUT_MOVING")
	w.pushed(number, on(pickedUp, 10), on(delivered, 60))
	w.wants("O1", "S1 CANCELLED !CANCELLED_BUT_MOVING")
	w.queued(key("ALERT_OPERATIONS", "CANCELLED_BUT_MOVING/O1/S1", "0"))
}

func TestCancelOfWhatIsUnderWayCanOnlyBeRejected(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	w.execute("O1", order.Command{Event: order.RequestCancel, Section: "S1", Actor: order.Buyer("b")})
	w.pushed(number, on(pickedUp, 10))
	w.wants("O1", "S1 CANCEL_REQUESTED<RELEASE_INSTRUCTED scanned")
	w.queued(key("ALERT_OPERATIONS", "CANCEL_SCANNED/O1/S1", "0"))
	if _, err := w.try("O1", order.Command{Event: order.ApproveCancel, Section: "S1", Actor: order.Seller("s")}); err == nil {
		t.Error("the cancel was approved")
	}
}

func TestReturnOfAConfirmedPurchaseIsMarked(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(delivered, 10))
	w.execute("O1", order.Command{Event: order.ConfirmPurchase, Actor: order.Buyer("b")})
	w.pushed(number, on(delivered, 10), on(returned, 20))
	w.wants("O1", "S1 PURCHASE_CONFIRMED !RETURNED")
}

func TestReturnWhereTheHostSwitchedTheEventOff(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) { c.Machine.Policy.CourierReturn = order.Off })
	w.released("O1", number)
	w.pushed(number, on(returned, 20))
	w.wants("O1", "S1 RELEASED !RETURNED")
	w.queued(key("ALERT_OPERATIONS", "RETURNED", "0"), key("CREATE_RETURN_INBOUND", "RETURNED", "0"))
}

// TestReturnInboundOnFailure: what a failed attempt opened lasts as long as the goods may come back, serves the return if they
// do, and is taken back if they don't.
func TestReturnInboundOnFailure(t *testing.T) {
	const withdrawn, done, undo = " withdrawn", " done", "/undo"
	back := scan{status: unknown, text: "반송", at: start.Add(40 * time.Minute)}
	off := scan{status: unknown, text: "반송취소", at: start.Add(50 * time.Minute)}
	lost := scan{status: failed, sub: tracking.SubLost, at: start.Add(60 * time.Minute)}
	inbound := key("CREATE_RETURN_INBOUND", "FAILED", "0")
	alert := key("ALERT_OPERATIONS", "FAILED", "0")
	deliveredNow := []string{key("CONFIRM_INVENTORY", "DELIVERED", "1"), key("NOTIFY_CUSTOMER", "DELIVERED", "1")}
	calledOff := []string{
		alert, inbound + withdrawn, key("ALERT_OPERATIONS", "RETURNED", "0") + withdrawn, key("ALERT_OPERATIONS", "FAILED", "1"),
	}
	for name, c := range map[string]struct {
		then  []scan // one push each
		tried bool
		want  []string
	}{
		"it stands":                  {want: []string{alert, inbound}},
		"another attempt":            {then: []scan{on(onTheVan, 30)}, want: []string{alert, inbound, key("NOTIFY_CUSTOMER", "OUT_FOR_DELIVERY", "0")}},
		"a second failure":           {then: []scan{on(onTheVan, 30), on(failed, 35)}, want: []string{alert, inbound, key("NOTIFY_CUSTOMER", "OUT_FOR_DELIVERY", "0")}},
		"delivered, nothing begun":   {then: []scan{on(delivered, 30)}, want: append([]string{alert, inbound + withdrawn}, deliveredNow...)},
		"delivered, and it was done": {then: []scan{on(delivered, 30)}, tried: true, want: append([]string{alert + done, inbound + done, inbound + undo}, deliveredNow...)},
		"it comes back":              {then: []scan{back}, want: []string{alert, inbound, key("ALERT_OPERATIONS", "RETURNED", "0")}},
		"the return is called off":   {then: []scan{back, off}, want: append(slices.Clip(calledOff), key("CREATE_RETURN_INBOUND", "FAILED", "1"))},
		"called off, and delivered": {then: []scan{back, off, on(delivered, 70)}, want: append(
			slices.Clip(calledOff), key("CREATE_RETURN_INBOUND", "FAILED", "1")+withdrawn, key("CONFIRM_INVENTORY", "DELIVERED", "2"), key("NOTIFY_CUSTOMER", "DELIVERED", "2"))},
		"lost": {then: []scan{lost}, want: []string{alert, inbound + withdrawn, key("ALERT_OPERATIONS", "LOST", "1")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *fulfill.Config) { c.ReturnInboundOnFailure = true })
			w.released("O1", number)
			scans := []scan{on(failed, 20)}
			w.pushed(number, scans...)
			if c.tried {
				w.done()
			}
			for _, s := range c.then {
				scans = append(scans, s)
				w.pushed(number, scans...)
			}
			w.queued(c.want...)
		})
	}
}

// recalled makes an order whose goods are to be fetched back under another number.
func (w *world) recalled(recall string) {
	w.Helper()
	w.released("O1", number)
	w.pushed(number, on(delivered, 10))
	w.execute("O1", order.Command{Event: order.RequestReturn, Actor: order.Buyer("b"), Claim: &order.ClaimRequest{Retrieve: order.Retrieve{Type: order.RetrieveAuto}}})
	address := order.Recipient{Address: testAddress}
	w.execute("O1", order.Command{Event: order.InstructRecall, Section: "S1", Waybill: waybill(recall), RecallAddress: &address})
	w.wants("O1", "S1 RECALL_INSTRUCTED<DELIVERED")
}

// A recall that has not arrived after all is awaited by one inbound, not by two.
func TestRecallThatDidNotArriveIsExpectedOnce(t *testing.T) {
	const recall = "680200000001"
	w := newWorld(t)
	w.recalled(recall)
	w.pushed(recall, on(delivered, 30))
	w.pass(time.Hour)
	if err := w.engine.Correct(w.ctx, shipmentID(recall), fulfill.Pin{Status: inTransit, By: order.Operator("kim")}); err != nil {
		t.Fatal(err)
	}
	states := map[fulfill.TaskState]int{}
	for _, task := range w.tasks() {
		if task.Action.Shipment.Number == recall && task.Action.Name == fulfill.CreateReturnInbound {
			states[task.State]++
		}
	}
	if states[fulfill.Waiting] != 1 || states[fulfill.Withdrawn] != 1 {
		t.Errorf("inbound tasks: %v", states)
	}
}

// The return travels under a number of its own, and the warehouse knows before the box arrives (asks 28 and 30).
func TestRecallConfirmsAndOpensTheInbound(t *testing.T) {
	const recall = "680200000001"
	w := newWorld(t)
	w.recalled(recall)
	w.pushed(recall, on(pickedUp, 100))
	w.wants("O1", "S1 RECALL_CONFIRMED<DELIVERED")
	w.pushed(recall, on(pickedUp, 100), on(delivered, 200))
	w.wants("O1", "S1 RECALL_CONFIRMED<DELIVERED")
	w.queued(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"),
		recall+"/1/CREATE_RETURN_INBOUND/RECALL/0", recall+"/1/ALERT_OPERATIONS/ARRIVED/0")
	if !w.watch(recall).Recall || w.watch(number).Recall {
		t.Error("the words 반품 and 회수 are ordinary movement of the recall, and of nothing else")
	}
}

func TestRecallOfWhichOnlyTheArrivalIsSeen(t *testing.T) {
	const recall = "680200000001"
	w := newWorld(t)
	w.recalled(recall)
	w.pushed(recall, on(delivered, 200))
	w.wants("O1", "S1 RECALL_CONFIRMED<DELIVERED")
}

func TestRecallFails(t *testing.T) {
	const recall = "680200000001"
	w := newWorld(t)
	w.recalled(recall)
	w.pushed(recall, on(failed, 100))
	w.wants("O1", "S1 RETURN_REQUESTED<DELIVERED")
	if got := w.watch(recall); got.Life != "closed" || got.Reason != "host" {
		t.Errorf("the watch of the failed recall is %v", got)
	}
}
