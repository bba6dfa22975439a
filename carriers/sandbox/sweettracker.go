package sandbox

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
)

// sweetTracker is what the double of SweetTracker's query product keeps. World.mu guards it.
type sweetTracker struct {
	spent map[string]int64 // calls by key and month
	day   string           // the Korean day that asked counts
	asked map[string]int   // questions by key, courier and number
}

func newSweetTracker() sweetTracker {
	return sweetTracker{spent: map[string]int64{}, asked: map[string]int{}}
}

func (w *World) routeSweetTracker(mux *http.ServeMux) {
	for path, answer := range map[string]func(*World, *sweetCall){
		"trackingInfo": (*World).sweetTrack,
		"companylist":  (*World).sweetCompanies,
		"recommend":    (*World).sweetRecommend,
		"key/usage":    (*World).sweetUsage,
	} {
		mux.HandleFunc("/sweettracker/api/v1/"+path, w.sweetHandler(answer))
	}
	mux.HandleFunc("/sweettracker/", func(rw http.ResponseWriter, r *http.Request) {
		writeFramework(rw, r, http.StatusNotFound)
	})
}

// sweetCall is one call with a key that is accepted.
type sweetCall struct {
	rw      http.ResponseWriter
	r       *http.Request
	Key     string `json:"t_key"`
	Code    string `json:"t_code"`
	Invoice string `json:"t_invoice"`
}

// sweetHandler does what every call has in common. GET is withdrawn (405), forms are not taken (415), a body that is
// not a JSON object is 400: all three in the framework's own shape.
func (w *World) sweetHandler(answer func(*World, *sweetCall)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		c := &sweetCall{rw: rw, r: r}
		if status := c.read(); status != 0 {
			writeFramework(rw, r, status)
			return
		}
		if !w.accepts(func(a Credentials) bool { return c.Key != "" && equal(c.Key, a.SweetTrackerKey) }) {
			c.fail(Fault{Code: "101"})
			return
		}
		if f := callOf(r).fault; f.Code != "" || f.Framework {
			c.fail(f)
			return
		}
		if !w.allow(SweetTracker, c.Key, w.config.Limits.SweetTrackerRate) {
			writeGateway(rw, Fault{Status: http.StatusTooManyRequests, HTML: true, RetryAfter: "1"})
			return
		}
		answer(w, c)
	}
}

// read takes the call's body, or gives the HTTP status that refuses it.
func (c *sweetCall) read() (status int) {
	if c.r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(io.LimitReader(c.r.Body, 1<<20))
	if err != nil || len(body) == 0 {
		return http.StatusBadRequest
	}
	if media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); media != "application/json" {
		return http.StatusUnsupportedMediaType
	}
	if json.Unmarshal(body, c) != nil {
		return http.StatusBadRequest
	}
	return 0
}

// writeFramework answers with the framework's own error, in which status is a number.
func writeFramework(rw http.ResponseWriter, r *http.Request, status int) {
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	writeJSONAs(rw, sweetJSON, status, struct {
		Timestamp int64  `json:"timestamp"`
		Status    int    `json:"status"`
		Error     string `json:"error"`
		Path      string `json:"path"`
	}{callOf(r).At.UnixMilli(), status, http.StatusText(status), "/" + path})
}

// sweetJSON is the content type as it is seen.
const sweetJSON = "application/json;charset=UTF-8"

func (c *sweetCall) ok(v any) { writeJSONAs(c.rw, sweetJSON, http.StatusOK, v) }

// fail answers with a business error: HTTP 200, status false, a code.
func (c *sweetCall) fail(f Fault) {
	if f.Framework {
		writeFramework(c.rw, c.r, f.Status)
		return
	}
	answer := struct {
		Status bool   `json:"status"`
		Msg    string `json:"msg"`
		Code   string `json:"code,omitempty"`
	}{Msg: orText(f.Message, sweetErrors[f.Code]), Code: f.Code}
	if f.Code == NoCode {
		answer.Code = ""
	}
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	writeJSONAs(c.rw, sweetJSON, status, answer)
}

// sweetErrors are the codes and texts. Those of 101 and 104 are observed, the other texts are ours.
var sweetErrors = map[string]string{
	"101": "API KEY가 존재하지 않습니다.",
	"102": "API KEY 사용기간이 만료되었습니다.",
	"103": "API KEY 사용량을 모두 소진했습니다.",
	"104": "유효하지 않은 운송장번호 이거나 택배사 코드 입니다.",
	"105": "같은 운송장번호를 너무 많이 조회했습니다.",
	"106": "운송장번호 조회 중 오류가 발생했습니다.",
}

// sweetTrack answers trackingInfo. Every call with a good key counts toward the plan, and every one with a number
// toward that number's day, failures included; how the real service counts is not known.
func (w *World) sweetTrack(c *sweetCall) {
	noteItems(c.r, 1)
	if !w.sweetSpend(c.Key) {
		c.fail(Fault{Code: "103"})
		return
	}
	code, known := courier.FromProvider(courier.SweetTracker, c.Code)
	if !known || c.Invoice == "" || courier.Check(code, c.Invoice).Severity == courier.Invalid {
		c.fail(Fault{Code: "104"})
		return
	}
	f, faulty := w.fault(SweetTracker, code, c.Invoice)
	if faulty && w.disturb(c.rw, c.r, f) {
		return
	}
	if !w.sweetAsk(c.Key + " " + c.Code + " " + c.Invoice) {
		c.fail(Fault{Code: "105"})
		return
	}
	if f.Code != "" || f.Framework {
		c.fail(f)
		return
	}
	view, found := w.Look(code, c.Invoice)
	if !found {
		c.fail(Fault{Code: "104"})
		return
	}
	c.ok(sweetParcelOf(view))
}

// sweetSpend takes one call from the month's allowance.
func (w *World) sweetSpend(key string) bool {
	id := sweetMonth(key, w.clock.Now())
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sweetTracker.spent[id] >= w.config.Limits.SweetTrackerQuota {
		return false
	}
	w.sweetTracker.spent[id]++
	return true
}

func sweetMonth(key string, now time.Time) string { return key + now.In(kst).Format(" 2006-01") }

// sweetAsk takes one question from a number's day, which ends at midnight in Korea (presumed).
func (w *World) sweetAsk(id string) bool {
	day := w.clock.Now().In(kst).Format(time.DateOnly)
	w.mu.Lock()
	defer w.mu.Unlock()
	state := &w.sweetTracker
	if state.day != day {
		state.day, state.asked = day, map[string]int{}
	}
	state.asked[id]++
	return state.asked[id] <= w.config.Limits.SweetTrackerDaily
}

// sweetUsage answers key/usage, which echoes the key.
func (w *World) sweetUsage(c *sweetCall) {
	now := w.clock.Now()
	limit := w.config.Limits.SweetTrackerQuota
	w.mu.Lock()
	used := w.sweetTracker.spent[sweetMonth(c.Key, now)]
	w.mu.Unlock()
	year, month, _ := now.In(kst).Date()
	first := time.Date(year, month, 1, 0, 0, 0, 0, kst)
	c.ok(struct {
		Key         string `json:"key"`
		TotalAmount int64  `json:"totalAmount"`
		LeftAmount  int64  `json:"leftAmount"`
		StartDate   string `json:"startDate"`
		EndDate     string `json:"endDate"`
	}{c.Key, limit, limit - used, first.Format(time.DateTime), first.AddDate(0, 1, 0).Format(time.DateTime)})
}

type sweetCompany struct {
	Code          string `json:"Code"`
	Name          string `json:"Name"`
	International string `json:"International,omitempty"` // a string, "true" or "false"
}

func (w *World) sweetCompanies(c *sweetCall) {
	list := []sweetCompany{}
	for info := range courier.All() {
		for _, code := range info.CodesAt(courier.SweetTracker) {
			list = append(list, sweetCompany{code, info.Korean, international[string(info.Code)]})
		}
	}
	for i := range list {
		list[i].International = orText(list[i].International, "false")
	}
	c.ok(map[string][]sweetCompany{"Company": list})
}

// international marks the couriers that SweetTracker's list calls so.
var international = map[string]string{
	courier.EMS: "true", courier.DHL: "true", courier.UPS: "true", courier.FedEx: "true", courier.TNT: "true", courier.USPS: "true",
}

// sweetRecommend answers with the couriers whose numbers look like this one.
func (w *World) sweetRecommend(c *sweetCall) {
	list := []sweetCompany{}
	for _, candidate := range courier.Detect(c.Invoice) {
		info, _ := courier.Get(candidate.Courier)
		if code, ok := info.CodeAt(courier.SweetTracker); ok {
			list = append(list, sweetCompany{Code: code, Name: info.Korean})
		}
	}
	c.ok(map[string][]sweetCompany{"Recommend": list})
}
