package tracking

import (
	"fmt"
	"io"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
)

// Courier is the company with the vans (택배사), by the code of our directory: the untyped constants of
// package carriers/courier, such as courier.CJ. A host's own carrier may serve codes of its own.
//
// "provider:code", such as "trackerdelivery:kr.new", passes a provider's own code through unchanged for
// couriers that the directory does not know yet.
type Courier string

// Query asks about one parcel. Courier and Number are required.
type Query struct {
	Courier Courier
	Number  string // waybill number (운송장번호); for couriers we know, dashes, spaces and full-width forms are normalised

	Ref string // the host's own reference, echoed in the Result and sent to providers that echo it; nothing personal, please

	// Since is when this shipment began (label printed or shipped out, the earlier known). Couriers use numbers
	// again: what happened more than 7 days before Since belongs to another parcel and decides nothing.
	Since time.Time

	// Extra holds what some couriers want besides the number, by position (SF Express at deliveryapi: the last
	// four digits of the recipient's phone). Never logged.
	Extra []string `json:"-"`

	Fresh       bool // pass by the provider's cache, where it has one
	FullHistory bool // follow every page of the history, where the provider pages it
	Recall      bool // this waybill fetches goods back (회수): 반품 and 회수 are ordinary movement
}

// String names the parcel with all but the last four digits hidden, so that a logged query points at nobody.
func (q Query) String() string { return fmt.Sprintf("%s …%s", q.Courier.shown(), Last4(q.Number)) }

// Format writes String for every verb: %d too must not get at what is never logged.
func (q Query) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, q.String()) }

// GoString is String: %#v shows no more than %v.
func (q Query) GoString() string { return q.String() }

// Last4 gives the last four characters of a number of ten or more, and nothing of a shorter one: what errors and logs may
// show of a waybill number. It gives nothing either of a text that is no number, with anything but Latin letters, digits,
// dashes and spaces in it: that could be a person, put into the wrong column.
func Last4(number string) string {
	if len(number) < 10 || len(number) > longestShown {
		return ""
	}
	for i := range len(number) {
		switch c := number[i]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '-', c == ' ':
		default:
			return ""
		}
	}
	return number[len(number)-4:]
}

// longestShown is how long a number may be for its end to be shown, in bytes; no real one is nearly so long.
const longestShown = 100

// shown is the courier as one short line, for a host's own column may hold anything.
func (c Courier) shown() string {
	const characters = 40
	text := string(c[:min(len(c), 4*characters)])
	return mask.Line(mask.Text(text, ""), characters)
}

// Result answers one Query. Either Parcel or Err is set, never both.
type Result struct {
	Query   Query  // as it was asked
	Carrier string // who answered; empty when nobody was asked
	Parcel  *Parcel
	Err     error // wraps one of the sentinels, inside an *Error
	Billed  Tri   // whether the provider charges for this answer
}

// Tri is yes, no, or not known. The zero value is Maybe.
type Tri uint8

// The three answers.
const (
	Maybe Tri = iota
	No
	Yes
)

var triNames = [...]string{"unknown", "no", "yes"}

// String gives unknown, no or yes.
func (t Tri) String() string {
	if int(t) < len(triNames) {
		return triNames[t]
	}
	return fmt.Sprintf("Tri(%d)", uint8(t))
}

// MarshalText writes unknown, no or yes.
func (t Tri) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// TriOf turns a plain answer into a Tri.
func TriOf(yes bool) Tri {
	if yes {
		return Yes
	}
	return No
}
