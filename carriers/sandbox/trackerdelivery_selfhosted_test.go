package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// exchange is one call to a self-hosted server and what it answered. The parcels in it were made up; the courier's
// id is one whose numbers the server does not check.
type exchange struct {
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

const recordedCarrier = "kr.swgexp.epost"

// recordedWorld is a world with the parcels of the exchanges.
func recordedWorld(t *testing.T) *World {
	t.Helper()
	w := New(Config{Empty: true, Clock: NewClock(time.Date(2026, 1, 5, 9, 0, 0, 0, kst), 0)})
	var parcels map[string][]struct {
		Time                           *time.Time
		Code, Name, Description, Place string
	}
	readTestdata(t, "parcels.json", &parcels)
	carrier, ok := trackerCarrierOn(onOpen, recordedCarrier)
	if !ok {
		t.Fatalf("no %s", recordedCarrier)
	}
	for number, events := range parcels {
		p := Parcel{
			Courier: carrier.courier(), Number: number, Label: time.Unix(0, 0), AsScripted: true,
			Sender: Person{Name: "홍길동", Phone: "010-****-0000"}, Recipient: Person{Name: "홍길순", Phone: "010-0000-0000"},
		}
		for _, e := range events {
			scan := Scan{Text: e.Name, Note: e.Description, Place: e.Place, Undated: e.Time == nil, As: Codes{TrackerDelivery: e.Code}}
			if e.Time != nil {
				scan.At = *e.Time
			}
			p.Scans = append(p.Scans, scan)
		}
		w.Add(p)
	}
	for _, number := range []string{"100000000500", "100000000501"} {
		w.Add(Parcel{Courier: carrier.courier(), Number: number, Faults: []Fault{{Code: "INTERNAL"}}})
	}
	cj, _ := trackerCarrierOn(onOpen, "kr.cjlogistics")
	w.Add(Parcel{Courier: cj.courier(), Number: "123456789003", Scans: []Scan{{
		At: time.Date(2024, 9, 19, 10, 22, 0, 0, kst), Status: tracking.StatusOutForDelivery, Text: "배송출발",
	}}})
	return w
}

func readTestdata(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "trackerdelivery", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// trackerHTTP makes a call in process.
func trackerHTTP(t *testing.T, w *World, method, url string, header map[string]string, body []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

// graphqlBody is a GraphQL answer, as far as the tests compare it.
type graphqlBody struct {
	Errors []struct {
		Message    string
		Locations  []struct{ Line, Column int }
		Path       []any
		Extensions map[string]any
	}
	Data json.RawMessage
}

func TestSelfHostedAnswersAsRecorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "trackerdelivery", "*.json"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if name == "parcels.json" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			t.Parallel()
			var x exchange
			readTestdata(t, name, &x)
			body := []byte(x.Request.Body)
			var text string
			if json.Unmarshal(body, &text) == nil { // a body that is not JSON, or null
				body = []byte(text)
			}
			w := recordedWorld(t)
			response, got := trackerHTTP(t, w, x.Request.Method, w.URLs("").SelfHosted+x.Request.Path, x.Request.Headers, body)
			if response.StatusCode != x.Response.Status {
				t.Errorf("status %d, want %d", response.StatusCode, x.Response.Status)
			}
			for header, want := range x.Response.Headers {
				if got := response.Header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			compareGraphQL(t, got, x.Response.Body)
		})
	}
}

// compareGraphQL compares two answers: HTML as it is, JSON by its meaning, and the wording of introspection's refusal
// not at all.
func compareGraphQL(t *testing.T, got, want []byte) {
	t.Helper()
	var page string
	if json.Unmarshal(want, &page) == nil {
		if string(got) != page {
			t.Errorf("got  %q\nwant %q", got, page)
		}
		return
	}
	var g, w graphqlBody
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	for i := range w.Errors {
		if w.Errors[i].Extensions["validationErrorCode"] != nil && i < len(g.Errors) {
			w.Errors[i].Message = g.Errors[i].Message
		}
	}
	if !reflect.DeepEqual(g.Errors, w.Errors) {
		t.Errorf("errors\n got %+v\nwant %+v", g.Errors, w.Errors)
	}
	if (g.Data == nil) != (w.Data == nil) || !sameJSON(t, g.Data, w.Data) {
		t.Errorf("data\n got %s\nwant %s", g.Data, w.Data)
	}
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var x, y any
	if len(a) > 0 && json.Unmarshal(a, &x) != nil || len(b) > 0 && json.Unmarshal(b, &y) != nil {
		t.Fatalf("no JSON: %s %s", a, b)
	}
	return reflect.DeepEqual(x, y)
}

func TestTransportOfGraphQL(t *testing.T) {
	w := New(Config{Empty: true})
	const ask = `{"query":"{__typename}"}`
	jsonType := map[string]string{"Content-Type": "application/json"}
	with := func(name, value string) map[string]string {
		return map[string]string{"Content-Type": "application/json", name: value}
	}
	tests := []struct {
		name, method, path string
		header             map[string]string
		body               string
		status             int
		contentType, want  string
	}{
		{"no content type", "POST", "", nil, ask, 400, "application/json", "Internal error"},
		{"a form", "POST", "", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "query=%7B__typename%7D", 400, "application/json", "Internal error"},
		{"empty body", "POST", "", jsonType, "", 400, "application/json", "Internal error"},
		{"empty object", "POST", "", jsonType, "{}", 400, "application/json", "Internal error"},
		{"query is no string", "POST", "", jsonType, `{"query":1}`, 400, "application/json", "Internal error"},
		{"variables are no object", "POST", "", jsonType, `{"query":"{__typename}","variables":[1]}`, 400, "application/json", "Internal error"},
		{"null members", "POST", "", jsonType, `{"query":"{__typename}","variables":null,"operationName":null,"extensions":null}`, 200, "application/json", `"Query"`},
		{"a JSON scalar", "POST", "", jsonType, `"x"`, 400, "text/html", "Bad Request"},
		{"two values", "POST", "", jsonType, ask + ask, 400, "text/html", "Bad Request"},
		{"unknown encoding", "POST", "", with("Content-Encoding", "br"), ask, 415, "text/html", "Unsupported Media Type"},
		{"broken gzip", "POST", "", with("Content-Encoding", "gzip"), ask, 400, "text/html", "Bad Request"},
		{"charset utf-8", "POST", "", map[string]string{"Content-Type": "application/json; charset=UTF-8"}, ask, 200, "application/json", `"Query"`},
		{"the newer media type", "POST", "", with("Accept", "application/graphql-response+json, application/json;q=0.9"), ask, 200, "application/graphql-response+json", `"Query"`},
		{"weights", "POST", "", with("Accept", "application/graphql-response+json;q=0.5, application/json"), ask, 200, "application/json", `"Query"`},
		{"anything", "POST", "", with("Accept", "text/html, */*;q=0.1"), ask, 200, "application/json", `"Query"`},
		{"nothing that there is", "POST", "", with("Accept", "text/html, application/json;q=0"), ask, 406, "application/json", "Internal error"},
		{"unknown persisted query", "POST", "", jsonType, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, 200, "application/json", "PersistedQueryNotFound"},
		{"persisted query of another text", "POST", "", jsonType, `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, 400, "application/json", "sha"},
		{"GET after a preflight", "GET", "?query=%7B__typename%7D", map[string]string{"Apollo-Require-Preflight": "1"}, "", 200, "application/json", `"Query"`},
		{"GET with variables", "GET", "?query=query(%24i:ID!)%7Bcarrier(id:%24i)%7Bid%7D%7D&variables=%7B%22i%22:%22kr.lotte%22%7D", jsonType, "", 200, "application/json", `"kr.lotte"`},
		{"GET with bad variables", "GET", "?query=%7B__typename%7D&variables=%7B", jsonType, "", 400, "application/json", "Internal error"},
		{"GET that changes something", "GET", "?query=mutation%7Bx%7D", jsonType, "", 405, "application/json", "Internal error"},
		{"DELETE", "DELETE", "", jsonType, ask, 405, "application/json", "Internal error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, body := trackerHTTP(t, w, tt.method, w.URLs("").SelfHosted+tt.path, tt.header, []byte(tt.body))
			contentType, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
			if response.StatusCode != tt.status || contentType != tt.contentType || !strings.Contains(string(body), tt.want) {
				t.Errorf("got %d %s %s", response.StatusCode, contentType, body)
			}
		})
	}
}

func TestSelfHostedPaging(t *testing.T) {
	w := recordedWorld(t)
	seen := map[string]bool{}
	after := "null"
	for range 3 {
		data := trackData[struct {
			Carriers struct {
				Edges []struct {
					Cursor string
					Node   struct{ ID string }
				}
				PageInfo struct{ HasNextPage bool }
			}
		}](t, w, SelfHosted, `query($first: Int!, $after: String) { carriers(first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } } }`, `{"first":20,"after":`+after+`}`)
		for _, edge := range data.Carriers.Edges {
			seen[edge.Node.ID] = true
			after = `"` + edge.Cursor + `"`
		}
		if !data.Carriers.PageInfo.HasNextPage {
			break
		}
	}
	if len(seen) != 32 {
		t.Errorf("%d couriers, want 32", len(seen))
	}
	for _, misuse := range []string{"first: 1, last: 1", "first: 0", "last: -1", `first: 1, before: "eyJpbmRleCI6NX0="`, `last: 1, after: "eyJpbmRleCI6NX0="`} {
		body := askTracker(t, w, SelfHosted, `{ carriers(`+misuse+`) { pageInfo { hasNextPage } } }`, "")
		if len(body.Errors) != 1 || string(body.Data) != `{"carriers":null}` {
			t.Errorf("%s: %+v %s", misuse, body.Errors, body.Data)
		}
	}
	// A cursor that says nothing of a position gives an empty page.
	lost := askTracker(t, w, SelfHosted, `{ carriers(first: 5, after: "e30=") { edges { cursor } pageInfo { hasNextPage } } }`, "")
	if string(lost.Data) != `{"carriers":{"edges":[],"pageInfo":{"hasNextPage":false}}}` {
		t.Errorf("%s", lost.Data)
	}
}

// askTracker asks one of the two GraphQL doubles with the demo key.
func askTracker(t *testing.T, w *World, provider, query, variables string) graphqlBody {
	t.Helper()
	url := w.URLs("").TrackerDelivery
	if provider == SelfHosted {
		url = w.URLs("").SelfHosted
	}
	ask := map[string]any{"query": query}
	if variables != "" {
		ask["variables"] = json.RawMessage(variables)
	}
	text, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	demo := w.Demo()
	_, body := trackerHTTP(t, w, http.MethodPost, url, map[string]string{
		"Content-Type":  "application/json",
		"Authorization": "TRACKQL-API-KEY " + demo.TrackerDeliveryClientID + ":" + demo.TrackerDeliveryClientSecret,
	}, text)
	var answer graphqlBody
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return answer
}

// trackData asks and wants data without errors.
func trackData[T any](t *testing.T, w *World, provider, query, variables string) T {
	t.Helper()
	body := askTracker(t, w, provider, query, variables)
	if len(body.Errors) > 0 {
		t.Fatalf("errors: %+v", body.Errors)
	}
	var data T
	if err := json.Unmarshal(body.Data, &data); err != nil {
		t.Fatalf("%v: %s", err, body.Data)
	}
	return data
}

func FuzzTrackerCall(f *testing.F) {
	f.Add("POST", "application/json", `{"query":"{ track(carrierId: \"kr.lotte\", trackingNumber: \"1\") { events(first: 2, after: \"e30=\") { edges { cursor } } } }"}`)
	f.Add("GET", "application/json; charset=utf-8", ``)
	f.Add("PUT", "text/plain", `[{"query":1}]`)
	f.Add("POST", "application/json", `{"query":"{ carriers(last: 3, before: \"eyJpbmRleCI6OTk5OTk5OTk5OTk5OTl9\") { edges { node { id } } pageInfo { startCursor } } }"}`)
	w := New(Config{Empty: true})
	f.Fuzz(func(t *testing.T, method, contentType, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, w.URLs("").SelfHosted+"/x", strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.Header.Set("Content-Type", contentType)
		response, err := w.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if html := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html"); !html && !json.Valid(text) {
			t.Errorf("%d %s", response.StatusCode, text)
		}
	})
}
