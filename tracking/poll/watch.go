package poll

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// ShipmentID names one use of a waybill number. A number that a courier uses again for a new order is another generation.
type ShipmentID struct {
	Courier    tracking.Courier
	Number     string // in its normal form; a store takes it as it is
	Generation int    // 1 for the first use; 0 counts as 1 in [Engine.Open]
}

// String names the shipment with all but the last four digits hidden.
func (id ShipmentID) String() string {
	return fmt.Sprintf("%v/%d", tracking.Query{Courier: id.Courier, Number: id.Number}, id.Generation)
}

// Format writes String for every verb: %d too must not get at the number.
func (id ShipmentID) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, id.String()) }

// GoString is String.
func (id ShipmentID) GoString() string { return id.String() }

// Role is what a carrier is asked for.
type Role string

// The roles.
const (
	Primary Role = "primary" // asked until the watch ends
	Confirm Role = "confirm" // a second opinion, asked until it has answered once
)

// WatchID names a watch: one carrier that is asked about one shipment, in one role.
type WatchID struct {
	Shipment ShipmentID
	Carrier  string
	Role     Role
}

// String names the watch with all but the last four digits hidden.
func (id WatchID) String() string {
	return fmt.Sprintf("%v at %s (%s)", id.Shipment, id.Carrier, id.Role)
}

// Format writes String for every verb.
func (id WatchID) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, id.String()) }

// GoString is String.
func (id WatchID) GoString() string { return id.String() }

// Compare orders watches by courier, number, generation, carrier and role, which is the order of lists.
func (id WatchID) Compare(other WatchID) int {
	a, b := id.Shipment, other.Shipment
	return cmp.Or(
		strings.Compare(string(a.Courier), string(b.Courier)), strings.Compare(a.Number, b.Number), cmp.Compare(a.Generation, b.Generation),
		strings.Compare(id.Carrier, other.Carrier), strings.Compare(string(id.Role), string(other.Role)),
	)
}

// Life is where a watch stands. It says nothing of the parcel: a closed watch keeps the last status.
type Life string

// The lives.
const (
	Active Life = "active" // asked when due
	Paused Life = "paused" // waits for a person
	Closed Life = "closed" // asked no more, until a push or a person opens it again
)

// Reason says why a watch is paused or closed. It is empty while it is active.
type Reason string

// The reasons. Paused watches have invalid, credentials or host.
const (
	ReasonDelivered   Reason = "delivered"
	ReasonReturned    Reason = "returned"
	ReasonCancelled   Reason = "cancelled"
	ReasonLost        Reason = "lost"
	ReasonNotFound    Reason = "not-found"   // the carrier never had data
	ReasonSilence     Reason = "silence"     // nothing new for too long
	ReasonNotWorth    Reason = "not-worth"   // what may come is not worth an ask, see [Stopping]
	ReasonAge         Reason = "age"         // watched for too long
	ReasonInvalid     Reason = "invalid"     // cannot be asked for like this: a wrong number or courier
	ReasonCredentials Reason = "credentials" // the account may not ask for this one
	ReasonMoved       Reason = "moved"       // another carrier is asked instead, see [Fallback]
	ReasonHost        Reason = "host"        // the host said so; also how a second opinion ends once it is given
)

// A Watch is the decision to keep asking one carrier about one shipment. It is a value: stores hand out copies.
type Watch struct {
	ID WatchID

	// What the query and the derivation need besides; see [tracking.Query] and [tracking.Context].
	Ref    string
	Since  time.Time
	Extra  []string `json:"-"` // never logged
	Recall bool

	Life   Life
	Reason Reason

	Began   time.Time // when somebody began to look; opening again does not move it, for evidence is judged by it
	Opened  time.Time // when the watch began, or was opened again
	Due     time.Time // when it is to be asked next; means nothing unless Active
	Why     Why       // why then
	Early   time.Time // from when it may be asked beside others; zero means never. See [Plan]
	Asked   time.Time // when the carrier answered last, with or without data; zero before
	Changed time.Time // when an answer or a push last brought a new scan or summary; zero before
	Settled time.Time // since when the parcel has stood at the same end; zero while it moves
	// SettledAs is the reason with which the watch ends if the parcel stays there.
	SettledAs Reason
	Checks    int // answers since Settled that bore it out

	Asks        int    // claims for asking, in all
	Today       int    // of them, on Day
	Day         string // a Korean day, 2006-01-02
	NotFound    int    // answers without data, in a row
	Failures    int    // failures in a row; "no data" is none
	LastFailure string // [tracking.KindName] of the last one, kept until an answer comes

	// Known says that some carrier had data on the shipment, and Parcel what all evidence amounts to. Both belong to
	// the shipment, and are filled in by the store from its evidence.
	Known  bool
	Parcel tracking.State

	Fence int64 // rises with every claim
}

// String names the watch and its life, with all but the last four digits hidden.
func (w Watch) String() string { return fmt.Sprintf("%v %s %s", w.ID, w.Life, w.Reason) }

// Format writes String for every verb: Ref and Extra are nobody's business.
func (w Watch) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, w.String()) }

// GoString is String.
func (w Watch) GoString() string { return w.String() }

// Query is what the carrier is asked.
func (w Watch) Query() tracking.Query {
	return tracking.Query{
		Courier: w.ID.Shipment.Courier, Number: w.ID.Shipment.Number,
		Ref: w.Ref, Since: w.Since, Extra: w.Extra, Recall: w.Recall,
	}
}

// Context is what evidence is judged by.
func (w Watch) Context() tracking.Context {
	return tracking.Context{Since: w.Since, Watched: w.Began, Recall: w.Recall}
}

// Claimed is the watch as a store keeps it once it is claimed at now: a higher fence, and the ask counted against its
// Korean day already, so that a process that dies over it cannot ask too often. Where the clock has been set back over a
// midnight, the ask counts for the day that had begun.
func (w Watch) Claimed(now time.Time) Watch {
	w.Fence++
	w.Asks++
	if !w.asksOn(now) && !w.ahead(now) {
		w.Day, w.Today = koreanDay(now), 0
	}
	w.Today++
	return w
}

// Untouched is the watch once its claim is given back without asking.
func (w Watch) Untouched() Watch {
	w.Asks = max(w.Asks-1, 0)
	w.Today = max(w.Today-1, 0)
	return w
}

// kst is Korean time, which has no summer time.
var kst = time.FixedZone("KST", 9*60*60)

func koreanDay(t time.Time) string { return t.In(kst).Format(time.DateOnly) }

// asksOn reports whether Today counts the asks of the Korean day of t.
func (w Watch) asksOn(t time.Time) bool { return compareDay(w.Day, t) == 0 }

// ahead reports whether Day is the day after that of t: then the clock has been set back, and nobody knows any more how often was
// asked on the day that is again.
func (w Watch) ahead(t time.Time) bool {
	return compareDay(w.Day, t) > 0 && compareDay(w.Day, nextKoreanDay(t)) == 0
}

// compareDay compares a day with the Korean day of t, as often as anything is decided: without an allocation, and without a layout.
func compareDay(day string, t time.Time) int {
	year, month, date := t.In(kst).Date()
	own := [...]byte{digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-',
		digit(int(month) / 10), digit(int(month)), '-', digit(date / 10), digit(date)}
	switch {
	case day > string(own[:]):
		return +1
	case day < string(own[:]):
		return -1
	}
	return 0
}

func digit(of int) byte { return '0' + byte(of%10) }

// full reports whether a number may not be asked about any more on the Korean day of t, of so many times.
func (w Watch) full(most int, t time.Time) bool {
	return most > 0 && (w.ahead(t) || w.Today >= most && w.asksOn(t))
}

// nextKoreanDay is the next midnight in Korea.
func nextKoreanDay(t time.Time) time.Time {
	year, month, day := t.In(kst).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, kst)
}

// nextKoreanMonth is the first midnight of the next month in Korea.
func nextKoreanMonth(t time.Time) time.Time {
	year, month, _ := t.In(kst).Date()
	return time.Date(year, month+1, 1, 0, 0, 0, 0, kst)
}
