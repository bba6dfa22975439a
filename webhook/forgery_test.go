package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// The forgery matrix: every way in which a push can be right or wrong, on five axes, and every pair of them. What must become of a
// push follows from the axes alone: it is accepted when none of them does harm, and is refused otherwise with what is checked first.

// sent is the Unix time that most messages were sent at, and sentText how it is written.
const (
	sent     = 1790553600
	sentText = "1790553600"
)

// genuine is the body that was signed. It is small, for every bit of it is flipped.
const genuine = `{"event":"tracking.polled","items":[{"n":"550000001072","s":"IN_TRANSIT"}]}`

// underAttack is a scheme and the keys that are valid.
type underAttack struct {
	name   string
	scheme webhook.Scheme
	keys   []webhook.Key
}

func schemesUnderAttack() []underAttack {
	plainKeys := []webhook.Key{{ID: "new", Secret: "whsec_test_0123456789abcdef"}, {ID: "old", Secret: "whsec_test_old_0123456789"}}
	timed := webhook.TimedHMAC("X-Webhook-Signature", "X-Webhook-Timestamp")
	lenient := timed
	lenient.Lenient = true
	return []underAttack{
		{"timed HMAC", timed, plainKeys},
		{"timed HMAC, lenient", lenient, plainKeys},
		{"body HMAC", webhook.BodyHMAC("X-Hub-Signature-256", "sha256="), plainKeys},
		{"body HMAC, no prefix", webhook.BodyHMAC("X-Hmac", ""), plainKeys},
		{"Standard Webhooks", webhook.StandardWebhooks(), []webhook.Key{
			{ID: "new", Secret: "whsec_test0123456789abcdefexample/+abc"}, {ID: "old", Secret: "old0123456789abcdef/test/example"},
		}},
	}
}

// verifiers gives the one under test and the plain one beside it.
func (u underAttack) verifiers(tb testing.TB) (*webhook.Verifier, plain) {
	tb.Helper()
	v, err := webhook.NewVerifier(u.scheme, u.keys)
	if err != nil {
		tb.Fatal(err)
	}
	return v, plain{scheme: u.scheme, keys: u.keys}
}

// push is a message on its way, honest until a variant changes it.
type push struct {
	scheme webhook.Scheme

	secret           []byte // it is signed with
	keyID            string // of secret, where it is valid
	id, time         string
	signedBody, body []byte

	digest []byte
	header http.Header
	now    time.Time
}

// variant is one value of an axis.
type variant struct {
	name   string
	err    error       // what the push must be refused with; nil when it does no harm
	before func(*push) // it is signed
	after  func(*push)
}

// checks are in the order in which a verifier makes them.
var checks = []error{
	webhook.ErrSignatureMissing, webhook.ErrIdentityMissing, webhook.ErrTimestampInvalid,
	webhook.ErrSignatureFormat, webhook.ErrSignatureMismatch, webhook.ErrTimestampStale,
}

// axes gives the five axes. The first variant of each is the honest one.
func (u underAttack) axes() [][]variant {
	return [][]variant{u.headerVariants(), u.secretVariants(), u.timeVariants(), bodyVariants(), u.replayVariants()}
}

// honest is the cell that has the first variant of each axis.
func (u underAttack) honest() []variant {
	var cell []variant
	for _, axis := range u.axes() {
		cell = append(cell, axis[0])
	}
	return cell
}

func (u underAttack) secretVariants() []variant {
	bytesOf := func(k webhook.Key) []byte {
		if u.scheme.Base64Secret {
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Secret, "whsec_"))
			return raw
		}
		return []byte(k.Secret)
	}
	with := func(name, id string, secret []byte) variant {
		v := variant{name: name, before: func(p *push) { p.secret, p.keyID = secret, id }}
		if id == "" {
			v.err = webhook.ErrSignatureMismatch
		}
		return v
	}
	first := u.keys[0]
	variants := []variant{
		with("right secret", "new", bytesOf(first)),
		with("old secret", "old", bytesOf(u.keys[1])),
		with("wrong secret", "", []byte("whsec_test_wrong_0123456789")),
		with("secret without whsec_", "", []byte(strings.TrimPrefix(first.Secret, "whsec_"))),
		with("empty secret", "", nil),
		with("blank secret", "", []byte(" ")),
		with("secret and a newline", "", append(bytesOf(first), '\n')),
		with("secret cut short", "", bytesOf(first)[:15]),
		with("the key's name", "", []byte(first.ID)),
		with("both secrets", "", append(bytesOf(first), bytesOf(u.keys[1])...)),
	}
	if u.scheme.Base64Secret {
		variants = append(variants, with("secret not decoded", "", []byte(first.Secret)))
	} else {
		variants = append(variants, with("secret decoded", "", []byte("\xb2\xcb\x2d\xd7\xe6")))
	}
	return variants
}

func (u underAttack) timeVariants() []variant {
	at := func(name string, err error, text string, now time.Duration) variant {
		return variant{name: name, err: err, before: func(p *push) { p.time, p.now = text, time.Unix(sent, 0).Add(now) }}
	}
	if u.scheme.Timestamp == "" {
		return []variant{at("no time is signed", nil, "", 0), at("years later", nil, "", 9e4*time.Hour)}
	}
	moved := func(name, text string, now time.Duration) variant {
		v := at(name, webhook.ErrSignatureMismatch, sentText, now)
		v.after = func(p *push) { p.header.Set(p.scheme.Timestamp, text) }
		return v
	}
	s, bad, stale := time.Second, webhook.ErrTimestampInvalid, webhook.ErrTimestampStale
	variants := []variant{
		at("at once", nil, sentText, 5*s),
		at("300 s old", nil, sentText, 300*s), at("300 s ahead", nil, sentText, -300*s),
		at("just over 300 s old", stale, sentText, 300*s+1), at("just over 300 s ahead", stale, sentText, -300*s-1),
		at("301 s old", stale, sentText, 301*s), at("301 s ahead", stale, sentText, -301*s),
		at("ten years ahead", stale, "2106172800", 0), at("ten years old", stale, "1475020800", 0),
		at("the year 1", stale, "0001-01-01T00:00:00Z", 0), at("the year 9999", stale, "9999-12-31T23:59:59Z", 0), at("1970", stale, "0000000000", 0),
		at("milliseconds", nil, sentText+"999", s), at("milliseconds at the edge", nil, sentText+"001", 300*s+time.Millisecond),
		at("milliseconds over the edge", stale, sentText+"000", 300*s+1),
		at("seconds as milliseconds", stale, "000"+sentText, 0),
		at("RFC 3339", nil, "2026-09-28T00:00:00Z", s), at("RFC 3339 with offset", nil, "2026-09-28T09:00:00+09:00", s),
		at("RFC 3339 with fraction", nil, "2026-09-28T00:00:00.123456789Z", s), at("RFC 3339 with a long fraction", nil, "2026-09-28T00:00:00."+strings.Repeat("1", 43)+"Z", s), at("RFC 3339, stale", stale, "2026-09-27T23:54:59Z", 0),
		moved("moved by a second", "1790553601", 0), moved("refreshed", "1790557200", 3600*s), moved("same instant in other words", sentText+"000", 0),
		moved("same instant in RFC 3339", "2026-09-28T00:00:00Z", 0),
	}
	for _, text := range []string{
		"soon", "-", "+179055360", "+1790553600", "-1790553600", " 1790553600", "1790553600 ", "1790553600\n", "179055360", "17905536000", "0" + sentText,
		"00" + sentText, "179055360000", "17905536000000", "99999999999999999999", "1790553600.0", "1.790553e9", "0x6ab9d800", "1_790_553_600",
		"１７９０５５３６００", "1790553６0", "179055360\x00", "2026-09-28", "2026-09-28 00:00:00Z", "2026-09-28T00:00:00", "2026-09-28t00:00:00z",
		"2026-09-28T0:00:00Z", "2026-09-28T00:00:00,5Z", "2026-09-28T00:00:00.Z", "2026-02-30T00:00:00Z", "2026-09-28T24:00:00Z", "2026-09-28T00:00:60Z",
		"2026-09-28T00:00:00+24:00", "2026-09-28T00:00:00." + strings.Repeat("1", 44) + "Z", "Mon, 28 Sep 2026 00:00:00 GMT",
	} {
		variants = append(variants, at("time "+fmt.Sprintf("%q", text), bad, text, 0))
	}
	header := func(name string, err error, values ...string) variant {
		v := at(name, err, sentText, 0)
		v.after = func(p *push) { p.header[p.scheme.Timestamp] = values }
		return v
	}
	variants = append(variants, header("no time", bad), header("empty time", bad, ""), header("time twice", bad, sentText, sentText),
		header("two times", bad, sentText, "1790553601"))
	lower := at("time header in lower case", nil, sentText, 0)
	lower.after = func(p *push) { rename(p.header, p.scheme.Timestamp, strings.ToLower) }
	return append(variants, lower)
}

func bodyVariants() []variant {
	changed := func(name string, change func([]byte) []byte) variant {
		return variant{name, webhook.ErrSignatureMismatch, nil, func(p *push) { p.body = change(bytes.Clone(p.body)) }}
	}
	replaced := func(name, old, new string) variant {
		return changed(name, func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) })
	}
	return []variant{
		{name: "right body"},
		replaced("status changed", "IN_TRANSIT", "DELIVERED"),
		replaced("number changed", "550000001072", "550000001083"),
		replaced("escaped", "IN_TRANSIT", "IN\\u005fTRANSIT"),
		replaced("space in it", `,"items"`, `, "items"`),
		replaced("member twice", `"items"`, `"event":"tracking.completed","items"`),
		replaced("case", "IN_TRANSIT", "in_transit"),
		changed("one bit", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
		changed("last byte missing", func(b []byte) []byte { return b[:len(b)-1] }),
		changed("first byte missing", func(b []byte) []byte { return b[1:] }),
		changed("empty", func([]byte) []byte { return nil }),
		changed("newline after it", func(b []byte) []byte { return append(b, '\n') }),
		changed("zero byte after it", func(b []byte) []byte { return append(b, 0) }),
		changed("space before it", func(b []byte) []byte { return append([]byte(" "), b...) }),
		changed("byte order mark", func(b []byte) []byte { return append([]byte("\ufeff"), b...) }),
		changed("twice", func(b []byte) []byte { return append(b, b...) }),
		changed("time in front", func(b []byte) []byte { return append([]byte(sentText+"."), b...) }),
	}
}

func (u underAttack) replayVariants() []variant {
	variants := []variant{
		{name: "first time"},
		{name: "another message's signature", err: webhook.ErrSignatureMismatch, before: func(p *push) { p.signedBody = []byte(`{"event":"tracking.polled","items":[]}`) }},
		{name: "signed without its time", err: webhook.ErrSignatureMismatch, before: func(p *push) { p.scheme.Timestamp = "" }, after: func(p *push) {
			p.scheme.Timestamp = u.scheme.Timestamp
		}},
		{name: "an hour later", err: webhook.ErrTimestampStale, after: func(p *push) { p.now = p.now.Add(time.Hour) }},
	}
	if u.scheme.Timestamp == "" {
		variants[2].err, variants[3].err = nil, nil // nothing tells a message from its replay where no time is signed
	}
	if u.scheme.Identity != "" {
		variants = append(variants,
			variant{name: "another message's id", err: webhook.ErrSignatureMismatch, after: func(p *push) { p.header.Set(p.scheme.Identity, p.id+"2") }},
			variant{name: "signed without its id", err: webhook.ErrSignatureMismatch, before: func(p *push) { p.scheme.Identity = "" }, after: func(p *push) {
				p.scheme.Identity = u.scheme.Identity
			}})
	}
	return variants
}

func rename(h http.Header, name string, to func(string) string) {
	if values, ok := h[name]; ok {
		delete(h, name)
		h[to(name)] = values
	}
}

func (u underAttack) headerVariants() []variant {
	s, format, missing := u.scheme, webhook.ErrSignatureFormat, webhook.ErrSignatureMissing
	unlessLenient := format
	if s.Lenient {
		unlessLenient = nil
	}
	values := func(name string, err error, make func(p *push, right string) []string) variant {
		return variant{name, err, nil, func(p *push) { p.header[s.Signature] = make(p, p.header[s.Signature][0]) }}
	}
	value := func(name string, err error, make func(p *push, right string) string) variant {
		return values(name, err, func(p *push, right string) []string { return []string{make(p, right)} })
	}
	edit := func(name string, err error, make func(right string) string) variant {
		return value(name, err, func(_ *push, right string) string { return make(right) })
	}
	digits := func(right string) string { return strings.TrimPrefix(right, s.Prefix) }
	stored := func(name string, err error, names ...func(string) string) variant {
		return variant{name, err, nil, func(p *push) {
			v := p.header[s.Signature]
			delete(p.header, s.Signature)
			for _, to := range names {
				p.header[to(s.Signature)] = v
			}
		}}
	}
	other := func(digest []byte) string { return s.Prefix + encodeDigest(s, digest) }
	wrong := other(make([]byte, sha256.Size))
	inSeveral := func(err error) error {
		if s.Several {
			return err
		}
		return format
	}
	variants := []variant{
		{name: "right header"},
		values("no signature", missing, func(*push, string) []string { return nil }),
		edit("empty signature", missing, func(string) string { return "" }),
		values("signature twice", missing, func(_ *push, right string) []string { return []string{right, right} }),
		values("wrong signature after it", missing, func(_ *push, right string) []string { return []string{right, wrong} }),
		values("wrong signature before it", missing, func(_ *push, right string) []string { return []string{wrong, right} }),
		values("empty one before it", missing, func(_ *push, right string) []string { return []string{"", right} }),
		stored("name in lower case", nil, strings.ToLower), stored("name in upper case", nil, strings.ToUpper),
		stored("name in two cases", missing, strings.ToLower, strings.ToUpper),
		edit("zeros", webhook.ErrSignatureMismatch, func(string) string { return wrong }),
		edit("tab before it", format, func(right string) string { return "\t" + right }),
		edit("newline after it", format, func(right string) string { return right + "\n" }),
		edit("zero byte after it", format, func(right string) string { return right + "\x00" }),
		edit("one character short", format, func(right string) string { return right[:len(right)-1] }),
		edit("two characters short", format, func(right string) string { return right[:len(right)-2] }),
		edit("eight characters", format, func(right string) string { return s.Prefix + digits(right)[:8] }),
		edit("prefix alone", map[bool]error{true: missing, false: format}[s.Prefix == ""], func(string) string { return s.Prefix }),
		edit("one character long", format, func(right string) string { return right + "0" }),
		edit("twice as long", format, func(right string) string { return right + digits(right) }),
		edit("quoted", format, func(right string) string { return `"` + right + `"` }),
		edit("joined with a comma", format, func(right string) string { return right + "," + right }),
		edit("full-width digit", format, func(right string) string { return right[:len(right)-3] + "０" }),
		edit("not UTF-8", format, func(right string) string { return right[:len(right)-1] + "\xff" }),
		edit("no hexadecimal", format, func(right string) string { return s.Prefix + strings.Repeat("g!", len(digits(right))/2) }),
		value("SHA-1", format, func(p *push, _ string) string {
			mac := hmac.New(sha1.New, p.secret)
			mac.Write(p.body)
			return other(mac.Sum(nil))
		}),
		value("SHA-512", format, func(p *push, _ string) string {
			mac := hmac.New(sha512.New, p.secret)
			mac.Write(p.body)
			return other(mac.Sum(nil))
		}),
		value("no HMAC", webhook.ErrSignatureMismatch, func(p *push, _ string) string {
			sum := sha256.Sum256(p.body)
			return other(sum[:])
		}),
		edit("space before it", inSeveral(nil), func(right string) string { return " " + right }),
		edit("space after it", inSeveral(nil), func(right string) string { return right + " " }),
		edit("two in one header", inSeveral(nil), func(right string) string { return wrong + "  " + right }),
		edit("sixteenth of one header", inSeveral(nil), func(right string) string { return strings.Repeat(wrong+" ", 15) + right }),
		edit("seventeenth of one header", inSeveral(webhook.ErrSignatureMismatch), func(right string) string { return strings.Repeat(wrong+" ", 16) + right }),
	}
	if s.Prefix != "" {
		variants = append(variants,
			edit("no prefix", unlessLenient, digits),
			edit("another algorithm's prefix", format, func(right string) string { return "sha1=" + digits(right) }),
			edit("prefix in upper case", format, func(right string) string { return strings.ToUpper(s.Prefix) + digits(right) }),
			edit("prefix twice", format, func(right string) string { return s.Prefix + right }),
			edit("space after the prefix", format, func(right string) string { return s.Prefix + " " + digits(right) }))
	} else {
		variants = append(variants, edit("a prefix", format, func(right string) string { return "sha256=" + right }))
	}
	if s.Encoding == webhook.Hex {
		return append(variants,
			edit("upper case", unlessLenient, func(right string) string { return s.Prefix + strings.ToUpper(digits(right)) }),
			edit("one letter in upper case", unlessLenient, func(right string) string {
				i := strings.IndexAny(digits(right), "abcdef") + len(s.Prefix)
				return right[:i] + strings.ToUpper(right[i:i+1]) + right[i+1:]
			}),
			value("base64", format, func(p *push, _ string) string { return s.Prefix + base64.StdEncoding.EncodeToString(p.digest) }))
	}
	return append(variants, u.base64Variants(edit, value)...)
}

// base64Variants are for Standard Webhooks, which alone has identities, too.
func (u underAttack) base64Variants(edit func(string, error, func(string) string) variant, value func(string, error, func(*push, string) string) variant) []variant {
	s, format, missing := u.scheme, webhook.ErrSignatureFormat, webhook.ErrIdentityMissing
	id := func(name string, err error, values ...string) variant {
		return variant{name, err, nil, func(p *push) { p.header[s.Identity] = values }}
	}
	signedID := func(name string, err error, text string) variant {
		return variant{name, err, func(p *push) { p.id = text }, nil}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return []variant{
		value("hexadecimal", format, func(p *push, _ string) string { return s.Prefix + hex.EncodeToString(p.digest) }),
		value("base64 for addresses", format, func(*push, string) string { return s.Prefix + strings.Repeat("-_", 21) + "A=" }),
		edit("no padding", format, func(right string) string { return strings.TrimRight(right, "=") }),
		edit("bits behind the end", format, func(right string) string {
			last := strings.IndexByte(alphabet, right[len(right)-2])
			return right[:len(right)-2] + alphabet[last+1:last+2] + "="
		}),
		edit("newline in it", format, func(right string) string { return right[:20] + "\n" + right[20:] }),
		edit("newline for its padding", format, func(right string) string { return right[:len(right)-1] + "\n" }),
		edit("version 1a alone", format, func(right string) string { return "v1a," + right[3:] }),
		edit("version 1a before it", nil, func(right string) string { return "v1a," + right[3:] + " " + right }),
		edit("twenty of version 1a before it", nil, func(right string) string { return strings.Repeat("v1a,"+right[3:]+" ", 20) + right }),
		edit("short one before it", nil, func(right string) string { return right[:20] + " " + right }),
		edit("joined by a tab", format, func(right string) string { return right + "\t" + right }),
		id("no id", missing), id("empty id", missing, ""), id("id twice", missing, "msg_1", "msg_1"), id("two ids", missing, "msg_1", "msg_2"),
		{"id header in lower case", nil, nil, func(p *push) { rename(p.header, s.Identity, strings.ToLower) }},
		signedID("id with a dot", missing, "msg.1"), signedID("id that takes the time in", missing, "msg_1."+sentText),
		signedID("id with odd characters", nil, "주문 1/2\x01"), signedID("long id", nil, strings.Repeat("m", 5000)),
	}
}

func encodeDigest(s webhook.Scheme, digest []byte) string {
	if s.Encoding == webhook.Base64 {
		return base64.StdEncoding.EncodeToString(digest)
	}
	return hex.EncodeToString(digest)
}

// push makes a push out of one variant of each axis.
func (u underAttack) push(cell []variant) *push {
	p := &push{scheme: u.scheme, id: "msg_1", signedBody: []byte(genuine), body: []byte(genuine), header: http.Header{"Content-Type": {"application/json"}}}
	for _, v := range cell {
		if v.before != nil {
			v.before(p)
		}
	}
	mac := hmac.New(sha256.New, p.secret)
	if p.scheme.Identity != "" {
		fmt.Fprintf(mac, "%s.", p.id)
	}
	if p.scheme.Timestamp != "" {
		fmt.Fprintf(mac, "%s.", p.time)
	}
	mac.Write(p.signedBody)
	p.digest = mac.Sum(nil)
	for name, text := range map[string]string{u.scheme.Identity: p.id, u.scheme.Timestamp: p.time, u.scheme.Signature: u.scheme.Prefix + encodeDigest(u.scheme, p.digest)} {
		if name != "" {
			p.header[name] = []string{text}
		}
	}
	for i := len(cell) - 1; i >= 0; i-- { // what is done to headers comes last
		if cell[i].after != nil {
			cell[i].after(p)
		}
	}
	return p
}

// expected follows from the variants alone.
func (u underAttack) expected(cell []variant, p *push) (webhook.Receipt, error) {
	first := len(checks)
	for _, v := range cell {
		if v.err != nil {
			first = min(first, slices.Index(checks, v.err))
		}
	}
	if first < len(checks) {
		return webhook.Receipt{}, checks[first]
	}
	r := webhook.Receipt{Proof: tracking.ProofBody, KeyID: p.keyID}
	if u.scheme.Identity != "" {
		r.Proof |= tracking.ProofIdentity
		r.Key = sha256.Sum256([]byte(p.id))
	}
	if u.scheme.Timestamp != "" {
		r.Proof |= tracking.ProofTime
		switch {
		case len(p.time) == 13:
			ms, _ := time.ParseDuration(p.time + "ms")
			r.SentAt = time.Unix(0, 0).Add(ms).UTC()
		case len(p.time) > 13:
			r.SentAt, _ = time.Parse(time.RFC3339, p.time)
			r.SentAt = r.SentAt.UTC()
		default:
			r.SentAt = time.Unix(sent, 0).UTC()
		}
	}
	return r, nil
}

// cells calls do for every pair of variants, with the other axes honest, and for some thousands of other combinations, always
// the same, until it says no. It reports how many there were.
func (u underAttack) cells(do func(name string, cell []variant) bool) int {
	axes, n := u.axes(), 0
	visit := func(choice []int) bool {
		cell, names := make([]variant, len(axes)), []string{u.name}
		for i, c := range choice {
			cell[i] = axes[i][c]
			if c > 0 {
				names = append(names, cell[i].name)
			}
		}
		n++
		return do(strings.Join(names, "; "), cell)
	}
	for a := range axes {
		for b := range a {
			for i := range axes[a] {
				for j := range axes[b] {
					choice := make([]int, len(axes))
					choice[a], choice[b] = i, j
					if !visit(choice) {
						return n
					}
				}
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		choice := make([]int, len(axes))
		for i := range axes {
			choice[i] = random.IntN(len(axes[i]))
		}
		if !visit(choice) {
			return n
		}
	}
	return n
}

// judge says what is wrong with what a verifier makes of a cell; nothing when all is well.
func (u underAttack) judge(v checker, cell []variant) string {
	p := u.push(cell)
	before := p.header.Clone()
	want, wantErr := u.expected(cell, p)
	got, err := v.Verify(p.header, p.body, p.now)
	switch {
	case err != wantErr:
		return fmt.Sprintf("%v, want %v", err, wantErr)
	case got != want:
		return fmt.Sprintf("%+v, want %+v", got, want)
	case !maps.EqualFunc(before, p.header, slices.Equal):
		return "the header was changed"
	}
	return ""
}

// TestForgeryMatrix: the verifier does what the matrix says, and so does the plain one.
func TestForgeryMatrix(t *testing.T) {
	for _, u := range schemesUnderAttack() {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			v, p := u.verifiers(t)
			accepted, wrong := 0, 0
			n := u.cells(func(name string, cell []variant) bool {
				for what, c := range map[string]checker{"verifier": v, "plain verifier": p} {
					if complaint := u.judge(c, cell); complaint != "" {
						t.Errorf("%s: %s: %s", what, name, complaint)
						wrong++
					}
				}
				if !slices.ContainsFunc(cell, func(v variant) bool { return v.err != nil }) {
					accepted++
				}
				return wrong < 5
			})
			if t.Logf("%d cells, %d of them honest", n, accepted); accepted == 0 || accepted == n {
				t.Error("the matrix does not tell honest pushes from forged ones")
			}
		})
	}
}

// TestForgeryMatrixSees proves that the matrix finds each of the flaws in at least one scheme.
func TestForgeryMatrixSees(t *testing.T) {
	for _, flaw := range flaws {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			found := ""
			for _, u := range schemesUnderAttack() {
				p := plain{scheme: u.scheme, keys: u.keys, flaw: flaw}
				u.cells(func(name string, cell []variant) bool {
					if complaint := u.judge(p, cell); complaint != "" {
						found = name + ": " + complaint
					}
					return found == ""
				})
				if found != "" {
					t.Log(found)
					return
				}
			}
			t.Error("a verifier with this flaw passes")
		})
	}
}

// TestEveryBitCounts flips every bit of the body, the signature and what is signed beside the body.
func TestEveryBitCounts(t *testing.T) {
	for _, u := range schemesUnderAttack() {
		v, _ := u.verifiers(t)
		p := u.push(u.honest())
		if _, err := v.Verify(p.header, p.body, p.now); err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(p.body) {
			p.body[i/8] ^= 1 << (i % 8)
			if _, err := v.Verify(p.header, p.body, p.now); err != webhook.ErrSignatureMismatch {
				t.Errorf("%s: bit %d of the body: %v", u.name, i, err)
			}
			p.body[i/8] ^= 1 << (i % 8)
		}
		for _, name := range []string{u.scheme.Signature, u.scheme.Timestamp, u.scheme.Identity} {
			if name == "" {
				continue
			}
			right := p.header.Get(name)
			for i := range 8 * len(right) {
				text := []byte(right)
				text[i/8] ^= 1 << (i % 8)
				// The bit between the cases of a letter counts for nothing in lenient hexadecimal.
				letter := right[i/8] >= 'a' && right[i/8] <= 'f' && i/8 >= len(u.scheme.Prefix) && i%8 == 5
				harmless := u.scheme.Lenient && name == u.scheme.Signature && letter
				p.header.Set(name, string(text))
				if _, err := v.Verify(p.header, p.body, p.now); (err == nil) != harmless {
					t.Errorf("%s: bit %d of %s: %v", u.name, i, name, err)
				}
			}
			p.header.Set(name, right)
		}
	}
}
