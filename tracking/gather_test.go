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
// from what is kept is what is derived from everything.
func TestEvidenceWith(t *testing.T) {
	h := modelHistory{rand.New(rand.NewPCG(3, 11))}
	for range 4_000 {
		c := h.context()
		parcels := answersIn(h.evidence(), c)
		var whole, kept Evidence
		for _, p := range parcels {
			whole.Events, whole.Verdicts = append(whole.Events, p.Events...), append(whole.Verdicts, p.Verdicts...)
		}
		for range 2 {
			h.rng.Shuffle(len(parcels), func(i, j int) { parcels[i], parcels[j] = parcels[j], parcels[i] })
			for i := range parcels {
				kept, _ = kept.With(&parcels[i], modelStart)
			}
		}
		if got, want := Derive(kept, c), Derive(whole, c); !sameState(got, want) {
			t.Fatalf("%skept: %s got %+v, want %+v", modelPrint(whole, c), modelPrint(kept, c), got, want)
		}
		for i := range parcels {
			if again, gain := kept.With(&parcels[i], modelStart); gain != (Gain{}) {
				t.Fatalf("%sa repeated answer gained %+v: %s", modelPrint(kept, c), gain, modelPrint(again, c))
			}
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

// A scan that is told again in other words is revised; it keeps the time at which it was first seen (D8).
func TestRewordedScanIsOneScan(t *testing.T) {
	first := answer("2026-11-20 12:00", scan("2026-11-20 09:00", StatusOutForDelivery, "배송출발", "충북보은"))
	second := answer("2026-11-20 13:00", scan("2026-11-20 09:00", StatusOutForDelivery, "배달출발", "충북보은"))
	second.Events[0].Note = "16~18시"
	e, gain := Evidence{}.With(settled(first), at("2026-11-20 12:01"))
	if gain != (Gain{Events: 1}) {
		t.Errorf("the first answer gained %+v", gain)
	}
	e, gain = e.With(settled(second), at("2026-11-20 13:01"))
	if gain != (Gain{Revised: 1}) || len(e.Events) != 1 {
		t.Fatalf("the second answer gained %+v: %d events", gain, len(e.Events))
	}
	if ev := e.Events[0]; ev.Note != "16~18시" || !ev.Seen.Equal(at("2026-11-20 12:01")) {
		t.Errorf("kept %q, seen %v", ev.Note, ev.Seen)
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
		if e, gain = e.With(settled(p), p.RetrievedAt); i > 0 && (gain != (Gain{}) || !reflect.DeepEqual(e, before)) {
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
	e, _ := Evidence{}.With(settled(answer("2026-11-20 12:00", slices.Clone(both)...)), at("2026-11-20 12:00"))
	e, gain := e.With(settled(answer("2026-11-20 13:00", both[0])), at("2026-11-20 13:00"))
	if gain != (Gain{Reordered: true}) || gain.News() || len(e.Events) != 2 {
		t.Errorf("gained %+v, %d events kept", gain, len(e.Events))
	}
}
