package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/waybill-dev/waybill/tracking"
)

// Do makes the call and waits for its end. On success the answer is returned, and the error is nil; otherwise the answer is
// nil, and the error is a *tracking.Error. Do returns at the latest when the caller's context ends or Operation.Total is over,
// save for what a Limiter or a RoundTripper that is deaf to its context adds.
func (t *Transport) Do(ctx context.Context, op Operation, req Request) (*Response, error) {
	now := time.Now()
	c := &call{transport: t, op: op, caller: ctx, since: now, billed: tracking.No}
	t.budget.earn(t.config.Now())
	c.run(now, &req)
	var waited time.Duration
	if !c.sent || c.waiting { // it ended while it waited
		waited = time.Since(c.since)
	}
	if c.last != nil {
		t.meter.ended(c.last, waited)
		return nil, c.last
	}
	t.meter.ended(nil, waited)
	return c.answer, nil
}

// call is one Do. It is the policy of a retryablehttp.Client made for it alone (whose fields are read without a lock, so
// that a shared one could not have a policy per call), and the RoundTripper under that Client, where an
// attempt is made. It has no CloseIdleConnections: retryablehttp calls that after every failure, and would close the
// connections that other calls and the host are about to use.
type call struct {
	transport *Transport
	op        Operation
	caller    context.Context // what Do was given
	end       time.Time       // when the call must be over

	callersEnd bool // end is the deadline of the caller's context

	// One context serves all attempts, as long as none of them runs out of time; one timer ends it, set to the end
	// of the call while the call waits and to the limit of the attempt while that runs.
	ctx    context.Context
	cancel context.CancelFunc
	timer  *time.Timer
	turn   deadlined // ctx for the limiter

	retry   retryablehttp.Client
	client  http.Client // the host's, with this call as its Transport
	request retryablehttp.Request
	header  http.Header // as it was before a jar wrote to it; nil without a jar

	number   int  // of the attempt
	nonsense bool // an ErrProtocol was repeated
	waiting  bool // for the next attempt
	inside   bool // holds one of Config.Calls places
	billed   tracking.Tri
	last     *tracking.Error // of the last attempt; nil after success
	since    time.Time       // begin of the call, then end of the last attempt

	// The attempt's; set anew by begin.
	sent     bool
	hooked   context.Context // what Hooks.Start returned
	sentAt   time.Time
	waited   time.Duration
	limit    time.Duration
	answer   *Response       // points to response; nil without an answer
	broken   error           // why there is no whole answer
	verdict  *tracking.Error // decided without a look at an answer
	response Response
}

// run makes the attempts. Their outcome is in c.last and c.answer.
func (c *call) run(now time.Time, r *Request) {
	if ended := c.caller.Err(); ended != nil {
		c.last = c.complete(c.endedBy(ended))
		return
	}
	c.end = now.Add(orDefault(c.op.Total, DefaultTotal))
	if deadline, ok := c.caller.Deadline(); ok && deadline.Before(c.end) {
		c.end, c.callersEnd = deadline, true
	}
	c.arm()
	defer c.release()

	req, err := c.transport.request(c.ctx, &c.op, r)
	if err != nil {
		c.last = c.complete(&tracking.Error{Kind: tracking.ErrInvalidRequest, Billed: tracking.No, Err: err})
		return
	}
	c.request.Request = req
	c.prepare()
	// What it returns was noted by checkRetry already, and more exactly; the answer's body is read and closed.
	_, _ = c.retry.Do(&c.request) //nolint:bodyclose
	if ended := c.ended(); c.waiting && ended != nil {
		c.last = c.complete(c.endedBy(ended))
	}
}

// prepare sets what retryablehttp must not leave to its defaults.
func (c *call) prepare() {
	c.client = http.Client{Transport: c, Jar: c.transport.jar, CheckRedirect: refuseRedirect}
	c.retry.HTTPClient = &c.client
	c.retry.Logger = nil // it would write URLs
	c.retry.RetryMax = max(c.op.Attempts, 1) - 1
	c.retry.CheckRetry = c.checkRetry
	c.retry.Backoff = agreedPause
	c.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.retry.PrepareRetry = rewind
	if c.transport.jar != nil { // net/http adds the cookies to the request's own header, at every attempt
		c.header = c.request.Header.Clone()
		c.retry.PrepareRetry = c.restore
	}
}

// rewind gives a repeat a body of its own: the one of the attempt before may still be read.
func rewind(req *http.Request) error {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	req.Body = body
	return err
}

func (c *call) restore(req *http.Request) error {
	req.Header = c.header.Clone()
	return rewind(req)
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// agreedPause hands on what checkRetry put into RetryWaitMin.
func agreedPause(agreed, _ time.Duration, _ int, _ *http.Response) time.Duration { return agreed }
