package trackerdelivery

import (
	"context"
	"errors"
	"strconv"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// singleCalls is how many parcels of a document that was taken apart are asked for at a time. The limiter paces them.
const singleCalls = 4

// ask answers parcels of one courier. Its error is that of the call as a whole, and concerns all of them.
func (c *Carrier) ask(ctx context.Context, asks asked) error {
	if len(asks) == 1 {
		err := c.askOne(ctx, asks, readAttempts)
		if timedOut(ctx, err) {
			asks[0].fail(err)
			return nil
		}
		return err
	}
	if c.unaliased.Load() {
		c.askSingly(ctx, asks, readAttempts)
		return nil
	}
	err := c.askTogether(ctx, asks)
	switch {
	case timedOut(ctx, err):
		c.askSingly(ctx, asks, 1)
		return nil
	case c.config.Mode == ModeManaged && refusedDocument(err):
		c.unaliased.Store(true)
		c.askSingly(ctx, asks, readAttempts)
		return nil
	}
	return err
}

// refusedDocument reports whether a service refused a document as such. Whether the managed one takes aliases is not
// documented.
func refusedDocument(err error) bool {
	var e *tracking.Error
	return errors.As(err, &e) && e.Kind == tracking.ErrInvalidRequest && e.HTTPStatus >= 400 && e.HTTPStatus < 500
}

// askSingly asks for each parcel in a call of its own, some at a time; failures are the parcels' own.
func (c *Carrier) askSingly(ctx context.Context, asks asked, attempts int) {
	each(len(asks), singleCalls, func(i int) {
		if err := c.askOne(ctx, asks[i:i+1], attempts); err != nil {
			asks[i].fail(err)
		}
	})
}

// askOne asks for one parcel, the only one of q.
func (c *Carrier) askOne(ctx context.Context, q asked, attempts int) error {
	op := transport.Operation{Name: opQuery, Attempts: attempts, Attempt: trackLimit}
	got, err := c.readTracks(ctx, op, c.trackBody(&q[0]), q)
	if err != nil {
		return q[0].named(err)
	}
	c.settle(ctx, q, 0, got)
	return nil
}

// askTogether asks for several parcels in one document. On the managed service each counts as a call.
func (c *Carrier) askTogether(ctx context.Context, q asked) error {
	op := transport.Operation{Name: opQuery, Attempts: readAttempts, Attempt: documentLimit, Total: documentLimit}
	if c.config.Mode == ModeManaged {
		op.Tokens = len(q)
	}
	got, err := c.readTracks(ctx, op, c.batchBody(q), q)
	if err != nil {
		return err
	}
	for i := range q {
		c.settle(ctx, q, i, got)
	}
	return nil
}

func alias(i int) string { return "t" + strconv.Itoa(i) }

// aliasIndex reads an alias back; it must be written as alias writes it.
func aliasIndex(name string) (int, bool) {
	if len(name) < 2 || name[0] != 't' {
		return 0, false
	}
	n, err := strconv.Atoi(name[1:])
	return n, err == nil && n >= 0 && alias(n) == name
}

// settle turns the part of an answer that belongs to parcel i into its result. It is found by name, in the data and in
// the paths of the errors, never by position: errors come in order of failure (observed).
func (c *Carrier) settle(ctx context.Context, q asked, i int, got *answer[tracks]) {
	a, name := &q[i], q.name(i)
	f, r := got.worst(c.config.Mode, q.own, func(of string) bool { return of == name })
	h := history{raw: got.raw[name], at: got.at, partial: f != nil}
	if got.Data != nil {
		h.track = (*got.Data)[name]
	}
	switch {
	case h.track == nil && f == nil: // an error without a path, or with a foreign one, belongs to every parcel without data
		f, r = got.worst(c.config.Mode, q.own, func(of string) bool { return !q.own(of) })
		fallthrough
	case !h.answered():
		if f == nil {
			r = ruleUnanswered
		}
		a.fail(c.itemFailure(ctx, q, i, got, f, r))
	case !h.is(a.query.Number):
		a.fail(&tracking.Error{Carrier: Name, Op: opQuery, Kind: tracking.ErrProtocol, HTTPStatus: got.status, Err: errOtherNumber})
	default:
		if a.query.FullHistory {
			c.readOlder(ctx, a, &h)
		}
		a.result.Parcel = c.parcel(a, &h)
	}
}

var errOtherNumber = errors.New("the answer is about another number")

// itemFailure makes the error of one parcel.
func (c *Carrier) itemFailure(ctx context.Context, q asked, i int, got *answer[tracks], f *fault, r rule) error {
	if r == ruleNumber && q[i].id == "kr.homepick" {
		r = ruleNoData // every failure of this courier is BAD_REQUEST, not-found included (observed)
	}
	if r == ruleMasked {
		r = c.unmask(ctx, &q[i])
	}
	e := got.failure(f, r, append(q.numbers(), c.secrets()...))
	e.Carrier, e.Op = Name, opQuery
	return e
}
