package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

var kst = time.FixedZone("KST", 9*60*60)

// Truckers asks a firm whose server answers with a line per scan: time, words, place.
type Truckers struct {
	base  string
	calls *transport.Transport // limits, retries, time limits and redaction
	table *statusmap.Table     // what the firm's words mean
}

// NewTruckers makes the carrier; client may be nil.
func NewTruckers(base string, client *http.Client) (*Truckers, error) {
	table, err := statusmap.New("truckers-1",
		statusmap.Row{Text: "집하", Status: tracking.StatusPickedUp},
		statusmap.Row{Text: "배송출발 (16~18시)", Status: tracking.StatusOutForDelivery},
		statusmap.Row{Text: "배송완료", Status: tracking.StatusDelivered})
	if err != nil {
		return nil, err
	}
	calls, err := transport.New(transport.Config{Carrier: "truckers", Client: client})
	return &Truckers{base, calls, table}, err
}

// Name is the carrier's name.
func (t *Truckers) Name() string { return "truckers" }

// Serves says that the firm knows its own parcels alone.
func (t *Truckers) Serves(c tracking.Courier) bool { return c == "truckers" }

// Query asks about one parcel; a carrier that does not say otherwise gets one at a time.
func (t *Truckers) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = tracking.Result{Query: q, Carrier: t.Name()}
		results[i].Parcel, results[i].Err = t.ask(ctx, q)
	}
	return results, nil
}

func (t *Truckers) ask(ctx context.Context, q tracking.Query) (*tracking.Parcel, error) {
	if q.Number == "" || !t.Serves(q.Courier) {
		kind := tracking.ErrInvalidNumber
		if !t.Serves(q.Courier) {
			kind = tracking.ErrUnsupportedCourier
		}
		return nil, &tracking.Error{Carrier: t.Name(), Op: "query", Kind: kind, Courier: q.Courier}
	}
	answer, err := t.calls.Do(ctx, transport.Operation{Name: "query", Attempts: 3, Classify: notFound},
		transport.Request{Method: http.MethodGet, URL: t.base + "/?n=" + url.QueryEscape(q.Number)})
	if err != nil {
		return nil, err
	}
	parcel := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: t.Name(), RetrievedAt: answer.At}
	for line := range strings.Lines(string(answer.Body)) {
		when, rest, _ := strings.Cut(strings.TrimSpace(line), "|")
		text, place, _ := strings.Cut(rest, "|")
		at, _ := time.ParseInLocation("2006-01-02 15:04", when, kst) // unreadable: the scan has no time
		row, _ := t.table.Map(q.Courier, "", text)
		parcel.Events = append(parcel.Events, tracking.Event{At: at, Status: row.Status, Sub: row.Sub, Text: text, Place: place})
	}
	parcel.Settle(q.Context())
	return parcel, nil
}

// notFound takes this firm's 404 for "no data" and leaves the rest to the transport's own table.
func notFound(answer *transport.Response) *tracking.Error {
	if answer.Status == http.StatusNotFound {
		return &tracking.Error{Kind: tracking.ErrNotFound, Retry: tracking.RetrySlow}
	}
	return transport.Classify(answer)
}
