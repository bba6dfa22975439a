package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
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

// TestProgram runs what main runs, without a socket.
func TestProgram(t *testing.T) {
	var stdout bytes.Buffer
	if err := run(t.Context(), "https://truckers.example", &http.Client{Transport: inProcess{}}, &stdout); err != nil {
		t.Fatal(err)
	}
	want := "OUT_FOR_DELIVERY 16:00–18:00\n11/20 18:02 집하 고양\n11/21 09:17 배송출발 (16~18시) 보은\n"
	if stdout.String() != want {
		t.Errorf("got\n%swant\n%s", &stdout, want)
	}
}

// TestShort keeps a promise of the README: a carrier of your own takes under 100 lines.
func TestShort(t *testing.T) {
	for _, file := range []string{"truckers.go", "main.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(source, []byte("\n")); lines >= 100 {
			t.Errorf("%s has %d lines", file, lines)
		}
	}
}
