package sqlstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// van is a carrier that saw every parcel delivered.
type van struct{}

func (van) Name() string { return "van" }

func (van) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "van", RetrievedAt: time.Now(), Events: []tracking.Event{
			{At: time.Now().Add(-time.Minute).Truncate(time.Hour), Status: tracking.StatusDelivered, Text: "배송완료"},
		}}
		p.Settle(q.Context())
		results[i] = tracking.Result{Query: q, Carrier: "van", Parcel: p}
	}
	return results, nil
}

// TestRoad lets the engine go the whole way on each database: two orders in one box, a poll, stock confirmed for both, and
// a correction that takes it back.
func TestRoad(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		confirmed, undone := make(chan fulfill.Action, 10), make(chan fulfill.Action, 10)
		road, err := fulfill.New(fulfill.Config{
			Store: s, Carriers: []tracking.Carrier{van{}},
			Actions: fulfill.Actions{ConfirmInventory: func(_ context.Context, a fulfill.Action) error { confirmed <- a; return nil }},
			Undo:    fulfill.Actions{ConfirmInventory: func(_ context.Context, a fulfill.Action) error { undone <- a; return nil }},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []order.OrderID{"O1", "O2"} {
			for _, c := range []order.Command{
				{ID: "1", Event: order.Created, Actor: order.System("shop"), Draft: &order.Draft{
					ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", SKU: "red", Quantity: 2}},
					Sections: []order.DraftSection{{Place: "W1", Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}}}},
				}},
				{ID: "2", Event: order.InstructDelivery, Actor: order.Operator("kim")},
				{ID: "3", Event: order.InstructRelease, Actor: order.Operator("kim")},
				{ID: "4", Event: order.CompleteRelease, Actor: order.Operator("kim"), Waybill: &order.Waybill{Courier: "cj", Number: "680123456782"}},
			} {
				c.At = time.Now()
				if _, _, err := road.Execute(ctx, id, c); err != nil {
					t.Fatal(err)
				}
			}
		}
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- road.Run(running) }()
		await := func(from chan fulfill.Action) {
			t.Helper()
			select {
			case a := <-from:
				if len(a.Items) != 2 || a.Items[0].Order != "O1" || a.Items[1].Order != "O2" {
					t.Errorf("%s is about %+v", a.Key, a.Items)
				}
			case <-ctx.Done():
				t.Fatal("nothing came")
			}
		}
		await(confirmed)
		err = road.Correct(ctx, poll.ShipmentID{Courier: "cj", Number: "680123456782"}, fulfill.Pin{Status: tracking.StatusInTransit, By: order.Operator("kim")})
		if err != nil {
			t.Fatal(err)
		}
		await(undone)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, id := range []order.OrderID{"O1", "O2"} {
			o, err := road.Orders().Load(t.Context(), id)
			if err != nil || o.Sections[0].Status != order.StatusDelivered || o.Sections[0].Epoch != 1 || order.Check(o) != nil {
				t.Errorf("order %s is %v of epoch %d, %v", id, o.Sections[0].Status, o.Sections[0].Epoch, err)
			}
		}
	})
}
