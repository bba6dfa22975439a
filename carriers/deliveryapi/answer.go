package deliveryapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// answer is the envelope of every answer (documented) around data of one kind.
type answer[T any] struct {
	IsSuccess  *bool    `json:"isSuccess"`
	Data       T        `json:"data"`
	APIKeyInfo *keyInfo `json:"apiKeyInfo"` // here or in the data (which one is not known)
}

// failure is the same envelope where something is wrong, with nothing taken for granted.
type failure struct {
	IsSuccess  json.RawMessage `json:"isSuccess"`
	Data       json.RawMessage `json:"data"`
	APIKeyInfo json.RawMessage `json:"apiKeyInfo"`
	ErrorCode  json.RawMessage `json:"errorCode"`
	Error      json.RawMessage `json:"error"` // a text; an older shape has {code, message, details}
	Message    json.RawMessage `json:"message"`
}

// keyInfo is what the provider adds about the key (documented; where it stands is reported).
type keyInfo struct {
	Plan     string     `json:"plan"`
	PlanName string     `json:"planName"`
	Quota    *quotaInfo `json:"quota"`
}

type quotaInfo struct {
	Limit     int64  `json:"limit"`
	Used      int64  `json:"used"`
	Remaining *int64 `json:"remaining"`
	ResetAt   string `json:"resetAt"`
}

// judge decodes an answer into got and says what is wrong with it. Success is isSuccess true and nothing else, whatever the
// HTTP status (documented).
func judge[T any](resp *transport.Response, got *answer[T], loosely func([]byte) (T, bool), secrets []string) *tracking.Error {
	*got = answer[T]{}
	err := json.Unmarshal(resp.Body, got)
	if err == nil && got.IsSuccess != nil && *got.IsSuccess {
		return nil
	}
	*got = answer[T]{}
	var f failure
	if err := json.Unmarshal(resp.Body, &f); err != nil && !mistyped(err) {
		return noJSON(resp)
	}
	if string(f.IsSuccess) != "true" {
		return refusal(resp, f, secrets)
	}
	if loosely != nil {
		if data, ok := loosely(f.Data); ok {
			got.Data = data
			_ = json.Unmarshal(f.APIKeyInfo, &got.APIKeyInfo) // worth having, never worth an error
			return nil
		}
	}
	return &tracking.Error{Kind: tracking.ErrProtocol, Retry: tracking.RetrySoon, Err: errors.New("data of another shape")}
}

// mistyped reports whether JSON is well formed but has other types than expected.
func mistyped(err error) bool {
	var other *json.UnmarshalTypeError
	return errors.As(err, &other)
}

// noJSON is for what a gateway sends, and for answers that were cut: trouble on the way whatever the status, unless the status
// says something that a body could only confirm.
func noJSON(resp *transport.Response) *tracking.Error {
	e := transport.Classify(resp)
	if e != nil {
		switch e.Kind {
		case tracking.ErrRateLimited, tracking.ErrCredentials, tracking.ErrProtocol, tracking.ErrUpstream:
			return e
		}
	}
	return &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Err: errors.New("no JSON in the answer")}
}

// refusal gives the error of a well-formed answer that is not a success.
func refusal(resp *transport.Response, f failure, secrets []string) *tracking.Error {
	code, text := f.code(secrets)
	known, ok := callMeaning(code)
	switch {
	case ok:
	case resp.Status < 300 && !f.admitted():
		known = meaning{kind: tracking.ErrProtocol, retry: tracking.RetrySoon}
	case resp.Status >= 300 && resp.Status < 400:
		known = meaning{kind: tracking.ErrProtocol, billed: tracking.No}
	default:
		known = statusMeaning(resp.Status)
		if code == "" && f.admitted() && known.kind == tracking.ErrUpstream {
			code = "INTERNAL_ERROR" // what the provider's SDK makes of it
		}
	}
	e := &tracking.Error{
		Kind: known.kind, Code: code, HTTPStatus: resp.Status,
		Retry: known.retry, Billed: known.billed, Err: f.cause(known, safeText(text, "", secrets), secrets),
	}
	if resp.Status == http.StatusTooManyRequests && e.Kind != tracking.ErrRateLimited {
		e.Kind, e.Retry = tracking.ErrRateLimited, tracking.RetrySoon
	}
	applyWait(e, resp, f)
	return e
}

// applyWait puts in the wait that the provider asks for. Without one, key information may prove that the plan is used up.
func applyWait(e *tracking.Error, resp *transport.Response, f failure) {
	if wait, ok := retryAfter(resp); ok && e.Retry == tracking.RetrySoon {
		e.Retry, e.Wait = tracking.RetryAfter, wait
		return
	}
	if e.Kind != tracking.ErrRateLimited {
		return
	}
	if q, ok := f.quota(); ok && q.Remaining == 0 {
		exhaust(e, q)
	}
}

// exhaust turns a rate limit into a spent plan.
func exhaust(e *tracking.Error, q tracking.Quota) {
	e.Kind, e.Retry, e.Wait, e.ResetAt = tracking.ErrQuotaExhausted, tracking.RetryQuota, 0, q.ResetAt
}

// admitted reports whether the answer says itself that it is a failure.
func (f failure) admitted() bool { return string(f.IsSuccess) == "false" }

// code gives the error's code, in capitals, and its text, from wherever they stand.
func (f failure) code(secrets []string) (code, text string) {
	var object struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(f.Error, &object) // a text is no object: then it stays empty
	code = firstText(textOf(f.ErrorCode), object.Code)
	return codeOf(code, secrets), firstText(textOf(f.Error), object.Message, textOf(f.Message))
}

// cause gives the error behind a refusal: one of this package's and the provider's words.
func (f failure) cause(known meaning, text string, secrets []string) error {
	cause := known.cause
	if errors.Is(cause, ErrInvalidItems) {
		cause = f.items(secrets)
	}
	switch {
	case text == "":
		return cause
	case cause == nil:
		return errors.New(text)
	}
	return &worded{text: text, err: cause}
}

// worded is an error with the provider's words beside it.
type worded struct {
	text string
	err  error
}

func (w *worded) Error() string { return w.err.Error() + ": " + w.text }
func (w *worded) Unwrap() error { return w.err }

// items reads the parcels that a registration was refused for (documented).
func (f failure) items(secrets []string) *InvalidItemsError {
	var listed []struct {
		CourierCode    string `json:"courierCode"`
		TrackingNumber string `json:"trackingNumber"`
		ErrorCode      string `json:"errorCode"`
	}
	_ = json.Unmarshal(f.Data, &listed) // what has another shape names no parcel
	items := &InvalidItemsError{Items: make([]InvalidItem, 0, len(listed))}
	for _, item := range listed {
		known, _ := courier.FromProvider(provider, strings.ToLower(item.CourierCode))
		items.Items = append(items.Items, InvalidItem{Courier: known, Number: item.TrackingNumber, Code: codeOf(item.ErrorCode, secrets)})
	}
	return items
}

// quota finds key information at the root or in the data.
func (f failure) quota() (tracking.Quota, bool) {
	var info *keyInfo
	if json.Unmarshal(f.APIKeyInfo, &info) == nil {
		if q, ok := info.quota(); ok {
			return q, true
		}
	}
	var data struct {
		APIKeyInfo *keyInfo `json:"apiKeyInfo"`
	}
	if json.Unmarshal(f.Data, &data) != nil {
		return tracking.Quota{}, false
	}
	return data.APIKeyInfo.quota()
}

// quota gives the key information in our form; false where it lacks what matters.
func (i *keyInfo) quota() (tracking.Quota, bool) {
	if i == nil || i.Quota == nil || i.Quota.Remaining == nil {
		return tracking.Quota{}, false
	}
	return tracking.Quota{
		Plan: firstText(i.Plan, i.PlanName), Limit: i.Quota.Limit, Used: i.Quota.Used, Remaining: *i.Quota.Remaining,
		ResetAt: serviceTime(i.Quota.ResetAt),
	}, true
}

// textOf gives a JSON text, and nothing for any other value.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
