package tracking

import (
	"strings"
	"testing"
	"time"
)

func TestParseWindow(t *testing.T) {
	tests := []struct{ text, want string }{
		{"(16~18시)", "16:00–18:00"},
		{"17~19시에 배달 예정", "17:00–19:00"},
		{"12시~14시", "12:00–14:00"},
		{"13∼15시", "13:00–15:00"},
		{"13～15시", "13:00–15:00"},
		{"13〜15시", "13:00–15:00"},
		{"15:00~17:00", "15:00–17:00"},
		{"15:30 - 17:10", "15:30–17:10"},
		{"배송출발\n(13∼\n15시)", "13:00–15:00"},
		{"22~24시", "22:00–24:00"},
		{"고객센터 1588-0000 (16~18시)", "16:00–18:00"},
		{"고객님의 상품을 배송할 예정입니다.(17~19시)(배송담당:홍길동 010-1234-5678)", "17:00–19:00"},
		{"고객님의 상품을 배송할 예정입니다.(17~19시)(배송담당:홍*동 010-****-5678)", "17:00–19:00"},
		{"2024-04-11", ""},
		{"2024-04-11 10:00", ""},
		{"(17~19일)", ""},
		{"25~27시", ""},
		{"18~16시", ""},
		{"1588-0000", ""},
		{"06~20시", ""},
		{"16~18", ""},
		{"12:30:00~14:00", ""},
		{"116~18시", ""},
		{"", ""},
	}
	day := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC) // already the 21st in Korea
	for _, tt := range tests {
		w, ok := ParseWindow(tt.text, day)
		if got := w.String(); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
		if ok && w.Start.Format("2006-01-02 -0700") != "2026-11-21 +0900" {
			t.Errorf("%q: day %v", tt.text, w.Start)
		}
	}
}

func TestSettleFindsTheWindow(t *testing.T) {
	p := answer("2026-11-20 10:00",
		Event{At: at("2026-11-20 06:00"), Status: StatusInTransit, Text: "도착", Note: "영업시간 09:00~18:00"},
		Event{At: at("2026-11-20 09:17"), Status: StatusOutForDelivery, Text: "배송출발", Note: "배송할 예정입니다.(17~19시)"})
	if p.Window.String() != "17:00–19:00" {
		t.Errorf("got %q", p.Window)
	}
}

func FuzzParseWindow(f *testing.F) {
	for _, seed := range []string{"(16~18시)", "15:00~17:00", "12시~14시", "1588-0000", "0:0-24시"} {
		f.Add(seed)
	}
	day := time.Date(2026, 11, 20, 12, 0, 0, 0, kst)
	f.Fuzz(func(t *testing.T, text string) {
		w, ok := ParseWindow(text, day)
		if !ok {
			return
		}
		if length := w.End.Sub(w.Start); length <= 0 || length > 12*time.Hour || w.Start.Day() != 20 {
			t.Errorf("%q: %v", text, w)
		}
		if !strings.Contains(text, w.Raw) {
			t.Errorf("%q does not contain %q", text, w.Raw)
		}
	})
}
