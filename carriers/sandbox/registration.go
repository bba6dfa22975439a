package sandbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// Registration is one parcel that a provider was asked to push.
type Registration struct {
	Provider string
	Courier  tracking.Courier
	Number   string
	Ref      string    // deliveryapi's clientId, SweetTracker's fid
	Handle   string    // deliveryapi's requestId
	Callback string    // the address; it may hold a secret of the host
	At       time.Time // when it was registered first
	Until    time.Time // when it lapses by itself; zero when nobody says
}

// Registrations lists the live ones of all providers, ordered by provider, courier and number. SweetTracker has no
// request that lists them.
func (w *World) Registrations() []Registration {
	list := slices.Concat(w.apiRegistrations(), w.traceRegistrations(), w.trackerRegistrations())
	slices.SortStableFunc(list, func(a, b Registration) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Courier, b.Courier), cmp.Compare(a.Number, b.Number))
	})
	return list
}

func (w *World) apiRegistrations() []Registration {
	now := w.clock.Now()
	w.mu.Lock()
	addresses := map[string]string{}
	keys := make([]string, 0, len(w.deliveryAPI.subscriptions))
	for key := range w.deliveryAPI.subscriptions {
		keys = append(keys, key)
		for _, e := range w.deliveryAPI.endpoints[key] {
			addresses[e.id] = e.url
		}
	}
	w.mu.Unlock()
	var list []Registration
	for _, key := range keys {
		for _, s := range w.apiSubscriptionsOf(key) {
			if !w.apiShow(s, now).IsActive {
				continue
			}
			for _, item := range s.items {
				code, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
				list = append(list, Registration{
					Provider: DeliveryAPI, Courier: code, Number: item.TrackingNumber, Ref: item.ClientID, Handle: s.id,
					Callback: addresses[s.endpoint], At: s.created, Until: s.created.Add(apiLifetime),
				})
			}
		}
	}
	return list
}

func (w *World) traceRegistrations() []Registration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Registration
	for _, registered := range w.sweetTrackerTrace.registered {
		for _, t := range registered {
			list = append(list, Registration{
				Provider: SweetTrackerTrace, Courier: t.courier, Number: t.number, Ref: t.fid, Callback: t.callback, At: t.at,
			})
		}
	}
	return list
}

func (w *World) trackerRegistrations() []Registration {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Registration
	for _, hook := range w.trackerDelivery.hooks {
		if hook.Until.After(now) {
			list = append(list, Registration{
				Provider: TrackerDelivery, Courier: hook.Courier, Number: hook.Number, Callback: hook.Callback,
				At: hook.At, Until: hook.Until,
			})
		}
	}
	return list
}
