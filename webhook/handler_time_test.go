package webhook_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// stubborn waits for a channel or a time, whatever the context says.
func stubborn(wait time.Duration) func(context.Context, webhook.Message) error {
	return func(context.Context, webhook.Message) error {
		<-time.After(wait)
		return nil
	}
}

// TestSlowInbox is exact: time is fake.
func TestSlowInbox(t *testing.T) {
	for _, c := range []struct {
		name      string
		limit     time.Duration
		wait      time.Duration
		status    int
		answered  time.Duration
		keptLater int
	}{
		{"in time", 0, 699 * time.Millisecond, 200, 699 * time.Millisecond, 1},
		{"late", 0, 5 * time.Second, 503, 700 * time.Millisecond, 1},
		{"late for a host in a hurry", 50 * time.Millisecond, 60 * time.Millisecond, 503, 50 * time.Millisecond, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var wakes atomic.Int32
				s := newStage(t, func(config *webhook.Config) {
					config.InboxTimeout = c.limit
					config.Wake = func() { wakes.Add(1) }
				}, newSigned(t, "provider", webhook.Terms{}))
				s.inbox.before = stubborn(c.wait)
				begin := time.Now()
				w := send(s, signed(t, "/provider", event, noon))
				if took := time.Since(begin); w.Code != c.status || took != c.answered {
					t.Errorf("%d after %v, want %d after %v", w.Code, took, c.status, c.answered)
				}
				if report := s.reports.last(t); report.Took != c.answered {
					t.Errorf("reported %v, want %v", report.Took, c.answered)
				}
				if err := s.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if kept, _, running := s.inbox.counts(); kept != c.keptLater || running != 0 || wakes.Load() != 1 {
					t.Errorf("%d kept, %d calls running, woken %d times", kept, running, wakes.Load())
				}
				if took := time.Since(begin); took != c.wait {
					t.Errorf("shut down after %v, the last call ended after %v", took, c.wait)
				}
			})
		})
	}
}

// TestHastyClient hangs up while its push is being stored.
func TestHastyClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{}))
		s.inbox.before = func(ctx context.Context, _ webhook.Message) error {
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
			return ctx.Err()
		}
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, hangUp)
		if w := send(s, signed(t, "/provider", event, noon).WithContext(ctx)); w.Code != 200 {
			t.Errorf("answered %d", w.Code)
		}
		if kept, _, _ := s.inbox.counts(); kept != 1 {
			t.Error("the push was given up although it could be stored")
		}
		synctest.Wait()
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{}))
		s.inbox.before = stubborn(time.Minute)
		var sending sync.WaitGroup
		sending.Go(func() { send(s, signed(t, "/provider", event, noon)) })
		synctest.Wait()

		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Shutdown(hasty); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave %v, want the end of its context", err)
		}
		if w := send(s, signed(t, "/provider", event, noon)); w.Code != 503 || s.reports.last(t).Err != webhook.ErrClosed {
			t.Errorf("a push after the end got %d, %v", w.Code, s.reports.last(t).Err)
		}
		begin := time.Now()
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				if err := s.Shutdown(t.Context()); err != nil || time.Since(begin) != 59*time.Second {
					t.Errorf("gave %v after %v", err, time.Since(begin))
				}
			})
		}
		waiting.Wait()
		sending.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(ended); err != nil {
			t.Errorf("nothing was left to wait for, and it gave %v", err)
		}
	})
}

// TestInboxThatHangs holds that memory stays bounded, and that the handler notices when it is over.
func TestInboxThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil, newSigned(t, "provider", webhook.Terms{}))
		repaired := make(chan struct{})
		s.inbox.before = func(context.Context, webhook.Message) error { <-repaired; return nil }
		push := func(n int) (accepted int64) {
			var sending sync.WaitGroup
			var count atomic.Int64
			for i := range n {
				sending.Go(func() {
					if send(s, signed(t, "/provider", strings.Repeat("x", i+1), noon)).Code == 200 {
						count.Add(1)
					}
				})
			}
			sending.Wait()
			return count.Load()
		}
		push(1000)
		begin := time.Now()
		push(200)
		if took := time.Since(begin); took != 700*time.Millisecond {
			t.Errorf("the crowd waited %v", took)
		}
		if _, _, running := s.inbox.counts(); running != 1001 {
			t.Errorf("%d calls hang, want one more than a thousand", running)
		}
		close(repaired)
		synctest.Wait()
		if n := push(50); n != 50 {
			t.Errorf("after the repair %d of 50 were accepted", n)
		}
	})
}

func TestResponder(t *testing.T) {
	own := webhook.Answer{Status: 200, ContentType: "application/json", Body: `{"code":false}`}
	for _, c := range []struct {
		name    string
		respond func(context.Context, webhook.Message) webhook.Answer
		want    webhook.Answer
		took    time.Duration
	}{
		{"own answer", func(_ context.Context, m webhook.Message) webhook.Answer {
			if string(m.Body) != event || m.Source != "provider" || m.Key == (webhook.Digest{}) {
				return webhook.Answer{Status: 500}
			}
			return own
		}, own, 0},
		{"none", func(context.Context, webhook.Message) webhook.Answer { return webhook.Answer{} }, webhook.Answer{Status: 202}, 0},
		{"an impossible one", func(context.Context, webhook.Message) webhook.Answer { return webhook.Answer{Status: 99} }, webhook.Answer{Status: 202}, 0},
		{"panic", func(_ context.Context, m webhook.Message) webhook.Answer { panic(string(m.Body)) }, webhook.Answer{Status: 202}, 0},
		{"late", func(_ context.Context, m webhook.Message) webhook.Answer {
			<-time.After(time.Second)
			if string(m.Body) != event {
				panic("the body was overwritten while it was lent")
			}
			return own
		}, webhook.Answer{Status: 202}, 200 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := answeringSource{newSigned(t, "provider", webhook.Terms{Accepted: webhook.Answer{Status: 202}}), c.respond}
				s := newStage(t, nil, source)
				for _, duplicate := range []bool{false, true} {
					begin := time.Now()
					w := send(s, signed(t, "/provider", event, noon))
					got := webhook.Answer{Status: w.Code, ContentType: w.Header().Get("Content-Type"), Body: w.Body.String()}
					if took := time.Since(begin); got != c.want || took != c.took {
						t.Errorf("answered %+v after %v, want %+v after %v", got, took, c.want, c.took)
					}
					if report := s.reports.last(t); report.Stored == duplicate || report.Duplicate != duplicate || report.Err != nil {
						t.Errorf("reported %+v", report)
					}
				}
				for range 20 { // would be given the lent buffer if it were not lent
					send(s, signed(t, "/provider", strings.Repeat("-", len(event)), noon))
				}
				_ = s.Shutdown(t.Context())
				checkSecrecy(t, s.log.String())
				if strings.Contains(s.log.String(), "level=ERROR") != (c.want.Status == 202 && c.name != "none") || strings.Contains(s.log.String(), "overwritten") {
					t.Errorf("the log says %s", s.log)
				}
			})
		})
	}
}

// TestHostCodeThatPanics is about code that has no say in the answer.
func TestHostCodeThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(c *webhook.Config) {
			c.Wake = func() { panic(testSecret) }
			c.Hooks.Answered = func(context.Context, webhook.Report) { panic(testSecret) }
		}, newSigned(t, "provider", webhook.Terms{}))
		if w := send(s, signed(t, "/provider", event, noon)); w.Code != 200 {
			t.Errorf("answered %d", w.Code)
		}
		synctest.Wait()
		if n := strings.Count(s.log.String(), "webhook: panic"); n != 2 {
			t.Errorf("%d panics were logged in %s", n, s.log)
		}
		checkSecrecy(t, s.log.String())
	})
}

// TestWakeMayHang holds that no answer waits for the worker.
func TestWakeMayHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		woken := make(chan struct{})
		s := newStage(t, func(c *webhook.Config) { c.Wake = func() { <-woken } }, newSigned(t, "provider", webhook.Terms{}))
		for range 2 { // the second is a duplicate, for which nobody is woken
			if w := send(s, signed(t, "/provider", event, noon)); w.Code != 200 {
				t.Errorf("answered %d", w.Code)
			}
		}
		woken <- struct{}{}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
