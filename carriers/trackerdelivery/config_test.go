package trackerdelivery

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

func TestMode(t *testing.T) {
	source := func(context.Context) (Credentials, error) { return Credentials{}, nil }
	tests := []struct {
		config   Config
		want     Mode
		endpoint string
		tokens   string
	}{
		{Config{}, ModeManaged, ManagedURL, ManagedTokenURL},
		{Config{BaseURL: "https://APIS.tracker.delivery/graphql"}, ModeManaged, "https://APIS.tracker.delivery/graphql", ManagedTokenURL},
		{Config{BaseURL: "http://127.0.0.1:4000/"}, ModeSelfHosted, "http://127.0.0.1:4000/", ""},
		{Config{BaseURL: "http://127.0.0.1:1/td/graphql", ClientID: "a", ClientSecret: "b"}, ModeManaged, "http://127.0.0.1:1/td/graphql", "http://127.0.0.1:1/td/oauth2/token"},
		{Config{BaseURL: "http://127.0.0.1:1/graphql", Credentials: source}, ModeManaged, "http://127.0.0.1:1/graphql", "http://127.0.0.1:1/oauth2/token"},
		{Config{BaseURL: "http://127.0.0.1:1/graphql", Mode: ModeSelfHosted, ClientID: "a"}, ModeSelfHosted, "http://127.0.0.1:1/graphql", ""},
		{Config{BaseURL: "https://x.example/graphql", Mode: ModeManaged, TokenURL: "https://y.example/t"}, ModeManaged, "https://x.example/graphql", "https://y.example/t"},
	}
	for _, tt := range tests {
		c := New(tt.config)
		if c.Mode() != tt.want || c.config.BaseURL != tt.endpoint || c.config.TokenURL != tt.tokens {
			t.Errorf("%v: %v %s %s", tt.config, c.Mode(), c.config.BaseURL, c.config.TokenURL)
		}
	}
}

// TestValidate: all faults at once, each by the name of its field, none with its value.
func TestValidate(t *testing.T) {
	key := func(c Config) Config { c.ClientID, c.ClientSecret = "id", "SECRET-VALUE"; return c }
	tests := []struct {
		name   string
		config Config
		want   []string
	}{
		{"a key", key(Config{}), nil},
		{"self-hosted", Config{BaseURL: "http://127.0.0.1:4000"}, nil},
		{"self-hosted elsewhere", Config{BaseURL: "http://tracker.internal:4000"}, []string{"BaseURL"}},
		{"allowed", Config{BaseURL: "http://tracker.internal:4000", AllowPlainHTTP: true}, nil},
		{"no key", Config{}, []string{"ClientID"}},
		{"half a key", Config{ClientID: "id"}, []string{"ClientID"}},
		{"a colon", Config{ClientID: "i:d", ClientSecret: "SECRET-VALUE"}, []string{"colon"}},
		{"a line end", Config{ClientID: "id", ClientSecret: "SECRET-VALUE\n"}, []string{"control"}},
		{"two sources", key(Config{Credentials: fixed("a", "b")}), []string{"Credentials"}},
		{"not an address", key(Config{BaseURL: "SECRET-VALUE"}), []string{"BaseURL"}},
		{"a password", key(Config{BaseURL: "https://u:SECRET-VALUE@x.example/"}), []string{"BaseURL"}},
		{"tokens in clear", key(Config{Auth: AuthOAuth2, TokenURL: "http://x.example/SECRET-VALUE"}), []string{"TokenURL"}},
		{"everything", Config{Mode: 9, Auth: 9, BaseURL: "ftp://x", Aliases: 101, Calls: -1, Callbacks: []string{"http://x.example/SECRET-VALUE"}},
			[]string{"Mode", "Auth", "BaseURL", "Aliases", "Calls", "Callbacks[0]"}},
	}
	for _, tt := range tests {
		err := New(tt.config).Validate()
		if (err != nil) != (len(tt.want) > 0) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for _, word := range tt.want {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not name %s", tt.name, err, word)
			}
		}
		if err != nil && strings.Contains(err.Error(), "SECRET-VALUE") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestFaultyConfiguration is told by every operation, as an *Error, without a call.
func TestFaultyConfiguration(t *testing.T) {
	server := replies(reply{err: errors.New("unused")})
	for want, c := range map[error]Config{
		tracking.ErrCredentials:    {Client: server.client()},
		tracking.ErrInvalidRequest: {ClientID: "a", ClientSecret: "b", Aliases: 1000, Client: server.client()},
	} {
		carrier := New(c)
		_, queryErr := one(t, carrier, stub("kr.cjlogistics", "123456789012"))
		_, listErr := listed(t, carrier)
		_, subErr := carrier.Subscribe(t.Context(), nil)
		for _, err := range []error{queryErr, listErr, subErr, carrier.Cancel(t.Context(), "x")} {
			var e *tracking.Error
			if !errors.As(err, &e) || e.Kind != want || e.Carrier != Name {
				t.Errorf("%v, want %v", err, want)
			}
		}
	}
	if len(server.seen()) != 0 {
		t.Error("something was sent")
	}
	carrier := New(Config{ClientID: "a", ClientSecret: "b", Calls: -1}) // the transport refuses this too
	if carrier.Requests() != 0 || carrier.Close() != nil {
		t.Error("a faulty carrier cannot be closed")
	}
}

func TestConfigFromEnv(t *testing.T) {
	env := map[string]string{
		"WAYBILL_TRACKERDELIVERY_CLIENT_ID": "id", "WAYBILL_TRACKERDELIVERY_CLIENT_SECRET": "secret",
		"WAYBILL_TRACKERDELIVERY_URL": "http://127.0.0.1:1/graphql", "WAYBILL_TRACKERDELIVERY_TOKEN_URL": "http://127.0.0.1:1/token",
		"WAYBILL_TRACKERDELIVERY_MODE": "Managed", "WAYBILL_TRACKERDELIVERY_AUTH": "oauth2-basic", "WAYBILL_TRACKERDELIVERY_ALIASES": "7",
		"WAYBILL_TRACKERDELIVERY_V1_URL": "http://127.0.0.1:1/v1",
	}
	getenv := func(name string) string { return env[name] }
	got, err := ConfigFromEnv(getenv)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"id", "secret", "http://127.0.0.1:1/graphql", "http://127.0.0.1:1/token", ModeManaged, AuthOAuth2Basic, 7}
	if diff := cmp.Diff(want, []any{got.ClientID, got.ClientSecret, got.BaseURL, got.TokenURL, got.Mode, got.Auth, got.Aliases}); diff != "" {
		t.Error(diff)
	}
	if v1, err := V1ConfigFromEnv(getenv); err != nil || v1.ClientID != "id" || v1.BaseURL != "http://127.0.0.1:1/v1" {
		t.Errorf("%v, %v", v1, err)
	}
	for _, name := range []string{"MODE", "AUTH", "ALIASES"} {
		name = "WAYBILL_TRACKERDELIVERY_" + name
		_, err := ConfigFromEnv(func(asked string) string {
			if asked == name {
				return "SECRET-VALUE"
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "SECRET-VALUE") {
			t.Errorf("%s: %v", name, err)
		}
	}
	empty, err := ConfigFromEnv(func(string) string { return "" })
	if err != nil || !errors.Is(New(empty).Validate(), tracking.ErrCredentials) {
		t.Errorf("nothing set: %v, %v", err, New(empty).Validate())
	}
	alone, err := ConfigFromEnv(func(name string) string {
		if name == "WAYBILL_TRACKERDELIVERY_URL" {
			return "http://127.0.0.1:4000/"
		}
		return ""
	})
	if c := New(alone); err != nil || c.Validate() != nil || c.Mode() != ModeSelfHosted {
		t.Errorf("an address alone: %v, %v", err, c.Validate())
	}
}
