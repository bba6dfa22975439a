// Package number brings waybill numbers (운송장번호) into the one form in which they are compared, stored and sent.
//
// The same number reaches us as 5500-0000-1234 from a label, as '550000001234 from a spreadsheet that guards its
// zeros, in full-width digits from a Korean input method, or with invisible characters from a web page. Two forms of
// one number must never become two parcels, so there is one normaliser: the tracking client uses it before it joins
// equal queries, the courier directory before it judges a number, and bulk ship-out for every cell.
//
// It only undoes typing. It never drops a letter or a digit, never adds a zero and never guesses: a character that
// belongs to no waybill number stays, so that the check which follows can name it.
package number

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize applies the Unicode form NFKC, removes every space (also U+00A0 and U+3000), invisible format character
// (zero-width characters, the byte order mark, soft hyphens), dash and minus sign, then apostrophes in front, and
// upper-cases what is left. Normalize of a normal number is that number.
//
// A number of nothing but 0–9 and A–Z is returned as it is, without an allocation. So is a text of more than 1,024 bytes:
// nobody typed it, and it is not worth the work.
func Normalize(s string) string {
	if len(s) > longest || plain(s) {
		return s
	}
	// One pass is enough for what people type. Removing a character can bring together two that compose, and
	// upper-casing can leave form NFKC, in text that is no waybill number; repeating makes the result final there
	// too. No text is known that needs more than three, and none may keep us here for ever.
	for range 8 {
		once := pass(s)
		if once == s {
			break
		}
		s = once
	}
	return s
}

const longest = 1024 // bytes

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func pass(s string) string {
	if !ascii(s) {
		s = norm.NFKC.String(s)
	}
	return strings.TrimLeft(strings.Map(keep, s), "'‘’")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// keep gives the upper-case form of r, or -1 for what people put between and around the characters of a number.
func keep(r rune) rune {
	if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || Dash(r) {
		return -1
	}
	return unicode.ToUpper(r)
}

// Dash reports whether r is used as a dash: the Unicode dashes, the minus signs, and the Japanese and Korean
// keyboards' long sound mark ー (U+30FC), which form NFKC keeps and which looks like one.
func Dash(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '-'
	}
	switch r {
	case '\u2212', '\u207b', '\u208b', // minus, superscript and subscript minus
		'\u02d7', '\u2043', '\u2796', // modifier minus, hyphen bullet, heavy minus
		'\u30fc', '\uff70': // ー, and its half-width form
		return true
	}
	return unicode.Is(unicode.Pd, r)
}
