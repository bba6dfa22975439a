package trackerdelivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// NameV1 is what a [V1] is called.
const NameV1 = "trackerdelivery-v1"

// ManagedV1URL is the address of the managed service's old interface, documented by the provider.
const ManagedV1URL = "https://apis.tracker.delivery"

// V1Config of a [V1]. The zero value asks the managed service without credentials, which limits by address, tightly. It
// hides its secrets as [Config] does. Fields not described here are those of Config.
type V1Config struct {
	ClientID, ClientSecret string // optional; shown as an API key
	Credentials            func(context.Context) (Credentials, error)

	// BaseURL is what /carriers is appended to; empty means [ManagedV1URL]. https unless loopback or AllowPlainHTTP.
	BaseURL string

	// Limiter should be the one of the project's [Carrier], since the provider counts both together. nil means 5 calls a
	// second with bursts of 2; rate.NewLimiter(rate.Inf, 0) switches pacing off.
	Limiter tracking.Limiter

	Calls          int
	Client         *http.Client
	Logger         *slog.Logger
	Hooks          transport.Hooks
	Table          *statusmap.Table
	KeepRaw        bool
	MaxBody        int64
	LongestWait    time.Duration
	UserAgent      string
	AllowPlainHTTP bool
	Now            func() time.Time
	Wait           func(ctx context.Context, d time.Duration) error
}

// asConfig lets V1 share what it has in common with the newer interface.
func (c V1Config) asConfig() Config {
	return Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, Credentials: c.Credentials, Mode: ModeManaged, BaseURL: c.BaseURL,
		Limiter: c.Limiter, Calls: c.Calls, Client: c.Client, Logger: c.Logger, Hooks: c.Hooks, Table: c.Table, KeepRaw: c.KeepRaw,
		MaxBody: c.MaxBody, LongestWait: c.LongestWait, UserAgent: c.UserAgent, AllowPlainHTTP: c.AllowPlainHTTP, Now: c.Now, Wait: c.Wait,
	}
}

// String names the server and the client id, never the secret.
func (c V1Config) String() string {
	return fmt.Sprintf("trackerdelivery.V1Config{%s client=%s}", bareAddress(c.BaseURL), c.ClientID)
}

// Format writes String for every verb: %d too must not get at the secret.
func (c V1Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// GoString is String.
func (c V1Config) GoString() string { return c.String() }

// MarshalJSON writes what String shows; it cannot be read back.
func (c V1Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.asConfig().shown()) }

// LogValue is String, for slog.
func (c V1Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// V1 asks the provider's old REST interface, which is deprecated: documented to be served until the end of 2024 with
// 30 days' notice, and unknown to be up since. It is a read-only source of its own that a host puts in a client on
// purpose, never a fall-back behind its back. It is safe for concurrent use.
//
// Its summary is the status of the last row, so that a late scan turns a delivered parcel back (issues #50, #130, #148 of
// the open-source server); it is not read. The rows decide.
type V1 struct {
	config    Config
	line      line
	invalid   error
	directory *listing
}

var (
	_ tracking.Carrier   = (*V1)(nil)
	_ tracking.Selective = (*V1)(nil)
	_ tracking.Lister    = (*V1)(nil)
	_ tracking.Validator = (*V1)(nil)
	_ tracking.Counter   = (*V1)(nil)
)

// NewV1 makes a carrier and sends nothing; see [New].
func NewV1(config V1Config) *V1 {
	full := config.asConfig()
	if full.BaseURL == "" {
		full.BaseURL = ManagedV1URL
	}
	if full.Limiter == nil {
		full.Limiter = rate.NewLimiter(defaultRate, defaultBurst)
	}
	full.complete()
	full.BaseURL = strings.TrimRight(full.BaseURL, "/")
	keys := &keyring{
		auth: AuthKey, optional: true, now: full.Now, source: full.Credentials,
		accept: http.Header{"Accept": {"application/json"}, "Accept-Language": {"ko-KR"}},
	}
	if keys.source == nil {
		keys.source = fixed(full.ClientID, full.ClientSecret)
	}
	wire, err := transport.New(full.transport(NameV1, keys.secrets))
	v := &V1{config: full, line: line{name: NameV1, transport: wire, keys: keys}, directory: newListing()}
	if faults := errors.Join(v.faults(), err); faults != nil {
		v.invalid = fmt.Errorf("trackerdelivery: V1: %w", faults)
	}
	return v
}

func (v *V1) faults() error {
	errs := []error{addressFault("BaseURL", v.config.BaseURL, v.config.AllowPlainHTTP)}
	if v.config.hasCredentials() {
		errs = append(errs, v.config.credentialFaults())
	}
	return errors.Join(errs...)
}

// Name is "trackerdelivery-v1".
func (v *V1) Name() string { return NameV1 }

// Serves reports whether the courier has an id at the provider.
func (v *V1) Serves(code tracking.Courier) bool {
	_, ok := courier.ToProvider(courier.TrackerDelivery, code)
	return ok
}

// Validate tells every fault of the configuration at once, without a call.
func (v *V1) Validate() error { return v.invalid }

// Close closes the idle connections of a carrier that was made without a Client; a host's are left alone.
func (v *V1) Close() error {
	if v.line.transport == nil {
		return nil
	}
	return v.line.transport.Close()
}

// Requests counts the HTTP requests sent, repeats included.
func (v *V1) Requests() int64 {
	if v.line.transport == nil {
		return 0
	}
	return v.line.transport.Requests()
}

// String names the server and the client id, never the secret.
func (v *V1) String() string { return "carrier " + NameV1 + " " + v.config.String() }

// Format writes String for every verb: %d too must not get at the secret.
func (v *V1) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.String()) }

// GoString is String.
func (v *V1) GoString() string { return v.String() }

// MarshalJSON writes what String shows.
func (v *V1) MarshalJSON() ([]byte, error) { return v.config.MarshalJSON() }

// LogValue is String, for slog.
func (v *V1) LogValue() slog.Value { return slog.StringValue(v.String()) }

// Query asks about one parcel in one call; more than one query is refused. A number that the service refuses (HTTP 400)
// costs one more call, for the list of couriers, kept a day: it tells a bad number from an unknown courier.
func (v *V1) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	if err := ready(ctx, NameV1, opQuery, v.invalid); err != nil {
		return nil, err
	}
	if len(qs) > 1 {
		return nil, &tracking.Error{Carrier: NameV1, Op: opQuery, Kind: tracking.ErrInvalidRequest, Billed: tracking.No, Err: errOneQuery}
	}
	results := make([]tracking.Result, len(qs))
	for i := range qs {
		results[i] = tracking.Result{Query: qs[i], Carrier: NameV1}
		a, err := prepare(NameV1, opQuery, ModeManaged, qs[i])
		if err != nil {
			results[i].Err, results[i].Billed = err, tracking.No
			continue
		}
		a.result = &results[i]
		if err := v.ask(ctx, &a); err != nil {
			return nil, err
		}
	}
	return results, nil
}

var errOneQuery = errors.New("one query per call")

// ask answers one parcel. Its error is that of the call, and not the parcel's.
func (v *V1) ask(ctx context.Context, a *ask) error {
	if strings.HasPrefix(a.id, "kr.swgexp.") {
		a.id = "kr.swgexp" // one id in V1, two in V2 (observed)
	}
	var got oldTrack
	op := transport.Operation{Name: opQuery, Attempts: readAttempts, Attempt: trackLimit}
	op.Classify = func(resp *transport.Response) *tracking.Error {
		return got.read(resp, v.config.KeepRaw, a.query.Number)
	}
	address := v.config.BaseURL + "/carriers/" + url.PathEscape(a.id) + "/tracks/" + url.PathEscape(a.query.Number)
	err := v.line.send(ctx, op, transport.Request{Method: http.MethodGet, URL: address})
	switch {
	case err == nil:
		a.result.Parcel = v.parcel(a, &got)
	case errors.Is(err, tracking.ErrInvalidNumber) && v.directory.lacks(ctx, v, a.id):
		a.fail(&tracking.Error{Carrier: NameV1, Op: opQuery, Kind: tracking.ErrUnsupportedCourier, HTTPStatus: http.StatusBadRequest})
	case got.ofParcel, timedOut(ctx, err):
		a.fail(err)
	default:
		return a.named(err)
	}
	return nil
}
