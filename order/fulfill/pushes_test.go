package fulfill_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// pushedRoad is an engine to which pushes come, a minute after each change, but for an outage.
type pushedRoad struct {
	*world
	carrier  *toy
	mu       sync.Mutex
	told     []string // alerts about pushes, in order
	recorded int      // calls of the host's own hook
	stop     func()
}

func (r *pushedRoad) alert(_ context.Context, a fulfill.Action) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasPrefix(a.Key, "alert/pushes/") {
		r.told = append(r.told, a.Key)
	}
	return nil
}

// run begins an engine on the store.
func (r *pushedRoad) run() {
	engine, err := fulfill.New(r.config)
	if err = errors.Join(err, r.config.Validate()); err != nil { // which changes nothing
		r.Fatal(err)
	}
	r.engine = engine
	ctx, cancel := context.WithCancel(r.ctx)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.Error(err)
		}
	}
}

// live goes through hours in which a parcel is sent every twenty minutes. From dead to alive no push comes; meanwhile the
// program is started anew, twice.
func (r *pushedRoad) live(hours, dead, alive int) (asked int64) {
	begin := time.Now()
	stages := []struct {
		after  time.Duration
		status tracking.Status
	}{
		{3 * time.Hour, tracking.StatusPickedUp}, {8 * time.Hour, tracking.StatusInTransit},
		{20 * time.Hour, tracking.StatusOutForDelivery}, {26 * time.Hour, tracking.StatusDelivered},
	}
	no := func(n int) string { return fmt.Sprintf("6802000%05d", n) }
	scans := map[int][]scan{}
	r.run()
	for n := range 3 * hours {
		r.now = time.Now()
		r.released(order.OrderID(fmt.Sprint("O", n)), no(n))
		var moved []int
		for p := range n {
			for _, s := range stages {
				if begin.Add(time.Duration(p)*20*time.Minute + s.after).Equal(r.now) {
					r.carrier.show(no(p), scan{status: s.status, at: r.now})
					scans[p] = append(scans[p], scan{status: s.status, at: r.now})
					moved = append(moved, p)
				}
			}
		}
		<-time.After(time.Minute)
		r.now = time.Now()
		for _, p := range moved {
			if n < 3*dead || n >= 3*alive {
				r.pushed(no(p), scans[p]...)
			}
		}
		if n == 3*(dead+alive)/2 || n == 3*alive-1 { // the second too late for the silence to be noticed again
			asked += r.engine.Stats().Polls[0].Asked
			r.stop()
			r.run()
		}
		<-time.After(19 * time.Minute)
	}
	asked += r.engine.Stats().Polls[0].Asked
	r.stop()
	return asked
}

func newPushedRoad(t *testing.T, change func(c *fulfill.Config)) *pushedRoad {
	r := &pushedRoad{carrier: newToy("toy")}
	r.world = newWorld(t, func(c *fulfill.Config) {
		c.Carriers, c.Now, c.Poll.Policy = []tracking.Carrier{r.carrier}, nil, nil
		c.Actions.AlertOperations, c.Undo.AlertOperations = r.alert, r.alert
		c.Poll.Hooks.Recorded = func(poll.Recorded) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.recorded++
		}
		change(c)
	})
	return r
}

// An engine that is pushed asks less, tells once that pushes fell silent, over a restart too, and once that they came again.
func TestPushesAreReliedOn(t *testing.T) {
	const hours, dead, alive = 110, 80, 90
	var without, with, own int64
	synctest.Test(t, func(t *testing.T) {
		r := newPushedRoad(t, func(*fulfill.Config) {})
		without = r.live(hours, dead, alive)
		if r.told != nil {
			t.Errorf("nothing is expected, and it tells %q", r.told)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := newPushedRoad(t, func(c *fulfill.Config) { c.Subscribed = func(w poll.Watch) time.Time { return w.Opened } })
		with = r.live(hours, dead, alive)
		if want := []string{"alert/pushes/carrier/toy/1", "alert/pushes/carrier/toy/1/undo"}; !slices.Equal(r.told, want) {
			t.Errorf("told %q, want %q", r.told, want)
		}
		if r.recorded == 0 {
			t.Error("the host's own hook is not called")
		}
	})
	synctest.Test(t, func(t *testing.T) { // an adaptive policy of the host's heeds the engine that was made last
		policy := new(poll.Adaptive)
		r := newPushedRoad(t, func(c *fulfill.Config) {
			c.Poll.Policy, c.Subscribed = policy, func(w poll.Watch) time.Time { return w.Opened }
		})
		own = r.live(hours, dead, alive)
	})
	if max(with, own) > without*7/10 || own > with*11/10 {
		t.Errorf("asked %d times, with a policy of the host's %d, without pushes %d", with, own, without)
	}
	t.Logf("asked %d times, with a policy of the host's %d, without pushes %d", with, own, without)
}

// With a registry, pushes are expected about what is registered, since its first registration; when it fails, about what was.
func TestPushesAreExpectedByTheRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := &failing{MemoryRegistry: subscription.NewMemoryRegistry()}
		manager, err := subscription.NewManager(subscription.Config{Registry: registry, Providers: []subscription.Provider{{Carrier: pushing{}}}})
		if err != nil {
			t.Fatal(err)
		}
		r := newPushedRoad(t, func(c *fulfill.Config) {
			c.Night = fulfill.Night{Subscriptions: manager, Registry: registry, Subscribe: []string{"pushing"}}
		})
		expected := func(number string) time.Time {
			return r.engine.PushesSince(poll.Watch{ID: poll.WatchID{Shipment: shipmentID(number), Carrier: "toy", Role: poll.Primary}})
		}
		const one, other = "680100000001", "680100000002"
		r.run()
		r.now = time.Now()
		r.released("O1", one)
		r.job(fulfill.RegisterWaybills)
		if at := expected(one); !at.IsZero() {
			t.Errorf("before it is registered: %v", at)
		}
		r.job(fulfill.KeepAlive)
		first := time.Now()
		if at := expected(one); !at.Equal(first) || !expected(other).IsZero() {
			t.Errorf("registered: since %v; another: since %v", at, expected(other))
		}
		id := subscription.ID{Carrier: "pushing", Courier: "cj", Number: one}
		entry, _ := registry.Get(r.ctx, id)
		entry.RegisteredAt = first.Add(10 * time.Hour) // renewed
		if _, err := registry.Put(r.ctx, entry); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Hour)
		if at := expected(one); !at.Equal(first) {
			t.Errorf("renewed: since %v, want %v", at, first)
		}
		registry.Put(r.ctx, subscription.Entry{ID: subscription.ID{Carrier: "pushing", Courier: "cj", Number: other}, State: subscription.Registered, RegisteredAt: first})
		<-time.After(2 * time.Hour)
		if expected(other).IsZero() {
			t.Error("what others registered is not found within the hour")
		}
		registry.broken.Store(true)
		<-time.After(2 * time.Hour)
		if expected(other).IsZero() {
			t.Error("forgotten, since the registry fails")
		}
		registry.broken.Store(false)
		entry, _ = registry.Get(r.ctx, id)
		entry.State = subscription.Released
		if _, err := registry.Put(r.ctx, entry); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Hour)
		if at := expected(one); !at.IsZero() {
			t.Errorf("released: since %v", at)
		}
		r.stop()
	})
}

// failing is a registry that cannot be read at times.
type failing struct {
	*subscription.MemoryRegistry
	broken atomic.Bool
}

func (f *failing) All(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error] {
	if f.broken.Load() {
		return func(yield func(subscription.Entry, error) bool) { yield(subscription.Entry{}, errors.New("broken")) }
	}
	return f.MemoryRegistry.All(ctx, carrier, state)
}

// An engine whose host has other means to know of pushes leaves them alone, and one whose policy has none does too.
func TestPushesAndAPolicyOfTheHosts(t *testing.T) {
	for name, policy := range map[string]poll.Policy{
		"a recall of its own": &poll.Adaptive{Recall: func(poll.Watch, time.Time) float64 { return 0.5 }}, "a table": poll.DefaultTable(),
	} {
		w := newWorld(t, func(c *fulfill.Config) {
			c.Poll.Policy, c.Subscribed = policy, func(w poll.Watch) time.Time { return w.Opened }
		})
		if w.engine.ExpectsPushes() {
			t.Errorf("%s: pushes are learned about for nobody", name)
		}
	}
}
