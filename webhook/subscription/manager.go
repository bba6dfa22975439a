package subscription

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	defaultInterval  = time.Minute
	defaultKeepAlive = 24 * time.Hour // what integrators of tracker.delivery do (reported)
	defaultCheck     = 10 * time.Minute
	defaultFollow    = 6 * time.Hour
	accountPause     = time.Hour       // before credentials or a quota that failed are tried again
	firstLook        = 5 * time.Minute // after an interrupted call, for it may still be worked at the provider (our decision)
	firstRetry       = time.Minute
	longestRetry     = time.Hour
	mostPerPass      = 1000 // entries of a carrier, so that a pass ends
)

// Config is what a manager needs. Providers and Registry are required.
type Config struct {
	Providers []Provider
	Registry  Registry

	// Observe is given what a [Follower] said of a parcel; an error is told and forgotten, for the next look will give it
	// again. Nil leaves followed parcels alone.
	Observe func(ctx context.Context, o tracking.Observation) error
	// Alarm is told what the manager cannot mend. It is called on the manager's goroutine. Nil leaves it to Logger.
	Alarm func(ctx context.Context, a Alarm)

	Interval  time.Duration // between passes of Run; 0 means a minute
	KeepAlive time.Duration // a registration is renewed at this age at the latest, and at half its life; 0 means 24 hours
	Check     time.Duration // between looks at an endpoint; 0 means 10 minutes
	Follow    time.Duration // between looks at what a Follower holds; 0 means 6 hours

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means silence
}

// A Manager keeps registered what should be. Its methods may be called concurrently.
type Manager struct {
	config    Config
	providers []*provider
	pass      sync.Mutex // one pass at a time
}

// provider is a Provider with what a manager knows of it between passes. Only a pass touches it.
type provider struct {
	Provider
	name      string
	keeper    EndpointKeeper
	follower  Follower
	pause     time.Time // nothing is registered before
	checked   time.Time
	making    time.Time // the endpoint is not looked for, or made, before
	unmade    int       // how often that failed, in a row
	followAt  time.Time // when all is looked at again
	condition AlarmKind // of the endpoint; empty when it is in order
}

// NewManager reports every fault of the configuration together.
func NewManager(c Config) (*Manager, error) {
	var faults []error
	if c.Registry == nil {
		faults = append(faults, errors.New("subscription: no registry"))
	}
	if len(c.Providers) == 0 {
		faults = append(faults, errors.New("subscription: no provider"))
	}
	for _, d := range []struct {
		value   *time.Duration
		instead time.Duration
		name    string
	}{
		{&c.Interval, defaultInterval, "Interval"}, {&c.KeepAlive, defaultKeepAlive, "KeepAlive"},
		{&c.Check, defaultCheck, "Check"}, {&c.Follow, defaultFollow, "Follow"},
	} {
		if *d.value < 0 {
			faults = append(faults, fmt.Errorf("subscription: %s is negative", d.name))
		}
		if *d.value == 0 {
			*d.value = d.instead
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{config: c}
	names := map[string]bool{}
	for i, p := range c.Providers {
		if p.Carrier == nil {
			faults = append(faults, fmt.Errorf("subscription: provider %d has no carrier", i+1))
			continue
		}
		known := &provider{Provider: p, name: p.Carrier.Name()}
		known.keeper, _ = ability[EndpointKeeper](p.Carrier)
		known.follower, _ = ability[Follower](p.Carrier)
		if names[known.name] {
			faults = append(faults, fmt.Errorf("subscription: two providers are called %q", known.name))
		}
		names[known.name] = true
		if known.keeper != nil && p.Endpoint == "" && (p.Callback == "" || p.Secret.Secret == "") {
			faults = append(faults, fmt.Errorf("subscription: %s needs an address and a secret for its endpoint, or the id of one", known.name))
		}
		if v, ok := p.Carrier.(tracking.Validator); ok {
			if err := v.Validate(); err != nil {
				faults = append(faults, err)
			}
		}
		m.providers = append(m.providers, known)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return m, nil
}

// Want asks for pushes about parcels. It only writes that down; the next pass registers them. Callback is left out of
// account. A parcel that is wanted already is left as it is, also one that was refused or ended: Release it first to have it tried
// again. Parcels of one order should have one Ref, for some providers charge and cancel by order.
func (m *Manager) Want(ctx context.Context, carrier string, subs ...tracking.Subscription) error {
	if m.provider(carrier) == nil {
		return fmt.Errorf("subscription: no provider is called %q", carrier)
	}
	for _, s := range subs {
		err := m.change(ctx, idOf(carrier, s.Courier, s.Number), func(e *Entry) bool {
			switch {
			case e.State == "":
				e.State, e.DueAt = Wanted, m.config.Now()
			case e.State == Released:
				if m.again(e) {
					return true
				}
			default:
				return false
			}
			e.Ref, e.Once, e.Lifetime = s.Ref, s.Once, s.Lifetime
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// again takes a release back. It reports whether there may be a registration that goes on.
func (m *Manager) again(e *Entry) bool {
	now := m.config.Now()
	alive := e.Handle != "" && (e.ExpiresAt.IsZero() || e.ExpiresAt.After(now))
	switch {
	case m.provider(e.Carrier).follower != nil && (e.Unsure || alive):
		e.State, e.DueAt = Uncertain, now
	case alive && !e.Unsure:
		e.State, e.DueAt = Registered, m.renewal(*e)
	default:
		*e = Entry{ID: e.ID, State: Wanted, DueAt: now, Version: e.Version}
		return false
	}
	e.Unsure = false
	return true
}

// Release says that pushes about parcels are not wanted any more. Only Courier and Number are used. What was never wanted is no error.
func (m *Manager) Release(ctx context.Context, carrier string, qs ...tracking.Query) error {
	p := m.provider(carrier)
	if p == nil {
		return fmt.Errorf("subscription: no provider is called %q", carrier)
	}
	for _, q := range qs {
		err := m.change(ctx, idOf(carrier, q.Courier, q.Number), func(e *Entry) bool {
			if e.State == "" || e.State == Released {
				return false
			}
			cancelled := p.CancelReleased && e.State == Registered && e.Handle != "" && e.Created
			e.Unsure = e.State == Uncertain || cancelled
			if e.State == Ended || e.State == Refused {
				e.Handle = ""
			}
			e.State, e.DueAt, e.Failures = Released, time.Time{}, 0
			if cancelled {
				e.DueAt = m.config.Now()
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Ended takes note that a provider is done with a subscription, as a push said. Parcels that it left open are told as
// AlarmExpired, or registered again where that is wanted.
func (m *Manager) Ended(ctx context.Context, carrier string, end webhook.Ended) error {
	p := m.provider(carrier)
	if p == nil {
		return fmt.Errorf("subscription: no provider is called %q", carrier)
	}
	if end.Handle == "" {
		return nil
	}
	entries, err := m.config.Registry.ByHandle(ctx, carrier, end.Handle)
	if err != nil {
		return fmt.Errorf("subscription: %w", err)
	}
	open := map[ID]bool{}
	for _, q := range end.Open {
		open[idOf(carrier, q.Courier, q.Number)] = true
	}
	var expired []tracking.Query
	for _, found := range entries {
		err := m.change(ctx, found.ID, func(e *Entry) bool {
			if e.Handle != end.Handle || e.State != Registered {
				return false
			}
			if end.Reason == webhook.EndExpired && open[e.ID] {
				return m.ranOut(p, e, &expired)
			}
			e.State, e.DueAt, e.Why = Ended, time.Time{}, string(end.Reason)
			return true
		})
		if err != nil {
			return err
		}
	}
	m.tell(ctx, p, AlarmExpired, expired, nil)
	return nil
}

// ranOut decides what becomes of a registration that ended before its parcel did.
func (m *Manager) ranOut(p *provider, e *Entry, expired *[]tracking.Query) bool {
	if e.Paid && !p.RenewPaid {
		e.State, e.DueAt, e.Why = Ended, time.Time{}, "ran out; to register it again would be paid again"
		*expired = append(*expired, e.query())
		return true
	}
	e.State, e.DueAt, e.Handle = Wanted, m.config.Now(), ""
	return true
}

// Run makes a pass at once and then one every Interval, until ctx ends; then it returns nil. What goes wrong is told
// through Alarm and Logger.
func (m *Manager) Run(ctx context.Context) error {
	for {
		if err := m.Pass(ctx); err != nil && ctx.Err() == nil {
			m.config.Logger.ErrorContext(ctx, "subscriptions: a pass failed", reason(err))
		}
		timer := time.NewTimer(m.config.Interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// change reads, changes and writes one entry, again if somebody else wrote it meanwhile. edit says whether to write.
func (m *Manager) change(ctx context.Context, id ID, edit func(*Entry) bool) error {
	for {
		e, err := m.config.Registry.Get(ctx, id)
		if err != nil {
			return fmt.Errorf("subscription: %w", err)
		}
		e.ID = id
		if !edit(&e) {
			return nil
		}
		if _, err = m.config.Registry.Put(ctx, e); err == nil {
			return nil
		}
		if !errors.Is(err, ErrStale) {
			return fmt.Errorf("subscription: %w", err)
		}
	}
}

func (m *Manager) provider(carrier string) *provider {
	for _, p := range m.providers {
		if p.name == carrier {
			return p
		}
	}
	return nil
}

// renewal says when a registration is to be looked at again: long before it runs out, at an age that differs from number to
// number so that they do not come all at once; or when it runs out, if renewing it would be paid.
func (m *Manager) renewal(e Entry) time.Time {
	if e.ExpiresAt.IsZero() {
		return time.Time{}
	}
	p := m.provider(e.Carrier)
	if e.Paid && !p.RenewPaid {
		return e.ExpiresAt
	}
	age := min(m.config.KeepAlive, e.ExpiresAt.Sub(e.RegisteredAt)/2)
	h := fnv.New32a()
	_, _ = h.Write([]byte(e.Number))
	return e.RegisteredAt.Add(age - age/4*time.Duration(h.Sum32()%1000)/1000)
}

func (e Entry) query() tracking.Query {
	return tracking.Query{Courier: e.Courier, Number: e.Number, Ref: e.Ref}
}

// longestReason bounds an error in the log, in characters.
const longestReason = 300

// reason is an error as the log gets it: what a registry or the host says may hold numbers and names.
func reason(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.String("error", mask.Remark(err.Error(), nil, longestReason))
}

// tell raises an alarm about parcels, if there are any.
func (m *Manager) tell(ctx context.Context, p *provider, kind AlarmKind, parcels []tracking.Query, err error) {
	if len(parcels) > 0 {
		m.alarm(ctx, p, kind, parcels, err)
	}
}

func (m *Manager) alarm(ctx context.Context, p *provider, kind AlarmKind, parcels []tracking.Query, err error) {
	m.config.Logger.WarnContext(ctx, "subscriptions", slog.String("alarm", string(kind)), slog.String("carrier", p.name),
		slog.Int("parcels", len(parcels)), reason(err))
	if m.config.Alarm == nil {
		return
	}
	defer m.calm(ctx, "Alarm")
	m.config.Alarm(ctx, Alarm{Kind: kind, Carrier: p.name, Parcels: parcels, Err: err, At: m.config.Now()})
}

// calm, deferred, turns a panic in the host's function into a line of the log.
func (m *Manager) calm(ctx context.Context, function string) {
	if value := recover(); value != nil {
		m.config.Logger.ErrorContext(ctx, "subscriptions: the host's function panicked", slog.String("function", function),
			slog.String("type", fmt.Sprintf("%T", value)))
	}
}
