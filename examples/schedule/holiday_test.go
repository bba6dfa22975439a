package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// Learned around the Chuseok of one year and played around that of the next, a model that knows the calendar is less late at as many
// polls than one that does not.
func TestHolidaysAreWorthKnowing(t *testing.T) {
	learned, judged := crowd(t, 1, time.Date(2025, 9, 15, 0, 0, 0, 0, korea)), crowd(t, 2, time.Date(2026, 9, 7, 0, 0, 0, 0, korea))
	known := schedule.Prior().Learn(lives(learned))
	unknown := schedule.Prior().WithCalendar(nil).Learn(lives(learned))
	for _, stage := range []tracking.Status{tracking.StatusOutForDelivery, tracking.StatusDelivered} {
		with, without := delayOf(t, known, judged, stage), delayOf(t, unknown, judged, stage)
		t.Logf("%s: %.3f h with the calendar, %.3f h without, at as many polls", stage, with, without)
		if with > without {
			t.Errorf("%s: holidays make it worse", stage)
		}
	}
}

func crowd(t *testing.T, seed uint64, start time.Time) []parcel {
	t.Helper()
	c, err := sandbox.NewCrowd(sandbox.CrowdConfig{Seed: seed, Start: start, Days: 20, Parcels: 2000})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := c.WriteTimelines(&text); err != nil {
		t.Fatal(err)
	}
	parcels, err := read(&text)
	if err != nil {
		t.Fatal(err)
	}
	return parcels
}

// delayOf is the mean delay at as many polls as asking every two hours takes of the same parcels.
func delayOf(t *testing.T, m *schedule.Model, parcels []parcel, s tracking.Status) float64 {
	t.Helper()
	played := timelines(parcels)
	every2h, err := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, played)
	if err != nil {
		t.Fatal(err)
	}
	adaptive := func(price float64) schedule.Policy {
		return schedule.Adaptive{Model: m, Worth: hours, PollWon: price}
	}
	price, err := measure.Tune(played, every2h.PollsPerParcel(), adaptive)
	if err != nil {
		t.Fatal(err)
	}
	o, err := measure.Replay(adaptive(price), played)
	if err != nil {
		t.Fatal(err)
	}
	return o.Delay(s).Mean * o.PollsPerParcel() / every2h.PollsPerParcel()
}
