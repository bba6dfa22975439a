// Package invented draws lives of parcels for the tests of schedules and of what measures them. All times are minutes after the midnight
// with which a Monday begins in Korea; the same seed gives the same lives.
package invented

import (
	"iter"
	"math/rand/v2"
)

// Deliveries gives when each of n parcels opened and was delivered. They open at any minute of a week, and their courier likes some hours
// of the day better than others and rests on Sundays.
func Deliveries(seed uint64, n int) iter.Seq2[int, int] {
	return func(yield func(opened, delivered int) bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range n {
			opened := r.IntN(7 * 24 * 60)
			at := opened
			for {
				at += 1 + r.IntN(30)
				day, hour := at/(24*60)%7, at/60%24
				if day < 6 && hour >= 9 && hour < 19 && r.IntN(40) == 0 {
					break
				}
			}
			if !yield(opened, at) {
				return
			}
		}
	}
}

// Journeys gives when each of n labels was printed, and when its parcel was picked up, at a hub, on the van and at the door.
func Journeys(seed uint64, n int) iter.Seq2[int, [4]int] {
	return func(yield func(opened int, at [4]int) bool) {
		r := rand.New(rand.NewPCG(seed, 2))
		for range n {
			day := r.IntN(5) * 24 * 60
			pickup := day + 14*60 + r.IntN(5*60)
			hub := pickup + 60 + r.IntN(8*60)
			van := day + 24*60 + 6*60 + r.IntN(3*60)
			door := van + 60 + r.IntN(9*60)
			if !yield(pickup-60-r.IntN(120), [4]int{pickup, hub, van, door}) {
				return
			}
		}
	}
}
