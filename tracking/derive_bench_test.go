package tracking

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkHostile settles histories that no courier has but a broken provider may send.
func BenchmarkHostile(b *testing.B) {
	const rows = 50_000
	start, month := at("2026-01-01 09:00"), 31*24*time.Hour
	moving := func(when time.Time, text string) Event { return Event{At: when, Status: StatusInTransit, Text: text} }
	histories := []struct {
		name string
		row  func(i int) Event
	}{
		{"same minute, different texts", func(i int) Event { return moving(start, fmt.Sprint("간선", i)) }},
		{"same minute, different codes", func(i int) Event { ev := moving(start, "간선"); ev.Code = fmt.Sprint(i); return ev }},
		{"no times", func(i int) Event { return moving(time.Time{}, fmt.Sprint("배달", i)) }},
		{"no times behind one scan", func(i int) Event {
			if i == 0 {
				return moving(start, "")
			}
			return moving(time.Time{}, fmt.Sprint("배달", i))
		}},
		{"one day", func(i int) Event {
			ev := moving(start, fmt.Sprint("간선", i))
			ev.Precision = PrecisionDay
			return ev
		}},
		{"days", func(i int) Event {
			ev := moving(start.AddDate(0, 0, i/2), fmt.Sprint(i))
			ev.Precision = PrecisionDay
			return ev
		}},
		{"moving every month", func(i int) Event { return moving(start.Add(time.Duration(i%3000)*month), fmt.Sprint(i/3000)) }},
		{"delivered every month, then a return", func(i int) Event {
			ev := Event{At: start.Add(time.Duration(i%3000) * month), Status: StatusDelivered, Text: fmt.Sprint(i / 3000), Place: "부산"}
			if i == 2999 {
				ev.Text = "반송"
			}
			return ev
		}},
		{"delivered every month", func(i int) Event {
			return Event{At: start.AddDate(0, 0, 31*i), Status: StatusDelivered, Text: "배달완료", Place: "부산"}
		}},
		{"delivered at one place", func(i int) Event {
			return Event{At: start.Add(time.Duration(i) * time.Minute), Status: StatusDelivered, Text: "배달완료", Place: "부산"}
		}},
	}
	for _, h := range histories {
		p := Parcel{Source: "a", RetrievedAt: start.AddDate(0, 1, 0)}
		for i := range rows {
			ev := h.row(i)
			ev.Carrier, ev.AnswerAt, ev.Pos = p.Source, p.RetrievedAt, i
			p.Events = append(p.Events, ev)
		}
		b.Run("derive/"+h.name, func(b *testing.B) {
			for b.Loop() {
				Derive(Evidence{Events: p.Events}, Context{})
			}
		})
		b.Run("settle/"+h.name, func(b *testing.B) {
			for b.Loop() {
				q := p
				q.Events = slices.Clone(p.Events)
				q.Settle(Context{})
			}
		})
	}
}

func BenchmarkDerive(b *testing.B) {
	e := with(Evidence{}, answer("2026-11-21 09:00",
		scan("2026-11-16 18:00", StatusPickedUp, "집화처리", "고양"), scan("2026-11-16 20:00", StatusInTransit, "SM입고", "덕양AMP"),
		scan("2026-11-17 03:00", StatusInTransit, "간선상차", "대전HUB"), scan("2026-11-17 06:00", StatusInTransit, "간선하차", "보은"),
		scan("2026-11-17 09:00", StatusOutForDelivery, "배송출발", "보은"), scan("2026-11-17 15:00", StatusDelivered, "배송완료", "보은")))
	b.ReportAllocs()
	for b.Loop() {
		Derive(e, Context{})
	}
}
