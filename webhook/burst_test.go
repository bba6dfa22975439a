package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// A burst is many pushes over some connections. Pushes that are not accepted are sent again, as providers do.
type burst struct {
	target      string // of all requests
	pushes      int
	connections int
	attempts    int // at most, for one push
	pause       time.Duration
	body        func(push int) string
}

// An outcome is what became of one push.
type outcome struct {
	accepted int           // how many answers accepted it
	statuses []int         // of all answers
	slowest  time.Duration // of its answers
}

// run sends everything through the client and gives what became of each push. Those of the last quarter are sent once more
// after they were accepted, for providers do that, too.
func (b burst) run(tb testing.TB, client *http.Client) []outcome {
	outcomes := make([]outcome, b.pushes)
	next := make(chan int)
	var sending sync.WaitGroup
	for range b.connections {
		sending.Go(func() {
			for push := range next {
				for range b.attempts {
					if b.send(tb, client, push, &outcomes[push]) {
						break
					}
					<-time.After(b.pause)
				}
				if push >= b.pushes*3/4 && outcomes[push].accepted > 0 {
					b.send(tb, client, push, &outcomes[push])
				}
			}
		})
	}
	for push := range b.pushes {
		next <- push
	}
	close(next)
	sending.Wait()
	return outcomes
}

func (b burst) send(tb testing.TB, client *http.Client, push int, o *outcome) (accepted bool) {
	r := signed(tb, b.target, b.body(push), noon)
	begin := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		tb.Errorf("push %d: %v", push, err)
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	o.slowest = max(o.slowest, time.Since(begin))
	o.statuses = append(o.statuses, resp.StatusCode)
	if accepted = resp.StatusCode == http.StatusOK; accepted {
		o.accepted++
	}
	return accepted
}

// trouble makes an inbox that stalls, fails and panics, before and after it kept a message. What it does depends on the
// message and on how often it saw it, so that a run can be repeated.
func trouble(of uint32) *fakeInbox {
	in := &fakeInbox{}
	var mu sync.Mutex
	seen := map[webhook.Digest]int{}
	draw := func(m webhook.Message, when string) uint32 {
		mu.Lock()
		defer mu.Unlock()
		seen[m.Key]++
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, m.Key, seen[m.Key], when)
		return h.Sum32() % of
	}
	in.before = func(ctx context.Context, m webhook.Message) error {
		switch draw(m, "before") {
		case 0:
			<-time.After(5 * time.Second) // whatever the context says
		case 1:
			<-ctx.Done()
			return ctx.Err()
		case 2:
			<-time.After(690 * time.Millisecond)
		case 3:
			return errors.New("no connection")
		case 4:
			panic(string(m.Body))
		case 5:
			runtime.Goexit()
		}
		return nil
	}
	in.after = func(m webhook.Message) error {
		switch draw(m, "after") {
		case 0:
			<-time.After(3 * time.Second)
		case 1:
			return errors.New("the connection was lost after the commit")
		case 2:
			panic(m.Source)
		}
		return nil
	}
	return in
}

func burstBody(push int) string {
	return fmt.Sprintf(`{"event":"tracking.polled","timestamp":"2026-09-28T03:00:00.%06dZ","push":%d}`, push, push)
}

// TestBurst holds the promise of [webhook.Handler] in fake time: nothing is answered late, to the nanosecond, and what
// was accepted is kept, once.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := trouble(12)
		var late atomic.Int64
		s := newStage(t, func(c *webhook.Config) {
			c.Inbox, c.Logger = in, nil
		}, answeringSource{newSigned(t, "provider", webhook.Terms{}), func(_ context.Context, m webhook.Message) webhook.Answer {
			switch m.Key[0] % 8 {
			case 0:
				<-time.After(time.Second)
				late.Add(1)
			case 1:
				panic("respond")
			}
			return webhook.Answer{}
		}})
		net := newWire(t, s)
		b := burst{"http://shop.example/webhooks/provider", 1000, 50, 20, 100 * time.Millisecond, burstBody}
		outcomes := b.run(t, net.client())
		net.stop()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		checkBurst(t, in, outcomes, b.pushes)
		if slowest := slowestOf(outcomes); slowest != 690*time.Millisecond+200*time.Millisecond {
			t.Errorf("the slowest answer took %v, want that of an inbox just in time with a source that is late", slowest)
		}
		if late.Load() == 0 {
			t.Error("no source was late")
		}
	})
}

// checkBurst compares answers with what the inbox keeps.
func checkBurst(t *testing.T, in *fakeInbox, outcomes []outcome, wantAccepted int) {
	t.Helper()
	kept, repeats, refusals := map[string]int{}, 0, 0
	for _, body := range in.bodies() {
		kept[body]++
	}
	accepted := 0
	for push, o := range outcomes {
		if o.accepted > 0 {
			accepted++
			if n := kept[burstBody(push)]; n != 1 {
				t.Errorf("push %d was accepted and is kept %d times", push, n)
			}
		}
		if o.accepted > 1 {
			repeats++
		}
		for _, status := range o.statuses {
			switch status {
			case 200:
			case 503:
				refusals++
			default:
				t.Errorf("push %d was answered %d", push, status)
			}
		}
	}
	if accepted < wantAccepted {
		t.Errorf("%d pushes were accepted, want %d", accepted, wantAccepted)
	}
	if _, _, running := in.counts(); running != 0 {
		t.Errorf("%d calls of the inbox run on", running)
	}
	if repeats == 0 || refusals == 0 {
		t.Errorf("%d pushes were accepted again, %d answers said to try again: this burst proves nothing", repeats, refusals)
	}
}

func slowestOf(outcomes []outcome) time.Duration {
	slowest := time.Duration(0)
	for _, o := range outcomes {
		slowest = max(slowest, o.slowest)
	}
	return slowest
}

// TestShutdownInBurst ends the handler while pushes come in; the rest is told to try again and comes to its successor.
func TestShutdownInBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := trouble(12)
		first := newStage(t, func(c *webhook.Config) { c.Inbox, c.Logger = in, nil }, newSigned(t, "provider", webhook.Terms{}))
		second := newStage(t, func(c *webhook.Config) { c.Inbox, c.Logger = in, nil }, newSigned(t, "provider", webhook.Terms{}))
		var handler atomic.Pointer[webhook.Handler]
		handler.Store(first.Handler)
		net := newWire(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().ServeHTTP(w, r) }))
		var drained time.Duration
		var stopping sync.WaitGroup
		stopping.Go(func() {
			<-time.After(2 * time.Second)
			begin := time.Now()
			if err := first.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			drained = time.Since(begin)
			for _, report := range first.reports.snapshot() {
				if report.Err == nil && !slices.Contains(in.keys(), report.Key) {
					t.Errorf("%v was accepted and is not kept after the end", report.Key)
				}
			}
			handler.Store(second.Handler)
		})
		b := burst{"http://shop.example/webhooks/provider", 1000, 50, 60, 500 * time.Millisecond, burstBody}
		outcomes := b.run(t, net.client())
		stopping.Wait()
		net.stop()
		if err := second.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		checkBurst(t, in, outcomes, b.pushes)
		if drained == 0 || drained > 9*time.Second {
			t.Errorf("it took %v to drain; calls of the inbox take up to 8 s", drained)
		}
		closed := 0
		for _, report := range first.reports.snapshot() {
			if report.Err == webhook.ErrClosed {
				closed++
			}
		}
		if closed == 0 || len(second.reports.snapshot()) == 0 {
			t.Errorf("%d pushes met the closed handler, %d its successor: nothing is proved", closed, len(second.reports.snapshot()))
		}
	})
}

// BenchmarkBurst sends bursts of 1,000 pushes over 50 connections of a real network, in turns to a handler and to the floor,
// and reports when they were answered. The times hold the client's share, and the machine's.
func BenchmarkBurst(b *testing.B) {
	var handler, floor []time.Duration
	for b.Loop() {
		handler = append(handler, burstTimes(b, costHandler(b, costSource(b)))...)
		floor = append(floor, burstTimes(b, http.HandlerFunc(bareHandler))...)
	}
	for name, all := range map[string][]time.Duration{"": handler, "floor-": floor} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), name+"p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), name+"p99-µs")
	}
	b.ReportMetric(float64(handler[len(handler)-1].Microseconds()), "max-µs")
}

// burstTimes gives how long each push of a burst waited for its answer.
func burstTimes(b *testing.B, h http.Handler) []time.Duration {
	server := httptest.NewServer(h)
	defer server.Close()
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 50
	outcomes := burst{server.URL + "/webhooks/provider", 1000, 50, 1, 0, burstBody}.run(b, server.Client())
	times := make([]time.Duration, len(outcomes))
	for push, o := range outcomes {
		if times[push] = o.slowest; o.accepted == 0 {
			b.Fatalf("push %d was not accepted", push)
		}
	}
	return times
}
