package fulfill

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// monday is the first morning of the simulated weeks.
var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, korea)

// workday says independently of the calendar whether something is scanned at a time: 7 to 22 but on Sundays and on one
// Wednesday.
func workday(t time.Time) bool {
	t = t.In(korea)
	return t.Weekday() != time.Sunday && t.Format("01-02") != "11-18" && t.Hour() >= 7 && t.Hour() < 22
}

func holiday(day time.Time) bool { return day.Format("01-02") == "11-18" }

// after gives the time so many working hours later.
func after(t time.Time, hours float64) time.Time {
	const step = 5 * time.Minute
	for left := time.Duration(hours * float64(time.Hour)); left > 0; t = t.Add(step) {
		if workday(t) {
			left -= step
		}
	}
	return t
}

type scan struct {
	at    time.Time
	stage stage
}

// A simulated parcel is asked about every two hours.
type simulated struct {
	pulse
	scans  []scan
	seen   int
	polled time.Time
	tries  int // failures in a row
}

// A fault of the world holds publication back, or lets calls fail.
type fault struct {
	carrier, courier string // empty courier: all of the carrier
	from, until      time.Time
	fails            bool
}

func (f fault) hits(p *simulated, at time.Time) bool {
	return f.carrier == p.carrier && (f.courier == "" || f.courier == string(p.id.Courier)) && !at.Before(f.from) && at.Before(f.until)
}

// A world has parcels, faults, and the memory that a store would have.
type world struct {
	parcels []*simulated
	faults  []fault
	learned gaps
	open    map[string]finding
	began   map[string]time.Time
	told    []string // "02 15h carrier one"
	frozen  []span
	holiday func(time.Time) bool
	thawed  bool // the frozen time is forgotten
}

// newWorld ships so many parcels of each courier on each working day of three weeks. Waits between scans have the mean
// that is usual, between a tenth of it and twice that.
func newWorld(seed uint64, perDay map[string]int, faults ...fault) *world {
	random := rand.New(rand.NewPCG(seed, 1))
	w := &world{learned: gaps{}, holiday: holiday, faults: faults, open: map[string]finding{}, began: map[string]time.Time{}}
	names := make([]string, 0, len(perDay))
	for name := range perDay {
		names = append(names, name)
	}
	slices.Sort(names)
	for day := range 21 {
		for _, name := range names {
			for i := range perDay[name] {
				at := monday.AddDate(0, 0, day).Add(16*time.Hour + time.Duration(random.IntN(120))*time.Minute)
				if !workday(at) {
					continue
				}
				var carrier, courier string
				_, _ = fmt.Sscanf(name, "%s %s", &carrier, &courier)
				p := &simulated{pulse: pulse{
					id:      poll.ShipmentID{Courier: tracking.Courier(courier), Number: fmt.Sprintf("%s%02d%04d", carrier, day, i), Generation: 1},
					carrier: carrier, stage: stageBefore, since: at,
				}}
				p.polled = at.Add(-time.Duration(random.IntN(120)) * time.Minute)
				for _, s := range []stage{stageBefore, stageMoving, stageMoving, stageMoving, stageOut, noStage} {
					if s != stageBefore {
						p.scans = append(p.scans, scan{at: at, stage: s})
					}
					at = after(at, s.usual()*(0.1+1.9*random.Float64()))
				}
				w.parcels = append(w.parcels, p)
			}
		}
	}
	return w
}

// publish tells when scans come out: at once, or when the fault that holds them back ends.
func (w *world) publish(p *simulated, s scan) time.Time {
	at := s.at
	for _, f := range w.faults {
		if !f.fails && f.hits(p, at) {
			at = f.until
		}
	}
	return at
}

func (w *world) ask(p *simulated, at time.Time) {
	for _, f := range w.faults {
		if f.fails && f.hits(p, at) {
			p.tries++
			p.failing = p.tries >= leastFailures
			return
		}
	}
	p.tries, p.failing, p.heard = 0, false, at
	news := false
	for p.seen < len(p.scans) && !w.publish(p, p.scans[p.seen]).After(at) {
		if p.seen > 0 {
			key := rhythmKey{p.id.Courier, p.stage}
			w.learned[key] = append(w.learned[key], newCalendar(w.holiday).hours(p.scans[p.seen-1].at, p.scans[p.seen].at))
		}
		p.stage = p.scans[p.seen].stage
		p.seen++
		news = true
	}
	if news {
		p.since, p.news = at, append(p.news, at)
	}
}

// pass lives until now, and judges.
func (w *world) pass(t *testing.T, now time.Time) {
	t.Helper()
	var pulses []*pulse
	for _, p := range w.parcels {
		if p.pulse.since.After(now) && len(p.news) == 0 {
			continue
		}
		if p.stage == noStage && now.Sub(p.since) > 72*time.Hour {
			continue // nobody looks any more
		}
		for wait := 2 * time.Hour; !p.polled.Add(wait).After(now); {
			if p.tries > 0 {
				wait = 20 * time.Minute
			} else {
				wait = 2 * time.Hour
			}
			if p.polled.Add(wait).After(now) {
				break
			}
			p.polled = p.polled.Add(wait)
			if !p.polled.Before(p.since) || len(p.news) > 0 {
				w.ask(p, p.polled)
			}
		}
		pulses = append(pulses, &p.pulse)
	}
	found := diagnosis{calendar: newCalendar(w.holiday), rhythms: w.learned.rhythms(), frozen: w.frozen}.findings(pulses)
	seen := map[string]bool{}
	hour := func(t time.Time) string { return t.In(korea).Format("02 15h") }
	for _, f := range found {
		name := f.carrier
		switch f.kind {
		case silentCourier:
			name += " " + string(f.courier)
		case stuckParcel:
			name = f.shipment.Number
		}
		seen[name] = true
		if _, open := w.open[name]; !open {
			w.open[name], w.began[name] = f, now
			w.told = append(w.told, fmt.Sprintf("%s: %s", hour(now), name))
			if f.kind != stuckParcel && !w.thawed {
				w.frozen = append(w.frozen, span{carrier: f.carrier, courier: f.courier, from: f.since})
			}
		}
	}
	for name, f := range w.open {
		if seen[name] {
			continue
		}
		if f.kind == stuckParcel {
			i := slices.IndexFunc(w.parcels, func(p *simulated) bool { return p.id == f.shipment })
			if w.parcels[i].since.Equal(f.since) {
				continue // frozen, not over
			}
		}
		delete(w.open, name)
		w.told = append(w.told, fmt.Sprintf("%s: %s over", hour(now), name))
		for i := range w.frozen {
			if s := &w.frozen[i]; s.carrier == f.carrier && s.courier == f.courier && s.until.IsZero() {
				s.until = now
			}
		}
	}
}

func (w *world) live(t *testing.T) []string {
	t.Helper()
	for now := monday; now.Before(monday.AddDate(0, 0, 24)); now = now.Add(time.Hour) {
		w.pass(t, now)
	}
	return w.told
}

// normal is a shop with a large, a middling and a small courier at one carrier, and a fourth courier at another.
func normal() map[string]int {
	return map[string]int{"one cj": 20, "one lotte": 8, "one hanjin": 3, "two epost": 10}
}

// The second week's Tuesday, ten o'clock: faults begin.
var tuesday = monday.AddDate(0, 0, 8).Add(10 * time.Hour)

func TestDiagnosis(t *testing.T) {
	until := func(days int) time.Time { return monday.AddDate(0, 0, 8+days) }
	for _, test := range []struct {
		name  string
		world func() *world
		want  []string // at which hour of which day of November which alarm is told, and is over
	}{
		{
			name:  "nothing is wrong: three Sundays, a holiday and twenty-four nights",
			world: func() *world { return newWorld(1, normal()) },
		},
		{
			name: "one courier publishes nothing: one alarm, after six working hours",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", courier: "lotte", from: tuesday, until: until(2)})
			},
			want: []string{"10 16h: one lotte", "12 01h: one lotte over"},
		},
		{
			name: "a courier of few parcels publishes nothing: it takes longer to be sure",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", courier: "hanjin", from: tuesday, until: until(4)})
			},
			want: []string{"10 18h: one hanjin", "14 01h: one hanjin over"},
		},
		{
			name: "a carrier gives old answers for all its couriers: one alarm, about the carrier",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", from: tuesday, until: until(2)})
			},
			want: []string{"10 18h: one", "12 01h: one over"},
		},
		{
			name: "a carrier does not answer: one alarm, after three failures",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", from: tuesday, until: until(2), fails: true})
			},
			want: []string{"10 14h: one", "12 02h: one over"},
		},
		{
			name: "a carrier does not answer about one courier",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", courier: "cj", from: tuesday, until: until(2), fails: true})
			},
			want: []string{"10 14h: one cj", "12 02h: one cj over"},
		},
		{
			name: "a carrier with one courier has no news: nobody can tell, and the courier is named",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "two", from: tuesday, until: until(2)})
			},
			want: []string{"10 17h: two epost", "12 01h: two epost over"},
		},
		{
			name: "a carrier with one courier has no news, and another carrier has some of the same courier",
			world: func() *world {
				return newWorld(1, map[string]int{"one cj": 10, "one lotte": 10, "two cj": 10}, fault{carrier: "two", from: tuesday, until: until(2)})
			},
			want: []string{"10 17h: two", "12 01h: two over"},
		},
		{
			name: "a courier falls silent for a week: it stays one alarm, and no parcel is told",
			world: func() *world {
				return newWorld(1, normal(), fault{carrier: "one", courier: "cj", from: tuesday, until: until(8)})
			},
			want: []string{"10 18h: one cj", "18 01h: one cj over"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if told := test.world().live(t); !slices.Equal(told, test.want) {
				t.Errorf("told %q, want %q", told, test.want)
			}
		})
	}
}

// TestDiagnosisOfStuckParcels stops parcels for good, beside others that go on.
func TestDiagnosisOfStuckParcels(t *testing.T) {
	w := newWorld(2, normal(), fault{carrier: "two", from: tuesday, until: tuesday.AddDate(0, 0, 2)})
	stops := map[string]int{"one080003": 1, "one080019": 2, "two080004": 2}
	for _, p := range w.parcels {
		if scans, stops := stops[p.id.Number]; stops && (p.id.Courier == "cj" || p.id.Courier == "epost") {
			p.scans = p.scans[:scans]
		}
	}
	// The parcel at the silent carrier is told of a working day later than the one that stopped with it: its clock stood.
	want := []string{
		"10 16h: two epost", "12 11h: two epost over", "12 16h: one080003", "13 23h: two080004", "14 09h: one080019",
	}
	if got := w.live(t); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestDiagnosisNeeds shows that the scenarios above are quiet because of what is looked at, and not by chance.
func TestDiagnosisNeeds(t *testing.T) {
	outage := fault{carrier: "one", courier: "lotte", from: tuesday, until: tuesday.AddDate(0, 0, 8)}
	for _, test := range []struct {
		name  string
		spoil func(*world)
		fault []fault
	}{
		{name: "holidays", spoil: func(w *world) { w.holiday = nil }},
		{name: "the thaw", spoil: func(w *world) { w.thawed = true }, fault: []fault{outage}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sound, spoilt := newWorld(1, normal(), test.fault...), newWorld(1, normal(), test.fault...)
			test.spoil(spoilt)
			if without, with := len(spoilt.live(t)), len(sound.live(t)); without <= with {
				t.Errorf("%d alarms without, %d with", without, with)
			}
		})
	}
}
