package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

// fuzzed is a push of one of the schemes, and the two verifiers that must agree about it.
type fuzzed struct {
	*push
	of underAttack
	v  *webhook.Verifier
	p  plain
}

// honest gives an honest push of the n-th scheme, changed before it is signed.
func honest(t *testing.T, n uint8, before func(*push)) fuzzed {
	all := schemesUnderAttack()
	u := all[int(n)%len(all)]
	v, p := u.verifiers(t)
	return fuzzed{u.push(append(u.honest(), variant{before: before})), u, v, p}
}

// agree verifies with both. What the one accepts, the other accepts, and what they say of it is the same. A refusal is one of the
// sentinels, which are constant, and thus holds nothing of what was sent.
func (f fuzzed) agree(t *testing.T) error {
	t.Helper()
	got, err := f.v.Verify(f.header, f.body, f.now)
	want, wantErr := f.p.Verify(f.header, f.body, f.now)
	if err != wantErr || got != want {
		t.Errorf("%s, %q: %+v, %v; the plain verifier says %+v, %v", f.of.name, f.header, got, err, want, wantErr)
	}
	if err != nil {
		checkSilence(t, err, encodeDigest(f.scheme, f.digest), string(f.digest), f.of.keys[0].Secret, f.of.keys[1].Secret)
	}
	return err
}

// FuzzSignature puts any text into the header of the signature; @ stands for the right one, without its prefix.
func FuzzSignature(f *testing.F) {
	for _, text := range []string{
		"", "@", "sha256=@", "sha256= @", "SHA256=@", "v1,@", "v1,@ v1,@", " v1,@", "v1a,@", "v1a,@ v1,@", "v1,x v1,@", "sha256=@,sha256=@", "v1,@\x00", "=@", "sha256=",
		strings.Repeat("v1, ", 16) + "v1,@", strings.Repeat("v1,@ ", 20),
	} {
		for scheme := range uint8(5) {
			f.Add(scheme, text)
		}
	}
	f.Fuzz(func(t *testing.T, scheme uint8, text string) {
		p := honest(t, scheme, nil)
		text = strings.ReplaceAll(text, "@", encodeDigest(p.scheme, p.digest))
		p.header[p.scheme.Signature] = []string{text}
		p.agree(t)
	})
}

// FuzzTimestamp signs any text as the time of sending, and looks at it at any time.
func FuzzTimestamp(f *testing.F) {
	for _, text := range []string{
		sentText, sentText + "000", "2026-09-28T00:00:00Z", "2026-09-28T09:00:00.5+09:00", "+179055360", "-179055360", "0000000000", "9999999999999", "soon", "１７９０５５３６００",
		"2026-09-28T00:00:00,5Z", "2026-09-28T0:00:00Z", "2026-09-28T00:00:00+24:00", "2026-09-28T00:00:00-23:60", "0000-01-01T00:00:00Z", "2024-02-29T23:59:59.Z",
	} {
		f.Add(uint8(0), text, int64(0))
		f.Add(uint8(4), text, int64(300))
	}
	f.Fuzz(func(t *testing.T, scheme uint8, text string, age int64) {
		p := honest(t, scheme, func(p *push) { p.time = text })
		p.now = time.Unix(sent+age%1000, 0)
		p.agree(t)
	})
}

// FuzzBody signs one body and sends another one; they may be equal.
func FuzzBody(f *testing.F) {
	for _, bodies := range [][2]string{{genuine, genuine}, {genuine, genuine + "\n"}, {"", ""}, {"", "\x00"}, {"{}", "\ufeff{}"}, {"\xff", "\xfe"}, {"a", "A"}, {"{}", "{ }"}} {
		for scheme := range uint8(5) {
			f.Add(scheme, []byte(bodies[0]), []byte(bodies[1]))
		}
	}
	f.Fuzz(func(t *testing.T, scheme uint8, signed, got []byte) {
		p := honest(t, scheme, func(p *push) { p.signedBody, p.body = signed, got })
		before := string(got)
		if err := p.agree(t); (err == nil) != (string(signed) == before) {
			t.Errorf("%q was signed, %q was sent: %v", signed, before, err)
		}
		if string(p.body) != before {
			t.Errorf("the body was changed to %q", p.body)
		}
	})
}

// FuzzIdentity signs one id and sends another one; they may be equal.
func FuzzIdentity(f *testing.F) {
	for _, ids := range [][2]string{{"msg_1", "msg_1"}, {"", ""}, {"msg_1", "msg_1 "}, {"a.b", "a.b"}, {"msg", "msg." + sentText}, {"주문", "주문"}, {"\x00", "\x00"}} {
		f.Add(ids[0], ids[1])
	}
	f.Fuzz(func(t *testing.T, signed, got string) {
		p := honest(t, 4, func(p *push) { p.id = signed })
		p.header[p.scheme.Identity] = []string{got}
		if err := p.agree(t); (err == nil) != (signed == got && got != "" && !strings.Contains(got, ".")) {
			t.Errorf("%q was signed, %q was sent: %v", signed, got, err)
		}
	})
}

// FuzzHeaderNames fills the map by hand, under any two names.
func FuzzHeaderNames(f *testing.F) {
	for _, names := range [][2]string{
		{"X-Webhook-Signature", "X-Webhook-Timestamp"}, {"x-webhook-signature", "X-WEBHOOK-TIMESTAMP"}, {"X-Webhook-Signature", "x-webhook-signature"},
		{"X-Webhooſ-Signature", "X-Webhook-Timestamp"}, {"X-Webhook-ſignature", "X-Webhook-Timestamp"}, {"", "X-Webhook-Timestamp"},
	} {
		f.Add(names[0], names[1])
	}
	f.Fuzz(func(t *testing.T, signature, timestamp string) {
		p := honest(t, 0, nil)
		h := http.Header{signature: p.header[p.scheme.Signature]}
		h[timestamp] = append(h[timestamp], sentText)
		p.header = h
		_, err := p.v.Verify(p.header, p.body, p.now)
		want := strings.EqualFold(signature, p.scheme.Signature) && strings.EqualFold(timestamp, p.scheme.Timestamp) && len(signature+timestamp) == len(p.scheme.Signature+p.scheme.Timestamp)
		if (err == nil) != want {
			t.Errorf("under %q and %q: %v", signature, timestamp, err)
		}
	})
}

// FuzzToken sends any token.
func FuzzToken(f *testing.F) {
	for _, k := range tokensUnderAttack {
		for _, token := range []string{k.Secret, k.Secret[1:], k.Secret + "/", strings.ToUpper(k.Secret)} {
			f.Add(token, []byte("{}"))
		}
	}
	f.Add("", []byte(nil))
	tokens, err := webhook.NewTokens(tokensUnderAttack)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string, body []byte) {
		got, err := tokens.Verify(token, body)
		want := map[string]string{tokensUnderAttack[0].Secret: "new", tokensUnderAttack[1].Secret: "old"}[token]
		if (err == nil) != (want != "") || got.KeyID != want {
			t.Errorf("%q: %+v, %v", token, got, err)
		}
		if err != nil {
			checkSilence(t, err, tokensUnderAttack[0].Secret, tokensUnderAttack[1].Secret)
		}
	})
}
