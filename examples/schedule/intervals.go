package main

import (
	"fmt"
	"io"
	"math"

	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// interval is where a figure lies with 95 % confidence, by 1,000 draws of the parcels it was judged by.
type interval [2]float64

func (i interval) String() string { return fmt.Sprintf("%.3f to %.3f", i[0], i[1]) }

// intervals are of the figures of the same names, and of what they differ by from those of fixed-2h for the same parcels.
type intervals struct {
	PollsPerParcel         interval `json:"polls_per_parcel"`
	MeanDelayHours         interval `json:"mean_delay_hours"`
	DelayAtEqualPollsHours interval `json:"delay_at_equal_polls_hours"`
	Objective              interval `json:"objective"`

	LessPolls             interval `json:"polls_per_parcel_minus_fixed_2h"`
	LessDelay             interval `json:"mean_delay_hours_minus_fixed_2h"`
	LessDelayAtEqualPolls interval `json:"delay_at_equal_polls_hours_minus_fixed_2h"`
	LessObjective         interval `json:"objective_minus_fixed_2h"`
}

// of lists the intervals in the order of basics, and then of differences.
func (i *intervals) of() []*interval {
	return []*interval{
		&i.PollsPerParcel, &i.MeanDelayHours, &i.DelayAtEqualPollsHours, &i.Objective,
		&i.LessPolls, &i.LessDelay, &i.LessDelayAtEqualPolls, &i.LessObjective,
	}
}

// basics are the figures of one policy, with the polls of another as measure.
func (r *report) basics(own, fixed2h measure.Means) []float64 {
	equal := 0.0
	if fixed2h.PollsPerParcel() > 0 {
		equal = own.Delay() * own.PollsPerParcel() / fixed2h.PollsPerParcel()
	}
	return []float64{own.PollsPerParcel(), own.Delay(), equal, own.Objective(hours, r.PriceHours)}
}

// sureness fills in the intervals of figures, whose outcomes are in the same order, and the first of which is fixed-2h; and then
// of the capped ones.
func (r *report) sureness(figures []*figure, outcomes []measure.Outcome, phases int) error {
	var places []*interval
	for _, f := range figures {
		f.Intervals = &intervals{}
		places = append(places, f.Intervals.of()...)
	}
	for i := range r.Capped {
		places = append(places, &r.Capped[i].DeliveredToEvenInterval)
		outcomes = append(outcomes, r.Capped[i].outcomes[:]...)
	}
	drawn := func(m []measure.Means) (values []float64) {
		for i := range figures {
			own, first := r.basics(m[i], m[0]), r.basics(m[0], m[0])
			values = append(values, own...)
			for k := range own {
				values = append(values, own[k]-first[k])
			}
		}
		for i := len(figures); i < len(m); i += 2 {
			values = append(values, deliveredRatio(m[i+1], m[i]))
		}
		return values
	}
	found, err := measure.Bootstrap{Seed: 1, Phases: phases}.Intervals(drawn, outcomes...)
	if err != nil {
		return err
	}
	for i, of := range found {
		*places[i] = interval{math.Round(of.Low*1e6) / 1e6, math.Round(of.High*1e6) / 1e6}
	}
	return nil
}

func (r *report) printIntervals(w io.Writer) {
	fmt.Fprintln(w, "\n95 % intervals, and of the difference to fixed-2h:")
	for _, f := range append(r.Policies[:len(r.Policies):len(r.Policies)], r.Optimum, r.Clairvoyant) {
		i := f.Intervals
		fmt.Fprintf(w, "%-12s  mean %v (%v), at equal polls %v (%v), objective %v (%v)\n", f.Name, i.MeanDelayHours, i.LessDelay,
			i.DelayAtEqualPollsHours, i.LessDelayAtEqualPolls, i.Objective, i.LessObjective)
	}
}
