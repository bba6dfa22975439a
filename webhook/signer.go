package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// A Signer signs as a provider does, so that a host can test its own mounting. It is safe for concurrent use.
type Signer struct {
	scheme Scheme
	secret []byte
}

// NewSigner makes a signer. It refuses the keys that [NewVerifier] refuses.
func NewSigner(s Scheme, k Key) (*Signer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	secret, err := s.secret(k)
	if err != nil {
		return nil, fmt.Errorf("webhook: key %q: %w", k.ID, err)
	}
	return &Signer{s, secret}, nil
}

// Sign sets the scheme's headers in h for a body sent at the time given, in Unix seconds. The id is used by schemes that sign one.
func (s *Signer) Sign(h http.Header, body []byte, at time.Time, id string) {
	mac := hmac.New(sha256.New, s.secret)
	if s.scheme.Identity != "" {
		h.Set(s.scheme.Identity, id)
		mac.Write([]byte(id + "."))
	}
	if s.scheme.Timestamp != "" {
		sent := strconv.FormatInt(at.Unix(), 10)
		h.Set(s.scheme.Timestamp, sent)
		mac.Write([]byte(sent + "."))
	}
	mac.Write(body)
	sum := mac.Sum(nil)
	text := hex.EncodeToString(sum)
	if s.scheme.Encoding == Base64 {
		text = base64.StdEncoding.EncodeToString(sum)
	}
	h.Set(s.scheme.Signature, s.scheme.Prefix+text)
}
