package sweettracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// subscriptions gives what a fixture's request registers. Couriers are written with the provider's code, for some of
// the codes are dead and no directory has them.
func subscriptions(t *testing.T, f fixture) []tracking.Subscription {
	t.Helper()
	var body registerManyBody
	if err := json.Unmarshal(f.Request.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.List == nil {
		var one registerOneBody
		if err := json.Unmarshal(f.Request.Body, &one); err != nil {
			t.Fatal(err)
		}
		body.List = []registerEntry{one.registerEntry}
	}
	subs := make([]tracking.Subscription, 0, len(body.List))
	for _, item := range body.List {
		subs = append(subs, tracking.Subscription{
			Courier: tracking.Courier(Name + ":" + item.Courier), Number: item.Number, Ref: item.FID, Callback: body.CallbackURL,
		})
	}
	return subs
}

func TestRegisterFixtures(t *testing.T) {
	const ok, existing = "ok", "existing"
	unknown := "upstream"
	for name, want := range map[string]struct {
		outcomes string // in the order of the subscriptions
		requests int64
		suspect  bool
	}{
		"trace-add-invoice-ok":                          {ok, 1, false},
		"trace-add-invoice-ecode-01":                    {"invalid_request", 1, true},
		"trace-add-invoice-ecode-02":                    {"invalid_number", 1, false},
		"trace-add-invoice-ecode-03-already-registered": {existing, 1, false},
		"trace-add-invoice-ecode-04":                    {"unsupported_courier", 1, false},
		"trace-add-invoice-ecode-99":                    {"upstream", 3, true},
		"trace-add-invoice-list-mix":                    {strings.Join([]string{ok, existing, "invalid_number", "unsupported_courier", ok}, " "), 1, false},
		"trace-add-invoice-list-item-missing":           {strings.Join([]string{ok, unknown, unknown, unknown, unknown}, " "), 1, false},
		"trace-add-invoice-list-request-failure":        {strings.TrimSpace(strings.Repeat("invalid_request ", 5)), 1, true},
	} {
		inTime(t, name, func(t *testing.T) {
			f := loadFixture(t, name)
			subs := subscriptions(t, f)
			trace := traceOf(play(t, f), func(c *TraceConfig) { c.Callback = "" })
			registrations, err := trace.Subscribe(t.Context(), subs)
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomes(registrations); got != want.outcomes {
				t.Errorf("outcomes %s, want %s", got, want.outcomes)
			}
			if trace.Requests() != want.requests {
				t.Errorf("%d requests, want %d", trace.Requests(), want.requests)
			}
			for i, r := range registrations {
				if r.Subscription != subs[i] || r.Carrier != Name || r.Handle != "" {
					t.Errorf("registration %d: %v of %q", i, r.Subscription, r.Carrier)
				}
				if r.Err != nil && errors.Is(r.Err, ErrSuspectCredentials) != want.suspect {
					t.Errorf("suspects the credentials: %t, want %t (%v)", !want.suspect, want.suspect, r.Err)
				}
			}
		})
	}
}

func outcomes(registrations []tracking.Registration) string {
	var words []string
	for _, r := range registrations {
		switch {
		case r.Err != nil:
			words = append(words, tracking.KindName(r.Err))
		case r.Existing:
			words = append(words, "existing")
		default:
			words = append(words, "ok")
		}
	}
	return strings.Join(words, " ")
}

// registrar is a provider that accepts everything and remembers what came.
type registrar struct {
	paths  []string
	chunks []registerManyBody
	refuse func(registerManyBody) string // the reply instead
}

func (r *registrar) serve(t *testing.T) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		raw := json.RawMessage{}
		decodeBody(t, req, &raw)
		var many registerManyBody
		if err := json.Unmarshal(raw, &many); err != nil {
			t.Error(err)
		}
		if many.List == nil {
			var one registerEntry
			_ = json.Unmarshal(raw, &one)
			many.List = []registerEntry{one}
		}
		r.paths = append(r.paths, req.URL.Path)
		r.chunks = append(r.chunks, many)
		if r.refuse != nil {
			if reply := r.refuse(many); reply != "" {
				return answerJSON(reply), nil
			}
		}
		var items []string
		for _, e := range many.List {
			items = append(items, fmt.Sprintf(`{"fid":%q,"success":"true"}`, e.FID))
		}
		return answerJSON(`{"success":true,"list":[` + strings.Join(items, ",") + `]}`), nil
	}
}

func manySubscriptions(n int) []tracking.Subscription {
	subs := make([]tracking.Subscription, n)
	for i := range subs {
		subs[i] = tracking.Subscription{Courier: courier.CJ, Number: "550000001234", Ref: fmt.Sprint("D", i)}
	}
	return subs
}

func TestRegisterPaths(t *testing.T) {
	for _, test := range []struct {
		path string
		n    int
		want string
	}{
		{"", 1, "/add_invoice"},
		{"", 2, "/add_invoice_list"},
		{RegisterOne, 2, "/add_invoice /add_invoice"},
		{RegisterMany, 1, "/add_invoice_list"},
		{"/v2/register", 2, "/v2/register /v2/register"},
		{"/v2/register_list", 2, "/v2/register_list"},
	} {
		provider := &registrar{}
		trace := traceOf(provider.serve(t), func(c *TraceConfig) { c.RegisterPath = test.path })
		registrations, err := trace.Subscribe(t.Context(), manySubscriptions(test.n))
		if err != nil || strings.Contains(outcomes(registrations), "_") {
			t.Errorf("%v, %s", err, outcomes(registrations))
		}
		if got := strings.Join(provider.paths, " "); got != test.want {
			t.Errorf("%d numbers to %q: sent to %s, want %s", test.n, test.path, got, test.want)
		}
	}
}

func TestRegisterChunks(t *testing.T) {
	provider := &registrar{}
	trace := traceOf(provider.serve(t))
	subs := manySubscriptions(250)
	other := testCallback + "/other"
	for i := range subs {
		if i%50 == 0 {
			subs[i].Callback = other
		}
	}
	registrations, err := trace.Subscribe(t.Context(), subs)
	if err != nil || strings.Trim(outcomes(registrations), "ok ") != "" {
		t.Fatalf("%v, %s", err, outcomes(registrations))
	}
	sizes := map[string][]int{}
	for _, chunk := range provider.chunks {
		sizes[chunk.CallbackURL] = append(sizes[chunk.CallbackURL], len(chunk.List))
	}
	if diff := cmp.Diff(map[string][]int{testCallback: {100, 100, 45}, other: {5}}, sizes); diff != "" {
		t.Errorf("chunks by callback (-want +got):\n%s", diff)
	}
}

func TestLocallyRefusedSubscriptions(t *testing.T) {
	good := tracking.Subscription{Courier: courier.CJ, Number: "550000001234", Ref: "D0"}
	change := func(f func(*tracking.Subscription)) tracking.Subscription {
		s := good
		s.Ref = "D1"
		f(&s)
		return s
	}
	for name, test := range map[string]struct {
		sub  tracking.Subscription
		want error
	}{
		"no fid":                 {change(func(s *tracking.Subscription) { s.Ref = "" }), tracking.ErrInvalidRequest},
		"fid of 31 characters":   {change(func(s *tracking.Subscription) { s.Ref = strings.Repeat("배", 31) }), tracking.ErrInvalidRequest},
		"fid not UTF-8":          {change(func(s *tracking.Subscription) { s.Ref = "D\xff" }), tracking.ErrInvalidRequest},
		"fid twice":              {change(func(s *tracking.Subscription) { s.Ref = "D0" }), tracking.ErrInvalidRequest},
		"plain callback":         {change(func(s *tracking.Subscription) { s.Callback = "http://shop.example/hooks/TEST_TOKEN_0123456789" }), tracking.ErrInvalidRequest},
		"callback without token": {change(func(s *tracking.Subscription) { s.Callback = "https://shop.example/hooks/sweettracker" }), tracking.ErrInvalidRequest},
		"token in the host":      {change(func(s *tracking.Subscription) { s.Callback = "https://test-token-0123456789.example/" }), tracking.ErrInvalidRequest},
		"callback with password": {change(func(s *tracking.Subscription) { s.Callback = "https://u:p@shop.example/TEST_TOKEN_0123456789" }), tracking.ErrInvalidRequest},
		"no number":              {change(func(s *tracking.Subscription) { s.Number = "" }), tracking.ErrInvalidNumber},
		"unknown courier":        {change(func(s *tracking.Subscription) { s.Courier = "nobody" }), tracking.ErrUnsupportedCourier},
	} {
		t.Run(name, func(t *testing.T) {
			provider := &registrar{}
			registrations, err := traceOf(provider.serve(t), func(c *TraceConfig) { c.RegisterPath = RegisterMany }).
				Subscribe(t.Context(), []tracking.Subscription{good, test.sub})
			if err != nil {
				t.Fatal(err)
			}
			if registrations[0].Err != nil || !errors.Is(registrations[1].Err, test.want) || registrations[1].Billed != tracking.No {
				t.Errorf("%v; %v, want %v", registrations[0].Err, registrations[1].Err, test.want)
			}
			if len(provider.chunks) != 1 || len(provider.chunks[0].List) != 1 {
				t.Errorf("sent %+v", provider.chunks)
			}
			if text := registrations[1].Err.Error(); strings.Contains(text, "shop.example") || strings.Contains(text, "TOKEN") || strings.Contains(text, "\n") {
				t.Errorf("the error shows the address: %s", text)
			}
		})
	}
}

func TestLoopbackCallback(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:8080/h/TEST_TOKEN_0123456789", "http://localhost/TEST_TOKEN_0123456789", "http://[::1]/TEST_TOKEN_0123456789"} {
		if err := checkCallback(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The first failure of a whole chunk stops the rest; once something was registered, it does not.
func TestSuspectCredentials(t *testing.T) {
	for name, test := range map[string]struct {
		path, reply    string
		n, chunk, sent int
		kind           string
	}{
		"list, 01":               {RegisterMany, `{"success":false,"e_code":"01","list":[]}`, 30, 10, 1, "invalid_request"},
		"list, 01 item by item":  {RegisterMany, `{"success":true,"list":[{"fid":"D0","success":false,"e_code":"01"},{"fid":"D1","success":false,"e_code":"01"}]}`, 6, 2, 1, "invalid_request"},
		"one by one, 01":         {RegisterOne, `{"success":false,"e_code":"01"}`, 5, 0, 3, "invalid_request"},
		"one by one, numeric 01": {RegisterOne, `{"success":false,"e_code":1}`, 5, 0, 3, "invalid_request"},
		"list, a bad number":     {RegisterMany, `{"success":false,"e_code":"02","list":[]}`, 30, 10, 3, "invalid_number"},
	} {
		inTime(t, name, func(t *testing.T) {
			provider := &registrar{refuse: func(registerManyBody) string { return test.reply }}
			trace := traceOf(provider.serve(t), func(c *TraceConfig) { c.RegisterPath, c.Chunk = test.path, test.chunk })
			registrations, err := trace.Subscribe(t.Context(), manySubscriptions(test.n))
			if err != nil || len(provider.chunks) != test.sent {
				t.Errorf("%v after %d calls, want %d", err, len(provider.chunks), test.sent)
			}
			for _, r := range registrations {
				if tracking.KindName(r.Err) != test.kind || errors.Is(r.Err, ErrSuspectCredentials) != (test.kind == "invalid_request") {
					t.Errorf("%v", r.Err)
				}
			}
		})
	}
	inTime(t, "proved before", func(t *testing.T) {
		accept := true
		provider := &registrar{refuse: func(registerManyBody) string {
			if accept {
				return ""
			}
			return `{"success":false,"e_code":"01","list":[]}`
		}}
		trace := traceOf(provider.serve(t), func(c *TraceConfig) { c.RegisterPath, c.Chunk = RegisterMany, 1 })
		if _, err := trace.Subscribe(t.Context(), manySubscriptions(1)); err != nil {
			t.Fatal(err)
		}
		accept = false
		registrations, _ := trace.Subscribe(t.Context(), manySubscriptions(3))
		if len(provider.chunks) != 4 || errors.Is(registrations[0].Err, ErrSuspectCredentials) {
			t.Errorf("%d calls, %v", len(provider.chunks), registrations[0].Err)
		}
	})
	inTime(t, "refused by HTTP", func(t *testing.T) {
		calls := 0
		trace := traceOf(func(*http.Request) (*http.Response, error) {
			calls++
			return answerWith(401, "application/json", []byte(`{"error":"x"}`)), nil
		}, func(c *TraceConfig) { c.RegisterPath = RegisterOne })
		registrations, _ := trace.Subscribe(t.Context(), manySubscriptions(4))
		if got := outcomes(registrations); calls != 1 || got != "credentials credentials credentials credentials" {
			t.Errorf("%d calls, %s", calls, got)
		}
	})
}

func TestRegisterReplies(t *testing.T) {
	for reply, want := range map[string]string{
		`{"success":true}`: "ok",
		`{"success":"true","e_code":null,"e_message":null}`: "ok",
		`{"success":false,"e_code":3}`:                      "existing",
		`{"success":false,"e_code":"77"}`:                   "upstream",
		`{"success":false}`:                                 "upstream",
		`{"num":"550000001234"}`:                            "protocol",
		`[]`:                                                "protocol",
		`<html>`:                                            "upstream",
		`{"success":true,"fid":["odd"],"num":{}}`:           "ok",
		`{"list":[{"fid":"D0","success":true}]}`:            "protocol", // a list was not asked for
	} {
		inTime(t, reply, func(t *testing.T) {
			calls := 0
			trace := traceOf(func(*http.Request) (*http.Response, error) { calls++; return answerJSON(reply), nil })
			registrations, err := trace.Subscribe(t.Context(), manySubscriptions(1))
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomes(registrations); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if want == "protocol" && calls != 1 {
				t.Errorf("nonsense was sent %d times", calls)
			}
		})
	}
}

// A list that says "already registered" of the request as a whole says nothing of its numbers.
func TestListExistingAsAWhole(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		provider := &registrar{refuse: func(registerManyBody) string { return `{"success":false,"e_code":"03","list":[]}` }}
		registrations, _ := traceOf(provider.serve(t)).Subscribe(t.Context(), manySubscriptions(2))
		if got := outcomes(registrations); got != "upstream upstream" {
			t.Error(got)
		}
	})
}

// The first request goes through unheard; the repeat is told "already registered".
func TestRegisterAfterTimeout(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		calls := 0
		trace := traceOf(func(req *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return answerJSON(`{"success":false,"e_code":"03"}`), nil
		})
		registrations, err := trace.Subscribe(t.Context(), manySubscriptions(1))
		if err != nil || outcomes(registrations) != "existing" {
			t.Errorf("%v, %s", err, outcomes(registrations))
		}
	})
}

func TestSubscribeEnds(t *testing.T) {
	inTime(t, "", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		trace := traceOf(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, func(c *TraceConfig) { c.Chunk = 1 })
		registrations, err := trace.Subscribe(ctx, manySubscriptions(3))
		if err != nil || trace.Requests() != 1 {
			t.Fatalf("%v after %d requests", err, trace.Requests())
		}
		for _, r := range registrations {
			if !errors.Is(r.Err, context.DeadlineExceeded) || tracking.KindName(r.Err) != "other" {
				t.Errorf("%v", r.Err)
			}
		}
		time.Sleep(time.Millisecond)
		if _, err := trace.Subscribe(ctx, manySubscriptions(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the end: %v", err)
		}
	})
}
