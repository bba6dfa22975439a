package schedule

import (
	"cmp"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Watched is what a store keeps of one parcel, to be learned from once the parcel has come to its end.
type Watched struct {
	Courier  tracking.Courier
	Context  tracking.Context
	Evidence tracking.Evidence
	Opened   time.Time // when the watch began; zero is not known, and counts as with the first scan
}

// Timeline gives the changes of status that were told with a clock time, without what belongs to another use of the number. It is
// false where there was no change after the watch began, so that there is nothing to learn.
//
// The status with which the watch opened is that of the last change before, as of its time. Without one it is REGISTERED, or
// PENDING where the registration was told later.
func (w Watched) Timeline() (Timeline, bool) {
	scans := w.Scans()
	if w.Opened.IsZero() && len(scans) > 0 {
		w.Opened = scans[0].At
	}
	for i := range scans { // when one was seen is always kept; else all that is known is that it was there at some time
		if scans[i].Seen.IsZero() {
			scans[i].Seen = w.Opened.Add(Horizon)
		}
	}
	t := Timeline{Courier: w.Courier, Opened: w.Opened, Status: tracking.StatusRegistered, Events: Moves(scans)}
	for len(t.Events) > 0 && !t.Events[0].At.After(w.Opened) {
		t.Status, t.Changed, t.Events = t.Events[0].Status, t.Events[0].At, t.Events[1:]
	}
	if t.Changed.IsZero() && len(t.Events) > 0 && t.Events[0].Status == tracking.StatusRegistered {
		t.Status = tracking.StatusPending
	}
	return t, len(t.Events) > 0
}

// Scans gives what was told with a clock time, and belongs to this use of the number, in the order of its times.
func (w Watched) Scans() []Event {
	p := tracking.Parcel{Courier: w.Courier, Events: slices.Clone(w.Evidence.Events), Verdicts: slices.Clone(w.Evidence.Verdicts)}
	p.Settle(w.Context)
	var scans []Event
	for i := range p.Events {
		if e := &p.Events[i]; !e.Parked && !e.At.IsZero() && e.Precision == tracking.PrecisionMinute {
			scans = append(scans, scanOf(e))
		}
	}
	slices.SortStableFunc(scans, func(a, b Event) int { return a.At.Compare(b.At) })
	for _, v := range slices.SortedFunc(slices.Values(p.Verdicts), func(a, b tracking.Verdict) int {
		return cmp.Or(a.AnswerAt.Compare(b.AnswerAt), a.Window.Start.Compare(b.Window.Start))
	}) {
		announce(scans, v)
	}
	return scans
}

// announce puts a window that stood beside the scans of an answer on the last scan before its end that is out for delivery, on that day.
func announce(scans []Event, v tracking.Verdict) {
	if v.Window.IsZero() || v.Parked {
		return
	}
	for i := len(scans) - 1; i >= 0; i-- {
		s := &scans[i]
		if s.Status == tracking.StatusOutForDelivery && s.At.Before(v.Window.End) && minuteOf(s.At)/minutesADay == minuteOf(v.Window.Start)/minutesADay {
			s.Window = v.Window
			return
		}
	}
}

// scanOf is one scan with what is known of its publication.
func scanOf(e *tracking.Event) Event {
	scan := Event{At: e.At, Status: e.Status, Published: e.Published, Seen: e.Seen, Window: e.Window()}
	if e.Published.Before(e.At) { // as some clocks have it
		scan.Published = time.Time{}
	}
	if e.MinLag > 0 {
		scan.Missed = e.At.Add(time.Duration(e.MinLag) * time.Minute)
	}
	return scan
}
