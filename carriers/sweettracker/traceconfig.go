package sweettracker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The two registration paths: one number a call (documented), and many (reported by three integrators).
const (
	RegisterOne  = "/add_invoice"
	RegisterMany = "/add_invoice_list"
)

// defaultChunk is how many numbers go into one call of RegisterMany; the provider's maximum is not known.
const defaultChunk = 100

// TraceCredentials are what the contract for the trace API issues. Printing them shows nothing.
type TraceCredentials struct {
	Tier string // account id
	Key  string
}

// TraceConfig says how to use the trace API (추적 API). Tier and Key, or Credentials, and BaseURL are required; everything
// else has a default. Printing a TraceConfig shows no secret, whatever the verb; encoded as JSON it does not either.
type TraceConfig struct {
	// Tier and Key are the credentials.
	Tier, Key string

	// Credentials, when set, is asked before every request and takes the place of Tier and Key. It must be fast,
	// safe for concurrent use, and mind the context.
	Credentials func(ctx context.Context) (TraceCredentials, error)

	// BaseURL is the host in the contract; there is no default. A path in it is kept.
	BaseURL string

	// AllowPlainHTTP permits http to other machines than this one. The provider's current hosts are reported with http
	// only; credentials and callback token then travel in clear, and Logger gets one warning when the Trace is made.
	AllowPlainHTTP bool

	// RegisterPath is where numbers are registered. Empty takes [RegisterOne] for one number and [RegisterMany] for
	// several. A path of one's own is sent lists if it ends in "_list", else one number at a time.
	RegisterPath string

	// Callback is the address that the provider calls when a Subscription names none; see [Trace.Subscribe].
	Callback string

	// CallbackType is the form of the callbacks' body: "json", which empty means, or "map" for form fields (reported).
	CallbackType string

	// Chunk is how many numbers go into one list; 0 means 100. The provider's maximum is not known.
	Chunk int

	// Client is the host's HTTP client; nil means one of our own. Redirects are never followed.
	Client *http.Client

	// Limiter paces the requests of this account. nil means 10 a second, one at a time (our decision: the provider
	// publishes no rate). rate.NewLimiter(rate.Inf, 0) switches pacing off.
	Limiter tracking.Limiter

	// Logger gets what the transport has to say and the warning above; nil means silence.
	Logger *slog.Logger

	// Hooks observe every HTTP request.
	Hooks transport.Hooks

	// Now and Wait are the clock that answers are dated by and pauses before repeats go by, see [transport.Config]; nil means
	// the wall clock. Set both or none.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// Validate reports every fault of the configuration at once, without a request. Missing credentials are
// ErrCredentials, anything else ErrInvalidRequest.
func (c TraceConfig) Validate() error { return joinMistakes(c.mistakes()) }

func (c TraceConfig) mistakes() []mistake {
	var found []mistake
	add := func(kind error, what string) { found = append(found, mistake{kind, what}) }
	if c.Credentials == nil && (strings.TrimSpace(c.Tier) == "" || strings.TrimSpace(c.Key) == "") {
		add(tracking.ErrCredentials, "TraceConfig.Tier or Key is empty (or set TraceConfig.Credentials)")
	}
	if c.BaseURL == "" {
		add(tracking.ErrInvalidRequest, "TraceConfig.BaseURL is empty: it is in the contract")
	} else if err := transport.CheckBaseURL(c.BaseURL, c.AllowPlainHTTP); err != nil {
		add(tracking.ErrInvalidRequest, "TraceConfig.BaseURL "+err.Error())
	}
	if !isPlainPath(c.RegisterPath) {
		add(tracking.ErrInvalidRequest, `TraceConfig.RegisterPath is not a plain path such as "/add_invoice"`)
	}
	if c.Callback != "" {
		if err := checkCallback(c.Callback); err != nil {
			add(tracking.ErrInvalidRequest, "TraceConfig.Callback "+err.Error())
		}
	}
	switch c.CallbackType {
	case "", callbackJSON, callbackMap:
	default:
		add(tracking.ErrInvalidRequest, `TraceConfig.CallbackType is neither "json" nor "map"`)
	}
	if c.Chunk < 0 {
		add(tracking.ErrInvalidRequest, "TraceConfig.Chunk is negative")
	}
	return found
}

// The forms of a callback's body. There is "xml" too, whose shape nobody has described.
const (
	callbackJSON = "json"
	callbackMap  = "map"
)

// isPlainPath reports whether a path only adds to the base: no scheme, query, or way up. Empty will do.
func isPlainPath(path string) bool {
	if path == "" {
		return true
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" &&
		strings.HasPrefix(path, "/") && !strings.Contains(path, "..")
}

// String describes the configuration without its secrets.
func (c TraceConfig) String() string {
	return fmt.Sprintf("sweettracker.TraceConfig{%s, %s, %s}", given("Tier", c.Tier), given("Key", c.Key), given("Callback", c.Callback))
}

// Format writes String for every verb.
func (c TraceConfig) Format(f fmt.State, _ rune) { writePlain(f, c.String()) }

// MarshalJSON writes String.
func (c TraceConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// LogValue is String.
func (c TraceConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String says whether the credentials are there, and nothing else.
func (c TraceCredentials) String() string {
	return fmt.Sprintf("sweettracker.TraceCredentials{%s, %s}", given("Tier", c.Tier), given("Key", c.Key))
}

// Format writes String for every verb.
func (c TraceCredentials) Format(f fmt.State, _ rune) { writePlain(f, c.String()) }

// MarshalJSON writes String.
func (c TraceCredentials) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// LogValue is String.
func (c TraceCredentials) LogValue() slog.Value { return slog.StringValue(c.String()) }
