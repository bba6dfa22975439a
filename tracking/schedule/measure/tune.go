package measure

import (
	"errors"
	"math"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

// ErrNoPrice means that no price of a poll gives the wanted number of polls.
var ErrNoPrice = errors.New("measure: no price gives so many polls")

// Tune finds the price of a poll in won at which the policies that policy gives for a price ask so many times for each parcel, to
// within one in a thousand, or the nearest there is. It replays the timelines some twenty times.
func Tune(timelines []schedule.Timeline, pollsPerParcel float64, policy func(pollWon float64) schedule.Policy) (pollWon float64, err error) {
	low, high := 1e-6, 1e6 // won; the logarithm is halved
	polls := func(price float64) (float64, error) {
		o, err := Replay(policy(price), timelines)
		return o.PollsPerParcel(), err
	}
	for range 40 {
		pollWon = math.Sqrt(low * high)
		got, err := polls(pollWon)
		switch {
		case err != nil:
			return 0, err
		case math.Abs(got/pollsPerParcel-1) < 0.001:
			return pollWon, nil
		case got > pollsPerParcel:
			low = pollWon
		default:
			high = pollWon
		}
	}
	if low < 2e-6 || high > 5e5 {
		return 0, ErrNoPrice
	}
	return pollWon, nil
}
