package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// deadlined is a context that tells when it will end, which the timer of a call brings about. A limiter needs to know, so
// as not to begin a wait in vain.
type deadlined struct {
	context.Context
	end time.Time
}

// Deadline tells when the call must be over.
func (d *deadlined) Deadline() (time.Time, bool) { return d.end, true }

// arm gives the call a context and a timer that ends it with the call.
func (c *call) arm() {
	c.ctx, c.cancel = context.WithCancel(c.caller)
	c.timer = time.AfterFunc(time.Until(c.end), c.cancel)
	c.turn = deadlined{c.ctx, c.end}
}

// rearm makes context and timer ready for another attempt. A context that ran out of time is replaced.
func (c *call) rearm(expired bool) {
	if !expired {
		c.timer.Reset(time.Until(c.end))
		return
	}
	c.cancel()
	c.arm()
	c.request.Request = c.request.Request.WithContext(c.ctx)
}

func (c *call) release() {
	c.timer.Stop()
	c.cancel()
}

// RoundTrip makes one attempt. The http.Client calls it once, since it follows no redirects. What it finds out is kept in c
// for checkRetry; the answer it returns has no body left to read.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	c.begin()
	defer c.leave()
	if c.verdict = c.takeTurn(); c.verdict != nil {
		if req.Body != nil {
			_ = req.Body.Close() // of a bytes.Reader
		}
		return nil, c.verdict
	}
	if c.hooked != c.ctx {
		req = req.WithContext(c.hooked)
	}
	resp, err := c.next().RoundTrip(req)
	if err == nil && resp == nil {
		err = errors.New("the RoundTripper gave neither answer nor error")
	}
	if err != nil {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		c.broken = err
		return nil, err
	}
	if c.broken = c.read(resp); c.broken != nil {
		return nil, c.broken
	}
	return resp, nil
}

// begin forgets the attempt before.
func (c *call) begin() {
	c.number++
	c.waiting, c.sent = false, false
	c.answer, c.broken, c.verdict = nil, nil, nil
}

func (c *call) next() http.RoundTripper {
	if c.transport.next != nil {
		return c.transport.next
	}
	return http.DefaultTransport //nolint:forbidigo // what the host's client would use
}

// takeTurn waits until the attempt may be sent, and notes that it is. Otherwise it tells why it may not.
func (c *call) takeTurn() *tracking.Error {
	if e := c.passGate(); e != nil {
		return e
	}
	if e := c.enter(); e != nil {
		return e
	}
	if e := c.takeTokens(); e != nil {
		return e
	}
	if e := c.passGate(); e != nil { // it may have been shut meanwhile
		return e
	}
	c.limit = orDefault(c.op.Attempt, DefaultAttempt)
	if host := c.transport.timeout; host > 0 {
		c.limit = min(c.limit, host)
	}
	c.sentAt = time.Now()
	c.limit = min(c.limit, c.end.Sub(c.sentAt))
	if c.limit <= 0 || !c.timer.Reset(c.limit) || c.ctx.Err() != nil {
		return c.tooLate()
	}
	c.noteSent()
	return nil
}

func (c *call) noteSent() {
	c.sent = true
	c.waited = c.sentAt.Sub(c.since)
	c.transport.meter.sent(c.number, c.waited)
	c.hooked = c.ctx
	start := c.transport.config.Hooks.Start
	if start == nil {
		return
	}
	hooked := start(c.ctx, AttemptStart{
		Carrier: c.transport.config.Carrier, Op: c.op.Name, Number: c.number, Wait: c.waited,
	})
	if hooked != nil {
		c.hooked = hooked
	}
}

// passGate waits while the credential must not be used, unless that would take too long.
func (c *call) passGate() *tracking.Error {
	for {
		wait := c.transport.gate.remaining(c.transport.config.Now())
		if wait <= 0 {
			return nil
		}
		if !c.fits(wait) {
			return &tracking.Error{
				Kind: tracking.ErrRateLimited, Billed: tracking.No, Retry: tracking.RetryAfter, Wait: wait,
				Err: errors.New("not sent, the credential has to wait"),
			}
		}
		if c.transport.wait(c.ctx, wait) != nil {
			return c.tooLate()
		}
	}
}

// enter takes one of the places for attempts in flight.
func (c *call) enter() *tracking.Error {
	if c.transport.places == nil {
		return nil
	}
	select {
	case c.transport.places <- struct{}{}:
		c.inside = true
		return nil
	case <-c.ctx.Done():
		return c.tooLate()
	}
}

func (c *call) leave() {
	if c.inside {
		c.inside = false
		<-c.transport.places
	}
}

// takeTokens asks the limiter for the attempt's tokens, one by one.
func (c *call) takeTokens() *tracking.Error {
	limiter := c.transport.config.Limiter
	if limiter == nil {
		return nil
	}
	for range c.op.tokens() {
		if err := limiter.Wait(&c.turn); err != nil {
			if c.ctx.Err() != nil {
				return c.tooLate()
			}
			return c.notSent(c.transport.fault(err))
		}
	}
	return nil
}

// tooLate is for a call that ended before its turn came.
func (c *call) tooLate() *tracking.Error {
	if ended := c.ended(); ended != nil {
		return c.endedBy(ended)
	}
	return c.notSent(&faultError{text: "its turn did not come in time", timeout: true})
}

// notSent is for a call that our own pacing held back for too long.
func (c *call) notSent(cause error) *tracking.Error {
	return &tracking.Error{Kind: tracking.ErrRateLimited, Billed: tracking.No, Retry: tracking.RetrySoon, Err: cause}
}

// read takes the whole answer, and closes it. An error means that it was cut short.
func (c *call) read(resp *http.Response) error {
	c.response = Response{Status: resp.StatusCode, Header: resp.Header, Body: []byte{}}
	c.answer = &c.response
	var err error
	if resp.Body != nil {
		c.answer.Body, c.answer.Truncated, err = readBody(resp.Body, resp.ContentLength, c.mostOf(c.answer))
		_ = resp.Body.Close() // what matters was read
	}
	resp.Body = http.NoBody
	c.answer.At = c.transport.config.Now()
	if c.answer.Truncated && c.answer.success() {
		c.verdict = &tracking.Error{
			Kind: tracking.ErrProtocol, Err: fmt.Errorf("answer of more than %d bytes", c.transport.config.MaxBody),
		}
	}
	return err
}

func (c *call) mostOf(answer *Response) int64 {
	if answer.success() {
		return c.transport.config.MaxBody
	}
	return c.transport.config.MaxErrorBody
}
