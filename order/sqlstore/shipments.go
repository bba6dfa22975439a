package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A shipmentRow is what a record needs of the row of a shipment.
type shipmentRow struct {
	id          poll.ShipmentID
	changed     int64 // when anything new was last seen
	newest      newest
	evidenceEnd int64 // the last position that was given to evidence
	answersEnd  int64
}

// watched reads and locks a shipment, then its watch.
func (t *Tx) watched(ctx context.Context, id poll.WatchID) (s shipmentRow, w watchRow, found bool, err error) {
	s.id = id.Shipment
	var state, newest []byte
	err = t.list(ctx, stWatchLock, watchArgs(id), func(rows *sql.Rows) error {
		found = true
		return w.scan(rows.Scan, []any{&state, &newest, &s.evidenceEnd, &s.answersEnd, &s.changed}, nil)
	})
	if err != nil || !found {
		return s, w, found, err
	}
	if err := json.Unmarshal(newest, &s.newest); err != nil {
		return s, w, found, fmt.Errorf("sqlstore: the answers on a shipment: %w", err)
	}
	return s, w, found, w.know(state)
}

// record is Record of [poll.Store].
func (t *Tx) record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (poll.Recorded, error) {
	if err := t.writing(ctx); err != nil {
		return poll.Recorded{}, err
	}
	s, row, found, err := t.watched(ctx, r.ID)
	push := r.Door == tracking.DoorPush
	switch {
	case err != nil:
		return poll.Recorded{}, t.failed(err)
	case !found:
		return poll.Recorded{}, poll.ErrNoWatch
	case !push && (!row.leased || row.watch.Fence != r.Fence):
		return poll.Recorded{}, poll.ErrLeaseLost
	}
	recorded := poll.Recorded{Before: copied(row.watch)}
	var kept evidence
	if r.Parcel != nil {
		r.Parcel = storableParcel(r.Parcel)
		if kept, err = t.evidence(ctx, s.id, s.newest); err != nil {
			return poll.Recorded{}, t.failed(err)
		}
		kept.after, recorded.Gain = kept.before().With(r.Parcel, tracking.Sight{At: r.At, Door: r.Door, Before: recorded.Before.Asked})
		row.watch.Known, row.watch.Parcel = true, tracking.Derive(kept.after, recorded.Before.Context())
	}
	row.keep(decide(copied(row.watch), recorded.Gain), !push) // it may panic: nothing is written yet
	if err := row.fits(); err != nil {
		return poll.Recorded{}, err
	}
	recorded.After = copied(row.watch)
	if err := t.write(ctx, s, r, kept, &recorded); err != nil {
		return poll.Recorded{}, t.failed(err)
	}
	if _, err := t.exec(ctx, stWatchUpdate, append(row.fields(), watchArgs(r.ID)...)...); err != nil {
		return poll.Recorded{}, t.failed(err)
	}
	return recorded, nil
}

// write writes what an answer changed of a shipment.
func (t *Tx) write(ctx context.Context, s shipmentRow, r poll.Report, kept evidence, recorded *poll.Recorded) error {
	gained := recorded.Gain != tracking.Gain{}
	if r.Parcel == nil || !gained && recorded.Before.Known && recorded.Before.Parcel.Equal(recorded.After.Parcel) {
		return nil
	}
	if gained {
		if err := t.revise(ctx, &s, kept); err != nil {
			return err
		}
	}
	if recorded.Gain.News() {
		s.changed = nanos(r.At)
		if err := t.keepAnswer(ctx, &s, r); err != nil {
			return err
		}
	}
	state := recorded.After.Parcel
	data, err := json.Marshal(storedOf(state))
	if err != nil {
		return fmt.Errorf("sqlstore: the state of a shipment: %w", err)
	}
	newest, err := json.Marshal(s.newest)
	if err != nil {
		return fmt.Errorf("sqlstore: the answers on a shipment: %w", err)
	}
	_, err = t.exec(ctx, stShipmentUpdate, append([]any{
		state.Status.String(), state.Sub.String(), brief(string(state.Reason)), nanos(state.DeliveredAt), state.Doubts.String(), flag(state.Inferred),
		s.changed, string(data), len(kept.after.Events) + len(kept.after.Verdicts), s.evidenceEnd, string(newest), s.answersEnd,
	}, shipmentArgs(s.id)...)...)
	return err
}
