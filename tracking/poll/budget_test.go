package poll_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A till is a carrier that charges for each watch that it is asked about, on the Korean day on which the call reaches it, or on
// which it ends: nobody knows which.
type till struct {
	mu     sync.Mutex
	random *rand.Rand
	days   map[string]int // by day, and by month
}

func (c *till) charge(count int) {
	for _, layout := range []string{"2006-01-02", "2006-01"} {
		c.days[time.Now().In(kst).Format(layout)] += count
	}
}

// query takes seconds, now and then minutes.
func (c *till) query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	c.mu.Lock()
	takes, late := time.Duration(c.random.Int64N(int64(3*time.Second))), c.random.IntN(2) == 0
	if c.random.IntN(10) == 0 {
		takes *= 80
	}
	if !late {
		c.charge(len(qs))
	}
	c.mu.Unlock()
	time.Sleep(takes)
	if late {
		c.mu.Lock()
		c.charge(len(qs))
		c.mu.Unlock()
	}
	return nil, nil
}

// A mortal is what one process sees of the world: after so many steps it dies, and nothing that it does reaches anybody.
type mortal struct {
	poll.Store
	meter poll.Meter

	mu    sync.Mutex
	steps int
}

var errDead = errors.New("the process is no more")

func (m *mortal) dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.steps <= 0
}

// step does something, and may die before it or right after it.
func (m *mortal) step(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.steps -= 2; m.steps <= 0 {
		m.steps = 0
		return errDead
	}
	if err := do(); err != nil {
		return err
	}
	if m.steps == 1 {
		m.steps = 0
		return errDead
	}
	return nil
}

func (m *mortal) Claim(ctx context.Context, r poll.ClaimRequest) (ws []poll.Watch, err error) {
	err = m.step(func() error { ws, err = m.Store.Claim(ctx, r); return err })
	return ws, err
}

func (m *mortal) Release(ctx context.Context, ws []poll.Watch) error {
	return m.step(func() error { return m.Store.Release(ctx, ws) })
}

func (m *mortal) Record(ctx context.Context, r poll.Report, d func(poll.Watch, tracking.Gain) poll.Watch) (recorded poll.Recorded, err error) {
	err = m.step(func() error { recorded, err = m.Store.Record(ctx, r, d); return err })
	return recorded, err
}

func (m *mortal) Reserve(ctx context.Context, r poll.Reservation) (granted int, err error) {
	err = m.step(func() error { granted, err = m.meter.Reserve(ctx, r); return err })
	return granted, err
}

func (m *mortal) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return m.step(func() error { return m.meter.Count(ctx, carrier, day, u) })
}

func (m *mortal) Usage(ctx context.Context, carrier, period string) (u poll.Usage, err error) {
	err = m.step(func() error { u, err = m.meter.Usage(ctx, carrier, period); return err })
	return u, err
}

// spend lets two processes that die again and again share a store for some weeks, and gives what a carrier charged for.
func spend(t *testing.T, seed uint64, budget poll.Budget, meter func(*poll.MemoryStore) poll.Meter) (days map[string]int, deaths int) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 1))
		till := &till{random: rand.New(rand.NewPCG(seed, 2)), days: map[string]int{}}
		store := poll.NewMemoryStore()
		begin := func() (*bench, *mortal) {
			process := &mortal{Store: store, meter: meter(store), steps: 40 + random.IntN(1500)}
			carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 3}, whole: func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
				if process.dead() {
					return nil, fault(tracking.ErrUpstream)
				}
				return till.query(ctx, qs)
			}}
			config := poll.Config{Store: process, Policy: poll.Fixed(2 * time.Hour), Budgets: map[string]poll.Budget{"toy": budget}, Look: 15 * time.Minute}
			return run(t, config, carrier), process
		}
		var benches [2]*bench
		var processes [2]*mortal
		for i := range benches {
			benches[i], processes[i] = begin()
		}
		for n := range 40 {
			id := idOf(n)
			if _, err := store.Change(t.Context(), id, func(w poll.Watch) poll.Watch {
				w.Life, w.Began, w.Opened, w.Due = poll.Active, start, start, start
				return w
			}); err != nil {
				t.Fatal(err)
			}
		}
		for time.Since(start) < 33*day {
			time.Sleep(7 * time.Minute)
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
		days = till.days
	})
	return days, deaths
}

// forgetful is a meter that knows nothing of what other processes do, nor of what was before a restart.
func forgetful(*poll.MemoryStore) poll.Meter { return poll.NewMemoryStore() }

func shared(m *poll.MemoryStore) poll.Meter { return m }

// No carrier is asked more often than its budget allows, on no day and in no month, whatever dies when; and a day on which
// nothing goes wrong uses most of it.
func TestBudgetHoldsOverCrashes(t *testing.T) {
	budget := poll.Budget{Day: 50, Month: 1200}
	excess := func(days map[string]int) (days50, months int) {
		for name, count := range days {
			switch limit := map[bool]int{true: budget.Day, false: budget.Month}[len(name) == len("2000-01-01")]; {
			case count <= limit:
			case limit == budget.Day:
				days50++
			default:
				months++
			}
		}
		return days50, months
	}
	for seed := range uint64(4) {
		days, deaths := spend(t, seed, budget, shared)
		if d, m := excess(days); d+m > 0 {
			t.Errorf("seed %d: exceeded on %d days and in %d months: %v", seed, d, m, days)
		}
		full := 0
		for name, count := range days {
			if len(name) == len("2000-01-01") && count >= budget.Day*8/10 {
				full++
			}
		}
		if deaths < 10 || full < 20 || days["2000-01"] < budget.Month*8/10 {
			t.Errorf("seed %d: %d deaths, %d days on which the budget was used, %d in January", seed, deaths, full, days["2000-01"])
		}
	}
	days, _ := spend(t, 1, budget, forgetful)
	if d, m := excess(days); d == 0 || m == 0 {
		t.Error("a meter that forgets keeps the budget: the test proves nothing")
	}
}

// A budget that is used up stops the carrier until the Korean midnight, or the first of the month; the alarm is raised once, its end
// is told, and no unit is left over.
func TestBudgetStopsUntilThePeriodEnds(t *testing.T) {
	for name, c := range map[string]struct {
		budget poll.Budget
		until  time.Time
	}{
		"day":   {poll.Budget{Day: 30}, time.Date(2000, 1, 2, 0, 0, 0, 0, kst)},
		"month": {poll.Budget{Day: 1000, Month: 30}, time.Date(2000, 2, 1, 0, 0, 0, 0, kst)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 4}}
				b := run(t, poll.Config{
					Policy: poll.Fixed(time.Hour), Budgets: map[string]poll.Budget{"toy": c.budget}, Lifetimes: poll.Lifetimes{Silence: 50 * day}, Look: 10 * time.Minute,
				}, carrier)
				for n := range 7 {
					b.open(n)
				}
				asked := func() (sum int) {
					for _, size := range carrier.callSizes() {
						sum += size
					}
					return sum
				}
				time.Sleep(c.until.Sub(start) - time.Second)
				synctest.Wait()
				if asked() != 30 || len(b.told()) != 1 {
					t.Fatalf("%d asked, alerts %+v", asked(), b.told())
				}
				if a := b.told()[0]; a.Kind != "quota_exhausted" || !errors.Is(a.Err, poll.ErrBudget) || !a.Until.Equal(c.until) {
					t.Errorf("alert %+v", a)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if asked() != 37 || len(b.told()) != 2 || b.told()[1].Kind != "" {
					t.Errorf("%d asked after the end, alerts %+v", asked(), b.told())
				}
				b.stop()
				for n := range 7 {
					if w := b.watch(n); w.Failures != 0 || w.Asks != len(carrier.asked(number(n))) {
						t.Errorf("watch %d: %d failures, %d asks", n, w.Failures, w.Asks)
					}
				}
			})
		})
	}
}

// Units of what nobody charges for come back: of asks that were not made, and of answers that are free.
func TestUnitsNotUsedComeBack(t *testing.T) {
	for name, c := range map[string]struct {
		err   *tracking.Error
		takes time.Duration
		units int64
		asked int64
	}{
		"answered":                       {units: 3, asked: 3},
		"a free failure":                 {err: &tracking.Error{Kind: tracking.ErrUpstream, Billed: tracking.No}, asked: 3},
		"a failure that may be charged":  {err: &tracking.Error{Kind: tracking.ErrUpstream}, units: 3, asked: 3},
		"no data, which is charged":      {err: &tracking.Error{Kind: tracking.ErrNotFound, Billed: tracking.Yes}, units: 3, asked: 3},
		"refused: the carrier stops":     {err: fault(tracking.ErrCredentials)},
		"a plan that is spent":           {err: fault(tracking.ErrQuotaExhausted)},
		"Run ended, nobody knows of two": {takes: time.Hour, units: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", limits: tracking.Limits{Concurrency: 2}}
				if c.err != nil {
					carrier.item = func(tracking.Query, int) tracking.Result { return tracking.Result{Err: c.err, Billed: c.err.Billed} }
				}
				if c.takes > 0 {
					slowly(carrier, c.takes)
				}
				b := run(t, poll.Config{Budgets: map[string]poll.Budget{"toy": {Day: 100, Won: 12}}}, carrier)
				b.open(1, 2, 3)
				time.Sleep(time.Minute)
				b.stop()
				for _, period := range []string{"2000-01-01", "2000-01"} {
					u, err := b.store.Usage(context.WithoutCancel(t.Context()), "toy", period)
					if err != nil || u.Units != c.units || u.Asked != c.asked || u.Won != 12*c.units || u.Calls != int64(len(carrier.callSizes())) {
						t.Errorf("%s: %+v (%v), want %d units", period, u, err, c.units)
					}
				}
			})
		})
	}
}

// What is asked is counted without a budget too, as the engine's own figures say.
func TestUsageIsCountedWithoutABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 3}, item: func(q tracking.Query, nth int) tracking.Result {
			switch q.Number[len(q.Number)-1] {
			case '1':
				return tracking.Result{Err: fault(tracking.ErrNotFound)}
			case '2':
				return tracking.Result{Err: fault(tracking.ErrUpstream)}
			}
			return moving(q)
		}}
		b := run(t, poll.Config{Policy: poll.Fixed(time.Hour)}, carrier)
		b.open(1, 2, 3, 4, 5)
		time.Sleep(3 * day)
		b.stop()
		stats := b.engine.Stats()[0]
		u, err := b.store.Usage(context.WithoutCancel(t.Context()), "toy", "2000-01")
		want := poll.Usage{Units: stats.Found, Calls: stats.Calls, Asked: stats.Asked, Found: stats.Found, NotFound: stats.NotFound, Failed: stats.Failed}
		if err != nil || u != want || u.Found == 0 || u.NotFound == 0 || u.Failed == 0 {
			t.Errorf("%+v (%v), want %+v", u, err, want)
		}
	})
}

// plain is a store without more abilities than it must have.
type plain struct{ poll.Store }

// Budgets that cannot hold are faults of the configuration.
func TestBudgetFaults(t *testing.T) {
	_, err := poll.New(poll.Config{
		Store: plain{poll.NewMemoryStore()}, Carriers: []tracking.Carrier{&scripted{name: "toy"}},
		Budgets: map[string]poll.Budget{"toy": {Day: -1}, "other": {Day: 1}},
	})
	for _, want := range []string{"Meter", `"toy" is negative`, `"other"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if _, err := poll.New(poll.Config{Store: plain{poll.NewMemoryStore()}, Carriers: []tracking.Carrier{&scripted{name: "toy"}}}); err != nil {
		t.Error(err)
	}
}

// A call that may end after midnight is reserved for on both days, and stays so on those on which it may have been charged.
func TestBudgetHoldsAcrossMidnight(t *testing.T) {
	days := []string{"2000-01-01", "2000-01-02"}
	for name, c := range map[string]struct {
		takes time.Duration // a call that begins at 23:58
		gone  int64         // units of the next day, from the beginning
		first int           // asked before midnight, of 10
		units [2]int64      // of both days half a minute before midnight
		later int           // asked after midnight, when 10 more are due
	}{
		"ended in time":                   {takes: time.Second, first: 10, units: [2]int64{10, 0}, later: 10},
		"ended after midnight":            {takes: 3 * time.Minute, first: 10, units: [2]int64{10, 10}},
		"in time, with some left":         {takes: time.Second, gone: 6, first: 4, units: [2]int64{4, 6}, later: 4},
		"after midnight, with some left":  {takes: 3 * time.Minute, gone: 6, first: 4, units: [2]int64{4, 10}},
		"nothing is left on the next day": {takes: time.Second, gone: 10, units: [2]int64{0, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := slowly(&scripted{name: "toy", limits: tracking.Limits{Batch: 10}}, c.takes)
				b := run(t, poll.Config{Fill: -1, Policy: poll.Fixed(20 * time.Hour), Budgets: map[string]poll.Budget{"toy": {Day: 10}}}, carrier)
				if err := b.store.Count(t.Context(), "toy", days[1], poll.Usage{Units: c.gone}); err != nil {
					t.Fatal(err)
				}
				asked := func() (sum int) {
					for _, size := range carrier.callSizes() {
						sum += size
					}
					return sum
				}
				open := func(from int) {
					for n := from; n < from+10; n++ {
						if _, err := b.store.Change(t.Context(), idOf(n), func(w poll.Watch) poll.Watch {
							w.Life, w.Began, w.Opened, w.Due = poll.Active, time.Now(), time.Now(), time.Now()
							return w
						}); err != nil {
							t.Fatal(err)
						}
					}
					b.open(from) // so that all ten are seen at once
				}
				time.Sleep(14*time.Hour + 58*time.Minute)
				open(0)
				time.Sleep(90 * time.Second)
				for i, day := range days {
					if u, err := b.store.Usage(t.Context(), "toy", day); err != nil || u.Units != c.units[i] {
						t.Errorf("%s: %d units (%v), want %d", day, u.Units, err, c.units[i])
					}
				}
				first := asked()
				time.Sleep(2 * time.Minute)
				open(10)
				time.Sleep(10 * time.Minute)
				b.stop()
				if later := asked() - first; first != c.first || later != c.later {
					t.Errorf("%d asked before midnight and %d after, want %d and %d", first, later, c.first, c.later)
				}
			})
		})
	}
}
