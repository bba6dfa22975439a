package schedule_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// atPolls replays test at as many polls as asking every two hours takes on fit, and gives the mean delay for as many on test.
func atPolls(t *testing.T, m *schedule.Model, fit, test []schedule.Timeline, of ...tracking.Status) float64 {
	t.Helper()
	adaptive := func(price float64) schedule.Policy {
		return schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: price}
	}
	every2h, err := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, fit)
	if err != nil {
		t.Fatal(err)
	}
	price, err := measure.Tune(fit, every2h.PollsPerParcel(), adaptive)
	if err != nil {
		t.Fatal(err)
	}
	o, err := measure.Replay(adaptive(price), test)
	if err != nil {
		t.Fatal(err)
	}
	return o.Delay(of...).Mean * o.PollsPerParcel() / every2h.PollsPerParcel()
}

func TestLagIsWorthLearning(t *testing.T) {
	fit, test := schedule.Published(schedule.Journeys(1, 800, "cj"), 1), schedule.Published(schedule.Journeys(2, 800, "cj"), 2)
	blind := schedule.Prior().Learn(schedule.Journeys(1, 800, "cj"))
	knowing := schedule.Prior().Learn(fit)
	ignored, heeded := atPolls(t, blind, fit, test), atPolls(t, knowing, fit, test)
	t.Logf("mean delay at equal polls: %.4f h where the lag is ignored, %.4f h where it is heeded", ignored, heeded)
	if heeded > 0.97*ignored {
		t.Error("heeding the lag gains less than 3 %")
	}
}

// The same worth and price: known hazards beat even intervals where hazards differ by the hour.
func TestAdaptiveBeatsFixedAtEqualPolls(t *testing.T) {
	fit, test := schedule.Deliveries(1, 1000), schedule.Deliveries(2, 1000)
	m := schedule.Prior().Learn(fit)
	every2h, err := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, fit)
	if err != nil {
		t.Fatal(err)
	}
	adaptive := func(price float64) schedule.Policy {
		return schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: price}
	}
	price, err := measure.Tune(fit, every2h.PollsPerParcel(), adaptive)
	if err != nil {
		t.Fatal(err)
	}
	onFit, err := measure.Replay(adaptive(price), fit)
	if err != nil || math.Abs(onFit.PollsPerParcel()/every2h.PollsPerParcel()-1) > 0.01 {
		t.Errorf("tuned to %v polls, want %v; %v", onFit.PollsPerParcel(), every2h.PollsPerParcel(), err)
	}
	even, err1 := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, test)
	own, err2 := measure.Replay(adaptive(price), test)
	best, err3 := measure.Replay(&schedule.Optimum{Model: m, Worth: schedule.Worths(1), PollWon: price}, test)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	atEqualPolls := own.Delay().Mean * own.PollsPerParcel() / even.PollsPerParcel()
	if atEqualPolls > 0.5*even.Delay().Mean {
		t.Errorf("%v h at equal polls, against %v h", atEqualPolls, even.Delay().Mean)
	}
	if ratio := own.Objective(schedule.Worths(1), price) / best.Objective(schedule.Worths(1), price); ratio > 1.06 {
		t.Errorf("objective %v of the optimum", ratio)
	}
}

// At ten polls a day, half the delay of an even spread or less, where deliveries are made in ten hours of the day.
func TestCappedBeatsAnEvenSpread(t *testing.T) {
	fit, test := schedule.Deliveries(1, 1000), schedule.Deliveries(2, 1000)
	for i := range test {
		test[i].Cap = 10
	}
	even, err1 := measure.Replay(schedule.Fixed{Every: 24 * time.Hour / 10}, test)
	own, err2 := measure.Replay(schedule.Adaptive{Model: schedule.Prior().Learn(fit), Worth: schedule.Worths(1), PollWon: 1e-6}, test)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	t.Logf("%.2f polls and %.3f h, an even spread %.2f and %.3f", own.PollsPerParcel(), own.Delay().Mean, even.PollsPerParcel(), even.Delay().Mean)
	if own.Delay().Mean > 0.5*even.Delay().Mean {
		t.Errorf("%v h, an even spread %v h", own.Delay().Mean, even.Delay().Mean)
	}
}

// What a spread costs is next to nothing.
func TestSpreadCostsLittle(t *testing.T) {
	fit, test := schedule.Journeys(1, 600, "cj"), schedule.Journeys(2, 2000, "cj")
	a := schedule.Adaptive{Model: schedule.Prior().Learn(fit), Worth: schedule.Worths(1), PollWon: 0.05}
	plain, err1 := measure.Replay(a, test)
	for i := range test {
		test[i].Phase = (float64(i) + 0.5) / float64(len(test))
	}
	spread, err2 := measure.Replay(a, test)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	ratio := spread.Objective(a.Worth, a.PollWon) / plain.Objective(a.Worth, a.PollWon)
	t.Logf("%.4f × the cost", ratio)
	if ratio > 1.015 { // two thousand parcels tell no closer
		t.Errorf("%v × the cost", ratio)
	}
}

func TestOptimumAsksLessAtAHigherPrice(t *testing.T) {
	m, parcels := schedule.Prior().Learn(schedule.Deliveries(1, 400)), schedule.Deliveries(2, 50)
	polls, delay := math.Inf(1), -1.0
	for _, price := range []float64{0.001, 0.01, 0.05, 0.2, 1, 4} {
		o, err := measure.Replay(&schedule.Optimum{Model: m, Worth: schedule.Worths(1), PollWon: price}, parcels)
		if err != nil {
			t.Fatal(err)
		}
		if o.PollsPerParcel() >= polls || o.Delay().Mean <= delay {
			t.Errorf("at %v won: %v polls after %v, %v h after %v h", price, o.PollsPerParcel(), polls, o.Delay().Mean, delay)
		}
		polls, delay = o.PollsPerParcel(), o.Delay().Mean
	}
}

func TestWindowIsWorthHeeding(t *testing.T) {
	fit, test := schedule.Tours(1, 600, 80), schedule.Tours(2, 600, 80)
	m := schedule.Prior().Learn(fit)
	heeded, ignored := atPolls(t, m, fit, test, tracking.StatusDelivered), atPolls(t, m, schedule.WithoutWindows(fit), schedule.WithoutWindows(test), tracking.StatusDelivered)
	t.Logf("mean delay to the door at equal polls: %.4f h without windows, %.4f h with them", ignored, heeded)
	if heeded > 0.8*ignored {
		t.Error("a window gains less than a fifth")
	}
}

// Windows of a courier that seldom keeps them are worth less than they are believed to be.
func TestWindowsAreWorthLearning(t *testing.T) {
	fit, test := schedule.Tours(1, 600, 15), schedule.Tours(2, 600, 15)
	m := schedule.Prior().Learn(fit)
	learned, believed := atPolls(t, m, fit, test, tracking.StatusDelivered), atPolls(t, schedule.BelievingWindows(m), fit, test, tracking.StatusDelivered)
	t.Logf("mean delay to the door at equal polls: %.4f h where windows are believed, %.4f h where it is learned how seldom they are kept", believed, learned)
	if learned > 0.97*believed {
		t.Error("to know how seldom windows are kept gains less than 3 %")
	}
}

// A delivery in a window is published when the courier publishes.
func TestWindowOfALateCourier(t *testing.T) {
	late := func(parcels []schedule.Timeline, seed uint64) []schedule.Timeline {
		r := rand.New(rand.NewPCG(seed, 7))
		for i := range parcels {
			for j := range parcels[i].Events {
				e := &parcels[i].Events[j]
				e.Published = e.At.Add(time.Duration(40+r.IntN(40)) * time.Minute)
			}
		}
		return parcels
	}
	early := func(parcels []schedule.Timeline) []schedule.Timeline { // windows so much earlier that they are where deliveries are made
		all := schedule.WithoutWindows(parcels)
		for i := range all {
			for j, e := range parcels[i].Events {
				if !e.Window.IsZero() {
					all[i].Events[j].Window = tracking.Window{Start: e.Window.Start.Add(-time.Hour), End: e.Window.End.Add(-time.Hour)}
				}
			}
		}
		return all
	}
	fit, test := late(schedule.Tours(1, 600, 80), 1), late(schedule.Tours(2, 600, 80), 2)
	m := schedule.Prior().Learn(fit)
	moved, left := atPolls(t, m, fit, test, tracking.StatusDelivered), atPolls(t, m, early(fit), early(test), tracking.StatusDelivered)
	t.Logf("mean delay to the door at equal polls: %.4f h where windows stay with the scans, %.4f h where they move with the lag", left, moved)
	if moved > 0.85*left {
		t.Error("to move windows with the lag gains less than 15 %")
	}
	if got := schedule.WindowsKept(m); math.Abs(got-0.8) > 0.06 {
		t.Errorf("windows are kept by the clock of the scans: %v", got)
	}
}
