package sweettracker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// courierOf gives our courier for a provider's code.
func courierOf(code string) tracking.Courier {
	c, _ := courier.FromProvider(Name, code)
	return c
}

func TestQueryFixtures(t *testing.T) {
	for name, want := range map[string]struct {
		status    tracking.Status
		sub       tracking.Sub
		events    string // levels and clock times, in order
		delivered string
		window    string
	}{
		"query-delivered":            {tracking.StatusDelivered, 0, "2@02 18:20 3@03 01:40 5@03 09:05 6@03 14:31", "2026-03-03 14:31:00", ""},
		"query-in-transit-level1":    {tracking.StatusRegistered, 0, "1@02 15:10", "", ""},
		"query-in-transit-level2":    {tracking.StatusPickedUp, 0, "2@02 18:20", "", ""},
		"query-in-transit-level3":    {tracking.StatusInTransit, 0, "2@02 18:20 3@03 01:40", "", ""},
		"query-in-transit-level4":    {tracking.StatusInTransit, tracking.SubAtBranch, "2@02 18:20 3@03 01:40 4@03 07:55", "", ""},
		"query-in-transit-level5":    {tracking.StatusOutForDelivery, 0, "2@02 18:20 3@03 01:40 5@03 09:05", "", "03 15:00–17:00"},
		"query-unscanned":            {tracking.StatusPending, 0, "", "", ""},
		"query-lastdetail-newer":     {tracking.StatusDelivered, 0, "2@02 18:20 3@03 01:40 5@03 09:05 6@03 14:31", "2026-03-03 14:31:00", ""},
		"query-13-digit-invoice":     {tracking.StatusPickedUp, 0, "2@02 18:20", "", ""},
		"query-event-time-variants":  {tracking.StatusOutForDelivery, 0, "2@02 18:20 3@03 01:40 5@none", "", "03 15:00–17:00"},
		"query-disagree-level6-only": {tracking.StatusDelivered, 0, "2@02 18:20 3@03 01:40 5@03 09:05 6@03 14:31", "2026-03-03 14:31:00", ""},
		// Delivered by the summary alone: no scan says when, so nobody does.
		"query-disagree-complete-only":    {tracking.StatusDelivered, 0, "2@02 18:20 3@03 01:40 5@03 09:05", "", "03 15:00–17:00"},
		"query-disagree-completeyn-only":  {tracking.StatusDelivered, 0, "2@02 18:20 3@03 01:40 5@03 09:05", "", "03 15:00–17:00"},
		"query-events-unsorted-duplicate": {tracking.StatusOutForDelivery, 0, "2@02 18:20 3@03 01:40 5@03 09:05", "", "03 15:00–17:00"},
	} {
		inTime(t, name, func(t *testing.T) {
			f := loadFixture(t, name)
			q := asked(t, f)
			c := carrierOf(play(t, f))
			parcel, err := askOne(t, c, q)
			if err != nil {
				t.Fatal(err)
			}
			if parcel.Status != want.status || parcel.Sub != want.sub || parcel.Doubts != 0 || parcel.Partial {
				t.Errorf("%v %v, doubts %q, partial %t; want %v %v", parcel.Status, parcel.Sub, parcel.Doubts, parcel.Partial, want.status, want.sub)
			}
			if got := eventLine(parcel.Events); got != want.events {
				t.Errorf("events %s\n  want %s", got, want.events)
			}
			if got := clockLine(parcel.DeliveredAt); got != want.delivered {
				t.Errorf("delivered at %q, want %q", got, want.delivered)
			}
			if got := windowLine(parcel.Window); got != want.window {
				t.Errorf("window %q, want %q", got, want.window)
			}
			if parcel.Courier != q.Courier || parcel.Number != q.Number || parcel.Source != Name || parcel.RetrievedAt.IsZero() {
				t.Errorf("parcel %s %s of %q at %v", parcel.Courier, parcel.Number, parcel.Source, parcel.RetrievedAt)
			}
			if c.Requests() != 1 {
				t.Errorf("%d requests", c.Requests())
			}
		})
	}
}

func eventLine(events []tracking.Event) string {
	var parts []string
	for _, e := range events {
		at := "none"
		if !e.At.IsZero() {
			at = e.At.Format("02 15:04")
		}
		parts = append(parts, e.Code+"@"+at)
	}
	return strings.Join(parts, " ")
}

func clockLine(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(kst).Format(time.DateTime)
}

func windowLine(w tracking.Window) string {
	if w.Start.IsZero() {
		return ""
	}
	return w.Start.In(kst).Format("02 15:04") + "–" + w.End.In(kst).Format("15:04")
}

func TestQueryErrorFixtures(t *testing.T) {
	for name, want := range map[string]struct {
		kind     error
		code     string
		retry    tracking.Retry
		whole    bool // the error is the call's, not the number's
		requests int64
	}{
		"query-error-101":              {tracking.ErrCredentials, "101", tracking.RetryNever, true, 1},
		"query-error-102":              {tracking.ErrCredentials, "102", tracking.RetryNever, true, 1},
		"query-error-103":              {tracking.ErrQuotaExhausted, "103", tracking.RetryQuota, true, 1},
		"query-error-104":              {tracking.ErrNotFound, "104", tracking.RetrySlow, false, 1},
		"query-error-104-numeric-code": {tracking.ErrNotFound, "104", tracking.RetrySlow, false, 1},
		"query-error-105":              {tracking.ErrDailyCap, "105", tracking.RetryNextDay, false, 1},
		"query-error-106":              {tracking.ErrUpstream, "106", tracking.RetrySoon, false, 2},
		"query-error-unknown-code":     {tracking.ErrUpstream, "199", tracking.RetrySlow, true, 1},
		"query-error-no-code":          {tracking.ErrUpstream, "", tracking.RetrySoon, true, 2},
		"query-http-400-spring":        {tracking.ErrProtocol, "", tracking.RetryNever, true, 1},
		"query-http-405-spring":        {tracking.ErrProtocol, "", tracking.RetryNever, true, 1},
		"query-http-415-spring":        {tracking.ErrProtocol, "", tracking.RetryNever, true, 1},
		"query-http-500-spring":        {tracking.ErrUpstream, "", tracking.RetrySoon, true, 2},
		"query-http-502-html":          {tracking.ErrUpstream, "", tracking.RetrySoon, true, 2},
		"query-http-200-html":          {tracking.ErrUpstream, "", tracking.RetrySoon, true, 2},
	} {
		inTime(t, name, func(t *testing.T) {
			f := loadFixture(t, name)
			q := asked(t, f)
			c := carrierOf(play(t, f))
			results, err := c.Query(t.Context(), []tracking.Query{q})
			if whole := err != nil; whole != want.whole {
				t.Errorf("error of the call: %t, want %t", whole, want.whole)
			}
			if err == nil {
				err = results[0].Err
			}
			var e *tracking.Error
			if !errors.As(err, &e) {
				t.Fatalf("not a *tracking.Error: %v", err)
			}
			if !errors.Is(err, want.kind) || e.Code != want.code || e.Retry != want.retry || e.HTTPStatus != f.Response.Status {
				t.Errorf("%v, code %q, retry %v, HTTP %d; want %v, %q, %v", e.Kind, e.Code, e.Retry, e.HTTPStatus, want.kind, want.code, want.retry)
			}
			if e.Carrier != Name || e.Op != "query" || e.Courier != q.Courier || e.Last4 != tracking.Last4(q.Number) {
				t.Errorf("error about %s %s %s …%s", e.Carrier, e.Op, e.Courier, e.Last4)
			}
			if c.Requests() != want.requests {
				t.Errorf("%d requests, want %d", c.Requests(), want.requests)
			}
		})
	}
}

func TestHTTPStatuses(t *testing.T) {
	const framework = `{"timestamp":1,"status":0,"error":"x","path":"/y"}`
	for _, test := range []struct {
		status int
		body   string
		want   error
		code   string
	}{
		{302, "", tracking.ErrProtocol, ""},
		{400, `{"status":false,"msg":"x","code":"104"}`, tracking.ErrNotFound, "104"},
		{400, `{"status":false,"msg":"x","code":"777"}`, tracking.ErrProtocol, ""},
		{500, `{"status":false,"msg":"x","code":101}`, tracking.ErrCredentials, "101"},
		{500, `{"result":"Y","level":6,"complete":true}`, tracking.ErrUpstream, ""},
		{401, framework, tracking.ErrCredentials, ""},
		{403, framework, tracking.ErrCredentials, ""},
		{403, "<html>blocked</html>", tracking.ErrUpstream, ""},
		{404, framework, tracking.ErrProtocol, ""},
		{404, "<html>not here</html>", tracking.ErrUpstream, ""},
		{408, framework, tracking.ErrUpstream, ""},
		{429, framework, tracking.ErrRateLimited, ""},
		{429, "<html>slow down</html>", tracking.ErrRateLimited, ""},
		{503, framework, tracking.ErrUpstream, ""},
		{200, "", tracking.ErrUpstream, ""},
		{200, `{"result":"Y","lev`, tracking.ErrUpstream, ""},
		{200, `{"code":true,"result":"Y","level":3}`, nil, ""}, // a bool is no code
		{200, `{"code":null,"result":"N","level":0}`, nil, ""},
		{200, `{"code":"","result":"Y","level":3}`, tracking.ErrUpstream, ""},
		{200, `{"status":false,"result":"Y","level":3}`, tracking.ErrUpstream, ""},
		{200, `{"status":200,"result":"Y","level":3}`, nil, ""},
		{200, `{"level":3}`, nil, ""},
		{200, `{"result":"Y"}`, nil, ""},
		{200, `{}`, tracking.ErrProtocol, ""},
		{200, `[]`, tracking.ErrProtocol, ""},
		{200, `"quiet"`, tracking.ErrProtocol, ""},
		{200, `null`, tracking.ErrProtocol, ""},
		{200, framework, tracking.ErrProtocol, ""},
	} {
		inTime(t, fmt.Sprint(test.status, test.body), func(t *testing.T) {
			_, err := askOne(t, carrierOf(func(*http.Request) (*http.Response, error) {
				return answerWith(test.status, "application/json", []byte(test.body)), nil
			}), tracking.Query{Courier: courier.CJ, Number: "550000001234"})
			if test.want == nil && err == nil {
				return
			}
			var e *tracking.Error
			if !errors.As(err, &e) || !errors.Is(err, test.want) || e.Code != test.code {
				t.Errorf("%v, want %v %s", err, test.want, test.code)
			}
			if errors.Is(err, tracking.ErrProtocol) && e.Retry != tracking.RetryNever {
				t.Errorf("nonsense is to be retried %v", e.Retry)
			}
		})
	}
}

// The summary decides about delivery; each case is a summary and the level of the only scan.
func TestSummary(t *testing.T) {
	scanned := func(level int) string {
		return fmt.Sprintf(`"trackingDetails":[{"time":1772515860000,"where":"부산가상","kind":"말","level":%d}]`, level)
	}
	for _, test := range []struct {
		body   string
		status tracking.Status
		doubts tracking.Doubts
	}{
		{`{"result":"Y","level":5,"complete":false,` + scanned(6) + `}`, tracking.StatusOutForDelivery, tracking.DoubtNoSummary},
		{`{"result":"Y","complete":false,` + scanned(6) + `}`, tracking.StatusOutForDelivery, tracking.DoubtNoSummary},
		{`{"result":"Y","level":6,` + scanned(6) + `}`, tracking.StatusDelivered, 0},
		{`{"result":"Y","level":6,` + scanned(3) + `}`, tracking.StatusDelivered, 0},
		{`{"result":"N","level":0,"completeYN":"Y"}`, tracking.StatusDelivered, 0},
		{`{"result":"Y","level":5}`, tracking.StatusOutForDelivery, 0},
		{`{"result":"Y","level":0}`, tracking.StatusPending, 0},
		{`{"result":"N","level":0,` + scanned(3) + `}`, tracking.StatusInTransit, 0},
		{`{"result":"Y"}`, tracking.StatusRegistered, 0}, // a positive answer without anything
		{`{"result":"Y","level":7}`, tracking.StatusUnknown, 0},
		{`{"result":"Y","level":-1}`, tracking.StatusUnknown, 0},
		{`{"result":"Y","level":7,` + scanned(3) + `}`, tracking.StatusInTransit, 0},
		{`{"result":"Y","level":"4","complete":"false"}`, tracking.StatusInTransit, 0},
		{`{"result":"Y","level":3,"completeYN":"Y"}`, tracking.StatusDelivered, 0},
		{`{"result":"Y","level":3,"complete":"true"}`, tracking.StatusDelivered, 0},
	} {
		inTime(t, test.body, func(t *testing.T) {
			parcel, err := askOne(t, carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(test.body), nil }),
				tracking.Query{Courier: courier.CJ, Number: "550000001234"})
			if err != nil {
				t.Fatal(err)
			}
			if parcel.Status != test.status || parcel.Doubts != test.doubts {
				t.Errorf("%v with doubts %q, want %v with %q", parcel.Status, parcel.Doubts, test.status, test.doubts)
			}
			// What a store keeps must lead to the same again.
			state := tracking.Derive(tracking.Evidence{Events: parcel.Events, Verdicts: parcel.Verdicts}, tracking.Context{})
			if state.Status != parcel.Status || state.Doubts != parcel.Doubts {
				t.Errorf("derived again: %v with doubts %q", state.Status, state.Doubts)
			}
		})
	}
}

func TestUnknownLevelKeepsItsNumber(t *testing.T) {
	c := carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(`{"result":"Y","level":7}`), nil })
	parcel, err := askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
	if err != nil {
		t.Fatal(err)
	}
	if len(parcel.Verdicts) != 1 || parcel.Verdicts[0].Code != "7" {
		t.Errorf("verdicts %+v", parcel.Verdicts)
	}
}

func TestOfflineRefusals(t *testing.T) {
	c := carrierOf(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("no")
	})
	for _, test := range []struct {
		query tracking.Query
		want  error
	}{
		{tracking.Query{Courier: courier.CJ, Number: " - "}, tracking.ErrInvalidNumber},
		{tracking.Query{Courier: courier.CJ, Number: "12345678901A"}, tracking.ErrInvalidNumber},
		{tracking.Query{Courier: "nobody", Number: "550000001234"}, tracking.ErrUnsupportedCourier},
	} {
		results, err := c.Query(t.Context(), []tracking.Query{test.query})
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(results[0].Err, test.want) || results[0].Billed != tracking.No {
			t.Errorf("%v: %v, billed %v; want %v", test.query, results[0].Err, results[0].Billed, test.want)
		}
	}
}

func TestNumberIsNormalised(t *testing.T) {
	f := loadFixture(t, "query-delivered")
	q := tracking.Query{Courier: courier.CJ, Number: "5500-0000 1234"}
	parcel, err := askOne(t, carrierOf(play(t, f)), q)
	if err != nil {
		t.Fatal(err)
	}
	if parcel.Number != "550000001234" {
		t.Errorf("number %q", parcel.Number)
	}
}

func TestEndedContext(t *testing.T) {
	c := carrierOf(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("no")
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err := c.Query(ctx, []tracking.Query{{Courier: courier.CJ, Number: "550000001234"}})
	var e *tracking.Error
	if results != nil || !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.Kind != nil {
		t.Errorf("%v, %v", results, err)
	}
}

// A refused key meets every number, a bad number only itself.
func TestSeveralNumbers(t *testing.T) {
	numbers := []tracking.Query{
		{Courier: courier.CJ, Number: "550000001234"}, {Courier: "nobody", Number: "1"}, {Courier: courier.CJ, Number: "551234567891"},
	}
	t.Run("one poison item", func(t *testing.T) {
		f := loadFixture(t, "query-delivered")
		c := carrierOf(func(*http.Request) (*http.Response, error) { return answerJSON(string(f.Response.Body)), nil })
		results, err := c.Query(t.Context(), numbers)
		if err != nil || results[0].Parcel == nil || results[2].Parcel == nil || !errors.Is(results[1].Err, tracking.ErrUnsupportedCourier) {
			t.Errorf("%v, %v", results, err)
		}
	})
	t.Run("refused key", func(t *testing.T) {
		c := carrierOf(func(*http.Request) (*http.Response, error) {
			return answerJSON(`{"status":false,"msg":"x","code":"101"}`), nil
		})
		results, err := c.Query(t.Context(), numbers)
		if err != nil || c.Requests() != 1 {
			t.Fatalf("%v after %d requests", err, c.Requests())
		}
		for _, r := range results {
			if !errors.Is(r.Err, tracking.ErrCredentials) || r.Parcel != nil {
				t.Errorf("%v: %v", r.Query, r.Err)
			}
		}
	})
}

func TestTimeouts(t *testing.T) {
	inTime(t, "silent server", func(t *testing.T) {
		c := carrierOf(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		_, err := askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
		if !errors.Is(err, tracking.ErrUpstream) || c.Requests() != queryAttempts {
			t.Errorf("%v after %d requests", err, c.Requests())
		}
	})
}

func TestHooksSeeEveryRequest(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		var ended []transport.Attempt
		c := carrierOf(func(*http.Request) (*http.Response, error) { return answerWith(502, "text/html", nil), nil }, func(c *Config) {
			c.Hooks.End = func(_ context.Context, a transport.Attempt) { ended = append(ended, a) }
		})
		_, _ = askOne(t, c, tracking.Query{Courier: courier.CJ, Number: "550000001234"})
		if len(ended) != queryAttempts || ended[0].Op != "query" || ended[0].Carrier != Name {
			t.Errorf("%+v", ended)
		}
	})
}
