package transport_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// After a 429 the whole credential waits, other calls too.
func TestGateHoldsTheCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(429, "{}", "Retry-After", "20"), ok())
		calls := newTransport(t, server)
		begin := time.Now()
		_, err := calls.Do(t.Context(), reads(1), post()) // never repeated, yet heard
		if e := typed(t, err, tracking.ErrRateLimited); e.Wait != 20*time.Second || !time.Now().Equal(begin) {
			t.Fatalf("%+v", e)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, at := range server.at[1:] {
			if at.Sub(begin) != 20*time.Second {
				t.Errorf("sent after %s", at.Sub(begin))
			}
		}
		if stats := calls.Stats(); stats.RateLimited != 1 || stats.Waited != 100*time.Second {
			t.Errorf("%+v", stats)
		}
	})
}

// A gate that stays shut for too long refuses at once, without a request and for free.
func TestGateRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(429, "{}", "Retry-After", "3600"), ok())
		calls := newTransport(t, server, func(c *transport.Config) { c.Limiter, c.Calls = forbidden{t, 1, new(atomic.Int64)}, 1 })
		_, err := calls.Do(t.Context(), reads(3), get())
		typed(t, err, tracking.ErrRateLimited)
		time.Sleep(10 * time.Minute)
		begin := time.Now()
		_, err = calls.Do(t.Context(), reads(3), get())
		e := typed(t, err, tracking.ErrRateLimited)
		if e.Retry != tracking.RetryAfter || e.Wait != 50*time.Minute || e.Billed != tracking.No || e.HTTPStatus != 0 {
			t.Errorf("%+v", e)
		}
		if server.count() != 1 || calls.Requests() != 1 || !time.Now().Equal(begin) {
			t.Errorf("%d requests, after %s", server.count(), time.Since(begin))
		}
	})
}

// forbidden is a limiter that may be asked so often.
type forbidden struct {
	t     *testing.T
	times int64
	asked *atomic.Int64
}

func (f forbidden) Wait(context.Context) error {
	if f.asked.Add(1) > f.times {
		f.t.Error("the limiter was asked although the gate is shut")
	}
	return nil
}

// slowLimiter takes its time.
type slowLimiter struct{ d time.Duration }

func (s slowLimiter) Wait(context.Context) error { time.Sleep(s.d); return nil }

// A call that waited for the limiter while another was told to slow down waits for the gate as well.
func TestGateShutMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := answer(429, "{}", "Retry-After", "20")
		limited.after = time.Second
		server := replies(limited, ok())
		calls := newTransport(t, server, func(c *transport.Config) { c.Limiter = slowLimiter{3 * time.Second} })
		go func() { _, _ = calls.Do(t.Context(), reads(1), get()) }()
		time.Sleep(2 * time.Second) // now + 1 s: sent; + 2 s: told to wait; + 3 s: the other one's token
		begin := time.Now()
		if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
			t.Fatal(err)
		}
		if waited := server.at[1].Sub(begin); waited != 22*time.Second {
			t.Errorf("sent after %s", waited)
		}
	})
}

// The cap decides whether a wait is sat out, though there is time for it.
func TestLongestWait(t *testing.T) {
	for _, c := range []struct {
		longest time.Duration
		sent    int
	}{{5 * time.Second, 1}, {10 * time.Second, 2}} {
		synctest.Test(t, func(t *testing.T) {
			server := replies(answer(429, "{}", "Retry-After", "10"), ok())
			calls := newTransport(t, server, func(config *transport.Config) { config.LongestWait = c.longest })
			_, err := calls.Do(t.Context(), reads(3), get())
			if server.count() != c.sent || (err == nil) != (c.sent == 2) {
				t.Errorf("longest %s: %d requests, %v", c.longest, server.count(), err)
			}
			if c.sent == 2 {
				return
			}
			if e := typed(t, err, tracking.ErrRateLimited); e.Retry != tracking.RetryAfter || e.Wait != 10*time.Second {
				t.Errorf("%+v", e)
			}
		})
	}
}

// An outage of one call is not the credential's: only ErrRateLimited shuts the gate.
func TestUpstreamLeavesTheGateOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newTransport(t, replies(answer(503, "{}", "Retry-After", "3600"), ok()))
		_, err := calls.Do(t.Context(), reads(1), get())
		typed(t, err, tracking.ErrUpstream)
		if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
			t.Error(err)
		}
	})
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ tokens, want int }{{0, 1}, {1, 1}, {3, 3}, {-1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			calls := newTransport(t, replies(answer(500, "{}"), ok()), func(config *transport.Config) {
				config.Limiter = forbidden{t, 100, &asked}
			})
			op := reads(2)
			op.Tokens = c.tokens
			if _, err := calls.Do(t.Context(), op, get()); err != nil {
				t.Fatal(err)
			}
			if got := asked.Load(); got != int64(2*c.want) { // for two attempts
				t.Errorf("Tokens %d: %d tokens, want %d", c.tokens, got, 2*c.want)
			}
		})
	}
}

func TestLimiterPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		calls := newTransport(t, replies(ok()), func(c *transport.Config) { c.Limiter = rate.NewLimiter(5, 1) })
		for range 11 {
			if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took.Round(time.Millisecond) != 2*time.Second {
			t.Errorf("eleven calls at five a second took %s", took)
		}
	})
}

type refusing struct{ err error }

func (r refusing) Wait(context.Context) error { return r.err }

type patient struct{}

func (patient) Wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// What the limiter does not let through was not sent, is not repeated, and costs nothing.
func TestLimiterRefuses(t *testing.T) {
	spent := rate.NewLimiter(rate.Every(time.Hour), 1)
	spent.Allow()
	for name, limiter := range map[string]tracking.Limiter{
		"too near a deadline": spent, "any error": refusing{errors.New("redis: down")}, "deaf to deadlines": patient{},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := replies(ok())
				calls := newTransport(t, server, func(c *transport.Config) { c.Limiter = limiter })
				begin := time.Now()
				_, err := calls.Do(t.Context(), reads(3), get())
				e := typed(t, err, tracking.ErrRateLimited)
				if e.Billed != tracking.No || e.Retry != tracking.RetrySoon || server.count() != 0 || calls.Requests() != 0 {
					t.Errorf("%d requests, %+v", server.count(), e)
				}
				want := time.Duration(0) // refused at once, and not asked again
				if _, waits := limiter.(patient); waits {
					want = transport.DefaultTotal
				}
				if took := time.Since(begin); took != want {
					t.Errorf("after %s, want %s", took, want)
				}
			})
		})
	}
}

func TestLimiterWaitEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		calls := newTransport(t, replies(ok()), func(c *transport.Config) { c.Limiter = patient{} })
		_, err := calls.Do(ctx, reads(3), get())
		if e := typed(t, err, nil); !errors.Is(err, context.Canceled) || e.Billed != tracking.No {
			t.Errorf("%+v", e)
		}
	})
}

// crowd notes how many requests are in flight.
type crowd struct{ now, most atomic.Int64 }

func (c *crowd) RoundTrip(req *http.Request) (*http.Response, error) {
	for n := c.now.Add(1); ; {
		most := c.most.Load()
		if n <= most || c.most.CompareAndSwap(most, n) {
			break
		}
	}
	defer c.now.Add(-1)
	time.Sleep(time.Second)
	return replies(ok()).RoundTrip(req)
}

func TestCallsInFlight(t *testing.T) {
	for _, c := range []struct{ calls, most int }{{1, 1}, {3, 3}, {0, 12}} {
		synctest.Test(t, func(t *testing.T) {
			server := &crowd{}
			calls := newTransport(t, server, func(config *transport.Config) { config.Calls = c.calls })
			var wg sync.WaitGroup
			for range 12 {
				wg.Go(func() {
					if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := server.most.Load(); got != int64(c.most) {
				t.Errorf("Calls %d: %d in flight", c.calls, got)
			}
		})
	}
}

// A call that pauses leaves its place to others, and one that finds no place in time says so.
func TestPlaces(t *testing.T) {
	one := func(c *transport.Config) { c.Calls = 1 }
	t.Run("free during a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			calls := newTransport(t, replies(answer(503, "{}", "Retry-After", "30"), ok()), one)
			go func() { _, _ = calls.Do(t.Context(), reads(2), get()) }()
			synctest.Wait()
			begin := time.Now()
			if _, err := calls.Do(t.Context(), reads(1), get()); err != nil || !time.Now().Equal(begin) {
				t.Errorf("after %s: %v", time.Since(begin), err)
			}
			time.Sleep(time.Minute)
		})
	})
	t.Run("none in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			calls := newTransport(t, replies(reply{hang: true}), one)
			go func() { _, _ = calls.Do(t.Context(), reads(1), get()) }()
			synctest.Wait()
			op := reads(3)
			op.Total = time.Second
			_, err := calls.Do(t.Context(), op, get())
			if e := typed(t, err, tracking.ErrRateLimited); e.Billed != tracking.No || calls.Requests() != 1 {
				t.Errorf("%d requests, %+v", calls.Requests(), e)
			}
			time.Sleep(time.Minute)
		})
	})
}
