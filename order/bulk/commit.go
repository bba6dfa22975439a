package bulk

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/waybill-dev/waybill/order"
)

const (
	window   = 50 // orders that are held at once while they are applied
	attempts = 4  // times that a row is judged again because somebody else was faster
)

// Commit applies a plan, row by row in sheet order, each as a command of its own whose id is made of id and the row's
// key. Every row is judged once more against its order as it is now: what was done meanwhile with the same waybill is a
// NOOP, what has become impossible fails with C01. Its neighbours are applied all the same.
//
// A commit that was interrupted is repeated whole, under the same id: rows that are done answer NOOP. An error means
// that it was interrupted, by the context or by the store; the result beside it tells how far it came.
func (s Shipper) Commit(ctx context.Context, p *Plan, id order.CommandID) (*Result, error) {
	switch {
	case s.Orders == nil:
		return nil, ErrNoOrders
	case id == "":
		return nil, ErrNoCommand
	}
	if err := p.verify(); err != nil {
		return nil, err
	}
	if p.header.AllOrNothing {
		return s.commitAll(ctx, p, id)
	}
	r := newResult(p)
	err := s.apply(ctx, s.Orders, r, id)
	return r.finish(), err
}

// errFailed takes a transaction back.
var errFailed = errors.New("bulk: a row failed")

// commitAll applies every row or none.
func (s *Shipper) commitAll(ctx context.Context, p *Plan, id order.CommandID) (*Result, error) {
	store, ok := s.Orders.(Transactional)
	if !ok {
		return nil, ErrNotTransactional
	}
	r := newResult(p)
	if p.Count(ActionError) > 0 {
		return r.allFailed().finish(), nil
	}
	err := store.Atomically(ctx, func(ctx context.Context, within Orders) error {
		r = newResult(p) // a store may try a transaction again
		err := s.apply(ctx, within, r, id)
		if err == nil && r.failures() > 0 {
			err = errFailed
		}
		return err
	})
	switch {
	case errors.Is(err, errFailed):
		return r.allFailed().finish(), nil
	case err != nil:
		return newResult(p).finish(), err
	}
	return r.finish(), nil
}

// apply applies the rows that have no error, those included that had nothing to do: that may have changed.
func (s *Shipper) apply(ctx context.Context, orders Orders, r *Result, id order.CommandID) error {
	p := r.plan
	var rows []int32
	for i := range p.entries {
		if e := &p.entries[i]; e.action != ActionError && e.same == 0 {
			rows = append(rows, int32(i))
		}
	}
	c := committing{Shipper: s, orders: orders, result: r, id: id, rules: p.rules(s.Machine, s.now()), seed: maphash.MakeSeed()}
	for done, some := range batches(rows, window) {
		s.progress("commit", done, len(rows))
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.rows(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// committing is a commit under way.
type committing struct {
	*Shipper
	orders Orders
	result *Result
	id     order.CommandID
	rules  rules
	seed   maphash.Seed
	roads  traffic // of the rows in the window
}

// rows applies a few rows. Rows of one order see what the ones before them did.
func (c *committing) rows(ctx context.Context, rows []int32) error {
	found, err := find(ctx, c.orders, c.result.plan, rows)
	if err != nil {
		return err
	}
	if c.roads, err = loadTraffic(ctx, c.orders, c.result.plan, rows, c.seed); err != nil {
		return err
	}
	fresh := make(map[order.OrderID]*order.Order, len(found))
	for at, i := range rows {
		o := &found[at]
		if had := fresh[o.ID]; had != nil {
			o = had
		}
		next, err := c.row(ctx, o, i)
		if err != nil {
			return err
		}
		fresh[next.ID] = next
	}
	return nil
}

// row applies one row to an order, and gives the order after it.
func (c *committing) row(ctx context.Context, o *order.Order, i int32) (*order.Order, error) {
	e := &c.result.plan.entries[i]
	for range attempts {
		v := c.rules.judge(o, e)
		switch {
		case v.action == ActionNoop && e.action == ActionNoop:
			return o, nil
		case v.action == ActionNoop:
			c.result.set(i, Noop, note{i, v.text, v.with})
			return o, nil
		case v.action == ActionError:
			c.changed(i, o, e, note{i, v.text, v.with})
			return o, nil
		case e.action == ActionNoop:
			c.result.set(i, Failed, note{i, "C01.undone", ""})
			return o, nil
		case c.stranger(e, v.person):
			c.changed(i, nil, e, note{i, "R13.used", ""})
			return o, nil
		case v.section != e.section:
			c.result.set(i, Failed, note{i, "C01.section", string(v.section)})
			return o, nil
		}
		v.command.ID = c.commandID(e)
		next, err := c.orders.Execute(ctx, o.ID, v.command)
		if err == nil {
			c.applied(i, &next, e)
			return &next, nil
		}
		var refusal *order.Refused
		if !errors.As(err, &refusal) {
			return nil, fmt.Errorf("bulk: row %d: %w", e.no, err)
		}
		if refusal.Kind != order.ErrVersion && refusal.Kind != order.ErrExpectedStatus {
			w := refused(err)
			c.changed(i, nil, e, note{i, w.text, w.with})
			return o, nil
		}
		found, err := find(ctx, c.orders, c.result.plan, []int32{i})
		if err != nil {
			return nil, err
		}
		o = &found[0]
	}
	c.changed(i, nil, e, note{i, "R10.refused", "변경 중|changing"})
	return o, nil
}

// stranger reports whether the row's waybill was given to another recipient meanwhile. A store that must be certain
// keeps such waybills apart itself (order.Env.WaybillFree, or a unique key).
func (c *committing) stranger(e *entry, to *order.Recipient) bool {
	text := c.roads.against(e, personOf(c.seed, to), c.result.plan.header.Separate)
	return texts[text].kind == KindError
}

// commandID is the row's own: the commit's, and what names the row in its order.
func (c *committing) commandID(e *entry) order.CommandID {
	id := c.id + order.CommandID("/"+e.key)
	if e.item != "" {
		id += order.CommandID("/" + e.item)
	}
	return id
}

// applied checks that the row is done. A command that was accepted before gives its order and no error, also when its
// effect was corrected since.
func (c *committing) applied(i int32, o *order.Order, e *entry) {
	if c.rules.judge(o, e).action == ActionNoop {
		c.result.set(i, OK)
		return
	}
	c.result.set(i, Failed, note{i, "C01.used", ""})
}

// changed fails a row with C01 and the reason; with the reason alone if nobody changed the order.
func (c *committing) changed(i int32, o *order.Order, e *entry, cause note) {
	if o != nil && o.ID != "" && o.Version == e.version {
		c.result.set(i, Failed, cause)
		return
	}
	c.result.set(i, Failed, note{i, "C01", cause.text + separator + cause.with})
}
