package sandbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"html"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/gql"
)

// This file plays the web server around the GraphQL engine: what happens to a call before its document is read
// (all observed on a self-hosted server; assumed of the managed one).

// expressBodyMax is the size of a request body that is still read.
const expressBodyMax = 50 << 20

// expressPage answers with the web framework's error page.
func expressPage(rw http.ResponseWriter, status int, text string) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n"+
		"</head>\n<body>\n<pre>"+html.EscapeString(text)+"</pre>\n</body>\n</html>\n")
}

// serveExpressNotFound answers for a path that does not exist.
func serveExpressNotFound(rw http.ResponseWriter, r *http.Request) {
	expressPage(rw, http.StatusNotFound, "Cannot "+r.Method+" "+r.URL.Path)
}

// misuse is a call that never reaches the document. Without a page it is answered as "Internal error" in JSON.
type misuse struct {
	status int
	page   bool
	asked  bool // it was a GraphQL call in form, and its answer is not to be stored
}

// readJSON reads the body of a call with a JSON content type; nil when there is none.
func readJSON(r *http.Request) (any, *misuse) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, nil
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, &misuse{status: http.StatusUnsupportedMediaType, page: true}
	}
	body, failed := readBody(r)
	if failed != nil || len(body) == 0 {
		return nil, failed
	}
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil, &misuse{status: http.StatusBadRequest, page: true}
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(trimmed))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, &misuse{status: http.StatusBadRequest, page: true}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &misuse{status: http.StatusBadRequest, page: true}
	}
	return v, nil
}

// readBody reads a plain or gzipped body.
func readBody(r *http.Request) ([]byte, *misuse) {
	var in io.Reader = r.Body
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, &misuse{status: http.StatusBadRequest, page: true}
		}
		in = unzipped
	default:
		return nil, &misuse{status: http.StatusUnsupportedMediaType, page: true}
	}
	body, err := io.ReadAll(io.LimitReader(in, expressBodyMax+1))
	switch {
	case err != nil:
		return nil, &misuse{status: http.StatusBadRequest, page: true}
	case len(body) > expressBodyMax:
		return nil, &misuse{status: http.StatusRequestEntityTooLarge, page: true}
	}
	return body, nil
}

// graphqlAsk is what a call asks of the engine.
type graphqlAsk struct {
	gql.Request
	persisted string // the hash of a persisted query; empty when there is none
}

// readGraphQL reads a call up to where the engine takes over.
func readGraphQL(r *http.Request) (graphqlAsk, *misuse) {
	body, failed := readJSON(r)
	if failed != nil {
		return graphqlAsk{}, failed
	}
	if _, batch := body.([]any); batch || !preflighted(r) {
		return graphqlAsk{}, &misuse{status: http.StatusBadRequest}
	}
	var members map[string]any
	switch r.Method {
	case http.MethodPost:
		members, _ = body.(map[string]any)
	case http.MethodGet:
		if members, failed = queryMembers(r); failed != nil {
			return graphqlAsk{}, failed
		}
	default:
		return graphqlAsk{}, &misuse{status: http.StatusMethodNotAllowed}
	}
	ask, ok := askOf(members)
	if !ok {
		return graphqlAsk{}, &misuse{status: http.StatusBadRequest, asked: true}
	}
	return ask, nil
}

// preflighted reports whether a browser would have asked before it sent the call: otherwise it is refused, as a
// guard against forged requests.
func preflighted(r *http.Request) bool {
	if r.Header.Get("X-Apollo-Operation-Name") != "" || r.Header.Get("Apollo-Require-Preflight") != "" {
		return true
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return !slices.Contains([]string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}, kind)
}

// queryMembers reads the members of a call from its query string.
func queryMembers(r *http.Request) (map[string]any, *misuse) {
	members := map[string]any{}
	for name, values := range r.URL.Query() {
		if len(values) != 1 {
			return nil, &misuse{status: http.StatusBadRequest}
		}
		members[name] = values[0]
		if name != "variables" && name != "extensions" {
			continue
		}
		d := json.NewDecoder(strings.NewReader(values[0]))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return nil, &misuse{status: http.StatusBadRequest}
		}
		members[name] = v
	}
	return members, nil
}

// askOf checks the members of a call; false when one is of the wrong type, or there is nothing to run.
func askOf(members map[string]any) (graphqlAsk, bool) {
	var ask graphqlAsk
	var extensions map[string]any
	if !member(members["query"], &ask.Query) || !member(members["operationName"], &ask.OperationName) ||
		!member(members["variables"], &ask.Variables) || !member(members["extensions"], &extensions) {
		return ask, false
	}
	if persisted, ok := extensions["persistedQuery"].(map[string]any); ok {
		ask.persisted, _ = persisted["sha256Hash"].(string)
	}
	return ask, ask.Query != "" || ask.persisted != ""
}

// member reads a member that may be missing or null.
func member[T any](v any, into *T) bool {
	if v == nil {
		return true
	}
	read, ok := v.(T)
	if ok {
		*into = read
	}
	return ok
}

// mediaTypes are those that GraphQL answers come in.
var mediaTypes = [...]string{"application/json", "application/graphql-response+json"}

// negotiate picks the media type of the answer; false when the caller takes neither. The caller's weights decide,
// then an exact name before a wildcard, then the caller's order.
func negotiate(accept string) (string, bool) {
	if strings.TrimSpace(accept) == "" {
		return mediaTypes[0], true
	}
	best, chosen := -1.0, ""
	for i, part := range strings.Split(accept, ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, given := params["q"]; given {
			if weight, err = strconv.ParseFloat(q, 64); err != nil || weight <= 0 {
				continue
			}
		}
		rank := weight*1e9 - float64(i)
		for _, offered := range mediaTypes {
			switch kind {
			case offered:
				rank += 1e4
			case "application/*", "*/*":
			default:
				continue
			}
			if rank > best {
				best, chosen = rank, offered
			}
			break
		}
	}
	return chosen, chosen != ""
}
