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

// What a policy would have cost is found by replaying what happened.
func ExampleReplay() {
	van := time.Date(2026, 11, 24, 8, 30, 0, 0, time.FixedZone("KST", 9*60*60))
	parcels := []schedule.Timeline{{
		Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: van,
		Events: []schedule.Event{{At: van.Add(5*time.Hour + 40*time.Minute), Status: tracking.StatusDelivered}},
	}}
	worth, pollWon := schedule.Worths(200), 10.0
	for _, p := range []schedule.Policy{
		schedule.Fixed{Every: 2 * time.Hour}, schedule.StatusTable{}, schedule.Adaptive{Model: schedule.Prior(), Worth: worth, PollWon: pollWon},
	} {
		o, err := schedule.Replay(p, parcels)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%T: %d polls, %.0f min late, %.0f won\n", p, o.Polls, 60*o.Delay().Mean, o.Objective(worth, pollWon))
	}
	// Output:
	// schedule.Fixed: 3 polls, 20 min late, 97 won
	// schedule.StatusTable: 9 polls, 20 min late, 157 won
	// schedule.Adaptive: 9 polls, 2 min late, 97 won
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
