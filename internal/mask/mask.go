// Package mask hides personal data: in the texts of couriers, and in the fields of an order.
//
// # Tracking text
//
// Couriers write the driver into the text of a scan: (배송담당:홍길동 010-1234-5678). [Text] hides phone numbers
// anywhere and names after the labels that couriers use, and leaves the rest of the text as it is, character for
// character: the driver's time window, the branch, the company's service line, the parcel's own number. A bare name in
// free text cannot be told from a place or a word; fields that hold persons are therefore dropped by the adapters, not
// scrubbed.
//
// # Fields
//
// [Name], [Phone], [Address], [Email], [PCCC], [Waybill] and [Whole] mask one value whose meaning is known, [Stars] one
// of any meaning. [Surname] and [PhonePrefix] show less than [Name] and [Phone], for hosts that want it so. They work
// on what they parse – syllables, words, blocks of a number – and never on fixed offsets. They fail closed: what
// does not parse is hidden whole. An empty value stays empty.
//
// # Foreign text
//
// What a provider says in an error goes through three steps, in this order, before anybody sees it: [Secrets], [Text],
// [Line]. Cutting comes last, because half a phone number is no longer recognised as one.
//
// All functions are pure, total and safe for concurrent use. Where there is nothing to hide they return their argument
// without an allocation. A second application changes nothing.
package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const star = '*'

// Text hides the phone numbers in a courier's free text, and names that follow a label such as 배송담당. One star
// stands for each hidden character, so that the text keeps its length in characters.
//
// A phone number is a Korean mobile (01x), landline (02, 0xx), internet (070) or safe number (안심번호, 050x), in the
// domestic or the +82 form, in ASCII or full-width digits, its blocks divided by dashes, dots, spaces or nothing, with
// no digit directly before or after it. The first and the last block stay. Service lines (1588-0000) and time windows
// (17~19시) are not phone numbers here.
//
// own is the parcel's waybill number, or empty: where it appears in the text, with or without dividers, it stays even
// if it has the form of a phone number.
func Text(text, own string) string {
	if harmless(text) {
		return text
	}
	var room [4]span // of most texts, off the heap
	for {
		spans := appendPhones(room[:0], text, own)
		spans = appendNames(spans, text)
		if len(spans) == 0 {
			return text
		}
		// Again, for hiding one number can lay bare the edge of another. Every round hides at least one character.
		text = hide(text, spans)
	}
}

// harmless tells nearly every text without phone number and label in one pass over its bytes.
func harmless(text string) bool {
	for i := range len(text) {
		if mayBeginPhone(text[i]) {
			return false
		}
		if mayBeginLabel(text[i:]) {
			if _, ok := labelAt(text, i); ok {
				return false
			}
		}
	}
	return true
}

// A span is a range of bytes of a text, at character boundaries.
type span struct{ start, end int }

// hide writes a star for each visible character of the spans. Spans may overlap and come in any order.
func hide(text string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var b strings.Builder
	b.Grow(len(text))
	pos := 0
	for _, s := range spans {
		if s.start > pos {
			b.WriteString(text[pos:s.start])
			pos = s.start
		}
		if s.end > pos {
			for _, r := range text[pos:s.end] {
				b.WriteRune(starred(r))
			}
			pos = s.end
		}
	}
	b.WriteString(text[pos:])
	return b.String()
}

func starred(r rune) rune {
	if invisible(r) {
		return r
	}
	return star
}

// invisible reports characters that nobody sees. They must not tear a number apart for us, since a later step that
// removes them (see [Line]) would put it together again.
func invisible(r rune) bool {
	if isHangul(r) || r >= ' ' && r <= '~' { // nearly all, and far cheaper to tell
		return false
	}
	return !unicode.IsSpace(r) && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// skipInvisible gives the place of the first visible character from i on. Bytes that are no UTF-8 go with the
// invisible.
func skipInvisible(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !invisible(r) && (r != utf8.RuneError || size > 1) {
			break
		}
		i += size
	}
	return i
}

// stars gives one star per character.
func stars(s string) string {
	if strings.Trim(s, string(star)) == "" {
		return s
	}
	return strings.Repeat(string(star), utf8.RuneCountInString(s))
}
