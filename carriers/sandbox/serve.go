package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers as the provider whose path it is:
//
//	/deliveryapi/v1/…  /sweettracker/api/v1/…  /sweettracker-trace/…
//	/trackerdelivery/graphql  /trackerdelivery/oauth2/token  /trackerdelivery-v1/…  /selfhosted/… (any path below)
//	/truth/{courier}/{number}  /requests  /clock
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	provider := providerOf(r.URL.Path)
	if provider == "" {
		w.mux.ServeHTTP(rw, r)
		return
	}
	c := &call{Request: Request{At: w.clock.Now(), Provider: provider, Method: r.Method, Path: r.URL.Path}}
	c.fault, _ = w.fault(provider, "", "")
	out := newAnswer()
	buffer(r)
	if r = withCall(r, c); !w.disturb(out, r, c.fault) {
		w.mux.ServeHTTP(out, r)
	}
	if r.Context().Err() != nil {
		c.Status = 499 // the client went away; nobody reads an answer
	} else {
		out.WriteHeader(http.StatusOK)
		c.Status = out.status
	}
	w.record(c.Request)
	if c.Status != 499 {
		out.send(rw, c)
	}
}

// buffer takes a request's body in, up to the 64 MiB that no provider takes. A server notices that a client went away
// only after it has read the body, and a call that hangs must notice.
func buffer(r *http.Request) {
	if r.Body == nil {
		r.Body = http.NoBody
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		body = nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// send passes a complete answer on, or the half of it that a fault leaves.
func (a *answer) send(rw http.ResponseWriter, c *call) {
	body := a.body.Bytes()
	maps.Copy(rw.Header(), a.header)
	if c.torn {
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if c.cut || c.torn {
		body = body[:len(body)/2]
	}
	rw.WriteHeader(a.status)
	_, _ = rw.Write(body)
}

// disturb does what a fault says about the call as a whole: it waits, answers like a gateway, or marks the answer to
// be cut. It reports whether the call is answered, or nobody waits for an answer any more.
func (w *World) disturb(rw http.ResponseWriter, r *http.Request, f Fault) (done bool) {
	if !w.stall(r.Context(), f) {
		return true
	}
	c := callOf(r)
	c.cut, c.torn = c.cut || f.Truncated, c.torn || f.Torn
	switch {
	case f.Nonsense:
		writeJSON(rw, http.StatusOK, map[string]bool{"pong": true})
	case f.HTML || f.Empty || f.Status != 0 && f.Code == "" && !f.Framework:
		writeGateway(rw, f)
	default:
		return false
	}
	return true
}

var prefixes = []string{
	DeliveryAPI, SweetTrackerTrace, SweetTracker, TrackerDeliveryV1, TrackerDelivery, SelfHosted,
}

// providerOf tells whose path it is; empty for the world's own.
func providerOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	for _, provider := range prefixes {
		if first == provider {
			return provider
		}
	}
	return ""
}

func (w *World) routes() *http.ServeMux {
	mux := http.NewServeMux()
	w.routeDeliveryAPI(mux)
	w.routeSweetTracker(mux)
	w.routeSweetTrackerTrace(mux)
	w.routeTrackerDelivery(mux)
	mux.HandleFunc("GET /truth/{courier}/{number}", w.serveTruth)
	mux.HandleFunc("GET /requests", w.serveRequests)
	mux.HandleFunc("GET /clock", w.serveClock)
	mux.HandleFunc("POST /clock", w.serveClockChange)
	return mux
}

// clockState is what /clock shows.
type clockState struct {
	Now   time.Time `json:"now"`
	Speed float64   `json:"speed"`
}

func (w *World) serveClock(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, clockState{w.clock.Now(), w.clock.Rate()})
}

// serveClockChange takes {"now":"2026-09-28T09:00:00+09:00","advance":"90m","speed":1000}, each optional, in that order.
func (w *World) serveClockChange(rw http.ResponseWriter, r *http.Request) {
	var wish struct {
		Now     time.Time `json:"now"`
		Advance string    `json:"advance"`
		Speed   *float64  `json:"speed"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4<<10)).Decode(&wish); err != nil {
		http.Error(rw, "want a JSON object with now, advance or speed", http.StatusBadRequest)
		return
	}
	var step time.Duration
	if wish.Advance != "" {
		var err error
		if step, err = time.ParseDuration(wish.Advance); err != nil {
			http.Error(rw, "advance: want a duration such as 90m or 24h", http.StatusBadRequest)
			return
		}
	}
	if !wish.Now.IsZero() {
		w.clock.Set(wish.Now)
	}
	if step != 0 {
		w.clock.Advance(step)
	}
	if wish.Speed != nil {
		w.clock.Speed(*wish.Speed)
	}
	w.serveClock(rw, r)
}

// writeJSON answers with JSON, Korean text readable.
func writeJSON(rw http.ResponseWriter, status int, v any) {
	writeJSONAs(rw, "application/json; charset=utf-8", status, v)
}

func writeJSONAs(rw http.ResponseWriter, contentType string, status int, v any) {
	rw.Header().Set("Content-Type", contentType)
	rw.WriteHeader(status)
	encoder := json.NewEncoder(rw)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
}
