package deliveryapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

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

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*deliveryapi.Config)
		want   string // part of the error; empty means none
	}{
		{"default", func(*deliveryapi.Config) {}, ""},
		{"plain http", func(c *deliveryapi.Config) { c.BaseURL = "http://api.example.com" }, "plain http"},
		{"plain http allowed", func(c *deliveryapi.Config) { c.BaseURL, c.AllowPlainHTTP = "http://api.example.com", true }, ""},
		{"this machine", func(c *deliveryapi.Config) { c.BaseURL = "http://127.0.0.1:8080/deliveryapi" }, ""},
		{"this machine by name", func(c *deliveryapi.Config) { c.BaseURL = "http://localhost:8080" }, ""},
		{"no address", func(c *deliveryapi.Config) { c.BaseURL = "api.example.com" }, "base URL"},
		{"password", func(c *deliveryapi.Config) { c.BaseURL = "https://user:canary@example.com" }, "user or a password"},
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
