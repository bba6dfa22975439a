package order

import "time"

// A Command asks for one event. ID, Event and Actor are always needed; the target is the whole order, one section, or
// items of a section; the other fields are what the event takes.
//
// The same ID with the same content gives the stored result again and changes nothing; with other content it is
// refused. Content is everything but ID, At and the two expectations, so that a repeat may carry its own time.
type Command struct {
	ID    CommandID
	Event EventName
	Actor Actor
	At    time.Time // when it happened, in any zone: a scan's time, not the time of asking. Zero: not known

	// Section is the target. Without it, and without Items, the command is for every section in which the event is
	// legal: all of them or, if one guard refuses, none.
	Section SectionID
	// Items narrow the target to items or quantities; the rest stays behind in the section. Two entries of one item
	// add up. An event for whole items, such as InstructDelivery, refuses part of one with ErrQuantity; an event for
	// whole sections refuses part of one with ErrLevel.
	Items []ItemQuantity
	// Sections are the two or more sections that [SectionsMerged] joins. The oldest survives.
	Sections []SectionID

	ExpectedVersion int64  // refuse unless the order has this version; 0: any
	ExpectedStatus  Status // refuse unless the target has this status; 0: any

	// Reason is why. It is mandatory for RegisterStockout, RevertRelease, RevertDelivery, RejectReturn, RejectExchange
	// and WrittenOff.
	Reason string

	// Waybill is outbound for CompleteRelease, CompleteDelivery, RegisterWaybill, ReplaceWaybill, RejectCancelAndShip,
	// CourierReturn, WaybillScanned and PriorStatusUpdated; the recall's for RequestReturn, RequestExchange,
	// InstructRecall, ConfirmRecall, FailRecall and DirectCollect; the one that sends goods to the buyer again for
	// RejectReturn and RejectExchange.
	//
	// From a tracker and without a Section it is the target: the command is a fact about every live section that
	// carries the waybill.
	Waybill *Waybill

	Place         string        // InstructRelease: the shipping place, if the section has none
	Claim         *ClaimRequest // the claim that a request opens
	RecallAddress *Recipient    // InstructRecall and the requests; default: the section's recipient
	Reception     []Reception   // CompleteRecall, DirectCollect: what came
	Refund        string        // CompleteReturn: reference of the recorded refund

	Draft     *Draft       // Created
	Payment   PaymentState // PaymentChanged
	Recipient *Recipient   // RecipientChanged
	Hold      *Hold        // ClaimHeld
	Exception *Exception   // ExceptionRaised
	Convert   bool         // ReplacementCancelled: the claim becomes a return (see there)

	// Alone leaves the freebies (사은품) behind that would follow the named items; see [Line.FreebieOf].
	Alone bool
	// ReleaseHold lets ApproveCancel, InstructRecall, CompleteReturn and CompleteExchange lift the hold (보류) of the claim
	// that they answer. It takes a role that [ClaimReleased] takes. What stays behind of the claim stays on hold.
	ReleaseHold bool
}

// A ClaimRequest is what a requester says about a claim.
type ClaimRequest struct {
	Fault    Fault          `json:"fault,omitempty"`
	Retrieve Retrieve       `json:"retrieve,omitzero"` // RequestReturn needs a type
	Wanted   []WantedOption `json:"wanted,omitempty"`  // RequestExchange needs one for every item
}

// A WantedOption is the option that a buyer wants instead. Without an item it speaks for every item.
type WantedOption struct {
	Item   ItemID `json:"item,omitempty"`
	Option string `json:"option"`
}

// A Reception is what came of one item. Received, damaged and missing add up to the quantity that is completed.
type Reception struct {
	Item     ItemID `json:"item"`
	Received int    `json:"received,omitempty"` // as good as new
	Damaged  int    `json:"damaged,omitempty"`
	Missing  int    `json:"missing,omitempty"`
}

func (r Reception) total() int { return r.Received + r.Damaged + r.Missing }
