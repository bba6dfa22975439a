package poll

import (
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// timelineOf is the life of a parcel as its evidence tells it: the scans that have a clock time and belong to this use of the number,
// as far as they changed the status. It begins with the label, where that is known to be before the first scan, else with the first
// scan. A parcel of which nothing is known to have followed teaches nothing: false.
func timelineOf(w Watch, e tracking.Evidence) (schedule.Timeline, bool) {
	shipment := w.ID.Shipment
	p := tracking.Parcel{Courier: shipment.Courier, Number: shipment.Number, Events: append([]tracking.Event(nil), e.Events...), Verdicts: append([]tracking.Verdict(nil), e.Verdicts...)}
	p.Settle(w.Context())
	var scans []schedule.Event
	for i := range p.Events {
		ev := &p.Events[i]
		if ev.Parked || ev.Precision != tracking.PrecisionMinute || ev.At.IsZero() {
			continue
		}
		scans = append(scans, schedule.Event{At: ev.At, Published: ev.Published, Status: ev.Status})
	}
	moves := schedule.Moves(scans)
	if len(moves) == 0 {
		return schedule.Timeline{}, false
	}
	t := schedule.Timeline{Courier: shipment.Courier, Status: tracking.StatusRegistered, Opened: w.Since, Events: moves}
	if t.Opened.IsZero() || !t.Opened.Before(moves[0].At) {
		t.Status, t.Opened, t.Events = moves[0].Status, moves[0].At, moves[1:]
	}
	return t, len(t.Events) > 0
}
