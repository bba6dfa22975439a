package transport_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// What goes wrong × how often the operation may be sent → requests. With 1 there is one request, whatever fails.
func TestAttempts(t *testing.T) {
	failures := []struct {
		name  string
		reply reply
		kind  error
		once  bool // never repeated
		twice bool // repeated once at most
	}{
		{name: "500", reply: answer(500, `{"error":1}`), kind: tracking.ErrUpstream},
		{name: "501", reply: answer(501, `{"error":1}`), kind: tracking.ErrUpstream},
		{name: "503", reply: answer(503, `{"error":1}`), kind: tracking.ErrUpstream},
		{name: "408", reply: answer(408, `{"error":1}`), kind: tracking.ErrUpstream},
		{name: "502 page", reply: answer(502, "<html>Bad Gateway</html>"), kind: tracking.ErrUpstream},
		{name: "504 empty", reply: answer(504, ""), kind: tracking.ErrUpstream},
		{name: "200 page", reply: answer(200, " <!DOCTYPE HTML><title>Maintenance</title>"), kind: tracking.ErrUpstream},
		{name: "200 empty", reply: answer(200, ""), kind: tracking.ErrUpstream},
		{name: "403 page", reply: answer(403, "<html>WAF</html>"), kind: tracking.ErrUpstream},
		{name: "429", reply: answer(429, `{}`), kind: tracking.ErrRateLimited},
		{name: "429 page", reply: answer(429, "<html>slow down</html>"), kind: tracking.ErrRateLimited},
		{name: "429 cut", reply: reply{status: 429, body: "{", cut: true}, kind: tracking.ErrRateLimited},
		{name: "reset", reply: reply{err: errReset}, kind: tracking.ErrUpstream},
		{name: "hang", reply: reply{hang: true}, kind: tracking.ErrUpstream},
		{name: "stalled body", reply: reply{status: 200, stall: true}, kind: tracking.ErrUpstream},
		{name: "cut body", reply: reply{status: 200, body: `{"ok":`, cut: true}, kind: tracking.ErrUpstream},
		{name: "nothing at all", reply: reply{status: 0}, kind: tracking.ErrUpstream},
		{name: "999", reply: answer(999, `{}`), kind: tracking.ErrProtocol, once: true},
		{name: "400", reply: answer(400, `{}`), kind: tracking.ErrInvalidRequest, once: true},
		{name: "401", reply: answer(401, `{}`), kind: tracking.ErrCredentials, once: true},
		{name: "401 empty", reply: answer(401, ""), kind: tracking.ErrCredentials, once: true},
		{name: "402", reply: answer(402, `{}`), kind: tracking.ErrQuotaExhausted, once: true},
		{name: "403", reply: answer(403, `{}`), kind: tracking.ErrForbidden, once: true},
		{name: "404", reply: answer(404, `{}`), kind: tracking.ErrInvalidRequest, once: true},
		{name: "409", reply: answer(409, `{}`), kind: tracking.ErrConflict, once: true},
		{name: "409 with a hint", reply: answer(409, `{}`, "Retry-After", "1"), kind: tracking.ErrConflict},
		{name: "503 with a hint", reply: answer(503, `{}`, "Retry-After", "1"), kind: tracking.ErrUpstream},
		{name: "301", reply: answer(301, "", "Location", "https://elsewhere.example/"), kind: tracking.ErrProtocol, once: true},
		{name: "308", reply: answer(308, "<html>", "Location", "https://elsewhere.example/"), kind: tracking.ErrProtocol, once: true},
		{name: "302 unreadable", reply: answer(302, "", "Location", "https://%zz/"), kind: tracking.ErrProtocol, once: true},
		{name: "304", reply: answer(304, ""), kind: tracking.ErrProtocol, once: true},
		{name: "huge", reply: answer(200, strings.Repeat("x", 2000)), kind: tracking.ErrProtocol, once: true},
		{name: "huge error", reply: answer(500, strings.Repeat("x", 2000)), kind: tracking.ErrUpstream},
	}
	requests := map[string]transport.Request{"GET": get(), "POST": post(), "DELETE": {Method: "DELETE", URL: address}}
	for _, f := range failures {
		for method, req := range requests {
			for _, attempts := range []int{0, 1, 2, 3} {
				t.Run(fmt.Sprintf("%s/%s/%d", f.name, method, attempts), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						server := replies(f.reply)
						calls := newTransport(t, server, func(c *transport.Config) { c.MaxBody, c.MaxErrorBody = 1000, 100 })
						resp, err := calls.Do(t.Context(), reads(attempts), req)
						e := typed(t, err, f.kind)
						if resp != nil {
							t.Error("an answer beside an error")
						}
						if e.Op != "query" || f.reply.status != e.HTTPStatus {
							t.Errorf("op %q, status %d", e.Op, e.HTTPStatus)
						}
						want := max(attempts, 1)
						if f.once {
							want = 1
						}
						if got := server.count(); got != want || calls.Requests() != int64(want) {
							t.Errorf("%d requests, counted %d, want %d", got, calls.Requests(), want)
						}
						for _, body := range server.sent {
							if body != string(req.Body) {
								t.Errorf("sent %q", body)
							}
						}
						server.noLeak(t)
					})
				})
			}
		}
	}
}

// A5: the pauses double, and at least half of each remains.
func TestPauses(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			server := replies(answer(500, "{}"))
			_, err := newTransport(t, server).Do(t.Context(), reads(5), get())
			typed(t, err, tracking.ErrUpstream)
			step := 500 * time.Millisecond
			for i := 1; i < len(server.at); i++ {
				if gap := server.at[i].Sub(server.at[i-1]); gap < step/2 || gap > step {
					t.Errorf("pause %d is %s, want %s to %s", i, gap, step/2, step)
				}
				step *= 2
			}
		})
	}
}

func TestSuccessAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(reply{hang: true}, reply{status: 200, body: "{", cut: true}, ok())
		calls := newTransport(t, server)
		resp, err := calls.Do(t.Context(), reads(3), post())
		if err != nil || bodyOf(resp) != okBody || resp.Status != 200 || !resp.At.Equal(time.Now()) {
			t.Fatalf("%+v, %v", resp, err)
		}
		stats := calls.Stats()
		if stats.Retries != 2 || stats.Requests != 3 || stats.Calls != 1 || stats.Outcomes["ok"] != 1 || stats.Waited < 750*time.Millisecond {
			t.Errorf("%+v", stats)
		}
		if server.sent[2] != `{"q":1}` {
			t.Errorf("third body %q", server.sent[2])
		}
	})
}

// Every form of Retry-After × every status that may carry it.
func TestRetryAfterIsWaited(t *testing.T) {
	cases := []struct {
		name, value string
		least, most time.Duration // of the wait inside the call; -1: returned with the time
	}{
		{"seconds", "7", 7 * time.Second, 7 * time.Second},
		{"decimals", "1.5", 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"a date", "Sat, 01 Jan 2000 00:00:20 GMT", 20 * time.Second, 20 * time.Second},
		{"an old date form", "Saturday, 01-Jan-00 00:00:20 GMT", 20 * time.Second, 20 * time.Second},
		{"a C date", "Sat Jan  1 00:00:20 2000", 20 * time.Second, 20 * time.Second},
		{"past", "Fri, 31 Dec 1999 23:59:59 GMT", 250 * time.Millisecond, 500 * time.Millisecond},
		{"zero", "0", 250 * time.Millisecond, 500 * time.Millisecond},
		{"negative", "-5", 250 * time.Millisecond, 500 * time.Millisecond},
		{"overflowing", "9223372037", 250 * time.Millisecond, 500 * time.Millisecond},
		{"nonsense", "soon", 250 * time.Millisecond, 500 * time.Millisecond},
		{"a day", "86400", -1, 24 * time.Hour},
	}
	for _, c := range cases {
		for _, status := range []int{429, 503, 500, 408, 409} {
			t.Run(fmt.Sprint(c.name, "/", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begin := time.Now()
					server := replies(answer(status, "{}", "Retry-After", c.value), ok())
					_, err := newTransport(t, server).Do(t.Context(), reads(3), get())
					took := time.Since(begin)
					if c.least < 0 {
						var e *tracking.Error
						if !errors.As(err, &e) || e.Retry != tracking.RetryAfter || e.Wait != c.most || took != 0 || server.count() != 1 {
							t.Fatalf("after %s and %d requests: %v", took, server.count(), err)
						}
						return
					}
					if status == 409 && c.name != "zero" && c.name != "past" && c.least < time.Second {
						typed(t, err, tracking.ErrConflict) // no readable hint, no repeat
						return
					}
					if err != nil || took < c.least || took > c.most {
						t.Fatalf("took %s, want %s to %s: %v", took, c.least, c.most, err)
					}
				})
			})
		}
	}
}

// The adapter's table decides, not the status.
func TestClassifyDecides(t *testing.T) {
	quota := &tracking.Error{Kind: tracking.ErrQuotaExhausted, Retry: tracking.RetryQuota, Billed: tracking.No, Code: "SPENT"}
	unchanged := *quota
	cases := []struct {
		name    string
		reply   reply
		verdict *tracking.Error
		want    int
		kind    error
	}{
		{"a spent plan behind a 429", answer(429, "{}", "Retry-After", "1"), quota, 1, tracking.ErrQuotaExhausted},
		{"a success behind a 500", answer(500, "{}"), nil, 1, nil},
		{"an error behind a 200", answer(200, "{}"), &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}, 3, tracking.ErrUpstream},
		{"nonsense", answer(200, "?"), &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon}, 2, tracking.ErrProtocol},
		{"slow", answer(200, "{}", "Retry-After", "1"), &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySlow}, 1, tracking.ErrUpstream},
		{"own wait", answer(200, "{}"), &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetryAfter, Wait: time.Second}, 3, tracking.ErrUpstream},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := replies(c.reply)
				op := reads(3)
				judged := 0
				op.Classify = func(*transport.Response) *tracking.Error { judged++; return c.verdict }
				_, err := newTransport(t, server).Do(t.Context(), op, get())
				if c.kind == nil && err != nil || c.kind != nil && typed(t, err, c.kind) == c.verdict {
					t.Errorf("got %v", err)
				}
				if c.kind == tracking.ErrProtocol && tracking.RetryOf(err) != tracking.RetryNever {
					t.Errorf("nonsense leaves the call as %v", tracking.RetryOf(err))
				}
				if server.count() != c.want || judged != c.want {
					t.Errorf("%d requests, judged %d times, want %d", server.count(), judged, c.want)
				}
			})
		})
	}
	if *quota != unchanged {
		t.Error("the adapter's error was written to")
	}
}

// A refusal is free only if every attempt before it was.
func TestBilledSpeaksOfAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := newTransport(t, replies(reply{hang: true}, answer(401, "{}")))
		_, err := calls.Do(t.Context(), reads(2), get())
		if e := typed(t, err, tracking.ErrCredentials); e.Billed != tracking.Maybe {
			t.Errorf("billed %v after a time-out", e.Billed)
		}
		_, err = calls.Do(t.Context(), reads(2), get())
		if e := typed(t, err, tracking.ErrCredentials); e.Billed != tracking.No {
			t.Errorf("billed %v after a refusal", e.Billed)
		}
	})
}
