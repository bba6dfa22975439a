package schedule_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// A parcel has been on the van since half past eight on a Tuesday, and a poll costs ten won where an hour of earlier news of a
// delivery is worth 200. Nothing has been learned yet.
func Example() {
	policy := schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200), PollWon: 10}
	kst := time.FixedZone("KST", 9*60*60)
	van := time.Date(2026, 11, 24, 8, 30, 0, 0, kst)
	for _, now := range []time.Time{van, van.Add(5 * time.Hour), van.Add(13 * time.Hour)} {
		v := schedule.View{Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: van, Changed: van, Now: now}
		fmt.Println(now.Format("15:04:"), policy.Why(v))
	}
	// Output:
	// 08:30: asked at 09:19 because DELIVERED has come with a chance of 14 %
	// 13:30: asked at 14:03 because DELIVERED has come with a chance of 16 %
	// 21:30: asked at 22:53 because DELIVERED has come with a chance of 6 %
}

// Every night an engine learns from the parcels that came to their end, and keeps the model as text.
func ExampleWatched_Timeline() {
	kst := time.FixedZone("KST", 9*60*60)
	van := time.Date(2026, 11, 24, 8, 30, 0, 0, kst)
	ended := schedule.Watched{
		Courier: "cj", Opened: van.Add(-time.Hour),
		Evidence: tracking.Evidence{Events: []tracking.Event{
			{At: van, Status: tracking.StatusOutForDelivery, Text: "배송출발", Seen: van.Add(40 * time.Minute), MinLag: 20},
			{At: van.Add(6 * time.Hour), Status: tracking.StatusDelivered, Text: "배송완료", Seen: van.Add(7 * time.Hour)},
		}},
	}
	model := schedule.Prior() // or what the store kept
	if timeline, ok := ended.Timeline(); ok {
		model = model.Fade(0.98).Learn([]schedule.Timeline{timeline})
	}
	text, err := model.MarshalText()
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept schedule.Model
	if err := kept.UnmarshalText(text); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(kept.String() == model.String())
	// Output: true
}
