package sqlstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A watchRow is a watch with its lease.
type watchRow struct {
	watch  poll.Watch
	ready  int64 // when it can be claimed
	leased bool
}

func shipmentArgs(id poll.ShipmentID) []any {
	return []any{sought(string(id.Courier)), sought(id.Number), id.Generation}
}

func watchArgs(id poll.WatchID) []any {
	return append(shipmentArgs(id.Shipment), sought(id.Carrier), sought(string(id.Role)))
}

// fits finds a text that the columns do not take.
func (r *watchRow) fits() error {
	w := &r.watch
	var l limit
	l.key("the watch's courier, number, carrier or role", string(w.ID.Shipment.Courier), w.ID.Shipment.Number, w.ID.Carrier, string(w.ID.Role))
	l.key("the watch's life or reason", string(w.Life), string(w.Reason), string(w.SettledAs))
	l.key("the watch's day or failure", w.Day, w.LastFailure)
	return l.err
}

// fields gives the values of all columns but the key.
func (r *watchRow) fields() []any {
	w := &r.watch
	extra := ""
	if len(w.Extra) > 0 {
		data, _ := json.Marshal(w.Extra) // texts cannot fail
		extra = string(data)
	}
	why, _ := w.Why.MarshalText() // it does not fail
	return []any{
		text(w.Ref), nanos(w.Since), extra, flag(w.Recall), string(w.Life), string(w.Reason), nanos(w.Began), nanos(w.Opened), nanos(w.Due), text(string(why)),
		nanos(w.Asked), nanos(w.Changed), nanos(w.Settled), string(w.SettledAs), w.Checks, w.Asks, w.Today, w.Day,
		w.NotFound, w.Failures, w.LastFailure, r.ready, w.Fence, flag(r.leased), early(w.Early),
	}
}

// early is when a watch may be asked early, behind all others if it may not.
func early(at time.Time) int64 {
	if at.IsZero() {
		return never
	}
	return nanos(at)
}

// scan reads the columns of a watch, and what stands before and behind them.
func (r *watchRow) scan(from func(...any) error, before, behind []any) error {
	w := &r.watch
	var extra, why []byte
	var since, began, opened, due, asked, changed, settled, beside int64
	columns := []any{
		&w.ID.Shipment.Courier, &w.ID.Shipment.Number, &w.ID.Shipment.Generation, &w.ID.Carrier, &w.ID.Role,
		&w.Ref, &since, &extra, &w.Recall, &w.Life, &w.Reason, &began, &opened, &due, &why,
		&asked, &changed, &settled, &w.SettledAs, &w.Checks, &w.Asks, &w.Today, &w.Day,
		&w.NotFound, &w.Failures, &w.LastFailure, &r.ready, &w.Fence, &r.leased, &beside,
	}
	if err := from(slices.Concat(before, columns, behind)...); err != nil {
		return err
	}
	_ = w.Why.UnmarshalText(why) // it does not fail
	w.Since, w.Began, w.Opened, w.Due = moment(since), moment(began), moment(opened), moment(due)
	w.Asked, w.Changed, w.Settled = moment(asked), moment(changed), moment(settled)
	if beside != never {
		w.Early = moment(beside)
	}
	if len(extra) > 0 {
		return json.Unmarshal(extra, &w.Extra)
	}
	return nil
}

// know fills in what is known of the shipment; nil is nothing.
func (r *watchRow) know(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	var s storedState
	if err := json.Unmarshal(state, &s); err != nil {
		return fmt.Errorf("sqlstore: the state of a shipment: %w", err)
	}
	r.watch.Known, r.watch.Parcel = true, s.state()
	return nil
}

// keep takes what a caller wants kept, but for what is the store's own. A lease goes on while the watch is active, unless it is ended.
func (r *watchRow) keep(next poll.Watch, end bool) {
	next = copied(next)
	next.ID, next.Fence, next.Known, next.Parcel = r.watch.ID, r.watch.Fence, r.watch.Known, r.watch.Parcel
	r.watch = next
	if end || next.Life != poll.Active {
		r.leased = false
	}
	if !r.leased {
		r.ready = nanos(next.Due)
	}
}

func copied(w poll.Watch) poll.Watch {
	w.Extra = slices.Clone(w.Extra)
	return w
}

// storedState is the stored form of a state.
type storedState struct {
	Status      tracking.Status `json:"status"`
	Sub         tracking.Sub    `json:"sub,omitempty"`
	Reason      tracking.Reason `json:"reason,omitempty"`
	DeliveredAt time.Time       `json:"delivered_at,omitzero"`
	Doubts      tracking.Doubts `json:"doubts,omitempty"`
	Inferred    bool            `json:"inferred,omitempty"`
	Unmapped    int             `json:"unmapped,omitempty"`
	Since       int64           `json:"since,omitempty"` // in milliseconds since 1970, as exact as it is; 0 for none
	Window      tracking.Window `json:"window,omitzero"`
}

func storedOf(s tracking.State) storedState {
	k := storedState{
		Status: s.Status, Sub: s.Sub, Reason: s.Reason, DeliveredAt: s.DeliveredAt, Doubts: s.Doubts, Inferred: s.Inferred, Unmapped: s.Unmapped, Window: s.Window,
	}
	if !s.Since.IsZero() {
		k.Since = s.Since.UnixMilli()
	}
	return k
}

func (k storedState) state() tracking.State {
	s := tracking.State{
		Status: k.Status, Sub: k.Sub, Reason: k.Reason, DeliveredAt: k.DeliveredAt, Doubts: k.Doubts, Inferred: k.Inferred, Unmapped: k.Unmapped, Window: k.Window,
	}
	if k.Since != 0 {
		s.Since = time.UnixMilli(k.Since).UTC()
	}
	return s
}
