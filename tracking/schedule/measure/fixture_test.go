package measure

import (
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/internal/invented"
)

// monday is midnight of a Monday in Korea.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, korea)

func after(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }

// single is a parcel under way with one delivery to come, both in minutes after monday.
func single(opened, delivered int) schedule.Timeline {
	return schedule.Timeline{
		Status: tracking.StatusInTransit, Opened: after(opened),
		Events: []schedule.Event{{At: after(delivered), Status: tracking.StatusDelivered}},
	}
}

// deliveries are parcels under way with one delivery to come.
func deliveries(seed uint64, n int) []schedule.Timeline {
	var all []schedule.Timeline
	for opened, delivered := range invented.Deliveries(seed, n) {
		all = append(all, single(opened, delivered))
	}
	return all
}

// journeys are parcels with a pickup, a hub, a van and a door.
func journeys(seed uint64, n int, c tracking.Courier) []schedule.Timeline {
	var all []schedule.Timeline
	for opened, at := range invented.Journeys(seed, n) {
		t := schedule.Timeline{Courier: c, Status: tracking.StatusRegistered, Opened: after(opened)}
		for i, s := range []tracking.Status{tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered} {
			t.Events = append(t.Events, schedule.Event{At: after(at[i]), Status: s})
		}
		all = append(all, t)
	}
	return all
}

// modelOf reads a model; without tables it is one that expects nothing.
func modelOf(t *testing.T, tables string) *schedule.Model {
	t.Helper()
	var m schedule.Model
	if err := m.UnmarshalText([]byte("waybill-schedule 1\n" + tables)); err != nil {
		t.Fatal(err)
	}
	return &m
}

// steady is a model with one constant hazard, in transit to delivered.
func steady(t *testing.T, perHour float64) *schedule.Model {
	t.Helper()
	return modelOf(t, fmt.Sprintf("IN_TRANSIT\nto DELIVERED -\nage %v*56\nhalf 1*48\nday 1*9\n", perHour))
}
