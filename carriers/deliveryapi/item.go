package deliveryapi

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// trackedItem is one parcel of a subscription: in results, in a subscription, and in pushes (documented).
type trackedItem struct {
	CourierCode    string          `json:"courierCode"`
	TrackingNumber string          `json:"trackingNumber"`
	ClientID       string          `json:"clientId"`
	RequestID      string          `json:"requestId"`
	CurrentStatus  string          `json:"currentStatus"`
	HasChanged     bool            `json:"hasChanged"`
	IsDelivered    bool            `json:"isDelivered"`
	TrackingData   json.RawMessage `json:"trackingData"`
	Error          json.RawMessage `json:"error"` // a text without a code (documented); an object is tolerated
	LastPolledAt   string          `json:"lastPolledAt"`

	broken bool // it could not be decoded
}

// readItem decodes an item. What a decoder can get out of a broken one says whose it is.
func readItem(raw json.RawMessage) trackedItem {
	var item trackedItem
	err := json.Unmarshal(raw, &item)
	item.broken = err != nil
	return item
}

// failed gives the text that says there is nothing fresh.
func (i *trackedItem) failed() (string, bool) {
	switch string(i.Error) {
	case "", "null", "false", `""`, "{}", "[]":
		return "", false
	}
	var object struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(i.Error, &object) // a text is no object: then it stays empty
	return firstText(textOf(i.Error), object.Message, object.Code, "an error without a text"), true
}

// told gives the parcel of an item, settled: its data where it has some, else the bare status as of asOf. at is the time of
// the answer. The error says why there is nothing fresh; operation and HTTP status are for the caller to fill in.
func (m *mapping) told(item *trackedItem, q tracking.Query, at, asOf time.Time, secrets []string) (*tracking.Parcel, *tracking.Error) {
	if item.broken {
		return nil, m.stale(q, tracking.ErrProtocol, "an item that cannot be read")
	}
	if text, failed := item.failed(); failed {
		return nil, m.stale(q, tracking.ErrUpstream, safeText(text, q.Number, secrets))
	}
	parcel := &tracking.Parcel{}
	if len(item.TrackingData) > 0 && string(item.TrackingData) != "null" {
		data, err := looseTracking(item.TrackingData)
		if err != nil {
			return nil, m.stale(q, tracking.ErrProtocol, "tracking data that cannot be read")
		}
		if data.ofAnother(item) {
			return nil, m.stale(q, tracking.ErrProtocol, "tracking data of another parcel")
		}
		parcel = m.parcel(data, q, at)
	}
	if len(parcel.Events)+len(parcel.Verdicts) == 0 {
		r := reader{carrier: m.name, table: m.table, courier: q.Courier, number: q.Number, at: at}
		v, ok := r.verdict(item.CurrentStatus, "", item.IsDelivered)
		if !ok {
			return nil, m.stale(q, tracking.ErrProtocol, "an item without a status")
		}
		v.AsOf = asOf
		parcel = &tracking.Parcel{
			Courier: q.Courier, Number: q.Number, Verdicts: []tracking.Verdict{v}, Partial: parcel.Partial, Source: m.name, RetrievedAt: at,
		}
	}
	parcel.Settle(q.Context())
	return parcel, nil
}

// ofAnother reports whether the data names another parcel than the item that it came with.
func (d *trackingData) ofAnother(item *trackedItem) bool {
	return d.TrackingNumber != "" && !sameNumber(d.TrackingNumber, item.TrackingNumber) ||
		d.CourierCode != "" && item.CourierCode != "" && !strings.EqualFold(d.CourierCode, item.CourierCode)
}

// stale is the error of a parcel about which there is nothing fresh.
func (m *mapping) stale(q tracking.Query, kind error, text string) *tracking.Error {
	return &tracking.Error{
		Carrier: m.name, Kind: kind, Courier: q.Courier, Last4: tracking.Last4(q.Number),
		Retry: tracking.RetrySlow, Billed: tracking.No, Err: errors.New(text),
	}
}
