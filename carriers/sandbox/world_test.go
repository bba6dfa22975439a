package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// newWorld makes a world whose clock stands still on a Monday morning in Seoul.
func newWorld(t *testing.T, config Config) *World {
	t.Helper()
	if config.Clock == nil {
		config.Clock = NewClock(referenceStart, 0)
	}
	return New(config)
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func fetch(t *testing.T, client *http.Client, r *http.Request) reply {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: body: %v", r.Method, r.URL.Path, err)
	}
	return reply{response.StatusCode, response.Header, body}
}

func request(t *testing.T, method, url string, body any) *http.Request {
	t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

func decode[T any](t *testing.T, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return v
}

func magic(t *testing.T, name string) MagicNumber {
	t.Helper()
	m, ok := MagicCase(name)
	if !ok {
		t.Fatalf("no magic case %q", name)
	}
	return m
}

func TestZeroConfigWorks(t *testing.T) {
	w := New(Config{})
	if drift := time.Since(w.Clock().Now()); drift < 0 || drift > time.Minute {
		t.Errorf("a world without a clock is %s from the wall clock", drift)
	}
	m := magic(t, "delivered")
	if got := w.Truth(m.Courier, m.Number).Shipments; len(got) != 1 || got[0].Status != tracking.StatusDelivered {
		t.Errorf("truth of the delivered number: %+v", got)
	}
	if again := New(Config{Seed: 1}); again.Demo() != w.Demo() {
		t.Error("seed 1 is not the default")
	}
	if other := New(Config{Seed: 2}); other.Demo() == w.Demo() {
		t.Error("another seed gives the same credentials")
	}
	if n := len(w.Demo().SweetTrackerKey); n != 22 {
		t.Errorf("t_key has %d characters, want 22", n)
	}
}

func TestScansAppearWhenPublished(t *testing.T) {
	w := newWorld(t, Config{Empty: true})
	start := w.Clock().Now()
	w.Add(Parcel{Courier: courier.CJ, Number: cj(1), Label: start.Add(time.Hour), Scans: []Scan{
		{At: start.Add(2 * time.Hour), Published: start.Add(4 * time.Hour), Status: tracking.StatusPickedUp, Text: "집화처리"},
		{At: start.Add(3 * time.Hour), Withdrawn: start.Add(6 * time.Hour), Status: tracking.StatusInTransit, Text: "간선상차"},
	}, Gone: start.Add(10 * time.Hour)})
	for _, step := range []struct {
		after time.Duration
		found bool
		want  []string
	}{
		{0, false, nil},
		{time.Hour, true, nil},
		{3*time.Hour - 1, true, nil},
		{3 * time.Hour, true, []string{"간선상차"}},
		{4 * time.Hour, true, []string{"집화처리", "간선상차"}},
		{6 * time.Hour, true, []string{"집화처리"}},
		{10 * time.Hour, false, nil},
	} {
		w.Clock().Set(start.Add(step.after))
		view, found := w.Look(courier.CJ, cj(1))
		var got []string
		for _, scan := range view.Parcel.Scans {
			got = append(got, scan.Text)
		}
		if found != step.found || strings.Join(got, " ") != strings.Join(step.want, " ") {
			t.Errorf("after %s: found %t, scans %v; want %t, %v", step.after, found, got, step.found, step.want)
		}
		truth := w.Truth(courier.CJ, cj(1))
		if (len(truth.Shipments) == 1) != step.found {
			t.Errorf("after %s: truth has %d shipments", step.after, len(truth.Shipments))
		}
	}
}

func TestAddedParcelsAreCopied(t *testing.T) {
	w := newWorld(t, Config{Empty: true})
	p := Parcel{Courier: courier.CJ, Number: cj(1), Scans: legs(referenceStart, cjWay[0])}
	w.Add(p)
	p.Scans[0].Text = "changed"
	view, _ := w.Look(courier.CJ, cj(1))
	if view.Parcel.Scans[0].Text == "changed" {
		t.Error("a caller's change reached the world")
	}
	view.Parcel.Scans[0].Text = "changed"
	if again, _ := w.Look(courier.CJ, cj(1)); again.Parcel.Scans[0].Text == "changed" {
		t.Error("a view's change reached the world")
	}
}

type crowd struct{}

func (crowd) Parcels(c tracking.Courier, number string) []Parcel {
	if c != courier.Logen {
		return nil
	}
	return []Parcel{{Courier: c, Number: number, Scans: legs(referenceStart, cjWay...)}}
}

func TestPopulationAnswersForNumbersThatNobodyAdded(t *testing.T) {
	w := newWorld(t, Config{Population: crowd{}})
	if _, found := w.Look(courier.Logen, "55000099999"); !found {
		t.Error("the population was not asked")
	}
	if _, found := w.Look(courier.CJ, cj(99999)); found {
		t.Error("a number that the population does not have was found")
	}
}

func TestClientHonoursItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, w.URLs("").DeliveryAPI+"/v1/tracking/trace",
			strings.NewReader(`{"items":[{"courierCode":"cj","trackingNumber":"`+magic(t, "hanging").Number+`"}]}`))
		r.Header.Set("Authorization", "Bearer "+w.Demo().DeliveryAPIKey+":"+w.Demo().DeliveryAPISecret)
		response, err := w.Client().Do(r)
		if err == nil {
			response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 3*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		if seen := w.Requests(); len(seen) != 1 || seen[0].Status != 499 {
			t.Errorf("requests: %+v", seen)
		}
	})
}

func TestSlowAnswersTakeTheWorldsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Clock: NewClock(referenceStart, 10)})
		begin := time.Now()
		api := newAPI(t, w)
		if got := api.trace(item(magic(t, "slow"))); !got.Data.Results[0].Success {
			t.Errorf("%+v", got)
		}
		if took := time.Since(begin); took != 500*time.Millisecond {
			t.Errorf("5 s of a world that runs ten times as fast took %s", took)
		}
	})
}

func TestWorldOverASocket(t *testing.T) {
	w := newWorld(t, Config{})
	server := httptest.NewServer(w)
	defer server.Close()
	api := &apiClient{t: t, w: w, client: server.Client(), base: w.URLs(server.URL).DeliveryAPI}
	if got := api.trace(item(magic(t, "delivered"))); got.Data.Results[0].Data.DeliveryStatus != "DELIVERED" {
		t.Errorf("%+v", got)
	}
	for _, client := range []*http.Client{server.Client(), w.Client()} {
		r := api.request(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(magic(t, "torn"))}})
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("torn answer: %v", err)
		}
	}
}

func TestDisturbedProvider(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	stop := w.Disturb(Fault{Provider: DeliveryAPI, HTML: true, Status: 503, RetryAfter: "7", Until: referenceStart.Add(time.Hour)})
	got := api.do(http.MethodGet, "/v1/usage", nil)
	if got.status != 503 || got.header.Get("Retry-After") != "7" || !bytes.Contains(got.body, []byte("<html>")) {
		t.Errorf("%d %v %.100s", got.status, got.header, got.body)
	}
	if r := sweet(t, w, "key/usage", nil); r.status != 200 {
		t.Errorf("another provider is disturbed: %d", r.status)
	}
	w.Clock().Advance(time.Hour)
	if got := api.do(http.MethodGet, "/v1/usage", nil); got.status != 200 {
		t.Errorf("after its end the fault goes on: %d", got.status)
	}
	w.Clock().Set(referenceStart)
	stop()
	if got := api.do(http.MethodGet, "/v1/usage", nil); got.status != 200 {
		t.Errorf("a stopped fault goes on: %d", got.status)
	}
	w.Disturb(Fault{Code: "INTERNAL_ERROR", Times: 2})
	for i, want := range []int{500, 500, 200} {
		if got := api.do(http.MethodGet, "/v1/usage", nil); got.status != want {
			t.Errorf("call %d: %d, want %d", i, got.status, want)
		}
	}
}

func TestRequestsHoldNoSecrets(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	api.trace(item(magic(t, "delivered")), item(magic(t, "not-found")))
	sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": magic(t, "delivered").Number})
	api.do(http.MethodGet, "/v1/webhooks/subscriptions?cursor=secret", nil)
	got := fetch(t, w.Client(), request(t, http.MethodGet, w.URLs("").Requests, nil))
	for _, secret := range []string{w.Demo().DeliveryAPIKey, w.Demo().DeliveryAPISecret, w.Demo().SweetTrackerKey, "cursor=secret"} {
		if bytes.Contains(got.body, []byte(secret)) {
			t.Errorf("/requests shows %q", secret)
		}
	}
	seen := decode[struct {
		Counts   map[string]Count
		Requests []Request
	}](t, got.body)
	if seen.Counts[DeliveryAPI] != (Count{2, 2}) || seen.Counts[SweetTracker] != (Count{1, 1}) || len(seen.Requests) != 3 {
		t.Errorf("%+v", seen)
	}
	if first := seen.Requests[0]; first.Items != 2 || first.Status != 200 || first.Path != "/deliveryapi/v1/tracking/trace" {
		t.Errorf("%+v", first)
	}
}

func TestClockOverHTTP(t *testing.T) {
	w := newWorld(t, Config{})
	show := decode[clockState](t, fetch(t, w.Client(), request(t, http.MethodGet, w.URLs("").Clock, nil)).body)
	if !show.Now.Equal(referenceStart) || show.Speed != 0 {
		t.Errorf("%+v", show)
	}
	show = decode[clockState](t, fetch(t, w.Client(), request(t, http.MethodPost, w.URLs("").Clock,
		`{"now":"2026-10-01T00:00:00+09:00","advance":"90m"}`)).body)
	if want := time.Date(2026, 10, 1, 1, 30, 0, 0, kst); !show.Now.Equal(want) {
		t.Errorf("%s, want %s", show.Now, want)
	}
	for _, bad := range []string{"", "{", `{"advance":"soon"}`, `{"now":"yesterday"}`} {
		if got := fetch(t, w.Client(), request(t, http.MethodPost, w.URLs("").Clock, bad)); got.status != 400 {
			t.Errorf("%q: %d", bad, got.status)
		}
	}
}

func TestWorldIsSafeForConcurrentUse(t *testing.T) {
	w := New(Config{Clock: NewClock(referenceStart, 1000)})
	api := newAPI(t, w)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 10 {
				api.trace(item(magic(t, "delivered")), item(magic(t, "failed")))
				sweet(t, w, "trackingInfo", map[string]string{"t_code": "04", "t_invoice": cj(107)})
				w.Add(Parcel{Courier: courier.CJ, Number: cj(90000 + i), Scans: legs(referenceStart, cjWay...)})
				w.Disturb(Fault{Provider: SelfHosted})()
				w.Clock().Advance(time.Second)
				w.Everything()
				w.Requests()
				w.Registrations()
			}
		})
	}
	group.Wait()
	if got := w.Counts()[DeliveryAPI].Requests; got != 80 {
		t.Errorf("%d requests counted, want 80", got)
	}
}

func TestAddressesAndEnvironment(t *testing.T) {
	w := newWorld(t, Config{})
	urls := w.URLs("http://127.0.0.1:8787/")
	if urls.DeliveryAPI != "http://127.0.0.1:8787/deliveryapi" || urls.TrackerDelivery != "http://127.0.0.1:8787/trackerdelivery/graphql" {
		t.Errorf("%+v", urls)
	}
	env := w.Env("http://127.0.0.1:8787")
	for name, value := range env {
		if value == "" || !strings.HasPrefix(name, "WAYBILL_") || strings.HasSuffix(name, "_URL") != strings.HasPrefix(value, "http://") {
			t.Errorf("%s=%s", name, value)
		}
	}
	if env["WAYBILL_SWEETTRACKER_KEY"] != w.Demo().SweetTrackerKey {
		t.Errorf("%v", env)
	}
}

func TestSameSeedMakesTheSameIDs(t *testing.T) {
	a, b := newWorld(t, Config{Seed: 7}), newWorld(t, Config{Seed: 7})
	first, second := a.newID("ep_"), a.newID("ep_")
	if first == second || first != b.newID("ep_") || second != b.newID("ep_") {
		t.Errorf("%s, %s", first, second)
	}
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	w := newWorld(t, Config{})
	for _, path := range []string{"/", "/nothing", "/deliveryapix/v1/usage", "/truth/cj"} {
		if got := fetch(t, w.Client(), request(t, http.MethodGet, "https://sandbox.example"+path, nil)); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests to no provider were counted", n)
	}
}
