package deliveryapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

const (
	// DefaultBaseURL is where the service lives (documented).
	DefaultBaseURL = "https://api.deliveryapi.co.kr"
	// DefaultName is what the carrier calls itself.
	DefaultName = "deliveryapi"

	defaultBatch = 20 // "the API limit" of the provider's SDK (documented)
	largestBatch = 50 // in use by integrators (reported)
	defaultRate  = 5  // calls per second (our decision; the provider states none)
	defaultCalls = 1  // calls at a time (our decision)
)

// Config says how to reach the service. Credentials are required, by one of the two ways; every other field may be left
// out. It prints without its secrets.
type Config struct {
	// APIKey and SecretKey are the account's keys. The form "key:secret" in APIKey alone is understood.
	APIKey, SecretKey string
	// Credentials, when set, is asked for the keys before every call and takes the place of the two above, so that
	// they may change while running. It is called concurrently. The pace carries over to the new keys.
	Credentials func(ctx context.Context) (Credential, error)

	// Name is what the carrier calls itself; two accounts in one client need two. Empty means DefaultName.
	Name string
	// BaseURL is the address before /v1; empty means DefaultBaseURL. It must be https unless the host is this machine.
	BaseURL string
	// AllowPlainHTTP permits http to other machines. Keys then travel in clear.
	AllowPlainHTTP bool

	// Client makes the requests; it is copied. Nil means one of the transport's own.
	Client *http.Client
	// Limiter takes one token per call. Nil means 5 a second without bursts; rate.NewLimiter(rate.Inf, 0) switches pacing off.
	Limiter tracking.Limiter
	// Calls is how many calls may be in flight at a time. 0 means 1; a negative number means no limit.
	Calls int
	// Batch is how many parcels go out in one call, 1 to 50; 0 means 20, which the provider's SDK calls the limit
	// (documented). 50 is in use (reported).
	Batch int
	// LongestWait is the longest wait inside a call, such as one the provider asks for; 0 means 60 seconds. A longer
	// wait is returned with the error.
	LongestWait time.Duration
	// Now and Wait are the clock that answers are dated by and pauses before repeats go by, see [transport.Config]; nil means
	// the wall clock. Set both or none.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
	// MaxBody caps an answer, in bytes after decompression; 0 means 8 MiB.
	MaxBody int64
	// UserAgent is sent along; empty means the transport's own.
	UserAgent string

	// Table says what the provider's words mean. Nil means statusmap.DeliveryAPI().
	Table *statusmap.Table
	// KeepRaw fills Event.Raw with the provider's JSON of each scan, unscrubbed: names and phone numbers of
	// drivers included.
	KeepRaw bool

	// Logger hears from the transport. Nil means silence.
	Logger *slog.Logger
	// Hooks observe every HTTP request.
	Hooks transport.Hooks
}

// ConfigFromEnv reads a configuration from the environment; getenv is os.Getenv in a program.
//
//	WAYBILL_DELIVERYAPI_KEY     API key, or "key:secret"
//	WAYBILL_DELIVERYAPI_SECRET  secret key, unless the key holds it
//	WAYBILL_DELIVERYAPI_URL     base address; the provider's when not set
//
// The error tells all that is wrong, and the Config holds what was read all the same.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	c := Config{
		APIKey:    strings.TrimSpace(getenv("WAYBILL_DELIVERYAPI_KEY")),
		SecretKey: strings.TrimSpace(getenv("WAYBILL_DELIVERYAPI_SECRET")),
		BaseURL:   strings.TrimSpace(getenv("WAYBILL_DELIVERYAPI_URL")),
	}
	return c, c.Validate()
}

// Validate tells everything that is wrong with the configuration, without a call. The error is a *tracking.Error: with
// tracking.ErrCredentials when the keys are at fault, else with tracking.ErrInvalidRequest.
func (c Config) Validate() error {
	kind := tracking.ErrInvalidRequest
	var errs []error
	if c.Credentials == nil {
		if err := (Credential{c.APIKey, c.SecretKey}).split().check(); err != nil {
			kind = tracking.ErrCredentials
			errs = append(errs, err)
		}
	}
	if err := transport.CheckBaseURL(c.baseURL(), c.AllowPlainHTTP); err != nil {
		errs = append(errs, fmt.Errorf("base URL %w", err))
	}
	if c.Batch < 0 || c.Batch > largestBatch {
		errs = append(errs, fmt.Errorf("batch of %d, must be 1 to %d", c.Batch, largestBatch))
	}
	if err := c.transport(nil).Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return &tracking.Error{Carrier: c.name(), Op: "configure", Kind: kind, Billed: tracking.No, Err: errors.Join(errs...)}
}

func (c Config) name() string {
	if c.Name == "" {
		return DefaultName
	}
	return c.Name
}

func (c Config) baseURL() string {
	if c.BaseURL == "" {
		return DefaultBaseURL
	}
	return strings.TrimRight(c.BaseURL, "/")
}

func (c Config) batch() int {
	if c.Batch == 0 {
		return defaultBatch
	}
	return c.Batch
}

func (c Config) calls() int {
	if c.Calls == 0 {
		return defaultCalls
	}
	return max(c.Calls, 0)
}

// transport gives the settings that make the calls. secrets tells what to keep out of errors.
func (c Config) transport(secrets func() []string) transport.Config {
	limiter := c.Limiter
	if limiter == nil {
		limiter = rate.NewLimiter(defaultRate, 1)
	}
	return transport.Config{
		Carrier: c.name(), Client: c.Client, Limiter: limiter, Calls: c.calls(), Logger: c.Logger,
		Secrets: secrets, Hooks: c.Hooks, MaxBody: c.MaxBody, LongestWait: c.LongestWait,
		UserAgent: c.UserAgent, AllowPlainHTTP: c.AllowPlainHTTP, Now: c.Now, Wait: c.Wait,
	}
}

// credential asks for the keys of the next call.
func (c Config) credential(ctx context.Context) (Credential, error) {
	if c.Credentials == nil {
		return Credential{c.APIKey, c.SecretKey}.split(), nil
	}
	got, err := c.Credentials(ctx)
	if err != nil {
		return Credential{}, hostError{"the host's function for credentials failed", err}
	}
	got = got.split()
	return got, got.check()
}

// hostError wraps an error of a function of the host without showing its text, which may hold anything.
type hostError struct {
	what string
	err  error
}

func (e hostError) Error() string { return e.what }
func (e hostError) Unwrap() error { return e.err }

// Format writes what String gives for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String names the account's carrier and host, and nothing secret.
func (c Config) String() string {
	host := "unreadable address"
	if u, err := url.Parse(c.baseURL()); err == nil {
		host = u.Host
	}
	return fmt.Sprintf("deliveryapi config %s at %s, %s", c.name(), host, Credential{c.APIKey, c.SecretKey})
}

// MarshalText writes what String gives, so that JSON and log handlers show no secret.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
