package schedule

import (
	"math"
	"time"
)

// mostTrusted is the most that [View].Recall is believed: polls thin out to √(1 − 0.995), a fourteenth of their density, and no
// further, so that what no push tells of is found all the same.
const mostTrusted = 0.995

// unsignalled is the share of changes that no push is expected to tell of.
func (v View) unsignalled() float64 {
	if v.Recall > 0 { // which NaN is not
		return 1 - min(v.Recall, mostTrusted)
	}
	return 1
}

// recall estimates, for parcels that a provider pushes about, the share of changes of which a push tells before a poll does. The zero
// value has heard nothing and trusts nothing.
//
// It counts changes, each weighing the less the more came after it, and believes beforehand in misses, so that trust needs evidence:
// 10 pushes in a row give 0.83, 100 give 0.98. A change that a poll found young may only have come before its push: it counts as told
// by as much as the delay of pushes so far makes that likely, and as missed by the rest. Counting only what polls found when it was
// older than an hour would believe in pushes that never come, wherever polls come every hour. Where polls leave pushes little time the
// estimate is too low.
//
// A recall is not safe for concurrent use.
type recall struct {
	told   float64 // changes that a push told of
	missed float64 // changes that a poll found, and no push was under way
	lag    float64 // hours from the changes to the pushes that told of them, summed up
}

const (
	// recallMemory is how many later changes it takes until one weighs 1/e of the newest. Fewer notice sooner that pushes are lost, more
	// know a recall near 1 better.
	recallMemory = 300.0
	// recallDoubt is the weight of what is believed before, in missed changes.
	recallDoubt = 2.0
	// usualLag is believed before anything was pushed, in hours, with the weight of so many pushes.
	usualLag, usualLagWeight = 0.25, 4.0
	// longestLag bounds what one push that is very late can teach, in hours.
	longestLag = 12.0
)

// pushed takes note of a change that a push told of first, so long after it happened.
func (r *recall) pushed(age time.Duration) {
	r.forget()
	r.told++
	r.lag += min(max(age.Hours(), 0), longestLag)
}

// polled takes note of a change that a poll found first, so long after it happened.
func (r *recall) polled(age time.Duration) {
	missing, lag := r.missing(age), r.meanLag()
	r.forget()
	r.missed += missing
	r.told += 1 - missing
	r.lag += (1 - missing) * lag
}

// missing is how likely it is that no push comes about a change of that age of which none has come.
func (r recall) missing(age time.Duration) float64 {
	coming := r.share() * math.Exp(-max(age.Hours(), 0)/r.meanLag())
	return (1 - r.share()) / (coming + 1 - r.share())
}

func (r *recall) forget() {
	const left = 1 - 1/recallMemory
	r.told *= left
	r.missed *= left
	r.lag *= left
}

// share is the estimate, from 0 to less than 1.
func (r recall) share() float64 { return r.told / (r.told + r.missed + recallDoubt) }

// delay is the mean time from a change to the push that told of it.
func (r recall) delay() time.Duration { return time.Duration(r.meanLag() * float64(time.Hour)) }

func (r recall) meanLag() float64 {
	return (r.lag + usualLag*usualLagWeight) / (r.told + usualLagWeight)
}
