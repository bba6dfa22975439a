package docs_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// A test of a shop's own code against the parcel world: no socket, no wall clock.
func Example_sandbox() {
	start := time.Date(2026, 9, 28, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	clock := sandbox.NewClock(start, 0) // stands still until it is stepped
	world := sandbox.New(sandbox.Config{Clock: clock})
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{
		deliveryapi.New(deliveryapi.Config{
			APIKey: world.Demo().DeliveryAPIKey, SecretKey: world.Demo().DeliveryAPISecret,
			BaseURL: world.URLs("").DeliveryAPI, Client: world.Client(),
		}),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	parcel, _ := sandbox.MagicCase("late-publication")
	for range 3 {
		told, err := client.Track(context.Background(), parcel.Query())
		if err != nil {
			fmt.Println(err)
			return
		}
		truth := world.Truth(parcel.Courier, parcel.Number).Shipments[0]
		fmt.Println(clock.Now().Format("15:04"), told.Status, truth.Status)
		clock.Advance(90 * time.Minute)
	}
	fmt.Println(client.Spent())
	// Output:
	// 09:00 IN_TRANSIT IN_TRANSIT
	// 10:30 OUT_FOR_DELIVERY OUT_FOR_DELIVERY
	// 12:00 DELIVERED DELIVERED
	// deliveryapi: 3 calls, 3 parcels, 3 billed
}

// A day's parcels of a warehouse, asked about two days later.
func Example_population() {
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	crowd, err := sandbox.NewCrowd(sandbox.CrowdConfig{Seed: 1, Start: day, Parcels: 2000})
	if err != nil {
		fmt.Println(err)
		return
	}
	world := sandbox.New(sandbox.Config{Clock: sandbox.NewClock(day, 0), Population: crowd})
	world.Clock().Advance(60 * time.Hour)
	count := map[tracking.Status]int{}
	for query := range crowd.All() { // courier, number, and since when
		if uses := world.Truth(query.Courier, query.Number).Shipments; len(uses) > 0 {
			count[uses[len(uses)-1].Status]++
		}
	}
	fmt.Println(count[tracking.StatusDelivered], "delivered,", count[tracking.StatusInTransit], "in transit")
	// Output:
	// 1601 delivered, 14 in transit
}

// Keys are changed while the program runs.
func Example_hotSwap() {
	var keys atomic.Pointer[deliveryapi.Credential]
	keys.Store(&deliveryapi.Credential{APIKey: "pk_live_old", SecretKey: "sk_live_old"})
	carrier := deliveryapi.New(deliveryapi.Config{
		Credentials: func(context.Context) (deliveryapi.Credential, error) { return *keys.Load(), nil },
	})
	keys.Store(&deliveryapi.Credential{APIKey: "pk_live_new", SecretKey: "sk_live_new"}) // from the next call on
	fmt.Println(carrier.Validate())
	// Output: <nil>
}

// What a program does with an error.
func Example_errors() {
	world := sandbox.New(sandbox.Config{})
	carrier := deliveryapi.New(deliveryapi.Config{
		APIKey: world.Demo().DeliveryAPIKey, SecretKey: world.Demo().DeliveryAPISecret,
		BaseURL: world.URLs("").DeliveryAPI, Client: world.Client(),
	})
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{carrier}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Track(context.Background(), tracking.Query{Courier: courier.CJ, Number: "5500-0000-3006"})
	var told *tracking.Error
	switch {
	case err == nil:
	case errors.Is(err, tracking.ErrNotFound): // nothing yet: no failure
		fmt.Println("아직 조회할 것이 없습니다")
	case errors.As(err, &told) && told.Retry == tracking.RetryNever: // a person or a program must change something
		fmt.Println("for a person:", tracking.KindName(err))
	default:
		fmt.Println("ask again later:", tracking.RetryOf(err))
	}
	// Output: 아직 조회할 것이 없습니다
}

// A word that a built-in table does not know gets a row.
func Example_words() {
	table, err := statusmap.TrackerDelivery().With(
		statusmap.Row{Courier: courier.CJ, Text: "로봇분류", Status: tracking.StatusInTransit})
	if err != nil {
		fmt.Println(err)
		return
	}
	row, known := table.Map(courier.CJ, "UNKNOWN", "로봇분류")
	fmt.Println(row.Status, known) // the table goes into the Config of the carrier
	// Output: IN_TRANSIT true
}
