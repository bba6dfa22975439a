package order_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// factEnd is where a fact about a waybill leaves a section that carries it: the status, the prior status, and whether
// somebody must look. It is the document's table of parcel facts, for the two that move what is on its way to a buyer.
func factEnd(fact order.EventName, s order.Section) (status, prior order.Status, odd bool) {
	status, prior = s.Status, s.Prior
	switch {
	case fact == order.CompleteDelivery && status == order.StatusReleased:
		return order.StatusDelivered, 0, false
	case fact == order.CompleteDelivery && prior == order.StatusReleased:
		return status, order.StatusDelivered, false
	case fact == order.CourierReturn && (status == order.StatusReleased || status == order.StatusDelivered):
		return order.StatusRecallConfirmed, order.StatusReleased, false
	case fact == order.CourierReturn && status == order.StatusPurchaseConfirmed:
		return status, prior, true
	}
	return status, prior, false
}

// TestFactsEverywhere tells every section, wherever one may stand, that its parcel was delivered or came back: by its
// waybill, twice, and by a waybill that it does not carry. No fact is an error, and what a fact says it says once.
func TestFactsEverywhere(t *testing.T) {
	carried := 0
	for _, at := range situate(t) {
		s, _ := at.order.Section("S1")
		for _, event := range []order.EventName{order.CompleteDelivery, order.CourierReturn} {
			c := order.Command{ID: "fact", Event: event, At: at.now, Actor: order.Tracker("t"), Waybill: &order.Waybill{Courier: "kr.cjlogistics", Number: "7777777777"}}
			if events, err := order.Decide(at.order, c); err != nil || len(events) > 0 {
				t.Errorf("%s of another parcel: %d events, %v", event, len(events), err)
			}
			if s.Waybill == nil {
				continue
			}
			carried++
			c.Waybill = s.Waybill
			after, _, err := order.Handle(at.order, c)
			if err != nil {
				t.Errorf("%s from %s: %v", event, s.Status, err)
				continue
			}
			got, _ := after.Section("S1")
			status, prior, odd := factEnd(event, s)
			if got.Status != status || got.Prior != prior || (got.Exception != nil) != odd {
				t.Errorf("%s from %s, prior %q: %s, prior %q, exception %v; want %s, prior %q, %v",
					event, s.Status, s.Prior, got.Status, got.Prior, got.Exception, status, prior, odd)
			}
			if rise := after.Version - at.order.Version; rise != 0 && got.Status == s.Status || rise != 1 && got.Status != s.Status {
				t.Errorf("%s from %s raised the version by %d", event, s.Status, rise)
			}
			c.ID, c.At = "again", c.At.Add(time.Hour)
			if events, err := order.Decide(after, c); err != nil || len(events) > 0 {
				t.Errorf("%s from %s again: %d events, %v", event, s.Status, len(events), err)
			}
			if err := order.Check(after); err != nil {
				t.Error(err)
			}
		}
	}
	if carried < 100 {
		t.Errorf("only %d facts found their parcel", carried)
	}
}

// TestRecallFactsEverywhere tells of the parcel that brings goods back: that it moves or that nobody fetched it. Only a
// recall that is instructed goes on or back, each kind by its own event; counted it is never by a fact.
func TestRecallFactsEverywhere(t *testing.T) {
	moved := map[order.EventName]int{}
	for _, at := range situate(t) {
		s, _ := at.order.Section("S1")
		if s.RecallWaybill == nil {
			continue
		}
		claim := at.model.sections["S1"].claim
		for event, want := range map[order.EventName]order.Status{
			order.ConfirmRecall: order.StatusRecallConfirmed, order.FailRecall: order.StatusReturnRequested,
			order.FailRecallExchange: order.StatusExchangeRequested,
		} {
			if s.Status != order.StatusRecallInstructed || event == order.FailRecall && claim != "R" || event == order.FailRecallExchange && claim != "E" {
				want = s.Status
			}
			after, _, err := order.Handle(at.order, order.Command{ID: "fact", Event: event, At: at.now, Actor: order.Tracker("t"), Waybill: s.RecallWaybill})
			if got, _ := after.Section("S1"); err != nil || got.Status != want || got.Prior != s.Prior {
				t.Errorf("%s from %s: %s, prior %q, %v; want %s", event, s.Status, got.Status, got.Prior, err, want)
			}
			if want != s.Status {
				moved[event]++
			}
		}
	}
	if len(moved) != 3 {
		t.Errorf("not every fact moved something: %v", moved)
	}
}
