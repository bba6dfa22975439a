package schedule

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// What a day is expected to bring adds up to what the hazards say, seen from its beginning or from the day before.
func TestDayAheadAddsUp(t *testing.T) {
	m := Prior().Learn(journeys(1, 200, "cj"))
	r := rand.New(rand.NewPCG(6, 4))
	for range 500 {
		v := View{Courier: "cj", Status: tracking.Status(1 + r.IntN(6)), Opened: monday, Changed: after(r.IntN(4000))}
		v.Now = v.Changed.Add(time.Duration(r.Int64N(int64(40 * time.Hour)))).Truncate(time.Second)
		a, now := Adaptive{Model: m, Worth: Worths(1), PollWon: 1}, koreaSeconds(v.Now)
		from := now
		switch r.IntN(3) {
		case 0:
			v.Window = tracking.Window{Start: v.Now.Add(time.Hour), End: v.Now.Add(3 * time.Hour)}
		case 1:
			from = midnightBefore(now) + wholeDay
		}
		until := midnightBefore(from) + wholeDay
		var d dayAhead
		o := m.outlook(&v)
		d.fill(&a, &v, &o, now, from, until)
		speed := func(at int64) (won float64) {
			for _, h := range o.hazards {
				won += a.Worth.Of(h.to) * since(m, v, inKorea(at, korea), h)
			}
			return won
		}
		var before, owed float64
		const step = 60
		for at := now; at < until; at += step {
			if owed += speed(at+step/2) * step / 3600; at+step <= from {
				before = owed
			}
		}
		unseen := speed(until)
		if got := d.unseen[d.cells]; math.Abs(got-unseen) > 0.03*unseen+1e-6 {
			t.Fatalf("%+v until %v: %v won/h are unseen, want %v", v, inKorea(until, korea), got, unseen)
		}
		rough := 0.04 // of the day itself; the time before is only looked at in passing
		if from > now {
			rough = 0.1
		}
		if got := d.owed[d.cells]; math.Abs(got-owed) > rough*owed+1e-2 {
			t.Fatalf("%+v until %v: %v won are owed, want %v", v, inKorea(until, korea), got, owed)
		}
		if got := d.owed[0]; math.Abs(got-before) > 0.15*before+1e-2 {
			t.Fatalf("%+v from %v: %v won are owed, want %v", v, inKorea(from, korea), got, before)
		}
	}
}

// Whatever the hazards, no change comes more than once on a day.
func TestDayAheadIsACertaintyAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 5))
	for range 500 {
		v := View{Status: tracking.Status(r.IntN(len(stages{}))), Opened: monday, Changed: monday, Now: after(r.IntN(3000))}
		a := Adaptive{Model: wild(r), Worth: Worths(1), PollWon: 1}
		now := koreaSeconds(v.Now)
		var d dayAhead
		o := a.Model.outlook(&v)
		d.fill(&a, &v, &o, now, now, midnightBefore(now)+wholeDay)
		var most float64
		for _, h := range o.hazards {
			most += a.Worth.Of(h.to)
		}
		if got := d.unseen[d.cells]; got > 1.05*most || got < 0 || math.IsNaN(got) {
			t.Fatalf("%+v: %v won/h are unseen, at most %v can be", v, got, most)
		}
	}
}
