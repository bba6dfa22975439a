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
	last := -1 // the scan before
	for i := range items {
		if items[i].verdict || items[i].parked || items[i].at == undated {
			continue
		}
		if last >= 0 && items[i].at-items[last].at > longGap.Milliseconds() && beginsAnew(items, i, e, c) {
			parkBefore(items, items[i].at)
		}
		last = i
	}
	parkSummaries(items, e)
}

func parkBefore(items []item, cut int64) {
	for i := range items {
		if items[i].at < cut && items[i].at != undated {
			items[i].parked = true
		}
	}
}

// beginsAnew reports whether another parcel begins with items[i], the first scan after a long gap.
func beginsAnew(items []item, i int, e Evidence, c Context) bool {
	for _, it := range items[i:] {
		if it.at-items[i].at > intakeWithin.Milliseconds() {
			break
		}
		if !it.verdict {
			if s := e.Events[it.index].Status; s.ranked() && s <= StatusPickedUp {
				return true
			}
		}
	}
	before := fold{evidence: e, recall: c.Recall}
	for j := range items[:i] {
		if !items[j].parked {
			before.add(items, j)
		}
	}
	if !before.ended() {
		return false
	}
	for _, it := range items[i:] {
		if before.read(it).returning() {
			return false
		}
	}
	return true
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
