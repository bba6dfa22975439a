package order

import (
	"fmt"
	"slices"
)

// A Slip is one mistake in one row of the table, made to see whether the model notices.
type Slip struct {
	Event  EventName
	What   string
	States []Status // where it can show
	change func(*rule)
}

// During makes the mistake, calls f and puts it right. Nothing else may use the package meanwhile.
func (s Slip) During(f func()) {
	row := &table[s.Event]
	kept := *row
	defer func() { *row = kept }()
	s.change(row)
	f()
}

// Slips are all the mistakes of a single step that change what a row says: a state too many or too few, another target,
// another type of claim, another role, another switch, another way to cut, another level, another outcome, a guard less.
func Slips() []Slip {
	var slips []Slip
	for _, event := range StatusEvents() {
		row := table[event]
		add := func(what string, change func(*rule)) {
			changed := row
			if change(&changed); !saysTheSame(row, changed) {
				slips = append(slips, Slip{event, what, statesOf(row.from | changed.from), change})
			}
		}
		slipStates(add)
		slipTargets(row, add)
		slipSets(add)
		slipSwitches(row, add)
		slipShapes(row, add)
		slipGuards(row, add)
	}
	return slips
}

type addSlip = func(what string, change func(*rule))

func statesOf(set statusSet) []Status {
	return slices.DeleteFunc(Statuses(), func(s Status) bool { return set&in(s) == 0 })
}

func slipStates(add addSlip) {
	for _, s := range Statuses() {
		add("from "+s.String(), func(r *rule) { r.from ^= in(s) })
	}
}

func slipTargets(row rule, add addSlip) {
	for _, to := range append(Statuses(), same, prior) {
		if to != row.to {
			add(fmt.Sprintf("to %d", to), func(r *rule) { r.to = to })
		}
	}
}

func slipSets(add addSlip) {
	for _, claims := range []claimSet{cancels, returns, exchanges} {
		add(fmt.Sprintf("claims %b", claims), func(r *rule) { r.claims ^= claims })
	}
	for _, role := range []roleSet{buyer, seller, operator, admin, system, batch, bulk, tracker, courier, refund} {
		add(fmt.Sprintf("roles %b", role), func(r *rule) { r.actors ^= role })
	}
}

func slipSwitches(row rule, add addSlip) {
	other := func(p Policy) Switch { return p.ExchangeOnRelease }
	if row.core() {
		add("behind a switch", func(r *rule) { r.policy = other })
		return
	}
	add("behind no switch", func(r *rule) { r.policy = nil })
	add("behind another switch", func(r *rule) { r.policy = other })
	add("another default", func(r *rule) { r.enabled = !r.enabled })
}

func slipShapes(row rule, add addSlip) {
	for _, p := range []portion{wholly, itemwise, byQuantity, outbound} {
		if p != row.part {
			add(fmt.Sprintf("portion %d", p), func(r *rule) { r.part = p })
		}
	}
	add("the tracker always out", func(r *rule) { r.scanned = nil })
	add("another level", func(r *rule) { r.level = sectionLevel + orderLevel - r.level })
	for _, outcome := range []ClaimOutcome{"", OutcomeCompleted, OutcomeRejected, OutcomeWithdrawn} {
		if outcome != row.closes {
			add("outcome "+string(outcome), func(r *rule) { r.closes = outcome })
		}
	}
}

func slipGuards(row rule, add addSlip) {
	for i := range row.state {
		add(fmt.Sprintf("without guard %d of the state", i), func(r *rule) { r.state = slices.Delete(slices.Clone(r.state), i, i+1) })
	}
	for i := range row.payload {
		add(fmt.Sprintf("without guard %d of the payload", i), func(r *rule) { r.payload = slices.Delete(slices.Clone(r.payload), i, i+1) })
	}
}

// saysTheSame tells whether two rows that differ in writing mean the same: a role that another one implies, a type of
// claim that no section can have where the event starts, a state whose claims the event does not answer.
func saysTheSame(a, b rule) bool {
	if effective(a) != effective(b) || a.to != b.to || a.part != b.part || a.level != b.level ||
		a.enabled != b.enabled || len(a.state) != len(b.state) || len(a.payload) != len(b.payload) {
		return false
	}
	if a.part == outbound && b.part == outbound || a.claims|b.claims == 0 { // no claim that would end
		a.closes = b.closes
	}
	if a.closes != b.closes || (a.scanned == nil) != (b.scanned == nil) {
		return false
	}
	if fmt.Sprintf("%p", a.policy) != fmt.Sprintf("%p", b.policy) || a.opens() != b.opens() {
		return false
	}
	for _, role := range []Role{RoleBuyer, RoleSeller, RoleOperator, RoleAdmin, RoleSystem, RoleBatch, RoleBulk, RoleTracker, RoleCourier, RoleRefund} {
		if (a.actors&roles(role) != 0) != (b.actors&roles(role) != 0) {
			return false
		}
	}
	return a.claims&possible(a.from) == b.claims&possible(a.from)
}

// effective are the states in which a row has something to say: a state under a claim that the row does not answer is
// none of them.
func effective(r rule) statusSet {
	var set statusSet
	for _, s := range statesOf(r.from) {
		if may := possible(in(s)); may == 0 || may&r.claims != 0 {
			set |= in(s)
		}
	}
	return set
}

// possible are the types of claim that a section may have in one of the states.
func possible(from statusSet) claimSet {
	var set claimSet
	if from&in(StatusCancelRequested) != 0 {
		set |= cancels
	}
	if from&in(StatusReturnRequested, StatusRecallInstructed, StatusRecallConfirmed, StatusRecallCompleted) != 0 {
		set |= returns
	}
	if from&in(StatusExchangeRequested, StatusRecallInstructed, StatusRecallConfirmed, StatusRecallCompleted) != 0 {
		set |= exchanges
	}
	return set
}
