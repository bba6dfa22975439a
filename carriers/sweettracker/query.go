package sweettracker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// opQuery is one look at one number. It costs allowance, so it is repeated once at most.
const (
	opQuery       = "query"
	queryAttempts = 2
)

// queryBody is the body of trackingInfo. Codes are strings: 04 is not 4.
type queryBody struct {
	Key     string `json:"t_key"`
	Courier string `json:"t_code"`
	Number  string `json:"t_invoice"`
}

// Query asks about one number; several are asked one after the other.
//
// What the provider says of the number itself is the error of its Result: 104 is ErrNotFound, 105 and our own cap are
// ErrDailyCap, 106 is ErrUpstream. What can be known without asking is there too: ErrInvalidNumber,
// ErrUnsupportedCourier. Trouble of the account or of the gateway is the error of the call when one number was asked
// for. A refused key or a used-up plan ends the batch: the rest of it is not sent.
//
// Every answer counts against the plan, as far as we know; Result.Billed is Yes for one, Maybe for a failure (what
// the provider counts is not published), No when nothing was sent.
func (c *Carrier) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	if err := c.ready(ctx, opQuery); err != nil {
		return nil, err
	}
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		l := lookup{Context: ctx, carrier: c}
		results[i] = l.run(q)
		if l.fatal && len(qs) == 1 {
			return nil, results[i].Err
		}
		if l.fatal && endsBatch(results[i].Err) {
			abandon(results[i+1:], qs[i+1:], results[i].Err)
			break
		}
	}
	return results, nil
}

// ready says why a call cannot begin.
func (c *Carrier) ready(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	return stoppedBy(c.mistakes, op)
}

// endsBatch reports whether an error would meet every further number too: the account's, or the end of the caller's
// context, which has no sentinel.
func endsBatch(err error) bool {
	var found *tracking.Error
	return errors.As(err, &found) &&
		(found.Kind == nil || errors.Is(found.Kind, tracking.ErrCredentials) || errors.Is(found.Kind, tracking.ErrQuotaExhausted))
}

// abandon answers the numbers that were not asked for.
func abandon(results []tracking.Result, qs []tracking.Query, because error) {
	for i, q := range qs {
		results[i] = tracking.Result{Query: q, Carrier: Name, Err: aboutAnother(because, q.Courier, q.Number), Billed: tracking.No}
	}
}

// aboutAnother gives an error for a number that was spared because of it.
func aboutAnother(because error, c tracking.Courier, number string) error {
	var found *tracking.Error
	if !errors.As(because, &found) {
		return because
	}
	spared := *found
	spared.Courier, spared.Last4, spared.Billed = c, tracking.Last4(number), tracking.No
	return &spared
}

// lookup is one query on its way, and the context of its HTTP requests, in which [countRepeats] finds it.
type lookup struct {
	context.Context
	carrier *Carrier
	body    queryBody
	subject subject
	counted cappedNumber
	answer  answer
	fatal   bool // the error is not about the number
}

// lookupKey is what a lookup answers to as a context.
type lookupKey struct{}

// Value gives the lookup itself, and else what the caller's context holds.
func (l *lookup) Value(key any) any {
	if key == (lookupKey{}) {
		return l
	}
	return l.Context.Value(key)
}

func (l *lookup) run(q tracking.Query) tracking.Result {
	result := tracking.Result{Query: q, Carrier: Name}
	parcel, err := l.ask(q)
	if err != nil {
		result.Err, result.Billed = err, billedBy(err)
		return result
	}
	result.Parcel, result.Billed = parcel, tracking.Yes
	return result
}

func billedBy(err error) tracking.Tri {
	var found *tracking.Error
	if errors.As(err, &found) {
		return found.Billed
	}
	return tracking.Maybe
}

func (l *lookup) ask(q tracking.Query) (*tracking.Parcel, error) {
	c := l.carrier
	q, courierCode, err := prepare(opQuery, q)
	if err != nil {
		return nil, err
	}
	l.subject = subject{op: opQuery, courier: q.Courier, number: q.Number, hidden: c.hidden}
	l.counted = cappedNumber{courierCode, q.Number}
	key, err := c.keys.current(l.Context, opQuery)
	if err != nil {
		l.fatal = true
		return nil, err
	}
	l.body = queryBody{Key: key, Courier: courierCode, Number: q.Number}
	body, err := json.Marshal(&l.body)
	if err != nil {
		return nil, l.subject.failure(tracking.ErrInvalidRequest, tracking.RetryNever, nil)
	}
	if resetAt, ok := c.cap.take(l.counted); !ok {
		e := l.subject.failure(tracking.ErrDailyCap, tracking.RetryNextDay, nil)
		e.ResetAt, e.Billed = resetAt, tracking.No
		return nil, e
	}
	resp, err := c.transport.Do(l, transport.Operation{
		Name: opQuery, Attempts: queryAttempts, Classify: l.classify,
	}, transport.Request{Method: http.MethodPost, URL: c.query, Header: c.header, Body: body})
	if err != nil {
		return nil, l.failed(err, key)
	}
	return c.reader.parcel(q, &l.answer, resp.At), nil
}

// prepare normalises a query and finds the provider's code of its courier; neither needs the provider.
func prepare(op string, q tracking.Query) (tracking.Query, string, error) {
	prepared, err := courier.Prepare(Name, op, q)
	if err != nil {
		return q, "", err
	}
	courierCode, ok := courier.ToProvider(Name, prepared.Courier)
	if !ok {
		s := subject{op: op, courier: prepared.Courier, number: prepared.Number}
		e := s.failure(tracking.ErrUnsupportedCourier, tracking.RetryNever, nil)
		e.Billed = tracking.No
		return q, "", e
	}
	return prepared, courierCode, nil
}

// classify reads an answer, in the order of the provider's own traps.
func (l *lookup) classify(resp *transport.Response) *tracking.Error {
	err := l.answer.read(resp.Body, l.carrier.reader.keepRaw)
	return l.subject.judge(resp, &l.answer.envelope, err, l.answer.positive())
}

// failed finishes an error of the transport.
func (l *lookup) failed(err error, key string) error {
	l.fatal = true
	named := l.subject.named(err)
	if named.Billed == tracking.No && named.HTTPStatus == 0 { // it waited in vain, and nothing was sent
		l.carrier.cap.giveBack(l.counted)
	}
	switch named.Code {
	case codeNotFound, codeUpstream:
		l.fatal = false
	case codeDailyCap:
		l.fatal = false
		l.carrier.cap.exhaust(l.counted)
	case codeQuota:
		named.ResetAt = l.carrier.renewal(key)
	}
	return named
}

// countRepeats makes the daily cap see the requests that the transport repeats, for the provider counts them too.
func countRepeats(hooks transport.Hooks) transport.Hooks {
	next := hooks.Start
	hooks.Start = func(ctx context.Context, a transport.AttemptStart) context.Context {
		if l, ok := ctx.Value(lookupKey{}).(*lookup); ok && a.Number > 1 {
			l.carrier.cap.again(l.counted)
		}
		if next != nil {
			return next(ctx, a)
		}
		return ctx
	}
	return hooks
}
