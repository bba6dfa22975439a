package schedule

import (
	"math/rand/v2"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// monday is midnight of a Monday in Korea.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, korea)

func after(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }

// single is a parcel under way with one delivery to come, both in minutes after monday.
func single(opened, delivered int) Timeline {
	return Timeline{
		Status: tracking.StatusInTransit, Opened: after(opened),
		Events: []Event{{At: after(delivered), Status: tracking.StatusDelivered}},
	}
}

// steady is a model with one constant hazard, in transit to delivered.
func steady(perHour float64) *Model {
	all := &stages{}
	all[tracking.StatusInTransit] = []*hazard{newHazard(tracking.StatusDelivered, perHour)}
	return &Model{all: all}
}

// deliveries are parcels that open at any minute of a week and are delivered by a courier that likes some hours of the day
// better than others and rests on Sundays.
func deliveries(seed uint64, n int) []Timeline {
	r := rand.New(rand.NewPCG(seed, 1))
	all := make([]Timeline, n)
	for i := range all {
		opened := r.IntN(7 * 24 * 60)
		at := opened
		for {
			at += 1 + r.IntN(30)
			day, hour := at/(24*60)%7, at/60%24
			if day < 6 && hour >= 9 && hour < 19 && r.IntN(40) == 0 {
				break
			}
		}
		all[i] = single(opened, at)
	}
	return all
}

// journeys are parcels with a pickup, a hub, a van and a door.
func journeys(seed uint64, n int, c tracking.Courier) []Timeline {
	r := rand.New(rand.NewPCG(seed, 2))
	all := make([]Timeline, n)
	for i := range all {
		day := r.IntN(5) * 24 * 60
		pickup := day + 14*60 + r.IntN(5*60)
		hub := pickup + 60 + r.IntN(8*60)
		van := day + 24*60 + 6*60 + r.IntN(3*60)
		door := van + 60 + r.IntN(9*60)
		all[i] = Timeline{Courier: c, Status: tracking.StatusRegistered, Opened: after(pickup - 60 - r.IntN(120)), Events: []Event{
			{At: after(pickup), Status: tracking.StatusPickedUp},
			{At: after(hub), Status: tracking.StatusInTransit},
			{At: after(van), Status: tracking.StatusOutForDelivery},
			{At: after(door), Status: tracking.StatusDelivered},
		}}
	}
	return all
}
