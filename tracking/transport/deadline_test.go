package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The wait that a provider asks for is returned at once when it cannot end in time, and the answer is not lost.
func TestWaitLongerThanTheTimeLeft(t *testing.T) {
	for name, set := range map[string]func(*context.Context, *transport.Operation) context.CancelFunc{
		"deadline": func(ctx *context.Context, _ *transport.Operation) (stop context.CancelFunc) {
			*ctx, stop = context.WithTimeout(*ctx, 5*time.Second) //nolint:fatcontext // once
			return stop
		},
		"total": func(_ *context.Context, op *transport.Operation) context.CancelFunc {
			op.Total = 5 * time.Second
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, op := t.Context(), reads(3)
				defer set(&ctx, &op)()
				begin := time.Now()
				server := replies(answer(429, "{}", "Retry-After", "5"), ok())
				_, err := newTransport(t, server).Do(ctx, op, get())
				e := typed(t, err, tracking.ErrRateLimited)
				if !time.Now().Equal(begin) || e.Retry != tracking.RetryAfter || e.Wait != 5*time.Second || e.HTTPStatus != 429 {
					t.Errorf("after %s: %+v", time.Since(begin), e)
				}
			})
		})
	}
}

// A3: whatever happens, a call is over when the deadline is.
func TestNeverLaterThanTheDeadline(t *testing.T) {
	slow := ok()
	slow.after = 20 * time.Second
	for name, r := range map[string]reply{
		"hang": {hang: true}, "stall": {status: 200, stall: true}, "500": answer(500, "{}"), "reset": {err: errReset},
		"retry-after": answer(503, "{}", "Retry-After", "3"), "slow": slow,
	} {
		for _, deadline := range []time.Duration{time.Millisecond, time.Second, 7 * time.Second, 16 * time.Second} {
			t.Run(fmt.Sprint(name, "/", deadline), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begin := time.Now()
					ctx, stop := context.WithTimeout(t.Context(), deadline)
					defer stop()
					server := replies(r)
					_, err := newTransport(t, server).Do(ctx, reads(9), get())
					if took := time.Since(begin); err == nil || took > deadline {
						t.Errorf("after %s of %s: %v", took, deadline, err)
					}
					if r.hang && deadline < transport.DefaultAttempt {
						e := typed(t, err, nil)
						if !errors.Is(err, context.DeadlineExceeded) || e.Retry != tracking.RetryNever {
							t.Errorf("%+v", e)
						}
					}
					server.noLeak(t)
				})
			})
		}
	}
}

func TestTimeLimits(t *testing.T) {
	cases := []struct {
		name string
		op   transport.Operation
		host time.Duration // Timeout of the host's client
		want time.Duration
	}{
		{"default", transport.Operation{}, 0, 15 * time.Second},
		{"attempt", transport.Operation{Attempt: 40 * time.Second}, 0, 40 * time.Second},
		{"total", transport.Operation{Attempt: 90 * time.Second}, 0, 60 * time.Second},
		{"own total", transport.Operation{Attempt: 90 * time.Second, Total: 80 * time.Second}, 0, 80 * time.Second},
		{"host's is shorter", transport.Operation{}, 4 * time.Second, 4 * time.Second},
		{"host's is longer", transport.Operation{}, time.Hour, 15 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				calls := newTransport(t, replies(reply{hang: true}), func(config *transport.Config) { config.Client.Timeout = c.host })
				_, err := calls.Do(t.Context(), c.op, get())
				e := typed(t, err, tracking.ErrUpstream)
				if took := time.Since(begin); took != c.want || e.Retry != tracking.RetrySoon || e.Billed != tracking.Maybe {
					t.Errorf("after %s, want %s: %+v", took, c.want, e)
				}
				if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("our time limit looks like the caller's: %v", err)
				}
			})
		})
	}
}

// The limit of an attempt starts when the attempt does, not when it begins to wait for the limiter.
func TestWaitingIsNotPartOfTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ok()
		slow.after = 14 * time.Second
		limiter := rate.NewLimiter(rate.Every(10*time.Second), 1)
		limiter.Allow()
		calls := newTransport(t, replies(slow), func(c *transport.Config) { c.Limiter = limiter })
		if _, err := calls.Do(t.Context(), reads(1), get()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCallerCancels(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		server := replies(ok())
		_, err := newTransport(t, server).Do(ctx, reads(3), get())
		if e := typed(t, err, nil); !errors.Is(err, context.Canceled) || e.Billed != tracking.No || server.count() != 0 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("during an attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := newTransport(t, replies(reply{hang: true})).Do(ctx, reads(3), get())
			if e := typed(t, err, nil); !errors.Is(err, context.Canceled) || e.Billed != tracking.Maybe {
				t.Errorf("%+v", e)
			}
		})
	})
	t.Run("during a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			calls := newTransport(t, replies(answer(429, "{}", "Retry-After", "9")))
			_, err := calls.Do(ctx, reads(3), get())
			if e := typed(t, err, nil); e.Billed != tracking.No || e.HTTPStatus != 0 { // neither the refusal nor the wait cost anything
				t.Errorf("%+v", e)
			}
			var interrupted *transport.InterruptedError
			if !errors.As(err, &interrupted) || !errors.Is(interrupted.Last, tracking.ErrRateLimited) {
				t.Errorf("the provider's answer is lost: %v", err)
			}
			if !errors.Is(err, context.Canceled) || errors.Is(err, tracking.ErrRateLimited) || time.Since(begin) != time.Second {
				t.Errorf("after %s: %v", time.Since(begin), err)
			}
			if stats := calls.Stats(); stats.Outcomes["other"] != 1 || stats.Waited != time.Second {
				t.Errorf("%+v", stats)
			}
		})
	})
}
