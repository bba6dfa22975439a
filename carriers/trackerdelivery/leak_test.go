package trackerdelivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/tracking"
)

// The canaries: none of them may show anywhere but on the wire.
const (
	canarySecret = "CANARY-SECRET/+=&"
	canaryToken  = "CANARY-ACCESS-TOKEN"
	canaryHook   = "CANARY-CALLBACK-TOKEN"
	canaryNumber = "680198765432"
	canaryName   = "제갈공명"
	canaryPhone  = "010-9876-5432"
)

func clean(t *testing.T, what, text string) {
	t.Helper()
	for _, canary := range []string{canarySecret, canaryToken, canaryHook, canaryName, canaryPhone, "9876-", "https://shop", "CANARY"} {
		if strings.Contains(text, canary) {
			t.Errorf("%s shows %s: %s", what, canary, text)
		}
	}
}

// show prints a value in every way there is.
func show(v any) string {
	text := fmt.Sprintf("%v %+v %#v %s %q %d", v, v, v, v, v, v)
	if encoded, err := json.Marshal(v); err == nil {
		text += string(encoded)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", v)
	return text + log.String()
}

// TestNothingLeaks lets a server quote everything it knows, in every kind of answer.
func TestNothingLeaks(t *testing.T) {
	quote := fmt.Sprintf("%s @@ %s %s 배송담당:%s %s https://shop.example/%s", canarySecret, canaryHook, canaryNumber, canaryName, canaryPhone, canaryHook)
	quoted, _ := json.Marshal(quote)
	var replies []reply
	for _, code := range []string{"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "BAD_REQUEST", "INTERNAL", quote} {
		coded, _ := json.Marshal(code)
		for _, path := range []string{"", `,"path":["track"]`, `,"path":["registerTrackWebhook"]`} {
			for _, status := range []int{200, 400, 500} {
				r := jsonReply(`{"errors":[{"message":%s,"extensions":{"code":%s}%s}],"data":null}`, quoted, coded, path)
				r.status = status
				replies = append(replies, r)
			}
		}
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		replies = append(replies, reply{status: status, header: map[string]string{"Content-Type": "text/html", "Location": "https://shop.example/" + canaryHook}, body: []byte(quote)})
	}
	// A fault of the network quotes addresses, and a host's own RoundTripper perhaps keys; persons are not known to it.
	replies = append(replies, reply{err: fmt.Errorf("%s dial https://shop.example/%s: refused", canarySecret, canaryHook)})
	for _, auth := range []Auth{AuthKey, AuthOAuth2, AuthOAuth2Basic} {
		for _, r := range replies {
			synctest.Test(t, func(t *testing.T) {
				server := &server{answer: func(s sent) reply {
					if strings.HasSuffix(s.url, "/token") {
						return jsonReply(`{"access_token":%q}`, canaryToken)
					}
					if auth != AuthKey { // a token that is in use
						r := r
						r.body = bytes.ReplaceAll(r.body, []byte("@@ "), []byte(canaryToken+" "))
						return r
					}
					return r
				}}
				var log bytes.Buffer
				address := "https://shop.example/" + canaryHook
				carrier := managed(server, func(c *Config) {
					c.ClientSecret, c.Auth, c.Callbacks = canarySecret, auth, []string{address}
					c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
				_, err := one(t, carrier, stub("kr.cjlogistics", canaryNumber))
				clean(t, "the error", show(err)+err.Error())
				if strings.Contains(err.Error(), canaryNumber) {
					t.Errorf("the error shows the whole number: %v", err)
				}
				regs, err := carrier.Subscribe(t.Context(), []tracking.Subscription{{Courier: "cj", Number: canaryNumber, Callback: address}})
				if err != nil {
					t.Fatal(err)
				}
				clean(t, "the registration", fmt.Sprintf("%v %+v %#v", regs, regs, regs)+regs[0].Err.Error())
				clean(t, "the carrier", show(carrier))
				clean(t, "the log", log.String())
			})
		}
	}
}

// TestNamesStayOut: persons are not read, and the driver's line is scrubbed.
func TestNamesStayOut(t *testing.T) {
	person := fmt.Sprintf(`{"name":%q,"phoneNumber":%q,"location":{"name":%q}}`, canaryName, canaryPhone, canaryName)
	note := fmt.Sprintf("배송출발 (배송담당:%s %s)", canaryName, canaryPhone)
	event := fmt.Sprintf(`{"time":"2026-03-03T12:00:00.000+09:00","status":{"code":"OUT_FOR_DELIVERY","name":%q},"contact":%s,"description":%q,"location":{"name":"수영"}}`, "배송출발", person, note)
	answer := jsonReply(`{"data":{"track":{"trackingNumber":"000000000000","lastEvent":%s,"events":{"edges":[{"cursor":"a","node":%s}]},"sender":%s,"recipient":%s}}}`, event, event, person, person)
	results, err := managed(replies(answer)).Query(t.Context(), []tracking.Query{stub("kr.cjlogistics", "000000000000")})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
	text, err := json.Marshal(results)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{canaryName, canaryPhone, "9876-"} {
		if strings.Contains(string(text), canary) {
			t.Errorf("the result shows %s: %s", canary, text)
		}
	}
	if !strings.Contains(results[0].Parcel.Events[0].Note, "배송출발") {
		t.Errorf("the note lost more than it must: %q", results[0].Parcel.Events[0].Note)
	}
}

// TestKeepRaw gives the host what it asked for, and nothing where it did not.
func TestKeepRaw(t *testing.T) {
	all := allExchanges(t)
	raw := func(c *Config) { c.KeepRaw = true }
	server := replies(all["managed-track-page1-of-2"].reply(), all["managed-track-page2-of-2"].reply())
	q := stub("kr.cjlogistics", "000000000000")
	q.FullHistory = true
	p, err := one(t, managed(server, raw), q)
	if err != nil {
		t.Fatal(err)
	}
	for i, ev := range p.Events {
		var got event
		if err := json.Unmarshal([]byte(ev.Raw), &got); err != nil || got.Location.Name != ev.Place {
			t.Errorf("event %d at %s: %q, %v", i, ev.Place, ev.Raw, err)
		}
	}
	if !strings.Contains(server.seen()[0].document, "contact { name phoneNumber }") {
		t.Error("the whole event was not asked for")
	}
	partial, err := managed(replies(all["managed-alias-batch-partial-field"].reply()), raw, aliases(3)).Query(t.Context(), batch())
	if err != nil || !strings.Contains(partial[0].Parcel.Events[0].Raw, "간선상차") {
		t.Errorf("the last event alone: %+v, %v", partial, err)
	}
	v1, err := one(t, old(replies(all["v1-managed-track-delivered"].reply()), func(c *V1Config) { c.KeepRaw = true }), stub("kr.cjlogistics", "000000000000"))
	if err != nil || !strings.Contains(v1.Events[1].Raw, "배송완료") {
		t.Errorf("%+v, %v", v1, err)
	}
}

// TestPrintedValues: configurations, keys and carriers hide their secrets however they are printed.
func TestPrintedValues(t *testing.T) {
	c := Config{ClientID: "public-id", ClientSecret: canarySecret, BaseURL: "https://x.example/a?" + canaryToken, Callbacks: []string{"https://shop.example/" + canaryHook}}
	v1 := V1Config{ClientID: "public-id", ClientSecret: canarySecret, BaseURL: "https://x.example"}
	pair := Credentials{"public-id", canarySecret}
	for name, v := range map[string]any{
		"Config": c, "*Config": &c, "[]Config": []Config{c}, "V1Config": v1, "*V1Config": &v1, "Credentials": pair, "*Credentials": &pair,
		"map": map[string]Credentials{"a": pair}, "New": New(c), "NewV1": NewV1(v1), "nested": struct{ Carrier tracking.Carrier }{New(c)},
	} {
		text := show(v)
		clean(t, name, text)
		if !strings.Contains(text, "public-id") {
			t.Errorf("%s does not show its public part: %s", name, text)
		}
	}
}
