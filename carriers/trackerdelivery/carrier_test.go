package trackerdelivery

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

// TestTrack holds every plain answer against what contracts for statuses make of it. Where a fixture's row in the wire
// document names the provider's word and the fold of evidence gives another status, "was" says which and why.
func TestTrack(t *testing.T) {
	tests := []struct {
		fixture   string
		status    tracking.Status
		sub       tracking.Sub
		events    int
		delivered string // in Korean time; empty means not delivered, or no time
		window    string
		was       string
	}{
		{fixture: "managed-track-delivered", status: tracking.StatusDelivered, events: 4, delivered: "2026-03-03 12:27:10", window: "11-13"},
		{fixture: "managed-track-in-transit", status: tracking.StatusInTransit, events: 2},
		{fixture: "managed-track-no-events", status: tracking.StatusRegistered},
		{fixture: "managed-track-delivered-not-last", status: tracking.StatusDelivered, events: 4, delivered: "2026-03-03 12:27:10", window: "11-13"},
		{fixture: "managed-track-kr-cupost-at-store", status: tracking.StatusOutForDelivery, sub: tracking.SubAvailableForPickup, events: 1},
		{fixture: "managed-track-kr-cupost-collected", status: tracking.StatusDelivered, events: 2, delivered: "2026-03-04 19:30:00"},
		{fixture: "managed-track-unknown-enum-value", status: tracking.StatusUnknown, events: 1},
		{fixture: "managed-track-time-null", status: tracking.StatusUnknown, events: 1},
		{fixture: "managed-dummy-delivered", status: tracking.StatusDelivered, events: 2, delivered: "2026-03-03 12:00:00"},
		{fixture: "managed-dummy-in-transit", status: tracking.StatusInTransit, events: 1},
		{fixture: "selfhosted-track-information-received", status: tracking.StatusRegistered, events: 1},
		{fixture: "selfhosted-track-at-pickup", status: tracking.StatusPickedUp, events: 2},
		{fixture: "selfhosted-track-in-transit", status: tracking.StatusInTransit, events: 4},
		{fixture: "selfhosted-track-out-for-delivery", status: tracking.StatusOutForDelivery, events: 5, window: "15-17"},
		{fixture: "selfhosted-track-attempt-fail", status: tracking.StatusFailed, events: 6, window: "15-17"},
		{fixture: "selfhosted-track-available-for-pickup", status: tracking.StatusOutForDelivery, sub: tracking.SubAvailableForPickup, events: 5},
		{fixture: "selfhosted-track-exception", status: tracking.StatusReturned, sub: tracking.SubReturning, events: 5, was: "EXCEPTION: its status text is 반송, a return word"},
		{fixture: "selfhosted-track-delivered", status: tracking.StatusDelivered, events: 6, delivered: "2024-09-19 16:31:07", window: "15-17"},
		{fixture: "selfhosted-track-delivered-then-late-scan", status: tracking.StatusDelivered, events: 6, delivered: "2024-09-19 16:31:07"},
		{fixture: "selfhosted-track-two-delivered", status: tracking.StatusDelivered, events: 6, delivered: "2024-09-19 16:31:07", was: "the later one's time: the first delivered scan counts"},
		{fixture: "selfhosted-track-out-of-order", status: tracking.StatusDelivered, events: 2, delivered: "2024-09-19 16:31:07", was: "list order kept: one stable sort by time"},
		{fixture: "selfhosted-track-unknown-all-null", status: tracking.StatusUnknown, events: 1},
		{fixture: "selfhosted-track-time-null", status: tracking.StatusInTransit, events: 1},
		{fixture: "selfhosted-track-kr-cjlogistics-unknown-code", status: tracking.StatusPickedUp, events: 2, was: "UNKNOWN: it never replaces a known status"},
		{fixture: "selfhosted-track-kr-cjlogistics-no-events", status: tracking.StatusRegistered},
		{fixture: "selfhosted-track-kr-lotte-inferred-delivered", status: tracking.StatusDelivered, events: 6, delivered: "2024-09-19 23:59:59"},
		{fixture: "selfhosted-track-no-events", status: tracking.StatusRegistered},
		{fixture: "selfhosted-track-other-zones", status: tracking.StatusInTransit, events: 3},
	}
	all := allExchanges(t)
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			fixture := all[tt.fixture]
			server := replies(fixture.reply())
			carrier := managed(server)
			if strings.HasPrefix(tt.fixture, "selfhosted") {
				carrier = selfHosted(server)
			}
			id, number := fixture.parcel(t)
			p, err := one(t, carrier, stub(id, number))
			if err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || p.Sub != tt.sub {
				t.Errorf("status %v %v, want %v %v", p.Status, p.Sub, tt.status, tt.sub)
			}
			if len(p.Events) != tt.events {
				t.Errorf("%d events, want %d", len(p.Events), tt.events)
			}
			if tt.delivered != "" && !p.DeliveredAt.Equal(seoul(t, tt.delivered)) || tt.delivered == "" && !p.DeliveredAt.IsZero() {
				t.Errorf("delivered at %v, want %s", p.DeliveredAt, tt.delivered)
			}
			window := ""
			if !p.Window.Start.IsZero() {
				window = p.Window.Start.Format("15-") + p.Window.End.Format("15")
			}
			if window != tt.window {
				t.Errorf("window %q, want %q", window, tt.window)
			}
			if p.Partial || p.Cached || p.Doubts != 0 || p.Source != Name || p.RetrievedAt.IsZero() || p.Number != number {
				t.Errorf("partial %v, cached %v, doubts %v, source %q, retrieved %v, number %q", p.Partial, p.Cached, p.Doubts, p.Source, p.RetrievedAt, p.Number)
			}
			for i, ev := range p.Events {
				if ev.Carrier != Name || !ev.AnswerAt.Equal(p.RetrievedAt) || ev.Code == "" || ev.MapVersion == "" || ev.Raw != "" {
					t.Errorf("event %d: %+v", i, ev)
				}
			}
		})
	}
}

// TestRequest holds what goes over the wire against the documents: method, address, headers, variables.
func TestRequest(t *testing.T) {
	fixture := allExchanges(t)["managed-track-delivered"]
	server := replies(fixture.reply())
	if _, err := one(t, managed(server), tracking.Query{Courier: "cj", Number: "0000-0000-0000"}); err != nil {
		t.Fatal(err)
	}
	got := server.seen()[0]
	if got.method != http.MethodPost || got.url != ManagedURL || got.operation() != "Track" {
		t.Errorf("%s %s %s", got.method, got.url, got.operation())
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json",
		"Authorization": "TRACKQL-API-KEY CLIENT_ID:CLIENT_SECRET", "User-Agent": "waybill",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	var want map[string]any
	if err := json.Unmarshal(fixture.Variables, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.variables); diff != "" {
		t.Errorf("variables (-fixture +sent):\n%s", diff)
	}
	for _, word := range []string{"sender", "recipient", "contact", "phoneNumber", "startCursor", "\n"} {
		if strings.Contains(got.document, word) {
			t.Errorf("the document asks for %q", word)
		}
	}
}

// TestSelfHostedRequest: no key goes to a self-hosted server, even if there is one, and the address is used as it is.
func TestSelfHostedRequest(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:4000/", "http://[::1]:4000", "http://localhost:4000/any/path?x=1", "https://tracker.example/graphql"} {
		server := replies(allExchanges(t)["selfhosted-track-delivered"].reply())
		carrier := selfHosted(server, func(c *Config) {
			c.BaseURL, c.Mode, c.ClientID, c.ClientSecret = address, ModeSelfHosted, "CLIENT_ID", "CLIENT_SECRET"
		})
		if _, err := one(t, carrier, stub("dev.stub.parcel", "100000000001")); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		got := server.seen()[0]
		if got.header.Get("Authorization") != "" {
			t.Errorf("%s: a key was sent", address)
		}
		if got.url != address {
			t.Errorf("asked %s, want %s", got.url, address)
		}
	}
}

func TestEvent(t *testing.T) {
	fixture := allExchanges(t)["managed-track-delivered"]
	p, err := one(t, managed(replies(fixture.reply())), tracking.Query{Courier: "cj", Number: "000000000000"})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Events[2]
	want := tracking.Event{
		At: seoul(t, "2026-03-03 09:02:44"), Status: tracking.StatusOutForDelivery, Code: "OUT_FOR_DELIVERY", Text: "배송출발",
		Note: "고객님의 상품을 배송할 예정입니다.(11~13시)(배송담당:홍*동 010-****-0000)", Place: "부산수영",
		Carrier: Name, AnswerAt: p.RetrievedAt, Pos: 2, MapVersion: got.MapVersion,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if _, offset := got.At.Zone(); offset != 9*3600 {
		t.Errorf("offset %d", offset)
	}
	verdict := tracking.Verdict{
		Carrier: Name, Status: tracking.StatusDelivered, Code: "DELIVERED", Text: "배송완료", AsOf: seoul(t, "2026-03-03 12:27:10"),
		AnswerAt: p.RetrievedAt, DeliveredAt: seoul(t, "2026-03-03 12:27:10"),
	}
	if diff := cmp.Diff([]tracking.Verdict{verdict}, p.Verdicts); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

func TestWeakTimes(t *testing.T) {
	tests := []struct {
		id, time  string
		precision tracking.Precision
		assumed   bool
		offset    int
	}{
		{id: "kr.lotte", time: "2024-09-19T23:59:59.000+09:00", precision: tracking.PrecisionDay, offset: 9 * 3600},
		{id: "kr.lotte", time: "2024-09-19T23:59:58.000+09:00", offset: 9 * 3600},
		{id: "kr.cjlogistics", time: "2024-09-19T23:59:59.000+09:00", offset: 9 * 3600},
		{id: "kr.yongmalogis", time: "2024-09-19T00:00:00.000+09:00", precision: tracking.PrecisionDay, offset: 9 * 3600},
		{id: "un.upu.ems", time: "2024-09-19T10:00:00.000Z", assumed: true},
		{id: "us.ups", time: "2024-09-19T10:00:00.123-05:00", offset: -5 * 3600},
		{id: "us.ups", time: "2024-09-19T10:00:00.000+05:30", offset: 5*3600 + 1800},
		{id: "us.ups", time: "19.09.2024", precision: tracking.PrecisionNone},
		{id: "un.upu.ems", time: "", precision: tracking.PrecisionNone},
	}
	for _, tt := range tests {
		at, precision, assumed := when(tt.id, tt.time)
		if precision != tt.precision || assumed != tt.assumed {
			t.Errorf("%s %q: %v, assumed %v", tt.id, tt.time, precision, assumed)
		}
		if at.IsZero() != (tt.precision == tracking.PrecisionNone) {
			t.Errorf("%s %q: time %v", tt.id, tt.time, at)
		}
		if _, offset := at.Zone(); offset != tt.offset {
			t.Errorf("%s %q: offset %d, want %d", tt.id, tt.time, offset, tt.offset)
		}
	}
}

func TestReusedNumber(t *testing.T) {
	fixture := allExchanges(t)["managed-track-reused-number"]
	q := tracking.Query{Courier: "cj", Number: "000000000000", Since: seoul(t, "2026-03-01 00:00:00")}
	p, err := one(t, managed(replies(fixture.reply())), q)
	if err != nil {
		t.Fatal(err)
	}
	var parked []bool
	for _, ev := range p.Events {
		parked = append(parked, ev.Parked)
	}
	if diff := cmp.Diff([]bool{true, false, false}, parked); diff != "" || p.Status != tracking.StatusInTransit {
		t.Errorf("%v, parked %s", p.Status, diff)
	}
}

// TestRefusedOffline: what cannot be asked for costs no call, and its neighbours are asked for all the same.
func TestRefusedOffline(t *testing.T) {
	server := &server{answer: func(s sent) reply {
		return jsonReply(`{"data":{"track":{"trackingNumber":%q,"lastEvent":null,"events":{"edges":[],"pageInfo":{"hasPreviousPage":false}}}}}`, s.variables["trackingNumber"])
	}}
	carrier := selfHosted(server)
	queries := []tracking.Query{
		{Courier: "cj", Number: ""},
		{Courier: "nonghyup", Number: "123"},
		{Courier: "dummy", Number: "2026-03-03T03:00:00Z"},
		{Courier: "cj", Number: "12345678901A"},
		{Courier: "cj", Number: "680123456782", Ref: "mine"},
	}
	results, err := carrier.Query(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrUnsupportedCourier, tracking.ErrInvalidNumber, nil} {
		if !errors.Is(results[i].Err, want) {
			t.Errorf("%v: %v, want %v", queries[i], results[i].Err, want)
		}
		if diff := cmp.Diff(queries[i], results[i].Query); diff != "" {
			t.Errorf("query %d changed:\n%s", i, diff)
		}
	}
	if got := server.operations(); !cmp.Equal(got, []string{"Track"}) {
		t.Errorf("sent %v", got)
	}
	if p := results[4].Parcel; p == nil || p.Status != tracking.StatusRegistered {
		t.Errorf("the good one: %+v", p)
	}
}

func TestQueryBounds(t *testing.T) {
	server := replies(reply{err: errors.New("unused")})
	carrier := managed(server)
	if results, err := carrier.Query(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("no queries: %v, %v", results, err)
	}
	two := []tracking.Query{{Courier: "cj", Number: "1"}, {Courier: "cj", Number: "2"}}
	if _, err := carrier.Query(t.Context(), two); !errors.Is(err, tracking.ErrInvalidRequest) {
		t.Errorf("more than the batch: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := carrier.Query(ended, two[:1])
	var e *tracking.Error
	if !errors.As(err, &e) || e.Kind != nil || !errors.Is(err, context.Canceled) || e.Carrier != Name || e.Op != "query" {
		t.Errorf("cancelled: %v", err)
	}
	if n := len(server.seen()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		config Config
		want   tracking.Limits
	}{
		{Config{ClientID: "a", ClientSecret: "b"}, tracking.Limits{Batch: 1}},
		{Config{ClientID: "a", ClientSecret: "b", Aliases: 5}, tracking.Limits{Batch: 5, OneCourier: true}},
		{Config{BaseURL: "http://127.0.0.1:4000"}, tracking.Limits{Batch: 10, Concurrency: 4, OneCourier: true}},
		{Config{BaseURL: "http://127.0.0.1:4000", Aliases: 1, Calls: 2}, tracking.Limits{Batch: 1, Concurrency: 2}},
	}
	for _, tt := range tests {
		if got := New(tt.config).Limits(); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.config, got, tt.want)
		}
	}
}

func TestServes(t *testing.T) {
	own := New(Config{BaseURL: "http://127.0.0.1:4000"})
	service := New(Config{ClientID: "a", ClientSecret: "b"})
	for code, want := range map[tracking.Courier][2]bool{
		"cj": {true, true}, "nonghyup": {false, false}, "dummy": {true, false}, "trackerdelivery:kr.new": {true, true}, "nope": {false, false},
	} {
		if got := [2]bool{service.Serves(code), own.Serves(code)}; got != want {
			t.Errorf("%s: managed, self-hosted = %v, want %v", code, got, want)
		}
	}
}

func TestDummyNumber(t *testing.T) {
	got := DummyNumber(time.Date(2026, 3, 3, 14, 59, 59, 0, time.FixedZone("KST", 9*3600)))
	if got != "2026-03-03T03:00:00Z" {
		t.Error(got)
	}
	server := replies(allExchanges(t)["managed-dummy-delivered"].reply())
	if _, err := one(t, managed(server), tracking.Query{Courier: "dummy", Number: got}); err != nil {
		t.Fatal(err)
	}
	if sent := server.seen()[0].variables; sent["trackingNumber"] != got || sent["carrierId"] != dummyID {
		t.Errorf("sent %v", sent)
	}
}

func TestLink(t *testing.T) {
	q := tracking.Query{Courier: "cj", Number: "6801-2345-6782"}
	got, err := New(Config{ClientID: "a", ClientSecret: "b", LinkClientID: "public id&"}).Link(q)
	want := "https://link.tracker.delivery/track?client_id=public+id%26&carrier_id=kr.cjlogistics&tracking_number=680123456782"
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range []Config{{ClientID: "a", ClientSecret: "b"}, {BaseURL: "http://127.0.0.1:4000", LinkClientID: "x"}} {
		if _, err := New(c).Link(q); !errors.Is(err, tracking.ErrUnsupported) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestHangingCourier: a time-out is the parcel's error, after the declared attempts, and never outlives the call's limit.
func TestHangingCourier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := replies(reply{err: errHang})
		begin := time.Now()
		results, err := managed(server).Query(t.Context(), []tracking.Query{{Courier: "cj", Number: "680123456782"}})
		if err != nil || !errors.Is(results[0].Err, tracking.ErrUpstream) || tracking.RetryOf(results[0].Err) != tracking.RetrySoon {
			t.Fatalf("%+v, %v", results, err)
		}
		if took := time.Since(begin); took > 60*time.Second || len(server.seen()) != readAttempts {
			t.Errorf("took %v, %d requests", took, len(server.seen()))
		}
	})
}

// TestCancelled: the caller's end is told as such, without a sentinel.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		results, err := managed(replies(reply{err: errHang})).Query(ctx, []tracking.Query{{Courier: "cj", Number: "680123456782"}})
		if err == nil {
			err = results[0].Err
		}
		var e *tracking.Error
		if !errors.As(err, &e) || e.Kind != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}
