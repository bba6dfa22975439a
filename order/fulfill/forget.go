package fulfill

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// ErrForgotten means that what was known of a shipment is forgotten ([Night.KeepParcels]): it can be neither asked about nor
// corrected any more.
var ErrForgotten = errors.New("fulfill: the shipment is forgotten")

// A Forgetter is a [Tx] that can forget what is not needed any more of parcels that are over.
type Forgetter interface {
	// Old lists up to limit shipments that are not forgotten and whose Seen is before a time, those with the oldest Seen
	// first, then by id, behind one; behind none for the zero value. What it costs must not grow with the number of
	// shipments that are forgotten, or newer.
	Old(ctx context.Context, before time.Time, after Shipment, limit int) ([]Shipment, error)
	// Forget marks a shipment as Forgotten, and removes its evidence, its watches, kept answers, the traces of its orders
	// that are about it, and the tasks about it ([Action.Shipment]) in the streams of its orders. Of an order all of whose
	// shipments are forgotten then it removes the tasks that commands caused ([Action.Command]), too. Other tasks stay:
	// the host's own keys are known to nobody else. So do the shipment itself, with its links, Known and Parcel: they are
	// what keeps its number from being taken for a new one, and its actions from being raised again.
	//
	// It gives the number of things removed, and does nothing, with 0, if the shipment is forgotten already, or one of its
	// watches is active, or a task that it would remove waits or is dead. The caller has locked the orders. [ErrNoShipment]
	// if there is none.
	Forget(ctx context.Context, id poll.ShipmentID) (removed int, err error)
}

// leastKept is how long a parcel is kept at least. No evidence is withdrawn so late, no watch lives so long, and no silence is
// remembered for longer.
const leastKept = longestMemory

// mostUnforgotten is after how many parcels that could not be forgotten a night gives up: something is wrong with the store.
const mostUnforgotten = 10

// forgetPage is how many shipments are looked through at a time.
const forgetPage = 100

// forget forgets what is over since before a time: a transaction for each parcel. One that fails does not keep the others.
func (e *Engine) forget(ctx context.Context, before time.Time) (removed int, err error) {
	var last Shipment
	var faults []error
	for {
		var old []Shipment
		err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
			old = nil
			if f, ok := tx.(Forgetter); ok {
				old, err = f.Old(ctx, before, last, forgetPage)
			}
			return err
		})
		if err != nil {
			return removed, errors.Join(append(faults, err)...)
		}
		for i := range old {
			n, err := e.forgetParcel(ctx, &old[i], before)
			if removed += n; err != nil {
				faults = append(faults, err)
			}
			if ctx.Err() != nil || len(faults) == mostUnforgotten {
				return removed, errors.Join(faults...)
			}
		}
		if len(old) < forgetPage {
			return removed, errors.Join(faults...)
		}
		last = old[len(old)-1]
	}
}

func (e *Engine) forgetParcel(ctx context.Context, old *Shipment, before time.Time) (removed int, err error) {
	err = e.transact(ctx, old.orders(), func(ctx context.Context, w *work) error {
		removed = 0
		s, err := w.shipment(ctx, old.ID)
		if err != nil || s.Awaiting != AwaitingNothing || !s.lastNews().Before(before) {
			return err
		}
		for _, id := range s.orders() {
			f, err := w.folio(ctx, id)
			if err != nil || f != nil && !finished(&f.order, before) {
				return err
			}
		}
		removed, err = w.tx.(Forgetter).Forget(ctx, s.ID)
		return err
	})
	return removed, err
}

// finished reports whether nothing has happened to an order since a time, and no section of it is on its way: all are with the
// buyer, or ended.
func finished(o *order.Order, before time.Time) bool {
	for i := range o.Sections {
		s := &o.Sections[i]
		if s.MergedInto == "" && s.Status != order.StatusDelivered && s.Status != order.StatusPurchaseConfirmed && !s.Status.Terminal() {
			return false
		}
	}
	n := len(o.History)
	return n == 0 || o.History[n-1].At.Before(before)
}
