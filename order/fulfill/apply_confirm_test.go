package fulfill_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

// quorum runs a world of two carriers, of which the first says "delivered", for some hours.
func quorum(t *testing.T, second *toy, check func(w *world, wait func(time.Duration))) {
	synctest.Test(t, func(t *testing.T) {
		first := newToy("first")
		w := newWorld(t, func(c *fulfill.Config) {
			c.Carriers, c.Now, c.Confirm = []tracking.Carrier{first, second}, nil, fulfill.Quorum
		})
		w.now = time.Now()
		w.released("O1", number)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.engine.Run(ctx) }()
		wait := func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
			w.pass(d)
		}
		wait(time.Hour)
		first.show(number, scan{status: delivered, at: time.Now()})
		check(w, wait)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestQuorumAgrees(t *testing.T) {
	second := newToy("second")
	second.show(number, scan{status: delivered, at: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)})
	quorum(t, second, func(w *world, wait func(time.Duration)) {
		wait(12 * time.Hour)
		w.wants("O1", "S1 DELIVERED")
		w.caused(key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
		if n := second.asked[number]; n != 1 {
			w.Errorf("the second carrier was asked %d times", n)
		}
	})
}

// A false delivery at one provider moves no stock.
func TestQuorumDisagrees(t *testing.T) {
	second := newToy("second")
	second.show(number, scan{status: inTransit, at: time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)})
	quorum(t, second, func(w *world, wait func(time.Duration)) {
		wait(4 * time.Hour)
		w.wants("O1", "S1 DELIVERED")
		held := []string{key("NOTIFY_CUSTOMER", "DELIVERED", "0"), key("ALERT_OPERATIONS", "DISAGREEMENT/DELIVERED", "0")}
		w.caused(held...)
		wait(3 * 24 * time.Hour)
		w.caused(held...)
		if s := w.shipment(number); s.Awaiting != fulfill.AwaitingQuorum {
			w.Errorf("awaits %q", s.Awaiting)
		}
		if n := second.asked[number]; n != 8 {
			w.Errorf("the second carrier was asked %d times", n)
		}
		if err := w.engine.Confirm(w.ctx, shipmentID(number), order.Operator("kim"), "called the buyer"); err != nil {
			w.Fatal(err)
		}
		w.caused(append(held, key("CONFIRM_INVENTORY", "DELIVERED", "0"))...)
	})
}

// The second carrier learns of it later: it is asked again.
func TestQuorumIsReachedLater(t *testing.T) {
	second := newToy("second")
	quorum(t, second, func(w *world, wait func(time.Duration)) {
		wait(4 * time.Hour)
		w.caused(key("NOTIFY_CUSTOMER", "DELIVERED", "0"))
		x, err := w.engine.Explain(w.ctx, "O1")
		if err != nil {
			w.Fatal(err)
		}
		if text := x.Text(fulfill.English); !strings.Contains(text, "second (second opinion) ") || !strings.Contains(text, ", a second opinion is still wanted\n") {
			w.Errorf("nothing says why the second carrier is asked again:\n%s", text)
		}
		second.show(number, scan{status: delivered, at: time.Now()})
		wait(13 * time.Hour)
		w.caused(key("NOTIFY_CUSTOMER", "DELIVERED", "0"), key("CONFIRM_INVENTORY", "DELIVERED", "0"))
	})
}

// Where nobody else serves the courier, one carrier's word is all there is.
func TestQuorumOfOne(t *testing.T) {
	quorum(t, newToy("second", "hanjin"), func(w *world, wait func(time.Duration)) {
		wait(12 * time.Hour)
		w.caused(key("NOTIFY_CUSTOMER", "DELIVERED", "0"), key("CONFIRM_INVENTORY", "DELIVERED", "0"))
	})
}
