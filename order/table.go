package order

// A rule is one row of the table: what one status event needs, and where it leads. Everything that the package knows
// about transitions is in [table] and in the guards that it names.
type rule struct {
	korean  string
	from    statusSet
	to      Status   // same and prior stand for "unchanged" and "the prior status"
	claims  claimSet // the types of claim that it answers, or the one that it opens
	policy  func(Policy) Switch
	enabled bool // the default of its switch; core events have none
	actors  roleSet
	scanned func(Policy) Switch // lets a tracker do it as well, off by default
	part    portion             // what may be done to part of a section
	level   level               // the widest target
	closes  ClaimOutcome        // what becomes of the claim
	state   []guard             // judged from the order alone, for [Allowed] too
	payload []guard             // judged from the command
}

// Stand-ins for a status in the column to.
const (
	same  Status = statusCount + 1 + iota // SAME: the status stays
	prior                                 // PRIOR: ↩, the status held when the claim was opened
)

// core reports whether the event has no switch.
func (r *rule) core() bool { return r.policy == nil }

// on reports whether the policy has the event.
func (r *rule) on(p Policy) bool { return r.policy == nil || r.policy(p).on(r.enabled) }

// by reports whether a role may do it under the policy.
func (r *rule) by(role Role, p Policy) bool {
	return roles(role)&r.actors != 0 || role == RoleTracker && r.scanned != nil && r.scanned(p) == On
}

// opens gives the claim type that the event opens, or nothing: only events that start outside claims open one.
func (r *rule) opens() ClaimType {
	if r.from&underClaim != 0 {
		return ""
	}
	return r.claims.first()
}

// A claimSet is a set of claim types.
type claimSet uint8

const (
	cancels claimSet = 1 << iota
	returns
	exchanges
)

func (set claimSet) has(t ClaimType) bool {
	switch t {
	case ClaimCancel:
		return set&cancels != 0
	case ClaimReturn:
		return set&returns != 0
	case ClaimExchange:
		return set&exchanges != 0
	}
	return false
}

func (set claimSet) first() ClaimType {
	for _, t := range []ClaimType{ClaimCancel, ClaimReturn, ClaimExchange} {
		if set.has(t) {
			return t
		}
	}
	return ""
}

// A roleSet is a set of roles.
type roleSet uint16

const (
	buyer roleSet = 1 << iota
	seller
	operator
	admin
	system
	batch
	bulk
	tracker
	courier
	refund
)

// roles gives what a role may act as: the operator acts for seller and buyer too. The document gives the admin nothing
// but the corrections; an admin at work gives commands as an operator.
func roles(r Role) roleSet {
	switch r {
	case RoleBuyer:
		return buyer
	case RoleSeller:
		return seller
	case RoleOperator:
		return operator | seller | buyer
	case RoleAdmin:
		return admin
	case RoleSystem:
		return system
	case RoleBatch:
		return batch
	case RoleBulk:
		return bulk
	case RoleTracker:
		return tracker
	case RoleCourier:
		return courier
	case RoleRefund:
		return refund
	}
	return 0
}

// A portion says what may be done to part of a section.
type portion uint8

const (
	wholly     portion = iota // nothing: the section moves whole
	itemwise                  // whole items
	byQuantity                // items and quantities of them
	outbound                  // the part stays; as much is sent anew
)

// A level is the widest target that an event takes.
type level uint8

const (
	sectionLevel level = iota // a section or items of it: approvals and completions
	orderLevel                // also the order: delivery steps, requests, rejections, withdrawals
)

// table has one row per status event, in the order and the columns of the document: status before, status after, claim,
// switch, actors, part of a section, level, guards.
var table = [statusEventCount + 1]rule{
	InstructDelivery: {korean: "배송지시", from: in(StatusOrdered), to: StatusDeliveryInstructed,
		actors: operator, part: itemwise, level: orderLevel, state: []guard{paid, sectionFree}},
	InstructRelease: {korean: "출고지시", from: in(StatusDeliveryInstructed), to: StatusReleaseInstructed,
		actors: operator, part: byQuantity, level: orderLevel, payload: []guard{placed}},
	RegisterStockout: {korean: "결품등록", from: in(StatusReleaseInstructed), to: StatusStockoutHeld,
		actors: operator, part: byQuantity, level: orderLevel, state: []guard{unscanned}, payload: []guard{reasoned}},
	ReleaseStockout: {korean: "결품해제", from: in(StatusStockoutHeld), to: StatusReleaseInstructed,
		actors: operator, part: byQuantity, level: orderLevel},
	CompleteRelease: {korean: "출고완료", from: in(StatusReleaseInstructed), to: StatusReleased,
		actors: operator | bulk, scanned: func(p Policy) Switch { return p.ReleaseByTracker },
		part: byQuantity, level: orderLevel, payload: []guard{labelled, ownWaybill}},
	CompleteDelivery: {korean: "배송완료", from: in(StatusReleased), to: StatusDelivered,
		actors: operator | tracker | batch, part: wholly, level: orderLevel, payload: []guard{ownWaybill}},
	ConfirmPurchase: {korean: "구매확정", from: in(StatusDelivered), to: StatusPurchaseConfirmed,
		actors: buyer | batch, part: itemwise, level: orderLevel, payload: []guard{confirmable}},
	RegisterWaybill: {korean: "송장등록/수정", from: in(StatusReleaseInstructed), to: same,
		actors: operator | bulk, part: itemwise, level: sectionLevel, state: []guard{byCourier}, payload: []guard{newWaybill}},
	ReplaceWaybill: {korean: "송장수정", from: in(StatusReleased), to: same,
		actors: operator, part: wholly, level: sectionLevel, state: []guard{byCourier}, payload: []guard{newWaybill}},
	RemoveWaybill: {korean: "송장삭제", from: in(StatusReleaseInstructed), to: same,
		actors: operator, part: wholly, level: sectionLevel, state: []guard{hasWaybill, unscanned}},
	RevertRelease: {korean: "출고완료 정정", from: in(StatusReleased), to: StatusReleaseInstructed,
		policy: func(p Policy) Switch { return p.RevertRelease }, enabled: false,
		actors: admin, part: wholly, level: sectionLevel, state: []guard{unscanned}, payload: []guard{reasoned}},
	RevertDelivery: {korean: "배송완료 정정", from: in(StatusDelivered), to: StatusReleased,
		policy: func(p Policy) Switch { return p.RevertDelivery }, enabled: false,
		actors: admin, part: wholly, level: sectionLevel, payload: []guard{reasoned}},

	RequestCancel: {korean: "취소접수", from: in(StatusOrdered, StatusDeliveryInstructed, StatusReleaseInstructed,
		StatusStockoutHeld), to: StatusCancelRequested, claims: cancels,
		actors: buyer | seller, part: byQuantity, level: orderLevel},
	CancelNow: {korean: "즉시취소", from: in(StatusOrdered), to: StatusCancelled, claims: cancels,
		policy: func(p Policy) Switch { return p.CancelNow }, enabled: true,
		actors: buyer | seller | system, part: byQuantity, level: orderLevel, closes: OutcomeCompleted, state: []guard{cancellableNow}},
	CancelForStockout: {korean: "품절취소", from: in(StatusStockoutHeld), to: StatusCancelled, claims: cancels,
		actors: seller, part: byQuantity, level: sectionLevel, closes: OutcomeCompleted},
	ApproveCancel: {korean: "취소승인", from: in(StatusCancelRequested), to: StatusCancelled, claims: cancels,
		actors: seller, part: byQuantity, level: sectionLevel, closes: OutcomeCompleted, state: []guard{unscanned, claimFree}},
	RejectCancel: {korean: "취소거절", from: in(StatusCancelRequested), to: prior, claims: cancels,
		actors: seller, part: itemwise, level: orderLevel, closes: OutcomeRejected, state: []guard{ownMall}},
	RejectCancelAndShip: {korean: "취소거절+발송", from: in(StatusCancelRequested), to: StatusReleased, claims: cancels,
		actors: seller, part: itemwise, level: orderLevel, closes: OutcomeRejected, state: []guard{external, paid, inStock}, payload: []guard{labelled}},
	WithdrawCancel: {korean: "취소철회", from: in(StatusCancelRequested), to: prior, claims: cancels,
		actors: buyer, part: wholly, level: orderLevel, closes: OutcomeWithdrawn},

	RequestReturn: {korean: "반품접수", from: in(StatusReleased, StatusDelivered), to: StatusReturnRequested, claims: returns,
		actors: buyer | seller, part: byQuantity, level: orderLevel, payload: []guard{retrievable}},
	RequestReturnAfterConfirm: {korean: "구매확정 후 반품접수", from: in(StatusPurchaseConfirmed), to: StatusReturnRequested,
		claims: returns, policy: func(p Policy) Switch { return p.RequestReturnAfterConfirm }, enabled: false,
		actors: seller, part: byQuantity, level: orderLevel, payload: []guard{retrievable}},
	RequestExchange: {korean: "교환접수", from: in(StatusReleased, StatusDelivered), to: StatusExchangeRequested,
		claims: exchanges, actors: buyer | seller, part: byQuantity, level: orderLevel, payload: []guard{optionsWanted, recallWaybill}},
	InstructRecall: {korean: "회수지시", from: in(StatusReturnRequested, StatusExchangeRequested), to: StatusRecallInstructed,
		claims: returns | exchanges, actors: operator, part: itemwise, level: sectionLevel,
		state: []guard{claimFree}, payload: []guard{recallAddressed, recallWaybill}},
	FailRecall: {korean: "회수실패(재지시)", from: in(StatusRecallInstructed), to: StatusReturnRequested, claims: returns,
		policy: func(p Policy) Switch { return p.FailRecall }, enabled: true,
		actors: courier | operator | tracker, part: wholly, level: sectionLevel, payload: []guard{ownRecallWaybill}},
	FailRecallExchange: {korean: "회수실패(재지시)", from: in(StatusRecallInstructed), to: StatusExchangeRequested,
		claims: exchanges, policy: func(p Policy) Switch { return p.FailRecallExchange }, enabled: true,
		actors: courier | operator | tracker, part: wholly, level: sectionLevel, payload: []guard{ownRecallWaybill}},
	ConfirmRecall: {korean: "회수확인", from: in(StatusRecallInstructed), to: StatusRecallConfirmed,
		claims: returns | exchanges, actors: operator | courier | tracker, part: byQuantity, level: sectionLevel,
		payload: []guard{recallLabelled}},
	CompleteRecall: {korean: "회수완료", from: in(StatusRecallConfirmed), to: StatusRecallCompleted,
		claims: returns | exchanges, actors: operator, part: byQuantity, level: sectionLevel, payload: []guard{counted}},
	DirectCollect: {korean: "수거완료(간이)", from: in(StatusReturnRequested, StatusExchangeRequested),
		to: StatusRecallCompleted, claims: returns | exchanges,
		policy: func(p Policy) Switch { return p.DirectCollect }, enabled: false,
		actors: seller, part: wholly, level: sectionLevel, payload: []guard{countedIfGiven, recallWaybill}},
	ConvertToReturn: {korean: "반품전환(교환중반품)", from: in(StatusRecallConfirmed), to: same, claims: exchanges,
		actors: operator, part: itemwise, level: sectionLevel, state: []guard{replacementUnreleased}},
	ConvertToReturnEarly: {korean: "반품전환(조기)", from: in(StatusExchangeRequested), to: StatusReturnRequested,
		claims: exchanges, policy: func(p Policy) Switch { return p.ConvertToReturnEarly }, enabled: false,
		actors: operator, part: itemwise, level: sectionLevel, state: []guard{replacementUnreleased}},
	RejectReturn: {korean: "반품불가", from: in(StatusReturnRequested, StatusRecallConfirmed, StatusRecallCompleted), to: prior,
		claims: returns, actors: seller, part: itemwise, level: orderLevel, closes: OutcomeRejected, payload: []guard{reasoned, sentBack}},
	RejectExchange: {korean: "교환불가", from: in(StatusExchangeRequested, StatusRecallConfirmed, StatusRecallCompleted),
		to: prior, claims: exchanges, actors: seller, part: itemwise, level: orderLevel, closes: OutcomeRejected,
		state: []guard{replacementUnreleased}, payload: []guard{reasoned, sentBack}},
	WithdrawReturn: {korean: "반품철회", from: in(StatusReturnRequested, StatusRecallInstructed), to: prior, claims: returns,
		actors: buyer, part: itemwise, level: orderLevel, closes: OutcomeWithdrawn},
	WithdrawExchange: {korean: "교환철회", from: in(StatusExchangeRequested, StatusRecallInstructed), to: prior,
		claims: exchanges, actors: buyer, part: itemwise, level: orderLevel, closes: OutcomeWithdrawn, state: []guard{replacementUnreleased}},
	CompleteReturn: {korean: "반품완료", from: in(StatusRecallCompleted), to: StatusReturned, claims: returns,
		actors: operator | refund, part: itemwise, level: sectionLevel, closes: OutcomeCompleted, state: []guard{claimFree}, payload: []guard{refunded}},
	ShipReplacement: {korean: "교환출고지시", from: in(StatusRecallCompleted), to: same, claims: exchanges,
		actors: operator, part: outbound, level: sectionLevel, state: []guard{unreplaced}},
	ShipReplacementFirst: {korean: "교환 선출고", from: in(StatusExchangeRequested, StatusRecallInstructed,
		StatusRecallConfirmed), to: same, claims: exchanges,
		policy: func(p Policy) Switch { return p.ShipReplacementFirst }, enabled: false,
		actors: operator, part: outbound, level: sectionLevel, state: []guard{unreplaced}},
	CompleteExchange: {korean: "교환완료", from: in(StatusRecallCompleted), to: StatusExchanged, claims: exchanges,
		actors: operator | tracker, part: itemwise, level: sectionLevel, closes: OutcomeCompleted, state: []guard{claimFree, replacementArrived}},
	CourierReturn: {korean: "반송", from: in(StatusReleased, StatusDelivered), to: StatusRecallConfirmed, claims: returns,
		policy: func(p Policy) Switch { return p.CourierReturn }, enabled: true,
		actors: tracker, part: wholly, level: sectionLevel, payload: []guard{comesBack}},
}
