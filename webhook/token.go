package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// shortestToken is the length of 128 random bits in base64 or base32 at least; 22 characters hold them.
const shortestToken = 22

// Tokens checks the secret at the end of a callback address: the proof of providers that sign nothing. It shows that
// the sender knows the address, and nothing about the body. It is safe for concurrent use.
type Tokens struct{ keys []tokenKey }

type tokenKey struct {
	id  string
	sum [sha256.Size]byte
}

// NewTokens refuses to be without tokens, and tokens that are shorter than 22 characters, which is what 128 random
// bits need, or that would not stand unchanged in a path.
func NewTokens(keys []Key) (*Tokens, error) {
	if len(keys) == 0 {
		return nil, errors.New("webhook: no token")
	}
	t := &Tokens{}
	for i, k := range keys {
		if len(k.Secret) < shortestToken {
			return nil, fmt.Errorf("webhook: token %d (%q) is missing or shorter than %d characters", i+1, k.ID, shortestToken)
		}
		if strings.Trim(k.Secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") != "" {
			return nil, fmt.Errorf("webhook: token %d (%q) has characters other than letters, digits and -_.~", i+1, k.ID)
		}
		t.keys = append(t.keys, tokenKey{k.ID, sha256.Sum256([]byte(k.Secret))})
	}
	return t, nil
}

// Verify compares a token with every one that is valid, in a time that depends on none of them. The receipt's key is
// the hash of body.
func (t *Tokens) Verify(token string, body []byte) (Receipt, error) {
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i := range t.keys {
		if subtle.ConstantTimeCompare(sum[:], t.keys[i].sum[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Receipt{}, ErrToken
	}
	return Receipt{Proof: tracking.ProofURL, KeyID: t.keys[found].id, Key: sha256.Sum256(body)}, nil
}
