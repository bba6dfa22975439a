package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// sweetTrackerTrace is what the double of SweetTracker's trace product keeps: registrations by tier. World.mu guards it.
type sweetTrackerTrace struct {
	registered map[string][]traceRegistration
}

func newSweetTrackerTrace() sweetTrackerTrace {
	return sweetTrackerTrace{registered: map[string][]traceRegistration{}}
}

type traceRegistration struct {
	courier      tracking.Courier
	number, fid  string
	callback     string
	callbackType string
	at           time.Time
}

func (w *World) routeSweetTrackerTrace(mux *http.ServeMux) {
	mux.HandleFunc("POST /sweettracker-trace/add_invoice", w.traceAdd)
	mux.HandleFunc("POST /sweettracker-trace/add_invoice_list", w.traceAddList)
	mux.HandleFunc("POST /sweettracker-trace/validate", w.traceValidate)
	mux.HandleFunc("GET /sweettracker-trace/companylist", w.traceCompanies)
	mux.HandleFunc("/sweettracker-trace/", func(rw http.ResponseWriter, r *http.Request) {
		writeFramework(rw, r, http.StatusNotFound)
	})
}

// traceRequest is a registration: the document shows a form, clients in use send JSON; both are taken.
type traceRequest struct {
	Num          string      `json:"num"`
	Code         string      `json:"code"`
	FID          string      `json:"fid"`
	CallbackURL  string      `json:"callback_url"`
	CallbackType string      `json:"callback_type"`
	Tier         string      `json:"tier"`
	Key          string      `json:"key"`
	List         []traceItem `json:"list"`
}

type traceItem struct {
	Num  string `json:"num"`
	Code string `json:"code"`
	FID  string `json:"fid"`
}

// traceReply answers for one invoice. e_code and e_message are absent from a success.
type traceReply struct {
	Success  bool   `json:"success"`
	Num      string `json:"num"`
	FID      string `json:"fid"`
	ECode    string `json:"e_code,omitempty"`
	EMessage string `json:"e_message,omitempty"`
}

// traceListReply answers for a list; a request that fails as a whole has an empty list.
type traceListReply struct {
	Success  bool         `json:"success"`
	ECode    string       `json:"e_code,omitempty"`
	EMessage string       `json:"e_message,omitempty"`
	List     []traceReply `json:"list"`
}

// traceErrors are the documented codes; but for that of 02, the texts are ours.
var traceErrors = map[string]string{
	"01": "필수 값이 비어 있습니다.",
	"02": "송장번호 규칙에 어긋납니다.",
	"03": "이미 등록된 송장번호입니다.",
	"04": "지원하지 않는 택배사 코드입니다.",
	"99": "시스템 오류입니다.",
}

// traceRead takes a request from JSON or a form.
func traceRead(r *http.Request) (in traceRequest, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return in, false
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return in, json.Unmarshal(body, &in) == nil
	}
	form, err := url.ParseQuery(string(body))
	in = traceRequest{
		Num: form.Get("num"), Code: form.Get("code"), FID: form.Get("fid"), Tier: form.Get("tier"), Key: form.Get("key"),
		CallbackURL: form.Get("callback_url"), CallbackType: form.Get("callback_type"),
	}
	return in, err == nil
}

// traceAccount reads a registration and checks its credentials. What the real service answers to wrong ones is not
// known; 401 in the framework's shape is our choice.
func (w *World) traceAccount(rw http.ResponseWriter, r *http.Request) (in traceRequest, ok bool) {
	in, ok = traceRead(r)
	if !ok {
		writeFramework(rw, r, http.StatusBadRequest)
		return in, false
	}
	if in.Tier == "" || in.Key == "" {
		writeJSONAs(rw, sweetJSON, http.StatusOK, traceListReply{ECode: "01", EMessage: traceErrors["01"], List: []traceReply{}})
		return in, false
	}
	if !w.accepts(func(c Credentials) bool {
		return equal(in.Tier+" "+in.Key, c.SweetTrackerTier+" "+c.SweetTrackerTraceKey)
	}) {
		writeFramework(rw, r, http.StatusUnauthorized)
		return in, false
	}
	return in, true
}

func (w *World) traceAdd(rw http.ResponseWriter, r *http.Request) {
	in, ok := w.traceAccount(rw, r)
	if !ok {
		return
	}
	noteItems(r, 1)
	reply, done := w.traceRegister(rw, r, in, traceItem{in.Num, in.Code, in.FID})
	if !done {
		writeJSONAs(rw, sweetJSON, http.StatusOK, reply)
	}
}

// traceAddList registers many. Replies come in another order than the request's, as clients must expect.
func (w *World) traceAddList(rw http.ResponseWriter, r *http.Request) {
	in, ok := w.traceAccount(rw, r)
	if !ok {
		return
	}
	noteItems(r, len(in.List))
	if len(in.List) == 0 || len(in.List) > w.config.Limits.TraceList || in.CallbackURL == "" {
		writeJSONAs(rw, sweetJSON, http.StatusOK, traceListReply{ECode: "01", EMessage: traceErrors["01"], List: []traceReply{}})
		return
	}
	out := traceListReply{Success: true}
	for _, item := range in.List {
		reply, done := w.traceRegister(rw, r, in, item)
		if done {
			return
		}
		out.List = append(out.List, reply)
	}
	slices.Reverse(out.List)
	writeJSONAs(rw, sweetJSON, http.StatusOK, out)
}

// traceRegister registers one invoice; done means that a fault has answered the call.
func (w *World) traceRegister(rw http.ResponseWriter, r *http.Request, in traceRequest, item traceItem) (reply traceReply, done bool) {
	reply = traceReply{Num: item.Num, FID: item.FID}
	code, known := courier.FromProvider(courier.SweetTracker, item.Code)
	f, _ := w.fault(SweetTrackerTrace, code, item.Num)
	if w.disturb(rw, r, f) {
		return reply, true
	}
	switch {
	case f.Code != "":
		reply.ECode = f.Code
	case item.Num == "" || item.Code == "" || item.FID == "" || in.CallbackURL == "":
		reply.ECode = "01"
	case !known:
		reply.ECode = "04"
	case courier.Check(code, item.Num).Severity != courier.OK:
		reply.ECode = "02"
	case !w.traceKeep(in, item, code):
		reply.ECode = "03"
	default:
		reply.Success = true
		return reply, false
	}
	reply.EMessage = orText(f.Message, traceErrors[reply.ECode])
	return reply, false
}

// traceKeep stores a registration, unless the account has that number already.
func (w *World) traceKeep(in traceRequest, item traceItem, code tracking.Courier) bool {
	now := w.clock.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	registered := w.sweetTrackerTrace.registered
	if slices.ContainsFunc(registered[in.Tier], func(t traceRegistration) bool {
		return t.courier == code && t.number == item.Num
	}) {
		return false
	}
	registered[in.Tier] = append(registered[in.Tier], traceRegistration{
		courier: code, number: item.Num, fid: item.FID, callback: in.CallbackURL,
		callbackType: orText(in.CallbackType, "map"), at: now,
	})
	return true
}

// traceValidate judges a number by its rule alone, without credentials. Its code is the courier's.
func (w *World) traceValidate(rw http.ResponseWriter, r *http.Request) {
	in, ok := traceRead(r)
	if !ok {
		writeFramework(rw, r, http.StatusBadRequest)
		return
	}
	code, known := courier.FromProvider(courier.SweetTracker, in.Code)
	writeJSONAs(rw, sweetJSON, http.StatusOK, struct {
		Success bool   `json:"success"`
		Num     string `json:"num"`
		Code    string `json:"code"`
	}{known && in.Num != "" && courier.Check(code, in.Num).Severity == courier.OK, in.Num, in.Code})
}

// traceCompanies answers with a bare array, unlike the query product.
func (w *World) traceCompanies(rw http.ResponseWriter, _ *http.Request) {
	list := []sweetCompany{}
	for info := range courier.All() {
		for _, code := range info.CodesAt(courier.SweetTracker) {
			list = append(list, sweetCompany{Code: code, Name: info.Korean})
		}
	}
	writeJSONAs(rw, sweetJSON, http.StatusOK, list)
}
