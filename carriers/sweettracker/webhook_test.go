package sweettracker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	hookToken = "TEST_TOKEN_0123456789_AB"
	hookFID   = "D20260302000017"
)

var receivedAt = kstTime("2026-03-03 15:20:00")

// ownParcel is the host's store: it has one parcel.
func ownParcel(_ context.Context, fid string) (tracking.Courier, string, bool, error) {
	if fid != hookFID {
		return "", "", false, nil
	}
	return courier.CJ, "5500-0000-1234", true, nil
}

func hookConfig() WebhookConfig {
	return WebhookConfig{Tokens: []webhook.Key{{ID: "new", Secret: hookToken}}, Lookup: ownParcel}
}

// posted is a callback as a handler sees it, behind the path up to the source's name.
func posted(t testing.TB, f fixture) *webhook.Request {
	t.Helper()
	rest, ok := strings.CutPrefix(f.Request.Path, "/webhooks/"+Name+"/")
	if !ok || f.Request.Method != http.MethodPost {
		t.Fatalf("%s is no callback", f.Name)
	}
	header := http.Header{}
	for name, value := range f.Request.Headers {
		header.Set(name, value)
	}
	return &webhook.Request{Header: header, Rest: rest, Body: reply{Body: f.Request.Body}.bytes(), At: receivedAt}
}

// stored is what an inbox keeps of a request.
func stored(r *webhook.Request, receipt webhook.Receipt) webhook.Message {
	return webhook.Message{
		Source: Name, Key: receipt.Key, Body: r.Body, ContentType: r.Header.Get("Content-Type"),
		Proof: receipt.Proof, KeyID: receipt.KeyID, SentAt: receipt.SentAt, ReceivedAt: r.At,
	}
}

// pushedBody is a stored callback with this body.
func pushedBody(contentType, body string) webhook.Message {
	return webhook.Message{Source: Name, Body: []byte(body), ContentType: contentType, ReceivedAt: receivedAt}
}

// TestCallbacks plays every recorded callback: what is answered, and what is read of it afterwards.
func TestCallbacks(t *testing.T) {
	source := Webhook(hookConfig())
	if err := source.Validate(); err != nil {
		t.Fatal(err)
	}
	levels := map[string]tracking.Status{
		"1": tracking.StatusRegistered, "2": tracking.StatusPickedUp, "3": tracking.StatusInTransit, "4": tracking.StatusInTransit,
		"5": tracking.StatusOutForDelivery, "6": tracking.StatusDelivered, "-99": tracking.StatusUnknown,
	}
	for _, name := range fixtureNames(t, "callback-") {
		t.Run(name, func(t *testing.T) {
			f := loadFixture(t, name)
			r := posted(t, f)
			receipt, err := source.Verify(r)
			if name == "callback-reply-wrong-token" {
				if !errors.Is(err, webhook.ErrToken) || receipt != (webhook.Receipt{}) {
					t.Errorf("%v, %+v", err, receipt)
				}
				checkAnswer(t, f, source.Terms().Refused)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if receipt.Proof != tracking.ProofURL || receipt.KeyID != "new" || receipt.Key != sha256.Sum256(r.Body) || receipt.Ping {
				t.Errorf("receipt %+v", receipt)
			}
			if name == "callback-reply-storage-down" {
				checkAnswer(t, f, source.Terms().TryAgain)
				return
			}
			m := stored(r, receipt)
			checkAnswer(t, f, source.Respond(t.Context(), m))
			reading, err := source.Read(t.Context(), m)
			switch name {
			case "callback-reply-unknown-fid":
				if !errors.Is(err, webhook.ErrUnmatched) {
					t.Errorf("got %v", err)
				}
				return
			case "callback-reply-unreadable-body":
				if !errors.Is(err, webhook.ErrMalformed) {
					t.Errorf("got %v", err)
				}
				return
			case "callback-reply-invoice-mismatch":
				if err != nil || reading.Ignored == "" || len(reading.Parcels) > 0 {
					t.Errorf("got %+v, %v", reading, err)
				}
				return
			}
			if err != nil || len(reading.Parcels) != 1 || reading.Ignored != "" || len(reading.Hints) > 0 {
				t.Fatalf("got %+v, %v", reading, err)
			}
			p := reading.Parcels[0]
			if p.Courier != courier.CJ || p.Number != "550000001234" || p.Source != Name || !p.RetrievedAt.Equal(receivedAt) || len(p.Events) != 1 {
				t.Fatalf("parcel %+v", p)
			}
			e := p.Events[0]
			want, known := levels[reading.Event]
			if !known || e.Code != reading.Event || e.Status != want || p.Status != want {
				t.Errorf("level %q: event %v, parcel %v, want %v", reading.Event, e.Status, p.Status, want)
			}
			if e.At.IsZero() || e.Published.Before(e.At) || e.At.Location() != kst || e.Text == "" || e.Place == "" {
				t.Errorf("event %+v", e)
			}
			again := p
			again.Settle(tracking.Context{})
			if diff := cmp.Diff(p, again); diff != "" {
				t.Errorf("the parcel is not settled:\n%s", diff)
			}
		})
	}
}

// checkAnswer compares an answer with a recorded one: the provider reads JSON, so the spelling is free.
func checkAnswer(t *testing.T, f fixture, got webhook.Answer) {
	t.Helper()
	if got.Status != f.Response.Status || got.ContentType != f.Response.Headers["Content-Type"] {
		t.Errorf("answered %d %q, want %d %q", got.Status, got.ContentType, f.Response.Status, f.Response.Headers["Content-Type"])
	}
	if got.Body == "" || got.ContentType == "" {
		if want := string(f.Response.bytes()); got.Body != want {
			t.Errorf("answered %q, want %q", got.Body, want)
		}
		return
	}
	if diff := cmp.Diff(decodeAny(t, f.Response.Body), decodeAny(t, []byte(got.Body))); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// TestCallbackTimes holds the three times of a callback against the wall clocks in it.
func TestCallbackTimes(t *testing.T) {
	source := Webhook(hookConfig())
	read := func(body string) tracking.Parcel {
		t.Helper()
		reading, err := source.Read(t.Context(), pushedBody("application/json", body))
		if err != nil {
			t.Fatal(err)
		}
		return reading.Parcels[0]
	}
	p := read(`{"fid":"D20260302000017","invoice_no":"550000001234","level":5,"time_trans":"2026-03-03 09:05:00","time_sweet":"2026-03-03 09:31:12","details":"배송출발","estmate":"14~16시"}`)
	e := p.Events[0]
	if !e.At.Equal(kstTime("2026-03-03 09:05:00")) || !e.Published.Equal(kstTime("2026-03-03 09:31:12")) || !e.AnswerAt.Equal(receivedAt) || !e.Assumed {
		t.Errorf("%+v", e)
	}
	if !p.Window.Start.Equal(kstTime("2026-03-03 14:00:00")) || !p.Window.End.Equal(kstTime("2026-03-03 16:00:00")) {
		t.Errorf("window %v", p.Window)
	}
	p = read(`{"fid":"D20260302000017","invoice_no":"550000001234","level":5,"time_trans":"2026-03-03 09:05","estimate":"2026-03-04"}`)
	if !p.Events[0].At.Equal(kstTime("2026-03-03 09:05:00")) || !p.Estimated.Equal(kstTime("2026-03-04 00:00:00")) {
		t.Errorf("%+v", p)
	}
	p = read(`{"fid":"D20260302000017","invoice_no":"550000001234","level":6,"time_trans":"soon","time_sweet":"0001-01-01 00:00:00"}`)
	if e := p.Events[0]; !e.At.IsZero() || e.Precision != tracking.PrecisionNone || !e.Published.IsZero() || p.Status != tracking.StatusDelivered {
		t.Errorf("%+v", p)
	}
}

// TestCallbackForgery holds that only a token, whole and at its place, opens the door, and that no refusal differs.
func TestCallbackForgery(t *testing.T) {
	config := hookConfig()
	config.Tokens = append(config.Tokens, webhook.Key{ID: "old", Secret: "OLD_TOKEN_0123456789_ABC"})
	source := Webhook(config)
	f := loadFixture(t, "callback-json-level5")
	for rest, id := range map[string]string{hookToken: "new", "OLD_TOKEN_0123456789_ABC": "old"} {
		r := posted(t, f)
		r.Rest = rest
		if receipt, err := source.Verify(r); err != nil || receipt.KeyID != id {
			t.Errorf("%s: %+v, %v", id, receipt, err)
		}
	}
	for _, rest := range []string{
		"", "/", " ", hookToken[:23], hookToken[1:], hookToken + "A", hookToken + "/", "/" + hookToken, hookToken + "/x", "x/" + hookToken,
		strings.ToLower(hookToken), hookToken + " ", hookToken + "\x00", hookToken + "?", url.PathEscape(hookToken + "é"), "new", Name,
		hookToken + hookToken, "OLD_TOKEN_0123456789_AB", strings.Repeat("A", 1<<16),
	} {
		r := posted(t, f)
		r.Rest = rest
		r.Header.Set("Authorization", "Bearer "+hookToken) // a token elsewhere is none
		r.Header.Set("X-Token", hookToken)
		receipt, err := source.Verify(r)
		if !errors.Is(err, webhook.ErrToken) || receipt != (webhook.Receipt{}) {
			t.Errorf("%.40q: %+v, %v", rest, receipt, err)
		}
		if err != nil && (strings.Contains(err.Error(), hookToken) || len(rest) > 3 && rest != Name && strings.Contains(err.Error(), rest)) {
			t.Errorf("%.40q: the error shows a token: %v", rest, err)
		}
	}
	// A right token takes any body, and none is worked that names another parcel.
	for name, body := range map[string]string{
		"another fid":    `{"fid":"D1","invoice_no":"550000001234","level":"6"}`,
		"another number": `{"fid":"D20260302000017","invoice_no":"550000001235","level":"6"}`,
		"no number":      `{"fid":"D20260302000017","level":"6"}`,
		"no fid":         `{"invoice_no":"550000001234","level":"6"}`,
	} {
		r := &webhook.Request{Rest: hookToken, Header: http.Header{}, Body: []byte(body), At: receivedAt}
		receipt, err := source.Verify(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		m := stored(r, receipt)
		if reading, err := source.Read(t.Context(), m); len(reading.Parcels) > 0 || err == nil && reading.Ignored == "" {
			t.Errorf("%s: %+v, %v", name, reading, err)
		}
		if answer := source.Respond(t.Context(), m); answer == answerAccepted || answer.Status != http.StatusOK {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

// TestCallbackBodies reads what providers, proxies and strangers may send.
func TestCallbackBodies(t *testing.T) {
	const fits = `fid=D20260302000017&invoice_no=550000001234&level=`
	const jsonFits = `{"fid":"D20260302000017","invoice_no":"550000001234","level":`
	for _, tt := range []struct {
		name, kind, body string
		level            string // empty: malformed
		answer           webhook.Answer
	}{
		{"JSON", "application/json", jsonFits + `"5"}`, "5", answerAccepted},
		{"JSON by its own name", "application/vnd.sweet+json", jsonFits + `5}`, "5", answerAccepted},
		{"JSON without a type", "", " \r\n" + jsonFits + `5}`, "5", answerAccepted},
		{"JSON as text", "text/plain", jsonFits + `5}`, "5", answerAccepted},
		{"JSON under a broken type", "application/json; ;=", jsonFits + `5}`, "5", answerAccepted},
		{"a form", "application/x-www-form-urlencoded", fits + "5", "5", answerAccepted},
		{"a form without a type", "", fits + "5", "5", answerAccepted},
		{"a form in capitals", "Application/X-WWW-Form-URLEncoded; charset=EUC-KR", fits + "5", "5", answerAccepted},
		{"a form with a broken field", "", "recv_name=%zz&" + fits + "5", "5", answerAccepted},
		{"a number with dashes", "", "fid=D20260302000017&invoice_no=5500-0000-1234&level=5", "5", answerAccepted},
		{"a number as a number", "", `{"fid":"D20260302000017","invoice_no":550000001234,"level":5}`, "5", answerAccepted},
		{"a level with spaces", "", jsonFits + `" 5 "}`, "5", answerAccepted},
		{"a level as a float", "", jsonFits + `5.0}`, "5", answerAccepted},
		{"a level that nobody knows", "", jsonFits + `7}`, "7", answerAccepted},
		{"another negative level", "", jsonFits + `-1}`, "-1", answerAccepted},
		{"a huge level", "", jsonFits + `9007199254740991}`, "9007199254740991", answerAccepted},
		{"odd fields besides", "", jsonFits + `5,"where":{"a":1},"details":[1],"time_trans":false}`, "5", answerAccepted},
		{"no level", "", `{"fid":"D20260302000017","invoice_no":"550000001234"}`, "", answerInvalidBody},
		{"a null level", "", jsonFits + `null}`, "", answerInvalidBody},
		{"an empty level", "", jsonFits + `""}`, "", answerInvalidBody},
		{"a word for a level", "", fits + "delivered", "", answerInvalidBody},
		{"half a level", "", jsonFits + `5.5}`, "", answerInvalidBody},
		{"a level beyond numbers", "", jsonFits + `1e400}`, "", answerInvalidBody},
		{"nothing", "", "", "", answerInvalidBody},
		{"no object", "application/json", `null`, "", answerInvalidBody},
		{"a list", "application/json", `[` + jsonFits + `5}]`, "", answerInvalidBody},
		{"cut", "application/json", jsonFits + `5`, "", answerInvalidBody},
		{"two objects", "application/json", jsonFits + `5}` + jsonFits + `6}`, "", answerInvalidBody},
		{"a form that says JSON", "application/json", fits + "5", "", answerInvalidBody},
		{"XML", "application/xml", `<callback><level>5</level></callback>`, "", answerInvalidBody},
		{"bytes", "", "\x00\xff\xfe{", "", answerInvalidBody},
		{"deep", "application/json", strings.Repeat("[", 30_000), "", answerInvalidBody},
		{"no fid", "", `{"invoice_no":"550000001234","level":5}`, "", answerInvalidFID},
		{"a fid that is too long", "", `{"fid":"` + strings.Repeat("가", 31) + `","level":5}`, "", answerInvalidFID},
		{"a fid with a null", "", `{"fid":"D\u0000","level":5}`, "", answerInvalidFID},
		{"a fid that is no UTF-8", "", "fid=%ff&level=5", "", answerInvalidFID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := hookConfig()
			config.Lookup = func(ctx context.Context, fid string) (tracking.Courier, string, bool, error) {
				if !possibleFID(fid) {
					t.Errorf("the host was asked about %q", fid)
				}
				return ownParcel(ctx, fid)
			}
			source := Webhook(config)
			m := pushedBody(tt.kind, tt.body)
			if got := source.Respond(t.Context(), m); got != tt.answer {
				t.Errorf("answered %+v", got)
			}
			reading, err := source.Read(t.Context(), m)
			if tt.level == "" {
				if !errors.Is(err, webhook.ErrMalformed) || len(reading.Parcels) > 0 {
					t.Errorf("got %+v, %v", reading, err)
				}
				return
			}
			if err != nil || reading.Event != tt.level || len(reading.Parcels) != 1 {
				t.Errorf("got %+v, %v", reading, err)
			}
		})
	}
}

// TestCallbackLookup holds what a host's store may do.
func TestCallbackLookup(t *testing.T) {
	down := errors.New("store down, asked for CANARY")
	for _, tt := range []struct {
		name   string
		c      tracking.Courier
		number string
		found  bool
		err    error
		want   error
		answer webhook.Answer
	}{
		{"knows it not", "", "", false, nil, webhook.ErrUnmatched, answerInvalidFID},
		{"is down", courier.CJ, "550000001234", true, down, down, answerAccepted},
		{"is late", "", "", false, context.DeadlineExceeded, context.DeadlineExceeded, answerAccepted},
		{"finds nothing in particular", "", "", true, nil, errHollow, answerAccepted},
		{"finds no number", courier.CJ, "", true, nil, errHollow, answerAccepted},
		{"has another courier", courier.Hanjin, "550000001234", true, nil, nil, answerAccepted},
		{"has a courier that the directory lacks", "sweettracker:999", "5500-0000-1234", true, nil, nil, answerAccepted},
	} {
		config := hookConfig()
		config.Lookup = func(_ context.Context, fid string) (tracking.Courier, string, bool, error) {
			if fid != hookFID {
				t.Errorf("%s: asked about %q", tt.name, fid)
			}
			return tt.c, tt.number, tt.found, tt.err
		}
		source := Webhook(config)
		m := pushedBody("", "fid=D20260302000017&invoice_no=550000001234&level=5&courier_code=04")
		if got := source.Respond(t.Context(), m); got != tt.answer {
			t.Errorf("%s: answered %+v", tt.name, got)
		}
		reading, err := source.Read(t.Context(), m)
		if !errors.Is(err, tt.want) || err != nil && (strings.Contains(err.Error(), "CANARY") || errors.Is(err, webhook.ErrMalformed)) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if tt.want == nil && (len(reading.Parcels) != 1 || reading.Parcels[0].Courier != tt.c) {
			t.Errorf("%s: got %+v", tt.name, reading)
		}
	}
}

func TestWebhookConfig(t *testing.T) {
	short := hookConfig()
	short.Tokens = []webhook.Key{{Secret: "TOKEN_OF_16_CHARS"}}
	for name, config := range map[string]WebhookConfig{
		"nothing": {}, "no Lookup": {Tokens: hookConfig().Tokens}, "no token": {Lookup: ownParcel}, "a short token": short,
	} {
		source := Webhook(config)
		fault := source.Validate()
		if fault == nil || strings.Contains(fault.Error(), "TOKEN_OF") {
			t.Errorf("%s: %v", name, fault)
		}
		for _, rest := range []string{"", hookToken, "TOKEN_OF_16_CHARS"} {
			receipt, err := source.Verify(&webhook.Request{Rest: rest, At: receivedAt})
			if err == nil || receipt != (webhook.Receipt{}) {
				t.Errorf("%s: %q opens it", name, rest)
			}
		}
		if _, err := source.Read(t.Context(), pushedBody("", "fid=D1&level=5")); err == nil {
			t.Errorf("%s: it reads", name)
		}
		source.Respond(t.Context(), pushedBody("", "fid=D1&level=5"))
		if name == "nothing" && (!strings.Contains(fault.Error(), "token") || !strings.Contains(fault.Error(), "Lookup")) {
			t.Errorf("not every fault is told: %v", fault)
		}
	}
	config := hookConfig()
	config.Name = "second-account"
	if got := Webhook(config).Name(); got != "second-account" {
		t.Errorf("the name is %q", got)
	}
	address := config.Callback("https://shop.example/webhooks/")
	if address != "https://shop.example/webhooks/second-account/"+hookToken {
		t.Errorf("the address is %q", address)
	}
	if err := checkCallback(address); err != nil {
		t.Errorf("the address cannot be registered: %v", err)
	}
	if got := (WebhookConfig{}).Callback("https://shop.example"); got != "" {
		t.Errorf("without a token: %q", got)
	}
	if terms := Webhook(config).Terms(); terms.MaxBody != 64<<10 || terms.Gzip || len(terms.ContentTypes) > 0 {
		t.Errorf("%+v", terms)
	}
}

// TestCallbacksShowNobody fills every field with persons, and looks for them in all that comes out.
func TestCallbacksShowNobody(t *testing.T) {
	fields := map[string]string{
		"secret_value": "CANARY-0", "fid": hookFID, "invoice_no": "550000001234", "level": "5",
		"time_trans": "2026-03-03 09:05:00", "time_sweet": "2026-03-03 09:31:12",
		"where": "부산가상 010-9999-8888", "details": "배송출발(배송담당:홍길동 010-1234-5678)", "telno_office": "02-111-2222", "telno_man": "010-7777-6666",
		"recv_addr": "CANARY-1", "recv_name": "CANARY-2", "send_name": "CANARY-3", "man": "CANARY-4", "comcode": "CANARY-5", "courier_code": "CANARY-6",
	}
	canaries := []string{"CANARY", "홍길동", "010-1234-5678", "010-9999-8888", "02-111-2222", "010-7777-6666", hookToken}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	source := Webhook(hookConfig())
	leaks(t, "the configuration", hookConfig(), canaries...)
	leaks(t, "the source", source, canaries...)
	leaks(t, "the source by value", struct{ S *WebhookSource }{source}, canaries...)
	for _, m := range []webhook.Message{pushedBody("application/json", string(encoded)), pushedBody("", form.Encode())} {
		reading, err := source.Read(t.Context(), m)
		if err != nil || len(reading.Parcels) != 1 {
			t.Fatalf("%+v, %v", reading, err)
		}
		if got := reading.Parcels[0].Events[0].Text; !strings.Contains(got, "배송출발") {
			t.Errorf("the text lost more than it must: %q", got)
		}
		leaks(t, "the reading", reading, canaries...)
		leaks(t, "the answer", source.Respond(t.Context(), m), canaries...)
	}
	for _, broken := range []string{
		`{"fid":"CANARY","invoice_no":"CANARY","level":5}`, `{"fid":"D20260302000017","invoice_no":"CANARY","level":5}`,
		`{"fid":"CANARY","level":"CANARY"}`, `{"CANARY`, "CANARY", `{"fid":"` + strings.Repeat("CANARY", 20) + `","level":5}`,
	} {
		reading, err := source.Read(t.Context(), pushedBody("", broken))
		leaks(t, "the error", fmt.Errorf("%w", errors.Join(err, errors.New(reading.Ignored))), canaries...)
		leaks(t, "the answer", source.Respond(t.Context(), pushedBody("", broken)), canaries...)
	}
}

// FuzzCallbackVerify holds that nothing but the token opens the door, and that any body passes behind it.
func FuzzCallbackVerify(f *testing.F) {
	source := Webhook(hookConfig())
	for _, name := range fixtureNames(f, "callback-") {
		r := posted(f, loadFixture(f, name))
		f.Add(r.Rest, r.Body)
	}
	f.Add("", []byte(nil))
	f.Add(hookToken+"/", []byte{0xff})
	f.Fuzz(func(t *testing.T, rest string, body []byte) {
		receipt, err := source.Verify(&webhook.Request{Rest: rest, Body: body, At: receivedAt})
		if opened := err == nil; opened != (rest == hookToken) {
			t.Fatalf("%q: %v", rest, err)
		}
		if err == nil && (receipt.Key != sha256.Sum256(body) || receipt.Proof != tracking.ProofURL) {
			t.Fatalf("%+v", receipt)
		}
	})
}

// FuzzCallbackRead holds that reading is total, agrees with the answer, and makes nothing but an event of the host's parcel.
func FuzzCallbackRead(f *testing.F) {
	source := Webhook(hookConfig())
	for _, name := range fixtureNames(f, "callback-") {
		r := posted(f, loadFixture(f, name))
		f.Add(r.Header.Get("Content-Type"), r.Body)
		f.Add("", r.Body)
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		m := webhook.Message{Source: Name, Body: body, ContentType: kind, ReceivedAt: receivedAt}
		reading, err := source.Read(t.Context(), m)
		answer := source.Respond(t.Context(), m)
		if accepted := answer == answerAccepted; accepted != (len(reading.Parcels) == 1) || accepted != (err == nil && reading.Ignored == "") {
			t.Fatalf("answered %+v, read %+v, %v", answer, reading, err)
		}
		if err != nil && !errors.Is(err, webhook.ErrMalformed) && !errors.Is(err, webhook.ErrUnmatched) {
			t.Fatal(err)
		}
		for _, p := range reading.Parcels {
			if p.Courier != courier.CJ || p.Number != "550000001234" || len(p.Events) != 1 || p.Events[0].Carrier != Name {
				t.Fatalf("%+v", p)
			}
			if _, err := json.Marshal(p); err != nil {
				t.Fatal(err)
			}
			if p.Events[0].Code == "-99" && p.Status != tracking.StatusUnknown {
				t.Fatalf("a scan error says %v", p.Status)
			}
			if p.RetrievedAt != receivedAt || p.Events[0].At.Sub(time.Time{}) < 0 {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// brokenInbox is a store that is down.
type brokenInbox struct{ webhook.Inbox }

func (brokenInbox) Put(context.Context, webhook.Message) (bool, error) {
	return false, errors.New("store down")
}

// TestCallbacksThroughHandler posts every recorded callback to a handler, as the provider does: what is answered, and that
// it is kept.
func TestCallbacksThroughHandler(t *testing.T) {
	for _, name := range fixtureNames(t, "callback-") {
		t.Run(name, func(t *testing.T) {
			inbox := webhook.NewMemoryInbox()
			var store webhook.Inbox = inbox
			if name == "callback-reply-storage-down" {
				store = brokenInbox{inbox}
			}
			handler, err := webhook.NewHandler(webhook.Config{Sources: []webhook.Source{Webhook(hookConfig())}, Inbox: store})
			if err != nil {
				t.Fatal(err)
			}
			f := loadFixture(t, name)
			for range 2 { // once more: the same answer, and nothing more is kept
				r := posted(t, f)
				req := httptest.NewRequestWithContext(t.Context(), f.Request.Method, f.Request.Path, bytes.NewReader(r.Body))
				req.Header = r.Header
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, req)
				checkAnswer(t, f, webhook.Answer{Status: w.Code, ContentType: w.Header().Get("Content-Type"), Body: w.Body.String()})
			}
			kept := 0
			for letter, err := range inbox.Letters(t.Context(), webhook.LetterFilter{}) {
				kept++
				if err != nil || letter.Message.Source != Name || !bytes.Equal(letter.Message.Body, posted(t, f).Body) {
					t.Errorf("%+v, %v", letter, err)
				}
			}
			want := 1
			if name == "callback-reply-storage-down" || name == "callback-reply-wrong-token" {
				want = 0
			}
			if kept != want {
				t.Errorf("%d are kept, want %d", kept, want)
			}
		})
	}
}
