package tracking

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// answersIn takes evidence apart into the settled answers that brought it.
func answersIn(e Evidence, c Context) []Parcel {
	var parcels []Parcel
	find := func(carrier string, at time.Time) *Parcel {
		for i := range parcels {
			if parcels[i].Source == carrier && parcels[i].RetrievedAt.Equal(at) {
				return &parcels[i]
			}
		}
		parcels = append(parcels, Parcel{Source: carrier, RetrievedAt: at})
		return &parcels[len(parcels)-1]
	}
	for _, ev := range e.Events {
		p := find(ev.Carrier, ev.AnswerAt)
		p.Events = append(p.Events, ev)
	}
	for _, v := range e.Verdicts {
		p := find(v.Carrier, v.AnswerAt)
		p.Verdicts = append(p.Verdicts, v)
	}
	for i := range parcels {
		slices.SortStableFunc(parcels[i].Events, func(a, b Event) int { return cmp.Compare(a.Pos, b.Pos) })
		parcels[i].Settle(c)
	}
	return parcels
}

// TestEvidenceWith keeps random answers of two carriers as a store does, in any order and with repeats: what is derived
// from what is kept is what is derived from everything, and every scan and summary keeps when, and by which door, it came first.
func TestEvidenceWith(t *testing.T) {
	h := modelHistory{rand.New(rand.NewPCG(3, 11))}
	for range 4_000 {
		c := h.context()
		parcels := answersIn(h.evidence(), c)
		var whole, kept Evidence
		for _, p := range parcels {
			whole.Events, whole.Verdicts = append(whole.Events, p.Events...), append(whole.Verdicts, p.Verdicts...)
		}
		var heard []Parcel
		for range 2 {
			h.rng.Shuffle(len(parcels), func(i, j int) { parcels[i], parcels[j] = parcels[j], parcels[i] })
			for i := range parcels {
				kept, _ = kept.With(&parcels[i], sightOf(len(heard)))
				heard = append(heard, parcels[i])
			}
		}
		checkFirstSights(t, kept, heard)
		if got, want := Derive(kept, c), Derive(whole, c); !sameState(got, want) {
			t.Fatalf("%skept: %s got %+v, want %+v", modelPrint(whole, c), modelPrint(kept, c), got, want)
		}
		for i := range parcels {
			if again, gain := kept.With(&parcels[i], Sight{At: modelStart.AddDate(1, 0, 0), Door: "late"}); gain != (Gain{}) {
				t.Fatalf("%sa repeated answer gained %+v: %s", modelPrint(kept, c), gain, modelPrint(again, c))
			}
		}
	}
}

// sightOf is how the n-th answer comes. Its carrier was asked in vain half a minute before.
func sightOf(n int) Sight {
	seen := modelStart.Add(time.Duration(n) * time.Minute)
	return Sight{At: seen, Door: Door(fmt.Sprint("door ", n)), Before: seen.Add(-30 * time.Second)}
}

// checkFirstSights looks every scan and summary up in all that was heard, from the beginning.
func checkFirstSights(t *testing.T, kept Evidence, heard []Parcel) {
	t.Helper()
	p := Parcel{Events: slices.Clone(kept.Events), Verdicts: slices.Clone(kept.Verdicts)}
	p.Settle(Context{}) // leaves one row of each scan
	for i := range p.Events {
		ev := &p.Events[i]
		n := slices.IndexFunc(heard, func(h Parcel) bool {
			return slices.ContainsFunc(h.Events, func(other Event) bool { return compareIdentity(ev, &other) == 0 })
		})
		by := sightOf(n)
		lag := 0
		if ev.Precision == PrecisionMinute && !ev.At.IsZero() {
			lag = max(0, int(by.Before.Sub(ev.At).Minutes()))
		}
		if !ev.Seen.Equal(by.At) || ev.Door != by.Door || ev.MinLag != lag {
			t.Fatalf("%sa scan came first by %s, %d minutes late at least: kept as %s at %v, %d", modelPrint(kept, Context{}), by.Door, lag, ev.Door, ev.Seen, ev.MinLag)
		}
	}
	for i := range kept.Verdicts {
		v := &kept.Verdicts[i]
		n := slices.IndexFunc(heard, func(h Parcel) bool {
			return slices.ContainsFunc(h.Verdicts, func(other Verdict) bool { return compareVerdictIdentity(v, &other) == 0 })
		})
		if by := sightOf(n); !v.Seen.Equal(by.At) || v.Door != by.Door {
			t.Fatalf("%sa summary came first by %s: kept as %s at %v", modelPrint(kept, Context{}), by.Door, v.Door, v.Seen)
		}
	}
}

func sameState(a, b State) bool {
	same := a.DeliveredAt.Equal(b.DeliveredAt)
	a.DeliveredAt, b.DeliveredAt = time.Time{}, time.Time{}
	return same && a == b
}

func settled(p Parcel) *Parcel {
	p.Settle(Context{})
	return &p
}

// A scan that is told again in other words is revised; it keeps the time at which it was first seen (D8), and the door.
func TestRewordedScanIsOneScan(t *testing.T) {
	first := answer("2026-11-20 12:00", scan("2026-11-20 09:00", StatusOutForDelivery, "배송출발", "충북보은"))
	second := answer("2026-11-20 13:00", scan("2026-11-20 09:00", StatusOutForDelivery, "배달출발", "충북보은"))
	second.Events[0].Note = "16~18시"
	e, gain := Evidence{}.With(settled(first), Sight{At: at("2026-11-20 12:01"), Door: DoorPush})
	if gain != (Gain{Events: 1}) {
		t.Errorf("the first answer gained %+v", gain)
	}
	e, gain = e.With(settled(second), Sight{At: at("2026-11-20 13:01"), Door: DoorPoll})
	if gain != (Gain{Revised: 1}) || len(e.Events) != 1 {
		t.Fatalf("the second answer gained %+v: %d events", gain, len(e.Events))
	}
	if ev := e.Events[0]; ev.Note != "16~18시" || !ev.Seen.Equal(at("2026-11-20 12:01")) || ev.Door != DoorPush {
		t.Errorf("kept %q, seen %v by %s", ev.Note, ev.Seen, ev.Door)
	}
}

// A push and an answer that tell one scan in forms of their own do not take turns in revising it: what one of them leaves open stays
// as the other told it.
func TestTwoFormsOfAScanSettle(t *testing.T) {
	for _, pushFirst := range []bool{true, false} {
		var e Evidence
		var gains []Gain
		for i := range 6 {
			when := at("2026-11-20 12:00").Add(time.Duration(i) * time.Hour)
			p := Parcel{Source: "a", RetrievedAt: when, Events: []Event{scan("2026-11-20 09:00", StatusInTransit, "간선상차", "대전")}}
			if push := (i%2 == 0) == pushFirst; push {
				p.Events[0].Assumed = true
			} else {
				p.Events[0].Note = "상품이 이동중입니다"
			}
			var gain Gain
			e, gain = e.With(settled(p), Sight{At: when, Door: DoorPoll})
			gains = append(gains, gain)
		}
		if ev := e.Events[0]; len(e.Events) != 1 || ev.Assumed || ev.Note == "" {
			t.Errorf("push first %t: kept %+v", pushFirst, e.Events)
		}
		for i, gain := range gains[2:] {
			if gain.News() {
				t.Errorf("push first %t: answer %d gained %+v", pushFirst, i+2, gain)
			}
		}
	}
}

// Answers that say the same gain nothing, whatever is volatile in them: time of retrieval, the raw form, and a summary that
// speaks of the time of its answer (D3, E10).
func TestSameAnswerGainsNothing(t *testing.T) {
	var e Evidence
	for i := range 50 {
		p := Parcel{Source: "a", RetrievedAt: at("2026-11-20 12:00").Add(time.Duration(i) * time.Hour), Events: []Event{
			scan("2026-11-20 09:00", StatusInTransit, "간선상차", "대전"), scan("", StatusInTransit, "이동", "대전"),
		}}
		p.Verdicts = []Verdict{{Status: StatusHold, AsOf: p.RetrievedAt}}
		p.Events[0].Raw = fmt.Sprintf(`{"requestId":"%d"}`, i)
		before := e
		var gain Gain
		if e, gain = e.With(settled(p), Sight{At: p.RetrievedAt, Door: []Door{DoorPoll, DoorPush}[i%2]}); i > 0 && (gain != (Gain{}) || !reflect.DeepEqual(e, before)) {
			t.Fatalf("answer %d gained %+v", i, gain)
		}
	}
	if len(e.Events) != 2 || len(e.Verdicts) != 1 {
		t.Errorf("%d events and %d verdicts are kept", len(e.Events), len(e.Verdicts))
	}
}

// An answer that merely lists less is worth writing, for ties, and worth telling nobody.
func TestShorterAnswerIsNoNews(t *testing.T) {
	both := []Event{scan("2026-11-20 09:00", StatusInTransit, "간선상차", "대전"), scan("2026-11-20 11:00", StatusInTransit, "간선하차", "옥천")}
	e, _ := Evidence{}.With(settled(answer("2026-11-20 12:00", slices.Clone(both)...)), Sight{At: at("2026-11-20 12:00"), Door: DoorPoll})
	e, gain := e.With(settled(answer("2026-11-20 13:00", both[0])), Sight{At: at("2026-11-20 13:00"), Door: DoorPoll})
	if gain != (Gain{Reordered: true}) || gain.News() || len(e.Events) != 2 {
		t.Errorf("gained %+v, %d events kept", gain, len(e.Events))
	}
}
