package deliveryapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

type expectedError struct {
	Error             string
	Code              string
	Message           string
	Status            int
	Retry             string
	RetryAfterSeconds int
	RetryAt           *string
	Billed            *bool
	UsageCalls        *int
	ByUsage           map[string]struct {
		Error, Retry string
		RetryAt      *string
	}
}

// otherwise lists where our contract gives something else than a fixture's table.
var otherwise = map[string]struct {
	change func(*expectedError)
	reason string
}{
	"response-truncated": {
		func(e *expectedError) { e.Error = "ErrUpstream" },
		"a cut body is trouble on the way, whatever the status; only well-formed nonsense is ErrProtocol",
	},
	"error-401-no-code": {
		func(e *expectedError) { e.Message = "" },
		"the text HTTP 401 is the field HTTPStatus here, which the error prints",
	},
}

var oneParcel = []tracking.Query{{Courier: courier.CJ, Number: "700000000011", Ref: "ORD-1"}}

// provoke makes the call of a fixture's request. Calls that this package does not make are answered to Query, for the
// meaning of a code does not depend on the call.
func provoke(ctx context.Context, c *deliveryapi.Carrier, f fixture) error {
	switch {
	case f.Request.Path == "/v1/webhooks/register":
		_, err := c.Register(ctx, deliveryapi.Registering{Parcels: oneParcel, EndpointID: "ep_example"})
		return err
	case f.Request.Path == "/v1/webhooks/endpoints":
		_, err := c.CreateEndpoint(ctx, deliveryapi.NewEndpoint{URL: "https://wms.example.com/webhook/delivery", Name: "main"})
		return err
	case strings.HasPrefix(f.Request.Path, "/v1/webhooks/subscriptions/"):
		_, err := c.Subscription(ctx, "req_missing")
		return err
	}
	_, err := c.Query(ctx, oneParcel)
	return err
}

func TestErrors(t *testing.T) {
	var names []string
	for _, group := range []string{"error-", "gateway-", "response-"} {
		names = append(names, fixtures(t, group)...)
	}
	for _, name := range names {
		f := readFixture(t, name)
		var want expectedError
		f.expect(t, &want)
		if other, ok := otherwise[name]; ok {
			other.change(&want)
		}
		if len(want.ByUsage) == 0 {
			t.Run(name, func(t *testing.T) { checkError(t, f, "", want) })
		}
		for usage, meant := range want.ByUsage {
			want := want
			want.Error, want.Retry, want.RetryAt = meant.Error, meant.Retry, meant.RetryAt
			t.Run(name+"/"+usage, func(t *testing.T) { checkError(t, f, usage, want) })
		}
	}
}

// checkError runs on fake time, because the transport waits before it repeats.
func checkError(t *testing.T, f fixture, usage string, want expectedError) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC))) // when the fixtures' answers were sent
		usages := 0
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v1/usage" {
				usages++
				if usage == "" {
					t.Error("the usage was asked for")
				}
				return readFixture(t, usage).answer(), nil
			}
			return f.answer(), nil
		}))
		err := provoke(t.Context(), c, f)
		var e *tracking.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		if !errors.Is(err, sentinel(t, want.Error)) {
			t.Errorf("%v, want %s", err, want.Error)
		}
		if tracking.KindName(err) == "other" {
			t.Errorf("%v wraps no sentinel of package tracking", err)
		}
		if errors.Is(err, tracking.ErrQuotaExhausted) && errors.Is(err, tracking.ErrRateLimited) {
			t.Error("a spent plan is a rate limit too: retry loops would spin on it")
		}
		if e.Code != want.Code || e.HTTPStatus != f.Response.Status || retryName(e.Retry) != want.Retry || e.Billed != billedOf(want.Billed) {
			t.Errorf("code %q, status %d, retry %s, billed %s; want %+v", e.Code, e.HTTPStatus, retryName(e.Retry), e.Billed, want)
		}
		if e.Wait != time.Duration(want.RetryAfterSeconds)*time.Second || !e.ResetAt.Equal(utc(t, want.RetryAt)) {
			t.Errorf("wait %s until %s, want %+v", e.Wait, e.ResetAt, want)
		}
		if want.Message != "" && !strings.Contains(err.Error(), want.Message) {
			t.Errorf("%q lacks the provider's text %q", err, want.Message)
		}
		if want.UsageCalls != nil && usages != *want.UsageCalls {
			t.Errorf("%d calls for the usage, want %d", usages, *want.UsageCalls)
		}
	})
}

func TestInvalidItemsAreListed(t *testing.T) {
	f := readFixture(t, "error-invalid-items")
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil }))
	_, err := c.Register(t.Context(), deliveryapi.Registering{Parcels: oneParcel})
	var invalid *deliveryapi.InvalidItemsError
	if !errors.As(err, &invalid) || len(invalid.Items) != 2 || invalid.Items[1].Courier != courier.CJ || invalid.Items[1].Code != "INVALID_TRACKING_NUMBER" {
		t.Errorf("%v: %+v", err, invalid)
	}
	if strings.Contains(err.Error(), "1000000000013") {
		t.Errorf("the error shows a number: %v", err)
	}
}

func TestPassingRateLimitIsSatOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited, fine := readFixture(t, "error-429-retry-after-seconds"), readFixture(t, "trace-members-missing")
		qs, _ := queriesOf(t, fine)
		calls := 0
		c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return limited.answer(), nil
			}
			return fine.answer(), nil
		}))
		begin := time.Now()
		results, err := c.Query(t.Context(), qs)
		if err != nil || results[0].Err != nil {
			t.Fatal(err, results)
		}
		if waited := time.Since(begin); waited < 30*time.Second {
			t.Errorf("waited %s of 30 s", waited)
		}
	})
}

func TestCouriers(t *testing.T) {
	for _, name := range fixtures(t, "couriers") {
		var want struct{ Codes []string }
		readFixture(t, name).expect(t, &want)
		var codes []string
		for info, err := range newCarrier(newProvider(t, name)).Couriers(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if known, _ := courier.FromProvider(courier.DeliveryAPI, info.Code); info.Courier != known || info.Name == "" {
				t.Errorf("%s: %+v", name, info)
			}
			if info.Code == "cn.sf" && (!info.International || strings.Join(info.Extra, ",") != "phoneLast4") {
				t.Errorf("%s: %+v", name, info)
			}
			codes = append(codes, info.Code)
		}
		if got, want := strings.Join(codes, " "), strings.Join(want.Codes, " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestCouriersEndsWithTheError(t *testing.T) {
	f := readFixture(t, "error-forbidden")
	c := newCarrier(roundTrip(func(*http.Request) (*http.Response, error) { return f.answer(), nil }))
	steps := 0
	for info, err := range c.Couriers(t.Context()) {
		steps++
		if info.Code != "" || !errors.Is(err, tracking.ErrForbidden) {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if steps != 1 {
		t.Errorf("%d steps", steps)
	}
}

func TestRequestIsEncodedForTheWire(t *testing.T) {
	// A number beyond 2^53 must stay text, and an empty clientId must not go out.
	c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
		var sent map[string]json.RawMessage
		if err := json.Unmarshal(readBody(t, r), &sent); err != nil {
			t.Error(err)
		}
		if want := `[{"courierCode":"post","trackingNumber":"6000000000123"}]`; string(sent["items"]) != want {
			t.Errorf("items %s, want %s", sent["items"], want)
		}
		return readFixture(t, "trace-members-missing").answer(), nil
	}))
	results, err := c.Query(t.Context(), []tracking.Query{{Courier: courier.Post, Number: "60000-0000-0123"}})
	if err != nil {
		t.Fatal(err)
	}
	// The fixture answers for another parcel: that must never be taken for this one's.
	if !errors.Is(results[0].Err, tracking.ErrProtocol) || results[0].Parcel != nil {
		t.Errorf("another parcel's answer gives %+v, %v", results[0].Parcel, results[0].Err)
	}
}
