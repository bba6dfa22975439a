package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

func TestTrackerMagicNumbers(t *testing.T) {
	w := New(Config{Clock: NewClock(trackerNow, 0)})
	for _, m := range Magic() {
		if m.Case == "hanging" || m.Case == "hanging-once" || m.Case == "slow" || m.Case == "torn" {
			continue // they need a caller that waits
		}
		id, ok := courier.ToProvider(courier.TrackerDelivery, m.Courier)
		if !ok {
			continue
		}
		for _, provider := range []string{TrackerDelivery, SelfHosted} {
			faulty := m.Faulty && m.Concerns(provider)
			_, wantCode, _ := strings.Cut(m.Case, "trackerdelivery/")
			status, body := rawTrack(t, w, provider, id, m.Number)
			var answer graphqlBody
			err := json.Unmarshal(body, &answer)
			whole := status == 200 && err == nil && len(answer.Errors) == 0 && answer.Data != nil
			if whole == (faulty || !m.Known) {
				t.Errorf("%s at %s: %d %s", m.Case, provider, status, body)
			}
			if !faulty || wantCode == "" {
				continue
			}
			if provider == SelfHosted {
				wantCode = "INTERNAL"
			}
			code, _ := answer.Errors[0].Extensions["code"].(string)
			if code == "" {
				code = "no-code"
			}
			if !strings.HasPrefix(wantCode, code) || status != 200 {
				t.Errorf("%s at %s: %d %s", m.Case, provider, status, body)
			}
		}
	}
}

func rawTrack(t *testing.T, w *World, provider, id, number string) (int, []byte) {
	t.Helper()
	address, demo := w.URLs("").TrackerDelivery, w.Demo()
	if provider == SelfHosted {
		address = w.URLs("").SelfHosted
	}
	ask := fmt.Sprintf(`{"query":"{ track(carrierId: \"%s\", trackingNumber: \"%s\") { lastEvent { time } } }"}`, id, number)
	response, body := trackerHTTP(t, w, http.MethodPost, address, map[string]string{
		"Content-Type":  "application/json",
		"Authorization": "TRACKQL-API-KEY " + demo.TrackerDeliveryClientID + ":" + demo.TrackerDeliveryClientSecret,
	}, []byte(ask))
	return response.StatusCode, body
}

func TestRateLimitOfManyKinds(t *testing.T) {
	w := New(Config{Clock: NewClock(trackerNow, 0)})
	for name, want := range map[string]string{"rate-limited": "2", "rate-limited-without-wait": ""} {
		m, ok := MagicCase(name)
		if !ok {
			t.Fatalf("no case %s", name)
		}
		demo := w.Demo()
		ask := fmt.Sprintf(`{"query":"{ ok: __typename track(carrierId: \"kr.cjlogistics\", trackingNumber: \"%s\") { lastEvent { time } } }"}`, m.Number)
		response, _ := trackerHTTP(t, w, http.MethodPost, w.URLs("").TrackerDelivery, map[string]string{
			"Content-Type":  "application/json",
			"Authorization": "TRACKQL-API-KEY " + demo.TrackerDeliveryClientID + ":" + demo.TrackerDeliveryClientSecret,
		}, []byte(ask))
		if response.StatusCode != 429 || response.Header.Get("Retry-After") != want {
			t.Errorf("%s: %d %v", name, response.StatusCode, response.Header)
		}
	}
}

func TestWholeProviderFaults(t *testing.T) {
	w := New(Config{Empty: true, Clock: NewClock(trackerNow, 0)})
	w.Add(trackerParcel("000000000001"))
	stop := w.Disturb(Fault{Provider: TrackerDelivery, Code: "UNAUTHENTICATED", Envelope: true, Status: 401})
	status, body := rawTrack(t, w, TrackerDelivery, "kr.cjlogistics", "000000000001")
	if status != 401 || string(body) != `{"errors":[{"message":"Unauthenticated","extensions":{"code":"UNAUTHENTICATED"}}]}`+"\n" {
		t.Errorf("%d %s", status, body)
	}
	if status, body := rawTrack(t, w, SelfHosted, "kr.cjlogistics", "000000000001"); status != 200 || !strings.HasPrefix(string(body), `{"data"`) {
		t.Errorf("the other server: %d %s", status, body)
	}
	stop()
	defer w.Disturb(Fault{Provider: TrackerDelivery, Code: "INTERNAL", Delay: time.Hour, Times: 1})()
	w.Clock().Speed(1e9)
	if _, body := rawTrack(t, w, TrackerDelivery, "kr.cjlogistics", "000000000001"); !strings.Contains(string(body), `"path":["track"]`) || !strings.Contains(string(body), "Please try again") {
		t.Errorf("%s", body)
	}
}

func TestAliasesWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Empty: true})
		doc := &strings.Builder{}
		for i := range 20 {
			number := fmt.Sprintf("%012d", i)
			w.Add(Parcel{Courier: courier.CJ, Number: number, Label: time.Now(), Faults: []Fault{{Delay: 5 * time.Second}}})
			fmt.Fprintf(doc, ` t%d: track(carrierId: "kr.cjlogistics", trackingNumber: "%s") { trackingNumber }`, i, number)
		}
		start := time.Now()
		if body := askTracker(t, w, SelfHosted, "{"+doc.String()+"}", ""); len(body.Errors) > 0 {
			t.Errorf("%+v", body.Errors)
		}
		if waited := time.Since(start); waited != 5*time.Second {
			t.Errorf("waited %v", waited)
		}

		w.Add(Parcel{Courier: courier.CJ, Number: "100000000000", Faults: []Fault{{Hang: true}}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URLs("").SelfHosted, strings.NewReader(
			`{"query":"{ a: __typename track(carrierId: \"kr.cjlogistics\", trackingNumber: \"100000000000\") { trackingNumber } }"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if response, err := w.Client().Do(r); err == nil {
			response.Body.Close()
			t.Error("an answer although one parcel hangs")
		}
	})
}
