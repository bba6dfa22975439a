package deliveryapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

func TestSameParcelIsSentOnce(t *testing.T) {
	f := readFixture(t, "trace-members-missing")
	qs, _ := queriesOf(t, f)
	twice := []tracking.Query{qs[0], {Courier: courier.Hanjin, Number: ""}, qs[0], qs[0]}
	twice[2].Ref = "another"
	twice[3].Number = " " + qs[0].Number[:4] + "-" + qs[0].Number[4:] + " "
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		checkBody(t, f.Request.Body, readBody(t, r))
		return f.answer(), nil
	}))
	results, err := c.Query(t.Context(), twice)
	if err != nil {
		t.Fatal(err)
	}
	if c.Requests() != 1 {
		t.Errorf("%d requests", c.Requests())
	}
	for _, i := range []int{0, 2, 3} {
		if results[i].Err != nil || results[i].Parcel.Status != tracking.StatusInTransit || results[i].Query.Ref != twice[i].Ref {
			t.Errorf("result %d: %v", i, results[i].Err)
		}
	}
	if !errors.Is(results[1].Err, tracking.ErrInvalidNumber) {
		t.Errorf("an empty number gives %v", results[1].Err)
	}
}

func TestFailingChunkHarmsItselfOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := readFixture(t, "trace-results-reordered")
		qs, _ := queriesOf(t, f)
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			var sent sentTrace
			if err := json.Unmarshal(readBody(t, r), &sent); err != nil {
				t.Error(err)
			}
			if sent.Items[0].ClientID == "ORD-52" {
				return readFixture(t, "gateway-502-html").answer(), nil
			}
			return f.answer(), nil
		}), func(c *deliveryapi.Config) { c.Batch = 1 })
		results, err := c.Query(t.Context(), qs)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			// The provider answers with three results to one item: the right one is found, the others dropped.
			if failed := errors.Is(r.Err, tracking.ErrUpstream); failed != (i == 1) || !failed && r.Parcel == nil {
				t.Errorf("result %d: %v", i, r.Err)
			}
		}
	})
}

func TestHopelessChunksAreNotSent(t *testing.T) {
	f := readFixture(t, "error-unauthorized")
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil }),
		func(c *deliveryapi.Config) { c.Batch = 1 })
	qs := []tracking.Query{{Courier: courier.CJ, Number: "680000000011"}, {Courier: courier.CJ, Number: "680000000022"}, {Courier: courier.CJ}}
	results, err := c.Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	if c.Requests() != 1 {
		t.Errorf("%d requests after the key was refused", c.Requests())
	}
	for _, r := range results[:2] {
		var e *tracking.Error
		if !errors.As(r.Err, &e) || e.Kind != tracking.ErrCredentials || e.Courier != courier.CJ || e.Last4 != tracking.Last4(r.Query.Number) {
			t.Errorf("%v", r.Err)
		}
	}
	if _, err := c.Query(t.Context(), qs[:2]); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("nothing is known of any parcel, yet the call gives %v", err)
	}
}

func TestFreshPassesByTheCache(t *testing.T) {
	f := readFixture(t, "trace-members-missing")
	qs, _ := queriesOf(t, f)
	qs[0].Fresh = true
	_, err := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		var sent sentTrace
		if err := json.Unmarshal(readBody(t, r), &sent); err != nil || !sent.SkipCache || !sent.IncludeProgresses {
			t.Errorf("sent %+v, %v", sent, err)
		}
		return f.answer(), nil
	})).Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
}

func TestEndedContextMakesNoCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a call was made")
		return nil, errors.New("no")
	}))
	_, err := c.Query(ctx, []tracking.Query{{Courier: courier.CJ, Number: "680000000011"}})
	var e *tracking.Error
	if !errors.As(err, &e) || e.Kind != nil || !errors.Is(err, context.Canceled) || e.Op != "query" {
		t.Errorf("%v", err)
	}
}

func TestOddResultHarmsItselfOnly(t *testing.T) {
	body := `{"isSuccess":true,"data":{"results":[
		{"clientId":"A","success":true,"data":{"trackingNumber":"680000000011","courierCode":"cj","deliveryStatus":5}},
		{"clientId":"B","success":true,"data":{"trackingNumber":"680000000022","courierCode":"cj","deliveryStatus":"PICKED_UP","progresses":[
			{"dateTime":20260927,"status":"집화"},{"dateTime":"2026-09-27 10:00","status":"집화처리","statusCode":"PICKED_UP"},null]}},
		null,
		"what",
		{"clientId":"E","success":true},
		{"clientId":"F","success":false}],"summary":{"billable":"many"}},"apiKeyInfo":[1]}`
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
		f := readFixture(t, "trace-members-missing")
		return f.answerWith([]byte(body)), nil
	}))
	var qs []tracking.Query
	for i, ref := range []string{"A", "B", "C", "D", "E", "F"} {
		qs = append(qs, tracking.Query{Courier: courier.CJ, Number: "6800000000" + itoa((i+1)*11), Ref: ref})
	}
	results, err := c.Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if i == 1 {
			continue
		}
		if !errors.Is(r.Err, tracking.ErrProtocol) || r.Parcel != nil {
			t.Errorf("result %d: %v", i, r.Err)
		}
	}
	if p := results[1].Parcel; p == nil || p.Status != tracking.StatusPickedUp || len(p.Events) != 1 || !p.Partial {
		t.Errorf("the good result is %+v, %v", p, results[1].Err)
	}
}

func TestKeepRaw(t *testing.T) {
	f := readFixture(t, "trace-progresses-newest-first")
	qs, _ := queriesOf(t, f)
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil }),
		func(c *deliveryapi.Config) { c.KeepRaw = true })
	results, err := c.Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range results[0].Parcel.Events {
		var raw struct{ Status string }
		if err := json.Unmarshal([]byte(e.Raw), &raw); err != nil || raw.Status != e.Text {
			t.Errorf("raw form of %s is %s, %v", e.Text, e.Raw, err)
		}
	}
}
