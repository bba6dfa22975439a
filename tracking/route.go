package tracking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/internal/number"
)

// opQuery is Error.Op of everything that asks about parcels.
const opQuery = "query"

// A journey is one query on its way from carrier to carrier.
type journey struct {
	query  Query // as the carriers get it
	order  []*lane
	next   int
	taken  bool     // the carrier at next is known to take the query
	failed []Result // of the carriers that failed, in the order in which they were asked
}

// testCourier is courier.Dummy, whose number is a time and goes to the provider as it is.
const testCourier Courier = "dummy"

// depart plans a journey, and refuses at once what no carrier needs to be asked about.
func (c *Client) depart(ctx context.Context, q Query) (journey, error) {
	fault := func(kind error, cause string) error {
		e := &Error{Op: opQuery, Kind: kind, Courier: q.Courier, Last4: Last4(q.Number), Billed: No}
		if cause != "" {
			e.Err = errors.New(cause)
		}
		return e
	}
	if ctx.Err() != nil {
		return journey{}, endedError(ctx, "", &q)
	}
	if q.Courier == "" {
		return journey{}, fault(ErrUnsupportedCourier, "no courier given")
	}
	if q.Courier != testCourier && directory.Known(string(q.Courier)) {
		q.Number = number.Normalize(q.Number)
	}
	if strings.TrimSpace(q.Number) == "" {
		return journey{}, fault(ErrInvalidNumber, "no number given")
	}
	order, ok := c.preferred[q.Courier]
	if !ok {
		order = c.lanes
	}
	first := slices.IndexFunc(order, func(l *lane) bool { return l.takes(q.Courier) })
	if first < 0 {
		return journey{}, fault(ErrUnsupportedCourier, "no carrier of this client serves it")
	}
	return journey{query: q, order: order, next: first, taken: true}, nil
}

// step gives the next carrier to ask, nil after the last.
func (j *journey) step() *lane {
	for j.next < len(j.order) {
		l := j.order[j.next]
		j.next++
		if j.taken || l.takes(j.query.Courier) {
			j.taken = false
			return l
		}
	}
	return nil
}

// arrive takes a carrier's answer and reports whether the journey ends with it.
func (c *Client) arrive(ctx context.Context, j *journey, r Result) (end bool) {
	switch {
	case r.Err == nil:
		return true
	case ended(r.Err):
		j.failed = []Result{r} // the caller left: what others said before matters no more
		return true
	}
	j.failed = append(j.failed, r)
	return !c.asksNext(ctx, r.Err)
}

// asksNext is the table of fail-over: whether another carrier is asked after this error.
func (c *Client) asksNext(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Kind {
	case ErrUpstream, ErrUnsupportedCourier, ErrQuotaExhausted, ErrCredentials, ErrForbidden, ErrDailyCap:
		return true
	case ErrRateLimited:
		deadline, ok := ctx.Deadline()
		return ok && time.Until(deadline) <= e.Wait
	case ErrNotFound:
		return c.askNext
	}
	return false
}

// failure is what a journey without an answer ends with: the first carrier's error, the others told in its text. It
// was billed if one of them was.
func (j *journey) failure() Result {
	if len(j.failed) == 0 {
		return Result{}
	}
	result, others := j.failed[0], j.failed[1:]
	if len(others) == 0 {
		return result
	}
	first, ok := errors.AsType[*Error](result.Err)
	if !ok {
		return result
	}
	tried := &failOverError{first: first}
	for _, other := range others {
		result.Billed = costlier(result.Billed, other.Billed)
		tried.others = append(tried.others, other.Err)
	}
	joined := *first
	joined.Billed, joined.Err = result.Billed, tried
	result.Err = &joined
	return result
}

func costlier(a, b Tri) Tri {
	switch {
	case a == Yes || b == Yes:
		return Yes
	case a == Maybe || b == Maybe:
		return Maybe
	}
	return No
}

// failOverError is the cause of an error that several carriers had a part in. Only the first is unwrapped, so that
// errors.Is sees one sentinel and what the host does does not depend on who was asked second.
type failOverError struct {
	first  *Error
	others []error
}

func (f *failOverError) Unwrap() error { return f.first.Err }

func (f *failOverError) Error() string {
	var b strings.Builder
	if f.first.Err != nil {
		b.WriteString(f.first.Err.Error())
		b.WriteString("; ")
	}
	b.WriteString("then ")
	for i, other := range f.others {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(other.Error())
	}
	return b.String()
}

// Tried gives the error of every carrier that had a part in err, in the order in which they were asked. An error
// of [Client.Track] or [Client.TrackAll] has the sentinel of the first one; this tells the rest. An error that involves
// one carrier, or none, gives itself, and nil gives nothing.
func Tried(err error) []error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*failOverError](err)
	if !ok {
		return []error{err}
	}
	return append([]error{f.first}, f.others...)
}

// closedTo is the answer of an open circuit.
func (l *lane) closedTo(q *Query, wait time.Duration) Result {
	return Result{Billed: No, Err: &Error{
		Carrier: l.name, Op: opQuery, Kind: ErrUpstream, Courier: q.Courier, Last4: Last4(q.Number),
		Billed: No, Retry: RetryAfter, Wait: wait, Err: errCircuitOpen,
	}}
}

var errCircuitOpen = errors.New("not asked, after repeated failures")

// endedError is what those get whose context ended. Without a carrier nobody was asked.
func endedError(ctx context.Context, carrier string, q *Query) *Error {
	billed := Maybe
	if carrier == "" {
		billed = No
	}
	return &Error{Carrier: carrier, Op: opQuery, Courier: q.Courier, Last4: Last4(q.Number), Billed: billed, Err: ctx.Err()}
}

// ended reports that err is about the caller's context and about nothing else.
func ended(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == nil
}
