package schedule_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// A provider allows ten polls of a number a day. They are spent where news of worth is likely, and none is left for the night.
func ExampleAdaptive_cap() {
	policy := schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200), PollWon: 1}
	dawn := time.Date(2026, 11, 24, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	v := schedule.View{Status: tracking.StatusInTransit, Opened: dawn, Changed: dawn, Now: dawn, Cap: 10}
	for v.Now.Day() == dawn.Day() {
		v = v.Polled(policy.Next(v))
		if v.Now.Hour() >= 8 && v.Status == tracking.StatusInTransit { // the van has left
			v.Status, v.Changed = tracking.StatusOutForDelivery, v.Now
		}
		fmt.Print(v.Now.Format("15:04 "))
	}
	// Output: 07:07 08:06 09:16 10:06 11:03 12:08 13:27 14:47 16:30 18:50 00:00
}

// A parcel in transit has shown nothing since it was handed over.
func ExampleAdaptive_Stop() {
	policy := schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(200), PollWon: 10}
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	at, why := policy.Stop(schedule.View{Status: tracking.StatusInTransit, Opened: noon, Changed: noon})
	fmt.Println(at.Format("2006-01-02:"), why)
	// Output: 2026-12-10: not asked after 16.0 days in IN_TRANSIT: the chance of 0.009 % that anything changes is not worth a poll
}
