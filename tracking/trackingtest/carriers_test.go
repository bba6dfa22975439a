package trackingtest_test

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// site is what an adapter is pointed at, and what a host gives it besides.
type site struct {
	keys    sandbox.Credentials
	urls    sandbox.URLs
	client  *http.Client
	logger  *slog.Logger
	hooks   transport.Hooks
	table   *statusmap.Table // nil: the built-in one
	keepRaw bool
}

// at is the site of a world: its addresses, and the keys of its demo account.
func at(w *sandbox.World) site { return site{keys: w.Demo(), urls: w.URLs(""), client: w.Client()} }

// adapter makes a carrier that asks at a site.
type adapter struct {
	name     string
	provider string // as the sandbox calls it
	make     func(s site) tracking.Carrier
}

var adapters = []adapter{
	{"deliveryapi", sandbox.DeliveryAPI, func(s site) tracking.Carrier {
		return deliveryapi.New(deliveryapi.Config{
			APIKey: s.keys.DeliveryAPIKey, SecretKey: s.keys.DeliveryAPISecret, BaseURL: s.urls.DeliveryAPI,
			Client: s.client, Logger: s.logger, Hooks: s.hooks, Table: s.table, KeepRaw: s.keepRaw,
		})
	}},
	{"sweettracker", sandbox.SweetTracker, func(s site) tracking.Carrier { return sweettracker.New(onDemand(s)) }},
	{"trackerdelivery", sandbox.TrackerDelivery, func(s site) tracking.Carrier {
		return trackerdelivery.New(managed(s))
	}},
	{"trackerdelivery with OAuth2", sandbox.TrackerDelivery, func(s site) tracking.Carrier {
		config := managed(s)
		config.Auth, config.TokenURL = trackerdelivery.AuthOAuth2, s.urls.TrackerDeliveryToken
		return trackerdelivery.New(config)
	}},
	{"trackerdelivery with aliases", sandbox.TrackerDelivery, func(s site) tracking.Carrier {
		config := managed(s)
		config.Aliases, config.Limiter = 10, rate.NewLimiter(rate.Inf, 0)
		return trackerdelivery.New(config)
	}},
	{"trackerdelivery self-hosted", sandbox.SelfHosted, func(s site) tracking.Carrier {
		return trackerdelivery.New(trackerdelivery.Config{
			BaseURL: s.urls.SelfHosted, Client: s.client, Logger: s.logger, Hooks: s.hooks, Table: s.table, KeepRaw: s.keepRaw,
		})
	}},
	{"trackerdelivery-v1", sandbox.TrackerDeliveryV1, func(s site) tracking.Carrier {
		return trackerdelivery.NewV1(trackerdelivery.V1Config{
			ClientID: s.keys.TrackerDeliveryClientID, ClientSecret: s.keys.TrackerDeliveryClientSecret,
			BaseURL: s.urls.TrackerDeliveryV1, Client: s.client, Logger: s.logger, Hooks: s.hooks, Table: s.table, KeepRaw: s.keepRaw,
		})
	}},
}

func onDemand(s site) sweettracker.Config {
	return sweettracker.Config{
		Key: s.keys.SweetTrackerKey, BaseURL: s.urls.SweetTracker, DailyCap: sweettracker.Uncapped,
		Client: s.client, Logger: s.logger, Hooks: s.hooks, Table: s.table, KeepRaw: s.keepRaw,
	}
}

func managed(s site) trackerdelivery.Config {
	return trackerdelivery.Config{
		ClientID: s.keys.TrackerDeliveryClientID, ClientSecret: s.keys.TrackerDeliveryClientSecret,
		BaseURL: s.urls.TrackerDelivery, Mode: trackerdelivery.ModeManaged,
		Client: s.client, Logger: s.logger, Hooks: s.hooks, Table: s.table, KeepRaw: s.keepRaw,
	}
}

func magic(t *testing.T, name string) tracking.Query {
	t.Helper()
	m, ok := sandbox.MagicCase(name)
	if !ok {
		t.Fatalf("the sandbox has no case %q", name)
	}
	return m.Query()
}

// failures are the cases that each provider answers with an error, and the sentinel that the wire documents give it.
func failures(t *testing.T, provider string) []trackingtest.Failure {
	table := map[string]map[string]error{
		sandbox.DeliveryAPI: {
			"deliveryapi/item/NOT_FOUND": tracking.ErrNotFound, "deliveryapi/item/TRACKING_FAILED": tracking.ErrUpstream,
			"deliveryapi/item/COURIER_PREPARING": tracking.ErrUpstream, "deliveryapi/item/INVALID_TRACKING_NUMBER": tracking.ErrInvalidNumber,
			"deliveryapi/item/UNSUPPORTED_COURIER": tracking.ErrUnsupportedCourier, "deliveryapi/item/MISSING_PARAMS": tracking.ErrInvalidRequest,
			"deliveryapi/call/UNAUTHORIZED": tracking.ErrCredentials, "deliveryapi/call/FORBIDDEN": tracking.ErrForbidden,
			"deliveryapi/call/NOT_IMPLEMENTED": tracking.ErrUnsupported, "deliveryapi/call/INTERNAL_ERROR": tracking.ErrUpstream,
			"deliveryapi/call/CONFLICT": tracking.ErrConflict, "quota-gone": tracking.ErrQuotaExhausted, "rate-limited": tracking.ErrRateLimited,
		},
		sandbox.SweetTracker: {
			"sweettracker/101": tracking.ErrCredentials, "sweettracker/102": tracking.ErrCredentials, "sweettracker/103": tracking.ErrQuotaExhausted,
			"sweettracker/104": tracking.ErrNotFound, "sweettracker/105": tracking.ErrDailyCap, "sweettracker/106": tracking.ErrUpstream,
			"sweettracker/199": tracking.ErrUpstream, "sweettracker/no-code": tracking.ErrUpstream, "sweettracker/http/415": tracking.ErrProtocol,
			"sweettracker/http/500": tracking.ErrUpstream, "sweettracker/http/502": tracking.ErrUpstream,
		},
		sandbox.TrackerDelivery: {
			"trackerdelivery/UNAUTHENTICATED": tracking.ErrCredentials, "trackerdelivery/FORBIDDEN": tracking.ErrForbidden,
			"trackerdelivery/FORBIDDEN-rate-limit": tracking.ErrRateLimited, "trackerdelivery/NOT_FOUND": tracking.ErrNotFound,
			"trackerdelivery/NOT_FOUND-carrier": tracking.ErrUnsupportedCourier, "trackerdelivery/BAD_REQUEST": tracking.ErrInvalidNumber,
			"trackerdelivery/INTERNAL": tracking.ErrUpstream, "trackerdelivery/SOMETHING_NEW": tracking.ErrUpstream,
		},
		sandbox.SelfHosted:        {"trackerdelivery/NOT_FOUND": tracking.ErrUpstream, "trackerdelivery/INTERNAL": tracking.ErrUpstream},
		sandbox.TrackerDeliveryV1: {"trackerdelivery/NOT_FOUND": tracking.ErrNotFound, "trackerdelivery/INTERNAL": tracking.ErrUpstream},
	}
	all := []trackingtest.Failure{{Query: magic(t, "courier-down"), Want: tracking.ErrUpstream}}
	for name, want := range table[provider] {
		all = append(all, trackingtest.Failure{Query: magic(t, name), Want: want})
	}
	return all
}

func secrets() []string {
	demo := sandbox.New(sandbox.Config{}).Demo()
	return append(sandbox.Canaries(), demo.DeliveryAPIKey, demo.DeliveryAPISecret, demo.SweetTrackerKey, demo.TrackerDeliveryClientSecret)
}

func TestAdapters(t *testing.T) {
	for _, a := range everyAdapter() {
		t.Run(a.name, func(t *testing.T) {
			h := trackingtest.Harness{
				New:       func(*testing.T) tracking.Carrier { return a.make(at(sandbox.New(sandbox.Config{}))) },
				Known:     magic(t, "delivered"),
				Missing:   magic(t, "not-found"),
				Unmapped:  magic(t, "unknown"),
				Slow:      magic(t, "slow"),
				Failing:   failures(t, a.provider),
				Secrets:   append(secrets(), callbackToken),
				InProcess: true,
			}
			h.Subscription = tracking.Subscription{Courier: h.Known.Courier, Number: h.Known.Number, Ref: "ref-1", Callback: callback}
			if a.provider == sandbox.DeliveryAPI {
				h.Subscription.Callback = "" // it wants the id of an endpoint, or nobody to tell
			}
			switch a.provider {
			case sandbox.SelfHosted:
				h.Missing = tracking.Query{} // such a server does not say "not found"
			case sandbox.TrackerDeliveryV1:
				h.Unmapped = tracking.Query{} // it leaves the status out altogether
			}
			trackingtest.Run(t, h)
		})
	}
}

// TestAdaptersTellTheTruth asks every carrier about every parcel of the world and compares what it makes of the answer with
// the truth, as far as the provider can tell it.
func TestAdaptersTellTheTruth(t *testing.T) {
	for _, a := range adapters {
		t.Run(a.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(26 * 365 * 24 * time.Hour) // out of the year 2000, where fake time begins: some scans are a hundred days old
				tellTheTruth(t, a)
			})
		})
	}
}

func tellTheTruth(t *testing.T, a adapter) {
	carrier := a.make(at(sandbox.New(sandbox.Config{})))
	asked := 0
	for _, m := range sandbox.Magic() {
		if m.Faulty && m.Concerns(a.provider) || !m.Known {
			continue
		}
		if selective, ok := tracking.Ability[tracking.Selective](carrier); ok && !selective.Serves(m.Courier) {
			continue
		}
		results, err := carrier.Query(t.Context(), []tracking.Query{m.Query()})
		if err != nil || results[0].Err != nil {
			t.Errorf("%s: %v %v", m.Case, err, results)
			continue
		}
		asked++
		p := results[0].Parcel
		if want := m.Told(a.provider); p.Status != want {
			t.Errorf("%s: %v·%v, want %v (the truth is %v·%v)\n%+v", m.Case, p.Status, p.Sub, want, m.Status, m.Sub, p.Events)
		}
	}
	if asked < 20 {
		t.Errorf("only %d parcels were asked about", asked)
	}
}
