package sandbox

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Parcel is one use of a waybill number: a script of what happens to it and of what its courier publishes when.
// Adding two parcels of one courier and number makes a number that is used again; the later Add is the later generation.
type Parcel struct {
	Courier tracking.Courier // code of package courier; required
	Number  string           // in the courier's normal form; required

	// Label is when the number becomes known to the courier without a scan. Zero: it is known from its first
	// published scan on. Before that, and after Gone, every provider answers that there is no data.
	Label time.Time
	// Gone is when the courier forgets the number. Zero: never.
	Gone time.Time

	Scans []Scan // what happens; any order
	// AsScripted shows the scans in the order of Scans. Otherwise they are shown in the order they happened.
	AsScripted bool
	// OldestFirst is the order of progresses at deliveryapi, where both are reported. The others are oldest first always.
	OldestFirst bool

	Faults []Fault // what goes wrong when somebody asks for this number

	Sender, Recipient Person // what the label says. Zero: invented persons, the same for every parcel
	Item              string // goods. Empty: an invented one
	ExtraFields       int    // how many extra fields deliveryapi wants for it; missing ones are MISSING_REQUIRED_FIELD
}

// Person is a sender or recipient. Providers show it masked or in clear; the SDK must drop it.
type Person struct{ Name, Phone, Address string }

// Scan is one step of a parcel: what it means, and the courier's words for it.
type Scan struct {
	At        time.Time // when it happened
	Published time.Time // from when providers show it; zero means at once
	Withdrawn time.Time // from when the courier no longer shows it; zero means never

	Undated bool // shown without a readable time
	DayOnly bool // shown with its day alone, where the courier's form allows ("--:--", or 23:59:59 at tracker.delivery)

	// Status and Sub are what the scan truly means; they go into the truth, not onto the wire as they are.
	Status tracking.Status
	Sub    tracking.Sub
	Stray  bool // belongs to no use of the number: shown, not true of this shipment
	// CallsOff ends a return that was begun (반품취소): the shipment is on its way again.
	CallsOff bool

	Code  string // the courier's own code, such as "82"; no provider shows it
	Text  string // its status words, such as 배송출발
	Place string // branch or hub
	Note  string // its longer description, which may hold the driver's name and number, and the window

	Window      string // the driver's time window as the courier writes it, such as 16~18시
	Driver      string // the driver's name
	Phone       string // the driver's mobile
	BranchPhone string

	As Codes // what providers make of it, where that differs from Status
}

// Codes overrides the provider's code of a scan: wrong, unmapped or new ones. Zero fields follow from the scan's Status.
type Codes struct {
	DeliveryAPI     string // one of the twelve, or anything
	SweetTracker    int    // level 1 to 6, or anything but 0
	TrackerDelivery string // one of the nine, or anything
}

// View is what the providers can show of a number now.
type View struct {
	// Parcel is the newest use of the number that is known now. Its Scans are those of all uses, published by now, in
	// the order shown.
	Parcel Parcel
	// Status and Sub are what a source sums up: the state of the newest use that has scans. It can belong to an earlier
	// parcel, for a source does not know that a number is used again until it is scanned.
	Status tracking.Status
	Sub    tracking.Sub
	At     time.Time // the world's time of the view
}

// Last gives the newest scan that is shown; false when there is none.
func (v View) Last() (Scan, bool) {
	if len(v.Parcel.Scans) == 0 {
		return Scan{}, false
	}
	return slices.MaxFunc(v.Parcel.Scans, func(a, b Scan) int { return a.At.Compare(b.At) }), true
}

// shown reports whether providers show the scan at now.
func (s Scan) shown(now time.Time) bool {
	return !now.Before(s.published()) && (s.Withdrawn.IsZero() || now.Before(s.Withdrawn))
}

func (s Scan) published() time.Time {
	if s.Published.IsZero() {
		return s.At
	}
	return s.Published
}

// known reports whether the courier knows the number at now through this parcel.
func (p Parcel) known(now time.Time) bool {
	if !p.Gone.IsZero() && !now.Before(p.Gone) {
		return false
	}
	if !p.Label.IsZero() && !now.Before(p.Label) {
		return true
	}
	return slices.ContainsFunc(p.Scans, func(s Scan) bool { return s.shown(now) })
}

// shown gives the scans that providers show at now, in the order shown.
func (p Parcel) shown(now time.Time) []Scan {
	scans := make([]Scan, 0, len(p.Scans))
	for _, scan := range p.Scans {
		if scan.shown(now) {
			scans = append(scans, scan)
		}
	}
	if !p.AsScripted {
		slices.SortStableFunc(scans, func(a, b Scan) int { return a.At.Compare(b.At) })
	}
	return scans
}

// clone copies what a caller could change behind the world's back.
func (p Parcel) clone() Parcel {
	p.Scans = slices.Clone(p.Scans)
	p.Faults = slices.Clone(p.Faults)
	return p
}

func (p Parcel) sender() Person {
	if p.Sender == (Person{}) {
		return theSender
	}
	return p.Sender
}

func (p Parcel) recipient() Person {
	if p.Recipient == (Person{}) {
		return theRecipient
	}
	return p.Recipient
}

func (p Parcel) item() string { return orText(p.Item, "머그컵") }
