package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
)

// A condition is a WHERE clause being written.
type condition struct {
	parts []string
	args  []any
}

func (c *condition) add(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

// among wants one of some values in a column; none means any.
func among[T ~string](c *condition, column string, values []T) {
	if len(values) > 0 {
		c.add(column+" IN "+marks(len(values)), anys(values)...)
	}
}

func (c *condition) String() string { return strings.Join(c.parts, " AND ") }

// where says in SQL what [order.Filter.Matches] says, of sections as s. possible is false where nothing can match.
func where(f order.Filter) (c condition, possible bool) {
	c.add("s.tenant = ? AND s.listed = 1", sought(f.Tenant))
	statuses := f.Statuses
	if f.Bucket != "" {
		statuses = slices.DeleteFunc(f.Bucket.Statuses(), func(s order.Status) bool {
			return len(f.Statuses) > 0 && !slices.Contains(f.Statuses, s)
		})
		if len(statuses) == 0 {
			return c, false
		}
	}
	if len(statuses) > 0 {
		args := make([]any, len(statuses))
		for i, s := range statuses {
			args[i] = int(s)
		}
		c.add("s.status IN "+marks(len(args)), args...)
	}
	among(&c, "s.order_id", f.Orders)
	among(&c, "s.delivery_no", f.DeliveryNos)
	among(&c, "s.recall_delivery_no", f.RecallDeliveryNos)
	if n := len(f.Waybills); n > 0 {
		c.add("(s.waybill IN "+marks(n)+" OR s.recall_waybill IN "+marks(n)+")", append(anys(f.Waybills), anys(f.Waybills)...)...)
	}
	among(&c, "s.claim_type", f.Claims)
	among(&c, "s.method", f.Methods)
	if f.Channel != "" {
		c.add("s.channel = ?", sought(string(f.Channel)))
	}
	if f.Place != "" {
		c.add("s.place = ?", sought(f.Place))
	}
	if f.SKU != "" {
		c.add("(s.order_id, s.section_id) IN (SELECT i.order_id, i.section_id FROM {p}items i WHERE i.sku = ?)", sought(f.SKU))
	}
	if f.Exceptions {
		c.add("s.exception = 1")
	}
	if !f.OrderedFrom.IsZero() {
		c.add("s.created_at >= ?", nanos(f.OrderedFrom))
	}
	if !f.OrderedUntil.IsZero() {
		c.add("s.created_at < ?", nanos(f.OrderedUntil))
	}
	return c, true
}

// A searching is one Find.
type searching struct {
	handle
	ctx  context.Context
	cond condition
	q    order.Query
}

func (h handle) find(ctx context.Context, q order.Query) (order.Found, error) {
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = order.DefaultPageSize
	}
	var found order.Found
	cond, possible := where(q.Filter)
	if !possible {
		return found, ctx.Err()
	}
	err := h.snapshot(ctx, func(h handle) error {
		s := searching{handle: h, ctx: ctx, cond: cond, q: q}
		found = order.Found{}
		var err error
		if found.Total, err = s.count(); err != nil || found.Total <= (q.Page-1)*q.Size {
			return err
		}
		found.Hits, err = s.hits()
		return err
	})
	if err != nil {
		return order.Found{}, err
	}
	return found, nil
}

// The joins and orders of what is counted and paged.
const (
	fromSections = " FROM {p}sections s"
	fromItems    = " FROM {p}sections s JOIN {p}items u ON u.order_id = s.order_id AND u.section_id = s.section_id"
	bySection    = " ORDER BY s.created_at, s.order_id, s.position"
)

func (s *searching) count() (n int, err error) {
	text := "SELECT COUNT(*)" + fromSections
	switch s.q.Level {
	case order.ByOrder:
		text = "SELECT COUNT(DISTINCT s.order_id)" + fromSections
	case order.ByItem:
		text = "SELECT COUNT(*)" + fromItems
	}
	err = s.query(s.ctx, text+" WHERE "+s.cond.String(), s.cond.args, func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

// hits gives the page.
func (s *searching) hits() ([]order.Hit, error) {
	hits, err := s.keys()
	if err != nil {
		return nil, err
	}
	orders, err := s.orders(hits)
	if err != nil {
		return nil, err
	}
	for i := range hits {
		hits[i].Order = orders[hits[i].Order.ID]
	}
	return hits, nil
}

// keys gives the hits of the page with nothing but the ids in them.
func (s *searching) keys() ([]order.Hit, error) {
	page := append(slices.Clone(s.cond.args), s.q.Size, (s.q.Page-1)*s.q.Size)
	const limit = " LIMIT ? OFFSET ?"
	cond := " WHERE " + s.cond.String()
	switch s.q.Level {
	case order.ByItem:
		return s.scan("SELECT s.order_id, s.section_id, u.item_id"+fromItems+cond+bySection+", u.position"+limit, page)
	case order.ByOrder:
		ids, err := s.scan("SELECT s.order_id, '', ''"+fromSections+cond+" GROUP BY s.created_at, s.order_id ORDER BY s.created_at, s.order_id"+limit, page)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		args := slices.Clone(s.cond.args)
		for _, id := range ids {
			args = append(args, string(id.Order.ID))
		}
		return s.scan("SELECT s.order_id, s.section_id, ''"+fromSections+cond+" AND s.order_id IN "+marks(len(ids))+bySection, args)
	}
	return s.scan("SELECT s.order_id, s.section_id, ''"+fromSections+cond+bySection+limit, page)
}

func (s *searching) scan(text string, args []any) (hits []order.Hit, err error) {
	err = s.query(s.ctx, text, args, func(rows *sql.Rows) error {
		var id, section, item string
		if err := rows.Scan(&id, &section, &item); err != nil {
			return err
		}
		hits = append(hits, order.Hit{Order: order.Order{ID: order.OrderID(id)}, Section: order.SectionID(section), Item: order.ItemID(item)})
		return nil
	})
	return hits, err
}

// orders loads the orders of hits, each once.
func (s *searching) orders(hits []order.Hit) (map[order.OrderID]order.Order, error) {
	var ids []order.OrderID
	for _, hit := range hits {
		ids = append(ids, hit.Order.ID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	type row struct {
		seq      int
		snapshot []byte
		history  []order.Event
	}
	found := make(map[order.OrderID]*row, len(ids))
	err := s.query(s.ctx, "SELECT id, seq, snapshot_personal FROM {p}orders WHERE id IN "+marks(len(ids)), anys(ids), func(rows *sql.Rows) error {
		var id string
		var r row
		if err := rows.Scan(&id, &r.seq, &r.snapshot); err != nil {
			return err
		}
		found[order.OrderID(id)] = &r
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.query(s.ctx, "SELECT order_id, seq, event_personal FROM {p}history WHERE order_id IN "+marks(len(ids))+" ORDER BY order_id, seq", anys(ids), func(rows *sql.Rows) error {
		var id string
		var seq int
		var text sql.RawBytes
		if err := rows.Scan(&id, &seq, &text); err != nil {
			return err
		}
		r := found[order.OrderID(id)]
		if r == nil || seq > r.seq {
			return nil // saved since the order was read
		}
		r.history = append(r.history, order.Event{})
		return stored.Unmarshal(text, s.s.options.profile, &r.history[len(r.history)-1])
	})
	if err != nil {
		return nil, err
	}
	orders := make(map[order.OrderID]order.Order, len(ids))
	for id, r := range found {
		if orders[id], err = s.s.assemble(r.snapshot, r.seq, r.history); err != nil {
			return nil, err
		}
	}
	return orders, nil
}
