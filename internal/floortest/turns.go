package floortest

import (
	"slices"
	"time"
)

// Took is what each side took for one time, in nanoseconds, in each of its turns.
type Took [][]float64

// Turns does every side n times, in turns of so many times each, so that all of them have their share of what else the machine does.
func Turns(n, per int, sides ...func() error) (Took, error) {
	took := make(Took, len(sides))
	for ; n > 0; n -= per {
		for i, do := range sides {
			t, err := timed(min(n, per), do)
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], t)
		}
	}
	return took, nil
}

// Median is what a side took, in nanoseconds.
func (t Took) Median(side int) float64 { return median(t[side]) }

// Ratio is what a side took as a multiple of the floor, which is another side: the median of those of the turns.
func (t Took) Ratio(side, floor int) float64 {
	ratios := make([]float64, len(t[side]))
	for i := range ratios {
		ratios[i] = t[side][i] / t[floor][i]
	}
	return median(ratios)
}

// timed gives the nanoseconds that each of n times took.
func timed(n int, do func() error) (float64, error) {
	start := time.Now()
	for range n {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start)) / float64(n), nil
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
