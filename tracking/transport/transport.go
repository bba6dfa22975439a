package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// The defaults of Config and Operation. They are our decisions.
const (
	DefaultAttempt      = 15 * time.Second // time limit of one attempt
	DefaultTotal        = 60 * time.Second // time limit of a call with all its waits
	DefaultLongestWait  = 60 * time.Second // longest single wait inside a call
	DefaultMaxBody      = 8 << 20          // bytes of a 2xx answer
	DefaultMaxErrorBody = 64 << 10         // bytes of any other answer
)

// Config of a Transport. Only Carrier is required.
type Config struct {
	// Carrier is the name used in errors, logs and hooks.
	Carrier string

	// Client is the host's. It is copied when a Transport is made and never written to; see the package comment for
	// what is taken from it. Nil means a client of our own, with a connection pool of its own, see [Transport.Close].
	Client *http.Client

	// Limiter paces the attempts of the credential; nil means no pace. It is asked for one token at a time.
	Limiter tracking.Limiter

	// Calls is how many attempts may be in flight at a time; 0 means any number. An attempt that waits for the limiter
	// counts, a pause between attempts does not.
	Calls int

	// Logger gets a Debug record per attempt and a Warn record when the gate shuts, with carrier, op, attempt,
	// status, wait and took (both in time.Duration). Nil means silent.
	Logger *slog.Logger

	// Secrets gives the texts that must never appear in an error; they are replaced by ***. It is called whenever
	// one is made, so that it can follow a change of credentials, from many goroutines at once. Nil means none.
	Secrets func() []string

	// Hooks observe attempts. The zero value observes nothing.
	Hooks Hooks

	// MaxBody and MaxErrorBody cap what is read of an answer, in bytes after decompression; 0 means 8 MiB and
	// 64 KiB. A 2xx answer over MaxBody is ErrProtocol and not repeated; another is cut, see [Response.Truncated].
	MaxBody, MaxErrorBody int64

	// LongestWait is the longest wait for the gate or before a repeat that is sat out inside a call; 0 means
	// 60 s. A longer one is returned to the caller.
	LongestWait time.Duration

	// Now and Wait are the clock that answers are dated by, and by which the gate, the budget and the pauses before repeats
	// go; nil means the wall clock. Wait returns when d has passed by that clock, never sooner, or with an error when ctx has
	// ended. Whoever sets one sets both. Time limits go by the wall clock all the same.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error

	// UserAgent is sent where a Request names none; empty leaves it to net/http.
	UserAgent string

	// AllowPlainHTTP permits http: to hosts that are not loopback: keys then travel in clear.
	AllowPlainHTTP bool
}

// Validate tells all faults of a configuration at once, nil if there are none.
func (c Config) Validate() error {
	var faults []error
	if c.Carrier == "" {
		faults = append(faults, errors.New("transport: Carrier is empty"))
	}
	if c.Calls < 0 {
		faults = append(faults, fmt.Errorf("transport: Calls is %d", c.Calls))
	}
	if c.MaxBody < 0 {
		faults = append(faults, fmt.Errorf("transport: MaxBody is %d", c.MaxBody))
	}
	if c.MaxErrorBody < 0 {
		faults = append(faults, fmt.Errorf("transport: MaxErrorBody is %d", c.MaxErrorBody))
	}
	if (c.Now == nil) != (c.Wait == nil) {
		faults = append(faults, errors.New("transport: Now and Wait are one clock: set both, or none"))
	}
	if c.LongestWait < 0 {
		faults = append(faults, fmt.Errorf("transport: LongestWait is %s", c.LongestWait))
	}
	if !validHeaderValue(c.UserAgent) {
		faults = append(faults, errors.New("transport: UserAgent holds control characters"))
	}
	return errors.Join(faults...)
}

// Transport makes the calls of one credential. It is made by [New] and safe for concurrent use. A program that swaps
// the keys of an account keeps the Transport, and with it the pace and the gate.
type Transport struct {
	config    Config            // defaults filled in
	next      http.RoundTripper // the host's or our own; nil means net/http's default, looked up at each call
	own       *http.Transport   // set if next is ours
	jar       http.CookieJar
	timeout   time.Duration // of the host's client; 0 means none
	userAgent []string      // shared by all requests, never written to
	places    chan struct{} // holds a token per attempt in flight; nil means unlimited
	gate      gate
	budget    budget
	meter     meter
}

// New makes a Transport. The error tells all faults of c at once, and is nil exactly if Validate's is.
func New(c Config) (*Transport, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.MaxBody = orDefault(c.MaxBody, DefaultMaxBody)
	c.MaxErrorBody = orDefault(c.MaxErrorBody, DefaultMaxErrorBody)
	c.LongestWait = orDefault(c.LongestWait, DefaultLongestWait)
	if c.Now == nil {
		c.Now = time.Now
	}
	t := &Transport{config: c}
	if host := c.Client; host != nil {
		t.next, t.jar, t.timeout = host.Transport, host.Jar, max(host.Timeout, 0)
	} else {
		t.own = newPool()
		t.next = t.own
	}
	if c.UserAgent != "" {
		t.userAgent = []string{c.UserAgent}
	}
	if c.Calls > 0 {
		t.places = make(chan struct{}, c.Calls)
	}
	return t, nil
}

func orDefault[T int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// newPool makes a connection pool like net/http's default one, but for a single host: it keeps more connections to it.
func newPool() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Close closes the idle connections of a Transport that was made without a Client; a host's are left alone. Calls
// under way are not disturbed, and later ones dial anew. It always returns nil.
func (t *Transport) Close() error {
	if t.own != nil {
		t.own.CloseIdleConnections()
	}
	return nil
}

// Requests counts the HTTP requests sent so far, repeats included.
func (t *Transport) Requests() int64 { return t.Stats().Requests }

// Stats tells what the Transport has done so far.
func (t *Transport) Stats() Stats { return t.meter.read() }

// Stats is what a Transport did since it was made.
type Stats struct {
	Calls       int64            // calls of Do that ended
	Requests    int64            // HTTP requests sent, repeats included
	Retries     int64            // how many of them were repeats
	Withheld    int64            // repeats not made because the budget was spent
	RateLimited int64            // answers that were ErrRateLimited
	Outcomes    map[string]int64 // calls by how they ended: "ok" or tracking.KindName of the error
	Waited      time.Duration    // time that calls spent waiting for their turn or to try again, added up
}

// meter counts. The zero value is ready.
type meter struct {
	mu    sync.Mutex
	stats Stats
}

func (m *meter) read() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	stats := m.stats
	stats.Outcomes = make(map[string]int64, len(m.stats.Outcomes))
	for kind, n := range m.stats.Outcomes {
		stats.Outcomes[kind] = n
	}
	return stats
}

// sent counts one HTTP request that waited so long for its turn.
func (m *meter) sent(number int, waited time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Requests++
	m.stats.Waited += waited
	if number > 1 {
		m.stats.Retries++
	}
}

func (m *meter) withheld() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Withheld++
}

func (m *meter) rateLimited() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.RateLimited++
}

// ended counts a call and the time it waited since its last request.
func (m *meter) ended(err error, waited time.Duration) {
	outcome := "ok"
	if err != nil {
		outcome = tracking.KindName(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stats.Outcomes == nil {
		m.stats.Outcomes = make(map[string]int64)
	}
	m.stats.Outcomes[outcome]++
	m.stats.Calls++
	m.stats.Waited += waited
}

// log writes a record about an attempt.
func (t *Transport) log(ctx context.Context, level slog.Level, message string, a *Attempt, wait time.Duration) {
	if t.config.Logger == nil || !t.config.Logger.Enabled(ctx, level) {
		return
	}
	t.config.Logger.LogAttrs(ctx, level, message,
		slog.String("carrier", a.Carrier), slog.String("op", a.Op), slog.Int("attempt", a.Number),
		slog.Int("status", a.Status), slog.Duration("wait", wait), slog.Duration("took", a.Took))
}
