package fulfill_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
)

// TestPrintedTasksShowNoNumber: a task that is printed or logged shows the last four digits of its parcel's number, though its
// key holds all of them. As data it is whole.
func TestPrintedTasksShowNoNumber(t *testing.T) {
	const canary = "680123456782"
	caused := fulfill.Action{
		Key: "parcel/cj/" + canary + "/1/NOTIFY_CUSTOMER/DELIVERED/0/undo", Name: fulfill.NotifyCustomer, Undo: true, Order: "O-1", Shipment: shipmentID(canary),
	}
	commanded := fulfill.Action{
		Key: "order/O-1/c1/ORDER_RECALL", Name: fulfill.Name(order.OrderRecall), Order: "O-1", Command: "c1", Waybills: []order.Waybill{*waybill(canary)},
	}
	for _, a := range []fulfill.Action{caused, commanded} {
		task := fulfill.Task{Action: a, State: fulfill.Waiting, Attempts: 2}
		for _, value := range []any{
			a, &a, []fulfill.Action{a}, map[string]fulfill.Action{"a": a}, task, &task, []fulfill.Task{task}, struct{ T fulfill.Task }{task},
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				text := fmt.Sprintf(verb, value)
				if strings.Contains(text, canary) || strings.Contains(text, canary[:8]) {
					t.Errorf("%s of %T shows the number", verb, value)
				}
			}
		}
		var logged bytes.Buffer
		for _, h := range []slog.Handler{slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil)} {
			slog.New(h).Info("settled", "task", task, "action", a, slog.Group("of", "task", task))
		}
		if text := logged.String(); strings.Contains(text, canary) || !strings.Contains(text, string(a.Name)+" O-1") {
			t.Errorf("logged: %s", text)
		}
		data, err := json.Marshal(a)
		if err != nil || !bytes.Contains(data, []byte(canary)) || task.Action.Key != a.Key {
			t.Errorf("as data: %s, %v", data, err)
		}
	}
	if text := fmt.Sprint(caused); text != "undo NOTIFY_CUSTOMER O-1 "+shipmentID(canary).String() || !strings.Contains(text, canary[8:]) {
		t.Errorf("printed: %s", text)
	}
}
