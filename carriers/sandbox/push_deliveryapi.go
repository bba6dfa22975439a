package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/webhook"
)

// apiPush is the body of a push (documented).
type apiPush struct {
	Event     string            `json:"event"`
	RequestID string            `json:"requestId"`
	Timestamp string            `json:"timestamp"`
	Summary   apiPushSummary    `json:"summary"`
	Items     []apiPolled       `json:"items"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

type apiPushSummary struct {
	Total      int  `json:"total"`
	Delivered  int  `json:"delivered"`
	Active     int  `json:"active"`
	HasChanges bool `json:"hasChanges"`
}

// signPush signs as deliveryapi is reported to. A secret below the length that our signer asks for is filled up with
// zero bytes, which gives the same signature.
func signPush(h http.Header, secret string, body []byte, at time.Time) {
	const enough = 16
	if len(secret) < enough {
		secret += strings.Repeat("\x00", enough-len(secret))
	}
	signer, err := webhook.NewSigner(webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp"), webhook.Key{Secret: secret})
	if err != nil {
		return // goes out unsigned, which no receiver takes
	}
	signer.Sign(h, body, at, "")
}

// subscribed is a subscription that reports to an endpoint.
type subscribed struct {
	*apiSubscription
	at *apiEndpoint
}

// oweDeliveryAPI gives what the hourly polls up to now have to tell: tracking.polled on a change and the first time,
// tracking.completed when all is delivered or the 14 days are over, and one push at once for a single crawl, whose event
// is not known.
func (p *Pusher) oweDeliveryAPI(now time.Time) []*parcelPush {
	var owed []*parcelPush
	for _, s := range p.world.subscribed() {
		from := p.since(s.id, s.created, now)
		for _, at := range p.world.pollsWorthALook(s.apiSubscription) {
			if !at.After(from) || at.After(now) {
				continue
			}
			if payload, tell := p.world.apiTell(s.apiSubscription, at); tell {
				owed = append(owed, apiPushOf(s, payload, at))
			}
		}
	}
	return owed
}

func apiPushOf(s subscribed, payload apiPush, at time.Time) *parcelPush {
	push := &parcelPush{
		Push:    Push{Provider: DeliveryAPI, Event: payload.Event, Due: at},
		address: s.at.url, endpoint: s.at, media: "application/json", body: encoded(payload), at: at,
	}
	for _, item := range payload.Items {
		push.Parcels = append(push.Parcels, item.TrackingNumber)
	}
	return push
}

// subscribed lists the subscriptions that report to an endpoint which is not switched off.
func (w *World) subscribed() []subscribed {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []subscribed
	for key, subscriptions := range w.deliveryAPI.subscriptions {
		for _, s := range subscriptions {
			i := slices.IndexFunc(w.deliveryAPI.endpoints[key], func(e *apiEndpoint) bool { return e.id == s.endpoint })
			if i >= 0 && !w.deliveryAPI.endpoints[key][i].off(w.config.Limits) {
				copied := *s
				list = append(list, subscribed{&copied, w.deliveryAPI.endpoints[key][i]})
			}
		}
	}
	slices.SortFunc(list, func(a, b subscribed) int { return a.created.Compare(b.created) })
	return list
}

// pollsWorthALook gives the hourly polls of a subscription that can find something: the first, those after something was
// published, and the last.
func (w *World) pollsWorthALook(s *apiSubscription) []time.Time {
	end := s.created.Add(apiLifetime)
	polls := []time.Time{s.created}
	if !s.recurring {
		return polls
	}
	for _, item := range s.items {
		code, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
		for _, parcel := range w.uses(code, item.TrackingNumber) {
			for _, scan := range parcel.Scans {
				if scan.published().After(s.created) {
					polls = append(polls, nextPoll(s.created, scan.published(), apiPollEvery))
				}
			}
		}
	}
	polls = append(polls, end)
	slices.SortFunc(polls, time.Time.Compare)
	polls = slices.CompactFunc(polls, time.Time.Equal)
	return slices.DeleteFunc(polls, func(at time.Time) bool {
		return at.After(end) || !s.cancelled.IsZero() && !at.Before(s.cancelled)
	})
}

// nextPoll gives the first of the polls that began at begun which sees what was published at the time given.
func nextPoll(begun, published time.Time, every time.Duration) time.Time {
	if !published.After(begun) {
		return begun
	}
	return begun.Add((published.Sub(begun) + every - 1) / every * every)
}

// apiTell makes the push of the poll at the time given; false when it has nothing to tell.
func (w *World) apiTell(s *apiSubscription, at time.Time) (apiPush, bool) {
	var before time.Time
	if at.After(s.created) {
		before = at.Add(-apiPollEvery)
	}
	payload := apiPush{
		Event: "tracking.polled", RequestID: s.id, Timestamp: isoMillis(at), Metadata: s.metadata,
		Summary: apiPushSummary{Total: len(s.items)},
	}
	deliveredBefore := 0
	for _, item := range s.items {
		polled := w.apiPoll(item, at, before)
		if before.IsZero() {
			polled.HasChanged = polled.Error == ""
		}
		payload.Items = append(payload.Items, polled)
		payload.Summary.HasChanges = payload.Summary.HasChanges || polled.HasChanged
		if polled.IsDelivered {
			payload.Summary.Delivered++
		}
		if !before.IsZero() && w.apiPoll(item, before, time.Time{}).IsDelivered {
			deliveredBefore++
		}
	}
	if !before.IsZero() && deliveredBefore == len(s.items) {
		return apiPush{}, false // it has ended already
	}
	payload.Summary.Active = len(s.items) - payload.Summary.Delivered
	expired := !at.Before(s.created.Add(apiLifetime))
	if payload.Summary.Active == 0 || expired || !s.recurring {
		payload.Event, payload.Summary.Active = "tracking.completed", 0
		return payload, true
	}
	return payload, payload.Summary.HasChanges
}
