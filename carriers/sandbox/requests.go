package sandbox

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Request is one call that the world has answered. It holds no header, no body and no query string, and so no secret.
type Request struct {
	At       time.Time `json:"at"` // in the world's time
	Provider string    `json:"provider"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Items    int       `json:"items"` // parcels asked about or registered; 0 for other calls
	Status   int       `json:"status"`
}

// Count sums the calls of one provider since the world began.
type Count struct {
	Requests int `json:"requests"`
	Items    int `json:"items"`
}

// requestsKept bounds the list; counts go on.
const requestsKept = 10_000

// call is what the world keeps while it answers one request.
type call struct {
	Request
	fault Fault // of the whole provider; zero when there is none
	cut   bool  // half of the answer is to be left out
	torn  bool  // and the connection breaks there
}

type callKey struct{}

// callOf gives the call being answered. Handlers run below ServeHTTP alone, so there always is one.
func callOf(r *http.Request) *call {
	c, ok := r.Context().Value(callKey{}).(*call)
	if !ok {
		return &call{}
	}
	return c
}

// withCall hangs a call on a request.
func withCall(r *http.Request, c *call) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callKey{}, c))
}

// noteItems says how many parcels a call is about.
func noteItems(r *http.Request, n int) { callOf(r).Items = n }

// Requests gives the calls to the providers, oldest first, at most the last 10,000. Calls to /truth, /requests and
// /clock are not among them.
func (w *World) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// Counts sums the calls of each provider.
func (w *World) Counts() map[string]Count {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := make(map[string]Count, len(w.counts))
	for provider, count := range w.counts {
		counts[provider] = count
	}
	return counts
}

func (w *World) record(r Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.requests) >= requestsKept {
		w.requests = slices.Delete(w.requests, 0, requestsKept/10)
	}
	w.requests = append(w.requests, r)
	count := w.counts[r.Provider]
	w.counts[r.Provider] = Count{Requests: count.Requests + 1, Items: count.Items + r.Items}
}

// serveRequests answers /requests.
func (w *World) serveRequests(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, struct {
		Counts   map[string]Count `json:"counts"`
		Requests []Request        `json:"requests"`
	}{w.Counts(), w.Requests()})
}
