package webhook

import (
	"strings"
	"time"
)

// sentAt reads a time of sending: 10 digits are Unix seconds, 13 are milliseconds, and everything else is RFC 3339. Other
// numbers of digits are refused, leading zeros or not: whether they are seconds could only be guessed.
//
// No such text is also the beginning of another one before a dot. Thus only one time and one body can be read from
// what is signed.
func sentAt(text string) (time.Time, bool) {
	switch len(text) {
	case len("1790553600"):
		seconds, ok := digits(text)
		return time.Unix(seconds, 0).UTC(), ok
	case len("1790553600000"):
		milliseconds, ok := digits(text)
		return time.UnixMilli(milliseconds).UTC(), ok
	}
	at, ok := written(text)
	return at.UTC(), ok
}

// longestTime is more than a time with any fraction of sense needs.
const longestTime = 64

// written reads RFC 3339 and nothing more.
func written(text string) (time.Time, bool) {
	// The parser takes a comma for the point, and hours of one digit. And what cannot be a time would cost an allocation
	// for an error that nobody reads.
	if len(text) < len("2006-01-02T15:04:05Z") || len(text) > longestTime || text[10] != 'T' || strings.IndexByte(".Z+-", text[19]) < 0 {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, false
	}
	// It takes offsets of a day and more, too.
	n := len(text)
	return at, text[n-1] == 'Z' || text[n-5:n-3] < "24" && text[n-2:] < "60"
}

// digits reads a decimal number of ASCII digits, few enough to fit.
func digits(text string) (int64, bool) {
	n := int64(0)
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(text[i]-'0')
	}
	return n, true
}
