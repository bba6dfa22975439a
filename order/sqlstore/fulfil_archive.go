package sqlstore

import (
	"context"
	"database/sql"
	"iter"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Shipments implements [fulfill.Archive]. It reads 200 shipments at a time, each page as it stands then.
func (s *Store) Shipments(ctx context.Context, f fulfill.ShipmentFilter) iter.Seq2[fulfill.Shipment, error] {
	return sequence(func(yield func(fulfill.Shipment, error) bool) error {
		if err := s.outside(ctx); err != nil {
			return err
		}
		var after poll.ShipmentID
		return pages(ctx, 0, func(int) ([]fulfill.Shipment, error) {
			return snapshotPage(ctx, s, func(h handle) ([]fulfill.Shipment, error) { return h.travelPage(ctx, f, after) })
		}, func(shipment fulfill.Shipment) bool {
			after = shipment.ID
			return yield(shipment, nil)
		})
	})
}

// travelPage reads the shipments behind one, with their links.
func (h handle) travelPage(ctx context.Context, f fulfill.ShipmentFilter, after poll.ShipmentID) ([]fulfill.Shipment, error) {
	var where conditions
	if !f.From.IsZero() {
		where.add("f.since_at >= ?", nanos(f.From))
	}
	if !f.Until.IsZero() {
		where.add("f.since_at < ?", nanos(f.Until))
	}
	if f.Awaiting {
		where.add("f.awaiting > ''")
	}
	if after != (poll.ShipmentID{}) {
		courier, number := string(after.Courier), after.Number
		where.add("(f.courier > ? OR f.courier = ? AND f.number > ? OR f.courier = ? AND f.number = ? AND f.generation > ?)",
			courier, courier, number, courier, number, after.Generation)
	}
	const order = " ORDER BY f.courier, f.number, f.generation LIMIT ?"
	args := append(where.args, portion)
	var page []fulfill.Shipment
	err := h.query(ctx, "SELECT "+travelColumns+" FROM {p}fulfil_shipments f"+withState+where.text()+order, args, scanTravel(&page))
	if err != nil || len(page) == 0 {
		return nil, err
	}
	keys := "(SELECT f.courier, f.number, f.generation FROM {p}fulfil_shipments f" + where.text() + order + ")"
	links := scanLinks(page)
	err = h.query(ctx, "SELECT l.courier, l.number, l.generation, l.order_id, l.role FROM "+keys+linksWith+linkOrder, args, links)
	return page, err
}

// Tasks implements [fulfill.Archive]. It reads 200 tasks at a time, each page as it stands then. Keys of 255 bytes and more
// are listed by their beginning.
func (s *Store) Tasks(ctx context.Context, f fulfill.TaskFilter) iter.Seq2[fulfill.Task, error] {
	return sequence(func(yield func(fulfill.Task, error) bool) error {
		if err := s.outside(ctx); err != nil {
			return err
		}
		after := taskKey(f.After)
		return pages(ctx, f.Limit, func(size int) ([]taskRow, error) {
			return snapshotPage(ctx, s, func(h handle) ([]taskRow, error) { return h.taskPage(ctx, f, after, size) })
		}, func(row taskRow) bool {
			after = row.key
			return yield(row.task, nil)
		})
	})
}

// taskPage reads the tasks behind one.
func (h handle) taskPage(ctx context.Context, f fulfill.TaskFilter, after string, size int) ([]taskRow, error) {
	where := conditions{texts: []string{"o.task_key > ?"}, args: []any{after}}
	switch {
	case f.State != "" && f.Order != "": // a stream is short, and a state is not: it is not to be the index that is taken
		where.add("o.stream = ? AND CASE WHEN o.state = ? THEN 1 ELSE 0 END = 1", sought(string(f.Order)), sought(string(f.State)))
	case f.State != "":
		where.add("o.state = ?", sought(string(f.State)))
	case f.Order != "":
		where.add("o.stream = ?", sought(string(f.Order)))
	}
	var page []taskRow
	text := "SELECT o.task_key, " + taskColumns + " FROM {p}outbox o" + where.text() + " ORDER BY o.task_key LIMIT ?"
	err := h.query(ctx, text, append(where.args, size), func(rows *sql.Rows) error {
		var r taskRow
		if err := r.scan(rows.Scan, &r.key); err != nil {
			return err
		}
		page = append(page, r)
		return nil
	})
	return page, err
}
