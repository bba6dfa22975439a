package order_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// A memory keeps orders as a store would, through bytes: what it gives out shares nothing with what it was given.
type memory struct {
	mu       sync.Mutex
	orders   map[order.OrderID]order.Order
	onLoad   func(order.OrderID) // called before Load answers, without the lock
	saves    int
	lastFind order.Query
}

func newMemory(orders ...order.Order) *memory {
	m := &memory{orders: map[order.OrderID]order.Order{}}
	for _, o := range orders {
		m.put(o)
	}
	return m
}

func (m *memory) put(o order.Order) {
	data, err := order.Encode(o)
	if err == nil {
		m.orders[o.ID], err = order.DecodeOrder(data, privacy.Standard)
	}
	if err != nil {
		panic(err)
	}
}

func (m *memory) get(id order.OrderID) (order.Order, error) {
	o, ok := m.orders[id]
	if !ok {
		return order.Order{}, order.ErrNoOrder
	}
	return o, nil
}

func (m *memory) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	m.mu.Lock()
	o, err := m.get(id)
	m.mu.Unlock()
	if m.onLoad != nil {
		m.onLoad(id)
	}
	return o, err
}

func (m *memory) Save(_ context.Context, o order.Order, events []order.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.get(o.ID)
	if err != nil {
		return err
	}
	if len(stored.History) != events[0].Seq-1 {
		return order.ErrStale
	}
	m.saves++
	m.put(o)
	return nil
}

func (m *memory) all() []order.Order {
	return slices.SortedFunc(maps.Values(m.orders), func(a, b order.Order) int {
		return cmp.Or(a.History[0].At.Compare(b.History[0].At), cmp.Compare(a.ID, b.ID))
	})
}

func (m *memory) Locate(_ context.Context, k order.Key) (order.OrderID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.all() {
		for _, s := range o.Sections {
			if o.Tenant == k.Tenant && (k.DeliveryNo != "" && s.DeliveryNo == k.DeliveryNo ||
				k.RecallDeliveryNo != "" && s.RecallDeliveryNo == k.RecallDeliveryNo) {
				return o.ID, nil
			}
		}
	}
	return "", order.ErrNoOrder
}

func (m *memory) Find(_ context.Context, q order.Query) (order.Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastFind = q
	var units [][]order.Hit // what is counted and paged
	for _, o := range m.all() {
		var hits []order.Hit
		for _, s := range o.Sections {
			if !q.Filter.Matches(o, s) {
				continue
			}
			switch q.Level {
			case order.ByItem:
				for _, it := range s.Items {
					units = append(units, []order.Hit{{Order: o, Section: s.ID, Item: it.ID}})
				}
			case order.BySection:
				units = append(units, []order.Hit{{Order: o, Section: s.ID}})
			case order.ByOrder:
				hits = append(hits, order.Hit{Order: o, Section: s.ID})
			}
		}
		if len(hits) > 0 {
			units = append(units, hits)
		}
	}
	first := min((q.Page-1)*q.Size, len(units))
	page := units[first:min(first+q.Size, len(units))]
	return order.Found{Hits: slices.Concat(page...), Total: len(units)}, nil
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
