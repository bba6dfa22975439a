package main

import (
	"math"
	"os"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

const plotSample = 400 // timelines at most in a curve; the rings are of all

// mark is polls per parcel and mean delay in hours, in which each change counts by its worth: what the policies weigh against polls.
type mark struct{ polls, delay float64 }

func markOf(f figure) mark {
	var worth, delay float64
	for _, s := range f.ByStage {
		worth += hours[s.Stage] * float64(s.Events)
		delay += hours[s.Stage] * float64(s.Events) * s.MeanDelayHours
	}
	if worth == 0 {
		return mark{f.PollsPerParcel, 0}
	}
	return mark{f.PollsPerParcel, delay / worth}
}

// curve is what one policy gives at any price of a poll, and where it stands at the price of the report.
type curve struct {
	name, korean, colour string
	dash                 string
	marks                []mark
	judged               []mark // none of a policy that was not judged at its own price
}

// plot writes delay against cost: every policy over prices from a 64th of the judged one to 64 times it, between the best schedule
// for the learned hazards and the bound of who knows the future.
func (r *report) plot(name string) error {
	curves, err := r.curves()
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(picture(curves, r.PollWon, len(r.test))), 0o644)
}

func (r *report) curves() ([]curve, error) {
	sample := r.test
	if step := (len(sample) + plotSample - 1) / plotSample; step > 1 {
		sample = nil
		for i := 0; i < len(r.test); i += step {
			sample = append(sample, r.test[i])
		}
	}
	curves := []curve{
		{name: "fixed interval", korean: "고정 간격", colour: "#777", judged: r.marksOf("fixed-2h", "fixed-3h")},
		{name: "status table", korean: "상태별 표", colour: "#b7791f", judged: r.marksOf("status-table")},
		{name: "adaptive", korean: "학습형", colour: "#0060c0", judged: r.marksOf("adaptive")},
		{name: "best for the learned hazards", korean: "학습된 확률의 최적", colour: "#c02020", dash: "6 3", judged: []mark{markOf(r.Optimum)}},
		{name: "knowing the future", korean: "미래를 아는 하한", colour: "#2f855a", dash: "2 3", judged: []mark{markOf(r.Clairvoyant)}},
	}
	for i := range 13 {
		root := math.Pow(2, float64(i-6)/2) // intervals go with the root of the price
		price := r.PriceHours * root * root
		for k, p := range []schedule.Policy{
			schedule.Fixed{Every: time.Duration(2 * root * float64(time.Hour))}, stretched{schedule.StatusTable{}, root}, r.curve(price),
			&schedule.Optimum{Model: r.model, Worth: hours, PollWon: price},
		} {
			o, err := measure.Replay(p, sample)
			if err != nil {
				return nil, err
			}
			curves[k].marks = append(curves[k].marks, markOf(r.figure("", o)))
		}
		o := measure.Clairvoyant(sample, hours, price)
		curves[4].marks = append(curves[4].marks, markOf(r.figure("", o)))
	}
	return curves, nil
}

func (r *report) marksOf(names ...string) (marks []mark) {
	for _, p := range r.Policies {
		for _, name := range names {
			if p.Name == name {
				marks = append(marks, markOf(p))
			}
		}
	}
	return marks
}

// stretched asks in intervals so many times as long.
type stretched struct {
	schedule.Policy
	factor float64
}

// Next is later or sooner than that of the policy.
func (s stretched) Next(v schedule.View) time.Time {
	return v.Now.Add(max(time.Duration(s.factor*float64(s.Policy.Next(v).Sub(v.Now))), time.Minute))
}
