package trackerdelivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

const callback = "https://shop.example/hooks/trackerdelivery/wb_TOKEN_0123456789abcdef"

func at(t time.Time) func(*Config) { return func(c *Config) { c.Now = func() time.Time { return t } } }

func TestSubscribe(t *testing.T) {
	fixture := allExchanges(t)["managed-webhook-register-ok"]
	server := replies(fixture.reply())
	carrier := managed(server, at(time.Date(2026, 3, 3, 9, 0, 0, 999, time.FixedZone("KST", 9*3600))))
	sub := tracking.Subscription{Courier: "cj", Number: "0000-0000-0000", Callback: callback, Ref: "order 7"}
	regs, err := carrier.Subscribe(t.Context(), []tracking.Subscription{sub})
	if err != nil || regs[0].Err != nil {
		t.Fatal(err, regs)
	}
	var want map[string]any
	if err := json.Unmarshal(fixture.Variables, &want); err != nil {
		t.Fatal(err)
	}
	want["input"].(map[string]any)["callbackUrl"] = callback // the fixture's token is too short for us
	sent := server.seen()[0]
	if diff := cmp.Diff(want, sent.variables); diff != "" || sent.operation() != "RegisterTrackWebhook" {
		t.Errorf("%s (-fixture +sent):\n%s", sent.operation(), diff)
	}
	reg := regs[0]
	if !cmp.Equal(reg.Subscription, sub) || reg.Carrier != Name || !reg.ExpiresAt.Equal(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)) || reg.Handle == "" {
		t.Errorf("%+v", reg)
	}
	if text := fmt.Sprintf("%v %+v %#v", reg, reg, reg); strings.Contains(text, "wb_TOKEN") || strings.Contains(reg.Handle, "wb_TOKEN") {
		t.Errorf("the callback's secret shows: %s", text)
	}
}

// TestCancel: a handle is good in another process that is configured with the same address, and there alone.
func TestCancel(t *testing.T) {
	all := allExchanges(t)
	now := at(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC))
	server := replies(all["managed-webhook-register-ok"].reply(), all["managed-webhook-cancel-ok"].reply())
	withAddress := func(c *Config) {
		c.Callbacks = []string{"https://shop.example/new/" + strings.Repeat("n", 22), callback}
	}
	first := managed(server, now)
	regs, err := first.Subscribe(t.Context(), []tracking.Subscription{{Courier: "cj", Number: "000000000000", Callback: callback}})
	if err != nil || regs[0].Err != nil {
		t.Fatal(err, regs)
	}
	for _, carrier := range []*Carrier{first, managed(server, now, withAddress)} {
		if err := carrier.Cancel(t.Context(), regs[0].Handle); err != nil {
			t.Fatal(err)
		}
		sent := server.seen()
		var want map[string]any
		if err := json.Unmarshal(all["managed-webhook-cancel-ok"].Variables, &want); err != nil {
			t.Fatal(err)
		}
		want["input"].(map[string]any)["callbackUrl"] = callback
		want["input"].(map[string]any)["expirationTime"] = "2026-03-02T23:59:00Z"
		if diff := cmp.Diff(want, sent[len(sent)-1].variables); diff != "" {
			t.Errorf("(-fixture +sent):\n%s", diff)
		}
	}
	calls := len(server.seen())
	for _, handle := range []string{"", "x", "a/b", "/b/c", "a//c", "a/%zz/c", regs[0].Handle} {
		if err := managed(server, now).Cancel(t.Context(), handle); !errors.Is(err, tracking.ErrInvalidRequest) {
			t.Errorf("%q: %v", handle, err)
		}
	}
	if len(server.seen()) != calls {
		t.Error("a bad handle was sent")
	}
}

func TestSubscribeRefusedOffline(t *testing.T) {
	tests := []struct {
		name string
		sub  tracking.Subscription
		want error
	}{
		{"no address", tracking.Subscription{Courier: "cj", Number: "680123456782"}, tracking.ErrInvalidRequest},
		{"http", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: strings.Replace(callback, "https", "http", 1)}, tracking.ErrInvalidRequest},
		{"no secret", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: "https://shop.example/hooks"}, tracking.ErrInvalidRequest},
		{"a secret in the query only", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: "https://shop.example/hooks?t=0123456789abcdef0123"}, tracking.ErrInvalidRequest},
		{"a user", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: strings.Replace(callback, "shop", "u:p@shop", 1)}, tracking.ErrInvalidRequest},
		{"no address at all", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: "::"}, tracking.ErrInvalidRequest},
		{"a negative life", tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: callback, Lifetime: -1}, tracking.ErrInvalidRequest},
		{"no number", tracking.Subscription{Courier: "cj", Callback: callback}, tracking.ErrInvalidNumber},
		{"no such courier", tracking.Subscription{Courier: "nonghyup", Number: "1", Callback: callback}, tracking.ErrUnsupportedCourier},
	}
	good := tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: callback}
	for _, tt := range tests {
		server := replies(jsonReply(`{"data":{"registerTrackWebhook":true}}`))
		regs, err := managed(server).Subscribe(t.Context(), []tracking.Subscription{tt.sub, good})
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(regs[0].Err, tt.want) || regs[0].Handle != "" || regs[1].Err != nil || len(server.seen()) != 1 {
			t.Errorf("%s: %v, neighbour %v, %d calls", tt.name, regs[0].Err, regs[1].Err, len(server.seen()))
		}
		if strings.Contains(regs[0].Err.Error(), "shop.example") {
			t.Errorf("%s: %v", tt.name, regs[0].Err)
		}
	}
}

// TestPlainCallback: plain http is for a service that is on this machine itself, as a sandbox is.
func TestPlainCallback(t *testing.T) {
	server := replies(jsonReply(`{"data":{"registerTrackWebhook":true}}`))
	local := managed(server, func(c *Config) { c.BaseURL = "http://127.0.0.1:8787/trackerdelivery/graphql" })
	sub := tracking.Subscription{Courier: "cj", Number: "680123456782", Callback: "http://127.0.0.1:9/hooks/0123456789abcdef"}
	if regs, err := local.Subscribe(t.Context(), []tracking.Subscription{sub}); err != nil || regs[0].Err != nil {
		t.Error(err, regs)
	}
	if regs, err := managed(server).Subscribe(t.Context(), []tracking.Subscription{sub}); err != nil || !errors.Is(regs[0].Err, tracking.ErrInvalidRequest) {
		t.Error(err, regs)
	}
}

func TestSubscribeErrors(t *testing.T) {
	all := allExchanges(t)
	tests := []struct {
		name  string
		reply reply
		want  error
	}{
		{"null", all["managed-webhook-register-null"].reply(), tracking.ErrProtocol},
		{"false", jsonReply(`{"data":{"registerTrackWebhook":false}}`), tracking.ErrProtocol},
		{"a text", jsonReply(`{"data":{"registerTrackWebhook":"true"}}`), tracking.ErrProtocol},
		{"rate limit", all["managed-webhook-register-rate-limited"].reply(), tracking.ErrRateLimited},
		{"limit of registrations", jsonReply(`{"errors":[{"message":"too many webhooks","path":["registerTrackWebhook"],"extensions":{"code":"FORBIDDEN"}}],"data":null}`), tracking.ErrForbidden},
		{"refused, quoting the address", jsonReply(`{"errors":[{"message":"callbackUrl %s of 680123456782 (wb_TOKEN_0123456789abcdef) is bad","extensions":{"code":"BAD_REQUEST"}}]}`, callback), tracking.ErrInvalidRequest},
		{"unknown courier", jsonReply(`{"errors":[{"message":"Carrier not found","extensions":{"code":"NOT_FOUND"}}],"data":null}`), tracking.ErrUnsupportedCourier},
		{"key", jsonReply(unauthorised), tracking.ErrCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				regs, err := managed(replies(tt.reply)).Subscribe(t.Context(), []tracking.Subscription{{Courier: "cj", Number: "680123456782", Callback: callback}})
				if err != nil {
					t.Fatal(err)
				}
				var e *tracking.Error
				if !errors.As(regs[0].Err, &e) || !errors.Is(regs[0].Err, tt.want) || e.Op != "subscribe" || e.Courier != "cj" || regs[0].Handle != "" {
					t.Errorf("%v, want %v", regs[0].Err, tt.want)
				}
				if text := regs[0].Err.Error(); strings.Contains(text, "wb_TOKEN") || strings.Contains(text, "680123456782") || strings.Contains(text, "shop.example") {
					t.Errorf("it shows what it must not: %s", text)
				}
			})
		})
	}
}

// TestSelfHostedHasNoCallbacks: nothing is sent.
func TestSelfHostedHasNoCallbacks(t *testing.T) {
	server := replies(reply{err: errors.New("unused")})
	carrier := selfHosted(server)
	_, err := carrier.Subscribe(t.Context(), []tracking.Subscription{{Courier: "cj", Number: "680123456782", Callback: callback}})
	if !errors.Is(err, tracking.ErrUnsupported) {
		t.Error(err)
	}
	if err := carrier.Cancel(t.Context(), "kr.cjlogistics/1/x"); !errors.Is(err, tracking.ErrUnsupported) {
		t.Error(err)
	}
	if n := len(server.seen()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
