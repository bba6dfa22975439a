package schedule

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A constant hazard gives an even schedule with intervals of √(2c / wh), and twice the worth √2 times the polls.
func TestAdaptiveOfAConstantHazard(t *testing.T) {
	for _, c := range []struct{ worth, rate, price float64 }{
		{1, 0.05, 0.2}, {2, 0.05, 0.2}, {1, 0.1, 0.2}, {100, 0.05, 20}, {1, 0.05, 0.001}, {2, 0.05, 0.001}, {1, 1, 5}, {1, 4, 0.1},
	} {
		a := Adaptive{Model: steady(c.rate), Worth: Worths(c.worth), PollWon: c.price}
		want := math.Sqrt(2 * c.price / (c.worth * c.rate))
		if exact := exactInterval(c.rate, c.price/c.worth); c.rate*want < 0.2 && math.Abs(want/exact-1) > 0.04 {
			t.Fatalf("%+v: the square root gives %v h, the exact solution %v h", c, want, exact)
		}
		v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday.Add(17*time.Minute + 13*time.Second)}
		for range 50 {
			next := a.Next(v)
			if got := next.Sub(v.Now).Hours(); math.Abs(got-want) > 2.0/3600 {
				t.Fatalf("%+v: an interval of %v h, want %v h", c, got, want)
			}
			v.Now = next
		}
	}
}

func TestAdaptiveLimits(t *testing.T) {
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday}
	w := Worths(1)
	for _, c := range []struct {
		policy Adaptive
		want   time.Duration
	}{
		{Adaptive{Model: steady(0), Worth: w, PollWon: 1}, 48 * time.Hour},
		{Adaptive{Model: steady(0), Worth: w, PollWon: 1, Longest: 5 * time.Hour}, 5 * time.Hour},
		{Adaptive{Model: steady(1e-9), Worth: w, PollWon: 1, Longest: 5 * time.Hour}, 5 * time.Hour},
		{Adaptive{Model: steady(1e9), Worth: w, PollWon: 1}, time.Minute},
		{Adaptive{Model: &Model{all: &stages{}}, Worth: w, PollWon: 1}, 48 * time.Hour},
		{Adaptive{Model: steady(1), PollWon: 1}, 48 * time.Hour}, // nothing is worth anything
	} {
		if got := c.policy.Next(v).Sub(v.Now); got != c.want {
			t.Errorf("%+v: after %v, want %v", c.policy, got, c.want)
		}
	}
	strange := View{Status: 77, Courier: "nobody", Now: monday, Changed: monday.Add(999 * time.Hour)}
	if got := (Adaptive{Model: Prior(), Worth: w, PollWon: 1}).Next(strange).Sub(monday); got != 48*time.Hour {
		t.Errorf("a status that is none: after %v", got)
	}
}

func TestAdaptiveWhy(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	van := View{Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(12 * 60)}
	if why := a.Why(van); !strings.Contains(why, "because DELIVERED has come with a chance of ") || !strings.Contains(why, a.Next(van).Format("15:04")) {
		t.Error(why)
	}
	a.PollWon = 1e9
	if why := a.Why(van); why != "asked after 48 h because nothing is expected before" {
		t.Error(why)
	}
}

func TestAdaptiveAllocatesNothing(t *testing.T) {
	a := Adaptive{Model: Prior().Learn(journeys(1, 50, "cj")), Worth: Worths(1), PollWon: 0.05}
	v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: after(60), Now: after(600)}
	if n := testing.AllocsPerRun(100, func() { a.Next(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdaptive(b *testing.B) {
	a := Adaptive{Model: Prior().Learn(journeys(1, 50, "cj")), Worth: Worths(1), PollWon: 0.1}
	v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: after(60), Now: after(600)}
	b.ReportAllocs()
	for b.Loop() {
		a.Next(v)
	}
}

// Decisions that look far ahead cost most.
func BenchmarkAdaptiveFar(b *testing.B) {
	m := Prior().Learn(journeys(1, 50, "cj"))
	for _, c := range []struct {
		name   string
		status tracking.Status
		price  float64
		now    int
		window tracking.Window
	}{
		{"van", tracking.StatusOutForDelivery, 0.1, 600, tracking.Window{}},
		{"window", tracking.StatusOutForDelivery, 0.1, 600, tracking.Window{Start: after(14 * 60), End: after(16 * 60)}},
		{"night", tracking.StatusInTransit, 0.4, 20 * 60, tracking.Window{}},
		{"label", tracking.StatusRegistered, 1, 600, tracking.Window{}},
		{"two days", tracking.StatusRegistered, 1e9, 600, tracking.Window{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			a := Adaptive{Model: m, Worth: Worths(1), PollWon: c.price}
			v := View{Courier: "cj", Status: c.status, Opened: monday, Changed: after(60), Now: after(c.now), Window: c.window}
			b.ReportAllocs()
			for b.Loop() {
				a.Next(v)
			}
			b.ReportMetric(a.Next(v).Sub(v.Now).Hours(), "hours")
		})
	}
}
