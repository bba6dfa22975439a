package fulfill_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// What each of the twelve statuses asks of the warehouse, written down from the contract.
func TestActionsOfTheTwelveStatuses(t *testing.T) {
	want := map[tracking.Status][]string{
		tracking.StatusPending: nil, tracking.StatusRegistered: nil, tracking.StatusPickupReady: nil, pickedUp: nil, inTransit: nil,
		onTheVan:  {"NOTIFY_CUSTOMER"},
		delivered: {"CONFIRM_INVENTORY", "NOTIFY_CUSTOMER"},
		failed:    {"ALERT_OPERATIONS"},
		held:      {"ALERT_OPERATIONS"},
		cancelled: {"ALERT_OPERATIONS"},
		returned:  {"ALERT_OPERATIONS", "CREATE_RETURN_INBOUND"},
		unknown:   {"ALERT_OPERATIONS"},
	}
	for _, status := range tracking.Statuses() {
		names, listed := want[status]
		if !listed {
			t.Errorf("%v is not listed", status)
		}
		w := newWorld(t)
		w.released("O1", number)
		w.pushed(number, on(status, 10))
		w.pushed(number, on(status, 10), on(status, 11))
		var keys []string
		for _, name := range names {
			keys = append(keys, key(name, status.String(), "0"))
		}
		w.queued(keys...)
		for _, task := range w.tasks() {
			a := task.Action
			if a.Shipment == shipmentID(number) && (len(a.Items) != 2 || a.Items[0].SKU != "red" || a.Items[0].Quantity != 2 || a.Status != status) {
				t.Errorf("%s: %+v", a.Key, a)
			}
		}
	}
}

// The scan that decided is the newest one that says so and counts.
func TestTraceNamesTheScanThatDecided(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	w.pushed(number,
		scan{status: delivered, at: at(-60 * 24 * 30), text: "배송완료", place: "long ago"}, // of an earlier use of the number
		scan{status: inTransit, at: at(10), place: "HUB"},
		scan{status: delivered, at: at(30), text: "배송완료", place: "Boeun"},
		scan{status: delivered, at: at(31), text: "수취인 등록", place: "Boeun"},
		scan{status: inTransit, at: at(40), place: "HUB"},
	)
	traces := w.traces("O1")
	if len(traces) != 1 {
		t.Fatalf("%d traces", len(traces))
	}
	got := traces[0]
	if got.Text != "수취인 등록" || got.Place != "Boeun" || !got.At.Equal(at(31)) || got.Carrier != "toy" || got.Code != "DELIVERED" ||
		got.Door != tracking.DoorPush || got.Seen.IsZero() || got.Applied.IsZero() || got.Event != order.CompleteDelivery ||
		got.Rule != "DELIVERED of the section's waybill completes a RELEASED section" {
		t.Errorf("traced: %+v", got)
	}
	o := w.order("O1")
	if e := o.History[len(o.History)-1]; e.Command != got.Command || e.Actor != order.Tracker("toy") || !o.Sections[0].DeliveredAt.Equal(at(30)) {
		t.Errorf("the event is %v by %v, delivered %v", e.Command, e.Actor, o.Sections[0].DeliveredAt)
	}
}
