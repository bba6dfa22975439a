package sweettracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The operations of the trace API. Registration may be repeated: the second time is answered "already registered".
const (
	opSubscribe   = "subscribe"
	opCheckNumber = "check-number"
)

// Trace registers numbers at the trace API (추적 API) of one account, which then pushes every scan to a callback. It is a
// [tracking.Subscriber], [tracking.Lister], [tracking.Selective], [tracking.Validator] and [tracking.Counter], and not a
// [tracking.Carrier], for it answers no questions; [Join] makes one of it and a Carrier. It is safe for concurrent use.
//
// The provider is not known to have a way to end a registration, to list them, or to ask about one.
type Trace struct {
	mistakes  []mistake // when there are any, nothing is ever sent
	base      string
	path      string  // RegisterPath
	callback  *string // by pointer, like all secrets here: printing what holds it shows an address
	form      string  // CallbackType
	chunk     int
	post, get http.Header // of every request; nobody writes to them
	keys      *keyring[TraceCredentials]
	proved    atomic.Pointer[TraceCredentials] // the last ones that the provider surely accepted
	transport *transport.Transport
}

// NewTrace makes a Trace. It never fails: what is wrong with c is told by [Trace.Validate] and by every call.
func NewTrace(c TraceConfig) *Trace {
	callback := c.Callback
	t := &Trace{
		mistakes: c.mistakes(), path: c.RegisterPath, callback: &callback, form: c.CallbackType, chunk: c.Chunk,
		post: http.Header{"Content-Type": {jsonType}, "Accept": {"application/json"}},
		get:  http.Header{"Accept": {"application/json"}},
		keys: newKeyring(TraceCredentials{Tier: c.Tier, Key: c.Key}, c.Credentials, func(k TraceCredentials) []string {
			return []string{k.Tier, k.Key}
		}),
	}
	if t.form == "" {
		t.form = callbackJSON
	}
	if t.chunk == 0 {
		t.chunk = defaultChunk
	}
	t.base = strings.TrimRight(c.BaseURL, "/")
	made, err := transport.New(transport.Config{
		Carrier: Name, Client: c.Client, Limiter: defaultLimiter(c.Limiter), Logger: c.Logger,
		Secrets: t.hidden, Hooks: c.Hooks, AllowPlainHTTP: c.AllowPlainHTTP, Now: c.Now, Wait: c.Wait,
	})
	if err != nil {
		t.mistakes = append(t.mistakes, mistake{tracking.ErrInvalidRequest, err.Error()})
	}
	t.transport = made
	if c.Logger != nil && strings.HasPrefix(strings.ToLower(c.BaseURL), "http:") {
		c.Logger.Warn("trace API over plain http: credentials and callback token travel in clear", slog.String("carrier", Name))
	}
	return t
}

// hidden lists what must not be shown.
func (t *Trace) hidden() []string {
	texts := t.keys.hidden()
	if *t.callback != "" {
		texts = append(texts, callbackSecrets(*t.callback)...)
	}
	return texts
}

// Name is "sweettracker", the same as the Carrier's: both speak of the same parcels in the same words.
func (t *Trace) Name() string { return Name }

// Serves reports whether the directory knows the provider's code of a courier; see [Carrier.Serves].
func (t *Trace) Serves(which tracking.Courier) bool { return serves(which) }

// Validate reports every fault of the configuration at once, without a request.
func (t *Trace) Validate() error { return joinMistakes(t.mistakes) }

// Requests counts the HTTP requests sent, repeats included.
func (t *Trace) Requests() int64 {
	if t.transport == nil {
		return 0
	}
	return t.transport.Requests()
}

// Format writes the name, whatever the verb: a Trace holds credentials.
func (t *Trace) Format(f fmt.State, _ rune) { writePlain(f, Name+" trace") }

// MarshalJSON writes the name.
func (t *Trace) MarshalJSON() ([]byte, error) { return []byte(`"` + Name + ` trace"`), nil }

// ready says why a call cannot begin.
func (t *Trace) ready(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	return stoppedBy(t.mistakes, op)
}

// Couriers lists the couriers that can be registered (companylist, reported). It needs no credentials.
func (t *Trace) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return func(yield func(tracking.CourierInfo, error) bool) {
		if err := t.ready(ctx, opCouriers); err != nil {
			yield(tracking.CourierInfo{}, err)
			return
		}
		s := subject{op: opCouriers, hidden: t.hidden}
		var list courierList
		_, err := t.transport.Do(ctx, transport.Operation{
			Name: opCouriers, Attempts: readAttempts,
			Classify: func(resp *transport.Response) *tracking.Error {
				if list.read(resp.Body) != nil || !isSuccess(resp.Status) || list.Company == nil {
					return s.misfit(resp)
				}
				return nil
			},
		}, transport.Request{Method: http.MethodGet, URL: t.base + "/companylist", Header: t.get})
		if err != nil {
			yield(tracking.CourierInfo{}, s.named(err))
			return
		}
		yieldCouriers(list.Company, yield)
	}
}

// numberBody is the body of validate. It holds no credentials.
type numberBody struct {
	Number  string `json:"num"`
	Courier string `json:"code"`
}

// CheckNumber asks whether a number fits the courier's rule (validate: documented in 2018, not confirmed since). It says
// nothing about whether such a parcel exists.
func (t *Trace) CheckNumber(ctx context.Context, c tracking.Courier, waybill string) (bool, error) {
	if err := t.ready(ctx, opCheckNumber); err != nil {
		return false, err
	}
	q, courierCode, err := prepare(opCheckNumber, tracking.Query{Courier: c, Number: waybill})
	if errors.Is(err, tracking.ErrInvalidNumber) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s := subject{op: opCheckNumber, courier: q.Courier, number: q.Number, hidden: t.hidden}
	body, err := json.Marshal(numberBody{Number: q.Number, Courier: courierCode})
	if err != nil {
		return false, s.failure(tracking.ErrInvalidRequest, tracking.RetryNever, nil)
	}
	var reply registerReply
	_, err = t.transport.Do(ctx, transport.Operation{
		Name: opCheckNumber, Attempts: readAttempts,
		Classify: func(resp *transport.Response) *tracking.Error {
			reply = registerReply{}
			if readLeniently(resp.Body, &reply) != nil || !isSuccess(resp.Status) || !reply.Success.set {
				return s.misfit(resp)
			}
			if ecode := reply.ecode(); reply.Success.value || ecode == "" || ecode == ecodeNumber {
				return nil
			}
			return s.turnedDown(&reply.registerItem, resp)
		},
	}, transport.Request{Method: http.MethodPost, URL: t.base + "/validate", Header: t.post, Body: body})
	if err != nil {
		return false, s.named(err)
	}
	return reply.Success.value, nil
}
