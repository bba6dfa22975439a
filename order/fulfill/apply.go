package fulfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

const (
	mostTries  = 8 // at a transaction that turns out to concern more orders
	mostRounds = 8 // of facts about one order; two are enough for every way through the table
)

// work is what one transaction does about orders and shipments. Its orders are locked, and loaded once at most.
type work struct {
	engine *Engine
	tx     Tx
	now    time.Time
	locked map[order.OrderID]bool
	folios map[order.OrderID]*folio
	stats  Stats
	opened bool // a watch
}

// A folio is an order as it is being written.
type folio struct {
	order  order.Order
	stored int // events
}

// more asks for the transaction again, with these orders locked too.
type more []order.OrderID

func (m more) Error() string { return fmt.Sprintf("fulfill: %d more orders are concerned", len(m)) }

// transact runs f in a transaction in which orders are locked, and again with more of them where it asks for that.
func (e *Engine) transact(ctx context.Context, ids []order.OrderID, f func(context.Context, *work) error) error {
	for try := 1; ; try++ {
		var w *work
		err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
			w = &work{engine: e, tx: tx, now: e.config.Now(), locked: map[order.OrderID]bool{}, folios: map[order.OrderID]*folio{}}
			for _, id := range ids {
				w.locked[id] = true
			}
			if len(ids) > 0 {
				if err := tx.Lock(ctx, ids...); err != nil {
					return err
				}
			}
			return f(ctx, w)
		})
		var others more
		if errors.As(err, &others) && try < mostTries {
			ids = slices.Concat(ids, others)
			slices.Sort(ids)
			ids = slices.Compact(ids)
			continue
		}
		if err == nil {
			w.tell()
		}
		return err
	}
}

// tell wakes those who have something to do once the transaction is committed.
func (w *work) tell() {
	e := w.engine
	e.count(func(s *Stats) {
		s.Applied += w.stats.Applied
		s.Facts += w.stats.Facts
		s.Tasks += w.stats.Tasks
		s.Withdrawn += w.stats.Withdrawn
	})
	if w.opened {
		e.poll.Wake()
	}
	e.outbox.ring()
}

// shipment gives a shipment whose orders are all locked.
func (w *work) shipment(ctx context.Context, id poll.ShipmentID) (Shipment, error) {
	s, err := w.tx.Shipment(ctx, id)
	if err != nil {
		return s, err
	}
	return s, w.holds(&s)
}

func (w *work) holds(s *Shipment) error {
	var missing more
	for _, id := range s.orders() {
		if !w.locked[id] {
			missing = append(missing, id)
		}
	}
	if missing != nil {
		return missing
	}
	return nil
}

// folio gives a linked order, nil if the host does not keep it any more.
func (w *work) folio(ctx context.Context, id order.OrderID) (*folio, error) {
	if p, ok := w.folios[id]; ok {
		return p, nil
	}
	o, err := w.tx.Load(ctx, id)
	if errors.Is(err, order.ErrNoOrder) {
		w.folios[id] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &folio{order: o, stored: len(o.History)}
	w.folios[id] = p
	return p, nil
}

// save writes what happened to an order.
func (w *work) save(ctx context.Context, p *folio) error {
	if len(p.order.History) == p.stored {
		return nil
	}
	if err := w.tx.Save(ctx, p.order, p.order.History[p.stored:]); err != nil {
		return err
	}
	p.stored = len(p.order.History)
	return nil
}

// A sighting says how what is applied came to be known. The zero value is: it was known before.
type sighting struct {
	door   tracking.Door
	why    poll.Why // why the carrier was asked just then
	second second
}

// second says what a second carrier, asked for its opinion, did just now.
type second uint8

const (
	secondUnasked second = iota
	secondAnswered
	secondGone // answered, or not, and is asked no more
)

// apply brings the orders of a shipment, and what is to be done, into agreement with its parcel. Applying it again changes
// nothing.
func (w *work) apply(ctx context.Context, s *Shipment, seen sighting) error {
	if s.Forgotten {
		return ErrForgotten
	}
	p, err := w.parcelOf(ctx, s, seen)
	if err != nil {
		return err
	}
	var folios []*folio
	for _, id := range s.orders() {
		f, err := w.folio(ctx, id)
		if err != nil {
			return err
		}
		if f != nil {
			folios = append(folios, f)
		}
	}
	if p.known && !p.stray {
		w.stats.Applied++
		if err := w.settle(ctx, p, folios); err != nil {
			return err
		}
		if seen.door != "" {
			s.Seen = w.now
		}
	}
	if err := w.abandon(ctx, p, folios); err != nil {
		return err
	}
	return w.tx.SaveShipment(ctx, *s)
}

func (w *work) settle(ctx context.Context, p *parcel, folios []*folio) error {
	if err := w.weigh(ctx, p, folios); err != nil {
		return err
	}
	old, withdrawn, err := w.undone(ctx, p)
	if err != nil {
		return err
	}
	if withdrawn {
		p.withdrawn = true
		p.s.Epoch++
		w.stats.Withdrawn++
	}
	var found findings
	for _, f := range folios {
		if err := w.facts(ctx, p, f, &found); err != nil {
			return err
		}
		if err := w.save(ctx, f); err != nil {
			return err
		}
	}
	if err := w.queue(ctx, old...); err != nil {
		return err
	}
	return w.effects(ctx, p, folios, &found)
}

func (w *work) queue(ctx context.Context, tasks ...Task) error {
	if len(tasks) == 0 {
		return nil
	}
	added, err := w.tx.Queue(ctx, tasks...)
	w.stats.Tasks += int64(added)
	return err
}
