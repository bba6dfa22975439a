package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A belief is what the ledger holds of a day, with what is needed to judge it.
type belief struct {
	form
	watches []poll.Watch // of form.Shipments, in their order
}

// believed reads the whole ledger.
func believed(ctx context.Context, l ledger, orders []order.OrderID) (*belief, error) {
	b := new(belief)
	for s, err := range l.Shipments(ctx, fulfill.ShipmentFilter{}) {
		if err != nil {
			return nil, err
		}
		shipment, watch, err := shipmentOf(ctx, l, s)
		if err != nil {
			return nil, err
		}
		b.Shipments, b.watches = append(b.Shipments, shipment), append(b.watches, watch)
	}
	for _, id := range orders {
		var o order.Order
		if err := l.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
			o, err = tx.Load(ctx, id)
			return err
		}); err != nil {
			return nil, err
		}
		b.Orders = append(b.Orders, formOf(o))
	}
	undone := map[string]bool{}
	for t, err := range l.Tasks(ctx, fulfill.TaskFilter{State: fulfill.Done}) {
		switch {
		case err != nil:
			return nil, err
		case t.Action.Undo:
			undone[strings.TrimSuffix(t.Action.Key, "/undo")] = true
		default:
			b.Actions = append(b.Actions, actionForm{Key: t.Action.Key, Action: string(t.Action.Name)})
		}
	}
	for i := range b.Actions {
		b.Actions[i].Undone = undone[b.Actions[i].Key]
	}
	return b, nil
}

// shipmentOf is a shipment as the form has it. A scan that several carriers told of is one, and what belongs to an earlier use of
// the number is none of it.
func shipmentOf(ctx context.Context, l ledger, s fulfill.Shipment) (form sandbox.Shipment, watch poll.Watch, err error) {
	var evidence tracking.Evidence
	err = l.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
		if evidence, err = tx.Evidence(ctx, s.ID); err != nil {
			return err
		}
		id := poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}
		watch, err = tx.Watches().Change(ctx, id, unchanged)
		return err
	})
	if err != nil {
		return form, watch, err
	}
	p := tracking.Parcel{
		Courier: s.ID.Courier, Number: s.ID.Number, Source: "ledger",
		Events: slices.Clone(evidence.Events), Verdicts: slices.Clone(evidence.Verdicts),
	}
	p.Settle(watch.Context())
	form = sandbox.Shipment{
		Courier: s.ID.Courier, Number: s.ID.Number, Generation: s.ID.Generation,
		Status: watch.Parcel.Status, Sub: watch.Parcel.Sub, DeliveredAt: watch.Parcel.DeliveredAt, Events: []sandbox.TruthEvent{},
	}
	if !watch.Known {
		form.Status = tracking.StatusPending
	}
	for _, e := range p.Events {
		if e.Parked {
			continue
		}
		event := sandbox.TruthEvent{At: e.At, Published: e.Seen, Status: e.Status, Sub: e.Sub, Code: e.Code, Text: e.Text, Place: e.Place}
		if !slices.ContainsFunc(form.Events, func(o sandbox.TruthEvent) bool {
			return o.Text == e.Text && o.Place == e.Place && sameMinute(o.At, e.At)
		}) {
			form.Events = append(form.Events, event)
		}
	}
	return form, watch, nil
}

// dump writes the ledger's side to a file.
func (b *belief) dump(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(file)
	encoder.SetIndent("", "\t")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(b.form); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
