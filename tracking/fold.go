package tracking

import "time"

// fact is one scan or verdict as the fold reads it.
type fact struct {
	status  Status
	sub     Sub
	reason  Reason
	signal  signal
	verdict bool
	carrier string
	at      int64     // its place in the order, in milliseconds
	time    time.Time // when it says it happened; of a DELIVERED verdict, the provider's delivery date
}

// returning reports whether f says that the parcel is going back or is back.
func (f fact) returning() bool {
	return f.signal == signalReturn || f.signal == signalBack || f.signal == signalNone && f.status == StatusReturned
}

// back reports whether f alone says that the parcel is back.
func (f fact) back() bool {
	switch {
	case f.signal == signalBack, f.status == StatusReturned && f.sub != SubReturning:
		return true
	default:
		return f.signal == signalReturn && f.status == StatusDelivered && !f.verdict
	}
}

// standing is what the fold can go back to.
type standing struct {
	known  bool // something other than UNKNOWN was seen
	status Status
	sub    Sub
	reason Reason
	rank   Status // the rank reached, kept through FAILED, HOLD and CANCELLED; StatusUnknown when none
	rankBy Sub    // the sub-status of rank
	since  int64  // when status began, as x.at

	deliveredAt   time.Time // of the first delivered scan
	deliveredSaid time.Time // the provider's own date
}

// fold runs over evidence in order and keeps the state; see the table at Derive.
type fold struct {
	evidence Evidence
	recall   bool

	standing
	before   standing // the return
	routes   routes
	trouble  fact // the newest FAILED or HOLD
	doubts   Doubts
	inferred bool
	unmapped int
}

// read gives the fact behind an item.
func (f *fold) read(it item) fact {
	var x fact
	var text string
	if it.verdict {
		v := &f.evidence.Verdicts[it.index]
		x = fact{status: v.Status, sub: v.Sub, reason: v.Reason, carrier: v.Carrier, verdict: true, time: v.DeliveredAt}
		text = v.Text
	} else {
		ev := &f.evidence.Events[it.index]
		x = fact{status: ev.Status, sub: ev.Sub, reason: ev.Reason, carrier: ev.Carrier, time: ev.At}
		if ev.failedCode() == "" { // the words of a scan that went wrong are of what did not happen
			text = ev.Text
		}
	}
	x.at = it.at
	x.signal = signalOf(text)
	if f.recall { // going back is where a recalled parcel goes
		if x.status == StatusReturned || x.status == StatusUnknown && x.signal != signalNone && x.signal != signalCallOff {
			x.status, x.sub, x.reason = StatusInTransit, SubNone, ""
		}
		x.signal = signalNone
	}
	return x
}

// add takes the next scan or verdict into account.
func (f *fold) add(it item) {
	x := f.read(it)
	if it.verdict {
		f.step(x)
		return
	}
	ev := &f.evidence.Events[it.index]
	route := f.routes.of(ev.Carrier)
	switch {
	case x.status == StatusUnknown && x.signal == signalNone && ev.failedCode() == "":
		f.unmapped++
	case x.status == StatusDelivered && x.signal == signalNone && !f.returned() && !f.recall && route.cameBack(ev.Place):
		f.comeBack(x)
		f.inferred = true
	default:
		f.step(x)
	}
	route.add(ev)
}

// step goes by the table at Derive.
func (f *fold) step(x fact) {
	switch {
	case x.signal == signalCallOff:
		f.calledOff()
	case x.back():
		f.comeBack(x)
	case x.returning():
		f.turnBack(x)
	case x.status == StatusDelivered:
		f.delivered(x)
	case x.status == StatusFailed || x.status == StatusHold:
		f.stopped(x)
	case x.status == StatusCancelled:
		f.cancelled(x)
	case x.status != StatusUnknown:
		f.moved(x)
	}
}

func (f *fold) returned() bool { return f.known && f.status == StatusReturned }

// ended reports whether nothing more is expected of the parcel.
func (f *fold) ended() bool {
	switch f.status {
	case StatusDelivered, StatusCancelled:
		return true
	case StatusReturned:
		return f.sub != SubReturning
	default:
		return false
	}
}

// moved is evidence of a rank below DELIVERED.
func (f *fold) moved(x fact) {
	switch {
	case !f.known:
		f.takeRank(x)
	case f.status == StatusDelivered || f.status == StatusReturned:
	case f.status == StatusCancelled:
		if x.status >= StatusPickedUp {
			f.doubts |= DoubtMoved
			f.takeRank(x)
		}
	case f.status == StatusFailed || f.status == StatusHold:
		f.movedOn(x)
	case x.status > f.status:
		f.takeRank(x)
	case x.status == f.status && (!x.verdict || x.sub != SubNone):
		f.sub, f.rankBy = x.sub, x.sub
	}
}

// movedOn leaves FAILED or HOLD, when it is movement that says so and it is not the same moment seen otherwise.
func (f *fold) movedOn(x fact) {
	lost := f.sub == SubLost
	moves := x.status >= StatusInTransit || !lost && x.status > f.rank
	if !moves || !f.laterThanTrouble(x) {
		return
	}
	if lost {
		f.doubts |= DoubtMoved
	}
	f.takeRank(x)
}

// laterThanTrouble reports whether x may overrule the FAILED or HOLD that stands.
func (f *fold) laterThanTrouble(x fact) bool {
	switch {
	case x.verdict:
		return x.at > f.trouble.at
	case x.carrier != f.trouble.carrier:
		return floorDiv(x.at, 60_000) > floorDiv(f.trouble.at, 60_000)
	default:
		return true
	}
}

// stopped is a failed attempt, a hold or a loss.
func (f *fold) stopped(x fact) {
	switch {
	case f.known && (f.status == StatusReturned || f.status == StatusFailed && f.sub == SubLost):
	case f.known && f.status == StatusDelivered:
		if x.status == StatusHold {
			f.doubts |= DoubtHeldDelivered
		}
	case f.known && f.status == StatusCancelled:
		f.doubts |= DoubtMoved
	default:
		f.take(x)
		f.trouble = x
	}
}

// cancelled is believed until the courier has the parcel.
func (f *fold) cancelled(x fact) {
	switch {
	case f.known && (f.status == StatusReturned || f.status == StatusCancelled):
	case f.rank > StatusPickedUp || f.known && f.status == StatusFailed && f.sub == SubLost:
		if f.status != StatusFailed || f.sub != SubLost {
			f.doubts |= DoubtCancelled
		}
	default:
		f.take(x)
	}
}

// delivered is to the recipient, unless the parcel was going back.
func (f *fold) delivered(x fact) {
	switch {
	case f.returned():
		if f.sub == SubReturning && !x.verdict {
			f.comeBack(x)
		}
		return
	case f.known && (f.status == StatusCancelled || f.status == StatusFailed && f.sub == SubLost):
		f.doubts |= DoubtMoved
	}
	f.takeRank(x)
	switch {
	case x.verdict:
		if !x.time.IsZero() {
			f.deliveredSaid = x.time
		}
	case f.deliveredAt.IsZero():
		f.deliveredAt = x.time
	}
}

// turnBack begins a return. A delivery before it is withdrawn.
func (f *fold) turnBack(x fact) {
	f.inferred = false
	if f.returned() {
		return
	}
	f.before = f.standing
	f.take(fact{status: StatusReturned, sub: SubReturning, reason: x.reason, at: x.at})
}

// comeBack ends a return.
func (f *fold) comeBack(x fact) {
	f.inferred = false
	reason := x.reason
	if reason == "" {
		reason = f.reason
	}
	f.take(fact{status: StatusReturned, reason: reason, at: x.at})
}

// calledOff ends a return that has not come back, as if it had not begun.
func (f *fold) calledOff() {
	if !f.returned() || f.sub != SubReturning {
		return
	}
	f.standing = f.before
	if f.status != StatusDelivered && f.rank != StatusUnknown {
		f.status, f.sub, f.reason = f.rank, f.rankBy, ""
	}
}

func (f *fold) take(x fact) {
	if !f.known || f.status != x.status {
		f.since = x.at
	}
	f.known = true
	f.status, f.sub, f.reason = x.status, x.sub, x.reason
}

func (f *fold) takeRank(x fact) {
	if f.known && x.verdict && x.sub == SubNone && x.status == f.status {
		x.sub = f.sub
	}
	f.take(x)
	f.rank, f.rankBy = x.status, x.sub
}

// state gives what has been gathered.
func (f *fold) state() State {
	s := State{Status: f.status, Sub: f.sub, Reason: f.reason, Doubts: f.doubts, Inferred: f.inferred, Unmapped: f.unmapped}
	if s.Status == StatusDelivered {
		if s.DeliveredAt = f.deliveredAt; s.DeliveredAt.IsZero() {
			s.DeliveredAt = f.deliveredSaid
		}
	}
	if f.inferred {
		s.Doubts |= DoubtInferred
	}
	if f.known && f.since != undated {
		s.Since = time.UnixMilli(f.since).In(kst)
	}
	return s
}
