package schedule

import "github.com/waybill-dev/waybill/tracking"

// Worth is what it is worth to know of a change one hour earlier, in won, by the status that the parcel became.
type Worth [len(worthOf)]float64

// worthOf is the worth of each status against that of DELIVERED: where money, stock or a person waits for the news it counts in
// full, a message to the recipient less, a hub scan hardly at all. A decision of this project; hosts set their own.
var worthOf = [...]float64{
	tracking.StatusUnknown:        0,
	tracking.StatusPending:        0,
	tracking.StatusRegistered:     0.05,
	tracking.StatusPickupReady:    0.05,
	tracking.StatusPickedUp:       0.4,
	tracking.StatusInTransit:      0.05,
	tracking.StatusOutForDelivery: 0.7,
	tracking.StatusDelivered:      1,
	tracking.StatusFailed:         1,
	tracking.StatusHold:           1,
	tracking.StatusReturned:       1,
	tracking.StatusCancelled:      1,
}

// Worths gives every status its usual worth, where an hour of earlier news of a delivery is worth that many won.
func Worths(wonPerHour float64) Worth {
	var w Worth
	for s, relative := range worthOf {
		w[s] = relative * wonPerHour
	}
	return w
}

// Of is the worth of news of a change to a status, 0 of one that is none.
func (w *Worth) Of(s tracking.Status) float64 {
	if int(s) < len(w) {
		return w[s]
	}
	return 0
}
