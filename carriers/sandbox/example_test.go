package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// A world is asked over HTTP like the provider that it plays; here without a socket.
func Example() {
	world := sandbox.New(sandbox.Config{})
	delivered, _ := sandbox.MagicCase("delivered")

	body := fmt.Sprintf(`{"t_key":%q,"t_code":"04","t_invoice":%q}`, world.Demo().SweetTrackerKey, delivered.Number)
	response, err := world.Client().Post(world.URLs("").SweetTracker+"/api/v1/trackingInfo", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	var answer struct {
		Level      int
		CompleteYN string
	}
	_ = json.NewDecoder(response.Body).Decode(&answer)
	fmt.Println(response.StatusCode, answer.Level, answer.CompleteYN)
	// Output: 200 6 Y
}

// A test writes its own parcel and moves the clock.
func ExampleWorld_Add() {
	start := time.Date(2026, 9, 28, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	clock := sandbox.NewClock(start, 0) // stands still
	world := sandbox.New(sandbox.Config{Clock: clock, Empty: true})
	world.Add(sandbox.Parcel{
		Courier: courier.Hanjin, Number: "550000001235",
		Label: start,
		Scans: []sandbox.Scan{
			{At: start.Add(8 * time.Hour), Status: tracking.StatusPickedUp, Text: "집하", Place: "서울"},
			{At: start.Add(29 * time.Hour), Published: start.Add(31 * time.Hour), Status: tracking.StatusDelivered, Text: "배송완료"},
		},
	})
	for range 5 {
		fmt.Println(clock.Now().Format("Jan 2 15:04"), world.Truth(courier.Hanjin, "550000001235").Shipments[0].Status)
		clock.Advance(8 * time.Hour)
	}
	// Output:
	// Sep 28 09:00 PENDING
	// Sep 28 17:00 PICKED_UP
	// Sep 29 01:00 PICKED_UP
	// Sep 29 09:00 PICKED_UP
	// Sep 29 17:00 DELIVERED
}

// A provider can be made to fail for a while.
func ExampleWorld_Disturb() {
	world := sandbox.New(sandbox.Config{})
	stop := world.Disturb(sandbox.Fault{Provider: sandbox.DeliveryAPI, HTML: true, Status: http.StatusServiceUnavailable})
	status := func() int {
		request, _ := http.NewRequest(http.MethodGet, world.URLs("").DeliveryAPI+"/v1/usage", nil)
		request.Header.Set("Authorization", "Bearer "+world.Demo().DeliveryAPIKey+":"+world.Demo().DeliveryAPISecret)
		response, err := world.Client().Do(request)
		if err != nil {
			return 0
		}
		response.Body.Close()
		return response.StatusCode
	}
	fmt.Println(status())
	stop()
	fmt.Println(status())
	// Output:
	// 503
	// 200
}

// The magic numbers can be listed, for a test that goes through them or a page that documents them.
func ExampleMagic() {
	for _, m := range sandbox.Magic()[:4] {
		fmt.Println(m.Courier, m.Number, m.Case, m.Status)
	}
	// Output:
	// cj 550000001002 unknown UNKNOWN
	// cj 550000001013 pending PENDING
	// lotte 550000001025 registered REGISTERED
	// hanjin 550000001036 pickup-ready PICKUP_READY
}
