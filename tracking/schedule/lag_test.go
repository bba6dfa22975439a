package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// published delays what is shown of every event by 40 to 100 minutes, in order.
func published(parcels []Timeline, seed uint64) []Timeline {
	r := rand.New(rand.NewPCG(seed, 3))
	var all []Timeline
	for _, p := range parcels {
		p.Events = slices.Clone(p.Events)
		var last time.Time
		for i := range p.Events {
			e := &p.Events[i]
			e.Published = later(last, e.At.Add(time.Duration(40+r.IntN(60))*time.Minute))
			last = e.Published
		}
		all = append(all, p)
	}
	return all
}

func TestLagIsFound(t *testing.T) {
	m := Prior().Learn(published(journeys(1, 800, "cj"), 1))
	if !strings.Contains(m.String(), "cj: published ") || !strings.Contains(m.String(), " min late on average") {
		t.Error("the lag is not printed")
	}
	if mean := m.lags["cj"].mean(); math.Abs(mean-70) > 5 {
		t.Errorf("a mean lag of %v minutes, want 70", mean)
	}
}

func TestNoLagChangesNothing(t *testing.T) {
	m := Prior().Learn(journeys(1, 200, "cj"))
	for _, hazards := range m.couriers["cj"] {
		for _, h := range hazards {
			if h.scan != nil {
				t.Fatal("hazards of publication differ from those of scans")
			}
		}
	}
	if strings.Contains(m.String(), "late") {
		t.Error("a lag is printed")
	}
}

// Polls tell between which two answers an event was published, and never when.
func TestLagFromPolls(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		name               string
		shortest, longest  int
		every              time.Duration
		mean, close, early float64 // early: share within 20 min
	}{
		{"half an hour to an hour", 30, 60, 20 * time.Minute, 45, 5, 0.05},
		{"asked every two hours", 30, 60, 2 * time.Hour, 45, 12, 0.25},
		{"at once", 0, 1, 20 * time.Minute, 0, 2, 1},
		{"three hours", 170, 190, time.Hour, 180, 15, 0.05},
	} {
		parcels := journeys(5, 400, "cj")
		for i := range parcels {
			asked := parcels[i].Opened.Add(time.Duration(r.IntN(int(c.every))))
			for j := range parcels[i].Events {
				e := &parcels[i].Events[j]
				shown := e.At.Add(time.Duration(c.shortest+r.IntN(c.longest-c.shortest)) * time.Minute)
				for asked.Before(shown) {
					e.Missed, asked = asked, asked.Add(c.every)
				}
				e.Seen = asked
				if e.Missed.IsZero() && j > 0 {
					e.Missed = parcels[i].Events[j-1].Missed
				}
			}
		}
		l := Prior().Learn(parcels).lags["cj"]
		if got := l.mean(); math.Abs(got-c.mean) > c.close {
			t.Errorf("%s: a mean of %.1f min, want %v: %v", c.name, got, c.mean, l)
		}
		if early := (l[0] + l[1] + l[2] + l[3]) / l.events(); math.Abs(early-c.early) > 0.25 || c.early < 0.2 && early > c.early+0.05 {
			t.Errorf("%s: %.2f within 20 minutes, want %v: %v", c.name, early, c.early, l)
		}
	}
}

// A courier that has shown little is believed to be as late as all.
func TestLagIsHeldTowardAll(t *testing.T) {
	m := Prior().Learn(slices.Concat(published(journeys(1, 300, "cj"), 1), published(journeys(2, 1, "hanjin"), 2), journeys(3, 300, "logen")))
	cj, hanjin, logen := m.lags["cj"].mean(), m.lags["hanjin"].mean(), m.lags["logen"].mean()
	if !(cj > 60 && logen < 2 && hanjin > logen && hanjin < cj) {
		t.Errorf("cj %v, hanjin %v, logen %v minutes", cj, hanjin, logen)
	}
}

func TestLagMedian(t *testing.T) {
	for _, c := range []struct {
		lag  lag
		want float64
	}{{lag{0: 10}, 0}, {lag{0: 10, 12: 9}, 0}, {lag{0: 5, 5: 10, 8: 5}, 37.5}, {lag{3: 6, 12: 2}, 10 + 10*4.0/6}, {lag{12: 1}, 540}} {
		if got := c.lag.median(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v: %v minutes, want %v", c.lag, got, c.want)
		}
	}
}

func TestLagSamples(t *testing.T) {
	e := Event{At: after(0)}
	seen := func(missed, seen int) Event { return Event{At: after(0), Missed: after(missed), Seen: after(seen)} }
	late := Event{At: after(0), Published: after(12), Seen: after(60)}
	for _, c := range []struct {
		event Event
		want  lagSample
	}{
		{e, lagSample{0, 0}}, {late, lagSample{12, 12}}, {seen(10, 40), lagSample{10, 40}}, {seen(-10, 40), lagSample{-1, 40}},
		{seen(-30, -10), lagSample{0, 0}}, {seen(50, 40), lagSample{-1, 40}}, {Event{At: after(0), Seen: after(40)}, lagSample{-1, 40}},
		{Event{At: after(0), Published: after(-5)}, lagSample{0, 0}},
	} {
		if got := lagSamples([]Timeline{{Events: []Event{c.event}}}); len(got) != 1 || got[0] != c.want {
			t.Errorf("%+v: %+v, want %+v", c.event, got, c.want)
		}
	}
	for _, until := range []int{720, 5000} { // it was there when somebody looked, a day later
		if got := lagSamples([]Timeline{{Events: []Event{{At: after(0), Seen: after(until)}}}}); len(got) != 0 {
			t.Errorf("seen within %d minutes: %+v", until, got)
		}
	}
	for _, s := range []lagSample{{0, 0}, {12, 12}, {-1, 40}, {10, 40}, {700, 2000}, {900, 900}, {5, 5}, {720, 720}, {0, 0.4}} {
		sum := 0.0
		for class := range lagBounds {
			sum += s.likelihood(class)
		}
		if sum <= 0 {
			t.Errorf("%+v has no class", s)
		}
	}
}
