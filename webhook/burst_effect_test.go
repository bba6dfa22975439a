package webhook_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// tellingSource signs, and its messages tell of a parcel. Its own answer is late for some.
type tellingSource struct{ *signedSource }

func (tellingSource) Read(_ context.Context, m webhook.Message) (webhook.Reading, error) {
	return webhook.Reading{Parcels: []tracking.Parcel{{Courier: "truckers", Number: m.Key.String()[:12]}}}, nil
}

func (tellingSource) Respond(_ context.Context, m webhook.Message) webhook.Answer {
	if m.Key[0]%8 == 0 {
		<-time.After(time.Second)
	}
	return webhook.Answer{}
}

// effects is what a host did with deliveries, by key. Taking one in fails in every way, before and after the effect.
type effects struct {
	troubled atomic.Bool

	mu       sync.Mutex
	attempts map[string]int
	done     map[string]int
	repeated int // deliveries whose effect was there
	failed   int
	begun    chan struct{} // closed with the 50th effect
}

func (e *effects) deliver(ctx context.Context, d webhook.Delivery) error {
	switch e.draw(d.Key) {
	case 0, 1:
		return errors.New("no connection")
	case 2:
		panic("deliver")
	case 3:
		<-ctx.Done()
		return ctx.Err()
	case 4:
		e.take(d.Key)
		return errors.New("the connection was lost after the commit")
	case 5:
		e.take(d.Key)
		panic("after the commit")
	}
	e.take(d.Key)
	return nil
}

// draw gives what befalls an attempt. It depends on key and attempt alone.
func (e *effects) draw(key string) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attempts[key]++
	if !e.troubled.Load() {
		return 15
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, key, e.attempts[key])
	luck := h.Sum32() % 16
	if luck <= 5 {
		e.failed++
	}
	return luck
}

func (e *effects) take(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done[key] > 0 {
		e.repeated++
		return
	}
	if e.done[key]++; len(e.done) == 50 {
		close(e.begun)
	}
}

// TestBurstTakesEffectOnce follows a burst to its end, through an inbox and a host that stall, fail and panic, and a
// restart of handler and worker in the middle: nothing is answered late, and each push that was accepted takes effect once.
func TestBurstTakesEffectOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		now := func() time.Time { return noon.Add(time.Since(begin)) }
		host := &effects{attempts: map[string]int{}, done: map[string]int{}, begun: make(chan struct{})}
		host.troubled.Store(true)
		in := &strained{MemoryInbox: webhook.NewMemoryInbox(), trouble: trouble(12), troubled: &host.troubled}
		var claims atomic.Uint32
		in.unlucky = func(what string, of uint32) uint32 {
			h := fnv.New32a()
			_, _ = fmt.Fprint(h, what, claims.Add(1))
			return h.Sum32() % of
		}
		source := tellingSource{newSigned(t, "provider", webhook.Terms{})}
		start := func() (h *webhook.Handler, stop func()) {
			worker := &webhook.Worker{Inbox: in, Sources: []webhook.Source{source}, Deliver: host.deliver, Now: now}
			s := newStage(t, func(c *webhook.Config) { c.Inbox, c.Logger, c.Now, c.Wake = in, nil, now, worker.Wake }, source)
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() {
				if err := worker.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			return s.Handler, func() {
				if err := s.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				cancel()
				running.Wait()
			}
		}

		var handler atomic.Pointer[webhook.Handler]
		first, stop := start()
		handler.Store(first)
		net := newWire(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().ServeHTTP(w, r) }))
		var restarting sync.WaitGroup
		atRestart := 0
		restarting.Go(func() {
			<-host.begun
			stop()
			host.mu.Lock()
			atRestart = len(host.done)
			host.mu.Unlock()
			var second *webhook.Handler
			second, stop = start()
			handler.Store(second)
		})
		b := burst{"http://shop.example/webhooks/provider", 1000, 50, 60, 500 * time.Millisecond, burstBody}
		outcomes := b.run(t, net.client())
		restarting.Wait()
		net.stop()
		pass(10 * time.Minute)
		host.troubled.Store(false)
		pass(3 * time.Hour) // every retry
		replayDead(t, &webhook.Worker{Inbox: in, Now: now})
		pass(time.Minute)
		stop()

		if slowest := slowestOf(outcomes); slowest > 900*time.Millisecond {
			t.Errorf("the slowest answer took %v", slowest)
		}
		for push, o := range outcomes {
			key := fmt.Sprintf("provider:%x", sha256.Sum256([]byte(burstBody(push))))
			if o.accepted == 0 {
				t.Errorf("push %d was never accepted", push)
			}
			if host.done[key] != 1 {
				t.Errorf("push %d was accepted and took effect %d times in %d attempts", push, host.done[key], host.attempts[key])
			}
		}
		if len(host.done) != b.pushes {
			t.Errorf("%d effects of %d pushes", len(host.done), b.pushes)
		}
		if host.repeated == 0 || host.failed == 0 || atRestart == b.pushes {
			t.Errorf("%d deliveries came again, %d failed, %d effects before the restart: this proves nothing", host.repeated, host.failed, atRestart)
		}
	})
}

// replayDead gives what was given up another chance.
func replayDead(t *testing.T, w *webhook.Worker) {
	t.Helper()
	var dead []webhook.LetterID
	for l, err := range w.DeadLetters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		dead = append(dead, webhook.LetterID{Source: l.Message.Source, Key: l.Message.Key})
	}
	if n, err := w.Replay(t.Context(), dead...); err != nil || n != len(dead) {
		t.Fatalf("%d of %d dead letters are replayed: %v", n, len(dead), err)
	}
}
