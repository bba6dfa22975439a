package fulfill

import (
	"context"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// keepsake is a value that is kept under a name.
type keepsake struct {
	data []byte
	at   time.Time
}

var _ poll.Keeper = memoryWatches{}

// Keep implements [poll.Keeper].
func (w memoryWatches) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	if err := w.tx.check(ctx); err != nil {
		return err
	}
	if err := poll.Keepable(name, data); err != nil {
		return err
	}
	put(w.tx, w.tx.m.keepsakes, name, keepsake{slices.Clone(data), at})
	return nil
}

// Kept implements [poll.Keeper].
func (w memoryWatches) Kept(ctx context.Context, name string) ([]byte, time.Time, error) {
	if err := w.tx.check(ctx); err != nil {
		return nil, time.Time{}, err
	}
	k := w.tx.m.keepsakes[name]
	return slices.Clone(k.data), k.at, nil
}
