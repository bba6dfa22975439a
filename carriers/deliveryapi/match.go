package deliveryapi

import (
	"strings"

	"github.com/waybill-dev/waybill/internal/number"
)

// match puts the result of each item into found, nil where there is none. The provider promises the order of the request
// (documented); the promise is believed only as far as it can be checked, for a result that goes to the wrong parcel
// completes the wrong order. Results that belong to nothing are dropped.
func match(found []*traceResult, items []traceItem, results []traceResult) {
	clear(found)
	if inOrder(items, results) {
		for i := range results {
			found[i] = &results[i]
		}
		return
	}
	for i := range results {
		if at := ownerOf(&results[i], items, found); at >= 0 {
			found[at] = &results[i]
		}
	}
}

// inOrder reports whether results can be those of items, one by one: nothing says otherwise.
func inOrder(items []traceItem, results []traceResult) bool {
	if len(items) != len(results) {
		return false
	}
	for i := range results {
		r := &results[i]
		if r.ClientID != "" && r.ClientID != items[i].ClientID || contradicts(r, items[i]) {
			return false
		}
	}
	return true
}

// ownerOf finds the item that a result is for, by a clientId that only one item has, else by courier and number;
// −1 if there is none, or it has a result already.
func ownerOf(r *traceResult, items []traceItem, found []*traceResult) int {
	at := -1
	for i, item := range items {
		if r.ClientID == "" || item.ClientID != r.ClientID {
			continue
		}
		if at >= 0 {
			at = -1
			break
		}
		at = i
	}
	if at >= 0 && found[at] == nil && !contradicts(r, items[at]) {
		return at
	}
	code, of := r.subject()
	if of == "" {
		return -1
	}
	for i, item := range items {
		if found[i] == nil && (code == "" || code == item.CourierCode) && sameNumber(of, item.TrackingNumber) {
			return i
		}
	}
	return -1
}

// contradicts reports whether a result names another parcel than the item. A result that names none contradicts nothing.
func contradicts(r *traceResult, item traceItem) bool {
	code, of := r.subject()
	return of != "" && !sameNumber(of, item.TrackingNumber) || code != "" && code != item.CourierCode
}

// subject gives courier and number as the result names them, either of which may be missing.
func (r *traceResult) subject() (code, of string) {
	switch {
	case r.Data != nil:
		return strings.ToLower(r.Data.CourierCode), r.Data.TrackingNumber
	case r.Error != nil:
		return strings.ToLower(r.Error.CourierCode), r.Error.TrackingNumber
	}
	return "", ""
}

func sameNumber(a, b string) bool {
	return a == b || number.Normalize(a) == number.Normalize(b)
}
