package floortest

import (
	"crypto/hmac"
	"crypto/sha256"
)

// HMAC gives the two floors of verifying a body: the bare HMAC over it, with a hash made anew each time, as anybody would write
// it; and with one that is kept and reset, as nobody can do better. Neither compares the result with anything. They are not safe for concurrent use.
func HMAC(secret string, body []byte) (anew, reused func() error) {
	key, kept, sum := []byte(secret), hmac.New(sha256.New, []byte(secret)), make([]byte, 0, sha256.Size)
	anew = func() error {
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		sum = mac.Sum(sum[:0])
		return nil
	}
	reused = func() error {
		kept.Reset()
		kept.Write(body)
		sum = kept.Sum(sum[:0])
		return nil
	}
	return anew, reused
}
