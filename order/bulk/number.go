package bulk

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const exactDigits = 15 // significant digits that a spreadsheet keeps of a number

// integer gives the digits of a whole number as a file writes it: 551234567891, 551234567891.0 or 5.51234567891E+11. It
// works on the digits, for a float would round them. text names what is wrong: R02.digits or R02.number.
func integer(raw string) (digits, text string) {
	mantissa, exponent := raw, 0
	if i := strings.IndexAny(raw, "eE"); i >= 0 {
		n, err := strconv.Atoi(raw[i+1:])
		if err != nil || n < -400 || n > 400 {
			return "", "R02.number"
		}
		mantissa, exponent = raw[:i], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", "R02.number"
	}
	point := len(whole) + exponent
	if lead := len(digits) - len(strings.TrimLeft(digits, "0")); lead > 0 {
		digits, point = digits[lead:], point-lead
	}
	digits = strings.TrimRight(digits, "0")
	switch {
	case digits == "":
		return "0", ""
	case point > exactDigits:
		return "", "R02.digits"
	case point < len(digits):
		return "", "R02.number"
	}
	return digits + strings.Repeat("0", point-len(digits)), ""
}

// scientific finds what a narrow column makes of a long number when a sheet is saved as text.
var scientific = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+\d+$`)

// plain cleans a text that is a key, a word or a date: form NFKC, no invisible characters, no spaces around it, and no
// apostrophe in front. Dashes stay; they may be part of a key.
func plain(text string) string {
	simple := true
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7F || text[i] == '\'' {
			simple = false
			break
		}
	}
	if simple {
		return text
	}
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text), "'‘’"))
}
