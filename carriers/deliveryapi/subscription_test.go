package deliveryapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

const ownSecret = "whsec_test_0123456789abcdef"

func TestRegister(t *testing.T) {
	tests := map[string]deliveryapi.Registering{
		"subscription-register-recurring": {EndpointID: "ep_example", Metadata: map[string]string{"warehouse": "A"}},
		"subscription-register-once":      {Once: true},
	}
	for name, r := range tests {
		f := readFixture(t, name)
		r.Parcels, _ = queriesOf(t, f)
		var want struct {
			RequestID                      string
			Accepted, Missing, BilledUnits int
		}
		f.expect(t, &want)
		c := newCarrier(newProvider(t, name))
		got, err := c.Register(t.Context(), r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.RequestID != want.RequestID || got.Accepted != want.Accepted || len(got.Refused) != want.Missing || c.Billed() != int64(want.BilledUnits) {
			t.Errorf("%s: %+v, billed %d; want %+v", name, got, c.Billed(), want)
		}
		if got.ExpiresAt.IsZero() != r.Once {
			t.Errorf("%s: expires %s", name, got.ExpiresAt)
		}
	}
}

// TestRegisterPartly answers with fewer parcels than were sent: the subscription is read back to find the missing one. The
// fixture's third number is refused here without a call, so a good one stands in for it.
func TestRegisterPartly(t *testing.T) {
	f := readFixture(t, "subscription-register-partial")
	qs, _ := queriesOf(t, f)
	qs[2].Number = "680000000033"
	read := readFixture(t, "subscription-get-active")
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return read.answerWith([]byte(strings.ReplaceAll(string(read.body()), "req_example_1", "req_example_3"))), nil
		}
		return f.answer(), nil
	}))
	got, err := c.Register(t.Context(), deliveryapi.Registering{Parcels: qs, EndpointID: "ep_example"})
	if err != nil {
		t.Fatal(err)
	}
	want := []deliveryapi.InvalidItem{{Courier: courier.CJ, Number: "680000000033"}}
	if got.RequestID != "req_example_3" || got.Accepted != 2 || cmp.Diff(want, got.Refused) != "" {
		t.Errorf("%+v", got)
	}
}

// TestRegisterSendsTheRestOnce holds that refused parcels are left out and the others get their subscription.
func TestRegisterSendsTheRestOnce(t *testing.T) {
	refused := `{"isSuccess":false,"errorCode":"INVALID_ITEMS","data":[{"courierCode":"lotte","trackingNumber":"700000000022","errorCode":"UNSUPPORTED_COURIER"}]}`
	taken := readFixture(t, "subscription-register-once")
	calls := 0
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		calls++
		body := string(readBody(t, r))
		if strings.Contains(body, "700000000022") {
			f := readFixture(t, "error-invalid-items")
			return f.answerWith([]byte(refused)), nil
		}
		return taken.answer(), nil
	}))
	subs := []tracking.Subscription{
		{Courier: courier.CJ, Number: "7000-0000-0011", Ref: "ORD-1", Callback: "ep_example"},
		{Courier: courier.Lotte, Number: "700000000022", Ref: "ORD-1", Callback: "ep_example"},
		{Courier: courier.Lotte, Number: "칠백", Ref: "ORD-1", Callback: "ep_example"},
		{Courier: courier.CJ, Number: "680000000033", Ref: "ORD-9", Callback: "https://wms.example.com"},
	}
	got, err := c.Subscribe(t.Context(), subs)
	if err != nil || len(got) != len(subs) || calls != 2 {
		t.Fatalf("%v after %d calls, %v", got, calls, err)
	}
	if r := got[0]; r.Err != nil || r.Handle != "req_example_2" || r.Billed != tracking.Yes || r.ExpiresAt.IsZero() || r.Subscription.Number != subs[0].Number {
		t.Errorf("the good one: %+v", r)
	}
	var e *tracking.Error
	if r := got[1]; !errors.As(r.Err, &e) || e.Kind != tracking.ErrUnsupportedCourier || !errors.Is(e, deliveryapi.ErrInvalidItems) || r.Handle != "" {
		t.Errorf("the refused one: %v", r.Err)
	}
	if r := got[2]; !errors.Is(r.Err, tracking.ErrInvalidNumber) {
		t.Errorf("the impossible one: %v", r.Err)
	}
	if r := got[3]; !errors.Is(r.Err, tracking.ErrInvalidRequest) {
		t.Errorf("an address as callback: %v", r.Err)
	}
}

// TestRegisterIsNeverRepeated holds that what costs money is sent once, whatever comes back.
func TestRegisterIsNeverRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, name := range []string{"gateway-502-html", "error-429-retry-after-seconds", "response-truncated"} {
			f := readFixture(t, name)
			c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil }))
			got, err := c.Subscribe(t.Context(), []tracking.Subscription{{Courier: courier.CJ, Number: "680000000011"}})
			if err != nil || got[0].Err == nil || c.Requests() != 1 {
				t.Errorf("%s: %+v, %v after %d requests", name, got, err, c.Requests())
			}
		}
	})
}

func TestSubscribeGroupsByOrder(t *testing.T) {
	var sizes []int
	taken := readFixture(t, "subscription-register-recurring")
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		n := strings.Count(string(readBody(t, r)), "trackingNumber")
		sizes = append(sizes, n)
		return taken.answerWith([]byte(`{"isSuccess":true,"data":{"requestId":"req_` + itoa(len(sizes)) + `","itemCount":` + itoa(n) + `}}`)), nil
	}))
	got, err := c.Subscribe(t.Context(), []tracking.Subscription{
		{Courier: courier.CJ, Number: "680000000011", Ref: "A"}, {Courier: courier.CJ, Number: "680000000022"},
		{Courier: courier.CJ, Number: "680000000033", Ref: "A"}, {Courier: courier.CJ, Number: "680000000044"},
		{Courier: courier.CJ, Number: "680000000055", Ref: "A", Once: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var handles []string
	for _, r := range got {
		handles = append(handles, r.Handle)
	}
	if diff := cmp.Diff([]string{"req_1", "req_2", "req_1", "req_3", "req_4"}, handles); diff != "" || len(sizes) != 4 {
		t.Errorf("%d calls (-want +got)\n%s", len(sizes), diff)
	}
}

func TestSubscriptions(t *testing.T) {
	from, to := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)
	// The order of parameters is not the fixtures': they are the same set.
	pages := map[string]fixture{"": readFixture(t, "subscription-list-page-1"), "cur_example_2": readFixture(t, "subscription-list-page-2")}
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		f := pages[r.URL.Query().Get("cursor")]
		want, err := http.NewRequest(http.MethodGet, "https://x"+f.Request.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.URL.Query(), r.URL.Query()); diff != "" {
			t.Errorf("parameters (-want +got)\n%s", diff)
		}
		return f.answer(), nil
	}))
	var ids []string
	for s, err := range c.Subscriptions(t.Context(), deliveryapi.SubscriptionFilter{From: from, To: to, PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.RequestID)
	}
	if got := strings.Join(ids, " "); got != "req_example_1 req_example_2 req_example_0" || c.Requests() != 2 {
		t.Errorf("%s in %d requests", got, c.Requests())
	}
	active := newCarrier(newProvider(t, "subscription-list-active"))
	for s, err := range active.Subscriptions(t.Context(), deliveryapi.SubscriptionFilter{Status: "active"}) {
		if err != nil || s.RequestID != "req_example_1" || s.Outcome() != deliveryapi.OutcomeNone || s.Delivered != 1 || s.Open != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

func TestSubscriptionsStop(t *testing.T) {
	round := readFixture(t, "subscription-list-page-1")
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return round.answer(), nil }))
	for range c.Subscriptions(t.Context(), deliveryapi.SubscriptionFilter{}) {
		break
	}
	if c.Requests() != 1 {
		t.Errorf("%d requests for one subscription", c.Requests())
	}
	for _, err := range c.Subscriptions(t.Context(), deliveryapi.SubscriptionFilter{}) {
		if err != nil {
			t.Error(err)
		}
	}
	if c.Requests() != 3 {
		t.Errorf("a cursor that goes round took %d requests", c.Requests()-1)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	for _, err := range c.Subscriptions(ctx, deliveryapi.SubscriptionFilter{}) {
		cancel()
		if steps++; steps == 3 && !errors.Is(err, context.Canceled) {
			t.Errorf("after the context ended: %v", err)
		}
	}
}

type expectedTracked struct {
	CourierCode, TrackingNumber, ClientID string
	Status                                string
	Delivered                             bool
	Action                                string
}

func checkTracked(t *testing.T, want expectedTracked, got deliveryapi.Tracked) {
	t.Helper()
	if want.Action == "keep" {
		if got.Parcel != nil || !errors.Is(got.Err, tracking.ErrUpstream) {
			t.Errorf("%s: nothing fresh, yet %+v, %v", want.ClientID, got.Parcel, got.Err)
		}
		return
	}
	if got.Err != nil || got.Parcel.Status.String() != want.Status || (got.Parcel.Status == tracking.StatusDelivered) != want.Delivered {
		t.Errorf("%s: %+v, %v", want.ClientID, got.Parcel, got.Err)
	}
}

func TestSubscription(t *testing.T) {
	tests := map[string]string{"subscription-get-active": "req_example_1", "subscription-get-expired": "req_example_4"}
	for name, id := range tests {
		var want struct {
			Active       bool
			ClosedReason deliveryapi.Outcome
			Items        []expectedTracked
		}
		readFixture(t, name).expect(t, &want)
		s, err := newCarrier(newProvider(t, name)).Subscription(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Active != want.Active || s.Outcome() != want.ClosedReason || len(s.Parcels) != len(want.Items) || s.PolledAt.IsZero() {
			t.Errorf("%s: %+v, outcome %q", name, s, s.Outcome())
		}
		for i, item := range want.Items {
			if s.Parcels[i].Ref != item.ClientID || s.Parcels[i].RequestID != id {
				t.Errorf("%s: parcel %d is %s of %s", name, i, s.Parcels[i].Ref, s.Parcels[i].RequestID)
			}
			checkTracked(t, item, s.Parcels[i])
		}
	}
}

func TestOutcome(t *testing.T) {
	parcel := func(s tracking.Status) deliveryapi.Tracked {
		return deliveryapi.Tracked{Parcel: &tracking.Parcel{Status: s}}
	}
	delivered, moving := parcel(tracking.StatusDelivered), parcel(tracking.StatusInTransit)
	tests := []struct {
		s    deliveryapi.Subscription
		want deliveryapi.Outcome
	}{
		{deliveryapi.Subscription{Status: "completed", Parcels: []deliveryapi.Tracked{delivered, parcel(tracking.StatusCancelled)}}, deliveryapi.OutcomeDelivered},
		{deliveryapi.Subscription{Status: "completed", Once: true, Parcels: []deliveryapi.Tracked{delivered}}, deliveryapi.OutcomeDelivered},
		{deliveryapi.Subscription{Status: "completed", Once: true, Parcels: []deliveryapi.Tracked{moving}}, deliveryapi.OutcomeOnce},
		{deliveryapi.Subscription{Status: "completed", Parcels: []deliveryapi.Tracked{delivered, moving}}, deliveryapi.OutcomeExpired},
		{deliveryapi.Subscription{Status: "completed"}, deliveryapi.OutcomeExpired},
		{deliveryapi.Subscription{Status: "cancelled", Parcels: []deliveryapi.Tracked{moving}}, deliveryapi.OutcomeCancelled},
		{deliveryapi.Subscription{Status: "active", Active: true}, deliveryapi.OutcomeNone},
	}
	for i, tt := range tests {
		if got := tt.s.Outcome(); got != tt.want {
			t.Errorf("case %d: %q, want %q", i, got, tt.want)
		}
	}
}

func TestResults(t *testing.T) {
	for _, name := range fixtures(t, "results") {
		f := readFixture(t, name)
		qs, _ := queriesOf(t, f)
		var want struct {
			Items, NotSubscribed []expectedTracked
		}
		f.expect(t, &want)
		got, err := newCarrier(newProvider(t, name)).Results(t.Context(), qs)
		if err != nil || len(got) != len(qs) {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		byNumber := map[string]deliveryapi.Tracked{}
		for _, tracked := range got {
			byNumber[tracked.Number] = tracked
		}
		for _, item := range want.Items {
			if byNumber[item.TrackingNumber].RequestID == "" {
				t.Errorf("%s: %s has no subscription", name, item.TrackingNumber)
			}
			checkTracked(t, item, byNumber[item.TrackingNumber])
		}
		for _, item := range want.NotSubscribed {
			if one := byNumber[item.TrackingNumber]; one.RequestID != "" || !errors.Is(one.Err, tracking.ErrNotFound) {
				t.Errorf("%s: %+v, %v", name, one, one.Err)
			}
		}
	}
}

func TestResultWithoutDataIsItsStatus(t *testing.T) {
	body := `{"isSuccess":true,"data":{"results":[{"courierCode":"cj","trackingNumber":"680000000011","requestId":"req_1",
		"currentStatus":"OUT_FOR_DELIVERY","isDelivered":false,"lastPolledAt":"2026-09-27T23:00:00.000Z"}]}}`
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
		f := readFixture(t, "results-empty")
		return f.answerWith([]byte(body)), nil
	}))
	got, err := c.Results(t.Context(), []tracking.Query{{Courier: courier.CJ, Number: "680000000011"}})
	if err != nil || got[0].Parcel == nil {
		t.Fatal(got, err)
	}
	polled := time.Date(2026, 9, 27, 23, 0, 0, 0, time.UTC)
	if p := got[0].Parcel; p.Status != tracking.StatusOutForDelivery || !p.Verdicts[0].AsOf.Equal(polled) {
		t.Errorf("%+v", p)
	}
}
