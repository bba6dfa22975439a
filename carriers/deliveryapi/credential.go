package deliveryapi

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

const hidden = "***"

// Secret is a text that must not show: a webhook secret. It prints as three stars whatever the verb, in JSON and
// in logs; string(secret) gives the text to those who mean it.
type Secret string

// Format writes three stars for every verb; an empty secret writes nothing.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String gives three stars, or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// MarshalText writes what String gives, so that JSON and log handlers hide the secret too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Credential is a pair of keys. It never shows more of itself than whether it is there.
type Credential struct {
	APIKey    string // usually pk_live_…
	SecretKey string // usually sk_live_…
}

// Format writes what String gives for every verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String says whether a key is set and shows nothing of it.
func (c Credential) String() string {
	if c == (Credential{}) {
		return "no credential"
	}
	return "credential " + hidden
}

// MarshalText writes what String gives.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// split takes apart a key that holds both as "key:secret", a form that integrators use (reported).
func (c Credential) split() Credential {
	if c.SecretKey == "" {
		c.APIKey, c.SecretKey, _ = strings.Cut(c.APIKey, ":")
	}
	return c
}

// check refuses what cannot be sent in a header as key:secret. Prefixes are not looked at: they vary (reported).
func (c Credential) check() error {
	var errs []error
	switch {
	case c.APIKey == "":
		errs = append(errs, errors.New("API key is missing"))
	case strings.ContainsFunc(c.APIKey, func(r rune) bool { return r == ':' || unsendable(r) }):
		errs = append(errs, errors.New("API key holds a colon, white space or a control character"))
	}
	switch {
	case c.SecretKey == "":
		errs = append(errs, errors.New("secret key is missing"))
	case strings.ContainsFunc(c.SecretKey, unsendable):
		errs = append(errs, errors.New("secret key holds white space or a control character"))
	}
	return errors.Join(errs...)
}

func unsendable(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII
}

// secrets lists what must never appear in an error.
func (c Credential) secrets() []string {
	var texts []string
	for _, text := range []string{c.APIKey + ":" + c.SecretKey, c.SecretKey, c.APIKey} {
		if len(text) > 1 { // the lone colon of an empty pair hides nothing
			texts = append(texts, text)
		}
	}
	return texts
}
