package sweettracker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// BaseURL is where the on-demand API lives (observed).
const BaseURL = "https://info.sweettracker.co.kr"

// Uncapped as [Config.DailyCap] leaves counting to the provider, or to the host's store.
const Uncapped = -1

// Config says how to ask the on-demand API (조회 API). Key, or Credentials, is required; everything else has a default.
// Printing a Config shows no secret, whatever the verb; encoded as JSON it does not either.
type Config struct {
	// Key is the API key (t_key). Its form is not checked.
	Key string

	// Credentials, when set, is asked for the key before every request and takes the place of Key: this is how a key
	// is changed without a restart. It must be fast, safe for concurrent use, and mind the context.
	Credentials func(ctx context.Context) (key string, err error)

	// BaseURL takes the place of [BaseURL]; a path in it is kept. It must be https, or http to this machine.
	BaseURL string

	// AllowPlainHTTP permits http to other machines as well. The key then travels in clear.
	AllowPlainHTTP bool

	// Client is the host's HTTP client; nil means one of our own. Redirects are never followed.
	Client *http.Client

	// Limiter paces the requests of this key. nil means 10 a second, one at a time (the provider publishes no rate;
	// 100 ms between calls is common practice). rate.NewLimiter(rate.Inf, 0) switches pacing off.
	Limiter tracking.Limiter

	// DailyCap is how often one number may be asked for on a Korean day. What goes beyond it is ErrDailyCap at once,
	// without a request. Failures count, and so do repeats. 0 means 10, as on the free plan; the paid plans
	// allow 20 (both reported); [Uncapped] switches it off. The count is in memory and bounded.
	DailyCap int

	// Table says what levels and status words mean; nil means the built-in one. It is also where unmapped words
	// are counted.
	Table *statusmap.Table

	// KeepRaw keeps the provider's own JSON of every scan in Event.Raw. It holds the driver's name and phone.
	KeepRaw bool

	// Logger gets what the transport has to say; nil means silence.
	Logger *slog.Logger

	// Hooks observe every HTTP request.
	Hooks transport.Hooks

	// Now tells the time for the daily cap; nil means time.Now. With Wait, which returns when d has passed by that clock,
	// answers are dated and repeats wait by it too, see [transport.Config]; without it by the wall clock.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
}

// Validate reports every fault of the configuration at once, without a request. A missing key is ErrCredentials,
// anything else ErrInvalidRequest.
func (c Config) Validate() error { return joinMistakes(c.mistakes()) }

func (c Config) mistakes() []mistake {
	var found []mistake
	if c.Credentials == nil && strings.TrimSpace(c.Key) == "" {
		found = append(found, mistake{tracking.ErrCredentials, "Config.Key is empty (or set Config.Credentials)"})
	}
	if err := transport.CheckBaseURL(c.base(), c.AllowPlainHTTP); err != nil {
		found = append(found, mistake{tracking.ErrInvalidRequest, "Config.BaseURL " + err.Error()})
	}
	if c.DailyCap < Uncapped {
		found = append(found, mistake{tracking.ErrInvalidRequest, "Config.DailyCap is below Uncapped, which is -1"})
	}
	return found
}

func (c Config) base() string {
	if c.BaseURL == "" {
		return BaseURL
	}
	return c.BaseURL
}

// dailyCap gives the cap with its default; 0 means none.
func (c Config) dailyCap() int {
	switch c.DailyCap {
	case 0:
		return defaultDailyCap
	case Uncapped:
		return 0
	}
	return c.DailyCap
}

// defaultLimiter is the pace of one credential.
func defaultLimiter(given tracking.Limiter) tracking.Limiter {
	if given != nil {
		return given
	}
	return rate.NewLimiter(rate.Every(100*time.Millisecond), 1)
}

// String describes the configuration without its secrets.
func (c Config) String() string {
	return fmt.Sprintf("sweettracker.Config{%s, daily cap %d}", given("Key", c.Key), c.dailyCap())
}

// Format writes String for every verb.
func (c Config) Format(f fmt.State, _ rune) { writePlain(f, c.String()) }

// MarshalJSON writes String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
