package deliveryapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/tracking"
)

const (
	testKey    = "example-api-key"
	testSecret = "example-secret-key"
)

// fixture is one exchange with the provider and what is expected of it.
type fixture struct {
	Request struct {
		Method  string
		Path    string
		Headers map[string]string
		Body    json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage // a text is the exact bytes, null is nothing
	}
	Expect json.RawMessage
}

func readFixture(t testing.TB, name string) fixture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// fixtures lists the names of a group, such as "trace-".
func fixtures(t testing.TB, prefix string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", prefix+"*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures %s*: %v", prefix, err)
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".json")
	}
	return paths
}

func (f fixture) expect(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(f.Expect, into); err != nil {
		t.Fatal(err)
	}
}

// body gives the bytes of the answer.
func (f fixture) body() []byte {
	var text string
	if json.Unmarshal(f.Response.Body, &text) == nil {
		return []byte(text)
	}
	return f.Response.Body
}

func (f fixture) answer() *http.Response { return f.answerWith(f.body()) }

func (f fixture) answerWith(body []byte) *http.Response {
	header := http.Header{}
	for name, value := range f.Response.Headers {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: f.Response.Status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// roundTrip is a provider in memory.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// provider answers each path with its fixture, and complains about requests that are not what the fixture's are.
type provider struct {
	t     testing.TB
	calls map[string]int // by method and path
	paths map[string]fixture
}

func newProvider(t testing.TB, names ...string) *provider {
	p := &provider{t: t, calls: map[string]int{}, paths: map[string]fixture{}}
	for _, name := range names {
		f := readFixture(t, name)
		p.paths[f.Request.Method+" "+f.Request.Path] = f
	}
	return p
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	name := r.Method + " " + r.URL.RequestURI()
	f, ok := p.paths[name]
	if !ok {
		p.t.Errorf("unexpected call %s", name)
		return nil, errors.New("no such path")
	}
	p.calls[name]++
	checkHeaders(p.t, f, r)
	checkBody(p.t, f.Request.Body, readBody(p.t, r))
	return f.answer(), nil
}

func checkHeaders(t testing.TB, f fixture, r *http.Request) {
	t.Helper()
	for name, want := range f.Request.Headers {
		if got := r.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
}

func readBody(t testing.TB, r *http.Request) []byte {
	t.Helper()
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// checkBody compares JSON by value; skipCache false and a missing skipCache are the same.
func checkBody(t testing.TB, want, got []byte) {
	t.Helper()
	if diff := cmp.Diff(anyJSON(t, want), anyJSON(t, got)); diff != "" {
		t.Errorf("request body (-want +got):\n%s", diff)
	}
}

func anyJSON(t testing.TB, data []byte) any {
	t.Helper()
	if len(data) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	if object, ok := value.(map[string]any); ok && object["skipCache"] == false {
		delete(object, "skipCache")
	}
	return value
}

func newCarrier(rt http.RoundTripper, change ...func(*deliveryapi.Config)) *deliveryapi.Carrier {
	config := deliveryapi.Config{
		APIKey: testKey, SecretKey: testSecret, Client: &http.Client{Transport: rt}, Limiter: rate.NewLimiter(rate.Inf, 0),
	}
	for _, c := range change {
		c(&config)
	}
	return deliveryapi.New(config)
}

// sentinel finds an error by the name that fixtures give it.
func sentinel(t testing.TB, name string) error {
	t.Helper()
	known := map[string]error{
		"ErrNotFound": tracking.ErrNotFound, "ErrInvalidNumber": tracking.ErrInvalidNumber,
		"ErrUnsupportedCourier": tracking.ErrUnsupportedCourier, "ErrRateLimited": tracking.ErrRateLimited,
		"ErrQuotaExhausted": tracking.ErrQuotaExhausted, "ErrCredentials": tracking.ErrCredentials,
		"ErrForbidden": tracking.ErrForbidden, "ErrUpstream": tracking.ErrUpstream, "ErrProtocol": tracking.ErrProtocol,
		"ErrInvalidRequest": tracking.ErrInvalidRequest, "ErrConflict": tracking.ErrConflict, "ErrUnsupported": tracking.ErrUnsupported,
		"ErrInvalidItems": deliveryapi.ErrInvalidItems, "ErrResourceNotFound": deliveryapi.ErrResourceNotFound,
		"ErrEndpointLimit": deliveryapi.ErrEndpointLimit, "ErrEndpointUnreachable": deliveryapi.ErrEndpointUnreachable,
	}
	err, ok := known[name]
	if !ok {
		t.Fatalf("no sentinel %s", name)
	}
	return err
}

// retryName gives a retry class in the fixtures' words.
func retryName(r tracking.Retry) string {
	if r == tracking.RetrySoon {
		return "backoff"
	}
	return r.String()
}

func billedOf(told *bool) tracking.Tri {
	if told == nil {
		return tracking.Maybe
	}
	return tracking.TriOf(*told)
}

func utc(t testing.TB, text *string) time.Time {
	t.Helper()
	if text == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
