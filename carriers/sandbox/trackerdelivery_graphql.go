package sandbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/waybill-dev/waybill/internal/gql"
)

// trackerCall is one call to a GraphQL server of tracker.delivery. Fields of one document are resolved side by side,
// so what they find out about the call as a whole is guarded.
type trackerCall struct {
	world    *World
	managed  bool
	provider string
	fault    Fault // of the whole provider, where it has a code

	mu     sync.Mutex
	tracks int
	spoilt *Fault // a parcel's fault that spoils the whole answer
}

// serveGraphQL answers a call to the managed service or to a self-hosted server.
func (w *World) serveGraphQL(rw http.ResponseWriter, r *http.Request, managed bool) {
	ask, wrong := readGraphQL(r)
	if wrong != nil {
		refuseGraphQL(rw, *wrong)
		return
	}
	c := &trackerCall{world: w, managed: managed, provider: trackerFamily(managed), fault: callOf(r).fault}
	c.fault.Delay, c.fault.Hang = 0, false // waited for already
	server := c.server()
	if r.Method == http.MethodGet && server.Mutates(ask.Request) {
		rw.Header().Set("Allow", http.MethodPost)
		refuseGraphQL(rw, misuse{status: http.StatusMethodNotAllowed})
		return
	}
	response, status := c.answer(r, server, ask)
	noteItems(r, c.tracks)
	if c.spoilt != nil && w.disturb(rw, r, *c.spoilt) {
		return
	}
	contentType, ok := negotiate(r.Header.Get("Accept"))
	if !ok {
		refuseGraphQL(rw, misuse{status: http.StatusNotAcceptable})
		return
	}
	rw.Header().Set("Cache-Control", "no-store")
	writeGraphQL(rw, contentType, status, response)
}

// server makes the engine for one call.
func (c *trackerCall) server() *gql.Server {
	if c.managed {
		return &gql.Server{Schema: c.world.trackerDelivery.managed, Query: (*trackerQuery)(c), Mutation: (*trackerMutation)(c)}
	}
	return &gql.Server{Schema: c.world.trackerDelivery.open, Query: (*trackerQuery)(c)}
}

// answer gives the answer to a well-formed call, and its HTTP status.
func (c *trackerCall) answer(r *http.Request, server *gql.Server, ask graphqlAsk) (gql.Response, int) {
	if c.managed {
		if refused := c.authenticate(r); refused != nil {
			return failedCall(refused), http.StatusOK
		}
	}
	if c.fault.Code != "" && c.fault.Envelope {
		return failedCall(trackerFault(c.fault)), cmp.Or(c.fault.Status, http.StatusOK)
	}
	switch {
	case ask.persisted == "":
	case ask.Query == "":
		return failedCall(&gql.Error{Message: "PersistedQueryNotFound", Code: gql.CodeBadRequest}), http.StatusOK
	case ask.persisted != sha256Hex(ask.Query):
		return failedCall(&gql.Error{Message: "provided sha does not match query", Code: gql.CodeBadRequest}), http.StatusBadRequest
	}
	response := server.Do(r.Context(), ask.Request)
	return c.finish(response)
}

// finish turns an answer of the engine into that of the server.
func (c *trackerCall) finish(response gql.Response) (gql.Response, int) {
	limit := c.world.config.Limits.TrackerDeliveryAliases
	switch {
	case response.Stage == gql.Refused:
		return response, http.StatusBadRequest
	case response.Stage == gql.BadVariables:
		return response, http.StatusOK
	case c.managed && limit > 0 && c.tracks > limit:
		return failedCall(&gql.Error{Message: "Too many track fields", Code: gql.CodeBadRequest}), http.StatusBadRequest
	case c.spoilt != nil && c.spoilt.Code != "" && c.spoilt.Envelope:
		response = failedCall(trackerFault(*c.spoilt))
	}
	if !c.managed {
		maskErrors(response.Errors)
	}
	if c.spoilt != nil && c.spoilt.Status != 0 {
		return response, c.spoilt.Status
	}
	return response, http.StatusOK
}

// authenticate checks the credentials of a managed call and takes it from the client's rate. Statuses and texts of
// the real refusals are not known.
func (c *trackerCall) authenticate(r *http.Request) *gql.Error {
	client, ok := c.world.trackerClient(r)
	switch {
	case !ok:
		return &gql.Error{Message: "Unauthenticated", Code: "UNAUTHENTICATED"}
	case !c.world.allow(TrackerDelivery, client, c.world.config.Limits.TrackerDeliveryRate):
		return &gql.Error{Message: "API rate limit exceeded", Code: "FORBIDDEN"}
	}
	return nil
}

// failedCall is an answer without data.
func failedCall(e *gql.Error) gql.Response { return gql.Response{Errors: []*gql.Error{e}} }

// maskErrors hides what went wrong, as a self-hosted server in production does (observed): every error of a query
// that was run reads the same.
func maskErrors(errors []*gql.Error) {
	for _, e := range errors {
		e.Message, e.Code, e.Extra = "Internal error", gql.CodeInternal, nil
		e.Bare = false
	}
}

// trackerFault is the error that a fault of the world asks for.
func trackerFault(f Fault) *gql.Error {
	code, _, _ := strings.Cut(f.Code, "@")
	e := &gql.Error{Message: f.Message, Code: code}
	switch {
	case code == NoCode:
		e.Code, e.Bare = "", true
	case f.Message != "":
	case code == "INTERNAL":
		e.Message = "Please try again in a few minutes."
	case code == "FORBIDDEN":
		e.Message = "Forbidden"
	case code == "UNAUTHENTICATED":
		e.Message = "Unauthenticated"
	}
	return e
}

// itemFault gives what the fault of one parcel, or of the provider, does to a field that asks about it: an error, or
// nil when the answer is right. A fault that spoils the whole answer is noted for the end.
func (c *trackerCall) itemFault(ctx context.Context, f Fault) error {
	if !c.world.stall(ctx, f) {
		return errors.New("nobody waits")
	}
	turn := turnCourier + 2*int(f.Delay.Milliseconds()) // who waits longer fails later
	f.Delay, f.Hang = 0, false
	c.mu.Lock()
	if c.spoilt == nil && (f.spoils() || f.Code != "" && (f.Envelope || f.Status != 0)) {
		c.spoilt = &f
	}
	c.mu.Unlock()
	if f.Code == "" {
		return nil
	}
	e := trackerFault(f)
	e.Turn = turn
	return e
}

// spoils reports whether a fault is about an answer as a whole, even when one parcel has it.
func (f Fault) spoils() bool {
	return f.HTML || f.Empty || f.Truncated || f.Torn || f.Nonsense || f.Status != 0 && f.Code == ""
}

// refuseGraphQL answers a call that never reached the engine.
func refuseGraphQL(rw http.ResponseWriter, m misuse) {
	if m.page {
		expressPage(rw, m.status, http.StatusText(m.status))
		return
	}
	if m.asked {
		rw.Header().Set("Cache-Control", "no-store")
	}
	if m.status == http.StatusMethodNotAllowed && rw.Header().Get("Allow") == "" {
		rw.Header().Set("Allow", "GET, POST")
	}
	writeGraphQL(rw, mediaTypes[0], m.status, failedCall(&gql.Error{Message: "Internal error", Code: gql.CodeInternal}))
}

func writeGraphQL(rw http.ResponseWriter, contentType string, status int, response gql.Response) {
	body, err := response.MarshalJSON()
	if err != nil { // the engine has written data already; the rest is plain text
		body, status = []byte(`{}`), http.StatusInternalServerError
	}
	rw.Header().Set("Content-Type", contentType+"; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(body, '\n'))
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
