package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

const shopHooks = "https://shop.example/webhooks"

var (
	shopSecret = webhook.Key{ID: "k1", Secret: "canary-secret-of-the-whole-shop"}
	shopToken  = webhook.Key{ID: "t1", Secret: "canary-token-of-the-whole-shop"}
)

// A shopParcel is a parcel, what was learnt of it by pushes, and what polling alone tells.
type shopParcel struct {
	sandbox.Parcel
	ref       string
	withdrawn bool

	pushed map[string]*tracking.Evidence // by carrier
	polled map[string]*tracking.Evidence
	now    map[string]*tracking.Evidence // of the last poll alone
	states map[string]tracking.State     // of pushed, and of all carriers together under ""
}

// A shop is a host as it would be built of the real parts, with the sandbox's providers around it. Everything that is the
// host's own fails now and then while troubled.
type shop struct {
	t        *testing.T
	seed     uint64
	begin    time.Time
	world    *sandbox.World
	pusher   *sandbox.Pusher
	carriers []tracking.Carrier // to poll
	parcels  []*shopParcel
	manager  *subscription.Manager
	sources  []webhook.Source
	client   *tracking.Client
	handler  atomic.Pointer[webhook.Handler]
	inbox    *strained
	crew     *crew
	troubled atomic.Bool

	mu      sync.Mutex
	calls   map[string]int  // of code of the host, by what it was called with
	effects map[string]bool // by Delivery.Key
	repeats int             // deliveries whose effect was there
	reached map[string]bool // pushes of which an honest one was accepted, by what they are about
	sent    map[string]sandbox.Push
	lies    map[sandbox.LieKind]int
	refused int // falsified pushes of deliveryapi
	stored  map[string]int
	honest  int // accepted pushes of deliveryapi that were not falsified
}

// strained is an inbox in memory that stalls, fails and panics.
type strained struct {
	*webhook.MemoryInbox
	trouble  *fakeInbox
	troubled *atomic.Bool
	unlucky  func(what string, of uint32) uint32
}

func (in *strained) Put(ctx context.Context, m webhook.Message) (bool, error) {
	if !in.troubled.Load() {
		return in.MemoryInbox.Put(ctx, m)
	}
	if err := in.trouble.before(ctx, m); err != nil {
		return false, err
	}
	fresh, err := in.MemoryInbox.Put(context.WithoutCancel(ctx), m)
	if err == nil {
		err = in.trouble.after(m)
	}
	return fresh, err
}

func (in *strained) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
	if in.troubled.Load() {
		switch in.unlucky("claim", 12) {
		case 0:
			return nil, errors.New("no connection")
		case 1:
			_, _ = in.MemoryInbox.Claim(ctx, now, limit, lease) // leased, and nobody knows
			return nil, errors.New("the connection was lost after the commit")
		case 2:
			panic("claim")
		}
	}
	return in.MemoryInbox.Claim(ctx, now, limit, lease)
}

func (in *strained) Finish(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	if in.troubled.Load() {
		switch in.unlucky("finish", 8) {
		case 0:
			return errors.New("no connection")
		case 1:
			_ = in.MemoryInbox.Finish(ctx, c, f)
			return errors.New("the connection was lost after the commit")
		case 2:
			panic("finish")
		}
	}
	return in.MemoryInbox.Finish(ctx, c, f)
}

// A crew is a worker that runs. Once dead, nothing that it does has an effect, as when its process was killed.
type crew struct {
	dead  atomic.Bool
	stop  context.CancelFunc
	ended chan struct{}
}

var errKilled = errors.New("the process was killed")

// gone is an inbox as a crew sees it.
type gone struct {
	webhook.Inbox
	crew *crew
}

func (g gone) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
	if g.crew.dead.Load() {
		return nil, errKilled
	}
	return g.Inbox.Claim(ctx, now, limit, lease)
}

func (g gone) Finish(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	if g.crew.dead.Load() {
		return errKilled
	}
	return g.Inbox.Finish(ctx, c, f)
}

// newShop makes a shop with a world of its own, in the fake time of a bubble.
func newShop(t *testing.T, seed uint64, parcels int) *shop {
	t.Helper()
	s := &shop{
		t: t, seed: seed, begin: time.Now(), calls: map[string]int{}, effects: map[string]bool{}, reached: map[string]bool{},
		sent: map[string]sandbox.Push{}, lies: map[sandbox.LieKind]int{}, stored: map[string]int{},
	}
	s.world = sandbox.New(sandbox.Config{Empty: true, Seed: seed + 1, Limits: sandbox.Limits{EndpointFailures: 1 << 30}})
	s.inbox = &strained{MemoryInbox: webhook.NewMemoryInbox(), trouble: trouble(120), troubled: &s.troubled, unlucky: s.unlucky}
	s.populate(rand.New(rand.NewPCG(seed, 1)), parcels)
	s.build()
	s.open()
	s.start()
	return s
}

func (s *shop) populate(random *rand.Rand, parcels int) {
	for i := range parcels {
		c := []tracking.Courier{courier.CJ, courier.Hanjin}[i%2]
		p := &shopParcel{
			ref: fmt.Sprint("P", i), pushed: map[string]*tracking.Evidence{}, polled: map[string]*tracking.Evidence{},
			now: map[string]*tracking.Evidence{}, states: map[string]tracking.State{},
		}
		p.Parcel = sandbox.Parcel{Courier: c, Number: waybills(s.t, c, parcels)[i], Label: s.begin}
		p.Scans, p.withdrawn = randomScans(random, s.begin)
		s.parcels = append(s.parcels, p)
		s.world.Add(p.Parcel)
	}
}

// build makes the two sides of each provider.
func (s *shop) build() {
	s.t.Helper()
	urls, demo, unpaced := s.world.URLs(""), s.world.Demo(), rate.NewLimiter(rate.Inf, 0)
	api := deliveryapi.New(deliveryapi.Config{
		BaseURL: urls.DeliveryAPI, APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret, Client: s.world.Client(), Limiter: unpaced,
	})
	sweet := sweettracker.New(sweettracker.Config{
		BaseURL: urls.SweetTracker, Key: demo.SweetTrackerKey, Client: s.world.Client(), Limiter: unpaced, DailyCap: sweettracker.Uncapped,
	})
	trace := sweettracker.NewTrace(sweettracker.TraceConfig{
		BaseURL: urls.SweetTrackerTrace, Tier: demo.SweetTrackerTier, Key: demo.SweetTrackerTraceKey, Client: s.world.Client(), Limiter: unpaced,
	})
	tracker := trackerdelivery.New(trackerdelivery.Config{
		BaseURL: urls.TrackerDelivery, TokenURL: urls.TrackerDeliveryToken, Client: s.world.Client(), Limiter: unpaced,
		ClientID: demo.TrackerDeliveryClientID, ClientSecret: demo.TrackerDeliveryClientSecret,
	})
	s.carriers = []tracking.Carrier{api, sweet, tracker}
	var err error
	if s.client, err = tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{tracker}}); err != nil {
		s.t.Fatal(err)
	}
	hooks := trackerdelivery.WebhookConfig{Tokens: []webhook.Key{shopToken}, Known: s.isOurs}
	callbacks := sweettracker.WebhookConfig{Tokens: []webhook.Key{shopToken}, Lookup: s.byReference}
	s.sources = []webhook.Source{
		deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{shopSecret}}), sweettracker.Webhook(callbacks), trackerdelivery.Webhook(hooks),
	}
	s.manager, err = subscription.NewManager(subscription.Config{
		Registry: subscription.NewMemoryRegistry(),
		Alarm: func(_ context.Context, a subscription.Alarm) {
			if a.Kind != subscription.AlarmFailing && a.Kind != subscription.AlarmRecovered { // of an endpoint whose store is troubled
				s.t.Errorf("seed %d: alarm %s at %s: %v", s.seed, a.Kind, a.Carrier, a.Err)
			}
		},
		Providers: []subscription.Provider{
			{Carrier: api, Callback: shopHooks + "/deliveryapi", Secret: shopSecret},
			{Carrier: trace, Callback: callbacks.Callback(shopHooks)},
			{Carrier: tracker, Callback: hooks.Callbacks(shopHooks)[0]},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.pusher = s.world.Pusher(sandbox.PushConfig{
		Attempts: 6, Observe: s.observe,
		Client: sandbox.HandlerClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.Load().ServeHTTP(w, r) })),
	})
}

// want registers every parcel at every provider. Three of deliveryapi's share an order, as parcels there do.
func (s *shop) want() {
	s.t.Helper()
	for i, p := range s.parcels {
		for carrier, ref := range map[string]string{
			"deliveryapi": fmt.Sprint("D", i/3), "sweettracker": p.ref, "trackerdelivery": p.ref,
		} {
			if err := s.manager.Want(s.t.Context(), carrier, tracking.Subscription{Courier: p.Courier, Number: p.Number, Ref: ref}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	if err := s.manager.Pass(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if n := len(s.world.Registrations()); n != 3*len(s.parcels) {
		s.t.Fatalf("seed %d: %d registrations of %d parcels at three providers", s.seed, n, len(s.parcels))
	}
}

// open puts a fresh handler in the place of the one before, which is shut down.
func (s *shop) open() {
	s.t.Helper()
	next, err := webhook.NewHandler(webhook.Config{Sources: s.sources, Inbox: s.inbox, Hooks: webhook.Hooks{Answered: s.answered}})
	if err != nil {
		s.t.Fatal(err)
	}
	if before := s.handler.Swap(next); before != nil {
		if err := before.Shutdown(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *shop) answered(_ context.Context, r webhook.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Err == nil && !r.Ping {
		s.stored[r.Source]++
	}
}

// start lets a worker begin.
func (s *shop) start() {
	c := &crew{ended: make(chan struct{})}
	worker := &webhook.Worker{
		Inbox: gone{s.inbox, c}, Sources: s.sources, Poll: 5 * time.Minute,
		Deliver: func(ctx context.Context, d webhook.Delivery) error { return s.deliver(ctx, c, d) },
		Ask:     func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) { return s.ask(ctx, q) },
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop, s.crew = stop, c
	go func() {
		defer close(c.ended)
		if err := worker.Run(ctx); err != nil {
			s.t.Error(err)
		}
	}()
}

// end stops the worker, or kills it: then nothing that it has begun comes to anything.
func (s *shop) end(kill bool) {
	s.crew.dead.Store(kill)
	s.crew.stop()
	<-s.crew.ended
}

// close ends everything that a shop started.
func (s *shop) close() {
	s.end(false)
	if err := s.handler.Load().Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
}

// unlucky draws a number below of, which depends on what is done and on how often it was done before.
func (s *shop) unlucky(what string, of uint32) uint32 {
	if !s.troubled.Load() {
		return of
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draw(what, of)
}

func (s *shop) draw(what string, of uint32) uint32 {
	s.calls[what]++
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, s.seed, what, s.calls[what])
	return h.Sum32() % of
}

func (s *shop) isOurs(_ context.Context, q tracking.Query) (bool, error) {
	if s.unlucky("known", 20) == 0 {
		return false, errors.New("no connection")
	}
	return s.parcel(q.Courier, q.Number) != nil, nil
}

func (s *shop) byReference(_ context.Context, ref string) (tracking.Courier, string, bool, error) {
	if s.unlucky("lookup "+ref, 20) == 0 {
		return "", "", false, errors.New("no connection")
	}
	for _, p := range s.parcels {
		if p.ref == ref {
			return p.Courier, p.Number, true, nil
		}
	}
	return "", "", false, nil
}

func (s *shop) parcel(c tracking.Courier, number string) *shopParcel {
	for _, p := range s.parcels {
		if p.Courier == c && p.Number == number {
			return p
		}
	}
	return nil
}

func (s *shop) ask(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
	switch s.unlucky("ask "+q.Number, 12) {
	case 0:
		return nil, &tracking.Error{Carrier: "trackerdelivery", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
	case 1:
		panic("ask")
	case 2:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.client.Track(ctx, q)
}

// deliver takes observations in, once by key.
func (s *shop) deliver(ctx context.Context, c *crew, d webhook.Delivery) error {
	luck := s.unlucky("deliver "+strings.Join(numbersOf(d), " "), 10)
	switch luck {
	case 0:
		return errors.New("no connection")
	case 1:
		panic("deliver")
	case 2:
		<-ctx.Done()
		return ctx.Err()
	}
	if c.dead.Load() {
		return errKilled
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.effects[d.Key] {
		s.repeats++
		return nil
	}
	s.effects[d.Key] = true
	for _, o := range d.Observations {
		s.learn(o)
	}
	if luck == 3 {
		return errors.New("the connection was lost after the commit")
	}
	return nil
}

func numbersOf(d webhook.Delivery) (numbers []string) {
	for _, o := range d.Observations {
		numbers = append(numbers, o.Parcel.Number)
	}
	return numbers
}
