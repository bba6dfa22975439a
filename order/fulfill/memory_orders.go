package fulfill

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
)

// memoryOrder is an order as bytes, of which everybody gets a copy, and as one that stays inside.
type memoryOrder struct {
	data  []byte
	order order.Order
}

func (k memoryOrder) copied() (o order.Order, err error) {
	err = stored.Unmarshal(k.data, privacy.Standard, &o)
	return o, err
}

// Lock implements [Tx]: all orders are locked as long as the transaction runs.
func (tx *memoryTx) Lock(ctx context.Context, _ ...order.OrderID) error { return tx.check(ctx) }

// Load implements [order.Orders].
func (tx *memoryTx) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	if err := tx.check(ctx); err != nil {
		return order.Order{}, err
	}
	k, ok := tx.m.orders[id]
	if !ok {
		return order.Order{}, order.ErrNoOrder
	}
	return k.copied()
}

// Save implements [order.Orders].
func (tx *memoryTx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	if err := tx.check(ctx); err != nil {
		return err
	}
	data, err := stored.Marshal(o)
	if err != nil {
		return err
	}
	kept := memoryOrder{data: data}
	if kept.order, err = kept.copied(); err != nil {
		return err
	}
	if len(events) == 0 || len(tx.m.orders[o.ID].order.History) != events[0].Seq-1 {
		return order.ErrStale
	}
	put(tx, tx.m.orders, o.ID, kept)
	for i := range o.Sections {
		s := &o.Sections[i]
		tx.m.numbered(order.Key{Tenant: o.Tenant, DeliveryNo: s.DeliveryNo}, o.ID)
		tx.m.numbered(order.Key{Tenant: o.Tenant, RecallDeliveryNo: s.RecallDeliveryNo}, o.ID)
	}
	for _, t := range Commanded(&kept.order, events, time.Now()) {
		tx.queue(t)
	}
	return nil
}

// numbered notes where to look for a number. What a transaction that is given up leaves behind does no harm: Locate
// looks whether the order has the number.
func (m *MemoryStore) numbered(k order.Key, id order.OrderID) {
	if (k.DeliveryNo != "" || k.RecallDeliveryNo != "") && !slices.Contains(m.numbers[k], id) {
		m.numbers[k] = append(m.numbers[k], id)
	}
}

// Locate implements [order.Orders].
func (tx *memoryTx) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	if err := tx.check(ctx); err != nil {
		return "", err
	}
	if k.DeliveryNo != "" && k.RecallDeliveryNo != "" {
		k.RecallDeliveryNo = ""
	}
	var found *order.Order
	for _, id := range tx.m.numbers[k] {
		o := tx.m.orders[id].order
		if k.Fits(o) && (found == nil || older(o, *found) < 0) {
			found = &o
		}
	}
	if found == nil {
		return "", order.ErrNoOrder
	}
	return found.ID, nil
}

// older compares orders as lists have them.
func older(a, b order.Order) int {
	return cmp.Or(a.History[0].At.Compare(b.History[0].At), cmp.Compare(a.ID, b.ID))
}

// Find implements [order.Orders]. It goes through every order.
func (tx *memoryTx) Find(ctx context.Context, q order.Query) (order.Found, error) {
	if err := tx.check(ctx); err != nil {
		return order.Found{}, err
	}
	var all []order.Order
	for _, k := range tx.m.orders {
		all = append(all, k.order)
	}
	found := q.Among(all)
	copies := map[order.OrderID]order.Order{}
	for i := range found.Hits {
		id := found.Hits[i].Order.ID
		o, ok := copies[id]
		if !ok {
			var err error
			if o, err = tx.m.orders[id].copied(); err != nil {
				return order.Found{}, err
			}
			copies[id] = o
		}
		found.Hits[i].Order = o
	}
	return found, nil
}
