package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// checkRetry ends an attempt: it judges what came of it and decides whether another follows. retryablehttp calls it once
// per attempt, since no response handler is set. It never returns an error, which would replace the real one.
func (c *call) checkRetry(_ context.Context, _ *http.Response, err error) (bool, error) {
	expired := !c.timer.Stop()
	now := time.Now()
	c.last = c.judge(err, expired)
	pause := c.pause()
	if pause == 0 {
		c.last = lastWord(c.last)
	}
	c.report(now, pause)
	c.since = now
	if pause == 0 {
		return false, nil
	}
	c.waiting = true
	c.retry.RetryWaitMin = pause // for agreedPause
	c.rearm(expired)
	if wait := c.transport.config.Wait; wait != nil { // retryablehttp's timer goes by the wall clock
		c.retry.RetryWaitMin = 0
		return wait(c.ctx, pause) == nil, nil
	}
	return true, nil
}

// lastWord is the error of a call as its caller hears it. Nonsense is worth one repeat inside a call; an answer that makes no
// sense even then is a matter for a person.
func lastWord(e *tracking.Error) *tracking.Error {
	if e != nil && errors.Is(e.Kind, tracking.ErrProtocol) {
		e.Retry, e.Wait = tracking.RetryNever, 0
	}
	return e
}

// judge gives the error of the attempt, nil if it succeeded. clientErr is that of the http.Client.
func (c *call) judge(clientErr error, expired bool) *tracking.Error {
	switch {
	case c.verdict != nil:
		return c.complete(c.verdict)
	case c.answer != nil && c.broken == nil:
		// Even beside an error: net/http gives one for a redirect whose target it cannot read.
		return c.complete(c.classify())
	case c.answer != nil && c.answer.Status == http.StatusTooManyRequests:
		return c.complete(Classify(c.answer)) // cut short, and clear all the same
	}
	if ended := c.ended(); ended != nil {
		return c.complete(c.endedBy(ended))
	}
	e := &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
	switch {
	case expired:
		e.Err = &faultError{text: "no whole answer within " + c.limit.String(), timeout: true}
	case c.broken != nil:
		e.Err = c.transport.fault(c.broken)
	default:
		e.Err = c.transport.fault(clientErr)
	}
	return c.complete(e)
}

func (c *call) classify() *tracking.Error {
	if c.op.Classify != nil {
		return c.op.Classify(c.answer)
	}
	return Classify(c.answer)
}

// complete gives a copy of e with what the transport knows, nil for nil.
func (c *call) complete(e *tracking.Error) *tracking.Error {
	if e == nil {
		return nil
	}
	full := *e
	if full.Carrier == "" {
		full.Carrier = c.transport.config.Carrier
	}
	if full.Op == "" {
		full.Op = c.op.Name
	}
	if c.answer != nil && full.Kind != nil { // when the caller's context ended, the answer is an earlier one
		c.readHint(&full)
	}
	c.billed = eitherBilled(c.billed, full.Billed)
	full.Billed = c.billed
	c.transport.redact(&full)
	return &full
}

// readHint adds the status of the answer and its Retry-After, where the error may be repeated at all.
func (c *call) readHint(e *tracking.Error) {
	if e.HTTPStatus == 0 {
		e.HTTPStatus = c.answer.Status
	}
	if e.Retry != tracking.RetrySoon && e.Retry != tracking.RetryAfter {
		return
	}
	if wait, ok := RetryAfter(c.answer.Header, c.answer.At); ok && wait > 0 {
		e.Retry, e.Wait = tracking.RetryAfter, max(e.Wait, wait)
	}
}

// eitherBilled tells whether any of two attempts was billed.
func eitherBilled(a, b tracking.Tri) tracking.Tri {
	switch {
	case a == tracking.Yes || b == tracking.Yes:
		return tracking.Yes
	case a == tracking.No && b == tracking.No:
		return tracking.No
	}
	return tracking.Maybe
}

// ended gives the error of the caller's context if that is over, nil otherwise. It does not wait for the context to notice:
// the call's own timer may be a moment earlier.
func (c *call) ended() error {
	if err := c.caller.Err(); err != nil {
		return err
	}
	if c.callersEnd && !time.Now().Before(c.end) {
		return context.DeadlineExceeded
	}
	return nil
}

// endedBy is the error of a call whose caller's context ended.
func (c *call) endedBy(ended error) *tracking.Error {
	e := &tracking.Error{Err: ended}
	if !c.sent || c.waiting {
		e.Billed = tracking.No
	}
	if c.last != nil {
		e.Err = &InterruptedError{Cause: ended, Last: c.last}
	}
	return e
}

// pause says how long to wait before the next attempt; 0 means that there is none. It shuts the gate, too.
func (c *call) pause() time.Duration {
	e := c.last
	if e == nil || e.Retry != tracking.RetrySoon && e.Retry != tracking.RetryAfter {
		return 0
	}
	wait := backoff(c.number)
	if e.Retry == tracking.RetryAfter && e.Wait > 0 {
		wait = e.Wait
	}
	if c.sent && errors.Is(e, tracking.ErrRateLimited) {
		c.shutGate(wait)
	}
	if !c.sent || c.number >= c.op.Attempts || c.ended() != nil || !c.fits(wait) || c.repeatedNonsense(e) {
		return 0
	}
	if !c.transport.budget.take(c.transport.config.Now()) {
		c.transport.meter.withheld()
		return 0
	}
	return wait
}

// fits says that a wait is not too long for a call, and that it ends while the call still has time.
func (c *call) fits(wait time.Duration) bool {
	return wait <= c.transport.config.LongestWait && time.Until(c.end) > wait
}

func (c *call) repeatedNonsense(e *tracking.Error) bool {
	if !errors.Is(e, tracking.ErrProtocol) {
		return false
	}
	before := c.nonsense
	c.nonsense = true
	return before
}

func (c *call) shutGate(wait time.Duration) {
	c.transport.gate.shut(c.transport.config.Now().Add(wait))
	c.transport.meter.rateLimited()
	c.transport.log(c.caller, slog.LevelWarn, "rate limited", c.attempt(time.Now()), wait)
}

// report tells hook and log of an attempt that was sent.
func (c *call) report(now time.Time, next time.Duration) {
	t := c.transport
	if !c.sent || t.config.Hooks.End == nil && t.config.Logger == nil {
		return
	}
	a := c.attempt(now)
	a.Next = next
	if c.last != nil {
		a.Err = c.last
	}
	t.log(c.hooked, slog.LevelDebug, "attempt", a, a.Wait)
	if t.config.Hooks.End != nil {
		t.config.Hooks.End(c.hooked, *a)
	}
}

func (c *call) attempt(now time.Time) *Attempt {
	a := &Attempt{
		Carrier: c.transport.config.Carrier, Op: c.op.Name, Number: c.number,
		Wait: c.waited, Took: now.Sub(c.sentAt),
	}
	if c.answer != nil {
		a.Status = c.answer.Status
	}
	return a
}
