package measure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// What makes a replay fail: the policy is at fault.
var (
	// ErrReadAhead means that a policy asked for an event before a poll delivered it.
	ErrReadAhead = errors.New("measure: the policy read an event that no poll had delivered")
	// ErrNotLater means that a policy named a time less than a second after the last poll.
	ErrNotLater = errors.New("measure: the policy named a time that is not after the last poll")
	// ErrOverCap means that a policy named a time on a Korean day on which the parcel's polls are used up.
	ErrOverCap = errors.New("measure: the policy asks more often than a Korean day allows")
)

// Replay plays every timeline against the policy, from its opening to the poll that sees its last event, or to [schedule.Horizon]. A
// timeline without events is asked about to the horizon.
//
// The delay of an event counts from its publication: what a courier keeps to itself is no fault of a policy. An event that is
// published after a later one is no news and has no delay. The error wraps [ErrReadAhead], [ErrNotLater] or [ErrOverCap].
func Replay(p schedule.Policy, timelines []schedule.Timeline) (Outcome, error) {
	o := Outcome{Parcels: len(timelines), delays: map[tracking.Status][]float64{}}
	for i, t := range timelines {
		if err := o.play(p, t); err != nil {
			return Outcome{}, fmt.Errorf("timeline %d: %w", i, err)
		}
	}
	return o, nil
}

func (o *Outcome) play(p schedule.Policy, t schedule.Timeline) error {
	h := &history{events: newsOf(t.Events)}
	v := t.View()
	v.History = h
	end := t.Opened.Add(schedule.Horizon)
	o.each = append(o.each, Means{timelines: 1})
	for h.known < len(h.events) || len(h.events) == 0 {
		next := p.Next(v)
		switch {
		case h.breach:
			return ErrReadAhead
		case next.Sub(v.Now) < time.Second:
			return ErrNotLater
		case t.Cap > 0 && v.Polled(next).Today > t.Cap:
			return ErrOverCap
		case next.After(end) && len(h.events) == 0:
			return nil
		case next.After(end): // the policy need not have wanted it
			next = h.lastLook(end)
		}
		v = v.Polled(next)
		o.poll()
		h.deliver(&v, next, o.saw)
	}
	return nil
}

// Outcome is what a policy did to a set of parcels.
type Outcome struct {
	Parcels int
	Polls   int
	delays  map[tracking.Status][]float64 // hours, by what the parcel became
	each    []Means                       // of each timeline
}

// played is the timeline that was begun last.
func (o *Outcome) played() *Means {
	if len(o.each) == 0 {
		o.each = []Means{{timelines: 1}}
	}
	return &o.each[len(o.each)-1]
}

// poll counts a poll.
func (o *Outcome) poll() {
	o.Polls++
	o.played().polls++
}

// saw counts a change that was seen at a time.
func (o *Outcome) saw(e schedule.Event, at time.Time) {
	hours := at.Sub(e.Shown()).Hours()
	o.delays[e.Status] = append(o.delays[e.Status], hours)
	if m := o.played(); int(e.Status) < len(m.hours) {
		m.events[e.Status]++
		m.hours[e.Status] += hours
	}
}

// PollsPerParcel is the mean number of polls; 0 without parcels.
func (o Outcome) PollsPerParcel() float64 { return per(float64(o.Polls), float64(o.Parcels)) }

// Objective is what the parcels cost on average, in won a parcel: worth × delay of every event, and the price of every poll.
func (o Outcome) Objective(w schedule.Worth, pollWon float64) float64 {
	won := pollWon * float64(o.Polls)
	for _, s := range o.Statuses() {
		var hours float64
		for _, d := range o.delays[s] {
			hours += d
		}
		won += w.Of(s) * hours
	}
	return per(won, float64(o.Parcels))
}

// Statuses are those whose delay was measured, in the order of their constants.
func (o Outcome) Statuses() []tracking.Status {
	var all []tracking.Status
	for s := range o.delays {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b tracking.Status) int { return cmp.Compare(a, b) })
	return all
}

// Delay is how late changes to one of these statuses were seen, to any without one.
func (o Outcome) Delay(statuses ...tracking.Status) Delay {
	if len(statuses) == 0 {
		statuses = o.Statuses()
	}
	var hours []float64
	for _, s := range statuses {
		hours = append(hours, o.delays[s]...)
	}
	slices.Sort(hours)
	d := Delay{Events: len(hours), P50: quantile(hours, 0.5), P90: quantile(hours, 0.9), P95: quantile(hours, 0.95), P99: quantile(hours, 0.99)}
	for _, h := range hours {
		d.Mean += h
	}
	d.Mean = per(d.Mean, float64(len(hours)))
	return d
}

// Delay is from publication to the poll that saw it, in hours.
type Delay struct {
	Events                   int
	Mean, P50, P90, P95, P99 float64 // 0 without events
}

// quantile is the smallest value that at least the share q of sorted does not exceed.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(q * float64(len(sorted)))
	if float64(i) == q*float64(len(sorted)) && i > 0 {
		i--
	}
	return sorted[min(i, len(sorted)-1)]
}
