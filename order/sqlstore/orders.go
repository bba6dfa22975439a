package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
)

var (
	_ order.Orders = (*Store)(nil)
	_ order.Orders = (*Tx)(nil)
)

// Load implements [order.Orders].
func (s *Store) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	if err := s.outside(ctx); err != nil {
		return order.Order{}, err
	}
	return s.handle.load(ctx, id)
}

// Load implements [order.Orders]. It locks nothing; see [Tx.Lock].
func (t *Tx) Load(ctx context.Context, id order.OrderID) (order.Order, error) { return t.load(ctx, id) }

// load reads an order, then the history as far as the order had it: events are only ever appended, so that the two fit
// whatever is saved between them.
func (h handle) load(ctx context.Context, id order.OrderID) (order.Order, error) {
	var seq int
	var snapshot []byte
	found, err := h.get(ctx, stOrderGet, []any{sought(string(id))}, &seq, &snapshot)
	if err != nil {
		return order.Order{}, err
	}
	if !found {
		return order.Order{}, order.ErrNoOrder
	}
	history := make([]order.Event, 0, seq)
	err = h.list(ctx, stHistoryList, []any{string(id), seq}, func(rows *sql.Rows) error {
		var text sql.RawBytes
		if err := rows.Scan(&text); err != nil {
			return err
		}
		history = append(history, order.Event{})
		return stored.Unmarshal(text, h.s.options.profile, &history[len(history)-1])
	})
	if err != nil {
		return order.Order{}, err
	}
	return h.s.assemble(snapshot, seq, history)
}

// assemble makes an order of what was stored of it.
func (s *Store) assemble(snapshot []byte, seq int, history []order.Event) (order.Order, error) {
	var o order.Order
	if err := stored.Unmarshal(snapshot, s.options.profile, &o); err != nil {
		return order.Order{}, fmt.Errorf("sqlstore: %w", err)
	}
	if len(history) != seq {
		return order.Order{}, fmt.Errorf("sqlstore: %d events of a history of %d", len(history), seq)
	}
	o.History = history
	return o, nil
}

// Locate implements [order.Orders]. Where several orders have the number it gives the oldest.
func (s *Store) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	if err := s.outside(ctx); err != nil {
		return "", err
	}
	return s.handle.locate(ctx, k)
}

// Locate implements [order.Orders].
func (t *Tx) Locate(ctx context.Context, k order.Key) (order.OrderID, error) { return t.locate(ctx, k) }

func (h handle) locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	st, number := stLocateDelivery, k.DeliveryNo
	if number == "" {
		st, number = stLocateRecall, k.RecallDeliveryNo
	}
	if number == "" {
		return "", order.ErrNoOrder
	}
	var id string
	found, err := h.get(ctx, st, []any{sought(k.Tenant), sought(number)}, &id)
	if err == nil && !found {
		err = order.ErrNoOrder
	}
	return order.OrderID(id), err
}

// Find implements [order.Orders]. It counts, pages and loads one state of the database. A page costs the orders on it and
// the index rows before it: far pages of a wide filter are slow.
func (s *Store) Find(ctx context.Context, q order.Query) (order.Found, error) {
	if err := s.outside(ctx); err != nil {
		return order.Found{}, err
	}
	return s.handle.find(ctx, q)
}

// Find implements [order.Orders].
func (t *Tx) Find(ctx context.Context, q order.Query) (order.Found, error) { return t.find(ctx, q) }

// Save implements [order.Orders]. An order whose first event is among events is stored anew.
func (s *Store) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return s.Update(ctx, func(ctx context.Context, tx *Tx) error { return tx.Save(ctx, o, events) })
}

// Save implements [order.Orders]. After [order.ErrStale], [ErrLimit] and [ErrHistory] nothing was written and the
// transaction may go on.
func (t *Tx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return t.save(ctx, o, events)
}

// Lock locks orders until the transaction ends, in the order of their ids, so that two who lock several cannot wait for
// each other. Orders that are not there are passed over. What is loaded after it is what a Save of this transaction will
// find; without it a Save may come too late, and gives [order.ErrStale].
func (t *Tx) Lock(ctx context.Context, ids ...order.OrderID) error { return t.lock(ctx, ids) }
