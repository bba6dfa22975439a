package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// DefaultTolerance is how far a signed time of sending may lie from the clock, to either side.
const DefaultTolerance = 5 * time.Minute

// A Scheme is a way of signing with HMAC-SHA256, as data: which headers carry what, and what is signed. A [Verifier]
// and a [Signer] of one scheme understand each other.
//
// What is signed is the values of the identity header and the timestamp header, as far as the scheme has them, to the
// byte as they stand there, and the body, joined by dots. An id has no dot in it: the bytes that are signed could
// otherwise be divided in more than one way.
//
// A time of sending is written in Unix seconds (10 digits), in milliseconds (13 digits) or as in RFC 3339.
type Scheme struct {
	Signature string // the header of the signature; required
	Timestamp string // the header of the time of sending; empty when no time is signed
	Identity  string // the header of the message id; empty when no id is signed

	Prefix   string // stands before a signature in its header, such as "sha256="
	Encoding Encoding
	// Several lets the header hold several signatures, separated by spaces, of which one must fit. Those with another
	// prefix are passed over. Of the others, the first 16 are looked at.
	Several bool
	// Lenient also takes a signature without its prefix, and upper-case hexadecimal.
	Lenient bool
	// Base64Secret says that a secret is base64 after its prefix whsec_, rather than its own text.
	Base64Secret bool

	// Tolerance is how far the time of sending may lie from the clock, to either side and to the nanosecond; 0 means
	// DefaultTolerance. It must be 0 where no time is signed.
	Tolerance time.Duration
}

// Encoding is how a signature is written.
type Encoding uint8

// The encodings.
const (
	Hex    Encoding = iota // lower case
	Base64                 // standard alphabet, padded
)

// StandardWebhooks is the scheme of the Standard Webhooks specification, version 1, with symmetric keys: id, time and
// body signed; secrets in base64, with or without whsec_ before them.
func StandardWebhooks() Scheme {
	return Scheme{
		Signature: "Webhook-Signature", Timestamp: "Webhook-Timestamp", Identity: "Webhook-Id",
		Prefix: "v1,", Encoding: Base64, Several: true, Base64Secret: true,
	}
}

// TimedHMAC is a scheme that signs time and body, in hexadecimal after "sha256=".
func TimedHMAC(signature, timestamp string) Scheme {
	return Scheme{Signature: signature, Timestamp: timestamp, Prefix: "sha256="}
}

// BodyHMAC is a scheme that signs the body alone, in hexadecimal after prefix. It cannot tell a message from its
// replay: choose it only where the provider has nothing better.
func BodyHMAC(signature, prefix string) Scheme {
	return Scheme{Signature: signature, Prefix: prefix}
}

// checked gives the scheme as it is worked with: with the names of its headers as they stand in a server's requests.
func (s Scheme) checked() (Scheme, error) {
	if s.Signature == "" {
		return s, errors.New("webhook: the scheme names no signature header")
	}
	for _, name := range []*string{&s.Signature, &s.Timestamp, &s.Identity} {
		if strings.Trim(*name, lettersAndDigits+"!#$%&'*+-.^_`|~") != "" {
			return s, fmt.Errorf("webhook: the scheme has %q for the name of a header", *name)
		}
		*name = http.CanonicalHeaderKey(*name)
	}
	switch {
	case s.Signature == s.Timestamp, s.Signature == s.Identity, s.Timestamp == s.Identity && s.Timestamp != "":
		return s, errors.New("webhook: the scheme reads two things from one header")
	case s.Encoding > Base64:
		return s, fmt.Errorf("webhook: the scheme has an unknown encoding (%d)", s.Encoding)
	case s.Several && strings.Contains(s.Prefix, " "):
		return s, errors.New("webhook: the scheme's prefix holds the space that stands between signatures")
	case s.Tolerance < 0:
		return s, errors.New("webhook: the scheme's tolerance is negative")
	case s.Tolerance > 0 && s.Timestamp == "":
		return s, errors.New("webhook: the scheme has a tolerance and signs no time")
	case s.Tolerance == 0:
		s.Tolerance = DefaultTolerance
	}
	return s, nil
}
