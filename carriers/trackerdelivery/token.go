package trackerdelivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The provider does not say how long tokens live; integrators report expires_in. Both figures are our decision.
const (
	tokenLifetime = 5 * time.Minute  // assumed where the answer does not say
	tokenMargin   = 60 * time.Second // renewed this long before it ends, or at half its life if that is later
)

// token is an access token and when to get the next. The zero token is none.
type token struct {
	text    string
	renewAt time.Time
	header  http.Header
}

// refresh is a token call under way. Its owner closes done when token and err are set.
type refresh struct {
	done  chan struct{}
	token token
	err   error
}

// bearer gives a grant with a token that is still good, from the cache or by one token call, however many ask.
func (k *keyring) bearer(ctx context.Context, pair Credentials) (grant, error) {
	for {
		k.mu.Lock()
		now := k.now()
		s := k.session(pair, now)
		if s.token.text != "" && now.Before(s.token.renewAt) {
			defer k.mu.Unlock()
			return grant{pair, s.token.text, s.token.header}, nil
		}
		call, mine := s.refresh, false
		if call == nil {
			call, mine = &refresh{done: make(chan struct{})}, true
			s.refresh = call
		}
		k.mu.Unlock()
		if mine {
			k.run(ctx, pair, call)
		}
		select {
		case <-call.done:
		case <-ctx.Done():
			return grant{}, &tracking.Error{Err: ctx.Err()}
		}
		switch {
		case call.err == nil:
			return grant{pair, call.token.text, call.token.header}, nil
		case !mine && endedElsewhere(ctx, call.err):
			continue // whose call it was gave up, not the provider
		}
		return grant{}, call.err
	}
}

// endedElsewhere reports whether err is the end of another caller's context while ours goes on.
func endedElsewhere(ctx context.Context, err error) bool {
	var e *tracking.Error
	return ctx.Err() == nil && errors.As(err, &e) && e.Kind == nil
}

// run makes the token call and hands its outcome to all who wait.
func (k *keyring) run(ctx context.Context, pair Credentials, call *refresh) {
	call.err = &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon} // should fetch panic
	defer func() {
		k.mu.Lock()
		s := k.session(pair, k.now())
		s.refresh = nil
		if call.err == nil {
			s.drop()
			s.token = call.token
		}
		k.mu.Unlock()
		close(call.done)
	}()
	call.token, call.err = k.fetch(ctx, pair)
	if call.err == nil {
		call.token.header = k.headerWith("Bearer " + call.token.text)
	} else if errors.Is(call.err, tracking.ErrCredentials) {
		k.reject(grant{pair: pair})
	}
}

// fetchToken makes the token call: documented with id and secret in the form, reported with HTTP Basic. It takes no
// token of the limiter, which paces another host.
func (c *Carrier) fetchToken(ctx context.Context, pair Credentials) (token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	if c.config.Auth == AuthOAuth2Basic {
		header.Set("Authorization", "Basic "+pair.basic())
	} else {
		form.Set("client_id", pair.ClientID)
		form.Set("client_secret", pair.ClientSecret)
	}
	var answer tokenAnswer
	op := transport.Operation{
		Name: "token", Attempts: readAttempts, Attempt: 10 * time.Second, Total: 30 * time.Second, Tokens: -1,
		Classify: func(resp *transport.Response) *tracking.Error {
			answer = tokenAnswer{}
			return answer.read(resp)
		},
	}
	request := transport.Request{Method: http.MethodPost, URL: c.config.TokenURL, Header: header, Body: []byte(form.Encode())}
	if _, err := c.line.transport.Do(ctx, op, request); err != nil {
		return token{}, err
	}
	return token{text: answer.AccessToken, renewAt: c.config.Now().Add(answer.useful())}, nil
}

// tokenAnswer is the token endpoint's answer. Some providers write expires_in as a string.
type tokenAnswer struct {
	AccessToken string      `json:"access_token"`
	ExpiresIn   json.Number `json:"expires_in"`
	Error       string      `json:"error"`
}

func (a *tokenAnswer) lifetime() time.Duration {
	seconds, err := a.ExpiresIn.Float64()
	if err != nil || seconds <= 0 {
		return tokenLifetime
	}
	return time.Duration(min(seconds, 365*24*60*60) * float64(time.Second))
}

// useful is how long the token is used.
func (a *tokenAnswer) useful() time.Duration {
	life := a.lifetime()
	return max(life-tokenMargin, life/2)
}

// read judges the token endpoint's answer: 400, 401 and 403 are the credentials' fault.
func (a *tokenAnswer) read(resp *transport.Response) *tracking.Error {
	cut := json.Unmarshal(resp.Body, a)
	switch status := resp.Status; {
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &tracking.Error{Kind: tracking.ErrCredentials, Code: short(a.Error, nil), Err: errors.New("the token call was refused")}
	case status == http.StatusTooManyRequests:
		return throttle()
	case status == http.StatusRequestTimeout, status >= 500:
		return &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}
	case status < 200 || status > 299:
		return &tracking.Error{Kind: tracking.ErrProtocol, Err: fmt.Errorf("the token address answered HTTP %d", status)}
	case a.AccessToken != "" && headerSafe(a.AccessToken):
		return nil
	case isSyntax(cut):
		return &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Err: errors.New("the token answer is not JSON")}
	default:
		return &tracking.Error{Kind: tracking.ErrProtocol, Err: errors.New("the token answer holds no token")}
	}
}

func headerSafe(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
