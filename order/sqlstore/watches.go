package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Watches keeps whom to ask about which shipment, the evidence that came of it, and what carriers were asked. It implements
// [poll.Store], [poll.Archive] and [poll.Meter], for several processes at once; every call is a transaction of its own.
//
// Claims of several processes pass over what another one is claiming. Record and Change lock the row of the shipment, then
// that of the watch. A transaction of the host that works several shipments ([Tx.Watches]) does so in an order that all of
// its kind keep, or is given up and run again now and then ([Transient]).
//
// Texts of answers that are no UTF-8 are kept with U+FFFD in the place of what is not, and times before the year 0 and
// after 9999 as no times. Neither occurs in an answer that was read from JSON.
type Watches struct{ meter }

var (
	_ poll.Store   = (*Watches)(nil)
	_ poll.Archive = (*Watches)(nil)
	_ poll.Meter   = (*Watches)(nil)
	_ poll.Store   = watchesTx{}
)

// Watches gives the watches of the store.
func (s *Store) Watches() *Watches { return &Watches{meter{s}} }

// Watches gives the watches of the store in the transaction: what is recorded is kept together with what else the
// transaction writes. The functions that Record and Change are given must not use the transaction.
func (t *Tx) Watches() poll.Store { return watchesTx{t} }

// Claim implements [poll.Store].
func (ws *Watches) Claim(ctx context.Context, r poll.ClaimRequest) (claimed []poll.Watch, err error) {
	err = ws.s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		claimed, err = tx.Watches().Claim(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// Release implements [poll.Store].
func (ws *Watches) Release(ctx context.Context, released []poll.Watch) error {
	return ws.s.Update(ctx, func(ctx context.Context, tx *Tx) error { return tx.Watches().Release(ctx, released) })
}

// Record implements [poll.Store].
func (ws *Watches) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (recorded poll.Recorded, err error) {
	err = ws.s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		recorded, err = tx.Watches().Record(ctx, r, decide)
		return err
	})
	if err != nil {
		return poll.Recorded{}, err
	}
	return recorded, nil
}

// Change implements [poll.Store].
func (ws *Watches) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (changed poll.Watch, err error) {
	err = ws.s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		changed, err = tx.Watches().Change(ctx, id, change)
		return err
	})
	if err != nil {
		return poll.Watch{}, err
	}
	return changed, nil
}

// NextDue implements [poll.Store].
func (ws *Watches) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	if err := ws.s.outside(ctx); err != nil {
		return time.Time{}, err
	}
	return ws.s.nextDue(ctx, carrier)
}

func (h handle) nextDue(ctx context.Context, carrier string) (time.Time, error) {
	var ready int64
	found, err := h.get(ctx, stWatchNext, []any{sought(carrier)}, &ready)
	if err != nil || !found {
		return time.Time{}, err
	}
	return moment(ready), nil
}

// watchesTx is the watches in a transaction.
type watchesTx struct{ t *Tx }

// NextDue implements [poll.Store].
func (w watchesTx) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	return w.t.nextDue(ctx, carrier)
}

// Claim implements [poll.Store].
func (w watchesTx) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	if err := w.t.writing(ctx); err != nil {
		return nil, err
	}
	which := stWatchDue
	if r.Early {
		which = stWatchEarly
	}
	var due []watchRow
	err := w.t.list(ctx, which, []any{sought(r.Carrier), nanos(r.Now), r.Limit}, func(rows *sql.Rows) error {
		var row watchRow
		var state []byte
		if err := row.scan(rows.Scan, nil, []any{&state}); err != nil {
			return err
		}
		due = append(due, row)
		return due[len(due)-1].know(state)
	})
	if err != nil {
		return nil, w.t.failed(err)
	}
	until := nanos(r.Now.Add(r.Lease))
	claimed := make([]poll.Watch, 0, len(due))
	for _, row := range due {
		c := row.watch.Claimed(r.Now)
		if _, err := w.t.exec(ctx, stWatchLease, append([]any{c.Asks, c.Today, c.Day, until, c.Fence}, watchArgs(c.ID)...)...); err != nil {
			return nil, w.t.failed(err)
		}
		claimed = append(claimed, c)
	}
	return claimed, nil
}

// Release implements [poll.Store].
func (w watchesTx) Release(ctx context.Context, released []poll.Watch) error {
	if err := w.t.writing(ctx); err != nil {
		return err
	}
	released = slices.SortedFunc(slices.Values(released), func(a, b poll.Watch) int { return a.ID.Compare(b.ID) })
	for _, r := range released {
		if _, err := w.t.exec(ctx, stWatchRelease, append(watchArgs(r.ID), r.Fence)...); err != nil {
			return w.t.failed(err)
		}
	}
	return nil
}

// Record implements [poll.Store].
func (w watchesTx) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	return w.t.record(ctx, r, decide)
}

// Change implements [poll.Store].
func (w watchesTx) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	if err := w.t.writing(ctx); err != nil {
		return poll.Watch{}, err
	}
	for {
		changed, done, err := w.t.changeWatch(ctx, id, change)
		if err != nil || done {
			return changed, err
		}
	}
}

// changeWatch changes a watch, or makes it. It is not done if somebody else made the watch in the meantime.
func (t *Tx) changeWatch(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, bool, error) {
	_, row, found, err := t.watched(ctx, id)
	if err != nil {
		return poll.Watch{}, false, t.failed(err)
	}
	if !found {
		return t.openWatch(ctx, id, change)
	}
	before := row.watch
	row.keep(change(copied(before)), false)
	if row.watch.Life == "" {
		return before, true, nil
	}
	if err := row.fits(); err != nil {
		return poll.Watch{}, false, err
	}
	if _, err := t.exec(ctx, stWatchUpdate, append(row.fields(), watchArgs(id)...)...); err != nil {
		return poll.Watch{}, false, t.failed(err)
	}
	return copied(row.watch), true, nil
}

// openWatch makes a watch, and its shipment if it is the first.
func (t *Tx) openWatch(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, bool, error) {
	row := watchRow{watch: poll.Watch{ID: id}}
	var state []byte
	key := shipmentArgs(id.Shipment)
	there, err := t.get(ctx, stShipmentLock, key, &state)
	if err == nil {
		err = row.know(state)
	}
	if err != nil {
		return poll.Watch{}, false, t.failed(err)
	}
	before := row.watch
	row.keep(change(copied(before)), false)
	if row.watch.Life == "" {
		return before, true, nil
	}
	if err := row.fits(); err != nil {
		return poll.Watch{}, false, err
	}
	if !there {
		if _, err := t.insert(ctx, stShipmentInsert, append(key, nanos(time.Time{}), nanos(time.Time{}))...); err != nil {
			return poll.Watch{}, false, t.failed(err)
		}
	}
	fresh, err := t.insert(ctx, stWatchInsert, append(row.fields(), watchArgs(id)...)...)
	if err != nil {
		return poll.Watch{}, false, t.failed(err)
	}
	return copied(row.watch), fresh, nil
}

// writing begins a write in a transaction of the host, as [Tx.begin] does.
func (t *Tx) writing(ctx context.Context) error {
	if t.joined {
		return t.failed(t.begin(ctx))
	}
	return ctx.Err()
}
