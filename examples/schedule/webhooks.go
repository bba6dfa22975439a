package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// hinted is what the adaptive policy does where a provider pushes. Delays are of the changes that were published in the outage, where
// there is one, else of all.
type hinted struct {
	Name                  string  `json:"name"`
	Recall                float64 `json:"recall"`                   // the share of changes that are pushed, within ten minutes
	Subscribed            int     `json:"subscribed"`               // the most parcels watched at a time
	PollsPerParcel        float64 `json:"polls_per_parcel"`         // that the policy wanted: asks after hints are apart
	PollsToNone           float64 `json:"polls_to_none"`            // against those without webhooks
	AskedAfterHints       float64 `json:"asked_after_hints"`        // a parcel
	Looks                 float64 `json:"looks"`                    // decisions a parcel not to ask yet
	EstimatedRecall       float64 `json:"estimated_recall"`         // at the end
	Silences              int     `json:"silences"`                 // that were noticed, true and false
	NoticedHours          float64 `json:"noticed_hours,omitempty"`  // after the outage began
	Events                int     `json:"events"`                   // changes whose delay counts
	MeanDelayHours        float64 `json:"mean_delay_hours"`         //
	P95DelayHours         float64 `json:"p95_delay_hours"`          //
	P99DelayHours         float64 `json:"p99_delay_hours"`          //
	MeanDelayWithoutHours float64 `json:"mean_delay_without_hours"` // of the same changes without webhooks
	P99DelayWithoutHours  float64 `json:"p99_delay_without_hours"`  //
}

const pushDelay = 10 * time.Minute

// judgeWebhooks plays the test side with webhooks of several kinds.
func (r *report) judgeWebhooks() error {
	policy := r.curve(r.PriceHours)
	dies := outageOf(r.test)
	six, forever := measure.Span{From: dies, Until: dies.Add(6 * time.Hour)}, measure.Span{From: dies, Until: dies.AddDate(10, 0, 0)}
	none, err := measure.ReplayWebhooks(policy, r.test, measure.Webhooks{})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name     string
		webhooks measure.Webhooks
		outage   measure.Span
	}{
		{"none", measure.Webhooks{}, measure.Span{}},
		{"recall 0.8", measure.Webhooks{Recall: 0.8}, measure.Span{}},
		{"recall 0.95", measure.Webhooks{Recall: 0.95}, measure.Span{}},
		{"thin, a false hint in five days", measure.Webhooks{Recall: 0.95, Thin: true, False: 0.2}, measure.Span{}},
		{"silent for six hours", measure.Webhooks{Recall: 0.95}, six},
		{"dead unnoticed", measure.Webhooks{Recall: 0.95}, forever},
	} {
		w := c.webhooks
		w.Model, w.Delay, w.Judged = r.model, pushDelay, c.outage
		without := none.Outcome
		if c.outage != (measure.Span{}) {
			w.Outages = []measure.Span{c.outage}
			o, err := measure.ReplayWebhooks(policy, r.test, measure.Webhooks{Judged: c.outage})
			if err != nil {
				return err
			}
			without = o.Outcome
		}
		o, err := measure.ReplayWebhooks(policy, r.test, w)
		if err != nil {
			return err
		}
		r.Webhooks = append(r.Webhooks, hintedOf(c.name, w, o, without))
	}
	return nil
}

// outageOf is ten in the morning of the day in the middle of all changes.
func outageOf(timelines []schedule.Timeline) time.Time {
	var all []time.Time
	for _, t := range timelines {
		for _, e := range t.Events {
			all = append(all, e.At)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	year, month, day := all[len(all)/2].In(korea).Date()
	return time.Date(year, month, day, 10, 0, 0, 0, korea)
}

func hintedOf(name string, w measure.Webhooks, o measure.Hinted, without measure.Outcome) hinted {
	parcels, d, old := float64(o.Parcels), o.Delay(), without.Delay()
	h := hinted{
		Name: name, Recall: w.Recall, Subscribed: o.Subscribed, PollsPerParcel: o.PollsPerParcel(), PollsToNone: o.PollsPerParcel() / without.PollsPerParcel(),
		AskedAfterHints: float64(o.Asked) / parcels, Looks: float64(o.Looks) / parcels, EstimatedRecall: o.Estimate, Silences: len(o.Silences),
		Events: d.Events, MeanDelayHours: d.Mean, P95DelayHours: d.P95, P99DelayHours: d.P99, MeanDelayWithoutHours: old.Mean, P99DelayWithoutHours: old.P99,
	}
	for _, s := range o.Silences {
		if len(w.Outages) > 0 && h.NoticedHours == 0 && s.From.After(w.Outages[0].From) {
			h.NoticedHours = s.From.Sub(w.Outages[0].From).Hours()
		}
	}
	for _, x := range []*float64{
		&h.PollsPerParcel, &h.PollsToNone, &h.AskedAfterHints, &h.Looks, &h.EstimatedRecall, &h.NoticedHours, &h.MeanDelayHours, &h.P95DelayHours, &h.P99DelayHours,
		&h.MeanDelayWithoutHours, &h.P99DelayWithoutHours,
	} {
		*x = math.Round(*x*1e6) / 1e6
	}
	return h
}

func (r *report) printWebhooks(w io.Writer) {
	if len(r.Webhooks) == 0 {
		return
	}
	fmt.Fprintf(w, "\nadaptive with webhooks, pushes within ten minutes, at most %d parcels subscribed at a time:\n", r.Webhooks[0].Subscribed)
	fmt.Fprintln(w, "                                  polls  ÷ none  asked   mean    p95    p99  mean, p99 without  recall  silences  noticed")
	for _, h := range r.Webhooks {
		noticed := "–"
		if h.NoticedHours > 0 {
			noticed = fmt.Sprintf("%.1f h", h.NoticedHours)
		}
		fmt.Fprintf(w, "%-32s %6.2f  %6.3f  %5.2f  %5.2f  %5.2f  %5.2f  %10.2f  %5.2f  %6.3f  %8d  %7s\n", h.Name, h.PollsPerParcel, h.PollsToNone, h.AskedAfterHints,
			h.MeanDelayHours, h.P95DelayHours, h.P99DelayHours, h.MeanDelayWithoutHours, h.P99DelayWithoutHours, h.EstimatedRecall, h.Silences, noticed)
	}
}
