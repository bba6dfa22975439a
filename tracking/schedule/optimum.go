package schedule

import "time"

// Optimum plays the best schedule that there is for the hazards of a model, on a grid of minutes, found by dynamic programming.
//
// For parcels with one event to come it is exact: no policy that knows the same hazards costs less on average, if the hazards are
// true. Where several events are to come it plans from each sighting as if no other would be made before the end, and plans anew
// when one is; there it is a yardstick and no bound, and a policy may do better. A plan takes about a millisecond and is remembered
// until the next sighting, so Optimum is for measuring and not for an engine. It is not safe for concurrent use.
type Optimum struct {
	Model   *Model  // hazards; required
	Worth   Worth   // won an hour
	PollWon float64 // price of one poll in won, more than zero
	plan    struct {
		view  View // that it was made for
		polls []int64
	}
	survival, worth []float64 // of the last plan, for their memory
	program         program
}

// Next is the next poll of the plan made when the parcel's status was first seen.
func (o *Optimum) Next(v View) time.Time {
	p := &o.plan
	if p.polls == nil || p.view.Changed != v.Changed || p.view.Status != v.Status || p.view.Opened != v.Opened ||
		p.view.Courier != v.Courier || v.Now.Before(p.view.Now) {
		p.view, p.polls = v, o.planFrom(v)
	}
	now := minuteOf(v.Now)
	for len(p.polls) > 0 && p.polls[0] <= now {
		p.polls = p.polls[1:]
	}
	if len(p.polls) == 0 { // the parcel outlived its plan; a plan from here on is the same, said with more digits
		p.view, p.polls = v, o.planFrom(v)
	}
	return time.Unix((p.polls[0]-9*60)*60, 0).In(v.Now.Location())
}

// Why says that it is a plan.
func (o *Optimum) Why(v View) string { return o.Reason(v).String() }

// A plan looks ahead until the probability that a parcel is without an end is down to forgone, and is followed until it is down to
// followed, where what was not looked at cannot matter yet.
const followed, forgone = 1e-4, 1e-10

// planFrom gives the minutes of polls from v.Now to the horizon, or to where hardly any parcel is without news.
func (o *Optimum) planFrom(v View) []int64 {
	now := minuteOf(v.Now)
	minutes := max(int(minuteOf(v.Opened.Add(Horizon))-now), 1)
	survival, worth := o.densities(v, minutes)
	var polls []int64
	for _, m := range o.program.cheapest(survival, worth, o.PollWon, 1.0/60) {
		if len(polls) > 0 && survival[m] < followed {
			break
		}
		polls = append(polls, now+int64(m))
	}
	return polls
}

// densities gives the probability that no end has come by each minute from v.Now, and the sum over all changes of worth × the
// probability that it comes within that minute.
func (o *Optimum) densities(v View, minutes int) (survival, worth []float64) {
	survival, worth = append(o.survival[:0], 1), append(o.worth[:0], 0)
	now, outlook := minuteOf(v.Now), o.Model.outlook(&v)
	lives := livesOf(outlook.hazards)
	for m := 1; m <= minutes && survival[m-1] > forgone; m++ {
		if at := now + int64(m) - 1; m == 1 || at%30 == 0 {
			for i := range lives {
				lives[i].step = surprise(outlook.rate(lives[i].hazard, 60*at, halfHourAfter(60*at)), 1.0/60)
			}
		}
		alive, worths := survival[m-1], 0.0
		for i := range lives {
			l := &lives[i]
			worths += o.Worth.Of(l.to) * l.left * l.step
			l.left *= 1 - l.step
			if l.ends {
				alive *= 1 - l.step
			}
		}
		survival, worth = append(survival, alive), append(worth, worths)
	}
	o.survival, o.worth = survival, worth
	return survival, worth
}

// life is one change that may come.
type life struct {
	*hazard
	ends bool
	left float64 // probability that it has not come
	step float64 // probability that it comes within a minute
}

func livesOf(hazards []*hazard) []life {
	lives, ends := make([]life, len(hazards)), false
	for i, h := range hazards {
		lives[i] = life{hazard: h, left: 1, ends: isEnd(h.to)}
		ends = ends || lives[i].ends
	}
	if !ends { // where no end is known any change will do
		for i := range lives {
			lives[i].ends = true
		}
	}
	return lives
}

// program is the memory of the dynamic program, kept from one plan to the next.
type program struct {
	a, b []float64
	next []int32
	hull lines
}

// cheapest gives the steps 1 … n at which to ask, the last always among them, so that price × polls + worth × delay is least.
//
// survival[i] is the probability that the event has not come by step i, and worth[i] that of its coming in step i times what an
// hour of earlier news is then worth; a step takes so many hours. With A[i] and B[i] the sums of worth and of worth × time up to
// i, the cost of asking at i and next at j is price × survival[i] + time[j] × (A[j] − A[i]) − (B[j] − B[i]). For a given i that is
// a line in A[i] for each j, with slopes in order of j, so that the best j is found on a hull of lines in constant time on average.
func (p *program) cheapest(survival, worth []float64, price, hours float64) []int {
	n := len(survival) - 1
	if cap(p.a) <= n {
		p.a, p.b, p.next = make([]float64, n+1), make([]float64, n+1), make([]int32, n+1)
	}
	a, b, next := p.a[:n+1], p.b[:n+1], p.next[:n+1]
	a[0], b[0] = 0, 0
	for i := 1; i <= n; i++ {
		a[i] = a[i-1] + worth[i]
		b[i] = b[i-1] + worth[i]*float64(i)*hours
	}
	hull := lines{points: p.hull.points[:0], hours: hours}
	var cost float64 // from step i + 1 on
	for i := n - 1; i >= 0; i-- {
		j := i + 1
		hull.add(point{int32(j), float64(j)*hours*a[j] - b[j] + cost})
		best, least := hull.lowest(a[i])
		next[i] = best
		cost = price*survival[i] + b[i] + least
	}
	p.hull = hull
	var polls []int
	for i := 0; i < n; {
		i = int(next[i])
		polls = append(polls, i)
	}
	return polls
}

// lines is the lower hull of lines height − at × hours × x, added with falling at and asked with falling x.
type lines struct {
	points []point
	front  int // what lies before it is of no use any more
	hours  float64
}

type point struct {
	at     int32
	height float64
}

func (l *lines) add(p point) {
	for n := len(l.points); n-l.front >= 2; n-- {
		// The last line is of use only where it crosses the one before it at a greater x than the line to be added.
		before, last := l.points[n-2], l.points[n-1]
		if (before.height-last.height)*float64(last.at-p.at) > (last.height-p.height)*float64(before.at-last.at) {
			break
		}
		l.points = l.points[:n-1]
	}
	l.points = append(l.points, p)
}

func (l *lines) lowest(x float64) (at int32, least float64) {
	x *= l.hours
	best := l.points[l.front]
	least = best.height - float64(best.at)*x
	for l.front+1 < len(l.points) {
		other := l.points[l.front+1]
		value := other.height - float64(other.at)*x
		if value > least {
			break
		}
		l.front++
		best, least = other, value
	}
	return best.at, least
}

// expected is the mean cost of asking at these steps and at the last one, for the same densities.
func expected(survival, worth []float64, price, hours float64, polls []int) float64 {
	var cost float64
	last := 0
	for _, j := range polls {
		cost += price * survival[last]
		for u := last + 1; u <= j; u++ {
			cost += worth[u] * float64(j-u) * hours
		}
		last = j
	}
	return cost
}
