package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func TestShutdownLetsWorkEndAndGivesBackTheRest(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Ask, b.Concurrency = b.ask, 2
		begun, ended := 0, 0
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			b.mu.Lock()
			begun++
			b.mu.Unlock()
			select {
			case <-time.After(6 * time.Second):
				b.mu.Lock()
				ended++
				b.mu.Unlock()
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		b.push(t, "hint 9") // waits for its window
		stop := start()
		b.pass(time.Second)
		for i := range 5 {
			b.push(t, fmt.Sprintf("fact %d", i))
		}
		b.pass(time.Second)
		stopped := time.Now()
		stop()
		if took := time.Since(stopped); took != 5*time.Second {
			t.Errorf("the end took %v", took)
		}
		if begun != 2 || ended != 2 {
			t.Errorf("%d begun, %d ended", begun, ended)
		}
		waiting := 0
		for _, l := range b.letters(t) {
			if l.State == webhook.Waiting {
				waiting++
				if l.Attempt != 0 || l.At.After(time.Now()) {
					t.Errorf("%s: attempt %d, due in %v", l.Message.Body, l.Attempt, time.Until(l.At))
				}
			}
		}
		if waiting != 4 {
			t.Errorf("%d wait", waiting)
		}
		start()
		b.pass(time.Minute)
		if begun != 6 || len(b.asks) != 1 { // five facts and the answer to the hint
			t.Errorf("%d deliveries begun, %d asks", begun, len(b.asks))
		}
	})
}

func TestShutdownCutsWhatOutlivesTheGrace(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Grace = 3 * time.Second
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			<-ctx.Done()
			return ctx.Err()
		}
		b.push(t, "fact 1")
		stop := start()
		stopped := time.Now()
		stop()
		if took := time.Since(stopped); took != 3*time.Second {
			t.Errorf("the end took %v", took)
		}
		if l := b.letters(t)[0]; l.State != webhook.Waiting || l.Attempt != 0 || l.At.After(time.Now()) {
			t.Errorf("%s, %d attempts, due in %v", l.State, l.Attempt, time.Until(l.At))
		}
	})
}

// TestHostEndsTheGoroutine: a Deliver that calls runtime.Goexit costs its message the lease, and the worker nothing.
func TestHostEndsTheGoroutine(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Concurrency = 1
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			b.deliver(ctx, d)
			if d.Observations[0].Parcel.Number == "1" {
				runtime.Goexit()
			}
			return nil
		}
		b.Poll = time.Minute
		b.push(t, "fact 1")
		b.push(t, "fact 2")
		start()
		b.pass(time.Second)
		if len(b.deliveries) != 2 {
			t.Fatalf("%d deliveries", len(b.deliveries))
		}
		b.pass(time.Hour)
		if l := b.letters(t)[0]; l.State != webhook.Dead || l.Attempt != 12 || len(b.deliveries) != 12 {
			t.Errorf("%s after %d attempts, %d deliveries", l.State, l.Attempt, len(b.deliveries))
		}
	})
}

// flaky is an inbox that fails when it is told to.
type flaky struct {
	webhook.Inbox
	mu    sync.Mutex
	fails func(op string) error
	calls map[string]int
}

func (f *flaky) fail(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = make(map[string]int)
	}
	f.calls[op]++
	if f.fails == nil {
		return nil
	}
	return f.fails(op)
}

func (f *flaky) claims() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls["claim"]
}

func (f *flaky) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
	if err := f.fail("claim"); err != nil {
		return nil, err
	}
	return f.Inbox.Claim(ctx, now, limit, lease)
}

func (f *flaky) Finish(ctx context.Context, c webhook.Claim, finding webhook.Finding) error {
	if err := f.fail("finish"); err != nil {
		return err
	}
	return f.Inbox.Finish(ctx, c, finding)
}

func TestInboxFailures(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		down := true
		store := &flaky{Inbox: b.inbox, fails: func(op string) error {
			if op == "claim" && down {
				panic("the database driver fell over")
			}
			return nil
		}}
		b.Inbox, b.Poll = store, 0
		heard := 0
		b.Hooks.InboxFailed = func(op string, err error) {
			if op == "claim" && err != nil {
				heard++
			}
		}
		b.push(t, "fact 1")
		start()
		b.pass(10 * time.Minute)
		if calls := store.claims(); calls > 20 || calls < 8 || heard != calls {
			t.Errorf("%d claims in ten minutes of outage, the hook heard %d", calls, heard)
		}
		store.mu.Lock()
		down = false
		store.mu.Unlock()
		b.pass(time.Minute)
		if len(b.deliveries) != 1 {
			t.Error("not delivered after the outage")
		}
	})
}

func TestFinishIsRepeated(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		left := 2
		b.Inbox = &flaky{Inbox: b.inbox, fails: func(op string) error {
			if op == "finish" && left > 0 {
				left--
				return errors.New("deadlock")
			}
			return nil
		}}
		b.push(t, "fact 1")
		start()
		b.pass(10 * time.Second)
		if l := b.letters(t)[0]; l.State != webhook.Done || len(b.deliveries) != 1 {
			t.Errorf("%s, %d deliveries", l.State, len(b.deliveries))
		}
	})
}

// TestIdleWorkerRests: a worker without work asks its inbox once a second, and never more.
func TestIdleWorkerRests(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		store := &flaky{Inbox: b.inbox}
		b.Inbox, b.Poll, b.Ask = store, 0, b.ask
		start()
		b.pass(time.Minute)
		if calls := store.claims(); calls < 59 || calls > 62 {
			t.Errorf("%d claims in an idle minute", calls)
		}
		b.push(t, "unmatched")
		b.push(t, "hint 1")
		before := store.claims()
		b.pass(time.Minute)
		if calls := store.claims() - before; calls > 90 {
			t.Errorf("%d claims in a minute with two messages that wait", calls)
		}
	})
}

// TestNobodyWorksWhatAnotherHas: two workers, four slots each, deliveries that take nearly as long as they may.
func TestNobodyWorksWhatAnotherHas(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		working, times := map[string]int{}, map[string]int{}
		b.Deliver = func(ctx context.Context, d webhook.Delivery) error {
			b.mu.Lock()
			working[d.Key]++
			times[d.Key]++
			if working[d.Key] > 1 {
				t.Errorf("a message is worked twice at a time")
			}
			b.mu.Unlock()
			time.Sleep(19 * time.Second)
			b.mu.Lock()
			working[d.Key]--
			b.mu.Unlock()
			return nil
		}
		for i := range 60 {
			b.push(t, fmt.Sprintf("fact %d", i))
		}
		other := &webhook.Worker{Inbox: b.inbox, Sources: b.Sources, Deliver: b.Deliver, Poll: time.Second}
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { other.Run(ctx) })
		start()
		b.pass(10 * time.Minute)
		cancel()
		wg.Wait()
		for key, n := range times {
			if n != 1 {
				t.Errorf("%s was delivered %d times", key, n)
			}
		}
		if len(times) != 60 {
			t.Errorf("%d of 60 messages were delivered", len(times))
		}
	})
}

func TestHooksMayPanic(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, start func() func()) {
		b.Hooks.Worked = func(webhook.Worked) { panic("the meter") }
		b.push(t, "fact 1")
		b.push(t, "malformed")
		start()
		b.pass(time.Second)
		for _, l := range b.letters(t) {
			if l.State == webhook.Waiting {
				t.Errorf("%s waits", l.Message.Body)
			}
		}
	})
}

// TestMessageThatKillsTheProcess takes along what was claimed with it, every time, and is the only one that is given up.
func TestMessageThatKillsTheProcess(t *testing.T) {
	onBench(t, func(t *testing.T, b *bench, _ func() func()) {
		b.push(t, "fact 666")
		for n := range 20 {
			b.push(t, fmt.Sprint("fact ", n))
		}
		b.push(t, "hint 1")
		deaths := 0
		for range 30 {
			ctx, kill := context.WithCancel(context.Background())
			killed := false
			store := &flaky{Inbox: b.inbox}
			store.fails = func(string) error { // called under its lock
				if killed {
					return errors.New("killed")
				}
				return nil
			}
			w := &webhook.Worker{Inbox: store, Sources: b.Sources, Ask: b.ask, Grace: time.Nanosecond}
			w.Deliver = func(ctx context.Context, d webhook.Delivery) error {
				if d.Observations[0].Parcel.Number == "666" {
					store.mu.Lock()
					killed = true
					deaths++
					store.mu.Unlock()
					kill()
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Second):
					return nil
				}
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				w.Run(ctx)
			}()
			select {
			case <-ended:
			case <-time.After(10 * time.Minute):
				kill()
				<-ended
			}
			kill()
			b.pass(5 * time.Minute)
		}
		for i, l := range b.letters(t) {
			if want := map[bool]webhook.State{true: webhook.Dead, false: webhook.Done}[i == 0]; l.State != want {
				t.Errorf("message %d is %s after %d attempts (%s), want %s", i, l.State, l.Attempt, l.Why, want)
			}
		}
		if deaths < 10 || deaths > 12 {
			t.Errorf("the process died %d times", deaths)
		}
	})
}
