package tracking

import (
	"encoding/json"
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

// A window that a provider tells beside the scans is kept with its summary, and counts while the parcel is on the van: not one that had
// passed before, and not after the end.
func TestWindowBesideTheScans(t *testing.T) {
	van := scan("2026-11-20 09:00", StatusOutForDelivery, "배송출발", "충북보은")
	failed := scan("2026-11-20 19:00", StatusFailed, "미배달", "충북보은")
	again := scan("2026-11-21 09:00", StatusOutForDelivery, "배송출발", "충북보은")
	done := scan("2026-11-21 15:00", StatusDelivered, "배송완료", "충북보은")
	tell := func(retrieved, window string, status Status, events ...Event) *Parcel {
		p := Parcel{Source: "a", RetrievedAt: at(retrieved), Events: events, Verdicts: []Verdict{{Status: status, AsOf: events[len(events)-1].At}}}
		p.Window, _ = ParseWindow(window, at(retrieved))
		p.Settle(Context{})
		p.Settle(Context{})
		return &p
	}
	var e Evidence
	for _, c := range []struct {
		p    *Parcel
		want string
		gain Gain
	}{
		{tell("2026-11-20 10:00", "16~18시", StatusOutForDelivery, van), "16:00–18:00", Gain{Events: 1, Verdicts: 1}},
		{tell("2026-11-20 11:00", "16~18시", StatusOutForDelivery, van), "16:00–18:00", Gain{}},
		{tell("2026-11-20 12:00", "17~19시", StatusOutForDelivery, van), "17:00–19:00", Gain{Verdicts: 1}},
		{tell("2026-11-20 20:00", "", StatusOutForDelivery, van, failed), "", Gain{Events: 1, Verdicts: 1}},
		{tell("2026-11-21 10:00", "", StatusOutForDelivery, van, failed, again), "", Gain{Events: 1, Verdicts: 1}},
		{tell("2026-11-21 11:00", "14~16시", StatusOutForDelivery, van, failed, again), "14:00–16:00", Gain{Verdicts: 1}},
		{tell("2026-11-21 16:00", "14~16시", StatusDelivered, van, failed, again, done), "", Gain{Events: 1, Verdicts: 1}},
	} {
		var gain Gain
		e, gain = e.With(c.p, Sight{At: c.p.RetrievedAt, Door: DoorPoll})
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		e = Evidence{}
		if err := json.Unmarshal(text, &e); err != nil { // as stores do
			t.Fatal(err)
		}
		if got := Derive(e, Context{}).Window.String(); got != c.want || gain != c.gain {
			t.Errorf("at %v: %q, want %q; gained %+v, want %+v", c.p.RetrievedAt, got, c.want, gain, c.gain)
		}
	}
}

// A window in a scan's words is not kept twice.
func TestWindowOfAScanIsNotTheSummarys(t *testing.T) {
	van := scan("2026-11-20 09:00", StatusOutForDelivery, "배송출발", "충북보은")
	van.Note = "16~18시 배송 예정"
	p := Parcel{Source: "a", RetrievedAt: at("2026-11-20 10:00"), Events: []Event{van}, Verdicts: []Verdict{{Status: StatusOutForDelivery}}}
	for range 2 {
		if p.Settle(Context{}); p.Window.String() != "16:00–18:00" || !p.Verdicts[0].Window.IsZero() {
			t.Errorf("%q, of the summary %q", p.Window, p.Verdicts[0].Window)
		}
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
