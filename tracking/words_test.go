package tracking

import "testing"

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
