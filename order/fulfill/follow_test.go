package fulfill_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// 합포장: the goods of two orders in one box are one shipment, and what is done is done for both, also when the second
// line of the sheet comes after the parcel has arrived.
func TestOneBoxForTwoOrders(t *testing.T) {
	w := newWorld(t)
	w.released("O2", number)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	if links := w.shipment(number).Links; len(links) != 2 || links[0].Order != "O1" || links[1].Order != "O2" {
		t.Fatalf("linked: %v", links)
	}
	w.pushed(number, on(onTheVan, 10))
	w.pushed(number, on(onTheVan, 10), on(delivered, 20))
	w.wants("O1", "S1 RELEASE_INSTRUCTED !MOVED_BEFORE_RELEASE scanned")
	w.wants("O2", "S1 DELIVERED")
	w.execute("O1", order.Command{Event: order.CompleteRelease})
	w.wants("O1", "S1 DELIVERED scanned")
	w.queued(
		key("NOTIFY_CUSTOMER", "OUT_FOR_DELIVERY", "0"), key("CONFIRM_INVENTORY", "DELIVERED", "0"), key("NOTIFY_CUSTOMER", "DELIVERED", "0"),
		key("CONFIRM_INVENTORY", "DELIVERED", "0/2"), key("NOTIFY_CUSTOMER", "DELIVERED", "0/2"), // of O1
	)
	for _, task := range w.tasks() {
		want := order.OrderID("O2")
		if task.Action.Key == "parcel/cj/"+key("CONFIRM_INVENTORY", "DELIVERED", "0/2") || task.Action.Key == "parcel/cj/"+key("NOTIFY_CUSTOMER", "DELIVERED", "0/2") {
			want = "O1"
		}
		if task.Action.Order != want || len(task.Action.Items) != 2 || task.Action.Items[0].Order != want {
			t.Errorf("%s is for %+v", task.Action.Key, task.Action.Items)
		}
	}
	w.done()
	w.pushed(number, on(onTheVan, 10), on(delivered, 20), on(returned, 30))
	w.wants("O1", "S1 RECALL_CONFIRMED<RELEASED scanned")
	w.wants("O2", "S1 RECALL_CONFIRMED<RELEASED")
	undone := 0
	for _, task := range w.tasks() {
		if task.Action.Undo {
			undone++
		}
	}
	if undone != 4 {
		t.Errorf("%d actions are taken back, not 4", undone)
	}
}

func (w *world) generation(number string, generation int) (s fulfill.Shipment, found bool) {
	for s, err := range w.store.Shipments(w.ctx, fulfill.ShipmentFilter{}) {
		if err != nil {
			w.Fatal(err)
		}
		if s.ID.Number == number && s.ID.Generation == generation {
			return s, true
		}
	}
	return s, false
}

// An old delivery must not complete a new order that got the number again.
func TestANumberThatIsUsedAgainIsANewShipment(t *testing.T) {
	for name, end := range map[string]scan{"delivered": on(delivered, 20), "returned": on(returned, 20), "cancelled": on(cancelled, 20)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.released("O1", number)
			w.pushed(number, end)
			w.pass(40 * 24 * time.Hour)
			w.released("O2", number)
			w.pushed(number, end)
			w.wants("O2", "S1 RELEASED")
			second, found := w.generation(number, 2)
			if !found || len(second.Links) != 1 || second.Links[0].Order != "O2" || len(w.shipment(number).Links) != 1 {
				t.Fatalf("second use: %+v", second)
			}
			if first := w.watch(number); first.Life != poll.Closed {
				t.Errorf("the first use is still %s", first.Life)
			}
			w.pushed(number, end, on(delivered, 41*24*60))
			w.wants("O2", "S1 DELIVERED")
		})
	}
}

func TestANumberOfWhichNothingWasHeardForLongIsUsedAgain(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	w.pushed(number, on(inTransit, 20))
	w.pass(29 * 24 * time.Hour)
	w.released("O2", number)
	if _, found := w.generation(number, 2); found {
		t.Error("it may still be under way")
	}
	w.pass(40 * 24 * time.Hour)
	w.released("O3", number)
	if s, found := w.generation(number, 2); !found || s.Links[0].Order != "O3" {
		t.Error("it is not under way any more")
	}
}

// A wrong number is not asked about once it is replaced, and is asked about again when it comes back.
func TestReplacedWaybillIsNotWatched(t *testing.T) {
	const right = "680123456793"
	w := newWorld(t)
	w.released("O1", number)
	if got := w.watch(number); got.Life != poll.Active || !got.Since.Equal(start) {
		t.Fatalf("watched: %v since %v", got, got.Since)
	}
	w.execute("O1", order.Command{Event: order.ReplaceWaybill, Section: "S1", Waybill: waybill(right)})
	if wrong, now := w.watch(number), w.watch(right); wrong.Life != poll.Closed || wrong.Reason != poll.ReasonHost || now.Life != poll.Active {
		t.Errorf("the old one is %v, the new one %v", wrong, now)
	}
	w.pushed(number, on(delivered, 10)) // of somebody else's parcel
	w.wants("O1", "S1 RELEASED")
	w.queued()
	w.execute("O1", order.Command{Event: order.ReplaceWaybill, Section: "S1", Waybill: waybill(number)})
	if again, gone := w.watch(number), w.watch(right); again.Life != poll.Active || gone.Life != poll.Closed {
		t.Errorf("it is %v again, and the other %v", again, gone)
	}
	w.wants("O1", "S1 DELIVERED") // what was pushed meanwhile is known
}

func TestCourierThatNobodyServes(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) { c.Carriers = []tracking.Carrier{newToy("toy", "hanjin")} })
	w.released("O1", number)
	if s := w.shipment(number); s.Carrier != "" {
		t.Errorf("%s is asked", s.Carrier)
	}
	w.pushed(number, on(delivered, 10)) // but may tell
	w.wants("O1", "S1 DELIVERED")
}

func TestCarriersAreChosenByPreferenceAndAbility(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) {
		c.Carriers = []tracking.Carrier{newToy("one", "hanjin"), newToy("two"), newToy("three")}
		c.Prefer = map[tracking.Courier][]string{"lotte": {"three"}}
	})
	for courier, want := range map[string]string{"hanjin": "one", "cj": "two", "lotte": "three"} {
		w.ordered(order.OrderID(courier))
		w.execute(order.OrderID(courier), order.Command{Event: order.CompleteRelease, Waybill: &order.Waybill{Courier: courier, Number: "40000000" + courier[:1]}})
		for s, err := range w.store.Shipments(w.ctx, fulfill.ShipmentFilter{}) {
			if err != nil || string(s.ID.Courier) == courier && s.Carrier != want {
				t.Errorf("%s is asked about at %s, %v", courier, s.Carrier, err)
			}
		}
	}
}

func TestConfigurationFaults(t *testing.T) {
	_, err := fulfill.New(fulfill.Config{Prefer: map[tracking.Courier][]string{"cj": {"nobody"}}, Confirm: "maybe"})
	for _, want := range []string{"no store", "Confirm", "nobody"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

// Two people ship the same goods at once: one of them succeeds, the other is told (E9).
func TestE9TwoReleasesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ordered("O1")
	w.execute("O1", order.Command{Event: order.RegisterWaybill, Section: "S1", Waybill: waybill(number)})
	var wait sync.WaitGroup
	results := make([]error, 2)
	for i := range results {
		wait.Go(func() {
			_, _, results[i] = w.engine.Execute(w.ctx, "O1", order.Command{
				ID: order.CommandID([]string{"a", "b"}[i]), Event: order.CompleteRelease, Section: "S1", Actor: order.Operator("kim"), At: start,
				Items: []order.ItemQuantity{{Item: "I1", Quantity: 2}, {Item: "I2", Quantity: 1}},
			})
		})
	}
	wait.Wait()
	var refused *order.Refused
	if (results[0] == nil) == (results[1] == nil) || !errors.As(errors.Join(results...), &refused) {
		t.Errorf("the two heard %v and %v", results[0], results[1])
	}
	w.wants("O1", "S1 RELEASED")
}

// counting is a store that counts what is done with orders.
type counting struct {
	fulfill.Store
	loads, locks int
}

func (c *counting) Transact(ctx context.Context, f func(context.Context, fulfill.Tx) error) error {
	return c.Store.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return f(ctx, countingTx{tx, c}) })
}

type countingTx struct {
	fulfill.Tx
	c *counting
}

func (tx countingTx) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	tx.c.loads++
	return tx.Tx.Load(ctx, id)
}

func (tx countingTx) Lock(ctx context.Context, ids ...order.OrderID) error {
	tx.c.locks++
	return tx.Tx.Lock(ctx, ids...)
}

func TestWhatIsNotNewLoadsNoOrder(t *testing.T) {
	store := &counting{}
	w := newWorld(t, func(c *fulfill.Config) {
		store.Store = c.Store
		c.Store = store
	})
	w.released("O1", number)
	w.pushed(number, on(inTransit, 20))
	store.loads, store.locks = 0, 0
	w.pushed(number, on(inTransit, 20))
	w.pushed(number, on(pickedUp, 10), on(inTransit, 20)) // news, but the parcel stands as it stood
	if store.loads+store.locks != 0 {
		t.Errorf("%d loads, %d locks", store.loads, store.locks)
	}
	w.pushed(number, on(pickedUp, 10), on(inTransit, 20), on(delivered, 30))
	if store.loads != 1 || store.locks != 1 {
		t.Errorf("%d loads, %d locks for news", store.loads, store.locks)
	}
}
