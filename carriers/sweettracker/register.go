package sweettracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// ErrSuspectCredentials is in an error, beside its sentinel, when the first registrations of a credential all failed in
// the way that a wrong tier or key may fail: which code that gives is not known.
var ErrSuspectCredentials = errors.New("perhaps a wrong tier or key: nothing was ever registered with them")

const (
	longestFID       = 30 // characters of Subscription.Ref (documented)
	registerAttempts = 3  // repeating is safe: the second time is answered "already registered"
	patience         = 3  // suspicious failures in a row before single registrations stop
)

// Subscribe registers numbers, one Registration each, in order.
//
// Ref is required: the provider calls it fid and sends it back in every callback, so it must be unique and lead the host
// back to the parcel; at most 30 characters. Callback (or TraceConfig.Callback) is required: an https address whose path
// holds a secret token of 16 characters or more, for callbacks are not signed. Once and Lifetime mean nothing here.
// What fails these rules, or is known offline to be no number of that courier, is refused without a request.
//
// A number that was registered before is a success with Existing set; so is what is answered after a time-out, where the
// first request may have gone through. There is no handle, for nothing can be cancelled, and no expiry is known. A
// reply that leaves a number out is ErrUpstream for it: register it again.
//
// Lists go in chunks, apart for each callback address, and are matched by Ref. If the first registration of a credential
// fails as a whole with code 01, 99 or a 4xx, the rest is not sent and the errors also wrap [ErrSuspectCredentials]; where
// numbers go one at a time, it takes three in a row.
func (t *Trace) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	if err := t.ready(ctx, opSubscribe); err != nil {
		return nil, err
	}
	registrations := make([]tracking.Registration, len(subs))
	admitted := t.admit(subs, registrations)
	list := t.asList(len(admitted))
	chunks := t.chunks(admitted, list)
	strikes := 0
	for i, chunk := range chunks {
		err := t.register(ctx, chunk, list)
		if strikes = strikes + 1; !errors.Is(err, ErrSuspectCredentials) {
			strikes = 0
		}
		if endsBatch(err) || strikes > 0 && (list || strikes >= patience) {
			spare(chunks[i+1:], err)
			break
		}
	}
	return registrations, nil
}

// entry is a number on its way to be registered.
type entry struct {
	registration *tracking.Registration
	subject      subject
	callback     string
	wire         registerEntry
}

// registerEntry is an item of the list.
type registerEntry struct {
	Number  string `json:"num"`
	Courier string `json:"code"`
	FID     string `json:"fid"`
}

// registerShared are the fields that a list has once.
type registerShared struct {
	CallbackURL  string `json:"callback_url"`
	CallbackType string `json:"callback_type"`
	Tier         string `json:"tier"`
	Key          string `json:"key"`
	Type         string `json:"type"`
}

type registerOneBody struct {
	registerEntry
	registerShared
}

type registerManyBody struct {
	registerShared
	List []registerEntry `json:"list"`
}

// admit prepares what may be sent and answers the rest.
func (t *Trace) admit(subs []tracking.Subscription, registrations []tracking.Registration) []*entry {
	admitted := make([]*entry, 0, len(subs))
	seen := make(map[string]bool, len(subs))
	for i, sub := range subs {
		registrations[i] = tracking.Registration{Subscription: sub, Carrier: Name}
		e, err := t.prepareEntry(sub, seen)
		if err != nil {
			registrations[i].Err, registrations[i].Billed = err, tracking.No
			continue
		}
		seen[sub.Ref] = true
		e.registration = &registrations[i]
		admitted = append(admitted, e)
	}
	return admitted
}

// prepareEntry checks a subscription as far as that needs no provider.
func (t *Trace) prepareEntry(sub tracking.Subscription, seen map[string]bool) (*entry, error) {
	q, courierCode, err := prepare(opSubscribe, tracking.Query{Courier: sub.Courier, Number: sub.Number})
	if err != nil {
		return nil, err
	}
	e := &entry{
		callback: sub.Callback,
		wire:     registerEntry{Number: q.Number, Courier: courierCode, FID: sub.Ref},
	}
	if e.callback == "" {
		e.callback = *t.callback
	}
	e.subject = subject{op: opSubscribe, courier: q.Courier, number: q.Number, hidden: func() []string {
		return append(t.hidden(), callbackSecrets(e.callback)...)
	}}
	fault := checkRef(sub.Ref, seen)
	if err := checkCallback(e.callback); err != nil {
		fault = errors.Join(fault, fmt.Errorf("the callback address %w", err))
	}
	if fault != nil {
		refused := e.subject.failure(tracking.ErrInvalidRequest, tracking.RetryNever, nil)
		refused.Billed, refused.Err = tracking.No, errors.New(strings.ReplaceAll(fault.Error(), "\n", "; "))
		return nil, refused
	}
	return e, nil
}

func checkRef(ref string, seen map[string]bool) error {
	switch {
	case strings.TrimSpace(ref) == "":
		return errors.New("the reference (fid) is empty")
	case !utf8.ValidString(ref):
		return errors.New("the reference (fid) is not UTF-8")
	case utf8.RuneCountInString(ref) > longestFID:
		return fmt.Errorf("the reference (fid) is longer than %d characters", longestFID)
	case seen[ref]:
		return errors.New("the reference (fid) is that of another subscription of this call")
	}
	return nil
}

// asList decides whether n numbers go as lists.
func (t *Trace) asList(n int) bool {
	if t.path == "" {
		return n > 1
	}
	return strings.HasSuffix(t.path, "_list")
}

// chunks divides what is sent into calls. A list has one callback address.
func (t *Trace) chunks(admitted []*entry, list bool) [][]*entry {
	size := 1
	if list {
		size = t.chunk
	}
	var chunks [][]*entry
	open := make(map[string]int) // callback → its chunk that still has room
	for _, e := range admitted {
		i, ok := open[e.callback]
		if !ok || len(chunks[i]) >= size {
			i = len(chunks)
			chunks = append(chunks, nil)
			open[e.callback] = i
		}
		chunks[i] = append(chunks[i], e)
	}
	return chunks
}

// register sends one chunk and answers its numbers. It gives the error that all of them share, if there is one.
func (t *Trace) register(ctx context.Context, chunk []*entry, list bool) error {
	keys, err := t.keys.current(ctx, opSubscribe)
	if err != nil {
		spare([][]*entry{chunk}, err)
		return err
	}
	body, path, err := t.registerBody(chunk, list, keys)
	if err != nil {
		err = chunk[0].subject.failure(tracking.ErrInvalidRequest, tracking.RetryNever, nil)
		spare([][]*entry{chunk}, err)
		return err
	}
	whole := wholeOf(chunk)
	var reply registerReply
	resp, err := t.transport.Do(ctx, transport.Operation{
		Name: opSubscribe, Attempts: registerAttempts,
		Classify: func(resp *transport.Response) *tracking.Error { return reply.classify(whole, resp, len(chunk), list) },
	}, transport.Request{Method: http.MethodPost, URL: t.base + path, Header: t.post, Body: body})
	for _, e := range chunk {
		switch {
		case err != nil:
			e.fail(e.subject.named(err))
		case list && len(reply.List) > 0:
			e.settle(reply.about(e.wire.FID), resp)
		default:
			e.settle(&reply.registerItem, resp)
		}
	}
	return t.verdict(chunk, keys)
}

// wholeOf is the subject of a request for several numbers: named after the first, and quiet about all.
func wholeOf(chunk []*entry) *subject {
	whole := chunk[0].subject
	one := whole.hidden
	whole.hidden = func() []string {
		texts := one()
		for _, e := range chunk[1:] {
			texts = append(texts, e.wire.Number)
		}
		return texts
	}
	return &whole
}

func (t *Trace) registerBody(chunk []*entry, list bool, keys TraceCredentials) (body []byte, path string, err error) {
	shared := registerShared{
		CallbackURL: chunk[0].callback, CallbackType: t.form, Tier: keys.Tier, Key: keys.Key, Type: callbackJSON,
	}
	if !list {
		body, err = json.Marshal(registerOneBody{chunk[0].wire, shared})
		return body, orPath(t.path, RegisterOne), err
	}
	many := registerManyBody{registerShared: shared, List: make([]registerEntry, 0, len(chunk))}
	for _, e := range chunk {
		many.List = append(many.List, e.wire)
	}
	body, err = json.Marshal(many)
	return body, orPath(t.path, RegisterMany), err
}

func orPath(path, otherwise string) string {
	if path == "" {
		return otherwise
	}
	return path
}

// classify judges the answer as a whole: nil means that its items are to be looked at.
func (r *registerReply) classify(s *subject, resp *transport.Response, sent int, list bool) *tracking.Error {
	*r = registerReply{}
	err := readLeniently(resp.Body, r)
	itemised := list && len(r.List) > 0
	if err != nil || !isSuccess(resp.Status) || !r.Success.set && !itemised {
		e := s.misfit(resp)
		if errors.Is(e.Kind, tracking.ErrProtocol) {
			e.Retry = tracking.RetryNever // nonsense is repeated for reads only
		}
		return e
	}
	switch {
	case r.Success.value, itemised, r.ecode() == ecodeExisting && sent == 1:
		return nil
	case r.ecode() == ecodeExisting:
		return s.unanswered(resp) // of several numbers: which, nobody can tell
	}
	return s.turnedDown(&r.registerItem, resp)
}

// settle answers a number by its item of the reply; nil means that it has none.
func (e *entry) settle(item *registerItem, resp *transport.Response) {
	switch {
	case item == nil:
		e.fail(e.subject.unanswered(resp))
	case item.Success.value:
		e.registration.Billed = tracking.Yes
	case item.ecode() == ecodeExisting:
		e.registration.Existing = true
	case item.Success.set || item.Code.set:
		e.fail(e.subject.turnedDown(item, resp))
	default:
		e.fail(e.subject.unanswered(resp))
	}
}

func (e *entry) fail(err error) { e.registration.Err, e.registration.Billed = err, billedBy(err) }

// verdict gives the error that a whole chunk shares, and marks it when it may mean wrong credentials.
func (t *Trace) verdict(chunk []*entry, keys TraceCredentials) error {
	shared := chunk[0].registration.Err
	for _, e := range chunk {
		if e.registration.Err == nil {
			t.proved.Store(&keys)
			return nil
		}
		if !alike(e.registration.Err, shared) {
			shared = nil
		}
	}
	if proved := t.proved.Load(); proved != nil && *proved == keys || !suspicious(shared) {
		return shared
	}
	for _, e := range chunk {
		e.registration.Err = suspect(e.registration.Err)
	}
	return suspect(shared)
}

// alike reports whether two errors are the same answer.
func alike(a, b error) bool {
	var x, y *tracking.Error
	return errors.As(a, &x) && errors.As(b, &y) && x.Kind == y.Kind && x.Code == y.Code && x.HTTPStatus == y.HTTPStatus
}

// suspicious reports whether a wrong tier or key may look like this.
func suspicious(err error) bool {
	var e *tracking.Error
	if !errors.As(err, &e) {
		return false
	}
	refused := e.HTTPStatus >= 400 && e.HTTPStatus < 500 &&
		(errors.Is(e.Kind, tracking.ErrProtocol) || errors.Is(e.Kind, tracking.ErrCredentials))
	return refused || e.Code == ecodeParameter || e.Code == ecodeSystem
}

func suspect(err error) error {
	var e *tracking.Error
	if !errors.As(err, &e) {
		return err
	}
	marked := *e
	marked.Err = ErrSuspectCredentials
	if e.Err != nil {
		marked.Err = fmt.Errorf("%w; it said: %w", ErrSuspectCredentials, e.Err)
	}
	return &marked
}

// spare answers numbers that were not sent because of an error.
func spare(chunks [][]*entry, because error) {
	for _, chunk := range chunks {
		for _, e := range chunk {
			e.fail(aboutAnother(because, e.subject.courier, e.subject.number))
		}
	}
}
