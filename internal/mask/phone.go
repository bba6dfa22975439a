package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/internal/number"
)

// Phone hides the middle block of a telephone number and keeps the first and the last, the country code and the
// dividers: 010-1234-5678 becomes 010-****-5678. What is not a phone number as [Text] knows them is hidden whole.
func Phone(s string) string {
	trimmed := strings.TrimSpace(s)
	m, ok := matchPhone(trimmed, 0)
	if ok && m.end == len(trimmed) && !strings.ContainsFunc(trimmed, invisible) && utf8.ValidString(trimmed) {
		offset := strings.Index(s, trimmed)
		return hide(s, []span{{offset + m.middle.start, offset + m.middle.end}})
	}
	if blocksMasked(trimmed) {
		return s
	}
	return stars(s)
}

// PhonePrefix is like [Phone] and hides the last block too: 010-****-****.
func PhonePrefix(s string) string {
	if before, ok := strings.CutSuffix(strings.TrimSpace(s), "****"); ok && blocksMasked(before+"0000") {
		return s
	}
	masked := Phone(s)
	last := strings.LastIndexByte(masked, star) + 1
	return masked[:last] + strings.Map(func(r rune) rune {
		if isDigit(r) {
			return star
		}
		return r
	}, masked[last:])
}

// blocksMasked reports whether s is what [Phone] makes of a number: at most the digits of its outer blocks are left.
func blocksMasked(s string) bool {
	first, rest, found := strings.Cut(s, "*")
	last := strings.TrimLeft(rest, "*")
	masked := strings.Count(s, "*")
	if !found || masked != len(rest)-len(last)+1 || masked < 3 || masked > 4 {
		return false
	}
	// The hidden digits are set back in as zeros: then it must be a number again, with just them as its middle.
	m, ok := matchPhone(first+strings.Repeat("0", masked)+last, 0)
	return ok && m.end == len(s) && m.middle == span{len(first), len(first) + masked}
}

// A phone is where a phone number stands in a text.
type phone struct {
	middle span // the block to hide
	end    int  // behind its last digit
}

// appendPhones finds the phone numbers of text. A number whose last block begins another one is found twice, once in
// this round and once in the next.
func appendPhones(spans []span, text, own string) []span {
	for i := 0; i < len(text); i++ {
		if !mayBeginPhone(text[i]) || digitBefore(text, i) {
			continue
		}
		m, ok := matchPhone(text, i)
		if !ok || isOwn(text, i, m.end, own) || isServiceLine(text, i, m) {
			continue
		}
		spans = append(spans, m.middle)
		i = m.middle.end - 1
	}
	return spans
}

// isServiceLine reports a service line behind a time or date that ends in 02, as in "09:02 1588-0000", which has the
// form of a number in Seoul.
func isServiceLine(text string, start int, m phone) bool {
	middle := text[m.middle.start:m.middle.end]
	if len(middle) != 4 || middle[0] != '1' || strings.IndexByte("568", middle[1]) < 0 {
		return false
	}
	area := text[start:m.middle.start]
	if strings.TrimSpace(area) != "02" || len(area) == len("02") || start == 0 {
		return false
	}
	return strings.IndexByte(":.-/", text[start-1]) >= 0 && digitBefore(text, start-1)
}

// mayBeginPhone looks at one byte: 0, 8 (of 82), +, or the first byte of a full-width character.
func mayBeginPhone(c byte) bool { return c == '0' || c == '8' || c == '+' || c == 0xef }

// matchPhone reads a phone number that begins at i.
func matchPhone(text string, i int) (phone, bool) {
	if j, ok := countryCode(text, i); ok {
		if m, ok := matchBlocks(text, j, true); ok {
			return m, true
		}
	}
	return matchBlocks(text, i, false)
}

// countryCode reads +82, 0082, or 82 with a divider behind it (without one, 82… is some other number), and then
// the optional (0) that people leave in.
func countryCode(text string, i int) (int, bool) {
	digits, plus := skipInvisible(text, i), false
	if r, size := utf8.DecodeRuneInString(text[digits:]); r == '+' || r == '＋' {
		digits, plus = digits+size, true
	}
	j, ok := literal(text, digits, "82")
	if !ok && !plus {
		j, ok = literal(text, digits, "0082")
		plus = ok
	}
	if !ok {
		return 0, false
	}
	k := dividers(text, j)
	if k == j && !plus {
		return 0, false
	}
	return k, true
}

// matchBlocks reads area code, middle and last block. In the international form the area code has lost its zero, or
// keeps it for show.
func matchBlocks(text string, i int, international bool) (phone, bool) {
	if international {
		if j, ok := literal(text, i, "0"); ok {
			if k := dividers(text, j); k > j {
				i = k // +82 (0)10-…
			} else {
				international = false // +82 010-…
			}
		}
	}
	for _, length := range areaLengths(text, i, international) {
		j, ok := digits(text, i, length)
		if length == 0 || !ok {
			continue
		}
		start := dividers(text, j)
		for _, middle := range [...]int{4, 3} {
			if m, ok := matchEnd(text, start, middle); ok {
				return m, true
			}
		}
	}
	return phone{}, false
}

// matchEnd reads a middle block of that many digits, and the last block of four with no digit behind it.
func matchEnd(text string, start, middle int) (phone, bool) {
	end, ok := digits(text, start, middle)
	if !ok {
		return phone{}, false
	}
	last, ok := digits(text, dividers(text, end), 4)
	if !ok {
		return phone{}, false
	}
	if r, _ := utf8.DecodeRuneInString(text[last:]); isDigit(r) {
		return phone{}, false
	}
	return phone{middle: span{start, end}, end: last}, true
}

// areaLengths gives the lengths, longest first, that the area code at i may have, 0 for none: 2 of Seoul's 02, 4 of
// the safe numbers' 050x and 030x, 3 of the others. Without the leading zero each is one less.
func areaLengths(text string, i int, international bool) (lengths [2]int) {
	var code [3]byte
	from := 0
	if international {
		code[0], from = '0', 1
	}
	for n := from; n < len(code); n++ {
		d, j, ok := digit(text, i)
		if !ok {
			break
		}
		code[n], i = d, j
	}
	if code[0] != '0' {
		return lengths
	}
	switch {
	case code[1] == '2':
		lengths[0] = 2
	case (code[1] == '5' || code[1] == '3') && code[2] == '0':
		lengths = [2]int{4, 3}
	case code[1] == '1' && strings.IndexByte("016789", code[2]) >= 0:
		lengths[0] = 3
	case code[1] >= '3' && code[1] <= '9' && code[2] != 0:
		lengths[0] = 3
	}
	for n := range lengths {
		lengths[n] = max(0, lengths[n]-from)
	}
	return lengths
}

// isOwn reports whether the range of text is the parcel's own number, or lies within it.
func isOwn(text string, start, end int, own string) bool {
	if len(own) < 9 {
		return false // shorter than any phone number
	}
	if mayEqual(text[start:end], own) && number.Normalize(text[start:end]) == number.Normalize(own) {
		return true
	}
	for from := 0; ; {
		at := strings.Index(text[from:], own)
		if at < 0 || from+at > start {
			return false
		}
		if from += at; from+len(own) >= end {
			return true
		}
		from++
	}
}

// mayEqual reports whether a phone number could be the parcel's own, going by the number of digits: nearly all are told
// apart by it, without the cost of bringing both into normal form.
func mayEqual(phone, own string) bool {
	n := countDigits(own)
	return n != len(own) || n == countDigits(phone)
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if isDigit(r) {
			n++
		}
	}
	return n
}

// literal reads ASCII or full-width digits that must be these.
func literal(text string, i int, want string) (int, bool) {
	for n := range len(want) {
		d, j, ok := digit(text, i)
		if !ok || d != want[n] {
			return 0, false
		}
		i = j
	}
	return i, true
}

// digits reads exactly n digits.
func digits(text string, i, n int) (int, bool) {
	for range n {
		_, j, ok := digit(text, i)
		if !ok {
			return 0, false
		}
		i = j
	}
	return i, true
}

// digit reads one digit, ASCII or full-width, and what is invisible before it.
func digit(text string, i int) (value byte, next int, ok bool) {
	i = skipInvisible(text, i)
	if i < len(text) && text[i] < utf8.RuneSelf {
		return text[i], i + 1, text[i] >= '0' && text[i] <= '9'
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if r < '０' || r > '９' {
		return 0, 0, false
	}
	return byte(r-'０') + '0', i + size, true
}

// dividers skips what may stand between two blocks: at most three characters.
func dividers(text string, i int) int {
	for range 3 {
		at := skipInvisible(text, i)
		r, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || !divides(r) {
			break
		}
		i = at + size
	}
	return i
}

func divides(r rune) bool {
	switch r {
	case '.', '．', '·', '(', ')', '（', '）', '/':
		return true
	}
	return number.Dash(r) || unicode.IsSpace(r)
}

// digitBefore reports whether the character before i is a digit, so that no number begins at i. A plus sign begins one
// wherever it stands. Something invisible between two digits parts them here: rather one number hidden too many.
func digitBefore(text string, i int) bool {
	if strings.HasPrefix(text[i:], "+") || strings.HasPrefix(text[i:], "＋") {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return isDigit(r)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }
