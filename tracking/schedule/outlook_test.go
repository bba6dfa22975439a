package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// tours are parcels on the van, of which kept in a hundred are delivered inside the announced two hours.
func tours(seed uint64, n, kept int) []Timeline {
	r := rand.New(rand.NewPCG(seed, 5))
	all := make([]Timeline, n)
	for i := range all {
		day := r.IntN(5) * minutesADay
		van := day + 7*60 + r.IntN(2*60)
		start := day + (10+r.IntN(8))*60
		door := start + r.IntN(120)
		if r.IntN(100) >= kept {
			door = van + 30 + r.IntN(day+20*60-van)
		}
		all[i] = Timeline{Status: tracking.StatusInTransit, Opened: after(van - 30), Events: []Event{
			{At: after(van), Status: tracking.StatusOutForDelivery, Window: tracking.Window{Start: after(start), End: after(start + 120)}},
			{At: after(door), Status: tracking.StatusDelivered},
		}}
	}
	return all
}

func withoutWindows(parcels []Timeline) []Timeline {
	all := slices.Clone(parcels)
	for i := range all {
		all[i].Events = slices.Clone(all[i].Events)
		for j := range all[i].Events {
			all[i].Events[j].Window = tracking.Window{}
		}
	}
	return all
}

// With a window the chances of a delivery by each time are those of the mixture that it is meant to be.
func TestWindowIsAMixture(t *testing.T) {
	t.Run("believed", func(t *testing.T) { windowIsAMixture(t, Prior(), windowKept) })
	m := *Prior()
	m.windows = map[tracking.Courier]windows{"cj": {30, 40}, "": {1, 10}}
	t.Run("learned", func(t *testing.T) { windowIsAMixture(t, &m, 0.75) })
}

func windowIsAMixture(t *testing.T, m *Model, kept float64) {
	van := View{Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(8 * 60)}
	with := van
	with.Window = tracking.Window{Start: after(14 * 60), End: after(16 * 60)}
	var door *hazard
	for _, h := range m.hazards("cj", van.Status) {
		if h.to == tracking.StatusDelivered {
			door = h
		}
	}
	for minute := 8*60 + 10; minute < 22*60; minute += 35 {
		inside := min(max(float64(minute-14*60)/120, 0), 1)
		want := kept*inside + (1-kept)*since(m, van, after(minute), door)
		if got := since(m, with, after(minute), door); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d:%02d: a chance of %v, want %v", minute/60, minute%60, got, want)
		}
		// Whoever looked in between expects the same of what is left.
		between := with
		between.Now = after(8*60 + (minute-8*60)/2)
		seen := since(m, with, between.Now, door)
		if got := since(m, between, after(minute), door); math.Abs(got-(want-seen)/(1-seen)) > 1e-9 {
			t.Errorf("%d:%02d: seen from %v a chance of %v, want %v", minute/60, minute%60, between.Now, got, (want-seen)/(1-seen))
		}
	}
	at := func(minute int, v View) float64 { v.Now = after(minute); return m.Rate(v, tracking.StatusDelivered) }
	if !(at(15*60, with) > 3*at(15*60, van) && at(13*60, with) < at(13*60, van) && at(17*60, with) == at(17*60, van)) {
		t.Error("the hazard is not gathered in the window")
	}
}

func TestWindowsThatAreNone(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	plain := View{Courier: "cj", Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(12 * 60)}
	hub := plain
	hub.Status = tracking.StatusInTransit
	for _, c := range []struct {
		what string
		view View
		w    tracking.Window
	}{
		{"over", plain, tracking.Window{Start: after(9 * 60), End: after(11 * 60)}},
		{"the wrong way round", plain, tracking.Window{Start: after(16 * 60), End: after(14 * 60)}},
		{"without a beginning", plain, tracking.Window{End: after(14 * 60)}},
		{"of another day", plain, tracking.Window{Start: after(38 * 60), End: after(40 * 60)}},
		{"of a parcel at a hub", hub, tracking.Window{Start: after(14 * 60), End: after(16 * 60)}},
	} {
		with := c.view
		with.Window = c.w
		if !a.Next(with).Equal(a.Next(c.view)) {
			t.Errorf("a window %s changes what is decided", c.what)
		}
	}
	for _, perHour := range []float64{1e3, 1e9, 1e300} { // where nothing is left to expect
		all := &stages{}
		all[tracking.StatusOutForDelivery] = []*hazard{newHazard(tracking.StatusDelivered, perHour)}
		sure := Adaptive{Model: &Model{all: all}, Worth: Worths(1), PollWon: 1}
		with := plain
		with.Window = tracking.Window{Start: after(11 * 60), End: after(13 * 60)}
		if got := sure.Next(with).Sub(with.Now); got < time.Minute || got > longestSilence {
			t.Errorf("%v an hour: asked after %v", perHour, got)
		}
	}
	nothing := Adaptive{Model: &Model{all: &stages{}}, Worth: Worths(1), PollWon: 1}
	with := plain
	with.Window = tracking.Window{Start: after(14 * 60), End: after(16 * 60)}
	if got := nothing.Next(with).Sub(with.Now); got != longestSilence {
		t.Errorf("a model that knows nothing of deliveries asks after %v", got)
	}
}

// That a window has passed is worth knowing where nothing else is expected.
func TestMissedWindow(t *testing.T) {
	all := &stages{}
	all[tracking.StatusOutForDelivery] = []*hazard{newHazard(tracking.StatusDelivered, 0.001)}
	a := Adaptive{Model: &Model{all: all}, Worth: Worth{tracking.StatusFailed: 1}, PollWon: 0.1}
	v := View{Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(15 * 60)}
	v.Window = tracking.Window{Start: after(14 * 60), End: after(16 * 60)}
	if next := a.Next(v); next.Before(v.Window.End) || next.After(v.Window.End.Add(90*time.Minute)) {
		t.Errorf("asked at %v", next)
	}
	if v.Window = (tracking.Window{}); a.Next(v).Sub(v.Now) != longestSilence {
		t.Error("asked for nothing")
	}
}

func TestWindowAllocatesNothing(t *testing.T) {
	a := Adaptive{Model: Prior().Learn(tours(1, 50, 80)), Worth: Worths(1), PollWon: 0.05}
	v := View{Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(7 * 60), Now: after(13 * 60)}
	v.Window = tracking.Window{Start: after(14 * 60), End: after(16 * 60)}
	if n := testing.AllocsPerRun(100, func() { a.Next(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
