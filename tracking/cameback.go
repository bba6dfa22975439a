package tracking

// cameBack reports whether the delivery scan items[i] is a delivery to the sender, by the shape of the route: it is at
// the branch that took the parcel in, after an attempt or an out-for-delivery at another branch, and besides there was
// a second intake, or movement through hubs after the van, or two failed attempts.
func (f *fold) cameBack(items []item, i int) bool {
	last := &f.evidence.Events[items[i].index]
	if last.Place == "" {
		return false
	}
	var route outbound
	for _, it := range items[:i] {
		if it.verdict || it.parked {
			continue
		}
		if ev := &f.evidence.Events[it.index]; ev.Carrier == last.Carrier {
			route.add(ev, last.Place)
		}
	}
	return route.origin == last.Place && route.tried && (route.takenInAgain || route.movedOn || route.failed >= 2)
}

// outbound is what one carrier's scans say of the way out.
type outbound struct {
	origin       string // the branch that took the parcel in
	van          string // the branch of the newest out-for-delivery elsewhere
	tried        bool   // attempted, or on the van, at a branch other than the one asked about
	stopped      bool   // attempted or delivered
	takenInAgain bool
	movedOn      bool // seen at another branch or hub, after the van
	failed       int
}

func (r *outbound) add(ev *Event, asked string) {
	elsewhere := ev.Place != "" && ev.Place != asked
	switch s := ev.Status; {
	case s.ranked() && s <= StatusPickedUp:
		if r.origin == "" && r.van == "" && !r.stopped {
			r.origin = ev.Place
		}
		r.takenInAgain = r.takenInAgain || r.stopped && s == StatusPickedUp
	case s == StatusInTransit:
		r.movedOn = r.movedOn || r.van != "" && ev.Place != "" && ev.Place != r.van
	case s == StatusOutForDelivery:
		if elsewhere {
			r.van, r.tried = ev.Place, true
		}
	case s == StatusFailed:
		r.failed++
		r.stopped = true
		r.tried = r.tried || elsewhere
	case s == StatusDelivered:
		r.stopped = true
	}
}
