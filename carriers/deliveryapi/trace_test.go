package deliveryapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

type sentItem struct {
	CourierCode    string   `json:"courierCode"`
	TrackingNumber string   `json:"trackingNumber"`
	ClientID       string   `json:"clientId,omitempty"`
	ID             string   `json:"id,omitempty"`
	Extra          []string `json:"extra,omitempty"`
}

type sentTrace struct {
	Items             []sentItem `json:"items"`
	IncludeProgresses bool       `json:"includeProgresses"`
	SkipCache         bool       `json:"skipCache"`
}

type expectedItem struct {
	Index         int
	OK            bool
	Status        string
	RawStatus     string
	Delivered     bool
	LastEventAt   *string
	Error         string
	Code          string
	Retry         string
	Billed        *bool
	Contradiction bool
	FieldIndex    *int
	FieldKey      string
}

type expectedTrace struct {
	Items  []expectedItem
	Events []struct {
		At                     *string
		Location, Status, Code string
	}
	Times []struct {
		Raw       string
		UTC       *string
		Precision string
	}
	Billable int64
	Quota    json.RawMessage

	DateDelivered, DateEstimated *string
}

// offline lists the parcels that never reach the wire here, where the fixtures have the provider refuse them.
var offline = map[string]map[int]string{
	"trace-20-mixed": {
		1: "an empty number is ErrInvalidNumber without a call, not the provider's MISSING_PARAMS",
		4: "letters in a digits-only number are refused without a call, so there is no code of the provider",
	},
}

// queriesOf gives the queries that should make the fixture's request.
func queriesOf(t testing.TB, f fixture) ([]tracking.Query, sentTrace) {
	t.Helper()
	var sent sentTrace
	if err := json.Unmarshal(f.Request.Body, &sent); err != nil {
		t.Fatal(err)
	}
	qs := make([]tracking.Query, len(sent.Items))
	for i, item := range sent.Items {
		known, _ := courier.FromProvider(courier.DeliveryAPI, item.CourierCode)
		qs[i] = tracking.Query{
			Courier: known, Number: item.TrackingNumber, Ref: item.ClientID, Extra: item.Extra, Fresh: sent.SkipCache,
		}
	}
	return qs, sent
}

// tracer answers trace as the fixture does, without the items that were not sent, and checks the request.
func tracer(t testing.TB, name string, f fixture, sent sentTrace) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if got := r.Method + " " + r.URL.Path; got != "POST /v1/tracking/trace" {
			t.Errorf("called %s", got)
		}
		checkHeaders(t, f, r)
		want := sentTrace{IncludeProgresses: true, SkipCache: sent.SkipCache}
		for i, item := range sent.Items {
			item.ID = "" // never sent: clientId says it all
			if offline[name][i] == "" {
				want.Items = append(want.Items, item)
			}
		}
		wanted, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		checkBody(t, wanted, readBody(t, r))
		return f.answerWith(withoutOffline(t, name, f)), nil
	}
}

func withoutOffline(t testing.TB, name string, f fixture) []byte {
	t.Helper()
	if len(offline[name]) == 0 {
		return f.body()
	}
	var body struct {
		IsSuccess bool `json:"isSuccess"`
		Data      struct {
			Results []json.RawMessage `json:"results"`
			Summary json.RawMessage   `json:"summary"`
		} `json:"data"`
	}
	if err := json.Unmarshal(f.body(), &body); err != nil {
		t.Fatal(err)
	}
	var kept []json.RawMessage
	for i, result := range body.Data.Results {
		if offline[name][i] == "" {
			kept = append(kept, result)
		}
	}
	body.Data.Results = kept
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestTrace(t *testing.T) {
	for _, name := range fixtures(t, "trace-") {
		t.Run(name, func(t *testing.T) {
			f := readFixture(t, name)
			qs, sent := queriesOf(t, f)
			c := newCarrier(tracer(t, name, f, sent))
			results, err := c.Query(t.Context(), qs)
			if err != nil {
				t.Fatal(err)
			}
			var want expectedTrace
			f.expect(t, &want)
			if len(results) != len(qs) {
				t.Fatalf("%d results for %d queries", len(results), len(qs))
			}
			for _, item := range want.Items {
				checkItem(t, name, item, qs[item.Index], results[item.Index])
			}
			if got := c.Billed(); got != want.Billable {
				t.Errorf("billed %d units, want %d", got, want.Billable)
			}
			checkScans(t, want, results[0].Parcel)
			checkQuota(t, want.Quota, c)
		})
	}
}

func checkItem(t *testing.T, name string, want expectedItem, q tracking.Query, got tracking.Result) {
	t.Helper()
	if got.Query.String() != q.String() || got.Query.Ref != q.Ref || got.Carrier != deliveryapi.DefaultName {
		t.Errorf("item %d: result of %v (%s) by %s", want.Index, got.Query, got.Query.Ref, got.Carrier)
	}
	if got.Billed != billedOf(want.Billed) {
		t.Errorf("item %d: billed %s, want %s", want.Index, got.Billed, billedOf(want.Billed))
	}
	if !want.OK {
		checkItemError(t, name, want, got)
		return
	}
	if got.Err != nil || got.Parcel == nil {
		t.Errorf("item %d: %v", want.Index, got.Err)
		return
	}
	p := got.Parcel
	if p.Status.String() != want.Status {
		t.Errorf("item %d: status %s, want %s", want.Index, p.Status, want.Status)
	}
	if delivered := p.Status == tracking.StatusDelivered; delivered != want.Delivered {
		t.Errorf("item %d: delivered %t, want %t", want.Index, delivered, want.Delivered)
	}
	if want.RawStatus != "" && p.Verdicts[0].Code != want.RawStatus {
		t.Errorf("item %d: raw status %s, want %s", want.Index, p.Verdicts[0].Code, want.RawStatus)
	}
	if doubt := p.Doubts.Has(tracking.DoubtDeliveredFlag); doubt != want.Contradiction {
		t.Errorf("item %d: contradiction %t, want %t", want.Index, doubt, want.Contradiction)
	}
	if at := lastOf(p); !at.Equal(utc(t, want.LastEventAt)) {
		t.Errorf("item %d: last event at %s, want %s", want.Index, at, utc(t, want.LastEventAt))
	}
	if p.Number != q.Number || p.Source != deliveryapi.DefaultName || p.RetrievedAt.IsZero() || p.Partial {
		t.Errorf("item %d: parcel …%s of %s at %s, partial %t", want.Index, tracking.Last4(p.Number), p.Source, p.RetrievedAt, p.Partial)
	}
}

func checkItemError(t *testing.T, name string, want expectedItem, got tracking.Result) {
	t.Helper()
	var e *tracking.Error
	if !errors.As(got.Err, &e) || got.Parcel != nil {
		t.Errorf("item %d: error %v, parcel %v", want.Index, got.Err, got.Parcel)
		return
	}
	if offline[name][want.Index] != "" {
		want.Error, want.Code = "ErrInvalidNumber", ""
	}
	if !errors.Is(e, sentinel(t, want.Error)) || e.Code != want.Code || retryName(e.Retry) != want.Retry || e.Billed != billedOf(want.Billed) {
		t.Errorf("item %d: %v, code %q, retry %s, billed %s; want %+v", want.Index, e.Kind, e.Code, retryName(e.Retry), e.Billed, want)
	}
	var field *deliveryapi.FieldError
	if errors.As(e, &field) != (want.FieldIndex != nil) || field != nil && (field.Index != *want.FieldIndex || field.Key != want.FieldKey) {
		t.Errorf("item %d: field %+v, want %v %s", want.Index, field, want.FieldIndex, want.FieldKey)
	}
}

// lastOf gives the time of the newest scan, else that of the summary.
func lastOf(p *tracking.Parcel) time.Time {
	var last time.Time
	for _, e := range p.Events {
		if e.At.After(last) {
			last = e.At
		}
	}
	if last.IsZero() && len(p.Verdicts) > 0 {
		last = p.Verdicts[0].AsOf
	}
	return last
}

func checkScans(t *testing.T, want expectedTrace, p *tracking.Parcel) {
	t.Helper()
	if len(want.Events) > 0 && len(p.Events) != len(want.Events) {
		t.Fatalf("%d events, want %d", len(p.Events), len(want.Events))
	}
	for i, e := range want.Events {
		got := p.Events[i]
		if !got.At.Equal(utc(t, e.At)) || got.Text != e.Status || got.Place != e.Location || got.Code != e.Code {
			t.Errorf("event %d is %s %s %s %s, want %+v", i, got.At, got.Text, got.Place, got.Code, e)
		}
	}
	if want.DateDelivered != nil && !p.DeliveredAt.Equal(utc(t, want.DateDelivered)) {
		t.Errorf("delivered at %s, want %s", p.DeliveredAt, *want.DateDelivered)
	}
	if want.DateEstimated != nil && !p.Estimated.Equal(utc(t, want.DateEstimated)) {
		t.Errorf("estimated for %s, want %s", p.Estimated, *want.DateEstimated)
	}
}

func checkQuota(t *testing.T, want json.RawMessage, c *deliveryapi.Carrier) {
	t.Helper()
	got, ok := c.LastQuota()
	if len(want) == 0 || string(want) == "null" {
		if ok {
			t.Errorf("quota %+v out of nothing", got)
		}
		return
	}
	var quota struct {
		Limit, Used, Remaining int64
		ResetAt                *string
	}
	if err := json.Unmarshal(want, &quota); err != nil {
		t.Fatal(err)
	}
	if !ok || got.Limit != quota.Limit || got.Used != quota.Used || got.Remaining != quota.Remaining || !got.ResetAt.Equal(utc(t, quota.ResetAt)) {
		t.Errorf("quota %+v, want %s", got, want)
	}
}

// TestTimes holds what becomes of every form of time in a whole answer.
func TestTimes(t *testing.T) {
	f := readFixture(t, "trace-time-formats")
	qs, _ := queriesOf(t, f)
	results, err := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil })).Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	var want expectedTrace
	f.expect(t, &want)
	byText := map[string]tracking.Event{}
	for _, e := range results[0].Parcel.Events {
		byText[e.Text] = e
	}
	for i, form := range want.Times {
		e, ok := byText["형식 "+itoa(i+1)]
		if !ok {
			t.Errorf("%q: the scan is lost", form.Raw)
			continue
		}
		precision := tracking.PrecisionMinute
		switch {
		case form.UTC == nil:
			precision = tracking.PrecisionNone
		case form.Precision == "day":
			precision = tracking.PrecisionDay
		}
		if !e.At.Equal(utc(t, form.UTC)) || e.Precision != precision || e.Assumed {
			t.Errorf("%q: %s, %s, assumed %t; want %v, %s", form.Raw, e.At, e.Precision, e.Assumed, form.UTC, precision)
		}
	}
}

func itoa(i int) string { return string(appendInt(nil, i)) }

func appendInt(b []byte, i int) []byte {
	if i >= 10 {
		b = appendInt(b, i/10)
	}
	return append(b, byte('0'+i%10))
}

func TestForeignTimesAreAssumed(t *testing.T) {
	f := readFixture(t, "trace-extra")
	qs, _ := queriesOf(t, f)
	results, err := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil })).Query(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range results[0].Parcel.Events {
		if !e.Assumed {
			t.Errorf("the zone of %s is taken for known", e.Text)
		}
	}
}

func TestWindow(t *testing.T) {
	tests := map[string]string{
		`"status":"배송출발 (16~18시)"`:                      "",
		`"status":"배송출발","description":"17~19시에 배달 예정"`: "",
		`"status":"배송출발"`:                               `,"dateEstimated":"15:00~17:00"`,
	}
	for scan, estimate := range tests {
		body := `{"isSuccess":true,"data":{"results":[{"success":true,"data":{"deliveryStatus":"OUT_FOR_DELIVERY"` + estimate +
			`,"progresses":[{"dateTime":"2026-09-27 09:12","statusCode":"OUT_FOR_DELIVERY",` + scan + `}]}}]}}`
		c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
			f := readFixture(t, "trace-members-missing")
			return f.answerWith([]byte(body)), nil
		}))
		results, err := c.Query(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: "680000000011"}})
		if err != nil {
			t.Fatal(err)
		}
		w := results[0].Parcel.Window
		if w.Start.IsZero() || w.End.Sub(w.Start) != 2*time.Hour || w.Start.Day() != 27 {
			t.Errorf("%s %s: window %+v", scan, estimate, w)
		}
	}
}
