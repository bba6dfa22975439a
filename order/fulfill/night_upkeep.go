package fulfill

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// keepAlive is [KeepAlive].
func (e *Engine) keepAlive(ctx context.Context, _ *Report) error {
	if e.config.Night.Subscriptions == nil {
		return nil
	}
	if err := e.config.Night.Subscriptions.Pass(ctx); err != nil {
		return err
	}
	return e.pushes.look(ctx)
}

// pushGrace is how long a push may take: news that a poll found sooner than that is not called lost.
const pushGrace = time.Hour

// reconcile is [Reconcile].
func (e *Engine) reconcile(ctx context.Context, r *Report) error {
	if e.config.Night.Registry == nil {
		return nil
	}
	for _, carrier := range e.config.Night.Subscribe {
		for entry, err := range e.config.Night.Registry.All(ctx, carrier, subscription.Registered) {
			if err != nil {
				return err
			}
			if err := e.reconcileParcel(ctx, r, entry); err != nil && ctx.Err() == nil {
				r.fails(ReportItem{
					Courier: entry.Courier, Last4: tracking.Last4(entry.Number), Why: "it could not be looked at", Err: err,
				})
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) reconcileParcel(ctx context.Context, r *Report, entry subscription.Entry) error {
	var w poll.Watch
	var evidence tracking.Evidence
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		id, err := tx.Latest(ctx, entry.Courier, entry.Number)
		if err != nil {
			return err
		}
		shipment, err := tx.Shipment(ctx, id)
		if err != nil {
			return err
		}
		if w, err = watchOf(ctx, tx, poll.WatchID{Shipment: id, Carrier: shipment.Carrier, Role: poll.Primary}); err != nil {
			return err
		}
		evidence, err = tx.Evidence(ctx, id)
		return err
	})
	if errors.Is(err, ErrNoShipment) {
		return nil // nobody's any more
	}
	if err != nil {
		return err
	}
	now := e.config.Now()
	if now.Sub(w.Asked) < 24*time.Hour && brought(evidence, w, entry.RegisteredAt) {
		r.Lost++
	}
	heard := entry.RegisteredAt
	for _, at := range []time.Time{w.Asked, w.Changed, w.Opened} {
		if at.After(heard) {
			heard = at
		}
	}
	if w.Life != poll.Active || stageOf(w.Parcel.Status, w.Parcel.Sub) == noStage && w.Known || now.Sub(heard) < e.config.Night.SilentAfter {
		return nil
	}
	if _, err = e.poll.Reopen(ctx, w.ID); err == nil {
		r.Done++
	}
	return err
}

// brought reports whether the last answer about a watch brought a scan that a push should have brought before.
func brought(e tracking.Evidence, w poll.Watch, registered time.Time) bool {
	for _, scan := range e.Events {
		late := scan.Precision == tracking.PrecisionMinute && scan.At.After(registered) && w.Asked.Sub(scan.At) >= pushGrace
		if late && scan.Carrier == w.ID.Carrier && scan.Seen.Sub(w.Asked).Abs() < time.Second {
			return true
		}
	}
	return false
}

// watchOf reads a watch; its Life is empty if there is none.
func watchOf(ctx context.Context, tx Tx, id poll.WatchID) (poll.Watch, error) {
	return tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch { return w })
}

// retain is [Retain]. What fails in one place is told, and the others are gone through all the same.
func (e *Engine) retain(ctx context.Context, r *Report) error {
	now := e.config.Now()
	var faults []error
	prune := func(what string, prune func(context.Context, time.Time) (int, error), before time.Time) {
		if ctx.Err() != nil {
			return
		}
		n, err := prune(ctx, before)
		r.Done += n
		if err != nil {
			r.fails(ReportItem{Why: what + " could not be forgotten", Err: err})
			faults = append(faults, err)
		}
	}
	if inbox, ok := e.config.Inbox.(Pruner); ok {
		prune("messages", inbox.Prune, now.Add(-e.config.Night.KeepInbox))
	}
	if store, ok := e.config.Store.(AnswerPruner); ok {
		prune("answers", store.PruneAnswers, now.Add(-e.config.Night.KeepAnswers))
	}
	if keep := e.config.Night.KeepParcels; keep > 0 {
		prune("parcels", e.forget, now.Add(-keep))
	}
	for _, kept := range e.config.Night.Records {
		years := kept.Years
		if years == 0 {
			years = privacy.TwoYears
		}
		prune(kept.Name, kept.In.Prune, now.In(korea).AddDate(-int(years), 0, 0))
	}
	return errors.Join(append(faults, ctx.Err())...)
}
