package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

// A checker is a verifier, or stands for one.
type checker interface {
	Verify(h http.Header, body []byte, now time.Time) (webhook.Receipt, error)
}

// plain is the verifier that the documentation of webhook.Scheme describes, written a second time: in texts and regular
// expressions, with nothing kept, nothing shared and no thought of time. A flaw makes it wrong in one way, as verifiers
// in the field are.
type plain struct {
	scheme webhook.Scheme
	keys   []webhook.Key
	flaw   string
}

// flaws are what can be wrong with a plain verifier. Most of them have been seen in published libraries.
var flaws = []string{
	"unsigned is fine", "empty secret fits", "secret as text", "first key only", "old key only", "last key is named",
	"first of several headers", "canonical names only", "blanks around a signature", "prefix optional", "any prefix", "upper case",
	"short signatures", "signature in any encoding", "loose base64", "any number of signatures", "first signature only", "other versions",
	"no window", "past window only", "future window only", "edges excluded", "window in minutes", "any digits", "signed number", "loose time",
	"time rewritten", "time not signed", "stale before signature", "format before time",
	"id not signed", "dotted id", "missing id", "body trimmed", "body compacted", "no byte order mark", "body without its last byte", "body case",
	"proof too good", "time of arrival", "no key",
}

var (
	lowerHex   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	anyHex     = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	oneBase64  = regexp.MustCompile(`^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$`)
	someDigits = regexp.MustCompile(`^[0-9]{1,12}$`)
	plusTime   = regexp.MustCompile(`^[+][0-9]{10}$`)
	unixTime   = regexp.MustCompile(`^[0-9]{10}$`)
	milliTime  = regexp.MustCompile(`^[0-9]{13}$`)
	written    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	jsonSpaces = regexp.MustCompile(`^\s+|\s+$`)
)

func (p plain) has(flaw string) bool { return p.flaw == flaw }

func (p plain) Verify(h http.Header, body []byte, now time.Time) (webhook.Receipt, error) {
	s := p.scheme
	signature, ok := p.header(h, s.Signature)
	if !ok && p.has("unsigned is fine") {
		return webhook.Receipt{Proof: tracking.ProofBody, KeyID: p.keys[0].ID}, nil
	}
	if !ok {
		return webhook.Receipt{}, webhook.ErrSignatureMissing
	}
	given := p.given(signature)
	r := webhook.Receipt{Proof: tracking.ProofBody}
	signed := ""
	if s.Identity != "" {
		id, ok := p.header(h, s.Identity)
		if !ok && !p.has("missing id") || strings.Contains(id, ".") && !p.has("dotted id") {
			return webhook.Receipt{}, webhook.ErrIdentityMissing
		}
		if !p.has("id not signed") {
			signed += id + "."
		}
		r.Key, r.Proof = sha256.Sum256([]byte(id)), r.Proof|tracking.ProofIdentity
		if p.has("no key") {
			r.Key = webhook.Digest{}
		}
	}
	if p.has("format before time") && len(given) == 0 {
		return webhook.Receipt{}, webhook.ErrSignatureFormat
	}
	if s.Timestamp != "" {
		text, ok := p.header(h, s.Timestamp)
		at, readable := p.time(text)
		if !ok || !readable {
			return webhook.Receipt{}, webhook.ErrTimestampInvalid
		}
		switch {
		case p.has("time rewritten"):
			signed += fmt.Sprint(at.Unix()) + "."
		case !p.has("time not signed"):
			signed += text + "."
		}
		r.SentAt, r.Proof = at, r.Proof|tracking.ProofTime
	}
	if p.has("stale before signature") && p.stale(r.SentAt, now) {
		return webhook.Receipt{}, webhook.ErrTimestampStale
	}
	if len(given) == 0 {
		return webhook.Receipt{}, webhook.ErrSignatureFormat
	}
	if r.KeyID, ok = p.fits(signed+p.body(body), given); !ok {
		return webhook.Receipt{}, webhook.ErrSignatureMismatch
	}
	if p.stale(r.SentAt, now) {
		return webhook.Receipt{}, webhook.ErrTimestampStale
	}
	if p.has("proof too good") {
		r.Proof |= tracking.ProofTime
	}
	if p.has("time of arrival") {
		r.SentAt = now
	}
	return r, nil
}

func (p plain) header(h http.Header, name string) (string, bool) {
	var values []string
	for key, v := range h {
		if strings.EqualFold(key, name) && (key == http.CanonicalHeaderKey(key) || !p.has("canonical names only")) {
			values = append(values, v...)
		}
	}
	if len(values) == 0 || len(values) > 1 && !p.has("first of several headers") {
		return "", false
	}
	if p.has("blanks around a signature") {
		return strings.TrimSpace(values[0]), values[0] != ""
	}
	return values[0], values[0] != ""
}

func (p plain) time(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case p.has("any digits") && someDigits.MatchString(text), unixTime.MatchString(text),
		p.has("signed number") && plusTime.MatchString(text):
		return time.Unix(n, 0).UTC(), err == nil
	case milliTime.MatchString(text):
		return time.UnixMilli(n).UTC(), err == nil
	case len(text) <= 64 && written.MatchString(text), p.has("loose time"):
		at, err := time.Parse(time.RFC3339, text)
		return at.UTC(), err == nil
	}
	return time.Time{}, false
}

func (p plain) stale(at, now time.Time) bool {
	tolerance := p.scheme.Tolerance
	if tolerance == 0 {
		tolerance = 300 * time.Second
	}
	past, future := now.After(at.Add(tolerance)), now.Before(at.Add(-tolerance))
	switch {
	case p.scheme.Timestamp == "" || p.has("no window"):
		return false
	case p.has("past window only"):
		return past
	case p.has("future window only"):
		return future
	case p.has("edges excluded"):
		return !now.Before(at.Add(tolerance)) || !now.After(at.Add(-tolerance))
	case p.has("window in minutes"):
		return now.Sub(at).Abs().Truncate(time.Minute) > tolerance
	}
	return past || future
}

// given are the signatures of a header that are in form, in lower-case hexadecimal or base64.
func (p plain) given(header string) []string {
	parts := []string{header}
	if p.scheme.Several {
		parts = strings.Split(header, " ")
	}
	var given []string
	looked := 0
	for _, part := range parts {
		text, ok := strings.CutPrefix(part, p.scheme.Prefix)
		if _, after, found := strings.Cut(part, "="); p.has("any prefix") && found && after != "" {
			text, ok = after, true
		}
		if p.has("other versions") && strings.HasPrefix(part, "v1a,") {
			text, ok = part[4:], true
		}
		if part == "" || !ok && !p.scheme.Lenient && !p.has("prefix optional") {
			continue
		}
		if looked++; looked > 16 && !p.has("any number of signatures") || looked > 1 && p.has("first signature only") {
			break
		}
		form := lowerHex
		switch {
		case p.scheme.Encoding == webhook.Base64:
			form = oneBase64
			if p.has("loose base64") {
				text = strings.NewReplacer("-", "+", "_", "/", "\n", "").Replace(text)
				if raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "=")); err == nil {
					text = base64.StdEncoding.EncodeToString(raw)
				}
			}
		case p.scheme.Lenient || p.has("upper case"):
			form = anyHex
		}
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) == 32 && p.scheme.Encoding == webhook.Hex && p.has("signature in any encoding") {
			text = hex.EncodeToString(raw)
		}
		if p.scheme.Encoding == webhook.Hex {
			text = map[bool]string{true: strings.ToLower(text), false: text}[form == anyHex]
		}
		if form.MatchString(text) || p.has("short signatures") && len(text) > 8 {
			given = append(given, text)
		}
	}
	return given
}

func (p plain) body(body []byte) string {
	text := string(body)
	switch {
	case p.has("body trimmed"):
		return jsonSpaces.ReplaceAllString(text, "")
	case p.has("body compacted"):
		var out bytes.Buffer
		if json.Compact(&out, body) == nil {
			return out.String()
		}
	case p.has("no byte order mark"):
		return strings.TrimPrefix(text, "\ufeff")
	case p.has("body without its last byte") && text != "" && text[len(text)-1] != '}':
		return text[:len(text)-1]
	case p.has("body case"):
		return strings.ToLower(text)
	}
	return text
}

// fits names the first key that one of the signatures was made with.
func (p plain) fits(signed string, given []string) (string, bool) {
	keys := p.keys
	switch {
	case p.has("first key only"):
		keys = keys[:1]
	case p.has("old key only"):
		keys = keys[1:]
	case p.has("empty secret fits"):
		keys = append(keys[:len(keys):len(keys)], webhook.Key{ID: "none"})
	}
	for _, k := range keys {
		secrets := [][]byte{[]byte(k.Secret)}
		if p.scheme.Base64Secret {
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Secret, "whsec_"))
			secrets[0] = raw
		}
		if p.has("secret as text") {
			secrets = append(secrets, []byte(k.Secret), []byte(strings.TrimPrefix(k.Secret, "whsec_")))
		}
		for _, secret := range secrets {
			for _, text := range given {
				right := digestText(p.scheme, secret, signed)
				if text == right || p.has("short signatures") && strings.HasPrefix(right, text) {
					if p.has("last key is named") {
						return keys[len(keys)-1].ID, true
					}
					return k.ID, true
				}
			}
		}
	}
	return "", false
}

// digestText is a right signature without its prefix.
func digestText(s webhook.Scheme, secret []byte, signed string) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprint(mac, signed)
	if s.Encoding == webhook.Base64 {
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return fmt.Sprintf("%x", mac.Sum(nil))
}
