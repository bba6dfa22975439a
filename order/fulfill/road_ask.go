package fulfill

import (
	"context"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// Ask has a shipment asked about at once, because a person says so: also one whose watch is paused, since it could not be
// asked about like that, or closed. [ErrNoShipment] if there is none, [ErrForgotten] if it is too late.
func (e *Engine) Ask(ctx context.Context, id poll.ShipmentID) error {
	var s Shipment
	err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
		s, err = tx.Shipment(ctx, id)
		return err
	})
	if err == nil && s.Forgotten {
		err = ErrForgotten
	}
	if err != nil {
		return err
	}
	_, err = e.poll.Reopen(ctx, e.watch(&s))
	return err
}
