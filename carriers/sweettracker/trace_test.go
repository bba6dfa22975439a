package sweettracker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

func TestCheckNumber(t *testing.T) {
	for name, want := range map[string]bool{"trace-validate-ok": true, "trace-validate-fail": false} {
		f := loadFixture(t, name)
		var body numberBody
		if err := json.Unmarshal(f.Request.Body, &body); err != nil {
			t.Fatal(err)
		}
		got, err := traceOf(play(t, f)).CheckNumber(t.Context(), courierOf(body.Courier), body.Number)
		if err != nil || got != want {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
	for reply, want := range map[string]error{
		`{"success":false,"e_code":"04"}`: tracking.ErrUnsupportedCourier,
		`{"success":false,"e_code":"02"}`: nil,
		`{"code":"04"}`:                   tracking.ErrProtocol,
	} {
		inTime(t, reply, func(t *testing.T) {
			trace := traceOf(func(*http.Request) (*http.Response, error) { return answerJSON(reply), nil })
			if valid, err := trace.CheckNumber(t.Context(), courier.CJ, "550000001234"); valid || !errors.Is(err, want) {
				t.Errorf("%t, %v", valid, err)
			}
		})
	}
}

func TestTraceCouriers(t *testing.T) {
	var codes []string
	for info, err := range traceOf(play(t, loadFixture(t, "trace-companylist"))).Couriers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, info.Code)
	}
	if diff := cmp.Diff([]string{"04", "05"}, codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

func TestJoinedAbilities(t *testing.T) {
	f := loadFixture(t, "query-unscanned")
	provider := &registrar{}
	joined := Join(carrierOf(play(t, f)), traceOf(provider.serve(t)))
	if parcel, err := askOne(t, joined, asked(t, f)); err != nil || parcel.Status != tracking.StatusPending {
		t.Errorf("%v, %v", parcel, err)
	}
	subscriber, ok := tracking.Ability[tracking.Subscriber](joined)
	if !ok {
		t.Fatal("no Subscriber")
	}
	if registrations, err := subscriber.Subscribe(t.Context(), manySubscriptions(1)); err != nil || registrations[0].Err != nil {
		t.Errorf("%v, %v", registrations, err)
	}
	if _, ok := tracking.Ability[tracking.QuotaReporter](joined); !ok {
		t.Error("the Carrier's abilities are not found")
	}
	if joined.Requests() != 2 {
		t.Errorf("%d requests", joined.Requests())
	}
	if err := Join(New(Config{}), NewTrace(TraceConfig{})).Validate(); !errors.Is(err, tracking.ErrCredentials) || !strings.Contains(err.Error(), "BaseURL") {
		t.Errorf("%v", err)
	}
}

func TestAbilities(t *testing.T) {
	var carrier tracking.Carrier = carrierOf(nil)
	for name, has := range map[string]bool{
		"Limited": is[tracking.Limited](carrier), "Selective": is[tracking.Selective](carrier), "Lister": is[tracking.Lister](carrier),
		"Detector": is[tracking.Detector](carrier), "QuotaReporter": is[tracking.QuotaReporter](carrier),
		"Validator": is[tracking.Validator](carrier), "Counter": is[tracking.Counter](carrier),
	} {
		if !has {
			t.Errorf("the Carrier is no %s", name)
		}
	}
	// The provider's pages want the key from the browser, and registrations are another product.
	if is[tracking.Linker](carrier) || is[tracking.Subscriber](carrier) {
		t.Error("the Carrier promises too much")
	}
	if carrier.Name() != "sweettracker" || carrierOf(nil).Limits().Batch != 1 {
		t.Errorf("%s takes %d numbers", carrier.Name(), carrierOf(nil).Limits().Batch)
	}
	for c, want := range map[tracking.Courier]bool{courier.CJ: true, "sweettracker:999": true, "nobody": false, "deliveryapi:cj": false} {
		if carrierOf(nil).Serves(c) != want || traceOf(nil).Serves(c) != want {
			t.Errorf("serves %s: want %t", c, want)
		}
	}
}

func is[T any](c tracking.Carrier) bool {
	_, ok := tracking.Ability[T](c)
	return ok
}

func TestCheckCallback(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://shop.example/TEST_TOKEN_0123456789":       true,
		"https://shop.example/TEST_TOKEN_0123456789/d?x=1": true,
		"":                                  false,
		"https://%zz/TEST_TOKEN_0123456789": false,
		"https:///TEST_TOKEN_0123456789":    false,
		"ftp://shop.example/TEST_TOKEN_0123456789":           false,
		"https://shop.example/TEST_TOKEN_0123456789#a":       false,
		"https://shop.example/?token=TEST_TOKEN_0123456789":  false,
		"http://127.0.0.1.shop.example/TEST_TOKEN_012345678": false,
	} {
		err := checkCallback(address)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "TEST_TOKEN") {
			t.Errorf("%q: the error shows the token: %v", address, err)
		}
	}
	for address, want := range map[string][]string{
		testCallback:            {testCallback, "TEST_TOKEN_0123456789"},
		"https://shop.example/": {"https://shop.example/"},
		"https://%zz/secret":    {"https://%zz/secret"},
	} {
		if diff := cmp.Diff(want, callbackSecrets(address)); diff != "" {
			t.Errorf("secrets of %s (-want +got):\n%s", address, diff)
		}
	}
}

func TestTraceCouriersFail(t *testing.T) {
	for body, want := range map[string]error{`{"error":"x"}`: tracking.ErrProtocol, "<html>": tracking.ErrUpstream} {
		inTime(t, body, func(t *testing.T) {
			var errs []error
			for _, err := range traceOf(func(*http.Request) (*http.Response, error) { return answerJSON(body), nil }).Couriers(t.Context()) {
				errs = append(errs, err)
			}
			if len(errs) != 1 || !errors.Is(errs[0], want) {
				t.Errorf("%v", errs)
			}
		})
	}
}

// What the host's own function gives up on stops every number, and nothing is sent.
func TestTraceCredentialsFunctionFails(t *testing.T) {
	vault := errors.New("vault is sealed")
	trace := traceOf(nil, func(c *TraceConfig) {
		c.Credentials = func(context.Context) (TraceCredentials, error) { return TraceCredentials{}, vault }
	})
	registrations, err := trace.Subscribe(t.Context(), manySubscriptions(150))
	if err != nil || trace.Requests() != 0 {
		t.Fatalf("%v after %d requests", err, trace.Requests())
	}
	for _, r := range registrations {
		if !errors.Is(r.Err, tracking.ErrCredentials) || !errors.Is(r.Err, vault) {
			t.Fatalf("%v", r.Err)
		}
	}
}
