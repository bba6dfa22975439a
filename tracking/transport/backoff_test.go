package transport_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// 1,000 calls into an outage: the budget keeps repeats to a fraction, and returns with time.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(500, "{}"))
		calls := newTransport(t, server)
		begin := time.Now()
		for range 1000 {
			_, err := calls.Do(t.Context(), reads(3), get())
			typed(t, err, tracking.ErrUpstream)
		}
		most := 1000 + 10 + 200 + int(time.Since(begin)/time.Second) + 1
		if n := server.count(); n > most || n < 1200 {
			t.Errorf("%d requests, want 1200 to %d", n, most)
		}
		stats := calls.Stats()
		if stats.Withheld == 0 || stats.Retries != int64(server.count()-1000) || stats.Outcomes["upstream"] != 1000 {
			t.Errorf("%+v", stats)
		}
		time.Sleep(2 * time.Second)
		before := server.count()
		_, _ = calls.Do(t.Context(), reads(3), get())
		if server.count()-before != 3 {
			t.Errorf("%d requests after a rest, want 3", server.count()-before)
		}
	})
}

func TestOutageAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(answer(500, "{}"))
		calls := newTransport(t, server)
		done := make(chan error)
		for range 1000 {
			go func() {
				_, err := calls.Do(t.Context(), reads(3), get())
				done <- err
			}()
		}
		for range 1000 {
			typed(t, <-done, tracking.ErrUpstream)
		}
		if n := server.count(); n > 1000+10+200 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	cases := []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"", 0, false}, {"0", 0, true}, {" 12 ", 12 * time.Second, true}, {"+5", 0, false}, {"-1", 0, false},
		{"4294967295", 4294967295 * time.Second, true}, {"4294967296", 0, false}, {"1e3", 0, false}, {"0x10", 0, false},
		{"99999999999999999999999999", 0, false}, {".", 0, false}, {"1.2.3", 0, false}, {"0.25", 250 * time.Millisecond, true},
		{"NaN", 0, false}, {"Inf", 0, false}, {"Sat, 21 Nov 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Saturday, 21-Nov-26 12:00:30 GMT", 30 * time.Second, true}, {"Sat Nov 21 12:00:30 2026", 30 * time.Second, true},
		{"Sat, 21 Nov 2026 11:00:00 GMT", 0, true}, {"tomorrow", 0, false},
	}
	for _, c := range cases {
		got, ok := transport.RetryAfter(http.Header{"Retry-After": {c.value}}, now)
		if got != c.want || ok != c.ok {
			t.Errorf("RetryAfter(%q) = %s, %t, want %s, %t", c.value, got, ok, c.want, c.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "1.5", "9223372037", "Sat, 21 Nov 2026 12:00:30 GMT", "-1", "…"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := transport.RetryAfter(http.Header{"Retry-After": {value}}, time.Unix(1_800_000_000, 0))
		if wait < 0 || !ok && wait != 0 {
			t.Errorf("RetryAfter(%q) = %s, %t", value, wait, ok)
		}
	})
}
