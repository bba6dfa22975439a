package schedule

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Population is the parcels that come in, by courier and by what is known of them then.
type Population []Flow

// Flow is the parcels of one courier whose watches open in one status.
type Flow struct {
	Courier tracking.Courier
	Status  tracking.Status // as known when the watch opens; zero means REGISTERED, a label that nobody has scanned
	PerDay  float64         // parcels, on average over the week
	Silent  float64         // the share of which nothing is ever heard, 0 to 1: labels printed in vain, asked about to [Horizon]
	// Hours and Days are weights of the hours of the day in Korea, and of the days from Monday on, in which watches open. All
	// zero means that none is different from another.
	Hours [24]float64
	Days  [weekdays]float64
}

// PopulationOf gives so many parcels a day in the mix of these timelines: their couriers, the statuses in which their watches
// opened, and when, and how many were never scanned. When anything happened to the others is not looked at.
func PopulationOf(timelines []Timeline, perDay float64) Population {
	type kind struct {
		courier tracking.Courier
		status  tracking.Status
	}
	var p Population
	index := map[kind]int{}
	for _, t := range timelines {
		k := kind{t.Courier, t.Status}
		i, ok := index[k]
		if !ok {
			i = len(p)
			index[k], p = i, append(p, Flow{Courier: t.Courier, Status: t.Status})
		}
		opened := (*Calendar)(nil).cellAt(minuteOf(t.Opened), minuteOf(t.Opened))
		p[i].Hours[opened.half/2]++
		p[i].Days[opened.day]++
		p[i].PerDay++
		if len(t.Events) == 0 {
			p[i].Silent++
		}
	}
	for i := range p {
		p[i].Silent /= p[i].PerDay
		p[i].PerDay *= perDay / float64(len(timelines))
	}
	return p
}

func (p Population) perDay() (sum float64) {
	for _, f := range p {
		sum += f.PerDay
	}
	return sum
}

// someMonday begins a week in Korea with no holiday in it or in the five weeks after.
var someMonday = time.Date(2026, 11, 2, 0, 0, 0, 0, korea)

// opens is when in a week the share q of its watches has opened.
func (f *Flow) opens(q float64) time.Duration {
	var sum float64
	for hour := range 24 * weekdays {
		sum += f.weight(hour)
	}
	left := q * sum
	for hour := range 24 * weekdays {
		w := f.weight(hour)
		if left < w {
			return time.Duration((float64(hour) + left/w) * float64(time.Hour)).Truncate(time.Second)
		}
		left -= w
	}
	return 0
}

func (f *Flow) weight(hourOfWeek int) float64 {
	return weightOf(f.Hours[:], hourOfWeek%24) * weightOf(f.Days[:], hourOfWeek/24)
}

// weightOf reads weights of which none may be given.
func weightOf(weights []float64, i int) float64 {
	if !slices.ContainsFunc(weights, func(w float64) bool { return w > 0 }) {
		return 1
	}
	return max(weights[i], 0)
}
