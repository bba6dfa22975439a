package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// seasons are the parcels of so many weeks from monday on, delivered between nine and seven on days that are not idle.
func seasons(seed uint64, n, weeks int, c tracking.Courier, idle func(day int64) bool) []Timeline {
	r := rand.New(rand.NewPCG(seed, 6))
	all := make([]Timeline, n)
	for i := range all {
		opened := r.IntN(weeks * 7 * minutesADay)
		at := opened
		for {
			at += 1 + r.IntN(30)
			if hour := at / 60 % 24; hour >= 9 && hour < 19 && !idle(dayOf(after(at))) && r.IntN(40) == 0 {
				break
			}
		}
		all[i] = single(opened, at)
		all[i].Courier = c
	}
	return all
}

// Days off are found one by one, and no others; each courier has its own; and knowing them makes the hazard of other days right.
func TestDaysOffAreFound(t *testing.T) {
	off := []int64{dayOf(after(9 * minutesADay)), dayOf(after(24 * minutesADay))}
	rests := func(day int64) bool { return floorMod(day+3, 7) == 6 || slices.Contains(off, day) }
	works := func(day int64) bool { return floorMod(day+3, 7) == 6 }
	m := Prior().Learn(slices.Concat(seasons(1, 2500, 6, "hanjin", rests), seasons(2, 2500, 6, "cj", works)))
	if got := m.off["hanjin"]; !slices.Equal(got, off) {
		t.Errorf("found %v, want %v", got, off)
	}
	if got := m.off["cj"]; got != nil {
		t.Errorf("found %v at a courier that worked", got)
	}
	if !strings.Contains(m.String(), "hanjin: did not work on "+dateOf(off[0]).Format(time.DateOnly)+" "+dateOf(off[1]).Format(time.DateOnly)+"\n") {
		t.Error("days off are not printed")
	}
	rate := func(c tracking.Courier, day int64) (mean float64) {
		for hour := 9; hour < 19; hour++ {
			at := dateOf(day).Add(time.Duration(hour) * time.Hour)
			mean += m.Rate(View{Courier: c, Status: tracking.StatusInTransit, Changed: at.Add(-32 * time.Hour), Now: at}, tracking.StatusDelivered) / 10
		}
		return mean
	}
	const want = 60 / 15.5 / 40 // see TestLearnFindsTheHazards
	for _, day := range []int64{off[0] + 7, off[0] - 7, off[1] + 7} {
		if got := rate("hanjin", day); math.Abs(got/want-1) > 0.2 {
			t.Errorf("%v an hour, want %v", got, want)
		}
	}
	if rest, work := rate("hanjin", off[0]), rate("cj", off[0]); rest > want/10 || work < want/2 {
		t.Errorf("on the day off %v an hour, of the other courier %v", rest, work)
	}
}

// Few parcels find no days off, for a day without any happens by chance.
func TestDaysOffAreNotGuessed(t *testing.T) {
	for seed := range uint64(20) {
		m := Prior().Learn(seasons(seed, 60, 4, "cj", func(day int64) bool { return floorMod(day+3, 7) == 6 }))
		if got := m.off["cj"]; got != nil {
			t.Errorf("seed %d: found %v", seed, got)
		}
	}
}

// What is learned bit by bit is what is learned at once, near enough; and what fades gives way.
func TestLearningGoesOn(t *testing.T) {
	rests := func(day int64) bool { return floorMod(day+3, 7) == 6 }
	v := View{Courier: "cj", Status: tracking.StatusInTransit}
	rate := func(m *Model) float64 {
		var sum float64
		for hour := 9; hour < 19; hour++ {
			v.Now = after(2*minutesADay + hour*60 + 10)
			v.Changed = v.Now.Add(-20 * time.Hour)
			sum += m.Rate(v, tracking.StatusDelivered) / 10
		}
		return sum
	}
	whole := seasons(1, 4000, 8, "cj", rests)
	at, bits := Prior().Learn(whole), Prior()
	for i := 0; i < len(whole); i += 200 {
		bits = bits.Learn(whole[i : i+200])
	}
	if a, b := rate(at), rate(bits); math.Abs(a/b-1) > 0.1 {
		t.Errorf("at once %v an hour, in twenty bits %v", a, b)
	}
	// Afterwards it delivers half as fast.
	slower := seasons(2, 1000, 4, "cj", func(day int64) bool { return rests(day) || day%2 == 0 })
	stays, gives := at.Learn(slower), at.Fade(0.1).Learn(slower)
	if !(rate(gives) < rate(stays) && rate(stays) < rate(at)) {
		t.Errorf("it was %v an hour, then %v, faded %v", rate(at), rate(stays), rate(gives))
	}
	if got := rate(at.Fade(0.1)); math.Abs(got/rate(at)-1) > 1e-9 {
		t.Errorf("fading changed %v to %v", rate(at), got)
	}
	if m := bits.Learn(seasons(3, 300, 4, "hanjin", rests)); m.couriers["cj"] == nil || m.couriers["hanjin"] == nil {
		t.Error("a courier that was not in the last batch is forgotten")
	}
}
