package main

import (
	"fmt"
	"io"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// promise is what the adaptive policy was expected to give on the test side before it was played there, or what it gave.
type promise struct {
	From           string          `json:"from"` // hazards, or past parcels; or happened
	Parcels        int             `json:"parcels"`
	PollsPerParcel float64         `json:"polls_per_parcel"`
	Won            float64         `json:"won"`
	ByStage        []promisedStage `json:"by_stage"`
}

type promisedStage struct {
	Stage          string  `json:"stage"`
	MeanDelayHours float64 `json:"mean_delay_hours"`
	P95DelayHours  float64 `json:"p95_delay_hours"`
}

// promises asks for the promise twice, of parcels drawn from the learned hazards and of those learned from, and puts it beside what
// happened. Of the test side neither knows anything.
func (r *report) promises(learned []parcel, fit []schedule.Timeline) ([]promise, error) {
	const perDay = 100 // any number; nothing here hangs on it
	f := measure.Forecast{
		Policy: schedule.Adaptive{Model: r.model, Worth: hours}, Population: measure.PopulationOf(lives(learned), perDay), ItemWon: r.PriceHours,
	}
	hazards, err := f.At(r.PriceHours)
	if err != nil {
		return nil, fmt.Errorf("promise: %w", err)
	}
	f.Lives = fit
	past, err := f.At(r.PriceHours)
	if err != nil {
		return nil, fmt.Errorf("promise: %w", err)
	}
	return []promise{r.promised("hazards", hazards), r.promised("past parcels", past), r.happened()}, nil
}

func (r *report) promised(from string, p measure.Promise) promise {
	of := promise{From: from, Parcels: p.Parcels, PollsPerParcel: rounded(p.PollsPerParcel), Won: rounded(r.PollWon * p.PollsPerParcel)}
	for _, e := range p.ByStatus {
		of.ByStage = append(of.ByStage, promisedStage{e.Status.String(), rounded(e.MeanHours), rounded(e.P95Hours)})
	}
	return of
}

func (r *report) happened() promise {
	of := promise{From: "happened", Parcels: r.TestTimelines}
	for _, p := range r.Policies {
		if p.Name != "adaptive" {
			continue
		}
		of.PollsPerParcel, of.Won = p.PollsPerParcel, p.Won
		for _, s := range p.ByStage {
			of.ByStage = append(of.ByStage, promisedStage{s.Stage.String(), s.MeanDelayHours, s.P95DelayHours})
		}
	}
	return of
}

func (r *report) printPromises(w io.Writer) {
	fmt.Fprintln(w, "\nadaptive as promised before the fact and as it happened, polls and hours (p95):")
	for _, p := range r.Promises {
		fmt.Fprintf(w, "%-12s  %6.2f", p.From, p.PollsPerParcel)
		for _, s := range p.ByStage {
			fmt.Fprintf(w, "  %s %.2f (%.2f)", s.Stage, s.MeanDelayHours, s.P95DelayHours)
		}
		fmt.Fprintln(w)
	}
}
