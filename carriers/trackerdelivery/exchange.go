package trackerdelivery

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// Asking only reads, and a registration is the same however often it is sent, so that all calls may be repeated.
const readAttempts = 3

// Time limits. Answers take under a second normally, and up to 15 s (documented). A document waits for its slowest
// alias, and must not be repeated when it ran out of time but be taken apart: its one attempt may use up the call.
const (
	trackLimit    = 15 * time.Second
	documentLimit = 20 * time.Second
)

// line is the way to the service: one transport and the keys of one project.
type line struct {
	name      string // of the carrier
	transport *transport.Transport
	keys      *keyring
}

// send makes one call, adding what authorises it. A refused key is asked for again, and the call repeated once if that gives
// another key or token; otherwise the pair is left in peace for a while.
func (l *line) send(ctx context.Context, op transport.Operation, req transport.Request) error {
	g, err := l.keys.authorize(ctx)
	if err != nil {
		return l.attributed(op.Name, err)
	}
	req.Header = g.header
	_, err = l.transport.Do(ctx, op, req)
	if err == nil || g.pair == (Credentials{}) || !errors.Is(err, tracking.ErrCredentials) {
		return err
	}
	if next, again := l.keys.renew(ctx, g); again {
		req.Header = next.header
		if _, err = l.transport.Do(ctx, op, req); errors.Is(err, tracking.ErrCredentials) {
			l.keys.reject(next)
		}
	}
	return err
}

// attributed says whose error it is, where that is not said yet: nothing was sent then.
func (l *line) attributed(op string, err error) error {
	var e *tracking.Error
	if !errors.As(err, &e) || e.Carrier != "" {
		return err
	}
	own := *e
	own.Carrier, own.Op, own.Billed = l.name, op, tracking.No
	return &own
}

// post sends a GraphQL document.
func (c *Carrier) post(ctx context.Context, op transport.Operation, body []byte) error {
	return c.line.send(ctx, op, transport.Request{Method: http.MethodPost, URL: c.config.BaseURL, Body: body})
}

// timedOut reports whether a call ran out of its own time, or a gateway's, while the caller's context goes on.
func timedOut(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*tracking.Error](err)
	if !ok || ctx.Err() != nil || e.Kind != tracking.ErrUpstream {
		return false
	}
	switch e.HTTPStatus {
	case 0:
		var timed interface{ Timeout() bool }
		return errors.As(e.Err, &timed) && timed.Timeout()
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// asked is what a document asks for: one parcel, under the name of the field, or several under aliases.
type asked []ask

// single is the name that a parcel asked for alone goes by.
const single = "track"

// name is what parcel i goes by in the answer.
func (q asked) name(i int) string {
	if len(q) == 1 {
		return single
	}
	return alias(i)
}

// own reports whether a name is one of those that were asked for.
func (q asked) own(name string) bool {
	if len(q) == 1 {
		return name == single
	}
	n, ok := aliasIndex(name)
	return ok && n < len(q)
}

// numbers lists what must not show in an error.
func (q asked) numbers() []string {
	numbers := make([]string, len(q))
	for i := range q {
		numbers[i] = q[i].query.Number
	}
	return numbers
}

// readTracks sends a body whose data are parcels. Its error is that of the call: nothing is known about any of them.
func (c *Carrier) readTracks(ctx context.Context, op transport.Operation, body []byte, q asked) (*answer[tracks], error) {
	r := &reading{carrier: c, asked: q}
	op.Classify = r.classify
	err := c.post(ctx, op, body)
	return &r.got, err
}

// reading is a document on its way, and what was answered.
type reading struct {
	carrier *Carrier
	asked   asked
	got     answer[tracks]
}

func (r *reading) classify(resp *transport.Response) *tracking.Error {
	if err := r.got.read(resp); err != nil {
		return err
	}
	if r.carrier.config.KeepRaw {
		r.got.raw = rawEvents(resp.Body)
	}
	if hasData(&r.got, r.asked) {
		return nil
	}
	return r.got.judge(r.carrier.config.Mode, r.asked.own, r.asked.numbers)
}

// hasData reports whether a parcel of ours was answered: then the call as a whole has not failed.
func hasData(got *answer[tracks], q asked) bool {
	if got.Data == nil {
		return false
	}
	for name, t := range *got.Data {
		if t != nil && q.own(name) {
			return true
		}
	}
	return false
}
