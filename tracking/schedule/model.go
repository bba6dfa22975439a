package schedule

import (
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
)

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
func cellAt(minute, changed int64) cell {
	return cell{
		age:  bucketOf(minute/30 - changed/30),
		half: int(minute / 30 % halfHours),
		day:  int((minute/(24*60) + 3) % weekdays), // Monday is 0; 1970 began on a Thursday
	}
}

// hazard is a rate of events for one status as known and one to come: a product of three tables.
type hazard struct {
	to   tracking.Status
	base []float64 // events an hour, by age bucket
	half [halfHours]float64
	day  [weekdays]float64
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

// Model is what was learned about when events come: hazards for each status and each status to come. It is not changed once it
// is made, and safe for concurrent use.
type Model struct {
	all      *stages                      // of couriers that were not seen
	couriers map[tracking.Courier]*stages // of those that were
}

func (m *Model) hazards(c tracking.Courier, s tracking.Status) []*hazard {
	if int(s) >= len(m.all) {
		return nil
	}
	if own, ok := m.couriers[c]; ok {
		return own[s]
	}
	return m.all[s]
}

// Rate is the hazard of the change to a status, in events an hour, for the parcel of v at v.Now. A change that the model has
// neither learned nor been given has none.
func (m *Model) Rate(v View, to tracking.Status) float64 {
	c := cellAt(minuteOf(v.Now), minuteOf(v.Changed))
	for _, h := range m.hazards(v.Courier, v.Status) {
		if h.to == to {
			return h.rate(c)
		}
	}
	return 0
}

// weigh gives the sum of worth × hazard over all that may come, in won/h².
func weigh(hazards []*hazard, c cell, w *Worth) (worth float64) {
	for _, h := range hazards {
		worth += w.of(h.to) * h.rate(c)
	}
	return worth
}

// surprise is the probability of an event within so many hours at that rate.
func surprise(rate, hours float64) float64 { return -math.Expm1(-rate * hours) }

// String prints the hazards of all couriers together: for each pair of statuses the changes a day by age, and how the clock and
// the weekday multiply them. A courier's own lines follow under its code.
func (m *Model) String() string {
	var b strings.Builder
	m.all.print(&b, "all couriers")
	for _, c := range slices.Sorted(maps.Keys(m.couriers)) {
		if own := m.couriers[c]; own != m.all {
			own.print(&b, string(c))
		}
	}
	return b.String()
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
			b.WriteString("\n  Monday to Sunday:")
			for _, f := range h.day {
				fmt.Fprintf(b, " %.2f", f)
			}
			b.WriteByte('\n')
		}
	}
}
