package poll

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Errors of stores.
var (
	// ErrLeaseLost means that the watch was claimed again since, or that the claim has ended: nothing was written.
	ErrLeaseLost = errors.New("poll: the lease on the watch is lost")
	// ErrNoWatch means that there is no such watch.
	ErrNoWatch = errors.New("poll: no such watch")
)

// A Store keeps watches and the evidence of their shipments. Package polltest has the suite that every implementation
// passes; [NewMemoryStore] makes one that keeps nothing over a restart.
//
// Its methods are called concurrently, from several processes where several share it. Each is one transaction: done
// whole, or not at all when it gives an error or a function that it was given panics. Times come from the caller, a store has no clock. Watches are handed
// out and taken as copies. Functions that a store is given are pure and quick; one that conflicts with another
// transaction may be called again.
type Store interface {
	// Claim leases up to r.Limit active watches of the carrier whose Due is not after r.Now, those due longest first.
	// A leased watch is claimed by nobody else until r.Now plus r.Lease; from then on it is due again. What is kept and
	// given is [Watch.Claimed]. What it costs must not grow with the number of watches that are not due.
	//
	// With r.Early it leases, instead, active watches that nobody has claimed and whose Early is set and not after r.Now, due or
	// not, the longest past it first.
	Claim(ctx context.Context, r ClaimRequest) ([]Watch, error)

	// Release gives claims back untouched: the watches are due as before, and count as not asked ([Watch.Untouched]).
	// Of a watch only ID and Fence count. Those whose lease is lost are left alone; that is no error.
	Release(ctx context.Context, ws []Watch) error

	// Record writes what came of a claim, or of a push, and ends the claim. In one transaction: the parcel joins the
	// shipment's evidence ([tracking.Evidence.With]) as a [tracking.Sight] at At by Door, after the watch's Asked, the state is derived over all of it with the watch's Context,
	// decide is given the watch as it is kept (not as claimed) with Known and Parcel as they are then, and what it
	// returns is kept, but for ID, Fence, Known and Parcel. An answer that gains nothing writes no evidence.
	//
	// With a fence that is not the watch's latest, or whose claim has ended, it fails with ErrLeaseLost. A push has no
	// claim: it needs none, and leaves the claim of another alone. ErrNoWatch when there is none.
	Record(ctx context.Context, r Report, decide func(w Watch, gain tracking.Gain) Watch) (Recorded, error)

	// Change gives the watch as it is kept to change, and keeps what it returns, but for ID, Fence, Known and Parcel.
	// A watch that is not there is given with its ID and an empty Life; it comes to be unless it is returned so. A
	// claim goes on, unless the watch is no longer Active: then the lease is lost.
	Change(ctx context.Context, id WatchID, change func(w Watch) Watch) (Watch, error)

	// NextDue tells when the first active watch of a carrier is due, or its lease ends. Zero when there is none.
	NextDue(ctx context.Context, carrier string) (time.Time, error)
}

// An Archive is a store that can be looked into.
type Archive interface {
	// Watches lists watches in the order of [WatchID.Compare]. The sequence yields an error once, last.
	Watches(ctx context.Context, f Filter) iter.Seq2[Watch, error]

	// Evidence gives what is kept of a shipment, in no particular order. Nothing kept is no error.
	Evidence(ctx context.Context, id ShipmentID) (tracking.Evidence, error)
}

// ClaimRequest says what to claim.
type ClaimRequest struct {
	Now     time.Time
	Carrier string
	Limit   int           // at least 1
	Lease   time.Duration // more than 0
	Early   bool
}

// A Report is what came of a claim, or a push.
type Report struct {
	ID     WatchID
	Fence  int64            // of the claim; not looked at for a push
	Door   tracking.Door    // [tracking.DoorPoll] or [tracking.DoorPush]
	Parcel *tracking.Parcel // settled; nil when there is nothing to add
	At     time.Time        // when it was seen
}

// Recorded is what a Record did.
type Recorded struct {
	Before Watch // as it was kept
	After  Watch // as it is kept
	Gain   tracking.Gain

	// Door and At are those of the report. The engine fills them in; a store need not.
	Door tracking.Door
	At   time.Time
}

// Changed reports whether the status of the parcel is another than before.
func (r Recorded) Changed() bool {
	a, b := r.Before.Parcel, r.After.Parcel
	return r.Before.Known != r.After.Known || a.Status != b.Status || a.Sub != b.Sub || !a.DeliveredAt.Equal(b.DeliveredAt)
}

// Ended reports whether the watch stopped being asked.
func (r Recorded) Ended() bool { return r.Before.Life != r.After.Life && r.After.Life != Active }

// A Filter chooses watches. The zero value chooses all.
type Filter struct {
	Carrier  string
	Life     Life
	Reason   Reason
	Failing  int     // with at least so many failures in a row
	After    WatchID // only those behind it, for the next page
	Limit    int     // at most so many; 0 means all
	Shipment ShipmentID
}

// Fits reports whether the filter chooses the watch; a store that filters by itself need not call it.
func (f Filter) Fits(w Watch) bool {
	return (f.Carrier == "" || f.Carrier == w.ID.Carrier) && (f.Life == "" || f.Life == w.Life) &&
		(f.Reason == "" || f.Reason == w.Reason) && w.Failures >= f.Failing &&
		(f.After == WatchID{} || f.After.Compare(w.ID) < 0) && (f.Shipment == ShipmentID{} || f.Shipment == w.ID.Shipment)
}
