package fulfill

import (
	"context"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// usagePeriod names the counters of a carrier's Korean day or month.
type usagePeriod struct{ carrier, name string }

var _ poll.Meter = memoryWatches{}

// Reserve implements [poll.Meter].
func (w memoryWatches) Reserve(ctx context.Context, r poll.Reservation) (int, error) {
	if err := w.tx.check(ctx); err != nil {
		return 0, err
	}
	used := w.tx.m.usage
	granted := r.Grant(used[usagePeriod{r.Carrier, r.Day}].Units, used[usagePeriod{r.Carrier, monthOf(r.Day)}].Units)
	return granted, w.Count(ctx, r.Carrier, r.Day, poll.Usage{Units: int64(granted)})
}

// Count implements [poll.Meter].
func (w memoryWatches) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	if err := w.tx.check(ctx); err != nil {
		return err
	}
	for _, name := range [...]string{day, monthOf(day)} {
		p := usagePeriod{carrier, name}
		put(w.tx, w.tx.m.usage, p, w.tx.m.usage[p].Plus(u))
	}
	return nil
}

// Usage implements [poll.Meter].
func (w memoryWatches) Usage(ctx context.Context, carrier, name string) (poll.Usage, error) {
	if err := w.tx.check(ctx); err != nil {
		return poll.Usage{}, err
	}
	return w.tx.m.usage[usagePeriod{carrier, name}], nil
}

// monthOf is the month of a Korean day.
func monthOf(day string) string { return day[:min(len("2006-01"), len(day))] }
