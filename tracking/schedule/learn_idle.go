package schedule

import (
	"math"
	"slices"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	// idleShare is the most of the expected deliveries that a day without work may have.
	idleShare = 0.2
	// idleDoubt is how much likelier, as a logarithm, a day's deliveries must be by their own number than by what was to be expected:
	// of days like others, one in 3,000 falls so far short by chance.
	idleDoubt = 8.0
	// mostIdleDays is how many of them are remembered of one courier.
	mostIdleDays = 366
)

// resting is the calendar with days of rest.
func (c *Calendar) resting(days []int64) *Calendar {
	all := c.days()
	for _, day := range days {
		all[day] = RestDay
	}
	return calendarOf(all)
}

// rest makes days off those that were found, and keeps the newest.
func (m *Model) rest(found ...map[tracking.Courier][]int64) {
	m.off, m.resting = map[tracking.Courier][]int64{}, map[tracking.Courier]*Calendar{}
	for _, of := range found {
		for c, days := range of {
			days = slices.Concat(m.off[c], days)
			slices.Sort(days)
			days = slices.Compact(days)
			m.off[c] = days[max(0, len(days)-mostIdleDays):]
		}
	}
	for c, days := range m.off {
		m.resting[c] = m.calendar.resting(days)
	}
}

// calendarOf is the calendar with what was found of the courier.
func (m *Model) calendarOf(c tracking.Courier) *Calendar {
	if own := m.resting[c]; own != nil {
		return own
	}
	return m.calendar
}

// idleDays finds the days on which the courier of these timelines did not work though its calendar does not say so. Deliveries are counted, each
// parcel's from the status with which its watch opened, so that each counts once.
func (m *Model) idleDays(timelines []Timeline) []int64 {
	if len(timelines) == 0 {
		return nil
	}
	calendar := m.calendarOf(timelines[0].Courier)
	came, expected := map[int64]float64{}, map[int64]float64{}
	for i := range timelines {
		t := &timelines[i]
		if len(t.Events) == 0 {
			continue
		}
		hazards := m.hazards(t.Courier, t.Status)
		at := slices.IndexFunc(hazards, func(h *hazard) bool { return h.to == tracking.StatusDelivered })
		if at < 0 {
			continue
		}
		h := hazards[at].scanned()
		sp := spellOf(t.began(), t.Opened, t.Events, calendar)
		until := sp.until
		if delivered := sp.came[tracking.StatusDelivered]; delivered != 0 {
			until = delivered
			came[floorDiv(delivered, minutesADay)]++
		}
		sp.halfHours(until, func(c cell, day int64, hours float64) { expected[day] += hours * h.rate(c) })
	}
	var idle []int64
	for day, e := range expected {
		if n := came[day]; calendar.on(day) == Workday && n < idleShare*e && surplus(n, e) > idleDoubt {
			idle = append(idle, day)
		}
	}
	slices.Sort(idle)
	return idle
}

// surplus is the logarithm of how much likelier n events are where n are expected than where e are.
func surplus(n, e float64) float64 {
	if n == 0 {
		return e
	}
	return e - n + n*math.Log(n/e)
}
