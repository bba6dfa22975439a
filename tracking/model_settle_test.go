package tracking

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestModelSettle holds Settle against the model over single answers: the status, which rows stay, their order, and
// which are parked.
func TestModelSettle(t *testing.T) {
	h := modelHistory{rand.New(rand.NewPCG(5, 1))}
	for range 3_000 {
		at := modelStart.Add(50 * modelDay)
		rows := h.answer(h.scans("a", modelStart), at)
		p := Parcel{Source: "a", RetrievedAt: at, Events: slices.Clone(rows)}
		if h.chance(50) {
			p.Verdicts = []Verdict{h.verdict("a", rows, at)}
		}
		c := h.context()
		e := Evidence{modelNumbered(rows), slices.Clone(p.Verdicts)}

		p.Settle(c)
		items := modelArrange(e)
		modelPark(items, c)
		if got, want := modelShown(p), modelOrder(items); got != want {
			t.Fatalf("%s got %s\nwant %s", modelPrint(e, c), got, want)
		}
		if got, want := p.Status, modelDerive(e, c).Status; got != want {
			t.Fatalf("%s got %v, want %v", modelPrint(e, c), got, want)
		}
		again := p
		again.Events, again.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
		if again.Settle(c); !reflect.DeepEqual(again, p) {
			t.Fatalf("%s settled again: %+v\nbefore: %+v", modelPrint(e, c), again, p)
		}
	}
}

// modelShown names the scans of a settled parcel, the parked ones in brackets.
func modelShown(p Parcel) string {
	shown := ""
	for _, ev := range p.Events {
		shown += modelName(ev, ev.Parked)
	}
	return shown
}

func modelOrder(items []modelItem) string {
	shown := ""
	for _, it := range items {
		if !it.verdict {
			shown += modelName(it.scan, it.parked)
		}
	}
	return shown
}

func modelName(ev Event, parked bool) string {
	name := fmt.Sprintf("%s#%d", ev.Note, ev.Ordinal)
	if parked {
		return "[" + name + "] "
	}
	return name + " "
}

// TestModelSettleSeveralAnswers settles the events of many answers at once, as a store may: the status is that of
// Derive, and settling again changes nothing. Scans without a clock time are left out of the latter: the first settling
// drops the rows of older answers that say where they stood.
func TestModelSettleSeveralAnswers(t *testing.T) {
	h := modelHistory{rand.New(rand.NewPCG(8, 2))}
	for range 2_000 {
		e, c := h.evidence(), h.context()
		want := Derive(e, c)
		p := Parcel{Source: "a", RetrievedAt: modelHour(1e4), Events: slices.Clone(e.Events), Verdicts: slices.Clone(e.Verdicts)}
		p.Settle(c)
		if p.Status != want.Status || p.Sub != want.Sub || !p.DeliveredAt.Equal(want.DeliveredAt) {
			t.Fatalf("%s settled %v·%v, derived %v·%v", modelPrint(e, c), p.Status, p.Sub, want.Status, want.Sub)
		}
		again := p
		again.Events, again.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
		again.Settle(c)
		timed := !slices.ContainsFunc(p.Events, func(ev Event) bool { return ev.Precision != PrecisionMinute })
		if timed && (modelShown(again) != modelShown(p) || again.Status != p.Status) {
			t.Fatalf("%s settled %s %v\nand again %s %v", modelPrint(e, c), modelShown(p), p.Status, modelShown(again), again.Status)
		}
	}
}

// TestModelSizes crosses the size up to which Derive works without allocating, where other ways are taken.
func TestModelSizes(t *testing.T) {
	h := modelHistory{rand.New(rand.NewPCG(4, 9))}
	for _, size := range []int{63, 64, 65, 200} {
		var rows []Event
		for start := modelStart; len(rows) < size; start = start.Add(time.Hour) {
			rows = append(rows, h.scans("a", start)...)
		}
		rows = rows[:size]
		for i := range rows {
			rows[i].AnswerAt = modelHour(1e4)
		}
		for range 4 {
			c := h.context()
			e := Evidence{Events: modelNumbered(rows)}
			before := slices.Clone(e.Events)
			if got, want := modelView(Derive(e, c)), modelDerive(e, c); got != want {
				t.Fatalf("%d rows: got %+v, want %+v", size, got, want)
			}
			if !reflect.DeepEqual(e.Events, before) {
				t.Fatalf("%d rows: Derive changed what it was given", size)
			}
			p := Parcel{Source: "a", RetrievedAt: modelHour(1e4), Events: slices.Clone(rows)}
			p.Settle(c)
			items := modelArrange(e)
			modelPark(items, c)
			if got, want := modelShown(p), modelOrder(items); got != want {
				t.Fatalf("%d rows:\n got %s\nwant %s", size, got, want)
			}
		}
	}
}

// TestModelFarTimes tries times at the ends of what calendars and JSON can hold.
func TestModelFarTimes(t *testing.T) {
	kst := modelStart.Location()
	for _, year := range []int{1, 2, 1970, 2024, 9999, 20_000} {
		start := time.Date(year, 6, 1, 9, 0, 0, 0, kst)
		for _, c := range []Context{{}, {Since: start}, {Watched: start}, {Since: time.Date(9999, 12, 31, 0, 0, 0, 0, kst)}, {Since: time.Date(1, 1, 2, 0, 0, 0, 0, kst)}} {
			e := Evidence{Events: []Event{
				{At: start, Status: StatusPickedUp, Text: "집하", Carrier: "a", AnswerAt: start, Pos: 0},
				{At: start.Add(time.Hour), Status: StatusDelivered, Text: "배달완료", Carrier: "a", AnswerAt: start, Pos: 1},
				{At: time.Date(2030, 1, 1, 0, 0, 0, 0, kst), Status: StatusInTransit, Text: "간선", Carrier: "a", AnswerAt: start, Pos: 2},
			}}
			if got, want := modelView(Derive(e, c)), modelDerive(e, c); got != want {
				t.Errorf("year %d: %s got %+v\nwant %+v", year, modelPrint(e, c), got, want)
			}
		}
	}
}
