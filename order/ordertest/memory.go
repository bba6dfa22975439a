package ordertest

import (
	"cmp"
	"context"
	"maps"
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
	orders map[order.OrderID][]byte
}

// NewMemory gives a Memory of some orders.
func NewMemory(orders ...order.Order) *Memory {
	m := &Memory{orders: map[order.OrderID][]byte{}}
	for _, o := range orders {
		m.Put(o)
	}
	return m
}

// Put keeps an order as it is, in the place of the one of its id. It panics if the order cannot be kept.
func (m *Memory) Put(o order.Order) {
	data, err := stored.Marshal(o)
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders[o.ID] = data
}

// Load implements [order.Orders].
func (m *Memory) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.orders[id]
	switch {
	case ctx.Err() != nil:
		return order.Order{}, ctx.Err()
	case !ok:
		return order.Order{}, order.ErrNoOrder
	}
	return decoded(data)
}

func decoded(data []byte) (o order.Order, err error) {
	err = stored.Unmarshal(data, privacy.Standard, &o)
	return o, err
}

// Save implements [order.Orders].
func (m *Memory) Save(ctx context.Context, o order.Order, events []order.Event) error {
	data, err := stored.Marshal(o)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	var before order.Order
	if kept, ok := m.orders[o.ID]; ok {
		if before, err = decoded(kept); err != nil {
			return err
		}
	}
	if len(before.History) != events[0].Seq-1 {
		return order.ErrStale
	}
	m.orders[o.ID] = data
	return nil
}

// All lists the orders, the oldest first.
func (m *Memory) All(ctx context.Context) ([]order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []order.Order
	for data := range maps.Values(m.orders) {
		o, err := decoded(data)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	sort(all)
	return all, ctx.Err()
}

// sort puts orders into the sequence of lists.
func sort(orders []order.Order) {
	slices.SortFunc(orders, func(a, b order.Order) int {
		return cmp.Or(a.History[0].At.Compare(b.History[0].At), cmp.Compare(a.ID, b.ID))
	})
}

// Locate implements [order.Orders].
func (m *Memory) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	all, err := m.All(ctx)
	if err != nil {
		return "", err
	}
	for _, o := range all {
		if o.Tenant == k.Tenant && slices.ContainsFunc(o.Sections, func(s order.Section) bool {
			return k.DeliveryNo != "" && s.DeliveryNo == k.DeliveryNo || k.RecallDeliveryNo != "" && s.RecallDeliveryNo == k.RecallDeliveryNo
		}) {
			return o.ID, nil
		}
	}
	return "", order.ErrNoOrder
}

// Find implements [order.Orders].
func (m *Memory) Find(ctx context.Context, q order.Query) (order.Found, error) {
	all, err := m.All(ctx)
	if err != nil {
		return order.Found{}, err
	}
	units := matching(all, q)
	first := min((q.Page-1)*q.Size, len(units))
	page := units[first:min(first+q.Size, len(units))]
	return order.Found{Hits: slices.Concat(page...), Total: len(units)}, nil
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
