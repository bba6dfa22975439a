package measure

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Every set of polls at publications is tried.
func TestClairvoyantAgainstEverySchedule(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		n := 1 + r.IntN(7)
		parcel := schedule.Timeline{Opened: monday}
		at := 0
		for range n {
			at += r.IntN(300)
			parcel.Events = append(parcel.Events, schedule.Event{At: after(at), Status: tracking.Status(2 + r.IntN(8))})
		}
		w, price := schedule.Worths(1), math.Exp(4*r.Float64()-3)
		least := math.Inf(1)
		for set := range 1 << (n - 1) {
			set |= 1 << (n - 1) // the last is seen
			var cost float64
			for i, e := range parcel.Events {
				if set>>i&1 == 1 {
					cost += price
				}
				j := i
				for set>>j&1 == 0 {
					j++
				}
				cost += w.Of(e.Status) * parcel.Events[j].At.Sub(e.At).Hours()
			}
			least = min(least, cost)
		}
		o := Clairvoyant([]schedule.Timeline{parcel}, w, price)
		if got := o.Objective(w, price); math.Abs(got-least) > 1e-9 || o.Delay().Events != n {
			t.Fatalf("%d events: %v with %d polls, the best %v", n, got, o.Polls, least)
		}
	}
}

func TestClairvoyantIsABound(t *testing.T) {
	parcels := append(journeys(5, 60, "cj"), deliveries(5, 60)...)
	m := schedule.Prior().Learn(parcels) // even of the very parcels
	for _, price := range []float64{0.001, 0.03, 0.3, 3} {
		w := schedule.Worths(1)
		bound := Clairvoyant(parcels, w, price).Objective(w, price)
		for _, p := range []schedule.Policy{
			schedule.Fixed{Every: time.Minute}, schedule.Fixed{Every: time.Hour}, schedule.Fixed{Every: 30 * time.Hour}, schedule.StatusTable{},
			schedule.Adaptive{Model: m, Worth: w, PollWon: price}, &schedule.Optimum{Model: m, Worth: w, PollWon: price},
		} {
			o, err := Replay(p, parcels)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.Objective(w, price); got < bound {
				t.Errorf("%T at %v won costs %v, below the bound %v", p, price, got, bound)
			}
		}
	}
}

func TestClairvoyantAsksNothingOfTheLost(t *testing.T) {
	o := Clairvoyant([]schedule.Timeline{{Opened: monday}}, schedule.Worths(1), 1)
	if o.Polls != 0 || o.Objective(schedule.Worths(1), 1) != 0 {
		t.Errorf("%d polls", o.Polls)
	}
}
