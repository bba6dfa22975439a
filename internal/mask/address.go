package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hiddenNumber stands for a building number and whatever follows it, of any length.
const hiddenNumber = "***"

// The short forms of the provinces and metropolitan cities. The long ones end in 시 or 도.
var provinces = [...]string{
	"서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "강원", "충북", "충남", "전북", "전남",
	"경북", "경남", "제주",
}

// Address hides the exact place in a Korean base address (기본주소). Province, city, county and district (시/도, 시/군/구) and
// the road (도로명) or the 읍, 면 or 동 stay; the building number and everything behind it becomes three stars. An address
// without these parts in this order is hidden whole. The detailed address (상세주소) is for [Whole].
func Address(s string) string {
	words := strings.Fields(s)
	kept := keptWords(words)
	switch {
	case kept == 0:
		return stars(s)
	case kept == len(words), kept == len(words)-1 && words[kept] == hiddenNumber:
		return s
	}
	return strings.Join(append(slices.Clone(words[:kept]), hiddenNumber), " ")
}

// keptWords counts the words in front that may stay; 0 means that they make no address.
func keptWords(words []string) int {
	if len(words) == 0 || !isProvince(words[0]) {
		return 0
	}
	n := 1
	for n < len(words) && n <= 2 && isPlace(words[n], "시", "군", "구") {
		n++
	}
	if n == 1 && !strings.HasPrefix(words[0], "세종") {
		return 0 // only 세종 has no districts; elsewhere the next word could be a name that ends like a place
	}
	if n < len(words) && isPlace(words[n], "읍", "면") {
		n++
		if n < len(words) && isPlace(words[n], "로", "길") {
			n++
		}
		return n
	}
	if n < len(words) && isPlace(words[n], "로", "길", "동", "가") {
		return n + 1
	}
	return 0
}

func isProvince(word string) bool {
	return slices.Contains(provinces[:], word) || isPlace(word, "시", "도")
}

// isPlace reports a name of at least two characters that begins with Hangul, has nothing but Hangul and digits, and
// ends like one of its kind. A building (101동) begins with a digit.
func isPlace(word string, endings ...string) bool {
	first, size := utf8.DecodeRuneInString(word)
	if !isHangul(first) || size == len(word) {
		return false
	}
	odd := func(r rune) bool { return !isHangul(r) && !unicode.IsDigit(r) && r != '.' && r != '·' }
	if strings.ContainsFunc(word, odd) {
		return false
	}
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(word, e) })
}
