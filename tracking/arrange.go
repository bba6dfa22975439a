package tracking

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// item stands for one scan or verdict while evidence is assessed.
type item struct {
	at      int64 // when, in milliseconds, for the order; a scan without a clock time has that of the scan it stays with
	answer  int64 // when the answer came that holds it, in milliseconds
	index   int   // in Evidence.Events or Evidence.Verdicts
	rank    int   // of a scan, among those of one time
	verdict bool
	parked  bool
	row
}

// row is a scan as one answer holds it. The numbers are places in the list of all rows, answer by answer.
type row struct {
	number int
	newest int // the row of the newest answer that is the same scan

	neighbour int // the row that it stays with for want of a clock time; none for a row that stands by itself
	ahead     bool
	before    int // of those that stay with it: the first ahead of it,
	behind    int // the first behind it,
	sibling   int // and the next on the same side
}

const (
	none    = -1
	undated = math.MinInt64 // sorts before everything: a scan whose whole answer has no time

	// few is up to how many items room is kept off the heap, and rows are compared each with each: nearly always that is to
	// look at their minutes and no more. Beyond it they are sorted, so that a hostile history takes no quadratic time.
	few = 64
)

var kst = time.FixedZone("KST", 9*60*60)

// arrange makes items of the evidence, each scan and verdict once, in the order of Derive.
func arrange(items []item, e Evidence) []item {
	items = answerRows(items, e.Events)
	for rest := items; len(rest) > 0; {
		n := answerLength(rest, e.Events)
		findNeighbours(rest[:n], e.Events)
		rest = rest[n:]
	}
	findNewest(items, e.Events)
	items = lineUp(items, e.Events)
	items = addVerdicts(items, e)
	for i := 1; i < len(items); i++ {
		if compareInTime(e, &items[i-1], &items[i]) > 0 {
			slices.SortFunc(items, func(a, b item) int { return compareInTime(e, &a, &b) })
			break
		}
	}
	return items
}

// answerRows lists the rows of every answer as the provider has them, without those that merely came again.
func answerRows(items []item, events []Event) []item {
	for i := range events {
		items = append(items, item{answer: millis(events[i].AnswerAt), index: i})
	}
	for i := 1; i < len(items); i++ {
		if compareInAnswer(events, &items[i-1], &items[i]) >= 0 {
			slices.SortFunc(items, func(a, b item) int { return compareInAnswer(events, &a, &b) })
			items = slices.CompactFunc(items, func(a, b item) bool { return compareInAnswer(events, &a, &b) == 0 })
			break
		}
	}
	for i := range items {
		items[i].row = row{number: i, newest: i, neighbour: none, before: none, behind: none, sibling: none}
	}
	return items
}

// compareInAnswer groups scans by carrier and answer, and orders them as the provider does. What still ties is told
// apart by content, so that the order of the input never matters.
func compareInAnswer(events []Event, a, b *item) int {
	x, y := &events[a.index], &events[b.index]
	switch { // one by one, for what decides comes early
	case x.Carrier != y.Carrier:
		return strings.Compare(x.Carrier, y.Carrier)
	case a.answer != b.answer:
		return cmp.Compare(a.answer, b.answer)
	case x.Pos != y.Pos:
		return cmp.Compare(x.Pos, y.Pos)
	}
	if order := x.AnswerAt.Compare(y.AnswerAt); order != 0 {
		return order
	}
	return compareContent(x, y)
}

func compareContent(x, y *Event) int {
	return cmp.Or(
		x.At.Compare(y.At), cmp.Compare(x.Ordinal, y.Ordinal), strings.Compare(x.Text, y.Text), strings.Compare(x.Place, y.Place),
		strings.Compare(x.Code, y.Code), cmp.Compare(x.Status, y.Status), cmp.Compare(x.Sub, y.Sub), strings.Compare(string(x.Reason), string(y.Reason)),
		strings.Compare(x.Note, y.Note), cmp.Compare(x.Precision, y.Precision),
	)
}

// answerLength counts the leading items of one answer of one carrier.
func answerLength(items []item, events []Event) int {
	first := items[0]
	for n, it := range items {
		if it.answer != first.answer || events[it.index].Carrier != events[first.index].Carrier {
			return n
		}
	}
	return len(items)
}

// findNeighbours tells the scans of one answer, in the provider's order, which other they stay with when they have no
// clock time of their own.
func findNeighbours(answer []item, events []Event) {
	last := none // the newest with a time
	for i := range answer {
		it, ev := &answer[i], &events[answer[i].index]
		switch {
		case ev.undated():
			if last != none {
				it.neighbour = answer[last].number
			}
			continue
		case last == none:
			for j := range answer[:i] {
				answer[j].neighbour, answer[j].ahead = it.number, true
			}
		case ev.Precision == PrecisionDay && startOfDay(ev.At).Equal(startOfDay(events[answer[last].index].At)):
			it.neighbour = answer[last].number
		}
		last = i
	}
}

// findNewest tells every row which one holds the same scan in the newest answer.
func findNewest(items []item, events []Event) {
	if len(items) <= few {
		findNewestOfFew(items, events)
	} else {
		findNewestOfMany(items, events)
	}
}

func findNewestOfMany(items []item, events []Event) {
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(
			compareIdentity(&events[a.index], &events[b.index]), cmp.Compare(b.answer, a.answer), cmp.Compare(a.number, b.number),
		)
	})
	for i := 1; i < len(items); i++ {
		if compareIdentity(&events[items[i-1].index], &events[items[i].index]) == 0 {
			items[i].newest = items[i-1].newest
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.number, b.number) })
}

func findNewestOfFew(items []item, events []Event) {
	var buf [few]int64
	minutes := buf[:len(items)]
	for i := range items {
		minutes[i] = events[items[i].index].minute()
	}
	newer := func(i, j int) bool {
		return items[i].answer > items[j].answer || items[i].answer == items[j].answer && i < j
	}
	for i := range items {
		for j := range items[:i] {
			if minutes[j] != minutes[i] || compareIdentity(&events[items[i].index], &events[items[j].index]) != 0 {
				continue
			}
			if newer(j, items[i].newest) {
				items[i].newest = j
			}
			if newer(i, items[j].newest) {
				items[j].newest = i
			}
		}
	}
}

// lineUp keeps the newest row of each scan and gives it its time and rank. A scan without a clock time stands where its
// neighbour stands now, which a newer answer may hold, and which may itself stay with another. That never goes round in
// a circle: undated scans stay with others, others with rows before them in the same answer, or in a newer one.
func lineUp(items []item, events []Event) []item {
	superseded := func(it item) bool { return it.newest != it.number }
	for i := len(items) - 1; i >= 0; i-- { // from the back, so that each comes to stand first
		if it := &items[i]; !superseded(*it) && it.neighbour != none {
			first := &items[items[it.neighbour].newest].behind
			if it.ahead {
				first = &items[items[it.neighbour].newest].before
			}
			it.sibling, *first = *first, i
		}
	}
	rank := 0
	for i := range items {
		if !superseded(items[i]) && items[i].neighbour == none {
			rank = standTogether(items, i, events[items[i].index].ownTime(), rank)
		}
	}
	return slices.DeleteFunc(items, superseded)
}

// standTogether gives items[i] and all that stay with it one time, and ranks from rank on. It returns the next.
func standTogether(items []item, i int, at int64, rank int) int {
	for j := items[i].before; j != none; j = items[j].sibling {
		rank = standTogether(items, j, at, rank)
	}
	items[i].at, items[i].rank = at, rank
	rank++
	for j := items[i].behind; j != none; j = items[j].sibling {
		rank = standTogether(items, j, at, rank)
	}
	return rank
}

func (ev *Event) undated() bool { return ev.At.IsZero() || ev.Precision == PrecisionNone }

// ownTime is when the scan happened, in milliseconds; with a day only, the beginning of that day.
func (ev *Event) ownTime() int64 {
	switch {
	case ev.undated():
		return undated
	case ev.Precision == PrecisionDay:
		return millis(startOfDay(ev.At))
	default:
		return millis(ev.At)
	}
}

// startOfDay goes by Korean days, whichever zone the time is kept in: stores hand back UTC.
func startOfDay(t time.Time) time.Time {
	y, m, d := t.In(kst).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kst)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return undated
	}
	return t.UnixMilli()
}

// addVerdicts adds each verdict once, that of the newest answer, but for those that repeat a scan.
func addVerdicts(items []item, e Evidence) []item {
	scans := len(items)
next:
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		it := item{at: millis(v.asOf()), answer: millis(v.AnswerAt), index: i, verdict: true}
		for j := range items[scans:] {
			old := &items[scans+j]
			if old.standsFor(v, e) {
				if compareVerdicts(v, &e.Verdicts[old.index]) > 0 {
					*old = it
				}
				continue next
			}
		}
		items = append(items, it)
	}
	kept := items[:scans]
	for _, it := range items[scans:] {
		if !repeatsOne(&e.Verdicts[it.index], items[:scans], e) {
			kept = append(kept, it)
		}
	}
	return kept
}

func repeatsOne(v *Verdict, scans []item, e Evidence) bool {
	for i := range scans {
		if scans[i].standsFor(v, e) {
			return true
		}
	}
	return false
}

// standsFor reports whether the item is v, or a scan that v only repeats.
func (it *item) standsFor(v *Verdict, e Evidence) bool {
	if !it.verdict {
		return v.repeats(&e.Events[it.index], it.at)
	}
	w := &e.Verdicts[it.index]
	return w.Carrier == v.Carrier && w.Status == v.Status && it.at == millis(v.asOf())
}

func (v *Verdict) asOf() time.Time {
	if v.AsOf.IsZero() {
		return v.AnswerAt
	}
	return v.AsOf
}

// repeats reports whether v says no more than a scan of the same carrier at the same time; without a time, than an
// undated scan of its answer. A newer answer may hold that scan too, so the answers need not be the same.
func (v *Verdict) repeats(ev *Event, at int64) bool {
	if v.Carrier != ev.Carrier || v.Status != ev.Status || v.Sub != SubNone && v.Sub != ev.Sub {
		return false
	}
	if v.AsOf.IsZero() {
		return ev.At.IsZero() && !ev.AnswerAt.Before(v.AnswerAt)
	}
	return at == millis(v.AsOf) || ev.At.Equal(v.AsOf)
}

// compareVerdicts tells apart two verdicts of one identity, the newer last.
func compareVerdicts(x, y *Verdict) int {
	return cmp.Or(
		x.AnswerAt.Compare(y.AnswerAt), cmp.Compare(x.Sub, y.Sub), strings.Compare(string(x.Reason), string(y.Reason)), strings.Compare(x.Code, y.Code),
		strings.Compare(x.Text, y.Text), x.DeliveredAt.Compare(y.DeliveredAt), x.Window.compare(y.Window), cmp.Compare(x.Doubts, y.Doubts),
	)
}

// compareInTime is the order in which evidence is folded and shown.
func compareInTime(e Evidence, a, b *item) int {
	switch {
	case a.at != b.at:
		return cmp.Compare(a.at, b.at)
	case a.verdict != b.verdict:
		if a.verdict {
			return 1
		}
		return -1
	case a.verdict:
		x, y := &e.Verdicts[a.index], &e.Verdicts[b.index]
		return cmp.Or(strings.Compare(x.Carrier, y.Carrier), cmp.Compare(a.answer, b.answer), cmp.Compare(x.Status, y.Status), compareVerdicts(x, y))
	}
	return cmp.Compare(a.rank, b.rank)
}
