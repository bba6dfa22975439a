package schedule

import (
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

type holidayRow struct {
	day          time.Time
	kind, source string
	name         string
}

func holidayRows(t *testing.T) []holidayRow {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(holidayTable)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []holidayRow
	for _, row := range rows[1:] {
		day, err := time.ParseInLocation(time.DateOnly, row[0], korea)
		if err != nil || !slices.Contains([]string{"holiday", "rest"}, row[1]) || !slices.Contains([]string{"law", "announced", "reported"}, row[2]) || row[3] == "" {
			t.Fatalf("row %q", row)
		}
		if len(all) > 0 && !day.After(all[len(all)-1].day) {
			t.Fatalf("%s is not in order", row[0])
		}
		all = append(all, holidayRow{day, row[1], row[2], row[3]})
	}
	return all
}

// The table is rebuilt from the law: fixed dates, lunar dates by the sun and the moon at Korea's longitude, and the rule for days in
// place of others. What the law does not give, elections and days given once, is listed here.
func TestHolidaysFollowTheLaw(t *testing.T) {
	listed := map[string]string{}
	for _, row := range holidayRows(t) {
		listed[row.day.Format(time.DateOnly)] = row.kind
	}
	want := map[string]string{"2024-10-01": "holiday", "2025-01-27": "holiday", "2025-06-03": "holiday"}
	for year := 2024; year <= 2028; year++ {
		for day, kind := range lawful(year) {
			want[day] = kind
		}
	}
	for day, kind := range want {
		if listed[day] != kind {
			t.Errorf("%s: listed as %q, by law %q", day, listed[day], kind)
		}
	}
	for day, kind := range listed {
		if want[day] == "" {
			t.Errorf("%s is listed as %s and no law gives it", day, kind)
		}
	}
}

// lawful gives the holidays of a year, by date.
func lawful(year int) map[string]string {
	type holiday struct {
		day      time.Time
		festival bool // replaced after a Sunday, not after a Saturday
		replaced bool
	}
	fixed := func(m time.Month, d int, replaced bool) holiday {
		return holiday{day: time.Date(year, m, d, 0, 0, 0, 0, korea), replaced: replaced}
	}
	all := []holiday{
		fixed(1, 1, false), fixed(3, 1, true), fixed(5, 5, true), fixed(6, 6, false), fixed(8, 15, true), fixed(10, 3, true), fixed(10, 9, true),
		fixed(12, 25, true), {day: lunar(year, 4, 8), replaced: true},
	}
	if year >= 2026 {
		all = append(all, fixed(5, 1, false), fixed(7, 17, true))
	}
	for _, feast := range []time.Time{lunar(year, 1, 1), lunar(year, 8, 15)} {
		for d := -1; d <= 1; d++ {
			all = append(all, holiday{day: feast.AddDate(0, 0, d), replaced: true, festival: true})
		}
	}
	// The Assembly's and the councils' terms end on 29 May and 30 June; elections are on the first Wednesday from 50 or 30 days before.
	switch year % 4 {
	case 0:
		all = append(all, holiday{day: wednesday(time.Date(year, 5, 29, 0, 0, 0, 0, korea).AddDate(0, 0, -50))})
	case 2:
		all = append(all, holiday{day: wednesday(time.Date(year, 6, 30, 0, 0, 0, 0, korea).AddDate(0, 0, -30))})
	}
	days := map[string]string{}
	key := func(day time.Time) string { return day.Format(time.DateOnly) }
	for _, h := range all {
		if h.festival {
			days[key(h.day)] = "rest"
		} else if days[key(h.day)] == "" {
			days[key(h.day)] = "holiday"
		}
	}
	slices.SortStableFunc(all, func(a, b holiday) int { return a.day.Compare(b.day) })
	for i, h := range all {
		weekday := h.day.Weekday()
		doubled := i > 0 && all[i-1].day.Equal(h.day) && weekday != time.Sunday && weekday != time.Saturday
		if !h.replaced || !doubled && weekday != time.Sunday && (h.festival || weekday != time.Saturday) {
			continue
		}
		day := h.day
		for days[key(day)] != "" || day.Weekday() == time.Sunday || day.Weekday() == time.Saturday {
			day = day.AddDate(0, 0, 1)
		}
		days[key(day)] = "holiday"
	}
	days[key(time.Date(year, 8, 14, 0, 0, 0, 0, korea))] = "rest" // the couriers' own, after the law's
	return days
}

func wednesday(day time.Time) time.Time {
	for day.Weekday() != time.Wednesday {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// lunar gives the Korean day of a date of the lunar calendar: months begin on the day of the new moon, the eleventh has the winter
// solstice in it, and a month without a major term of the sun is a leap month and counts as the one before. Only years of which the
// eleventh months are twelve months apart or the leap month is known to come later than the month asked for are right; the test
// holds that for its years.
func lunar(year, month, day int) time.Time {
	// The month with the solstice of the year before is the eleventh.
	solstice := sunReaches(270, float64(julian(time.Date(year-1, 12, 21, 0, 0, 0, 0, time.UTC))))
	k := math.Floor((solstice - 2451550.1) / 29.530588861)
	for koreanDayOf(newMoon(k+1)) <= koreanDayOf(solstice) {
		k++
	}
	for koreanDayOf(newMoon(k)) > koreanDayOf(solstice) {
		k--
	}
	next := sunReaches(270, solstice+365.2422)
	months := 0
	for koreanDayOf(newMoon(k+float64(months)+1)) <= koreanDayOf(next) {
		months++
	}
	number, leapUsed := 11, months == 12
	for n := 1; ; n++ {
		begin, end := koreanDayOf(newMoon(k+float64(n))), koreanDayOf(newMoon(k+float64(n)+1))
		if !leapUsed && !hasMajorTerm(begin, end) {
			leapUsed = true
			continue
		}
		number = number%12 + 1
		if number == month && n >= 2 {
			return time.Date(1970, 1, 1, 0, 0, 0, 0, korea).AddDate(0, 0, begin+day-1)
		}
	}
}

// hasMajorTerm reports whether the sun reaches a multiple of 30° in these Korean days.
func hasMajorTerm(begin, end int) bool {
	at := func(day int) float64 { return sun(float64(day) + 2440587.5 - 9.0/24) } // midnight in Korea
	return math.Floor(at(begin)/30) != math.Floor(at(end)/30)
}

func julian(t time.Time) float64 { return float64(t.Unix())/86400 + 2440587.5 }

// koreanDayOf counts Korean days from the beginning of 1970; jd is in dynamical time, 70 s ahead of the clock in these years.
func koreanDayOf(jd float64) int { return int(math.Floor(jd - 70.0/86400 - 2440587.5 + 9.0/24)) }

// sun is its apparent longitude in degrees, to about 0.01° (Meeus, Astronomical Algorithms, chapter 25, low accuracy).
func sun(jd float64) float64 {
	t := (jd - 2451545) / 36525
	rad := math.Pi / 180
	mean := 280.46646 + 36000.76983*t + 0.0003032*t*t
	anomaly := (357.52911 + 35999.05029*t - 0.0001537*t*t) * rad
	center := (1.914602-0.004817*t)*math.Sin(anomaly) + (0.019993-0.000101*t)*math.Sin(2*anomaly) + 0.000289*math.Sin(3*anomaly)
	node := (125.04 - 1934.136*t) * rad
	return math.Mod(math.Mod(mean+center-0.00569-0.00478*math.Sin(node), 360)+360, 360)
}

func sunReaches(degrees, near float64) float64 {
	for range 20 {
		short := math.Mod(degrees-sun(near)+540, 360) - 180
		near += short / 360 * 365.2422
	}
	return near
}

// newMoon is the time of the new moon k after the one of 6 January 2000, to about a minute (Meeus, chapter 49, without the planets).
func newMoon(k float64) float64 {
	t := k / 1236.85
	rad := math.Pi / 180
	e := 1 - 0.002516*t - 0.0000074*t*t
	s := (2.5534 + 29.10535670*k - 0.0000014*t*t) * rad     // the sun's anomaly
	m := (201.5643 + 385.81693528*k + 0.0107582*t*t) * rad  // the moon's
	f := (160.7108 + 390.67050284*k - 0.0016118*t*t) * rad  // the moon's argument of latitude
	node := (124.7746 - 1.56375588*k + 0.0020672*t*t) * rad // of the ascending node
	jde := 2451550.09766 + 29.530588861*k + 0.00015437*t*t
	return jde - 0.40720*math.Sin(m) + 0.17241*e*math.Sin(s) + 0.01608*math.Sin(2*m) + 0.01039*math.Sin(2*f) + 0.00739*e*math.Sin(m-s) -
		0.00514*e*math.Sin(m+s) + 0.00208*e*e*math.Sin(2*s) - 0.00111*math.Sin(m-2*f) - 0.00057*math.Sin(m+2*f) + 0.00056*e*math.Sin(2*m+s) -
		0.00042*math.Sin(3*m) + 0.00042*e*math.Sin(s+2*f) + 0.00038*e*math.Sin(s-2*f) - 0.00024*e*math.Sin(2*m-s) - 0.00017*math.Sin(node)
}

// The independent computation is itself held to lunar dates that are long past and known.
func TestLunarDates(t *testing.T) {
	for _, c := range []struct {
		month, day int
		want       string
	}{
		{1, 1, "2020-01-25"}, {8, 15, "2020-10-01"}, {4, 8, "2020-04-30"}, // a leap fourth month came after
		{1, 1, "2021-02-12"}, {8, 15, "2021-09-21"}, {4, 8, "2021-05-19"},
		{1, 1, "2022-02-01"}, {8, 15, "2022-09-10"}, {4, 8, "2022-05-08"},
		{1, 1, "2023-01-22"}, {8, 15, "2023-09-29"}, {4, 8, "2023-05-27"}, // after a leap second month
		{1, 1, "2017-01-28"}, {8, 15, "2017-10-04"}, {4, 8, "2017-05-03"}, // a leap fifth month came between
	} {
		year := int(c.want[0]-'0')*1000 + int(c.want[1]-'0')*100 + int(c.want[2]-'0')*10 + int(c.want[3]-'0')
		if got := lunar(year, c.month, c.day).Format(time.DateOnly); got != c.want {
			t.Errorf("day %d of month %d: %s, want %s", c.day, c.month, got, c.want)
		}
	}
}

func TestHoliday(t *testing.T) {
	for _, row := range holidayRows(t) {
		for _, at := range []time.Time{row.day, row.day.Add(24*time.Hour - 1), row.day.UTC()} {
			if !Holiday(at) || Korea().Of(at).String() != row.kind {
				t.Errorf("%v is %v", at, Korea().Of(at))
			}
		}
	}
	for _, day := range []string{"2026-09-23", "2026-09-27", "2023-12-31", "2029-01-01", "1960-01-01", "2027-06-07", "2026-06-08"} {
		at, _ := time.ParseInLocation(time.DateOnly, day, korea)
		if Holiday(at) || Holiday(at.Add(24*time.Hour-1)) {
			t.Errorf("%s is a holiday", day)
		}
	}
}

func TestCalendarWith(t *testing.T) {
	early, late := time.Date(1970, 1, 1, 8, 0, 0, 0, korea), time.Date(2199, 12, 31, 23, 0, 0, 0, korea)
	var none *Calendar
	c := none.With(RestDay, early, late, early.AddDate(0, 0, -1), late.AddDate(0, 0, 1), time.Time{}).With(PublicHoliday, monday)
	for at, want := range map[time.Time]DayOff{early: RestDay, late: RestDay, monday: PublicHoliday, monday.Add(-1): Workday, late.AddDate(0, 0, 1): Workday, early.AddDate(0, 0, -1): Workday, {}: Workday} {
		if got := c.Of(at); got != want {
			t.Errorf("%v is %v, want %v", at, got, want)
		}
	}
	if c.With(Workday, early, late, monday).first != 0 || none.Of(monday) != Workday || new(Calendar).Of(monday) != Workday {
		t.Error("a calendar without days has some")
	}
	if Korea().With(Workday, time.Date(2026, 9, 25, 0, 0, 0, 0, korea)); !Holiday(time.Date(2026, 9, 25, 0, 0, 0, 0, korea)) {
		t.Error("With changed the calendar that it was made from")
	}
	if got := DayOff(9).String(); got != "DayOff(9)" {
		t.Error(got)
	}
}
