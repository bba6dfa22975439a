package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// densitiesOf draws a life in n steps.
func densitiesOf(r *rand.Rand, n int) (survival, worth []float64) {
	survival, worth = make([]float64, n+1), make([]float64, n+1)
	survival[0] = 1
	for i := 1; i <= n; i++ {
		gone := survival[i-1] * r.Float64() * r.Float64()
		survival[i] = survival[i-1] - gone
		worth[i] = gone * (0.05 + r.Float64())
	}
	return survival, worth
}

// Every subset of the steps is tried, with the cost written out as it is defined.
func TestCheapestAgainstEverySchedule(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var p program
	for range 300 {
		n := 1 + r.IntN(11)
		survival, worth := densitiesOf(r, n)
		price, hours := math.Exp(6*r.Float64()-5), 0.1+r.Float64()
		least := math.Inf(1)
		for set := range 1 << (n - 1) {
			var cost float64
			for i := range n { // a poll at n; one at i where the bit i - 1 is set
				if i == 0 || set>>(i-1)&1 == 1 {
					cost += price * survival[i]
				}
			}
			for u := 1; u <= n; u++ {
				j := u
				for j < n && set>>(j-1)&1 == 0 {
					j++
				}
				cost += worth[u] * float64(j-u) * hours
			}
			least = min(least, cost)
		}
		polls := p.cheapest(survival, worth, price, hours)
		if got := expected(survival, worth, price, hours, polls); math.Abs(got-least) > 1e-9*(1+least) {
			t.Fatalf("n %d, price %v: polls at %v cost %v, the best %v", n, price, polls, got, least)
		}
	}
}

// No policy costs less on average than the optimum, if the hazards are true, and none less than the clairvoyant.
func TestOptimumIsCheapest(t *testing.T) {
	m := Prior().Learn(deliveries(1, 400))
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		price := math.Exp(5*r.Float64() - 6)
		opened := after(r.IntN(7 * 24 * 60))
		v := View{Status: tracking.StatusInTransit, Opened: opened, Changed: opened, Now: opened}
		o := &Optimum{Model: m, Worth: Worths(1), PollWon: price}
		survival, worth := o.densities(v, 40*24*60)
		n := len(survival) - 1
		best := expected(survival, worth, price, 1.0/60, o.program.cheapest(survival, worth, price, 1.0/60))
		for _, p := range []Policy{
			Fixed{Every: 15 * time.Minute}, Fixed{Every: time.Hour}, Fixed{Every: 2 * time.Hour}, Fixed{Every: 9 * time.Hour}, StatusTable{},
			Adaptive{Model: m, Worth: Worths(1), PollWon: price}, Adaptive{Model: m, Worth: Worths(1), PollWon: price / 2},
		} {
			var polls []int
			for w := v; len(polls) == 0 || polls[len(polls)-1] < n; w.Now = p.Next(w) {
				if at := int(w.Now.Sub(opened) / time.Minute); at > 0 && (len(polls) == 0 || at > polls[len(polls)-1]) {
					polls = append(polls, min(at, n))
				}
			}
			if cost := expected(survival, worth, price, 1.0/60, polls); cost < best*(1-1e-9) {
				t.Errorf("%T %+v costs %v, the optimum %v", p, p, cost, best)
			}
		}
	}
}

// exactInterval solves e^(hd) = 1 + hd + hc/w for d, where cost is c/w in hours.
func exactInterval(h, cost float64) float64 {
	d := math.Sqrt(2 * cost / h)
	for range 100 {
		d -= (math.Expm1(h*d) - h*d - h*cost) / (h * math.Expm1(h*d))
	}
	return d
}

func TestOptimumOfAConstantHazard(t *testing.T) {
	const h, c = 0.05, 0.2
	d := exactInterval(h, c)
	o := &Optimum{Model: steady(h), Worth: Worths(1), PollWon: c}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday}
	for range 40 {
		next := o.Next(v)
		if got := next.Sub(v.Now).Hours(); math.Abs(got-d) > 1.0/60 {
			t.Fatalf("an interval of %v h, want %v h to the minute", got, d)
		}
		v.Now = next
	}
}

// With one event to come a plan made half way is the rest of the plan made at the beginning.
func TestOptimumKeepsToItsPlan(t *testing.T) {
	m := (&Model{all: &stages{}}).Learn(deliveries(1, 400))
	v := View{Status: tracking.StatusInTransit, Opened: after(700), Changed: after(700), Now: after(700)}
	walk := func(fresh bool) (polls []time.Time) {
		o := &Optimum{Model: m, Worth: Worths(1), PollWon: 0.05}
		for w := v; len(polls) < 60; w.Now = polls[len(polls)-1] {
			if fresh {
				o = &Optimum{Model: m, Worth: Worths(1), PollWon: 0.05}
			}
			polls = append(polls, o.Next(w))
		}
		return polls
	}
	if once, anew := walk(false), walk(true); !slices.Equal(once, anew) {
		t.Errorf("planned once: %v\nplanned anew: %v", once, anew)
	}
}

func BenchmarkOptimum(b *testing.B) {
	o := &Optimum{Model: steady(1.0 / 275), Worth: Worths(1), PollWon: 0.005}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday}
	for b.Loop() {
		o.planFrom(v)
	}
}
