package sweettracker

import (
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// kst is Korean time, which has no summer time: a fixed zone needs no time zone database.
var kst = time.FixedZone("KST", 9*3600)

// scanTime is when a scan happened, as well as the provider said it.
type scanTime struct {
	at        time.Time
	precision tracking.Precision
	assumed   bool // the zone is ours: a wall clock was read
}

// when reads the time of a scan: the epoch if there is one (milliseconds), else the wall clock in Korean time. A
// scan with neither is kept without a time; none is ever invented.
func (s *scan) when(c tracking.Courier) scanTime {
	if s.Time > 0 {
		if at := time.UnixMilli(s.Time).In(kst); plausible(at) {
			return scanTime{at: at, precision: clockPrecision(c, at)}
		}
	}
	if at, ok := parseClock(s.TimeString); ok {
		return scanTime{at: at, precision: clockPrecision(c, at), assumed: true}
	}
	if at, ok := parseDay(s.TimeString); ok {
		return scanTime{at: at, precision: tracking.PrecisionDay, assumed: true}
	}
	return scanTime{precision: tracking.PrecisionNone}
}

// parseClock reads a Korean wall clock with seconds, or without (reported).
func parseClock(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.DateTime, "2006-01-02 15:04"} {
		if len(text) != len(layout) {
			continue
		}
		if at, err := time.ParseInLocation(layout, text, kst); err == nil {
			return at, plausible(at)
		}
	}
	return time.Time{}, false
}

// parseDay reads the day of a text without a readable clock, such as "2026-03-02 --:--".
func parseDay(text string) (time.Time, bool) {
	day, clock, _ := strings.Cut(text, " ")
	if strings.ContainsAny(clock, "0123456789") {
		return time.Time{}, false // a broken clock: the day beside it is not to be trusted either
	}
	at, err := time.ParseInLocation(time.DateOnly, day, kst)
	return at, err == nil && plausible(at)
}

// plausible keeps out fillers such as the year 1 and what JSON could not hold. The bounds are ours.
func plausible(at time.Time) bool { return at.Year() >= 2000 && at.Year() < 9999 }

// clockPrecision knows the filler for "no clock time given" that servers write for Lotte: the last second of the day
// (observed).
func clockPrecision(c tracking.Courier, at time.Time) tracking.Precision {
	if c == courier.Lotte && at.Hour() == 23 && at.Minute() == 59 && at.Second() == 59 {
		return tracking.PrecisionDay
	}
	return tracking.PrecisionMinute
}

// nextKoreanDay is the midnight after t in Korea, when the daily caps of numbers are presumed to start anew.
func nextKoreanDay(t time.Time) time.Time {
	year, month, day := t.In(kst).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, kst)
}
