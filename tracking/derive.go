package tracking

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Evidence is what carriers said of one shipment: their scans and their own summaries. It may hold several answers
// of several carriers, in any order, with anything repeated.
//
// A store need not keep every row of every answer; [Evidence.With] chooses. The newest row of each scan is enough, but for scans without a clock
// time. Where those stood is told by the rows around them, so with such a scan keep, of its answer, the nearest dated row
// before it, or the first one when there is none. Without any dated row of its answer it counts as older than everything.
type Evidence struct {
	Events   []Event
	Verdicts []Verdict
}

// Context is what the host knows about a shipment that its evidence does not say. The zero value is "nothing".
type Context struct {
	Since   time.Time // label printed or shipped out, the earliest known
	Watched time.Time // when somebody began to look; counts only without Since
	Recall  bool      // the waybill fetches goods back (회수): 반품 and 회수 are ordinary movement
}

// State is what evidence amounts to.
type State struct {
	Status      Status
	Sub         Sub
	Reason      Reason
	DeliveredAt time.Time // of the first delivered scan since the last reopening, else the provider's date, else zero
	Doubts      Doubts
	Inferred    bool // RETURNED by the shape of the route alone: holds money effects until confirmed
	Unmapped    int  // scans that decide but have no mapping: the debt of the status table

	Since  time.Time // when the parcel came to Status, by the courier's own time; zero when it gave none
	Window Window    // the driver's, while OUT_FOR_DELIVERY: as the newest answer says beside its scans, else as a scan announces
}

// Equal reports whether two states are the same, in whatever zones their times are kept.
func (s State) Equal(other State) bool {
	for _, times := range [...][2]*time.Time{
		{&s.DeliveredAt, &other.DeliveredAt}, {&s.Since, &other.Since}, {&s.Window.Start, &other.Window.Start}, {&s.Window.End, &other.Window.End},
	} {
		if !times[0].Equal(*times[1]) {
			return false
		}
		*times[0] = *times[1]
	}
	return s == other
}

// Derive turns evidence into a state. It is pure and total, and neither repeating nor reordering the answers changes
// the result. It changes nothing it is given and, for up to 64 scans and verdicts, does not allocate.
//
// # Order
//
// Everything, oldest first, by time; verdicts after scans of the same time. Ties go by carrier, then by the newest
// answer that holds the item, then by its position there. An undated scan stays behind its predecessor in its answer
// (the first ones before their successor); a scan with only a day stays behind its predecessor of that day and is
// never later than a clock time of that day. Both follow that neighbour to where its newest answer has it. Days are
// Korean days, whatever zone a time is kept in.
//
// # Identity
//
// A scan at one carrier is known by its minute, status text, place and [Event.Ordinal]; 배달 and 배송, 집화 and 집하
// are one word. A reworded Note revises the scan, the newer answer winning; a reworded status is another scan. The
// provider's code is no part of it, unless it begins with a minus sign, which marks a scan that failed; no return is read
// from the words of such a scan. A verdict is known by its carrier, status and as-of time; one that repeats a scan of its own answer adds nothing.
// A verdict without a sub-status leaves that of the scan it agrees with: a summary says less, not "no longer".
//
// # Parked
//
// Couriers use numbers again. What lies more than 7 days before Context.Since (or 30 days before Watched, when
// only that is known) decides nothing; nor does what lies before a gap of more than 30 days, when the gap is followed by
// an intake scan within 48 hours, or follows an end and no return comes after it. A verdict borne out by parked
// scans alone is parked with them. Nothing but parked evidence is PENDING.
//
// # Fold
//
// PENDING < REGISTERED < PICKUP_READY < PICKED_UP < IN_TRANSIT < OUT_FOR_DELIVERY < DELIVERED. A higher rank is taken, a lower one is
// history. FAILED and HOLD are left by movement; a verdict other than DELIVERED leaves them only when it speaks of a later
// time, another carrier's scan only from a later minute. That rule is about movement: a return signal is taken from FAILED
// and HOLD at the same moment too, even a summary's. CANCELLED is left by evidence that the courier
// has the parcel, with a doubt. DELIVERED is left only for a return. A DELIVERED scan while RETURNING means that it is back. A called-off return
// (반품취소) goes back to what was before it. UNKNOWN never replaces anything. The whole table is a golden file beside the tests.
//
// No evidence at all is REGISTERED: the carrier knows the number and has seen nothing.
func Derive(e Evidence, c Context) State {
	var buf [few]item
	_, state := assess(buf[:0], e, c)
	return state
}

// assess orders the evidence, drops what is repeated, parks what belongs to another parcel, and folds the rest. The
// items come back in order, the parked ones marked.
func assess(items []item, e Evidence, c Context) ([]item, State) {
	items = arrange(items, e)
	park(items, e, c)
	fold := fold{evidence: e, recall: c.Recall}
	decided := false
	for i := range items {
		if items[i].parked {
			continue
		}
		decided = true
		fold.add(items[i])
	}
	switch {
	case decided:
		state := fold.state()
		state.Doubts |= summaryDoubts(items, e)
		if state.Status == StatusOutForDelivery {
			state.Window = windowOf(items, e, state.Since)
		}
		return items, state
	case len(items) > 0:
		return items, State{Status: StatusPending}
	default:
		return items, State{Status: StatusRegistered}
	}
}

// summaryDoubts gathers what each carrier's newest summary says against itself, unless it is parked.
func summaryDoubts(items []item, e Evidence) Doubts {
	var doubts Doubts
next:
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		if v.Doubts == 0 {
			continue
		}
		for j := range e.Verdicts {
			if w := &e.Verdicts[j]; w.Carrier == v.Carrier && w.AnswerAt.After(v.AnswerAt) {
				continue next
			}
		}
		for _, it := range items {
			if it.parked && it.standsFor(v, e) {
				continue next
			}
		}
		doubts |= v.Doubts
	}
	return doubts
}

// Settle completes a parcel that a carrier has just read: it fills in where each event and verdict came from, drops
// rows that the answer repeats, numbers those that only look alike, orders them, and derives Status, Sub, Reason,
// DeliveredAt and Doubts. Settling again changes nothing.
//
// A store may settle the events of several answers at once. Of each scan only the newest row stays, so what is left of
// an answer may no longer tell where its undated scans stood; to settle again, keep what [Evidence] asks for.
func (p *Parcel) Settle(c Context) {
	p.attribute()
	p.number()
	p.announce()
	e := Evidence{Events: p.Events, Verdicts: p.Verdicts}
	var buf [few]item
	items, state := assess(buf[:0], e, c)
	p.reorder(items)
	p.Status, p.Sub, p.Reason = state.Status, state.Sub, state.Reason
	p.DeliveredAt, p.Doubts = state.DeliveredAt, state.Doubts
	if p.Window.IsZero() {
		p.Window = announced(p.Events)
	}
}

// announce gives a window that a carrier read beside the scans to the verdicts of its answer, with which stores keep it. One that a scan
// announces is kept with the scan.
func (p *Parcel) announce() {
	if p.Window.IsZero() || p.Window.compare(announced(p.Events)) == 0 {
		return
	}
	for i := range p.Verdicts {
		if v := &p.Verdicts[i]; v.Window.IsZero() && v.Carrier == p.Source && v.AnswerAt.Equal(p.RetrievedAt) {
			v.Window = p.Window
		}
	}
}

// attribute says of each event and verdict who brought it, when, and where it stood. Rows of this answer that say
// nothing of where they stood stand as they are given; those of older answers are as a store keeps them.
func (p *Parcel) attribute() {
	placed := false
	for i := range p.Events {
		ev := &p.Events[i]
		if ev.Carrier == "" {
			ev.Carrier = p.Source
		}
		if ev.AnswerAt.IsZero() {
			ev.AnswerAt = p.RetrievedAt
		}
		if ev.At.IsZero() {
			ev.Precision = PrecisionNone
		}
		placed = placed || ev.Pos != 0 && p.inThisAnswer(ev)
	}
	for i, pos := 0, 0; i < len(p.Events) && !placed; i++ {
		if ev := &p.Events[i]; p.inThisAnswer(ev) {
			ev.Pos = pos
			pos++
		}
	}
	for i := 1; i < len(p.Events); i++ {
		if p.Events[i].Pos < p.Events[i-1].Pos {
			slices.SortStableFunc(p.Events, func(a, b Event) int { return cmp.Compare(a.Pos, b.Pos) })
			break
		}
	}
	for i := range p.Verdicts {
		v := &p.Verdicts[i]
		if v.Carrier == "" {
			v.Carrier = p.Source
		}
		if v.AnswerAt.IsZero() {
			v.AnswerAt = p.RetrievedAt
		}
	}
}

// repeated is the ordinal of a row that is to be dropped.
const repeated = -1

// number drops rows of this answer that agree to the second in code, text and place, and tells apart those that agree
// only to the minute.
func (p *Parcel) number() {
	var buf [few]int
	rows := buf[:0] // of this answer
	for i := range p.Events {
		if p.inThisAnswer(&p.Events[i]) {
			rows = append(rows, i)
		}
	}
	dropped := false
	if len(rows) <= few {
		dropped = p.numberFew(rows)
	} else {
		dropped = p.numberMany(rows)
	}
	if dropped {
		p.Events = slices.DeleteFunc(p.Events, func(ev Event) bool { return ev.Ordinal == repeated && p.inThisAnswer(&ev) })
	}
}

// numberFew gives rows their ordinals, comparing each with those before it, and reports whether any is to be dropped.
func (p *Parcel) numberFew(rows []int) (dropped bool) {
	var minutes [few]int64
	for n, i := range rows {
		ev := &p.Events[i]
		minutes[n], ev.Ordinal = ev.minute(), 0
		for m, j := range rows[:n] {
			if minutes[m] != minutes[n] {
				continue
			}
			before := &p.Events[j]
			if before.Ordinal == repeated || compareLooks(before, ev) != 0 {
				continue
			}
			if compareRows(before, ev) == 0 {
				ev.Ordinal, dropped = repeated, true
				break
			}
			ev.Ordinal++
		}
	}
	return dropped
}

// numberMany does the same by sorting.
func (p *Parcel) numberMany(rows []int) (dropped bool) {
	for _, i := range rows {
		p.Events[i].Ordinal = repeated
	}
	all := len(rows)
	slices.SortFunc(rows, func(i, j int) int { return cmp.Or(compareRows(&p.Events[i], &p.Events[j]), cmp.Compare(i, j)) })
	rows = slices.CompactFunc(rows, func(i, j int) bool { return compareRows(&p.Events[i], &p.Events[j]) == 0 })
	slices.SortFunc(rows, func(i, j int) int { return cmp.Or(compareLooks(&p.Events[i], &p.Events[j]), cmp.Compare(i, j)) })
	for n, i := range rows {
		ev := &p.Events[i]
		ev.Ordinal = 0
		if n > 0 && compareLooks(&p.Events[rows[n-1]], ev) == 0 {
			ev.Ordinal = p.Events[rows[n-1]].Ordinal + 1
		}
	}
	return len(rows) < all
}

func (p *Parcel) inThisAnswer(ev *Event) bool {
	return ev.Carrier == p.Source && ev.AnswerAt.Equal(p.RetrievedAt)
}

// compareRows orders rows of one answer; those that are one are equal.
func compareRows(x, y *Event) int {
	if order := compareLooks(x, y); order != 0 {
		return order
	}
	return cmp.Or(cmp.Compare(x.At.Unix(), y.At.Unix()), strings.Compare(x.Code, y.Code), strings.Compare(x.Text, y.Text))
}

// reorder brings the events into the order of items, without those that another item repeats.
func (p *Parcel) reorder(items []item) {
	inOrder, next := true, 0
	for i := range items {
		it := &items[i]
		if it.verdict {
			p.Verdicts[it.index].Parked = it.parked
			continue
		}
		p.Events[it.index].Parked = it.parked
		inOrder = inOrder && it.index == next
		next++
	}
	if inOrder && next == len(p.Events) {
		return
	}
	events := make([]Event, 0, next)
	for i := range items {
		if !items[i].verdict {
			events = append(events, p.Events[items[i].index])
		}
	}
	p.Events = events
}

// announced finds the newest window that a driver's out-for-delivery scan announces.
func announced(events []Event) Window {
	for i := len(events) - 1; i >= 0; i-- {
		if w := events[i].Window(); !w.IsZero() && !events[i].Parked {
			return w
		}
	}
	return Window{}
}

// windowOf finds the same in evidence that was put in order. What the newest answer with a window says beside its scans goes before, unless
// that had passed when the parcel went out.
func windowOf(items []item, e Evidence, since time.Time) Window {
	var newest *Verdict
	for i := range e.Verdicts {
		v := &e.Verdicts[i]
		if v.Window.End.After(since) && !v.Parked && (newest == nil || cmp.Or(newest.AnswerAt.Compare(v.AnswerAt), newest.Window.compare(v.Window)) < 0) {
			newest = v
		}
	}
	if newest != nil {
		return newest.Window
	}
	for _, it := range slices.Backward(items) {
		if it.verdict || it.parked {
			continue
		}
		if w := e.Events[it.index].Window(); !w.IsZero() {
			return w
		}
	}
	return Window{}
}

// Window is the driver's time window that an out-for-delivery scan announces in its words, on the scan's Korean day; zero for none.
func (ev *Event) Window() Window {
	if ev.Status != StatusOutForDelivery || ev.At.IsZero() {
		return Window{}
	}
	w, ok := ParseWindow(ev.Note, ev.At)
	if !ok {
		w, _ = ParseWindow(ev.Text, ev.At)
	}
	return w
}

// Context gives what the query says about the shipment.
func (q Query) Context() Context { return Context{Since: q.Since, Recall: q.Recall} }
