package trackerdelivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// rule is a row of the error table. Where several faults concern one parcel, the smallest rule wins.
type rule uint8

const (
	noRule          rule = iota
	ruleCredentials      // UNAUTHENTICATED, or HTTP 401
	ruleThrottled        // FORBIDDEN or HTTP 403 that speaks of a rate limit (reported: one code for both), or HTTP 429
	ruleForbidden        // FORBIDDEN or HTTP 403 otherwise
	ruleCourier          // NOT_FOUND "Carrier not found"
	ruleNoData           // NOT_FOUND otherwise, often with an empty message
	ruleNumber           // BAD_REQUEST at the path of one parcel
	ruleRequest          // BAD_REQUEST elsewhere, and every other HTTP 4xx: our mistake, INTERNAL or not (observed)
	ruleMasked           // self-hosted INTERNAL at the path of one parcel: may hide any of the three before (observed)
	ruleTrouble          // INTERNAL, an unknown code or none
	ruleUnanswered       // no data and no error: makes no sense
)

var outcomes = [...]struct {
	kind  error
	retry tracking.Retry
}{
	ruleCredentials: {tracking.ErrCredentials, tracking.RetryNever},
	ruleThrottled:   {tracking.ErrRateLimited, tracking.RetryAfter},
	ruleForbidden:   {tracking.ErrForbidden, tracking.RetryNever},
	ruleCourier:     {tracking.ErrUnsupportedCourier, tracking.RetryNever},
	ruleNoData:      {tracking.ErrNotFound, tracking.RetrySlow},
	ruleNumber:      {tracking.ErrInvalidNumber, tracking.RetryNever},
	ruleRequest:     {tracking.ErrInvalidRequest, tracking.RetryNever},
	ruleMasked:      {tracking.ErrUpstream, tracking.RetrySlow},
	ruleTrouble:     {tracking.ErrUpstream, tracking.RetrySlow},
	ruleUnanswered:  {tracking.ErrProtocol, tracking.RetryNever},
}

// aboutParcel reports whether a rule speaks of a parcel even where no path says of which: then of all without data.
func (r rule) aboutParcel() bool { return r == ruleCourier || r == ruleNoData || r == ruleNumber }

// rule finds the row for a fault. onParcel: its path is exactly one parcel of ours.
func (f *fault) rule(status int, mode Mode, onParcel bool) rule {
	code := f.Extensions.Code
	switch refused := code == "FORBIDDEN" || status == http.StatusForbidden; {
	case code == "UNAUTHENTICATED", status == http.StatusUnauthorized:
		return ruleCredentials
	case status == http.StatusTooManyRequests, refused && speaksOfRate(f.Message):
		return ruleThrottled
	case refused:
		return ruleForbidden
	case code == "NOT_FOUND" && f.Message == "Carrier not found":
		return ruleCourier
	case code == "NOT_FOUND":
		return ruleNoData
	case code == "BAD_REQUEST" && onParcel:
		return ruleNumber
	case code == "BAD_REQUEST", status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return ruleRequest
	case code == "INTERNAL" && status == http.StatusOK && mode == ModeSelfHosted && onParcel:
		return ruleMasked
	default:
		return ruleTrouble
	}
}

func speaksOfRate(message string) bool {
	return strings.Contains(strings.ToLower(message), "rate limit")
}

// worst finds the fault that decides among those that keep lets through; nil when there is none. own says whether a
// name is one of the aliases that were asked for.
func (a *answer[T]) worst(mode Mode, own, keep func(alias string) bool) (*fault, rule) {
	var found *fault
	least := noRule
	for i := range a.Errors {
		f := &a.Errors[i]
		alias := f.alias()
		if !keep(alias) {
			continue
		}
		if r := f.rule(a.status, mode, len(f.Path) == 1 && own(alias)); found == nil || r < least {
			found, least = f, r
		}
	}
	return found, least
}

// failure makes the error of a fault by its rule; hidden must not show in it.
func (a *answer[T]) failure(f *fault, r rule, hidden []string) *tracking.Error {
	e := &tracking.Error{Kind: outcomes[r].kind, Retry: outcomes[r].retry, HTTPStatus: a.status, Masked: r == ruleMasked}
	if f != nil {
		e.Code = short(f.Extensions.Code, hidden)
		e.Err = saying(f.Message, hidden)
	} else {
		e.Err = errors.New("the answer has neither data nor an error for this parcel")
	}
	switch {
	case r == ruleThrottled:
		e.Wait = max(a.wait, leastWait)
	case r == ruleTrouble && a.status >= 500:
		e.Retry = tracking.RetrySoon
	}
	return e
}

// judge gives the error that concerns the whole call, nil when parcels have to be looked at one by one.
func (a *answer[T]) judge(mode Mode, own func(alias string) bool, hidden func() []string) *tracking.Error {
	f, r := a.worst(mode, own, anybody)
	switch {
	case f == nil, r.aboutParcel():
		return nil
	case r == ruleTrouble && a.status >= 500: // the server's, and worth another try at once
	case (r == ruleTrouble || r == ruleMasked) && own(f.alias()):
		return nil
	}
	return a.failure(f, r, hidden())
}

// refusal gives the error of a call that is about no parcels, or one only and not by name.
func (a *answer[T]) refusal(mode Mode, hidden ...string) *tracking.Error {
	f, r := a.worst(mode, nobody, anybody)
	if f == nil {
		return nil
	}
	return a.failure(f, r, hidden)
}

func anybody(string) bool { return true }

func nobody(string) bool { return false }

// gateway judges an answer that is not GraphQL: by its status, and never as a fact about a parcel.
func gateway(resp *transport.Response) *tracking.Error {
	switch status := resp.Status; {
	case status == http.StatusUnauthorized:
		return &tracking.Error{Kind: tracking.ErrCredentials}
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && speaksOfRate(string(resp.Body)):
		return throttle()
	case status >= 400 && cutOrPage(resp): // a gateway's page says nothing of our request, whatever its status
		return &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Err: errors.New("a gateway's answer")}
	case status == http.StatusForbidden:
		return &tracking.Error{Kind: tracking.ErrForbidden}
	case status == http.StatusRequestTimeout, status >= 500, status >= 200 && status <= 299:
		return &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon, Err: errors.New("the answer is not JSON")}
	default:
		return &tracking.Error{Kind: tracking.ErrProtocol, Err: fmt.Errorf("HTTP %d without a GraphQL answer: wrong address?", status)}
	}
}

// cutOrPage reports an answer that is a page for people, empty, or broken off.
func cutOrPage(resp *transport.Response) bool {
	return len(resp.Body) == 0 || resp.HTML() || resp.Truncated || isJSON(resp) && !json.Valid(resp.Body)
}

// leastWait is how long a credential rests when it was told to slow down: our decision. The transport reads Retry-After and
// makes it longer.
const leastWait = time.Second

// throttle is the answer to one call too many a second.
func throttle() *tracking.Error {
	return &tracking.Error{Kind: tracking.ErrRateLimited, Retry: tracking.RetryAfter, Wait: leastWait}
}

// maxRemark and maxCode bound what is kept of a provider's own words.
const (
	maxRemark = 200 // characters
	maxCode   = 60  // bytes
)

// saying makes the cause of an error of a server's message, fit to be shown; nil of an empty one.
func saying(message string, hidden []string) error {
	text := mask.Remark(message, telling(hidden), maxRemark)
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// short keeps a code that looks like one and shows nothing.
func short(code string, hidden []string) string { return mask.Code(code, telling(hidden), maxCode) }

// telling leaves out texts of fewer than 6 characters: they identify nobody, and would spoil a message.
func telling(hidden []string) []string {
	return slices.DeleteFunc(slices.Clone(hidden), func(text string) bool { return len(text) < 6 })
}
