package report_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// A ledger's rows become shipments one by one; here they are four. The quick parcel has arrived, after 20 hours, and the others
// have been waited for: a mean over what is delivered would not know of them.
func Example() {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	rows := func(yield func(report.Shipment, error) bool) {
		for i, status := range []tracking.Status{tracking.StatusDelivered, tracking.StatusInTransit, tracking.StatusHold, tracking.StatusUnknown} {
			s := report.Shipment{Courier: "kr.cjlogistics", Status: status, Shipped: now.AddDate(0, 0, -2-i)}
			if status == tracking.StatusDelivered {
				s.Delivered.At = s.Shipped.Add(20 * time.Hour)
			}
			if !yield(s, nil) {
				return
			}
		}
	}
	from, to := report.Days(now, 7)
	r, err := report.Make(report.Input{From: from, To: to, Now: now, Shipments: rows})
	if err != nil {
		fmt.Println(err)
		return
	}
	g := r.Total
	fmt.Printf("%d shipped, %d moving, %d to be looked at\n",
		g.Shipped.All, g.Shipped.Buckets[report.BucketInTransit], g.Shipped.Buckets[report.BucketUnknown])
	fmt.Printf("delivered %d, after %.0f hours\n", g.ToDelivery.Count, g.ToDelivery.Mean)
	fmt.Printf("open %d, for %.0f hours and up to %.0f\n", g.Open.Age.Count, g.Open.Age.P50, g.Open.Age.Max)
	fmt.Println("half of all have arrived:", g.Estimate.P50.Known)
	// Output:
	// 4 shipped, 1 moving, 1 to be looked at
	// delivered 1, after 20 hours
	// open 3, for 96 hours and up to 120
	// half of all have arrived: false
}

// A screen filters by the statuses of a bucket, so that its list is as long as the count above it.
func ExampleBucket_Statuses() {
	for _, b := range report.Buckets() {
		fmt.Println(b.Korean(), b.Statuses())
	}
	// Output:
	// 집하 전 [PENDING REGISTERED PICKUP_READY]
	// 배송 중 [PICKED_UP IN_TRANSIT OUT_FOR_DELIVERY]
	// 배송 완료 [DELIVERED]
	// 예외 [FAILED HOLD]
	// 반송 [RETURNED]
	// 취소 [CANCELLED]
	// 확인 필요 [UNKNOWN]
}

// What a store keeps of a parcel says nearly everything.
func ExampleOf() {
	at := time.Date(2026, 11, 21, 17, 19, 0, 0, time.FixedZone("KST", 9*60*60))
	evidence := tracking.Evidence{Events: []tracking.Event{
		{At: at.Add(-47 * time.Hour), Status: tracking.StatusPickedUp, Text: "집화처리", Carrier: "deliveryapi"},
		{At: at.Add(-3 * time.Hour), Status: tracking.StatusFailed, Text: "미배달", Carrier: "deliveryapi"},
		{At: at, Seen: at.Add(2 * time.Minute), Door: tracking.DoorPush, Status: tracking.StatusDelivered, Text: "배송완료", Carrier: "deliveryapi"},
	}}
	about := tracking.Context{Since: at.Add(-50 * time.Hour)}
	s := report.Of("kr.cjlogistics", tracking.Derive(evidence, about), evidence, about)
	fmt.Println(s.Status, s.Delivered.At.Sub(s.Shipped), s.Delivered.Seen.Sub(s.Delivered.At), s.Delivered.Door, s.Failed, s.Carrier)
	// Output: DELIVERED 50h0m0s 2m0s push 1 deliveryapi
}
