package deliveryapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/transport"
)

// The errors of single operations. Each comes inside a *tracking.Error that wraps one of tracking's sentinels as well:
// the request was refused (ErrInvalidRequest) or contradicts what the provider holds (ErrConflict).
var (
	// ErrInvalidItems means that a registration was refused because of some of its parcels; see [InvalidItemsError].
	ErrInvalidItems = errors.New("parcels refused")
	// ErrResourceNotFound means that an endpoint or a subscription is not there. It says nothing about a parcel.
	ErrResourceNotFound = errors.New("no such endpoint or subscription")
	// ErrEndpointLimit means that the account has as many endpoints as it may.
	ErrEndpointLimit = errors.New("endpoint limit reached")
	// ErrEndpointUnreachable means that the address did not answer the provider's test call with 200.
	ErrEndpointUnreachable = errors.New("endpoint did not answer the test call")
)

// FieldError says which extra field of a parcel (see tracking.Query.Extra) is missing or wrong. Get at it with errors.As.
type FieldError struct {
	Index int    // position in Query.Extra; −1 when the provider does not say
	Key   string // the provider's name for the field; may be empty
}

// Error names the field.
func (e *FieldError) Error() string {
	if e.Index < 0 {
		return "an extra field is missing or wrong"
	}
	return fmt.Sprintf("extra field %d (%.40s) is missing or wrong", e.Index, e.Key)
}

// InvalidItemsError lists the parcels that a registration was refused for. It wraps ErrInvalidItems; get at it with errors.As.
type InvalidItemsError struct {
	Items []InvalidItem
}

// InvalidItem is one refused parcel.
type InvalidItem struct {
	Courier tracking.Courier
	Number  string
	Code    string // the provider's reason, such as UNSUPPORTED_COURIER; may be empty
}

// Error counts the parcels and names none.
func (e *InvalidItemsError) Error() string {
	return fmt.Sprintf("%d %v", len(e.Items), ErrInvalidItems)
}

// Unwrap gives ErrInvalidItems.
func (e *InvalidItemsError) Unwrap() error { return ErrInvalidItems }

// meaning is what one of the provider's codes amounts to.
type meaning struct {
	kind   error // of package tracking
	cause  error // of this package; may be nil
	retry  tracking.Retry
	billed tracking.Tri
}

// callMeaning gives the meaning of the envelope's errorCode (all documented).
func callMeaning(code string) (meaning, bool) {
	refused := meaning{kind: tracking.ErrInvalidRequest, billed: tracking.No}
	conflict := meaning{kind: tracking.ErrConflict, billed: tracking.No}
	switch code {
	case "UNAUTHORIZED":
		return meaning{kind: tracking.ErrCredentials, billed: tracking.No}, true
	case "FORBIDDEN":
		return meaning{kind: tracking.ErrForbidden, billed: tracking.No}, true
	case "MISSING_PARAMS", "INVALID_PARAMS", "MISSING_REQUIRED_FIELD", "INVALID_REQUIRED_FIELD":
		return refused, true
	case "INVALID_ITEMS":
		refused.cause = ErrInvalidItems
		return refused, true
	case "NOT_FOUND":
		conflict.cause = ErrResourceNotFound
		return conflict, true
	case "CONFLICT":
		return conflict, true
	case "RATE_LIMITED":
		return meaning{kind: tracking.ErrRateLimited, retry: tracking.RetrySoon, billed: tracking.No}, true
	case "WEBHOOK_ENDPOINT_LIMIT":
		conflict.cause = ErrEndpointLimit
		return conflict, true
	case "WEBHOOK_ENDPOINT_UNREACHABLE":
		refused.cause = ErrEndpointUnreachable
		return refused, true
	case "EMAIL_ALREADY_EXISTS", "COURIER_OTP_REQUIRED", "COURIER_AUTH_FAILED":
		// Of the account service, which this package never calls; COURIER_AUTH_FAILED is about a courier's account, not our key.
		return meaning{kind: tracking.ErrUpstream, billed: tracking.No}, true
	case "NOT_IMPLEMENTED":
		return meaning{kind: tracking.ErrUnsupported, billed: tracking.No}, true
	case "INTERNAL_ERROR":
		return meaning{kind: tracking.ErrUpstream, retry: tracking.RetrySoon}, true
	case "INVALID_TRACKING_NUMBER", "UNSUPPORTED_COURIER", "TRACKING_FAILED", "COURIER_PREPARING":
		return itemMeaning(code), true // an older error shape has these for the whole call
	}
	return meaning{}, false
}

// statusMeaning gives the meaning of a well-formed failure without a code we know, by its HTTP status.
func statusMeaning(status int) meaning {
	switch {
	case status == http.StatusUnauthorized:
		return meaning{kind: tracking.ErrCredentials, billed: tracking.No}
	case status == http.StatusForbidden:
		return meaning{kind: tracking.ErrForbidden, billed: tracking.No}
	case status == http.StatusNotFound:
		return meaning{kind: tracking.ErrConflict, cause: ErrResourceNotFound, billed: tracking.No}
	case status == http.StatusConflict:
		return meaning{kind: tracking.ErrConflict, billed: tracking.No}
	case status == http.StatusTooManyRequests:
		return meaning{kind: tracking.ErrRateLimited, retry: tracking.RetrySoon, billed: tracking.No}
	case status == http.StatusNotImplemented:
		return meaning{kind: tracking.ErrUnsupported, billed: tracking.No}
	case status == http.StatusRequestTimeout, status >= 500, status < 300:
		return meaning{kind: tracking.ErrUpstream, retry: tracking.RetrySoon}
	}
	return meaning{kind: tracking.ErrInvalidRequest, billed: tracking.No}
}

// itemMeaning gives the meaning of one parcel's error code (documented). NOT_FOUND, which speaks of an endpoint or
// a subscription in the envelope, speaks of the parcel here, and is the one failure that is billed.
func itemMeaning(code string) meaning {
	switch code {
	case "NOT_FOUND":
		return meaning{kind: tracking.ErrNotFound, retry: tracking.RetrySlow, billed: tracking.Yes}
	case "TRACKING_FAILED":
		return meaning{kind: tracking.ErrUpstream, retry: tracking.RetrySoon, billed: tracking.No}
	case "COURIER_PREPARING":
		return meaning{kind: tracking.ErrUpstream, retry: tracking.RetrySlow, billed: tracking.No}
	case "INVALID_TRACKING_NUMBER":
		return meaning{kind: tracking.ErrInvalidNumber, billed: tracking.No}
	case "UNSUPPORTED_COURIER":
		return meaning{kind: tracking.ErrUnsupportedCourier, billed: tracking.No}
	case "MISSING_PARAMS", "INVALID_PARAMS", "MISSING_REQUIRED_FIELD", "INVALID_REQUIRED_FIELD":
		return meaning{kind: tracking.ErrInvalidRequest, billed: tracking.No}
	}
	return meaning{kind: tracking.ErrUpstream, retry: tracking.RetrySoon}
}

// longestText is how much of a provider's text an error shows, in characters.
const longestText = 200

// safeText brings a provider's text into a form that an error may show. number, which may be empty, is the parcel's own.
func safeText(text, number string, secrets []string) string {
	if number != "" {
		text = strings.ReplaceAll(text, number, "…"+tracking.Last4(number))
	}
	return mask.Remark(text, secrets, longestText)
}

// longestCode is how long a code of the provider may be; the known ones have at most 28 letters.
const longestCode = 60

// codeOf brings a provider's code into capitals. A text that is no code, or that holds what an error must not show, gives none.
func codeOf(text string, secrets []string) string {
	text = mask.Code(strings.TrimSpace(text), secrets, longestCode)
	if strings.ContainsFunc(text, notInCode) {
		return ""
	}
	return strings.ToUpper(text)
}

func notInCode(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
}

// retryAfter reads the header Retry-After. A date is measured against the answer's own clock where it tells it, so that
// ours may be wrong.
func retryAfter(resp *transport.Response) (time.Duration, bool) {
	now := resp.At
	if sent, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = sent
	}
	return transport.RetryAfter(resp.Header, now)
}
