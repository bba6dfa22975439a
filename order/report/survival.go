package report

import "slices"

// Estimate tells after how long shipped parcels are delivered, with those that are not (Kaplan–Meier): each open one says that
// it took longer than it has been waited for, and no more. A parcel that is lost, or goes back, is waited for in vain to this
// day, and one that nobody looks after any more until then. Cancelled ones were never shipped.
//
// Where a courier gives a day without a clock time, or no time at all, the latest time is taken at which the delivery can have
// happened: leaving out delivered parcels alone would lengthen every wait.
type Estimate struct {
	Parcels   int    `json:"parcels"`   // that it is made from
	Delivered int    `json:"delivered"` // of them
	P50       Figure `json:"p50_hours"` // from ship-out until half of all are delivered; absent while so many are not
	P90       Figure `json:"p90_hours"` // likewise nine tenths
}

// rounding is how much the share of parcels that are not delivered may exceed its bound: products of a million factors err by
// less, and differ from the next share by more.
const rounding = 1e-9

// estimate sorts both samples: the times to delivery, and how long the others have been waited for.
func estimate(delivered, waiting sample) Estimate {
	slices.Sort(delivered)
	slices.Sort(waiting)
	e := Estimate{Parcels: len(delivered) + len(waiting), Delivered: len(delivered)}
	// The share that is left is kept ÷ begun × left, where begun is how many were at risk when somebody last ceased to be waited
	// for. Between two such losses the factors cancel, and dividing once keeps the error small.
	share, begun, left := 1.0, e.Parcels, e.Parcels
	lost := 0
	for i := 0; i < len(delivered); {
		at := delivered[i]
		gone := lost
		for lost < len(waiting) && waiting[lost] < at { // who is waited for until now still counts now
			lost++
		}
		if lost > gone {
			share *= float64(left) / float64(begun)
			left -= lost - gone
			begun = left
		}
		for ; i < len(delivered) && delivered[i] == at; i++ {
			left--
		}
		remaining := share * float64(left) / float64(begun)
		if !e.P50.Known && remaining <= 0.5*(1+rounding) {
			e.P50 = known(hours(at))
		}
		if !e.P90.Known && remaining <= 0.1*(1+rounding) {
			e.P90 = known(hours(at))
		}
	}
	return e
}
