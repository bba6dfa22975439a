package fulfill

import (
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// Codes of the exceptions that the road raises on sections. Those of parcel trouble are lifted again when the parcel goes on.
const (
	ExceptionFailed             = "FAILED"                // an attempt to deliver failed
	ExceptionHold               = "HOLD"                  // the courier holds the parcel
	ExceptionLost               = "LOST"                  // lost, destroyed or disposed of
	ExceptionCancelled          = "CANCELLED"             // the label was voided
	ExceptionReturned           = order.ExceptionReturned // it goes back, and no event of the section fits
	ExceptionReturnInferred     = "RETURN_INFERRED"       // only the route says that it goes back
	ExceptionMovedBeforeRelease = "MOVED_BEFORE_RELEASE"  // the courier has what nobody released
	ExceptionCancelledMoving    = "CANCELLED_BUT_MOVING"  // the order was cancelled and the parcel is under way
)

// Causes of actions beside the names of statuses, as they stand in keys.
const (
	causeCancelScanned = "CANCEL_SCANNED"         // alert: this cancel can only be rejected
	causeArrived       = "ARRIVED"                // alert: a recall arrived, count it
	causeRecall        = "RECALL"                 // return inbound: a recall moves
	causeDisagreement  = "DISAGREEMENT"           // alert: two carriers say different things
	causeCancelled     = ExceptionCancelledMoving // alert: cancelled but moving
)

// kind is what a parcel's status means to sections.
type kind uint8

const (
	silent kind = iota // nothing that concerns a section: nothing known, a label, a word without a mapping
	moving             // the courier has it
	delivered
	failed // an attempt, not the parcel
	held
	returned // said by somebody
	inferred // returned, by the shape of the route alone
	cancelled
	lost
	kinds = iota
)

// kindOf sorts a state. Every status is named: one that is not moves nothing.
func kindOf(s tracking.State) kind {
	switch s.Status {
	case tracking.StatusUnknown, tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady:
		return silent
	case tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery:
		return moving
	case tracking.StatusDelivered:
		return delivered
	case tracking.StatusFailed:
		if s.Sub == tracking.SubLost {
			return lost
		}
		return failed
	case tracking.StatusHold:
		return held
	case tracking.StatusReturned:
		if s.Inferred {
			return inferred
		}
		return returned
	case tracking.StatusCancelled:
		return cancelled
	}
	return silent
}

// A consequence is what a parcel of a kind does to a section. The zero value is nothing.
type consequence struct {
	scan      bool            // the section is marked as scanned
	release   bool            // its release is completed, if the host switched that on; then there is no exception
	event     order.EventName // the order is asked for it; where it is not legal it is nothing
	exception string          // a mark with this code
	alert     string          // one alert for the section, under this cause
	inbound   bool            // a return inbound is opened
	trouble   bool            // the alert that the parcel's status asks for by itself
	doubt     bool            // contradicts what is settled: noted, no more
	recorded  bool            // only evidence
}

func mark(code string) consequence { return consequence{exception: code} }

func alarm(code string) consequence { return consequence{exception: code, trouble: true} }

var (
	recorded = consequence{recorded: true}
	doubtful = consequence{doubt: true}
	troubled = consequence{trouble: true}

	early       = consequence{scan: true, exception: ExceptionMovedBeforeRelease}
	picked      = consequence{scan: true, release: true, exception: ExceptionMovedBeforeRelease}
	tooLate     = consequence{scan: true, alert: causeCancelScanned}
	runaway     = consequence{exception: ExceptionCancelledMoving, alert: causeCancelled}
	comes       = consequence{event: order.CourierReturn}
	confirms    = consequence{event: order.ConfirmRecall}
	coming      = consequence{inbound: true}
	arrived     = consequence{inbound: true, alert: causeArrived}
	recallMoves = consequence{event: order.ConfirmRecall, inbound: true}
	recallHere  = consequence{event: order.ConfirmRecall, inbound: true, alert: causeArrived}
	recallFails = consequence{event: order.FailRecall, trouble: true}
)

// A line is one row of the table: the consequence for each kind of parcel.
type line [kinds]consequence

var (
	unreleased = line{moving: early, delivered: early, failed: mark(ExceptionFailed), held: mark(ExceptionHold),
		returned: mark(ExceptionReturned), inferred: mark(ExceptionReturnInferred), cancelled: mark(ExceptionCancelled), lost: mark(ExceptionLost)}
	underReturn = line{delivered: {event: order.CompleteDelivery}, returned: confirms, inferred: mark(ExceptionReturnInferred),
		cancelled: troubled, lost: troubled}
	over = line{moving: recorded, delivered: recorded, failed: recorded, held: recorded, returned: recorded, inferred: recorded,
		cancelled: recorded, lost: recorded}
	awaited = line{moving: coming, delivered: arrived, failed: troubled, held: troubled, returned: coming, inferred: coming,
		cancelled: troubled, lost: troubled}
)

// facts is the table of what a parcel's fact does to its section, by the role of the waybill. A section is in one of sixteen
// statuses; what is missing here is nothing. Under a claim, CompleteDelivery is what makes the prior status DELIVERED.
var facts = map[order.WaybillRole]map[order.Status]line{
	order.WaybillOutbound: {
		order.StatusOrdered:            unreleased,
		order.StatusDeliveryInstructed: unreleased,
		order.StatusStockoutHeld:       unreleased,
		order.StatusReleaseInstructed: {moving: picked, delivered: picked, failed: mark(ExceptionFailed), held: mark(ExceptionHold),
			returned: mark(ExceptionReturned), inferred: mark(ExceptionReturnInferred), cancelled: mark(ExceptionCancelled), lost: mark(ExceptionLost)},
		order.StatusReleased: {delivered: {event: order.CompleteDelivery}, failed: alarm(ExceptionFailed), held: alarm(ExceptionHold),
			returned: comes, inferred: mark(ExceptionReturnInferred), cancelled: alarm(ExceptionCancelled), lost: alarm(ExceptionLost)},
		order.StatusDelivered: {returned: comes, inferred: mark(ExceptionReturnInferred), cancelled: doubtful, lost: doubtful},
		order.StatusPurchaseConfirmed: {returned: alarm(ExceptionReturned), inferred: mark(ExceptionReturnInferred),
			cancelled: doubtful, lost: doubtful},
		order.StatusCancelRequested: {moving: tooLate, delivered: tooLate, failed: mark(ExceptionFailed), held: mark(ExceptionHold),
			returned: mark(ExceptionReturned), inferred: mark(ExceptionReturnInferred)},
		order.StatusCancelled:         {moving: runaway, delivered: runaway},
		order.StatusReturnRequested:   underReturn,
		order.StatusExchangeRequested: underReturn,
		order.StatusRecallInstructed:  underReturn,
		order.StatusRecallConfirmed:   underReturn,
		order.StatusRecallCompleted:   underReturn,
		order.StatusReturned:          over,
		order.StatusExchanged:         over,
	},
	// The words 반품 and 회수 are ordinary movement here.
	order.WaybillRecall: {
		order.StatusReturnRequested:   awaited,
		order.StatusExchangeRequested: awaited,
		order.StatusRecallInstructed: {moving: recallMoves, delivered: recallHere, failed: recallFails, held: troubled,
			returned: recallMoves, inferred: recallMoves, cancelled: recallFails, lost: troubled},
		order.StatusRecallConfirmed: awaited,
		order.StatusReturned:        over,
		order.StatusExchanged:       over,
	},
}

// consequenceOf looks the table up.
func consequenceOf(role order.WaybillRole, status order.Status, k kind) consequence {
	if role == order.WaybillSendBack {
		return over[k]
	}
	return facts[role][status][k]
}

// roleOf says in which role a section carries a waybill now; empty if it does not. What a section carried once is evidence,
// and no transition.
func roleOf(s *order.Section, w order.Waybill) order.WaybillRole {
	switch {
	case s.MergedInto != "":
		return ""
	case s.Waybill != nil && *s.Waybill == w:
		return order.WaybillOutbound
	case s.RecallWaybill != nil && *s.RecallWaybill == w:
		return order.WaybillRecall
	case s.SendBackWaybill != nil && *s.SendBackWaybill == w:
		return order.WaybillSendBack
	}
	return ""
}

// left reports whether the goods of a section left the warehouse.
func left(s *order.Section) bool {
	standing := s.Status
	if s.Status.ClaimOpen() {
		standing = s.Prior
	}
	switch standing {
	case order.StatusReleased, order.StatusDelivered, order.StatusPurchaseConfirmed, order.StatusReturned, order.StatusExchanged:
		return true
	}
	return false
}

// lifts reports whether an exception of the road is over, now that the parcel is of a kind and the section asks for none.
func lifts(code string, s *order.Section, k kind) bool {
	switch code {
	case ExceptionFailed, ExceptionHold, ExceptionCancelled, ExceptionLost, ExceptionReturnInferred:
		return k == moving || k == delivered || k == returned
	case ExceptionMovedBeforeRelease:
		return left(s)
	}
	return false
}

// ours reports whether the road raises exceptions of that code.
func ours(code string) bool {
	switch code {
	case ExceptionFailed, ExceptionHold, ExceptionLost, ExceptionCancelled, ExceptionReturned, ExceptionReturnInferred,
		ExceptionMovedBeforeRelease, ExceptionCancelledMoving:
		return true
	}
	return false
}
