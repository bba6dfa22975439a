package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Watches implements [poll.Archive]. It reads 200 watches at a time, each page as it stands then, and holds no connection
// between them. A filter by life costs the watches that it chooses, one by life and carrier those of the life; one by failures alone goes through all.
func (ws *Watches) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return sequence(func(yield func(poll.Watch, error) bool) error {
		if err := ws.s.outside(ctx); err != nil {
			return err
		}
		return watchPages(ctx, f, yield, func(f poll.Filter, size int) ([]watchRow, error) {
			return snapshotPage(ctx, ws.s, func(h handle) ([]watchRow, error) { return h.watches(ctx, f, size) })
		})
	})
}

// Watches lists as [Watches.Watches] does, in the transaction.
func (w watchesTx) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return sequence(func(yield func(poll.Watch, error) bool) error {
		return watchPages(ctx, f, yield, func(f poll.Filter, size int) ([]watchRow, error) { return w.t.watches(ctx, f, size) })
	})
}

// watchPages yields watches page by page.
func watchPages(ctx context.Context, f poll.Filter, yield func(poll.Watch, error) bool, read func(f poll.Filter, size int) ([]watchRow, error)) error {
	return pages(ctx, f.Limit, func(size int) ([]watchRow, error) { return read(f, size) }, func(row watchRow) bool {
		f.After = row.watch.ID
		return yield(row.watch, nil)
	})
}

// watches reads a page.
func (h handle) watches(ctx context.Context, f poll.Filter, size int) ([]watchRow, error) {
	var where conditions
	if f.Carrier != "" {
		where.add("w.carrier = ?", sought(f.Carrier))
	}
	if f.Life != "" {
		where.add("w.life = ?", sought(string(f.Life)))
	}
	if f.Reason != "" {
		where.add("w.reason = ?", sought(string(f.Reason)))
	}
	if f.Failing > 0 {
		where.add("w.failures >= ?", f.Failing)
	}
	if f.Shipment != (poll.ShipmentID{}) {
		where.add("w.courier = ? AND w.number = ? AND w.generation = ?", shipmentArgs(f.Shipment)...)
	}
	if f.After != (poll.WatchID{}) {
		where.after(h.s.dialect, f.After)
	}
	text := "SELECT " + watchColumns + ", " + watchState + " FROM {p}watches w" + where.text() +
		" ORDER BY w.courier, w.number, w.generation, w.carrier, w.role LIMIT ?"
	var page []watchRow
	err := h.query(ctx, text, append(where.args, size), func(rows *sql.Rows) error {
		var row watchRow
		var state []byte
		if err := row.scan(rows.Scan, nil, []any{&state}); err != nil {
			return err
		}
		page = append(page, row)
		return page[len(page)-1].know(state)
	})
	return page, err
}

// conditions are those of a WHERE.
type conditions struct {
	texts []string
	args  []any
}

func (c *conditions) add(text string, args ...any) {
	c.texts, c.args = append(c.texts, text), append(c.args, args...)
}

func (c *conditions) text() string {
	if len(c.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.texts, " AND ")
}

// after chooses the watches behind one. MySQL finds the place in its index in the long form only, the others in the short one.
func (c *conditions) after(d Dialect, id poll.WatchID) {
	courier, number, carrier, role := string(id.Shipment.Courier), id.Shipment.Number, id.Carrier, string(id.Role)
	if d != MySQL {
		c.add("(w.courier, w.number, w.generation, w.carrier, w.role) > (?, ?, ?, ?, ?)", courier, number, id.Shipment.Generation, carrier, role)
		return
	}
	c.add("(w.courier > ? OR w.courier = ? AND w.number > ? OR w.courier = ? AND w.number = ? AND w.generation > ?"+
		" OR w.courier = ? AND w.number = ? AND w.generation = ? AND w.carrier > ?"+
		" OR w.courier = ? AND w.number = ? AND w.generation = ? AND w.carrier = ? AND w.role > ?)",
		courier, courier, number, courier, number, id.Shipment.Generation,
		courier, number, id.Shipment.Generation, carrier, courier, number, id.Shipment.Generation, carrier, role)
}

// Evidence implements [poll.Archive].
func (ws *Watches) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	if err := ws.s.outside(ctx); err != nil {
		return tracking.Evidence{}, err
	}
	var e evidence
	err := ws.s.snapshot(ctx, func(h handle) error {
		var at newest
		var text []byte
		found, err := h.get(ctx, stShipmentNewest, shipmentArgs(id), &text)
		if err != nil || !found {
			return err
		}
		if err := json.Unmarshal(text, &at); err != nil {
			return fmt.Errorf("sqlstore: the answers on a shipment: %w", err)
		}
		e, err = h.evidence(ctx, id, at)
		return err
	})
	if err != nil {
		return tracking.Evidence{}, err
	}
	return e.before(), nil
}
