package fulfill_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// An engine that is given no policy plans by the schedule, and its explanations say why each ask was due.
func TestPollsGoByTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := newToy("toy")
		w := newWorld(t, func(c *fulfill.Config) {
			c.Carriers, c.Now, c.Poll.Policy = []tracking.Carrier{carrier}, nil, nil
		})
		w.now = time.Now()
		w.released("O1", number)
		carrier.show(number, scan{status: tracking.StatusOutForDelivery, at: time.Now()})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		<-time.After(time.Hour)
		carrier.show(number, scan{status: tracking.StatusDelivered, at: time.Now()})
		<-time.After(12 * time.Hour)
		x, err := w.engine.Explain(t.Context(), "O1")
		if err != nil {
			t.Fatal(err)
		}
		if text := x.Text(fulfill.English); !strings.Contains(text, "asked then because: ") || !strings.Contains(text, "has come with a chance of") {
			t.Errorf("no reason in\n%s", text)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// forgetful is a store that keeps nothing by name.
type forgetful struct{ fulfill.Store }

type forgetfulTx struct{ fulfill.Tx }

func (s forgetful) Transact(ctx context.Context, f func(context.Context, fulfill.Tx) error) error {
	return s.Store.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return f(ctx, forgetfulTx{tx}) })
}

func (tx forgetfulTx) Watches() poll.Store {
	return struct {
		poll.Store
		lister
	}{tx.Tx.Watches(), tx.Tx.Watches().(lister)}
}

type lister interface {
	Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error]
}

// lived puts parcels into a store that were delivered and asked about no more.
func (w *world) lived(parcels int) {
	w.Helper()
	for n := range parcels {
		id := poll.WatchID{Shipment: poll.ShipmentID{Courier: "cj", Number: fmt.Sprintf("6801234%05d", n), Generation: 1}, Carrier: "toy", Role: poll.Primary}
		q := tracking.Query{Courier: id.Shipment.Courier, Number: id.Shipment.Number}
		p := parcelOf("toy", q, w.now, scan{status: tracking.StatusPickedUp, at: start.Add(-60 * time.Hour)}, scan{status: tracking.StatusDelivered, at: start.Add(-40 * time.Hour)})
		err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
			if _, err := tx.Watches().Change(ctx, id, func(kept poll.Watch) poll.Watch { kept.Life = poll.Active; return kept }); err != nil {
				return err
			}
			_, err := tx.Watches().Record(ctx, poll.Report{ID: id, Door: tracking.DoorPush, Parcel: p, At: w.now}, func(kept poll.Watch, _ tracking.Gain) poll.Watch {
				kept.Life, kept.Reason, kept.Due = poll.Closed, poll.ReasonDelivered, w.now
				return kept
			})
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
	}
}

func TestLearnSchedule(t *testing.T) {
	policy := new(poll.Adaptive)
	w := newWorld(t, func(c *fulfill.Config) { c.Poll.Policy = policy })
	if r := w.job(fulfill.LearnSchedule); r.Done != 0 || policy.Model() != schedule.Prior() {
		t.Errorf("of an empty store: %+v", r)
	}
	w.lived(250)
	if r := w.job(fulfill.LearnSchedule); r.Done != 250 || r.Left != 0 || policy.Model() == schedule.Prior() {
		t.Errorf("%+v", r)
	}

	// Another process on the store finds it when it starts, and an engine with another policy does not mind.
	synctest.Test(t, func(t *testing.T) {
		for _, other := range []poll.Policy{new(poll.Adaptive), poll.Fixed(time.Hour)} {
			config := w.config
			config.Poll.Policy, config.Now = other, nil
			engine, err := fulfill.New(config)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- engine.Run(ctx) }()
			<-time.After(time.Minute)
			if own, ok := other.(*poll.Adaptive); ok && own.Model().String() != policy.Model().String() {
				t.Error("what was learned is not used after a restart")
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// Without a policy that learns there is nothing to do; without a store that keeps what was learned, it is used here all the same.
func TestLearnScheduleNeeds(t *testing.T) {
	w := newWorld(t)
	w.lived(20)
	if r := w.job(fulfill.LearnSchedule); r.Done != 0 {
		t.Errorf("with a policy that does not learn: %+v", r)
	}
	policy := new(poll.Adaptive)
	w = newWorld(t, func(c *fulfill.Config) { c.Poll.Policy, c.Store = policy, forgetful{c.Store} })
	w.lived(20)
	if r := w.job(fulfill.LearnSchedule); r.Done != 20 || r.Left != 1 || policy.Model() == schedule.Prior() {
		t.Errorf("with a store that keeps nothing by name: %+v", r)
	}
}
