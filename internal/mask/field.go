package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// whole has always the same length, so that it does not tell a door code from an essay.
const whole = "********"

// Whole hides a value whole, behind eight stars whatever its length: detailed addresses, delivery memos, which often
// hold door codes.
func Whole(s string) string {
	if s == "" {
		return s
	}
	return whole
}

// Waybill shortens a waybill number for logs: of ten characters or more the first and last four stay, of fewer none.
// Screens show it in full; but with the courier it leads to a person.
func Waybill(s string) string {
	count := utf8.RuneCountInString(s)
	if count < 10 {
		return stars(s)
	}
	n := 0
	return strings.Map(func(r rune) rune {
		n++
		if n <= 4 || n > count-4 {
			return r
		}
		return star
	}, s)
}

// Email hides the local part but for its first two characters, and at least one of them; the domain stays.
func Email(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !isDomain(domain) || strings.ContainsFunc(local, unicode.IsSpace) {
		return stars(s)
	}
	runes := utf8.RuneCountInString(local)
	n, keep := 0, min(2, runes-1)
	return strings.Map(func(r rune) rune {
		if n++; n <= keep {
			return r
		}
		return star
	}, local) + "@" + domain
}

func isDomain(s string) bool {
	odd := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-' }
	return strings.Contains(strings.Trim(s, "."), ".") && !strings.ContainsFunc(s, odd)
}

// PCCC hides a personal customs code (개인통관고유부호), a letter and twelve digits, but for its letter.
func PCCC(s string) string {
	if len(s) != 13 || !isLetter(s[0]) || strings.Trim(s[1:], "0123456789*") != "" {
		return stars(s)
	}
	return s[:1] + stars(s[1:])
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// Stars hides every character.
func Stars(s string) string { return stars(s) }
