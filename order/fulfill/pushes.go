package fulfill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// pushes learns how far pushes can be relied on, and tells of their silences.
type pushes struct {
	engine *Engine
	hints  poll.Hints
	since  atomic.Pointer[map[waybillKey]time.Time] // of what is registered, as of the last look at the registry
	bell   chan struct{}

	recollected bool // for Run alone

	mu     sync.Mutex
	silent map[subject]poll.Silence
	untold []subject // of which that has changed
}

// waybillKey names a parcel as registries do.
type waybillKey struct {
	courier tracking.Courier
	number  string
}

// pushed makes the pushes of an engine whose policy can heed them, if there are any; their methods do nothing if there are none.
func (e *Engine) pushed() *pushes {
	c, policy := &e.config, e.schedule
	if policy == nil || policy.Recall != nil || c.Subscribed == nil && (c.Night.Registry == nil || len(c.Night.Subscribe) == 0) {
		return nil
	}
	p := &pushes{engine: e, bell: make(chan struct{}, 1), silent: map[subject]poll.Silence{}}
	p.hints.Model, p.hints.Subscribed, p.hints.Alarm = policy.Model, c.Subscribed, p.alarm
	if c.Subscribed == nil {
		p.hints.Subscribed = p.registered
	}
	return p
}

// registered is [poll.Hints].Subscribed by the registry.
func (p *pushes) registered(w poll.Watch) time.Time {
	if since := p.since.Load(); since != nil {
		return (*since)[waybillKey{w.ID.Shipment.Courier, w.ID.Shipment.Number}]
	}
	return time.Time{}
}

// look reads the registry. What stays registered counts from its first registration on, not from its last renewal.
func (p *pushes) look(ctx context.Context) error {
	if p == nil || p.engine.config.Subscribed != nil {
		return nil
	}
	night, before, since := &p.engine.config.Night, p.since.Load(), map[waybillKey]time.Time{}
	for _, carrier := range night.Subscribe {
		for entry, err := range night.Registry.All(ctx, carrier, subscription.Registered) {
			if err != nil {
				return err
			}
			key := waybillKey{entry.Courier, entry.Number}
			at := entry.RegisteredAt
			if known := since[key]; !known.IsZero() {
				at = earlier(at, known)
			}
			if before != nil && !(*before)[key].IsZero() {
				at = earlier(at, (*before)[key])
			}
			since[key] = at
		}
	}
	p.since.Store(&since)
	return nil
}

// recorded is a hook. A push ends what another run of the engine told, too.
func (p *pushes) recorded(r poll.Recorded) {
	p.hints.Recorded(r)
	if id := r.After.ID; r.Pushed() && !p.hints.Subscribed(r.Before).IsZero() {
		for _, courier := range []tracking.Courier{"", id.Shipment.Courier} {
			p.alarm(poll.Silence{Carrier: id.Carrier, Courier: courier, Over: true, At: r.At})
		}
	}
}

// alarm notes a silence, or its end, to be told by run: whoever calls it may hold a transaction.
func (p *pushes) alarm(s poll.Silence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := subject{s.Carrier, s.Courier, true}
	if was, known := p.silent[of]; known && was.Over == s.Over {
		return
	}
	p.silent[of] = s
	for other := range p.silent {
		if other == of || of.courier == "" && other.carrier == of.carrier {
			p.untold = append(p.untold, other)
		}
	}
	p.ring()
}

func (p *pushes) ring() {
	select {
	case p.bell <- struct{}{}:
	default: // it has been rung and not heard yet
	}
}

// run tells silences until ctx ends.
func (p *pushes) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.bell:
		}
		if err := p.tell(ctx); err != nil && ctx.Err() == nil {
			p.engine.config.Logger.ErrorContext(ctx, "a silence of pushes cannot be told", slog.String("err", reason(err)))
			p.ring()
			if err := p.engine.config.Wait(ctx, nightRetry); err != nil && ctx.Err() == nil {
				return fmt.Errorf("fulfill: Wait: %w", err)
			}
		}
	}
}

// tell tells what has changed, the carriers first. What failed stays untold.
func (p *pushes) tell(ctx context.Context) error {
	p.mu.Lock()
	untold := p.untold
	p.untold = nil
	p.mu.Unlock()
	slices.SortFunc(untold, subject.compare)
	untold = slices.Compact(untold)
	for i, s := range untold {
		if err := p.tellOne(ctx, s); err != nil {
			p.mu.Lock()
			p.untold = append(p.untold, untold[i:]...)
			p.mu.Unlock()
			return err
		}
	}
	return nil
}

// tellOne tells of a silence, or that it is over. A carrier's stands for those of its couriers.
func (p *pushes) tellOne(ctx context.Context, s subject) error {
	p.mu.Lock()
	is := p.silent[s]
	all, known := p.silent[subject{s.carrier, "", true}]
	p.mu.Unlock()
	incidents, err := p.engine.incidents(ctx, s)
	if err != nil {
		return err
	}
	open, n := false, 0
	if len(incidents) > 0 {
		open, n = incidents[0].until.IsZero(), incidents[0].n
	}
	covered := s.courier != "" && known && !all.Over
	switch {
	case is.Over && open:
		return p.engine.over(ctx, new(Report), s.key(n))
	case is.Over || open || covered:
		return nil
	}
	what := "parcels at " + s.carrier
	if s.courier != "" {
		what = fmt.Sprintf("parcels of %s at %s", s.courier, s.carrier)
	}
	return p.engine.tell(ctx, new(Report), Action{
		Key: s.key(n + 1), Name: AlertOperations, At: is.At,
		Reason: fmt.Sprintf("no push about %s where %.0f were expected; polls make up for them", what, is.Expected),
	})
}

// recollect takes what was learned by an engine before this one, once.
func (p *pushes) recollect(ctx context.Context) {
	if p.recollected {
		return
	}
	err := p.hints.Recollect(ctx, &ledger{p.engine})
	p.recollected = err == nil
	p.complain(ctx, "what was learned about pushes cannot be read", err)
}

// upkeep keeps what was learned, if that would not take the place of what could not be read, and looks what is registered.
func (p *pushes) upkeep(ctx context.Context) {
	if p == nil {
		return
	}
	p.recollect(ctx)
	p.keep(ctx)
	p.complain(ctx, "the registry cannot be read", p.look(ctx))
}

func (p *pushes) keep(ctx context.Context) {
	if p.recollected {
		err := p.hints.Keep(ctx, &ledger{p.engine}, p.engine.config.Now())
		p.complain(ctx, "what was learned about pushes cannot be kept", err)
	}
}

// end tells and keeps what there is when Run ends.
func (p *pushes) end(ctx context.Context) {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	p.complain(ctx, "a silence of pushes cannot be told", p.tell(ctx))
	p.keep(ctx)
}

func (p *pushes) complain(ctx context.Context, what string, err error) {
	if err != nil && !errors.Is(err, errNoKeeper) && ctx.Err() == nil {
		p.engine.config.Logger.ErrorContext(ctx, what, slog.String("err", reason(err)))
	}
}
