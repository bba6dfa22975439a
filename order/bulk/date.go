package bulk

import (
	"strconv"
	"strings"
	"time"
)

var korea = time.FixedZone("KST", 9*60*60)

// dayLayouts are the ways in which people write days, after dots, slashes and Korean words became dashes.
var dayLayouts = []string{"2006-1-2", "20060102", "06-1-2"}

// dayOf reads a ship date in Korean time: a serial number of the workbook's date system, or a written day with or
// without a time of day, which is dropped.
func dayOf(c *cell, dates epoch) (time.Time, bool) {
	text := plain(c.text)
	if c.number {
		serial, err := strconv.ParseFloat(text, 64)
		if err != nil || serial < 1 {
			return time.Time{}, false
		}
		if serial < 2_958_466 { // the last day is 9999-12-31
			return serialDay(int(serial), dates), true
		}
		text, _ = integer(text) // 20261121 as a number
	}
	text = strings.NewReplacer("년 ", "-", "월 ", "-", "년", "-", "월", "-", "일", "", ". ", "-", ".", "-", "/", "-").Replace(text)
	if i := strings.IndexAny(text, "T "); i > 0 {
		text = text[:i]
	}
	text = strings.TrimRight(text, "-")
	for _, layout := range dayLayouts {
		if day, err := time.ParseInLocation(layout, text, korea); err == nil {
			return day, true
		}
	}
	return time.Time{}, false
}

// serialDay turns a serial number into a day. The system of 1900 counts a 29 February 1900 that never was; days before it
// are one further.
func serialDay(serial int, dates epoch) time.Time {
	if dates == epoch1904 {
		return time.Date(1904, 1, 1+serial, 0, 0, 0, 0, korea)
	}
	if serial < 60 {
		serial++
	}
	return time.Date(1899, 12, 30+serial, 0, 0, 0, 0, korea)
}
