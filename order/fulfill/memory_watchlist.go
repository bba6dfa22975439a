package fulfill

import (
	"context"
	"iter"
	"slices"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// Watches lists watches as they stand in the transaction, in the order of lists. It goes through all of them.
func (w memoryWatches) Watches(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
	return func(yield func(poll.Watch, error) bool) {
		if err := w.tx.check(ctx); err != nil {
			yield(poll.Watch{}, err)
			return
		}
		var shown []poll.Watch
		for _, k := range w.tx.m.watches {
			if watch := w.tx.m.show(k); f.Fits(watch) {
				shown = append(shown, watch)
			}
		}
		slices.SortFunc(shown, func(a, b poll.Watch) int { return a.ID.Compare(b.ID) })
		if f.Limit > 0 {
			shown = shown[:min(f.Limit, len(shown))]
		}
		for _, watch := range shown {
			if !yield(watch, nil) {
				return
			}
		}
	}
}
