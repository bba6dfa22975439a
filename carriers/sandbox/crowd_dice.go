package sandbox

import "time"

// dice answers what happens to one parcel. Each question has draws of its own, so that a rate that is changed changes
// nothing else, and nothing is kept. Draws are whole numbers: the same on every machine.
type dice struct{ seed, parcel uint64 }

// question names what is drawn for.
type question uint64

const (
	askCourier question = iota + 1
	askLabel
	askAnnounced
	askOrigin
	askJourney
	askListing
	askFault
	askRemote
	askWindow
	askBranch
	askHour
	askLag
	askDetail
)

// bits draws 64 bits for the n-th time that a question is asked.
func (d dice) bits(q question, n int) uint64 {
	return mixed(mixed(mixed(d.seed+0x9e3779b97f4a7c15)^d.parcel) ^ uint64(q)<<32 ^ uint64(n))
}

// mixed is the finaliser of SplitMix64.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// share draws from 0 up to but not including 1.
func (d dice) share(q question) float64 { return float64(d.bits(q, 0)>>11) / (1 << 53) }

// below draws a whole number from 0 to n-1.
func (d dice) below(q question, try, n int) int { return int(d.bits(q, try) % uint64(n)) }

// minutes draws around h: the sum of three even draws within the spread has that spread.
func (d dice) minutes(h Hour, try int) time.Duration {
	spread, sum := int(h.Spread/time.Minute), 0
	for i := range 3 {
		sum += d.below(askHour, try*3+i, 2*spread+1) - spread
	}
	return h.Mean + time.Duration(sum)*time.Minute
}

// rate is one of several things that exclude each other, and how often it happens.
type rate[T any] struct {
	what  T
	share float64
}

// pick draws one of the rates; the zero value, for none of them, takes what they leave.
func pick[T any](d dice, q question, rates []rate[T]) (none T) {
	drawn := d.share(q)
	for _, r := range rates {
		if drawn < r.share {
			return r.what
		}
		drawn -= r.share
	}
	return none
}
