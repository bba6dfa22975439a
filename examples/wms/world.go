package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

var kst = time.FixedZone("KST", 9*60*60)

// opening is the morning on which the orders come in: a Thursday, so that a weekend follows.
var opening = time.Date(2026, time.November, 19, 9, 0, 0, 0, kst)

// crowdDays is for how many working days the couriers have labels.
const crowdDays = 12

// The secrets of a real shop come from its configuration.
var (
	signing = webhook.Key{ID: "2026-11", Secret: "whsec_only_for_this_example"}
	token   = webhook.Key{ID: "2026-11", Secret: "kW8yV3xQ2mD5nB7tR1pZ6a"}
)

const public = "https://shop.example" // what the providers are told; the sandbox calls the handler of this process instead

// A world is everything outside of the warehouse: couriers with their parcels, and the three providers that tell of them.
type world struct {
	*sandbox.World
	crowd  *sandbox.Crowd
	perDay int
	// unattended says that the process was away for a while: what stood for a short time only may have passed unseen.
	unattended bool
	pusher     *sandbox.Pusher
	calling    atomic.Int64 // requests of carriers that are on the wire
}

// newWorld makes the couriers and providers for a number of orders. The same seed makes the same parcels.
func newWorld(seed uint64, orders int, faults bool, clock *sandbox.Clock) (*world, error) {
	w := &world{perDay: 2 * orders}
	var err error
	w.crowd, err = sandbox.NewCrowd(sandbox.CrowdConfig{Seed: seed, Start: opening, Days: crowdDays, Parcels: crowdDays * w.perDay, Faults: faults})
	if err != nil {
		return nil, err
	}
	w.World = sandbox.New(sandbox.Config{Seed: seed, Clock: clock, Empty: true, Population: &remembered{Crowd: w.crowd}})
	for _, outage := range w.crowd.Outages() {
		w.Disturb(outage)
	}
	return w, nil
}

// waybill gives the n-th waybill that is printed on a working day, with when that is.
func (w *world) waybill(day, n int) tracking.Query { return w.crowd.Waybill(day*w.perDay + n) }

// script tells what a courier will do with the parcel of a waybill.
func (w *world) script(q tracking.Query) sandbox.Parcel {
	uses := w.crowd.Parcels(q.Courier, q.Number)
	return uses[len(uses)-1]
}

// overBy reports whether a courier has told by then of a parcel's end. An order that is given its number after that is known begins
// another use of the number: of two that share the parcel, the second one would be by chance, if the end is seen between them.
func (w *world) overBy(when time.Time, q tracking.Query) bool {
	return slices.ContainsFunc(w.script(q).Scans, func(s sandbox.Scan) bool {
		return (s.Status == tracking.StatusCancelled || s.Status == tracking.StatusDelivered) && s.Published.Before(when)
	})
}

// carriers are the three providers, as a shop configures them.
func (w *world) carriers() []tracking.Carrier {
	urls, demo, client, now, wait := w.URLs(""), w.Demo(), w.client(), w.Clock().Now, w.Clock().Sleep
	return []tracking.Carrier{
		deliveryapi.New(deliveryapi.Config{
			BaseURL: urls.DeliveryAPI, APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret, Client: client, Limiter: unpaced{},
			Now: now, Wait: wait, Table: with(statusmap.DeliveryAPI()),
		}),
		sweettracker.New(sweettracker.Config{
			BaseURL: urls.SweetTracker, Key: demo.SweetTrackerKey, DailyCap: 20, Client: client, Limiter: unpaced{},
			Now: now, Wait: wait,
			Table: with(statusmap.SweetTracker()),
		}),
		w.trackerDelivery(),
	}
}

// client is the sandbox's, of which is known whether it has work.
func (w *world) client() *http.Client {
	client := w.Client()
	client.Transport = wire{client.Transport, w}
	return client
}

type wire struct {
	http.RoundTripper
	*world
}

// RoundTrip is in http.RoundTripper.
func (t wire) RoundTrip(r *http.Request) (*http.Response, error) {
	t.calling.Add(1)
	defer t.calling.Add(-1)
	return t.RoundTripper.RoundTrip(r)
}

// prefer sends the parcels of some couriers to other providers than the first.
func prefer() map[tracking.Courier][]string {
	return map[tracking.Courier][]string{
		courier.Lotte: {"sweettracker"}, courier.GSPostbox: {"sweettracker"}, courier.Logen: {"trackerdelivery"}, courier.Post: {"trackerdelivery"},
	}
}

func (w *world) trackerDelivery() *trackerdelivery.Carrier {
	urls, demo := w.URLs(""), w.Demo()
	return trackerdelivery.New(trackerdelivery.Config{
		BaseURL: urls.TrackerDelivery, TokenURL: urls.TrackerDeliveryToken, Client: w.client(), Now: w.Clock().Now, Wait: w.Clock().Sleep, Limiter: unpaced{},
		ClientID: demo.TrackerDeliveryClientID, ClientSecret: demo.TrackerDeliveryClientSecret, Calls: 4, Table: with(statusmap.TrackerDelivery()),
	})
}

// words are what the couriers of the sandbox write of trouble. No provider has a code for all of it, so a host that knows
// its couriers' words adds them to the tables.
var words = []statusmap.Row{
	{Code: statusmap.AnyCode, Text: "미배달", Status: tracking.StatusFailed},
	{Code: statusmap.AnyCode, Text: "분실", Status: tracking.StatusFailed, Sub: tracking.SubLost},
	{Code: statusmap.AnyCode, Text: "배송보류", Status: tracking.StatusHold},
	{Code: statusmap.AnyCode, Text: "배송지연", Status: tracking.StatusHold, Sub: tracking.SubDelayed},
}

// with adds the words to a provider's table.
func with(t *statusmap.Table) *statusmap.Table {
	extended, err := t.With(words...)
	if err != nil {
		panic(err) // the rows are constants
	}
	return extended
}

// unpaced lets days pass in seconds. Real providers are asked at the adapters' own pace.
type unpaced struct{}

func (unpaced) Wait(context.Context) error { return nil }

// sources are how the providers' pushes are proved and read.
func sources(byReference func(context.Context, string) (tracking.Courier, string, bool, error), ours func(context.Context, tracking.Query) (bool, error)) []webhook.Source {
	return []webhook.Source{
		deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{signing}, Table: with(statusmap.DeliveryAPI())}),
		sweettracker.Webhook(sweettracker.WebhookConfig{Tokens: []webhook.Key{token}, Lookup: byReference, Table: with(statusmap.SweetTracker())}),
		trackerdelivery.Webhook(trackerdelivery.WebhookConfig{Tokens: []webhook.Key{token}, Known: ours}),
	}
}

// subscriptions keeps registered with the providers what the shop wants to be told. What the sandbox was told is gone when
// the process ends, so it is remembered no longer than that.
func (w *world) subscriptions() (*subscription.Manager, error) {
	urls, demo := w.URLs(""), w.Demo()
	return subscription.NewManager(subscription.Config{
		Registry: subscription.NewMemoryRegistry(), Now: w.Clock().Now,
		Providers: []subscription.Provider{
			{
				Carrier: deliveryapi.New(deliveryapi.Config{
					BaseURL: urls.DeliveryAPI, APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret, Client: w.Client(), Limiter: unpaced{},
					Now: w.Clock().Now, Wait: w.Clock().Sleep,
				}),
				Callback: public + "/webhooks/deliveryapi", Secret: signing,
			},
			{
				Carrier: sweettracker.NewTrace(sweettracker.TraceConfig{
					BaseURL: urls.SweetTrackerTrace, Tier: demo.SweetTrackerTier, Key: demo.SweetTrackerTraceKey, Client: w.Client(), Limiter: unpaced{},
					Now: w.Clock().Now, Wait: w.Clock().Sleep,
				}),
				Callback: sweettracker.WebhookConfig{Tokens: []webhook.Key{token}}.Callback(public + "/webhooks"),
			},
			{
				Carrier:  w.trackerDelivery(),
				Callback: trackerdelivery.WebhookConfig{Tokens: []webhook.Key{token}}.Callbacks(public + "/webhooks")[0],
			},
		},
	})
}

// push lets the providers call the shop's handler.
func (w *world) push(hooks http.Handler) {
	w.pusher = w.Pusher(sandbox.PushConfig{Client: sandbox.HandlerClient(hooks)})
	for _, lie := range w.crowd.Lies() {
		w.pusher.Lie(lie)
	}
}

// remembered is a crowd that writes each script once.
type remembered struct {
	*sandbox.Crowd
	scripts sync.Map // of waybill to []sandbox.Parcel
}

// Parcels is in sandbox.Population.
func (r *remembered) Parcels(c tracking.Courier, number string) []sandbox.Parcel {
	key := string(c) + " " + number
	if known, ok := r.scripts.Load(key); ok {
		return known.([]sandbox.Parcel)
	}
	uses := r.Crowd.Parcels(c, strings.Clone(number))
	if uses != nil {
		r.scripts.Store(key, uses)
	}
	return uses
}

// id is how the parcels of the example are told apart where a text is needed.
func id(c tracking.Courier, number string, generation int) string {
	return fmt.Sprintf("%s/%s/%d", c, number, generation)
}
