package tracking

import (
	"math"
	"time"
)

// Numbers are used again. These decide which evidence belongs to an earlier use.
const (
	sinceMargin   = 7 * 24 * time.Hour  // before label or ship-out; numbers are sometimes entered late
	watchedMargin = 30 * 24 * time.Hour // before the start of a watch, when nothing better is known
	longGap       = 30 * 24 * time.Hour
	intakeWithin  = 48 * time.Hour
)

// park marks what belongs to an earlier use of the number. items are in order.
func park(items []item, e Evidence, c Context) {
	cut := int64(math.MinInt64)
	switch {
	case !c.Since.IsZero():
		cut = c.Since.Add(-sinceMargin).UnixMilli()
	case !c.Watched.IsZero():
		cut = c.Watched.Add(-watchedMargin).UnixMilli()
	}
	parkBefore(items, cut)
	parkBefore(items, lastBeginning(items, e, c))
	parkSummaries(items, e)
}

func parkBefore(items []item, cut int64) {
	for i := range items {
		if items[i].at < cut && items[i].at != undated {
			items[i].parked = true
		}
	}
}

// lastBeginning finds when the last of the parcels that bore the number began, by the gaps in what is not parked.
func lastBeginning(items []item, e Evidence, c Context) int64 {
	began := int64(undated)
	dated := 0 // where those with a time begin
	for dated < len(items) && items[dated].at == undated {
		dated++
	}
	if dated == len(items) || items[len(items)-1].at-items[dated].at <= longGap.Milliseconds() {
		return began // too short a history for a gap, as most are
	}
	timeless := fold{evidence: e, recall: c.Recall} // scans without any time belong to every parcel
	for _, it := range items[:dated] {
		timeless.add(it)
	}
	items = items[dated:]
	parcel := timeless // what this one has come to
	returned := lastReturn(items, &timeless)
	last := int64(undated) // when the scan before was
	for i, it := range items {
		if it.parked {
			continue
		}
		if !it.verdict {
			gap := last != undated && it.at-last > longGap.Milliseconds()
			if gap && (takenInSoon(items[i:], e) || parcel.ended() && returned < i) {
				began, parcel = it.at, timeless
			}
			last = it.at
		}
		parcel.add(it)
	}
	return began
}

// lastReturn finds the newest of items that says a parcel is going back or is back.
func lastReturn(items []item, f *fold) int {
	for i := len(items) - 1; i >= 0; i-- {
		if f.read(items[i]).returning() {
			return i
		}
	}
	return none
}

// takenInSoon reports whether a courier takes a parcel in at the beginning of items.
func takenInSoon(items []item, e Evidence) bool {
	for _, it := range items {
		if it.at-items[0].at > intakeWithin.Milliseconds() {
			break
		}
		if !it.verdict {
			if s := e.Events[it.index].Status; s.ranked() && s <= StatusPickedUp {
				return true
			}
		}
	}
	return false
}

// parkSummaries parks verdicts that only parked scans of their carrier bear out.
func parkSummaries(items []item, e Evidence) {
	for i := range items {
		if !items[i].verdict || items[i].parked {
			continue
		}
		v := &e.Verdicts[items[i].index]
		borneOut, parkedOnly := false, true
		for _, it := range items {
			if it.verdict {
				continue
			}
			if ev := &e.Events[it.index]; ev.Carrier == v.Carrier && ev.Status == v.Status {
				borneOut = true
				parkedOnly = parkedOnly && it.parked
			}
		}
		items[i].parked = borneOut && parkedOnly
	}
}
