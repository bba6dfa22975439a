package schedule

import (
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule/internal/invented"
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

// deliveries are parcels under way with one delivery to come.
func deliveries(seed uint64, n int) []Timeline {
	var all []Timeline
	for opened, delivered := range invented.Deliveries(seed, n) {
		all = append(all, single(opened, delivered))
	}
	return all
}

// journeys are parcels with a pickup, a hub, a van and a door.
func journeys(seed uint64, n int, c tracking.Courier) []Timeline {
	var all []Timeline
	for opened, at := range invented.Journeys(seed, n) {
		t := Timeline{Courier: c, Status: tracking.StatusRegistered, Opened: after(opened)}
		for i, s := range []tracking.Status{tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered} {
			t.Events = append(t.Events, Event{At: after(at[i]), Status: s})
		}
		all = append(all, t)
	}
	return all
}

// since is the probability that the change h comes after a view and before a time, and no push tells of it.
func since(m *Model, v View, until time.Time, h *hazard) float64 {
	o := m.outlook(&v)
	return surprise(o.expected(h, koreaSeconds(v.Now), koreaSeconds(until))*v.unsignalled(), 1)
}
