package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

var begin = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// world is what a test turns: the clock, a provider, and what was told.
type world struct {
	t        *testing.T
	now      time.Time
	registry *subscription.MemoryRegistry
	alarms   []subscription.Alarm
	observed []tracking.Observation
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, now: begin, registry: subscription.NewMemoryRegistry()}
}

func (w *world) manager(providers ...subscription.Provider) *subscription.Manager {
	w.t.Helper()
	m, err := subscription.NewManager(subscription.Config{
		Providers: providers, Registry: w.registry, Now: func() time.Time { return w.now },
		Alarm: func(_ context.Context, a subscription.Alarm) { w.alarms = append(w.alarms, a) },
		Observe: func(_ context.Context, o tracking.Observation) error {
			w.observed = append(w.observed, o)
			return nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) pass(m *subscription.Manager) {
	w.t.Helper()
	if err := m.Pass(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) entry(carrier, number string) subscription.Entry {
	w.t.Helper()
	e, err := w.registry.Get(w.t.Context(), subscription.ID{Carrier: carrier, Courier: "cj", Number: number})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// raised gives the kinds of the alarms since the last call.
func (w *world) raised() []subscription.AlarmKind {
	var kinds []subscription.AlarmKind
	for _, a := range w.alarms {
		kinds = append(kinds, a.Kind)
	}
	w.alarms = nil
	return kinds
}

func parcel(number string) tracking.Subscription {
	return tracking.Subscription{Courier: "cj", Number: number, Ref: "O-" + number}
}

// shortLived is a provider as tracker.delivery is: registering again extends, nothing can be listed, nothing is paid.
type shortLived struct {
	w       *world
	life    time.Duration
	until   map[string]time.Time // by number
	calls   int
	cancels []string
	err     func(number string) error // what a number is answered with; nil is a registration
	whole   error
}

func newShortLived(w *world) *shortLived {
	return &shortLived{w: w, life: 48 * time.Hour, until: map[string]time.Time{}}
}

func (*shortLived) Name() string { return "short" }

func (p *shortLived) Subscribe(_ context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	p.calls++
	if p.whole != nil {
		return nil, p.whole
	}
	answers := make([]tracking.Registration, len(subs))
	for i, s := range subs {
		answers[i] = tracking.Registration{Subscription: s, Carrier: "short", Billed: tracking.No}
		if s.Callback != "https://shop.example/hooks/short/token" {
			p.w.t.Errorf("registered with the address %q", s.Callback)
		}
		if p.err != nil {
			if answers[i].Err = p.err(s.Number); answers[i].Err != nil {
				continue
			}
		}
		p.until[s.Number] = p.w.now.Add(p.life)
		answers[i].Handle, answers[i].ExpiresAt = "h-"+s.Number, p.until[s.Number]
	}
	return answers, nil
}

func (p *shortLived) Cancel(_ context.Context, handle string) error {
	p.cancels = append(p.cancels, handle)
	return nil
}

func (p *shortLived) provider() subscription.Provider {
	return subscription.Provider{Carrier: p, Callback: "https://shop.example/hooks/short/token"}
}

// paying is a provider as deliveryapi is: endpoints, subscriptions by order, every parcel paid, never registered twice by
// itself, and its holdings can be looked at.
type paying struct {
	w         *world
	endpoints map[string]*endpoint // by id
	held      map[string]string    // number → handle
	expires   map[string]time.Time // by handle
	paid      map[string]int       // by number
	cancels   []string
	cancelled map[string]int // by number
	seen      map[string]*tracking.Parcel
	// fault is asked before a call; "before" fails it without an effect, "after" does it and loses the answer.
	fault func() string
	made  int
}

type endpoint struct {
	address, secret string
	state           error
}

func newPaying(w *world) *paying {
	return &paying{
		w: w, endpoints: map[string]*endpoint{}, held: map[string]string{}, expires: map[string]time.Time{},
		paid: map[string]int{}, seen: map[string]*tracking.Parcel{},
		cancelled: map[string]int{}, fault: func() string { return "" },
	}
}

var errLost = &tracking.Error{Carrier: "paying", Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}

func (*paying) Name() string { return "paying" }

func (p *paying) Subscribe(_ context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	fault := p.fault()
	if fault == "before" {
		return nil, errLost
	}
	answers := make([]tracking.Registration, len(subs))
	for i, s := range subs {
		if p.endpoints[s.Callback] == nil {
			p.w.t.Errorf("registered with the endpoint %q, which is not there", s.Callback)
		}
		p.made++
		handle := fmt.Sprintf("req-%d", p.made)
		p.held[s.Number], p.expires[handle] = handle, p.w.now.Add(14*24*time.Hour)
		p.paid[s.Number]++
		answers[i] = tracking.Registration{
			Subscription: s, Carrier: "paying", Handle: handle, ExpiresAt: p.expires[handle], Billed: tracking.Yes,
		}
	}
	if fault == "after" {
		return nil, errLost
	}
	return answers, nil
}

func (p *paying) Cancel(_ context.Context, handle string) error {
	p.cancels = append(p.cancels, handle)
	for number, h := range p.held {
		if h == handle {
			delete(p.held, number)
			p.cancelled[number]++
		}
	}
	return nil
}

func (p *paying) Follow(_ context.Context, qs []tracking.Query) ([]subscription.Followed, error) {
	if p.fault() == "before" {
		return nil, errLost
	}
	held := make([]subscription.Followed, len(qs))
	for i, q := range qs {
		held[i] = subscription.Followed{Handle: p.held[q.Number], Parcel: p.seen[q.Number]}
	}
	return held, nil
}

func (p *paying) FindEndpoint(_ context.Context, address string) (string, error) {
	for id, e := range p.endpoints {
		if e.address == address {
			return id, nil
		}
	}
	return "", nil
}

func (p *paying) MakeEndpoint(_ context.Context, address, secret string) (string, error) {
	fault := p.fault()
	if fault == "before" {
		return "", errLost
	}
	id := fmt.Sprintf("ep-%d", len(p.endpoints)+1)
	p.endpoints[id] = &endpoint{address: address, secret: secret}
	if fault == "after" {
		return "", errLost
	}
	return id, nil
}

func (p *paying) CheckEndpoint(_ context.Context, id string) error {
	if p.endpoints[id] == nil {
		return subscription.ErrEndpointMissing
	}
	return p.endpoints[id].state
}

func (p *paying) provider() subscription.Provider {
	return subscription.Provider{
		Carrier: p, Callback: "https://shop.example/hooks/paying", Secret: webhook.Key{ID: "1", Secret: "a-secret-of-the-shop"},
	}
}

var errNumber = &tracking.Error{Carrier: "short", Kind: tracking.ErrInvalidNumber, Billed: tracking.No}

var errAny = errors.New("something broke")
