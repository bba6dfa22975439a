package subscription_test

import (
	"context"
	"net/http"
	"slices"
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

// All three providers together, over the wire protocols: registered, kept alive for a week, paid for once.
func TestManagerAtTheSandbox(t *testing.T) {
	clock := sandbox.NewClock(begin, 0)
	world := sandbox.New(sandbox.Config{Clock: clock, Empty: true})
	numbers := []string{"550000001234", "550000001245"}
	for _, n := range numbers {
		world.Add(sandbox.Parcel{Courier: courier.CJ, Number: n, Label: begin})
	}
	host := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	pusher := world.Pusher(sandbox.PushConfig{Client: sandbox.HandlerClient(host)})
	unpaced := rate.NewLimiter(rate.Inf, 0)
	demo, urls := world.Demo(), world.URLs("")
	api := deliveryapi.New(deliveryapi.Config{BaseURL: urls.DeliveryAPI, APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret, Client: world.Client(), Limiter: unpaced})
	trace := sweettracker.NewTrace(sweettracker.TraceConfig{BaseURL: urls.SweetTrackerTrace, Tier: demo.SweetTrackerTier, Key: demo.SweetTrackerTraceKey, Client: world.Client(), Limiter: unpaced})
	tracker := trackerdelivery.New(trackerdelivery.Config{
		BaseURL: urls.TrackerDelivery, ClientID: demo.TrackerDeliveryClientID, ClientSecret: demo.TrackerDeliveryClientSecret,
		TokenURL: urls.TrackerDeliveryToken, Client: world.Client(), Now: clock.Now, Limiter: unpaced,
	})
	var alarms []subscription.Alarm
	m, err := subscription.NewManager(subscription.Config{
		Registry: subscription.NewMemoryRegistry(), Now: clock.Now,
		Alarm: func(_ context.Context, a subscription.Alarm) { alarms = append(alarms, a) },
		Providers: []subscription.Provider{
			{Carrier: api, Callback: "https://shop.example/hooks/deliveryapi", Secret: webhook.Key{Secret: "a-secret-of-the-shop"}},
			{Carrier: trace, Callback: "https://shop.example/hooks/sweettracker/kW8yV3xQ2mD5nB7tR1pZ6a"},
			{Carrier: tracker, Callback: "https://shop.example/hooks/trackerdelivery/kW8yV3xQ2mD5nB7tR1pZ6a"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, carrier := range []string{"deliveryapi", "sweettracker", "trackerdelivery"} {
		for i, n := range numbers {
			ref := []string{"D1", "D2"}[i]
			if err := m.Want(t.Context(), carrier, tracking.Subscription{Courier: courier.CJ, Number: n, Ref: ref}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 7 * 24 {
		if err := m.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := pusher.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if live := world.Registrations(); len(live) != 6 {
			t.Fatalf("%v after the start, %d of 6 registrations are live; alarms %v", clock.Now().Sub(begin), len(live), alarms)
		}
		clock.Advance(time.Hour)
	}
	if len(alarms) > 0 {
		t.Errorf("alarms: %+v", alarms)
	}
	var ops []string
	for _, r := range world.Requests() {
		if r.Path == "/deliveryapi/v1/webhooks/register" || r.Path == "/deliveryapi/v1/webhooks/endpoints" && r.Method == http.MethodPost {
			ops = append(ops, r.Path)
		}
	}
	slices.Sort(ops)
	if len(ops) != 3 { // an endpoint, and one paid registration per order
		t.Errorf("paid calls: %v", ops)
	}
}
