package tracking

import (
	"slices"
	"strings"
	"time"
)

// modelKind is a column of the fold table.
type modelKind int

const (
	modelUnknown modelKind = iota
	modelRanked
	modelTrouble // FAILED, HOLD
	modelCancel
	modelReturnSignal
	modelDelivery
	modelBack
	modelCallOff
)

func modelClassify(it modelItem, recall bool) modelKind {
	if !it.verdict && strings.HasPrefix(it.scan.Code, "-") { // its words decide nothing
		it.text = ""
	}
	word := modelReturnWord(it.text)
	switch {
	case recall && (it.status == StatusReturned || word && it.status == StatusUnknown):
		return modelRanked // movement
	case modelCalledOff(it.text) && !recall:
		return modelCallOff
	case it.status == StatusReturned && it.sub != SubReturning:
		return modelBack
	case it.status == StatusReturned, word && !recall:
		return modelReturnSignal
	case it.status == StatusUnknown:
		return modelUnknown
	case it.status == StatusFailed, it.status == StatusHold:
		return modelTrouble
	case it.status == StatusCancelled:
		return modelCancel
	case it.status == StatusDelivered:
		return modelDelivery
	}
	return modelRanked
}

// modelStep is one item as a row of the fold table meets it.
type modelStep struct {
	modelItem
	kind   modelKind
	status Status
	sub    Sub
}

// modelFolding is the state between two items.
type modelFolding struct {
	modelState
	counting  bool   // something is not parked
	rank      Status // the rank reached, while the status is none
	rankSub   Sub
	before    Status // what a return took the place of
	beforeSub Sub
	at        time.Time // of the evidence that holds FAILED or HOLD
	holder    string    // whose it is

	first    time.Time // first DELIVERED scan since the last reopening
	reopened time.Time // the same before that reopening, should the return be called off
	provider time.Time // the provider's own date
}

func modelFold(items []modelItem, recall bool) modelState {
	var f modelFolding
	for i, it := range items {
		if !it.parked {
			f.counting = true
			f.read(items[:i], it, recall)
		}
	}
	switch {
	case len(items) == 0:
		f.Status = StatusRegistered
	case !f.counting:
		f.Status = StatusPending
	}
	if f.Status == StatusDelivered {
		f.DeliveredAt = f.first
		if f.first.IsZero() {
			f.DeliveredAt = f.provider
		}
	}
	return f.modelState
}

// read takes one item into account.
func (f *modelFolding) read(earlier []modelItem, it modelItem, recall bool) {
	x := modelStep{it, modelClassify(it, recall), it.status, it.sub}
	switch x.kind {
	case modelUnknown:
		if !it.verdict && !strings.HasPrefix(it.scan.Code, "-") {
			f.Unmapped++
		}
		return
	case modelRanked:
		if x.status == StatusReturned || x.status == StatusUnknown { // fetching goods back
			x.status, x.sub = StatusInTransit, SubNone
		}
	case modelReturnSignal, modelBack: // told, so no longer inferred
		f.Inferred = false
		f.Doubts &^= DoubtInferred
	case modelDelivery:
		switch {
		case f.Status == StatusReturned:
		case it.verdict:
			if !it.summary.DeliveredAt.IsZero() {
				f.provider = it.summary.DeliveredAt
			}
		case !recall && modelAtOrigin(earlier, it):
			x.kind, x.status, x.sub = modelBack, StatusReturned, SubNone
			f.Inferred = true
			f.Doubts |= DoubtInferred
		case f.first.IsZero():
			f.first = it.scan.At
		}
	}
	if !f.tooEarly(x) {
		f.step(x)
	}
}

// tooEarly says whether x may not yet leave FAILED or HOLD.
func (f *modelFolding) tooEarly(x modelStep) bool {
	switch {
	case f.Status != StatusFailed && f.Status != StatusHold, x.kind != modelRanked:
		return false // it is movement that must be later
	case x.verdict:
		return !x.at.After(f.at)
	}
	return x.carrier != f.holder && !x.at.Truncate(time.Minute).After(f.at.Truncate(time.Minute))
}

// step goes by the row of the table.
func (f *modelFolding) step(x modelStep) {
	switch {
	case f.Status == StatusUnknown:
		f.fromNothing(x)
	case f.Status == StatusDelivered:
		f.fromDelivered(x)
	case f.Status.ranked():
		f.fromRanked(x)
	case f.Status == StatusFailed && f.Sub == SubLost:
		f.fromLost(x)
	case f.Status == StatusFailed, f.Status == StatusHold:
		f.fromTrouble(x)
	case f.Status == StatusCancelled:
		f.fromCancelled(x)
	case f.Status == StatusReturned && f.Sub == SubReturning:
		f.fromReturning(x)
	}
}

func (f *modelFolding) take(x modelStep) {
	f.Status, f.Sub = x.status, x.sub
	switch x.kind {
	case modelRanked, modelDelivery:
		f.rank, f.rankSub = x.status, x.sub
	case modelTrouble:
		f.at, f.holder = x.at, x.carrier
	}
}

func (f *modelFolding) turnBack() {
	f.before, f.beforeSub = f.Status, f.Sub
	f.reopened, f.first = f.first, time.Time{}
	f.Status, f.Sub = StatusReturned, SubReturning
}

func (f *modelFolding) fromNothing(x modelStep) {
	switch x.kind {
	case modelCallOff:
	case modelReturnSignal:
		f.turnBack()
	default:
		f.take(x)
	}
}

func (f *modelFolding) fromRanked(x modelStep) {
	switch x.kind {
	case modelRanked, modelDelivery:
		switch {
		case x.status > f.Status:
			f.take(x)
		case x.status == f.Status && (!x.verdict || x.sub != SubNone):
			f.Sub, f.rankSub = x.sub, x.sub
		}
	case modelTrouble, modelBack:
		f.take(x)
	case modelCancel:
		f.cancelUpTo(f.Status, x)
	case modelReturnSignal:
		f.turnBack()
	}
}

// cancelUpTo takes a cancellation while no more than PICKED_UP was reached.
func (f *modelFolding) cancelUpTo(rank Status, x modelStep) {
	if rank > StatusPickedUp {
		f.Doubts |= DoubtCancelled
		return
	}
	f.take(x)
}

func (f *modelFolding) fromTrouble(x modelStep) {
	switch x.kind {
	case modelRanked:
		if x.status >= StatusInTransit || x.status > f.rank {
			f.take(x)
		}
	case modelTrouble, modelDelivery, modelBack:
		f.take(x)
	case modelCancel:
		f.cancelUpTo(f.rank, x)
	case modelReturnSignal:
		f.turnBack()
	}
}

func (f *modelFolding) fromDelivered(x modelStep) {
	switch x.kind {
	case modelTrouble:
		if x.status == StatusHold {
			f.Doubts |= DoubtHeldDelivered
		}
	case modelCancel:
		f.Doubts |= DoubtCancelled
	case modelReturnSignal:
		f.turnBack()
	case modelBack:
		f.take(x)
	}
}

func (f *modelFolding) fromCancelled(x modelStep) {
	switch x.kind {
	case modelRanked, modelDelivery:
		if x.status >= StatusPickedUp {
			f.take(x)
			f.Doubts |= DoubtMoved
		}
	case modelTrouble:
		f.Doubts |= DoubtMoved
	case modelReturnSignal:
		f.turnBack()
	case modelBack:
		f.take(x)
	}
}

func (f *modelFolding) fromLost(x modelStep) {
	switch x.kind {
	case modelRanked, modelDelivery:
		if x.status >= StatusInTransit {
			f.take(x)
			f.Doubts |= DoubtMoved
		}
	case modelReturnSignal:
		f.turnBack()
	case modelBack:
		f.take(x)
	}
}

func (f *modelFolding) fromReturning(x modelStep) {
	switch x.kind {
	case modelDelivery:
		if !x.verdict {
			f.Status, f.Sub = StatusReturned, SubNone
		}
	case modelBack:
		f.take(x)
	case modelCallOff:
		f.Status, f.Sub, f.first = f.rank, f.rankSub, f.reopened
		if f.rank == StatusUnknown {
			f.Status, f.Sub = f.before, f.beforeSub
		}
	}
}

// modelAtOrigin says whether a delivered scan is one at the sender, told by the shape of its carrier's route before it:
// the branch that took the parcel in delivers it, after an attempt or the van at another, and there was a second intake,
// movement away from the van's branch, or a second attempt.
func modelAtOrigin(earlier []modelItem, delivered modelItem) bool {
	var trip []modelItem
	for _, it := range earlier {
		if !it.verdict && !it.parked && it.carrier == delivered.carrier {
			trip = append(trip, it)
		}
	}
	origin := delivered.scan.Place
	accepted := slices.IndexFunc(trip, func(it modelItem) bool { return modelIntake(it) && it.scan.Place != "" })
	if accepted < 0 || trip[accepted].scan.Place != origin {
		return false
	}
	onItsWay := func(it modelItem) bool {
		return modelAttempt(it) || it.status == StatusDelivered ||
			it.status == StatusOutForDelivery && it.scan.Place != ""
	}
	if slices.ContainsFunc(trip[:accepted], onItsWay) {
		return false // not where the way out began
	}
	elsewhere, ended, again, hubs := false, false, false, false
	attempts, van := 0, ""
	for _, it := range trip {
		away := it.scan.Place != "" && it.scan.Place != origin
		switch {
		case modelAttempt(it):
			attempts++
			ended = true
			elsewhere = elsewhere || away
		case it.status == StatusOutForDelivery && away:
			elsewhere, van = true, it.scan.Place
		case it.status == StatusDelivered:
			ended = true
		case it.status == StatusPickedUp && ended:
			again = true
		case it.status == StatusInTransit && van != "" && it.scan.Place != "" && it.scan.Place != van:
			hubs = true
		}
	}
	return elsewhere && (again || hubs || attempts >= 2)
}

// modelAttempt says whether a scan is a failed attempt; a parcel that was lost was not attempted.
func modelAttempt(it modelItem) bool {
	return it.status == StatusFailed && it.sub != SubLost
}
