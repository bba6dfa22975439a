package measure

import (
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Clairvoyant plays the cheapest polls of somebody who knows when each event is published: a bound, and no policy. Polls stand on
// publications, and which of them are left to a later poll is found exactly. A parcel without events is not asked about.
func Clairvoyant(timelines []schedule.Timeline, w schedule.Worth, pollWon float64) Outcome {
	o := Outcome{Parcels: len(timelines), delays: map[tracking.Status][]float64{}}
	for _, t := range timelines {
		events := newsOf(t.Events)
		o.each = append(o.each, Means{timelines: 1})
		for first, after := range groups(events, w, pollWon) {
			if after == 0 {
				continue
			}
			o.poll()
			for _, e := range events[first:after] {
				o.saw(e, events[after-1].Shown())
			}
		}
	}
	return o
}

// groups gives, for the first event of each poll, the end of what the poll sees; 0 for the other events.
func groups(events []schedule.Event, w schedule.Worth, pollWon float64) []int {
	cost := make([]float64, len(events)+1) // of seeing the events from here on
	next := make([]int, len(events)+1)
	for i := len(events) - 1; i >= 0; i-- {
		for j := i + 1; j <= len(events); j++ {
			won := pollWon + cost[j]
			for _, e := range events[i:j] {
				won += w.Of(e.Status) * events[j-1].Shown().Sub(e.Shown()).Hours()
			}
			if next[i] == 0 || won < cost[i] {
				cost[i], next[i] = won, j
			}
		}
	}
	ends := make([]int, len(events))
	for i := 0; i < len(events); i = next[i] {
		ends[i] = next[i]
	}
	return ends
}
