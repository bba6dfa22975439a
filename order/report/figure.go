package report

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Figure is a number that may be absent: a rate of nothing, a quantile that is not reached. The zero value is absent.
// In JSON it is a number or null.
type Figure struct {
	Value float64 // 0 when not known
	Known bool
}

func known(value float64) Figure { return Figure{Value: value, Known: true} }

// ratio is part by whole, absent for a whole of 0.
func ratio[N int | int64](part N, whole int) Figure {
	if whole == 0 {
		return Figure{}
	}
	return known(float64(part) / float64(whole))
}

// MarshalJSON writes a number or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Known {
		return []byte("null"), nil
	}
	return json.Marshal(f.Value)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Figure) UnmarshalJSON(text []byte) error {
	*f = Figure{}
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(text, &f.Value); err != nil {
		return err
	}
	f.Known = true
	return nil
}

// Spread describes how long something took, in hours, exact to the second. P50 and P90 are nearest ranks: the smallest value
// that is not exceeded in half, or nine tenths, of all cases. The zero value is that of no case, and has no other meaning.
type Spread struct {
	Count int     `json:"count"`
	Mean  float64 `json:"mean_hours"`
	P50   float64 `json:"p50_hours"`
	P90   float64 `json:"p90_hours"`
	Max   float64 `json:"max_hours"`
}

// sample is a list of durations in seconds, in no order.
type sample []int32

// add takes a duration of 0 or more; beyond 68 years it is as good as 68 years.
func (s *sample) add(d time.Duration) { *s = append(*s, int32(min(d/time.Second, math.MaxInt32))) }

// spread sorts the sample.
func (s sample) spread() Spread {
	if len(s) == 0 {
		return Spread{}
	}
	slices.Sort(s)
	var sum int64 // whole seconds, so that the order of the parcels does not show in the mean
	for _, seconds := range s {
		sum += int64(seconds)
	}
	return Spread{
		Count: len(s), Mean: float64(sum) / float64(len(s)) / 3600,
		P50: hours(s.rank(50)), P90: hours(s.rank(90)), Max: hours(s[len(s)-1]),
	}
}

// rank gives the smallest value that percent of the sorted sample do not exceed.
func (s sample) rank(percent int) int32 { return s[(len(s)*percent+99)/100-1] }

func hours(seconds int32) float64 { return float64(seconds) / 3600 }
