package fulfill_test

import (
	"context"
	"errors"
	"testing"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking/poll"
)

func TestAskOpensAPausedWatch(t *testing.T) {
	w := newWorld(t)
	w.released("O1", number)
	s := w.shipment(number)
	id := poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}
	change := func(do func(poll.Watch) poll.Watch) (after poll.Watch) {
		if err := w.store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
			after, err = tx.Watches().Change(ctx, id, do)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return after
	}
	change(func(k poll.Watch) poll.Watch { k.Life, k.Reason = poll.Paused, poll.ReasonInvalid; return k })
	if err := w.engine.Ask(w.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if k := change(func(k poll.Watch) poll.Watch { return k }); k.Life != poll.Active {
		t.Errorf("the watch is %v", k)
	}
	if err := w.engine.Ask(w.ctx, poll.ShipmentID{Courier: "cj", Number: "1", Generation: 1}); !errors.Is(err, fulfill.ErrNoShipment) {
		t.Errorf("asked about nothing: %v", err)
	}
}
