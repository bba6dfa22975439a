package fulfill_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// closes keeps a parcel that was picked up two days ago and delivered five hours ago, which was seen at the fifth ask, an hour ago; two more bore
// it out. It gives what a meter should be told.
func (w *world) closes(n int) measure.Finished {
	w.Helper()
	id := poll.WatchID{Shipment: poll.ShipmentID{Courier: "cj", Number: fmt.Sprintf("6801235%05d", n), Generation: 1}, Carrier: "toy", Role: poll.Primary}
	q := tracking.Query{Courier: id.Shipment.Courier, Number: id.Shipment.Number}
	now := w.clock()
	began, picked, delivered, seen := now.Add(-60*time.Hour), now.Add(-48*time.Hour), now.Add(-5*time.Hour), now.Add(-time.Hour)
	p := parcelOf("toy", q, seen, scan{status: tracking.StatusPickedUp, at: picked}, scan{status: tracking.StatusDelivered, at: delivered})
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		if _, err := tx.Watches().Change(ctx, id, func(kept poll.Watch) poll.Watch {
			kept.Life, kept.Began, kept.Opened = poll.Active, began, began
			return kept
		}); err != nil {
			return err
		}
		_, err := tx.Watches().Record(ctx, poll.Report{ID: id, Door: tracking.DoorPush, Parcel: p, At: seen}, func(kept poll.Watch, _ tracking.Gain) poll.Watch {
			kept.Life, kept.Reason, kept.Due, kept.Settled, kept.Asks, kept.Checks = poll.Closed, poll.ReasonDelivered, now, seen, 7, 2
			return kept
		})
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return measure.Finished{Courier: "cj", Opened: began, Polls: 5, Closed: seen, Scans: []schedule.Event{
		{At: picked, Status: tracking.StatusPickedUp, Seen: seen},
		{At: delivered, Status: tracking.StatusDelivered, Seen: seen},
	}}
}

// The nights measure each parcel once, over restarts, as a meter does that is told of them.
func TestRegrets(t *testing.T) {
	each := 0
	policy := func() *poll.Adaptive {
		return &poll.Adaptive{Prices: map[string]poll.Price{"toy": {Item: 4, Call: 8, Batch: 4}}, Worth: schedule.Worths(50)}
	}
	w := newWorld(t, func(c *fulfill.Config) {
		c.Poll.Policy = policy()
		c.Night.Learning.Each = func(poll.Watch, tracking.Evidence) { each++ }
	})
	if got, err := w.engine.Regrets(w.ctx); len(got) != 0 || err != nil {
		t.Errorf("at first: %+v, %v", got, err)
	}
	meter := &measure.Meter{Model: schedule.Prior(), Worth: schedule.Worths(50), PollWon: 6, Every: 10}
	check := func(what string, want []measure.Regret) {
		t.Helper()
		w.job(fulfill.LearnSchedule)
		if got, err := w.engine.Regrets(w.ctx); err != nil || !reflect.DeepEqual(got, map[string][]measure.Regret{"toy": want}) {
			t.Errorf("%s: %+v, %v\nwant %+v", what, got, err, want)
		}
	}
	for n := range 72 {
		meter.Add(w.closes(n))
	}
	check("72 parcels", meter.Regrets())
	if each != 72 || meter.Total().Played != 26 {
		t.Errorf("the host is told of %d, the optimum played on %d", each, meter.Total().Played)
	}
	w.pass(time.Minute)
	check("again", meter.Regrets())

	config := w.config
	config.Poll.Policy = policy() // of an engine that has learned nothing
	var err error
	if w.engine, err = fulfill.New(config); err != nil {
		t.Fatal(err)
	}
	w.pass(24 * time.Hour)
	meter.Add(w.closes(100))
	check("the next night, after a restart", meter.Regrets())
}

// A store that keeps nothing by name has no regrets.
func TestRegretsNeedAKeeper(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) { c.Poll.Policy, c.Store = new(poll.Adaptive), forgetful{c.Store} })
	w.closes(1)
	w.job(fulfill.LearnSchedule)
	if got, err := w.engine.Regrets(w.ctx); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
