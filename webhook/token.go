package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// shortestToken is the length of 128 random bits in base64; 22 characters hold them.
const shortestToken = 22

// lettersAndDigits are those of ASCII.
const lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Tokens checks the secret at the end of a callback address: the proof of providers that sign nothing. It shows that
// the sender knows the address, and nothing about the body. It is safe for concurrent use. The zero Tokens refuses
// everything.
type Tokens struct{ keys []tokenKey }

type tokenKey struct {
	id  string
	sum [sha256.Size]byte
}

// NewTokens takes the tokens that are valid at once. [crypto/rand.Text] makes good ones. It refuses to be without tokens;
// tokens that are shorter than 22 characters, which is what 128 random bits need, or that would not stand unchanged in
// a path; and a token or an ID that two keys have.
func NewTokens(keys []Key) (*Tokens, error) {
	secrets, err := secretsOf(keys, tokenOf)
	if err != nil {
		return nil, fmt.Errorf("webhook: tokens: %w", err)
	}
	t := &Tokens{}
	for i, k := range keys {
		t.keys = append(t.keys, tokenKey{k.ID, sha256.Sum256(secrets[i])})
	}
	return t, nil
}

func tokenOf(k Key) ([]byte, error) {
	if len(k.Secret) < shortestToken {
		return nil, fmt.Errorf("it is missing or shorter than %d characters", shortestToken)
	}
	if strings.Trim(k.Secret, lettersAndDigits+"-_.~") != "" {
		return nil, errors.New("it has characters other than letters, digits and -_.~")
	}
	return []byte(k.Secret), nil
}

// Verify compares a token with every one that is valid, in a time that depends on none of them; what was sent is compared
// by its hash, so that nothing is learnt from a token that is right up to some character. The receipt's Key is the
// SHA-256 of body. A source whose messages repeat themselves needs another one in its place.
func (t *Tokens) Verify(token string, body []byte) (Receipt, error) {
	if t == nil {
		return Receipt{}, ErrToken
	}
	var text [64]byte // on the stack; what is longer is no token, or a rare one
	sum, found := sha256.Sum256(append(text[:0], token...)), -1
	for i := len(t.keys) - 1; i >= 0; i-- {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], t.keys[i].sum[:]), i, found)
	}
	if found < 0 {
		return Receipt{}, ErrToken
	}
	return Receipt{Proof: tracking.ProofURL, KeyID: t.keys[found].id, Key: sha256.Sum256(body)}, nil
}
