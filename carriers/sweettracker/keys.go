package sweettracker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/waybill-dev/waybill/tracking"
)

// keptSecrets is how many generations of a credential stay known after a change, so that an answer to a request sent
// before it still has its secret blotted out.
const keptSecrets = 4

// keyring hands out the credentials of one account and remembers what must not be shown. It is only ever held by
// pointer, so that printing what holds it shows an address.
type keyring[K comparable] struct {
	ask     func(context.Context) (K, error) // nil: fixed
	secrets func(K) []string

	mu    sync.Mutex
	known []K // newest last
}

func newKeyring[K comparable](fixed K, ask func(context.Context) (K, error), secrets func(K) []string) *keyring[K] {
	return &keyring[K]{ask: ask, secrets: secrets, known: []K{fixed}}
}

// current gives the credentials for the next request.
func (k *keyring[K]) current(ctx context.Context, op string) (K, error) {
	if k.ask == nil {
		return k.known[0], nil
	}
	key, err := k.ask(ctx)
	if err != nil {
		return key, credentialsFault(ctx, op, err)
	}
	for _, secret := range k.secrets(key) {
		if strings.TrimSpace(secret) == "" {
			return key, &tracking.Error{Carrier: Name, Op: op, Kind: tracking.ErrCredentials, Err: errors.New("the Credentials function gave an empty key")}
		}
	}
	k.remember(key)
	return key, nil
}

func (k *keyring[K]) remember(key K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[len(k.known)-1] == key {
		return
	}
	k.known = append(k.known, key)
	if len(k.known) > keptSecrets {
		k.known = append(k.known[:0:0], k.known[1:]...)
	}
}

// hidden lists every text that must not be shown.
func (k *keyring[K]) hidden() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var texts []string
	for _, key := range k.known {
		texts = append(texts, k.secrets(key)...)
	}
	return texts
}

// credentialsFault is an error of the host's own function. Its text is kept out of ours, for nobody knows what it
// holds; errors.Is and errors.As still find it.
func credentialsFault(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	return &tracking.Error{Carrier: Name, Op: op, Kind: tracking.ErrCredentials, Retry: tracking.RetrySlow, Err: quiet{"Credentials", err}}
}

// quiet is an error of a function of the host, of which it says no more than the name.
type quiet struct {
	function string
	err      error
}

func (q quiet) Error() string { return "the " + q.function + " function failed" }
func (q quiet) Unwrap() error { return q.err }

// ended is the error of a caller whose context has ended.
func ended(ctx context.Context, op string) *tracking.Error {
	return &tracking.Error{Carrier: Name, Op: op, Billed: tracking.No, Err: ctx.Err()}
}

// writePlain writes text for every verb of package fmt, so that none of them gets at the fields behind it.
func writePlain(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

// given says whether a secret is there, and nothing else.
func given(name, secret string) string {
	if secret == "" {
		return fmt.Sprintf("%s: missing", name)
	}
	return fmt.Sprintf("%s: ***", name)
}
