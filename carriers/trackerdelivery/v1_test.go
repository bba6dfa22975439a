package trackerdelivery

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

func old(s *server, change ...func(*V1Config)) *V1 {
	c := V1Config{Client: s.client(), Limiter: rate.NewLimiter(rate.Inf, 0)}
	for _, f := range change {
		f(&c)
	}
	return NewV1(c)
}

// parcelOf reads the provider's id and number out of a fixture's path.
func parcelOf(e exchange) (id, number string) {
	parts := strings.Split(e.Path, "/")
	return parts[2], parts[4]
}

func TestV1Track(t *testing.T) {
	tests := []struct {
		fixture   string
		status    tracking.Status
		events    int
		delivered string
		was       string
	}{
		{fixture: "v1-managed-track-delivered", status: tracking.StatusDelivered, events: 2, delivered: "2026-03-03 12:27:10"},
		{fixture: "v1-managed-track-late-scan", status: tracking.StatusDelivered, events: 3, delivered: "2026-03-03 12:27:10"},
		{fixture: "v1-managed-track-missing-fields", status: tracking.StatusPickedUp, events: 2, was: "a description that says delivered is no status"},
		{fixture: "v1-selfhosted-track-delivered", status: tracking.StatusDelivered, events: 5, delivered: "2024-09-19 16:31:07"},
		{fixture: "v1-selfhosted-track-in-transit", status: tracking.StatusInTransit, events: 3},
		{fixture: "v1-selfhosted-track-no-progress", status: tracking.StatusRegistered},
		{fixture: "v1-selfhosted-track-kr-cjlogistics-no-progress", status: tracking.StatusRegistered},
	}
	all := exchanges(t, "v1")
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			fixture := all[tt.fixture]
			server := replies(fixture.reply())
			id, number := parcelOf(fixture)
			p, err := one(t, old(server), stub(id, number))
			if err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || len(p.Events) != tt.events || p.Partial || p.Source != NameV1 || len(p.Verdicts) != 0 {
				t.Errorf("%v, %d events, partial %v, source %q, verdicts %v", p.Status, len(p.Events), p.Partial, p.Source, p.Verdicts)
			}
			if tt.delivered != "" && !p.DeliveredAt.Equal(seoul(t, tt.delivered)) || tt.delivered == "" && !p.DeliveredAt.IsZero() {
				t.Errorf("delivered at %v", p.DeliveredAt)
			}
			sent := server.seen()[0]
			if sent.method != "GET" || sent.url != ManagedV1URL+fixture.Path || len(sent.body) != 0 || sent.header.Get("Authorization") != "" {
				t.Errorf("%s %s %v", sent.method, sent.url, sent.header)
			}
		})
	}
}

func TestV1Errors(t *testing.T) {
	tests := []struct {
		fixture string
		kind    error
		retry   tracking.Retry
		calls   int
	}{
		{"v1-managed-track-not-found", tracking.ErrNotFound, tracking.RetrySlow, 1},
		{"v1-selfhosted-track-not-found", tracking.ErrNotFound, tracking.RetrySlow, 1},
		{"v1-managed-track-try-later", tracking.ErrUpstream, tracking.RetrySlow, 1},
		{"v1-selfhosted-track-unknown-carrier-ko", tracking.ErrUnsupportedCourier, tracking.RetryNever, 1},
		{"v1-selfhosted-carrier-unknown", tracking.ErrUnsupportedCourier, tracking.RetryNever, 1},
		{"v1-selfhosted-track-bad-number", tracking.ErrInvalidNumber, tracking.RetryNever, 2},
		{"v1-selfhosted-track-500-default-text", tracking.ErrUpstream, tracking.RetrySoon, 3},
		{"v1-selfhosted-track-500-raw-text", tracking.ErrUpstream, tracking.RetrySoon, 3},
		{"v1-selfhosted-path-unknown-html", tracking.ErrUpstream, tracking.RetrySoon, 3},
		{"v1-selfhosted-carrier-known", tracking.ErrProtocol, tracking.RetryNever, 2}, // an answer without a list of events
		{"v1-selfhosted-carriers", tracking.ErrProtocol, tracking.RetryNever, 2},
		{"managed-error-rate-limited-429", tracking.ErrRateLimited, tracking.RetryAfter, 3},
		{"managed-error-unauthenticated-401", tracking.ErrCredentials, tracking.RetryNever, 1},
		{"managed-gateway-200-html", tracking.ErrUpstream, tracking.RetrySoon, 3},
		{"managed-gateway-502-html", tracking.ErrUpstream, tracking.RetrySoon, 3},
	}
	all := allExchanges(t)
	for _, tt := range tests {
		t.Run(tt.fixture, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &server{answer: func(s sent) reply {
					if strings.HasSuffix(s.url, "/carriers") {
						return all["v1-selfhosted-carriers"].reply()
					}
					return all[tt.fixture].reply()
				}}
				_, err := one(t, old(server), stub("kr.cjlogistics", "123456789012"))
				var e *tracking.Error
				if !errors.As(err, &e) || e.Kind != tt.kind || e.Retry != tt.retry || e.Carrier != NameV1 || e.Op != "query" || e.Last4 != "9012" {
					t.Errorf("%v, want %v %v", err, tt.kind, tt.retry)
				}
				if n := len(server.seen()); n != tt.calls {
					t.Errorf("%d calls, want %d", n, tt.calls)
				}
			})
		})
	}
}

// TestV1BadRequest: the list of couriers tells a bad number from an unknown courier.
func TestV1BadRequest(t *testing.T) {
	all := allExchanges(t)
	server := &server{answer: func(s sent) reply {
		if strings.HasSuffix(s.url, "/carriers") {
			return all["v1-selfhosted-carriers"].reply()
		}
		return all["v1-selfhosted-track-bad-number"].reply()
	}}
	carrier := old(server)
	if _, err := one(t, carrier, stub("xx.nope", "1234567890")); !errors.Is(err, tracking.ErrUnsupportedCourier) {
		t.Error(err)
	}
	if _, err := one(t, carrier, stub("kr.cjlogistics", "1234567890")); !errors.Is(err, tracking.ErrInvalidNumber) {
		t.Error(err)
	}
	if n := len(server.seen()); n != 3 {
		t.Errorf("%d calls", n)
	}
}

func TestV1Request(t *testing.T) {
	server := replies(exchanges(t, "v1")["v1-managed-track-delivered"].reply())
	carrier := old(server, func(c *V1Config) {
		c.ClientID, c.ClientSecret, c.BaseURL = "CLIENT_ID", "CLIENT_SECRET", "http://127.0.0.1:8787/trackerdelivery-v1/"
	})
	if _, err := one(t, carrier, tracking.Query{Courier: "trackerdelivery:a/../b", Number: "x/../y?z"}); err != nil && !errors.Is(err, tracking.ErrInvalidNumber) {
		t.Fatal(err)
	} else if err == nil {
		u, _ := url.Parse(server.seen()[0].url)
		if u.EscapedPath() != "/trackerdelivery-v1/carriers/a%2F..%2Fb/tracks/x%2F..%2Fy%3Fz" {
			t.Error(u.EscapedPath())
		}
	}
	if _, err := one(t, carrier, tracking.Query{Courier: "sungwon", Number: "1234567890"}); err != nil {
		t.Fatal(err)
	}
	seen := server.seen()
	last := seen[len(seen)-1]
	if !strings.HasSuffix(last.url, "/carriers/kr.swgexp/tracks/1234567890") {
		t.Error(last.url)
	}
	for name, want := range map[string]string{"Authorization": "TRACKQL-API-KEY CLIENT_ID:CLIENT_SECRET", "Accept": "application/json", "User-Agent": "waybill"} {
		if last.header.Get(name) != want {
			t.Errorf("%s: %q", name, last.header.Get(name))
		}
	}
}

func TestV1Codes(t *testing.T) {
	for id, want := range map[string]string{
		"at_pickup": "AT_PICKUP", "Delivered": "DELIVERED", "out_of_delivery": "OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY",
		"attempt_fail": "ATTEMPT_FAIL", "": "UNKNOWN",
	} {
		if got := newCode(id); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
}

// TestV1OddItems: any field may be missing, null or empty, and one odd row costs itself.
func TestV1OddItems(t *testing.T) {
	body := `{"from":{},"to":"","state":null,"progresses":[7,null,{},{"status":null,"location":"","time":"","description":null},{"status":{"id":"in_transit","text":"간선상차"},"location":"x","time":"2026-03-03T09:00:00+09:00"}]}`
	p, err := one(t, old(replies(jsonReply("%s", body))), stub("kr.cjlogistics", "123456789012"))
	if err != nil || p.Status != tracking.StatusInTransit || len(p.Events) != 1 || !p.Partial {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestV1Couriers(t *testing.T) {
	server := replies(exchanges(t, "v1")["v1-selfhosted-carriers"].reply())
	carrier := old(server)
	infos, err := listed(t, carrier)
	if err != nil || len(infos) == 0 {
		t.Fatal(err)
	}
	want := tracking.CourierInfo{Courier: "dhl", Code: "de.dhl", Name: "DHL", Phone: "+8215880001", International: true}
	if diff := cmp.Diff(want, infos[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := listed(t, carrier)
	if err != nil || !cmp.Equal(infos, again) || len(server.seen()) != 1 {
		t.Errorf("again: %v, %d calls", err, len(server.seen()))
	}
	if _, err := listed(t, old(replies(jsonReply(`{"message":"x"}`)))); !errors.Is(err, tracking.ErrProtocol) {
		t.Error(err)
	}
}

func TestV1Config(t *testing.T) {
	if err := NewV1(V1Config{}).Validate(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	for name, c := range map[string]V1Config{
		"half a key": {ClientID: "x"}, "plain http": {BaseURL: "http://tracker.example"}, "two ways": {ClientID: "x", ClientSecret: "y", Credentials: fixed("a", "b")},
	} {
		if err := NewV1(c).Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	half := NewV1(V1Config{ClientID: "x"})
	if half.Requests() != 0 || half.Close() != nil || !half.Serves("cj") || half.Serves("nonghyup") {
		t.Error("what needs no call depends on the configuration")
	}
	if _, err := one(t, half, stub("kr.cjlogistics", "123456789012")); !errors.Is(err, tracking.ErrCredentials) {
		t.Error(err)
	}
	if _, err := NewV1(V1Config{}).Query(t.Context(), make([]tracking.Query, 2)); !errors.Is(err, tracking.ErrInvalidRequest) {
		t.Error(err)
	}
}
