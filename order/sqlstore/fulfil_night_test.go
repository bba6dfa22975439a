package sqlstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// unasked is a carrier that nobody asks here.
type unasked struct{}

func (unasked) Name() string { return "one" }

func (unasked) Query(context.Context, []tracking.Query) ([]tracking.Result, error) { return nil, nil }

// TestNight does the jobs of the night in a database: five released orders, three of them with a courier that falls silent.
func TestNight(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s := made(t, e.emptied(t)(t)(), e)
		now := time.Date(2026, 11, 2, 12, 0, 0, 123456789, time.FixedZone("KST", 9*60*60))
		night, err := fulfill.New(fulfill.Config{Store: s, Carriers: []tracking.Carrier{unasked{}}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		do := func(job fulfill.Job, want int) {
			t.Helper()
			for _, want := range []int{want, 0} {
				r, err := night.Do(t.Context(), job)
				if err != nil || r.Done != want || r.Refused != 0 {
					t.Fatalf("%s: %+v, %v, want %d", job, r, err, want)
				}
			}
		}
		update := func(f func(ctx context.Context, tx fulfill.Tx) error) {
			t.Helper()
			if err := s.Transact(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		for i, method := range []order.Method{order.MethodCourier, order.MethodCourier, order.MethodCourier, order.MethodPickup, order.MethodDirect} {
			update(func(ctx context.Context, tx fulfill.Tx) error {
				o := releasedOrder(t, order.OrderID(fmt.Sprintf("O%d", i)), method, fmt.Sprintf("68012345000%d", i), now)
				return tx.Save(ctx, o, o.History)
			})
		}
		do(fulfill.RegisterWaybills, 3)
		do(fulfill.CompleteDeliveries, 2)
		now = now.AddDate(0, 0, 9)
		do(fulfill.ConfirmPurchases, 2)
		answer := func(parcel *tracking.Parcel) {
			t.Helper()
			for i := range 3 {
				update(func(ctx context.Context, tx fulfill.Tx) error {
					id := poll.ShipmentID{Courier: "cj", Number: fmt.Sprintf("68012345000%d", i), Generation: 1}
					report := poll.Report{ID: poll.WatchID{Shipment: id, Carrier: "one", Role: poll.Primary}, Door: tracking.DoorPush, Parcel: parcel, At: now}
					_, err := tx.Watches().Record(ctx, report, func(w poll.Watch, _ tracking.Gain) poll.Watch { w.Asked = now; return w })
					return err
				})
			}
		}
		answer(nil)
		do(fulfill.Stalls, 1)
		const key = "alert/courier/one/cj/1"
		update(func(ctx context.Context, tx fulfill.Tx) error {
			tasks, err := tx.ClaimTasks(ctx, now, 10, time.Minute)
			for _, task := range tasks {
				if task.State, task.DoneAt = fulfill.Done, now; task.Action.Key == key && task.Action.Order == "" {
					return tx.SettleTask(ctx, task)
				}
			}
			t.Errorf("claimed %+v, %v", tasks, err)
			return err
		})
		scans := []tracking.Event{{At: now, Status: tracking.StatusPickedUp, Text: "집화"}}
		parcel := tracking.Parcel{Courier: "cj", Source: "one", RetrievedAt: now, Events: scans}
		parcel.Settle(tracking.Context{})
		answer(&parcel)
		do(fulfill.Stalls, 1)
		update(func(ctx context.Context, tx fulfill.Tx) error {
			undo, err := tx.Task(ctx, key+"/undo")
			if !undo.Action.Undo || undo.State != fulfill.Waiting {
				t.Errorf("%+v", undo)
			}
			return err
		})
	})
}

// releasedOrder is a paid order of one section that left.
func releasedOrder(t *testing.T, id order.OrderID, method order.Method, number string, at time.Time) order.Order {
	t.Helper()
	o, err := order.New(order.Draft{
		ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "L1", SKU: "red", Quantity: 2}},
		Sections: []order.DraftSection{{Place: "W1", Method: method, Lines: []order.LineQuantity{{Line: "L1", Quantity: 2}}}},
	}, at, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range []order.EventName{order.InstructDelivery, order.InstructRelease, order.CompleteRelease} {
		c := order.Command{ID: order.CommandID(event.String()), Event: event, Actor: order.Operator("kim"), At: at}
		if event == order.CompleteRelease && method == order.MethodCourier {
			c.Waybill = &order.Waybill{Courier: "cj", Number: number}
		}
		if o, _, err = order.Handle(o, c); err != nil {
			t.Fatal(err)
		}
	}
	return o
}
