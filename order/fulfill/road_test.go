package fulfill_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const number = "680123456782"

// A poll ends as a moved order and a queued task.
func TestRoadFromPollToTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := newToy("toy")
		w := newWorld(t, func(c *fulfill.Config) { c.Carriers, c.Now = []tracking.Carrier{carrier}, nil })
		w.now = time.Now()
		w.released("O1", number)
		carrier.show(number, scan{status: tracking.StatusInTransit, at: time.Now()})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		<-time.After(3 * time.Hour)
		w.wants("O1", "S1 RELEASED")
		w.caused()
		carrier.show(number, scan{status: tracking.StatusDelivered, at: time.Now()})
		<-time.After(6 * time.Hour)
		w.wants("O1", "S1 DELIVERED")
		w.caused("680123456782/1/CONFIRM_INVENTORY/DELIVERED/0", "680123456782/1/NOTIFY_CUSTOMER/DELIVERED/0")
		traces := w.traces("O1")
		if len(traces) != 1 || traces[0].Event != order.CompleteDelivery || traces[0].Door != tracking.DoorPoll || traces[0].Why.Ground == "" {
			t.Errorf("traced: %+v", traces)
		}
		if stats := w.engine.Stats(); stats.Quiet == 0 || stats.Facts != 1 || stats.Tasks != 2 {
			t.Errorf("stats: %+v", stats)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A push can beat the commit of the order that it is about.
func TestPushBeforeTheOrderWaits(t *testing.T) {
	w := newWorld(t)
	if err := w.push("toy", number, on(tracking.StatusDelivered, 10)); !errors.Is(err, webhook.ErrUnmatched) {
		t.Fatalf("a parcel that nobody knows: %v", err)
	}
	w.released("O1", number)
	w.pushed(number, on(tracking.StatusDelivered, 10))
	w.wants("O1", "S1 DELIVERED")
}
