package measure_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

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
		o, err := measure.Replay(p, parcels)
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
