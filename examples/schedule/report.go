package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// report is what -json prints. Figures are of the test side. Delay is in hours of the delays of all changes, and an objective is in
// hours too: what an hour of earlier news of a delivery is worth is its unit, so that with deliveries alone it is delay + price ×
// polls.
type report struct {
	FitParcels    int       `json:"fit_parcels"`
	TestParcels   int       `json:"test_parcels"`
	TestTimelines int       `json:"test_timelines"`     // more than parcels where a parcel is played in several phases
	PriceHours    float64   `json:"price_hours"`        // of one poll
	PollWon       float64   `json:"won_per_poll"`       // as given
	WorthWon      float64   `json:"worth_won_per_hour"` // of earlier news of a delivery, as PriceHours and PollWon imply
	Policies      []figure  `json:"policies"`
	Optimum       figure    `json:"optimum"`     // for the learned hazards: exact for a shop's orders, planned sighting by sighting else
	Clairvoyant   figure    `json:"clairvoyant"` // the least that is possible to who knows the future
	Promises      []promise `json:"promise"`     // of the adaptive policy, beside what happened
	Webhooks      []hinted  `json:"webhooks,omitempty"`
	Capped        []capped  `json:"capped"` // with a limit of polls a day
	model         *schedule.Model
	test          []schedule.Timeline
	curve         func(pollHours float64) schedule.Policy
}

// figure is one policy.
type figure struct {
	Name                    string  `json:"name"`
	PollsPerParcel          float64 `json:"polls_per_parcel"`
	MeanDelayHours          float64 `json:"mean_delay_hours"`
	P50DelayHours           float64 `json:"p50_delay_hours"`
	P90DelayHours           float64 `json:"p90_delay_hours"`
	P95DelayHours           float64 `json:"p95_delay_hours"`
	DelayAtEqualPollsHours  float64 `json:"delay_at_equal_polls_hours"` // mean delay × polls ÷ polls of fixed-2h
	Objective               float64 `json:"objective"`
	ObjectiveToOptimum      float64 `json:"objective_to_optimum"`
	ObjectiveToClairvoyance float64 `json:"objective_to_clairvoyant"`
	Won                     float64 `json:"won"` // what the polls of a parcel cost
	ByStage                 []stage `json:"by_stage"`

	Intervals *intervals `json:"intervals_95,omitempty"`
}

// stage is the delay of one kind of change.
type stage struct {
	Stage                  tracking.Status `json:"stage"` // what the parcel became
	Events                 int             `json:"events"`
	MeanDelayHours         float64         `json:"mean_delay_hours"`
	P50DelayHours          float64         `json:"p50_delay_hours"`
	P90DelayHours          float64         `json:"p90_delay_hours"`
	P95DelayHours          float64         `json:"p95_delay_hours"`
	DelayAtEqualPollsHours float64         `json:"delay_at_equal_polls_hours"`
}

// hours is the unit of the program: an hour of earlier news of a delivery is worth 1.
var hours = schedule.Worths(1)

func compare(learned, judged []parcel, pollWon float64) (*report, error) {
	fit, test := timelines(learned), timelines(judged)
	r := &report{FitParcels: len(learned), TestParcels: len(judged), TestTimelines: len(test), PollWon: pollWon, test: test}
	r.model = schedule.Prior().Learn(lives(learned))
	r.curve = func(price float64) schedule.Policy {
		return schedule.Adaptive{Model: r.model, Worth: hours, PollWon: price}
	}
	every2h, err := measure.Replay(schedule.Fixed{Every: 2 * time.Hour}, fit)
	if err != nil {
		return nil, err
	}
	if r.PriceHours, err = measure.Tune(fit, every2h.PollsPerParcel(), r.curve); err != nil {
		return nil, err
	}
	r.PriceHours = math.Round(r.PriceHours*1e9) / 1e9 // as printed
	r.WorthWon = math.Round(pollWon/r.PriceHours*1e3) / 1e3
	var outcomes []measure.Outcome
	for _, p := range []struct {
		name   string
		policy schedule.Policy
	}{
		{"fixed-2h", schedule.Fixed{Every: 2 * time.Hour}},
		{"fixed-3h", schedule.Fixed{Every: 3 * time.Hour}},
		{"status-table", schedule.StatusTable{}},
		{"adaptive", r.curve(r.PriceHours)},
		{"optimum", &schedule.Optimum{Model: r.model, Worth: hours, PollWon: r.PriceHours}},
	} {
		o, err := measure.Replay(p.policy, test)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		outcomes = append(outcomes, o)
		r.Policies = append(r.Policies, r.figure(p.name, o))
	}
	last := len(r.Policies) - 1
	r.Optimum, r.Policies = r.Policies[last], r.Policies[:last]
	future := measure.Clairvoyant(test, hours, r.PriceHours)
	outcomes = append(outcomes, future)
	r.Clairvoyant = r.figure("clairvoyant", future)
	if err := r.withinCaps(); err != nil {
		return nil, err
	}
	var figures []*figure
	for i := range r.Policies {
		figures = append(figures, &r.Policies[i])
	}
	if err := r.sureness(append(figures, &r.Optimum, &r.Clairvoyant), outcomes, r.TestTimelines/r.TestParcels); err != nil {
		return nil, err
	}
	r.relate()
	if r.Promises, err = r.promises(learned, fit); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *report) figure(name string, o measure.Outcome) figure {
	d := o.Delay()
	f := figure{
		Name: name, PollsPerParcel: o.PollsPerParcel(), Objective: o.Objective(hours, r.PriceHours), Won: r.PollWon * o.PollsPerParcel(),
		MeanDelayHours: d.Mean, P50DelayHours: d.P50, P90DelayHours: d.P90, P95DelayHours: d.P95,
	}
	for _, s := range o.Statuses() {
		d := o.Delay(s)
		f.ByStage = append(f.ByStage, stage{
			Stage: s, Events: d.Events, MeanDelayHours: d.Mean, P50DelayHours: d.P50, P90DelayHours: d.P90, P95DelayHours: d.P95,
		})
	}
	return f
}

// relate fills in what compares one figure with others.
func (r *report) relate() {
	all := []*figure{&r.Optimum, &r.Clairvoyant}
	for i := range r.Policies {
		all = append(all, &r.Policies[i])
	}
	for i := range r.Capped {
		c := &r.Capped[i]
		c.DeliveredToEven = math.Round(c.DeliveredToEven*1e6) / 1e6
		all = append(all, &c.Even, &c.Adaptive)
	}
	for _, f := range all {
		share := f.PollsPerParcel / r.Policies[0].PollsPerParcel
		f.DelayAtEqualPollsHours = f.MeanDelayHours * share
		for i := range f.ByStage {
			f.ByStage[i].DelayAtEqualPollsHours = f.ByStage[i].MeanDelayHours * share
		}
		f.ObjectiveToOptimum = f.Objective / r.Optimum.Objective
		f.ObjectiveToClairvoyance = f.Objective / r.Clairvoyant.Objective
	}
	for _, f := range all {
		f.round()
	}
}

// round keeps six digits after the point: more is not known, and processors differ in the last of a float.
func (f *figure) round() {
	of := []*float64{
		&f.PollsPerParcel, &f.MeanDelayHours, &f.P50DelayHours, &f.P90DelayHours, &f.P95DelayHours, &f.DelayAtEqualPollsHours,
		&f.Objective, &f.ObjectiveToOptimum, &f.ObjectiveToClairvoyance, &f.Won,
	}
	for i := range f.ByStage {
		s := &f.ByStage[i]
		of = append(of, &s.MeanDelayHours, &s.P50DelayHours, &s.P90DelayHours, &s.P95DelayHours, &s.DelayAtEqualPollsHours)
	}
	for _, x := range of {
		*x = rounded(*x)
	}
}

func rounded(x float64) float64 { return math.Round(x*1e6) / 1e6 }

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%d parcels learned from, %d judged by in %d timelines. A poll costs %.2f min of delay; at %g won a poll an hour is worth %.0f won.\n\n",
		r.FitParcels, r.TestParcels, r.TestTimelines, 60*r.PriceHours, r.PollWon, r.WorthWon)
	fmt.Fprintln(w, "policy         polls   mean    p50    p90    p95  at equal polls  objective  ÷ optimum    won")
	for _, f := range append(r.Policies[:len(r.Policies):len(r.Policies)], r.Optimum, r.Clairvoyant) {
		fmt.Fprintf(w, "%-12s  %6.2f  %5.2f  %5.2f  %5.2f  %5.2f  %14.3f  %9.3f  %9.3f  %5.0f\n", f.Name, f.PollsPerParcel, f.MeanDelayHours,
			f.P50DelayHours, f.P90DelayHours, f.P95DelayHours, f.DelayAtEqualPollsHours, f.Objective, f.ObjectiveToOptimum, f.Won)
	}
	r.printCapped(w)
	r.printIntervals(w)
	fmt.Fprintln(w, "\nmean delay by what the parcel became, hours (p95):")
	for _, f := range r.Policies {
		fmt.Fprintf(w, "%-12s", f.Name)
		for _, s := range f.ByStage {
			fmt.Fprintf(w, "  %s %.2f (%.2f)", s.Stage, s.MeanDelayHours, s.P95DelayHours)
		}
		fmt.Fprintln(w)
	}
	r.printPromises(w)
}
