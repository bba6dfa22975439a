package sweettracker

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// Name is the name of the carrier in results, errors and on command lines.
const Name = courier.SweetTracker

const jsonType = "application/json; charset=UTF-8"

// Carrier asks the on-demand API (조회 API) of one account. It is a [tracking.Carrier] with the abilities
// [tracking.Limited], [tracking.Selective], [tracking.Lister], [tracking.Detector], [tracking.QuotaReporter],
// [tracking.Validator] and [tracking.Counter]. It is safe for concurrent use.
//
// It offers no links to pages: the provider's pages want the API key from the browser.
type Carrier struct {
	mistakes  []mistake // when there are any, nothing is ever sent
	base      string
	query     string      // the address that is asked most
	header    http.Header // of every request; nobody writes to it
	keys      *keyring[string]
	hidden    func() []string // what must not be shown
	transport *transport.Transport
	reader    *reader
	cap       *dailyCap
	reset     atomic.Pointer[planEnd]
}

// planEnd is when the plan of a key is renewed, as far as the provider told us.
type planEnd struct {
	key string
	at  time.Time
}

// New makes a carrier. It never fails: what is wrong with c is told by [Carrier.Validate] and by every call.
func New(c Config) *Carrier {
	carrier := &Carrier{
		mistakes: c.mistakes(),
		header:   http.Header{"Content-Type": {jsonType}, "Accept": {"application/json"}},
		keys:     newKeyring(c.Key, c.Credentials, func(key string) []string { return []string{key} }),
		reader:   newReader(c.Table, c.KeepRaw),
		cap:      &dailyCap{limit: c.dailyCap(), now: c.Now},
	}
	if c.Now == nil {
		carrier.cap.now = time.Now
	}
	carrier.base = strings.TrimRight(c.base(), "/")
	carrier.query = carrier.base + "/api/v1/trackingInfo"
	carrier.hidden = carrier.keys.hidden
	made, err := transport.New(transport.Config{
		Carrier: Name, Client: c.Client, Limiter: defaultLimiter(c.Limiter), Logger: c.Logger,
		Secrets: carrier.hidden, Hooks: countRepeats(c.Hooks), AllowPlainHTTP: c.AllowPlainHTTP,
		Now: withWait(c.Now, c.Wait), Wait: c.Wait,
	})
	if err != nil {
		carrier.mistakes = append(carrier.mistakes, mistake{tracking.ErrInvalidRequest, err.Error()})
	}
	carrier.transport = made
	return carrier
}

// withWait gives the clock of a transport, which is none without a Wait.
func withWait(now func() time.Time, wait func(context.Context, time.Duration) error) func() time.Time {
	if wait == nil {
		return nil
	}
	return now
}

func newReader(table *statusmap.Table, keepRaw bool) *reader {
	if table == nil {
		table = statusmap.SweetTracker()
	}
	return &reader{table: table, version: table.Version(), keepRaw: keepRaw}
}

// Name is "sweettracker".
func (c *Carrier) Name() string { return Name }

// Limits says that a call takes one number: the provider has no bulk query.
func (c *Carrier) Limits() tracking.Limits { return tracking.Limits{Batch: 1} }

// Serves reports whether the directory knows the provider's code of a courier, or the courier is written as
// "sweettracker:" with that code.
func (c *Carrier) Serves(which tracking.Courier) bool { return serves(which) }

func serves(which tracking.Courier) bool {
	_, ok := courier.ToProvider(Name, which)
	return ok
}

// Validate reports every fault of the configuration at once, without a request.
func (c *Carrier) Validate() error { return joinMistakes(c.mistakes) }

// Requests counts the HTTP requests sent, repeats included.
func (c *Carrier) Requests() int64 {
	if c.transport == nil {
		return 0
	}
	return c.transport.Requests()
}

// Format writes the name, whatever the verb: a carrier holds a key.
func (c *Carrier) Format(f fmt.State, _ rune) { writePlain(f, Name+" carrier") }

// MarshalJSON writes the name.
func (c *Carrier) MarshalJSON() ([]byte, error) { return []byte(`"` + Name + ` carrier"`), nil }
