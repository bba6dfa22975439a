package ordertest

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// Memory is an [order.Orders] that keeps nothing over a restart, for tests and trials. It goes through every order to
// find one. What it gives out shares nothing with what it was given. It is safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	orders map[order.OrderID]kept
}

// kept is an order as bytes, of which everybody gets a copy, and as one that stays inside.
type kept struct {
	data  []byte
	order order.Order
}

func keep(o order.Order) (k kept, err error) {
	if k.data, err = stored.Marshal(o); err == nil {
		k.order, err = k.copied()
	}
	return k, err
}

func (k kept) copied() (o order.Order, err error) {
	err = stored.Unmarshal(k.data, privacy.Standard, &o)
	return o, err
}

// NewMemory gives a Memory of some orders.
func NewMemory(orders ...order.Order) *Memory {
	m := &Memory{orders: map[order.OrderID]kept{}}
	for _, o := range orders {
		m.Put(o)
	}
	return m
}

// Put keeps an order as it is, in the place of the one of its id. It panics if the order cannot be kept.
func (m *Memory) Put(o order.Order) {
	k, err := keep(o)
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders[o.ID] = k
}

// Load implements [order.Orders].
func (m *Memory) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.orders[id]
	switch {
	case ctx.Err() != nil:
		return order.Order{}, ctx.Err()
	case !ok:
		return order.Order{}, order.ErrNoOrder
	}
	return k.copied()
}

// Save implements [order.Orders].
func (m *Memory) Save(ctx context.Context, o order.Order, events []order.Event) error {
	k, err := keep(o)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(m.orders[o.ID].order.History) != events[0].Seq-1 {
		return order.ErrStale
	}
	m.orders[o.ID] = k
	return nil
}

// All lists the orders, the oldest first.
func (m *Memory) All(ctx context.Context) (all []order.Order, err error) {
	for _, o := range m.inside() {
		if o, err = m.Load(ctx, o.ID); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// inside lists the orders that stay inside, the oldest first.
func (m *Memory) inside() []order.Order {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]order.Order, 0, len(m.orders))
	for _, k := range m.orders {
		all = append(all, k.order)
	}
	sort(all)
	return all
}

// sort puts orders into the sequence of lists.
func sort(orders []order.Order) {
	slices.SortFunc(orders, func(a, b order.Order) int {
		return cmp.Or(a.History[0].At.Compare(b.History[0].At), cmp.Compare(a.ID, b.ID))
	})
}

// Locate implements [order.Orders].
func (m *Memory) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	for _, o := range m.inside() {
		if o.Tenant == k.Tenant && slices.ContainsFunc(o.Sections, func(s order.Section) bool {
			return k.DeliveryNo != "" && s.DeliveryNo == k.DeliveryNo || k.RecallDeliveryNo != "" && s.RecallDeliveryNo == k.RecallDeliveryNo
		}) {
			return o.ID, nil
		}
	}
	return "", order.ErrNoOrder
}

// Find implements [order.Orders]. An order that is found is loaded as it is then.
func (m *Memory) Find(ctx context.Context, q order.Query) (order.Found, error) {
	units := matching(m.inside(), q)
	first := min((q.Page-1)*q.Size, len(units))
	found := order.Found{Hits: slices.Concat(units[first:min(first+q.Size, len(units))]...), Total: len(units)}
	copies := map[order.OrderID]order.Order{}
	for i := range found.Hits {
		id := found.Hits[i].Order.ID
		o, ok := copies[id]
		if !ok {
			var err error
			if o, err = m.Load(ctx, id); err != nil {
				return order.Found{}, err
			}
			copies[id] = o
		}
		found.Hits[i].Order = o
	}
	return found, ctx.Err()
}

// matching lists what a query counts and pages: for each unit its hits.
func matching(orders []order.Order, q order.Query) (units [][]order.Hit) {
	for _, o := range orders {
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
	return units
}
