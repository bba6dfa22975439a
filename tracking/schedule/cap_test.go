package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// wild draws a model that may be anything: nothing to come, or a change every second.
func wild(r *rand.Rand) *Model {
	all := &stages{}
	for s := range all {
		for to := range tracking.Status(len(stages{})) {
			if r.IntN(4) > 0 {
				continue
			}
			h := newHazard(to, 0)
			for i := range h.base {
				if r.IntN(5) > 0 {
					h.base[i] = math.Exp(16*r.Float64() - 9)
				}
			}
			for i := range h.half {
				h.half[i] = 2 * r.Float64() * float64(r.IntN(2))
			}
			for i := range h.day {
				h.day[i] = 2 * r.Float64()
			}
			all[s] = append(all[s], h)
		}
	}
	return &Model{all: all}
}

// keeper is what a store keeps of one number: the Korean day of the last poll, and the polls on it.
type keeper struct{ day, polls int64 }

// Whatever the hazards, the cap and the clock, no poll is named on a day that is used up. The clock jumps ahead at will, and
// everything but what a store keeps is lost after each poll.
func TestNoCapIsExceeded(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 400 {
		limit := 1 + r.IntN(1+r.IntN(25))
		a := Adaptive{Model: wild(r), Worth: Worths(math.Exp(4*r.Float64() - 2)), PollWon: math.Exp(20*r.Float64() - 18)}
		now := monday.Add(time.Duration(r.Int64N(int64(14 * 24 * time.Hour))))
		opened, changed, status, phase := now, now, tracking.Status(r.IntN(len(stages{}))), float64(r.IntN(2))*r.Float64()
		kept, made := keeper{}, map[int64]int{}
		for asks := range 200 {
			v := View{
				Status: status, Opened: opened, Changed: changed, Now: now, Asks: asks, Absent: r.IntN(30) * r.IntN(2), Phase: phase, Cap: limit,
			}
			if kept.day == koreanDay(now) {
				v.Today = int(kept.polls)
			}
			next := a.Next(v)
			if next.Sub(now) < time.Second {
				t.Fatalf("%+v: %v is not later", v, next)
			}
			if v.Today >= limit && koreanDay(next) == koreanDay(now) {
				t.Fatalf("%+v: another poll that day, at %v", v, next)
			}
			if r.IntN(20) == 0 {
				next = next.Add(time.Duration(r.Int64N(int64(50 * time.Hour))))
			}
			now = next
			if day := koreanDay(now); day == kept.day {
				kept.polls++
			} else {
				kept = keeper{day, 1}
			}
			if made[kept.day]++; made[kept.day] > limit {
				t.Fatalf("%d polls on one day, the cap is %d", made[kept.day], limit)
			}
			if r.IntN(10) == 0 {
				status, changed = tracking.Status(r.IntN(len(stages{}))), now.Add(-time.Duration(r.Int64N(int64(3*time.Hour))))
			}
		}
	}
}

// A clock that goes back over midnight finds the day before used up, or with polls left, and a caller that does not make polls
// which its store refuses comes to every next day.
func TestNoCapIsExceededWhereTheClockGoesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2))
	for range 200 {
		limit := 1 + r.IntN(12)
		a := Adaptive{Model: wild(r), Worth: Worths(1), PollWon: math.Exp(12*r.Float64() - 14)}
		status := tracking.Status(r.IntN(len(stages{})))
		now, made := monday, map[int64]int{}
		var latest int64
		for asks := range 300 {
			v := View{Status: status, Opened: monday, Changed: monday, Now: now, Asks: asks, Cap: limit, Today: made[koreanDay(now)]}
			next := a.Next(v)
			if koreanDay(next) == koreanDay(now) && v.Today >= limit {
				t.Fatalf("%+v: another poll that day, at %v", v, next)
			}
			now = next
			if day := koreanDay(now); made[day] < limit {
				made[day]++
				latest = max(latest, day)
			}
			if r.IntN(4) == 0 {
				now = now.Add(-time.Duration(r.Int64N(int64(13 * time.Hour))))
			}
		}
		if latest <= koreanDay(monday) {
			t.Errorf("300 polls and it is still %v", now)
		}
	}
}

// A cap that is more than what is worth it changes nothing.
func TestAmpleCapChangesNothing(t *testing.T) {
	m := Prior().Learn(journeys(1, 200, "cj"))
	r := rand.New(rand.NewPCG(6, 3))
	for range 3000 {
		v := View{Courier: "cj", Status: tracking.Status(1 + r.IntN(6)), Opened: monday, Changed: after(r.IntN(4000)), Phase: r.Float64()}
		v.Now = v.Changed.Add(time.Duration(r.Int64N(int64(40 * time.Hour))))
		a := Adaptive{Model: m, Worth: Worths(1), PollWon: math.Exp(4*r.Float64() - 4)}
		free := a.Next(v)
		v.Cap, v.Today = 300, r.IntN(50)
		if got := a.Next(v); !got.Equal(free) {
			t.Fatalf("%+v at %v won: %v, without a cap %v", v, a.PollWon, got, free)
		}
	}
}

// bestOfDay is the least expected cost of so many polls on a day and none but one at its end, with cells of ten minutes and one
// change of worth 1 to come; gone is its distribution at their bounds.
func bestOfDay(gone []float64, polls int) float64 {
	n := len(gone) - 1
	unseen := func(i, j int) (hours float64) { // of changes between i and j until j
		for u := i + 1; u <= j; u++ {
			hours += (gone[u] - gone[u-1]) * (float64(j-u) + 0.5) / 6
		}
		return hours
	}
	between := make([][]float64, n+1)
	for i := range between {
		between[i] = make([]float64, n+1)
		for j := i + 1; j <= n; j++ {
			between[i][j] = unseen(i, j)
		}
	}
	cost := make([]float64, n+1)
	for i := range cost {
		cost[i] = between[i][n]
	}
	for range polls {
		next := make([]float64, n+1)
		for i := range next {
			next[i] = cost[i]
			for j := i + 1; j <= n; j++ {
				next[i] = min(next[i], between[i][j]+cost[j])
			}
		}
		cost = next
	}
	return cost[0]
}

// The polls of a day cost hardly more than the best set of them that there is.
func TestCappedDayAgainstEverySetOfPolls(t *testing.T) {
	m := (&Model{all: &stages{}}).Learn(deliveries(1, 800)) // deliveries and nothing else
	for _, limit := range []int{1, 2, 3, 5, 10, 20} {
		v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday, Cap: limit}
		o, gone := m.outlook(&v), make([]float64, 24*6+1)
		for i := range gone[1:] {
			at := koreaSeconds(after(10 * i))
			rate := o.rate(o.hazards[0], at, halfHourAfter(at))
			gone[i+1] = 1 - (1-gone[i])*math.Exp(-rate/6)
		}
		a := Adaptive{Model: m, Worth: Worths(1), PollWon: 1e-6}
		var cost float64
		last := 0.0
		for polls := 0; ; polls++ {
			v.Now = a.Next(v)
			v.Today++
			at := min(v.Now.Sub(monday).Hours()*6, 24*6)
			for u := range gone[1:] { // cell u, as far as it lies between the last poll and this
				from, until := max(float64(u), last), min(float64(u+1), at)
				if from < until {
					cost += (gone[u+1] - gone[u]) * (until - from) * (at - (from+until)/2) / 6
				}
			}
			if last = at; at >= 24*6 {
				if polls != limit {
					t.Errorf("cap %d: %d polls", limit, polls)
				}
				break
			}
		}
		if best := bestOfDay(gone, limit); cost > 1.04*best || cost < 0.97*best {
			t.Errorf("cap %d: %v h of delay, the best %v", limit, cost, best)
		} else {
			t.Logf("cap %d: %.3f × the best", limit, cost/best)
		}
	}
}

// Little can come, and at any time alike: polls are spread evenly.
func TestCappedConstantHazardIsEven(t *testing.T) {
	a := Adaptive{Model: steady(0.001), Worth: Worths(1), PollWon: 1e-9}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday, Cap: 8}
	for range 8 {
		next := a.Next(v)
		if got := next.Sub(v.Now).Minutes(); math.Abs(got-160) > 8 {
			t.Errorf("poll %d after %v min, want a ninth of the day", v.Today+1, got)
		}
		v.Now = next
		v.Today++
	}
	if got := a.Next(v); koreanDay(got) != koreanDay(monday)+wholeDay {
		t.Errorf("the ninth poll is at %v", got)
	}
}

func TestWhyNamesTheCap(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.001}
	v := View{Status: tracking.StatusOutForDelivery, Opened: monday, Changed: after(8 * 60), Now: after(12 * 60), Cap: 10, Today: 4}
	if why := a.Why(v); !strings.HasSuffix(why, " %, poll 5 of 10 that day") || !strings.Contains(why, a.Next(v).Format("15:04")) {
		t.Error(why)
	}
	v.Today = 10
	if why := a.Why(v); !strings.HasSuffix(why, " %, poll 1 of 10 that day") {
		t.Error(why)
	}
}

func TestCappedAllocatesNothing(t *testing.T) {
	a := Adaptive{Model: eventful(Prior().Learn(journeys(1, 50, "cj"))), Worth: Worths(1), PollWon: 0.001}
	for changed := range 60 { // through the first day and a half, in which ages are shortest
		v := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: monday, Changed: after(23 * changed), Now: after(23*changed + 17), Cap: 10, Phase: 0.3}
		for v.Today = range 12 {
			if n := testing.AllocsPerRun(10, func() { a.Next(v) }); n != 0 {
				t.Errorf("%d polls on the day of %v: %v allocations", v.Today, v.Now, n)
			}
		}
	}
}

func BenchmarkAdaptiveWithinCap(b *testing.B) {
	usual := Prior().Learn(journeys(1, 50, "cj"))
	dawn := View{Courier: "cj", Status: tracking.StatusInTransit, Opened: monday, Changed: after(60), Now: after(24*60 + 5*60)}
	for _, c := range []struct{ limit, today int }{{0, 0}, {10, 0}, {10, 5}, {10, 10}, {20, 0}, {500, 0}} {
		v := dawn
		v.Cap, v.Today = c.limit, c.today
		for name, m := range map[string]*Model{"": usual, "_eventful": eventful(usual)} {
			a := Adaptive{Model: m, Worth: Worths(1), PollWon: 0.01}
			b.Run(fmt.Sprintf("%dof%d%s", c.today, c.limit, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					a.Next(v)
				}
			})
		}
	}
}

// eventful is the model of somebody who has seen everything: any change may come after any other, those that are not in m seldom.
func eventful(m *Model) *Model {
	all := &stages{}
	for known := range all {
		all[known] = slices.Clone(m.all[known])
		for to := range tracking.Status(len(stages{})) {
			if int(to) != known && !slices.ContainsFunc(all[known], func(h *hazard) bool { return h.to == to }) {
				all[known] = append(all[known], newHazard(to, 0.0005))
			}
		}
	}
	return &Model{calendar: m.calendar, all: all}
}

func TestKoreanDays(t *testing.T) {
	for text, same := range map[string]bool{
		"2026-03-02T00:00:00+09:00": true, "2026-03-02T23:59:59.999+09:00": true, "2026-03-01T15:00:00Z": true,
		"2026-03-01T23:59:59+09:00": false, "2026-03-03T00:00:00+09:00": false, "2026-03-02T15:00:00Z": false,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || (koreanDay(at) == koreanDay(monday)) != same {
			t.Errorf("%s is on the day of %v: %v, %v", text, monday, !same, err)
		}
	}
	old := time.Date(1969, 12, 31, 1, 0, 0, 0, korea)
	if koreanDay(old) == koreanDay(old.Add(24*time.Hour)) || koreanDay(old) != koreanDay(old.Add(22*time.Hour)) {
		t.Error("days before 1970")
	}
}
