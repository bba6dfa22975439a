package fulfill_test

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

// van is a carrier that saw one parcel delivered.
type van struct{}

func (van) Name() string { return "van" }

func (van) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "van", RetrievedAt: time.Now(), Events: []tracking.Event{
			{At: time.Now().Add(-time.Minute), Status: tracking.StatusDelivered, Text: "배송완료"},
		}}
		p.Settle(q.Context())
		results[i] = tracking.Result{Query: q, Carrier: "van", Parcel: p}
	}
	return results, nil
}

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	engine, err := fulfill.New(fulfill.Config{
		Store:    fulfill.NewMemoryStore(),
		Carriers: []tracking.Carrier{van{}},
		Actions: fulfill.Actions{
			ConfirmInventory: func(_ context.Context, a fulfill.Action) error {
				fmt.Println(a.Order, a.Name, a.Items[0].SKU, a.Items[0].Quantity)
				cancel() // seen enough
				return nil
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range []order.Command{
		{ID: "1", Event: order.Created, Actor: order.System("shop"), Draft: &order.Draft{
			ID: "ORD-1", Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", SKU: "red shirt", Quantity: 2}},
			Sections: []order.DraftSection{{Place: "Icheon", Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}}}},
		}},
		{ID: "2", Event: order.InstructDelivery, Actor: order.Operator("kim")},
		{ID: "3", Event: order.InstructRelease, Actor: order.Operator("kim")},
		{ID: "4", Event: order.CompleteRelease, Actor: order.Operator("kim"), Waybill: &order.Waybill{Courier: "cj", Number: "680123456782"}},
	} {
		c.At = time.Now()
		if _, _, err := engine.Execute(ctx, "ORD-1", c); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := engine.Run(ctx); err != nil {
		fmt.Println(err)
	}
	o, err := engine.Orders().Load(context.Background(), "ORD-1")
	fmt.Println(o.Sections[0].Status, err)
	// Output:
	// ORD-1 CONFIRM_INVENTORY red shirt 2
	// DELIVERED <nil>
}
