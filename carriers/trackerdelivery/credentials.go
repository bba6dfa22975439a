package trackerdelivery

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// hiddenText stands where a secret was.
const hiddenText = "***"

// rejectedFor is how long a refused pair is not sent again, so that a poll loop does not hammer the service: our decision.
const rejectedFor = 5 * time.Minute

// maxSessions bounds what is remembered of pairs that are no longer used.
const maxSessions = 16

// Credentials are a project's client id, which is its public part, and client secret. They hide the secret from
// fmt, slog and encoding/json.
type Credentials struct{ ClientID, ClientSecret string }

// String shows the client id and hides the secret.
func (c Credentials) String() string {
	return fmt.Sprintf("trackerdelivery.Credentials{%s %s}", c.ClientID, hiddenText)
}

// Format writes String for every verb: %d too must not get at the secret.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// MarshalText is String, so that JSON hides the secret too.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue is String, for slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// fault says why the pair cannot be sent. It quotes neither part.
func (c Credentials) fault() error {
	control := func(r rune) bool { return r < 0x20 || r == 0x7f }
	switch {
	case c.ClientID == "" || c.ClientSecret == "":
		return errors.New("the managed service needs a client id and a client secret")
	case strings.ContainsFunc(c.ClientID, control) || strings.ContainsFunc(c.ClientSecret, control):
		return errors.New("client id or secret holds a control character")
	case strings.Contains(c.ClientID, ":"):
		return errors.New("the client id holds a colon")
	}
	return nil
}

func (c Credentials) joined() string { return c.ClientID + ":" + c.ClientSecret }

func (c Credentials) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(c.joined()))
}

// Auth is how credentials are shown to the managed service.
type Auth uint8

// The ways.
const (
	AuthKey         Auth = iota // Authorization: TRACKQL-API-KEY id:secret, on every call; documented and recommended
	AuthOAuth2                  // OAuth2 client credentials, id and secret in the token call's form; documented
	AuthOAuth2Basic             // the same with HTTP Basic on the token call; reported
)

var authNames = [...]string{"key", "oauth2", "oauth2-basic"}

// String gives key, oauth2 or oauth2-basic.
func (a Auth) String() string {
	if int(a) < len(authNames) {
		return authNames[a]
	}
	return fmt.Sprintf("Auth(%d)", uint8(a))
}

// keyring authorises the calls of one carrier. It asks for the credentials before each, keeps a token per pair and
// remembers which pairs were refused.
type keyring struct {
	source   func(context.Context) (Credentials, error)
	auth     Auth
	optional bool // no credentials are fine
	now      func() time.Time
	fetch    func(context.Context, Credentials) (token, error)
	accept   http.Header // what every call has besides

	mu       sync.Mutex
	sessions map[Credentials]*session
}

// session is what is known of one pair.
type session struct {
	used     time.Time
	rejected time.Time // until when the pair counts as refused
	header   http.Header
	token    token
	spent    string   // the text of the token before, which a server may still quote
	refresh  *refresh // the token call under way, if any
}

// grant is what one call is authorised with. Its header is shared and must not be changed.
type grant struct {
	pair   Credentials
	token  string // empty with an API key
	header http.Header
}

// fixed makes a source of one pair.
func fixed(id, secret string) func(context.Context) (Credentials, error) {
	pair := Credentials{id, secret}
	return func(context.Context) (Credentials, error) { return pair, nil }
}

// authorize gives what the next call is sent with.
func (k *keyring) authorize(ctx context.Context) (grant, error) {
	pair, err := k.pair(ctx)
	if err != nil {
		return grant{}, err
	}
	if pair == (Credentials{}) && k.optional {
		return grant{header: k.accept}, nil
	}
	if err := pair.fault(); err != nil {
		return grant{}, &tracking.Error{Kind: tracking.ErrCredentials, Err: err}
	}
	now := k.now()
	k.mu.Lock()
	s := k.session(pair, now)
	rejected, header := now.Before(s.rejected), s.header
	k.mu.Unlock()
	switch {
	case rejected:
		return grant{}, &tracking.Error{Kind: tracking.ErrCredentials, Err: errRejected}
	case k.auth == AuthKey:
		return grant{pair: pair, header: header}, nil
	}
	return k.bearer(ctx, pair)
}

var errRejected = errors.New("rejected a moment ago, perhaps expired; not sent again yet")

// pair asks the source.
func (k *keyring) pair(ctx context.Context) (Credentials, error) {
	pair, err := k.source(ctx)
	switch {
	case err == nil:
		return pair, nil
	case ctx.Err() != nil:
		return Credentials{}, &tracking.Error{Err: ctx.Err()}
	default:
		return Credentials{}, &tracking.Error{Kind: tracking.ErrCredentials, Retry: tracking.RetrySlow, Err: sourceError{err}}
	}
}

// sourceError keeps a host's error for errors.Is without repeating its text, which may quote a secret store.
type sourceError struct{ err error }

func (sourceError) Error() string   { return "the credentials function failed" }
func (e sourceError) Unwrap() error { return e.err }

// session finds or makes the entry of a pair; k.mu is held.
func (k *keyring) session(pair Credentials, now time.Time) *session {
	s := k.sessions[pair]
	if s == nil {
		if len(k.sessions) >= maxSessions {
			k.forget()
		}
		s = &session{}
		if k.auth == AuthKey {
			s.header = k.headerWith("TRACKQL-API-KEY " + pair.joined())
		}
		if k.sessions == nil {
			k.sessions = make(map[Credentials]*session)
		}
		k.sessions[pair] = s
	}
	s.used = now
	return s
}

// drop forgets the token; the lock of the keyring is held.
func (s *session) drop() {
	if s.token.text != "" {
		s.spent = s.token.text
	}
	s.token = token{}
}

// forget drops the pair that was not used for longest; k.mu is held.
func (k *keyring) forget() {
	var oldest Credentials
	var since time.Time
	for pair, s := range k.sessions {
		if since.IsZero() || s.used.Before(since) {
			oldest, since = pair, s.used
		}
	}
	delete(k.sessions, oldest)
}

func (k *keyring) headerWith(authorization string) http.Header {
	header := k.accept.Clone()
	header.Set("Authorization", authorization)
	return header
}

// renew asks again after old was refused. False means that there is nothing new to try, and old counts as rejected.
func (k *keyring) renew(ctx context.Context, old grant) (grant, bool) {
	k.mu.Lock()
	if s := k.sessions[old.pair]; s != nil && s.token.text == old.token {
		s.drop()
	}
	k.mu.Unlock()
	next, err := k.authorize(ctx)
	if err == nil && (next.pair != old.pair || next.token != old.token) {
		return next, true
	}
	if err == nil || errors.Is(err, tracking.ErrCredentials) {
		k.reject(old)
	}
	return grant{}, false
}

// reject remembers that a pair was refused.
func (k *keyring) reject(g grant) {
	if g.pair == (Credentials{}) {
		return
	}
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.session(g.pair, now)
	s.rejected = now.Add(rejectedFor)
	s.drop()
}

// secrets lists what must never show in a text.
func (k *keyring) secrets() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	texts := make([]string, 0, 4*len(k.sessions))
	for pair, s := range k.sessions {
		texts = append(texts, pair.ClientSecret, pair.basic())
		for _, text := range [...]string{s.token.text, s.spent} {
			if text != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts
}
