package tracking

// outbound is what one carrier's scans say of the way out.
type outbound struct {
	carrier      string
	origin       string // the branch that took the parcel in
	van          string // the branch of the newest out-for-delivery elsewhere
	tried        bool   // attempted, or on the van, at another branch than the origin
	stopped      bool   // attempted or delivered
	takenInAgain bool
	movedOn      bool // seen at another branch or hub, after the van
	failed       int
}

// cameBack reports whether a delivery at place is one to the sender, by the shape of the route: it is at the branch that
// took the parcel in, after an attempt or an out-for-delivery at another branch, and besides there was a second intake,
// or movement through hubs after the van, or two failed attempts.
func (r *outbound) cameBack(place string) bool {
	return place != "" && r.origin == place && r.tried && (r.takenInAgain || r.movedOn || r.failed >= 2)
}

// add takes the next scan of the carrier into account. An intake behind a van or an attempt is not where the way out
// began, so without one before them no origin is known. A loss is no attempt.
func (r *outbound) add(ev *Event) {
	elsewhere := ev.Place != "" && ev.Place != r.origin
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
	case s == StatusFailed && ev.Sub != SubLost:
		r.failed++
		r.stopped = true
		r.tried = r.tried || elsewhere
	case s == StatusDelivered:
		r.stopped = true
	}
}

// routes keeps the ways out of the carriers in the order they are met. It has no room for more than there are
// providers in practice, so that folding does not allocate; of a carrier beyond, no return is inferred.
type routes [4]outbound

func (r *routes) of(carrier string) *outbound {
	for i := range r {
		if route := &r[i]; route.carrier == carrier || *route == (outbound{}) {
			route.carrier = carrier
			return route
		}
	}
	return &outbound{}
}
