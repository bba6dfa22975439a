package schedule

import (
	"fmt"
	"math"
	"time"
)

const (
	// neverHeard is the share of parcels that never show another change, whatever the hazards say, which are learned from those
	// that did (our decision).
	neverHeard = 0.02
	// useful is for how long news is of use that nobody has asked for: by then somebody has found out by other means (our decision).
	useful = 7 * 24 * time.Hour

	// longestRest is a silence that is no sign of anything: a public holiday between two weekends (our decision).
	longestRest = 7 * 24 * time.Hour

	stopStep  = 12 * time.Hour
	stopSteps = int(2 * Horizon / stopStep)
)

// Stop tells when asking is no longer worth a poll unless something new is seen, and why: from then on worth × the probability that
// anything changes before the watch is as old as [Horizon] × the time for which knowing it is of use is less than PollWon.
// It is the zero time for parcels at an end, whose watches have rules of their own, and for statuses of which the model knows nothing.
//
// The longer a parcel is silent, the likelier it is one that will never be heard of again: one in fifty is taken to be so from the
// outset, and news to be of use for a week (our decisions). It is at least a week after Changed, for holidays are silent too, and a
// day after Opened. What Stop says depends on Courier, Status, Opened and Changed alone, so that it changes with news only. It comes
// in half days and takes some tens of microseconds: it is for when news comes, not for every poll.
func (a Adaptive) Stop(v View) (at time.Time, why string) {
	hazards := a.Model.hazards(v.Courier, v.Status)
	if len(hazards) == 0 || isEnd(v.Status) {
		return time.Time{}, ""
	}
	end := v.Opened.Add(Horizon)
	start := later(v.Changed, v.Opened.Add(-Horizon))
	steps := min(int(end.Sub(start)/stopStep), stopSteps)
	var gains, silent [stopSteps + 1]float64
	for i := range silent {
		silent[i] = 1
	}
	for _, h := range hazards {
		a.expect(h, v, start, end, gains[:max(steps, 0)+1], silent[:])
	}
	k := steps
	for k > 0 && alive(silent[k-1])*gains[k-1] < a.PollWon {
		k--
	}
	k = max(k, min(int(v.Changed.Add(longestRest).Sub(start)/stopStep), steps), 0)
	at = later(start.Add(time.Duration(k)*stopStep), v.Opened.Add(24*time.Hour))
	chance := alive(silent[k]) * (1 - silent[max(steps, 0)]/silent[k])
	return at, fmt.Sprintf("not asked after %.1f days in %s: the chance of %.2g %% that anything changes is not worth a poll",
		at.Sub(v.Changed).Hours()/24, v.Status, 100*chance)
}

// expect adds, for each step from start on, what news of one change will be worth to who goes on, and lowers to the probability of
// the change that it has not come.
func (a *Adaptive) expect(h *hazard, v View, start, end time.Time, gains, silent []float64) {
	var clock float64
	for _, f := range h.half {
		clock += f / halfHours
	}
	var come [stopSteps]float64
	o, stay := a.Model.outlook(&v), 1.0
	for k := range len(gains) - 1 {
		c := o.cell(floorDiv(koreaSeconds(start.Add(time.Duration(k)*stopStep+stopStep/2)), halfHour))
		come[k] = surprise(h.base[c.age]*clock*h.day[c.day], stopStep.Hours())
		stay *= 1 - come[k]
		silent[k+1] = min(silent[k+1], max(stay, math.SmallestNonzeroFloat64))
	}
	var won float64
	for k := len(gains) - 2; k >= 0; k-- {
		left := end.Sub(start) - time.Duration(k)*stopStep - stopStep/2
		won = come[k]*a.Worth.Of(h.to)*min(left, useful).Hours() + (1-come[k])*won
		gains[k] += won
	}
}

// alive is the probability that a parcel will be heard of again which has shown nothing for so long that of those heard of again
// only a share silent has not.
func alive(silent float64) float64 {
	return (1 - neverHeard) * silent / ((1-neverHeard)*silent + neverHeard)
}
