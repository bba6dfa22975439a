package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// capped compares policies that may ask about a number so many times on a Korean day: an even spread of them all, and the adaptive
// policy at the price of the report, which may leave some.
type capped struct {
	PollsADay int    `json:"polls_a_day"`
	Even      figure `json:"even"`
	Adaptive  figure `json:"adaptive"`

	// The mean delay to delivery of the adaptive policy, divided by that of the even spread; 0 where nothing is delivered late.
	DeliveredToEven         float64  `json:"delivered_to_even"`
	DeliveredToEvenInterval interval `json:"delivered_to_even_95"`

	outcomes [2]measure.Outcome // even, adaptive
}

// caps are those of a provider's free and paid plans (reported).
var caps = []int{10, 20}

func (r *report) withinCaps() error {
	for _, most := range caps {
		timelines := slices.Clone(r.test)
		for i := range timelines {
			timelines[i].Cap = most
		}
		c := capped{PollsADay: most}
		for i, p := range []schedule.Policy{schedule.Fixed{Every: 24 * time.Hour / time.Duration(most)}, r.curve(r.PriceHours)} {
			var err error
			if c.outcomes[i], err = measure.Replay(p, timelines); err != nil {
				return fmt.Errorf("%d polls a day: %w", most, err)
			}
		}
		c.Even = r.figure(fmt.Sprintf("even-%d", most), c.outcomes[0])
		c.Adaptive = r.figure(fmt.Sprintf("adaptive-%d", most), c.outcomes[1])
		c.DeliveredToEven = deliveredRatio(c.outcomes[1].Means(), c.outcomes[0].Means())
		r.Capped = append(r.Capped, c)
	}
	return nil
}

func deliveredRatio(own, other measure.Means) float64 {
	if other.Delay(tracking.StatusDelivered) == 0 {
		return 0
	}
	return own.Delay(tracking.StatusDelivered) / other.Delay(tracking.StatusDelivered)
}

func (r *report) printCapped(w io.Writer) {
	fmt.Fprintln(w, "\nat most so many polls a day, an even spread of them and the adaptive policy (delay to delivery ÷ that of the even spread):")
	for _, c := range r.Capped {
		for _, f := range []figure{c.Even, c.Adaptive} {
			fmt.Fprintf(w, "%-12s  %6.2f  %5.2f  %5.2f  %5.2f  %5.2f  %14.3f  %9.3f", f.Name, f.PollsPerParcel, f.MeanDelayHours,
				f.P50DelayHours, f.P90DelayHours, f.P95DelayHours, f.DelayAtEqualPollsHours, f.Objective)
			if f.Name == c.Adaptive.Name {
				fmt.Fprintf(w, "  (%.3f, %v)", c.DeliveredToEven, c.DeliveredToEvenInterval)
			}
			fmt.Fprintln(w)
		}
	}
}
