package poll_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// judging is a policy whose second thoughts a test writes.
type judging struct {
	poll.Policy
	judge func(w poll.Watch, now time.Time) poll.Plan
}

func (j judging) Judge(w poll.Watch, now time.Time) poll.Plan { return j.judge(w, now) }

// writes counts what is written.
type writes struct {
	*poll.MemoryStore
	count atomic.Int64
}

func (s *writes) Record(ctx context.Context, r poll.Report, d func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	s.count.Add(1)
	return s.MemoryStore.Record(ctx, r, d)
}

func (s *writes) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	s.count.Add(1)
	return s.MemoryStore.Change(ctx, id, change)
}

// When asking becomes dearer no row is rewritten: each watch is put off when it is due, once, and it counts as no ask.
func TestPriceChangeRewritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const watches = 30
		var every atomic.Int64
		every.Store(int64(4 * time.Hour))
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 5}}
		store := &writes{MemoryStore: poll.NewMemoryStore()}
		b := run(t, poll.Config{Store: store, Policy: judging{poll.Fixed(4 * time.Hour), func(w poll.Watch, _ time.Time) poll.Plan {
			return poll.Plan{At: w.Asked.Add(time.Duration(every.Load()) * 9 / 10), Why: poll.Why{Text: "dear"}} // plans are spread by 5 %
		}}}, carrier)
		for n := range watches {
			b.open(n)
		}
		time.Sleep(21 * time.Hour) // after the ask at 20 h, before the one at 24 h
		asked := func() (sum int) {
			for n := range watches {
				sum += len(carrier.asked(number(n)))
			}
			return sum
		}
		before, written := asked(), store.count.Load()
		every.Store(int64(12 * time.Hour))
		time.Sleep(time.Minute)
		if now := store.count.Load(); now != written {
			t.Errorf("%d rows written by the change of a price", now-written)
		}
		time.Sleep(9 * time.Hour) // 30 h: all were due at about 24 h
		if now := asked(); now != before {
			t.Errorf("%d asks within 12 hours of the last", now-before)
		}
		if now := store.count.Load(); now != written+watches {
			t.Errorf("%d rows written, want one for each watch", now-written)
		}
		time.Sleep(3 * time.Hour) // 33 h: asked at about 31 h
		b.stop()
		if now := asked(); now != before+watches {
			t.Errorf("%d asks at the new time, want %d", now-before, watches)
		}
		if stats := b.engine.Stats()[0]; stats.Postponed != watches || stats.Asked != int64(asked()) || stats.Deferred != 0 {
			t.Errorf("%+v", stats)
		}
		for n := range watches {
			if times := carrier.asked(number(n)); b.watch(n).Asks != len(times) {
				t.Errorf("watch %d: %d asks are counted, it was asked %d times", n, b.watch(n).Asks, len(times))
			}
		}
	})
}

// Whatever a policy puts off, nobody is asked more than was planned, and nobody waits longer than the policy says; over two
// engines on one store.
func TestJudgedAgainNobodyStarves(t *testing.T) {
	const watches, longest = 60, 9 * time.Hour
	history := func(config poll.Config) (times map[string][]time.Time) {
		synctest.Test(t, func(t *testing.T) {
			carrier := slowly(&scripted{name: "toy", limits: tracking.Limits{Batch: 7, Concurrency: 2}}, 2*time.Second)
			config.Store, config.Look = poll.NewMemoryStore(), 15*time.Minute
			one, two := run(t, config, carrier), run(t, config, carrier)
			for n := range watches {
				one.open(n)
			}
			time.Sleep(10 * day)
			one.stop()
			two.stop()
			if carrier.twice > 0 {
				t.Errorf("%d were asked about by two at a time", carrier.twice)
			}
			times = carrier.times
		})
		return times
	}
	planned := history(poll.Config{Policy: poll.Fixed(2 * time.Hour)})
	// Each ask of each watch is put off by another time, in up to three steps.
	judged := history(poll.Config{Policy: judging{poll.Fixed(2 * time.Hour), func(w poll.Watch, now time.Time) poll.Plan {
		hours := time.Duration(len(w.ID.Shipment.Number)+int(w.ID.Shipment.Number[11])*w.Asks) % 8
		at := w.Asked.Add(hours * time.Hour)
		if step := now.Add(2 * time.Hour); at.After(step) {
			at = step
		}
		return poll.Plan{At: at, Why: poll.Why{Text: "later"}}
	}}})
	fewer := 0
	for n := range watches {
		if len(judged[number(n)]) > len(planned[number(n)]) {
			t.Errorf("watch %d is asked %d times, planned were %d", n, len(judged[number(n)]), len(planned[number(n)]))
		}
		if len(judged[number(n)]) < len(planned[number(n)]) {
			fewer++
		}
		for i, gap := range gaps(judged[number(n)]) {
			if gap < 110*time.Minute || gap > longest {
				t.Errorf("watch %d: gap %d is %v", n, i, gap)
			}
		}
	}
	if fewer < watches/2 {
		t.Errorf("only %d watches were put off at all", fewer)
	}
}

// What somebody wants now is not put off, nor is what the engine spaces by itself; and a watch that is never let through ends.
func TestWhatIsNotJudgedAgain(t *testing.T) {
	never := func(_ poll.Watch, now time.Time) poll.Plan {
		return poll.Plan{At: now.Add(1000 * day), Why: poll.Why{Text: "never"}}
	}
	for name, c := range map[string]struct {
		judge func(poll.Watch, time.Time) poll.Plan
		fails int // asks, from the first
		want  func(b *bench)
		asks  int // in a day
	}{
		"the first ask":          {judge: never, asks: 1},
		"failures":               {judge: never, fails: 4, asks: 5},
		"a person asked":         {judge: never, asks: 2, want: func(b *bench) { _, _ = b.engine.Reopen(b.Context(), idOf(1)) }},
		"opened again":           {judge: never, asks: 2, want: func(b *bench) { b.closeAndReopen(1) }},
		"a push hinted":          {judge: never, asks: 2, want: func(b *bench) { b.hint(1) }},
		"less than a minute":     {judge: func(_ poll.Watch, now time.Time) poll.Plan { return poll.Plan{At: now.Add(59 * time.Second)} }, asks: 3},
		"no plan":                {judge: func(poll.Watch, time.Time) poll.Plan { return poll.Plan{} }, asks: 3},
		"a policy that panics":   {judge: func(poll.Watch, time.Time) poll.Plan { panic("policy") }, asks: 3},
		"put off for ever, ends": {judge: never, asks: 1, want: func(b *bench) { time.Sleep(31 * day) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				carrier := &scripted{name: "toy", item: failingOnce(c.fails, &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon})}
				b := run(t, poll.Config{Policy: judging{poll.Fixed(10 * time.Hour), c.judge}}, carrier)
				b.open(1)
				time.Sleep(time.Hour)
				if c.want != nil {
					c.want(b)
				}
				time.Sleep(day - 2*time.Hour)
				b.stop()
				if asked := len(carrier.asked(number(1))); asked != c.asks || b.watch(1).Asks != asked {
					t.Errorf("asked %d times, %d are counted, want %d", asked, b.watch(1).Asks, c.asks)
				}
				if ends := time.Since(start) > 30*day; ends && (b.watch(1).Reason != poll.ReasonSilence || len(b.ended) != 1) {
					t.Errorf("%v, told %d times", b.watch(1), len(b.ended))
				}
			})
		})
	}
}

func (b *bench) closeAndReopen(n int) {
	b.Helper()
	if _, err := b.engine.Close(b.Context(), idOf(n), ""); err != nil {
		b.Fatal(err)
	}
	time.Sleep(time.Minute)
	if _, err := b.engine.Reopen(b.Context(), idOf(n)); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) hint(n int) {
	b.Helper()
	if _, err := b.engine.Observe(b.Context(), idOf(n), tracking.Observation{Kind: tracking.KindHint}); err != nil {
		b.Fatal(err)
	}
}
