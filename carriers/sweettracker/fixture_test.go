package sweettracker

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking"
)

const testCallback = "https://shop.example/hooks/sweettracker/TEST_TOKEN_0123456789"

// fixture is one conversation: what we send and what the provider answers.
type fixture struct {
	Name    string `json:"name"`
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"request"`
	Response reply `json:"response"`
}

type reply struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// bytes gives the body as it goes over the wire: a JSON string stands for its own text.
func (r reply) bytes() []byte {
	var text string
	if json.Unmarshal(r.Body, &text) == nil {
		return []byte(text)
	}
	return r.Body
}

func loadFixture(t testing.TB, name string) fixture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

func fixtureNames(t testing.TB, prefixes ...string) []string {
	t.Helper()
	var names []string
	for _, prefix := range prefixes {
		found, err := filepath.Glob(filepath.Join("testdata", prefix+"*.json"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no fixtures %s*: %v", prefix, err)
		}
		for _, path := range found {
			names = append(names, strings.TrimSuffix(filepath.Base(path), ".json"))
		}
	}
	return names
}

// roundTrip is a server without a socket.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func (r roundTrip) client() *http.Client { return &http.Client{Transport: r} }

// answerWith makes an HTTP answer.
func answerWith(status int, contentType string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), ProtoMajor: 1, ProtoMinor: 1,
	}
}

func answerJSON(body string) *http.Response {
	return answerWith(http.StatusOK, "application/json;charset=UTF-8", []byte(body))
}

// play gives the fixture's answer to every request, and fails the test for a request that is not the fixture's.
func play(t *testing.T, f fixture) roundTrip {
	t.Helper()
	return func(req *http.Request) (*http.Response, error) {
		checkRequest(t, f, req)
		return answerWith(f.Response.Status, f.Response.Headers["Content-Type"], f.Response.bytes()), nil
	}
}

func checkRequest(t *testing.T, f fixture, req *http.Request) {
	t.Helper()
	if req.Method != f.Request.Method || req.URL.Path != f.Request.Path || req.URL.RawQuery != "" {
		t.Errorf("sent %s %s, want %s %s", req.Method, req.URL, f.Request.Method, f.Request.Path)
	}
	for name, want := range f.Request.Headers {
		if got := req.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if string(f.Request.Body) == "null" {
		if req.Body != nil && req.Body != http.NoBody {
			t.Error("a body was sent")
		}
		return
	}
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decodeAny(t, f.Request.Body), decodeAny(t, sent)); diff != "" {
		t.Errorf("request body (-want +sent):\n%s", diff)
	}
}

func decodeAny(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

// carrierOf makes a carrier that talks to a server without a socket and does not pace itself.
func carrierOf(server roundTrip, change ...func(*Config)) *Carrier {
	c := Config{Key: "TEST_T_KEY", Client: server.client(), Limiter: rate.NewLimiter(rate.Inf, 0)}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

// traceOf is carrierOf for the trace API.
func traceOf(server roundTrip, change ...func(*TraceConfig)) *Trace {
	c := TraceConfig{
		Tier: "TEST_TIER", Key: "TEST_TRACE_KEY", BaseURL: "https://trace.example", Callback: testCallback,
		Client: server.client(), Limiter: rate.NewLimiter(rate.Inf, 0),
	}
	for _, f := range change {
		f(&c)
	}
	return NewTrace(c)
}

// asked gives the query that a fixture's request is of. Its courier is written with the provider's code.
func asked(t *testing.T, f fixture) tracking.Query {
	t.Helper()
	var body struct {
		Code   string `json:"t_code"`
		Number string `json:"t_invoice"`
	}
	if err := json.Unmarshal(f.Request.Body, &body); err != nil {
		t.Fatal(err)
	}
	return tracking.Query{Courier: courierOf(body.Code), Number: body.Number, Ref: "order 1"}
}

// askOne queries one number and gives its parcel or its error, wherever that was.
func askOne(t *testing.T, c tracking.Carrier, q tracking.Query) (*tracking.Parcel, error) {
	t.Helper()
	results, err := c.Query(t.Context(), []tracking.Query{q})
	if err != nil {
		if results != nil {
			t.Error("results beside an error")
		}
		return nil, err
	}
	if len(results) != 1 {
		t.Fatalf("%d results for one query", len(results))
	}
	r := results[0]
	if (r.Parcel == nil) == (r.Err == nil) {
		t.Errorf("parcel %v beside error %v", r.Parcel, r.Err)
	}
	if diff := cmp.Diff(q, r.Query); diff != "" {
		t.Errorf("the query is not echoed (-asked +echoed):\n%s", diff)
	}
	if r.Carrier != Name {
		t.Errorf("result of carrier %q", r.Carrier)
	}
	return r.Parcel, r.Err
}

// inTime runs f in fake time, where pauses cost nothing.
func inTime(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func kstTime(text string) time.Time {
	at, err := time.ParseInLocation(time.DateTime, text, kst)
	if err != nil {
		panic(err)
	}
	return at
}
