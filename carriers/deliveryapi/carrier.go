package deliveryapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// provider is the name under which the courier directory knows this provider's codes.
const provider = courier.DeliveryAPI

// Carrier asks one account of deliveryapi. It is made by [New] and safe for concurrent use.
type Carrier struct {
	mapping
	config Config
	base   string
	trace  string               // the address that is asked most
	calls  *transport.Transport // nil when the configuration is at fault
	fault  error                // what Validate says

	account atomic.Pointer[account] // the credential last used
	usage   usageMemory
	quota   atomic.Pointer[tracking.Quota] // as the newest answer told it
	billed  atomic.Int64
}

// What a Carrier can do beside Query.
var (
	_ tracking.Limited       = (*Carrier)(nil)
	_ tracking.Selective     = (*Carrier)(nil)
	_ tracking.Lister        = (*Carrier)(nil)
	_ tracking.QuotaReporter = (*Carrier)(nil)
	_ tracking.Subscriber    = (*Carrier)(nil)
	_ tracking.Canceller     = (*Carrier)(nil)
	_ tracking.Validator     = (*Carrier)(nil)
	_ tracking.Counter       = (*Carrier)(nil)
)

// account is a credential with what every one of its calls needs.
type account struct {
	credential Credential
	header     http.Header // shared by calls, never written to
	secrets    []string
}

// New makes a Carrier. It never fails: see [Carrier.Validate].
func New(config Config) *Carrier {
	c := &Carrier{mapping: newMapping(config.name(), config.Table, config.KeepRaw), config: config, base: config.baseURL()}
	c.trace = c.base + "/v1/tracking/trace"
	c.usage.turn = make(chan struct{}, 1)
	if c.fault = config.Validate(); c.fault != nil {
		return c
	}
	c.calls, c.fault = transport.New(config.transport(c.secrets))
	return c
}

// Validate tells everything that is wrong with the configuration, without a call; every call returns the same error.
func (c *Carrier) Validate() error { return c.fault }

// Name is that of the configuration, "deliveryapi" unless it says otherwise.
func (c *Carrier) Name() string { return c.name }

// Limits says how many parcels go into one call, and how many calls make sense at a time. Couriers may be mixed.
func (c *Carrier) Limits() tracking.Limits {
	return tracking.Limits{Batch: c.config.batch(), Concurrency: c.config.calls()}
}

// Serves reports whether the courier directory has a code of this provider for the courier. A code of the
// provider's own, "deliveryapi:xy", is always sent: the server decides.
func (c *Carrier) Serves(of tracking.Courier) bool {
	_, ok := courier.ToProvider(provider, of)
	return ok
}

// Requests counts the HTTP requests sent, repeats included.
func (c *Carrier) Requests() int64 {
	if c.calls == nil {
		return 0
	}
	return c.calls.Requests()
}

// Billed counts the units that the provider said it billed, as far as this Carrier heard of it: those of Query as
// the provider sums them up, and one per registered parcel.
func (c *Carrier) Billed() int64 { return c.billed.Load() }

// Format writes what String gives for every verb.
func (c *Carrier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String names the carrier and shows no secret.
func (c *Carrier) String() string { return "carrier " + c.name }

// MarshalText writes what String gives.
func (c *Carrier) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c *Carrier) secrets() []string {
	if a := c.account.Load(); a != nil {
		return a.secrets
	}
	return nil
}

// operation is one of the provider's calls.
type operation struct {
	name     string // Error.Op
	method   string
	url      string
	attempts int // in all; 1 for what must not be done twice
	slow     bool
}

// The time limits. A call that makes the provider ask couriers takes many seconds (documented); a repeat of it needs
// as long again.
const (
	slowAttempt = 60 * time.Second
	slowTotal   = 125 * time.Second
)

// reply is what is known of an answer beside its data.
type reply struct {
	at       time.Time
	credited *account
}

// exchange makes a call and decodes the data of its answer. loosely, which may be nil, has a second try at
// data that does not have the documented types.
func exchange[T any](ctx context.Context, c *Carrier, op operation, body any, loosely func(data []byte) (T, bool)) (T, reply, error) {
	e := errand[T]{loosely: loosely}
	err := e.run(ctx, c, op, body)
	return e.got.Data, e.told, err
}

// errand is one call on its way, and what comes of it: in one piece, for it is made for every parcel.
type errand[T any] struct {
	got     answer[T]
	told    reply
	loosely func(data []byte) (T, bool)
}

func (e *errand[T]) run(ctx context.Context, c *Carrier, op operation, body any) error {
	a, err := c.prepare(ctx, op.name)
	if err != nil {
		return err
	}
	e.told.credited = a
	request := transport.Request{Method: op.method, URL: op.url, Header: a.header}
	if body != nil {
		if request.Body, err = json.Marshal(body); err != nil {
			return c.refuse(op.name, err)
		}
	}
	if _, err = c.calls.Do(ctx, c.operation(op, e.classify), request); err != nil {
		e.got = answer[T]{}
		return c.splitRateLimit(ctx, err, op, e.told)
	}
	c.noteQuota(e.got.APIKeyInfo)
	return nil
}

func (e *errand[T]) classify(resp *transport.Response) *tracking.Error {
	e.told.at = resp.At
	return judge(resp, &e.got, e.loosely, e.told.credited.secrets)
}

// operation gives the transport's form.
func (c *Carrier) operation(op operation, classify func(*transport.Response) *tracking.Error) transport.Operation {
	t := transport.Operation{Name: op.name, Attempts: op.attempts, Classify: classify}
	if op.slow {
		t.Attempt, t.Total = slowAttempt, slowTotal
	}
	return t
}

// ready checks that a call may begin.
func (c *Carrier) ready(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return &tracking.Error{Carrier: c.name, Op: op, Billed: tracking.No, Err: err}
	}
	return c.fault
}

// prepare checks that a call may begin, and asks for the credential to make it with.
func (c *Carrier) prepare(ctx context.Context, op string) (*account, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	credential, err := c.config.credential(ctx)
	if ended := ctx.Err(); ended != nil {
		return nil, &tracking.Error{Carrier: c.name, Op: op, Billed: tracking.No, Err: ended}
	}
	if err != nil {
		return nil, &tracking.Error{Carrier: c.name, Op: op, Kind: tracking.ErrCredentials, Billed: tracking.No, Err: err}
	}
	if a := c.account.Load(); a != nil && a.credential == credential {
		return a, nil
	}
	a := &account{credential: credential, secrets: credential.secrets(), header: http.Header{
		"Authorization": {"Bearer " + credential.APIKey + ":" + credential.SecretKey},
		"Content-Type":  {"application/json"},
	}}
	c.account.Store(a)
	return a, nil
}

// refuse is the error of a request that is wrong before it is sent.
func (c *Carrier) refuse(op string, cause error) error {
	return &tracking.Error{Carrier: c.name, Op: op, Kind: tracking.ErrInvalidRequest, Billed: tracking.No, Err: cause}
}

// nonsense is the error of a well-formed answer that lacks what it is for.
func (c *Carrier) nonsense(op, missing string) error {
	return &tracking.Error{Carrier: c.name, Op: op, Kind: tracking.ErrProtocol, Err: errors.New("no " + missing + " in the answer")}
}
