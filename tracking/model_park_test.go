package tracking

import "time"

const (
	modelDay   = 24 * time.Hour
	modelGap   = 30 * modelDay
	modelLead  = 7 * modelDay
	modelVigil = 30 * modelDay
)

func modelPark(items []modelItem, c Context) {
	var start time.Time
	switch {
	case !c.Since.IsZero():
		start = c.Since.Add(-modelLead)
	case !c.Watched.IsZero():
		start = c.Watched.Add(-modelVigil)
	}
	if !start.IsZero() {
		for i := range items {
			if items[i].timed && items[i].at.Before(start) {
				items[i].parked = true
			}
		}
	}
	last := -1 // the last scan with a place in time
	for i := range items {
		if items[i].verdict || !items[i].timed || items[i].parked {
			continue
		}
		if last >= 0 && items[i].at.Sub(items[last].at) > modelGap && modelCut(items, i, c.Recall) {
			for k := range items[:i] {
				items[k].parked = items[k].parked || items[k].timed
			}
		}
		last = i
	}
	for i := range items {
		if items[i].verdict && !items[i].parked {
			items[i].parked = modelBorneOutByParked(items, items[i])
		}
	}
}

// modelCut says whether the gap before the scan next parts two shipments.
func modelCut(items []modelItem, next int, recall bool) bool {
	for _, it := range items[next:] {
		if !it.verdict && modelIntake(it) && it.at.Sub(items[next].at) <= 48*time.Hour {
			return true
		}
	}
	before := modelFold(items[:next], recall)
	ended := before.Status == StatusDelivered || before.Status == StatusCancelled ||
		before.Status == StatusReturned && before.Sub != SubReturning
	if !ended {
		return false
	}
	for _, it := range items[next:] {
		if kind := modelClassify(it, recall); kind == modelReturnSignal || kind == modelBack {
			return false
		}
	}
	return true
}

func modelIntake(it modelItem) bool { return it.status >= StatusPending && it.status <= StatusPickedUp }

func modelBorneOutByParked(items []modelItem, verdict modelItem) bool {
	parked, counting := false, false
	for _, it := range items {
		if it.verdict || it.carrier != verdict.carrier || it.status != verdict.status {
			continue
		}
		if it.parked {
			parked = true
		} else {
			counting = true
		}
	}
	return parked && !counting
}
