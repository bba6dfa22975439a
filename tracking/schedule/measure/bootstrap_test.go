package measure

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

func replayed(t *testing.T, p schedule.Policy, timelines []schedule.Timeline) Outcome {
	t.Helper()
	o, err := Replay(p, timelines)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// The means of all parcels are those that the outcome gives.
func TestMeansAreTheOutcomes(t *testing.T) {
	parcels := journeys(5, 80, "cj")
	for _, o := range []Outcome{replayed(t, schedule.StatusTable{}, parcels), Clairvoyant(parcels, schedule.Worths(1), 0.3)} {
		m := o.Means()
		for _, c := range []struct{ got, want float64 }{
			{m.PollsPerParcel(), o.PollsPerParcel()}, {m.Delay(), o.Delay().Mean}, {m.Objective(schedule.Worths(2), 3), o.Objective(schedule.Worths(2), 3)},
			{m.Delay(tracking.StatusDelivered), o.Delay(tracking.StatusDelivered).Mean},
			{m.Delay(tracking.StatusHold), 0},
		} {
			if math.Abs(c.got-c.want) > 1e-9 {
				t.Errorf("%v, the outcome says %v", c.got, c.want)
			}
		}
	}
}

// Of many sets of parcels of one kind, some 95 % have an interval that holds what the kind comes to.
func TestIntervalsCover(t *testing.T) {
	p := schedule.Fixed{Every: 2 * time.Hour}
	truth := replayed(t, p, deliveries(99, 20_000)).Means().PollsPerParcel()
	held := 0
	const sets = 300
	for set := range uint64(sets) {
		o := replayed(t, p, deliveries(1000+set, 60))
		got, err := Bootstrap{Seed: set, Draws: 300}.Intervals(func(m []Means) []float64 { return []float64{m[0].PollsPerParcel()} }, o)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Low <= truth && truth <= got[0].High {
			held++
		}
	}
	t.Logf("%d of %d intervals hold the truth", held, sets)
	if share := float64(held) / sets; share < 0.9 || share > 0.98 {
		t.Errorf("%.3f of the intervals hold the truth", share)
	}
}

// Two policies on the same parcels differ less by chance than each varies, and a policy does not differ from itself at all.
func TestIntervalsArePaired(t *testing.T) {
	parcels := deliveries(1, 400)
	two, three := replayed(t, schedule.Fixed{Every: 2 * time.Hour}, parcels), replayed(t, schedule.Fixed{Every: 3 * time.Hour}, parcels)
	figures := func(m []Means) []float64 {
		return []float64{m[0].PollsPerParcel(), m[1].PollsPerParcel(), m[0].PollsPerParcel() - m[1].PollsPerParcel(), m[0].Delay() - m[2].Delay()}
	}
	got, err := Bootstrap{Seed: 1}.Intervals(figures, two, three, two)
	if err != nil {
		t.Fatal(err)
	}
	width := func(i int) float64 { return got[i].High - got[i].Low }
	if width(2) > 0.6*width(0) || got[2].Low <= 0 || got[3] != (Interval{}) {
		t.Errorf("intervals %v", got)
	}
	again, _ := Bootstrap{Seed: 1}.Intervals(figures, two, three, two)
	other, _ := Bootstrap{Seed: 2}.Intervals(figures, two, three, two)
	if !slices.Equal(got, again) || slices.Equal(got, other) {
		t.Error("the seed makes no difference, or not all of it")
	}
}

// A parcel that is played in several phases is one parcel.
func TestIntervalsOfPhases(t *testing.T) {
	var phased []schedule.Timeline
	for _, p := range deliveries(1, 200) {
		phased = append(phased, p, p, p, p)
	}
	polls := func(m []Means) []float64 { return []float64{m[0].PollsPerParcel()} }
	o := replayed(t, schedule.Fixed{Every: 2 * time.Hour}, phased)
	together, err1 := Bootstrap{Seed: 3, Phases: 4}.Intervals(polls, o)
	apart, err2 := Bootstrap{Seed: 3}.Intervals(polls, o)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if ratio := (together[0].High - together[0].Low) / (apart[0].High - apart[0].Low); ratio < 1.6 || ratio > 2.4 {
		t.Errorf("together the interval is %v × as wide, want twice", ratio)
	}
}

func TestIntervalsRefuse(t *testing.T) {
	polls := func([]Means) []float64 { return []float64{1} }
	one, other := replayed(t, schedule.StatusTable{}, deliveries(1, 20)), replayed(t, schedule.StatusTable{}, deliveries(1, 21))
	for name, outcomes := range map[string][]Outcome{"none": nil, "other parcels": {one, other}, "no replay": {{Parcels: 3}}} {
		if _, err := (Bootstrap{}).Intervals(polls, outcomes...); !errors.Is(err, ErrUnpaired) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Bootstrap{Phases: 6}).Intervals(polls, one); !errors.Is(err, ErrUnpaired) {
		t.Errorf("twenty timelines by six: %v", err)
	}
	if got, err := (Bootstrap{}).Intervals(polls, Outcome{}); err != nil || !slices.Equal(got, []Interval{{}}) {
		t.Errorf("no parcels: %v, %v", got, err)
	}
}

func BenchmarkBootstrap(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	o := Outcome{Parcels: 5000}
	for range o.Parcels {
		o.each = append(o.each, Means{timelines: 1, polls: float64(r.IntN(50))})
	}
	for b.Loop() {
		_, _ = Bootstrap{}.Intervals(func(m []Means) []float64 { return []float64{m[0].Delay(), m[1].Delay()} }, o, o)
	}
}
