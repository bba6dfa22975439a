package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/waybill-dev/waybill/internal/stored"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
)

// ErrHistory means that what is to be saved is not an order with the events at the end of its history.
var ErrHistory = errors.New("sqlstore: events are not the end of the order's history")

func (t *Tx) lock(ctx context.Context, ids []order.OrderID) error {
	if err := t.writing(ctx); err != nil {
		return err
	}
	if t.s.dialect == SQLite {
		return ctx.Err()
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		var seq int
		if _, err := t.get(ctx, stOrderLock, []any{sought(string(id))}, &seq); err != nil {
			return t.failed(err)
		}
	}
	return nil
}

// save writes the order, its new events, the rows that changed with them and their actions.
func (t *Tx) save(ctx context.Context, o order.Order, events []order.Event) error {
	if len(events) == 0 || events[0].Seq < 1 || len(o.History) != events[0].Seq-1+len(events) {
		return ErrHistory
	}
	if err := fits(&o, events); err != nil {
		return err
	}
	w := writing{tx: t, ctx: ctx, o: &o, id: string(o.ID), created: nanos(o.History[0].At)}
	fresh, err := w.order(events)
	switch {
	case err != nil:
		return t.failed(err)
	case !fresh:
		return order.ErrStale
	}
	w.history(events)
	w.index(changed(&o, events))
	if w.err == nil {
		_, w.err = t.queue(ctx, fulfill.Commanded(&o, events, t.s.options.now()))
	}
	return t.failed(w.err)
}

// fits finds a text that the columns do not take.
func fits(o *order.Order, events []order.Event) error {
	var l limit
	l.key("the order's id, tenant or channel", string(o.ID), o.Tenant, string(o.Channel))
	for _, e := range events {
		l.key("a command's id", string(e.Command))
	}
	for _, s := range o.Sections {
		l.key("a section's delivery number", s.DeliveryNo, s.RecallDeliveryNo)
		l.key("a section's method, place or waybill", string(s.Method), s.Place, number(s.Waybill), number(s.RecallWaybill))
	}
	for _, line := range o.Lines {
		l.key("a line's id or SKU", string(line.ID), line.SKU)
	}
	return l.err
}

// A writing is an order being saved. After its first error it writes nothing more.
type writing struct {
	tx      *Tx
	ctx     context.Context
	o       *order.Order
	id      string
	created int64
	err     error
}

func (w *writing) exec(st statement, args ...any) {
	if w.err == nil {
		_, w.err = w.tx.exec(w.ctx, st, args...)
	}
}

// json gives the stored form of a value.
func (w *writing) json(v any, marshal func(any) ([]byte, error)) string {
	data, err := marshal(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("sqlstore: %w", err)
	}
	return string(data)
}

// order writes the row by which it is settled who was first, and reports whether this save was.
func (w *writing) order(events []order.Event) (bool, error) {
	bare := *w.o
	bare.History = nil
	snapshot := w.json(bare, stored.Marshal)
	if w.err != nil {
		return false, w.err
	}
	before := events[0].Seq - 1
	if before == 0 {
		return w.tx.insert(w.ctx, stOrderInsert, w.id, w.o.Tenant, w.created, w.o.Version, len(w.o.History), snapshot)
	}
	n, err := w.tx.exec(w.ctx, stOrderUpdate, w.o.Version, len(w.o.History), snapshot, w.id, before)
	return n > 0, err
}

// history appends the events.
func (w *writing) history(events []order.Event) {
	for _, e := range events {
		w.exec(stHistoryInsert, w.id, e.Seq, e.Name.String(), string(e.Command), nanos(e.At), w.json(e, stored.Marshal))
	}
}

// index writes the rows that lists are found by.
func (w *writing) index(c change) {
	for i := range w.o.Sections {
		s := &w.o.Sections[i]
		if c.sections[s.ID] == untouched {
			continue
		}
		w.section(i, s, c.sections[s.ID] == made)
		if c.sections[s.ID] != kept {
			w.items(s)
		}
	}
	for i := range w.o.Claims {
		claim := &w.o.Claims[i]
		row := []any{string(claim.Section), string(claim.Type), string(claim.Outcome), w.id, string(claim.ID)}
		switch c.claims[claim.ID] {
		case untouched:
		case made:
			w.exec(stClaimInsert, row...)
		default:
			w.exec(stClaimUpdate, row...)
		}
	}
}

func (w *writing) section(position int, s *order.Section, fresh bool) {
	var claim order.ClaimType
	if c, ok := w.o.Claim(s.Claim); ok && c.Open() && s.Status.ClaimOpen() {
		claim = c.Type
	}
	row := []any{
		flag(!s.Hidden()), int(s.Status), s.DeliveryNo, s.RecallDeliveryNo, string(s.Method), s.Place, number(s.Waybill),
		number(s.RecallWaybill), string(claim), flag(s.Exception != nil), w.id, string(s.ID),
	}
	if fresh {
		w.exec(stSectionInsert, append(row, position, w.o.Tenant, w.created, string(w.o.Channel))...)
	} else {
		w.exec(stSectionUpdate, row...)
	}
}

func (w *writing) items(s *order.Section) {
	w.exec(stItemsDelete, w.id, string(s.ID))
	for i, it := range s.Items {
		line, _ := w.o.Line(it.Line)
		w.exec(stItemInsert, w.id, string(s.ID), i, string(it.ID), string(it.Line), line.SKU, it.Quantity)
	}
}

func number(w *order.Waybill) string {
	if w == nil {
		return ""
	}
	return w.Number
}

// A touch is what events did to a section or a claim.
type touch uint8

const (
	untouched touch = iota
	kept            // it has the items that it had
	divided         // items came or went
	made            // it was not there before
)

// A change is what events touched: what has to be written again.
type change struct {
	sections map[order.SectionID]touch
	claims   map[order.ClaimID]touch
}

// changed reads it off the moves, of which an event has one for each section that it touched.
func changed(o *order.Order, events []order.Event) change {
	c := change{sections: map[order.SectionID]touch{}, claims: map[order.ClaimID]touch{}}
	for i := range events {
		e := &events[i]
		if e.Name == order.Created {
			for j := range o.Sections {
				c.sections[o.Sections[j].ID] = made
			}
		}
		for j := range e.Moves {
			m := &e.Moves[j]
			switch {
			case m.Into == "":
				c.section(m.Section, kept)
			case e.Name == order.SectionsMerged:
				c.section(m.Section, divided)
				c.section(m.Into, divided)
			default:
				c.section(m.Section, divided)
				c.section(m.Into, made)
			}
			if m.Opened || m.Split != "" {
				c.claims[m.Claim] = made
			} else if m.Claim != "" {
				c.claims[m.Claim] = max(c.claims[m.Claim], kept)
			}
		}
	}
	return c
}

func (c *change) section(id order.SectionID, t touch) { c.sections[id] = max(c.sections[id], t) }
