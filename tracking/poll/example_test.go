package poll_test

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Stores keep a code; programs compare grounds; people read words.
func ExampleWhy() {
	why := poll.Why{Ground: poll.GroundChance, Status: tracking.StatusDelivered, Percent: 31}
	code, _ := why.MarshalText()
	fmt.Printf("%s\n%v\n%s\n", code, why, why.Korean())
	// Output:
	// DELIVERED 31%
	// DELIVERED has come with a chance of 31 %
	// 배송 완료 가능성 31%
}

// An engine in memory, asking the sandbox until the first answer is written.
func ExampleEngine() {
	world := sandbox.New(sandbox.Config{})
	delivered, _ := sandbox.MagicCase("delivered")
	carrier := deliveryapi.New(deliveryapi.Config{
		BaseURL: world.URLs("").DeliveryAPI, APIKey: world.Demo().DeliveryAPIKey, SecretKey: world.Demo().DeliveryAPISecret, Client: world.Client(),
	})
	ctx, stop := context.WithCancel(context.Background())
	engine, err := poll.New(poll.Config{
		Store: poll.NewMemoryStore(), Carriers: []tracking.Carrier{carrier}, Fill: -1,
		Hooks: poll.Hooks{Recorded: func(r poll.Recorded) {
			fmt.Println(r.After.Parcel.Status, r.After.Life)
			stop()
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = engine.Open(ctx, poll.Watch{ID: poll.WatchID{
		Shipment: poll.ShipmentID{Courier: courier.CJ, Number: delivered.Number}, Carrier: carrier.Name(),
	}})
	fmt.Println(err, engine.Run(ctx))
	// Output:
	// DELIVERED active
	// <nil> <nil>
}
