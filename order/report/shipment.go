package report

import (
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// Shipment is what a report needs to know of one use of a waybill number. It has no number and names nobody. [Of] fills most of
// it from evidence; a ledger may fill it from a row of its own. Zero fields mean "not known".
type Shipment struct {
	Courier tracking.Courier
	Carrier string            // that is asked about it; what its delivery cost is counted there
	Role    order.WaybillRole // what the waybill is for; empty means outbound

	Status   tracking.Status
	Sub      tracking.Sub
	Unmapped int // scans whose words are in no table, [tracking.State.Unmapped]

	Shipped   time.Time // ship-out or label, the earlier known: what [tracking.Context.Since] is
	PickedUp  time.Time // first scan that says the courier has it
	Out       Sighting  // first out-for-delivery
	Delivered Sighting  // the delivery that stands; counts only while Status is DELIVERED
	Moved     time.Time // newest scan
	Failed    int       // failed attempts: before the delivery if there is one, else in all

	Watched time.Time // when somebody began to look
	Ended   time.Time // when nobody looked any more, the watch being closed or paused; zero while it goes on
	Reason  string    // why it ended, as the watch says: silence, age, not-found …
}

// Sighting is one fact about a parcel with the three times that evidence keeps of it.
type Sighting struct {
	At        time.Time     // when it happened
	DayOnly   bool          // the courier gave no clock time, only the Korean day of At
	Published time.Time     // when the provider says it learnt of it
	Seen      time.Time     // when we first saw it
	Door      tracking.Door // by which door; empty when that was not kept
}

// kst is the zone of Korean days.
var kst = time.FixedZone("KST", 9*60*60)

func startOfDay(t time.Time) time.Time {
	y, m, d := t.In(kst).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kst)
}

// Days gives the period of the n Korean days that end with the day of now: from midnight to the midnight to come.
func Days(now time.Time, n int) (from, to time.Time) {
	today := startOfDay(now)
	return today.AddDate(0, 0, 1-max(n, 1)), today.AddDate(0, 0, 1)
}

// date is when the fact counts as having happened, for the choice of a period; a day counts as its beginning.
func (s *Sighting) date() time.Time {
	if s.DayOnly && !s.At.IsZero() {
		return startOfDay(s.At)
	}
	return s.At
}

// latest is the latest time at which the fact can have happened, as far as that is known: without a clock time the end of its
// day or when we saw it, whichever came first.
func (s *Sighting) latest() time.Time {
	switch {
	case s.At.IsZero():
		return s.Seen
	case !s.DayOnly:
		return s.At
	}
	day := startOfDay(s.At)
	if !s.Seen.IsZero() && !s.Seen.Before(day) && s.Seen.Before(day.AddDate(0, 0, 1)) {
		return s.Seen
	}
	return day.AddDate(0, 0, 1)
}

// over reports whether it is settled how the parcel's way to its recipient ended.
func (s *Shipment) over() bool {
	switch s.Status {
	case tracking.StatusDelivered, tracking.StatusReturned, tracking.StatusCancelled:
		return true
	case tracking.StatusFailed:
		return s.Sub == tracking.SubLost
	default:
		return false
	}
}

// attempted reports whether somebody stood at the door, as far as it was told.
func (s *Shipment) attempted() bool {
	return s.Failed > 0 || s.Status == tracking.StatusDelivered || s.Status == tracking.StatusFailed && s.Sub != tracking.SubLost
}
