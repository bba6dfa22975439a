package tracking

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// at parses Korean wall-clock time.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, kst)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02 15:04", text, kst)
	}
	if err != nil {
		panic(err)
	}
	return t
}

func scan(when string, s Status, text, place string) Event {
	ev := Event{Status: s, Text: text, Place: place, Precision: PrecisionNone}
	if when != "" {
		ev.At, ev.Precision = at(when), PrecisionMinute
	}
	return ev
}

// answer is a settled parcel of carrier a.
func answer(retrieved string, events ...Event) Parcel {
	p := Parcel{Courier: "cj", Number: "550000001234", Source: "a", RetrievedAt: at(retrieved), Events: events}
	p.Settle(Context{})
	return p
}

func with(e Evidence, parcels ...Parcel) Evidence {
	for _, p := range parcels {
		e.Events = append(slices.Clone(e.Events), p.Events...)
		e.Verdicts = append(slices.Clone(e.Verdicts), p.Verdicts...)
	}
	return e
}

func TestDeriveNoEvidence(t *testing.T) {
	if got := Derive(Evidence{}, Context{}); got.Status != StatusRegistered {
		t.Errorf("no evidence: %v", got.Status)
	}
	old := answer("2026-11-20 12:00", scan("2026-01-02 10:00", StatusDelivered, "배송완료", "부산"))
	if got := Derive(with(Evidence{}, old), Context{Since: at("2026-11-19 00:00")}); got.Status != StatusPending {
		t.Errorf("nothing but parked evidence: %v", got.Status)
	}
}

func TestDeriveParking(t *testing.T) {
	cj3 := []Event{
		scan("2023-12-06 14:58", StatusInTransit, "간선상차", "용산1"),
		scan("2024-04-24 15:26", StatusPickedUp, "집화처리", "경기고양신삼송"),
		scan("2024-04-25 09:17", StatusOutForDelivery, "배송출발", "충북보은"),
	}
	p := answer("2024-04-25 10:00", slices.Clone(cj3)...)
	if !p.Events[0].Parked || p.Events[1].Parked || p.Status != StatusOutForDelivery {
		t.Errorf("a gap before an intake: %+v", p.Events)
	}

	trunkFirst := answer("2024-04-25 10:00",
		scan("2023-12-06 14:58", StatusInTransit, "간선상차", "용산1"), scan("2024-04-24 05:00", StatusInTransit, "간선상차", "고양"),
		scan("2024-04-25 05:00", StatusPickedUp, "집화처리", "고양"))
	if !trunkFirst.Events[0].Parked || trunkFirst.Events[1].Parked {
		t.Errorf("a gap before an intake within 48 hours: %+v", trunkFirst.Events)
	}
	noIntake := answer("2024-04-28 10:00",
		scan("2023-12-06 14:58", StatusInTransit, "간선상차", "용산1"), scan("2024-04-24 05:00", StatusInTransit, "간선상차", "고양"),
		scan("2024-04-26 06:00", StatusPickedUp, "집화처리", "고양"))
	if noIntake.Events[0].Parked {
		t.Error("a gap before movement alone is no cut")
	}

	reused := []Event{
		scan("2026-09-01 10:00", StatusPickedUp, "집화처리", "서울"),
		scan("2026-09-02 17:00", StatusDelivered, "배송완료", "부산"),
		scan("2026-11-20 09:00", StatusInTransit, "간선상차", "대전"),
	}
	p = answer("2026-11-20 10:00", slices.Clone(reused)...)
	if p.Status != StatusInTransit || !p.DeliveredAt.IsZero() {
		t.Errorf("a gap after an end: %v, delivered %v", p.Status, p.DeliveredAt)
	}
	p = answer("2026-11-20 10:00", append(slices.Clone(reused), scan("2026-11-21 09:00", StatusInTransit, "반품", "대전"))...)
	if p.Status != StatusReturned || p.Sub != SubReturning {
		t.Errorf("a gap before a return is no cut: %v·%v", p.Status, p.Sub)
	}

	summary := Parcel{Source: "a", RetrievedAt: at("2026-11-20 10:00"), Events: slices.Clone(reused[:2]),
		Verdicts: []Verdict{{Status: StatusDelivered}}}
	summary.Settle(Context{Since: at("2026-11-19 00:00")})
	if summary.Status != StatusPending || !summary.Verdicts[0].Parked {
		t.Errorf("a summary borne out by parked scans alone: %v", summary.Status)
	}
	summary.Settle(Context{})
	if summary.Status != StatusDelivered {
		t.Errorf("the same without a start: %v", summary.Status)
	}
	watched := Context{Watched: at("2026-10-20 00:00")}
	if got := Derive(with(Evidence{}, answer("2026-11-20 10:00", reused[:2]...)), watched); got.Status != StatusPending {
		t.Errorf("30 days before the watch: %v", got.Status)
	}
}

func TestDeriveVerdicts(t *testing.T) {
	failed := scan("2026-11-20 14:00:30", StatusFailed, "미배달", "수원")
	tests := []struct {
		name    string
		verdict Verdict
		want    Status
	}{
		{"of the same time", Verdict{Status: StatusInTransit, AsOf: failed.At}, StatusFailed},
		{"of an earlier time", Verdict{Status: StatusOutForDelivery, AsOf: failed.At.Add(-time.Minute)}, StatusFailed},
		{"of a later time", Verdict{Status: StatusOutForDelivery, AsOf: failed.At.Add(time.Second)}, StatusOutForDelivery},
		{"delivered at the same time", Verdict{Status: StatusDelivered, AsOf: failed.At}, StatusDelivered},
		{"unknown", Verdict{Status: StatusUnknown, AsOf: failed.At.Add(time.Hour)}, StatusFailed},
		{"of the time of the answer", Verdict{Status: StatusInTransit}, StatusInTransit},
	}
	for _, tt := range tests {
		p := Parcel{Source: "a", RetrievedAt: at("2026-11-20 15:00"), Events: []Event{failed}, Verdicts: []Verdict{tt.verdict}}
		p.Settle(Context{})
		if p.Status != tt.want {
			t.Errorf("a verdict %s: %v, want %v", tt.name, p.Status, tt.want)
		}
	}

	undatedFailure := Parcel{Source: "a", RetrievedAt: at("2026-11-20 15:00"), Events: []Event{scan("", StatusFailed, "미배달", "수원")},
		Verdicts: []Verdict{{Status: StatusFailed, Text: "미배달"}}}
	undatedFailure.Settle(Context{})
	published := answer("2026-11-20 16:00", scan("", StatusFailed, "미배달", "수원"), scan("2026-11-20 14:30", StatusOutForDelivery, "배송출발", "수원"))
	if got := Derive(with(Evidence{}, undatedFailure, published), Context{}); got.Status != StatusOutForDelivery {
		t.Errorf("a verdict that repeats an undated scan of its answer adds nothing: %v", got.Status)
	}

	other := Parcel{Source: "b", RetrievedAt: at("2026-11-20 15:00"), Events: []Event{scan("2026-11-20 14:00:50", StatusInTransit, "배송중", "수원")}}
	other.Settle(Context{})
	e := with(Evidence{}, answer("2026-11-20 15:00", failed), other)
	if got := Derive(e, Context{}); got.Status != StatusFailed {
		t.Errorf("another carrier's scan of the same minute: %v", got.Status)
	}
	other.Events[0].At = other.Events[0].At.Add(time.Minute)
	e = with(Evidence{}, answer("2026-11-20 15:00", failed), other)
	if got := Derive(e, Context{}); got.Status != StatusInTransit {
		t.Errorf("another carrier's scan of a later minute: %v", got.Status)
	}

	said := Parcel{Source: "a", RetrievedAt: at("2026-11-20 15:00"), Events: []Event{scan("2026-11-20 09:00", StatusOutForDelivery, "배송출발", "")},
		Verdicts: []Verdict{{Status: StatusDelivered, AsOf: at("2026-11-20 13:00"), DeliveredAt: at("2026-11-20 13:00"), Doubts: DoubtDeliveredFlag}}}
	said.Settle(Context{})
	if !said.DeliveredAt.Equal(at("2026-11-20 13:00")) || !said.Doubts.Has(DoubtDeliveredFlag) {
		t.Errorf("the provider's own date and doubt: %v %v", said.DeliveredAt, said.Doubts)
	}
}

func TestDeriveReturns(t *testing.T) {
	way := []Event{
		scan("2026-11-16 18:00", StatusPickedUp, "집화처리", "고양"),
		scan("2026-11-17 03:00", StatusInTransit, "간선상차", "대전HUB"),
		scan("2026-11-17 09:00", StatusOutForDelivery, "배송출발", "보은"),
	}
	tests := []struct {
		name   string
		then   []Event
		status Status
		sub    Sub
		infer  bool
	}{
		{"told, then delivered to the sender", []Event{
			scan("2026-11-18 10:00", StatusInTransit, "반송", "보은"), scan("2026-11-19 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusReturned, SubNone, false},
		{"two failed attempts, then at the origin", []Event{
			scan("2026-11-17 15:00", StatusFailed, "미배달", "보은"), scan("2026-11-18 15:00", StatusFailed, "미배달", "보은"),
			scan("2026-11-20 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusReturned, SubNone, true},
		{"back through the hub, then at the origin", []Event{
			scan("2026-11-18 22:00", StatusInTransit, "간선상차", "대전HUB"), scan("2026-11-19 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusReturned, SubNone, true},
		{"taken in again after a failed attempt", []Event{
			scan("2026-11-17 15:00", StatusFailed, "미배달", "보은"), scan("2026-11-18 09:00", StatusPickedUp, "집화처리", "보은"),
			scan("2026-11-19 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusReturned, SubNone, true},
		{"lost, which is no attempt, and taken in again", []Event{
			{At: at("2026-11-17 15:00"), Status: StatusFailed, Sub: SubLost, Text: "분실", Place: "보은"},
			scan("2026-11-18 09:00", StatusPickedUp, "집화처리", "고양"), scan("2026-11-19 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusDelivered, SubNone, false},
		{"delivered where the van left", []Event{scan("2026-11-17 15:00", StatusDelivered, "배송완료", "보은")}, StatusDelivered, SubNone, false},
		{"delivered at the origin without any sign", []Event{scan("2026-11-17 15:00", StatusDelivered, "배송완료", "고양")}, StatusDelivered, SubNone, false},
		{"one attempt, then delivered", []Event{
			scan("2026-11-17 15:00", StatusFailed, "미배달", "보은"), scan("2026-11-18 15:00", StatusDelivered, "배송완료", "보은"),
		}, StatusDelivered, SubNone, false},
		{"one attempt, then at the origin without a sign of the way back", []Event{
			scan("2026-11-17 15:00", StatusFailed, "미배달", "보은"), scan("2026-11-18 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusDelivered, SubNone, false},
		{"arrived at the origin's branch, then delivered there", []Event{
			{At: at("2026-11-18 09:00"), Status: StatusInTransit, Sub: SubAtBranch, Text: "배송지 도착", Place: "고양"},
			scan("2026-11-18 15:00", StatusDelivered, "배송완료", "고양"),
		}, StatusReturned, SubNone, true},
		{"delivered, then sent back", []Event{
			scan("2026-11-17 15:00", StatusDelivered, "배송완료", "보은"), scan("2026-11-18 15:00", StatusInTransit, "반품", "보은"),
		}, StatusReturned, SubReturning, false},
		{"called off", []Event{
			scan("2026-11-17 15:00", StatusInTransit, "반품", "보은"), scan("2026-11-17 16:00", StatusHold, "반품취소", "보은"),
		}, StatusOutForDelivery, SubNone, false},
		{"a scan that failed, whatever its words", []Event{
			{At: at("2026-11-17 15:00"), Code: "-99", Text: "반송", Place: "보은"},
		}, StatusOutForDelivery, SubNone, false},
		{"a town and a label", []Event{
			scan("2026-11-17 10:00", StatusInTransit, "반송동 도착", "부산"), scan("2026-11-17 11:00", StatusInTransit, "일반송장 등록", "부산"),
		}, StatusOutForDelivery, SubNone, false},
	}
	for _, tt := range tests {
		p := answer("2026-11-21 09:00", append(slices.Clone(way), tt.then...)...)
		inferred := p.Doubts.Has(DoubtInferred)
		if p.Status != tt.status || p.Sub != tt.sub || inferred != tt.infer {
			t.Errorf("%s: %v·%v, inferred %v", tt.name, p.Status, p.Sub, inferred)
		}
		if (p.Status == StatusDelivered) == p.DeliveredAt.IsZero() {
			t.Errorf("%s: delivered at %v", tt.name, p.DeliveredAt)
		}
	}
	sameTown := answer("2026-11-21 09:00",
		scan("2026-11-16 18:00", StatusPickedUp, "집화처리", "고양"), scan("2026-11-17 09:00", StatusOutForDelivery, "배송출발", "고양"),
		scan("2026-11-17 15:00", StatusFailed, "미배달", "고양"), scan("2026-11-18 15:00", StatusFailed, "미배달", "고양"),
		scan("2026-11-19 15:00", StatusDelivered, "배송완료", "고양"))
	if sameTown.Status != StatusDelivered {
		t.Errorf("a parcel within one town: %v", sameTown.Status)
	}
	recall := Parcel{Source: "a", RetrievedAt: at("2026-11-21 09:00"), Events: []Event{
		scan("2026-11-20 10:00", StatusInTransit, "반품집하", "수원"), {At: at("2026-11-20 20:00"), Status: StatusReturned, Sub: SubReturning, Text: "회수"}}}
	recall.Settle(Context{Recall: true})
	if recall.Status != StatusInTransit {
		t.Errorf("in recall role 반품 is movement: %v", recall.Status)
	}
}

func TestDeriveDeliveredAt(t *testing.T) {
	p := answer("2026-11-21 09:00",
		scan("2026-11-16 14:44", StatusDelivered, "배달 완료", "화성"), scan("2026-11-16 14:50", StatusDelivered, "배달 완료(고객 수령)", "고객"),
		scan("2026-11-17 10:00", StatusInTransit, "반품", "화성"), scan("2026-11-17 11:00", StatusHold, "반품취소", "화성"),
		scan("2026-11-18 11:00", StatusOutForDelivery, "배송출발", "화성"))
	if p.Status != StatusDelivered || !p.DeliveredAt.Equal(at("2026-11-16 14:44")) {
		t.Errorf("the first delivered scan counts, a later van does not: %v at %v", p.Status, p.DeliveredAt)
	}
}

// history is a random life of a parcel as two carriers publish it: growing answers, some of them reworded.
func history(r *rand.Rand) []Parcel {
	statuses := Statuses()
	texts := []string{"집화처리", "간선상차", "배송출발", "배달출발", "배송완료", "미배달", "반송", "반품취소", "도착"}
	places := []string{"", "고양", "대전HUB", "보은"}
	var answers []Parcel
	for c := range 1 + r.IntN(2) {
		var events []Event
		clock := at("2026-11-01 09:00")
		for i := range 2 + r.IntN(5) {
			for range 1 + r.IntN(3) {
				clock = clock.Add(time.Duration(r.IntN(3)) * 20 * time.Second * time.Duration(1+r.IntN(3000)))
				if r.IntN(25) == 0 {
					clock = clock.Add(32 * 24 * time.Hour)
				}
				ev := Event{At: clock, Status: statuses[r.IntN(len(statuses))], Text: texts[r.IntN(len(texts))], Place: places[r.IntN(len(places))]}
				if ev.Status == StatusReturned && r.IntN(2) == 0 {
					ev.Sub = SubReturning
				}
				switch r.IntN(8) {
				case 0:
					ev.At, ev.Precision = time.Time{}, PrecisionNone
				case 1:
					ev.At, ev.Precision = startOfDay(clock), PrecisionDay
				}
				events = append(events, ev)
			}
			p := Parcel{Source: string(rune('a' + c)), RetrievedAt: clock.Add(time.Minute), Events: slices.Clone(events)}
			if r.IntN(2) == 0 {
				v := Verdict{Status: statuses[r.IntN(len(statuses))], AsOf: clock}
				if r.IntN(3) == 0 {
					v.AsOf = time.Time{}
				}
				p.Verdicts = []Verdict{v}
			}
			for j := range p.Events {
				p.Events[j].Note = fmt.Sprint("wording ", i)
			}
			p.Settle(Context{})
			answers = append(answers, p)
		}
	}
	return answers
}

func TestDeriveIgnoresArrival(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 4000 {
		answers := history(r)
		c := Context{}
		if r.IntN(3) == 0 {
			c.Since = at("2026-11-20 00:00")
		}
		want := Derive(with(Evidence{}, answers...), c)
		for range 5 {
			shuffled := slices.Clone(answers)
			for range r.IntN(3) {
				shuffled = append(shuffled, answers[r.IntN(len(answers))])
			}
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			e := with(Evidence{}, shuffled...)
			r.Shuffle(len(e.Events), func(i, j int) { e.Events[i], e.Events[j] = e.Events[j], e.Events[i] })
			r.Shuffle(len(e.Verdicts), func(i, j int) { e.Verdicts[i], e.Verdicts[j] = e.Verdicts[j], e.Verdicts[i] })
			if got := Derive(e, c); got != want {
				t.Fatalf("round %d: %+v, want %+v", round, got, want)
			}
		}
	}
}

func TestSettleIsIdempotent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		for _, p := range history(r) {
			once := p
			once.Events, once.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
			p.Settle(Context{})
			if !slices.Equal(p.Events, once.Events) || p.Status != once.Status || p.DeliveredAt != once.DeliveredAt || p.Doubts != once.Doubts {
				t.Fatalf("settling again changed\n%+v\nto\n%+v", once, p)
			}
		}
	}
}

func TestDeriveDoesNotAllocate(t *testing.T) {
	statuses := Statuses()
	p := Parcel{Source: "a", RetrievedAt: at("2026-11-21 09:00")}
	for i := range 62 { // the most there is room for, with a gap, chains and every status
		ev := Event{At: at("2026-09-01 09:00").Add(time.Duration(i) * 25 * time.Hour), Status: statuses[i%len(statuses)], Text: fmt.Sprint("배달 출발 ", i), Place: "고양"}
		switch {
		case i > 40:
			ev.At = ev.At.Add(longGap)
		case i%3 == 1:
			ev.Precision = PrecisionDay
		case i%3 == 2:
			ev.At = time.Time{}
		}
		p.Events = append(p.Events, ev)
	}
	p.Verdicts = []Verdict{{Status: StatusDelivered, AsOf: at("2026-11-17 15:00")}, {Status: StatusDelivered}}
	p.Settle(Context{})
	if len(p.Events) != 62 {
		t.Fatalf("%d events", len(p.Events))
	}
	e := with(Evidence{}, p)
	if n := testing.AllocsPerRun(100, func() { Derive(e, Context{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
