package schedule

import (
	"math"
	"time"
)

// Adaptive asks when not having asked has cost as much as asking will.
//
// From each poll on a parcel's debt grows by worth × the expected number of changes that have come unseen, and the next poll is due
// when the debt has reached the price of a poll. For a constant hazard that gives intervals of √(2 × price / (worth × hazard)), so
// that polls lie as densely as the square root of (worth × hazard). Where hazards jump it does better than a debt that grows with
// the square root itself: what may have come just before a quiet night goes on costing through the night, and is asked about soon.
//
// Where pushes tell of a part of the changes ([View].Recall, up to 0.995), only the rest adds to the debt: at a recall of 0.8 polls lie
// √0.2 times as densely, 45 %.
//
// Worth and price come in won; what counts is their ratio. Doubling the worth, or halving the price, makes polls √2 times as
// dense. Next allocates nothing and needs no state but the View.
//
// A number that may be asked View.Cap times on a Korean day is not asked more often: what is left of the day's polls goes to where
// worth × hazard is largest. After answers that do not know the number (View.Absent) the price counts double each time from the
// second on, so that intervals grow by √2 up to a day. View.Phase moves intervals by up to 12 % either way.
type Adaptive struct {
	Model   *Model        // hazards; required
	Worth   Worth         // won an hour
	PollWon float64       // price of one poll in won, more than zero
	Longest time.Duration // never longer than this without a poll; zero means two days
}

const longestSilence = 48 * time.Hour

// Next is when the debt is due, on a day whose polls are not used up.
func (a Adaptive) Next(v View) time.Time {
	next, _ := a.plan(&v, a.Model.outlook(&v))
	return next
}

// Why names the time and what made it.
func (a Adaptive) Why(v View) string { return a.Reason(v).String() }

const halfHour = 30 * 60 // in seconds

// koreaSeconds counts seconds of Korea's clock from the beginning of 1970.
func koreaSeconds(t time.Time) int64 { return t.Unix() + 9*60*60 }

// halfHourAfter is the end of the half hour of the clock that at, in seconds, is in.
func halfHourAfter(at int64) int64 { return at - floorMod(at, halfHour) + halfHour }

// plan is the next poll, and whether a debt makes it or only the longest silence.
func (a Adaptive) plan(v *View, o outlook) (next time.Time, due bool) {
	if next, due = a.due(v, o); v.Cap > 0 {
		next = a.withinCap(v, o, next)
	}
	return next, due
}

// due is plan without a cap.
func (a Adaptive) due(v *View, o outlook) (next time.Time, due bool) {
	longest := a.Longest
	if longest <= 0 {
		longest = longestSilence
	}
	if v.Absent > 0 {
		longest = min(longest, longestAbsence)
	}
	left, unseen := a.PollWon*v.backOff()*v.spread()/v.unsignalled(), 0.0 // of the debt in won, and its speed in won/h
	start := koreaSeconds(v.Now)
	end, half := start+int64(longest/time.Second), floorDiv(start, halfHour)
	var speeds [8]float64
	elapsed, hours := 0.0, float64((half+1)*halfHour-start)/3600
	for at := start; at < end; at = half * halfHour {
		for _, speed := range speeds[:o.ahead(half, at, &a.Worth, &speeds)] {
			cost := (unseen + speed*hours/2) * hours
			if cost >= left {
				// The root of speed / 2 × t² + unseen × t = left, in the form that bears a speed of nothing.
				elapsed += 2 * left / (unseen + math.Sqrt(unseen*unseen+2*speed*left))
				return v.Now.Add(min(max(time.Duration(elapsed*float64(time.Hour)), time.Minute), longest)), true
			}
			left -= cost
			unseen += speed * hours
			elapsed += hours
			hours = 0.5
			half++
		}
	}
	return v.Now.Add(longest - time.Duration(v.Phase*widest*float64(longest))), false
}
