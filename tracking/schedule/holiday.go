package schedule

import (
	_ "embed" // the table
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// holidayTable is the public holidays of Korea and the couriers' own day off, from 2024 to 2028. Its kinds are holiday, which some
// couriers work on, and rest, on which hardly any does: Seollal, Chuseok, and 14 August, the day without parcels (택배 없는 날).
// Its sources: law, for what a fixed date, the lunar calendar at Korea's longitude or the rule for days in place of others gives;
// announced, for elections out of turn and days given once; reported, for what was read of and not looked up in the law: the
// couriers' day, and the holidays that 2026 brought (노동절, 제헌절). Days that are announced late cannot be in it, and
// the day in place of 1 May 2027, a Saturday, is left out because the rule for it is not sure.
//
//go:embed holiday.csv
var holidayTable string

// DayOff is in what way a day is not like others of its weekday.
type DayOff uint8

// The kinds of days.
const (
	Workday       DayOff = iota // like others of its weekday, which may be a Sunday
	PublicHoliday               // 공휴일, and days in place of one; some couriers work
	RestDay                     // Seollal, Chuseok, couriers' own days off; hardly any courier works
)

var daysOff = [...]string{"workday", "holiday", "rest"}

// String gives workday, holiday or rest.
func (d DayOff) String() string {
	if int(d) < len(daysOff) {
		return daysOff[d]
	}
	return fmt.Sprintf("DayOff(%d)", uint8(d))
}

// Calendar says which Korean days are not like others of their weekday. It is not changed once it is made, and safe for
// concurrent use. The zero value has none, and so has nil.
type Calendar struct {
	first int64 // day of the first of off, counted from the beginning of 1970
	off   []DayOff
}

// Years that a calendar can have.
const firstYear, lastYear = 1970, 2199

// With gives a calendar in which the Korean days of these times are of the kind. Times before 1970 or after 2199 are left out.
func (c *Calendar) With(off DayOff, days ...time.Time) *Calendar {
	all := c.days()
	for _, t := range days {
		if year := t.In(korea).Year(); year >= firstYear && year <= lastYear {
			all[dayOf(t)] = off
		}
	}
	return calendarOf(all)
}

// Of tells the kind of the Korean day of t.
func (c *Calendar) Of(t time.Time) DayOff { return c.on(dayOf(t)) }

func (c *Calendar) on(day int64) DayOff {
	if c == nil {
		return Workday
	}
	if i := day - c.first; i >= 0 && i < int64(len(c.off)) {
		return c.off[i]
	}
	return Workday
}

// days gives the days that are not like others.
func (c *Calendar) days() map[int64]DayOff {
	all := map[int64]DayOff{}
	if c != nil {
		for i, off := range c.off {
			if off != Workday {
				all[c.first+int64(i)] = off
			}
		}
	}
	return all
}

func calendarOf(days map[int64]DayOff) *Calendar {
	maps.DeleteFunc(days, func(_ int64, off DayOff) bool { return off == Workday })
	if len(days) == 0 {
		return &Calendar{}
	}
	sorted := slices.Sorted(maps.Keys(days))
	c := &Calendar{first: sorted[0], off: make([]DayOff, sorted[len(sorted)-1]-sorted[0]+1)}
	for day, off := range days {
		c.off[day-c.first] = off
	}
	return c
}

// Korea is the calendar of Korean couriers from 2024 to 2028: public holidays with the days in place of them, and the couriers'
// own day off on 14 August (reported). What is announced in the course of a year is not in it; add it by [Calendar.With].
func Korea() *Calendar { return koreanDays() }

var koreanDays = sync.OnceValue(func() *Calendar {
	rows, err := csv.NewReader(strings.NewReader(holidayTable)).ReadAll()
	if err != nil {
		panic("schedule: holiday.csv: " + err.Error()) // shipped with the package and read by its tests
	}
	days := map[int64]DayOff{}
	for _, row := range rows[1:] {
		day, err := time.ParseInLocation(time.DateOnly, row[0], korea)
		off := slices.Index(daysOff[:], row[1])
		if err != nil || off <= 0 {
			panic("schedule: holiday.csv: " + strings.Join(row, ","))
		}
		days[dayOf(day)] = DayOff(off)
	}
	return calendarOf(days)
})

// Holiday reports whether couriers rest on the Korean day of t, or some do, besides Sundays, by the calendar of [Korea].
func Holiday(t time.Time) bool { return Korea().Of(t) != Workday }

const minutesADay = 24 * 60

// dayOf counts days of Korea's calendar from the beginning of 1970.
func dayOf(t time.Time) int64 { return floorDiv(minuteOf(t), minutesADay) }

// dateOf is the midnight of a day that dayOf counted.
func dateOf(day int64) time.Time { return time.Unix((day*minutesADay-9*60)*60, 0).In(korea) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
