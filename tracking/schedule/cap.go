package schedule

import (
	"math"
	"time"
)

const wholeDay = 24 * 60 * 60 // in seconds

// koreanDay names the day of Korea's calendar that t is on, by the second with which it begins.
func koreanDay(t time.Time) int64 { return midnightBefore(koreaSeconds(t)) }

func midnightBefore(at int64) int64 { return at - (at%wholeDay+wholeDay)%wholeDay }

// inKorea is the inverse of koreaSeconds.
func inKorea(seconds int64, zone *time.Location) time.Time {
	return time.Unix(seconds-9*60*60, 0).In(zone)
}

// withinCap gives the next poll of a number that may be asked so many times a day only; free is when it would be due without a cap.
//
// The rest of the day is planned as a whole: changes of each kind come with the density that they have before anything more is
// seen, and one threshold for the debt, the same till midnight, is sought at which the polls that are left last as long. Polls then
// lie as densely as the square root of (worth × density), and the next is where it is best before the one that follows it.
// A model has hazards for every later status, so that looking for the van in the morning leaves polls for the door in the afternoon.
// Every answer starts a new plan; once the polls of a day are used up it is of the next day, with the debt that has grown until then.
//
// The later of the plan's poll and free is next, so that a cap which does not bind changes nothing.
func (a Adaptive) withinCap(v View, free time.Time) time.Time {
	now, due := koreaSeconds(v.Now), koreaSeconds(free)
	from, left := now, v.Cap-v.Today
	usedUp := left <= 0
	if midnight := midnightBefore(now) + wholeDay; usedUp || due >= midnight {
		from, left = max(midnight, midnightBefore(due)), v.Cap
	}
	until := midnightBefore(from) + wholeDay
	if usedUp {
		free = later(free, daybreak(&v, from))
	}

	var d dayAhead
	d.fill(&a, &v, now, from, until)
	if won := d.debtAfter(float64(max(due-from, 0)) / 3600); won > 0 && d.polls(won, float64(left+1)) <= float64(left+1) {
		return free // polls at so high a threshold last
	}
	won := d.threshold(float64(left))
	if won == 0 {
		return free // nothing is to come that day
	}
	second := d.second(won)
	hours := d.before(second)
	hours += v.shift() * (second - hours)
	if hours*3600 >= float64(until-from) {
		return later(free, daybreak(&v, until))
	}
	return later(free, inKorea(from, v.Now.Location()).Add(time.Duration(hours*float64(time.Hour))))
}

// smallHours is the time after midnight over which polls are spread that are overdue when a day begins, as those of many are.
const smallHours = time.Hour

func daybreak(v *View, midnight int64) time.Time {
	return inKorea(midnight, v.Now.Location()).Add(time.Duration(v.Phase * float64(smallHours)))
}

// dayAhead is a day of Korea, or the rest of one, as it looks before any of its polls.
type dayAhead struct {
	owed   float64                // the debt at its beginning, in won
	unseen float64                // and its speed, in won/h
	cells  int                    // half hours of the clock, the first of which may be a part of one
	part   float64                // the length of the first, in hours
	speed  [halfHours + 1]float64 // worth × density of changes in each, in won/h²
}

// fill sets d to the time between from and until, and lets the debt grow from now on to from. All three are Korea's seconds.
func (d *dayAhead) fill(a *Adaptive, v *View, now, from, until int64) {
	o := a.Model.outlook(v)
	var gone [len(stages{})]float64 // the probability that each change has come, by now
	for at := now; at < until; {
		next := halfHourAfter(at)
		if at < from {
			next = min(next, from)
		}
		hours := float64(next-at) / 3600
		var speed float64
		for i, h := range o.hazards {
			come := (1 - gone[i]) * soon(o.rate(h, at, next)*hours)
			speed += a.Worth.Of(h.to) * come / hours
			gone[i] += come
		}
		speed *= v.unsignalled()
		if at < from {
			d.owed += d.unseen*hours + speed*hours*hours/2
			d.unseen += speed * hours
		} else {
			if d.cells == 0 {
				d.part = hours
			}
			d.speed[d.cells] = speed
			d.cells++
		}
		at = next
	}
}

// soon is 1 − e^−x, within 0.1 % for what half an hour brings.
func soon(x float64) float64 {
	if x > 0.25 {
		return -math.Expm1(-x)
	}
	return x / (1 + x/2 + x*x/12)
}

func (d *dayAhead) hours(cell int) float64 {
	if cell == 0 {
		return d.part
	}
	return 0.5
}

// threshold is the debt in won at which so many polls last till the end of d, where the debt has just grown to it again; 0 where
// nothing is to come. It comes within a twentieth of a poll, or as near as a few steps do.
func (d *dayAhead) threshold(polls float64) float64 {
	wanted, roots := polls+1, math.Sqrt(d.owed)
	for i := range d.cells {
		roots += math.Sqrt(d.speed[i]/2) * d.hours(i)
	}
	won := roots * roots / (wanted * wanted) // exact where polls are dense, whose number goes with 1 / √won
	low, high := 0.0, math.Inf(1)
	for step := 0; step < 6 && won > 0; step++ {
		got := d.polls(won, 4*wanted)
		switch {
		case math.Abs(got-wanted) < 0.05:
			return won
		case got > wanted:
			low = won
		default:
			high = won
		}
		share := max(got/wanted, 0.25)
		if won *= share * share; won <= low || won >= high {
			won = math.Sqrt(low * high)
		}
	}
	return won
}

// debtAfter is the debt after so many hours of d without a poll.
func (d *dayAhead) debtAfter(hours float64) float64 {
	owed, unseen := d.owed, d.unseen
	for i := 0; i < d.cells && hours > 0; i++ {
		h := min(hours, d.hours(i))
		owed += unseen*h + d.speed[i]*h*h/2
		unseen += d.speed[i] * h
		hours -= h
	}
	return owed
}

// begin gives the debt with which d begins at a threshold, after a poll if that is reached by then.
func (d *dayAhead) begin(won float64) (polls int, owing debt) {
	if won <= d.owed {
		return 1, debt{left: won}
	}
	return 0, debt{left: won - d.owed, unseen: d.unseen}
}

// second is when the second poll is due at a threshold, in hours after the beginning of d; its end if there is none.
func (d *dayAhead) second(won float64) (hours float64) {
	polls, owing := d.begin(won)
	for i := range d.cells {
		for rest := d.hours(i); ; polls++ {
			until, due := owing.grow(d.speed[i], rest)
			if !due {
				hours += rest
				break
			}
			if hours += until; polls == 1 {
				return hours
			}
			rest = max(rest-until, 0)
			owing = debt{left: won}
		}
	}
	return hours
}

// before gives the best time for a poll, where the next one will be at another; both in hours after the beginning of d. It saves most
// where as much will come until the other, at the speed of that time, as has come unseen. Equal debts put polls there too where
// speeds change little; where they jump, as when the vans leave, they are early.
func (d *dayAhead) before(other float64) (hours float64) {
	var at, most float64
	unseen := d.unseen
	for i := 0; i < d.cells && at < other; i++ {
		length, speed := min(d.hours(i), other-at), d.speed[i]
		best := length
		if speed > 0 {
			best = min(max((other-at-unseen/speed)/2, 0), length)
		}
		if saved := (unseen + speed*best) * (other - at - best); saved > most {
			hours, most = at+best, saved
		}
		unseen += speed * length
		at += length
	}
	return hours
}

// polls counts the polls at a threshold, and as a fraction what has grown toward one more when d ends. It stops at more than most.
func (d *dayAhead) polls(won, most float64) float64 {
	n, owing := d.begin(won)
	for i := range d.cells {
		for rest := d.hours(i); ; n++ {
			until, due := owing.grow(d.speed[i], rest)
			if !due {
				break
			}
			if float64(n) >= most {
				return most + 1
			}
			rest = max(rest-until, 0)
			owing = debt{left: won}
		}
	}
	return float64(n) + math.Sqrt(max(1-owing.left/won, 0))
}
