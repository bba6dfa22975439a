package poll_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// A strict carrier counts the asks of each number by Korean day, some time after it was called.
type strict struct {
	now func() time.Time

	mu     sync.Mutex
	random *rand.Rand
	asks   map[string]map[string]int // by number and day
}

func (s *strict) query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	begun := s.now()
	s.mu.Lock()
	wait := time.Duration(s.random.Int64N(int64(270 * time.Second)))
	s.mu.Unlock()
	time.Sleep(wait)
	s.mu.Lock()
	defer s.mu.Unlock()
	day := begun.Add(wait).In(kst).Format(time.DateOnly) // a clock that is set meanwhile proves nothing
	for _, q := range qs {
		if s.asks[q.Number] == nil {
			s.asks[q.Number] = map[string]int{}
		}
		s.asks[q.Number][day]++
	}
	return nil, nil
}

// restless is a policy that heeds no cap, and asks at any hour.
type restless struct{ most int }

func (r restless) Cap(string) int { return r.most }

func (r restless) Next(w poll.Watch, now time.Time) poll.Plan {
	return poll.Plan{At: now.Add(time.Duration(10+w.Asks*7919%420) * time.Minute), Why: poll.Why{Text: "by lot"}}
}

// No number is asked about more often on a Korean day than its cap allows, by two processes that share a store and die again and
// again, by a clock that is set forward and back over midnight; and most of what is allowed is used where news is worth it.
func TestNoCapIsExceeded(t *testing.T) {
	const most, weeks, watches = 6, 3, 60
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			var mu sync.Mutex
			var ahead time.Duration // of the clock of processes and carrier
			now := func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(ahead)
			}
			carrier := &strict{now: now, random: rand.New(rand.NewPCG(seed, 6)), asks: map[string]map[string]int{}}
			store := poll.NewMemoryStore()
			policy := poll.Policy(restless{most})
			if seed%2 == 0 {
				policy = &poll.Adaptive{Worth: schedule.Worths(5000), Rhythms: poll.Table{Others: poll.Rhythm{Cap: most}}}
			}
			begin := func() (*bench, *mortal) {
				process := &mortal{Store: store, meter: store, steps: 200 + random.IntN(2000)}
				toy := &scripted{name: "toy", limits: tracking.Limits{Batch: 4}, whole: func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
					if process.dead() {
						return nil, fault(tracking.ErrUpstream)
					}
					return carrier.query(ctx, qs)
				}}
				wait := func(ctx context.Context, d time.Duration) error {
					select {
					case <-time.After(min(d, 10*time.Minute)): // the clock may have been set meanwhile
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				return run(t, poll.Config{Store: process, Policy: policy, Look: 15 * time.Minute, Now: now, Wait: wait}, toy), process
			}
			var benches [2]*bench
			var processes [2]*mortal
			for i := range benches {
				benches[i], processes[i] = begin()
			}
			for n := range watches {
				_, err := store.Change(t.Context(), idOf(n), func(w poll.Watch) poll.Watch {
					w.Life, w.Began, w.Opened, w.Due = poll.Active, start, start, start
					return w
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			deaths, jumps := 0, 0
			for time.Since(start) < weeks*7*day {
				time.Sleep(7 * time.Minute)
				if random.IntN(150) == 0 {
					jumps++
					mu.Lock()
					ahead = time.Duration(random.IntN(20)-10) * time.Hour
					mu.Unlock()
				}
				for i := range benches {
					if processes[i].dead() {
						deaths++
						benches[i].stop()
						benches[i], processes[i] = begin()
					}
				}
			}
			for i := range benches {
				benches[i].stop()
			}
			used := 0
			for number, days := range carrier.asks {
				for day, asks := range days {
					if asks > most {
						t.Errorf("seed %d: …%s was asked about %d times on %s", seed, number[len(number)-2:], asks, day)
					}
					used += asks
				}
			}
			if deaths < 3 || jumps < 5 || used < watches*weeks*7*most/2 {
				t.Errorf("seed %d: %d deaths, %d jumps, %d asks", seed, deaths, jumps, used)
			}
		})
	}
}

// What would be asked just before midnight, and might be counted after it, is asked after it, where there is a cap.
func TestCapsAndMidnight(t *testing.T) {
	for most, wait := range map[int]bool{0: false, 6: true} {
		synctest.Test(t, func(t *testing.T) {
			carrier := &scripted{name: "toy"}
			b := run(t, poll.Config{Policy: restless{most}}, carrier)
			time.Sleep(15*time.Hour - 2*time.Minute) // it began at nine
			b.open(1)
			time.Sleep(90 * time.Minute)
			b.stop()
			asked := carrier.asked(number(1))
			if len(asked) == 0 || asked[0].After(start.Add(15*time.Hour)) != wait {
				t.Errorf("with a cap of %d it is asked at %v", most, asked)
			}
		})
	}
}
