package tracking

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"
)

// A Carrier answers questions about parcels for one account at one provider. It is the one thing a host
// implements to add a source of its own; package trackingtest holds the suite that every carrier passes.
//
// A carrier is safe for concurrent use and stops when the context does. It does not sleep, log, or keep a clock of
// its own, and it does not decide about orders. What it needs over HTTP goes through package transport, which
// limits, repeats, times and counts; a carrier without HTTP makes one attempt, and is paced with [Paced].
// It may have any of the optional abilities below; callers find them with [Ability].
type Carrier interface {
	// Name is short, lower case, constant, and unique among the carriers of one client.
	Name() string

	// Query asks about every parcel of qs, at most Limits().Batch of them (1 for a carrier that does not say).
	//
	// On success there is one Result per query, in the order of qs, with Query and Carrier filled in; a parcel that
	// could not be answered carries its own error there, an *Error with one of the sentinels. An error beside a
	// nil slice means that nothing is known about any of them; it is an *Error, or wraps one. A carrier never gives both.
	//
	// A word of the courier that has no mapping becomes StatusUnknown with its text kept; it is never an error.
	// "No data" is ErrNotFound, never a status. Parcels are returned settled (see [Parcel.Settle]), with times that
	// carry a zone, free of names and phone numbers. qs is not changed and not kept.
	Query(ctx context.Context, qs []Query) ([]Result, error)
}

// Limits says how much a carrier takes. Zero fields mean the stated default. It never changes once the carrier is made.
type Limits struct {
	Batch       int  // queries per call; 0 means 1
	Concurrency int  // calls at a time that make sense; 0 means the client's default
	OneCourier  bool // a call must not mix couriers
}

// The optional abilities. Each is found with [Ability].
type (
	// Limited carriers take more than one query per call, or want to say how many calls at a time.
	Limited interface{ Limits() Limits }

	// Selective carriers know offline which couriers they serve. Others are taken to serve all.
	Selective interface{ Serves(c Courier) bool }

	// Lister lists the couriers that the provider serves now. The sequence yields an error once, last.
	Lister interface {
		Couriers(ctx context.Context) iter.Seq2[CourierInfo, error]
	}

	// Detector guesses whose number it is, best guess first. No guess is an empty list, not an error.
	Detector interface {
		Detect(ctx context.Context, number string) ([]Courier, error)
	}

	// QuotaReporter asks the provider what is left of the plan.
	QuotaReporter interface {
		Quota(ctx context.Context) (Quota, error)
	}

	// Linker builds the address of a page for people. It makes no call.
	Linker interface {
		Link(q Query) (string, error)
	}

	// Subscriber asks the provider to push what happens to parcels. One Registration per subscription, in order,
	// each with its own error, as with Query.
	Subscriber interface {
		Subscribe(ctx context.Context, subs []Subscription) ([]Registration, error)
	}

	// Canceller ends what a Subscriber began, by handle. A handle that is gone already is no error.
	Canceller interface {
		Cancel(ctx context.Context, handle string) error
	}

	// Validator checks a carrier's configuration without a call. [NewClient] reports the faults of all carriers together.
	Validator interface{ Validate() error }

	// Counter counts what really went over the wire: HTTP requests, repeats and token calls included.
	Counter interface{ Requests() int64 }

	// Wrapper is a carrier around another one; [Ability] looks through it.
	Wrapper interface{ Unwrap() Carrier }
)

// Ability finds an optional ability of a carrier, or of the carrier that it wraps.
func Ability[T any](c Carrier) (T, bool) {
	for c != nil {
		if ability, ok := c.(T); ok {
			return ability, true
		}
		wrapper, ok := c.(Wrapper)
		if !ok {
			break
		}
		c = wrapper.Unwrap()
	}
	var none T
	return none, false
}

// CourierInfo is one courier as a provider lists it.
type CourierInfo struct {
	Courier       Courier  // our code, or "provider:code" where the directory has none
	Code          string   // the provider's code
	Name          string   // the provider's name, usually Korean
	Phone         string   // the courier's service line; may be empty
	International bool     // known to be an international courier
	Extra         []string // names of the extra fields the courier wants (Query.Extra), by position
}

// Quota is what a provider says is left of a plan.
type Quota struct {
	Plan      string    // the provider's name for it; may be empty
	Limit     int64     // units of the period; 0 when not known
	Used      int64     // units used
	Remaining int64     // units left
	From      time.Time // begin of the period; zero when unknown
	ResetAt   time.Time // end of the period; zero when unknown
}

// Subscription asks to be told about one parcel.
type Subscription struct {
	Courier  Courier
	Number   string
	Ref      string        // the host's reference (SweetTracker: fid, at most 30 characters; deliveryapi: clientId)
	Callback string        `json:"-"` // the https address that the provider calls, which holds a secret; deliveryapi takes the id of an endpoint instead
	Once     bool          // one answer instead of a series, where the provider can
	Lifetime time.Duration // how long, where the provider lets us choose; 0 means its recommended time
}

// String names the parcel as [Query.String] does, and never the callback, which holds a secret.
func (s Subscription) String() string { return Query{Courier: s.Courier, Number: s.Number}.String() }

// Format writes String for every verb: %d too must not get at the callback.
func (s Subscription) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString is String.
func (s Subscription) GoString() string { return s.String() }

// Registration is the answer to one Subscription. Err is set when it was refused.
type Registration struct {
	Subscription Subscription
	Carrier      string
	Handle       string    // what Cancel takes; empty where the provider has no such thing
	Existing     bool      // it was registered before
	ExpiresAt    time.Time // zero when it lasts until the parcel ends, or nobody says
	Billed       Tri
	Err          error
}
