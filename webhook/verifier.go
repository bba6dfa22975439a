package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// shortestSecret is how many bytes a secret must have at least.
const shortestSecret = 16

// A Verifier checks signatures of one scheme against several keys. It is safe for concurrent use.
type Verifier struct {
	scheme Scheme
	keys   []macKey
}

type macKey struct {
	id     string
	secret []byte
}

// NewVerifier makes a verifier. It refuses to be without keys, and keys whose secret is missing, blank, or shorter
// than 16 bytes.
func NewVerifier(s Scheme, keys []Key) (*Verifier, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("webhook: no key for %s", s.Signature)
	}
	v := &Verifier{scheme: s}
	for i, k := range keys {
		secret, err := s.secret(k)
		if err != nil {
			return nil, fmt.Errorf("webhook: key %d (%q): %w", i+1, k.ID, err)
		}
		v.keys = append(v.keys, macKey{k.ID, secret})
	}
	return v, nil
}

func (s Scheme) secret(k Key) ([]byte, error) {
	secret := []byte(k.Secret)
	if s.Base64Secret {
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Secret, "whsec_"))
		if err != nil {
			return nil, fmt.Errorf("its secret is not base64")
		}
		secret = decoded
	}
	if len(strings.TrimSpace(string(secret))) < shortestSecret {
		return nil, fmt.Errorf("its secret is missing or shorter than %d bytes", shortestSecret)
	}
	return secret, nil
}

// Verify checks what the headers say about body at the time now. The receipt's key is the signed id where the scheme
// has one, and the hash of the body otherwise; a source may put another in its place.
func (v *Verifier) Verify(h http.Header, body []byte, now time.Time) (Receipt, error) {
	s := v.scheme
	signature, ok := one(h, s.Signature)
	if !ok {
		return Receipt{}, ErrSignatureMissing
	}
	r := Receipt{Proof: tracking.ProofBody}
	var message []byte
	if s.Identity != "" {
		id, ok := one(h, s.Identity)
		if !ok {
			return Receipt{}, ErrIdentityMissing
		}
		r.Proof |= tracking.ProofIdentity
		r.Key = sha256.Sum256([]byte(id))
		message = append(append(message, id...), '.')
	} else {
		r.Key = sha256.Sum256(body)
	}
	if s.Timestamp != "" {
		text, ok := one(h, s.Timestamp)
		if !ok {
			return Receipt{}, ErrTimestampInvalid
		}
		at, ok := sentAt(text)
		if !ok {
			return Receipt{}, ErrTimestampInvalid
		}
		r.Proof |= tracking.ProofTime
		r.SentAt = at
		message = append(append(message, text...), '.')
	}
	message = append(message, body...)
	given, err := s.read(signature)
	if err != nil {
		return Receipt{}, err
	}
	fits := false
	for _, k := range v.keys {
		mac := hmac.New(sha256.New, k.secret)
		mac.Write(message)
		right := mac.Sum(nil)
		for _, g := range given {
			if hmac.Equal(right, g) && !fits {
				fits, r.KeyID = true, k.id
			}
		}
	}
	if !fits {
		return Receipt{}, ErrSignatureMismatch
	}
	if s.Timestamp != "" {
		tolerance := s.Tolerance
		if tolerance == 0 {
			tolerance = DefaultTolerance
		}
		if now.Sub(r.SentAt).Abs() > tolerance {
			return Receipt{}, ErrTimestampStale
		}
	}
	return r, nil
}

func one(h http.Header, name string) (string, bool) {
	values := h[textproto.CanonicalMIMEHeaderKey(name)]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// sentAt reads 10 digits as seconds, 13 as milliseconds, and RFC 3339.
func sentAt(text string) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] >= '0' && text[0] <= '9' {
		switch len(text) {
		case 10:
			return time.Unix(n, 0).UTC(), true
		case 13:
			return time.UnixMilli(n).UTC(), true
		}
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

func (s Scheme) read(header string) ([][]byte, error) {
	parts := []string{header}
	if s.Several {
		parts = strings.Fields(header)
	}
	var given [][]byte
	for _, part := range parts {
		text, ok := strings.CutPrefix(part, s.Prefix)
		if !ok && !s.Lenient {
			continue
		}
		raw, err := hex.DecodeString(text)
		if s.Encoding == Base64 {
			raw, err = base64.StdEncoding.DecodeString(text)
		} else if !s.Lenient && text != strings.ToLower(text) {
			continue
		}
		if err == nil && len(raw) == sha256.Size {
			given = append(given, raw)
		}
	}
	if len(given) == 0 {
		return nil, ErrSignatureFormat
	}
	return given, nil
}
