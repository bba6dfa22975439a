package schedule

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	halfHours = 48
	weekdays  = 7
	holidays  = weekdays     // column of public holidays in the table of days, which begins with Monday
	rests     = weekdays + 1 // column of days of rest
	columns   = weekdays + 2
)

// column of the table of days: Monday is 0. A public holiday that is a Sunday is a Sunday.
func (c *Calendar) column(day int64) int {
	weekday := int(floorMod(day+3, weekdays)) // 1970 began on a Thursday
	switch c.on(day) {
	case RestDay:
		return rests
	case PublicHoliday:
		if weekday < weekdays-1 {
			return holidays
		}
	}
	return weekday
}

// ages are the lower bounds of the age buckets, in half hours since the last event: hours at first, then days.
var ages = func() []int {
	bounds := []int{0, 1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 60, 72, 84, 96, 120, 144}
	for day := 4; day <= 40; day++ {
		bounds = append(bounds, day*48)
	}
	return bounds
}()

// ageOf finds the bucket of an age in half hours; from the last bound on there is one bucket.
var ageOf = func() []uint8 {
	buckets := make([]uint8, ages[len(ages)-1]+1)
	for half, b := 0, 0; half < len(buckets); half++ {
		if b+1 < len(ages) && half >= ages[b+1] {
			b++
		}
		buckets[half] = uint8(b)
	}
	return buckets
}()

func bucketOf(halfHours int64) int {
	return int(ageOf[min(max(halfHours, 0), int64(len(ageOf)-1))])
}

// cell is a half hour of a week at an age, the grain of a Model.
type cell struct{ age, half, day int }

// cellAt is the cell of a minute of Korea's clock, for a status that began at changed. Ages count the half hours of the clock that
// began since, so that a cell lasts as long as a half hour of the clock does.
func (c *Calendar) cellAt(minute, changed int64) cell {
	half := floorDiv(minute, 30)
	return cell{
		age:  bucketOf(half - floorDiv(changed, 30)),
		half: int(floorMod(half, halfHours)),
		day:  c.column(floorDiv(half, halfHours)),
	}
}

// hazard is a rate of events for one status as known and one to come: a product of three tables.
type hazard struct {
	to     tracking.Status
	base   []float64 // events an hour, by age bucket
	half   [halfHours]float64
	day    [columns]float64
	weight *weights // what holds the tables when more is learned; nil means doubt, everywhere
	scan   *hazard  // of scans themselves, where what is published lags behind them; nil where it does not
}

// scanned is the hazard of scans, where h may be that of their publication.
func (h *hazard) scanned() *hazard {
	if h.scan != nil {
		return h.scan
	}
	return h
}

func newHazard(to tracking.Status, perHour float64) *hazard {
	h := &hazard{to: to, base: make([]float64, len(ages))}
	for i := range h.base {
		h.base[i] = perHour
	}
	for i := range h.half {
		h.half[i] = 1
	}
	for i := range h.day {
		h.day[i] = 1
	}
	return h
}

func (h *hazard) rate(c cell) float64 { return h.base[c.age] * h.half[c.half] * h.day[c.day] }

// times gives the product of two hazards, table by table.
func (h *hazard) times(factor *hazard) *hazard {
	product := newHazard(h.to, 0)
	for i := range h.base {
		product.base[i] = h.base[i] * factor.base[i]
	}
	for i := range h.half {
		product.half[i] = h.half[i] * factor.half[i]
	}
	for i := range h.day {
		product.day[i] = h.day[i] * factor.day[i]
	}
	return product
}

// stages are the hazards of every status as known, in the order of what is to come.
type stages [12][]*hazard

// Model is what was learned about when news comes: hazards for each status and each status to come, of each courier and of all,
// the lag of their publication, how often drivers keep their windows, and a calendar. It is not changed once it is made, and safe for concurrent use; but for
// [Model.UnmarshalText], which makes it.
type Model struct {
	calendar *Calendar
	all      *stages                      // of couriers that were not seen
	couriers map[tracking.Courier]*stages // of those that were, where they had the status
	lags     map[tracking.Courier]*lag    // by courier, of all under ""; nil where nothing was learned
	windows  map[tracking.Courier]windows // by courier, of all under ""; none where nothing was learned
	off      map[tracking.Courier][]int64 // days found without work that the calendar does not know, oldest first

	resting map[tracking.Courier]*Calendar // calendar and off together, where there are any
}

// WithCalendar gives the same model with another calendar. [Prior] has that of [Korea]; what is learned from other places needs
// theirs, or new(Calendar).
func (m *Model) WithCalendar(c *Calendar) *Model {
	other := *m
	other.calendar = c
	other.rest(m.off)
	return &other
}

func (m *Model) hazards(c tracking.Courier, s tracking.Status) []*hazard {
	if int(s) >= len(m.all) {
		return nil
	}
	if own := m.couriers[c]; own != nil && own[s] != nil {
		return own[s]
	}
	return m.all[s]
}

// Rate is the hazard of the change to a status, in events an hour, for the parcel of v at v.Now. A change that the model has
// neither learned nor been given has none.
func (m *Model) Rate(v View, to tracking.Status) float64 {
	o := m.outlook(&v)
	for _, h := range o.hazards {
		if h.to == to {
			at := koreaSeconds(v.Now)
			return o.rate(h, at, halfHourAfter(at))
		}
	}
	return 0
}

// surprise is the probability of an event within so many hours at that rate.
func surprise(rate, hours float64) float64 { return -math.Expm1(-rate * hours) }

// String prints the hazards of all couriers together: for each pair of statuses the changes a day by age, and how the clock and
// the day multiply them. A courier's own lines follow under its code, with its lag and the days off that were found.
func (m *Model) String() string {
	var b strings.Builder
	m.all.print(&b, "all couriers")
	m.printRest(&b, "")
	for _, c := range slices.Sorted(maps.Keys(m.couriers)) {
		if own := m.couriers[c]; own != m.all {
			own.print(&b, string(c))
		}
		m.printRest(&b, c)
	}
	return b.String()
}

// printRest prints what is said once of a courier.
func (m *Model) printRest(b *strings.Builder, c tracking.Courier) {
	who := cmp.Or(string(c), "all couriers")
	if l := m.lags[c]; l != nil && l.mean() >= shortestLag {
		fmt.Fprintf(b, "%s: published %s\n", who, l)
	}
	if w, known := m.windows[c]; known {
		fmt.Fprintf(b, "%s: %s\n", who, w)
	}
	if days := m.off[c]; len(days) > 0 {
		fmt.Fprintf(b, "%s: did not work on", who)
		for _, day := range days {
			b.WriteString(" " + dateOf(day).Format(time.DateOnly))
		}
		b.WriteByte('\n')
	}
}

func (s *stages) print(b *strings.Builder, who string) {
	for known, hazards := range s {
		for _, h := range hazards {
			fmt.Fprintf(b, "%s: %s to %s\n  a day, by age:", who, tracking.Status(known), h.to)
			for i, rate := range h.base {
				if i == 0 || fmt.Sprintf("%.3g", 24*rate) != fmt.Sprintf("%.3g", 24*h.base[i-1]) {
					fmt.Fprintf(b, " %s %.3g", shortly(time.Duration(ages[i])*30*time.Minute), 24*rate)
				}
			}
			b.WriteString("\n  half hours:")
			for _, f := range h.half {
				fmt.Fprintf(b, " %.2f", f)
			}
			b.WriteString("\n  Monday to Sunday, holiday, rest:")
			for _, f := range h.day {
				fmt.Fprintf(b, " %.2f", f)
			}
			b.WriteByte('\n')
		}
	}
}
