package order_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A memory is the reference store, which tells what it was asked.
type memory struct {
	*ordertest.Memory
	mu       sync.Mutex
	onLoad   func(order.OrderID) // called before Load answers
	saves    int
	lastFind order.Query
}

func newMemory(orders ...order.Order) *memory { return &memory{Memory: ordertest.NewMemory(orders...)} }

func (m *memory) put(o order.Order) { m.Put(o) }

func (m *memory) all() []order.Order {
	all, err := m.All(context.Background())
	if err != nil {
		panic(err)
	}
	return all
}

func (m *memory) get(id order.OrderID) (order.Order, error) {
	return m.Memory.Load(context.Background(), id)
}

func (m *memory) Load(_ context.Context, id order.OrderID) (order.Order, error) {
	o, err := m.get(id)
	if m.onLoad != nil {
		m.onLoad(id)
	}
	return o, err
}

func (m *memory) Save(ctx context.Context, o order.Order, events []order.Event) error {
	err := m.Memory.Save(context.WithoutCancel(ctx), o, events) // a cancellation is noticed between orders
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.saves++
	}
	return err
}

func (m *memory) Find(ctx context.Context, q order.Query) (order.Found, error) {
	m.mu.Lock()
	m.lastFind = q
	m.mu.Unlock()
	return m.Memory.Find(ctx, q)
}

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// shopOrder is a paid order of two As and four Bs in one section.
func shopOrder(t testing.TB, id order.OrderID, minute int) order.Order {
	t.Helper()
	d := draft(order.ChannelOwn, order.PaymentPaid)
	d.ID = id
	d.Lines[0].Name, d.Lines[0].Option, d.Lines[1].Name = "머그컵", "흰색", "접시"
	d.Orderer.Memo = privacy.Memo("공동현관 1234")
	o, err := order.New(d, nine.Add(time.Duration(minute)*time.Minute), order.System("shop"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// office gives a back office over some orders O-1, O-2 …
func office(t testing.TB, orders int) (*order.BackOffice, *memory) {
	t.Helper()
	m := newMemory()
	for i := range orders {
		m.put(shopOrder(t, order.OrderID("O-"+string(rune('1'+i))), i))
	}
	b, err := order.NewBackOffice(order.BackOfficeConfig{Orders: m})
	if err != nil {
		t.Fatal(err)
	}
	return b, m
}

// stepTo takes every subject to a status, one step at a time.
func stepTo(t testing.TB, b *order.BackOffice, to order.Status, subjects ...order.Subject) {
	t.Helper()
	way := []order.Status{order.StatusOrdered, order.StatusDeliveryInstructed, order.StatusReleaseInstructed, order.StatusReleased, order.StatusDelivered}
	for i := 1; i < len(way) && way[i-1] != to; i++ {
		w := order.Work{ID: order.CommandID("to " + way[i].String()), Actor: order.Operator("kim"), At: nine, Current: way[i-1], Target: way[i], On: subjects}
		must(t)(b.Deliver(t.Context(), w))
	}
}

// must gives a function that fails the test unless every subject was worked on.
func must(t testing.TB) func([]order.Result, error) []order.Result {
	return func(results []order.Result, err error) []order.Result {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				t.Fatalf("%s%s: %v", r.Subject.DeliveryNo, r.Subject.RecallDeliveryNo, r.Err)
			}
		}
		return results
	}
}

func waybillOf(number string) *order.Waybill { return &order.Waybill{Courier: "cj", Number: number} }
