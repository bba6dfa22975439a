package trackingtest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// registering is Subscribe of a carrier.
type registering = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error)

// registrar is the puppet's provider of pushes: it knows one courier, and remembers what it was asked for.
func registrar(p *puppet) (registering, func(ctx context.Context, handle string) error) {
	fail := func(op string, kind, cause error) error {
		return &tracking.Error{Carrier: p.Name(), Op: op, Kind: kind, Billed: tracking.No, Err: cause}
	}
	made := map[string]bool{}
	subscribe := func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
		if err := ctx.Err(); err != nil {
			return nil, fail("subscribe", nil, err)
		}
		registrations := make([]tracking.Registration, len(subs))
		for i, sub := range subs {
			registrations[i] = tracking.Registration{Subscription: sub, Carrier: p.Name()}
			if sub.Number == "" {
				registrations[i].Err = fail("subscribe", tracking.ErrInvalidNumber, nil)
				continue
			}
			handle := "s-" + sub.Number + sub.Ref
			registrations[i].Handle, registrations[i].Existing = handle, made[handle]
			registrations[i].ExpiresAt = time.Now().Add(48 * time.Hour)
			made[handle] = true
		}
		return registrations, nil
	}
	cancel := func(ctx context.Context, handle string) error {
		if err := ctx.Err(); err != nil {
			return fail("cancel", nil, err)
		}
		delete(made, handle)
		return nil
	}
	return subscribe, cancel
}

// eachRegistration lets spoil at every registration that succeeded.
func (p *puppet) eachRegistration(spoil func(r *tracking.Registration)) {
	subscribe := p.subscribe
	p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
		registrations, err := subscribe(ctx, subs)
		for i := range registrations {
			if registrations[i].Err == nil {
				spoil(&registrations[i])
			}
		}
		return registrations, err
	}
}

func subscriptionBreakages() []breakage {
	unfit := upstream(func(e *tracking.Error) { e.Op = "subscribe" })
	return []breakage{
		{"a registration is missing", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				return registrations[:min(len(registrations), 2)], err
			}
		}, []string{clauseRegistrations}},
		{"registrations come in another order", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				if len(registrations) == 3 {
					registrations[0], registrations[2] = registrations[2], registrations[0]
				}
				return registrations, err
			}
		}, []string{clauseRegistrations}},
		{"one bad subscription harms all", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				for i := range registrations {
					if len(registrations) == 3 {
						registrations[i].Err = registrations[1].Err
					}
				}
				return registrations, err
			}
		}, []string{clauseRegistrations}},
		{"subscriptions are changed", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				subs[0].Ref = ""
				return registrations, err
			}
		}, []string{clauseRegistrations}},
		{"an empty number is registered", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				for i := range registrations {
					registrations[i].Err = nil
				}
				return registrations, err
			}
		}, []string{clauseRegistrations}},
		{"a registration is over when it is made", func(p *puppet) {
			p.eachRegistration(func(r *tracking.Registration) { r.ExpiresAt = time.Now().Add(-time.Minute) })
		}, []string{clauseRegistrations}},
		{"a registration names nobody", func(p *puppet) {
			p.eachRegistration(func(r *tracking.Registration) { r.Carrier = "" })
		}, []string{clauseRegistrations}},
		{"a second subscription is refused", func(p *puppet) {
			p.eachRegistration(func(r *tracking.Registration) {
				if r.Existing {
					r.Err = unfit
				}
			})
		}, []string{clauseAgain}},
		{"an ended context is not noticed by Subscribe", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				return subscribe(context.WithoutCancel(ctx), subs)
			}
		}, []string{clauseSubscribeEnded}},
		{"a refused subscription shows its callback", func(p *puppet) {
			subscribe := p.subscribe
			p.subscribe = func(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
				registrations, err := subscribe(ctx, subs)
				for i := range registrations {
					if e, ok := errors.AsType[*tracking.Error](registrations[i].Err); ok && len(registrations) == 2 {
						e.Err = fmt.Errorf("cannot call %s", subs[i].Callback)
					}
				}
				return registrations, err
			}
		}, []string{clauseHidden}},
		{"a handle holds its callback", func(p *puppet) {
			p.eachRegistration(func(r *tracking.Registration) { r.Handle += "@" + r.Subscription.Callback })
		}, []string{clauseHidden}},
		{"there is no handle to cancel", func(p *puppet) {
			p.eachRegistration(func(r *tracking.Registration) { r.Handle = "" })
		}, []string{clauseCancel}},
		{"what is gone cannot be cancelled", func(p *puppet) {
			cancel, gone := p.cancel, false
			p.cancel = func(ctx context.Context, handle string) error {
				if gone {
					return &tracking.Error{Carrier: p.Name(), Op: "cancel", Kind: tracking.ErrNotFound}
				}
				err := cancel(ctx, handle)
				gone = err == nil
				return err
			}
		}, []string{clauseCancel}},
		{"an ended context is not noticed by Cancel", func(p *puppet) {
			cancel := p.cancel
			p.cancel = func(ctx context.Context, handle string) error { return cancel(context.WithoutCancel(ctx), handle) }
		}, []string{clauseCancel}},
		{"nothing can be cancelled", func(p *puppet) {
			p.cancel = func(ctx context.Context, _ string) error {
				if err := ctx.Err(); err != nil {
					return &tracking.Error{Carrier: p.Name(), Op: "cancel", Billed: tracking.No, Err: err}
				}
				return unfit
			}
		}, []string{clauseCancel}},
	}
}
