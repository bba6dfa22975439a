package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Deliveries drawn from known hazards give those hazards back.
func TestLearnFindsTheHazards(t *testing.T) {
	parcels := deliveries(1, 20_000)
	m := Prior().Learn(parcels)
	// The generator draws one in forty at every step of 15.5 minutes on average, from nine to seven, not on Sundays.
	const want = 60 / 15.5 / 40
	v := View{Status: tracking.StatusInTransit, Changed: monday}
	for _, c := range []struct{ day, hour int }{{0, 10}, {0, 18}, {3, 14}, {5, 12}} {
		v.Now = after((c.day*24+c.hour)*60 + 45)
		v.Changed = v.Now.Add(-20 * time.Hour)
		if got := m.Rate(v, tracking.StatusDelivered); math.Abs(got/want-1) > 0.2 {
			t.Errorf("day %d, %d h: %v an hour, want %v", c.day, c.hour, got, want)
		}
	}
	for _, minute := range []int{3 * 60, (2*24 + 23) * 60, (6*24 + 12) * 60} {
		v.Now = after(minute)
		v.Changed = v.Now.Add(-20 * time.Hour)
		if got := m.Rate(v, tracking.StatusDelivered); got > want/50 {
			t.Errorf("at minute %d nobody delivers, and %v an hour is expected", minute, got)
		}
	}
	if m.Rate(v, tracking.StatusCancelled) != 0 {
		t.Error("what never came is expected")
	}
}

// A fit gives as many events as there were, up to what it is held toward the belief.
func TestLearnConservesEvents(t *testing.T) {
	parcels := journeys(1, 3000, "cj")
	m := Prior().Learn(parcels)
	var expected float64
	for _, p := range parcels {
		for at := minuteOf(p.Events[2].At); at < minuteOf(p.Events[3].At); at++ {
			for _, h := range m.hazards("cj", tracking.StatusOutForDelivery) {
				if h.to == tracking.StatusDelivered {
					expected += h.rate(m.calendar.cellAt(at, minuteOf(p.Events[2].At))) / 60
				}
			}
		}
	}
	if math.Abs(expected/float64(len(parcels))-1) > 0.02 {
		t.Errorf("%v deliveries expected of %d", expected, len(parcels))
	}
}

func TestLearnHoldsCouriersTowardAll(t *testing.T) {
	slow := journeys(2, 400, "hanjin")
	for i := range slow {
		slow[i].Events[3].At = slow[i].Events[3].At.Add(4 * time.Hour)
	}
	parcels := slices.Concat(journeys(1, 1600, "cj"), slow, journeys(3, 1, "logen"))
	m := Prior().Learn(parcels)
	rate := func(c tracking.Courier) float64 {
		return m.Rate(View{Courier: c, Status: tracking.StatusOutForDelivery, Changed: after(8 * 60), Now: after(11*60 + 30)}, tracking.StatusDelivered)
	}
	all, cj, hanjin, logen, unknown := m.all[tracking.StatusOutForDelivery][0], rate("cj"), rate("hanjin"), rate("logen"), rate("epost")
	if all.to != tracking.StatusDelivered {
		t.Fatalf("the first change from the van is %s", all.to)
	}
	if !(hanjin < cj/2) {
		t.Errorf("the slow courier has %v an hour, the other %v", hanjin, cj)
	}
	if math.Abs(logen/unknown-1) > 0.3 || unknown != all.rate(m.calendar.cellAt(minuteOf(after(11*60+30)), minuteOf(after(8*60)))) {
		t.Errorf("one parcel gives %v an hour, no parcel %v", logen, unknown)
	}
}

func TestLearnIsTheSameInEveryOrder(t *testing.T) {
	parcels := slices.Concat(journeys(1, 50, "cj"), journeys(2, 50, "hanjin"), deliveries(3, 50))
	before := Prior().String()
	first := Prior().Learn(parcels).String()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(parcels), func(i, j int) { parcels[i], parcels[j] = parcels[j], parcels[i] })
	if second := Prior().Learn(parcels).String(); first != second {
		t.Error("the order of timelines changes the model")
	}
	if Prior().String() != before {
		t.Error("learning changed the prior")
	}
	if got := Prior().Learn(nil); got.String() != before {
		t.Error("nothing was learned from, and the model changed")
	}
}

func TestPrior(t *testing.T) {
	at := func(known, to tracking.Status, day, hour int) float64 {
		now := after((day*24 + hour) * 60)
		return Prior().Rate(View{Courier: "cj", Status: known, Changed: now.Add(-20 * time.Hour), Now: now}, to)
	}
	const picked, hub, van, door = tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered
	for _, c := range []struct {
		what        string
		more, fewer float64
	}{
		{"vans leave in the morning", at(hub, van, 1, 8), 5 * at(hub, van, 1, 16)},
		{"deliveries are made by day", at(van, door, 1, 15), 5 * at(van, door, 1, 23)},
		{"pickups are in the afternoon", at(tracking.StatusRegistered, picked, 1, 17), 5 * at(tracking.StatusRegistered, picked, 1, 9)},
		{"line haul is at night", at(picked, hub, 1, 22), 3 * at(picked, hub, 1, 10)},
		{"Sundays are quiet", at(hub, van, 1, 8), 5 * at(hub, van, 6, 8)},
	} {
		if !(c.more > c.fewer) || c.fewer == 0 {
			t.Errorf("%s: %v against %v", c.what, c.more, c.fewer)
		}
	}
	for known, hazards := range Prior().all {
		for _, h := range hazards {
			var clock, week float64
			for _, f := range h.half {
				clock += f / halfHours
			}
			for _, f := range h.day[:weekdays] {
				week += f / weekdays
			}
			if math.Abs(clock-1) > 1e-9 || math.Abs(week-1) > 1e-9 || h.base[0] <= 0 {
				t.Errorf("%s to %s: clock %v, week %v", tracking.Status(known), h.to, clock, week)
			}
		}
	}
}

func TestPriorRowsAreChecked(t *testing.T) {
	good := []string{"IN_TRANSIT", "DELIVERED", "1", "2", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "1 1 1 1 1 1 0"}
	if _, _, err := priorRow(good); err != nil {
		t.Fatal(err)
	}
	for column, broken := range []string{"MOVING", "THERE", "often", "soon", "1 2 3", "1 1 1 1 1 1 x"} {
		row := slices.Clone(good)
		row[column] = broken
		if _, _, err := priorRow(row); err == nil {
			t.Errorf("column %d may be %q", column, broken)
		}
	}
}
