package webhook

import "time"

// sentAt reads a time of sending: 10 digits are Unix seconds, 13 are milliseconds, and everything else is RFC 3339, with
// a fraction of nine digits at most. Other numbers of digits are refused, leading zeros or not: whether they are
// seconds could only be guessed.
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
	// Parsing what cannot be a time would cost an allocation for an error that nobody reads.
	if len(text) < len("2006-01-02T15:04:05Z") || len(text) > len("2006-01-02T15:04:05.999999999+09:00") || text[10] != 'T' {
		return time.Time{}, false
	}
	var at time.Time
	err := at.UnmarshalText([]byte(text)) // stricter than time.Parse, which takes a comma, and hours of one digit
	return at.UTC(), err == nil
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
