package sweettracker

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// subject is what a call is about, as far as an error may tell, and what an error must not tell.
type subject struct {
	op      string
	courier tracking.Courier
	number  string
	hidden  func() []string
}

// failure makes an error about the subject.
func (s *subject) failure(kind error, retry tracking.Retry, resp *transport.Response) *tracking.Error {
	e := &tracking.Error{
		Carrier: Name, Op: s.op, Kind: kind, Retry: retry,
		Courier: s.courier, Last4: tracking.Last4(s.number),
	}
	if resp != nil {
		e.HTTPStatus = resp.Status
	}
	return e
}

// named adds what the call was about to an error of the transport, which does not know.
func (s *subject) named(err error) *tracking.Error {
	var found *tracking.Error
	if !errors.As(err, &found) {
		e := s.failure(tracking.ErrUpstream, tracking.RetryNever, nil)
		e.Err = err
		return e
	}
	named := *found
	named.Courier, named.Last4 = s.courier, tracking.Last4(s.number)
	return &named
}

// The error codes of the on-demand API (all documented). Every other code is trouble of the provider.
const (
	codeKeyUnknown = "101"
	codeKeyExpired = "102"
	codeQuota      = "103"
	codeNotFound   = "104"
	codeDailyCap   = "105"
	codeUpstream   = "106"
)

func knownCode(code string) bool {
	return len(code) == 3 && code >= codeKeyUnknown && code <= codeUpstream
}

// refused makes the error for a code. Only the code counts: the texts of most are not known.
func (s *subject) refused(code, msg string, resp *transport.Response) *tracking.Error {
	e := s.failure(tracking.ErrUpstream, tracking.RetrySlow, resp)
	switch code {
	case codeKeyUnknown, codeKeyExpired:
		e.Kind, e.Retry, e.Billed = tracking.ErrCredentials, tracking.RetryNever, tracking.No
	case codeQuota:
		e.Kind, e.Retry, e.Billed = tracking.ErrQuotaExhausted, tracking.RetryQuota, tracking.No
	case codeNotFound: // a wrong number, a wrong courier, or perhaps one that is not known yet
		e.Kind, e.Retry = tracking.ErrNotFound, tracking.RetrySlow
	case codeDailyCap:
		e.Kind, e.Retry, e.ResetAt = tracking.ErrDailyCap, tracking.RetryNextDay, nextKoreanDay(resp.At)
	case codeUpstream:
		e.Retry = tracking.RetrySoon
	}
	e.Code = s.clean(code)
	e.Err = s.said(msg)
	return e
}

// envelope is the failure part of every answer of the on-demand API. status is not decoded: it is false in a business
// failure, a number in a framework failure, and absent in a success.
type envelope struct {
	Status json.RawMessage `json:"status"`
	Code   code            `json:"code"`
	Msg    text            `json:"msg"`
}

// judge decides whether an answer of the on-demand API is a success, for HTTP 200 is not: decoded is what reading the
// body gave, own whether the body holds what only a success of this endpoint holds.
func (s *subject) judge(resp *transport.Response, env *envelope, decoded error, own bool) *tracking.Error {
	ok := isSuccess(resp.Status)
	switch {
	case decoded == nil && env.Code.set && (ok || knownCode(env.Code.value)):
		return s.refused(env.Code.value, env.Msg.value, resp)
	case !ok || decoded != nil:
		return s.misfit(resp)
	case string(env.Status) == "false":
		e := s.failure(tracking.ErrUpstream, tracking.RetrySoon, resp)
		e.Err = s.said(env.Msg.value)
		return e
	case !own:
		return s.misfit(resp)
	}
	return nil
}

// readLeniently decodes JSON as far as the types allow. It fails only on what is not JSON.
func readLeniently(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// misfit judges an answer that holds none of what was asked for, by its HTTP status. A web page, an empty or a cut
// body comes from a gateway and says nothing about the request. The transport knows about Retry-After, and repeats
// nonsense once.
func (s *subject) misfit(resp *transport.Response) *tracking.Error {
	status := resp.Status
	switch readable := json.Valid(resp.Body); {
	case status >= 300 && status < 400:
		return s.failure(tracking.ErrProtocol, tracking.RetryNever, resp)
	case status == http.StatusUnauthorized, status == http.StatusForbidden && readable:
		return s.failure(tracking.ErrCredentials, tracking.RetryNever, resp)
	case status == http.StatusTooManyRequests:
		return s.failure(tracking.ErrRateLimited, tracking.RetrySoon, resp)
	case status == http.StatusRequestTimeout, status >= 500, !readable:
		return s.failure(tracking.ErrUpstream, tracking.RetrySoon, resp)
	case isSuccess(status):
		return s.failure(tracking.ErrProtocol, tracking.RetrySoon, resp)
	default:
		return s.failure(tracking.ErrProtocol, tracking.RetryNever, resp)
	}
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }

// said turns the provider's words into a cause, or nothing.
func (s *subject) said(msg string) error {
	msg = s.clean(msg)
	if msg == "" {
		return nil
	}
	return errors.New(msg)
}

// longestMessage is how much of the provider's words an error shows, in characters.
const longestMessage = 200

// clean makes the provider's words fit to be shown; see mask.Remark. The number is one of the secrets.
func (s *subject) clean(msg string) string {
	if msg == "" {
		return ""
	}
	return mask.Remark(msg, s.secrets(), longestMessage)
}

func (s *subject) secrets() []string {
	texts := []string{s.number}
	if s.hidden != nil {
		texts = append(texts, s.hidden()...)
	}
	return texts
}
