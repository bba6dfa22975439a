package webhook

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// shortestSecret is how many bytes a secret must have at least.
const shortestSecret = 16

// secretsOf reads the secrets of keys that are valid at once.
func secretsOf(keys []Key, read func(Key) ([]byte, error)) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, errors.New("no key")
	}
	secrets := make([][]byte, len(keys))
	for i, k := range keys {
		secret, err := read(k)
		if err != nil {
			return nil, fmt.Errorf("key %d (%q): %w", i+1, k.ID, err)
		}
		for j := range i {
			if keys[j].ID == k.ID {
				return nil, fmt.Errorf("keys %d and %d have one ID (%q)", j+1, i+1, k.ID)
			}
			if bytes.Equal(secrets[j], secret) {
				return nil, fmt.Errorf("keys %q and %q have one secret", keys[j].ID, k.ID)
			}
		}
		secrets[i] = secret
	}
	return secrets, nil
}

// secret gives the bytes that a key signs with.
func (s *Scheme) secret(k Key) ([]byte, error) {
	switch trimmed := strings.TrimSpace(k.Secret); {
	case trimmed == "":
		return nil, errors.New("its secret is missing")
	case trimmed != k.Secret:
		return nil, errors.New("its secret has white space around it")
	}
	secret := []byte(k.Secret)
	if s.Base64Secret {
		var err error
		// The decoder passes over ends of lines, so that two texts would be one secret.
		if secret, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Secret, "whsec_")); err != nil || strings.ContainsAny(k.Secret, "\r\n") {
			return nil, errors.New("its secret is not base64")
		}
	}
	if len(secret) < shortestSecret || len(bytes.TrimSpace(secret)) == 0 {
		return nil, fmt.Errorf("its secret is blank or shorter than %d bytes", shortestSecret)
	}
	return secret, nil
}
