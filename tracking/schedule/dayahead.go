package schedule

import "math"

// dayAhead is a day of Korea, or the rest of one, as it looks before any of its polls. Hours count from its beginning.
type dayAhead struct {
	cells  int                    // half hours of the clock, the first of which may be a part of one
	part   float64                // the length of the first, in hours
	speed  [halfHours]float64     // worth × density of changes in each, in won/h²
	unseen [halfHours + 1]float64 // their sum at the beginning of each, the speed of the debt, in won/h
	owed   [halfHours + 1]float64 // the debt at the beginning of each, in won
	dense  float64                // the polls at a threshold of 1 won, if they were dense: their number goes with 1 / √won
}

// fill sets d to the time between from and until, which are on one day, and lets the debt grow from now on. All three are Korea's
// seconds; from is now or a midnight.
func (d *dayAhead) fill(a *Adaptive, v *View, o *outlook, now, from, until int64) {
	var memory [mostRuns]run
	var still, worth [len(stages{})]float64 // the probability that each change has not come, and what knowing of it is worth
	for i, h := range o.hazards {
		still[i], worth[i] = 1, a.Worth.Of(h.to)*v.unsignalled()
	}
	for at := now; at < from; at = midnightBefore(at) + wholeDay {
		runs := o.runs(memory[:0], at, midnightBefore(at)+wholeDay)
		for i, h := range o.hazards {
			if worth[i] > 0 {
				left, hours := h.lapse(runs, still[i])
				still[i], d.owed[0] = left, d.owed[0]+worth[i]*hours
			}
		}
	}
	runs := o.runs(memory[:0], from, until)
	for _, r := range runs {
		d.cells += r.cells
	}
	d.part = runs[0].hours
	for i, h := range o.hazards {
		if worth[i] > 0 {
			o.density(h, from, runs, still[i], worth[i], d.speed[:d.cells])
			d.unseen[0] += worth[i] * (1 - still[i])
		}
	}
	unseen, owed, hours := d.unseen[0], d.owed[0], d.part
	for i, speed := range d.speed[:d.cells] {
		owed += (unseen + speed*hours/2) * hours
		unseen += speed * hours
		hours = 0.5
		d.unseen[i+1], d.owed[i+1] = unseen, owed
	}
	const together = 4 // half hours over which the density of changes is taken for even
	d.dense = math.Sqrt(d.owed[0])
	for i := 0; i < d.cells; i += together {
		end := min(i+together, d.cells)
		d.dense += math.Sqrt((d.unseen[end] - d.unseen[i]) * (d.start(end) - d.start(i)) / 2)
	}
}

// length of a half hour in hours.
func (d *dayAhead) length(cell int) float64 {
	if cell == 0 {
		return d.part
	}
	return 0.5
}

// start of a half hour in hours.
func (d *dayAhead) start(cell int) float64 {
	if cell == 0 {
		return 0
	}
	return d.part + float64(cell-1)/2
}

// owedAt is the debt after so many hours without a poll, or at the end of d.
func (d *dayAhead) owedAt(hours float64) float64 {
	cell := 0
	if hours >= d.part {
		cell = min(int(2*(hours-d.part))+1, d.cells-1)
	}
	return d.reset(cell, min(hours, d.start(cell+1))).owed
}

// A reset is when the debt began anew, and what had come and was owed by then without it.
type reset struct {
	cell         int
	hours        float64
	unseen, owed float64
}

func (d *dayAhead) reset(cell int, hours float64) reset {
	since := hours - d.start(cell)
	return reset{cell, hours, d.unseen[cell] + d.speed[cell]*since, d.owed[cell] + (d.unseen[cell]+d.speed[cell]*since/2)*since}
}

// begin is the beginning of the day at a threshold: with a poll if that is reached by then, or with what is owed.
func (d *dayAhead) begin(won float64) (r reset, poll bool) {
	if won <= d.owed[0] {
		return d.reset(0, 0), true
	}
	return reset{}, false
}

// again gives the polls at a threshold that follow one within its half hour, evenly spaced, where changes are so frequent.
func (d *dayAhead) again(r reset, won float64) (polls, apart float64) {
	rest, speed := d.start(r.cell+1)-r.hours, d.speed[r.cell]
	if speed*rest*rest < 2*won {
		return 0, 0
	}
	apart = math.Sqrt(2 * won / speed)
	return math.Floor(rest / apart), apart
}

// next gives the poll at a threshold that follows a reset, and is not one of those again gives; none if nothing is due by the end of d.
func (d *dayAhead) next(r reset, won float64) (after reset, due bool) {
	cell := r.cell
	if r.hours > d.start(cell) {
		cell++
	}
	paid := won + r.owed - r.unseen*r.hours
	end := d.start(cell + 1)
	for i, owed := range d.owed[cell+1 : d.cells+1] {
		if owed-r.unseen*end < paid {
			end += 0.5
			continue
		}
		cell += i
		start := d.start(cell)
		unseen, left := d.unseen[cell]-r.unseen, paid-(d.owed[cell]-r.unseen*start)
		// The root of speed / 2 × t² + unseen × t = left, in the form that bears a speed of nothing.
		return d.reset(cell, start+2*left/(unseen+math.Sqrt(unseen*unseen+2*d.speed[cell]*left))), true
	}
	return reset{}, false
}

// many is how many polls of a day are dense. Fewer are counted, for where much comes at once, and then nothing, there are more of them.
const many = 8

// polls is how many polls are due at a threshold, and a part of one for what is owed in the end, where so many are wanted. It does not
// count far beyond many.
func (d *dayAhead) polls(won, wanted float64) (n float64) {
	if wanted >= many {
		return d.dense / math.Sqrt(won)
	}
	r, due := d.begin(won)
	for {
		if due {
			n++
			if more, apart := d.again(r, won); more > 0 {
				n += more
				r = d.reset(r.cell, r.hours+more*apart)
			}
		}
		if n > 2*many {
			return n
		}
		after, found := d.next(r, won)
		if !found {
			left := d.owed[d.cells] - r.owed - r.unseen*(d.start(d.cells)-r.hours)
			return n + math.Sqrt(min(max(left/won, 0), 1))
		}
		r, due = after, true
	}
}

// lasts reports whether no more polls than are wanted are due at a threshold. Where there seem to be twice as many they are not counted.
func (d *dayAhead) lasts(won, wanted float64) bool {
	return d.dense < 2*wanted*math.Sqrt(won) && d.polls(won, wanted) <= wanted
}

// threshold is the debt in won at which so many polls are due, the last of them when d ends.
func (d *dayAhead) threshold(wanted float64) float64 {
	root := wanted / d.dense                  // of 1 / won
	for few := wanted; few < many; few *= 2 { // the fewer, the farther off is what was said of many
		root *= wanted / d.polls(1/(root*root), wanted)
	}
	return 1 / (root * root)
}

// second is when the second poll is due at a threshold; the end of d if there is none.
func (d *dayAhead) second(won float64) (hours float64) {
	r, due := d.begin(won)
	if !due {
		if r, due = d.next(r, won); !due {
			return d.start(d.cells)
		}
	}
	if more, apart := d.again(r, won); more > 0 {
		return r.hours + apart
	}
	if r, due = d.next(r, won); !due {
		return d.start(d.cells)
	}
	return r.hours
}

// before gives the best time for a poll of the day, where the next one will be at another. It saves most where as much will come until
// the other, at the speed of that time, as has come unseen. Equal debts put polls there too where speeds change little; where they
// jump, as when the vans leave, they are early.
func (d *dayAhead) before(other float64) (hours float64) {
	var most float64
	for i := 0; i < d.cells && d.start(i) < other; i++ {
		at := d.start(i)
		length, speed, unseen := min(d.length(i), other-at), d.speed[i], d.unseen[i]
		best := length
		if speed > 0 {
			best = min(max((other-at-unseen/speed)/2, 0), length)
		}
		if saved := (unseen + speed*best) * (other - at - best); saved > most {
			hours, most = at+best, saved
		}
	}
	return hours
}
