package fulfill_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// TestReconcile has three parcels that are pushed, at a carrier that is polled once in ten days: of one a push came, of one
// the push got lost, and of one there is nothing to tell.
func TestReconcile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry, carrier := subscription.NewMemoryRegistry(), newToy("toy")
		manager, err := subscription.NewManager(subscription.Config{Registry: registry, Providers: []subscription.Provider{{Carrier: pushing{}}}})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, func(c *fulfill.Config) {
			c.Carriers, c.Now = []tracking.Carrier{carrier}, nil
			c.Poll.Policy = poll.Fixed(10 * 24 * time.Hour)
			c.Night = fulfill.Night{Subscriptions: manager, Registry: registry, Subscribe: []string{"pushing"}}
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		const told, lost, quiet = "680100000001", "680100000002", "680100000003"
		for i, number := range []string{told, lost, quiet} {
			w.now = time.Now()
			w.released(order.OrderID(fmt.Sprint("O", i)), number)
			carrier.show(number, scan{status: tracking.StatusPickedUp, at: time.Now()})
		}
		w.job(fulfill.RegisterWaybills)
		w.job(fulfill.KeepAlive)
		<-time.After(time.Hour) // all were asked once
		moved := scan{status: tracking.StatusInTransit, at: time.Now()}
		carrier.show(told, moved)
		carrier.show(lost, moved)
		<-time.After(3 * time.Hour)
		w.now = time.Now()
		w.pushed(told, scan{status: tracking.StatusPickedUp, at: moved.at.Add(-time.Hour)}, moved)
		expect := func(what string, done, missed int, asked ...int) {
			t.Helper()
			if r := w.job(fulfill.Reconcile); r.Done != done || r.Lost != missed || r.Refused != 0 {
				t.Errorf("%s: %+v", what, r)
			}
			<-time.After(time.Minute)
			carrier.mu.Lock()
			defer carrier.mu.Unlock()
			if got := []int{carrier.asked[told], carrier.asked[lost], carrier.asked[quiet]}; !slices.Equal(got, asked) {
				t.Errorf("%s: asked %v times, want %v", what, got, asked)
			}
		}
		expect("the same day", 0, 0, 1, 1, 1)
		<-time.After(22 * time.Hour)
		expect("a day after the polls", 2, 0, 1, 2, 2)
		<-time.After(5 * time.Hour)
		expect("a day after the push", 1, 1, 2, 2, 2)
		<-time.After(10 * time.Hour)
		carrier.show(quiet, scan{status: tracking.StatusDelivered, at: time.Now()})
		<-time.After(13 * time.Hour)
		expect("the next day", 2, 0, 2, 3, 3)
		<-time.After(6 * time.Hour)
		expect("one is delivered, and its push was lost", 1, 1, 3, 3, 3)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// shelf remembers until when it was pruned.
type shelf struct {
	webhook.Inbox
	before []time.Time
	err    error
}

func (s *shelf) Prune(_ context.Context, before time.Time) (int, error) {
	s.before = append(s.before, before)
	return 7, s.err
}

// rawStore can forget raw answers.
type rawStore struct {
	fulfill.Store
	raw *shelf
}

func (s rawStore) PruneAnswers(ctx context.Context, before time.Time) (int, error) {
	return s.raw.Prune(ctx, before)
}

func TestRetain(t *testing.T) {
	raw, access, old := &shelf{}, &shelf{err: errors.New("read-only")}, &shelf{}
	inbox := &shelf{Inbox: webhook.NewMemoryInbox()}
	w := newWorld(t, func(c *fulfill.Config) {
		c.Store, c.Inbox = rawStore{c.Store, raw}, inbox
		c.Night = fulfill.Night{KeepAnswers: 48 * time.Hour, Records: []fulfill.Records{
			{Name: "access", In: access}, {Name: "old", In: old, Years: privacy.OneYear},
		}}
	})
	r, err := w.engine.Do(w.ctx, fulfill.Retain)
	if !errors.Is(err, access.err) || !errors.Is(r.Err, access.err) || r.Done != 28 || r.Refused != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	for name, test := range map[string]struct {
		shelf *shelf
		want  time.Time
	}{
		"inbox": {inbox, start.AddDate(0, 0, -30)}, "raw": {raw, start.AddDate(0, 0, -2)},
		"access": {access, start.AddDate(-2, 0, 0)}, "old": {old, start.AddDate(-1, 0, 0)},
	} {
		if len(test.shelf.before) != 1 || !test.shelf.before[0].Equal(test.want) {
			t.Errorf("%s: pruned until %v, want %v", name, test.shelf.before, test.want)
		}
	}
	w = newWorld(t)
	if r := w.job(fulfill.Retain); r.Done != 0 {
		t.Errorf("nothing to forget: %+v", r)
	}
}

// TestRunDoesTheNight goes through a whole night of an engine: a pickup is called delivered, and eight nights later bought.
func TestRunDoesTheNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jobs []fulfill.Job
		w := newWorld(t, func(c *fulfill.Config) {
			c.Now = nil
			c.Night = fulfill.Night{Jobs: fulfill.Jobs(), Told: func(r fulfill.Report) {
				if r.Job != fulfill.Stalls || r.Done > 0 {
					jobs = append(jobs, r.Job)
				}
			}}
		})
		w.now = time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		<-time.After(time.Hour)
		synctest.Wait()
		if want := fulfill.Jobs()[:7]; !slices.Equal(jobs, want) {
			t.Errorf("at first: %q", jobs)
		}
		jobs = nil
		w.past("O1", steps("O1", order.MethodPickup, "", "", 3)...)
		<-time.After(24 * time.Hour)
		synctest.Wait()
		w.wants("O1", "S1 DELIVERED")
		if want := fulfill.Jobs()[:7]; !slices.Equal(jobs, want) {
			t.Errorf("in a night: %q", jobs)
		}
		<-time.After(7 * 24 * time.Hour)
		w.wants("O1", "S1 DELIVERED")
		<-time.After(24 * time.Hour)
		w.wants("O1", "S1 PURCHASE_CONFIRMED")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
