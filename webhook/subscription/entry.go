package subscription

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// ID names an entry: a parcel at a carrier. Its number is in normal form.
type ID struct {
	Carrier string // tracking.Carrier.Name
	Courier tracking.Courier
	Number  string
}

func idOf(carrier string, courier tracking.Courier, waybill string) ID {
	return ID{carrier, courier, number.Normalize(waybill)}
}

// String names the parcel with all but the last four digits hidden.
func (id ID) String() string {
	return id.Carrier + " " + tracking.Query{Courier: id.Courier, Number: id.Number}.String()
}

// An Entry is one parcel that a provider should push about, and how far that has come. It holds no address: those are
// secrets, and belong to the configuration.
type Entry struct {
	ID
	Ref      string
	Once     bool
	Lifetime time.Duration

	State  State
	Handle string // what the provider calls the registration; several entries may share one
	// Created says that a call of ours made the registration. Only then is it ours to cancel.
	Created bool
	Paid    bool // making it again would cost again, or might

	// Unsure marks a released entry whose registration may be there all the same: its outcome was never known, or it was
	// to be cancelled.
	Unsure bool

	RegisteredAt time.Time // last; zero before the first time
	ExpiresAt    time.Time // zero when nobody says
	DueAt        time.Time // when something is to be done next; zero for never
	Failures     int       // in a row
	Why          string    // the last failure or the reason of the state, for people

	Version int64 // of the registry; 0 for an entry that is not in it yet
}

// wanted reports whether the host wants pushes about it, and they may come.
func (e Entry) wanted() bool {
	return e.State == Wanted || e.State == Uncertain || e.State == Registered
}

// State is how far an entry has come.
type State string

// The states.
const (
	Wanted     State = "wanted"     // to be registered
	Uncertain  State = "uncertain"  // a call was made, and nobody knows what became of it
	Registered State = "registered" // the provider pushes about it
	Refused    State = "refused"    // the provider will not have it; it stays on polling
	Ended      State = "ended"      // the provider is done with it
	Released   State = "released"   // not wanted any more
)

// ErrStale is what a registry answers when an entry changed since it was read.
var ErrStale = errors.New("subscription: the entry changed meanwhile")
