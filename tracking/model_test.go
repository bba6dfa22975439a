package tracking

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The model says once more what Derive decides, slowly and in plain passes over lists: which rows are one scan, in
// which order they lie, which are parked, and what the fold table makes of the rest. It shares no code with Derive but
// the vocabulary, so that a slip must be made twice to go unseen.

// modelItem is one piece of evidence: a scan or a verdict.
type modelItem struct {
	verdict bool
	scan    Event   // a scan: the newest row of its identity
	summary Verdict // a verdict: the newest of its identity

	carrier  string
	status   Status
	sub      Sub
	text     string
	answerAt time.Time
	pos      int

	at     time.Time // where it counts in time: its own time, or that of the scan it stays behind
	timed  bool      // false: no scan of its answer has a time
	parked bool
}

// modelState is the part of State that the model speaks of, with what became of each scan.
type modelState struct {
	Status      Status
	Sub         Sub
	DeliveredAt time.Time
	Doubts      Doubts
	Inferred    bool
	Unmapped    int
}

func modelDerive(e Evidence, c Context) modelState {
	items := modelArrange(e)
	modelPark(items, c)
	return modelFold(items, c.Recall)
}

// Words.

var modelReturnWords = []string{"반송", "반품", "회수"}

// modelCanonical joins the spellings that are one word.
func modelCanonical(text string) string {
	text = strings.ReplaceAll(text, "배달", "배송")
	return strings.ReplaceAll(text, "집화", "집하")
}

// modelReturnWord says whether a whole word of a status text tells a return.
func modelReturnWord(text string) bool {
	for _, word := range strings.Fields(text) {
		if slices.Contains(modelReturnWords, word) {
			return true
		}
	}
	return false
}

// modelCalledOff says whether a status text calls a return off: 취소 at the end of a return word, or in a word behind it.
func modelCalledOff(text string) bool {
	words := strings.Fields(text)
	for i, word := range words {
		for _, going := range modelReturnWords {
			if word == going+"취소" || word == going && slices.Contains(words[i+1:], "취소") {
				return true
			}
		}
	}
	return false
}

// Identity and order.

type modelIdentity struct {
	carrier, text, place, failure string
	minute                        time.Time
	ordinal                       int
}

func modelIdentify(ev Event) modelIdentity {
	id := modelIdentity{
		carrier: ev.Carrier, text: modelCanonical(ev.Text), place: ev.Place, ordinal: ev.Ordinal,
		minute: ev.At.UTC().Truncate(time.Minute),
	}
	if strings.HasPrefix(ev.Code, "-") {
		id.failure = ev.Code
	}
	return id
}

func modelUndated(ev Event) bool { return ev.Precision == PrecisionNone || ev.At.IsZero() }

func modelSameDay(a, b Event) bool {
	const day = "2006-01-02"
	return !modelUndated(a) && !modelUndated(b) && a.At.In(modelStart.Location()).Format(day) == b.At.In(modelStart.Location()).Format(day)
}

func modelStartOfDay(t time.Time) time.Time {
	y, m, d := t.In(modelStart.Location()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, modelStart.Location())
}

// modelNewest gives each scan once, as its newest answer has it, in the order of first sight.
func modelNewest(rows []Event) (newest map[modelIdentity]Event, order []modelIdentity) {
	newest = map[modelIdentity]Event{}
	for _, ev := range rows {
		id := modelIdentify(ev)
		known, ok := newest[id]
		if !ok {
			order = append(order, id)
		}
		if !ok || ev.AnswerAt.After(known.AnswerAt) || ev.AnswerAt.Equal(known.AnswerAt) && ev.Pos < known.Pos {
			newest[id] = ev
		}
	}
	return newest, order
}

// modelNode is a scan with those that stay right before and right behind it; or a verdict.
type modelNode struct {
	item          modelItem
	before, after []*modelNode
}

// items gives the node's scans in order. All have the time of the one that stands by itself.
func (n *modelNode) items(at time.Time, timed bool) []modelItem {
	n.item.at, n.item.timed = at, timed
	var all []modelItem
	for _, child := range n.before {
		all = append(all, child.items(at, timed)...)
	}
	all = append(all, n.item)
	for _, child := range n.after {
		all = append(all, child.items(at, timed)...)
	}
	return all
}

// modelArrange gives one item per identity, oldest first.
func modelArrange(e Evidence) []modelItem {
	nodes := modelNodes(e.Events)
	var scans []modelItem
	for _, n := range nodes {
		scans = append(scans, n.items(n.item.at, n.item.timed)...)
	}
	for _, v := range modelVerdicts(e, scans) {
		nodes = append(nodes, &modelNode{item: v})
	}
	slices.SortStableFunc(nodes, func(x, y *modelNode) int { return modelCompare(x.item, y.item) })
	var items []modelItem
	for _, n := range nodes {
		items = append(items, n.items(n.item.at, n.item.timed)...)
	}
	return items
}

// modelCompare is time, then scans before verdicts, then carrier, answer and position.
func modelCompare(a, b modelItem) int {
	return cmp.Or(
		cmp.Compare(modelBit(a.timed), modelBit(b.timed)), a.at.Compare(b.at),
		cmp.Compare(modelBit(a.verdict), modelBit(b.verdict)),
		cmp.Compare(a.carrier, b.carrier), a.answerAt.Compare(b.answerAt), cmp.Compare(a.pos, b.pos),
	)
}

// modelNodes gives the scans that stand by themselves, with all that stay with them.
func modelNodes(rows []Event) []*modelNode {
	newest, order := modelNewest(rows)
	byID := map[modelIdentity]*modelNode{}
	for _, id := range order {
		byID[id] = &modelNode{item: modelScan(newest[id])}
	}
	slices.SortStableFunc(order, func(x, y modelIdentity) int {
		a, b := byID[x].item, byID[y].item
		return cmp.Or(cmp.Compare(a.carrier, b.carrier), a.answerAt.Compare(b.answerAt), cmp.Compare(a.pos, b.pos))
	})
	var nodes []*modelNode
	for _, id := range order {
		target, front, ok := modelAnchor(rows, newest[id])
		switch neighbour := byID[modelIdentify(target)]; {
		case !ok:
			nodes = append(nodes, byID[id])
		case front:
			neighbour.before = append(neighbour.before, byID[id])
		default:
			neighbour.after = append(neighbour.after, byID[id])
		}
	}
	return nodes
}

func modelBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func modelScan(ev Event) modelItem {
	item := modelItem{
		scan: ev, carrier: ev.Carrier, status: ev.Status, sub: ev.Sub, text: ev.Text,
		answerAt: ev.AnswerAt, pos: ev.Pos, at: ev.At, timed: !modelUndated(ev),
	}
	if ev.Precision == PrecisionDay && item.timed {
		item.at = modelStartOfDay(ev.At)
	}
	return item
}

// modelAnswer gives the rows of the answer that row came with, in their positions.
func modelAnswer(rows []Event, row Event) []Event {
	var answer []Event
	for _, r := range rows {
		if r.Carrier == row.Carrier && r.AnswerAt.Equal(row.AnswerAt) {
			answer = append(answer, r)
		}
	}
	slices.SortStableFunc(answer, func(a, b Event) int { return cmp.Compare(a.Pos, b.Pos) })
	return answer
}

// modelAnchor finds the scan that an undated scan, or one with a day only, stays behind – or before, when front.
func modelAnchor(rows []Event, row Event) (target Event, front, ok bool) {
	if !modelUndated(row) && row.Precision != PrecisionDay {
		return Event{}, false, false
	}
	answer := modelAnswer(rows, row)
	at := slices.IndexFunc(answer, func(r Event) bool { return r.Pos == row.Pos })
	switch {
	case modelUndated(row):
		for i := at - 1; i >= 0; i-- {
			if !modelUndated(answer[i]) {
				return answer[i], false, true
			}
		}
		for _, r := range answer[at+1:] {
			if !modelUndated(r) {
				return r, true, true
			}
		}
	case row.Precision == PrecisionDay:
		for i := at - 1; i >= 0; i-- {
			if modelUndated(answer[i]) {
				continue
			}
			if modelSameDay(answer[i], row) {
				return answer[i], false, true
			}
			break
		}
	}
	return Event{}, false, false
}

// modelVerdicts gives one item per verdict identity, as its newest answer has it, without those that repeat a scan.
func modelVerdicts(e Evidence, scans []modelItem) []modelItem {
	type identity struct {
		carrier string
		status  Status
		asOf    time.Time
	}
	newest := map[identity]Verdict{}
	var order []identity
	for _, v := range e.Verdicts {
		id := identity{v.Carrier, v.Status, modelAsOf(v).UTC()}
		known, ok := newest[id]
		if !ok {
			order = append(order, id)
		}
		if !ok || v.AnswerAt.After(known.AnswerAt) {
			newest[id] = v
		}
	}
	var items []modelItem
	for _, id := range order {
		v := newest[id]
		if modelRepeats(v, scans) {
			continue
		}
		items = append(items, modelItem{
			verdict: true, summary: v, carrier: v.Carrier, status: v.Status, sub: v.Sub, text: v.Text,
			answerAt: v.AnswerAt, at: modelAsOf(v), timed: true,
		})
	}
	return items
}

// modelRepeats says whether a verdict tells no more than a scan of its carrier at the same time; without a time, than
// an undated scan.
func modelRepeats(v Verdict, scans []modelItem) bool {
	for _, it := range scans {
		if it.carrier != v.Carrier || it.status != v.Status || v.Sub != SubNone && v.Sub != it.sub {
			continue
		}
		if v.AsOf.IsZero() && it.scan.At.IsZero() && !it.answerAt.Before(v.AnswerAt) {
			return true
		}
		if !v.AsOf.IsZero() && (it.at.Equal(v.AsOf) || it.scan.At.Equal(v.AsOf)) {
			return true
		}
	}
	return false
}

func modelAsOf(v Verdict) time.Time {
	if v.AsOf.IsZero() {
		return v.AnswerAt
	}
	return v.AsOf
}
