package sandbox

import (
	"context"
	"net/url"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
)

// trackerMutation is the root of mutations; the managed service alone has one.
type trackerMutation trackerCall

// Field resolves registerTrackWebhook. The same call again extends a registration, and one whose time has come is
// deleted (documented). A second address for a parcel replaces the first, and a number without data is taken: neither
// is known of the real service.
func (m *trackerMutation) Field(ctx context.Context, _ string, args gql.Args) (any, error) {
	c := (*trackerCall)(m)
	input, _ := args.Object("input")
	hook, err := c.hookOf(input)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.tracks++
	c.mu.Unlock()
	fault := c.fault
	if fault.Code == "" {
		fault, _ = c.world.fault(c.provider, hook.Courier, hook.Number)
	}
	if err := c.itemFault(ctx, fault); err != nil {
		return nil, err
	}
	if !c.world.registerHook(hook) {
		return nil, &gql.Error{Message: "Too many webhooks", Code: "FORBIDDEN", Turn: turnCourier}
	}
	return true, nil
}

// hookOf reads and checks a registration.
func (c *trackerCall) hookOf(input gql.Args) (trackerHook, error) {
	id, _ := input.String("carrierId")
	number, _ := input.String("trackingNumber")
	callback, _ := input.String("callbackUrl")
	until, _ := input["expirationTime"].(time.Time)
	carrier, ok := trackerCarrierOn(onManaged, id)
	if !ok {
		return trackerHook{}, carrierNotFound()
	}
	if address, err := url.Parse(callback); err != nil || address.Scheme != "https" || address.Host == "" {
		return trackerHook{}, &gql.Error{Message: "callbackUrl must be https", Code: "BAD_REQUEST", Turn: turnNumber}
	}
	if message := carrier.refuses(number); message != "" {
		if _, known := c.world.Look(carrier.courier(), number); !known {
			return trackerHook{}, &gql.Error{Message: message, Code: "BAD_REQUEST", Turn: turnNumber}
		}
	}
	return trackerHook{
		Courier: carrier.courier(), CarrierID: id, Number: number, Callback: callback, Until: until, At: c.world.clock.Now(),
	}, nil
}

// registerHook keeps, extends or deletes a registration; false when there are too many.
func (w *World) registerHook(hook trackerHook) bool {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	hooks := w.trackerDelivery.hooks
	for k, other := range hooks {
		if !now.Before(other.Until) {
			delete(hooks, k)
		}
	}
	k := key{hook.Courier, hook.Number}
	if !now.Before(hook.Until) {
		delete(hooks, k)
		return true
	}
	before, extended := hooks[k]
	if !extended && len(hooks) >= w.config.Limits.TrackerDeliveryWebhooks {
		return false
	}
	if extended {
		hook.At = before.At
	}
	hooks[k] = hook
	return true
}
