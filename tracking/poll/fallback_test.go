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

// to hands everything to one carrier.
func to(carrier string) poll.Fallback {
	return poll.Fallback{To: func(poll.Watch, error) string { return carrier }}
}

// at reads a watch at another carrier; its Life is empty if there is none.
func (b *bench) at(carrier string, n int) poll.Watch {
	b.Helper()
	id := idOf(n)
	id.Carrier = carrier
	w, err := b.engine.Watch(context.WithoutCancel(b.Context()), id)
	if err != nil && !errors.Is(err, poll.ErrNoWatch) {
		b.Fatal(err)
	}
	return w
}

// selective serves one courier.
type selective struct {
	*scripted
	courier tracking.Courier
}

func (s selective) Serves(c tracking.Courier) bool { return c == s.courier }

// Which errors of a parcel go on to the next carrier, and after how many asks, is the table of the client's fail-over.
func TestFallbackFollowsTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		err   *tracking.Error
		asks  int // at the first carrier, until the watch goes on; 0 if it does not
		life  poll.Life
		cause string
	}{
		"upstream":            {err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}, asks: 5, cause: "upstream"},
		"upstream, masked":    {err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySlow, Masked: true}, asks: 5, cause: "upstream"},
		"unsupported courier": {err: fault(tracking.ErrUnsupportedCourier), asks: 1, cause: "unsupported_courier"},
		"credentials":         {err: fault(tracking.ErrCredentials), asks: 1, cause: "credentials"},
		"forbidden":           {err: fault(tracking.ErrForbidden), asks: 1, cause: "forbidden"},
		"daily cap":           {err: &tracking.Error{Kind: tracking.ErrDailyCap, Retry: tracking.RetryNextDay}, asks: 1, cause: "daily_cap"},
		"rate limited":        {err: &tracking.Error{Kind: tracking.ErrRateLimited, Retry: tracking.RetryAfter, Wait: 20 * time.Hour}, life: poll.Active},
		"no data":             {err: fault(tracking.ErrNotFound), life: poll.Active},
		"invalid number":      {err: fault(tracking.ErrInvalidNumber), life: poll.Paused},
		"invalid request":     {err: fault(tracking.ErrInvalidRequest), life: poll.Paused},
		"protocol":            {err: fault(tracking.ErrProtocol), life: poll.Active},
		"conflict":            {err: fault(tracking.ErrConflict), life: poll.Paused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := &scripted{name: "toy", limits: tracking.Limits{Batch: 2}, item: func(q tracking.Query, _ int) tracking.Result {
					if q.Number == number(1) {
						return tracking.Result{Err: c.err}
					}
					return moving(q) // the account is well
				}}
				second := &scripted{name: "other"}
				b := run(t, poll.Config{Fallback: to("other"), Policy: poll.Fixed(6 * time.Hour), Look: time.Hour}, first, second)
				w := poll.Watch{ID: idOf(1), Ref: "order 17", Since: start.Add(-day), Extra: []string{"1234"}, Recall: true, Began: start.Add(-time.Hour)}
				if _, err := b.engine.Open(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				b.open(2)
				time.Sleep(5 * day)
				b.stop()
				kept, taken := b.watch(1), b.at("other", 1)
				if c.asks == 0 {
					if taken.Life != "" || kept.Life != c.life || len(second.callSizes()) > 0 {
						t.Errorf("%v, taken over as %v, %d calls", kept, taken, len(second.callSizes()))
					}
					return
				}
				if kept.Life != poll.Closed || kept.Reason != poll.ReasonMoved || kept.LastFailure != c.cause || kept.Failures != c.asks {
					t.Errorf("%v after %d failures, the last %s", kept, kept.Failures, kept.LastFailure)
				}
				if asked := first.asked(number(1)); len(asked) != c.asks || second.asked(number(1))[0].Before(asked[c.asks-1]) {
					t.Errorf("asked %d times before, want %d", len(asked), c.asks)
				}
				if taken.Life != poll.Active || taken.Ref != w.Ref || !taken.Since.Equal(w.Since) || !slices.Equal(taken.Extra, w.Extra) || !taken.Recall || !taken.Began.Equal(w.Began) {
					t.Errorf("taken over as %v", taken)
				}
				if len(b.ended) != 1 || b.ended[0].After.ID != idOf(1) || len(second.asked(number(1))) < 5 || b.watch(2).Life != poll.Active {
					t.Errorf("told %v, asked %d times after", b.ended, len(second.asked(number(1))))
				}
			})
		})
	}
}

// When the account as a whole is stopped, watches go on one by one as they come due, if it is for long.
func TestFallbackOfAStoppedCarrier(t *testing.T) {
	spent := func(reset time.Time) *tracking.Error {
		return &tracking.Error{Kind: tracking.ErrQuotaExhausted, Retry: tracking.RetryQuota, ResetAt: reset, Billed: tracking.No}
	}
	for name, c := range map[string]struct {
		err    *tracking.Error // of every call; nil: answers
		budget poll.Budget
		moved  time.Duration // of the watches that are due at once; 0 if never
		cause  string
	}{
		"a plan that is spent for hours": {err: spent(start.Add(10 * time.Hour)), moved: time.Second, cause: "quota_exhausted"},
		"a plan that is soon renewed":    {err: spent(start.Add(time.Hour))},
		"nobody knows until when":        {err: spent(time.Time{}), moved: 2 * time.Hour, cause: "quota_exhausted"},
		"a refused key":                  {err: fault(tracking.ErrCredentials), moved: 2 * time.Hour, cause: "credentials"},
		"a refused account":              {err: fault(tracking.ErrForbidden), moved: 2 * time.Hour, cause: "forbidden"},
		"our own budget":                 {budget: poll.Budget{Day: 2}, moved: time.Second, cause: "quota_exhausted"},
		"a rate limit":                   {err: &tracking.Error{Kind: tracking.ErrRateLimited, Retry: tracking.RetryAfter, Wait: 10 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const watches = 30
				first := &scripted{name: "toy", limits: tracking.Limits{Batch: 2, Concurrency: 1}, whole: func(context.Context, []tracking.Query) ([]tracking.Result, error) {
					if c.err != nil && (c.err.ResetAt.IsZero() || time.Now().Before(c.err.ResetAt)) {
						return nil, c.err
					}
					return nil, nil
				}}
				second := &scripted{name: "other", limits: tracking.Limits{Batch: 10}}
				config := poll.Config{Fallback: to("other"), Policy: poll.Fixed(20 * time.Hour), Budgets: map[string]poll.Budget{"toy": c.budget}}
				b := run(t, config, first, second)
				for n := range watches {
					b.open(n)
				}
				count := func() (moved, both int) {
					for n := range watches {
						w, taken := b.watch(n), b.at("other", n)
						if w.Reason == poll.ReasonMoved && taken.Life == poll.Active && w.LastFailure == c.cause {
							moved++
						}
						if w.Life == poll.Active && taken.Life == poll.Active {
							both++
						}
					}
					return moved, both
				}
				if c.moved > time.Minute {
					time.Sleep(c.moved - time.Minute)
					if moved, _ := count(); moved != 0 {
						t.Errorf("%d have gone on too early", moved)
					}
					time.Sleep(2 * time.Minute)
				} else {
					time.Sleep(30 * time.Minute)
				}
				moved, both := count()
				want := watches
				switch {
				case c.moved == 0:
					want = 0
				case c.budget.Day > 0:
					want -= c.budget.Day // they were asked, and are not due
				case c.moved > time.Minute:
					want -= 3 // tried at 0 h, 1 h and 2 h, to be asked an hour later
				}
				if moved < want || moved > want+3 || both != 0 {
					t.Errorf("%d went on, want %d; %d are asked at both", moved, want, both)
				}
				time.Sleep(2 * time.Hour)
				b.stop()
				if after, both := count(); c.moved > time.Minute && after != watches || both != 0 {
					t.Errorf("%d went on in the end, %d are asked at both", after, both)
				}
				for n := range watches {
					if w := b.watch(n); w.Failures != 0 || w.Asks > 2 {
						t.Errorf("watch %d: %d failures, %d asks", n, w.Failures, w.Asks)
					}
				}
				if len(b.alerts) != 1 && c.moved > 0 {
					t.Errorf("alerts %+v", b.alerts)
				}
			})
		})
	}
}

// Where nobody can take over, the watch stays with its carrier, as if there were no fallback.
func TestFallbackThatCannotBe(t *testing.T) {
	failing := func(tracking.Query, int) tracking.Result {
		return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}}
	}
	for name, c := range map[string]struct {
		fallback poll.Fallback
		other    tracking.Carrier
		prepare  func(b *bench)
		life     poll.Life // at the other
	}{
		"no word":                  {fallback: to("")},
		"the same carrier":         {fallback: to("toy")},
		"no such carrier":          {fallback: to("none")},
		"a panic":                  {fallback: poll.Fallback{To: func(poll.Watch, error) string { panic("host") }}},
		"a courier not served":     {fallback: to("other"), other: selective{&scripted{name: "other"}, "another"}},
		"it has ended there":       {fallback: to("other"), prepare: func(b *bench) { b.openAt("other", 1, poll.ReasonDelivered) }, life: poll.Closed},
		"the other is stopped too": {fallback: to("other"), other: &scripted{name: "other", whole: refused}, prepare: func(b *bench) { b.openAt("other", 2, "") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.other == nil {
					c.other = &scripted{name: "other"}
				}
				c.fallback.Patience = time.Minute
				b := run(t, poll.Config{Fallback: c.fallback, Look: 30 * time.Minute}, &scripted{name: "toy", item: failing}, c.other)
				if c.prepare != nil {
					c.prepare(b)
					time.Sleep(2 * time.Minute)
				}
				b.open(1)
				time.Sleep(5 * day)
				b.stop()
				if w := b.watch(1); w.Life != poll.Active || w.Failures < 10 || b.at("other", 1).Life != c.life {
					t.Errorf("%v with %d failures; at the other %v", w, w.Failures, b.at("other", 1))
				}
			})
		})
	}
}

func refused(context.Context, []tracking.Query) ([]tracking.Result, error) {
	return nil, fault(tracking.ErrCredentials)
}

// openAt opens a watch at another carrier, and closes it for a reason, if there is one.
func (b *bench) openAt(carrier string, n int, reason poll.Reason) {
	b.Helper()
	id := idOf(n)
	id.Carrier = carrier
	if _, err := b.engine.Open(b.Context(), poll.Watch{ID: id}); err != nil {
		b.Fatal(err)
	}
	if reason != "" {
		if _, err := b.engine.Close(b.Context(), id, reason); err != nil {
			b.Fatal(err)
		}
	}
}

// Carriers that all fail are gone through once: nothing goes round in circles, and exactly one is asked at the end.
func TestFallbackGoesRoundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := []string{"toy", "second", "third"}
		var carriers []tracking.Carrier
		for _, name := range names {
			carriers = append(carriers, &scripted{name: name, item: func(tracking.Query, int) tracking.Result {
				return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}}
			}})
		}
		b := run(t, poll.Config{Look: time.Hour, Fallback: poll.Fallback{Failures: 2, To: func(w poll.Watch, _ error) string {
			return names[(slices.Index(names, w.ID.Carrier)+1)%len(names)]
		}}}, carriers...)
		b.open(1)
		time.Sleep(10 * day)
		b.stop()
		var lives []poll.Life
		for _, name := range names {
			lives = append(lives, b.at(name, 1).Life)
		}
		if !slices.Equal(lives, []poll.Life{poll.Closed, poll.Closed, poll.Active}) || len(b.ended) != 2 {
			t.Errorf("lives %v, told %d times", lives, len(b.ended))
		}
		if asked := len(carriers[0].(*scripted).asked(number(1))); asked != 2 {
			t.Errorf("the first was asked %d times", asked)
		}
	})
}

// A process that dies between opening the one watch and closing the other loses nothing, and in the end only one is paid for.
func TestFallbackOverACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &scripted{name: "toy", item: func(tracking.Query, int) tracking.Result {
			return tracking.Result{Err: fault(tracking.ErrUnsupportedCourier)}
		}}
		second := &scripted{name: "other"}
		store := &failingStore{MemoryStore: poll.NewMemoryStore(), record: errDead}
		b := run(t, poll.Config{Store: store, Fallback: to("other"), Lease: 10 * time.Minute}, first, second)
		b.open(1)
		synctest.Wait()
		b.stop()
		if b.watch(1).Life != poll.Active || b.at("other", 1).Life != poll.Active {
			t.Fatalf("%v and %v", b.watch(1), b.at("other", 1))
		}
		again := run(t, poll.Config{Store: store.MemoryStore, Fallback: to("other")}, first, second)
		time.Sleep(day)
		again.stop()
		if w := again.watch(1); w.Reason != poll.ReasonMoved || again.at("other", 1).Life != poll.Active || len(first.asked(number(1))) != 2 {
			t.Errorf("%v and %v, asked %d times", w, again.at("other", 1), len(first.asked(number(1))))
		}
	})
}

// Pushes for a watch that was moved reach the one that is asked instead; the first is not opened again.
func TestPushesFollowAMovedWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &scripted{name: "toy", item: func(tracking.Query, int) tracking.Result {
			return tracking.Result{Err: fault(tracking.ErrUnsupportedCourier)}
		}}
		second := &scripted{name: "other"}
		b := run(t, poll.Config{Fallback: to("other"), Policy: poll.Fixed(20 * time.Hour)}, first, second)
		b.open(1)
		time.Sleep(time.Hour)
		b.hint(1)
		time.Sleep(time.Hour)
		if asked := len(second.asked(number(1))); asked != 2 {
			t.Errorf("after the hint the other was asked %d times in all, want 2", asked)
		}
		parcel := *said(poll.Watch{ID: idOf(1)}.Query(), tracking.StatusInTransit, tracking.StatusDelivered).Parcel
		r, err := b.engine.Observe(t.Context(), idOf(1), tracking.Observation{Parcel: parcel, Kind: tracking.KindFact})
		if err != nil || r.After.ID.Carrier != "other" || r.After.Settled.IsZero() || !r.Changed() {
			t.Errorf("%v (%v)", r.After, err)
		}
		b.stop()
		if w := b.watch(1); w.Life != poll.Closed || w.Reason != poll.ReasonMoved || len(first.asked(number(1))) != 1 || w.Parcel.Status != tracking.StatusDelivered {
			t.Errorf("%v, asked %d times", w, len(first.asked(number(1))))
		}
	})
}

// A second opinion is asked for at one carrier, and nowhere else.
func TestSecondOpinionsDoNotFallOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &scripted{name: "toy", item: func(tracking.Query, int) tracking.Result {
			return tracking.Result{Err: fault(tracking.ErrUnsupportedCourier)}
		}}
		second := &scripted{name: "other"}
		b := run(t, poll.Config{Fallback: to("other")}, first, second)
		id := idOf(1)
		id.Role = poll.Confirm
		if _, err := b.engine.Open(t.Context(), poll.Watch{ID: id}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		b.stop()
		if w, err := b.engine.Watch(context.WithoutCancel(t.Context()), id); err != nil || w.Life != poll.Paused || len(second.callSizes()) != 0 {
			t.Errorf("%v (%v), %d calls at the other", w, err, len(second.callSizes()))
		}
	})
}

// A watch that has come to its end while its carrier is stopped ends, and is not paid for at another.
func TestFallbackDoesNotPassOnWhatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &scripted{name: "toy", whole: func(context.Context, []tracking.Query) ([]tracking.Result, error) {
			if time.Since(start) < time.Hour {
				return nil, nil
			}
			return nil, &tracking.Error{Kind: tracking.ErrQuotaExhausted, Retry: tracking.RetryQuota, ResetAt: start.Add(20 * day)}
		}}
		second := &scripted{name: "other"}
		b := run(t, poll.Config{Fallback: to("other"), Policy: poll.Fixed(10 * time.Hour), Lifetimes: poll.Lifetimes{Age: 6 * time.Hour}}, first, second)
		b.open(1)
		time.Sleep(2 * time.Hour)
		b.open(2) // which finds the plan spent
		time.Sleep(5 * time.Hour)
		b.stop()
		if b.watch(1).Reason != poll.ReasonAge || b.at("other", 1).Life != "" || b.watch(2).Reason != poll.ReasonMoved {
			t.Errorf("%v, taken over as %v; %v", b.watch(1), b.at("other", 1), b.watch(2))
		}
	})
}
