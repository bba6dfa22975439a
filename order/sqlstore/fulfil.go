package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var (
	_ fulfill.Store   = (*Store)(nil)
	_ fulfill.Archive = (*Store)(nil)
	_ fulfill.Tx      = (*Tx)(nil)
)

// Transact implements [fulfill.Store]: it is [Store.Update], and the transaction that f is given is a [*Tx], through
// whose SQL a host's own statements go.
func (s *Store) Transact(ctx context.Context, f func(ctx context.Context, tx fulfill.Tx) error) error {
	return s.Update(ctx, func(ctx context.Context, tx *Tx) error { return f(ctx, tx) })
}

// Evidence implements [fulfill.Tx]. It locks nothing: what another transaction changes meanwhile is read again.
func (t *Tx) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	var before, after []byte
	found, err := t.get(ctx, stShipmentNewest, shipmentArgs(id), &before)
	for {
		if err != nil || !found {
			return tracking.Evidence{}, err
		}
		var at newest
		if err := json.Unmarshal(before, &at); err != nil {
			return tracking.Evidence{}, fmt.Errorf("sqlstore: the answers on a shipment: %w", err)
		}
		e, err := t.evidence(ctx, id, at)
		if err != nil {
			return tracking.Evidence{}, err
		}
		if _, err = t.get(ctx, stShipmentNewest, shipmentArgs(id), &after); err != nil {
			return tracking.Evidence{}, err
		}
		if bytes.Equal(before, after) {
			return e.before(), nil
		}
		before = after
	}
}

// Trace implements [fulfill.Tx].
func (t *Tx) Trace(ctx context.Context, trace fulfill.Trace) error {
	var l limit
	if l.key("a trace's order or command", string(trace.Order), string(trace.Command)); l.err != nil {
		return l.err
	}
	data, err := json.Marshal(trace)
	if err != nil {
		return fmt.Errorf("sqlstore: a trace: %w", err)
	}
	if err := t.writing(ctx); err != nil {
		return err
	}
	id, command := string(trace.Order), string(trace.Command)
	for {
		n, err := t.exec(ctx, stTraceUpdate, string(data), id, command)
		if err != nil || n > 0 {
			return t.failed(err)
		}
		fresh, err := t.insert(ctx, stTraceInsert, id, command, string(data), id)
		if err != nil || fresh || t.s.dialect == MySQL { // which counts rows that were so already as not changed
			return t.failed(err)
		}
	}
}

// Traces implements [fulfill.Tx].
func (t *Tx) Traces(ctx context.Context, id order.OrderID) ([]fulfill.Trace, error) {
	var traces []fulfill.Trace
	err := t.list(ctx, stTraceList, []any{sought(string(id))}, func(rows *sql.Rows) error {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return err
		}
		traces = append(traces, fulfill.Trace{})
		return json.Unmarshal(data, &traces[len(traces)-1])
	})
	if err != nil {
		return nil, err
	}
	return traces, nil
}

// Begin implements [fulfill.Tx]. Whoever asks for the same job meanwhile waits for the transaction.
func (t *Tx) Begin(ctx context.Context, job string, since, now time.Time) (bool, error) {
	var l limit
	if l.key("a job's name", job); l.err != nil {
		return false, l.err
	}
	if err := t.writing(ctx); err != nil {
		return false, err
	}
	for {
		var granted int64
		found, err := t.get(ctx, stJobLock, []any{job}, &granted)
		switch {
		case err != nil:
			return false, t.failed(err)
		case found && nanos(since) <= granted:
			return false, nil
		case found:
			_, err := t.exec(ctx, stJobUpdate, nanos(now), job)
			return err == nil, t.failed(err)
		}
		fresh, err := t.insert(ctx, stJobInsert, job, nanos(now))
		if err != nil || fresh {
			return fresh, t.failed(err)
		}
	}
}
