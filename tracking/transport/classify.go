package transport

import (
	"errors"
	"net/http"

	"github.com/waybill-dev/waybill/tracking"
)

// Classify judges an answer by its HTTP status, for providers that say no more and for bodies that an adapter does not
// recognise. It returns nil for a 2xx with a body that is not a web page, and for 204 and 205. The first row that fits holds:
//
//	3xx                    ErrProtocol         never: redirects are not followed, the address is wrong
//	401                    ErrCredentials      never
//	429                    ErrRateLimited      soon
//	HTML or an empty body  ErrUpstream         soon: a gateway spoke, not the provider
//	408, 425, 5xx          ErrUpstream         soon
//	402                    ErrQuotaExhausted   when a person has acted
//	403                    ErrForbidden        never
//	409                    ErrConflict         never; after the time that a Retry-After header names
//	other 4xx              ErrInvalidRequest   never
//	anything else          ErrProtocol         never
//
// A 404 is not ErrNotFound: that a page does not exist says nothing about a parcel. ErrUpstream is perhaps billed, the
// others are not. Wait is left to the transport, which reads Retry-After itself.
func Classify(resp *Response) *tracking.Error {
	retry, kind := classify(resp)
	if kind == nil {
		return nil
	}
	e := &tracking.Error{Kind: kind, HTTPStatus: resp.Status, Retry: retry, Billed: tracking.No}
	upstream := errors.Is(kind, tracking.ErrUpstream)
	if upstream {
		e.Billed = tracking.Maybe
	}
	switch {
	case resp.Status >= 300 && resp.Status <= 399:
		e.Err = errors.New("redirects are not followed")
	case upstream && resp.HTML():
		e.Err = errors.New("a web page instead of an answer")
	case upstream && len(resp.Body) == 0:
		e.Err = errors.New("an empty answer")
	}
	return e
}

func classify(resp *Response) (tracking.Retry, error) {
	status := resp.Status
	switch {
	case status == http.StatusNoContent, status == http.StatusResetContent:
		return tracking.RetryNever, nil
	case status >= 300 && status <= 399:
		return tracking.RetryNever, tracking.ErrProtocol
	case status == http.StatusUnauthorized:
		return tracking.RetryNever, tracking.ErrCredentials
	case status == http.StatusTooManyRequests:
		return tracking.RetrySoon, tracking.ErrRateLimited
	case len(resp.Body) == 0, resp.HTML():
		return tracking.RetrySoon, tracking.ErrUpstream
	case resp.success():
		return tracking.RetryNever, nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500 && status <= 599:
		return tracking.RetrySoon, tracking.ErrUpstream
	case status >= 400 && status <= 499:
		return classifyRefusal(resp)
	}
	return tracking.RetryNever, tracking.ErrProtocol
}

func classifyRefusal(resp *Response) (tracking.Retry, error) {
	switch resp.Status {
	case http.StatusPaymentRequired:
		return tracking.RetryQuota, tracking.ErrQuotaExhausted
	case http.StatusForbidden:
		return tracking.RetryNever, tracking.ErrForbidden
	case http.StatusConflict:
		if _, hint := RetryAfter(resp.Header, resp.At); hint {
			return tracking.RetryAfter, tracking.ErrConflict
		}
		return tracking.RetryNever, tracking.ErrConflict
	}
	return tracking.RetryNever, tracking.ErrInvalidRequest
}
