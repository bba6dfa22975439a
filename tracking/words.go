package tracking

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// signal is what a status text says about a return, apart from its mapped status.
type signal uint8

const (
	signalNone    signal = iota
	signalReturn         // it is going back (반송, 반품, 회수)
	signalBack           // it is back (반송완료)
	signalCallOff        // the return was called off (반품취소)
)

// returnWords are whole words. They are never looked for inside longer ones: 반송동 is a town and 일반송장 a label.
var returnWords = map[string]signal{
	"반송": signalReturn, "반송접수": signalReturn, "반송처리": signalReturn, "반송출고": signalReturn,
	"반송출발": signalReturn, "반송입고": signalReturn, "반송중": signalReturn, "반송이동": signalReturn,
	"반송집하": signalReturn, "반송집화": signalReturn, "반송배송": signalReturn, "반송배달": signalReturn,
	"반품": signalReturn, "반품접수": signalReturn, "반품처리": signalReturn, "반품출고": signalReturn,
	"반품출발": signalReturn, "반품입고": signalReturn, "반품중": signalReturn, "반품이동": signalReturn,
	"반품집하": signalReturn, "반품집화": signalReturn, "반품배송": signalReturn, "반품배달": signalReturn,
	"회수": signalReturn, "회수접수": signalReturn, "회수처리": signalReturn, "회수출발": signalReturn,
	"회수중": signalReturn, "회수집하": signalReturn, "회수집화": signalReturn, "회수완료": signalReturn,
	"반송완료": signalBack, "반품완료": signalBack, "반송배송완료": signalBack, "반송배달완료": signalBack,
	"반품배송완료": signalBack, "반품배달완료": signalBack,
}

// returnNegations follow a return word that does not come to pass.
var returnNegations = map[string]bool{"불가": true, "보류": true, "거부": true, "문의": true, "안내": true, "철회": true}

// returnPhrases are sought anywhere in the text, in lower case: they are no part of a Korean word.
var returnPhrases = [...]string{"return to sender", "returned to sender", "returning to sender", "ao remetente"}

const callOff = "취소"

// callsOff are words that call a return off when they follow it.
var callsOff = map[string]bool{callOff: true, "접수취소": true, "신청취소": true, "요청취소": true, "처리취소": true}

// returnStems are what every return word begins with, in Korean.
var returnStems = [...]string{"반송", "반품", "회수"}

// maySignal rules out nearly every text, at a fraction of the cost of reading it word by word: without a stem no return
// word is in it, and without an r no phrase.
func maySignal(text string) bool {
	for _, stem := range returnStems {
		if strings.Contains(text, stem) {
			return true
		}
	}
	return strings.IndexByte(text, 'r') >= 0 || strings.IndexByte(text, 'R') >= 0
}

// signalOf reads the status text of a scan or a verdict. It does not allocate.
func signalOf(text string) signal {
	if !maySignal(text) {
		return signalNone
	}
	found, returning := signalNone, false
	for word, rest := nextWord(text); word != ""; word, rest = nextWord(rest) {
		if base, ok := strings.CutSuffix(word, callOff); ok && returnWords[base] != signalNone {
			return signalCallOff
		}
		if returning && callsOff[word] {
			return signalCallOff
		}
		if s := returnWords[word]; s != signalNone {
			returning = true
			if next, _ := nextWord(rest); !returnNegations[next] {
				found = max(found, s)
			}
		}
	}
	if found == signalNone {
		for _, phrase := range returnPhrases {
			if containsFold(text, phrase) {
				return signalReturn
			}
		}
	}
	return found
}

// nextWord cuts the first run of letters and digits off text.
func nextWord(text string) (word, rest string) {
	start := strings.IndexFunc(text, inWord)
	if start < 0 {
		return "", ""
	}
	text = text[start:]
	end := strings.IndexFunc(text, func(r rune) bool { return !inWord(r) })
	if end < 0 {
		return text, ""
	}
	return text[:end], text[end:]
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func containsFold(text, lower string) bool {
	for i := 0; i+len(lower) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

// synonyms are words that couriers and providers use for each other: a scan reworded from one to the other is the
// same scan.
var synonyms = [...][2]string{{"배달", "배송"}, {"집화", "집하"}}

// compareWords orders status texts; those that are the same but for spaces and synonyms are equal. It does not allocate.
func compareWords(a, b string) int {
	if a == b {
		return 0
	}
	same := sameBeginning(a, b)
	a, b = a[same:], b[same:]
	for {
		a, b = strings.TrimLeft(a, " "), strings.TrimLeft(b, " ")
		if a == "" || b == "" {
			return strings.Compare(a, b)
		}
		ra, na := nextRune(a)
		rb, nb := nextRune(b)
		if order := strings.Compare(ra, rb); order != 0 {
			return order
		}
		a, b = a[na:], b[nb:]
	}
}

// sameBeginning gives the length of what two texts have in common and need not be compared word by word: all but the rune
// before the first difference, which a synonym may begin with.
func sameBeginning(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for range 2 {
		for n = max(n-1, 0); n > 0 && !utf8.RuneStart(a[n]); n-- {
		}
	}
	return n
}

// nextRune reads one rune, or a pair that has a synonym as the rune of its second form.
func nextRune(s string) (string, int) {
	for _, pair := range synonyms {
		for _, form := range pair {
			if strings.HasPrefix(s, form) {
				return pair[1], len(form)
			}
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n], n
}
