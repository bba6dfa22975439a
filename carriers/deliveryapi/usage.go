package deliveryapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// usageKept is how long an answer about the usage explains rate limits (our decision): a limited account must not
// be asked more because it is limited.
const usageKept = time.Minute

// Quota asks the provider what is left of the plan. The call is not counted (documented). Used stops at Limit and Remaining at 0,
// even when the plan is overdrawn (documented). The begin of the period is not told.
func (c *Carrier) Quota(ctx context.Context) (tracking.Quota, error) {
	q, _, err := c.fetchUsage(ctx)
	return q, err
}

// LastQuota gives what the provider last told about the plan beside another answer, without a call. False when it told
// nothing so far; demo keys are told nothing.
func (c *Carrier) LastQuota() (tracking.Quota, bool) {
	if q := c.quota.Load(); q != nil {
		return *q, true
	}
	return tracking.Quota{}, false
}

// QuotaLevel says how worried to be about a plan.
type QuotaLevel uint8

// The levels.
const (
	QuotaFine     QuotaLevel = iota // 20 % or more remain, or the limit is not known
	QuotaLow                        // less than 20 % remain
	QuotaCritical                   // less than 5 % remain
)

var levelNames = [...]string{"fine", "low", "critical"}

// String gives fine, low or critical.
func (l QuotaLevel) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// LevelOf judges what remains of a plan. The bounds of 20 % and 5 % are our decision.
func LevelOf(q tracking.Quota) QuotaLevel {
	switch {
	case q.Limit <= 0:
		return QuotaFine
	case float64(q.Remaining) < 0.05*float64(q.Limit):
		return QuotaCritical
	case float64(q.Remaining) < 0.2*float64(q.Limit):
		return QuotaLow
	}
	return QuotaFine
}

// usageMemory lets one usage call explain the rate limits of a minute, and of all callers.
type usageMemory struct {
	turn    chan struct{} // held while asking
	account *account
	at      time.Time
	quota   tracking.Quota
	known   bool // false when the usage could not be had
}

func (c *Carrier) fetchUsage(ctx context.Context) (tracking.Quota, time.Time, error) {
	op := operation{name: "quota", method: http.MethodGet, url: c.base + "/v1/usage", attempts: 3}
	info, told, err := exchange[keyInfo](ctx, c, op, nil, nil)
	if err != nil {
		return tracking.Quota{}, told.at, err
	}
	q, ok := info.quota()
	if !ok {
		return tracking.Quota{}, told.at, c.nonsense(op.name, "quota")
	}
	c.quota.Store(&q)
	return q, told.at, nil
}

func (c *Carrier) noteQuota(info *keyInfo) {
	if q, ok := info.quota(); ok {
		kept := q // what is not kept stays off the heap
		c.quota.Store(&kept)
	}
}

// splitRateLimit finds out what a rate limit without Retry-After means: the provider has one code for "slower" and for
// "the plan is used up". Other errors pass through.
func (c *Carrier) splitRateLimit(ctx context.Context, err error, op operation, told reply) error {
	var limited *tracking.Error
	if !errors.As(err, &limited) || limited.Kind != tracking.ErrRateLimited || limited.Retry != tracking.RetrySoon ||
		limited.HTTPStatus == 0 || op.name == "quota" {
		return err
	}
	q, ok := c.recentUsage(ctx, told)
	if ended := ctx.Err(); ended != nil && !ok {
		return err
	}
	if ok && q.Remaining == 0 {
		exhausted := *limited
		exhaust(&exhausted, q)
		return &exhausted
	}
	return err
}

// recentUsage gives the usage as it was at most a minute before the answer that wants explaining. Callers that come
// together wait for one call.
func (c *Carrier) recentUsage(ctx context.Context, told reply) (tracking.Quota, bool) {
	m := &c.usage
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return tracking.Quota{}, false
	}
	if m.account != nil && m.account.credential == told.credited.credential && told.at.Sub(m.at) < usageKept {
		return m.quota, m.known
	}
	q, at, err := c.fetchUsage(ctx)
	if ctx.Err() != nil {
		return tracking.Quota{}, false
	}
	if at.IsZero() {
		at = told.at
	}
	m.account, m.at, m.quota, m.known = told.credited, at, q, err == nil
	return m.quota, m.known
}
