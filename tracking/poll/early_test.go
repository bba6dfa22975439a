package poll_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// beside is a policy that asks every four hours, and beside others from half of that on.
type beside struct{ poll.Fixed }

func (b beside) Next(w poll.Watch, now time.Time) poll.Plan {
	plan := b.Fixed.Next(w, now)
	plan.Early = now.Add(plan.At.Sub(now) / 2)
	return plan
}

// besideWith is the same with a cap.
type besideWith struct {
	beside
	most int
}

func (b besideWith) Cap(string) int { return b.most }

// early counts claims of watches that are not due.
type early struct {
	*poll.MemoryStore
	claims atomic.Int64
}

func (s *early) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	if r.Early {
		s.claims.Add(1)
	}
	return s.MemoryStore.Claim(ctx, r)
}

// Free places of a call are filled with watches that are half way to their time, nobody is asked sooner or later than that, and
// calls get fewer. Where an item costs, by a cap, a budget or a price, no place is filled.
func TestFreePlacesAreFilled(t *testing.T) {
	const watches = 20
	for name, c := range map[string]struct {
		config poll.Config
		batch  int
		filled bool
	}{
		"a call for many":    {poll.Config{Policy: beside{poll.Fixed(4 * time.Hour)}}, 10, true},
		"a call for one":     {poll.Config{Policy: beside{poll.Fixed(4 * time.Hour)}}, 1, false},
		"a policy without":   {poll.Config{Policy: poll.Fixed(4 * time.Hour)}, 10, false},
		"a cap":              {poll.Config{Policy: besideWith{beside{poll.Fixed(4 * time.Hour)}, 50}}, 10, false},
		"a budget of a day":  {poll.Config{Policy: beside{poll.Fixed(4 * time.Hour)}, Budgets: map[string]poll.Budget{"toy": {Day: 1000}}}, 10, false},
		"a budget of months": {poll.Config{Policy: beside{poll.Fixed(4 * time.Hour)}, Budgets: map[string]poll.Budget{"toy": {Month: 10000}}}, 10, false},
		"a budget of none":   {poll.Config{Policy: beside{poll.Fixed(4 * time.Hour)}, Budgets: map[string]poll.Budget{"toy": {Won: 5}}}, 10, true},
		"a priced call":      {poll.Config{Policy: &poll.Adaptive{Others: poll.Price{Call: 100, Batch: 10}}}, 10, true},
		"a priced item":      {poll.Config{Policy: &poll.Adaptive{Others: poll.Price{Item: 10, Batch: 10}}}, 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &early{MemoryStore: poll.NewMemoryStore()}
				c.config.Store = store
				carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: c.batch}}
				b := run(t, c.config, carrier)
				for n := range watches {
					b.open(n)
					time.Sleep(11 * time.Minute)
				}
				time.Sleep(3 * day)
				b.stop()
				stats := b.engine.Stats()[0]
				if (stats.Early > 50) != c.filled || !c.filled && store.claims.Load() != 0 {
					t.Errorf("%d asked early, in %d claims", stats.Early, store.claims.Load())
				}
				asks := 0
				for n := range watches {
					times := carrier.asked(number(n))
					asks += len(times)
					if w := b.watch(n); w.Asks != len(times) {
						t.Errorf("watch %d: %d asks are counted, it was asked %d times", n, w.Asks, len(times))
					}
					if _, adaptive := c.config.Policy.(*poll.Adaptive); adaptive {
						continue
					}
					for i, gap := range gaps(times) {
						if gap > 4*time.Hour+13*time.Minute || gap < 110*time.Minute || !c.filled && gap < 3*time.Hour+45*time.Minute {
							t.Errorf("watch %d: gap %d is %v", n, i, gap)
						}
					}
				}
				sizes := carrier.callSizes()
				if perCall := float64(asks) / float64(len(sizes)); c.filled && perCall < 3 || slices.Max(sizes) > c.batch {
					t.Errorf("%.1f watches in a call, at most %d", perCall, slices.Max(sizes))
				}
				t.Logf("%d asks in %d calls, %d early", asks, len(sizes), stats.Early)
			})
		})
	}
}

// A watch that was taken for a free place is judged by whether its place is still worth taking.
func TestEarlyIsJudgedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		plan  func(w poll.Watch, now time.Time) poll.Plan
		early bool
	}{
		"worth it": {func(w poll.Watch, now time.Time) poll.Plan {
			return poll.Plan{At: now.Add(time.Hour), Why: poll.Why{Text: "x"}, Early: now}
		}, true},
		"not yet": {func(w poll.Watch, now time.Time) poll.Plan {
			return poll.Plan{At: latestOf(w.Due, now), Why: poll.Why{Text: "x"}, Early: now.Add(time.Second)}
		}, false},
		"never": {func(w poll.Watch, now time.Time) poll.Plan {
			return poll.Plan{At: latestOf(w.Due, now), Why: poll.Why{Text: "x"}}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 10}}
				b := run(t, poll.Config{Policy: judging{beside{poll.Fixed(4 * time.Hour)}, c.plan}}, carrier)
				for n := range 10 {
					b.open(n)
					time.Sleep(19 * time.Minute)
				}
				time.Sleep(day)
				b.stop()
				sizes := carrier.callSizes()
				alone := 0
				for _, size := range sizes {
					if size == 1 {
						alone++
					}
				}
				if stats := b.engine.Stats()[0]; stats.Early == 0 || (alone < len(sizes)/2) != c.early {
					t.Errorf("%+v, calls of %v", stats, sizes)
				}
			})
		})
	}
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A price of the call makes places worth taking at six tenths of the debt, one of the item nearly never.
func TestAdaptiveEarly(t *testing.T) {
	at := func(p poll.Price) (early, due float64) {
		plan := (&poll.Adaptive{Others: p}).Next(onVan(1), start)
		if plan.Early.IsZero() {
			return 0, plan.At.Sub(start).Hours()
		}
		return plan.Early.Sub(start).Hours(), plan.At.Sub(start).Hours()
	}
	for _, p := range []poll.Price{{Item: 10}, {Item: 10, Batch: 20}, {Call: 10}, {Call: 10, Batch: 1}} {
		if early, _ := at(p); early != 0 {
			t.Errorf("%+v: early from %.2f h on", p, early)
		}
	}
	call, due := at(poll.Price{Call: 200, Batch: 20})
	mixed, _ := at(poll.Price{Item: 5, Call: 100, Batch: 20})
	if share := call / due; share < 0.6 || share > 0.85 { // the debt grows faster and faster
		t.Errorf("early from %.2f h on, due after %.2f h", call, due)
	}
	if mixed <= call || mixed >= due {
		t.Errorf("with a price of both early from %.2f h on; of the call alone %.2f h, due after %.2f h", mixed, call, due)
	}
}
