package tracking

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// A Client asks carriers about parcels: it chooses the carrier, puts queries together into the batches that the carrier
// takes, joins equal queries, falls over to the next carrier, and leaves those alone that are down.
//
// It asks a carrier once. Repeating what failed for a moment, rate limits and time limits are the work of package
// transport, below the carrier; asking again later is the host's. The one exception is a batch that is
// refused as a whole although nothing was billed: its parcels are asked about one by one, once.
//
// A Client is safe for concurrent use, and has nothing to close: what it starts ends with the calls of Track and
// TrackAll that it was started for. Parcels that it returns belong to the caller.
//
// # Routing
//
// Carriers that serve the courier are asked in the order of Config.Carriers, after those that Config.Prefer
// names for it. A courier "provider:code" goes to carriers that say that they serve it, and to the one of that name.
// The next carrier is asked after ErrUpstream, ErrUnsupportedCourier, ErrQuotaExhausted, ErrCredentials, ErrForbidden,
// ErrDailyCap and an open circuit (see [CircuitConfig]); after ErrRateLimited if the wait cannot end before the
// deadline of the context; and after ErrNotFound only with Config.AskNextOnNotFound.
//
// # Errors
//
// Every error is an *[Error] with one sentinel. When several carriers failed it is that of the first, and the
// others appear in its text and in [Tried], not to errors.Is. A caller whose context ended gets an *Error that wraps
// the error of the context, and no sentinel.
//
// A carrier that breaks its contract (it panics, gives too few results, answers another query) gets ErrProtocol for
// the parcels it was asked about, and nothing else suffers. An error of a carrier that is no *Error keeps the
// sentinel that it wraps and is ErrProtocol without one.
//
// # Equal queries
//
// Queries that agree in all but Ref are joined while they are in flight at a carrier, across all calls of Track and
// TrackAll: the carrier is asked once and each caller gets a copy of its own. The carrier gets the Ref of the
// first. A caller that leaves takes the answer away from nobody; the call ends when nobody waits for it any more.
// Each Result says that the answer is billed; [Client.Spent] counts it once.
type Client struct {
	hooks     Hooks
	askNext   bool                // after "no data"
	lanes     []*lane             // in the general order
	preferred map[Courier][]*lane // whole orders, for the couriers that have one
	skies     skies
	log       *slog.Logger
	now       func() time.Time
}

// NewClient makes a client, or reports every fault of the configuration, those of its carriers included, at once. It
// makes no call. The configuration is not kept: changing its slices and maps afterwards changes nothing.
func NewClient(config Config) (*Client, error) {
	lanes, err := config.build()
	if err != nil {
		return nil, err
	}
	c := &Client{
		hooks:     config.Hooks,
		askNext:   config.AskNextOnNotFound,
		lanes:     lanes,
		preferred: make(map[Courier][]*lane, len(config.Prefer)),
		skies:     skies{flights: make(map[question]*flight)},
		log:       config.Logger,
		now:       config.Now,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	for courier, names := range config.Prefer {
		c.preferred[courier] = c.orderFor(names)
	}
	return c, nil
}

// orderFor moves the named carriers to the front.
func (c *Client) orderFor(names []string) []*lane {
	order := slices.Clone(c.lanes)
	rank := func(l *lane) int {
		if i := slices.Index(names, l.name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortStableFunc(order, func(a, b *lane) int { return rank(a) - rank(b) })
	return order
}

// String names the carriers and nothing of their configuration.
func (c *Client) String() string {
	names := make([]string, len(c.lanes))
	for i, l := range c.lanes {
		names[i] = l.name
	}
	return fmt.Sprintf("tracking.Client(%s)", strings.Join(names, ", "))
}

// GoString is String: %#v shows no more than %v.
func (c *Client) GoString() string { return c.String() }

// Track asks about one parcel, at once: it does not wait for companions to share a call with.
//
// Without data yet the error is [ErrNotFound]. An empty number is [ErrInvalidNumber], an empty courier or one that no
// carrier serves is [ErrUnsupportedCourier]; both are found without asking anybody.
//
// It returns as soon as ctx ends, unless nobody else waits for the same answer: then it returns when the carrier
// does, which the context has told to stop.
func (c *Client) Track(ctx context.Context, q Query) (*Parcel, error) {
	j, err := c.depart(ctx, q)
	if err != nil {
		return nil, err
	}
	for l := j.step(); l != nil; l = j.step() {
		result := c.ask(ctx, l, &j.query)
		if !c.arrive(ctx, &j, result) {
			continue
		}
		if result.Err == nil {
			return result.Parcel, nil
		}
		break
	}
	return nil, j.failure().Err
}
