package trackerdelivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// Name is what a [Carrier] is called.
const Name = "trackerdelivery"

// Carrier asks tracker.delivery, or an open-source server of the same kind. It is made by [New], does not change
// afterwards, and is safe for concurrent use.
//
// Its abilities depend on the mode, and every one that a mode lacks answers [tracking.ErrUnsupported] without a call:
// [Carrier.Subscribe], [Carrier.Cancel] and [Carrier.Link] belong to the managed service. Couriers are not detected from
// numbers, and the provider has no query for what is left of a quota.
type Carrier struct {
	config    Config
	line      line
	pool      *http.Client // ours, of a self-hosted server
	fragment  string       // of an event
	invalid   error        // what Validate says
	directory *listing
	callbacks *callbackBook
	month     *monthCount

	// unaliased is set when the managed service has refused a document with aliases as such.
	unaliased atomic.Bool
}

var (
	_ tracking.Carrier    = (*Carrier)(nil)
	_ tracking.Limited    = (*Carrier)(nil)
	_ tracking.Selective  = (*Carrier)(nil)
	_ tracking.Lister     = (*Carrier)(nil)
	_ tracking.Linker     = (*Carrier)(nil)
	_ tracking.Subscriber = (*Carrier)(nil)
	_ tracking.Canceller  = (*Carrier)(nil)
	_ tracking.Validator  = (*Carrier)(nil)
	_ tracking.Counter    = (*Carrier)(nil)
)

// New makes a carrier and sends nothing. A configuration that cannot work is reported by [Carrier.Validate], which
// [tracking.NewClient] calls, and by every operation.
func New(config Config) *Carrier {
	own := config.Client == nil
	config.complete()
	c := &Carrier{config: config, fragment: eventFragment, directory: newListing(), callbacks: newCallbackBook(config.Callbacks), month: newMonthCount()}
	if own {
		c.pool = config.Client
	}
	if config.KeepRaw {
		c.fragment = rawEventFragment
	}
	keys := c.newKeyring()
	c.line = line{name: Name, keys: keys}
	wire, err := transport.New(config.transport(Name, c.secrets))
	c.line.transport = wire
	if faults := errors.Join(config.faults(), err); faults != nil {
		c.invalid = fmt.Errorf("trackerdelivery: %w", faults)
	}
	return c
}

// transport is the part of a configuration that concerns HTTP.
func (c *Config) transport(carrier string, secrets func() []string) transport.Config {
	now := c.Now
	if c.Wait == nil {
		now = nil
	}
	return transport.Config{
		Now: now, Wait: c.Wait,
		Carrier: carrier, Client: c.Client, Limiter: c.Limiter, Calls: c.Calls, Logger: c.Logger, Secrets: secrets, Hooks: c.Hooks,
		MaxBody: c.MaxBody, LongestWait: c.LongestWait, UserAgent: c.UserAgent, AllowPlainHTTP: c.AllowPlainHTTP,
	}
}

// secrets lists what must never show in a text: keys, tokens, callbacks' secrets.
func (c *Carrier) secrets() []string {
	return append(c.line.keys.secrets(), c.callbacks.secrets()...)
}

func (c *Carrier) newKeyring() *keyring {
	keys := &keyring{
		auth: c.config.Auth, now: c.config.Now, fetch: c.fetchToken, source: c.config.Credentials,
		accept: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
	}
	switch {
	case c.config.Mode == ModeSelfHosted:
		keys.source, keys.optional = fixed("", ""), true
	case keys.source == nil:
		keys.source = fixed(c.config.ClientID, c.config.ClientSecret)
	}
	return keys
}

// Name is "trackerdelivery".
func (c *Carrier) Name() string { return Name }

// Mode says which kind of server is asked; never ModeAuto.
func (c *Carrier) Mode() Mode { return c.config.Mode }

// Limits gives the aliases of one document as Batch; one document holds one courier's parcels, so that a courier whose
// site hangs holds up only its own.
func (c *Carrier) Limits() tracking.Limits {
	return tracking.Limits{Batch: c.config.Aliases, Concurrency: c.config.Calls, OneCourier: c.config.Aliases > 1}
}

// Serves reports whether the courier has an id at the provider. The test courier is the managed service's alone.
func (c *Carrier) Serves(code tracking.Courier) bool {
	id, ok := courier.ToProvider(courier.TrackerDelivery, code)
	return ok && !(id == dummyID && c.config.Mode == ModeSelfHosted)
}

// Validate tells every fault of the configuration at once, without a call. A missing key is [tracking.ErrCredentials].
func (c *Carrier) Validate() error { return c.invalid }

// Close closes the idle connections of a carrier that was made without a Client; a host's are left alone.
func (c *Carrier) Close() error {
	if c.pool != nil {
		c.pool.CloseIdleConnections()
	}
	if c.line.transport == nil {
		return nil
	}
	return c.line.transport.Close()
}

// Requests counts the HTTP requests sent, token calls and repeats included.
func (c *Carrier) Requests() int64 {
	if c.line.transport == nil {
		return 0
	}
	return c.line.transport.Requests()
}

// String names the server and the client id, never the secret.
func (c *Carrier) String() string { return "carrier " + c.config.String() }

// Format writes String for every verb: %d too must not get at the secret.
func (c *Carrier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// GoString is String.
func (c *Carrier) GoString() string { return c.String() }

// MarshalJSON writes what String shows.
func (c *Carrier) MarshalJSON() ([]byte, error) { return c.config.MarshalJSON() }

// LogValue is String, for slog.
func (c *Carrier) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Query asks about up to Limits().Batch parcels: one call for one parcel, one document for several of a courier, and the
// older pages of those that want their full history.
//
// Numbers and couriers that cannot be asked for are refused without a call, and do not hold up the others. A failure
// of the call as a whole is an error beside no results when it concerns every query; a time-out is the parcel's
// error, since it is nearly always the courier's site that hangs.
func (c *Carrier) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	if err := c.ready(ctx, opQuery); err != nil {
		return nil, err
	}
	if len(qs) > c.config.Aliases {
		return nil, c.refuse(opQuery, tracking.ErrInvalidRequest, fmt.Errorf("%d queries, at most %d", len(qs), c.config.Aliases))
	}
	results, asks := roomFor(len(qs))
	for i := range qs {
		results[i] = tracking.Result{Query: qs[i], Carrier: Name}
		a, err := prepare(Name, opQuery, c.config.Mode, qs[i])
		if err != nil {
			results[i].Err, results[i].Billed = err, tracking.No
			continue
		}
		a.result = &results[i]
		asks = append(asks, a)
		if c.config.Mode == ModeManaged {
			c.month.add(a.id, a.query.Number, c.config.Now())
		}
	}
	for rest := asks; len(rest) > 0; {
		n := sameCourier(rest)
		if err := c.ask(ctx, rest[:n]); err != nil {
			if n == len(qs) {
				return nil, err
			}
			for i := range rest[:n] {
				rest[i].fail(err)
			}
		}
		rest = rest[n:]
	}
	if c.config.Mode == ModeSelfHosted {
		for i := range results {
			results[i].Billed = tracking.No
		}
	}
	return results, nil
}

// roomFor gives room for the results of n queries and as many asks; for one of each, the usual case, in one piece.
func roomFor(n int) ([]tracking.Result, []ask) {
	if n != 1 {
		return make([]tracking.Result, n), make([]ask, 0, n)
	}
	one := &struct {
		result [1]tracking.Result
		ask    [1]ask
	}{}
	return one.result[:], one.ask[:0]
}

const opQuery = "query"

// ready says why no call can be made at all.
func (c *Carrier) ready(ctx context.Context, op string) error { return ready(ctx, Name, op, c.invalid) }

func ready(ctx context.Context, carrier, op string, invalid error) error {
	if err := ctx.Err(); err != nil {
		return &tracking.Error{Carrier: carrier, Op: op, Billed: tracking.No, Err: err}
	}
	if invalid == nil {
		return nil
	}
	kind := tracking.ErrInvalidRequest
	if errors.Is(invalid, tracking.ErrCredentials) {
		kind = tracking.ErrCredentials
	}
	return &tracking.Error{Carrier: carrier, Op: op, Kind: kind, Billed: tracking.No, Err: errConfig}
}

var errConfig = errors.New("the configuration cannot work, see Validate")

// refuse makes the error of something that was not sent.
func (c *Carrier) refuse(op string, kind, cause error) error {
	return &tracking.Error{Carrier: Name, Op: op, Kind: kind, Billed: tracking.No, Err: cause}
}

// ask is one parcel on its way.
type ask struct {
	query  tracking.Query   // normalised
	id     string           // the provider's carrierId
	mapped tracking.Courier // the directory's code of id, by which status words are looked up
	result *tracking.Result
}

// prepare checks what can be known without a call. The test courier's numbers are times and are sent as they are.
func prepare(carrier, op string, mode Mode, q tracking.Query) (ask, error) {
	id, ok := courier.ToProvider(courier.TrackerDelivery, q.Courier)
	if !ok || id == dummyID && mode == ModeSelfHosted {
		return ask{}, &tracking.Error{
			Carrier: carrier, Op: op, Kind: tracking.ErrUnsupportedCourier, Courier: q.Courier, Last4: tracking.Last4(q.Number), Billed: tracking.No,
		}
	}
	if id != dummyID || q.Number == "" {
		prepared, err := courier.Prepare(carrier, op, q)
		if err != nil {
			return ask{}, err
		}
		q = prepared
	}
	a := ask{query: q, id: id}
	a.mapped, _ = courier.FromProvider(courier.TrackerDelivery, id)
	return a, nil
}

// fail gives the parcel an error of its own: err is the call's and may be other parcels' too.
func (a *ask) fail(err error) { a.result.Err, a.result.Parcel = a.named(err), nil }

// named puts the parcel's name on an error.
func (a *ask) named(err error) error {
	var e *tracking.Error
	if !errors.As(err, &e) {
		return err
	}
	own := *e
	own.Courier, own.Last4 = a.query.Courier, tracking.Last4(a.query.Number)
	return &own
}

// sameCourier counts the leading asks of one courier, after bringing together those that are apart.
func sameCourier(asks []ask) int {
	n := 1
	for i := 1; i < len(asks); i++ {
		if asks[i].id == asks[0].id {
			asks[n], asks[i] = asks[i], asks[n]
			n++
		}
	}
	return n
}

// each runs do for every index below n, at most limit at a time, and returns when all are done.
func each(n, limit int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, limit) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
