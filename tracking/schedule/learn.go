package schedule

import (
	"maps"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	// doubt is the weight of what is believed before anything is learned, in events: a table entry with so many expected events lies
	// half way between belief and data.
	doubt = 2.0
	// courierDoubt is the same for a courier alone against all couriers, which are a better guess than a prior by hand.
	courierDoubt = 10.0
	// unheardOf is where learning starts, in events an hour, for what no belief names and data show.
	unheardOf = 0.01
	// rounds of fitting one table with the others held; the tables of one hazard agree to a per mille after a handful.
	rounds = 12
)

// Learn gives a model fitted to timelines, with m as what is believed before: first all couriers together, then each alone, held
// toward all. Timelines must run to their end, or exposure after the last event is missing. m is not changed.
//
// Each status as known has a hazard for every later status, whatever comes between, so that a parcel last seen at pickup is
// asked about when deliveries are made even if nobody saw it at a hub. Days on which a courier delivered next to nothing of what
// was to be expected are days of rest of that courier, whatever the calendar says; [Model.String] lists them. How late a courier
// publishes is learned from Published, Seen and Missed of the events, and how often its drivers keep their windows from Window.
//
// Learning goes on where it stopped: m keeps the number of events behind every entry, and what it learned weighs by that against
// what comes. So each timeline is learned from once, and none need be kept:
//
//	m = m.Fade(0.98).Learn(settledToday)
func (m *Model) Learn(timelines []Timeline) *Model {
	byCourier := map[tracking.Courier][]Timeline{}
	for _, t := range timelines {
		byCourier[t.Courier] = append(byCourier[t.Courier], t)
	}
	calendars := map[tracking.Courier]*Calendar{}
	for c := range byCourier {
		calendars[c] = m.calendarOf(c)
	}
	learned := m.learn(byCourier, calendars)
	found := map[tracking.Courier][]int64{}
	for c, own := range byCourier {
		if days := learned.idleDays(own); len(days) > 0 {
			found[c] = days
			calendars[c] = calendars[c].resting(days)
		}
	}
	if len(found) > 0 {
		learned = m.learn(byCourier, calendars)
	}
	learned.rest(m.off, found)
	learned.learnWindows(m, byCourier)
	learned.learnLags(m, byCourier)
	return learned
}

// learn is Learn with the days that each courier works on given, and without lags.
func (m *Model) learn(byCourier map[tracking.Courier][]Timeline, calendars map[tracking.Courier]*Calendar) *Model {
	learned := &Model{calendar: m.calendar, couriers: maps.Clone(m.couriers), off: m.off, resting: m.resting}
	if learned.couriers == nil {
		learned.couriers = map[tracking.Courier]*stages{}
	}
	couriers := slices.Sorted(maps.Keys(byCourier))
	learned.all = &stages{}
	for known := range learned.all {
		var spells []spell
		for _, c := range couriers {
			spells = append(spells, spellsOf(byCourier[c], tracking.Status(known), calendars[c])...)
		}
		learned.all[known] = refineStage(m.all[known], spells, 0)
	}
	for _, c := range couriers {
		own := m.couriers[c]
		switch {
		case c == "": // parcels without a courier are of all
		case len(byCourier) == 1 && (own == m.all || len(m.couriers) == 0):
			learned.couriers[c] = learned.all // nothing to tell it apart from
		default:
			learned.couriers[c] = learned.ownStages(m, c, byCourier[c], calendars[c])
		}
	}
	return learned
}

// ownStages fits one courier's hazards, held toward all couriers' where m has none of its own. Statuses that it has not had stay
// with those of all.
func (m *Model) ownStages(before *Model, c tracking.Courier, timelines []Timeline, calendar *Calendar) *stages {
	refined := &stages{}
	believed := before.couriers[c]
	for known := range refined {
		spells := spellsOf(timelines, tracking.Status(known), calendar)
		switch {
		case believed != nil && believed != before.all && believed[known] != nil:
			refined[known] = refineStage(believed[known], spells, 0)
		case len(spells) > 0:
			refined[known] = refineStage(m.all[known], spells, courierDoubt)
		}
	}
	return refined
}

// spell is what followed after one parcel took a status, in minutes of Korea's clock.
type spell struct {
	calendar *Calendar
	began    int64                // when it took the status
	from     int64                // from when on it was watched
	until    int64                // until the last event of the parcel
	came     [len(stages{})]int64 // when each status came first; 0 where it did not
}

// spellsOf cuts timelines into what followed a status. What nothing followed teaches nothing.
func spellsOf(timelines []Timeline, s tracking.Status, c *Calendar) []spell {
	var spells []spell
	for _, t := range timelines {
		status, began := t.Status, t.began()
		for i, e := range t.Events {
			if status == s {
				spells = append(spells, spellOf(began, later(began, t.Opened), t.Events[i:], c))
			}
			status, began = e.Status, e.At
		}
	}
	return spells
}

func spellOf(began, from time.Time, rest []Event, c *Calendar) spell {
	sp := spell{calendar: c, began: minuteOf(began), from: minuteOf(from), until: minuteOf(rest[len(rest)-1].At)}
	for _, e := range rest {
		if int(e.Status) < len(sp.came) && sp.came[e.Status] == 0 {
			sp.came[e.Status] = minuteOf(e.At)
		}
	}
	return sp
}

// halfHours visits the half hours of Korea's clock from one minute to another, and the hours of each that lie between.
func (sp *spell) halfHours(until int64, visit func(c cell, day int64, hours float64)) {
	for at := sp.from; at < until; {
		end := min(at-floorMod(at, 30)+30, until)
		visit(sp.calendar.cellAt(at, sp.began), floorDiv(at, minutesADay), float64(end-at)/60)
		at = end
	}
}

// refineStage fits the hazards of what may follow one status. They are held by weight events, or by those behind them where it is 0.
func refineStage(believed []*hazard, spells []spell, weight float64) []*hazard {
	var refined []*hazard
	for to := range tracking.Status(len(stages{})) {
		i := slices.IndexFunc(believed, func(h *hazard) bool { return h.to == to })
		came := slices.ContainsFunc(spells, func(sp spell) bool { return sp.came[to] != 0 })
		switch {
		case i >= 0 && len(spells) > 0:
			refined = append(refined, refineHazard(believed[i].scanned(), tallyOf(spells, to), weight))
		case i >= 0:
			refined = append(refined, believed[i].scanned())
		case came:
			refined = append(refined, refineHazard(newHazard(to, unheardOf), tallyOf(spells, to), weight))
		}
	}
	return refined
}

// tally is events and exposure in hours, of the cells that have any.
type tally []cellTally

type cellTally struct {
	cell
	events, hours float64
}

const cells = halfHours * columns // of one age

func (c cell) index() int { return c.age*cells + c.half*columns + c.day }

func cellOf(index int) cell {
	return cell{age: index / cells, half: index / columns % halfHours, day: index % columns}
}

func tallyOf(spells []spell, to tracking.Status) tally {
	n := len(ages) * cells
	events, exposed := make([]float64, n), make([]float64, n)
	for i := range spells {
		sp := &spells[i]
		until := sp.until
		if at := sp.came[to]; at != 0 {
			until = at
			events[sp.calendar.cellAt(at, sp.began).index()]++
		}
		sp.halfHours(until, func(c cell, _ int64, hours float64) { exposed[c.index()] += hours })
	}
	var t tally
	for i := range n {
		if events[i] > 0 || exposed[i] > 0 {
			t = append(t, cellTally{cellOf(i), events[i], exposed[i]})
		}
	}
	return t
}
