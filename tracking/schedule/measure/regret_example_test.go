package measure_test

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// An engine tells the meter of a parcel when its end is seen: its scans, when each was first seen, and how often it has asked.
// Two parcels say little: the best schedule was lucky with both.
func ExampleMeter() {
	meter := &measure.Meter{Model: schedule.Prior(), Worth: schedule.Worths(200), PollWon: 10}
	van := time.Date(2026, 11, 24, 8, 30, 0, 0, time.FixedZone("KST", 9*60*60))
	door := schedule.Event{At: van.Add(5*time.Hour + 40*time.Minute), Status: tracking.StatusDelivered, Seen: van.Add(6 * time.Hour)}
	for _, polls := range []int{9, 13} {
		meter.Add(measure.Finished{
			Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: van, Polls: polls, Closed: van.Add(6 * time.Hour),
			Scans: []schedule.Event{door},
		})
	}
	for _, regret := range meter.Regrets() {
		fmt.Println(regret)
		fmt.Println(regret.Korean())
	}
	// Output:
	// cj: 2 parcels, 11.0 polls each, 20 min late on average, 176.7 won each with the delay: 2.650 × the best schedule, 17.7 × knowing the future
	// cj: 2건, 건당 조회 11.0회, 인지 지연 평균 20분, 지연을 더한 건당 비용 176.7원: 최적 일정의 2.650배, 미래를 아는 경우의 17.7배
}
