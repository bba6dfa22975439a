package fulfilltest

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// alone gives what one call in a transaction of its own gives.
func alone[T any](ctx context.Context, s fulfill.Store, call func(ctx context.Context, tx fulfill.Tx) (T, error)) (value T, err error) {
	err = s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
		value, err = call(ctx, tx)
		return err
	})
	return value, err
}

// orders is a store of orders of which each call is a transaction.
type orders struct{ s fulfill.Store }

func (a orders) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (order.Order, error) { return tx.Load(ctx, id) })
}

func (a orders) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (order.OrderID, error) { return tx.Locate(ctx, k) })
}

func (a orders) Save(ctx context.Context, o order.Order, events []order.Event) error {
	return a.s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return tx.Save(ctx, o, events) })
}

func (a orders) Find(ctx context.Context, q order.Query) (order.Found, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (order.Found, error) { return tx.Find(ctx, q) })
}

// watches is a store of watches of which each call is a transaction.
type watches struct{ s fulfill.Store }

func (a watches) Claim(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) ([]poll.Watch, error) { return tx.Watches().Claim(ctx, r) })
}

func (a watches) Release(ctx context.Context, ws []poll.Watch) error {
	return a.s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error { return tx.Watches().Release(ctx, ws) })
}

func (a watches) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (poll.Recorded, error) {
		return tx.Watches().Record(ctx, r, decide)
	})
}

func (a watches) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (poll.Watch, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (poll.Watch, error) {
		return tx.Watches().Change(ctx, id, change)
	})
}

func (a watches) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (time.Time, error) { return tx.Watches().NextDue(ctx, carrier) })
}

func (a watches) Keep(ctx context.Context, name string, data []byte, at time.Time) error {
	return a.s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
		return tx.Watches().(poll.Keeper).Keep(ctx, name, data, at)
	})
}

func (a watches) Kept(ctx context.Context, name string) (data []byte, at time.Time, err error) {
	err = a.s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
		data, at, err = tx.Watches().(poll.Keeper).Kept(ctx, name)
		return err
	})
	return data, at, err
}

func (a watches) Reserve(ctx context.Context, r poll.Reservation) (int, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (int, error) {
		return tx.Watches().(poll.Meter).Reserve(ctx, r)
	})
}

func (a watches) Count(ctx context.Context, carrier, day string, u poll.Usage) error {
	return a.s.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
		return tx.Watches().(poll.Meter).Count(ctx, carrier, day, u)
	})
}

func (a watches) Usage(ctx context.Context, carrier, period string) (poll.Usage, error) {
	return alone(ctx, a.s, func(ctx context.Context, tx fulfill.Tx) (poll.Usage, error) {
		return tx.Watches().(poll.Meter).Usage(ctx, carrier, period)
	})
}
