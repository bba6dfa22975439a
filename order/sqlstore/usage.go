package sqlstore

import (
	"context"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// A meter counts what carriers are asked. It implements [poll.Meter], each method in a transaction of its own.
type meter struct{ s *Store }

var (
	_ poll.Meter = meter{}
	_ poll.Meter = watchesTx{}
)

// Reserve implements [poll.Meter].
func (m meter) Reserve(ctx context.Context, r poll.Reservation) (granted int, err error) {
	err = m.s.Update(ctx, func(ctx context.Context, tx *Tx) (err error) {
		granted, err = watchesTx{tx}.Reserve(ctx, r)
		return err
	})
	if err != nil {
		return 0, err
	}
	return granted, nil
}

// Count implements [poll.Meter].
func (m meter) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return m.s.Update(ctx, func(ctx context.Context, tx *Tx) error { return watchesTx{tx}.Count(ctx, carrier, day, u) })
}

// Usage implements [poll.Meter].
func (m meter) Usage(ctx context.Context, carrier, period string) (poll.Usage, error) {
	if err := m.s.outside(ctx); err != nil {
		return poll.Usage{}, err
	}
	return m.s.usage(ctx, carrier, period)
}

func (h handle) usage(ctx context.Context, carrier, period string) (u poll.Usage, err error) {
	_, err = h.get(ctx, stUsageGet, []any{sought(carrier), sought(period)}, usageFields(&u)...)
	return u, err
}

// Reserve implements [poll.Meter].
func (w watchesTx) Reserve(ctx context.Context, r poll.Reservation) (int, error) {
	if err := w.t.writing(ctx); err != nil {
		return 0, err
	}
	periods, err := w.t.used(ctx, r.Carrier, r.Day)
	if err != nil {
		return 0, err
	}
	granted := r.Grant(periods[1].Units, periods[0].Units)
	if granted == 0 {
		return 0, nil
	}
	return granted, w.t.use(ctx, r.Carrier, r.Day, periods, poll.Usage{Units: int64(granted)})
}

// Count implements [poll.Meter].
func (w watchesTx) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	if err := w.t.writing(ctx); err != nil {
		return err
	}
	periods, err := w.t.used(ctx, carrier, day)
	if err != nil {
		return err
	}
	return w.t.use(ctx, carrier, day, periods, u)
}

// Usage implements [poll.Meter].
func (w watchesTx) Usage(ctx context.Context, carrier, period string) (poll.Usage, error) {
	return w.t.usage(ctx, carrier, period)
}

// usagePeriods are the month and the day of a day: whoever locks both locks the month first.
func usagePeriods(day string) [2]string { return [2]string{day[:min(len("2006-01"), len(day))], day} }

// used locks the counters of a day's month and of the day, and reads them.
func (t *Tx) used(ctx context.Context, carrier, day string) (used [2]poll.Usage, err error) {
	var l limit
	if l.key("the carrier or the day", carrier, day); l.err != nil {
		return used, l.err
	}
	for i, period := range usagePeriods(day) {
		lock := func() (bool, error) { return t.get(ctx, stUsageLock, []any{carrier, period}, usageFields(&used[i])...) }
		found, err := lock()
		if err == nil && !found {
			if _, err = t.insert(ctx, stUsageInsert, carrier, period); err == nil {
				_, err = lock() // another may have made it meanwhile
			}
		}
		if err != nil {
			return used, t.failed(err)
		}
	}
	return used, nil
}

// use adds to counters that are locked.
func (t *Tx) use(ctx context.Context, carrier, day string, used [2]poll.Usage, more poll.Usage) error {
	for i, period := range usagePeriods(day) {
		u := used[i].Plus(more)
		if _, err := t.exec(ctx, stUsageUpdate, u.Units, u.Calls, u.Asked, u.Found, u.NotFound, u.Failed, u.Won, carrier, period); err != nil {
			return t.failed(err)
		}
	}
	return nil
}

const usageColumns = "units, calls, asked, found, not_found, failed, won"

func usageFields(u *poll.Usage) []any {
	return []any{&u.Units, &u.Calls, &u.Asked, &u.Found, &u.NotFound, &u.Failed, &u.Won}
}
