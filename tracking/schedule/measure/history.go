package measure

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

// history is what was delivered of one parcel. It notices who reads past its end.
type history struct {
	events []schedule.Event // in the order in which they were published; those past known have not been delivered
	known  int
	breach bool
}

// Len implements [schedule.History].
func (h *history) Len() int { return h.known }

// At implements [schedule.History].
func (h *history) At(i int) schedule.Event {
	if i < 0 || i >= h.known {
		h.breach = true
		return schedule.Event{}
	}
	return h.events[i]
}

// deliver tells what had been published by now.
func (h *history) deliver(v *schedule.View, now time.Time, saw func(e schedule.Event, at time.Time)) {
	for h.known < len(h.events) && !h.events[h.known].Shown().After(now) {
		e := h.events[h.known]
		h.known++
		saw(e, now)
		v.Status, v.Changed, v.Window = e.Status, e.At, e.Window
	}
}

// lastLook is the poll before the watch closes at end, which sees everything.
func (h *history) lastLook(end time.Time) time.Time {
	if last := h.events[len(h.events)-1].Shown(); last.After(end) {
		return last
	}
	return end
}

// newsOf gives events in the order in which they are shown, without those that a later change had overtaken by then: who knows
// that a parcel was delivered does not wait for the van to have left.
func newsOf(events []schedule.Event) []schedule.Event {
	news := make([]schedule.Event, 0, len(events))
	var latest time.Time
	for _, e := range slices.SortedStableFunc(slices.Values(events), func(a, b schedule.Event) int { return a.Shown().Compare(b.Shown()) }) {
		if !e.At.Before(latest) {
			latest = e.At
			news = append(news, e)
		}
	}
	return news
}
