package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

var trackerNow = time.Date(2026, 3, 3, 9, 0, 0, 0, kst)

// trackerParcel is delivered, with a scan after the delivery.
func trackerParcel(number string) Parcel {
	at := func(hours int) time.Time { return trackerNow.Add(time.Duration(hours) * time.Hour) }
	return Parcel{Courier: courier.CJ, Number: number, Scans: []Scan{
		{At: at(-30), Status: tracking.StatusPickedUp, Text: "집화처리", Place: "서울강서", Note: "인수"},
		{At: at(-20), Status: tracking.StatusInTransit, Text: "간선상차", Place: "대전HUB", Note: "이동중"},
		{At: at(-3), Status: tracking.StatusDelivered, Text: "배송완료", Place: "부산수영", Driver: "김모래", Phone: "010-0000-4321"},
		{At: at(-2), Status: tracking.StatusOutForDelivery, Text: "배송출발"},
	}}
}

// sdkQuery is a document as a code generator writes it.
const sdkQuery = `
query Track($carrierId: ID!, $trackingNumber: String!, $first: Int = 10, $contact: Boolean! = false) {
  track(carrierId: $carrierId, trackingNumber: $trackingNumber) {
    __typename
    trackingNumber
    lastEvent { ...EventParts }
    history: events(first: $first) {
      edges { cursor node { ...EventParts contact @include(if: $contact) { name phoneNumber } } }
      pageInfo { ...on PageInfo { hasNextPage } endCursor }
    }
    sender { name phoneNumber }
  }
}
fragment EventParts on TrackEvent { time status { code name } location { name countryCode postalCode } description }
`

func TestManagedTrack(t *testing.T) {
	w := New(Config{Empty: true, Clock: NewClock(trackerNow, 0)})
	w.Add(trackerParcel("000000000001"))
	body := askTracker(t, w, TrackerDelivery, sdkQuery, `{"carrierId":"kr.cjlogistics","trackingNumber":"000000000001","first":2,"contact":true}`)
	want := `{"track":{"__typename":"TrackInfo","trackingNumber":"000000000001",` +
		`"lastEvent":{"time":"2026-03-03T06:00:00.000+09:00","status":{"code":"DELIVERED","name":"배송완료"},"location":{"name":"부산수영","countryCode":"KR","postalCode":null},"description":null},` +
		`"history":{"edges":[` +
		`{"cursor":"eyJpbmRleCI6MH0=","node":{"time":"2026-03-02T03:00:00.000+09:00","status":{"code":"AT_PICKUP","name":"집화처리"},"location":{"name":"서울강서","countryCode":"KR","postalCode":null},"description":"인수","contact":null}},` +
		`{"cursor":"eyJpbmRleCI6MX0=","node":{"time":"2026-03-02T13:00:00.000+09:00","status":{"code":"IN_TRANSIT","name":"간선상차"},"location":{"name":"대전HUB","countryCode":"KR","postalCode":null},"description":"이동중","contact":null}}],` +
		`"pageInfo":{"hasNextPage":true,"endCursor":"eyJpbmRleCI6MX0="}},` +
		`"sender":{"name":"이**","phoneNumber":null}}}`
	if len(body.Errors) > 0 || string(body.Data) != want {
		t.Errorf("%+v\n got %s\nwant %s", body.Errors, body.Data, want)
	}
}

func TestManagedFailures(t *testing.T) {
	w := New(Config{Empty: true, Clock: NewClock(trackerNow, 0)})
	w.Add(trackerParcel("000000000001"))
	w.Add(Parcel{Courier: courier.CJ, Number: "12", Label: trackerNow}) // the world may hold what the rule refuses
	w.Add(Parcel{Courier: courier.CJ, Number: "000000000003", Label: trackerNow, Faults: []Fault{{Code: "INTERNAL@events"}}})
	const query = `query($id: ID!, $n: String!) { track(carrierId: $id, trackingNumber: $n) { trackingNumber lastEvent { time } events(last: 1) { edges { cursor } } } }`
	for _, tt := range []struct{ carrier, number, code, message, path string }{
		{"kr.cjlogistics", "000000000002", "NOT_FOUND", "", "[track]"},
		{"kr.cjlogistics", "123", "BAD_REQUEST", "운송장 번호는 10자리 혹은 12자리입니다.", "[track]"},
		{"kr.cjlogistics", "00000000000x", "BAD_REQUEST", "운송장 번호는 10자리 혹은 12자리입니다.", "[track]"},
		{"kr.lotte", "200000000046", "BAD_REQUEST", "운송장 번호가 올바르지 않습니다.", "[track]"},
		{"kr.lotte", "200000000045", "NOT_FOUND", "", "[track]"},
		{"kr.hanjin", "123", "BAD_REQUEST", "운송장 번호가 올바르지 않습니다.", "[track]"},
		{"kr.logen", "1a", "BAD_REQUEST", "운송장 번호가 올바르지 않습니다.", "[track]"},
		{"kr.homepick", "1", "BAD_REQUEST", "", "[track]"},
		{"kr.swgexp", "1", "NOT_FOUND", "Carrier not found", "[track]"},
		{"", "1", "NOT_FOUND", "Carrier not found", "[track]"},
		{"kr.cjlogistics", "000000000003", "INTERNAL", "Please try again in a few minutes.", "[track events]"},
		{"kr.cjlogistics", "12", "", "", ""},
	} {
		body := askTracker(t, w, TrackerDelivery, query, fmt.Sprintf(`{"id":%q,"n":%q}`, tt.carrier, tt.number))
		code, message, path := "", "", ""
		if len(body.Errors) > 0 {
			code, message, path = body.Errors[0].Extensions["code"].(string), body.Errors[0].Message, fmt.Sprint(body.Errors[0].Path)
		}
		if code != tt.code || message != tt.message || path != tt.path {
			t.Errorf("%s %s: %+v", tt.carrier, tt.number, body.Errors)
		}
	}
	// Whoever fails before the courier is asked fails first, wherever the document has it.
	body := askTracker(t, w, TrackerDelivery, `{ a: track(carrierId: "kr.cjlogistics", trackingNumber: "000000000002") { trackingNumber }
		b: track(carrierId: "kr.cjlogistics", trackingNumber: "1") { trackingNumber }
		c: track(carrierId: "xx.nope", trackingNumber: "1") { trackingNumber }
		d: track(carrierId: "kr.cjlogistics", trackingNumber: "000000000001") { trackingNumber } }`, "")
	order := ""
	for _, e := range body.Errors {
		order += fmt.Sprint(e.Path[0])
	}
	if want := `{"a":null,"b":null,"c":null,"d":{"trackingNumber":"000000000001"}}`; order != "cba" || string(body.Data) != want {
		t.Errorf("%s %s", order, body.Data)
	}
}

func TestManagedAuthentication(t *testing.T) {
	clock := NewClock(trackerNow, 0)
	own := Credentials{TrackerDeliveryClientID: "own", TrackerDeliveryClientSecret: "s:cret"}
	w := New(Config{Empty: true, Clock: clock, Accounts: []Credentials{own}})
	demo := w.Demo()
	token := func(header map[string]string, form string) (int, string) {
		h := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		for name, value := range header {
			h[name] = value
		}
		response, body := trackerHTTP(t, w, http.MethodPost, w.URLs("").TrackerDeliveryToken, h, []byte(form))
		var answer struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int    `json:"expires_in"`
			Error       string
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if answer.AccessToken != "" && answer.ExpiresIn != 3600 {
			t.Errorf("expires_in %d", answer.ExpiresIn)
		}
		return response.StatusCode, answer.AccessToken + answer.Error
	}
	form := url.Values{"client_id": {demo.TrackerDeliveryClientID}, "client_secret": {demo.TrackerDeliveryClientSecret}}
	for _, tt := range []struct {
		grant, secret, want string
		status              int
	}{
		{"client_credentials", "wrong", "invalid_client", 401},
		{"password", demo.TrackerDeliveryClientSecret, "unsupported_grant_type", 400},
		{"", demo.TrackerDeliveryClientSecret, "invalid_request", 400},
	} {
		form.Set("grant_type", tt.grant)
		form.Set("client_secret", tt.secret)
		if status, got := token(nil, form.Encode()); status != tt.status || got != tt.want {
			t.Errorf("%+v: %d %s", tt, status, got)
		}
	}
	form.Set("grant_type", "client_credentials")
	form.Set("client_secret", demo.TrackerDeliveryClientSecret)
	_, first := token(nil, form.Encode())
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("own:s%3Acret"))
	status, second := token(map[string]string{"Authorization": basic}, "grant_type=client_credentials")
	if status != 200 || first == second {
		t.Fatalf("basic: %d %s", status, second)
	}

	allowed := func(authorization string) bool {
		header := map[string]string{"Content-Type": "application/json"}
		if authorization != "" {
			header["Authorization"] = authorization
		}
		response, body := trackerHTTP(t, w, http.MethodPost, w.URLs("").TrackerDelivery, header, []byte(`{"query":"{__typename}"}`))
		refused := `{"errors":[{"message":"Unauthenticated","extensions":{"code":"UNAUTHENTICATED"}}]}` + "\n"
		if response.StatusCode != 200 || string(body) != refused && string(body) != `{"data":{"__typename":"Query"}}`+"\n" {
			t.Errorf("%d %s", response.StatusCode, body)
		}
		return string(body) != refused
	}
	for authorization, want := range map[string]bool{
		"TRACKQL-API-KEY own:s:cret": true, "TRACKQL-API-KEY own:other": false, "TRACKQL-API-KEY own": false,
		"TRACKQL-API-KEY :": false, "Bearer own:s:cret": false, "Bearer " + first: true, "Bearer " + second: true,
		"Bearer": false, "": false, basic: false,
	} {
		if got := allowed(authorization); got != want {
			t.Errorf("%q: %v", authorization, got)
		}
	}
	clock.Advance(time.Hour)
	if allowed("Bearer " + first) {
		t.Error("a token outlived its hour")
	}
}

func TestManagedLimits(t *testing.T) {
	clock := NewClock(trackerNow, 0)
	w := New(Config{Empty: true, Clock: clock, Limits: Limits{TrackerDeliveryRate: 2, TrackerDeliveryAliases: 2}})
	const two = `{ a: track(carrierId: "x", trackingNumber: "1") { trackingNumber } b: track(carrierId: "x", trackingNumber: "2") { trackingNumber } }`
	three := strings.Replace(two, "{ a:", `{ c: track(carrierId: "x", trackingNumber: "1") { trackingNumber } a:`, 1)
	if body := askTracker(t, w, TrackerDelivery, two, ""); body.Data == nil {
		t.Errorf("two aliases: %+v", body)
	}
	if body := askTracker(t, w, TrackerDelivery, three, ""); body.Data != nil || body.Errors[0].Path != nil {
		t.Errorf("three aliases: %+v", body)
	}
	body := askTracker(t, w, TrackerDelivery, two, "")
	if body.Data != nil || body.Errors[0].Extensions["code"] != "FORBIDDEN" || !strings.Contains(body.Errors[0].Message, "rate limit") {
		t.Errorf("third call of a second: %+v", body)
	}
	clock.Advance(time.Second)
	if body := askTracker(t, w, TrackerDelivery, two, ""); body.Data == nil {
		t.Errorf("next second: %+v", body)
	}
	if requests := w.Requests(); requests[0].Items != 2 || requests[1].Items != 3 {
		t.Errorf("%+v", requests)
	}
}

func TestManagedCarriers(t *testing.T) {
	w := New(Config{Empty: true})
	const query = `query($text: String) { carriers(first: 20, searchText: $text, countryCode: "KR") { edges { node { id name } } pageInfo { hasNextPage } } }`
	if body := askTracker(t, w, TrackerDelivery, query, `{"text":"우체국"}`); !strings.Contains(string(body.Data), `{"id":"kr.epost","name":"우체국택배"}`) || strings.Contains(string(body.Data), "lotte") {
		t.Errorf("%s", body.Data)
	}
	body := askTracker(t, w, TrackerDelivery, query, "")
	if !strings.HasPrefix(string(body.Data), `{"carriers":{"edges":[{"node":{"id":"kr.cjlogistics","name":"CJ대한통운"}}`) || !strings.Contains(string(body.Data), `"hasNextPage":true`) {
		t.Errorf("%s", body.Data)
	}
	for _, c := range trackerCarriersOn(onManaged) {
		if c.id == dummyCarrier {
			t.Error("the test courier is listed")
		}
		if body := askTracker(t, w, TrackerDelivery, `query($id: ID!) { carrier(id: $id) { name } }`, `{"id":"`+c.id+`"}`); len(body.Errors) > 0 {
			t.Errorf("%s: %+v", c.id, body.Errors)
		}
	}
	for _, id := range trackerOpenOrder() {
		if _, ok := trackerCarrierOn(onOpen, id); !ok {
			t.Errorf("%s is listed and not served", id)
		}
	}
	if listed := trackerCarriersOn(onOpen); len(listed) != 32 {
		t.Errorf("%d couriers on a self-hosted server", len(listed))
	}
}

func TestInferredDeliveryOfLotte(t *testing.T) {
	w := New(Config{Empty: true, Clock: NewClock(trackerNow, 0)})
	w.Add(Parcel{Courier: courier.Lotte, Number: "200000000045", Scans: []Scan{
		{At: trackerNow.Add(-time.Hour), Status: tracking.StatusDelivered, Text: "인수자등록", DayOnly: true, As: Codes{TrackerDelivery: "UNKNOWN"}},
	}})
	const query = `{ track(carrierId: "kr.lotte", trackingNumber: "200000000045") { lastEvent { time status { code name } description } events(last: 5) { edges { node { status { code } } } } } }`
	managed := askTracker(t, w, TrackerDelivery, query, "")
	if want := `{"track":{"lastEvent":{"time":"2026-03-03T23:59:59.000+09:00","status":{"code":"UNKNOWN","name":"인수자등록"},"description":null},"events":{"edges":[{"node":{"status":{"code":"UNKNOWN"}}}]}}}`; string(managed.Data) != want {
		t.Errorf("%s", managed.Data)
	}
	open := askTracker(t, w, SelfHosted, query, "")
	if want := `{"track":{"lastEvent":{"time":"2026-03-03T23:59:59.000+09:00","status":{"code":"DELIVERED","name":"배달 완료"},"description":"배달 완료 (인수자등록)"},"events":{"edges":[{"node":{"status":{"code":"UNKNOWN"}}},{"node":{"status":{"code":"DELIVERED"}}}]}}}`; string(open.Data) != want {
		t.Errorf("%s", open.Data)
	}
}
