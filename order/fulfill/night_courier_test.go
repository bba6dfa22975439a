package fulfill_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// past saves what commands make of an order, as a program does that knows nothing of the engine.
func (w *world) past(id order.OrderID, commands ...order.Command) {
	w.Helper()
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		o, _ := tx.Load(ctx, id)
		stored := len(o.History)
		for i, c := range commands {
			w.commands++
			c.ID, c.At = order.CommandID(fmt.Sprintf("past%d-%d", w.commands, i)), w.clock()
			if c.Actor == (order.Actor{}) {
				c.Actor = order.Operator("kim")
			}
			next, _, err := order.Machine{Policy: order.AllOn()}.Handle(o, c)
			if err != nil {
				return fmt.Errorf("%v: %w", c.Event, err)
			}
			o = next
		}
		return tx.Save(ctx, o, o.History[stored:])
	})
	if err != nil {
		w.Fatal(err)
	}
}

// steps are the commands that bring an order of one section so far: 3 releases it, 4 delivers it.
func steps(id order.OrderID, method order.Method, courier, number string, so int) []order.Command {
	var w *order.Waybill
	if method == order.MethodCourier {
		w = &order.Waybill{Courier: courier, Number: number}
	}
	return []order.Command{
		{Event: order.Created, Actor: order.System("shop"), Draft: &order.Draft{
			ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", SKU: "red", Quantity: 2}},
			Sections: []order.DraftSection{{Place: "W1", Method: method, Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}}}},
		}},
		{Event: order.InstructDelivery}, {Event: order.InstructRelease},
		{Event: order.CompleteRelease, Waybill: w}, {Event: order.CompleteDelivery},
	}[:so+1]
}

func (w *world) job(job fulfill.Job) fulfill.Report {
	w.Helper()
	r, err := w.engine.Do(w.ctx, job)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// followed lists the shipments of an order, with who is asked.
func (w *world) followed(id order.OrderID) (all []string) {
	w.Helper()
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		shipments, err := tx.ShipmentsOf(ctx, id)
		all = nil
		for _, s := range shipments {
			watch, fault := tx.Watches().Change(ctx, poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}, func(w poll.Watch) poll.Watch { return w })
			if fault != nil {
				return fault
			}
			all = append(all, fmt.Sprintf("%s %s %s since %s", s.ID.Number, s.Carrier, watch.Life, s.Since.In(kst).Format("15:04")))
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

func TestRegisterWaybills(t *testing.T) {
	registry := subscription.NewMemoryRegistry()
	manager, err := subscription.NewManager(subscription.Config{Registry: registry, Providers: []subscription.Provider{{Carrier: pushing{}}}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *fulfill.Config) {
		c.Carriers = []tracking.Carrier{newToy("toy", "cj")}
		c.Night = fulfill.Night{Subscriptions: manager, Registry: registry, Subscribe: []string{"pushing"}}
	})
	// By what they are told by here: which ones must be followed after the job, and how they are reported.
	want := map[order.OrderID]bool{}
	left := map[order.OrderID]bool{}
	for i, method := range []order.Method{order.MethodCourier, order.MethodDirect, order.MethodPickup, order.MethodECoupon, order.MethodOther} {
		for so := range 5 {
			for _, courier := range []string{"cj", "hamster"} {
				id := order.OrderID(fmt.Sprintf("O%d-%d-%s", i, so, courier))
				w.past(id, steps(id, method, courier, fmt.Sprintf("68012345%d%d%02d", i, so, len(courier)), so)...)
				want[id] = method == order.MethodCourier && so == 3 && courier == "cj"
				left[id] = method == order.MethodCourier && so == 3 && courier == "hamster"
			}
		}
	}
	w.pass(5 * time.Hour)
	r := w.job(fulfill.RegisterWaybills)
	if r.Done != 1 || r.Left != 1 || r.Refused != 0 || !left[r.Items[0].Order] || r.Items[0].Last4 != "0307" {
		t.Errorf("%+v", r)
	}
	for id, fits := range want {
		if got := w.followed(id); fits != slices.Equal(got, []string{"680123450302 toy active since 09:00"}) || !fits && got != nil {
			t.Errorf("%s is followed as %q", id, got)
		}
	}
	entry, err := registry.Get(w.ctx, subscription.ID{Carrier: "pushing", Courier: "cj", Number: "680123450302"})
	if err != nil || entry.State != subscription.Wanted || entry.Ref == "" {
		t.Errorf("%+v, %v", entry, err)
	}
	if r := w.job(fulfill.RegisterWaybills); r.Done != 0 || r.Left != 1 {
		t.Errorf("again: %+v", r)
	}
	if r := w.job(fulfill.KeepAlive); r.Refused != 0 {
		t.Errorf("%+v", r)
	}
	if entry, _ = registry.Get(w.ctx, entry.ID); entry.State != subscription.Registered {
		t.Errorf("after the pass: %+v", entry)
	}
}

// pushing is a provider of pushes.
type pushing struct{}

func (pushing) Name() string { return "pushing" }

func (pushing) Subscribe(_ context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	answers := make([]tracking.Registration, len(subs))
	for i, s := range subs {
		answers[i] = tracking.Registration{Subscription: s, Carrier: "pushing", Handle: "h" + s.Number}
	}
	return answers, nil
}

// seen writes evidence and nothing else, as a program does that stopped before it moved the order.
func (w *world) seen(number string, scans ...scan) {
	w.Helper()
	id := poll.WatchID{Shipment: shipmentID(number), Carrier: "toy", Role: poll.Primary}
	parcel := parcelOf("toy", tracking.Query{Courier: "cj", Number: number}, w.clock(), scans...)
	err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		report := poll.Report{ID: id, Door: tracking.DoorPush, Parcel: parcel, At: w.clock()}
		_, err := tx.Watches().Record(ctx, report, func(watch poll.Watch, _ tracking.Gain) poll.Watch { return watch })
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

func TestCompleteMissedDeliveries(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) {
		c.Carriers = []tracking.Carrier{newToy("toy", "cj")}
		c.Machine.Policy = order.AllOn()
	})
	w.released("O1", "680100000001") // delivered, and missed
	w.seen("680100000001", on(tracking.StatusDelivered, 10))
	w.released("O2", "680100000002") // on its way
	w.seen("680100000002", on(tracking.StatusInTransit, 10))
	w.released("O3", "680100000003") // delivered, and taken back by a person
	w.pushed("680100000003", on(tracking.StatusDelivered, 10))
	w.past("O3", order.Command{Event: order.RevertDelivery, Section: "S1", Actor: order.Admin("lee"), Reason: "not there"})
	w.past("O4", steps("O4", order.MethodCourier, "hamster", "680100000004", 3)...) // nobody can be asked
	w.past("O5", steps("O5", order.MethodCourier, "cj", "680100000005", 3)...)      // not followed yet
	w.released("O6", "680100000006")                                                // came back
	w.pushed("680100000006", on(tracking.StatusReturned, 10))
	w.past("O7", steps("O7", order.MethodDirect, "", "", 3)...)

	r := w.job(fulfill.CompleteDeliveries)
	if r.Done != 2 || r.Left != 2 || r.Refused != 0 || r.Items[0].Order != "O3" || r.Items[1].Order != "O4" {
		t.Errorf("%+v", r)
	}
	w.wants("O1", "S1 DELIVERED")
	w.wants("O2", "S1 RELEASED")
	w.wants("O3", "S1 RELEASED")
	w.wants("O4", "S1 RELEASED")
	w.wants("O5", "S1 RELEASED")
	w.wants("O7", "S1 DELIVERED")
	if at := w.order("O1").Sections[0].DeliveredAt; !at.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("delivered at %v", at)
	}
	tasks := len(w.tasks())
	if r := w.job(fulfill.CompleteDeliveries); r.Done != 0 || r.Left != 2 || len(w.tasks()) != tasks {
		t.Errorf("again: %+v, %d tasks", r, len(w.tasks()))
	}
}

func TestConfirmWaitsForASecondWord(t *testing.T) {
	w := newWorld(t, func(c *fulfill.Config) {
		c.Carriers = []tracking.Carrier{newToy("toy"), newToy("other")}
		c.Confirm = fulfill.Quorum
	})
	w.released("O1", number)
	w.pushed(number, on(tracking.StatusDelivered, 10))
	if s := w.shipment(number); s.Awaiting == fulfill.AwaitingNothing {
		t.Fatal("nothing is awaited")
	}
	w.pass(9 * 24 * time.Hour)
	if r := w.job(fulfill.ConfirmPurchases); r.Done != 0 || r.Left != 1 {
		t.Errorf("%+v", r)
	}
	if err := w.engine.Confirm(w.ctx, shipmentID(number), order.Operator("kim"), "seen at the door"); err != nil {
		t.Fatal(err)
	}
	if r := w.job(fulfill.ConfirmPurchases); r.Done != 1 || r.Left != 0 {
		t.Errorf("%+v", r)
	}
	w.wants("O1", "S1 PURCHASE_CONFIRMED")
}
