package fulfill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

var errNoKeeper = fmt.Errorf("fulfill: the store's watches keep nothing by name, they are no poll.Keeper: %w", poll.ErrNotKept)

// learnSchedule is [LearnSchedule].
func (e *Engine) learnSchedule(ctx context.Context, r *Report) error {
	if e.schedule == nil {
		return nil
	}
	now := e.config.Now()
	regret, err := e.regrets(ctx)
	if err != nil && !errors.Is(err, errNoKeeper) {
		return err
	}
	regret.policy, regret.now, regret.meters = e.schedule, now, map[string]*measure.Meter{}
	learning := e.config.Night.Learning
	if host := learning.Each; host != nil {
		learning.Each = func(w poll.Watch, of tracking.Evidence) {
			host(w, of)
			regret.add(w, of)
		}
	} else {
		learning.Each = regret.add
	}
	learned, err := learning.Learn(ctx, lookup{e}, now)
	if err != nil || learned.Model == nil {
		return err
	}
	r.Done = learned.Parcels
	e.schedule.Use(learned.Model)
	if err = regret.keep(ctx, &ledger{e}); err == nil {
		err = poll.KeepModel(ctx, &ledger{e}, learned.Model, now)
	}
	if errors.Is(err, errNoKeeper) {
		r.left(ReportItem{Why: "this process alone goes by what was learned, until it ends: the store keeps nothing by name"})
		return nil
	}
	return err
}

// recollect uses what this process, or another one, learned last.
func (e *Engine) recollect(ctx context.Context) {
	if e.schedule == nil {
		return
	}
	if _, err := e.schedule.Recollect(ctx, &ledger{e}); err != nil && !errors.Is(err, errNoKeeper) && ctx.Err() == nil {
		e.config.Logger.ErrorContext(ctx, "what was learned about the schedule cannot be read", slog.String("err", reason(err)))
	}
}

// lookup is the archive of watches and evidence, of which each page is a transaction.
type lookup struct{ engine *Engine }

var _ poll.Archive = lookup{}

// Watches implements [poll.Archive].
func (l lookup) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return func(yield func(poll.Watch, error) bool) {
		left := f.Limit
		for {
			next := f
			if next.Limit = pulsePage; left > 0 {
				next.Limit = min(next.Limit, left)
			}
			read, err := l.page(ctx, next)
			if err != nil {
				yield(poll.Watch{}, err)
				return
			}
			for _, w := range read {
				if !yield(w, nil) {
					return
				}
				f.After = w.ID
			}
			if left -= len(read); len(read) < next.Limit || left == 0 {
				return
			}
		}
	}
}

func (l lookup) page(ctx context.Context, f poll.Filter) (read []poll.Watch, err error) {
	err = l.engine.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) error {
		read = nil
		list, ok := tx.Watches().(watchLister)
		if !ok {
			return errNoWatches
		}
		for w, err := range list.Watches(ctx, f) {
			if err != nil {
				return err
			}
			read = append(read, w)
		}
		return nil
	})
	return read, err
}

// Evidence implements [poll.Archive].
func (l lookup) Evidence(ctx context.Context, id poll.ShipmentID) (e tracking.Evidence, err error) {
	err = l.engine.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		e, err = tx.Evidence(ctx, id)
		return err
	})
	return e, err
}

var _ poll.Keeper = (*ledger)(nil)

// keeper calls f with what keeps values by name.
func (l *ledger) keeper(ctx context.Context, f func(ctx context.Context, k poll.Keeper) error) error {
	return l.transact(ctx, func(ctx context.Context, tx Tx) error {
		k, ok := tx.Watches().(poll.Keeper)
		if !ok {
			return errNoKeeper
		}
		return f(ctx, k)
	})
}

// Keep implements [poll.Keeper].
func (l *ledger) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	return l.keeper(ctx, func(ctx context.Context, k poll.Keeper) error { return k.Keep(ctx, name, data, at) })
}

// Kept implements [poll.Keeper].
func (l *ledger) Kept(ctx context.Context, name string) (data []byte, at time.Time, err error) {
	err = l.keeper(ctx, func(ctx context.Context, k poll.Keeper) (err error) {
		data, at, err = k.Kept(ctx, name)
		return err
	})
	return data, at, err
}
