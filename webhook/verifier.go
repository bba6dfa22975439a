package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Verifier checks signatures of one scheme against several keys. It is safe for concurrent use, allocates nothing in
// the usual case, and takes one HMAC over the body for every key it has. The zero Verifier refuses everything.
type Verifier struct {
	scheme Scheme
	ids    []string  // of the keys, in their order
	works  sync.Pool // of *work; the secrets are in its New alone, where no printer finds them
}

// work is what one verification writes to. It is kept from one to the next, so that none has to allocate; the hashes
// keep their key as it was prepared, which saves two blocks of each HMAC.
type work struct {
	macs  []hash.Hash // one for every key
	head  []byte      // what is signed in front of the body
	right [sha256.Size]byte
	given [mostSignatures][sha256.Size]byte
}

// NewVerifier makes a verifier. It refuses to be without keys; secrets that are missing, blank, shorter than 16 bytes or
// with white space around them, such as the end of line of the file they were read from; and a secret or an ID that two
// keys have, for then a receipt would not tell which of them fitted.
func NewVerifier(s Scheme, keys []Key) (*Verifier, error) {
	s, err := s.checked()
	if err != nil {
		return nil, err
	}
	secrets, err := secretsOf(keys, s.secret)
	if err != nil {
		return nil, fmt.Errorf("webhook: %s: %w", s.Signature, err)
	}
	v := &Verifier{scheme: s}
	for _, k := range keys {
		v.ids = append(v.ids, k.ID)
	}
	v.works.New = func() any {
		w := &work{}
		for _, secret := range secrets {
			w.macs = append(w.macs, hmac.New(sha256.New, secret))
		}
		return w
	}
	return v, nil
}

// Verify checks what the headers say about body at the time now. The receipt names the first key that fits; its Key is
// the SHA-256 of the signed id where the scheme has one. Where it has none, Key is left zero: hashing the body once more
// would cost as much as proving it, so a source does that, in the way its provider calls for, and only after it is proved.
//
// Headers are found in any case. One that is there twice is refused as if it were missing: whoever reads the other one
// would see what nobody signed. (In a map that was filled by hand, a name in its canonical form stands before all others.)
//
// The checks are made in this order: [ErrSignatureMissing], [ErrIdentityMissing], [ErrTimestampInvalid],
// [ErrSignatureFormat], [ErrSignatureMismatch], [ErrTimestampStale]. The last one thus speaks of a message that is
// really signed: a clock is wrong, or somebody replays.
func (v *Verifier) Verify(h http.Header, body []byte, now time.Time) (Receipt, error) {
	if v == nil || len(v.ids) == 0 {
		return Receipt{}, ErrSignatureMismatch
	}
	w := v.works.Get().(*work)
	defer v.works.Put(w)
	signature, ok := one(h, v.scheme.Signature)
	if !ok {
		return Receipt{}, ErrSignatureMissing
	}
	r, err := v.readHead(w, h)
	if err != nil {
		return Receipt{}, err
	}
	n := v.scheme.signatures(signature, &w.given)
	if n == 0 {
		return Receipt{}, ErrSignatureFormat
	}
	fits := w.fitting(body, n)
	if fits < 0 {
		return Receipt{}, ErrSignatureMismatch
	}
	if age := now.Sub(r.SentAt); v.scheme.Timestamp != "" && (age > v.scheme.Tolerance || age < -v.scheme.Tolerance) {
		return Receipt{}, ErrTimestampStale
	}
	r.KeyID = v.ids[fits]
	return r, nil
}

// readHead reads what is signed beside the body, and puts it together.
func (v *Verifier) readHead(w *work, h http.Header) (Receipt, error) {
	r := Receipt{Proof: tracking.ProofBody}
	w.head = w.head[:0]
	if v.scheme.Identity != "" {
		id, ok := one(h, v.scheme.Identity)
		// The parts are joined by dots. With a dot in the id, the same bytes could be read as another id, another time
		// and another body, all of them signed.
		if !ok || strings.Contains(id, ".") {
			return Receipt{}, ErrIdentityMissing
		}
		r.Proof |= tracking.ProofIdentity
		w.head = append(w.head, id...)
		r.Key = sha256.Sum256(w.head)
		w.head = append(w.head, '.')
	}
	if v.scheme.Timestamp != "" {
		text, ok := one(h, v.scheme.Timestamp)
		if !ok {
			return Receipt{}, ErrTimestampInvalid
		}
		if r.SentAt, ok = sentAt(text); !ok {
			return Receipt{}, ErrTimestampInvalid
		}
		r.Proof |= tracking.ProofTime
		w.head = append(append(w.head, text...), '.')
	}
	return r, nil
}

// fitting gives the first key that one of the n given signatures was made with, or -1. How long it takes tells neither
// which key fits nor how much of a signature is right: all are compared with all, whatever was found.
func (w *work) fitting(body []byte, n int) int {
	found := -1
	for i := len(w.macs) - 1; i >= 0; i-- {
		mac := w.macs[i]
		mac.Reset()
		mac.Write(w.head)
		mac.Write(body)
		right := mac.Sum(w.right[:0])
		for j := range n {
			found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(right, w.given[j][:]), i, found)
		}
	}
	return found
}

// one gives the value of a header that is there exactly once and is not empty. The name is canonical.
func one(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) == 0 {
		return oneOfAnyCase(h, name)
	}
	return values[0], len(values) == 1 && values[0] != ""
}

// oneOfAnyCase reads maps that no server filled: the events of cloud functions have their names in lower case.
func oneOfAnyCase(h http.Header, name string) (value string, ok bool) {
	n := 0
	for key, values := range h {
		// Of equal length, for other letters that fold to one of ASCII are longer than it.
		if len(values) > 0 && len(key) == len(name) && strings.EqualFold(key, name) {
			value, n = values[0], n+len(values)
		}
	}
	return value, n == 1 && value != ""
}
