package sandbox

import "time"

// dayOff says why couriers may rest on a day.
type dayOff uint8

const (
	workday  dayOff = iota
	holiday         // a public holiday (공휴일) or the day in place of one (대체공휴일)
	festival        // one of the three days around Seollal (설날) or Chuseok (추석), when everybody rests
)

// holidays are the public holidays of Korea that the population knows, from the official calendar of each year: those of
// 2026 and 2027 as announced before the year began, without what was added later. In other years there are weekends alone.
var holidays = map[int][]struct {
	month time.Month
	day   int
	off   dayOff
}{
	2025: {
		{1, 1, holiday}, {1, 27, holiday}, {1, 28, festival}, {1, 29, festival}, {1, 30, festival}, {3, 1, holiday}, {3, 3, holiday},
		{5, 5, holiday}, {5, 6, holiday}, {6, 3, holiday}, {6, 6, holiday}, {8, 15, holiday}, {10, 3, holiday},
		{10, 5, festival}, {10, 6, festival}, {10, 7, festival}, {10, 8, holiday}, {10, 9, holiday}, {12, 25, holiday},
	},
	2026: {
		{1, 1, holiday}, {2, 16, festival}, {2, 17, festival}, {2, 18, festival}, {3, 1, holiday}, {3, 2, holiday},
		{5, 5, holiday}, {5, 24, holiday}, {5, 25, holiday}, {6, 3, holiday}, {6, 6, holiday}, {8, 15, holiday}, {8, 17, holiday},
		{9, 24, festival}, {9, 25, festival}, {9, 26, festival}, {10, 3, holiday}, {10, 5, holiday}, {10, 9, holiday}, {12, 25, holiday},
	},
	2027: {
		{1, 1, holiday}, {2, 6, festival}, {2, 7, festival}, {2, 8, festival}, {2, 9, holiday}, {3, 1, holiday},
		{5, 5, holiday}, {5, 13, holiday}, {6, 6, holiday}, {8, 15, holiday}, {8, 16, holiday},
		{9, 14, festival}, {9, 15, festival}, {9, 16, festival}, {10, 3, holiday}, {10, 4, holiday}, {10, 9, holiday}, {10, 11, holiday},
		{12, 25, holiday}, {12, 27, holiday},
	},
}

// offOn tells what the calendar says of the Korean day of t, weekends aside.
func offOn(t time.Time) dayOff {
	year, month, day := t.In(kst).Date()
	for _, h := range holidays[year] {
		if h.month == month && h.day == day {
			return h.off
		}
	}
	return workday
}

// warehouseWorks reports whether parcels are packed on the Korean day of t: from Monday to Friday, but not on holidays.
func warehouseWorks(t time.Time) bool {
	weekday := t.In(kst).Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && offOn(t) == workday
}
