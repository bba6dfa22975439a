package deliveryapi

import (
	"strings"
	"time"
)

// kst is Korean time; it needs no time-zone database and has had no summer time since 1988.
var kst = time.FixedZone("KST", 9*60*60)

// stamp is a time as the provider wrote it.
type stamp struct {
	at    time.Time // zero when there was nothing readable
	day   bool      // a day without a clock time; at is its midnight
	zoned bool      // the text named its zone
}

// parseTime reads the forms that the provider's times come in, reported or tolerated: a day, a day and a clock time to the minute,
// second or finer, with - or . or / between the parts of the day and T or a space before the clock time, and perhaps
// a zone (Z, +09:00, +0900). A text without a zone is in the zone given. It does not allocate for Korean time and UTC.
func parseTime(text string, zone *time.Location) stamp {
	p := timeText{rest: strings.TrimSpace(text), ok: true}
	year := p.digits(4)
	separator := p.oneOf("-./")
	month := p.digits(2)
	p.expect(separator)
	day := p.digits(2)
	if !p.ok || !validDay(year, month, day) {
		return stamp{}
	}
	if p.rest == "" {
		return stamp{at: time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone), day: true}
	}
	p.oneOf("T t")
	hour := p.digits(2)
	p.expect(':')
	minute := p.digits(2)
	second, nanosecond := p.seconds()
	zoned := p.rest != ""
	if zoned {
		zone = p.zone()
	}
	if !p.ok || hour > 23 || minute > 59 || second > 59 {
		return stamp{}
	}
	return stamp{at: time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, zone), zoned: zoned}
}

// serviceTime reads a time of the service itself, which is UTC (reported) where it does not say.
func serviceTime(text string) time.Time { return parseTime(text, time.UTC).at }

func validDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// timeText is what is left to read. Once something did not fit, ok is false for good.
type timeText struct {
	rest string
	ok   bool
}

func (p *timeText) digits(n int) int {
	if !p.ok || len(p.rest) < n {
		p.ok = false
		return 0
	}
	value := 0
	for i := range n {
		c := p.rest[i]
		if c < '0' || c > '9' {
			p.ok = false
			return 0
		}
		value = value*10 + int(c-'0')
	}
	p.rest = p.rest[n:]
	return value
}

func (p *timeText) oneOf(choices string) byte {
	if !p.ok || p.rest == "" || strings.IndexByte(choices, p.rest[0]) < 0 {
		p.ok = false
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *timeText) expect(c byte) {
	p.ok = p.ok && p.rest != "" && p.rest[0] == c
	if p.ok {
		p.rest = p.rest[1:]
	}
}

func (p *timeText) starts(c byte) bool { return p.ok && p.rest != "" && p.rest[0] == c }

// seconds reads :05 and .123, both of which may be missing.
func (p *timeText) seconds() (second, nanosecond int) {
	if !p.starts(':') {
		return 0, 0
	}
	p.expect(':')
	second = p.digits(2)
	if !p.starts('.') {
		return second, 0
	}
	p.expect('.')
	scale := int(time.Second)
	for p.ok && p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' {
		scale /= 10
		nanosecond += scale * int(p.rest[0]-'0')
		p.rest = p.rest[1:]
	}
	if scale == int(time.Second) {
		p.ok = false // a point without digits
	}
	return second, nanosecond
}

// zone reads Z, +09:00 or +0900 to the end of the text.
func (p *timeText) zone() *time.Location {
	if p.rest == "Z" || p.rest == "z" {
		return time.UTC
	}
	sign := p.oneOf("+-")
	hours := p.digits(2)
	if p.starts(':') {
		p.expect(':')
	}
	minutes := p.digits(2)
	if !p.ok || p.rest != "" || hours > 23 || minutes > 59 {
		p.ok = false
		return time.UTC
	}
	offset := (hours*60 + minutes) * 60
	switch {
	case sign == '-':
		offset = -offset
	case offset == 9*60*60:
		return kst
	}
	return time.FixedZone("", offset)
}
