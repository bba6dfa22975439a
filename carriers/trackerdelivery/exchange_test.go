package trackerdelivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

// exchange is one recorded or constructed exchange of testdata: what was asked, as far as it matters, and the answer.
type exchange struct {
	Name      string          `json:"name"`
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Variables json.RawMessage `json:"variables"`
	Form      string          `json:"form"`
	Response  struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"` // a JSON string when it is not JSON
	} `json:"response"`
}

// exchanges reads one file of testdata.
func exchanges(t testing.TB, group string) map[string]exchange {
	t.Helper()
	text, err := os.ReadFile("testdata/" + group + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]exchange, len(list))
	for _, e := range list {
		all[e.Name] = e
	}
	return all
}

// allExchanges reads the whole of testdata.
func allExchanges(t testing.TB) map[string]exchange {
	t.Helper()
	all := exchanges(t, "managed")
	for _, group := range []string{"selfhosted", "oauth", "v1"} {
		maps.Copy(all, exchanges(t, group))
	}
	return all
}

// body gives the bytes that were on the wire.
func (e exchange) body() []byte {
	var text string
	if json.Unmarshal(e.Response.Body, &text) == nil && !bytes.Equal(e.Response.Body, []byte("null")) {
		return []byte(text)
	}
	return e.Response.Body
}

func (e exchange) reply() reply {
	return reply{status: e.Response.Status, header: e.Response.Headers, body: e.body()}
}

// parcel gives the provider's id and number of a fixture that asks for one parcel.
func (e exchange) parcel(t testing.TB) (id, number string) {
	t.Helper()
	var v struct{ CarrierID, TrackingNumber string }
	if err := json.Unmarshal(e.Variables, &v); err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	return v.CarrierID, v.TrackingNumber
}

// reply is a server's answer, or err instead of one.
type reply struct {
	status int
	header map[string]string
	body   []byte
	err    error
}

func jsonReply(format string, args ...any) reply {
	return reply{
		status: http.StatusOK, header: map[string]string{"Content-Type": "application/json; charset=utf-8"},
		body: fmt.Appendf(nil, format, args...),
	}
}

func (r reply) response(req *http.Request) (*http.Response, error) {
	if r.err != nil {
		return nil, r.err
	}
	header := http.Header{}
	for name, value := range r.header {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: r.status, Header: header, Body: io.NopCloser(bytes.NewReader(r.body)), ContentLength: int64(len(r.body)),
		Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// sent is a request as the server saw it.
type sent struct {
	method, url, host string
	header            http.Header
	body              []byte
	document          string
	variables         map[string]any
}

// operation is the name of the document, or the URL of a request that has none.
func (s sent) operation() string {
	_, rest, ok := strings.Cut(s.document, " ")
	if !ok {
		return s.url
	}
	name, _, _ := strings.Cut(rest, "(")
	return name
}

// server is a RoundTripper that keeps what it was asked and answers by a function.
type server struct {
	answer func(sent) reply

	mu       sync.Mutex
	requests []sent
}

// replies answers with each in turn, and then with the last again.
func replies(list ...reply) *server {
	i := 0
	return &server{answer: func(sent) reply {
		r := list[min(i, len(list)-1)]
		i++
		return r
	}}
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	seen := sent{method: req.Method, url: req.URL.String(), host: req.URL.Host, header: req.Header.Clone()}
	if req.Body != nil {
		seen.body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	var document struct {
		Query     string
		Variables map[string]any
	}
	if json.Unmarshal(seen.body, &document) == nil {
		seen.document, seen.variables = document.Query, document.Variables
	}
	s.mu.Lock()
	s.requests = append(s.requests, seen)
	s.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	r := s.answer(seen)
	if errors.Is(r.err, errHang) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	return r.response(req)
}

// errHang in a reply makes the server never answer.
var errHang = errors.New("hang")

func (s *server) seen() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *server) operations() []string {
	var names []string
	for _, r := range s.seen() {
		names = append(names, r.operation())
	}
	return names
}

func (s *server) client() *http.Client { return &http.Client{Transport: s} }

// managed and selfHosted make carriers that talk to a server in memory, without pace.
func managed(s *server, change ...func(*Config)) *Carrier {
	c := Config{ClientID: "CLIENT_ID", ClientSecret: "CLIENT_SECRET", Client: s.client(), Limiter: rate.NewLimiter(rate.Inf, 0)}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

func selfHosted(s *server, change ...func(*Config)) *Carrier {
	c := Config{BaseURL: "http://127.0.0.1:4000/", Client: s.client()}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

// stub names a parcel by the provider's own id.
func stub(id, number string) tracking.Query {
	return tracking.Query{Courier: tracking.Courier("trackerdelivery:" + id), Number: number}
}

// one asks for one parcel and flattens the two ways of failing.
func one(t testing.TB, c tracking.Carrier, q tracking.Query) (*tracking.Parcel, error) {
	t.Helper()
	results, err := c.Query(t.Context(), []tracking.Query{q})
	switch {
	case err != nil && results != nil:
		t.Fatalf("both results and an error: %v", err)
	case err != nil:
		return nil, err
	case len(results) != 1:
		t.Fatalf("%d results for one query", len(results))
	case (results[0].Parcel == nil) == (results[0].Err == nil):
		t.Fatalf("a result has both or neither of Parcel and Err: %+v", results[0])
	case !reflect.DeepEqual(results[0].Query, q) || results[0].Carrier != c.Name():
		t.Fatalf("result of %v by %q, asked %v", results[0].Query, results[0].Carrier, q)
	}
	return results[0].Parcel, results[0].Err
}

func seoul(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, time.FixedZone("", 9*3600))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
