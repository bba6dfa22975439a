package poll_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// failingOnce fails the first so many asks of each number.
func failingOnce(times int, err error) func(tracking.Query, int) tracking.Result {
	return func(q tracking.Query, nth int) tracking.Result {
		if nth <= times {
			return tracking.Result{Err: err}
		}
		return moving(q)
	}
}

// gaps gives the times between asks.
func gaps(times []time.Time) (gaps []time.Duration) {
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	return gaps
}

func near(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if len(got) < len(want) {
		t.Errorf("gaps %v, want about %v", got, want)
		return
	}
	for i := range want {
		if got[i] < want[i]*95/100 || got[i] > want[i]*105/100 {
			t.Errorf("gaps %v, want about %v", got, want)
			return
		}
	}
}

// What concerns a parcel alone is decided about that parcel.
func TestTroubleOfAParcel(t *testing.T) {
	for name, c := range map[string]struct {
		err    *tracking.Error
		life   poll.Life
		reason poll.Reason
		gaps   []time.Duration
		alerts int
	}{
		"invalid number":      {err: fault(tracking.ErrInvalidNumber), life: poll.Paused, reason: poll.ReasonInvalid},
		"unsupported courier": {err: fault(tracking.ErrUnsupportedCourier), life: poll.Paused, reason: poll.ReasonInvalid},
		"invalid request":     {err: fault(tracking.ErrInvalidRequest), life: poll.Paused, reason: poll.ReasonInvalid},
		"upstream": {
			err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}, life: poll.Active,
			gaps: []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 2 * time.Hour},
		},
		"upstream with a wait": {
			err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetryAfter, Wait: 3 * time.Hour}, life: poll.Active,
			gaps: []time.Duration{3 * time.Hour, 3 * time.Hour, 3 * time.Hour, 2 * time.Hour},
		},
		"preparing": {
			err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySlow}, life: poll.Active,
			gaps: []time.Duration{4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 2 * time.Hour},
		},
		"a server that hides the cause": {
			err: &tracking.Error{Kind: tracking.ErrUpstream, Masked: true}, life: poll.Active,
			gaps: []time.Duration{4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 2 * time.Hour},
		},
		"protocol": {err: fault(tracking.ErrProtocol), life: poll.Active, alerts: 3, gaps: []time.Duration{4 * time.Hour, 4 * time.Hour, 4 * time.Hour}},
		"no data":  {err: fault(tracking.ErrNotFound), life: poll.Active, gaps: []time.Duration{4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 2 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", item: failingOnce(3, c.err)}
				b := run(t, poll.Config{Policy: poll.DefaultTable()}, carrier)
				b.open(1)
				time.Sleep(2 * day)
				b.stop()
				w := b.watch(1)
				if w.Life != c.life || w.Reason != c.reason || len(b.alerts) != c.alerts {
					t.Errorf("%v, %d alerts", w, len(b.alerts))
				}
				near(t, gaps(carrier.asked(number(1))), c.gaps...)
				if c.life == poll.Paused {
					if len(carrier.asked(number(1))) != 1 || len(b.ended) != 1 || w.LastFailure != tracking.KindName(c.err) {
						t.Errorf("asked %d times, told %d times, failure %s", len(carrier.asked(number(1))), len(b.ended), w.LastFailure)
					}
				} else if w.Failures != 0 || !w.Known {
					t.Errorf("%d failures after an answer", w.Failures)
				}
			})
		})
	}
}

// A number that was asked about too often today is asked again early on the next Korean day.
func TestDailyCapWaitsForKoreanMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: failingOnce(1, &tracking.Error{Kind: tracking.ErrDailyCap, Retry: tracking.RetryNextDay})}
		b := run(t, poll.Config{}, carrier)
		b.open(1)
		time.Sleep(day)
		b.stop()
		at := carrier.asked(number(1))[1].In(kst)
		if at.Day() != 2 || at.Hour() >= 2 {
			t.Errorf("asked again at %v", at)
		}
	})
}

// A rate limit is about the credential: nobody is asked until it is over, and no parcel is blamed.
func TestRateLimitHoldsTheCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Concurrency: 1}, whole: func(context.Context, []tracking.Query) ([]tracking.Result, error) {
			if time.Since(start) < 16*time.Minute+30*time.Second {
				return nil, &tracking.Error{Kind: tracking.ErrRateLimited, Retry: tracking.RetryAfter, Wait: 17 * time.Minute}
			}
			return nil, nil
		}}
		b := run(t, poll.Config{}, carrier)
		b.open(1, 2, 3, 4)
		time.Sleep(16 * time.Minute)
		if sizes := carrier.callSizes(); len(sizes) != 1 {
			t.Errorf("%d calls during the wait", len(sizes))
		}
		if until := b.engine.Stats()[0].StoppedUntil; !until.Equal(start.Add(17 * time.Minute)) {
			t.Errorf("stopped until %v", until)
		}
		time.Sleep(2 * time.Minute)
		b.stop()
		for n := 1; n <= 4; n++ {
			if w := b.watch(n); w.Failures != 0 || !w.Known || w.Asks != 1 {
				t.Errorf("watch %d: %d failures, known %v, %d asks", n, w.Failures, w.Known, w.Asks)
			}
		}
	})
}

// A spent plan stops the carrier until the reset; the alarm is raised once, and its end is told.
func TestSpentQuotaStopsUntilTheReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := start.Add(30 * time.Hour)
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 2}, whole: func(context.Context, []tracking.Query) ([]tracking.Result, error) {
			if time.Now().Before(reset) {
				return nil, &tracking.Error{Kind: tracking.ErrQuotaExhausted, Retry: tracking.RetryQuota, ResetAt: reset, Billed: tracking.No}
			}
			return nil, nil
		}}
		b := run(t, poll.Config{Concurrency: 1}, carrier)
		b.open(1, 2, 3, 4, 5, 6)
		time.Sleep(29 * time.Hour)
		if sizes := carrier.callSizes(); len(sizes) > 3 { // the batch that was refused, and its parcels alone
			t.Errorf("calls %v with a spent plan", sizes)
		}
		time.Sleep(90 * time.Minute)
		b.stop()
		if len(b.alerts) != 2 || b.alerts[0].Kind != "quota_exhausted" || !b.alerts[0].Until.Equal(reset) || b.alerts[1].Kind != "" {
			t.Errorf("alerts %+v", b.alerts)
		}
		for n := 1; n <= 6; n++ {
			if w := b.watch(n); !w.Known || w.Failures != 0 {
				t.Errorf("watch %d: known %v, %d failures", n, w.Known, w.Failures)
			}
		}
	})
}

// A refused key stops the carrier, is tried every hour with one watch, another each time, and the alarm is raised once.
func TestRefusedKeyIsTriedHourly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Concurrency: 1}, whole: func(context.Context, []tracking.Query) ([]tracking.Result, error) {
			if time.Since(start) < 5*time.Hour+30*time.Minute {
				return nil, fault(tracking.ErrCredentials)
			}
			return nil, nil
		}}
		b := run(t, poll.Config{}, carrier)
		b.open(1, 2, 3, 4, 5, 6, 7, 8)
		time.Sleep(5*time.Hour + 20*time.Minute)
		if sizes := carrier.callSizes(); len(sizes) != 6 {
			t.Errorf("%d calls in 5 hours, want 6", len(sizes))
		}
		for n := 1; n <= 8; n++ {
			if asked := len(carrier.asked(number(n))); asked > 1 {
				t.Errorf("watch %d was tried %d times, though others wait", n, asked)
			}
		}
		time.Sleep(2 * time.Hour)
		b.stop()
		if len(b.alerts) != 2 || b.alerts[0].Kind != "credentials" || b.alerts[1].Err != nil {
			t.Errorf("alerts %+v", b.alerts)
		}
		for n := 1; n <= 8; n++ {
			if w := b.watch(n); !w.Known || w.Failures != 0 || w.Life != poll.Active {
				t.Errorf("%v: known %v, %d failures", w, w.Known, w.Failures)
			}
		}
	})
}

// One refused parcel among answered ones is its own affair.
func TestOneForbiddenParcelIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 3}, item: func(q tracking.Query, _ int) tracking.Result {
			if q.Number == number(2) {
				return tracking.Result{Err: fault(tracking.ErrForbidden)}
			}
			return moving(q)
		}}
		b := run(t, poll.Config{}, carrier)
		b.open(1, 2, 3)
		time.Sleep(time.Hour)
		b.stop()
		if w := b.watch(2); w.Life != poll.Paused || w.Reason != poll.ReasonCredentials || len(b.alerts) != 0 || !b.watch(3).Known {
			t.Errorf("%v, alerts %v", w, b.alerts)
		}
	})
}

// A parcel that breaks every batch it is in harms nobody: the others are answered in the same round, it backs off and is
// counted (D6).
func TestPoisonHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		poison := number(7)
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 20}, whole: func(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			if slices.ContainsFunc(qs, func(q tracking.Query) bool { return q.Number == poison }) {
				return nil, &tracking.Error{Kind: tracking.ErrInvalidRequest, Billed: tracking.No}
			}
			return nil, nil
		}}
		b := run(t, poll.Config{}, carrier)
		for n := range 20 {
			b.open(n)
		}
		time.Sleep(time.Minute)
		for n := range 20 {
			if w := b.watch(n); w.Known == (n == 7) {
				t.Errorf("watch %d: known %v after the first round", n, w.Known)
			}
		}
		b.stop()
		if w := b.watch(7); w.Life != poll.Paused || w.Failures != 1 {
			t.Errorf("%v with %d failures", w, w.Failures)
		}
	})
}

// What fails again and again backs off, is listed, and is told once.
func TestFailingAgainAndAgainIsAListOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 3}, item: func(q tracking.Query, _ int) tracking.Result {
			if q.Number == number(2) {
				return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}}
			}
			return moving(q)
		}}
		b := run(t, poll.Config{}, carrier)
		b.open(1, 2, 3)
		time.Sleep(5 * day)
		b.stop()
		var failing []poll.WatchID
		for w, err := range b.store.Watches(t.Context(), poll.Filter{Failing: 5}) {
			if err != nil {
				t.Fatal(err)
			}
			failing = append(failing, w.ID)
		}
		if len(failing) != 1 || failing[0] != idOf(2) || len(b.failing) != 1 || b.failing[0].Failures != 10 {
			t.Errorf("listed %v, told %v", failing, b.failing)
		}
		asked := gaps(carrier.asked(number(2)))
		if last := asked[len(asked)-1]; last < 5*time.Hour+30*time.Minute {
			t.Errorf("after days it is asked every %v", last)
		}
	})
}

// A carrier that answers "internal error" for what it does not know is not asked for ever as if it were about to recover: few
// tries, further and further apart, then the host is told of an unknown upstream error. It is never taken for "no data" (E2).
func TestHiddenCauseIsNotAskedForEver(t *testing.T) {
	for name, known := range map[string]bool{"never seen": false, "seen before": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", item: func(q tracking.Query, nth int) tracking.Result {
					if known && nth == 1 {
						return moving(q)
					}
					return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySlow, Masked: true}}
				}}
				b := run(t, poll.Config{Look: time.Hour}, carrier)
				b.open(1)
				time.Sleep(day)
				if asked := len(carrier.asked(number(1))); asked > 5 {
					t.Errorf("asked %d times on the first day", asked)
				}
				time.Sleep(9 * day)
				synctest.Wait()
				if asked := len(carrier.asked(number(1))); asked < 10 || asked > 15 {
					t.Errorf("asked %d times in ten days", asked)
				}
				w := b.watch(1)
				failing := 0
				b.note(func() { failing = len(b.failing) })
				if failing != 1 || w.LastFailure != "upstream" || w.NotFound != 0 || w.Known != known || w.Life != poll.Active || len(b.told()) != 0 {
					t.Errorf("told %d times; %v, %s, known %v, alerts %v", failing, w, w.LastFailure, w.Known, b.told())
				}
				time.Sleep(60 * day)
				b.stop()
				if w := b.watch(1); w.Life != poll.Closed || w.Reason != poll.ReasonAge {
					t.Errorf("%v, which proves nothing about the parcel", w)
				}
			})
		})
	}
}

// Parcels in one batch that want different things each get their own (D5).
func TestOptionsAreNotMixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 10}}
		b := run(t, poll.Config{}, carrier)
		for n := range 6 {
			w := poll.Watch{ID: idOf(n), Ref: number(n + 100), Since: start.Add(-time.Duration(n) * time.Hour), Recall: n%2 == 0}
			if n != 3 {
				w.Extra = []string{number(n)[8:]}
			}
			if _, err := b.engine.Open(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		b.stop()
		if sizes := carrier.callSizes(); !slices.Equal(sizes, []int{6}) {
			t.Errorf("calls %v, want one of 6", sizes)
		}
		for _, q := range carrier.calls[0] {
			for n := range 6 {
				if q.Number != number(n) {
					continue
				}
				want := poll.Watch{ID: idOf(n), Ref: number(n + 100), Since: start.Add(-time.Duration(n) * time.Hour), Recall: n%2 == 0}.Query()
				if n != 3 {
					want.Extra = []string{number(n)[8:]}
				}
				if q.Ref != want.Ref || !q.Since.Equal(want.Since) || !slices.Equal(q.Extra, want.Extra) || q.Recall != want.Recall {
					t.Errorf("parcel %d is asked with another's options", n)
				}
			}
		}
	})
}

// A carrier, a policy and hooks that panic stop neither the engine nor other watches.
func TestPanicsOfHostCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: func(q tracking.Query, nth int) tracking.Result {
			if q.Number == number(1) && nth == 1 {
				panic("carrier")
			}
			return moving(q)
		}}
		engine, err := poll.New(poll.Config{
			Store: poll.NewMemoryStore(), Carriers: []tracking.Carrier{carrier}, Policy: wild{},
			Hooks:   poll.Hooks{Recorded: func(poll.Recorded) { panic("hook") }, Alert: func(poll.Alert) { panic("hook") }},
			Confirm: func(poll.Recorded) string { panic("confirm") },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for n := range 5 {
				if _, err := engine.Open(ctx, poll.Watch{ID: idOf(n)}); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(3 * time.Hour)
			cancel()
		}()
		if err := engine.Run(ctx); err != nil {
			t.Fatal(err)
		}
		for n := range 5 {
			if asked := len(carrier.asked(number(n))); asked < 3 {
				t.Errorf("watch %d was asked %d times in 3 hours", n, asked)
			}
		}
	})
}

// wild is a policy that panics.
type wild struct{}

func (wild) Next(poll.Watch, time.Time) poll.Plan { panic("policy") }

// A store that fails is asked again more and more slowly, and the engine goes on when it is back. While it cannot write
// answers nobody is asked again and again.
func TestFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		store := &failingStore{MemoryStore: poll.NewMemoryStore(), record: errors.New("disk full")}
		b := run(t, poll.Config{Store: store, Lease: 20 * time.Minute}, carrier)
		b.store = store.MemoryStore
		b.open(1)
		time.Sleep(59 * time.Minute)
		if asked := len(carrier.asked(number(1))); asked != 3 {
			t.Errorf("asked %d times while nothing could be written, want once a lease", asked)
		}
		store.set(nil, errors.New("gone"))
		time.Sleep(time.Hour)
		if store.looks() > 90 {
			t.Errorf("%d claims in an hour of a store that is gone", store.looks())
		}
		store.set(nil, nil)
		time.Sleep(time.Hour)
		b.stop()
		if !b.watch(1).Known {
			t.Error("the answer was not written when the store was back")
		}
	})
}
