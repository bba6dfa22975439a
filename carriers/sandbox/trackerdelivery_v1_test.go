package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

func TestDummyCarrier(t *testing.T) {
	now := time.Date(2026, 3, 3, 4, 30, 0, 0, time.UTC)
	w := New(Config{Empty: true, Clock: NewClock(now, 0)})
	for number, want := range map[string]string{
		"2026-03-02T03:00:00Z": "NOT_FOUND", "2026-03-02T06:00:00Z": "DELIVERED", "2026-03-03T03:00:00Z": "DELIVERED",
		"2026-03-03T06:00:00Z": "IN_TRANSIT", "2026-03-04T03:00:00Z": "IN_TRANSIT", "2026-03-04T06:00:00Z": "NOT_FOUND",
		"2026-03-03t06:00:00z": "IN_TRANSIT", "2026-03-03T07:00:00Z": "BAD_REQUEST", "2026-03-03T06:30:00Z": "BAD_REQUEST",
		"test": "BAD_REQUEST", "": "BAD_REQUEST",
	} {
		body := askTracker(t, w, TrackerDelivery, `query($n: String!) { track(carrierId: "dev.track.dummy", trackingNumber: $n) { lastEvent { status { code } } events(first: 3) { edges { node { time } } } sender { name } } }`, fmt.Sprintf(`{"n":%q}`, number))
		got := string(body.Data)
		if len(body.Errors) > 0 {
			got = fmt.Sprint(body.Errors[0].Extensions["code"])
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
	open := askTracker(t, w, SelfHosted, `{ track(carrierId: "dev.track.dummy", trackingNumber: "2026-03-03T03:00:00Z") { trackingNumber } }`, "")
	if len(open.Errors) != 1 {
		t.Errorf("a self-hosted server has the test courier: %s", open.Data)
	}
}

func TestTrackerWebhooks(t *testing.T) {
	clock := NewClock(trackerNow, 0)
	w := New(Config{Empty: true, Clock: clock, Limits: Limits{TrackerDeliveryWebhooks: 1}})
	w.Add(trackerParcel("000000000001"))
	register := func(number, callback string, until time.Time) string {
		input, err := json.Marshal(map[string]any{"input": map[string]any{
			"carrierId": "kr.cjlogistics", "trackingNumber": number, "callbackUrl": callback, "expirationTime": until,
		}})
		if err != nil {
			t.Fatal(err)
		}
		body := askTracker(t, w, TrackerDelivery, `mutation R($input: RegisterTrackWebhookInput!) { registerTrackWebhook(input: $input) }`, string(input))
		if len(body.Errors) > 0 {
			return fmt.Sprint(body.Errors[0].Extensions["code"])
		}
		return string(body.Data)
	}
	const done, callback = `{"registerTrackWebhook":true}`, "https://shop.example/hooks/TOKEN"
	until := trackerNow.Add(48 * time.Hour)
	for i, tt := range []struct {
		number, callback string
		until            time.Time
		want             string
		live             int
	}{
		{"000000000001", "http://shop.example/hooks/TOKEN", until, "BAD_REQUEST", 0},
		{"1", callback, until, "BAD_REQUEST", 0},
		{"000000000001", callback, until, done, 1},
		{"000000000001", callback, until.Add(time.Hour), done, 1},
		{"000000000002", callback, until, "FORBIDDEN", 1},
		{"000000000001", callback, trackerNow, done, 0},
		{"000000000001", callback, until, done, 1},
	} {
		if got := register(tt.number, tt.callback, tt.until); got != tt.want || len(w.Registrations()) != tt.live {
			t.Errorf("%d: %s, %d live", i, got, len(w.Registrations()))
		}
	}
	clock.Set(until)
	if live := w.Registrations(); len(live) != 0 {
		t.Errorf("%d registrations outlived their time", len(live))
	}
}

func TestTrackerV1(t *testing.T) {
	w := New(Config{Empty: true, Clock: NewClock(trackerNow, 0)})
	w.Add(trackerParcel("000000000001"))
	w.Add(Parcel{Courier: courier.CJ, Number: "000000000005", Label: trackerNow})
	w.Add(Parcel{Courier: courier.CJ, Number: "000000000006", Faults: []Fault{{Code: "INTERNAL", Message: "Please try again in a few minutes"}}})
	demo := w.Demo()
	key := "TRACKQL-API-KEY " + demo.TrackerDeliveryClientID + ":" + demo.TrackerDeliveryClientSecret
	base := w.URLs("").TrackerDeliveryV1
	for _, tt := range []struct {
		path, language, authorization string
		status                        int
		contentType, want             string
	}{
		{"/carriers/kr.cjlogistics", "", "", 200, "application/json", `{"id":"kr.cjlogistics","name":"CJ대한통운","tel":"+8215881255"}`},
		{"/carriers/xx.nope", "", "", 404, "application/json", `{"message":"not supported carrier"}`},
		{"/carriers/xx.nope/tracks/1", "ko-KR,ko;q=0.9", "", 404, "application/json", `{"message":"지원하지 않는 택배사입니다."}`},
		{"/carriers/kr.cjlogistics/tracks/12", "", "", 400, "application/json", `{"message":"운송장 번호는 10자리 혹은 12자리입니다."}`},
		{"/carriers/kr.cjlogistics/tracks/000000000009", "", key, 404, "application/json", `{"message":"해당 운송장이 존재하지 않습니다."}`},
		{"/carriers/kr.cjlogistics/tracks/000000000006", "", "", 500, "application/json", `{"message":"Please try again in a few minutes"}`},
		{"/carriers/kr.cjlogistics/tracks/000000000001", "", "TRACKQL-API-KEY x:y", 401, "application/json", `{"message":"Unauthorized"}`},
		{"/carriers/kr.cjlogistics/tracks/000000000005", "", "", 200, "application/json",
			`{"carrier":{"id":"kr.cjlogistics","name":"CJ대한통운","tel":"+8215881255"},"from":{"name":"이**","time":null},"to":{"name":"박**","time":null},"progresses":[],"state":{"id":"information_received","text":"상품준비중"}}`},
		{"/nope", "", "", 404, "text/html", "<pre>Cannot GET /trackerdelivery-v1/nope</pre>"},
	} {
		header := map[string]string{"Accept-Language": tt.language}
		if tt.authorization != "" {
			header["Authorization"] = tt.authorization
		}
		response, body := trackerHTTP(t, w, http.MethodGet, base+tt.path, header, nil)
		contentType, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
		if response.StatusCode != tt.status || contentType != tt.contentType || !strings.Contains(string(body), tt.want) {
			t.Errorf("%s: %d %s %s", tt.path, response.StatusCode, contentType, body)
		}
	}
	_, body := trackerHTTP(t, w, http.MethodGet, base+"/carriers/kr.cjlogistics/tracks/000000000001", nil, nil)
	var track v1Track
	if err := json.Unmarshal(body, &track); err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, p := range track.Progresses {
		ids = append(ids, p.Status.ID)
	}
	if want := []string{"at_pickup", "in_transit", "delivered", "out_for_delivery"}; !slices.Equal(ids, want) ||
		track.State.ID != "out_for_delivery" || track.To.Time != "2026-03-03T06:00:00+09:00" || track.From.Time != "2026-03-02T03:00:00+09:00" {
		t.Errorf("%s", body)
	}
	_, body = trackerHTTP(t, w, http.MethodGet, base+"/carriers", nil, nil)
	var carriers []v1Carrier
	if err := json.Unmarshal(body, &carriers); err != nil || len(carriers) < 25 {
		t.Errorf("%d couriers, %v", len(carriers), err)
	}
}
