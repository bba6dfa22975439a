package schedule

import "github.com/waybill-dev/waybill/tracking"

// A run is some half hours of the clock, of one day and one age. One that has begun is a run of its own.
type run struct {
	cell  cell // the first
	cells int
	hours float64 // the length of each
}

// mostRuns is the most runs that a day has: every age that begins in the hours after a change, and what is left of a half hour.
const mostRuns = 14

// runs adds those between two seconds of one day of Korea.
func (o *outlook) runs(runs []run, at, until int64) []run {
	half, end := floorDiv(at, halfHour), floorDiv(until-1, halfHour)+1
	if begun := at - half*halfHour; begun > 0 {
		runs = append(runs, run{o.cell(half), 1, float64(halfHour-begun) / 3600})
		half++
	}
	for half < end {
		r := run{o.cell(half), int(min(o.until, end) - half), 0.5}
		runs = append(runs, r)
		half += int64(r.cells)
	}
	return runs
}

// lapse is the probability that a change is still to come after runs, if it is with another before, and the expected hours since it
// came. It is rough: within some hours all times are alike, for what is rare on the whole day. Windows are left alone.
func (h *hazard) lapse(runs []run, still float64) (after, since float64) {
	const together = 4 // half hours
	for i := range runs {
		r := &runs[i]
		expected := h.base[r.cell.age] * h.day[r.cell.day] * r.hours
		if expected < rare {
			since += (1 - still + still*expected*float64(r.cells)/2) * r.hours * float64(r.cells)
			continue
		}
		for clock := h.half[r.cell.half:][:r.cells]; len(clock) > 0; {
			some := clock[:min(together, len(clock))]
			var sum float64
			for _, x := range some {
				sum += x
			}
			left := still * none(expected*sum)
			since += (1 - (still+left)/2) * r.hours * float64(len(some))
			still, clock = left, clock[len(some):]
		}
	}
	return still, since
}

// density adds worth × density of one change to the speed of each half hour of runs, in won/h², of which the first begins at a time.
// The change is still to come with one probability then.
func (o *outlook) density(h *hazard, at int64, runs []run, still, worth float64, speed []float64) {
	if o.window.end > at && h.to == tracking.StatusDelivered {
		for i := range speed {
			next := halfHourAfter(at)
			hours := float64(next-at) / 3600
			left := still * none(o.rate(h, at, next)*hours)
			speed[i] += worth / hours * (still - left)
			at, still = next, left
		}
		return
	}
	for i := range runs {
		r := &runs[i]
		expected, perHour := h.base[r.cell.age]*h.day[r.cell.day]*r.hours, worth/r.hours
		run, clock := speed[:r.cells], h.half[r.cell.half:][:r.cells]
		speed = speed[r.cells:]
		if expected < rare {
			each := perHour * still * expected
			for i, x := range clock {
				run[i] += each * x
			}
			continue
		}
		for i, x := range clock {
			left := still * none(expected*x)
			run[i] += perHour * (still - left)
			still = left
		}
	}
}

// rare is how many changes of a kind are expected in half an hour where a day makes no difference to whether it is still to come.
const rare = 0.0003

// none is the probability that nothing comes where x changes are expected: e^−x, within 1 % of what is missing to 1 for what half an
// hour brings.
func none(x float64) float64 { return 1 / (1 + x*(1+x/2)) }
