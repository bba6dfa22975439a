package fulfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// shiftLog is what several runners did, as "02 03:10 retain".
type shiftLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *shiftLog) told(r Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%s %s", r.Began.In(korea).Format("02 15:04"), r.Job))
}

func (l *shiftLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	slices.Sort(lines)
	return lines
}

// In a bubble it is 09:00 of 1 January 2000 in Korea at first.
func TestNightRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := NewMemoryStore(), &shiftLog{}
		ctx, cancel := context.WithCancel(t.Context())
		run := func(ctx context.Context) {
			e := nightEngine(t, Config{Store: store, Night: Night{
				Jobs: []Job{Retain, ConfirmPurchases}, At: map[Job]time.Duration{Retain: 21 * time.Hour}, Told: log.told,
			}})
			go func() { _ = e.shift(ctx) }()
		}
		expect := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			if got := log.take(); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		for range 3 {
			run(ctx)
		}
		expect("at first, what was due before", "01 09:00 confirm-purchases", "01 09:00 retain")
		time.Sleep(3*24*time.Hour - time.Second)
		expect("three days",
			"01 21:00 retain", "02 03:20 confirm-purchases", "02 21:00 retain", "03 03:20 confirm-purchases", "03 21:00 retain",
			"04 03:20 confirm-purchases")
		cancel()
		time.Sleep(4*24*time.Hour + 12*time.Hour)
		expect("none runs")
		ctx, cancel = context.WithCancel(t.Context())
		run(ctx)
		expect("one runs again", "08 20:59 confirm-purchases", "08 20:59 retain")
		time.Sleep(2 * time.Second)
		expect("and goes on", "08 21:00 retain")
		run(ctx)
		expect("another one comes")
		cancel()
		synctest.Wait()
	})
}

// TestNightRunsHourly is about the job that is done every hour.
func TestNightRunsHourly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &shiftLog{}
		e := nightEngine(t, Config{Store: NewMemoryStore(), Night: Night{
			Jobs: []Job{Stalls}, At: map[Job]time.Duration{Stalls: 30 * time.Minute}, Told: log.told,
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		if err := e.shift(ctx); err != nil {
			t.Error(err)
		}
		if got, want := log.take(), []string{"01 09:00 stalls", "01 09:30 stalls", "01 10:30 stalls"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// faultyStore fails transactions while it is told to.
type faultyStore struct {
	Store
	fails atomic.Bool
}

func (s *faultyStore) Transact(ctx context.Context, f func(context.Context, Tx) error) error {
	if s.fails.Load() {
		return errDisk
	}
	return s.Store.Transact(ctx, f)
}

type panicking struct{}

func (panicking) Prune(context.Context, time.Time) (int, error) { panic("nothing to see here") }

func TestNightOutlivesFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := &faultyStore{Store: NewMemoryStore()}, &shiftLog{}
		store.fails.Store(true)
		var last Report
		e := nightEngine(t, Config{Store: store, Night: Night{
			Jobs: []Job{Retain, CompleteDeliveries}, Records: []Records{{Name: "access", In: panicking{}}},
			Told: func(r Report) { log.told(r); last = r; panic("the host's") },
		}})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = e.shift(ctx) }()
		time.Sleep(30*time.Minute - time.Second)
		store.fails.Store(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		want := []string{"01 09:30 complete-deliveries", "01 09:30 retain", "01 09:31 retain"}
		if got := log.take(); !slices.Equal(got, want) || last.Job != Retain || last.Err == nil {
			t.Errorf("%q, %+v", got, last)
		}
		cancel()
		synctest.Wait()
	})
}

// prunerFunc is a Pruner.
type prunerFunc func(ctx context.Context) error

func (f prunerFunc) Prune(ctx context.Context, _ time.Time) (int, error) { return 0, f(ctx) }

// TestNightTriesAgain is about a job that fails: it is tried again, ever less often, until it is done, and then no more.
func TestNightTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, begin := &shiftLog{}, time.Now()
		pruner := prunerFunc(func(context.Context) error {
			if time.Since(begin) < 3*time.Hour {
				return errDisk
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Hour)
		defer cancel()
		e := nightEngine(t, Config{Store: NewMemoryStore(), Night: Night{
			Jobs: []Job{Retain}, At: map[Job]time.Duration{Retain: 9 * time.Hour}, Records: []Records{{Name: "access", In: pruner}}, Told: log.told,
		}})
		if err := e.shift(ctx); err != nil {
			t.Error(err)
		}
		var got []string
		for _, line := range log.take() {
			got = append(got, line[3:8])
		}
		want := []string{"09:00", "09:01", "09:03", "09:07", "09:15", "09:31", "10:03", "11:03", "12:03"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestNightIsTakenOver is about a process that ends in a job.
func TestNightIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, store := &shiftLog{}, NewMemoryStore()
		run := func(ctx context.Context, pruner prunerFunc) {
			e := nightEngine(t, Config{Store: store, Night: Night{
				Jobs: []Job{Retain}, At: map[Job]time.Duration{Retain: 9 * time.Hour}, Records: []Records{{Name: "access", In: pruner}}, Told: log.told,
			}})
			go func() { _ = e.shift(ctx) }()
			synctest.Wait()
		}
		dying, die := context.WithCancel(t.Context())
		run(dying, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		living, end := context.WithCancel(t.Context())
		run(living, func(context.Context) error { return nil })
		time.Sleep(30 * time.Minute)
		die()
		synctest.Wait()
		if got, want := log.take(), []string{"01 09:00 retain"}; !slices.Equal(got, want) {
			t.Errorf("before the lease is over: %q, want %q", got, want)
		}
		time.Sleep(3 * time.Hour)
		if got, want := log.take(), []string{"01 10:10 retain"}; !slices.Equal(got, want) {
			t.Errorf("after it: %q, want %q", got, want)
		}
		end()
		synctest.Wait()
	})
}

// TestNightSleepsThrough asks the store no oftener than it must.
func TestNightSleepsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := 0
		stop := errors.New("enough")
		e := nightEngine(t, Config{Store: NewMemoryStore(), Night: Night{Jobs: []Job{Retain}}, Wait: func(_ context.Context, d time.Duration) error {
			if waits++; waits == 100 {
				return stop
			}
			if d < time.Minute {
				t.Errorf("it waits %v", d)
			}
			time.Sleep(d)
			return nil
		}})
		if err := e.shift(t.Context()); !errors.Is(err, stop) {
			t.Error(err)
		}
	})
}
