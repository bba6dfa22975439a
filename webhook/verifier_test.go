package webhook_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// oneKey is a key that all constructors take, as a secret, a token and in base64.
var oneKey = webhook.Key{ID: "only", Secret: "test0123456789abcdefexample00abc"}

// mustVerify gives a verifier and the signer of its first key.
func mustVerify(tb testing.TB, s webhook.Scheme, keys ...webhook.Key) (*webhook.Verifier, *webhook.Signer) {
	tb.Helper()
	v, err := webhook.NewVerifier(s, keys)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := webhook.NewSigner(s, keys[0])
	if err != nil {
		tb.Fatal(err)
	}
	return v, signer
}

// TestVectors: signatures that were made elsewhere. Those of timed HMAC come from receivers of deliveryapi, that of Standard
// Webhooks from its reference implementations, that of the body alone from GitHub's documentation.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Scheme, Body, Error, Fits string
		Secrets                         []string
		Headers                         map[string]string
		Now                             int64
		Lenient                         *bool // accepted in the lenient format
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	sentinels := map[string]error{
		"": nil, "ErrSignatureMissing": webhook.ErrSignatureMissing, "ErrSignatureFormat": webhook.ErrSignatureFormat,
		"ErrSignatureMismatch": webhook.ErrSignatureMismatch, "ErrTimestampInvalid": webhook.ErrTimestampInvalid,
		"ErrTimestampStale": webhook.ErrTimestampStale, "ErrIdentityMissing": webhook.ErrIdentityMissing,
	}
	schemes := map[string]webhook.Scheme{
		"timed": webhook.TimedHMAC("x-webhook-signature", "x-webhook-timestamp"), "standard": webhook.StandardWebhooks(),
		"body": webhook.BodyHMAC("X-Hub-Signature-256", "sha256="),
	}
	for _, vector := range vectors {
		t.Run(vector.Name, func(t *testing.T) {
			want, ok := sentinels[vector.Error]
			if !ok {
				t.Fatalf("no sentinel %q", vector.Error)
			}
			var keys []webhook.Key
			for i, secret := range vector.Secrets {
				keys = append(keys, webhook.Key{ID: fmt.Sprint("key ", i), Secret: secret})
			}
			h := http.Header{}
			for name, value := range vector.Headers {
				h.Set(name, value)
			}
			verify := func(s webhook.Scheme) (webhook.Receipt, error) {
				v, _ := mustVerify(t, s, keys...)
				return v.Verify(h, []byte(vector.Body), time.Unix(vector.Now, 0))
			}
			s := schemes[vector.Scheme]
			got, err := verify(s)
			if err != want {
				t.Fatalf("%v, want %v", err, want)
			}
			if fits := map[bool]string{true: "key 0", false: vector.Fits}[vector.Fits == ""]; err == nil && got.KeyID != fits {
				t.Errorf("%s fits, want %s", got.KeyID, fits)
			}
			s.Lenient = true
			if _, err := verify(s); vector.Lenient != nil && (err == nil) != *vector.Lenient {
				t.Errorf("in the lenient format: %v", err)
			}
		})
	}
	if len(vectors) < 25 {
		t.Errorf("only %d vectors", len(vectors))
	}
}

// TestSecretsAreRefused: an environment variable that is not set must not become a key that everybody has, and a mistake in one
// should show when the program starts, not at the first push.
func TestSecretsAreRefused(t *testing.T) {
	standard := webhook.StandardWebhooks()
	standard.Signature = "Webhook-Signature-Of-Standard"
	schemes := []webhook.Scheme{webhook.TimedHMAC("X-Sig", "X-Time"), webhook.BodyHMAC("X-Sig", ""), standard}
	for name, keys := range map[string][]webhook.Key{
		"no keys":              {},
		"an empty secret":      {{ID: "a"}},
		"a blank secret":       {{ID: "a", Secret: strings.Repeat(" ", 32)}},
		"ends of lines":        {{ID: "a", Secret: strings.Repeat("\n", 32)}},
		"15 bytes":             {{ID: "a", Secret: "canary789012345"}},
		"15 bytes and a space": {{ID: "a", Secret: "canary789012345 "}},
		"an end of line":       {{ID: "a", Secret: oneKey.Secret + "\n"}},
		"whsec_ alone":         {{ID: "a", Secret: "whsec_"}},
		"the second is empty":  {oneKey, {ID: "a"}},
		"a secret twice":       {{ID: "a", Secret: oneKey.Secret}, {ID: "b", Secret: oneKey.Secret}},
		"an ID twice":          {{ID: "a", Secret: oneKey.Secret}, {ID: "a", Secret: strings.ToUpper(oneKey.Secret)}},
		"no IDs":               {{Secret: oneKey.Secret}, {Secret: strings.ToUpper(oneKey.Secret)}},
	} {
		check := func(what string, err error) {
			if err == nil || strings.ContainsAny(err.Error(), "\n\t") || !strings.HasPrefix(err.Error(), "webhook: ") {
				t.Errorf("%s, %s: %v", name, what, err)
				return
			}
			for _, k := range keys {
				if run := sharedRun(err.Error(), k.Secret); strings.TrimSpace(run) != "" && k.Secret != "whsec_" {
					t.Errorf("%s, %s: the error holds %q of the secret", name, what, run)
				}
			}
		}
		_, err := webhook.NewTokens(keys)
		check("tokens", err)
		for _, s := range schemes {
			_, err := webhook.NewVerifier(s, keys)
			check(s.Signature, err)
			if len(keys) == 1 {
				_, err := webhook.NewSigner(s, keys[0])
				check("signer of "+s.Signature, err)
			}
		}
	}
	for name, secret := range map[string]string{
		"no base64":        "canary_canary_canary_canary_____",
		"15 bytes":         base64.StdEncoding.EncodeToString([]byte("canary789012345")),
		"blank":            base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", 24))),
		"ends of lines":    oneKey.Secret[:16] + "\r\n" + oneKey.Secret[16:],
		"no padding":       strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("canary7890123456")), "="),
		"the prefix twice": "whsec_whsec_" + oneKey.Secret,
	} {
		if _, err := webhook.NewVerifier(standard, []webhook.Key{{Secret: secret}}); err == nil || sharedRun(err.Error(), secret) != "" {
			t.Errorf("Standard Webhooks, %s: %v", name, err)
		}
	}
	same := []webhook.Key{{ID: "a", Secret: oneKey.Secret}, {ID: "b", Secret: "whsec_" + oneKey.Secret}}
	if _, err := webhook.NewVerifier(standard, same); err == nil {
		t.Error("one secret with and without whsec_ passes for two")
	}
	for name, secret := range map[string]string{"slash": "canary/0123456789/abcdef", "percent": "canary%30123456789abcdef", "Hangul": "canary012345송장번호", "21 characters": "canary012345678901234"} {
		if _, err := webhook.NewTokens([]webhook.Key{{Secret: secret}}); err == nil {
			t.Errorf("a token with %s passes", name)
		}
	}
	if _, err := webhook.NewVerifier(standard, []webhook.Key{{Secret: base64.StdEncoding.EncodeToString([]byte("\n 34567890123456"))}}); err != nil {
		t.Errorf("16 bytes that begin with white space are as good as others: %v", err)
	}
}

func TestSchemesAreRefused(t *testing.T) {
	for name, s := range map[string]webhook.Scheme{
		"the zero scheme":         {},
		"a name with a colon":     {Signature: "X-Sig:"},
		"a name with a space":     {Signature: "X Sig"},
		"a time in Hangul":        {Signature: "X-Sig", Timestamp: "시각"},
		"one header twice":        {Signature: "X-Sig", Timestamp: "x-sig"},
		"id and signature in one": {Signature: "X-Sig", Identity: "x-sig"},
		"id and time in one":      {Signature: "X-Sig", Timestamp: "X-A", Identity: "x-a"},
		"another encoding":        {Signature: "X-Sig", Encoding: 2},
		"a space in the prefix":   {Signature: "X-Sig", Prefix: "v1 ", Several: true},
		"a negative tolerance":    {Signature: "X-Sig", Timestamp: "X-Time", Tolerance: -1},
		"a window without time":   {Signature: "X-Sig", Tolerance: time.Minute},
	} {
		if _, err := webhook.NewVerifier(s, []webhook.Key{oneKey}); err == nil {
			t.Errorf("a verifier with %s", name)
		}
		if _, err := webhook.NewSigner(s, oneKey); err == nil {
			t.Errorf("a signer with %s", name)
		}
	}
}

// TestNothingIsVerifiedWithoutKeys: what was not made by a constructor lets nothing pass, signed or not.
func TestNothingIsVerifiedWithoutKeys(t *testing.T) {
	for name, v := range map[string]*webhook.Verifier{"zero": {}, "nil": nil} {
		for _, h := range []http.Header{nil, {}, {"": {"x"}}, {"": {""}}} {
			if r, err := v.Verify(h, nil, time.Unix(sent, 0)); err == nil || r != (webhook.Receipt{}) {
				t.Errorf("the %s verifier accepts %v", name, h)
			}
		}
	}
	for name, tokens := range map[string]*webhook.Tokens{"zero": {}, "nil": nil} {
		if r, err := tokens.Verify("", nil); err != webhook.ErrToken || r != (webhook.Receipt{}) {
			t.Errorf("the %s tokens accept an empty one", name)
		}
	}
	for _, u := range schemesUnderAttack() {
		v, _ := u.verifiers(t)
		if _, err := v.Verify(http.Header{}, []byte("{}"), time.Unix(sent, 0)); err != webhook.ErrSignatureMissing {
			t.Errorf("%s: an unsigned body: %v", u.name, err)
		}
	}
}

// TestRefusalsHoldNothing: neither the right signature, nor the one that was sent, nor the secret, nor the body, of any cell of the
// forgery matrix.
func TestRefusalsHoldNothing(t *testing.T) {
	for _, u := range schemesUnderAttack() {
		v, _ := u.verifiers(t)
		u.cells(func(name string, cell []variant) bool {
			p := u.push(cell)
			if _, err := v.Verify(p.header, p.body, p.now); err != nil {
				secrets := []string{encodeDigest(u.scheme, p.digest), string(p.digest), string(p.secret), u.keys[0].Secret, u.keys[1].Secret, string(p.body)}
				for _, values := range p.header {
					secrets = append(secrets, values...)
				}
				checkSilence(t, err, secrets...)
			}
			return !t.Failed()
		})
	}
}

// checkSilence fails when a refusal is no sentinel, or holds eight bytes in a row of what it must keep to itself.
func checkSilence(t *testing.T, err error, secrets ...string) {
	t.Helper()
	known := errors.Is(err, webhook.ErrToken)
	for _, sentinel := range checks {
		known = known || err == sentinel
	}
	if !known {
		t.Errorf("%v is no sentinel of a verifier", err)
	}
	for _, secret := range secrets {
		if run := sharedRun(err.Error(), secret); run != "" {
			t.Errorf("the error %q holds %q", err, run)
		}
	}
}

// sharedRun gives eight bytes in a row that both texts have, or nothing.
func sharedRun(text, secret string) string {
	for i := 0; i+8 <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+8]) {
			return secret[i : i+8]
		}
	}
	return ""
}

// TestHeadersOfAnyLength: a header that ends anywhere is refused and breaks nothing.
func TestHeadersOfAnyLength(t *testing.T) {
	for _, u := range schemesUnderAttack() {
		v, _ := u.verifiers(t)
		p := u.push(u.honest())
		for _, name := range []string{u.scheme.Signature, u.scheme.Timestamp, u.scheme.Identity} {
			if name == "" {
				continue
			}
			right := p.header.Get(name)
			for n := range len(right) {
				p.header.Set(name, right[:n])
				if _, err := v.Verify(p.header, p.body, p.now); err == nil {
					t.Errorf("%s: %s of %d bytes is accepted", u.name, name, n)
				}
			}
			p.header.Set(name, right)
		}
	}
}

// TestWindow: 300 s to either side are in, 301 s are out, and so are ten years to come.
func TestWindow(t *testing.T) {
	v, signer := mustVerify(t, webhook.TimedHMAC("X-Sig", "X-Time"), oneKey)
	h := http.Header{}
	at := time.Unix(sent, 0)
	signer.Sign(h, nil, at, "")
	for age, want := range map[time.Duration]error{
		0: nil, 300 * time.Second: nil, -300 * time.Second: nil,
		301 * time.Second: webhook.ErrTimestampStale, -301 * time.Second: webhook.ErrTimestampStale,
		300*time.Second + 1: webhook.ErrTimestampStale, -300*time.Second - 1: webhook.ErrTimestampStale,
		87600 * time.Hour: webhook.ErrTimestampStale, -87600 * time.Hour: webhook.ErrTimestampStale,
	} {
		if _, err := v.Verify(h, nil, at.Add(age)); err != want {
			t.Errorf("age %v: %v, want %v", age, err, want)
		}
	}
	for _, now := range []time.Time{{}, time.Unix(1<<62, 0), time.Unix(-1<<62, 0)} {
		if _, err := v.Verify(h, nil, now); err != webhook.ErrTimestampStale {
			t.Errorf("at %v: %v", now, err)
		}
	}
}

// TestHeadersInAnyCase: as a server reads them, whatever the sender or a proxy made of their names.
func TestHeadersInAnyCase(t *testing.T) {
	v, signer := mustVerify(t, webhook.TimedHMAC("x-Webhook-SIGNATURE", "X-WEBHOOK-timestamp"), oneKey)
	signed := http.Header{}
	signer.Sign(signed, []byte("{}"), time.Unix(sent, 0), "")
	signature, at := signed.Get("X-Webhook-Signature"), signed.Get("X-Webhook-Timestamp")
	read := func(lines ...string) http.Header {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("POST / HTTP/1.1\r\nHost: shop.example\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		return r.Header
	}
	for want, lines := range map[error][][]string{
		nil: {
			{"X-Webhook-Signature: " + signature, "X-Webhook-Timestamp: " + at},
			{"x-webhook-signature: " + signature, "x-webhook-timestamp: " + at},
			{"X-WEBHOOK-SIGNATURE:" + signature + "  ", "x-WEBHOOK-timestamp:\t" + at},
		},
		webhook.ErrSignatureMissing: {
			{"x-webhook-signature: " + signature, "X-Webhook-Signature: " + signature, "X-Webhook-Timestamp: " + at},
			{"X-Webhook-Timestamp: " + at},
			{"X_Webhook_Signature: " + signature, "X-Webhook-Timestamp: " + at},
		},
		webhook.ErrTimestampInvalid: {
			{"X-Webhook-Signature: " + signature, "X-Webhook-Timestamp: " + at, "x-webhook-timestamp: " + at},
			{"X-Webhook-Signature: " + signature},
		},
	} {
		for _, l := range lines {
			if _, err := v.Verify(read(l...), []byte("{}"), time.Unix(sent, 0)); err != want {
				t.Errorf("%q: %v, want %v", l, err, want)
			}
		}
	}
}

// TestTolerancesSideBySide: two verifiers in one process, with tolerances of their own, used at once from many goroutines.
func TestTolerancesSideBySide(t *testing.T) {
	wide := webhook.TimedHMAC("X-Sig", "X-Time")
	wide.Tolerance = time.Hour
	narrow := wide
	narrow.Tolerance = time.Second
	patient, signer := mustVerify(t, wide, oneKey)
	strict, _ := mustVerify(t, narrow, oneKey)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 200 {
				h, body := http.Header{}, fmt.Appendf(nil, "%d of %d", i, worker)
				signer.Sign(h, body, time.Unix(sent, 0), "")
				now := time.Unix(sent+int64(i), 0)
				if _, err := patient.Verify(h, body, now); err != nil {
					t.Errorf("%d s within an hour: %v", i, err)
				}
				if _, err := strict.Verify(h, body, now); (err == nil) != (i <= 1) {
					t.Errorf("%d s within a second: %v", i, err)
				}
			}
		})
	}
	all.Wait()
}

// TestVerifyAllocations: nothing is allocated, whatever is verified and with whatever end.
func TestVerifyAllocations(t *testing.T) {
	if floortest.RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	for _, u := range schemesUnderAttack() {
		v, _ := u.verifiers(t)
		for a, axis := range u.axes() {
			for _, x := range axis {
				cell := u.honest()
				cell[a] = x
				p := u.push(cell)
				got := testing.AllocsPerRun(20, func() { _, _ = v.Verify(p.header, p.body, p.now) })
				if got > 0 && !strings.Contains(x.name, "offset") && !strings.Contains(x.name, `time "2026`) {
					t.Errorf("%s, %s: %v allocations", u.name, x.name, got)
				}
			}
		}
	}
	for _, size := range []int{1 << 10, 16 << 10} {
		for _, p := range proofs(t, size) {
			if got := testing.AllocsPerRun(200, func() { _ = p.verify() }); got > 0 {
				t.Errorf("%s, %d bytes: %v allocations", p.name, size, got)
			}
		}
	}
	tokens, err := webhook.NewTokens([]webhook.Key{oneKey})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(genuine)
	for _, token := range []string{oneKey.Secret, "", strings.Repeat("0", 64)} {
		if got := testing.AllocsPerRun(100, func() { _, _ = tokens.Verify(token, body) }); got > 0 {
			t.Errorf("a token of %d characters: %v allocations", len(token), got)
		}
	}
}

// TestSignedBytesDivideOnce moves the borders between id, time and body, over the bytes that were signed: an attacker could otherwise
// give an old message another id and another time.
func TestSignedBytesDivideOnce(t *testing.T) {
	for name, s := range map[string]webhook.Scheme{
		"id and time": webhook.StandardWebhooks(),
		"id":          {Signature: "X-Sig", Identity: "X-Id"},
		"time":        webhook.TimedHMAC("X-Sig", "X-Time"),
	} {
		v, signer := mustVerify(t, s, oneKey)
		for _, body := range []string{"1790553601.5", "1790553601.1790553602.x", "1790553600.5.", "2026-09-28T00:00:00Z.{}", "5Z.{}", ".", "..", "{}"} {
			h := http.Header{}
			signer.Sign(h, []byte(body), time.Unix(sent, 0), "msg")
			whole := body
			if s.Timestamp != "" {
				whole = sentText + "." + whole
			}
			if s.Identity != "" {
				whole = "msg." + whole
			}
			accepted := 0
			for _, parts := range divisions(whole, s.Identity != "", s.Timestamp != "") {
				h := h.Clone()
				if s.Identity != "" {
					h.Set(s.Identity, parts[0])
				}
				if s.Timestamp != "" {
					h.Set(s.Timestamp, parts[1])
				}
				if _, err := v.Verify(h, []byte(parts[2]), time.Unix(sent, 0)); err == nil {
					accepted++
				}
			}
			if accepted != 1 {
				t.Errorf("%s: %q can be read in %d ways", name, whole, accepted)
			}
		}
	}
}

// divisions are all ways to read id, time and body from what is signed.
func divisions(whole string, id, at bool) [][3]string {
	var all [][3]string
	each := func(text string, cut bool, do func(before, after string)) {
		if !cut {
			do("", text)
			return
		}
		for i := range len(text) {
			if text[i] == '.' {
				do(text[:i], text[i+1:])
			}
		}
	}
	each(whole, id, func(first, rest string) {
		each(rest, at, func(second, body string) { all = append(all, [3]string{first, second, body}) })
	})
	return all
}

// TestSignersAreUnderstood by the verifier of their scheme, whichever key of it they have.
func TestSignersAreUnderstood(t *testing.T) {
	for _, u := range schemesUnderAttack() {
		v, p := u.verifiers(t)
		for _, k := range u.keys {
			signer, err := webhook.NewSigner(u.scheme, k)
			if err != nil {
				t.Fatal(err)
			}
			h, at := http.Header{"X-Kept": {"yes"}}, time.Unix(sent, 999)
			signer.Sign(h, []byte("old"), at, "msg_0")
			signer.Sign(h, []byte(genuine), at, "msg_1")
			for what, c := range map[string]checker{"verifier": v, "plain verifier": p} {
				r, err := c.Verify(h, []byte(genuine), at)
				if err != nil || r.KeyID != k.ID || r.Proof&tracking.ProofBody == 0 {
					t.Errorf("%s, %s: %+v, %v", u.name, what, r, err)
				}
			}
			if h.Get("X-Kept") != "yes" {
				t.Errorf("%s: other headers are lost", u.name)
			}
		}
	}
}

// TestSecretsAreNotPrinted: neither by a printer, nor a log, nor an encoder, as text, numbers or hexadecimal.
func TestSecretsAreNotPrinted(t *testing.T) {
	v, signer := mustVerify(t, webhook.TimedHMAC("X-Sig", "X-Time"), oneKey)
	h := http.Header{}
	signer.Sign(h, nil, time.Unix(sent, 0), "")
	if _, err := v.Verify(h, nil, time.Unix(sent, 0)); err != nil { // now there are hashes in the pool
		t.Fatal(err)
	}
	tokens, err := webhook.NewTokens([]webhook.Key{oneKey})
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte(oneKey.Secret)
	for _, value := range []any{v, signer, tokens, oneKey, []webhook.Key{oneKey}, struct{ V, S, T any }{v, signer, tokens}} {
		var text strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&text, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "value", value)
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(encoded)
		for _, form := range []string{string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint(secret), fmt.Sprintf("%#v", secret)} {
			if strings.Contains(text.String(), strings.Trim(form, "[]byte{}")) {
				t.Errorf("%T prints its secret: %s", value, text.String())
			}
		}
	}
}
