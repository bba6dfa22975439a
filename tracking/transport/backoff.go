package transport

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	firstPause   = 500 * time.Millisecond
	longestPause = time.Minute // where doubling stops
)

// backoff is the pause after the given attempt when the provider named no time: 0.5 s, 1 s, 2 s … of which at least half
// remains, so that callers who failed together do not return together, yet nobody returns at once.
func backoff(attempt int) time.Duration {
	step := longestPause
	if doublings := attempt - 1; doublings < 7 {
		step = min(firstPause<<doublings, longestPause)
	}
	return step/2 + rand.N(step/2+1)
}

// RetryAfter reads a Retry-After header: how long after now the server wants to be left alone, never negative.
//
// A number is seconds, up to what fits 32 bits, and may have decimals (RFC 9110 knows none, servers do). A date may have
// any of the three forms of HTTP; one that has passed is zero. Anything else, a negative number among it, counts as absent.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds > 1<<32-1 {
			return 0, false
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(date.Sub(now), 0), true
}

// The budget of repeats, per Transport: see the package comment. A call into an outage costs a provider that is
// already down one request, not as many as there are attempts.
const (
	budgetPerCall   = 0.2
	budgetPerSecond = 1
	budgetMost      = 10
)

// budget is a bucket of tokens, one per repeat. The zero value is full.
type budget struct {
	mu    sync.Mutex
	spent float64   // what is missing from a full bucket
	at    time.Time // when spent was right
}

// earn puts in a call's share.
func (b *budget) earn(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill(now)
	b.spent = max(b.spent-budgetPerCall, 0)
}

// take pays for a repeat, if it can.
func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill(now)
	if b.spent+1 > budgetMost {
		return false
	}
	b.spent++
	return true
}

func (b *budget) refill(now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		b.spent = max(b.spent-budgetPerSecond*passed.Seconds(), 0)
		b.at = now
	}
}
