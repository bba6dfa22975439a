package trackerdelivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const hookToken = "TEST_TOKEN_0123456789_AB"

func hookConfig() WebhookConfig {
	return WebhookConfig{Tokens: []webhook.Key{{ID: "new", Secret: hookToken}, {ID: "old", Secret: "OLD_TOKEN_0123456789_ABC"}}}
}

// inbound is a recorded callback and our answer.
type inbound struct {
	exchange
	Body json.RawMessage `json:"body"` // a JSON string when it is not JSON
}

func callbacks(t testing.TB) map[string]inbound {
	t.Helper()
	text, err := os.ReadFile("testdata/callbacks.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []inbound
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]inbound, len(list))
	for _, i := range list {
		all[i.Name] = i
	}
	return all
}

// request is the callback as a handler sees it, behind the path up to the source's name.
func (i inbound) request(t testing.TB) *webhook.Request {
	t.Helper()
	rest, ok := strings.CutPrefix(i.Path, "/webhooks/"+Name+"/")
	if !ok {
		t.Fatalf("%s is no callback", i.Name)
	}
	i.Response.Body = i.Body
	return posted(rest, string(i.body()))
}

func posted(rest, body string) *webhook.Request {
	return &webhook.Request{Header: http.Header{"Content-Type": {"application/json"}}, Rest: rest, Body: []byte(body)}
}

func stored(r *webhook.Request, receipt webhook.Receipt) webhook.Message {
	return webhook.Message{Source: Name, Key: receipt.Key, Body: r.Body, ContentType: r.Header.Get("Content-Type"), Proof: receipt.Proof, KeyID: receipt.KeyID}
}

// answered is what a handler answers, given what Verify said.
func answered(terms webhook.Terms, err error) webhook.Answer {
	switch {
	case err == nil:
		return terms.Accepted
	case errors.Is(err, webhook.ErrMalformed):
		return terms.Malformed
	default:
		return terms.Refused
	}
}

func TestCallbacks(t *testing.T) {
	config := hookConfig()
	config.Known = func(_ context.Context, q tracking.Query) (bool, error) { return q.Number == "000000000000", nil }
	source := Webhook(config)
	if err := source.Validate(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"callback-inbound": "hint", "callback-unregistered-number": "ignored", "callback-bad-body": "malformed", "callback-wrong-token": "refused",
	}
	all := callbacks(t)
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Fatalf("recorded are %q", got)
	}
	for name, i := range all {
		r := i.request(t)
		receipt, err := source.Verify(r)
		if got := answered(source.Terms(), err); got != (webhook.Answer{Status: i.Response.Status}) {
			t.Errorf("%s: answered %+v, want %d and nothing", name, got, i.Response.Status)
		}
		switch want[name] {
		case "refused":
			if !errors.Is(err, webhook.ErrToken) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		case "malformed":
			if _, err := source.Read(t.Context(), stored(r, receipt)); !errors.Is(err, webhook.ErrMalformed) {
				t.Errorf("%s: read %v", name, err)
			}
			continue
		}
		if receipt.Proof != tracking.ProofURL || receipt.KeyID != "new" || receipt.Ping {
			t.Errorf("%s: %+v", name, receipt)
		}
		reading, err := source.Read(t.Context(), stored(r, receipt))
		if err != nil || len(reading.Parcels) > 0 {
			t.Errorf("%s: %+v, %v", name, reading, err)
		}
		if hinted := len(reading.Hints) == 1 && reading.Ignored == ""; hinted != (want[name] == "hint") {
			t.Errorf("%s: %+v", name, reading)
		}
	}
	if terms := source.Terms(); terms.TryAgain.Status != http.StatusServiceUnavailable || terms.MaxBody != 64<<10 || terms.Gzip {
		t.Errorf("%+v", terms)
	}
}

// TestEveryCallbackIsNew holds that one body, received again and again, never becomes a duplicate.
func TestEveryCallbackIsNew(t *testing.T) {
	source := Webhook(hookConfig())
	seen := map[webhook.Digest]bool{{}: true}
	for range 1000 {
		receipt, err := source.Verify(posted(hookToken, `{"carrierId":"kr.cjlogistics","trackingNumber":"000000000000"}`))
		if err != nil || seen[receipt.Key] {
			t.Fatalf("%v, %v again", err, receipt.Key)
		}
		seen[receipt.Key] = true
	}
}

// TestCallbackHints reads what a callback may name.
func TestCallbackHints(t *testing.T) {
	source := Webhook(hookConfig())
	for _, tt := range []struct {
		name, body string
		want       tracking.Query // zero: ignored
	}{
		{"a courier of the directory", `{"carrierId":"kr.cjlogistics","trackingNumber":"680123456782"}`, tracking.Query{Courier: "cj", Number: "680123456782"}},
		{"a number in groups", `{"carrierId":"kr.cjlogistics","trackingNumber":"6801-2345-6782"}`, tracking.Query{Courier: "cj", Number: "680123456782"}},
		{"a courier that is new", `{"carrierId":"kr.new","trackingNumber":"ab-1"}`, tracking.Query{Courier: "trackerdelivery:kr.new", Number: "ab-1"}},
		{"the test courier", `{"carrierId":"dev.track.dummy","trackingNumber":"2026-03-03T12:00:00Z"}`, tracking.Query{Courier: "dummy", Number: "2026-03-03T12:00:00Z"}},
		{"a field more", `{"carrierId":"kr.hanjin","trackingNumber":"680123456782","event":{"a":[1]}}`, tracking.Query{Courier: "hanjin", Number: "680123456782"}},
		{"letters for a number", `{"carrierId":"kr.cjlogistics","trackingNumber":"../admin"}`, tracking.Query{}},
		{"a person", `{"carrierId":"kr.new","trackingNumber":"박모래"}`, tracking.Query{}},
		{"a line end", `{"carrierId":"kr.new\n","trackingNumber":"1"}`, tracking.Query{}},
		{"a long number", `{"carrierId":"kr.new","trackingNumber":"` + strings.Repeat("1", 101) + `"}`, tracking.Query{}},
	} {
		r := posted(hookToken, tt.body)
		receipt, err := source.Verify(r)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		reading, err := source.Read(t.Context(), stored(r, receipt))
		switch {
		case err != nil, len(reading.Parcels) > 0:
			t.Errorf("%s: %+v, %v", tt.name, reading, err)
		case tt.want.Number == "":
			if reading.Ignored == "" || len(reading.Hints) > 0 {
				t.Errorf("%s: %+v", tt.name, reading)
			}
		case len(reading.Hints) != 1 || reading.Hints[0].Courier != tt.want.Courier || reading.Hints[0].Number != tt.want.Number || reading.Ignored != "":
			t.Errorf("%s: %#v", tt.name, reading.Hints)
		}
	}
}

func TestCallbackForgery(t *testing.T) {
	const body = `{"carrierId":"kr.cjlogistics","trackingNumber":"680123456782"}`
	source := Webhook(hookConfig())
	for rest, id := range map[string]string{hookToken: "new", "OLD_TOKEN_0123456789_ABC": "old"} {
		if receipt, err := source.Verify(posted(rest, body)); err != nil || receipt.KeyID != id {
			t.Errorf("%s: %+v, %v", id, receipt, err)
		}
	}
	for _, rest := range []string{
		"", "/", hookToken[1:], hookToken[:23], hookToken + "A", hookToken + "/", "x/" + hookToken, strings.ToLower(hookToken),
		hookToken + " ", hookToken + "\x00", "new", Name, strings.Repeat("A", 1<<16),
	} {
		for _, text := range []string{body, "not json", ""} { // what is wrong with the body is told to nobody without a token
			r := posted(rest, text)
			r.Header.Set("Authorization", "Bearer "+hookToken)
			receipt, err := source.Verify(r)
			if !errors.Is(err, webhook.ErrToken) || errors.Is(err, webhook.ErrMalformed) || receipt != (webhook.Receipt{}) {
				t.Errorf("%.40q: %+v, %v", rest, receipt, err)
			}
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "not json", "null": "null", "a list": "[" + body + "]", "a text": `"x"`, "cut": body[:20], "twice": body + body,
		"no number": `{"carrierId":"kr.cjlogistics"}`, "no courier": `{"trackingNumber":"1"}`, "empty": `{"carrierId":"","trackingNumber":""}`,
		"a number that is one": `{"carrierId":"kr.cjlogistics","trackingNumber":680123456782}`, "objects": `{"carrierId":{},"trackingNumber":[]}`,
		"a form": "carrierId=kr.cjlogistics&trackingNumber=1", "bytes": "\xff\xfe", "deep": strings.Repeat(`{"a":`, 20_000),
	} {
		receipt, err := source.Verify(posted(hookToken, text))
		if !errors.Is(err, webhook.ErrMalformed) || receipt != (webhook.Receipt{}) {
			t.Errorf("%s: %+v, %v", name, receipt, err)
		}
	}
}

// TestCallbackKnown holds what a host's store may say, and that a stranger's parcels are not asked about.
func TestCallbackKnown(t *testing.T) {
	down := errors.New("store down, asked for CANARY")
	for name, tt := range map[string]struct {
		known bool
		err   error
		hints int
	}{"ours": {true, nil, 1}, "not ours": {false, nil, 0}, "down": {true, down, 0}} {
		config := hookConfig()
		config.Known = func(_ context.Context, q tracking.Query) (bool, error) {
			if q.Courier != "cj" || q.Number != "680123456782" {
				t.Errorf("%s: asked about %#v", name, q)
			}
			return tt.known, tt.err
		}
		reading, err := Webhook(config).Read(t.Context(), webhook.Message{Body: []byte(`{"carrierId":"kr.cjlogistics","trackingNumber":"6801-2345-6782"}`)})
		if !errors.Is(err, tt.err) || len(reading.Hints) != tt.hints || (reading.Ignored != "") != (err == nil && tt.hints == 0) {
			t.Errorf("%s: %+v, %v", name, reading, err)
		}
		if err != nil {
			clean(t, name, err.Error())
		}
	}
}

func TestWebhookConfig(t *testing.T) {
	for name, config := range map[string]WebhookConfig{
		"nothing": {}, "a short token": {Tokens: []webhook.Key{{Secret: "TOKEN_OF_16_CHARS"}}},
	} {
		source := Webhook(config)
		if err := source.Validate(); err == nil || strings.Contains(err.Error(), "TOKEN_OF") {
			t.Errorf("%s: %v", name, err)
		}
		for _, rest := range []string{"", hookToken, "TOKEN_OF_16_CHARS"} {
			if receipt, err := source.Verify(posted(rest, `{"carrierId":"kr.new","trackingNumber":"1"}`)); err == nil || receipt != (webhook.Receipt{}) {
				t.Errorf("%s: %q opens it", name, rest)
			}
		}
		if _, err := source.Read(t.Context(), webhook.Message{Body: []byte(`{"carrierId":"kr.new","trackingNumber":"1"}`)}); err == nil {
			t.Errorf("%s: it reads", name)
		}
	}
	config := hookConfig()
	config.Name = "second-project"
	if got := Webhook(config).Name(); got != "second-project" {
		t.Errorf("the name is %q", got)
	}
	want := []string{"https://shop.example/webhooks/second-project/" + hookToken, "https://shop.example/webhooks/second-project/OLD_TOKEN_0123456789_ABC"}
	addresses := config.Callbacks("https://shop.example/webhooks/")
	if !slices.Equal(addresses, want) {
		t.Errorf("the addresses are %q", addresses)
	}
	for _, address := range addresses {
		if err := callbackFault(address, false); err != nil {
			t.Errorf("%s cannot be registered: %v", address, err)
		}
	}
}

// TestCallbacksShowNothing looks for tokens and numbers in all that is printed.
func TestCallbacksShowNothing(t *testing.T) {
	config := hookConfig()
	config.Tokens[0].Secret = canaryHook + "-0123456789"
	source := Webhook(config)
	clean(t, "the configuration", show(config))
	clean(t, "the source", show(source)+show(struct{ S *WebhookSource }{source}))
	for _, r := range []*webhook.Request{posted(canaryHook, `{"carrierId":"CANARY`), posted(config.Tokens[0].Secret, `{"carrierId":"CANARY`), posted(config.Tokens[0].Secret, canaryNumber)} {
		_, err := source.Verify(r)
		if err == nil || strings.Contains(err.Error(), canaryNumber) {
			t.Fatal(err)
		}
		clean(t, "a refusal", show(err)+err.Error())
	}
	reading, err := source.Read(t.Context(), webhook.Message{Body: []byte(`{"carrierId":"kr.cjlogistics","trackingNumber":"` + canaryNumber + `"}`)})
	if err != nil || len(reading.Hints) != 1 {
		t.Fatal(reading, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", reading, reading, reading); strings.Contains(text, canaryNumber) {
		t.Errorf("the reading shows the whole number: %s", text)
	}
}

// FuzzCallbackVerify holds that nothing but a token opens the door, and that behind it a body is a callback or malformed.
func FuzzCallbackVerify(f *testing.F) {
	source := Webhook(hookConfig())
	for _, i := range callbacks(f) {
		r := i.request(f)
		f.Add(r.Rest, r.Body)
	}
	f.Fuzz(func(t *testing.T, rest string, body []byte) {
		receipt, err := source.Verify(&webhook.Request{Rest: rest, Body: body})
		known := rest == hookToken || rest == "OLD_TOKEN_0123456789_ABC"
		switch {
		case !known && !errors.Is(err, webhook.ErrToken):
			t.Fatalf("%q: %v", rest, err)
		case known && err != nil && !errors.Is(err, webhook.ErrMalformed):
			t.Fatal(err)
		case err == nil && (receipt.Key == webhook.Digest{} || receipt.Proof != tracking.ProofURL):
			t.Fatalf("%+v", receipt)
		}
	})
}

// FuzzCallbackRead holds that reading is total and gives at most one hint, which the asking side can ask about.
func FuzzCallbackRead(f *testing.F) {
	source := Webhook(hookConfig())
	for _, i := range callbacks(f) {
		f.Add(i.request(f).Body)
	}
	f.Add([]byte(`{"carrierId":"kr.new","trackingNumber":"ab-1"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, verifyErr := source.Verify(&webhook.Request{Rest: hookToken, Body: body})
		reading, err := source.Read(t.Context(), webhook.Message{Body: body})
		if (err == nil) != (verifyErr == nil) || err != nil && !errors.Is(err, webhook.ErrMalformed) {
			t.Fatalf("verified %v, read %v", verifyErr, err)
		}
		if len(reading.Parcels) > 0 || len(reading.Hints) > 1 || err == nil && (len(reading.Hints) == 1) == (reading.Ignored != "") {
			t.Fatalf("%+v", reading)
		}
		for _, q := range reading.Hints {
			again, err := prepare(Name, opQuery, ModeManaged, q)
			if err != nil || again.query.Number != q.Number || again.query.Courier != q.Courier {
				t.Fatalf("%#v cannot be asked about: %v", q, err)
			}
		}
	})
}

// TestCallbacksThroughHandler posts every recorded callback twice to a handler: both of the same body are kept.
func TestCallbacksThroughHandler(t *testing.T) {
	for name, i := range callbacks(t) {
		inbox := webhook.NewMemoryInbox()
		handler, err := webhook.NewHandler(webhook.Config{Sources: []webhook.Source{Webhook(hookConfig())}, Inbox: inbox})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r := i.request(t)
			req := httptest.NewRequestWithContext(t.Context(), i.Method, i.Path, bytes.NewReader(r.Body))
			req.Header = r.Header
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, req)
			if w.Code != i.Response.Status || w.Body.Len() > 0 {
				t.Errorf("%s: answered %d %q", name, w.Code, w.Body)
			}
		}
		kept := 0
		for _, err := range inbox.Letters(t.Context(), webhook.LetterFilter{}) {
			if err != nil {
				t.Error(err)
			}
			kept++
		}
		if want := map[int]int{http.StatusAccepted: 2}[i.Response.Status]; kept != want {
			t.Errorf("%s: %d are kept, want %d", name, kept, want)
		}
	}
}
