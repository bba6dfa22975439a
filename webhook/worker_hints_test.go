package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

func TestHintsShareAnAsk(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask = b.ask
		start()
		b.push(t, "hint 1")
		b.push(t, "hint 2")
		b.pass(4 * time.Second)
		b.push(t, "hint 1")
		b.pass(5 * time.Second)
		b.push(t, "hint 1")
		if len(b.asks) > 0 {
			t.Fatalf("asked for %v before the window was over", b.asks)
		}
		b.pass(time.Second)
		if got := slices.Sorted(slices.Values(b.asks)); !slices.Equal(got, []string{"1", "2"}) || b.askTimes[0] != 10*time.Second {
			t.Fatalf("asked for %v at %v", b.asks, b.askTimes)
		}
		for _, d := range b.deliveries {
			o := d.Observations[0]
			if want := map[string]int{"1": 3, "2": 1}[o.Parcel.Number]; len(d.Letters) != want || !d.At.Equal(b.begun) {
				t.Errorf("parcel %s: %d letters, oldest %v", o.Parcel.Number, len(d.Letters), d.At)
			}
			if o.Door != tracking.DoorPoll || o.Kind != tracking.KindFact || o.Carrier != "truck-net" || o.Proof != 0 || o.Parcel.RetrievedAt.IsZero() {
				t.Errorf("%+v", o)
			}
		}
		b.push(t, "hint 1")
		b.pass(10 * time.Second)
		if len(b.asks) != 3 || len(b.deliveries) != 3 || b.deliveries[2].Key == b.deliveries[0].Key || b.deliveries[2].Key == b.deliveries[1].Key {
			t.Errorf("the next hint: asked %v, %d deliveries", b.asks, len(b.deliveries))
		}
		for _, l := range b.letters(t) {
			if l.State != webhook.Done {
				t.Errorf("a hint is %s", l.State)
			}
		}
	})
}

func TestHintsAtOnce(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask, b.HintDelay = b.ask, -1
		start()
		b.push(t, "hint 1")
		b.pass(0)
		if len(b.asks) != 1 || len(b.deliveries) != 1 {
			t.Errorf("asked for %v", b.asks)
		}
	})
}

// TestHintDuringAsk: a hint that arrives while its parcel is being asked about is not answered by that, and the next
// question does not begin before the first one ends.
func TestHintDuringAsk(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		running, most := 0, 0
		b.HintDelay = -1
		b.Ask = func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
			b.mu.Lock()
			running++
			most = max(most, running)
			b.mu.Unlock()
			time.Sleep(5 * time.Second)
			b.mu.Lock()
			running--
			b.mu.Unlock()
			return b.ask(ctx, q)
		}
		start()
		b.push(t, "hint 1")
		b.pass(time.Second)
		b.push(t, "hint 1")
		b.push(t, "hint 1")
		b.pass(time.Minute)
		if len(b.asks) != 2 || most != 1 {
			t.Errorf("asked %d times, %d at a time", len(b.asks), most)
		}
		if len(b.deliveries) == 2 && (len(b.deliveries[0].Letters) != 1 || len(b.deliveries[1].Letters) != 2) {
			t.Errorf("%d and %d letters", len(b.deliveries[0].Letters), len(b.deliveries[1].Letters))
		}
	})
}

func TestHintsWithoutAsk(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.push(t, "hint 1 2")
		start()
		b.pass(0)
		if len(b.deliveries) != 1 || len(b.deliveries[0].Observations) != 2 {
			t.Fatalf("%+v", b.deliveries)
		}
		for _, o := range b.deliveries[0].Observations {
			if o.Kind != tracking.KindHint || o.Door != tracking.DoorPush || o.Parcel.Courier != "truckers" || o.Parcel.Number == "" {
				t.Errorf("%+v", o)
			}
		}
	})
}

func TestAnswersToAsk(t *testing.T) {
	failure := func(kind error, retry tracking.Retry, wait time.Duration) error {
		return &tracking.Error{Carrier: "truck-net", Op: "query", Kind: kind, Retry: retry, Wait: wait}
	}
	for name, c := range map[string]struct {
		err     error
		asks    int // within a day and a half
		state   webhook.State
		counted bool
	}{
		"nobody's turn":   {nil, 1, webhook.Done, true},
		"no data":         {failure(tracking.ErrNotFound, tracking.RetrySlow, 0), 1, webhook.Done, true},
		"invalid":         {failure(tracking.ErrInvalidNumber, tracking.RetryNever, 0), 1, webhook.Dead, true},
		"unsupported":     {failure(tracking.ErrUnsupportedCourier, tracking.RetryNever, 0), 1, webhook.Dead, true},
		"bare":            {errors.New("the line is dead"), 10, webhook.Dead, true},
		"outage":          {failure(tracking.ErrUpstream, tracking.RetrySoon, 0), 10, webhook.Dead, true},
		"preparing":       {failure(tracking.ErrUpstream, tracking.RetrySlow, 0), 72, webhook.Waiting, false},
		"slow down":       {failure(tracking.ErrRateLimited, tracking.RetryAfter, 6*time.Hour), 6, webhook.Waiting, false},
		"key expired":     {failure(tracking.ErrCredentials, tracking.RetryNever, 0), 36, webhook.Waiting, false},
		"plan used up":    {failure(tracking.ErrQuotaExhausted, tracking.RetryQuota, 0), 36, webhook.Waiting, false},
		"asked too often": {&tracking.Error{Kind: tracking.ErrDailyCap, Retry: tracking.RetryNextDay, ResetAt: time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)}, 13, webhook.Waiting, false},
	} {
		t.Run(name, func(t *testing.T) {
			onBench(t, func(t *testing.T, b *bench, start func() func()) {
				b.HintDelay = -1
				b.Ask = func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
					b.ask(ctx, q)
					return nil, c.err
				}
				b.push(t, "hint 1")
				start()
				b.pass(36*time.Hour - time.Minute)
				l := b.letters(t)[0]
				if len(b.asks) != c.asks || l.State != c.state || len(b.deliveries) != 0 {
					t.Errorf("asked %d times, %s (%s), %d deliveries", len(b.asks), l.State, l.Why, len(b.deliveries))
				}
				if name == "asked too often" && (b.askTimes[1] != 24*time.Hour) {
					t.Errorf("asked at %v", b.askTimes)
				}
				if (l.Attempt > 0) != c.counted {
					t.Errorf("%d attempts counted", l.Attempt)
				}
			})
		})
	}
}

// TestAnsweredHintsAreNotAskedAgain: of a message that hints at several parcels only those are asked about again that
// were not answered.
func TestAnsweredHintsAreNotAskedAgain(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask = func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
			p, _ := b.ask(ctx, q)
			b.mu.Lock()
			asks := len(b.asks)
			b.mu.Unlock()
			if q.Number == "2" && asks < 6 {
				return nil, &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
			}
			return p, nil
		}
		b.push(t, "hint 1 2 3 3")
		start()
		b.pass(time.Hour)
		if got := slices.Sorted(slices.Values(b.asks)); !slices.Equal(got, []string{"1", "2", "2", "2", "2", "3"}) {
			t.Errorf("asked for %v", got)
		}
		if l := b.letters(t)[0]; l.State != webhook.Done || len(b.deliveries) != 3 {
			t.Errorf("%s, %d deliveries", l.State, len(b.deliveries))
		}
	})
}

func TestFailedDeliveryOfAnAnswerIsAskedAgain(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask, b.HintDelay = b.ask, -1
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			b.deliver(ctx, d)
			if len(b.deliveries) < 3 {
				return errors.New("no database")
			}
			return nil
		}
		b.push(t, "hint 1")
		start()
		b.pass(time.Minute)
		if len(b.asks) != 3 || len(b.deliveries) != 3 || b.deliveries[0].Key != b.deliveries[2].Key {
			t.Errorf("asked %d times, delivered %d times", len(b.asks), len(b.deliveries))
		}
	})
}

// TestManyHintsOfOneMessage needs more time than a lease: what was answered counts, the rest is asked about later.
func TestManyHintsOfOneMessage(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask = func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
			time.Sleep(15 * time.Second)
			return b.ask(ctx, q)
		}
		b.push(t, "hint 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
		start()
		b.pass(10 * time.Minute)
		if l := b.letters(t)[0]; l.State != webhook.Done || len(b.asks) != 20 || len(b.deliveries) != 20 || l.Attempt != 1 {
			t.Errorf("%s after %d attempts, %d asks, %d deliveries", l.State, l.Attempt, len(b.asks), len(b.deliveries))
		}
	})
}

// TestFloodOfHints: more hints than are held at a time are asked about before their windows are over.
func TestFloodOfHints(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask = b.ask
		const flood = 10_500
		for n := range flood {
			b.push(t, fmt.Sprint("hint ", n))
		}
		start()
		b.pass(time.Second)
		if n := len(b.asks); n < 500 || n > 600 {
			t.Errorf("asked %d times within the first window", n)
		}
		b.pass(time.Minute)
		if len(b.asks) != flood || len(b.deliveries) != flood {
			t.Errorf("asked %d times, %d deliveries", len(b.asks), len(b.deliveries))
		}
	})
}
