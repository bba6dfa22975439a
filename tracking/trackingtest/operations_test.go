package trackingtest_test

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
)

// The address that pushes go to, with its secret token, and the secret of a deliveryapi endpoint.
const (
	callbackToken  = "hook-token-0123456789abcdef"
	callback       = "https://shop.example/waybill/" + callbackToken
	endpointSecret = "endpoint-secret-0123456789"
)

// joined is SweetTracker with its second product.
var joined = adapter{"sweettracker with trace", "sweettracker", func(s site) tracking.Carrier {
	return sweettracker.Join(sweettracker.New(onDemand(s)), sweettracker.NewTrace(traced(s)))
}}

func traced(s site) sweettracker.TraceConfig {
	return sweettracker.TraceConfig{
		Tier: s.keys.SweetTrackerTier, Key: s.keys.SweetTrackerTraceKey, BaseURL: s.urls.SweetTrackerTrace,
		Callback: callback, Client: s.client, Logger: s.logger, Hooks: s.hooks,
	}
}

func everyAdapter() []adapter { return append([]adapter{joined}, adapters...) }

// operation is one thing that an adapter can be asked to do. It gives what came of it, for those who look at that.
type operation struct {
	name    string
	run     func(ctx context.Context) (any, error)
	once    bool // it costs, or makes something: it must never be sent twice
	offline bool // it sends nothing
	keyless bool // the provider asks for no credentials
}

// excuses reports whether a status need not have its usual sentinel.
func (o operation) excuses(status int) bool { return o.keyless && status == http.StatusUnauthorized }

// passes reports whether an operation may succeed: what is to be cancelled may be gone, and a list of couriers may be a
// bare list, as SweetTracker's was seen once.
func (o operation) passes(status int, body string) bool {
	return o.name == "cancel" && status == http.StatusNotFound || strings.HasSuffix(o.name, "couriers") && status < 300 && body == "a list"
}

// giving makes an operation of a call that gives something.
func giving[T any](name string, call func(ctx context.Context) (T, error)) operation {
	return operation{name: name, run: func(ctx context.Context) (any, error) { return call(ctx) }}
}

// listing makes one of a sequence, read to its end.
func listing[T any](name string, sequence func(ctx context.Context) iter.Seq2[T, error]) operation {
	return giving(name, func(ctx context.Context) (all []T, err error) {
		for element, failed := range sequence(ctx) {
			if failed != nil {
				err = failed
				continue
			}
			all = append(all, element)
		}
		return all, err
	})
}

// doing makes one of a call that gives nothing.
func doing(name string, call func(ctx context.Context) error) operation {
	return giving(name, func(ctx context.Context) (any, error) { return nil, call(ctx) })
}

// sentOnce says that an operation must not be repeated.
func sentOnce(o operation) operation {
	o.once = true
	return o
}

// delivered is the parcel that operations are about.
var delivered = sync.OnceValue(func() tracking.Query {
	m, _ := sandbox.MagicCase("delivered")
	return m.Query()
})

// operations makes a carrier and lists what it can do.
func operations(t *testing.T, a adapter, s site) []operation {
	t.Helper()
	c := a.make(s)
	known := delivered()
	ops := []operation{giving("query", func(ctx context.Context) (tracking.Result, error) { return one(ctx, c, known) })}
	if lister, ok := tracking.Ability[tracking.Lister](c); ok {
		ops = append(ops, listing("couriers", lister.Couriers))
	}
	if detector, ok := tracking.Ability[tracking.Detector](c); ok {
		ops = append(ops, giving("detect", func(ctx context.Context) ([]tracking.Courier, error) {
			return detector.Detect(ctx, known.Number)
		}))
	}
	if reporter, ok := tracking.Ability[tracking.QuotaReporter](c); ok {
		ops = append(ops, giving("quota", reporter.Quota))
	}
	if linker, ok := tracking.Ability[tracking.Linker](c); ok {
		link := giving("link", func(context.Context) (string, error) { return linker.Link(known) })
		link.offline = true
		ops = append(ops, link)
	}
	if subscriber, ok := tracking.Ability[tracking.Subscriber](c); ok {
		ops = append(ops, subscribing(c, subscriber, known))
	}
	switch c := c.(type) {
	case *deliveryapi.Carrier:
		ops = append(ops, pushOperations(c, known)...)
	case *sweettracker.Joined:
		ops = append(ops, traceOperations(sweettracker.NewTrace(traced(s)), known)...)
	}
	return ops
}

// subscribing registers the known parcel, in the form that the carrier wants.
func subscribing(c tracking.Carrier, subscriber tracking.Subscriber, known tracking.Query) operation {
	sub := tracking.Subscription{Courier: known.Courier, Number: known.Number, Ref: "ref-1", Callback: callback}
	_, byEndpoint := c.(*deliveryapi.Carrier)
	if byEndpoint {
		sub.Callback = ""
	}
	op := giving("subscribe", func(ctx context.Context) ([]tracking.Registration, error) {
		registrations, err := subscriber.Subscribe(ctx, []tracking.Subscription{sub})
		if err == nil {
			err = registrations[0].Err
		}
		return registrations, err
	})
	op.once = byEndpoint
	if served, ok := c.(*trackerdelivery.Carrier); ok {
		op.offline = served.Mode() == trackerdelivery.ModeSelfHosted
	}
	return op
}

func pushOperations(c *deliveryapi.Carrier, known tracking.Query) []operation {
	parcels := []tracking.Query{known}
	return []operation{
		doing("cancel", func(ctx context.Context) error { return c.Cancel(ctx, "sub_1") }),
		giving("results", func(ctx context.Context) ([]deliveryapi.Tracked, error) { return c.Results(ctx, parcels) }),
		listing("subscriptions", func(ctx context.Context) iter.Seq2[deliveryapi.Subscription, error] {
			return c.Subscriptions(ctx, deliveryapi.SubscriptionFilter{})
		}),
		giving("subscription", func(ctx context.Context) (deliveryapi.Subscription, error) { return c.Subscription(ctx, "sub_1") }),
		giving("endpoints", c.Endpoints),
		sentOnce(giving("register", func(ctx context.Context) (deliveryapi.Registered, error) {
			return c.Register(ctx, deliveryapi.Registering{Parcels: parcels})
		})),
		sentOnce(giving("create endpoint", func(ctx context.Context) (deliveryapi.Endpoint, error) {
			return c.CreateEndpoint(ctx, deliveryapi.NewEndpoint{URL: "https://shop.example/hook", Secret: endpointSecret})
		})),
		sentOnce(giving("rotate secret", func(ctx context.Context) (deliveryapi.Secret, error) {
			return c.RotateSecret(ctx, "ep_1", endpointSecret)
		})),
		doing("rename endpoint", func(ctx context.Context) error { return c.RenameEndpoint(ctx, "ep_1", "another") }),
		doing("delete endpoint", func(ctx context.Context) error { return c.DeleteEndpoint(ctx, "ep_1") }),
	}
}

func traceOperations(trace *sweettracker.Trace, known tracking.Query) []operation {
	couriers := listing("trace couriers", trace.Couriers)
	check := giving("check number", func(ctx context.Context) (bool, error) {
		return trace.CheckNumber(ctx, known.Courier, known.Number)
	})
	couriers.keyless, check.keyless = true, true
	return []operation{couriers, check}
}
