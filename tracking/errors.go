package tracking

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The sentinels. Every error of a carrier or of the client wraps exactly one of them inside an [*Error], unless the
// caller's own context ended: then it wraps the context's error and no sentinel.
var (
	// ErrNotFound means that there is nothing to show now: unknown, not yet scanned, or aged out; providers cannot
	// tell which. It is not a failure and never means "cancelled".
	ErrNotFound = errors.New("no data for this number")
	// ErrInvalidNumber means that the number cannot be one of this courier's.
	ErrInvalidNumber = errors.New("invalid waybill number")
	// ErrUnsupportedCourier means that the carrier does not know or serve this courier.
	ErrUnsupportedCourier = errors.New("courier not supported")
	// ErrDailyCap means that this number was asked for too often today; it may be asked again on the next Korean day.
	ErrDailyCap = errors.New("daily cap of this number reached")
	// ErrRateLimited means "slow down": the whole credential waits.
	ErrRateLimited = errors.New("rate limited")
	// ErrQuotaExhausted means that the plan is used up.
	ErrQuotaExhausted = errors.New("quota exhausted")
	// ErrCredentials means that the key is missing, wrong or expired.
	ErrCredentials = errors.New("credentials refused")
	// ErrForbidden means that the account may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrUpstream means trouble at the provider or the courier: time-outs, 5xx, gateway pages.
	ErrUpstream = errors.New("provider or courier unavailable")
	// ErrProtocol means that the answer makes no sense.
	ErrProtocol = errors.New("unintelligible answer")
	// ErrInvalidRequest means a mistake of ours or of the host: the request itself was refused.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrConflict means that what was asked contradicts the provider's state.
	ErrConflict = errors.New("conflict")
	// ErrUnsupported means that the carrier lacks the ability.
	ErrUnsupported = errors.New("not supported by this carrier")
)

var kinds = []struct {
	err  error
	name string
}{
	{ErrNotFound, "not_found"}, {ErrInvalidNumber, "invalid_number"}, {ErrUnsupportedCourier, "unsupported_courier"},
	{ErrDailyCap, "daily_cap"}, {ErrRateLimited, "rate_limited"}, {ErrQuotaExhausted, "quota_exhausted"},
	{ErrCredentials, "credentials"}, {ErrForbidden, "forbidden"}, {ErrUpstream, "upstream"}, {ErrProtocol, "protocol"},
	{ErrInvalidRequest, "invalid_request"}, {ErrConflict, "conflict"}, {ErrUnsupported, "unsupported"},
}

// KindName gives the sentinel that err wraps, in snake case, for JSON and metrics: not_found, rate_limited …
// An error without a sentinel is "other", nil is the empty string.
func KindName(err error) string {
	if err == nil {
		return ""
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.err) {
			return kind.name
		}
	}
	return "other"
}

// Error is what every operation of a carrier or of the client returns, as an error: get at it with errors.As.
// Its text is one line and holds no secret, no URL, no person's name and at most the last four digits of a number.
type Error struct {
	Carrier string // who was asked; empty when nobody was
	Op      string // query, couriers, quota, subscribe …
	Kind    error  // one of the sentinels; nil when the caller's context ended

	Courier    Courier
	Last4      string // of the number, see [Last4]
	Code       string // the provider's own code
	HTTPStatus int    // 0 when there was no answer

	Billed Tri
	Masked bool // the server hides the cause: no data or courier trouble, cannot tell

	Retry   Retry
	Wait    time.Duration // with RetryAfter: how long, counted from the answer
	ResetAt time.Time     // with RetryQuota or RetryNextDay: when it ends; zero when unknown

	Err error // the cause, stripped of URLs and secrets; may be nil
}

// Error gives one line: carrier, operation, parcel, kind, code, cause.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Carrier, e.Op} {
		if part != "" {
			b.WriteString(part)
			b.WriteByte(' ')
		}
	}
	if e.Courier != "" {
		fmt.Fprintf(&b, "%s …%s ", e.Courier.shown(), e.Last4)
	}
	text := strings.TrimRight(b.String(), " ")
	b.Reset()
	b.WriteString(text)
	if e.Kind != nil {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Kind.Error())
	}
	if e.Masked {
		b.WriteString(" (the server hides the cause)")
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " [%.60s]", e.Code)
	} else if e.HTTPStatus != 0 {
		fmt.Fprintf(&b, " [HTTP %d]", e.HTTPStatus)
	}
	if e.Retry == RetryAfter && e.Wait > 0 {
		fmt.Fprintf(&b, ", again in %s", e.Wait.Round(time.Second))
	}
	if !e.ResetAt.IsZero() {
		fmt.Fprintf(&b, ", again at %s", e.ResetAt.Format(time.RFC3339))
	}
	if e.Err != nil {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the sentinel and the cause, those that there are.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 2)
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Retry says whether and when an operation may be tried again. Package transport acts on it within one call; an error that
// reaches the host tells when the host may ask again. The zero value is RetryNever.
type Retry uint8

// The retry classes.
const (
	RetryNever   Retry = iota // a person or code must change something first
	RetrySoon                 // within seconds, growing, with jitter
	RetryAfter                // not before Wait has passed
	RetrySlow                 // as often as a parcel without news is asked about, or less
	RetryQuota                // at ResetAt, or when a person has acted
	RetryNextDay              // on the next Korean day
)

var retryNames = [...]string{"never", "soon", "after", "slow", "quota", "next-day"}

// String gives never, soon, after, slow, quota or next-day.
func (r Retry) String() string {
	if int(r) < len(retryNames) {
		return retryNames[r]
	}
	return fmt.Sprintf("Retry(%d)", uint8(r))
}

// RetryOf gives the retry class of err: that of the outermost *Error in it, else RetryNever.
func RetryOf(err error) Retry {
	var e *Error
	if errors.As(err, &e) {
		return e.Retry
	}
	return RetryNever
}
