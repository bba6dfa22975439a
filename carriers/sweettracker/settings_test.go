package sweettracker

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/tracking"
)

func env(pairs ...string) func(string) string {
	values := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestValidateTellsAllFaults(t *testing.T) {
	err := Config{BaseURL: "http://sweettracker.example?t_key=CANARY", DailyCap: -7}.Validate()
	if !errors.Is(err, tracking.ErrCredentials) || !errors.Is(err, tracking.ErrInvalidRequest) || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("an address is shown: %v", err)
	}
	err = TraceConfig{RegisterPath: "add", Callback: "https://x.example/", CallbackType: "xml", Chunk: -1}.Validate()
	for _, field := range []string{"Tier", "BaseURL", "RegisterPath", "Callback ", "CallbackType", "Chunk"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("nothing about %s in: %v", field, err)
		}
	}
}

func TestBadConfigurationSendsNothing(t *testing.T) {
	q := []tracking.Query{{Courier: "cj", Number: "550000001234"}}
	var e *tracking.Error
	if _, err := New(Config{}).Query(t.Context(), q); !errors.As(err, &e) || !errors.Is(err, tracking.ErrCredentials) || e.Op != "query" {
		t.Errorf("no key: %v", err)
	}
	if _, err := New(Config{Key: "k", BaseURL: "ftp://x"}).Query(t.Context(), q); !errors.Is(err, tracking.ErrInvalidRequest) {
		t.Errorf("bad address: %v", err)
	}
	if _, err := New(Config{}).Quota(t.Context()); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("no key: %v", err)
	}
	if _, err := NewTrace(TraceConfig{}).Subscribe(t.Context(), manySubscriptions(1)); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("no credentials: %v", err)
	}
	if _, err := NewTrace(TraceConfig{}).CheckNumber(t.Context(), "cj", "550000001234"); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("no credentials: %v", err)
	}
	for _, err := range NewTrace(TraceConfig{}).Couriers(t.Context()) {
		if !errors.Is(err, tracking.ErrCredentials) {
			t.Errorf("no credentials: %v", err)
		}
	}
}

func TestBaseAddresses(t *testing.T) {
	for address, valid := range map[string]bool{
		"": true, "https://proxy.example/sweet/": true, "http://127.0.0.1:8080/x": true,
		"http://info.sweettracker.co.kr": false, "info.sweettracker.co.kr": false, "https://u:p@x.example": false,
	} {
		if err := (Config{Key: "k", BaseURL: address}).Validate(); (err == nil) != valid {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := (Config{Key: "k", BaseURL: "http://trace.example:8102", AllowPlainHTTP: true}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestPlainHTTPWarnsOnce(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	trace := NewTrace(TraceConfig{
		Tier: "CANARY-TIER", Key: "CANARY-KEY", BaseURL: "http://trace-api.sweettracker.net", AllowPlainHTTP: true,
		Callback: testCallback, Logger: logger,
	})
	if err := trace.Validate(); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=WARN") || strings.Contains(text, "CANARY") || strings.Contains(text, "TOKEN") {
		t.Errorf("log: %s", text)
	}
	log.Reset()
	NewTrace(TraceConfig{Tier: "t", Key: "k", BaseURL: "https://trace.example", Logger: logger})
	if log.Len() != 0 {
		t.Errorf("log over https: %s", log.String())
	}
}

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(env("WAYBILL_SWEETTRACKER_KEY", " K ", "WAYBILL_SWEETTRACKER_URL", "http://127.0.0.1:1", "WAYBILL_SWEETTRACKER_DAILY_CAP", "20"))
	if err != nil || c.Key != "K" || c.BaseURL != "http://127.0.0.1:1" || c.DailyCap != 20 {
		t.Errorf("%q %q %d, %v", c.Key, c.BaseURL, c.DailyCap, err)
	}
	if c, err := ConfigFromEnv(env("WAYBILL_SWEETTRACKER_KEY", "K", "WAYBILL_SWEETTRACKER_DAILY_CAP", "0")); err != nil || c.DailyCap != Uncapped {
		t.Errorf("%d, %v", c.DailyCap, err)
	}
	_, err = ConfigFromEnv(env("WAYBILL_SWEETTRACKER_DAILY_CAP", "CANARY"))
	if !errors.Is(err, tracking.ErrCredentials) || !strings.Contains(err.Error(), "DAILY_CAP") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v", err)
	}
}

func TestTraceConfigFromEnv(t *testing.T) {
	office := []string{
		"DELIVERY_API_URL", "http://trace-api.sweettracker.net", "DELIVERY_API_TIER", "T", "DELIVERY_API_KEY", "K",
		"DELIVERY_REGISTER_PATH", "add_invoice", "DELIVERY_API_EXTERNAL_URL", "https://shop.example/",
		"DELIVERY_CALLBACK_PATH", "/hooks/sweettracker/TEST_TOKEN_0123456789", "DELIVERY_API_TYPE", "JSON",
	}
	c, err := TraceConfigFromEnv(env(office...))
	if err != nil {
		t.Fatal(err)
	}
	if c.Tier != "T" || c.Key != "K" || c.BaseURL != "http://trace-api.sweettracker.net" || !c.AllowPlainHTTP ||
		c.RegisterPath != RegisterOne || c.Callback != testCallback || c.CallbackType != "json" {
		t.Errorf("%#v %q %q %q %q %q", c, c.Tier, c.BaseURL, c.RegisterPath, c.Callback, c.CallbackType)
	}
	c, err = TraceConfigFromEnv(env(append(office,
		"WAYBILL_SWEETTRACKER_TIER", "T2", "WAYBILL_SWEETTRACKER_TRACE_KEY", "K2", "WAYBILL_SWEETTRACKER_TRACE_URL", "http://other.example")...))
	if err == nil || c.Tier != "T2" || c.Key != "K2" || c.AllowPlainHTTP {
		t.Errorf("plain http to a stranger: %v", err)
	}
	if _, err := TraceConfigFromEnv(env(append(office,
		"WAYBILL_SWEETTRACKER_TRACE_URL", "http://other.example", "WAYBILL_SWEETTRACKER_TRACE_ALLOW_HTTP", "true")...)); err != nil {
		t.Error(err)
	}
	if _, err := TraceConfigFromEnv(env()); !errors.Is(err, tracking.ErrCredentials) {
		t.Errorf("nothing set: %v", err)
	}
}

func TestBackOfficeFile(t *testing.T) {
	office, err := ReadBackOffice(strings.NewReader(`
# tracking
delivery.api.url      = https://trace.example
delivery.api.tier     : T
delivery.api.key      K\=\u0041
delivery.api.type     = map
delivery.api.externalUrl = https://shop.example
delivery.api.provider = batch
delivery.tracking.path = /status
delivery.register.path = /add_invoice_list
delivery.callback.path = /hooks/sweettracker/\
                         TEST_TOKEN_0123456789
server.port = 8080
`))
	if err != nil {
		t.Fatal(err)
	}
	want := BackOffice{
		URL: "https://trace.example", Tier: "T", Key: "K=A", Type: "map", ExternalURL: "https://shop.example", Provider: "batch",
		StatusPath: "/status", RegisterPath: "/add_invoice_list", CallbackPath: "/hooks/sweettracker/TEST_TOKEN_0123456789",
	}
	if office != want {
		t.Errorf("read %q, want %q", fields(office), fields(want))
	}
	c, err := office.TraceConfig()
	if err != nil || c.Validate() != nil || c.RegisterPath != RegisterMany || c.CallbackType != "map" || c.Callback != testCallback || c.AllowPlainHTTP {
		t.Errorf("%v, %v: %q %q %q", err, c.Validate(), c.RegisterPath, c.CallbackType, c.Callback)
	}
}

func fields(b BackOffice) []string {
	return []string{b.URL, b.Tier, b.Key, b.Type, b.ExternalURL, b.Provider, b.StatusPath, b.RegisterPath, b.CallbackPath}
}

func TestBackOfficeFaults(t *testing.T) {
	if _, err := ReadBackOffice(strings.NewReader("delivery.api.key=${CANARY}")); err == nil || !strings.Contains(err.Error(), "delivery.api.key") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("placeholder: %v", err)
	}
	_, err := BackOffice{Type: "xml", ExternalURL: "https://x.example"}.TraceConfig()
	if err == nil || !strings.Contains(err.Error(), "delivery.api.type") || !strings.Contains(err.Error(), "delivery.callback.path") {
		t.Errorf("%v", err)
	}
}

// The cases follow the documentation of Java's Properties.load.
func TestProperties(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                   {},
		"Truth = Beauty":     {"Truth": "Beauty"},
		" Truth:Beauty":      {"Truth": "Beauty"},
		"Truth\t\t\t:Beauty": {"Truth": "Beauty"},
		"Truth Beauty":       {"Truth": "Beauty"},
		"fruits   apple, banana, \\\n   pear, \\\n   mango": {"fruits": "apple, banana, pear, mango"},
		"cheeses":               {"cheeses": ""},
		"cheeses = ":            {"cheeses": ""},
		"# a\n! b\n\t # c\nk=v": {"k": "v"},
		"# a \\\nk=v":           {"k": "v"}, // a comment does not go on
		"k=a\\\n#b":             {"k": "a#b"},
		"k=a\\\\\nl=b":          {"k": `a\`, "l": "b"}, // an escaped backslash does not continue
		"k=a\\":                 {"k": "a"},
		"k=a\\\n\nl=b":          {"k": "a", "l": "b"},
		"a\\ b\\=c\\:d=e":       {"a b=c:d": "e"},
		"k==v":                  {"k": "=v"},
		"k = : v":               {"k": ": v"},
		"k=v \t":                {"k": "v \t"},
		"=v":                    {"": "v"},
		"k=1\rl=2\r\nm=3\nn=4":  {"k": "1", "l": "2", "m": "3", "n": "4"},
		`k=\t\n\r\f\q\"`:        {"k": "\t\n\r\fq\""},
		`k=\uD55C\uc9c4`:        {"k": "한진"},
		`k=\uD83D\uDE9A`:        {"k": "🚚"},
		`k=\uD83Dx`:             {"k": "\uFFFDx"},
		`\u006b=v`:              {"k": "v"},
		"k=1\nk=2":              {"k": "2"},
		"\ufeffk=한진":            {"k": "한진"},
	} {
		got, err := parseProperties(strings.NewReader(text))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`a=b` + "\n" + `k=CANARY\u12`, `k=CANARY\u12G4`, `k=CANARY\uD83D\u1`, "k=CANARY\xff", strings.Repeat("CANARY", largestProperties)} {
		if got, err := parseProperties(strings.NewReader(text)); err == nil || got != nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	_, err := parseProperties(strings.NewReader("a=b\nk=\\\n\\u12"))
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
}

func FuzzProperties(f *testing.F) {
	for _, seed := range []string{"a=b", "a\\\n b:c", `\u0041=\uD83D\uDE9A`, "#\n!\n\\", "k\\ =\t\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		properties, err := parseProperties(strings.NewReader(text))
		if err != nil {
			return
		}
		// What was read can be written down and read again.
		var b strings.Builder
		for key, value := range properties {
			b.WriteString(escapeProperty(key) + "=" + escapeProperty(value) + "\n")
		}
		again, err := parseProperties(strings.NewReader(b.String()))
		if err != nil {
			t.Fatalf("%v: %q", err, b.String())
		}
		if diff := cmp.Diff(properties, again); diff != "" {
			t.Errorf("read again (-first +again):\n%s", diff)
		}
	})
}

func escapeProperty(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`, " ", `\ `, "=", `\=`, ":", `\:`, "#", `\#`, "!", `\!`, "\ufeff", `\uFEFF`).Replace(text)
}
