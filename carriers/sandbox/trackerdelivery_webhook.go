package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/gql"
	"github.com/waybill-dev/waybill/tracking"
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
func (c *trackerCall) hookOf(input gql.Args) (TrackerDeliveryWebhook, error) {
	id, _ := input.String("carrierId")
	number, _ := input.String("trackingNumber")
	callback, _ := input.String("callbackUrl")
	until, _ := input["expirationTime"].(time.Time)
	carrier, ok := trackerCarrierOn(onManaged, id)
	if !ok {
		return TrackerDeliveryWebhook{}, carrierNotFound()
	}
	if address, err := url.Parse(callback); err != nil || address.Scheme != "https" || address.Host == "" {
		return TrackerDeliveryWebhook{}, &gql.Error{Message: "callbackUrl must be https", Code: "BAD_REQUEST", Turn: turnNumber}
	}
	if message := carrier.refuses(number); message != "" {
		if _, known := c.world.Look(carrier.courier(), number); !known {
			return TrackerDeliveryWebhook{}, &gql.Error{Message: message, Code: "BAD_REQUEST", Turn: turnNumber}
		}
	}
	return TrackerDeliveryWebhook{carrier.courier(), id, number, callback, until}, nil
}

// registerHook keeps, extends or deletes a registration; false when there are too many.
func (w *World) registerHook(hook TrackerDeliveryWebhook) bool {
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
	if _, extended := hooks[k]; !extended && len(hooks) >= w.config.Limits.TrackerDeliveryWebhooks {
		return false
	}
	hooks[k] = hook
	return true
}

// TrackerDeliveryWebhooks lists the live registrations at the managed tracker.delivery, by courier and number.
func (w *World) TrackerDeliveryWebhooks() []TrackerDeliveryWebhook {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	live := []TrackerDeliveryWebhook{}
	for _, hook := range w.trackerDelivery.hooks {
		if now.Before(hook.Until) {
			live = append(live, hook)
		}
	}
	slices.SortFunc(live, func(a, b TrackerDeliveryWebhook) int {
		return cmp.Or(cmp.Compare(a.Courier, b.Courier), cmp.Compare(a.Number, b.Number))
	})
	return live
}

// changed reports whether the service would call back for what was published of the parcel after since and up to now.
func (w *World) changed(c tracking.Courier, number string, since time.Time) bool {
	view, found := w.Look(c, number)
	return found && slices.ContainsFunc(view.Parcel.Scans, func(s Scan) bool { return s.published().After(since) })
}

// TrackerDeliveryCallbacks gives the callbacks that the managed service owes for what it learnt after since: one per
// live registration whose parcel has changed. The caller sends them, with [TrackerDeliveryWebhook.Request].
func (w *World) TrackerDeliveryCallbacks(since time.Time) []TrackerDeliveryWebhook {
	return slices.DeleteFunc(w.TrackerDeliveryWebhooks(), func(h TrackerDeliveryWebhook) bool {
		return !w.changed(h.Courier, h.Number, since)
	})
}

// Request makes the callback: the courier and the number, and nothing that proves where it comes from (documented).
func (h TrackerDeliveryWebhook) Request(ctx context.Context) (*http.Request, error) {
	body, err := json.Marshal(struct {
		CarrierID      string `json:"carrierId"`
		TrackingNumber string `json:"trackingNumber"`
	}{h.CarrierID, h.Number})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Callback, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}
