package schedule

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	// doubt is the weight of what is believed before, in events: a table entry with so many expected events lies half way between
	// belief and data.
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
// asked about when deliveries are made even if nobody saw it at a hub.
func (m *Model) Learn(timelines []Timeline) *Model {
	learned := &Model{couriers: map[tracking.Courier]*stages{}}
	learned.all = refine(m.all, timelines, doubt)
	byCourier := map[tracking.Courier][]Timeline{}
	for _, t := range timelines {
		byCourier[t.Courier] = append(byCourier[t.Courier], t)
	}
	for c, own := range byCourier {
		if len(byCourier) == 1 {
			learned.couriers[c] = learned.all // nothing to tell it apart from
			continue
		}
		learned.couriers[c] = refine(learned.all, own, courierDoubt)
	}
	return learned
}

func refine(believed *stages, timelines []Timeline, weight float64) *stages {
	refined := &stages{}
	for s := range refined {
		refined[s] = refineStage(believed[s], spellsOf(timelines, tracking.Status(s)), weight)
	}
	return refined
}

// spell is what followed after one parcel took a status, in minutes of Korea's clock.
type spell struct {
	from, until int64                // until the last event of the parcel
	came        [len(stages{})]int64 // when each status came first; 0 where it did not
}

// spellsOf cuts timelines into what followed a status. What nothing followed teaches nothing.
func spellsOf(timelines []Timeline, s tracking.Status) []spell {
	var spells []spell
	for _, t := range timelines {
		status, from := t.Status, t.Opened
		for i, e := range t.Events {
			if status == s {
				spells = append(spells, spellOf(from, t.Events[i:]))
			}
			status, from = e.Status, e.At
		}
	}
	return spells
}

func spellOf(from time.Time, rest []Event) spell {
	sp := spell{from: minuteOf(from), until: minuteOf(rest[len(rest)-1].At)}
	for _, e := range rest {
		if int(e.Status) < len(sp.came) && sp.came[e.Status] == 0 {
			sp.came[e.Status] = minuteOf(e.At)
		}
	}
	return sp
}

func refineStage(believed []*hazard, spells []spell, weight float64) []*hazard {
	var refined []*hazard
	for to := range tracking.Status(len(stages{})) {
		i := slices.IndexFunc(believed, func(h *hazard) bool { return h.to == to })
		came := slices.ContainsFunc(spells, func(sp spell) bool { return sp.came[to] != 0 })
		switch {
		case i >= 0 && len(spells) > 0:
			refined = append(refined, refineHazard(believed[i], tallyOf(spells, to), weight))
		case i >= 0:
			refined = append(refined, believed[i])
		case came:
			refined = append(refined, refineHazard(newHazard(to, unheardOf), tallyOf(spells, to), weight))
		}
	}
	return refined
}

// tally is events and exposure in hours, cell by cell.
type tally struct{ events, hours []float64 }

const cells = halfHours * weekdays // of one age

func (c cell) index() int { return c.age*cells + c.half*weekdays + c.day }

func cellOf(index int) cell {
	return cell{age: index / cells, half: index / weekdays % halfHours, day: index % weekdays}
}

func tallyOf(spells []spell, to tracking.Status) tally {
	n := len(ages) * cells
	t := tally{make([]float64, n), make([]float64, n)}
	for _, sp := range spells {
		until := sp.until
		if at := sp.came[to]; at != 0 {
			until = at
			t.events[cellAt(at, sp.from).index()]++
		}
		for at := sp.from; at < until; {
			end := min(at-at%30+30, until)
			t.hours[cellAt(at, sp.from).index()] += float64(end-at) / 60
			at = end
		}
	}
	return t
}

// refineHazard multiplies a hazard by factors that fit the tally, each held toward 1 by weight events. Level first, for a prior
// by hand errs most there; then one table with the others held, round by round.
func refineHazard(believed *hazard, t tally, weight float64) *hazard {
	var came, expected float64
	for i, hours := range t.hours {
		came += t.events[i]
		if hours > 0 {
			expected += hours * believed.rate(cellOf(i))
		}
	}
	level := believed.times(newHazard(believed.to, (came+weight)/(expected+weight)))
	factor := newHazard(believed.to, 1)
	for range rounds {
		fitTable(factor.base, level, factor, t, weight, func(c cell) int { return c.age })
		fitTable(factor.half[:], level, factor, t, weight, func(c cell) int { return c.half })
		fitTable(factor.day[:], level, factor, t, weight, func(c cell) int { return c.day })
	}
	return level.times(factor)
}

// fitTable sets one table of the factor so that it gives as many events as came, with the other tables held.
func fitTable(table []float64, level, factor *hazard, t tally, weight float64, entry func(cell) int) {
	came, expected := make([]float64, len(table)), make([]float64, len(table))
	for i, hours := range t.hours {
		if hours == 0 && t.events[i] == 0 {
			continue
		}
		c := cellOf(i)
		came[entry(c)] += t.events[i]
		if others := factor.rate(c) / table[entry(c)]; hours > 0 {
			expected[entry(c)] += hours * level.rate(c) * others
		}
	}
	for i := range table {
		table[i] = (came[i] + weight) / (expected[i] + weight)
	}
}
