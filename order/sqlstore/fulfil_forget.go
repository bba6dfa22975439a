package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var _ fulfill.Forgetter = (*Tx)(nil)

// Old implements [fulfill.Forgetter]. It locks nothing.
func (t *Tx) Old(ctx context.Context, before time.Time, after fulfill.Shipment, limit int) ([]fulfill.Shipment, error) {
	seen, courier, number := nanos(after.Seen), sought(string(after.ID.Courier)), sought(after.ID.Number)
	var old []fulfill.Shipment
	args := []any{seen, nanos(before), seen, courier, courier, number, number, after.ID.Generation, limit}
	if err := t.list(ctx, stTravelOld, args, scanTravel(&old)); err != nil {
		return nil, err
	}
	for i := range old {
		if err := t.list(ctx, stLinkList, shipmentArgs(old[i].ID), scanLinks(old[i:i+1])); err != nil {
			return nil, err
		}
	}
	return old, nil
}

// Forget implements [fulfill.Forgetter]. It locks the shipment, then the streams of its orders.
func (t *Tx) Forget(ctx context.Context, id poll.ShipmentID) (removed int, err error) {
	s, err := t.Shipment(ctx, id)
	if err != nil || s.Forgotten {
		return 0, err
	}
	var active int64
	if found, err := t.get(ctx, stWatchActive, shipmentArgs(id), &active); err != nil || found {
		return 0, t.failed(err)
	}
	tasks, settled, err := t.forgettable(ctx, &s)
	if err != nil || !settled {
		return 0, t.failed(err)
	}
	removed, err = t.forget(ctx, &s, tasks)
	return removed, t.failed(err)
}

// forgettable locks the streams of a shipment's orders, lists the tasks that go with it, and reports whether all of them are settled.
func (t *Tx) forgettable(ctx context.Context, s *fulfill.Shipment) (keys []string, settled bool, err error) {
	for _, id := range ordersOf(s) {
		var locked streamRow
		if _, err := t.get(ctx, stStreamLock, []any{string(id)}, &locked.last, &locked.head, &locked.ready); err != nil {
			return nil, false, err
		}
		of, err := t.ShipmentsOf(ctx, id)
		if err != nil {
			return nil, false, err
		}
		last := !slices.ContainsFunc(of, func(other fulfill.Shipment) bool { return other.ID != s.ID && !other.Forgotten })
		settled = true
		err = t.list(ctx, stTaskOf, []any{string(id)}, func(rows *sql.Rows) error {
			var r taskRow
			if err := r.scan(rows.Scan, &r.key); err != nil {
				return err
			}
			if a := &r.task.Action; a.Shipment == s.ID || last && a.Command != "" {
				settled = settled && r.task.State != fulfill.Waiting && r.task.State != fulfill.Dead
				keys = append(keys, r.key)
			}
			return nil
		})
		if err != nil || !settled {
			return nil, false, err
		}
	}
	return keys, true, nil
}

// forget removes what goes with a shipment, and marks it.
func (t *Tx) forget(ctx context.Context, s *fulfill.Shipment, tasks []string) (removed int, err error) {
	key := shipmentArgs(s.ID)
	remove := func(st statement, args ...any) {
		if err == nil {
			var n int64
			n, err = t.exec(ctx, st, args...)
			removed += int(n)
		}
	}
	for _, st := range []statement{stEvidenceForget, stAnswersForget, stWatchesForget} {
		remove(st, key...)
	}
	for _, task := range tasks {
		remove(stTaskForget, task)
	}
	for _, id := range ordersOf(s) {
		if err != nil {
			return 0, err
		}
		var about []order.CommandID
		err = t.list(ctx, stTraceList, []any{string(id)}, func(rows *sql.Rows) error {
			var data sql.RawBytes
			var trace fulfill.Trace
			if err := rows.Scan(&data); err != nil {
				return err
			}
			if err := json.Unmarshal(data, &trace); err != nil {
				return err
			}
			if trace.Shipment == s.ID {
				about = append(about, trace.Command)
			}
			return nil
		})
		for _, command := range about {
			remove(stTraceForget, string(id), string(command))
		}
	}
	for _, st := range []statement{stShipmentForget, stTravelForget} {
		if err == nil {
			_, err = t.exec(ctx, st, key...)
		}
	}
	return removed, err
}

// ordersOf lists the orders that are linked to a shipment, in their order.
func ordersOf(s *fulfill.Shipment) []order.OrderID {
	var ids []order.OrderID
	for _, l := range s.Links {
		ids = append(ids, l.Order)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
