package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
)

// inProcess calls the firm's server without a socket, so that the suite runs in fake time.
type inProcess struct{}

func (inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	truckersAPI(recorder, r)
	return recorder.Result(), nil
}

func TestTruckers(t *testing.T) {
	trackingtest.Run(t, trackingtest.Harness{
		New: func(t *testing.T) tracking.Carrier {
			truckers, err := NewTruckers("https://truckers.example", &http.Client{Transport: inProcess{}})
			if err != nil {
				t.Fatal(err)
			}
			return truckers
		},
		Known:     tracking.Query{Courier: "truckers", Number: "T-1"},
		Missing:   tracking.Query{Courier: "truckers", Number: "T-404"},
		Unmapped:  tracking.Query{Courier: "truckers", Number: "T-2"},
		Failing:   []trackingtest.Failure{{Query: tracking.Query{Courier: "truckers", Number: "T-500"}, Want: tracking.ErrUpstream}},
		InProcess: true,
	})
}
