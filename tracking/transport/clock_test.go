package transport_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// world is a clock a thousand times as fast as the wall clock.
type world struct {
	mu    sync.Mutex
	began time.Time // by the wall clock
	waits []time.Duration
}

const hurry = 1000

var worldBegan = time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)

func newWorld(c *transport.Config) *world {
	w := &world{began: time.Now()}
	c.Now, c.Wait = w.now, w.wait
	return w
}

func (w *world) now() time.Time { return worldBegan.Add(hurry * time.Since(w.began)) }

func (w *world) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	w.waits = append(w.waits, d)
	w.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d/hurry + 1):
		return nil
	}
}

// TestPausesGoByTheWorldsClock: what waits before it tries again waits by the clock that it was given, and answers are dated by it.
func TestPausesGoByTheWorldsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := replies(answer(503, `{}`), answer(503, `{}`, "Retry-After", "30"), ok())
		var w *world
		calls := newTransport(t, s, func(c *transport.Config) { w = newWorld(c) })
		began := time.Now()
		resp, err := calls.Do(t.Context(), reads(3), get())
		if err != nil || s.count() != 3 {
			t.Fatalf("%d requests: %v", s.count(), err)
		}
		if len(w.waits) != 2 || w.waits[0] < 250*time.Millisecond || w.waits[0] > 500*time.Millisecond || w.waits[1] != 30*time.Second {
			t.Errorf("waited %v", w.waits)
		}
		if took := time.Since(began); took < 30*time.Millisecond || took > 31*time.Millisecond {
			t.Errorf("it took %v of the wall clock", took)
		}
		if !resp.At.Equal(w.now()) {
			t.Errorf("the answer is of %v, and it is %v", resp.At, w.now())
		}
		s.noLeak(t)
	})
}

// TestGateGoesByTheWorldsClock: a credential that has to wait waits by the clock that it was given.
func TestGateGoesByTheWorldsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := replies(answer(429, `{}`, "Retry-After", "40"), ok())
		calls := newTransport(t, s, func(c *transport.Config) { newWorld(c) })
		_, err := calls.Do(t.Context(), reads(1), get())
		typed(t, err, tracking.ErrRateLimited)
		began := time.Now()
		if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 39*time.Millisecond || took > 42*time.Millisecond {
			t.Errorf("the gate was shut for %v of the wall clock", took)
		}
	})
}

// TestBudgetGoesByTheWorldsClock: a second of the world pays for a repeat.
func TestBudgetGoesByTheWorldsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := replies(answer(503, `{}`))
		calls := newTransport(t, s, func(c *transport.Config) { newWorld(c) })
		for range 60 {
			_, _ = calls.Do(t.Context(), reads(2), get())
			time.Sleep(time.Second / hurry)
		}
		if n := calls.Stats().Withheld; n > 0 {
			t.Errorf("%d repeats were withheld", n)
		}
	})
}

// TestEndedWhileItWaitsForTheWorld: a wait that is cut short is the end of the call, with the error that it had.
func TestEndedWhileItWaitsForTheWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := replies(answer(503, `{}`, "Retry-After", "50"), ok())
		calls := newTransport(t, s, func(c *transport.Config) { newWorld(c) })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := calls.Do(ctx, reads(2), get())
		var interrupted *transport.InterruptedError
		if !errors.Is(err, context.Canceled) || !errors.As(err, &interrupted) || s.count() != 1 {
			t.Errorf("%d requests: %v", s.count(), err)
		}
	})
}

func TestNowAndWaitAreOneClock(t *testing.T) {
	for name, c := range map[string]transport.Config{
		"no Wait": {Carrier: "test", Now: time.Now},
		"no Now":  {Carrier: "test", Wait: func(context.Context, time.Duration) error { return nil }},
	} {
		if c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
