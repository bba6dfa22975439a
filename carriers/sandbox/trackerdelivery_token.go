package sandbox

import (
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// trackerTokenLife is how long an access token is good, in the world's time. How long real ones are is not known.
const trackerTokenLife = time.Hour

// trackerToken is an access token that was given out.
type trackerToken struct {
	clientID string
	until    time.Time
}

// serveTrackerToken answers POST /trackerdelivery/oauth2/token: client credentials, in the form or as Basic. The
// error answers are those of RFC 6749; the service's own are not known.
func (w *World) serveTrackerToken(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		rw.Header().Set("Allow", http.MethodPost)
		tokenError(rw, http.StatusMethodNotAllowed, "invalid_request")
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	if kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		tokenError(rw, http.StatusBadRequest, "invalid_request")
		return
	}
	id, secret, basic := basicCredentials(r)
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if f := callOf(r).fault; f.Code != "" {
		tokenError(rw, max(f.Status, http.StatusBadRequest), strings.ToLower(f.Code))
		return
	}
	switch {
	case !w.trackerAccount(id, secret):
		if basic {
			rw.Header().Set("WWW-Authenticate", "Basic")
		}
		tokenError(rw, http.StatusUnauthorized, "invalid_client")
	case r.PostForm.Get("grant_type") == "":
		tokenError(rw, http.StatusBadRequest, "invalid_request")
	case r.PostForm.Get("grant_type") != "client_credentials":
		tokenError(rw, http.StatusBadRequest, "unsupported_grant_type")
	default:
		writeJSON(rw, http.StatusOK, struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int    `json:"expires_in"`
			TokenType   string `json:"token_type"`
		}{w.issueToken(id), int(trackerTokenLife / time.Second), "Bearer"})
	}
}

func tokenError(rw http.ResponseWriter, status int, code string) {
	writeJSON(rw, status, map[string]string{"error": code})
}

// basicCredentials reads a Basic header, whose parts are form-encoded first (RFC 6749).
func basicCredentials(r *http.Request) (id, secret string, ok bool) {
	id, secret, ok = r.BasicAuth()
	if plain, err := url.QueryUnescape(id); err == nil {
		id = plain
	}
	if plain, err := url.QueryUnescape(secret); err == nil {
		secret = plain
	}
	return id, secret, ok
}

// trackerAccount reports whether the pair belongs to an account of the world.
func (w *World) trackerAccount(id, secret string) bool {
	return id != "" && secret != "" && w.accepts(func(c Credentials) bool {
		return c.TrackerDeliveryClientID == id && c.TrackerDeliveryClientSecret == secret
	})
}

// issueToken makes a token, and forgets those that have run out.
func (w *World) issueToken(clientID string) string {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.trackerDelivery.tokens, func(_ string, t trackerToken) bool { return !now.Before(t.until) })
	w.ids++
	source := rand.NewChaCha8(seedOf(w.config.Seed, "token"+strconv.FormatUint(w.ids, 36)))
	var random [20]byte
	_, _ = source.Read(random[:])
	token := hex.EncodeToString(random[:])
	w.trackerDelivery.tokens[token] = trackerToken{clientID: clientID, until: now.Add(trackerTokenLife)}
	return token
}

// trackerClient gives the client id that a call authenticates, by key or by token; false when it does not.
func (w *World) trackerClient(r *http.Request) (clientID string, ok bool) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case scheme == "TRACKQL-API-KEY":
		id, secret, _ := strings.Cut(value, ":")
		return id, w.trackerAccount(id, secret)
	case strings.EqualFold(scheme, "Bearer"):
		now := w.clock.Now()
		w.mu.Lock()
		defer w.mu.Unlock()
		token, known := w.trackerDelivery.tokens[value]
		return token.clientID, known && now.Before(token.until)
	default:
		return "", false
	}
}
