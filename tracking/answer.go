package tracking

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/waybill-dev/waybill/internal/number"
)

// What carriers do that their contract forbids. Each becomes the cause of an ErrProtocol.
var (
	errBreach    = errors.New("the carrier broke its contract")
	errVanished  = fmt.Errorf("%w: it ended the goroutine", errBreach)
	errForeign   = fmt.Errorf("%w: a result for another query", errBreach)
	errHollow    = fmt.Errorf("%w: an error that is a nil pointer", errBreach)
	errAmbiguous = fmt.Errorf("%w: neither a parcel nor an error, or both", errBreach)
)

// judge checks one result of a carrier and completes it: the carrier's name, what it cost, the times.
func (c *Client) judge(call *call, f *flight, r Result) Result {
	l, q := call.lane, &f.question
	switch {
	case (r.Parcel == nil) == (r.Err == nil):
		c.logBreach(l, errAmbiguous)
		r = Result{Err: errAmbiguous, Billed: r.Billed}
	case r.Query.Number != "" && (r.Query.Number != q.number || r.Query.Courier != q.courier),
		r.Parcel != nil && !r.Parcel.answers(q):
		c.logBreach(l, errForeign)
		r = Result{Err: errForeign, Billed: r.Billed}
	}
	r.Carrier = l.name
	if r.Err != nil {
		r.Billed, r.Err = c.refused(call, f, r)
		return r
	}
	r.Parcel = r.Parcel.stamped(l.name, q, c.now)
	return r
}

// answers reports whether the parcel is the one that was asked about. A provider may write its number in another way.
func (p *Parcel) answers(q *question) bool {
	return (p.Courier == "" || p.Courier == q.courier) &&
		(p.Number == "" || p.Number == q.number || number.Normalize(p.Number) == number.Normalize(q.number))
}

// stamped completes a parcel; p itself is not written to.
func (p *Parcel) stamped(carrier string, q *question, now func() time.Time) *Parcel {
	if p.Courier != "" && p.Number != "" && p.Source != "" && !p.RetrievedAt.IsZero() {
		return p
	}
	own := *p
	if own.Courier == "" {
		own.Courier = q.courier
	}
	if own.Number == "" {
		own.Number = q.number
	}
	if own.Source == "" {
		own.Source = carrier
	}
	if own.RetrievedAt.IsZero() {
		own.RetrievedAt = now()
	}
	return &own
}

// refused gives what is known of the price of a failed result, and its error as one that may be handed out.
func (c *Client) refused(call *call, f *flight, r Result) (Tri, error) {
	e := typed(call, call.lane, r.Err)
	if e.Courier == "" {
		e.Courier = f.question.courier
	}
	if e.Last4 == "" {
		e.Last4 = Last4(f.question.number)
	}
	if r.Billed == Maybe {
		r.Billed = e.Billed
	}
	if e.Billed == Maybe {
		e.Billed = r.Billed
	}
	if e.ResetAt.IsZero() {
		e.ResetAt = resetAt(e, c.now())
	}
	return r.Billed, e
}

// resetAt turns what a carrier knows as a duration into the time at which a quota or a cap ends.
func resetAt(e *Error, now time.Time) time.Time {
	switch {
	case e.Retry == RetryQuota && e.Wait > 0:
		return now.Add(e.Wait)
	case e.Retry == RetryNextDay && e.Wait > 0:
		return now.Add(e.Wait)
	case e.Retry == RetryNextDay:
		year, month, day := now.In(kst).Date()
		return time.Date(year, month, day+1, 0, 0, 0, 0, kst)
	}
	return time.Time{}
}

// typed gives what a carrier called an error as an *Error of its own, with the carrier, the operation and a
// sentinel filled in. ctx is the context that the carrier had.
func typed(ctx context.Context, l *lane, err error) (e *Error) {
	e = &Error{}
	defer func() {
		if recover() != nil { // the error's own methods panic: a nil pointer in an interface, most likely
			e = &Error{Carrier: l.name, Op: opQuery, Kind: ErrProtocol, Err: errHollow}
		}
	}()
	told, ok := errors.AsType[*Error](err)
	switch {
	case ok:
		*e = *told
		if err != error(told) {
			e.Err = foreign(err) // keeps what the carrier wrapped it in
		}
	case errors.Is(err, errBreach):
		e.Err = err
	default:
		e.Kind, e.Err = sentinelOf(err), foreign(err)
	}
	if e.Carrier == "" {
		e.Carrier = l.name
	}
	if e.Op == "" {
		e.Op = opQuery
	}
	if e.Kind == nil && ctx.Err() == nil {
		e.Retry, e.Kind = withoutSentinel(err)
	}
	return e
}

// sentinelOf gives the sentinel in an error that is no *Error, nil when it is about a context.
func sentinelOf(err error) error {
	for _, kind := range kinds {
		if errors.Is(err, kind.err) {
			return kind.err
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return ErrProtocol
}

// withoutSentinel judges an error that claims that the caller left, while the caller is still there: a time limit of
// the carrier's own.
func withoutSentinel(err error) (retry Retry, kind error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return RetrySoon, ErrUpstream
	}
	return RetryNever, ErrProtocol
}

func (c *Client) logBreach(l *lane, fault error) {
	c.log.Error("carrier broke its contract", "carrier", l.name, "fault", fault.Error())
}

// panicked gives a carrier's panic as an error, and its stack to the log.
func (c *Client) panicked(l *lane, value any) error {
	c.log.Error("carrier panicked", "carrier", l.name, "stack", string(debug.Stack()))
	return fmt.Errorf("%w: panic: %s", errBreach, presentable(fmt.Sprint(value)))
}
