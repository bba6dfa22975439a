package schedule

import (
	"math"
	"time"
)

// widest is how far an interval is moved at most, as a share of it. A cost that is flat around its least bears that: evenly spread
// over 12 % either way it rises by 0.12² / 6, or 0.24 %.
const widest = 0.12

// shift is by how much of an interval a poll is moved. It is the same after each poll of a parcel, so that parcels which began together
// part ever further.
func (v *View) shift() float64 {
	if v.Phase == 0 {
		return 0
	}
	return widest * (2*v.Phase - 1)
}

// spread is a factor of the debt at which a poll is due. A debt grows with the square of time.
func (v *View) spread() float64 { return (1 + v.shift()) * (1 + v.shift()) }

const (
	longestAbsence = 24 * time.Hour // between polls of a number that nobody knows
	mostDoublings  = 20             // of the price; intervals are a day long by then
)

// backOff is a factor of the price after answers that did not know the number: no data is normal for hours after a label is printed,
// and some providers bill each such answer.
func (v *View) backOff() float64 {
	return math.Ldexp(1, min(max(v.Absent-1, 0), mostDoublings))
}
