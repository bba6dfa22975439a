package deliveryapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	resultsOp = "results"
	// mostResults is how many parcels one call for results takes (reported; the limit is not known).
	mostResults = 50
)

// Tracked is what the provider last saw of a subscribed parcel.
type Tracked struct {
	Courier   tracking.Courier
	Number    string
	Ref       string // what it was registered with
	RequestID string // the subscription it belongs to; empty means that it is in none

	Parcel   *tracking.Parcel // nil when there is nothing fresh: keep what is known
	Changed  bool             // the provider's hint that its last poll brought news
	PolledAt time.Time
	Err      error // why there is nothing fresh, as text of the provider
}

// String names the parcel as tracking.Query does.
func (t Tracked) String() string {
	return tracking.Query{Courier: t.Courier, Number: t.Number}.String()
}

// GoString is String.
func (t Tracked) GoString() string { return t.String() }

// done reports whether a subscription has nothing more to tell of the parcel.
func (t Tracked) done() bool {
	return t.Parcel != nil && (t.Parcel.Status == tracking.StatusDelivered || t.Parcel.Status == tracking.StatusCancelled)
}

// Results asks what the provider's own polling found, which costs nothing (reported): the way to make up for pushes that
// were missed. There is one Tracked per query, in order; a parcel that is in no subscription has an empty RequestID and
// tracking.ErrNotFound. More than 50 parcels take several calls. An error means that nothing is known about any of them.
func (c *Carrier) Results(ctx context.Context, qs []tracking.Query) ([]Tracked, error) {
	tracked := make([]Tracked, len(qs))
	var pending []asked
	for i, q := range qs {
		a, err := c.accept(q)
		tracked[i] = Tracked{Courier: q.Courier, Number: q.Number, Ref: q.Ref, Err: err}
		if err == nil {
			a.result = i
			pending = append(pending, a)
		}
	}
	for chunk := range slices.Chunk(pending, mostResults) {
		if err := c.results(ctx, chunk, tracked); err != nil {
			return nil, err
		}
	}
	return tracked, nil
}

type resultsRequest struct {
	Items []registerItem `json:"items"`
}

// results makes the call for one chunk. Only subscribed parcels come back, so each is found by courier and number.
func (c *Carrier) results(ctx context.Context, chunk []asked, tracked []Tracked) error {
	request := resultsRequest{Items: make([]registerItem, len(chunk))}
	for i, a := range chunk {
		request.Items[i] = registerItem{CourierCode: a.code, TrackingNumber: a.query.Number}
	}
	op := operation{name: resultsOp, method: http.MethodPost, url: c.base + "/v1/webhooks/results", attempts: 3}
	data, told, err := exchange[struct {
		Results []json.RawMessage `json:"results"`
	}](ctx, c, op, request, nil)
	if err != nil {
		return err
	}
	if data.Results == nil {
		return c.nonsense(op.name, "results")
	}
	for _, a := range chunk {
		tracked[a.result] = c.resultOf(a, data.Results, told.at)
	}
	return nil
}

// resultOf finds the newest result of one parcel: it may be in several subscriptions.
func (c *Carrier) resultOf(a asked, results []json.RawMessage, at time.Time) Tracked {
	found := Tracked{
		Courier: a.query.Courier, Number: a.query.Number, Ref: a.query.Ref,
		Err: &tracking.Error{
			Carrier: c.name, Op: resultsOp, Kind: tracking.ErrNotFound, Courier: a.query.Courier,
			Last4: tracking.Last4(a.query.Number), HTTPStatus: http.StatusOK, Retry: tracking.RetrySlow,
			Billed: tracking.No, Err: errors.New("in no subscription"),
		},
	}
	for _, raw := range results {
		item := readItem(raw)
		if !strings.EqualFold(item.CourierCode, a.code) || !sameNumber(item.TrackingNumber, a.query.Number) {
			continue
		}
		one, ok := c.tracked(item, a.query, at)
		if ok && (found.RequestID == "" || one.PolledAt.After(found.PolledAt)) {
			found = one
		}
	}
	return found
}

// tracked reads one parcel of a subscription. q is what was asked, or nothing but its zero value. False means that
// it cannot be told whose it is.
func (c *Carrier) tracked(item trackedItem, q tracking.Query, at time.Time) (Tracked, bool) {
	if item.CourierCode == "" || item.TrackingNumber == "" {
		return Tracked{}, false
	}
	if q.Number == "" {
		name := nameOf(item.CourierCode, item.TrackingNumber)
		q = tracking.Query{Courier: name.courier, Number: name.number, Ref: item.ClientID}
	}
	t := Tracked{
		Courier: q.Courier, Number: q.Number, Ref: item.ClientID, RequestID: item.RequestID,
		Changed: item.HasChanged, PolledAt: serviceTime(item.LastPolledAt),
	}
	parcel, wrong := c.told(&item, q, at, t.PolledAt, c.secrets())
	if wrong != nil {
		wrong.Op, wrong.HTTPStatus = resultsOp, http.StatusOK
		t.Err = wrong
		return t, true
	}
	t.Parcel = parcel
	return t, true
}
