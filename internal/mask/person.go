package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A label is a word behind which couriers write a name.
type label struct {
	word  string
	colon bool // only with a colon behind it: without one an ordinary word follows (배송기사 방문예정)
}

// The labels of the first line were seen at CJ, Hanjin and Lotte, the others are reported.
var labels = [...]label{
	{word: "배송담당"}, {word: "담당사원"}, {word: "배송사원"},
	{word: "집배원"}, {word: "배달원"}, {word: "기사", colon: true}, {word: "담당자", colon: true},
}

// titles may follow a name without a space. They matter only where name and title together are too long for a name.
var titles = [...]string{"기사님", "사원님", "소장님", "기사", "사원", "소장", "님"}

// A Hangul name has two to four syllables.
const minName, maxName = 2, 4

// appendNames finds the names behind labels, and adds what is to be hidden of each.
func appendNames(spans []span, text string) []span {
	for i := 0; i < len(text); i++ {
		if !mayBeginLabel(text[i:]) {
			continue
		}
		if start, ok := afterLabel(text, i); ok {
			if name, ok := hangulName(text, start); ok {
				spans = append(spans, name)
			}
		}
	}
	return spans
}

func labelAt(text string, i int) (label, bool) {
	for _, l := range labels {
		if strings.HasPrefix(text[i:], l.word) {
			return l, true
		}
	}
	return label{}, false
}

// mayBeginLabel looks at the first syllable, which rules out nearly every place in a text: 기 has the smallest of their
// first bytes, 집 the largest, and bytes within a syllable are smaller.
func mayBeginLabel(text string) bool {
	const syllable = len("기")
	if text[0] < "기"[0] || text[0] > "집"[0] || len(text) < syllable {
		return false
	}
	switch text[:syllable] {
	case "배", "담", "집", "기":
		return true
	}
	return false
}

// afterLabel gives the place where a name would begin, behind the label at i and its colon and spaces. Labels may
// overlap (배송담당사원, 배송담당자) or follow each other (배송담당 기사): the name is behind the last.
func afterLabel(text string, i int) (int, bool) {
	first, ok := labelAt(text, i)
	if !ok {
		return 0, false
	}
	last := first
	for end := i + len(first.word); ; {
		if l, at, ok := overlapping(text, i, end); ok && !first.colon {
			last, i, end = l, at, at+len(l.word)
			continue
		}
		start, colon := separators(text, end)
		if l, ok := labelAt(text, start); ok && !first.colon {
			last, i, end = l, start, start+len(l.word)
			continue
		}
		// 담당자에게 is no name behind a label, whatever was before it.
		apart := start > end || !last.colon
		return start, apart && (colon || !first.colon)
	}
}

// overlapping finds a label that begins inside start..end and ends behind it.
func overlapping(text string, start, end int) (label, int, bool) {
	for at := start + 1; at < end; at++ {
		if l, ok := labelAt(text, at); ok && at+len(l.word) > end {
			return l, at, true
		}
	}
	return label{}, 0, false
}

// separators skips colons, half or full width, and spaces, and tells whether there was a colon.
func separators(text string, i int) (next int, colon bool) {
	for {
		at := skipInvisible(text, i)
		r, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || !isColon(r) && !unicode.IsSpace(r) {
			return i, colon
		}
		colon = colon || isColon(r)
		i = at + size
	}
}

func isColon(r rune) bool { return r == ':' || r == '：' || r == '﹕' || r == '∶' }

// hangulName reads a name and gives what is to be hidden of it: all but its first and last syllable, or all but the
// first of two. A word with a colon behind it is another label (연락처:), not a name.
func hangulName(text string, i int) (span, bool) {
	var room [maxName + 4]span
	syllables, end := room[:0], i
	for {
		at := skipInvisible(text, end)
		r, size := utf8.DecodeRuneInString(text[at:])
		if !isHangul(r) {
			if isColon(r) {
				return span{}, false
			}
			break
		}
		end = at + size
		if syllables = append(syllables, span{at, end}); len(syllables) > maxName+3 {
			return span{}, false
		}
	}
	n := len(syllables)
	if n > maxName {
		n -= titleLength(text[i:end])
	}
	switch {
	case n < minName || n > maxName:
		return span{}, false
	case n == minName:
		return syllables[1], true
	}
	return span{syllables[1].start, syllables[n-2].end}, true
}

// titleLength gives the number of syllables of the title at the end of word.
func titleLength(word string) int {
	for _, title := range titles {
		if strings.HasSuffix(word, title) {
			return utf8.RuneCountInString(title)
		}
	}
	return 0
}

func isHangul(r rune) bool { return r >= '가' && r <= '힣' }

// Name hides a person's name. Of a Hangul name the first and the last syllable stay, of two syllables the first, of one
// nothing; of a Latin name the first letter of each word. Anything else is hidden whole.
func Name(s string) string {
	switch {
	case strings.Trim(s, "* ") == "":
		return s
	case onlyOf(s, isHangul):
		return hangulField(s)
	case onlyOf(s, isLatin):
		return latinField(s)
	}
	return stars(s)
}

// onlyOf reports whether s has letters of one script, stars of an earlier masking, and spaces, and nothing else.
func onlyOf(s string, letter func(rune) bool) bool {
	for _, r := range s {
		if !letter(r) && r != star && r != ' ' {
			return false
		}
	}
	return true
}

// isLatin takes with the letters what stands inside Latin names: O'Brien, Jean-Luc, J.
func isLatin(r rune) bool {
	return unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '-' || r == '.'
}

func hangulField(s string) string {
	n, count := 0, utf8.RuneCountInString(s)-strings.Count(s, " ")
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return r
		}
		n++
		if n == 1 && count > 1 || n == count && count > minName {
			return r
		}
		return star
	}, s)
}

func latinField(s string) string {
	inside := false
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			inside = false
			return r
		}
		if inside {
			return star
		}
		inside = true
		return r
	}, s)
}

// Surname hides all of a name but the first character that [Name] would show: 홍**, J*** *****. It knows no surnames of
// two syllables.
func Surname(s string) string {
	shown := false
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == star {
			return r
		}
		if shown {
			return star
		}
		shown = true
		return r
	}, Name(s))
}
