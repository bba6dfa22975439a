package measure

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// ErrUnpaired means that outcomes are not of the same parcels.
var ErrUnpaired = errors.New("measure: outcomes that are compared must be of the same timelines")

// Bootstrap tells how far figures would differ had other parcels of the same kind been replayed: parcels are drawn from those of an
// outcome, as many as there are and with replacement, again and again. The same seed gives the same intervals.
type Bootstrap struct {
	Seed   uint64
	Draws  int // 0 means 1,000
	Phases int // timelines of each parcel, one after the other, which are drawn together; 0 means 1
}

// Interval is where a figure lies with 95 % confidence.
type Interval struct{ Low, High float64 }

// Intervals gives the intervals of figures, which are computed from the means of one draw for each of the outcomes. A draw takes
// the same parcels from every outcome, so that a figure may be a difference or a ratio of two policies: one is better than another
// where the interval of the difference excludes 0. The error is [ErrUnpaired].
func (b Bootstrap) Intervals(figures func(drawn []Means) []float64, outcomes ...Outcome) ([]Interval, error) {
	if len(outcomes) == 0 {
		return nil, ErrUnpaired
	}
	phases := max(b.Phases, 1)
	parcels := make([][]Means, len(outcomes))
	for i, o := range outcomes {
		if len(o.each) != o.Parcels || o.Parcels != outcomes[0].Parcels || o.Parcels%phases != 0 {
			return nil, ErrUnpaired
		}
		for own := range slices.Chunk(o.each, phases) {
			parcels[i] = append(parcels[i], meansOf(own))
		}
	}
	n := len(parcels[0])
	if n == 0 {
		return make([]Interval, len(figures(make([]Means, len(outcomes))))), nil
	}
	r := rand.New(rand.NewPCG(b.Seed, 0))
	times, drawn := make([]float64, n), make([]Means, len(outcomes))
	var values [][]float64 // by figure
	for range cmp.Or(b.Draws, 1000) {
		clear(times)
		for range n {
			times[r.IntN(n)]++
		}
		for i := range drawn {
			drawn[i] = Means{}
			for k, often := range times {
				if often > 0 {
					drawn[i].add(&parcels[i][k], often)
				}
			}
		}
		for f, value := range figures(drawn) {
			if f == len(values) {
				values = append(values, nil)
			}
			values[f] = append(values[f], value)
		}
	}
	intervals := make([]Interval, len(values))
	for f, v := range values {
		slices.Sort(v)
		intervals[f] = Interval{quantile(v, 0.025), quantile(v, 0.975)}
	}
	return intervals, nil
}

// Means is what some parcels of an [Outcome] came to on average.
type Means struct {
	timelines, polls float64
	events, hours    [len(schedule.Worth{})]float64 // by what the parcels became
}

// Means gives the means of all parcels of o, which are those of its methods.
func (o Outcome) Means() Means { return meansOf(o.each) }

func meansOf(each []Means) Means {
	var m Means
	for i := range each {
		m.add(&each[i], 1)
	}
	return m
}

func (m *Means) add(other *Means, times float64) {
	m.timelines += times * other.timelines
	m.polls += times * other.polls
	for s := range m.hours {
		m.events[s] += times * other.events[s]
		m.hours[s] += times * other.hours[s]
	}
}

// PollsPerParcel is as of [Outcome].
func (m Means) PollsPerParcel() float64 { return per(m.polls, m.timelines) }

// Delay is the mean delay in hours of changes to one of these statuses, to any without one; 0 where there was none.
func (m Means) Delay(statuses ...tracking.Status) float64 {
	var hours, events float64
	for s := range tracking.Status(len(m.hours)) {
		if len(statuses) == 0 || slices.Contains(statuses, s) {
			hours += m.hours[s]
			events += m.events[s]
		}
	}
	return per(hours, events)
}

// Objective is as of [Outcome], in won a parcel.
func (m Means) Objective(w schedule.Worth, pollWon float64) float64 {
	won := pollWon * m.polls
	for s, hours := range m.hours {
		won += w[s] * hours
	}
	return per(won, m.timelines)
}

func per(sum, n float64) float64 {
	if n == 0 {
		return 0
	}
	return sum / n
}
