package report

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// Of gives the shipment that a state and its evidence amount to. The status is that of the state, which is what screens show;
// the times come from scans that are not parked. Neither is changed.
//
// Evidence does not say everything. Left to the caller are the end of the watch with its reason, the role of a waybill
// that sends goods back to the buyer, and Carrier where it shall be another than the one that told of the delivery
// first, or of the newest scan. Without [tracking.Context.Since] the first scan with a clock time counts as ship-out.
func Of(c tracking.Courier, s tracking.State, e tracking.Evidence, about tracking.Context) Shipment {
	p := tracking.Parcel{Events: slices.Clone(e.Events), Verdicts: slices.Clone(e.Verdicts)}
	p.Settle(about) // orders the scans, drops repeated ones and marks the parked
	scans := slices.DeleteFunc(p.Events, func(ev tracking.Event) bool { return ev.Parked })

	shipment := Shipment{
		Courier: c, Role: order.WaybillOutbound, Status: s.Status, Sub: s.Sub, Unmapped: s.Unmapped,
		Shipped: about.Since, Watched: about.Watched,
	}
	if about.Recall {
		shipment.Role = order.WaybillRecall
	}
	for i := range scans {
		shipment.scan(&scans[i])
	}
	before := scans
	if s.Status == tracking.StatusDelivered {
		before = shipment.delivered(s.DeliveredAt, scans)
		shipment.summed(p.Verdicts)
	}
	shipment.Failed = failedAttempts(before)
	return shipment
}

// scan takes the next scan, in order.
func (s *Shipment) scan(ev *tracking.Event) {
	if ev.At.IsZero() || ev.Precision == tracking.PrecisionNone {
		return
	}
	at := ev.At
	if ev.Precision == tracking.PrecisionDay {
		at = startOfDay(at) // the clock time is the courier's filler
	}
	if !at.Before(s.Moved) {
		s.Moved, s.Carrier = at, ev.Carrier
	}
	if ev.Precision != tracking.PrecisionMinute {
		return
	}
	if s.Shipped.IsZero() {
		s.Shipped = ev.At
	}
	switch {
	case ev.Status == tracking.StatusPickedUp && s.PickedUp.IsZero():
		s.PickedUp = ev.At
	case ev.Status == tracking.StatusOutForDelivery && s.Out.At.IsZero():
		s.Out = Sighting{At: ev.At, Published: ev.Published, Seen: ev.Seen, Door: ev.Door}
	case ev.Status == tracking.StatusOutForDelivery && ev.At.Equal(s.Out.At) && seenBefore(ev, s.Out.Seen):
		s.Out.Published, s.Out.Seen, s.Out.Door = ev.Published, ev.Seen, ev.Door // another carrier told of it first
	}
}

// delivered finds the delivery of that time among the scans, which may be none when a summary alone tells of it. It returns
// the scans before it. The parcel is delivered still, so that all delivered scans are of this delivery.
func (s *Shipment) delivered(at time.Time, scans []tracking.Event) (before []tracking.Event) {
	s.Delivered.At = at
	first := -1
	for i := range scans {
		ev := &scans[i]
		if ev.Status != tracking.StatusDelivered {
			continue
		}
		if first < 0 && ev.At.Equal(at) {
			first = i
			s.Delivered.DayOnly = !at.IsZero() && ev.Precision == tracking.PrecisionDay
		}
		if seenBefore(ev, s.Delivered.Seen) { // whoever told of it first, be it with another minute
			s.Delivered.Published, s.Delivered.Seen, s.Delivered.Door, s.Carrier = ev.Published, ev.Seen, ev.Door, ev.Carrier
		}
	}
	if first >= 0 {
		return scans[:first]
	}
	return slices.DeleteFunc(slices.Clone(scans), func(ev tracking.Event) bool { return !at.IsZero() && ev.At.After(at) })
}

// summed takes carriers' own summaries into account: one may tell of the delivery before a scan does, or alone.
func (s *Shipment) summed(verdicts []tracking.Verdict) {
	for i := range verdicts {
		v := &verdicts[i]
		if v.Status != tracking.StatusDelivered || v.Parked || v.Seen.IsZero() {
			continue
		}
		if s.Delivered.Seen.IsZero() || v.Seen.Before(s.Delivered.Seen) {
			s.Delivered.Published, s.Delivered.Seen, s.Delivered.Door, s.Carrier = time.Time{}, v.Seen, v.Door, v.Carrier
		}
	}
}

func seenBefore(ev *tracking.Event, seen time.Time) bool {
	return !ev.Seen.IsZero() && (seen.IsZero() || ev.Seen.Before(seen))
}

// failedAttempts counts failed attempts as the carrier that tells of most of them does: two carriers tell of the same ones.
func failedAttempts(scans []tracking.Event) int {
	most, by := 0, map[string]int{}
	for i := range scans {
		if ev := &scans[i]; ev.Status == tracking.StatusFailed && ev.Sub != tracking.SubLost {
			by[ev.Carrier]++
			most = max(most, by[ev.Carrier])
		}
	}
	return most
}
