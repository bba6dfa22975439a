package fulfilltest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/ordertest"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

// Harness says how to get at a store. New is required.
type Harness struct {
	// New makes an empty store, a fresh one each time. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) fulfill.Store

	// Reopen closes a store, as a restart would, and opens what it kept. Nil for a store that keeps nothing over one.
	Reopen func(t *testing.T, s fulfill.Store) fulfill.Store
}

// A clause is one sentence of the contract.
type clause struct {
	name    string
	archive bool // is about [fulfill.Archive]
	reopen  bool // needs Harness.Reopen
	forget  bool // is about [fulfill.Forgetter]
	hold    func(b *box)
}

// Run holds a store against the contract of [fulfill.Store], and of [fulfill.Archive] and [fulfill.Forgetter] if it is one, one subtest a clause.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("fulfilltest: Harness.New is required")
	}
	for _, c := range slices.Concat(transactClauses(), taskClauses(), claimClauses(), shipmentClauses(), archiveClauses(), forgetClauses()) {
		t.Run(c.name, func(t *testing.T) {
			if c.reopen && h.Reopen == nil {
				t.Skip("the harness has no Reopen")
			}
			b := &box{T: t, store: h.New(t), harness: h, now: noon}
			if _, ok := b.store.(fulfill.Archive); c.archive && !ok {
				t.Skip("the store is no archive")
			}
			if c.forget && !get(b, func(_ context.Context, tx fulfill.Tx) (bool, error) { _, ok := tx.(fulfill.Forgetter); return ok, nil }) {
				t.Skip("the store forgets nothing")
			}
			c.hold(b)
		})
	}
	t.Run("orders", func(t *testing.T) { ordertest.RunOrders(t, h.orders()) })
	t.Run("watches", func(t *testing.T) { polltest.RunStore(t, h.watches()) })
}

func (h Harness) orders() ordertest.Harness {
	inside := ordertest.Harness{New: func(t *testing.T) order.Orders { return orders{h.New(t)} }}
	if h.Reopen != nil {
		inside.Reopen = func(t *testing.T, s order.Orders) order.Orders { return orders{h.Reopen(t, s.(orders).s)} }
	}
	return inside
}

func (h Harness) watches() polltest.StoreHarness {
	inside := polltest.StoreHarness{New: func(t *testing.T) poll.Store { return watching(t, h.New(t)) }}
	if h.Reopen != nil {
		inside.Reopen = func(t *testing.T, s poll.Store) poll.Store {
			return watching(t, h.Reopen(t, s.(interface{ ledger() fulfill.Store }).ledger()))
		}
	}
	return inside
}

// kst is a zone in which no computer of the tests is set by chance.
var kst = time.FixedZone("KST", 9*60*60)

// noon is when every case begins. It ends in microseconds: that is as much of a time as a store has to keep.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456000, kst)

// lease is how long tasks are leased where it does not matter.
const lease = time.Minute

// A box is a store in a case, with the time that it is told.
type box struct {
	*testing.T
	store   fulfill.Store
	harness Harness
	now     time.Time
}

func (b *box) pass(d time.Duration) { b.now = b.now.Add(d) }

// do runs a transaction that must be kept.
func (b *box) do(f func(ctx context.Context, tx fulfill.Tx) error) {
	b.Helper()
	if err := b.store.Transact(b.Context(), f); err != nil {
		b.Fatalf("Transact: %v", err)
	}
}

// get is what a call gives that must succeed.
func get[T any](b *box, call func(ctx context.Context, tx fulfill.Tx) (T, error)) T {
	b.Helper()
	value, err := alone(b.Context(), b.store, call)
	if err != nil {
		b.Fatalf("Transact: %v", err)
	}
	return value
}

// fails gives the error of a call.
func (b *box) fails(call func(ctx context.Context, tx fulfill.Tx) error) error {
	b.Helper()
	return b.store.Transact(b.Context(), call)
}

// task is one that is due so much after now.
func (b *box) task(stream order.OrderID, key string, due time.Duration) fulfill.Task {
	return fulfill.Task{
		Action: fulfill.Action{Key: key, Name: fulfill.NotifyCustomer, Order: stream},
		State:  fulfill.Waiting, DueAt: b.now.Add(due), CreatedAt: b.now,
	}
}

// queue adds tasks that must be new.
func (b *box) queue(tasks ...fulfill.Task) {
	b.Helper()
	added := get(b, func(ctx context.Context, tx fulfill.Tx) (int, error) { return tx.Queue(ctx, tasks...) })
	if added != len(tasks) {
		b.Fatalf("%d of %d new tasks are added", added, len(tasks))
	}
}

func (b *box) find(key string) fulfill.Task {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (fulfill.Task, error) { return tx.Task(ctx, key) })
}

func (b *box) claim(limit int) []fulfill.Task {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) ([]fulfill.Task, error) {
		return tx.ClaimTasks(ctx, b.now, limit, lease)
	})
}

// claimed claims what is due, up to ten, which must be these.
func (b *box) claimed(why string, want ...string) []fulfill.Task {
	b.Helper()
	tasks := b.claim(10)
	var got []string
	for _, t := range tasks {
		got = append(got, t.Action.Key)
	}
	if !slices.Equal(got, want) {
		b.Fatalf("%s: %q are claimed, want %q", why, got, want)
	}
	return tasks
}

func (b *box) settle(t fulfill.Task, state fulfill.TaskState) {
	b.Helper()
	t.State = state
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, t) })
}

func (b *box) next() time.Time {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (time.Time, error) { return tx.NextTask(ctx) })
}

func id(n int) poll.ShipmentID {
	return poll.ShipmentID{Courier: "toycourier", Number: fmt.Sprintf("90001000%04d", n), Generation: 1}
}

func (b *box) saveShipment(s fulfill.Shipment) {
	b.Helper()
	b.do(func(ctx context.Context, tx fulfill.Tx) error { return tx.SaveShipment(ctx, s) })
}

func (b *box) shipment(id poll.ShipmentID) fulfill.Shipment {
	b.Helper()
	return get(b, func(ctx context.Context, tx fulfill.Tx) (fulfill.Shipment, error) { return tx.Shipment(ctx, id) })
}

// deliver makes a watch of a shipment and records that it was delivered.
func deliver(ctx context.Context, tx fulfill.Tx, id poll.ShipmentID, now time.Time) error {
	watch := poll.WatchID{Shipment: id, Carrier: "toy", Role: poll.Primary}
	_, err := tx.Watches().Change(ctx, watch, func(w poll.Watch) poll.Watch {
		w.Life, w.Began, w.Opened, w.Due = poll.Active, now, now, now
		return w
	})
	if err != nil {
		return err
	}
	p := &tracking.Parcel{Courier: id.Courier, Number: id.Number, Source: "toy", RetrievedAt: now}
	p.Events = []tracking.Event{{At: now.Add(-time.Hour), Status: tracking.StatusDelivered, Text: "배송완료", Place: "옥천HUB"}}
	p.Settle(tracking.Context{})
	push := poll.Report{ID: watch, Door: tracking.DoorPush, Parcel: p, At: now}
	_, err = tx.Watches().Record(ctx, push, func(w poll.Watch, _ tracking.Gain) poll.Watch { return w })
	return err
}

// cup is a paid order of one cup, made at a time.
func cup(t *testing.T, id order.OrderID, at time.Time) order.Order {
	t.Helper()
	o, err := order.New(order.Draft{
		ID: id, Payment: order.PaymentPaid, Lines: []order.Line{{ID: "A", SKU: "SKU-A", Name: "머그컵", Quantity: 1}},
		Sections: []order.DraftSection{{Lines: []order.LineQuantity{{Line: "A", Quantity: 1}}, Place: "WH1"}},
	}, at, order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// decide gives a command that must be accepted.
func decide(t *testing.T, o order.Order, c order.Command) (order.Order, []order.Event) {
	t.Helper()
	if c.Actor.Role == "" {
		c.Actor = order.Operator("kim")
	}
	next, events, err := (&order.Machine{}).Handle(o, c)
	if err != nil || len(events) == 0 {
		t.Fatalf("%v: %d events, %v", c.Event, len(events), err)
	}
	return next, events
}

// same compares values of the ledger, times as moments.
func same[T any](b *box, what string, got, want T) {
	b.Helper()
	if g, w := text(b.T, got), text(b.T, want); g != w {
		b.Errorf("%s comes back otherwise:\n%s, want\n%s", what, g, w)
	}
}

// text writes a value with its times in UTC.
func text(t *testing.T, v any) string {
	t.Helper()
	switch x := v.(type) {
	case fulfill.Task:
		x.DueAt, x.CreatedAt, x.DoneAt, x.Action.At = x.DueAt.UTC(), x.CreatedAt.UTC(), x.DoneAt.UTC(), x.Action.At.UTC()
		v = x
	case fulfill.Shipment:
		x.Since, x.Seen, x.Parcel.DeliveredAt, x.Parcel.Since = x.Since.UTC(), x.Seen.UTC(), x.Parcel.DeliveredAt.UTC(), x.Parcel.Since.UTC()
		x.Links = append([]fulfill.Link{}, x.Links...)
		if x.Pin != nil {
			pin := *x.Pin
			pin.At = pin.At.UTC()
			x.Pin = &pin
		}
		v = x
	case fulfill.Trace:
		x.At, x.Seen, x.Applied = x.At.UTC(), x.Seen.UTC(), x.Applied.UTC()
		v = x
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
