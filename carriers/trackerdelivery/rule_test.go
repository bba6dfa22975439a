package trackerdelivery

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// TestErrors asks for a parcel and gets each of the answers that are no parcel.
func TestErrors(t *testing.T) {
	tests := []struct {
		fixture string
		kind    error
		retry   tracking.Retry
		code    string
		masked  bool
		calls   []string // nil means one Track
	}{
		{fixture: "managed-error-not-found-empty-message", kind: tracking.ErrNotFound, retry: tracking.RetrySlow, code: "NOT_FOUND"},
		{fixture: "managed-error-not-found-with-message", kind: tracking.ErrNotFound, retry: tracking.RetrySlow, code: "NOT_FOUND"},
		{fixture: "managed-error-carrier-not-found", kind: tracking.ErrUnsupportedCourier, code: "NOT_FOUND"},
		{fixture: "managed-error-bad-request", kind: tracking.ErrInvalidNumber, code: "BAD_REQUEST"},
		{fixture: "managed-dummy-bad-number", kind: tracking.ErrInvalidNumber, code: "BAD_REQUEST"},
		{fixture: "managed-error-unauthenticated-200", kind: tracking.ErrCredentials, code: "UNAUTHENTICATED"},
		{fixture: "managed-error-unauthenticated-401", kind: tracking.ErrCredentials, code: "UNAUTHENTICATED"},
		{fixture: "managed-error-forbidden", kind: tracking.ErrForbidden, code: "FORBIDDEN"},
		{fixture: "managed-error-rate-limited-forbidden", kind: tracking.ErrRateLimited, retry: tracking.RetryAfter, code: "FORBIDDEN", calls: []string{"Track", "Track", "Track"}},
		{fixture: "managed-error-rate-limited-429", kind: tracking.ErrRateLimited, retry: tracking.RetryAfter, calls: []string{"Track", "Track", "Track"}},
		{fixture: "managed-error-internal", kind: tracking.ErrUpstream, retry: tracking.RetrySlow, code: "INTERNAL"},
		{fixture: "managed-error-data-null", kind: tracking.ErrUpstream, retry: tracking.RetrySlow, code: "INTERNAL"},
		{fixture: "managed-error-without-extensions", kind: tracking.ErrUpstream, retry: tracking.RetrySlow},
		{fixture: "managed-error-unknown-code", kind: tracking.ErrUpstream, retry: tracking.RetrySlow, code: "SOME_FUTURE_CODE"},
		{fixture: "managed-gateway-200-html", kind: tracking.ErrUpstream, retry: tracking.RetrySoon, calls: []string{"Track", "Track", "Track"}},
		{fixture: "managed-gateway-502-html", kind: tracking.ErrUpstream, retry: tracking.RetrySoon, calls: []string{"Track", "Track", "Track"}},
		{fixture: "managed-error-empty-object", kind: tracking.ErrProtocol, calls: []string{"Track", "Track"}},
		{fixture: "selfhosted-track-field-errors", kind: tracking.ErrUpstream, retry: tracking.RetrySlow, code: "INTERNAL"},
	}
	all := allExchanges(t)
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fixture := all[tt.fixture]
				server := replies(fixture.reply())
				carrier := managed(server)
				if strings.HasPrefix(tt.fixture, "selfhosted") {
					carrier = selfHosted(server)
				}
				id, number := fixture.parcel(t)
				_, err := one(t, carrier, stub(id, number))
				var e *tracking.Error
				if !errors.As(err, &e) || !errors.Is(err, tt.kind) {
					t.Fatalf("%v, want %v", err, tt.kind)
				}
				if e.Retry != tt.retry || e.Code != tt.code || e.Masked != tt.masked || e.HTTPStatus != fixture.Response.Status {
					t.Errorf("retry %v, code %q, masked %v, HTTP %d", e.Retry, e.Code, e.Masked, e.HTTPStatus)
				}
				if e.Carrier != Name || e.Op != "query" || string(e.Courier) != "trackerdelivery:"+id || e.Last4 != tracking.Last4(number) {
					t.Errorf("error of %q %q %q %q", e.Carrier, e.Op, e.Courier, e.Last4)
				}
				if e.Retry == tracking.RetryAfter && e.Wait < time.Second {
					t.Errorf("waits %v", e.Wait)
				}
				if calls := len(server.seen()); calls != max(len(tt.calls), 1) {
					t.Errorf("%d calls, want %d", calls, max(len(tt.calls), 1))
				}
				if text := err.Error(); strings.Contains(text, number) && len(number) > 6 || strings.ContainsAny(text, "\n<") {
					t.Errorf("text %q", text)
				}
			})
		})
	}
}

func TestServersWaitIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := allExchanges(t)["managed-error-rate-limited-429"].reply()
		r.header["Retry-After"] = "600"
		server := replies(r)
		_, err := one(t, managed(server), stub("kr.cjlogistics", "000000000000"))
		var e *tracking.Error
		if !errors.As(err, &e) || e.Wait != 10*time.Minute || len(server.seen()) != 1 {
			t.Errorf("%v after %d calls", err, len(server.seen()))
		}
	})
}

// TestClassify judges answers that our own requests do not bring about, as one parcel's.
func TestClassify(t *testing.T) {
	tests := map[string]error{
		"selfhosted-error-variable-missing":          tracking.ErrInvalidRequest,
		"selfhosted-error-variable-null":             tracking.ErrInvalidRequest,
		"selfhosted-gql-empty-query":                 tracking.ErrInvalidRequest,
		"selfhosted-gql-introspection-refused":       tracking.ErrInvalidRequest,
		"selfhosted-gql-missing-argument":            tracking.ErrInvalidRequest,
		"selfhosted-gql-syntax-error":                tracking.ErrInvalidRequest,
		"selfhosted-gql-unknown-field":               tracking.ErrInvalidRequest,
		"selfhosted-gql-unknown-operation-name":      tracking.ErrInvalidRequest,
		"selfhosted-http-accept-text-html":           tracking.ErrInvalidRequest,
		"selfhosted-http-array-batch":                tracking.ErrInvalidRequest,
		"selfhosted-http-get-without-preflight":      tracking.ErrInvalidRequest,
		"selfhosted-http-put":                        tracking.ErrInvalidRequest,
		"selfhosted-http-text-plain":                 tracking.ErrInvalidRequest,
		"selfhosted-http-malformed-json":             tracking.ErrUpstream,
		"selfhosted-http-unsupported-charset":        tracking.ErrUpstream,
		"selfhosted-http-authorization-ignored":      nil,
		"selfhosted-http-post-other-path":            nil,
		"selfhosted-alias-missing-conflict":          tracking.ErrInvalidRequest,
		"selfhosted-alias-bad-name":                  tracking.ErrInvalidRequest,
		"selfhosted-carrier-name-refused":            tracking.ErrInvalidRequest,
		"selfhosted-webhook-mutation-with-variables": tracking.ErrInvalidRequest,
		"selfhosted-webhook-mutation-inline":         tracking.ErrUpstream,
		"selfhosted-carriers-no-args":                tracking.ErrUpstream,
		"selfhosted-carrier-unknown-masked":          tracking.ErrUpstream,
		"managed-carrier-one-not-found":              nil, // a fact about its courier, see below
		"managed-webhook-register-rate-limited":      tracking.ErrRateLimited,
		"managed-alias-batch-rate-limited":           tracking.ErrRateLimited,
		"selfhosted-alias-all-fail":                  nil, // facts about its parcels
		"managed-error-not-found-empty-message":      nil,
		"selfhosted-error-masked-not-found":          nil,
	}
	all := allExchanges(t)
	for name, want := range tests {
		fixture, ok := all[name]
		if !ok {
			t.Errorf("no fixture %s", name)
			continue
		}
		mode := ModeSelfHosted
		if strings.HasPrefix(name, "managed") {
			mode = ModeManaged
		}
		own := func(name string) bool { return name == "track" || name == "t0" || name == "t1" }
		if got := judged[map[string]any](fixture, mode, own); !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// judged runs a fixture's answer through the table.
func judged[T any](e exchange, mode Mode, own func(string) bool) error {
	var got answer[T]
	err := got.read(e.response())
	if err == nil {
		err = got.judge(mode, own, func() []string { return nil })
	}
	if err == nil {
		return nil
	}
	return err
}

func (e exchange) response() *transport.Response {
	header := http.Header{}
	for name, value := range e.Response.Headers {
		header.Set(name, value)
	}
	return &transport.Response{Status: e.Response.Status, Header: header, Body: e.body(), At: time.Now()}
}

// TestRules holds the table's order against pairs of faults that fit two rows.
func TestRules(t *testing.T) {
	tests := []struct {
		name    string
		code    string
		message string
		status  int
		mode    Mode
		parcel  bool
		want    rule
	}{
		{"401 wins over its code", "INTERNAL", "", 401, ModeManaged, true, ruleCredentials},
		{"rate limit in any case", "FORBIDDEN", "Rate Limit reached", 200, ModeManaged, true, ruleThrottled},
		{"403 with a rate limit and another code", "INTERNAL", "rate limit", 403, ModeManaged, false, ruleThrottled},
		{"rate limit only where refused", "INTERNAL", "rate limit", 200, ModeManaged, true, ruleTrouble},
		{"429 wins over FORBIDDEN", "FORBIDDEN", "no", 429, ModeManaged, false, ruleThrottled},
		{"403 with a NOT_FOUND", "NOT_FOUND", "", 403, ModeManaged, true, ruleForbidden},
		{"carrier by its exact message", "NOT_FOUND", "carrier not found", 200, ModeManaged, true, ruleNoData},
		{"NOT_FOUND with a 404", "NOT_FOUND", "", 404, ModeManaged, true, ruleNoData},
		{"number", "BAD_REQUEST", "", 200, ModeManaged, true, ruleNumber},
		{"number with a 400", "BAD_REQUEST", "", 400, ModeManaged, true, ruleNumber},
		{"document", "BAD_REQUEST", "", 200, ModeManaged, false, ruleRequest},
		{"4xx with INTERNAL at a parcel", "INTERNAL", "", 400, ModeSelfHosted, true, ruleRequest},
		{"4xx without a code", "", "", 418, ModeManaged, false, ruleRequest},
		{"408 is the gateway's", "", "", 408, ModeManaged, false, ruleTrouble},
		{"masked", "INTERNAL", "", 200, ModeSelfHosted, true, ruleMasked},
		{"not masked on managed", "INTERNAL", "", 200, ModeManaged, true, ruleTrouble},
		{"not masked below a parcel", "INTERNAL", "", 200, ModeSelfHosted, false, ruleTrouble},
		{"not masked with a 500", "INTERNAL", "", 500, ModeSelfHosted, true, ruleTrouble},
	}
	for _, tt := range tests {
		f := fault{Message: tt.message}
		f.Extensions.Code = tt.code
		if got := f.rule(tt.status, tt.mode, tt.parcel); got != tt.want {
			t.Errorf("%s: rule %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestHomepick(t *testing.T) {
	answer := allExchanges(t)["managed-error-bad-request"].reply()
	if _, err := one(t, managed(replies(answer)), stub("kr.homepick", "1234567890")); !errors.Is(err, tracking.ErrNotFound) {
		t.Error(err)
	}
}

// TestOddItems: one weird item costs itself and marks the parcel, no more.
func TestOddItems(t *testing.T) {
	good := `{"cursor":"b","node":{"time":"2026-03-03T12:00:00.000+09:00","status":{"code":"IN_TRANSIT","name":"간선상차"}}}`
	tests := []struct {
		name, track string
		status      tracking.Status
		events      int
		partial     bool
		kind        error
	}{
		{name: "an edge is a number", track: `{"lastEvent":null,"events":{"edges":[7,` + good + `]}}`, status: tracking.StatusInTransit, events: 1, partial: true},
		{name: "an edge is null", track: `{"events":{"edges":[null,` + good + `]}}`, status: tracking.StatusInTransit, events: 1, partial: true},
		{name: "a node is null", track: `{"events":{"edges":[{"cursor":"a","node":null},` + good + `]}}`, status: tracking.StatusInTransit, events: 1, partial: true},
		{name: "a code is null", track: `{"events":{"edges":[{"cursor":"a","node":{"status":{"code":null}}},` + good + `]}}`, status: tracking.StatusInTransit, events: 1, partial: true},
		{name: "a time is a number", track: `{"events":{"edges":[{"cursor":"a","node":{"time":5,"status":{"code":"AT_PICKUP"}}},` + good + `]}}`, status: tracking.StatusInTransit, events: 2},
		{name: "a place is a text", track: `{"events":{"edges":[{"cursor":"a","node":{"location":"서울","status":{"code":"AT_PICKUP"}}},` + good + `]}}`, status: tracking.StatusInTransit, events: 2},
		{name: "lastEvent is a text", track: `{"lastEvent":"x","events":{"edges":[` + good + `]}}`, status: tracking.StatusInTransit, events: 1, partial: true},
		{name: "edges is an object", track: `{"lastEvent":{"status":{"code":"DELIVERED"}},"events":{"edges":{}}}`, status: tracking.StatusDelivered, events: 1, partial: true},
		{name: "everything null", track: `{"trackingNumber":"680123456782","lastEvent":null,"events":null}`, kind: tracking.ErrProtocol},
		{name: "edges null", track: `{"lastEvent":null,"events":{"edges":null}}`, kind: tracking.ErrProtocol},
		{name: "the parcel is a text", track: `"delivered"`, kind: tracking.ErrProtocol},
		{name: "the parcel is empty", track: `{}`, kind: tracking.ErrProtocol},
		{name: "another parcel", track: `{"trackingNumber":"680123456783","events":{"edges":[` + good + `]}}`, kind: tracking.ErrProtocol},
		{name: "the number, written otherwise", track: `{"trackingNumber":"6801-2345-6782","events":{"edges":[` + good + `]}}`, status: tracking.StatusInTransit, events: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := one(t, managed(replies(jsonReply(`{"data":{"track":%s}}`, tt.track))), tracking.Query{Courier: "cj", Number: "680123456782"})
			if tt.kind != nil {
				if !errors.Is(err, tt.kind) {
					t.Errorf("%v, want %v", err, tt.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || len(p.Events) != tt.events || p.Partial != tt.partial {
				t.Errorf("%v, %d events, partial %v", p.Status, len(p.Events), p.Partial)
			}
		})
	}
}

// TestGatewaysPages: what a gateway says instead of the server is trouble on the way, whatever its status.
func TestGatewaysPages(t *testing.T) {
	for name, body := range map[string]string{"a page": "<html>", "nothing": "", "a cut answer": `{"errors":[{"mess`} {
		for _, status := range []int{400, 403, 404, 413, 418, 500, 503} {
			r := reply{status: status, header: map[string]string{"Content-Type": "application/json"}, body: []byte(body)}
			synctest.Test(t, func(t *testing.T) {
				q := stub("kr.cjlogistics", "680123456782")
				if _, err := one(t, managed(replies(r)), q); !errors.Is(err, tracking.ErrUpstream) {
					t.Errorf("HTTP %d, %s: %v", status, name, err)
				}
				if _, err := one(t, old(replies(r)), q); !errors.Is(err, tracking.ErrUpstream) {
					t.Errorf("V1, HTTP %d, %s: %v", status, name, err)
				}
			})
		}
	}
}

// TestItemsCodesShowNothing: the code of one parcel's error is the server's own text too.
func TestItemsCodesShowNothing(t *testing.T) {
	for _, code := range []string{canarySecret, "x-" + canarySecret, "680123456782", "6801-2345-6782", "010-9876-5432"} {
		quoted, _ := json.Marshal(code)
		r := jsonReply(`{"data":{"track":null},"errors":[{"message":"x","path":["track"],"extensions":{"code":%s}}]}`, quoted)
		_, err := one(t, managed(replies(r), func(c *Config) { c.ClientSecret = canarySecret }), stub("kr.cjlogistics", "680123456782"))
		var e *tracking.Error
		if !errors.As(err, &e) || e.Code != "" {
			t.Errorf("%q: %v", code, err)
		}
	}
}

// TestContentType: the type is looked at before the body.
func TestContentType(t *testing.T) {
	body := []byte(`{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`)
	for kind, good := range map[string]bool{
		"": true, "application/json": true, "application/graphql-response+json; charset=utf-8": true,
		"text/html": false, "text/plain": false, "application/javascript": false, "garbage;;": false,
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := one(t, managed(replies(reply{status: 200, header: map[string]string{"Content-Type": kind}, body: body})), stub("kr.cjlogistics", "680123456782"))
			if good != (err == nil) || !good && !errors.Is(err, tracking.ErrUpstream) {
				t.Errorf("%q: %v", kind, err)
			}
		})
	}
}
