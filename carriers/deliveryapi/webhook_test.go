package deliveryapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	pushSecret = "whsec_test_0123456789abcdef"
	oldSecret  = "whsec_test_old_0123456789"
)

// pushedAt is when the pushes of the fixtures were sent.
var pushedAt = time.Unix(1790553600, 0)

// push is one call of the provider and what is expected of us.
type push struct {
	Request struct {
		Headers map[string]string
		Body    string
	}
	Webhook struct {
		Secrets          []string
		Now              int64
		ToleranceSeconds int
		Mode             string
	}
	Response struct {
		Status int
		Body   json.RawMessage
	}
	Expect struct {
		Verified        bool
		Ack             int
		Error           string
		LenientVerified *bool
		Event           string
		Ignored         bool
		Undecodable     bool
		NeedsOption     string
		Broken          int
		Closed          string
		DedupeKey       string
		Given           *struct {
			Status string
			At     time.Time
		}
		Items         []pushedItem
		HandToPolling []struct{ CourierCode, TrackingNumber string }
	}
}

type pushedItem struct {
	CourierCode, TrackingNumber, ClientID string
	Status, RawStatus, Action             string
	Delivered                             bool
}

func pushes(t testing.TB) map[string]push {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "webhook", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	all := make(map[string]push, len(paths))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var p push
		if err := json.Unmarshal(data, &p); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = p
	}
	return all
}

func (p push) now() time.Time { return time.Unix(p.Webhook.Now, 0) }

func (p push) request() *webhook.Request {
	h := http.Header{}
	for name, value := range p.Request.Headers {
		h.Set(name, value)
	}
	return &webhook.Request{Header: h, Body: []byte(p.Request.Body), At: p.now()}
}

// source gives the receiver that the fixture has.
func (p push) source(change ...func(*deliveryapi.WebhookConfig)) *deliveryapi.WebhookSource {
	config := deliveryapi.WebhookConfig{
		Keys: keysOf(p.Webhook.Secrets...), Tolerance: time.Duration(p.Webhook.ToleranceSeconds) * time.Second,
		Legacy: p.Expect.NeedsOption == "legacy",
		Lookup: func(context.Context, string) ([]tracking.Courier, error) { return []tracking.Courier{courier.CJ}, nil },
		Once:   func(_ context.Context, requestID string) (bool, error) { return requestID == "req_test_5", nil },
	}
	for _, c := range change {
		c(&config)
	}
	s := deliveryapi.Webhook(config)
	if p.Webhook.Mode == "ping" {
		s.AllowPing(p.now(), time.Minute)
	}
	return s
}

func keysOf(secrets ...string) []webhook.Key {
	keys := make([]webhook.Key, len(secrets))
	for i, secret := range secrets {
		keys[i] = webhook.Key{ID: fmt.Sprint("key ", i), Secret: secret}
	}
	return keys
}

// signed gives a request as the provider signs it, computed by hand.
func signed(secret, body string, at time.Time) *webhook.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return &webhook.Request{
		Header: http.Header{"X-Webhook-Timestamp": {stamp}, "X-Webhook-Signature": {"sha256=" + digits(secret, stamp+"."+body)}},
		Body:   []byte(body), At: at,
	}
}

func digits(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// message is what a handler stores of a request.
func message(r *webhook.Request, receipt webhook.Receipt) webhook.Message {
	return webhook.Message{
		Source: "deliveryapi", Key: receipt.Key, Body: r.Body, Proof: receipt.Proof, KeyID: receipt.KeyID, SentAt: receipt.SentAt, ReceivedAt: r.At,
	}
}

// read verifies and reads a body.
func read(t testing.TB, s *deliveryapi.WebhookSource, body string) (webhook.Reading, error) {
	t.Helper()
	r := signed(pushSecret, body, pushedAt)
	receipt, err := s.Verify(r)
	if err != nil {
		t.Fatal(err)
	}
	return s.Read(t.Context(), message(r, receipt))
}

func mustRead(t testing.TB, s *deliveryapi.WebhookSource, body string) webhook.Reading {
	t.Helper()
	reading, err := read(t, s, body)
	if err != nil {
		t.Fatalf("%v from %s", err, body)
	}
	return reading
}

func newSource(change ...func(*deliveryapi.WebhookConfig)) *deliveryapi.WebhookSource {
	config := deliveryapi.WebhookConfig{Keys: keysOf(pushSecret)}
	for _, c := range change {
		c(&config)
	}
	return deliveryapi.Webhook(config)
}

var pushErrors = map[string]error{
	"ErrSignatureMissing": webhook.ErrSignatureMissing, "ErrSignatureFormat": webhook.ErrSignatureFormat,
	"ErrSignatureMismatch": webhook.ErrSignatureMismatch, "ErrTimestampInvalid": webhook.ErrTimestampInvalid,
	"ErrTimestampStale": webhook.ErrTimestampStale,
}

// TestPushes is every recorded push, from the request to what it says.
func TestPushes(t *testing.T) {
	for name, p := range pushes(t) {
		t.Run(name, func(t *testing.T) {
			s, r := p.source(), p.request()
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			receipt, err := s.Verify(r)
			checkHandled(t, p)
			checkLenient(t, p)
			if p.Expect.Error != "" {
				if !errors.Is(err, pushErrors[p.Expect.Error]) || receipt != (webhook.Receipt{}) {
					t.Errorf("%v with %+v, want %s", err, receipt, p.Expect.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if receipt.Ping == p.Expect.Verified {
				t.Errorf("ping %t, verified %t", receipt.Ping, p.Expect.Verified)
			}
			if !p.Expect.Verified {
				if receipt != (webhook.Receipt{Ping: true}) {
					t.Errorf("%+v of a request that nobody proved", receipt)
				}
				return
			}
			if receipt.Proof != tracking.ProofBody|tracking.ProofTime || !receipt.SentAt.Equal(pushedAt) || receipt.Key.String() != p.Expect.DedupeKey {
				t.Errorf("%+v", receipt)
			}
			checkReading(t, p, s, message(r, receipt))
		})
	}
}

// checkHandled sends the push twice to a handler and looks at what it answers and stores.
func checkHandled(t *testing.T, p push) {
	t.Helper()
	inbox := webhook.NewMemoryInbox()
	handler, err := webhook.NewHandler(webhook.Config{Sources: []webhook.Source{p.source()}, Inbox: inbox, Now: p.now})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/deliveryapi", strings.NewReader(p.Request.Body))
		r.Header = p.request().Header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != p.Expect.Ack || w.Code != p.Response.Status || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("answered %d, %v, want %d", w.Code, w.Header(), p.Expect.Ack)
		}
		if diff := cmp.Diff(anyJSON(t, p.Response.Body), anyJSON(t, w.Body.Bytes())); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
	claims, err := inbox.Claim(t.Context(), p.now(), 9, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if stored := len(claims) == 1; len(claims) > 1 || stored != p.Expect.Verified {
		t.Errorf("%d messages are stored, verified %t", len(claims), p.Expect.Verified)
	}
	for _, claim := range claims {
		if m := claim.Message; string(m.Body) != p.Request.Body || m.Key.String() != p.Expect.DedupeKey || !m.SentAt.Equal(pushedAt) {
			t.Errorf("stored %s of %s", m.Key, m.SentAt)
		}
	}
}

func checkLenient(t *testing.T, p push) {
	t.Helper()
	if p.Expect.LenientVerified == nil {
		return
	}
	_, err := p.source(func(c *deliveryapi.WebhookConfig) { c.LenientFormat = true }).Verify(p.request())
	if (err == nil) != *p.Expect.LenientVerified {
		t.Errorf("leniently: %v", err)
	}
}

func checkReading(t *testing.T, p push, s *deliveryapi.WebhookSource, m webhook.Message) {
	t.Helper()
	got, err := s.Read(t.Context(), m)
	if p.Expect.Undecodable {
		if !errors.Is(err, webhook.ErrMalformed) {
			t.Errorf("%v, want ErrMalformed", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.Event != p.Expect.Event || (got.Ignored != "") != p.Expect.Ignored || got.Hints != nil {
		t.Errorf("event %q, ignored %q, hints %v", got.Event, got.Ignored, got.Hints)
	}
	faults := p.Expect.Broken
	for _, want := range p.Expect.Items {
		if !checkPushed(t, p, want, got.Parcels) {
			faults++
		}
	}
	if len(got.Faults) != faults || len(got.Parcels)+faults != len(p.Expect.Items)+p.Expect.Broken {
		t.Errorf("%d parcels and faults %v", len(got.Parcels), got.Faults)
	}
	checkEnded(t, p, got.Ended)
}

// checkPushed reports whether there is a parcel of the item; what is to be kept may have none.
func checkPushed(t *testing.T, p push, want pushedItem, parcels []tracking.Parcel) bool {
	t.Helper()
	at := slices.IndexFunc(parcels, func(one tracking.Parcel) bool { return one.Number == want.TrackingNumber })
	if at < 0 {
		if want.Action != "keep" {
			t.Errorf("no parcel …%s", tracking.Last4(want.TrackingNumber))
		}
		return false
	}
	got := parcels[at]
	if wanted := tracking.Courier(firstOf(want.CourierCode, "cj")); got.Courier != wanted || got.Source != deliveryapi.DefaultName {
		t.Errorf("parcel of %s by %s", got.Courier, got.Source)
	}
	if got.Status.String() != want.Status || (got.Status == tracking.StatusDelivered) != want.Delivered {
		t.Errorf("status %s, want %s", got.Status, want.Status)
	}
	if want.RawStatus != "" && got.Verdicts[0].Code != want.RawStatus {
		t.Errorf("raw status %s, want %s", got.Verdicts[0].Code, want.RawStatus)
	}
	before := tracking.Verdict{Status: tracking.StatusPending, AsOf: pushedAt.Add(-72 * time.Hour)}
	if given := p.Expect.Given; given != nil {
		before = tracking.Verdict{Status: statusOf(t, given.Status), AsOf: given.At}
	}
	after := merged(tracking.Parcel{Verdicts: []tracking.Verdict{before}}, got)
	if wanted := map[string]tracking.Status{"keep": before.Status, "apply": got.Status}[want.Action]; after.Status != wanted {
		t.Errorf("%s after %s: %s", want.Action, before.Status, after.Status)
	}
	return true
}

func checkEnded(t *testing.T, p push, ended []webhook.Ended) {
	t.Helper()
	if p.Expect.Closed == "" {
		if ended != nil {
			t.Errorf("ended %+v", ended)
		}
		return
	}
	if len(ended) != 1 || string(ended[0].Reason) != p.Expect.Closed || !strings.Contains(p.Request.Body, `"requestId":"`+ended[0].Handle+`"`) {
		t.Fatalf("ended %+v, want %s", ended, p.Expect.Closed)
	}
	for _, want := range p.Expect.HandToPolling {
		open := func(q tracking.Query) bool {
			return q.Courier == tracking.Courier(want.CourierCode) && q.Number == want.TrackingNumber && q.Ref != ""
		}
		if len(ended[0].Open) != len(p.Expect.HandToPolling) || !slices.ContainsFunc(ended[0].Open, open) {
			t.Errorf("open %v, want %+v", ended[0].Open, want)
		}
	}
}

func firstOf(texts ...string) string {
	return texts[slices.IndexFunc(texts, func(text string) bool { return text != "" })]
}

func statusOf(t testing.TB, text string) tracking.Status {
	t.Helper()
	var status tracking.Status
	if err := status.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return status
}

// merged settles the evidence of several observations, as a store does.
func merged(parcels ...tracking.Parcel) tracking.Parcel {
	all := tracking.Parcel{Source: deliveryapi.DefaultName}
	for _, p := range parcels {
		all.Events = append(all.Events, p.Events...)
		all.Verdicts = append(all.Verdicts, p.Verdicts...)
		if p.RetrievedAt.After(all.RetrievedAt) {
			all.RetrievedAt = p.RetrievedAt
		}
	}
	all.Settle(tracking.Context{})
	return all
}

func TestWebhookKeys(t *testing.T) {
	body := `{"event":"tracking.polled","items":[]}`
	dated := `{"event":"tracking.polled","timestamp":"2026-09-28T00:00:00.000Z","items":[]}`
	s := newSource()
	keyOf := func(body string, at time.Time) webhook.Digest {
		receipt, err := s.Verify(signed(pushSecret, body, at))
		if err != nil {
			t.Fatal(err)
		}
		return receipt.Key
	}
	later := pushedAt.Add(time.Second)
	if keyOf(body, pushedAt) == keyOf(body, later) {
		t.Error("a body without a time is not known by the header's")
	}
	lower := signed(pushSecret, body, pushedAt)
	lower.Header = http.Header{
		"x-webhook-timestamp": lower.Header["X-Webhook-Timestamp"], "x-webhook-signature": lower.Header["X-Webhook-Signature"],
	}
	if receipt, err := s.Verify(lower); err != nil || receipt.Key != keyOf(body, pushedAt) {
		t.Errorf("headers in lower case: key %s, %v", receipt.Key, err)
	}
	if keyOf(dated, pushedAt) != keyOf(dated, later) {
		t.Error("a body with a time, sent again, is another message")
	}
}

// TestWebhookFaults has a source that is at fault, and pushes that are signed right or not at all.
func TestWebhookFaults(t *testing.T) {
	body := pushes(t)["polled"].Request.Body
	for name, config := range map[string]deliveryapi.WebhookConfig{
		"no key":             {},
		"empty secret":       {Keys: keysOf("")},
		"blank secret":       {Keys: keysOf(strings.Repeat(" ", 20))},
		"short secret":       {Keys: keysOf(pushSecret[:15])},
		"one of two":         {Keys: keysOf(pushSecret, "short")},
		"negative tolerance": {Keys: keysOf(pushSecret), Tolerance: -1},
		"negative body":      {Keys: keysOf(pushSecret), MaxBody: -1},
	} {
		s := deliveryapi.Webhook(config)
		s.AllowPing(pushedAt, time.Minute)
		err := s.Validate()
		var e *tracking.Error
		if !errors.As(err, &e) || !errors.Is(err, tracking.ErrInvalidRequest) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, secret := range append(secretsOf(config.Keys), pushSecret, "") {
			if _, got := s.Verify(signed(secret, body, pushedAt)); !errors.Is(got, err) {
				t.Errorf("%s: verified with %v", name, got)
			}
		}
		if _, got := s.Read(t.Context(), webhook.Message{Body: []byte(body)}); !errors.Is(got, err) {
			t.Errorf("%s: read with %v", name, got)
		}
		if got := s.SetKeys(keysOf(pushSecret)); !errors.Is(got, err) {
			t.Errorf("%s: keys were set with %v", name, got)
		}
	}
	if err := newSource(func(c *deliveryapi.WebhookConfig) { c.Keys = keysOf(pushSecret[:16]) }).Validate(); err != nil {
		t.Errorf("16 bytes: %v", err)
	}
}

func secretsOf(keys []webhook.Key) []string {
	var secrets []string
	for _, k := range keys {
		secrets = append(secrets, k.Secret)
	}
	return secrets
}

func TestWebhookTerms(t *testing.T) {
	terms := newSource().Terms()
	if terms.MaxBody != 5<<20 || terms.ContentTypes != nil || terms.Gzip {
		t.Errorf("%+v", terms)
	}
	for want, answer := range map[int]webhook.Answer{200: terms.Accepted, 401: terms.Refused, 503: terms.TryAgain} {
		if answer.Status != want {
			t.Errorf("%+v, want %d", answer, want)
		}
	}
	if terms.Malformed != terms.Accepted {
		t.Error("a signed message is answered as a failure")
	}
	custom := newSource(func(c *deliveryapi.WebhookConfig) { c.MaxBody, c.Name = 7, "second" })
	if custom.Terms().MaxBody != 7 || custom.Name() != "second" || newSource().Name() != deliveryapi.DefaultName {
		t.Error("the configuration does not show")
	}
}

// TestForgeries changes a push that is right in every place, one at a time.
func TestForgeries(t *testing.T) {
	body := pushes(t)["polled"].Request.Body
	s := newSource()
	right := func() *webhook.Request { return signed(pushSecret, body, pushedAt) }
	if _, err := s.Verify(right()); err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, r *webhook.Request) {
		t.Helper()
		receipt, err := s.Verify(r)
		if err == nil || receipt != (webhook.Receipt{}) {
			t.Errorf("%s: taken", what)
			return
		}
		mustNotShow(t, what, err.Error(), pushSecret, digits(pushSecret, "1790553600."+body), "123456789012")
	}
	for i := range body {
		r := right()
		r.Body[i] ^= 1
		refuse(fmt.Sprint("bit of byte ", i), r)
	}
	for name, values := range right().Header {
		for i := range values[0] {
			r := right()
			changed := []byte(values[0])
			changed[i] ^= 1
			r.Header[name] = []string{string(changed)}
			refuse(fmt.Sprint(name, " at ", i), r)
		}
	}
	for what, change := range map[string]func(*webhook.Request){
		"shorter body":    func(r *webhook.Request) { r.Body = r.Body[:len(r.Body)-1] },
		"longer body":     func(r *webhook.Request) { r.Body = append(r.Body, '\n') },
		"no body":         func(r *webhook.Request) { r.Body = nil },
		"no headers":      func(r *webhook.Request) { r.Header = http.Header{} },
		"nil headers":     func(r *webhook.Request) { r.Header = nil },
		"signature twice": func(r *webhook.Request) { r.Header.Add("X-Webhook-Signature", r.Header.Get("X-Webhook-Signature")) },
		"time twice":      func(r *webhook.Request) { r.Header.Add("X-Webhook-Timestamp", r.Header.Get("X-Webhook-Timestamp")) },
		"two signatures in one": func(r *webhook.Request) {
			r.Header["X-Webhook-Signature"][0] += " " + r.Header["X-Webhook-Signature"][0]
		},
		"signature, then comma":  func(r *webhook.Request) { r.Header["X-Webhook-Signature"][0] += "," },
		"space before":           func(r *webhook.Request) { r.Header["X-Webhook-Timestamp"][0] = " 1790553600" },
		"leading zero":           func(r *webhook.Request) { r.Header["X-Webhook-Timestamp"][0] = "0" + "1790553600" },
		"plus":                   func(r *webhook.Request) { r.Header["X-Webhook-Timestamp"][0] = "+1790553600" },
		"later replay":           func(r *webhook.Request) { r.At = r.At.Add(301 * time.Second) },
		"long before":            func(r *webhook.Request) { r.At = r.At.Add(-301 * time.Second) },
		"no clock":               func(r *webhook.Request) { r.At = time.Time{} },
		"dot moved into body":    func(r *webhook.Request) { *r = moved(body) },
		"secret without prefix":  func(r *webhook.Request) { *r = *signed(strings.TrimPrefix(pushSecret, "whsec_"), body, pushedAt) },
		"secret with a newline":  func(r *webhook.Request) { *r = *signed(pushSecret+"\n", body, pushedAt) },
		"empty secret":           func(r *webhook.Request) { *r = *signed("", body, pushedAt) },
		"old secret, taken away": func(r *webhook.Request) { *r = *signed(oldSecret, body, pushedAt) },
	} {
		r := right()
		change(r)
		refuse(what, r)
	}
}

// moved gives the bytes that were signed another border between time and body.
func moved(body string) webhook.Request {
	r := signed(pushSecret, body, pushedAt)
	r.Header["X-Webhook-Timestamp"][0] = "179055360"
	r.Body = []byte("0." + body)
	return *r
}

func TestRotation(t *testing.T) {
	body := pushes(t)["polled"].Request.Body
	old, fresh := webhook.Key{ID: "old", Secret: oldSecret}, webhook.Key{ID: "new", Secret: pushSecret}
	s := deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: []webhook.Key{old}})
	keyOf := func(secret string) string {
		receipt, err := s.Verify(signed(secret, body, pushedAt))
		if err != nil {
			return err.Error()
		}
		return receipt.KeyID
	}
	refused := webhook.ErrSignatureMismatch.Error()
	check := func(when, wantOld, wantNew string) {
		t.Helper()
		if gotOld, gotNew := keyOf(oldSecret), keyOf(pushSecret); gotOld != wantOld || gotNew != wantNew {
			t.Errorf("%s: %s and %s, want %s and %s", when, gotOld, gotNew, wantOld, wantNew)
		}
	}
	check("before", "old", refused)
	if err := s.SetKeys([]webhook.Key{fresh, old}); err != nil {
		t.Fatal(err)
	}
	check("while both may come", "old", "new")
	for _, bad := range [][]webhook.Key{nil, {fresh, {ID: "short", Secret: "short"}}} {
		if err := s.SetKeys(bad); !errors.Is(err, tracking.ErrInvalidRequest) {
			t.Errorf("keys %v were set with %v", bad, err)
		}
	}
	check("after keys that were refused", "old", "new")
	if err := s.SetKeys([]webhook.Key{fresh}); err != nil {
		t.Fatal(err)
	}
	check("after", refused, "new")
}

func TestPing(t *testing.T) {
	body := `{"event":"endpoint.test"}`
	minute := func(n float64) time.Time { return pushedAt.Add(time.Duration(n * float64(time.Minute))) }
	tests := []struct {
		allowed time.Duration
		at      float64 // minutes
		ping    bool
	}{
		{0, 0, false}, {-time.Minute, 0, false},
		{time.Minute, -0.01, false}, {time.Minute, 0, true}, {time.Minute, 0.99, true}, {time.Minute, 1, false},
		{time.Hour, 9.99, true}, {time.Hour, 10, false},
	}
	for _, tt := range tests {
		s := newSource()
		s.AllowPing(pushedAt, tt.allowed)
		receipt, err := s.Verify(&webhook.Request{Body: []byte(body), At: minute(tt.at)})
		if receipt.Ping != tt.ping || (err == nil) != tt.ping {
			t.Errorf("%+v: %+v, %v", tt, receipt, err)
		}
	}

	s := newSource()
	s.AllowPing(pushedAt, time.Minute)
	s.AllowPing(pushedAt, 0)
	if _, err := s.Verify(&webhook.Request{At: pushedAt}); err == nil {
		t.Error("taken after it was switched off")
	}
	s.AllowPing(pushedAt, time.Minute)
	if receipt, err := s.Verify(signed(pushSecret, body, pushedAt)); err != nil || receipt.Ping || receipt.Key == (webhook.Digest{}) {
		t.Errorf("a signed one while it is on: %+v, %v", receipt, err)
	}
	if _, err := s.Verify(&webhook.Request{At: pushedAt}); err == nil {
		t.Error("taken after the first verified one")
	}
}

// TestWebhookConcurrently is for the race detector.
func TestWebhookConcurrently(t *testing.T) {
	p := pushes(t)["polled-batch"]
	s := newSource()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				s.AllowPing(pushedAt, time.Minute)
				if receipt, err := s.Verify(&webhook.Request{At: pushedAt}); err == nil && !receipt.Ping {
					t.Error("an unsigned request is no ping")
				}
				if err := s.SetKeys(keysOf(pushSecret, oldSecret)); err != nil {
					t.Error(err)
				}
				receipt, err := s.Verify(p.request())
				if err != nil || receipt.Ping {
					t.Error(receipt, err)
				}
				if reading, err := s.Read(context.Background(), message(p.request(), receipt)); err != nil || len(reading.Parcels) != 3 {
					t.Error(reading.Parcels, err)
				}
			}
		})
	}
	group.Wait()
}

// FuzzWebhookVerify compares with the formula written out.
func FuzzWebhookVerify(f *testing.F) {
	for _, p := range pushes(f) {
		f.Add(p.Request.Headers["X-Webhook-Signature"], p.Request.Headers["X-Webhook-Timestamp"], []byte(p.Request.Body), p.Webhook.Now)
	}
	s := deliveryapi.Webhook(deliveryapi.WebhookConfig{Keys: keysOf(pushSecret, oldSecret)})
	f.Fuzz(func(t *testing.T, signature, stamp string, body []byte, now int64) {
		at := time.Unix(now%(1<<40), 0)
		h := http.Header{"X-Webhook-Signature": {signature}, "X-Webhook-Timestamp": {stamp}}
		receipt, err := s.Verify(&webhook.Request{Header: h, Body: body, At: at})
		right := slices.ContainsFunc([]string{pushSecret, oldSecret}, func(secret string) bool {
			return signature == "sha256="+digits(secret, stamp+"."+string(body))
		})
		switch {
		case err != nil && (receipt != webhook.Receipt{}):
			t.Errorf("%v with a receipt", err)
		case err == nil && (!right || receipt.Ping || receipt.Key == webhook.Digest{} || at.Sub(receipt.SentAt).Abs() > 5*time.Minute):
			t.Errorf("taken: %q at %q, %s", signature, stamp, at)
		case err != nil && right && !errors.Is(err, webhook.ErrTimestampInvalid) && !errors.Is(err, webhook.ErrTimestampStale):
			t.Errorf("%q at %q: %v", signature, stamp, err)
		}
	})
}
