package sqlstore

import (
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A difference is what has to be written so that rows of evidence say what they are to say.
type difference struct {
	newest  newest
	gone    []int64
	moved   []item // those that are held by another answer, or at another place in it
	revised []item
	fresh   []item
}

// newest is when each carrier gave the newest answer that evidence holds. Most answers say again what the one before said:
// only this has to be written then, for the rows say that the newest answer holds them and not when that was.
type newest map[string]int64

func newestOf(e tracking.Evidence) newest {
	at := newest{}
	for i := range e.Events {
		at.see(e.Events[i].Carrier, e.Events[i].AnswerAt)
	}
	for i := range e.Verdicts {
		at.see(e.Verdicts[i].Carrier, e.Verdicts[i].AnswerAt)
	}
	return at
}

func (at newest) see(carrier string, answer time.Time) {
	if known, ok := at[carrier]; !ok || known < nanos(answer) {
		at[carrier] = nanos(answer)
	}
}

// stored gives the column of an answer's time: nil for the newest of the carrier.
func (at newest) stored(carrier string, answer time.Time) *int64 {
	n := nanos(answer)
	if at[carrier] == n {
		return nil
	}
	return &n
}

// read is the opposite of stored.
func (at newest) read(carrier string, stored *int64) time.Time {
	if stored == nil {
		return moment(at[carrier])
	}
	return moment(*stored)
}

// difference compares what is stored with what is to be.
func (e evidence) difference() difference {
	d := difference{newest: newestOf(e.after)}
	old := e.sameScans()
	stays := make([]bool, len(e.scans))
	for i := range e.after.Events {
		ev := &e.after.Events[i]
		it := item{scan: ev, answer: d.newest.stored(ev.Carrier, ev.AnswerAt)}
		if old[i] < 0 {
			d.fresh = append(d.fresh, it)
			continue
		}
		row := &e.scans[old[i]]
		stays[old[i]], it.n = true, row.n
		switch {
		case !sameScan(&row.Event, ev):
			d.revised = append(d.revised, it)
		case !sameAnswer(row.answer, it.answer) || row.Pos != ev.Pos:
			d.moved = append(d.moved, it)
		}
	}
	for i, stays := range stays {
		if !stays {
			d.gone = append(d.gone, e.scans[i].n)
		}
	}
	for i := range e.after.Verdicts { // they stay where they are, and only more come
		v := &e.after.Verdicts[i]
		it := item{verdict: v, answer: d.newest.stored(v.Carrier, v.AnswerAt)}
		if i >= len(e.verdicts) {
			d.fresh = append(d.fresh, it)
			continue
		}
		row := &e.verdicts[i]
		it.n = row.n
		switch {
		case !sameVerdict(&row.Verdict, v):
			d.revised = append(d.revised, it)
		case !sameAnswer(row.answer, it.answer):
			d.moved = append(d.moved, it)
		}
	}
	return d
}

func sameAnswer(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// A look is what a row of a scan is found again by.
type look struct {
	carrier, text, place string
	ordinal              int
	at, answer           int64
	pos                  int
}

// sameScans finds, for each scan that is to be, the stored row of the same scan: the very row if it is there, else one that
// looks alike, else one of the same minute, which was reworded; -1 if there is none.
func (e evidence) sameScans() []int {
	found := make([]int, len(e.after.Events))
	for i := range found {
		found[i] = -1
	}
	taken := make([]bool, len(e.scans))
	for _, of := range []func(*tracking.Event) look{
		func(ev *tracking.Event) look {
			return look{ev.Carrier, ev.Text, ev.Place, ev.Ordinal, nanos(ev.At), nanos(ev.AnswerAt), ev.Pos}
		},
		func(ev *tracking.Event) look {
			return look{carrier: ev.Carrier, text: ev.Text, place: ev.Place, ordinal: ev.Ordinal, at: nanos(ev.At)}
		},
		func(ev *tracking.Event) look {
			return look{carrier: ev.Carrier, place: ev.Place, ordinal: ev.Ordinal, at: nanos(ev.At.Truncate(time.Minute))}
		},
	} {
		rows := map[look][]int{}
		for j := range e.scans {
			if !taken[j] {
				key := of(&e.scans[j].Event)
				rows[key] = append(rows[key], j)
			}
		}
		for i := range found {
			if found[i] >= 0 || len(rows) == 0 {
				continue
			}
			key := of(&e.after.Events[i])
			if same := rows[key]; len(same) > 0 {
				found[i], taken[same[0]] = same[0], true
				rows[key] = same[1:]
			}
		}
	}
	return found
}

// sameScan reports whether two rows say the same, wherever they stand.
func sameScan(a, b *tracking.Event) bool {
	x, y := *a, *b
	same := sameTime(x.At, y.At) && sameTime(x.Published, y.Published) && sameTime(x.Seen, y.Seen)
	for _, ev := range [...]*tracking.Event{&x, &y} {
		ev.At, ev.Published, ev.Seen, ev.AnswerAt, ev.Pos = time.Time{}, time.Time{}, time.Time{}, time.Time{}, 0
	}
	return same && x == y
}

func sameVerdict(a, b *tracking.Verdict) bool {
	x, y := *a, *b
	same := sameTime(x.AsOf, y.AsOf) && sameTime(x.DeliveredAt, y.DeliveredAt) && sameTime(x.Seen, y.Seen) &&
		sameTime(x.Window.Start, y.Window.Start) && sameTime(x.Window.End, y.Window.End)
	for _, v := range [...]*tracking.Verdict{&x, &y} {
		v.AsOf, v.DeliveredAt, v.Seen, v.AnswerAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		v.Window.Start, v.Window.End = time.Time{}, time.Time{}
	}
	return same && x == y
}

// sameTime compares moments and zones.
func sameTime(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return a.Equal(b) && x == y
}
