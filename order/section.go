package order

import (
	"time"

	"github.com/waybill-dev/waybill/order/privacy"
)

// A Section is the unit that has a status: items that share one state, one method, one shipping place, one recipient,
// one waybill, one claim. When part of it is to have another status, the part becomes a section of its own.
type Section struct {
	ID         SectionID  `json:"id"`
	DeliveryNo string     `json:"deliveryNo"` // 배송번호: identifies the section to the outside
	Kind       Kind       `json:"kind"`
	Status     Status     `json:"status"`
	Prior      Status     `json:"prior,omitzero"` // while a claim is open: the status to go back to
	Items      []Item     `json:"items,omitempty"`
	Method     Method     `json:"method"`
	Place      string     `json:"place,omitempty"` // shipping place (출고지), an identifier of the host's
	Recipient  *Recipient `json:"recipient,omitempty"`
	Hold       *Hold      `json:"hold,omitempty"`      // 배송보류: blocks InstructDelivery
	Exception  *Exception `json:"exception,omitempty"` // a flag beside the status; blocks nothing by itself

	Waybill  *Waybill      `json:"waybill,omitempty"`  // outbound
	Scanned  bool          `json:"scanned,omitempty"`  // the courier has scanned the outbound waybill
	Archived []PastWaybill `json:"archived,omitempty"` // outbound waybills that were replaced or removed

	RecallDeliveryNo string     `json:"recallDeliveryNo,omitempty"` // 회수배송번호
	RecallWaybill    *Waybill   `json:"recallWaybill,omitempty"`
	RecallAddress    *Recipient `json:"recallAddress,omitempty"`   // where to fetch
	SendBackWaybill  *Waybill   `json:"sendBackWaybill,omitempty"` // goods that a refused claim sends to the buyer again

	ReleasedAt  time.Time `json:"releasedAt,omitzero"`  // event time; zero before, and when the command gave none
	DeliveredAt time.Time `json:"deliveredAt,omitzero"` // event time; N-day rules count from here
	Epoch       int       `json:"epoch,omitempty"`      // rises when evidence of delivery is withdrawn
	WrittenOff  bool      `json:"writtenOff,omitempty"` // lost: it ended without coming back

	Claim      ClaimID   `json:"claim,omitempty"`      // the open claim, else the latest
	ReplacesOf ClaimID   `json:"replacesOf,omitempty"` // of an EXCHANGE_OUT section: the claim that it serves
	Parent     SectionID `json:"parent,omitempty"`     // the section that this one was split from
	MergedInto SectionID `json:"mergedInto,omitempty"` // set on a tombstone: its items are there now
}

// Live reports whether something can still happen: not merged away, not CANCELLED, RETURNED or EXCHANGED.
func (s Section) Live() bool { return s.MergedInto == "" && !s.Status.Terminal() }

// withdrawn reports whether the section is DELIVERED still, although the evidence of that was taken back.
func (s Section) withdrawn() bool {
	return s.Status == StatusDelivered && s.MergedInto == "" && s.DeliveredAt.IsZero() && s.Epoch > 0
}

// Item finds an item of the section.
func (s Section) Item(id ItemID) (Item, bool) {
	for _, it := range s.Items {
		if it.ID == id {
			return it, true
		}
	}
	return Item{}, false
}

// Quantity sums the section's items.
func (s Section) Quantity() int {
	n := 0
	for _, it := range s.Items {
		n += it.Quantity
	}
	return n
}

// standing is the status without the claim: what screens and summaries count the section as.
func (s Section) standing() Status {
	if s.Status.ClaimOpen() {
		return s.Prior
	}
	return s.Status
}

// An Item is a quantity of one line in a section: 섹션아이템.
type Item struct {
	ID       ItemID `json:"id"`
	Line     LineID `json:"line"`
	Quantity int    `json:"quantity"`           // at least 1
	From     ItemID `json:"from,omitempty"`     // the item that this quantity was taken from
	Replaces ItemID `json:"replaces,omitempty"` // in an EXCHANGE_OUT section: the item that came back, or will
	Option   string `json:"option,omitempty"`   // in an EXCHANGE_OUT section: the option that is sent instead
}

// An ItemQuantity names a quantity of an item; 0 means all of it.
type ItemQuantity struct {
	Item     ItemID `json:"item"`
	Quantity int    `json:"quantity,omitempty"`
}

// A Kind tells an ordered section from a replacement.
type Kind string

// The kinds of section.
const (
	KindOriginal    Kind = "ORIGINAL"     // what was ordered; these add up to the ordered quantities
	KindExchangeOut Kind = "EXCHANGE_OUT" // 교환출고: what is sent instead
)

// A Method is how goods travel.
type Method string

// The methods. A waybill is required of COURIER sections and refused for the others.
const (
	MethodCourier Method = "COURIER" // 택배
	MethodDirect  Method = "DIRECT"  // 직접배송
	MethodPickup  Method = "PICKUP"  // 방문수령
	MethodECoupon Method = "ECOUPON" // 전자쿠폰
	MethodOther   Method = "OTHER"
)

// A Waybill is a courier's code and a number (운송장번호). The codes of package courier fit.
type Waybill struct {
	Courier string `json:"courier"`
	Number  string `json:"number"` // normalised when a command is accepted
}

// A PastWaybill is a waybill that a section no longer carries. A fact about it is evidence, not a transition.
type PastWaybill struct {
	Waybill
	Role    WaybillRole `json:"role"`
	Until   time.Time   `json:"until,omitzero"`
	Because EventName   `json:"because"`
}

// A WaybillRole says what a waybill is for.
type WaybillRole string

// The roles of a waybill.
const (
	WaybillOutbound WaybillRole = "OUTBOUND"
	WaybillRecall   WaybillRole = "RECALL"
	WaybillSendBack WaybillRole = "SEND_BACK"
)

// A Recipient is a person with an address. Every field masks itself; two recipients are equal under == when
// everything is.
type Recipient struct {
	Name    privacy.Sensitive `json:"name,omitzero"`
	Phone   privacy.Sensitive `json:"phone,omitzero"`
	Phone2  privacy.Sensitive `json:"phone2,omitzero"`
	Email   privacy.Sensitive `json:"email,omitzero"`
	Postal  privacy.Sensitive `json:"postal,omitzero"` // 우편번호
	Address privacy.Sensitive `json:"address,omitzero"`
	Detail  privacy.Sensitive `json:"detail,omitzero"`
	Memo    privacy.Sensitive `json:"memo,omitzero"` // delivery memo, often with a door code
	PCCC    privacy.Sensitive `json:"pccc,omitzero"` // 개인통관고유부호
}

// A Hold blocks: on a claim its approval and completion, on a section InstructDelivery.
type Hold struct {
	Code   string    `json:"code"`
	Text   string    `json:"text,omitempty"`
	Charge int64     `json:"charge,omitempty"` // won asked of the buyer, such as the return fee
	At     time.Time `json:"at,omitzero"`
}

// An Exception is a mark that somebody must look: a failed attempt, a parcel that moves although it was cancelled.
type Exception struct {
	Code string    `json:"code"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// ExceptionReturned is the code of the exception that a courier's return raises where it changes nothing.
const ExceptionReturned = "RETURNED"
