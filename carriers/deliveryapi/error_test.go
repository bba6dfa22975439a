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
	var invalid *deliveryapi.InvalidItems
	if !errors.As(err, &invalid) || len(invalid.Items) != 2 || invalid.Items[1].Courier != courier.CJ || invalid.Items[1].Code != "INVALID_TRACKING_NUMBER" {
		t.Errorf("%v: %+v", err, invalid)
	}
	if strings.Contains(err.Error(), "1000000000013") {
		t.Errorf("the error shows a number: %v", err)
	}
}

// TestUsageExplainsForAMinute holds that a limited account is not asked more because it is limited.
func TestUsageExplainsForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited, usage := readFixture(t, "error-429-no-retry-after"), readFixture(t, "usage-exhausted")
		asked := 0
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v1/usage" {
				asked++
				return usage.answer(), nil
			}
			return limited.answer(), nil
		}))
		done := make(chan error)
		for range 4 {
			go func() {
				_, err := c.Query(t.Context(), oneParcel)
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; !errors.Is(err, tracking.ErrQuotaExhausted) {
				t.Errorf("%v", err)
			}
		}
		if asked != 1 {
			t.Errorf("the usage was asked for %d times", asked)
		}
		time.Sleep(2 * time.Minute)
		if _, err := c.Query(t.Context(), oneParcel); !errors.Is(err, tracking.ErrQuotaExhausted) || asked != 2 {
			t.Errorf("after two minutes: %v, asked %d times", err, asked)
		}
	})
}

func TestUsageThatFailsProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited, down := readFixture(t, "error-429-no-retry-after"), readFixture(t, "gateway-502-html")
		c := newCarrier(roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v1/usage" {
				return down.answer(), nil
			}
			return limited.answer(), nil
		}))
		_, err := c.Query(t.Context(), oneParcel)
		if !errors.Is(err, tracking.ErrRateLimited) || tracking.RetryOf(err) != tracking.RetrySoon {
			t.Errorf("%v, retry %s", err, tracking.RetryOf(err))
		}
	})
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

func TestBrokenCredentialsMakeNoCall(t *testing.T) {
	silent := roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a call was made")
		return nil, errors.New("no")
	})
	failing := errors.New("vault says: sk_live_canary")
	tests := map[string]func(*deliveryapi.Config){
		"no key":           func(c *deliveryapi.Config) { c.APIKey = "" },
		"no secret":        func(c *deliveryapi.Config) { c.SecretKey = "" },
		"colon in key":     func(c *deliveryapi.Config) { c.APIKey = "a:b" },
		"space in secret":  func(c *deliveryapi.Config) { c.SecretKey = "sk live" },
		"line end in key":  func(c *deliveryapi.Config) { c.APIKey = "pk_live\n" },
		"provider fails":   func(c *deliveryapi.Config) { c.Credentials = credentials(deliveryapi.Credential{}, failing) },
		"provider is bare": func(c *deliveryapi.Config) { c.Credentials = credentials(deliveryapi.Credential{}, nil) },
	}
	for name, change := range tests {
		c := newCarrier(silent, change)
		_, err := c.Query(t.Context(), oneParcel)
		if !errors.Is(err, tracking.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s shows a secret: %v", name, err)
		}
		if name == "provider fails" && !errors.Is(err, failing) {
			t.Errorf("%s: the host's own error is lost in %v", name, err)
		}
	}
}

func credentials(c deliveryapi.Credential, err error) func(context.Context) (deliveryapi.Credential, error) {
	return func(context.Context) (deliveryapi.Credential, error) { return c, err }
}

// TestCombinedAndSwappedCredentials holds that keys may be one text, and may change between calls.
func TestCombinedAndSwappedCredentials(t *testing.T) {
	f := readFixture(t, "usage")
	var sent []string
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Header.Get("Authorization"))
		return f.answer(), nil
	})
	combined := newCarrier(rt, func(c *deliveryapi.Config) { c.APIKey, c.SecretKey = "pk:sk:with-colon", "" })
	now := deliveryapi.Credential{APIKey: "old", SecretKey: "s1"}
	swapped := newCarrier(rt, func(c *deliveryapi.Config) {
		c.Credentials = func(context.Context) (deliveryapi.Credential, error) { return now, nil }
	})
	for _, call := range []func(){
		func() { _, _ = combined.Quota(t.Context()) },
		func() { _, _ = swapped.Quota(t.Context()) },
		func() {
			now = deliveryapi.Credential{APIKey: "new", SecretKey: "s2"}
			_, _ = swapped.Quota(t.Context())
		},
	} {
		call()
	}
	want := "Bearer pk:sk:with-colon,Bearer old:s1,Bearer new:s2"
	if got := strings.Join(sent, ","); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func TestQuota(t *testing.T) {
	for _, name := range fixtures(t, "usage") {
		var want struct {
			Plan                   string
			Limit, Used, Remaining int64
			ResetAt                *string
		}
		readFixture(t, name).expect(t, &want)
		c := newCarrier(newProvider(t, name))
		got, err := c.Quota(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Plan != want.Plan || got.Limit != want.Limit || got.Used != want.Used || got.Remaining != want.Remaining ||
			!got.ResetAt.Equal(utc(t, want.ResetAt)) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if last, ok := c.LastQuota(); !ok || last != got {
			t.Errorf("%s: the last quota is %+v", name, last)
		}
	}
}

func TestLevelOf(t *testing.T) {
	for remaining, want := range map[int64]deliveryapi.QuotaLevel{
		0: deliveryapi.QuotaCritical, 49: deliveryapi.QuotaCritical, 50: deliveryapi.QuotaLow, 199: deliveryapi.QuotaLow,
		200: deliveryapi.QuotaFine, 1000: deliveryapi.QuotaFine,
	} {
		if got := deliveryapi.LevelOf(tracking.Quota{Limit: 1000, Remaining: remaining}); got != want {
			t.Errorf("%d of 1000: %s, want %s", remaining, got, want)
		}
	}
	if got := deliveryapi.LevelOf(tracking.Quota{}); got != deliveryapi.QuotaFine {
		t.Errorf("an unknown plan is %s", got)
	}
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

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*deliveryapi.Config)
		want   string // part of the error; empty means none
	}{
		{"default", func(*deliveryapi.Config) {}, ""},
		{"plain http", func(c *deliveryapi.Config) { c.BaseURL = "http://api.example.com" }, "https"},
		{"plain http allowed", func(c *deliveryapi.Config) { c.BaseURL, c.AllowPlainHTTP = "http://api.example.com", true }, ""},
		{"this machine", func(c *deliveryapi.Config) { c.BaseURL = "http://127.0.0.1:8080/deliveryapi" }, ""},
		{"this machine by name", func(c *deliveryapi.Config) { c.BaseURL = "http://localhost:8080" }, ""},
		{"no address", func(c *deliveryapi.Config) { c.BaseURL = "api.example.com" }, "base URL"},
		{"password", func(c *deliveryapi.Config) { c.BaseURL = "https://user:canary@example.com" }, "more than host"},
		{"batch", func(c *deliveryapi.Config) { c.Batch = 51 }, "1 to 50"},
		{"largest batch", func(c *deliveryapi.Config) { c.Batch = 50 }, ""},
		{"wait", func(c *deliveryapi.Config) { c.LongestWait = -1 }, "LongestWait"},
		{"several", func(c *deliveryapi.Config) { c.APIKey, c.Batch = "", -1 }, "API key is missing\nbatch"},
	}
	for _, tt := range tests {
		c := newCarrier(http.DefaultTransport, tt.change)
		err := c.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if err == nil {
			continue
		}
		var e *tracking.Error
		if !errors.As(err, &e) || tracking.KindName(err) == "other" || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, queried := c.Query(t.Context(), oneParcel); !errors.Is(queried, e.Kind) {
			t.Errorf("%s: Query gives %v", tt.name, queried)
		}
	}
}

func TestConfigFromEnv(t *testing.T) {
	env := map[string]string{
		"WAYBILL_DELIVERYAPI_KEY": " pk ", "WAYBILL_DELIVERYAPI_SECRET": "sk", "WAYBILL_DELIVERYAPI_URL": "http://127.0.0.1:1/x",
	}
	get := func(name string) string { return env[name] }
	c, err := deliveryapi.ConfigFromEnv(get)
	if err != nil || c.APIKey != "pk" || c.SecretKey != "sk" || c.BaseURL != "http://127.0.0.1:1/x" {
		t.Errorf("%v, %v", c, err)
	}
	env = map[string]string{"WAYBILL_DELIVERYAPI_KEY": "pk:sk"}
	if _, err := deliveryapi.ConfigFromEnv(get); err != nil {
		t.Errorf("a combined key: %v", err)
	}
	env = nil
	if _, err := deliveryapi.ConfigFromEnv(get); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("an empty environment: %v", err)
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
