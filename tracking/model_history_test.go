package tracking

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// modelHistory makes up what two carriers may have answered about one number.
type modelHistory struct {
	rng *rand.Rand
}

// modelScanKinds are what scans say; the texts after the first are other spellings of it.
var modelScanKinds = []struct {
	status Status
	sub    Sub
	code   string
	texts  []string
}{
	{StatusRegistered, SubNone, "10", []string{"접수"}},
	{StatusPickedUp, SubNone, "11", []string{"집화처리", "집하처리"}},
	{StatusPickedUp, SubNone, "11", []string{"집화처리", "집하처리"}},
	{StatusInTransit, SubNone, "41", []string{"간선상차"}},
	{StatusInTransit, SubNone, "42", []string{"간선하차"}},
	{StatusInTransit, SubAtBranch, "43", []string{"배달지 도착", "배송지 도착"}},
	{StatusOutForDelivery, SubNone, "82", []string{"배달출발", "배송출발"}},
	{StatusOutForDelivery, SubAvailableForPickup, "84", []string{"점포도착"}},
	{StatusDelivered, SubNone, "91", []string{"배달완료", "배송완료"}},
	{StatusDelivered, SubNone, "91", []string{"배달완료", "배송완료"}},
	{StatusFailed, SubNone, "86", []string{"미배달", "미배송"}},
	{StatusFailed, SubLost, "99", []string{"분실"}},
	{StatusHold, SubNone, "70", []string{"보류"}},
	{StatusHold, SubDelayed, "71", []string{"지연"}},
	{StatusReturned, SubReturning, "60", []string{"반송"}},
	{StatusReturned, SubNone, "61", []string{"발송인 인계"}},
	{StatusCancelled, SubNone, "1", []string{"신청취소"}},
	{StatusUnknown, SubNone, "?", []string{"반송동 도착"}},
	{StatusUnknown, SubNone, "?", []string{"회수"}},
	{StatusHold, SubNone, "9", []string{"반품취소"}},
	{StatusUnknown, SubNone, "-99", []string{"스캔 오류"}},
	{StatusUnknown, SubNone, "-99", []string{"반송"}},
	{StatusUnknown, SubNone, "?", []string{"기타"}},
}

var modelPlaces = []string{"", "서울", "서울", "부산"}

func (h modelHistory) chance(percent int) bool { return h.rng.IntN(100) < percent }

// step is the time to the next scan: mostly hours, now and then none, seconds, or weeks.
func (h modelHistory) step() time.Duration {
	switch n := h.rng.IntN(20); {
	case n < 4:
		return 0
	case n < 6:
		return time.Duration(h.rng.IntN(50)) * time.Second
	case n < 14:
		return time.Duration(h.rng.IntN(600)) * time.Minute
	case n < 18:
		return time.Duration(h.rng.IntN(5*24)) * time.Hour
	case n < 19:
		return 30*modelDay + time.Duration(h.rng.IntN(3)-1)*time.Minute
	default:
		return time.Duration(29+h.rng.IntN(10)) * modelDay
	}
}

// scans is what one carrier's scanners saw, in its order.
func (h modelHistory) scans(carrier string, at time.Time) []Event {
	var rows []Event
	for range h.rng.IntN(8) {
		at = at.Add(h.step())
		kind := modelScanKinds[h.rng.IntN(len(modelScanKinds))]
		row := Event{
			At: at, Status: kind.status, Sub: kind.sub, Code: kind.code, Text: kind.texts[0],
			Place: modelPlaces[h.rng.IntN(len(modelPlaces))], Carrier: carrier, Note: fmt.Sprint(carrier, len(rows)),
		}
		switch n := h.rng.IntN(20); {
		case n < 2:
			row.At, row.Precision = time.Time{}, PrecisionNone
		case n < 4:
			row.At, row.Precision = modelStartOfDay(at), PrecisionDay
			if h.chance(50) {
				row.At = row.At.Add(modelDay - time.Second)
			}
		case n < 5:
			row.At = at.Add(-time.Duration(h.rng.IntN(30)) * time.Hour) // out of order
		}
		rows = append(rows, row)
	}
	return rows
}

// answer is what a carrier shows of those rows at one moment.
func (h modelHistory) answer(rows []Event, at time.Time) []Event {
	first := 0
	if len(rows) > 0 && h.chance(20) {
		first = h.rng.IntN(len(rows))
	}
	var shown []Event
	for _, row := range rows[first : first+h.rng.IntN(len(rows)-first+1)] {
		row.AnswerAt = at
		for _, kind := range modelScanKinds {
			if kind.texts[0] == row.Text && h.chance(30) {
				row.Text = kind.texts[len(kind.texts)-1]
			}
		}
		if h.chance(5) {
			row.Status, row.Sub = StatusInTransit, SubNone // a newer mapping table
		}
		if h.chance(3) {
			row.Text += " (정정)" // another status, so another scan
		}
		shown = append(shown, row)
		if h.chance(3) {
			shown = append(shown, row)
		}
	}
	return shown
}

// modelNumbered gives rows their positions and ordinals, and drops those that repeat another.
func modelNumbered(rows []Event) []Event {
	var kept []Event
	for i, row := range rows {
		repeats, alike := false, 0
		for _, k := range kept {
			if k.At.Equal(row.At) && k.Code == row.Code && k.Text == row.Text && k.Place == row.Place {
				repeats = true
			}
			a, b := modelIdentify(k), modelIdentify(row)
			a.ordinal, b.ordinal = 0, 0
			if a == b {
				alike++
			}
		}
		if repeats {
			continue
		}
		row.Pos, row.Ordinal = i, alike
		kept = append(kept, row)
	}
	return kept
}

func (h modelHistory) verdict(carrier string, rows []Event, at time.Time) Verdict {
	kind := modelScanKinds[h.rng.IntN(len(modelScanKinds))]
	v := Verdict{Carrier: carrier, Status: kind.status, Sub: kind.sub, AnswerAt: at}
	if len(rows) > 0 && h.chance(40) {
		last := rows[len(rows)-1]
		v.Status, v.Sub = last.Status, last.Sub
	}
	switch n := h.rng.IntN(4); {
	case n < 2 && len(rows) > 0:
		v.AsOf = rows[h.rng.IntN(len(rows))].At
	case n < 3:
		v.AsOf = at.Add(-time.Duration(h.rng.IntN(40*24*60)) * time.Minute)
	}
	if v.Status == StatusDelivered && h.chance(50) {
		v.DeliveredAt = at.Add(-time.Duration(h.rng.IntN(100)) * time.Hour)
	}
	return v
}

func (h modelHistory) evidence() Evidence {
	var e Evidence
	start := modelStart.Add(time.Duration(h.rng.IntN(48)) * time.Hour)
	for _, carrier := range []string{"a", "b"}[:1+h.rng.IntN(2)] {
		rows := h.scans(carrier, start.Add(h.step()))
		answerAt := start.Add(50 * modelDay)
		for range 1 + h.rng.IntN(3) {
			answerAt = answerAt.Add(time.Duration(1+h.rng.IntN(1000)) * time.Minute)
			shown := modelNumbered(h.answer(rows, answerAt))
			e.Events = append(e.Events, shown...)
			if h.chance(40) {
				e.Verdicts = append(e.Verdicts, h.verdict(carrier, shown, answerAt))
			}
		}
	}
	return e
}

func (h modelHistory) context() Context {
	var c Context
	around := func() time.Time { return modelStart.Add(time.Duration(h.rng.IntN(70*24*60)-10*24*60) * time.Minute) }
	if h.chance(25) {
		c.Since = around()
	}
	if h.chance(25) {
		c.Watched = around().Add(20 * modelDay)
	}
	c.Recall = h.chance(10)
	return c
}

// arrived is the evidence in any order, some of it delivered twice.
func (h modelHistory) arrived(e Evidence) Evidence {
	e = Evidence{Events: slices.Clone(e.Events), Verdicts: slices.Clone(e.Verdicts)}
	if h.chance(20) {
		e.Events, e.Verdicts = append(e.Events, e.Events...), append(e.Verdicts, e.Verdicts...)
	}
	h.rng.Shuffle(len(e.Events), func(i, j int) { e.Events[i], e.Events[j] = e.Events[j], e.Events[i] })
	h.rng.Shuffle(len(e.Verdicts), func(i, j int) { e.Verdicts[i], e.Verdicts[j] = e.Verdicts[j], e.Verdicts[i] })
	return e
}

// TestModelHistories holds Derive against the model over made-up histories, in whatever order the evidence came and however often.
func TestModelHistories(t *testing.T) {
	t.Parallel()
	h := modelHistory{rand.New(rand.NewPCG(3, 7))}
	differs := func(e Evidence, c Context) bool {
		return modelView(Derive(e, c)) != modelDerive(e, c)
	}
	bad := 0
	for range 6_000 {
		e, c := h.evidence(), h.context()
		e = h.arrived(e)
		if !differs(e, c) {
			continue
		}
		e, c = modelShrink(e, c, differs)
		t.Errorf("%s got %+v\nwant %+v", modelPrint(e, c), modelView(Derive(e, c)), modelDerive(e, c))
		if bad++; bad == modelMaxBad {
			t.Fatal("and perhaps more")
		}
	}
}

const modelMaxBad = 10

// modelShrink drops what a difference does not need.
func modelShrink(e Evidence, c Context, differs func(Evidence, Context) bool) (Evidence, Context) {
	for again := true; again; {
		again = false
		for i := range e.Events {
			less := Evidence{slices.Delete(slices.Clone(e.Events), i, i+1), e.Verdicts}
			if differs(less, c) {
				e, again = less, true
				break
			}
		}
		for i := range e.Verdicts {
			less := Evidence{e.Events, slices.Delete(slices.Clone(e.Verdicts), i, i+1)}
			if differs(less, c) {
				e, again = less, true
				break
			}
		}
	}
	for _, less := range []Context{{}, {Since: c.Since}, {Watched: c.Watched}, {Recall: c.Recall}} {
		if less != c && differs(e, less) {
			return e, less
		}
	}
	return e, c
}

func modelPrint(e Evidence, c Context) string {
	var b strings.Builder
	show := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("01-02 15:04:05")
	}
	fmt.Fprintf(&b, "since %s, watched %s, recall %v\n", show(c.Since), show(c.Watched), c.Recall)
	slices.SortFunc(e.Events, func(x, y Event) int {
		return strings.Compare(fmt.Sprint(x.Carrier, x.AnswerAt, 100+x.Pos), fmt.Sprint(y.Carrier, y.AnswerAt, 100+y.Pos))
	})
	for _, ev := range e.Events {
		fmt.Fprintf(&b, "  %s answer %s #%d: %s %v %v·%v %q %s place %q ordinal %d\n", ev.Carrier, show(ev.AnswerAt), ev.Pos,
			show(ev.At), ev.Precision, ev.Status, ev.Sub, ev.Text, ev.Code, ev.Place, ev.Ordinal)
	}
	for _, v := range e.Verdicts {
		fmt.Fprintf(&b, "  %s answer %s says %v·%v as of %s, date %s\n", v.Carrier, show(v.AnswerAt), v.Status, v.Sub, show(v.AsOf), show(v.DeliveredAt))
	}
	return b.String()
}
