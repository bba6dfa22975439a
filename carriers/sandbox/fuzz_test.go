package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzServe sends anything to any path: the world answers with an HTTP status and does not panic.
func FuzzServe(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "/deliveryapi/v1/tracking/trace", `{"items":[{"courierCode":"cj","trackingNumber":"550000001072"}]}`},
		{"POST", "/deliveryapi/v1/webhooks/register", `{"items":[{"courierCode":"cj","trackingNumber":"550000001072"}],"recurring":false}`},
		{"POST", "/deliveryapi/v1/webhooks/endpoints", `{"url":"https://shop.example"}`},
		{"GET", "/deliveryapi/v1/webhooks/subscriptions?limit=3&cursor=cur_1", ""},
		{"POST", "/sweettracker/api/v1/trackingInfo", `{"t_key":"K","t_code":"04","t_invoice":"550000001072"}`},
		{"POST", "/sweettracker-trace/add_invoice_list", `{"tier":"T","key":"K","callback_url":"x","list":[{"num":"1","code":"04","fid":"D"}]}`},
		{"POST", "/sweettracker-trace/validate", `{"num":"550000001072","code":"04"}`},
		{"POST", "/selfhosted/graphql", `{"query":"{ track(carrierId:\"kr.cjlogistics\", trackingNumber:\"550000001072\") { trackingNumber } }"}`},
		{"GET", "/truth/cj/550000001072", ""},
		{"POST", "/clock", `{"advance":"1h"}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, "http://sandbox.invalid/", nil)
		if err != nil {
			t.Skip("no HTTP method")
		}
		if r.URL, err = r.URL.Parse(path); err != nil || !strings.HasPrefix(r.URL.Path, "/") {
			t.Skip("no path")
		}
		w := newWorld(t, Config{Accounts: []Credentials{{SweetTrackerKey: "K", SweetTrackerTier: "T", SweetTrackerTraceKey: "K"}}})
		r.Body = io.NopCloser(strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+w.Demo().DeliveryAPIKey+":"+w.Demo().DeliveryAPISecret)
		out := httptest.NewRecorder()
		w.ServeHTTP(out, r)
		if out.Code < 200 || out.Code > 599 {
			t.Errorf("%s %s: %d", method, path, out.Code)
		}
	})
}

// Whatever the clock shows, no provider tells more than what is published, and the truth is what is published.
func TestNothingIsToldEarly(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	for step := range 40 {
		now := referenceStart.Add(time.Duration(step*7-60) * time.Hour)
		w.Clock().Set(now)
		for _, m := range Magic() {
			if m.Faulty {
				continue
			}
			published := 0
			for _, p := range w.uses(m.Courier, m.Number) {
				for _, s := range p.Scans {
					if !s.published().After(now) && p.known(now) && (s.Withdrawn.IsZero() || now.Before(s.Withdrawn)) {
						published++
					}
				}
			}
			view, found := w.Look(m.Courier, m.Number)
			if len(view.Parcel.Scans) != published || !found && published > 0 {
				t.Fatalf("%s at %s: %d scans in view, %d published", m.Case, now, len(view.Parcel.Scans), published)
			}
			for _, s := range w.Truth(m.Courier, m.Number).Shipments {
				for _, e := range s.Events {
					if e.Published.After(now) {
						t.Fatalf("%s at %s: the truth knows of %s", m.Case, now, e.Text)
					}
				}
			}
			if step%10 != 0 || m.Case == "slow" {
				continue
			}
			if result := api.trace(item(m)).Data.Results[0]; result.Success != found || found && len(result.Data.Progresses) != published {
				t.Fatalf("%s at %s: %+v, %d published", m.Case, now, result, published)
			}
			events, _ := track(t, w, m)["trackingDetails"].([]any)
			if len(events) != published {
				t.Fatalf("%s at %s: SweetTracker shows %d, published %d", m.Case, now, len(events), published)
			}
		}
	}
}
