package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// Truckers is a carrier of the host's own: the transport limits, repeats, times and redacts.
type Truckers struct {
	calls *transport.Transport
	base  string
}

// Name is the carrier's.
func (t Truckers) Name() string { return "truckers" }

// Query asks for one parcel.
func (t Truckers) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	var body struct{ State tracking.Status }
	_, err := t.calls.Do(ctx, transport.Operation{Name: "query", Attempts: 3, Classify: func(r *transport.Response) *tracking.Error {
		if r.Status == http.StatusNotFound {
			return &tracking.Error{Kind: tracking.ErrNotFound, Retry: tracking.RetrySlow}
		}
		if e := transport.Classify(r); e != nil {
			return e
		}
		if json.Unmarshal(r.Body, &body) != nil {
			return &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon}
		}
		return nil
	}}, transport.Request{URL: t.base + "/parcels/" + url.PathEscape(qs[0].Number)})
	result := tracking.Result{Query: qs[0], Carrier: t.Name(), Err: err}
	if err == nil {
		result.Parcel = &tracking.Parcel{Courier: qs[0].Courier, Number: qs[0].Number, Status: body.State}
	}
	return []tracking.Result{result}, nil
}

// A host's own carrier over HTTP: the wire format is all it has to know.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/parcels/T-1" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"state":"IN_TRANSIT"}`)
	}))
	defer server.Close()

	calls, err := transport.New(transport.Config{Carrier: "truckers", Limiter: rate.NewLimiter(5, 5)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer calls.Close()
	truckers := Truckers{calls: calls, base: server.URL}
	for _, number := range []string{"T-1", "T-404"} {
		results, _ := truckers.Query(context.Background(), []tracking.Query{{Courier: "truckers", Number: number}})
		if results[0].Err != nil {
			fmt.Println(results[0].Err, errors.Is(results[0].Err, tracking.ErrNotFound))
			continue
		}
		fmt.Println(results[0].Parcel.Status)
	}
	fmt.Println(calls.Requests(), "requests")
	// Output:
	// IN_TRANSIT
	// truckers query: no data for this number [HTTP 404] true
	// 2 requests
}
