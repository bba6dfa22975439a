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
func (a Adaptive) Why(v View) string { return a.Reason(v).String() }

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
	d := debt{left: a.PollWon}
	start := koreaSeconds(v.Now)
	end := start + int64(longest/time.Second)
	for at := start; at < end; {
		next := at - at%halfHour + halfHour
		worth := weigh(hazards, cellAt(at/60, changed), &a.Worth)
		if hours, paid := d.grow(worth, float64(next-at)/3600); paid {
			after := time.Duration(at-start)*time.Second + time.Duration(hours*float64(time.Hour))
			return v.Now.Add(min(max(after, time.Minute), longest)), true
		}
		at = next
	}
	return v.Now.Add(longest), false
}

// debt is what not knowing has cost since the last poll.
type debt struct {
	left   float64 // of the price, in won
	unseen float64 // worth × what may have come: the speed of the debt, in won an hour
}

// grow lets hours pass at a constant worth × hazard. When the debt reaches the price before they have passed, it gives the hours
// until then.
func (d *debt) grow(worth, hours float64) (until float64, due bool) {
	cost := d.unseen*hours + worth*hours*hours/2
	if cost < d.left {
		d.left -= cost
		d.unseen += worth * hours
		return 0, false
	}
	// The root of worth / 2 × t² + unseen × t = left, in the form that bears a worth of nothing.
	return 2 * d.left / (d.unseen + math.Sqrt(d.unseen*d.unseen+2*worth*d.left)), true
}
