package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"time"
)

// A Signer signs as a provider does, so that a host can test its own mounting. It is safe for concurrent use.
type Signer struct {
	scheme Scheme
	mac    func() hash.Hash // holds the secret, where no printer finds it
}

// NewSigner makes a signer. It refuses the schemes and keys that [NewVerifier] refuses.
func NewSigner(s Scheme, k Key) (*Signer, error) {
	s, err := s.checked()
	if err != nil {
		return nil, err
	}
	secret, err := s.secret(k)
	if err != nil {
		return nil, fmt.Errorf("webhook: key %q: %w", k.ID, err)
	}
	return &Signer{s, func() hash.Hash { return hmac.New(sha256.New, secret) }}, nil
}

// Sign sets the scheme's headers in h for a body sent at the time given, which is written in Unix seconds. Schemes that
// sign no time or no id leave at and id unused. An id that is empty or has a dot in it is signed as it is, and refused by
// every [Verifier].
func (s *Signer) Sign(h http.Header, body []byte, at time.Time, id string) {
	mac := s.mac()
	part := func(header, text string) {
		if header != "" {
			h.Set(header, text)
			mac.Write([]byte(text + "."))
		}
	}
	part(s.scheme.Identity, id)
	part(s.scheme.Timestamp, strconv.FormatInt(at.Unix(), 10))
	mac.Write(body)
	h.Set(s.scheme.Signature, s.scheme.encode(mac.Sum(nil)))
}
