package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// PushConfig says how a world reaches its hosts. The zero value works for addresses that resolve.
type PushConfig struct {
	// Client makes the calls; it is copied. Nil means one that follows no redirects. See also [HandlerClient].
	Client *http.Client
	// Redirect replaces the begin of callback addresses. Providers want https addresses, so a host that listens on
	// loopback registers as https://shop.example and is reached through {"https://shop.example": "http://127.0.0.1:8080"}.
	Redirect map[string]string
	// Attempts is how often deliveryapi tries a push; 0 means once, as documented. An older page has six.
	Attempts int
	// Observe is told of every push that was made, or lied about, while the pusher is locked.
	Observe func(Push)
}

// A Push is one call of a host's webhook, or the lie in its place.
type Push struct {
	Provider string
	Event    string    // deliveryapi's event, SweetTracker's level, or "changed"
	Parcels  []string  // numbers
	Due      time.Time // when the provider noticed, in the world's time
	Sent     time.Time // in the world's time; zero when it was not sent
	Attempt  int       // from 1
	Status   int       // of the answer; 0 when there was none
	Reply    string    // the body of the answer, at most a kilobyte
	Accepted bool      // whether the provider takes it for delivered
	Lie      LieKind   // what was wrong with it, if anything
}

// A Pusher delivers a world's webhooks as each provider does: when its own polling notices a change, in its form, signed where
// it signs, repeated where it repeats. It is safe for concurrent use.
//
// Like the world, it does nothing by itself: [Pusher.Deliver] makes the calls that are due by the world's clock, and
// [Pusher.Run] calls it as the clock goes on. How often providers look at their couriers is documented for deliveryapi
// (hourly); the other intervals, and all repetitions, are our choice. Only the time for an answer runs by the wall clock:
// 3 seconds at deliveryapi (documented by an older page), 1 at tracker.delivery (documented), 5 at SweetTracker (ours).
type Pusher struct {
	world  *World
	config PushConfig
	client http.Client

	mu      sync.Mutex
	until   map[string]time.Time // by registration: what was published up to then is on its way
	pending []*parcelPush
	lies    []*Lie
}

// parcelPush is a push on its way.
type parcelPush struct {
	Push
	address  string
	endpoint *apiEndpoint // of deliveryapi: it signs, and counts failures
	media    string
	body     []byte
	header   http.Header // of a replay: as it was sent; nil means that it is made when it is sent
	at       time.Time   // when it is to be sent
	lied     bool        // a lie has been told about it, or it is one
}

// Pusher makes a pusher. From then on deliveryapi's double pings endpoints when they are made, through the latest one.
func (w *World) Pusher(config PushConfig) *Pusher {
	p := &Pusher{world: w, config: config, until: map[string]time.Time{}}
	p.client = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if config.Client != nil {
		p.client = *config.Client
	}
	w.mu.Lock()
	w.pusher = p
	w.mu.Unlock()
	return p
}

// HandlerClient gives a client that calls h in the caller's goroutine, whatever the host of the address.
func HandlerClient(h http.Handler) *http.Client {
	return &http.Client{Transport: handlerTripper{h}}
}

// Run delivers what is due, again and again as the clock goes on, until ctx ends; then it returns nil.
func (p *Pusher) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		_, _ = p.Deliver(ctx) // fails with ctx alone
		_ = p.world.clock.Sleep(ctx, time.Minute)
	}
	return nil
}

// Deliver makes the calls that are due, in the order in which they became due, and gives them. It fails only when ctx ends.
func (p *Pusher) Deliver(ctx context.Context) ([]Push, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.world.clock.Now()
	p.collect(now)
	var made []Push
	for len(p.pending) > 0 && !p.pending[0].at.After(now) {
		if err := ctx.Err(); err != nil {
			return made, err
		}
		next := p.pending[0]
		p.pending = p.pending[1:]
		for _, push := range p.deliver(ctx, next) {
			if p.config.Observe != nil {
				p.config.Observe(push)
			}
			made = append(made, push)
		}
	}
	return made, ctx.Err()
}

// add queues pushes, in order of time.
func (p *Pusher) add(pushes ...*parcelPush) {
	p.pending = append(p.pending, pushes...)
	slices.SortStableFunc(p.pending, func(a, b *parcelPush) int { return a.at.Compare(b.at) })
}

// collect queues what providers noticed since the last time.
func (p *Pusher) collect(now time.Time) {
	p.add(slices.Concat(p.oweDeliveryAPI(now), p.oweTrace(now), p.oweTrackerDelivery(now))...)
}

// since gives up to when a registration was looked at before, and moves that to now.
func (p *Pusher) since(registration string, begun, now time.Time) time.Time {
	before, known := p.until[registration]
	if !known {
		before = begun.Add(-time.Nanosecond)
	}
	p.until[registration] = now
	return before
}

// deliver makes one push, or the lies in its place.
func (p *Pusher) deliver(ctx context.Context, push *parcelPush) []Push {
	if lie := p.lieAbout(push); lie != nil {
		return p.lie(ctx, push, lie)
	}
	return []Push{p.send(ctx, push)}
}

// send makes the call, and queues it again where the provider would.
func (p *Pusher) send(ctx context.Context, push *parcelPush) Push {
	push.Attempt++
	push.Sent = p.world.clock.Now()
	header := push.header
	if header == nil {
		header = p.world.pushHeader(push, push.body)
	}
	p.call(ctx, push, header, push.body)
	p.world.judge(push)
	if wait, again := p.repeats(push); again {
		later := *push
		later.at = push.Sent.Add(wait)
		p.add(&later)
	}
	return push.Push
}

// pushHeader makes the headers of a push that is sent now; deliveryapi signs the body it was given.
func (w *World) pushHeader(push *parcelPush, body []byte) http.Header {
	h := http.Header{"Content-Type": {push.media}}
	if push.endpoint != nil {
		w.mu.Lock()
		secret := push.endpoint.secret
		w.mu.Unlock()
		signPush(h, secret, body, w.clock.Now())
	}
	return h
}

// call makes the request and notes the answer.
func (p *Pusher) call(ctx context.Context, push *parcelPush, header http.Header, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, patienceOf(push.Provider))
	defer cancel()
	push.Status, push.Reply, push.Accepted = 0, "", false
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.redirected(push.address), bytes.NewReader(body))
	if err != nil {
		return
	}
	r.Header = header.Clone()
	resp, err := p.client.Do(r)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return
	}
	push.Status, push.Reply = resp.StatusCode, string(reply)
	push.Accepted = accepts(push.Provider, push.Status, reply)
}

func (p *Pusher) redirected(address string) string {
	for from, to := range p.config.Redirect {
		if rest, ok := strings.CutPrefix(address, from); ok {
			return to + rest
		}
	}
	return address
}

// patienceOf is how long a provider waits for an answer.
func patienceOf(provider string) time.Duration {
	switch provider {
	case DeliveryAPI:
		return 3 * time.Second
	case TrackerDelivery:
		return time.Second
	}
	return 5 * time.Second
}

// accepts reports whether a provider takes an answer for "received".
func accepts(provider string, status int, reply []byte) bool {
	switch provider {
	case DeliveryAPI:
		return status == http.StatusOK // other 2xx: not known
	case TrackerDelivery:
		return status/100 == 2
	}
	var said struct {
		Code bool `json:"code"`
	}
	return status == http.StatusOK && json.Unmarshal(reply, &said) == nil && said.Code
}

// judge counts the failures of an endpoint.
func (w *World) judge(push *parcelPush) {
	if push.endpoint == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if push.Accepted {
		push.endpoint.failures = 0
	} else {
		push.endpoint.failures++
	}
}

// repeats says whether and when a push is tried again. Attempts and waits are ours where nothing is documented.
func (p *Pusher) repeats(push *parcelPush) (time.Duration, bool) {
	if push.Accepted || push.header != nil {
		return 0, false
	}
	switch push.Provider {
	case DeliveryAPI:
		return 5 * time.Minute, push.Attempt < cmp.Or(p.config.Attempts, 1)
	case TrackerDelivery:
		return time.Minute << (push.Attempt - 1), push.Attempt < 6
	}
	return 10 * time.Minute, push.Attempt < 4
}

// ping calls an endpoint that is being made, as deliveryapi does before it answers. The body is our choice. Without a
// pusher every address is taken for reachable.
func (w *World) ping(ctx context.Context, e *apiEndpoint) bool {
	w.mu.Lock()
	p := w.pusher
	w.mu.Unlock()
	if p == nil {
		return true
	}
	push := &parcelPush{
		Push:    Push{Provider: DeliveryAPI, Event: "webhook.ping", Due: w.clock.Now(), Sent: w.clock.Now(), Attempt: 1},
		address: e.url, endpoint: e, media: "application/json",
		body: []byte(`{"event":"webhook.ping","timestamp":"` + isoMillis(w.clock.Now()) + `"}`),
	}
	p.call(ctx, push, w.pushHeader(push, push.body), push.body)
	if p.config.Observe != nil {
		p.config.Observe(push.Push)
	}
	return push.Accepted
}

// encoded encodes what cannot fail to be encoded.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(errors.Join(errors.New("sandbox: a payload that is no JSON"), err))
	}
	return b
}
