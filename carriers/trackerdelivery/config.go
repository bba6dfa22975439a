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

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The addresses of the managed service, documented by the provider.
const (
	ManagedURL      = "https://apis.tracker.delivery/graphql"
	ManagedTokenURL = "https://auth.tracker.delivery/oauth2/token"
)

const managedHost = "apis.tracker.delivery"

// Defaults, ours, where the provider does not say: half of the documented 10 calls per second, and what a
// self-hosted server stood without trouble.
const (
	defaultRate         = 5 // calls a second
	defaultBurst        = 2
	defaultSelfAliases  = 10
	maxAliases          = 100
	defaultSelfCalls    = 4 // documents in flight
	selfHostedIdle      = 4 * time.Second
	defaultRegistration = 48 * time.Hour // documented recommendation
	userAgent           = "waybill"
)

// Config of a [Carrier]. The managed service needs ClientID and ClientSecret, or Credentials; a self-hosted server
// needs BaseURL alone. Everything else has a default. A Config hides its secrets from fmt, slog and encoding/json.
type Config struct {
	// ClientID and ClientSecret are made in the provider's console, per project. A self-hosted server is never sent any.
	ClientID, ClientSecret string

	// Credentials, when set, is asked before every call instead, so that keys can be changed while the program runs;
	// the limiter stays. It must be quick and safe for concurrent use. It is asked again when a key was refused, and the call
	// repeated once if it answers with another one. A pair that stays refused is not sent again for 5 minutes.
	Credentials func(context.Context) (Credentials, error)

	// Auth says how credentials are shown. The zero value is the API key, which the provider recommends.
	Auth Auth

	// Mode says which kind of server BaseURL is. The zero value decides by the configuration: managed for the
	// managed service's own host, and for any other host where credentials are configured; self-hosted otherwise.
	Mode Mode

	// BaseURL is the GraphQL address, used as it is; empty means [ManagedURL]. It must be https unless the host is
	// a loopback address or AllowPlainHTTP is set. A self-hosted server answers on any path: http://127.0.0.1:4000/ will do.
	BaseURL string

	// TokenURL is where OAuth2 tokens come from. Empty means [ManagedTokenURL] beside the managed service, else
	// oauth2/token next to BaseURL, so that a secret never goes to a host that was not named.
	TokenURL string

	// Aliases is how many parcels one document may ask for, at most 100. 0 means 10 self-hosted and 1, which is off, on
	// the managed service: whether it allows them, and how it counts them, is not documented. Each then takes one
	// token of the limiter. If the service refuses the first such document, parcels are asked for one by one from then on.
	Aliases int

	// Limiter paces all calls of the credential; share one between a Carrier and a V1 of the same project. nil means
	// 5 calls a second with bursts of 2 on the managed service, which documents 10, and none self-hosted.
	// rate.NewLimiter(rate.Inf, 0) switches pacing off.
	Limiter tracking.Limiter

	// Calls limits the calls in flight. 0 means 4 self-hosted and no limit on the managed service.
	Calls int

	Client *http.Client     // the host's; nil means one of our own. Redirects are not followed
	Logger *slog.Logger     // nil means silent
	Hooks  transport.Hooks  // observe every HTTP request
	Table  *statusmap.Table // what status words mean; nil means [statusmap.TrackerDelivery]

	// KeepRaw keeps each event's own JSON in Event.Raw, unscrubbed. It then also asks for the courier's contact and the
	// full place, which are personal data. Off, they are not even asked for.
	KeepRaw bool

	// LinkClientID is a client id that may be public. It switches [Carrier.Link] on; empty means no links.
	LinkClientID string

	// Callbacks are the addresses, secret token included, that parcels may be registered with. The first is used for a
	// Subscription that names none. [Carrier.Cancel] needs the address a parcel was registered with: keep an old
	// one in the list while registrations with it live, which is at most 48 hours by default.
	Callbacks []string

	MaxBody        int64            // bytes of an answer; 0 means 8 MiB
	LongestWait    time.Duration    // longest wait for the provider inside one call; 0 means 60 s
	UserAgent      string           // empty means "waybill"
	AllowPlainHTTP bool             // permit http: to hosts that are not loopback
	Now            func() time.Time // the clock for registrations, tokens and the list of couriers; nil means time.Now

	// Wait returns when d has passed by the clock of Now; with it answers are dated and repeats wait by that clock too, see
	// [transport.Config], without it by the wall clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Mode is the kind of server: the managed service, or the open-source server that a host runs itself. They differ in
// what they can do and in how much their errors say.
type Mode uint8

// The modes.
const (
	ModeAuto       Mode = iota // decide by BaseURL and credentials, see [Config]
	ModeManaged                // apis.tracker.delivery, or something that behaves like it
	ModeSelfHosted             // the open-source server
)

var modeNames = [...]string{"auto", "managed", "selfhosted"}

// String gives auto, managed or selfhosted.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// mode resolves ModeAuto.
func (c *Config) mode() Mode {
	if c.Mode != ModeAuto {
		return c.Mode
	}
	endpoint, err := url.Parse(c.BaseURL)
	switch {
	case c.BaseURL == "", err == nil && strings.EqualFold(endpoint.Hostname(), managedHost), c.hasCredentials():
		return ModeManaged
	default:
		return ModeSelfHosted
	}
}

func (c *Config) hasCredentials() bool {
	return c.ClientID != "" || c.ClientSecret != "" || c.Credentials != nil
}

// complete fills in what the mode decides.
func (c *Config) complete() {
	c.Mode = c.mode()
	if c.BaseURL == "" && c.Mode == ModeManaged {
		c.BaseURL = ManagedURL
	}
	if c.TokenURL == "" && c.Mode == ModeManaged {
		c.TokenURL = tokenURL(c.BaseURL)
	}
	switch {
	case c.Mode == ModeManaged && c.Limiter == nil:
		c.Limiter = rate.NewLimiter(defaultRate, defaultBurst)
	case c.Mode == ModeSelfHosted && c.Calls == 0:
		c.Calls = defaultSelfCalls
	}
	if c.Aliases == 0 {
		c.Aliases = 1
		if c.Mode == ModeSelfHosted {
			c.Aliases = defaultSelfAliases
		}
	}
	if c.Mode == ModeSelfHosted && c.Client == nil {
		c.Client = selfHostedClient()
	}
	if c.Table == nil {
		c.Table = statusmap.TrackerDelivery()
	}
	if c.UserAgent == "" {
		c.UserAgent = userAgent
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// tokenURL gives the token address that belongs to a GraphQL address.
func tokenURL(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || strings.EqualFold(u.Hostname(), managedHost) {
		return ManagedTokenURL
	}
	return u.JoinPath("../oauth2/token").String()
}

// selfHostedClient drops idle connections before the server does: it closes them after 5 s (observed).
func selfHostedClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: defaultSelfCalls, IdleConnTimeout: selfHostedIdle,
	}}
}

// faults lists everything that is wrong with a completed configuration.
func (c *Config) faults() error {
	var errs []error
	if c.Mode > ModeSelfHosted {
		errs = append(errs, errors.New("Mode: no such mode"))
	}
	if c.Auth > AuthOAuth2Basic {
		errs = append(errs, errors.New("Auth: no such way"))
	}
	errs = append(errs, addressFault("BaseURL", c.BaseURL, c.AllowPlainHTTP))
	if c.Mode == ModeManaged {
		errs = append(errs, c.credentialFaults())
		if c.Auth != AuthKey {
			errs = append(errs, addressFault("TokenURL", c.TokenURL, c.AllowPlainHTTP))
		}
	}
	if c.Aliases < 1 || c.Aliases > maxAliases {
		errs = append(errs, fmt.Errorf("Aliases: want 1 to %d", maxAliases))
	}
	if c.Calls < 0 || c.MaxBody < 0 || c.LongestWait < 0 {
		errs = append(errs, errors.New("Calls, MaxBody, LongestWait: must not be negative"))
	}
	for i, callback := range c.Callbacks {
		if err := callbackFault(callback, c.plainCallbacks()); err != nil {
			errs = append(errs, fmt.Errorf("Callbacks[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// credentialFaults wraps ErrCredentials, so that a program without a key says so.
func (c *Config) credentialFaults() error {
	if c.Credentials != nil {
		if c.ClientID != "" || c.ClientSecret != "" {
			return errors.New("Credentials: give either the function or ClientID and ClientSecret")
		}
		return nil
	}
	if err := (Credentials{c.ClientID, c.ClientSecret}).fault(); err != nil {
		return fmt.Errorf("ClientID, ClientSecret: %w: %w", tracking.ErrCredentials, err)
	}
	return nil
}

// addressFault judges an address that secrets and parcels' numbers are sent to. It never quotes it.
func addressFault(field, address string, allowPlain bool) error {
	address, _, _ = strings.Cut(address, "?") // a GraphQL address is used as it is, with a query if it has one
	if err := transport.CheckBaseURL(address, allowPlain); err != nil {
		return fmt.Errorf("%s %w", field, err)
	}
	return nil
}

// shown is a Config as logs may see it.
type shown struct {
	Mode     string `json:"mode"`
	BaseURL  string `json:"base_url,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Secret   string `json:"client_secret,omitempty"`
	Auth     string `json:"auth"`
	Aliases  int    `json:"aliases,omitempty"`
}

func (c Config) shown() shown {
	s := shown{Mode: c.mode().String(), BaseURL: bareAddress(c.BaseURL), ClientID: c.ClientID, Auth: c.Auth.String(), Aliases: c.Aliases}
	if c.ClientSecret != "" {
		s.Secret = hiddenText
	}
	return s
}

// bareAddress leaves of an address what cannot be secret.
func bareAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

// String names the server and the client id, never the secret.
func (c Config) String() string {
	s := c.shown()
	return fmt.Sprintf("trackerdelivery.Config{%s %s client=%s}", s.Mode, s.BaseURL, s.ClientID)
}

// Format writes String for every verb: %d too must not get at the secret.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// MarshalJSON writes what String shows; it cannot be read back.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }

// LogValue is String, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
