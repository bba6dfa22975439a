package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// apiClient speaks to deliveryapi's double as the wire document says.
type apiClient struct {
	t      *testing.T
	w      *World
	client *http.Client
	base   string
}

func newAPI(t *testing.T, w *World) *apiClient {
	return &apiClient{t: t, w: w, client: w.Client(), base: w.URLs("").DeliveryAPI}
}

func (a *apiClient) request(method, path string, body any) *http.Request {
	r := request(a.t, method, a.base+path, body)
	r.Header.Set("Authorization", "Bearer "+a.w.Demo().DeliveryAPIKey+":"+a.w.Demo().DeliveryAPISecret)
	return r
}

func (a *apiClient) do(method, path string, body any) reply {
	a.t.Helper()
	return fetch(a.t, a.client, a.request(method, path, body))
}

type traceAnswer struct {
	IsSuccess bool
	ErrorCode string
	Error     string
	Data      struct {
		Results []apiResult
		Summary apiSummary
	}
	APIKeyInfo apiKeyInfo
}

func (a *apiClient) trace(items ...apiItem) traceAnswer {
	a.t.Helper()
	return decode[traceAnswer](a.t, a.do(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": items, "includeProgresses": true}).body)
}

func item(m MagicNumber) apiItem {
	code, _ := courier.ToProvider(courier.DeliveryAPI, m.Courier)
	return apiItem{CourierCode: code, TrackingNumber: m.Number}
}

type anyAnswer struct {
	IsSuccess bool
	ErrorCode string
	Error     string
	Data      map[string]any
}

func (a *apiClient) call(method, path string, body any) (int, anyAnswer) {
	a.t.Helper()
	got := a.do(method, path, body)
	return got.status, decode[anyAnswer](a.t, got.body)
}

func TestDeliveryAPIAuthentication(t *testing.T) {
	w := newWorld(t, Config{Accounts: []Credentials{{DeliveryAPIKey: "pk_other", DeliveryAPISecret: "sk_other"}}})
	api := newAPI(t, w)
	good := w.Demo().DeliveryAPIKey + ":" + w.Demo().DeliveryAPISecret
	for header, want := range map[string]int{
		"": 401, "Bearer ": 401, "Bearer x:y": 401, good: 401, "Basic " + good: 401, "Bearer " + good + "x": 401,
		"Bearer " + good: 200, "Bearer pk_other:sk_other": 200,
	} {
		r := api.request(http.MethodGet, "/v1/usage", nil)
		r.Header.Set("Authorization", header)
		got := fetch(t, w.Client(), r)
		answer := decode[anyAnswer](t, got.body)
		if got.status != want || answer.IsSuccess != (want == 200) || want == 401 && answer.ErrorCode != "UNAUTHORIZED" {
			t.Errorf("%q: %d %s", header, got.status, got.body)
		}
	}
}

func TestTraceShape(t *testing.T) {
	w := newWorld(t, Config{})
	m := magic(t, "delivered")
	got := newAPI(t, w).do(http.MethodPost, "/v1/tracking/trace",
		`{"items":[{"courierCode":"cj","trackingNumber":"`+m.Number+`","clientId":"ORD-1","id":"line-1"}],"includeProgresses":true}`)
	answer := decode[traceAnswer](t, got.body)
	if got.status != 200 || !answer.IsSuccess || got.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	result := answer.Data.Results[0]
	if result.ClientID != "ORD-1" || result.ID != "line-1" || !result.Success {
		t.Errorf("%+v", result)
	}
	parcel := result.Data
	if parcel.CourierCode != "cj" || parcel.CourierName != "CJ대한통운" || !parcel.IsDelivered || parcel.DeliveryStatusText != "배송 완료" {
		t.Errorf("%+v", parcel)
	}
	if parcel.DateDelivered != "2026-09-28 08:00:00" || parcel.DateLastProgress != parcel.DateDelivered || parcel.QueriedAt != "2026-09-28T00:00:00.000Z" {
		t.Errorf("delivered %s, last %s, queried %s", parcel.DateDelivered, parcel.DateLastProgress, parcel.QueriedAt)
	}
	if first := parcel.Progresses[0]; len(parcel.Progresses) != 5 || first.StatusCode != "DELIVERED" || first.Status != "배송완료" {
		t.Errorf("not newest first: %+v", parcel.Progresses)
	}
	if answer.APIKeyInfo.Quota.Used != 1 || answer.APIKeyInfo.Quota.ResetAt != "2026-10-01T00:00:00.000Z" {
		t.Errorf("%+v", answer.APIKeyInfo)
	}
	oldest := newAPI(t, w).trace(item(magic(t, "oldest-first"))).Data.Results[0].Data.Progresses
	if oldest[0].StatusCode != "PICKED_UP" {
		t.Errorf("not oldest first: %+v", oldest)
	}
	pending := newAPI(t, w).trace(item(magic(t, "pending"))).Data.Results[0].Data
	if pending.DeliveryStatus != "PENDING" || pending.Progresses == nil || pending.DateLastProgress != "" {
		t.Errorf("%+v", pending)
	}
}

func TestTraceRefusesBadCallsAndBadItems(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{DeliveryAPIBatch: 3}})
	api := newAPI(t, w)
	for body, want := range map[string]string{
		"": "MISSING_PARAMS", "{}": "MISSING_PARAMS", "{": "INVALID_PARAMS", `{"items":7}`: "INVALID_PARAMS",
		`{"items":[{},{},{},{}]}`: "INVALID_PARAMS",
	} {
		if status, got := api.call(http.MethodPost, "/v1/tracking/trace", body); status != 400 || got.ErrorCode != want {
			t.Errorf("%q: %d %+v", body, status, got)
		}
	}
	w.Add(Parcel{Courier: courier.CJ, Number: cj(9), ExtraFields: 1, Scans: legs(referenceStart, cjWay...)})
	got := api.trace(apiItem{CourierCode: "cj"}, apiItem{CourierCode: "epost", TrackingNumber: "1"}, apiItem{CourierCode: "cj", TrackingNumber: "12AB"})
	for i, want := range []string{"MISSING_PARAMS", "UNSUPPORTED_COURIER", "INVALID_TRACKING_NUMBER"} {
		if e := got.Data.Results[i].Error; e == nil || e.Code != want || e.Billable {
			t.Errorf("item %d: %+v, want %s", i, e, want)
		}
	}
	got = api.trace(apiItem{CourierCode: "cj", TrackingNumber: cj(9)}, apiItem{CourierCode: "cj", TrackingNumber: cj(9), Extra: []string{"0000"}})
	if e := got.Data.Results[0].Error; e == nil || e.Code != "MISSING_REQUIRED_FIELD" || e.FieldIndex == nil || *e.FieldIndex != 0 {
		t.Errorf("%+v", e)
	}
	if !got.Data.Results[1].Success {
		t.Errorf("%+v", got.Data.Results[1].Error)
	}
}

func TestQuotaAndRateOfDeliveryAPI(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{DeliveryAPIQuota: 3, DeliveryAPIRate: 2}})
	api := newAPI(t, w)
	if got := api.trace(item(magic(t, "in-transit")), item(magic(t, "not-found"))); got.APIKeyInfo.Quota.Used != 2 {
		t.Errorf("a success and a NOT_FOUND are billed: %+v", got)
	}
	api.trace(item(magic(t, "in-transit")), item(magic(t, "in-transit")))
	got := api.do(http.MethodGet, "/v1/usage", nil)
	if got.status != 429 || got.header.Get("Retry-After") != "1" {
		t.Errorf("third call of a second: %d", got.status)
	}
	w.Clock().Advance(time.Second)
	usage := decode[struct{ Data apiKeyInfo }](t, api.do(http.MethodGet, "/v1/usage", nil).body).Data.Quota
	if usage.Used != 3 || usage.Remaining != 0 {
		t.Errorf("over the limit: %+v", usage)
	}
	if status, got := api.call(http.MethodPost, "/v1/tracking/trace", map[string]any{"items": []apiItem{item(magic(t, "in-transit"))}}); status != 429 || got.ErrorCode != "RATE_LIMITED" {
		t.Errorf("spent quota: %d %+v", status, got)
	}
	w.Clock().Set(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
	if got := api.trace(item(magic(t, "in-transit"))); !got.IsSuccess {
		t.Errorf("new month: %+v", got)
	}
}

func TestCouriersOfDeliveryAPI(t *testing.T) {
	_, got := newAPI(t, newWorld(t, Config{})).call(http.MethodGet, "/v1/tracking/couriers", nil)
	list, _ := got.Data["couriers"].([]any)
	if len(list) < 12 || got.Data["total"] != float64(len(list)) {
		t.Fatalf("%+v", got)
	}
	entry, _ := list[0].(map[string]any)
	if entry["trackingApiCode"] == "" || entry["displayName"] == "" || len(entry) != 2 {
		t.Errorf("%v", entry)
	}
}

func TestEndpoints(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{Endpoints: 2}})
	api := newAPI(t, w)
	const path = "/v1/webhooks/endpoints"
	for body, want := range map[string]string{
		`{}`:                             "MISSING_PARAMS",
		`{"url":"http://shop.example/"}`: "INVALID_PARAMS",
		`{"url":"https://shop.example/","webhookSecret":"1234"}`: "INVALID_PARAMS",
		`{"url":"https://unreachable.example/"}`:                 "WEBHOOK_ENDPOINT_UNREACHABLE",
	} {
		if _, got := api.call(http.MethodPost, path, body); got.ErrorCode != want {
			t.Errorf("%s: %+v", body, got)
		}
	}
	status, made := api.call(http.MethodPost, path, `{"url":"https://shop.example/hook","name":"main"}`)
	id, _ := made.Data["endpointId"].(string)
	secret, _ := made.Data["webhookSecret"].(string)
	if status != 201 || !strings.HasPrefix(id, "ep_") || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("%d %+v", status, made)
	}
	if _, own := api.call(http.MethodPost, path, `{"url":"https://shop.example/2","webhookSecret":"my-own-secret"}`); own.Data["webhookSecret"] != "my-own-secret" {
		t.Errorf("%+v", own)
	}
	if _, third := api.call(http.MethodPost, path, `{"url":"https://shop.example/3"}`); third.ErrorCode != "WEBHOOK_ENDPOINT_LIMIT" {
		t.Errorf("%+v", third)
	}
	if _, got := api.call(http.MethodPost, path+"/"+id+"/rotate", `{}`); got.Data["webhookSecret"] == secret || got.Data["endpointId"] != id {
		t.Errorf("%+v", got)
	}
	if _, got := api.call(http.MethodPut, path+"/"+id, `{"name":"renamed"}`); !got.IsSuccess {
		t.Errorf("%+v", got)
	}
	listed := api.do(http.MethodGet, path, nil)
	if !strings.Contains(string(listed.body), "renamed") || strings.Contains(string(listed.body), "my-own-secret") {
		t.Errorf("%s", listed.body)
	}
	register := `{"items":[{"courierCode":"cj","trackingNumber":"` + cj(105) + `","clientId":"A"}],"recurring":true,"endpointId":"` + id + `"}`
	if _, got := api.call(http.MethodPost, "/v1/webhooks/register", register); !got.IsSuccess {
		t.Fatalf("%+v", got)
	}
	if got := w.Registrations(); len(got) != 1 || got[0].Callback != "https://shop.example/hook" || got[0].Ref != "A" {
		t.Errorf("%+v", got)
	}
	if _, got := api.call(http.MethodDelete, path+"/"+id, nil); !got.IsSuccess {
		t.Errorf("%+v", got)
	}
	if got := w.Registrations(); len(got) != 0 {
		t.Errorf("a deleted endpoint keeps its subscriptions: %+v", got)
	}
	if status, got := api.call(http.MethodDelete, path+"/"+id, nil); status != 404 || got.ErrorCode != "NOT_FOUND" {
		t.Errorf("%d %+v", status, got)
	}
}

func TestSubscriptions(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	register := func(recurring bool, items ...apiItem) anyAnswer {
		_, got := api.call(http.MethodPost, "/v1/webhooks/register", map[string]any{"items": items, "recurring": recurring, "metadata": map[string]string{"k": "v"}})
		return got
	}
	refused := api.do(http.MethodPost, "/v1/webhooks/register", map[string]any{"recurring": true, "items": []apiItem{
		item(magic(t, "in-transit")), {CourierCode: "epost", TrackingNumber: "1"}, {CourierCode: "cj", TrackingNumber: "12AB"},
	}})
	bad := decode[struct {
		ErrorCode string
		Data      []apiBadItem
	}](t, refused.body)
	if refused.status != 400 || bad.ErrorCode != "INVALID_ITEMS" || len(bad.Data) != 2 || bad.Data[1].ErrorCode != "INVALID_TRACKING_NUMBER" {
		t.Errorf("%d %s", refused.status, refused.body)
	}
	late := magic(t, "late-publication")
	id, _ := register(true, item(late), item(magic(t, "in-transit"))).Data["requestId"].(string)
	register(false, item(magic(t, "delivered")))
	if plan := w.apiPlan(w.Demo().DeliveryAPIKey); plan.Quota.Used != 3 {
		t.Errorf("three items registered, %d units billed", plan.Quota.Used)
	}
	get := func() apiSubscriptionView {
		return decode[struct{ Data apiSubscriptionView }](t, api.do(http.MethodGet, "/v1/webhooks/subscriptions/"+id, nil).body).Data
	}
	v := get()
	if !v.IsActive || v.ItemCount != 2 || v.Items[0].CurrentStatus != "IN_TRANSIT" || v.Metadata["k"] != "v" || v.NextPollAt == "" {
		t.Errorf("%+v", v)
	}
	w.Clock().Advance(3*time.Hour + time.Minute)
	v = get()
	if p := v.Items[0]; p.CurrentStatus != "DELIVERED" || p.PreviousStatus != "OUT_FOR_DELIVERY" || !p.HasChanged || v.Summary.Delivered != 1 {
		t.Errorf("%+v", v)
	}
	results := decode[struct{ Data struct{ Results []apiPolled } }](t, api.do(http.MethodPost, "/v1/webhooks/results",
		map[string]any{"items": []apiItem{item(late), item(magic(t, "failed"))}}).body).Data.Results
	if len(results) != 1 || results[0].RequestID != id || !results[0].IsDelivered {
		t.Errorf("%+v", results)
	}
	list := func(query string) (int, string) {
		_, got := api.call(http.MethodGet, "/v1/webhooks/subscriptions?"+query, nil)
		subscriptions, _ := got.Data["subscriptions"].([]any)
		next, _ := got.Data["nextCursor"].(string)
		return len(subscriptions), next
	}
	n, next := list("limit=1")
	if n != 1 || next == "" {
		t.Errorf("first page: %d, next %q", n, next)
	}
	if n, next = list("limit=1&cursor=" + next); n != 1 || next != "" {
		t.Errorf("second page: %d, next %q", n, next)
	}
	for query, want := range map[string]int{"status=active": 1, "status=completed": 1, "from=2026-09-29": 0, "to=2026-09-28": 2} {
		if n, _ := list(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if _, got := api.call(http.MethodDelete, "/v1/webhooks/subscriptions/"+id, nil); !got.IsSuccess {
		t.Errorf("%+v", got)
	}
	if v := get(); v.Status != "cancelled" || v.IsActive {
		t.Errorf("%+v", v)
	}
	if status, _ := api.call(http.MethodDelete, "/v1/webhooks/subscriptions/"+id, nil); status != 404 {
		t.Errorf("cancelled twice: %d", status)
	}
}

func TestSubscriptionsEndAfterFourteenDays(t *testing.T) {
	w := newWorld(t, Config{})
	api := newAPI(t, w)
	api.call(http.MethodPost, "/v1/webhooks/register", map[string]any{"items": []apiItem{item(magic(t, "in-transit"))}, "recurring": true})
	w.Clock().Advance(14*24*time.Hour - time.Second)
	if len(w.Registrations()) != 1 {
		t.Error("ended early")
	}
	w.Clock().Advance(time.Second)
	if len(w.Registrations()) != 0 {
		t.Error("lives on")
	}
	_, got := api.call(http.MethodGet, "/v1/webhooks/subscriptions", nil)
	if !strings.Contains(string(mustJSON(t, got.Data)), `"completed"`) {
		t.Errorf("%v", got.Data)
	}
}

func TestNewWordsReachTheSummary(t *testing.T) {
	got := newAPI(t, newWorld(t, Config{})).trace(item(magic(t, "new-words")))
	if status := got.Data.Results[0].Data.DeliveryStatus; status != "SORTED_BY_ROBOT" {
		t.Errorf("%s", status)
	}
	if _, ok := tracking.ParseStatus("SORTED_BY_ROBOT"); ok {
		t.Error("not a new word")
	}
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	w := newWorld(t, Config{Limits: Limits{DeliveryAPIQuota: 1}})
	api := newAPI(t, w)
	good := `{"courierCode":"cj","trackingNumber":"` + cj(105) + `"}`
	many := strings.Repeat(good+",", 100) + good
	for body, want := range map[string]string{
		`{"items":[` + good + `]}`:                                           "MISSING_PARAMS", // recurring is always wanted
		`{"items":[],"recurring":true}`:                                      "MISSING_PARAMS",
		`{"items":[` + many + `],"recurring":true}`:                          "INVALID_PARAMS",
		`{"items":[` + good + `],"recurring":true,"endpointId":"ep_absent"}`: "NOT_FOUND",
		`[]`: "INVALID_PARAMS",
	} {
		if _, got := api.call(http.MethodPost, "/v1/webhooks/register", body); got.ErrorCode != want {
			t.Errorf("%.80s: %+v, want %s", body, got, want)
		}
	}
	api.call(http.MethodPost, "/v1/webhooks/register", `{"items":[`+good+`],"recurring":true}`)
	if status, got := api.call(http.MethodPost, "/v1/webhooks/register", `{"items":[`+good+`],"recurring":true}`); status != 429 || got.ErrorCode != "RATE_LIMITED" {
		t.Errorf("spent quota: %d %+v", status, got)
	}
	for _, query := range []string{"limit=0", "limit=x", "cursor=x"} {
		if status, _ := api.call(http.MethodGet, "/v1/webhooks/subscriptions?"+query, nil); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
	for _, path := range []string{"/v1/webhooks/subscriptions/req_absent", "/v2/usage", "/v1/nothing"} {
		if status, got := api.call(http.MethodGet, path, nil); status != 404 || got.ErrorCode != "NOT_FOUND" {
			t.Errorf("%s: %d %+v", path, status, got)
		}
	}
}
