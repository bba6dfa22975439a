package measure

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Meter measures, while an engine runs, how far what it pays is from the least that it could. It is given each parcel once, when its
// end was seen or it was given up, and keeps sums alone.
//
// Nothing is hidden by then: an answer carries the time of each scan, so that delays are known to the minute, and so is what others
// would have paid for the same parcel. The bound of the clairvoyant is found exactly. The optimum is played on what happened, which
// takes some ten milliseconds a parcel; who has a hundred thousand a day sets Every.
//
// It is safe for concurrent use, and must not be copied.
type Meter struct {
	Model   *schedule.Model // hazards of the optimum; required
	Worth   schedule.Worth  // won an hour
	PollWon float64         // price of one poll in won, more than zero; what the policy goes by, or the ratios are of another game
	// Every is of how many parcels of a courier the optimum is played on one, after its first 20, on which it always is: so few would say
	// little otherwise. Below 2 it is played on each.
	Every int

	mu      sync.Mutex
	sums    map[tracking.Courier]*Regret
	optimum *schedule.Optimum
}

// alwaysPlayed is how many parcels of a courier the optimum is played on whatever Every says.
const alwaysPlayed = 20

// Finished is what an engine knows of a parcel that it asks about no more.
type Finished struct {
	Courier tracking.Courier
	Status  tracking.Status // when the watch opened; zero means REGISTERED
	Opened  time.Time
	// Scans is every scan with when it was first Seen, by a poll or a push, in any order. One whose Seen is zero has no delay; those from
	// before Opened say where the parcel was then. When one was published, where that was not told, is what
	// the model's lags make of Seen and Missed.
	Scans []schedule.Event
	Polls int // until Closed, those that failed or found nothing among them
	// Closed is when the end was seen, or the watch given up. What is asked after an end, to see whether it stays so, does not count.
	Closed time.Time
}

// Add measures one parcel. It takes as long as Meter says; what is not a change of status, or was overtaken before it was seen, has
// no delay.
func (m *Meter) Add(f Finished) {
	life := f.life(m.Model)
	of := Regret{Parcels: 1, Polls: f.Polls, Won: m.PollWon * float64(f.Polls)}
	for _, e := range life.Events {
		if e.Seen.IsZero() {
			continue
		}
		delay := max(e.Seen.Sub(e.Shown()).Hours(), 0)
		of.know(e.Status, 1, delay)
		of.Won += m.Worth.Of(e.Status) * delay
	}
	of.ClairvoyantWon = Clairvoyant([]schedule.Timeline{life}, m.Worth, m.PollWon).Objective(m.Worth, m.PollWon)

	m.mu.Lock()
	defer m.mu.Unlock()
	sums := m.of(f.Courier)
	if sums.Parcels < alwaysPlayed || sums.Parcels%max(m.Every, 1) == 0 {
		of.Played, of.PlayedWon, of.OptimumWon = 1, of.Won, m.play(life, f.Closed)
	}
	sums.add(&of)
}

// of gives the sums of a courier.
func (m *Meter) of(c tracking.Courier) *Regret {
	if m.sums == nil {
		m.sums = map[tracking.Courier]*Regret{}
	}
	if m.sums[c] == nil {
		m.sums[c] = &Regret{Courier: c}
	}
	return m.sums[c]
}

// Regrets gives the figures of each courier by now, in the order of their codes.
func (m *Meter) Regrets() []Regret {
	m.mu.Lock()
	defer m.mu.Unlock()
	var figures []Regret
	for _, c := range slices.Sorted(maps.Keys(m.sums)) {
		figures = append(figures, m.sums[c].figure())
	}
	return figures
}

// Total gives the figures of all couriers together by now.
func (m *Meter) Total() Regret {
	var all Regret
	for _, r := range m.Regrets() {
		all.add(&r)
	}
	return all.figure()
}

// Restore adds what [Meter.Regrets] gave before a restart, or of a meter with an older model or price.
func (m *Meter) Restore(kept []Regret) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range kept {
		m.of(kept[i].Courier).add(&kept[i])
	}
}

// play gives what the optimum would have paid. A parcel that never came to an end is asked about until closed, or the horizon.
func (m *Meter) play(life schedule.Timeline, closed time.Time) (won float64) {
	if m.optimum == nil {
		m.optimum = &schedule.Optimum{Model: m.Model, Worth: m.Worth, PollWon: m.PollWon}
	}
	h := &history{events: life.Events}
	v := life.View()
	v.History = h
	until, ended := life.Opened.Add(schedule.Horizon), len(life.Events) > 0 && isEnd(life.Events[len(life.Events)-1].Status)
	if !ended && closed.After(life.Opened) && closed.Before(until) {
		until = closed
	}
	o := Outcome{Parcels: 1, delays: map[tracking.Status][]float64{}}
	for h.known < len(h.events) || !ended {
		next := m.optimum.Next(v)
		switch {
		case next.After(until) && h.known == len(h.events):
			return o.Objective(m.Worth, m.PollWon)
		case next.After(until):
			next = h.lastLook(until)
		}
		v = v.Polled(next)
		o.poll()
		h.deliver(&v, next, o.saw)
	}
	return o.Objective(m.Worth, m.PollWon)
}

func isEnd(s tracking.Status) bool {
	return s == tracking.StatusDelivered || s == tracking.StatusReturned || s == tracking.StatusCancelled
}

// life gives the parcel as a timeline. An event that a later one had overtaken, when it was published or when it was seen, is no news
// and left out.
func (f *Finished) life(m *schedule.Model) schedule.Timeline {
	life := schedule.Timeline{Courier: f.Courier, Status: cmp.Or(f.Status, tracking.StatusRegistered), Opened: f.Opened}
	for _, e := range schedule.Moves(slices.SortedStableFunc(slices.Values(f.Scans), func(a, b schedule.Event) int { return a.At.Compare(b.At) })) {
		e.Published = m.Published(f.Courier, e)
		for n := len(life.Events); n > 0 && overtakes(e, life.Events[n-1]); n-- {
			life.Events = life.Events[:n-1]
		}
		if e.At.After(f.Opened) {
			life.Events = append(life.Events, e)
		} else {
			life.Status = e.Status
		}
	}
	return life
}

// overtakes reports whether a later change was published or seen before an earlier one.
func overtakes(later, e schedule.Event) bool {
	return later.Shown().Before(e.Shown()) || !later.Seen.IsZero() && later.Seen.Before(e.Seen)
}
