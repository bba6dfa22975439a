package trackerdelivery

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	goodTrack    = `{"data":{"track":{"lastEvent":null,"events":{"edges":[]}}}}`
	unauthorised = `{"errors":[{"message":"Unauthenticated","extensions":{"code":"UNAUTHENTICATED"}}]}`
)

// swapping is a source of credentials that can be changed.
type swapping struct {
	mu    sync.Mutex
	pair  Credentials
	err   error
	asked int
}

func (s *swapping) get(context.Context) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.pair, s.err
}

func (s *swapping) set(id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pair = Credentials{id, secret}
}

func withSource(s *swapping) func(*Config) {
	return func(c *Config) { c.ClientID, c.ClientSecret, c.Credentials = "", "", s.get }
}

// acceptOnly answers UNAUTHENTICATED to every key but one.
func acceptOnly(authorization *atomic.Value) *server {
	return &server{answer: func(s sent) reply {
		if s.header.Get("Authorization") == authorization.Load() {
			return jsonReply(goodTrack)
		}
		return jsonReply(unauthorised)
	}}
}

func TestSourceIsAskedEveryTime(t *testing.T) {
	source := &swapping{pair: Credentials{"one", "first-secret"}}
	server := replies(jsonReply(goodTrack))
	carrier := managed(server, withSource(source))
	for i, id := range []string{"one", "two", "two"} {
		source.set(id, id+"-secret")
		if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
			t.Fatal(err)
		}
		if got, want := server.seen()[i].header.Get("Authorization"), "TRACKQL-API-KEY "+id+":"+id+"-secret"; got != want {
			t.Errorf("call %d with %q, want %q", i, got, want)
		}
	}
}

// TestHotSwap: a refused pair is asked for again, and the call repeated once with the new one.
func TestHotSwap(t *testing.T) {
	var accepted atomic.Value
	accepted.Store("TRACKQL-API-KEY id:new-secret")
	calls := 0
	source := func(context.Context) (Credentials, error) {
		if calls++; calls == 1 {
			return Credentials{"id", "old-secret"}, nil
		}
		return Credentials{"id", "new-secret"}, nil
	}
	server := acceptOnly(&accepted)
	carrier := managed(server, func(c *Config) { c.ClientID, c.ClientSecret, c.Credentials = "", "", source })
	if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil || len(server.seen()) != 2 || calls != 2 {
		t.Errorf("%v after %d calls, source asked %d times", err, len(server.seen()), calls)
	}
}

// TestRejectedIsRemembered: a refused pair is not sent again for five minutes, a new one at once.
func TestRejectedIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var accepted atomic.Value
		accepted.Store("")
		source := &swapping{pair: Credentials{"id", "old-secret"}}
		server := acceptOnly(&accepted)
		carrier := managed(server, withSource(source))
		ask := func(want error, calls int) {
			t.Helper()
			_, err := one(t, carrier, stub("kr.cjlogistics", "000000000000"))
			if !errors.Is(err, want) || (err == nil) != (want == nil) || len(server.seen()) != calls {
				t.Fatalf("%v after %d calls, want %v after %d", err, len(server.seen()), want, calls)
			}
		}
		ask(tracking.ErrCredentials, 1)
		ask(tracking.ErrCredentials, 1)
		time.Sleep(rejectedFor - time.Second)
		ask(tracking.ErrCredentials, 1)
		source.set("id", "new-secret")
		accepted.Store("TRACKQL-API-KEY id:new-secret")
		ask(nil, 2)
		source.set("id", "old-secret")
		ask(tracking.ErrCredentials, 2)
		time.Sleep(2 * time.Second)
		accepted.Store("TRACKQL-API-KEY id:old-secret")
		ask(nil, 3)
	})
}

func TestSourceFails(t *testing.T) {
	vault := errors.New("vault at https://vault.internal said SECRET-VAULT-TOKEN")
	source := &swapping{err: vault}
	server := replies(jsonReply(goodTrack))
	_, err := one(t, managed(server, withSource(source)), stub("kr.cjlogistics", "000000000000"))
	if !errors.Is(err, tracking.ErrCredentials) || !errors.Is(err, vault) || len(server.seen()) != 0 {
		t.Errorf("%v", err)
	}
	if strings.Contains(err.Error(), "vault") {
		t.Errorf("the text repeats the host's: %v", err)
	}
	for _, bad := range []Credentials{{}, {"id", ""}, {"", "secret"}, {"i:d", "secret"}, {"id", "sec\nret"}, {"i\x00d", "secret"}} {
		source.err, source.pair = nil, bad
		if _, err := one(t, managed(server, withSource(source)), stub("kr.cjlogistics", "000000000000")); !errors.Is(err, tracking.ErrCredentials) || len(server.seen()) != 0 {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// oauthServer hands out numbered tokens and accepts the newest. It counts both kinds of call.
type oauthServer struct {
	*server
	tokens  atomic.Int64
	expires string // the rest of the token answer
	revoked atomic.Bool
	hang    atomic.Bool // the next token call is never answered
}

func newOAuthServer(expires string) *oauthServer {
	o := &oauthServer{expires: expires}
	o.server = &server{answer: func(s sent) reply {
		if strings.HasSuffix(s.url, "/oauth2/token") {
			if o.hang.Swap(false) {
				return reply{err: errHang}
			}
			time.Sleep(time.Second)
			n := o.tokens.Add(1)
			o.revoked.Store(false)
			return jsonReply(`{"access_token":"ACCESS_TOKEN_%d"%s}`, n, o.expires)
		}
		if o.revoked.Load() || s.header.Get("Authorization") != "Bearer ACCESS_TOKEN_"+string(rune('0'+o.tokens.Load())) {
			return jsonReply(unauthorised)
		}
		return jsonReply(goodTrack)
	}}
	return o
}

func oauth(c *Config) { c.Auth = AuthOAuth2 }

// TestTokenRequests holds the token call against the fixtures, both ways.
func TestTokenRequests(t *testing.T) {
	all := allExchanges(t)
	for name, auth := range map[string]Auth{"oauth-token-ok": AuthOAuth2, "oauth-token-basic-ok": AuthOAuth2Basic} {
		fixture := all[name]
		server := &server{answer: func(s sent) reply {
			if s.host == "auth.tracker.delivery" {
				return fixture.reply()
			}
			return all["managed-track-bearer"].reply()
		}}
		p, err := one(t, managed(server, func(c *Config) { c.Auth = auth }), stub("kr.cjlogistics", "000000000000"))
		if err != nil || p.Status != tracking.StatusPickedUp {
			t.Fatalf("%s: %v", name, err)
		}
		calls := server.seen()
		want, _ := url.ParseQuery(fixture.Form)
		got, _ := url.ParseQuery(string(calls[0].body))
		if calls[0].method != http.MethodPost || calls[0].url != ManagedTokenURL || got.Encode() != want.Encode() {
			t.Errorf("%s: %s %s %s", name, calls[0].method, calls[0].url, calls[0].body)
		}
		if kind := calls[0].header.Get("Content-Type"); kind != "application/x-www-form-urlencoded" {
			t.Errorf("%s: content type %q", name, kind)
		}
		basic := calls[0].header.Get("Authorization")
		if auth == AuthOAuth2Basic && basic != "Basic Q0xJRU5UX0lEOkNMSUVOVF9TRUNSRVQ=" || auth == AuthOAuth2 && basic != "" {
			t.Errorf("%s: authorization %q", name, basic)
		}
		if got := calls[1].header.Get("Authorization"); got != "Bearer ACCESS_TOKEN" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestTokenIsCached until a minute before its end; five minutes are assumed where nobody says, half of a short life is used.
func TestTokenIsCached(t *testing.T) {
	tests := []struct {
		expires string
		useful  time.Duration
	}{
		{`,"expires_in":3600`, 59 * time.Minute},
		{`,"expires_in":"3600"`, 59 * time.Minute},
		{``, 4 * time.Minute},
		{`,"expires_in":null`, 4 * time.Minute},
		{`,"expires_in":-5`, 4 * time.Minute},
		{`,"expires_in":30`, 15 * time.Second},
		{`,"expires_in":1e300`, 365*24*time.Hour - time.Minute},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			server := newOAuthServer(tt.expires)
			carrier := managed(server.server, oauth)
			pauses := []time.Duration{0, tt.useful - time.Second, 2 * time.Second}
			for i, want := range []int64{1, 1, 2} {
				time.Sleep(pauses[i])
				if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
					t.Fatalf("%s: %v", tt.expires, err)
				}
				if got := server.tokens.Load(); got != want {
					t.Errorf("%q, call %d: %d tokens, want %d", tt.expires, i, got, want)
				}
			}
		})
	}
}

// TestOneRefresh: many callers share one token call, and one that gives up does not take the others with it.
func TestOneRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newOAuthServer(``)
		server.hang.Store(true)
		carrier := managed(server.server, oauth)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := carrier.Query(impatient, []tracking.Query{stub("kr.cjlogistics", "000000000000")})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one: %v", err)
			}
		})
		synctest.Wait()
		for range 20 {
			all.Go(func() {
				if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		calls := strings.Count(strings.Join(server.operations(), " "), "token")
		if calls != 2 || server.tokens.Load() != 1 { // the impatient one's and the others'
			t.Errorf("%d token calls, %d tokens", calls, server.tokens.Load())
		}
	})
}

// TestRevokedToken: UNAUTHENTICATED drops the token, and the call is repeated once with a new one.
func TestRevokedToken(t *testing.T) {
	synctest.Test(t, testRevokedToken)
}

func testRevokedToken(t *testing.T) {
	server := newOAuthServer(`,"expires_in":3600`)
	carrier := managed(server.server, oauth)
	for range 2 {
		if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
			t.Fatal(err)
		}
		server.revoked.Store(true)
	}
	if n := server.tokens.Load(); n != 2 || carrier.Requests() != 5 {
		t.Errorf("%d tokens, %d requests", n, carrier.Requests())
	}
}

// TestTokenNeverAccepted: two tries, then nothing for a while.
func TestTokenNeverAccepted(t *testing.T) {
	var tokens atomic.Int64
	server := &server{answer: func(s sent) reply {
		if strings.HasSuffix(s.url, "/token") {
			return jsonReply(`{"access_token":"T%d"}`, tokens.Add(1))
		}
		return jsonReply(unauthorised)
	}}
	carrier := managed(server, oauth)
	for range 3 {
		if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); !errors.Is(err, tracking.ErrCredentials) {
			t.Fatal(err)
		}
	}
	if n := len(server.seen()); n != 4 {
		t.Errorf("%d requests: %v", n, server.operations())
	}
}

func TestTokenErrors(t *testing.T) {
	invalid := allExchanges(t)["oauth-token-invalid-client"].reply()
	at := func(status int, kind, body string) reply {
		return reply{status: status, header: map[string]string{"Content-Type": kind}, body: []byte(body)}
	}
	tests := []struct {
		name  string
		reply reply
		kind  error
		calls int
	}{
		{"invalid client", invalid, tracking.ErrCredentials, 1},
		{"400", at(400, "application/json", `{"error":"invalid_request"}`), tracking.ErrCredentials, 1},
		{"403 page", at(403, "text/html", `<html>`), tracking.ErrCredentials, 1},
		{"429", at(429, "text/plain", ``), tracking.ErrRateLimited, 3},
		{"500", at(500, "text/plain", ``), tracking.ErrUpstream, 3},
		{"network", reply{err: errors.New("connection reset")}, tracking.ErrUpstream, 3},
		{"page", at(200, "text/html", `<html>`), tracking.ErrUpstream, 3},
		{"no token", at(200, "application/json", `{}`), tracking.ErrProtocol, 1},
		{"a token that is no header", at(200, "application/json", `{"access_token":"a\nb"}`), tracking.ErrProtocol, 1},
		{"redirect", at(302, "text/html", ``), tracking.ErrProtocol, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := replies(tt.reply)
				carrier := managed(server, oauth)
				_, err := one(t, carrier, stub("kr.cjlogistics", "000000000000"))
				var e *tracking.Error
				if !errors.As(err, &e) || e.Kind != tt.kind || e.Op != "token" && e.Op != "query" {
					t.Errorf("%v, want %v", err, tt.kind)
				}
				if n := len(server.seen()); n != tt.calls {
					t.Errorf("%d calls, want %d", n, tt.calls)
				}
			})
		})
	}
}

// TestSessionsAreBounded: a source that names ever new pairs does not fill the memory.
func TestSessionsAreBounded(t *testing.T) {
	source := &swapping{}
	carrier := managed(replies(jsonReply(goodTrack)), withSource(source))
	for i := range 10 * maxSessions {
		source.set("id", strings.Repeat("s", 10+i))
		if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(carrier.line.keys.sessions); n > maxSessions {
		t.Errorf("%d sessions", n)
	}
}

// TestLimiterSurvivesSwap: the pace belongs to the project, not to the key.
func TestLimiterSurvivesSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &swapping{}
		carrier := managed(replies(jsonReply(goodTrack)), withSource(source), func(c *Config) { c.Limiter = rate.NewLimiter(1, 1) })
		begin := time.Now()
		for i := range 3 {
			source.set("id", strings.Repeat("s", 10+i))
			if _, err := one(t, carrier, stub("kr.cjlogistics", "000000000000")); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
