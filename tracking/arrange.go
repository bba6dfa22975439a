package tracking

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// item stands for one scan or verdict while evidence is assessed.
type item struct {
	at      int64 // when, in milliseconds, for the order; a scan without a clock time has its neighbour's
	answer  int64 // when the answer came that holds it, in milliseconds
	pos     int   // its place in the answer
	side    int   // of the neighbour whose time it has: -1 before it, 1 behind it; 0 with a time of its own
	index   int   // in Evidence.Events or Evidence.Verdicts
	anchor  int   // the neighbour's index; its own for a scan with a time
	verdict bool
	parked  bool
}

// undated sorts before everything: a scan whose whole answer has no time.
const undated = math.MinInt64

var kst = time.FixedZone("KST", 9*60*60)

// arrange makes items of the evidence, each scan and verdict once, in the order of Derive.
func arrange(items []item, e Evidence) []item {
	for i := range e.Events {
		items = append(items, item{answer: millis(e.Events[i].AnswerAt), pos: e.Events[i].Pos, index: i, anchor: i})
	}
	slices.SortFunc(items, func(a, b item) int { return compareInAnswer(e.Events, a, b) })
	for rest := items; len(rest) > 0; {
		n := answerLength(rest, e.Events)
		placeInTime(rest[:n], e.Events)
		rest = rest[n:]
	}
	items = distinctScans(items, e.Events)
	keepWithNeighbours(items, e.Events)
	items = addVerdicts(items, e)
	slices.SortFunc(items, func(a, b item) int { return compareInTime(e, a, b) })
	return items
}

// compareInAnswer groups scans by carrier and answer, and orders them as the provider does. What still ties is told
// apart by content, so that the order of the input never matters.
func compareInAnswer(events []Event, a, b item) int {
	x, y := &events[a.index], &events[b.index]
	return cmp.Or(
		strings.Compare(x.Carrier, y.Carrier), cmp.Compare(a.answer, b.answer), cmp.Compare(a.pos, b.pos), cmp.Compare(a.side, b.side),
		x.AnswerAt.Compare(y.AnswerAt), cmp.Compare(x.Pos, y.Pos), compareContent(x, y),
	)
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

// placeInTime gives the scans of one answer, in the provider's order, the time they are sorted by, and those without
// a clock time the neighbour that they stay with.
func placeInTime(answer []item, events []Event) {
	last := -1 // the newest with a time of its own
	for i := range answer {
		it, ev := &answer[i], &events[answer[i].index]
		switch {
		case ev.At.IsZero() || ev.Precision == PrecisionNone:
			it.at = undated
			if last >= 0 {
				it.follow(&answer[last], 1)
			}
			continue
		case ev.Precision == PrecisionDay:
			day := startOfDay(ev.At)
			it.at = millis(day)
			if last >= 0 && startOfDay(time.UnixMilli(answer[last].at).In(ev.At.Location())).Equal(day) {
				it.follow(&answer[last], 1)
				continue
			}
		default:
			it.at = millis(ev.At)
		}
		last = i
	}
	next := -1
	for i := len(answer) - 1; i >= 0; i-- {
		switch {
		case answer[i].anchor == answer[i].index && answer[i].at != undated:
			next = i
		case answer[i].at == undated && next >= 0:
			answer[i].follow(&answer[next], -1)
		}
	}
}

func (it *item) follow(neighbour *item, side int) {
	it.at, it.anchor, it.side = neighbour.at, neighbour.index, side
}

// keepWithNeighbours lets scans without a clock time stand where their neighbour stands now, which a newer answer may
// hold as well. The items are in the order of compareIdentity.
func keepWithNeighbours(items []item, events []Event) {
	for i := range items {
		it := &items[i]
		if it.anchor == it.index {
			continue
		}
		neighbour := &events[it.anchor]
		j := sort.Search(len(items), func(j int) bool { return compareIdentity(&events[items[j].index], neighbour) >= 0 })
		for ; j < len(items) && compareIdentity(&events[items[j].index], neighbour) == 0; j++ {
			if sameScan(&events[items[j].index], neighbour) {
				it.at, it.answer, it.pos = items[j].at, items[j].answer, items[j].pos
				break
			}
		}
	}
}

func startOfDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return undated
	}
	return t.UnixMilli()
}

// distinctScans keeps one item of each scan: that of the newest answer.
func distinctScans(items []item, events []Event) []item {
	slices.SortFunc(items, func(a, b item) int {
		x, y := &events[a.index], &events[b.index]
		return cmp.Or(
			compareIdentity(x, y), cmp.Compare(b.answer, a.answer), cmp.Compare(x.Pos, y.Pos), compareContent(x, y),
		)
	})
	kept := items[:0]
	first := 0 // of those kept that may be the same scan as the next
next:
	for _, it := range items {
		ev := &events[it.index]
		if first < len(kept) && compareIdentity(&events[kept[first].index], ev) != 0 {
			first = len(kept)
		}
		for _, old := range kept[first:] {
			if sameScan(&events[old.index], ev) {
				continue next
			}
		}
		kept = append(kept, it)
	}
	return kept
}

// compareIdentity orders scans by all that makes up their identity but the status text.
func compareIdentity(x, y *Event) int {
	return cmp.Or(
		strings.Compare(x.Carrier, y.Carrier), cmp.Compare(minute(x.At), minute(y.At)), strings.Compare(x.Place, y.Place),
		cmp.Compare(x.Ordinal, y.Ordinal), strings.Compare(failedCode(x), failedCode(y)),
	)
}

// sameScan reports whether two rows of one carrier are one scan but for their ordinals.
func sameScan(x, y *Event) bool {
	return minute(x.At) == minute(y.At) && x.Place == y.Place && failedCode(x) == failedCode(y) && sameWords(x.Text, y.Text)
}

// failedCode is the part of a code that belongs to a scan's identity: a negative one (SweetTracker's −99) says that the
// scan itself went wrong, whatever its text.
func failedCode(ev *Event) string {
	if strings.HasPrefix(ev.Code, "-") {
		return ev.Code
	}
	return ""
}

// minute counts minutes; an undated scan has one of its own.
func minute(t time.Time) int64 {
	if t.IsZero() {
		return undated
	}
	return floorDiv(t.Unix(), 60)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
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
		strings.Compare(x.Text, y.Text), x.DeliveredAt.Compare(y.DeliveredAt), cmp.Compare(x.Doubts, y.Doubts),
	)
}

// compareInTime is the order in which evidence is folded and shown.
func compareInTime(e Evidence, a, b item) int {
	if order := cmp.Or(cmp.Compare(a.at, b.at), compareBool(a.verdict, b.verdict)); order != 0 {
		return order
	}
	if a.verdict {
		x, y := &e.Verdicts[a.index], &e.Verdicts[b.index]
		return cmp.Or(strings.Compare(x.Carrier, y.Carrier), cmp.Compare(a.answer, b.answer), cmp.Compare(x.Status, y.Status), compareVerdicts(x, y))
	}
	return compareInAnswer(e.Events, a, b)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}
