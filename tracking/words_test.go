package tracking

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSignalOf(t *testing.T) {
	tests := map[string]signal{
		"반송": signalReturn, "반품": signalReturn, "회수": signalReturn, "[반송] 출고": signalReturn, "미배달(반송)": signalReturn,
		"Return to Sender": signalReturn, "Objeto devolvido ao remetente": signalReturn,
		"반송완료": signalBack, "반품 취소": signalCallOff, "반품 접수 취소": signalCallOff, "반품 접수취소": signalCallOff, "주문취소 반품": signalReturn, "반품취소": signalCallOff, "회수접수취소": signalCallOff,
		"반송동": signalNone, "일반송장": signalNone, "반송 불가": signalNone, "배송취소": signalNone, "취소": signalNone, "배송완료": signalNone, "": signalNone,
	}
	for text, want := range tests {
		if got := signalOf(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestCompareWords(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"배달완료", "배송완료", true}, {"배달 완료", "배송완료", true}, {"집화처리", "집하처리", true}, {" 배송", "배달 ", true},
		{"배송", "배송완료", false}, {"배", "배송", false}, {"", "", true}, {"", " ", true}, {"\xff", "\xfe", false},
	}
	var texts []string
	for _, tt := range tests {
		if got := compareWords(tt.a, tt.b) == 0; got != tt.same {
			t.Errorf("%q and %q are the same: %v", tt.a, tt.b, got)
		}
		texts = append(texts, tt.a, tt.b)
	}
	for _, a := range texts {
		for _, b := range texts {
			if compareWords(a, b) != -compareWords(b, a) {
				t.Errorf("%q and %q have no order", a, b)
			}
			for _, c := range texts {
				if compareWords(a, b) <= 0 && compareWords(b, c) <= 0 && compareWords(a, c) > 0 {
					t.Errorf("%q, %q and %q go round in a circle", a, b, c)
				}
			}
		}
	}
}

// TestCompareWordsLooksAtAll compares texts of all that words are made of, whose beginnings are alike as a rule, with what
// their canonical forms say.
func TestCompareWordsLooksAtAll(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	parts := []string{"배", "송", "달", "집", "하", "화", " ", "a", "\xeb", "\xb0", "배송", "집화"}
	text := func() (s string) {
		for range random.IntN(5) {
			s += parts[random.IntN(len(parts))]
		}
		return s
	}
	canonical := func(s string) (words []string) {
		for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
			word, n := nextRune(s)
			words, s = append(words, word), s[n:]
		}
		return words
	}
	for range 20_000 {
		beginning := text()
		a, b := beginning+text(), beginning+text()
		if got, want := compareWords(a, b), slices.Compare(canonical(a), canonical(b)); got != want {
			t.Fatalf("%q and %q: %d, want %d", a, b, got, want)
		}
	}
}
