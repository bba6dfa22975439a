package mask

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/number"
)

// Remark makes a text that is not ours fit for an error or a log: one line of at most limit characters, without the given
// secrets, addresses, people, and whole waybill numbers.
//
// The steps stand in the one order that works. What nobody sees is removed first, or it would tear apart what the others look
// for; cutting comes last, since half a number is no longer recognised as one.
func Remark(text string, secrets []string, limit int) string {
	text = Line(text, math.MaxInt)
	text = Secrets(text, secrets)
	text = Text(Addresses(text), "")
	return Line(Numbers(text), limit)
}

// Code gives an error code as it is, and nothing of a text that is none: with anything but visible ASCII in it, longer than
// limit, or with something that [Remark] would hide.
func Code(text string, secrets []string, limit int) string {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	if strings.ContainsFunc(text, odd) || Remark(text, secrets, limit) != text {
		return ""
	}
	return text
}

// Addresses replaces words that are addresses (scheme://…) by "(address)": they may hold a key.
func Addresses(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "://") {
			words[i] = "(address)"
		}
	}
	return strings.Join(words, " ")
}

// leastNumber is how many digits are taken for a waybill number; a day has eight, an amount hardly ever more.
const leastNumber = 9

// Numbers leaves the last four digits of what may be a waybill number, with dashes in it or without: …1072.
func Numbers(text string) string {
	var b strings.Builder
	kept := 0
	for at := 0; at < len(text); {
		end, digits, last := numberAt(text, at)
		switch {
		case digits == 0:
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		case digits >= leastNumber:
			b.WriteString(text[kept:at])
			b.WriteString("…" + last)
			kept = end
		}
		at = end
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// numberAt reads digits of any script, single dashes between them, and gives the last four as ASCII. Nothing there
// has no digits.
func numberAt(text string, at int) (end, digits int, last string) {
	end = at
	dashed := false
	for i := at; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case unicode.IsDigit(r):
			digits, end, dashed = digits+1, i, false
		case digits == 0 || dashed || !number.Dash(r):
			return end, digits, lastDigits(text[at:end])
		default:
			dashed = true
		}
	}
	return end, digits, lastDigits(text[at:end])
}

func lastDigits(text string) string {
	digits := number.Normalize(text)
	for utf8.RuneCountInString(digits) > 4 {
		_, size := utf8.DecodeRuneInString(digits)
		digits = digits[size:]
	}
	return digits
}
