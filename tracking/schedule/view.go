package schedule

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Horizon is the age at which the watch of a parcel is closed whose end was not seen.
const Horizon = 60 * 24 * time.Hour

// korea is the zone of every clock that couriers publish; it has had no other offset since 1988.
var korea = time.FixedZone("KST", 9*60*60)

// Event is one change of a parcel's status.
type Event struct {
	At        time.Time       // when it happened, as the courier says
	Published time.Time       // when an answer would have shown it first; zero means at once, or unknown where Seen is set
	Status    tracking.Status // what the parcel became
	Window    tracking.Window // when the driver said with it that he would come; zero if he did not

	// Seen is the first answer that showed it, and Missed the last one before, which did not; zero where that is not known. They
	// are for learning how late a courier publishes, and Seen for measuring what an engine did; they play no part in a replay.
	Seen, Missed time.Time
}

// Shown is when a poll would have seen e first: its publication, or at once where that is not known.
func (e Event) Shown() time.Time { return later(e.Published, e.At) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Timeline is the whole life of one parcel, for learning and replay. A policy never sees one.
type Timeline struct {
	Courier tracking.Courier
	Status  tracking.Status // when the watch opened, which may be before any event
	Opened  time.Time
	Changed time.Time // when Status began, if that is known and before Opened; zero means with Opened
	Events  []Event   // changes of status, oldest first, none before Opened; see [Moves]
	Cap     int       // the most polls on a Korean day; 0 means that there is no cap
	Phase   float64   // see View.Phase
}

// began is when t.Status began.
func (t *Timeline) began() time.Time {
	if t.Changed.IsZero() || t.Changed.After(t.Opened) {
		return t.Opened
	}
	return t.Changed
}

// View is what is known of the parcel when its watch opens.
func (t Timeline) View() View {
	return View{Courier: t.Courier, Status: t.Status, Opened: t.Opened, Changed: t.began(), Now: t.Opened, Cap: t.Cap, Phase: t.Phase}
}

// View is all that a policy knows about a parcel: what its own polls and webhooks have told, and the clock.
type View struct {
	Courier tracking.Courier
	Status  tracking.Status // as last seen
	Opened  time.Time       // start of the watch
	Changed time.Time       // when Status began, by the courier's own time; Opened before the first event
	Now     time.Time       // of the last poll; Opened before the first
	Asks    int             // polls so far
	Absent  int             // answers in a row, up to the last, in which nobody knew the number
	Phase   float64         // between 0 and 1, the parcel's own: polls of parcels alike are spread by it; 0 spreads nothing

	Today  int             // polls on the Korean day of Now
	Cap    int             // the most polls on a Korean day; 0 means that there is no cap
	Recall float64         // the share of changes that a push tells of before a poll does; 0 where none is expected
	Window tracking.Window // when the driver said he would come; zero if he did not

	History History // what was seen; nil where the caller keeps none
}

// Polled is the view after a poll at that time that showed nothing new. Absent stays as it is.
func (v View) Polled(at time.Time) View {
	if koreanDay(at) != koreanDay(v.Now) {
		v.Today = 0
	}
	v.Today++
	v.Asks++
	v.Now = at
	return v
}

// History is what polls have delivered of one parcel.
type History interface {
	// Len is the number of events delivered.
	Len() int
	// At gives the event i, counted from 0 in the order of publication. One that has not been delivered is the zero Event; a replay
	// fails whoever asks for it.
	At(i int) Event
}

// Moves keeps the scans that change a parcel's status: a higher rank on the way from PENDING to DELIVERED, an exception, the way
// out of one, an end. Scans must be in the order of their times. Repeated hub scans, late scans of a lower rank and words without
// a status change nothing and are left out, and so is what follows the first DELIVERED other than a return.
func Moves(scans []Event) []Event {
	var moves []Event
	status, highest := tracking.StatusUnknown, tracking.StatusUnknown
	for _, e := range scans {
		if !isMove(status, highest, e.Status) {
			continue
		}
		if ranked(e.Status) {
			highest = max(highest, e.Status)
		}
		status = e.Status
		moves = append(moves, e)
	}
	return slices.Clip(moves)
}

func isMove(status, highest, to tracking.Status) bool {
	switch {
	case to == tracking.StatusUnknown || to == status || status == tracking.StatusCancelled:
		return false
	case status == tracking.StatusDelivered, status == tracking.StatusReturned:
		return to == tracking.StatusReturned
	case !ranked(to):
		return true
	case status == tracking.StatusFailed || status == tracking.StatusHold:
		return to >= tracking.StatusInTransit
	default:
		return to > highest
	}
}

func ranked(s tracking.Status) bool {
	return s >= tracking.StatusPending && s <= tracking.StatusDelivered
}
