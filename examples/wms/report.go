package main

import (
	"context"
	"iter"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// report computes the figures of the month.
func (m *month) report(ctx context.Context, engine *fulfill.Engine, keep ledger) (report.Report, error) {
	now := m.now()
	input := report.Input{From: at(0, 0, 0), To: now, Now: now, Shipments: reported(ctx, keep)}
	for _, s := range engine.Stats().Polls {
		input.Usage = append(input.Usage, report.Usage{Carrier: s.Carrier, Calls: s.Calls, Asked: s.Asked})
	}
	return report.Make(input)
}

// reported are the shipments of the ledger as the report wants them.
func reported(ctx context.Context, keep ledger) iter.Seq2[report.Shipment, error] {
	return func(yield func(report.Shipment, error) bool) {
		for s, err := range keep.Shipments(ctx, fulfill.ShipmentFilter{}) {
			if err != nil {
				yield(report.Shipment{}, err)
				return
			}
			var evidence tracking.Evidence
			var watch poll.Watch
			err := keep.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
				if evidence, err = tx.Evidence(ctx, s.ID); err != nil {
					return err
				}
				watch, err = tx.Watches().Change(ctx, poll.WatchID{Shipment: s.ID, Carrier: s.Carrier, Role: poll.Primary}, unchanged)
				return err
			})
			if err != nil {
				yield(report.Shipment{}, err)
				return
			}
			r := report.Of(s.ID.Courier, watch.Parcel, evidence, watch.Context())
			r.Carrier, r.Watched = s.Carrier, watch.Began
			if watch.Life != poll.Active {
				r.Ended, r.Reason = watch.Due, string(watch.Reason)
			}
			if len(s.Links) > 0 {
				r.Role = s.Links[0].Role
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func unchanged(w poll.Watch) poll.Watch { return w }
