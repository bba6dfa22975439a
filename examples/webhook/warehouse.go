package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/carriers/trackerdelivery"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// The secrets of a real shop come from its configuration.
var (
	signing = webhook.Key{ID: "2026-11", Secret: "whsec_only_for_this_example"}
	token   = webhook.Key{ID: "2026-11", Secret: "kW8yV3xQ2mD5nB7tR1pZ6a"}
)

const public = "https://shop.example" // what the providers are told; the sandbox is led to this machine instead

// parcel is one of the shop's parcels.
type parcel struct {
	tracking.Query
	carrier string // who is to push about it
}

func (p parcel) id() string { return string(p.Courier) + " " + p.Number }

// parcels are those of the sandbox that begin within a day.
var parcels = []struct{ name, carrier string }{
	{"coming/cj-holiday", "deliveryapi"}, {"coming/cj-overnight", "sweettracker"}, {"coming/cj-stray-scan", "trackerdelivery"},
	{"coming/hanjin-sunday", "deliveryapi"}, {"coming/lotte-no-clock", "sweettracker"}, {"coming/logen-no-pickup", "trackerdelivery"},
}

// warehouse is the host: a server with the handler mounted, a worker behind it, and what it learnt.
type warehouse struct {
	world         *sandbox.World
	pusher        *sandbox.Pusher
	registrations *subscription.Manager
	parcels       []parcel
	address       string
	closers       []func()

	busy                      sync.WaitGroup // messages that are stored and not worked yet
	stored, repeated, refused atomic.Int64

	mu         sync.Mutex
	deliveries []webhook.Delivery
	evidence   map[string]tracking.Evidence
	states     map[string]tracking.State

	pushed int
	told   map[sandbox.LieKind][]sandbox.Push
}

func open(ctx context.Context, start time.Time, lies bool) (*warehouse, error) {
	w := &warehouse{
		world:    sandbox.New(sandbox.Config{Clock: sandbox.NewClock(start, 0)}),
		evidence: map[string]tracking.Evidence{}, states: map[string]tracking.State{}, told: map[sandbox.LieKind][]sandbox.Push{},
	}
	for i, p := range parcels {
		magic, ok := sandbox.MagicCase(p.name)
		if !ok {
			return nil, fmt.Errorf("the sandbox has no case %q", p.name)
		}
		q := magic.Query()
		q.Ref, q.Since = fmt.Sprintf("D2026112%d", i), start
		w.parcels = append(w.parcels, parcel{q, p.carrier})
	}
	if err := w.receive(ctx); err != nil {
		w.close()
		return nil, err
	}
	w.pusher = w.world.Pusher(sandbox.PushConfig{Redirect: map[string]string{public: "http://" + w.address}})
	if lies {
		for _, kind := range []sandbox.LieKind{sandbox.Forge, sandbox.Tamper, sandbox.Drop, sandbox.Duplicate, sandbox.Replay, sandbox.Reorder, sandbox.Delay} {
			w.pusher.Lie(sandbox.Lie{Kind: kind, Times: 2})
		}
	}
	if err := w.register(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// receive mounts the handler and starts the worker: what a host has to write.
func (w *warehouse) receive(ctx context.Context) error {
	client, err := w.client()
	if err != nil {
		return err
	}
	sources := []webhook.Source{
		deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{signing}}),
		sweettracker.Webhook(sweettracker.WebhookConfig{Tokens: []webhook.Key{token}, Lookup: w.byReference}),
		trackerdelivery.Webhook(trackerdelivery.WebhookConfig{Tokens: []webhook.Key{token}, Known: w.isOurs}),
	}
	inbox := webhook.NewMemoryInbox() // a real host has one that survives a restart
	worker := &webhook.Worker{
		Inbox: inbox, Sources: sources, Deliver: w.deliver, Ask: client.Track, Now: w.world.Clock().Now,
		HintDelay: -1, // the sandbox's clock stands still while the worker works
		Hooks: webhook.WorkerHooks{Worked: func(done webhook.Worked) {
			if done.Finding.State != webhook.Waiting {
				w.busy.Done()
			}
		}},
	}
	hooks, err := webhook.NewHandler(webhook.Config{
		Sources: sources, Inbox: inbox, Wake: worker.Wake, Now: w.world.Clock().Now, Hooks: webhook.Hooks{Answered: w.answered},
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/", hooks)

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.address = listener.Addr().String()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) }) // ends with Shutdown
	running.Go(func() { _ = worker.Run(working) })    // NewHandler has checked what it could complain of
	w.closers = append(w.closers, func() {            // stop accepting, finish answers, stop the worker
		_ = server.Shutdown(working)
		_ = hooks.Shutdown(working)
		stop()
		running.Wait()
	})
	return nil
}

// answered counts what the handler did. What is stored will be worked.
func (w *warehouse) answered(_ context.Context, r webhook.Report) {
	switch {
	case r.Stored:
		w.stored.Add(1)
		w.busy.Add(1)
	case r.Duplicate:
		w.repeated.Add(1)
	case r.Err != nil:
		w.refused.Add(1)
	}
}

// deliver is called at least once per message; its effect, evidence put in, is the same however often.
func (w *warehouse) deliver(_ context.Context, d webhook.Delivery) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries = append(w.deliveries, d)
	for _, o := range d.Observations {
		id := string(o.Parcel.Courier) + " " + o.Parcel.Number
		i := slices.IndexFunc(w.parcels, func(p parcel) bool { return p.id() == id })
		if i < 0 {
			continue // not a parcel of ours
		}
		e := w.evidence[id]
		e.Events = append(e.Events, o.Parcel.Events...)
		e.Verdicts = append(e.Verdicts, o.Parcel.Verdicts...)
		w.evidence[id] = e
		w.states[id] = tracking.Derive(e, tracking.Context{Since: w.parcels[i].Since})
	}
	return nil
}

// byReference finds the parcel that SweetTracker was given a reference for.
func (w *warehouse) byReference(_ context.Context, ref string) (tracking.Courier, string, bool, error) {
	for _, p := range w.parcels {
		if p.Ref == ref {
			return p.Courier, p.Number, true, nil
		}
	}
	return "", "", false, nil
}

// isOurs keeps others from spending our quota with hints.
func (w *warehouse) isOurs(_ context.Context, q tracking.Query) (bool, error) {
	return slices.ContainsFunc(w.parcels, func(p parcel) bool { return p.Courier == q.Courier && p.Number == q.Number }), nil
}

// client asks about what tracker.delivery hints at.
func (w *warehouse) client() (*tracking.Client, error) {
	return tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{w.trackerDelivery()}})
}

func (w *warehouse) trackerDelivery() *trackerdelivery.Carrier {
	urls, demo := w.world.URLs(""), w.world.Demo()
	return trackerdelivery.New(trackerdelivery.Config{
		BaseURL: urls.TrackerDelivery, TokenURL: urls.TrackerDeliveryToken, Client: w.world.Client(), Now: w.world.Clock().Now,
		Limiter: unpaced{}, ClientID: demo.TrackerDeliveryClientID, ClientSecret: demo.TrackerDeliveryClientSecret,
	})
}

// unpaced lets days pass in seconds. Real providers are asked at the adapters' own pace.
type unpaced struct{}

func (unpaced) Wait(context.Context) error { return nil }

// register tells the providers what the shop wants to be told.
func (w *warehouse) register(ctx context.Context) error {
	urls, demo := w.world.URLs(""), w.world.Demo()
	var err error
	w.registrations, err = subscription.NewManager(subscription.Config{
		Registry: subscription.NewMemoryRegistry(), Now: w.world.Clock().Now,
		Providers: []subscription.Provider{
			{
				Carrier: deliveryapi.New(deliveryapi.Config{
					BaseURL: urls.DeliveryAPI, APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret,
					Client: w.world.Client(), Limiter: unpaced{},
				}),
				Callback: public + "/webhooks/deliveryapi", Secret: signing,
			},
			{
				Carrier: sweettracker.NewTrace(sweettracker.TraceConfig{
					BaseURL: urls.SweetTrackerTrace, Tier: demo.SweetTrackerTier, Key: demo.SweetTrackerTraceKey,
					Client: w.world.Client(), Limiter: unpaced{},
				}),
				Callback: sweettracker.WebhookConfig{Tokens: []webhook.Key{token}}.Callback(public + "/webhooks"),
			},
			{
				Carrier:  w.trackerDelivery(),
				Callback: trackerdelivery.WebhookConfig{Tokens: []webhook.Key{token}}.Callbacks(public + "/webhooks")[0],
			},
		},
	})
	if err != nil {
		return err
	}
	for _, p := range w.parcels {
		err = errors.Join(err, w.registrations.Want(ctx, p.carrier, tracking.Subscription{Courier: p.Courier, Number: p.Number, Ref: p.Ref}))
	}
	return err
}

// worked waits until the worker is through with what is stored.
func (w *warehouse) worked(ctx context.Context) error {
	through := make(chan struct{})
	go func() { w.busy.Wait(); close(through) }()
	select {
	case <-through:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take gives what was delivered since the last time, in the order of arrival.
func (w *warehouse) take() []webhook.Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.deliveries
	w.deliveries = nil
	slices.SortStableFunc(taken, func(a, b webhook.Delivery) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(about(a), about(b))
	})
	return taken
}

// about names the parcels of a delivery.
func about(d webhook.Delivery) string {
	var names []string
	for _, o := range d.Observations {
		names = append(names, o.Parcel.Number)
		for _, event := range o.Parcel.Events {
			names = append(names, event.Text)
		}
	}
	return strings.Join(names, " ")
}

// known is what is derived from everything that is known of a parcel.
func (w *warehouse) known(o tracking.Observation) tracking.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.states[string(o.Parcel.Courier)+" "+o.Parcel.Number]
}

func (w *warehouse) arrived() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.parcels {
		if w.states[p.id()].Status != tracking.StatusDelivered {
			return false
		}
	}
	return true
}

func (w *warehouse) count(push sandbox.Push) {
	if push.Lie != sandbox.Drop {
		w.pushed++
	}
	if push.Lie != "" {
		w.told[push.Lie] = append(w.told[push.Lie], push)
	}
}

// answers lists how pushes were answered.
func answers(pushes []sandbox.Push) string {
	var said []string
	for _, p := range pushes {
		text := "nothing, for it was not sent"
		if p.Status != 0 {
			text = fmt.Sprint(p.Status)
			if p.Reply != "" {
				text += " " + strings.TrimSpace(p.Reply)
			}
		}
		if !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return strings.Join(said, ", ")
}

func (w *warehouse) close() {
	for _, c := range w.closers {
		c()
	}
}
