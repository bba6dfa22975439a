package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// herd plays the same life for many parcels that were opened at the same second and gives the polls of the fullest minute of each
// round, as shares of all.
func herd(a Adaptive, limit, parcels, rounds int) (shares []float64) {
	r := rand.New(rand.NewPCG(7, 1))
	views := make([]View, parcels)
	for i := range views {
		at := after(14 * 60)
		views[i] = View{Courier: "cj", Status: tracking.StatusRegistered, Opened: at, Changed: at, Now: at, Phase: r.Float64(), Cap: limit}
	}
	for range rounds {
		minutes := map[int64]int{}
		for i := range views {
			v := &views[i]
			*v = v.Polled(a.Next(*v))
			minutes[minuteOf(v.Now)]++
		}
		var most int
		for _, n := range minutes {
			most = max(most, n)
		}
		shares = append(shares, float64(most)/float64(parcels))
	}
	return shares
}

// Ten thousand parcels of one second never meet in one minute with more than a few in a hundred.
func TestParcelsOfOneSecondPart(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	for _, limit := range []int{0, 10} {
		shares := herd(a, limit, 10_000, 12)
		t.Logf("cap %d: %.3f", limit, shares)
		if most := slices.Max(shares); most > 0.06 {
			t.Errorf("cap %d: %.3f of all in one minute", limit, most)
		}
	}
}

func TestNoPhaseMovesNothing(t *testing.T) {
	for phase, want := range map[float64]float64{0: 1, 1e-9: 0.88, 0.25: 0.94, 0.5: 1, 1 - 1e-9: 1.12} {
		v := View{Phase: phase}
		if got := math.Sqrt(v.spread()); math.Abs(got-want) > 1e-6 {
			t.Errorf("phase %v multiplies an interval by %v, want %v", phase, got, want)
		}
	}
}

// A number that nobody knows is asked about ever more rarely, and once a day in the end; the first such answer changes nothing.
func TestAbsentBacksOff(t *testing.T) {
	a := Adaptive{Model: steady(0.05), Worth: Worths(1), PollWon: 0.01}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday}
	known := a.Next(v).Sub(v.Now)
	for absent := 1; absent < 70; absent++ {
		v.Absent = absent
		want := time.Duration(min(float64(known)*math.Pow(2, float64(absent-1)/2), float64(24*time.Hour)))
		if got := a.Next(v).Sub(v.Now); (got - want).Abs() > time.Minute {
			t.Errorf("after %d such answers: %v, want %v", absent, got, want)
		}
	}
	v.Now, v.Phase = monday, 0.5
	if got := a.Next(v).Sub(v.Now); got > 24*time.Hour || got < 20*time.Hour {
		t.Errorf("a parcel with a phase: %v", got)
	}
}
