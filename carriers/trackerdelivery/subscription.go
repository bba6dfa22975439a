package trackerdelivery

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

const (
	opSubscribe = "subscribe"
	opCancel    = "cancel"
)

// minToken is the least length of a callback's secret, in characters; 22 of base64 are the 128 bits that it should have.
const minToken = 16

// Subscribe registers parcels' callbacks at the managed service, one call each. The address is the Subscription's
// Callback, or else the first of [Config.Callbacks]; it must be https (http is refused, reported) and carry a secret as a
// part of its path, of at least 16 characters: a callback has no signature, its address is all that proves it.
//
// A registration lives for Lifetime, 48 hours if that is zero (the provider's recommendation), and then falls silent without
// a word, so it is renewed by the same call in good time: the provider extends what is there. Once and Ref are not
// known to the provider. A self-hosted server has no callbacks: ErrUnsupported, nothing sent.
//
// A callback says only that something changed. Ask again to know what.
func (c *Carrier) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	if err := c.ready(ctx, opSubscribe); err != nil {
		return nil, err
	}
	if c.config.Mode == ModeSelfHosted {
		return nil, c.refuse(opSubscribe, tracking.ErrUnsupported, errNoCallbacks)
	}
	regs := make([]tracking.Registration, len(subs))
	for i, sub := range subs {
		regs[i] = c.subscribe(ctx, sub)
	}
	return regs, nil
}

var errNoCallbacks = errors.New("a self-hosted server has no callbacks")

func (c *Carrier) subscribe(ctx context.Context, sub tracking.Subscription) tracking.Registration {
	reg := tracking.Registration{Subscription: sub, Carrier: Name}
	a, err := prepare(Name, opSubscribe, c.config.Mode, tracking.Query{Courier: sub.Courier, Number: sub.Number})
	if err != nil {
		reg.Err, reg.Billed = err, tracking.No
		return reg
	}
	callback := sub.Callback
	if callback == "" {
		callback = c.callbacks.first()
	}
	fault := callbackFault(callback, c.config.plainCallbacks())
	if fault == nil && sub.Lifetime < 0 {
		fault = errors.New("the lifetime is negative")
	}
	if fault != nil {
		reg.Err, reg.Billed = a.named(c.refuse(opSubscribe, tracking.ErrInvalidRequest, fault)), tracking.No
		return reg
	}
	lifetime := sub.Lifetime
	if lifetime == 0 {
		lifetime = defaultRegistration
	}
	until := c.config.Now().Add(lifetime).UTC().Truncate(time.Second)
	if err := c.register(ctx, opSubscribe, &a, callback, until); err != nil {
		reg.Err = err
		return reg
	}
	reg.ExpiresAt, reg.Handle = until, c.callbacks.handle(&a, callback)
	return reg
}

// Cancel ends a registration by its handle, which is good in every process whose [Config.Callbacks] has the address it
// was made with. It registers anew with an end one minute ago, which deletes it (documented); letting it
// lapse costs nothing and does as well. A parcel that is gone is no error.
func (c *Carrier) Cancel(ctx context.Context, handle string) error {
	if err := c.ready(ctx, opCancel); err != nil {
		return err
	}
	if c.config.Mode == ModeSelfHosted {
		return c.refuse(opCancel, tracking.ErrUnsupported, errNoCallbacks)
	}
	a, callback, err := c.callbacks.find(handle)
	if err != nil {
		return c.refuse(opCancel, tracking.ErrInvalidRequest, err)
	}
	past := c.config.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	if err := c.register(ctx, opCancel, &a, callback, past); err != nil && !errors.Is(err, tracking.ErrNotFound) {
		return err
	}
	return nil
}

// registered is the data of the mutation, a bare Boolean.
type registered struct {
	Done *bool `json:"registerTrackWebhook"`
}

// register makes, extends or, with a time that has passed, ends a registration. Only true is success.
func (c *Carrier) register(ctx context.Context, op string, a *ask, callback string, until time.Time) error {
	var got answer[registered]
	call := transport.Operation{Name: op, Attempts: readAttempts, Attempt: trackLimit}
	call.Classify = func(resp *transport.Response) *tracking.Error {
		err := got.read(resp)
		if err == nil {
			err = got.refusal(c.config.Mode, a.query.Number, callback, tokenOf(callback))
		}
		if err == nil && (got.Data == nil || got.Data.Done == nil || !*got.Data.Done) {
			err = &tracking.Error{Kind: tracking.ErrProtocol, Err: errors.New("the answer does not say that it is registered")}
		}
		return err
	}
	if err := c.post(ctx, call, registerBody(a, callback, until)); err != nil {
		return a.named(err)
	}
	return nil
}

// registerBody builds the mutation's body. The time is sent in UTC with a Z.
func registerBody(a *ask, callback string, until time.Time) []byte {
	b := newBody(160+len(a.id)+len(a.query.Number)+len(callback), registerMutation)
	b.name("input")
	b.text = append(b.text, '{')
	b.string("carrierId", a.id)
	b.string("trackingNumber", a.query.Number)
	b.string("callbackUrl", callback)
	b.string("expirationTime", until.Format(time.RFC3339))
	b.text = append(b.text, '}')
	return b.end()
}

// plainCallbacks reports whether callbacks may be plain http to loopback: only where the service itself is there, as in tests.
func (c *Config) plainCallbacks() bool {
	u, err := url.Parse(c.BaseURL)
	return err == nil && transport.Loopback(u.Hostname())
}

// callbackFault says why an address cannot be registered. It never quotes it.
func callbackFault(address string, plain bool) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return errors.New("no callback address")
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("the callback is no plain absolute address")
	case u.Scheme != "https" && !(plain && u.Scheme == "http" && transport.Loopback(u.Hostname())):
		return errors.New("the callback must be https")
	case len(tokenOf(address)) < minToken:
		return errors.New("the callback needs a secret of at least 16 characters in its path")
	}
	return nil
}

// tokenOf gives the longest part of an address's path, which is where the secret is.
func tokenOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	token := ""
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) > len(token) {
			token = part
		}
	}
	return token
}

// callbackBook knows the addresses that handles stand for. A handle holds a fingerprint of the address instead of
// the address, which is a secret, and would be written to stores and logs.
type callbackBook struct {
	standard string

	mu    sync.Mutex
	known map[string]string // by fingerprint
}

// maxLearned bounds the addresses that are remembered besides the configured ones. A project has one, or two while it
// changes its secret.
const maxLearned = 64

func newCallbackBook(configured []string) *callbackBook {
	book := &callbackBook{known: make(map[string]string, len(configured)+1)}
	for i, address := range configured {
		if i == 0 {
			book.standard = address
		}
		book.known[fingerprint(address)] = address
	}
	return book
}

func (b *callbackBook) first() string { return b.standard }

// secrets lists what must never show in a text.
func (b *callbackBook) secrets() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	texts := make([]string, 0, len(b.known))
	for _, address := range b.known {
		if token := tokenOf(address); token != "" {
			texts = append(texts, token)
		}
	}
	return texts
}

// handle names a registration: the provider's id, the number, the fingerprint.
func (b *callbackBook) handle(a *ask, callback string) string {
	print := fingerprint(callback)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) < maxLearned {
		b.known[print] = callback
	}
	return a.id + "/" + url.PathEscape(a.query.Number) + "/" + print
}

// find takes a handle apart.
func (b *callbackBook) find(handle string) (ask, string, error) {
	id, rest, _ := strings.Cut(handle, "/")
	escaped, print, ok := strings.Cut(rest, "/")
	number, err := url.PathUnescape(escaped)
	if !ok || err != nil || id == "" || number == "" {
		return ask{}, "", errors.New("not a handle of this carrier")
	}
	b.mu.Lock()
	callback, found := b.known[print]
	b.mu.Unlock()
	if !found {
		return ask{}, "", errors.New("registered with an address that is not among Callbacks")
	}
	a := ask{id: id, query: tracking.Query{Number: number}}
	a.query.Courier, _ = courier.FromProvider(courier.TrackerDelivery, id)
	return a, callback, nil
}

func fingerprint(address string) string {
	sum := sha256.Sum256([]byte(address))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
