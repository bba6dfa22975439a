package courier

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/internal/number"
)

const (
	mostNear    = 3  // suggestions beyond these help nobody
	longestNear = 40 // characters; no courier's name is longer
)

// Near lists the couriers whose code, name or alias comes close to text, nearest first and at most three: for the error
// message about a courier that [Lookup] does not find. Close is a typing error or two – in Korean a wrong letter (자모),
// not a wrong syllable – or a name with something added or left out. Nothing close gives nothing.
func Near(text string) []Info {
	key := number.Normalize(text)
	if key == "" || utf8.RuneCountInString(key) > longestNear {
		return nil
	}
	type match struct {
		courier  *directory.Courier
		distance int
	}
	var matches []match
	for _, c := range directory.All() {
		if d, ok := nearest(c, key); ok {
			matches = append(matches, match{c, d})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Compare(a.distance, b.distance) })
	matches = matches[:min(len(matches), mostNear)]
	infos := make([]Info, len(matches))
	for i, m := range matches {
		infos[i] = infoOf(m.courier)
	}
	return infos
}

// nearest gives the least distance of key to a name of the courier, of those that are near at all.
func nearest(c *directory.Courier, key string) (int, bool) {
	best, ok := 0, false
	for _, name := range append([]string{c.Code, c.Korean, c.English}, c.Aliases...) {
		if d, near := closeness(stem(key), stem(number.Normalize(name))); near && (!ok || d < best) {
			best, ok = d, true
		}
	}
	return best, ok
}

// stem leaves out 택배, which half of the names end in: 한진택배 and 천일택배 have nothing else in common.
func stem(key string) string { return strings.TrimSuffix(key, "택배") }

// closeness gives the distance of two stems and whether it is near: one lies within the other, or few letters differ.
func closeness(a, b string) (int, bool) {
	if weighty(a) && weighty(b) && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return min(1, max(len(a), len(b))-min(len(a), len(b))), true
	}
	x, y := letters(a), letters(b)
	d := distance(x, y)
	return d, d <= tolerance(min(len(x), len(y)))
}

// weighty reports whether a stem is long enough to be telling as a part: two Korean syllables or three letters.
func weighty(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 3 || n == 2 && len(s) > n
}

// letters takes Korean syllables apart, so that 롯대 is one letter from 롯데.
func letters(s string) []rune { return []rune(norm.NFD.String(s)) }

// tolerance is how many letters of n may differ.
func tolerance(n int) int {
	switch {
	case n <= 2:
		return 0
	case n <= 5:
		return 1
	case n <= 9:
		return 2
	}
	return 3
}

// distance is Levenshtein's: letters to add, drop or replace.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
