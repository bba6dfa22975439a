package privacy

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/waybill-dev/waybill/internal/sealed"
)

// MinSecret is the least length of a secret for [NewKey], in bytes.
const MinSecret = 16

// A Key makes keyed hashes (HMAC-SHA256): of the orders in access records, of values that must be found without being
// seen, of the records in a [Log]. Use one secret for all of a host's processes and keep it for as long as the records;
// who has it can try out all phone numbers. The zero Key hashes everything to nothing. A Key prints nothing of itself and is safe for
// concurrent use.
type Key struct {
	subject, value, chain sealed.Text
}

// NewKey derives a Key from a secret of at least [MinSecret] random bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < MinSecret {
		return Key{}, fmt.Errorf("privacy: a secret of %d bytes, want at least %d", len(secret), MinSecret)
	}
	var k Key
	for use, to := range map[string]*sealed.Text{"subject": &k.subject, "value": &k.value, "chain": &k.chain} {
		derived, err := hkdf.Key(sha256.New, secret, nil, "waybill privacy "+use, sha256.Size)
		if err != nil {
			return Key{}, fmt.Errorf("privacy: %w", err)
		}
		*to = sealed.Seal(string(derived))
	}
	return k, nil
}

// IsZero reports whether the Key is not one of [NewKey].
func (k Key) IsZero() bool { return k == Key{} }

// Subject gives the [Access.SubjectKey] of an order or section id, 64 hexadecimal digits. Who asks who saw the data of
// an order computes it and looks for it in the records.
func (k Key) Subject(id string) string { return sum(k.subject, id) }

// Digest gives a hash of a value by which it can be found in a column or an index without being unmasked: 64
// hexadecimal digits, the same for [Sensitive.Equal] values, and nothing for an empty value. It does not know that
// 010-1234-5678 and 01012345678 are one number; normalise before you make values.
func (k Key) Digest(s Sensitive) string {
	if s.IsZero() {
		return ""
	}
	return sum(k.value, s.kind.String()+":"+sealed.Open(s.text))
}

func sum(key sealed.Text, text string) string {
	if key.Empty() {
		return "" // a hash without a key could be tried out by everybody
	}
	h := hasher(key)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

func hasher(key sealed.Text) hash.Hash { return hmac.New(sha256.New, []byte(sealed.Open(key))) }
