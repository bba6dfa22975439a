package sandbox

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// deliveryAPI is what deliveryapi's double keeps, by API key. World.mu guards it.
type deliveryAPI struct {
	spent         map[string]int64 // billed units by key and month
	endpoints     map[string][]*apiEndpoint
	subscriptions map[string][]*apiSubscription
}

func newDeliveryAPI() deliveryAPI {
	return deliveryAPI{
		spent:         map[string]int64{},
		endpoints:     map[string][]*apiEndpoint{},
		subscriptions: map[string][]*apiSubscription{},
	}
}

func (w *World) routeDeliveryAPI(mux *http.ServeMux) {
	for pattern, answer := range map[string]func(*World, *apiCall){
		"POST /deliveryapi/v1/tracking/trace":                 (*World).apiTrace,
		"GET /deliveryapi/v1/tracking/couriers":               (*World).apiCouriers,
		"GET /deliveryapi/v1/usage":                           (*World).apiUsage,
		"POST /deliveryapi/v1/webhooks/endpoints":             (*World).apiCreateEndpoint,
		"GET /deliveryapi/v1/webhooks/endpoints":              (*World).apiListEndpoints,
		"PUT /deliveryapi/v1/webhooks/endpoints/{id}":         (*World).apiRenameEndpoint,
		"DELETE /deliveryapi/v1/webhooks/endpoints/{id}":      (*World).apiDeleteEndpoint,
		"POST /deliveryapi/v1/webhooks/endpoints/{id}/rotate": (*World).apiRotateEndpoint,
		"POST /deliveryapi/v1/webhooks/register":              (*World).apiRegister,
		"GET /deliveryapi/v1/webhooks/subscriptions":          (*World).apiListSubscriptions,
		"GET /deliveryapi/v1/webhooks/subscriptions/{id}":     (*World).apiGetSubscription,
		"DELETE /deliveryapi/v1/webhooks/subscriptions/{id}":  (*World).apiCancelSubscription,
		"POST /deliveryapi/v1/webhooks/results":               (*World).apiResults,
		"/deliveryapi/":                                       (*World).apiUnknown,
	} {
		mux.HandleFunc(pattern, w.apiHandler(answer))
	}
}

// apiCall is one authenticated call to deliveryapi.
type apiCall struct {
	rw  http.ResponseWriter
	r   *http.Request
	key string // the API key, public part of the credential
}

// apiHandler does what every call has in common: authentication, pace, faults of the whole provider.
func (w *World) apiHandler(answer func(*World, *apiCall)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		c := &apiCall{rw: rw, r: r}
		var authentic bool
		if c.key, authentic = w.apiAccount(r); !authentic {
			c.fail(Fault{Code: "UNAUTHORIZED"})
			return
		}
		if f := callOf(r).fault; f.Code != "" {
			w.apiFault(c, f)
			return
		}
		if !w.allow(DeliveryAPI, c.key, w.config.Limits.DeliveryAPIRate) {
			c.fail(Fault{Code: "RATE_LIMITED", RetryAfter: "1"})
			return
		}
		answer(w, c)
	}
}

// apiAccount reads "Authorization: Bearer key:secret", a plain colon without base64.
func (w *World) apiAccount(r *http.Request) (key string, ok bool) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return "", false
	}
	ok = w.accepts(func(c Credentials) bool {
		key = c.DeliveryAPIKey
		return key != "" && equal(token, c.DeliveryAPIKey+":"+c.DeliveryAPISecret)
	})
	return key, ok
}

// equal compares secrets without telling by its time where they differ.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// apiEnvelope is the frame of every answer.
type apiEnvelope struct {
	IsSuccess  bool        `json:"isSuccess"`
	Data       any         `json:"data,omitempty"`
	ErrorCode  string      `json:"errorCode,omitempty"`
	Error      string      `json:"error,omitempty"`
	APIKeyInfo *apiKeyInfo `json:"apiKeyInfo,omitempty"`
}

// apiKeyInfo tells of the plan.
type apiKeyInfo struct {
	Plan     string   `json:"plan"`
	PlanName string   `json:"planName"`
	Quota    apiQuota `json:"quota"`
}

type apiQuota struct {
	Limit     int64  `json:"limit"`
	Used      int64  `json:"used"`
	Remaining int64  `json:"remaining"`
	ResetAt   string `json:"resetAt,omitempty"`
}

func (c *apiCall) ok(data any) { c.send(http.StatusOK, apiEnvelope{IsSuccess: true, Data: data}) }

func (c *apiCall) send(status int, envelope apiEnvelope) { writeJSON(c.rw, status, envelope) }

// fail answers with a code of the envelope.
func (c *apiCall) fail(f Fault) { c.failWith(f, nil, nil) }

func (c *apiCall) failWith(f Fault, data any, info *apiKeyInfo) {
	known := apiErrors[f.Code]
	envelope := apiEnvelope{Data: data, ErrorCode: f.Code, Error: orText(f.Message, known.text), APIKeyInfo: info}
	if f.Code == NoCode {
		envelope = apiEnvelope{}
	}
	status := f.Status
	if status == 0 {
		status = known.status
	}
	if status == 0 {
		status = http.StatusBadRequest
	}
	if f.RetryAfter != "" {
		c.rw.Header().Set("Retry-After", f.RetryAfter)
	}
	c.send(status, envelope)
}

// apiFault answers with a fault that names a code.
func (w *World) apiFault(c *apiCall, f Fault) {
	if !f.QuotaGone {
		c.fail(f)
		return
	}
	info := w.apiPlan(c.key)
	info.Quota.Used, info.Quota.Remaining = info.Quota.Limit, 0
	c.failWith(f, nil, &info)
}

func orText(text, standard string) string {
	if text != "" {
		return text
	}
	return standard
}

// apiErrors are the documented codes, of envelopes and of items, with the status that an envelope goes with: 429 and
// 501 are documented, the others go by their plain meaning. The texts are ours but for those of 429 and 401.
var apiErrors = map[string]struct {
	status int
	text   string
}{
	"UNAUTHORIZED":                 {http.StatusUnauthorized, "인증에 실패했습니다"},
	"FORBIDDEN":                    {http.StatusForbidden, "권한이 없습니다"},
	"MISSING_PARAMS":               {http.StatusBadRequest, "필수 값이 없습니다"},
	"INVALID_PARAMS":               {http.StatusBadRequest, "요청이 올바르지 않습니다"},
	"MISSING_REQUIRED_FIELD":       {http.StatusBadRequest, "추가 입력값이 필요합니다"},
	"INVALID_REQUIRED_FIELD":       {http.StatusBadRequest, "추가 입력값이 올바르지 않습니다"},
	"INVALID_ITEMS":                {http.StatusBadRequest, "등록할 수 없는 항목이 있습니다"},
	"NOT_FOUND":                    {http.StatusNotFound, "찾을 수 없습니다"},
	"CONFLICT":                     {http.StatusConflict, "이미 존재합니다"},
	"RATE_LIMITED":                 {http.StatusTooManyRequests, "요청 횟수가 플랜 한도를 초과했습니다"},
	"WEBHOOK_ENDPOINT_LIMIT":       {http.StatusBadRequest, "엔드포인트 등록 한도를 초과했습니다"},
	"WEBHOOK_ENDPOINT_UNREACHABLE": {http.StatusBadRequest, "URL 검증에 실패했습니다"},
	"EMAIL_ALREADY_EXISTS":         {http.StatusConflict, "이미 사용 중인 이메일입니다"},
	"COURIER_OTP_REQUIRED":         {http.StatusBadRequest, "OTP 인증이 필요합니다"},
	"COURIER_AUTH_FAILED":          {http.StatusBadRequest, "택배사 계정 인증에 실패했습니다"},
	"NOT_IMPLEMENTED":              {http.StatusNotImplemented, "지원하지 않는 기능입니다"},
	"INTERNAL_ERROR":               {http.StatusInternalServerError, "서버 오류가 발생했습니다"},
	"INVALID_TRACKING_NUMBER":      {http.StatusBadRequest, "송장번호 형식이 올바르지 않습니다"},
	"UNSUPPORTED_COURIER":          {http.StatusBadRequest, "지원하지 않는 택배사입니다"},
	"TRACKING_FAILED":              {http.StatusBadRequest, "택배사 조회에 실패했습니다"},
	"COURIER_PREPARING":            {http.StatusBadRequest, "준비 중인 택배사입니다"},
}

// decode reads the body into v; it answers and gives false when it is not JSON of that form.
func (c *apiCall) decode(v any) bool {
	body, err := io.ReadAll(io.LimitReader(c.r.Body, 8<<20))
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		c.fail(Fault{Code: "INVALID_PARAMS"})
		return false
	}
	return true
}

func (w *World) apiUnknown(c *apiCall) { c.fail(Fault{Code: "NOT_FOUND"}) }

// apiPlan gives the state of a key's plan. used stops at the limit, as documented.
func (w *World) apiPlan(key string) apiKeyInfo {
	now := w.clock.Now()
	limit := w.config.Limits.DeliveryAPIQuota
	w.mu.Lock()
	used := min(w.deliveryAPI.spent[apiMonth(key, now)], limit)
	w.mu.Unlock()
	year, month, _ := now.UTC().Date()
	reset := time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
	return apiKeyInfo{Plan: "sandbox", PlanName: "샌드박스",
		Quota: apiQuota{Limit: limit, Used: used, Remaining: limit - used, ResetAt: isoMillis(reset)}}
}

// apiMonth is the name under which a month's units are counted.
func apiMonth(key string, now time.Time) string { return key + now.UTC().Format(" 2006-01") }

// apiSpend counts billed units.
func (w *World) apiSpend(key string, units int) {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveryAPI.spent[apiMonth(key, now)] += int64(units)
}

// apiUsage answers GET /v1/usage, which is not counted.
func (w *World) apiUsage(c *apiCall) { c.ok(w.apiPlan(c.key)) }

// isoMillis writes times of the service itself: ISO 8601 in UTC.
func isoMillis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
