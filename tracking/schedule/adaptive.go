package schedule

import (
	"fmt"
	"math"
	"time"
)

// Adaptive asks when not having asked has cost as much as asking will.
//
// From each poll on a parcel's debt grows by worth × the odds that the change has come unseen, and the next poll is due when the
// debt has reached the price of a poll. For a constant hazard h that is the exact optimum, the interval d with
// e^(hd) = 1 + hd + h × price / worth; for small intervals it is √(2 × price / (worth × hazard)), so that polls lie as densely as
// the square root of (worth × hazard). Where hazards jump it does better than a debt of square roots, because what may have come
// just before a quiet night goes on costing through the night and is asked about soon.
//
// Worth and price come in won; what counts is their ratio. Doubling the worth, or halving the price, makes polls √2 times as
// dense. Next allocates nothing and needs no state but the View.
type Adaptive struct {
	Model   *Model        // hazards; required
	Worth   Worth         // won an hour
	PollWon float64       // price of one poll in won, more than zero
	Longest time.Duration // never longer than this without a poll; zero means two days
}

const longestSilence = 48 * time.Hour

// Next is when the debt is due.
func (a Adaptive) Next(v View) time.Time { next, _ := a.due(v); return next }

// Why names the time and what made it.
func (a Adaptive) Why(v View) string {
	next, due := a.due(v)
	if !due {
		return fmt.Sprintf("asked after %s because nothing is expected before", shortly(next.Sub(v.Now)))
	}
	likely, most, chance := v.Status, 0.0, 0.0
	for _, h := range a.Model.hazards(v.Courier, v.Status) {
		came := a.Model.since(v, next, h)
		if worth := came * a.Worth.of(h.to); worth > most {
			likely, most, chance = h.to, worth, came
		}
	}
	return fmt.Sprintf("asked at %s because %s has come with a chance of %.0f %%", next.In(korea).Format("15:04"), likely, 100*chance)
}

// since is the probability that the change h comes between v.Now and a later time.
func (m *Model) since(v View, until time.Time, h *hazard) float64 {
	var sum float64
	changed, end := minuteOf(v.Changed), koreaSeconds(until)
	for at := koreaSeconds(v.Now); at < end; {
		next := min(at-at%halfHour+halfHour, end)
		sum += h.rate(cellAt(at/60, changed)) * float64(next-at) / 3600
		at = next
	}
	return -math.Expm1(-sum)
}

const halfHour = 30 * 60 // in seconds

// koreaSeconds counts seconds of Korea's clock from the beginning of 1970.
func koreaSeconds(t time.Time) int64 { return t.Unix() + 9*60*60 }

// due is the next poll, and whether a debt makes it or only the longest silence.
func (a Adaptive) due(v View) (next time.Time, due bool) {
	longest := a.Longest
	if longest <= 0 {
		longest = longestSilence
	}
	hazards := a.Model.hazards(v.Courier, v.Status)
	changed := minuteOf(v.Changed)
	d := debt{left: a.PollWon, certainty: 1}
	start := koreaSeconds(v.Now)
	end := start + int64(longest/time.Second)
	for at := start; at < end; {
		next := at - at%halfHour + halfHour
		worth, rate := weigh(hazards, cellAt(at/60, changed), &a.Worth)
		if hours, paid := d.grow(worth, rate, float64(next-at)/3600); paid {
			after := time.Duration(at-start)*time.Second + time.Duration(hours*float64(time.Hour))
			return v.Now.Add(min(max(after, time.Minute), longest)), true
		}
		at = next
	}
	return v.Now.Add(longest), false
}

// debt is what not knowing has cost since the last poll.
type debt struct {
	left      float64 // of the price, in won
	unseen    float64 // worth × odds of what may have come: the speed of the debt, in won an hour
	certainty float64 // of the change: the reciprocal of the probability that it has not come
}

const surest = 1e12 // beyond it a figure would overflow, and the debt is due anyway

// grow lets hours pass at a constant worth × hazard and hazard of any change. When the debt reaches the price before they have
// passed, it gives the hours until then.
func (d *debt) grow(worth, rate, hours float64) (until float64, due bool) {
	grown, cost := d.after(worth, rate, hours)
	if cost < d.left {
		d.left -= cost
		d.unseen += worth * d.certainty * grown
		d.certainty = min(d.certainty*(1+rate*grown), surest)
		return 0, false
	}
	// The cost is convex in time, so that Newton's steps come down to the root from the right and never pass it.
	until = hours
	for range 30 {
		if cost-d.left <= 1e-9*d.left {
			break
		}
		until -= (cost - d.left) / (d.unseen + worth*d.certainty*grown)
		grown, cost = d.after(worth, rate, until)
	}
	return until, true
}

// after is how much the debt grows within so many hours, and the hours as they grow with certainty: (e^(rate × hours) − 1) / rate.
func (d *debt) after(worth, rate, hours float64) (grown, cost float64) {
	speed := worth * d.certainty
	x := rate * hours
	if x < 1e-4 {
		return hours, d.unseen*hours + speed*hours*hours/2
	}
	grown = math.Expm1(x) / rate
	return grown, d.unseen*hours + speed*(grown-hours)/rate
}
