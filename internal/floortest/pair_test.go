package floortest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/sweettracker"
	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
)

const answer = `{"result":"Y","level":3,"trackingDetails":[{"timeString":"2026-03-02 18:20:00","kind":"간선하차","where":"가상HUB","level":3}]}`

// heard keeps what is asked.
type heard struct {
	next     http.RoundTripper
	requests []string
}

func (h *heard) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var text strings.Builder
	text.WriteString(r.Method + " " + r.URL.String() + "\n")
	if err := r.Header.Write(&text); err != nil {
		return nil, err
	}
	text.Write(body)
	h.requests = append(h.requests, text.String())
	return h.next.RoundTrip(r)
}

func caseOf(scans int) floortest.Case {
	return floortest.Case{
		Carrier: func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier {
			return sweettracker.New(sweettracker.Config{Key: "key", Client: client, Limiter: unpaced, DailyCap: sweettracker.Uncapped})
		},
		Queries: []tracking.Query{{Courier: "cj", Number: "550000001234"}, {Courier: "cj", Number: "550000001245"}},
		Answer:  []byte(answer), Scans: scans,
		Decode: func(body []byte) error { return json.Unmarshal(body, &struct{ Level int }{}) },
	}
}

// TestBothSidesAskTheSame: a comparison with anything else would say nothing.
func TestBothSidesAskTheSame(t *testing.T) {
	c := caseOf(1)
	ears := &heard{}
	c.Via = func(next http.RoundTripper) http.RoundTripper { ears.next = next; return ears }
	pair, err := c.Pair(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := func(side func() error) string {
		ears.requests = nil
		if err := side(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(ears.requests, "\n\n")
	}
	client, bare := asked(pair.Client), asked(pair.Floor)
	if client != bare || strings.Count(bare, "t_invoice") != 2 {
		t.Errorf("the client asks\n%s\nand the floor\n%s", client, bare)
	}
}

// TestPairLooksAtTheAnswer: an answer that means nothing would be quick to read.
func TestPairLooksAtTheAnswer(t *testing.T) {
	if _, err := caseOf(2).Pair(t.Context()); err == nil {
		t.Error("one scan passed for two")
	}
}
