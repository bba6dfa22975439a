package tracking

import (
	"cmp"
	"slices"
	"time"
)

// Gain is what an answer added to evidence. The zero value is nothing: a store need not write then.
type Gain struct {
	Events   int // scans that were not known
	Revised  int // known scans with other words or another meaning
	Verdicts int // summaries that were not known

	// Reordered says that nothing else is new, but rows come from a newer answer than before. [Derive] breaks ties by
	// that, so it is worth writing; nobody need be told.
	Reordered bool
}

// News reports whether there is anything that could interest anybody.
func (g Gain) News() bool { return g.Events > 0 || g.Revised > 0 || g.Verdicts > 0 }

// A Sight is how an answer came to us.
type Sight struct {
	At     time.Time // when it was seen
	Door   Door
	Before time.Time // when its carrier had last been asked and answered before, with or without data; zero when it had not, or nobody knows
}

// With gives the evidence with a settled answer added, as a store is to keep it, and what was gained. e is not changed.
//
// Scans and verdicts are told apart as [Derive] does. What is known keeps the time at which it was first seen, the
// door by which it came then, and a scan its MinLag, and takes everything else from the newer answer, but for a note that it does not tell
// and a zone that is merely assumed in it. An answer that says
// what its carrier's newest one said gains nothing, whenever it was given and whatever ids it has: only [Event.Raw] and
// times of retrieval differ then. Answers may come in any order and any number of times.
//
// Of the older rows those stay that tell where scans without a clock time stood. The rows come in no particular order.
func (e Evidence) With(p *Parcel, by Sight) (Evidence, Gain) {
	if e.endsWith(p) {
		return e, Gain{}
	}
	var gain Gain
	merged := Evidence{
		Events:   e.gatherEvents(p, by, &gain),
		Verdicts: e.gatherVerdicts(p, by, &gain),
	}
	if gain == (Gain{}) {
		return e, gain
	}
	return merged, gain
}

// endsWith reports whether the newest answer of p's carrier said the same.
func (e Evidence) endsWith(p *Parcel) bool {
	var newest time.Time
	for i := range e.Events {
		if ev := &e.Events[i]; ev.Carrier == p.Source && ev.AnswerAt.After(newest) {
			newest = ev.AnswerAt
		}
	}
	for i := range e.Verdicts {
		if v := &e.Verdicts[i]; v.Carrier == p.Source && v.AnswerAt.After(newest) {
			newest = v.AnswerAt
		}
	}
	if newest.IsZero() || p.RetrievedAt.Before(newest) {
		return false
	}
	return slices.EqualFunc(rowsOf(e.Events, p.Source, newest), rowsOf(p.Events, p.Source, p.RetrievedAt), func(x, y *Event) bool {
		return x.Pos == y.Pos && x.Ordinal == y.Ordinal && x.says(y)
	}) && slices.EqualFunc(summariesOf(e.Verdicts, p.Source, newest), summariesOf(p.Verdicts, p.Source, p.RetrievedAt), func(x, y *Verdict) bool {
		return x.says(y)
	})
}

// rowsOf gives the rows of one answer, in its order.
func rowsOf(events []Event, carrier string, at time.Time) []*Event {
	var rows []*Event
	for i := range events {
		if ev := &events[i]; ev.Carrier == carrier && ev.AnswerAt.Equal(at) {
			rows = append(rows, ev)
		}
	}
	slices.SortStableFunc(rows, func(x, y *Event) int { return cmp.Compare(x.Pos, y.Pos) })
	return rows
}

func summariesOf(verdicts []Verdict, carrier string, at time.Time) []*Verdict {
	var found []*Verdict
	for i := range verdicts {
		if v := &verdicts[i]; v.Carrier == carrier && v.AnswerAt.Equal(at) {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, compareVerdictIdentity)
	return found
}

// see notes how a scan came that was not known.
func (ev *Event) see(by Sight) {
	ev.Seen, ev.Door, ev.MinLag = by.At, by.Door, 0
	if ev.Precision == PrecisionMinute && !ev.At.IsZero() && by.Before.After(ev.At) && by.Before.Before(by.At) {
		ev.MinLag = int(by.Before.Sub(ev.At) / time.Minute)
	}
}

// says reports whether two rows of a scan tell the same, wherever they stand.
func (ev *Event) says(other *Event) bool {
	x, y := *ev, *other
	for _, row := range [...]*Event{&x, &y} {
		row.Published, row.Seen, row.Door, row.MinLag = time.Time{}, time.Time{}, "", 0
		row.AnswerAt, row.Pos, row.Parked, row.Raw = time.Time{}, 0, false, ""
	}
	x.At, y.At = time.Time{}, time.Time{}
	return ev.At.Equal(other.At) && x == y
}

// says reports whether two summaries tell the same. One that speaks of the time of its answer does so in every answer.
func (v *Verdict) says(other *Verdict) bool {
	x, y := *v, *other
	sameTime := v.AsOf.Equal(other.AsOf) || v.ofItsAnswer() && other.ofItsAnswer()
	sameDelivery := v.DeliveredAt.Equal(other.DeliveredAt) && v.Window.compare(other.Window) == 0
	for _, summary := range [...]*Verdict{&x, &y} {
		summary.AsOf, summary.AnswerAt, summary.Seen, summary.Door = time.Time{}, time.Time{}, time.Time{}, ""
		summary.DeliveredAt, summary.Window, summary.Parked = time.Time{}, Window{}, false
	}
	return sameTime && sameDelivery && x == y
}

func (v *Verdict) ofItsAnswer() bool { return v.AsOf.IsZero() || v.AsOf.Equal(v.AnswerAt) }

func compareVerdictIdentity(x, y *Verdict) int {
	return cmp.Or(cmp.Compare(x.Carrier, y.Carrier), cmp.Compare(x.Status, y.Status), x.asOf().Compare(y.asOf()))
}

func (e Evidence) gatherEvents(p *Parcel, by Sight, gain *Gain) []Event {
	known := len(e.Events)
	all := slices.Concat(e.Events, p.Events)
	for i := known; i < len(all); i++ {
		if all[i].Seen.IsZero() {
			all[i].see(by)
		}
	}
	order := make([]int, len(all)) // by scan; of one scan the newest answer last, what is kept already after what is not
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(compareIdentity(&all[i], &all[j]), all[i].AnswerAt.Compare(all[j].AnswerAt), cmp.Compare(j, i))
	})
	keep, copied := make([]bool, len(all)), make([]bool, len(all))
	for from, to := 0, 0; from < len(order); from = to {
		for to = from + 1; to < len(order) && compareIdentity(&all[order[from]], &all[order[to]]) == 0; to++ {
		}
		keep[gatherScan(all, order[from:to], known, gain)] = true
		for n := from + 1; n < to; n++ {
			copied[order[n-1]] = all[order[n-1]].AnswerAt.Equal(all[order[n]].AnswerAt)
		}
	}
	keepNeighbours(all, keep, copied)
	var events []Event
	for i, kept := range keep {
		if kept {
			events = append(events, all[i])
		}
		if kept != (i < known) {
			gain.Reordered = true // a row came or went, whatever it says
		}
	}
	if gain.News() {
		gain.Reordered = false
	}
	return events
}

// gatherScan chooses among the rows of one scan and counts what it gains.
func gatherScan(all []Event, rows []int, known int, gain *Gain) (chosen int) {
	chosen = rows[len(rows)-1]
	before := -1 // the newest that was known
	for _, i := range rows {
		if i < known {
			before = i
		}
	}
	newest := &all[chosen]
	for _, i := range rows { // what one form of an answer leaves open, and another tells, stays told
		newest.Assumed = newest.Assumed && all[i].Assumed
		newest.Note = cmp.Or(newest.Note, all[i].Note)
	}
	switch {
	case before < 0:
		gain.Events++
	case chosen >= known && !newest.says(&all[before]):
		gain.Revised++
	}
	for _, i := range rows {
		if row := &all[i]; !row.Seen.IsZero() && (row.Seen.Before(newest.Seen) || i == before && row.Seen.Equal(newest.Seen)) {
			newest.Seen, newest.Door, newest.MinLag = row.Seen, row.Door, row.MinLag
		}
		if at := all[i].Published; !at.IsZero() && (newest.Published.IsZero() || at.Before(newest.Published)) {
			newest.Published = at
		}
	}
	return chosen
}

// keepNeighbours keeps, for every kept row without a clock time, the row of its answer that tells where it stood, and
// that row's own where it has no clock time either.
func keepNeighbours(all []Event, keep, copied []bool) {
	var open []int
	for i := range all {
		if keep[i] {
			open = append(open, i)
		}
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		if !all[i].undated() && all[i].Precision != PrecisionDay {
			continue
		}
		if j := neighbourOf(all, copied, i); j >= 0 && !keep[j] {
			keep[j] = true
			open = append(open, j)
		}
	}
}

// neighbourOf finds the nearest dated row before another in its answer, else the first dated one; -1 when there is none.
// Rows that came a second time are not looked at.
func neighbourOf(all []Event, copied []bool, i int) int {
	before, first := -1, -1
	for j := range all {
		if j == i || copied[j] || all[j].undated() || all[j].Carrier != all[i].Carrier || !all[j].AnswerAt.Equal(all[i].AnswerAt) {
			continue
		}
		if first < 0 || all[j].Pos < all[first].Pos {
			first = j
		}
		if all[j].Pos < all[i].Pos && (before < 0 || all[j].Pos > all[before].Pos) {
			before = j
		}
	}
	if before < 0 {
		return first
	}
	return before
}

func (e Evidence) gatherVerdicts(p *Parcel, by Sight, gain *Gain) []Verdict {
	verdicts := slices.Clone(e.Verdicts)
next:
	for i := range p.Verdicts {
		said := p.Verdicts[i]
		if said.Seen.IsZero() {
			said.Seen, said.Door = by.At, by.Door
		}
		for j := range verdicts {
			if kept := &verdicts[j]; compareVerdictIdentity(kept, &said) == 0 {
				if compareVerdicts(kept, &said) < 0 {
					if !kept.says(&said) {
						gain.Verdicts++
					} else if !gain.News() {
						gain.Reordered = true
					}
					if !kept.Seen.IsZero() && !kept.Seen.After(said.Seen) {
						said.Seen, said.Door = kept.Seen, kept.Door
					}
					*kept = said
				}
				continue next
			}
		}
		verdicts = append(verdicts, said)
		gain.Verdicts++
	}
	if gain.News() {
		gain.Reordered = false
	}
	return verdicts
}
