package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// apiEndpoint is an address that deliveryapi pushes to.
type apiEndpoint struct {
	id, url, name, secret string
	created, modified     time.Time
	failures              int // pushes that failed in a row
}

// off reports whether lasting failures switched the endpoint off. After how many the real service does so is not known,
// nor how to switch it on again.
func (e *apiEndpoint) off(limits Limits) bool { return e.failures >= limits.EndpointFailures }

// unreachable begins the host of addresses that no registration ping can reach.
const unreachable = "unreachable."

// apiCreateEndpoint answers POST /v1/webhooks/endpoints. The secret is shown in clear here and by rotate only.
func (w *World) apiCreateEndpoint(c *apiCall) {
	var wish struct{ URL, Name, WebhookSecret string }
	if !c.decode(&wish) {
		return
	}
	address, err := url.Parse(wish.URL)
	switch {
	case wish.URL == "":
		c.fail(Fault{Code: "MISSING_PARAMS"})
		return
	case err != nil || address.Scheme != "https" || address.Host == "" || shortSecret(wish.WebhookSecret):
		c.fail(Fault{Code: "INVALID_PARAMS"})
		return
	case strings.HasPrefix(address.Host, unreachable):
		c.fail(Fault{Code: "WEBHOOK_ENDPOINT_UNREACHABLE"})
		return
	}
	e := &apiEndpoint{id: w.newID("ep_"), url: wish.URL, name: wish.Name, secret: w.secretOr(wish.WebhookSecret)}
	e.created = w.clock.Now()
	e.modified = e.created
	if !w.ping(c.r.Context(), e) {
		c.fail(Fault{Code: "WEBHOOK_ENDPOINT_UNREACHABLE"})
		return
	}
	if !w.apiKeep(c.key, e) {
		c.fail(Fault{Code: "WEBHOOK_ENDPOINT_LIMIT"})
		return
	}
	c.send(http.StatusCreated, apiEnvelope{IsSuccess: true, Data: map[string]string{
		"endpointId": e.id, "url": e.url, "name": e.name, "webhookSecret": e.secret, "dateCreated": isoMillis(e.created),
	}})
}

// shortSecret reports whether a host's own secret is below the documented five characters.
func shortSecret(secret string) bool { return secret != "" && len(secret) < 5 }

func (w *World) secretOr(own string) string {
	if own != "" {
		return own
	}
	return w.newID("whsec_")
}

// apiKeep stores a new endpoint, unless the key has as many as it may.
func (w *World) apiKeep(key string, e *apiEndpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.deliveryAPI.endpoints[key]) >= w.config.Limits.Endpoints {
		return false
	}
	w.deliveryAPI.endpoints[key] = append(w.deliveryAPI.endpoints[key], e)
	return true
}

func (w *World) apiListEndpoints(c *apiCall) {
	type entry struct {
		EndpointID          string `json:"endpointId"`
		URL                 string `json:"url"`
		Name                string `json:"name,omitempty"`
		Status              string `json:"status"`
		ConsecutiveFailures int    `json:"consecutiveFailures"`
		DateCreated         string `json:"dateCreated"`
		DateModified        string `json:"dateModified"`
	}
	list := []entry{}
	w.mu.Lock()
	for _, e := range w.deliveryAPI.endpoints[c.key] {
		status := "active"
		if e.off(w.config.Limits) {
			status = "inactive"
		}
		list = append(list, entry{e.id, e.url, e.name, status, e.failures, isoMillis(e.created), isoMillis(e.modified)})
	}
	w.mu.Unlock()
	c.ok(struct {
		Endpoints []entry `json:"endpoints"`
		Total     int     `json:"total"`
	}{list, len(list)})
}

// apiWithEndpoint runs f on the endpoint that the path names, under World.mu; without one it answers NOT_FOUND.
func (w *World) apiWithEndpoint(c *apiCall, f func(*apiEndpoint)) bool {
	w.mu.Lock()
	list := w.deliveryAPI.endpoints[c.key]
	i := slices.IndexFunc(list, func(e *apiEndpoint) bool { return e.id == c.r.PathValue("id") })
	if i >= 0 {
		f(list[i])
	}
	w.mu.Unlock()
	if i < 0 {
		c.fail(Fault{Code: "NOT_FOUND", Message: "엔드포인트를 찾을 수 없습니다"})
	}
	return i >= 0
}

func (w *World) apiRenameEndpoint(c *apiCall) {
	var wish struct{ Name string }
	if !c.decode(&wish) {
		return
	}
	if wish.Name == "" {
		c.fail(Fault{Code: "MISSING_PARAMS"})
		return
	}
	now := w.clock.Now()
	if w.apiWithEndpoint(c, func(e *apiEndpoint) { e.name, e.modified = wish.Name, now }) {
		c.ok(nil)
	}
}

// apiDeleteEndpoint takes the endpoint's subscriptions with it, as documented.
func (w *World) apiDeleteEndpoint(c *apiCall) {
	var gone *apiEndpoint
	if !w.apiWithEndpoint(c, func(e *apiEndpoint) { gone = e }) {
		return
	}
	w.mu.Lock()
	state := &w.deliveryAPI
	state.endpoints[c.key] = slices.DeleteFunc(state.endpoints[c.key], func(e *apiEndpoint) bool { return e == gone })
	state.subscriptions[c.key] = slices.DeleteFunc(state.subscriptions[c.key], func(s *apiSubscription) bool {
		return s.endpoint == gone.id
	})
	w.mu.Unlock()
	c.ok(nil)
}

// apiRotateEndpoint changes the secret; the old one is dead at once, as documented.
func (w *World) apiRotateEndpoint(c *apiCall) {
	var wish struct{ WebhookSecret string }
	if !c.decode(&wish) {
		return
	}
	if shortSecret(wish.WebhookSecret) {
		c.fail(Fault{Code: "INVALID_PARAMS"})
		return
	}
	secret, now := w.secretOr(wish.WebhookSecret), w.clock.Now()
	if w.apiWithEndpoint(c, func(e *apiEndpoint) { e.secret, e.modified = secret, now }) {
		c.ok(map[string]string{"endpointId": c.r.PathValue("id"), "webhookSecret": secret, "dateRotated": isoMillis(now)})
	}
}
