package tracking

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestDeriveOrder(t *testing.T) {
	lotte := []Event{
		{At: at("2024-04-03 23:59:59"), Precision: PrecisionDay, Status: StatusPickedUp, Text: "인수", Place: "광주지점"},
		scan("2024-04-03 22:58", StatusInTransit, "상품 이동중", "광주TML"),
		scan("", StatusInTransit, "상품 이동중", "어딘가"),
		scan("2024-04-04 03:20", StatusInTransit, "상품 이동중", "중부권"),
		{At: at("2024-04-04 00:00"), Precision: PrecisionDay, Status: StatusOutForDelivery, Text: "배송 출발", Place: "화성"},
		scan("2024-04-04 14:44", StatusDelivered, "배달 완료", "화성"),
	}
	want := []string{"광주지점", "광주TML", "어딘가", "중부권", "화성", "화성"}
	p := answer("2024-04-05 10:00", slices.Clone(lotte)...)
	for i, ev := range p.Events {
		if ev.Place != want[i] {
			t.Fatalf("place %d is %s, want %s", i, ev.Place, want[i])
		}
	}
	if p.Status != StatusDelivered || !p.DeliveredAt.Equal(at("2024-04-04 14:44")) {
		t.Errorf("got %v at %v", p.Status, p.DeliveredAt)
	}

	first := answer("2024-04-05 10:00", scan("", StatusRegistered, "접수", "가"), scan("2024-04-03 22:58", StatusInTransit, "이동", "나"))
	if first.Events[0].Place != "가" || first.Status != StatusInTransit {
		t.Errorf("an undated scan at the head stands before its successor: %+v", first.Events)
	}
}

// Scans without a time keep their place in the provider's order, wherever they stand and however many there are; none
// jumps to the top to become the latest (D9).
func TestUndatedScansKeepTheirPlace(t *testing.T) {
	const scans = 6
	for undated := range 1<<scans - 1 { // but all
		var rows []Event
		for i := range scans {
			when := at("2024-04-03 10:00").Add(time.Duration(i) * time.Hour).Format(time.DateTime)
			if undated&(1<<i) != 0 {
				when = ""
			}
			rows = append(rows, scan(when, StatusInTransit, "상품 이동중", string(rune('A'+i))))
		}
		p := answer("2024-04-05 10:00", rows...)
		var places string
		for _, ev := range p.Events {
			places += ev.Place
		}
		if places != "ABCDEF" {
			t.Errorf("undated %06b: %s", undated, places)
		}
	}
}

// TestDeriveKoreanDays keeps the order of a day through a store that gives all times back in UTC.
func TestDeriveKoreanDays(t *testing.T) {
	p := answer("2024-04-05 10:00",
		scan("2024-04-03 10:00", StatusInTransit, "상품 이동중", "중부권"),
		Event{At: at("2024-04-03 00:00"), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Place: "화성"})
	for i := range p.Events {
		p.Events[i].At = p.Events[i].At.UTC()
	}
	if got := Derive(with(Evidence{}, p), Context{}); got.Status != StatusFailed {
		t.Errorf("a day stays behind its predecessor of that day: %v", got.Status)
	}
}

// TestDeriveFollowsNeighbours moves a chain of scans without clock times to where the newest answer has its head.
func TestDeriveFollowsNeighbours(t *testing.T) {
	day := Event{At: at("2024-04-03 23:59:59"), Precision: PrecisionDay, Status: StatusFailed, Text: "미배달", Place: "화성"}
	head := scan("2024-04-03 09:00", StatusInTransit, "간선하차", "화성")
	first := answer("2024-04-04 10:00", head, day, scan("", StatusOutForDelivery, "배송출발", "화성"))
	newer := answer("2024-04-04 11:00", head, day)
	newest := answer("2024-04-04 12:00", head)
	want := []Status{StatusInTransit, StatusFailed, StatusOutForDelivery}
	for name, e := range map[string]Evidence{
		"one answer": with(Evidence{}, first), "two answers": with(Evidence{}, first, newer),
		"three answers": with(Evidence{}, newest, newer, first), "all again": with(Evidence{}, first, newer, newest, first, newest),
	} {
		var got []Status
		for _, it := range arrange(nil, e) {
			got = append(got, e.Events[it.index].Status)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestSettlePlacesItsOwnRows adds rows to those a store keeps of an older answer.
func TestSettlePlacesItsOwnRows(t *testing.T) {
	p := answer("2024-04-04 10:00", scan("2024-04-03 09:00", StatusPickedUp, "집화처리", "서울"), scan("2024-04-03 10:00", StatusInTransit, "간선상차", "서울"))
	p.RetrievedAt = at("2024-04-04 12:00")
	p.Events = append(p.Events,
		scan("2024-04-04 11:00", StatusInTransit, "간선하차", "부산"), scan("2024-04-04 11:00", StatusFailed, "미배달", "부산"),
		scan("", StatusOutForDelivery, "배송출발", "부산"))
	p.Settle(Context{})
	for i, want := range []int{0, 1, 0, 1, 2} {
		if p.Events[i].Pos != want {
			t.Errorf("event %d, %s, has position %d, want %d", i, p.Events[i].Text, p.Events[i].Pos, want)
		}
	}
	if p.Status != StatusOutForDelivery {
		t.Errorf("the newest is the last row: %v", p.Status)
	}
}

func TestDeriveSameMinutePair(t *testing.T) {
	p := answer("2024-04-13 10:00",
		scan("2024-04-12 22:53", StatusInTransit, "도착", "칠곡HUB"),
		scan("2024-04-12 22:53", StatusInTransit, "이동중", "칠곡HUB"))
	if len(p.Events) != 2 || p.Events[0].Text != "도착" {
		t.Fatalf("got %+v", p.Events)
	}
	if again := with(Evidence{}, p, p); len(arrange(nil, again)) != 2 {
		t.Error("a redelivered pair stays a pair")
	}
}

func TestDeriveIdentity(t *testing.T) {
	base := scan("2026-11-20 10:00:05", StatusOutForDelivery, "배송출발", "수원")
	tests := []struct {
		name string
		next func(ev Event) Event
		want int // scans
	}{
		{"the same", func(ev Event) Event { return ev }, 1},
		{"a reworded note", func(ev Event) Event { ev.Note = "곧 갑니다"; return ev }, 1},
		{"other seconds", func(ev Event) Event { ev.At = ev.At.Add(30 * time.Second); return ev }, 1},
		{"another mapping", func(ev Event) Event { ev.Status, ev.Code = StatusInTransit, "4"; return ev }, 1},
		{"a synonym", func(ev Event) Event { ev.Text = "배달 출발"; return ev }, 1},
		{"a reworded status", func(ev Event) Event { ev.Text = "배송중"; return ev }, 2},
		{"another place", func(ev Event) Event { ev.Place = "용인"; return ev }, 2},
		{"another minute", func(ev Event) Event { ev.At = ev.At.Add(time.Minute); return ev }, 2},
		{"a failed scan", func(ev Event) Event { ev.Code, ev.Status = "-99", StatusUnknown; return ev }, 2},
	}
	for _, tt := range tests {
		e := with(Evidence{}, answer("2026-11-20 11:00", base), answer("2026-11-20 12:00", tt.next(base)))
		if got := len(arrange(nil, e)); got != tt.want {
			t.Errorf("%s: %d scans, want %d", tt.name, got, tt.want)
		}
	}
	revised := base
	revised.Note = "새 설명"
	e := with(Evidence{}, answer("2026-11-20 12:00", revised), answer("2026-11-20 11:00", base))
	if got := e.Events[arrange(nil, e)[0].index].Note; got != "새 설명" {
		t.Errorf("the newer answer's note wins, got %q", got)
	}
	twice := answer("2026-11-20 11:00", base, base)
	if len(twice.Events) != 1 {
		t.Errorf("rows that agree to the second are one, got %d", len(twice.Events))
	}
	later := base
	later.At = later.At.Add(20 * time.Second)
	pair := answer("2026-11-20 11:00", base, later)
	if len(pair.Events) != 2 || pair.Events[1].Ordinal != 1 {
		t.Errorf("rows that agree to the minute are told apart: %+v", pair.Events)
	}
}

// TestFewAreAsMany compares both ways in which rows are told apart, on rows that are often alike.
func TestFewAreAsMany(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	start := at("2026-11-16 18:00")
	for range 2000 {
		few := Parcel{Source: "a", RetrievedAt: start}
		for range random.IntN(12) {
			few.Events = append(few.Events, Event{
				At: start.Add(time.Duration(random.IntN(4)) * 20 * time.Second), Carrier: "a", AnswerAt: start, Ordinal: random.IntN(2),
				Text: pick("배달", "배송", "배 달"), Place: pick("", "보은"), Code: pick("", "-99", "5"),
			})
		}
		var rows []int
		items := make([]item, len(few.Events))
		for i := range few.Events {
			rows = append(rows, i)
			items[i] = item{index: i, answer: int64(random.IntN(2)), row: row{number: i, newest: i}}
		}
		same := slices.Clone(items)
		findNewestOfFew(items, few.Events)
		findNewestOfMany(same, few.Events)
		if !slices.Equal(items, same) {
			t.Fatalf("of few rows %+v, of many %+v: %+v", items, same, few.Events)
		}
		many := few
		many.Events = slices.Clone(few.Events)
		droppedOfFew, droppedOfMany := few.numberFew(rows), many.numberMany(rows)
		if !slices.Equal(few.Events, many.Events) || droppedOfFew != droppedOfMany {
			t.Fatalf("few rows %+v (%v), many %+v (%v)", few.Events, droppedOfFew, many.Events, droppedOfMany)
		}
	}
}
