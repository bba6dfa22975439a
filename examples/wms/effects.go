package main

import (
	"context"
	"sync"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// Effects are what happened in the warehouse and at the shop's customers. Whoever keeps an action's key with its effect does
// nothing twice, however often the action is called.
type effects interface {
	do(ctx context.Context, a fulfill.Action) error
}

// others are the host's functions for what commands cause.
func others(done effects) map[fulfill.Name]func(context.Context, fulfill.Action) error {
	all := map[fulfill.Name]func(context.Context, fulfill.Action) error{}
	for _, name := range []order.ActionName{
		order.CallList, order.StockoutNotice, order.CustomerMessage, order.OrderRecall, order.CancelRecall, order.Restock,
		order.ReleaseReservation, order.RefundPayment, order.ResetTracking, order.CompensateDelivery, order.OpenReturnInbound,
	} {
		all[fulfill.Name(name)] = done.do
	}
	return all
}

// undoing are those that take back what was done.
func undoing(done effects) fulfill.Actions {
	return fulfill.Actions{
		ConfirmInventory: done.do, NotifyCustomer: done.do, CreateReturnInbound: done.do, AlertOperations: done.do, Others: others(done),
	}
}

// do writes the effect down, and how often it was called for.
func (d *database) do(ctx context.Context, a fulfill.Action) error {
	statement := "INSERT INTO wms_effects (action_key, calls) VALUES ($1, 1) ON CONFLICT (action_key) DO UPDATE SET calls = wms_effects.calls + 1"
	if d.dialect == sqlstore.MySQL {
		statement = "INSERT INTO wms_effects (action_key, calls) VALUES (?, 1) ON DUPLICATE KEY UPDATE calls = calls + 1"
	}
	_, err := d.ExecContext(ctx, statement, a.Key)
	return err
}

// calls gives every effect with how often it was called for.
func (d *database) calls(ctx context.Context) (map[string]int, error) {
	rows, err := d.QueryContext(ctx, "SELECT action_key, calls FROM wms_effects")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			return nil, err
		}
		all[key] = n
	}
	return all, rows.Err()
}

// counted are effects that end with the process.
type counted struct {
	mu    sync.Mutex
	times map[string]int
}

func (m *counted) do(_ context.Context, a fulfill.Action) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times[a.Key]++
	return nil
}
