package order

import "time"

// An Event is a fact of an order's history: what was accepted, and everything that followed from it. [Apply] needs
// nothing else, so that a history alone gives the order again.
type Event struct {
	Seq     int       `json:"seq"`     // 1, 2, 3 … without a gap
	Version int64     `json:"version"` // of the order after it
	Name    EventName `json:"event"`
	At      time.Time `json:"at,omitzero"`
	Actor   Actor     `json:"actor"`
	Command CommandID `json:"command"`
	Payload string    `json:"payload"` // hash of the command's content
	Reason  string    `json:"reason,omitempty"`
	Moves   []Move    `json:"moves,omitempty"`   // one for each section that it touched
	Details *Details  `json:"details,omitempty"` // what the event carried
	Actions []Action  `json:"actions,omitempty"` // what is now to be done outside
}

// A Move is what an event did to one section, or to the part of it that became a section of its own.
type Move struct {
	Section          SectionID    `json:"section"`                    // where the items were
	Into             SectionID    `json:"into,omitempty"`             // the section made for the part; empty if the whole section was meant
	From             Status       `json:"from"`                       // status before; zero for a section made of nothing
	To               Status       `json:"to"`                         // status after
	Prior            Status       `json:"prior,omitzero"`             // prior status after
	Claim            ClaimID      `json:"claim,omitempty"`            // the claim that was opened, changed or closed
	Opened           bool         `json:"opened,omitempty"`           // the event opened it
	Split            ClaimID      `json:"split,omitempty"`            // the claim that Claim was split from
	Outcome          ClaimOutcome `json:"outcome,omitempty"`          // of the claim, if the event closed it
	Items            []MovedItem  `json:"items"`                      // what was meant, with quantities
	DeliveryNo       string       `json:"deliveryNo,omitempty"`       // of the section in Into
	RecallDeliveryNo string       `json:"recallDeliveryNo,omitempty"` // given by the event
}

// Target is the section that has the status To: Into, or else Section.
func (m Move) Target() SectionID {
	if m.Into != "" {
		return m.Into
	}
	return m.Section
}

// A MovedItem is a quantity that an event was about.
type MovedItem struct {
	Item     ItemID `json:"item"`           // the item it was taken from
	Into     ItemID `json:"into,omitempty"` // the item made for it, where only a part was taken or an item was created
	Line     LineID `json:"line"`
	Quantity int    `json:"quantity"`
	Option   string `json:"option,omitempty"` // of a replacement
}

// result is the item that the quantity is in afterwards.
func (p MovedItem) result() ItemID {
	if p.Into != "" {
		return p.Into
	}
	return p.Item
}

// Details are the payload of an event: the fields of the command that it took, normalised.
type Details struct {
	Waybill       *Waybill      `json:"waybill,omitempty"`
	Place         string        `json:"place,omitempty"`
	Claim         *ClaimRequest `json:"claim,omitempty"`
	RecallAddress *Recipient    `json:"recallAddress,omitempty"`
	Reception     []Reception   `json:"reception,omitempty"`
	Refund        string        `json:"refund,omitempty"`
	Draft         *Draft        `json:"draft,omitempty"`
	Payment       PaymentState  `json:"payment,omitempty"`
	Recipient     *Recipient    `json:"recipient,omitempty"`
	Hold          *Hold         `json:"hold,omitempty"`
	Exception     *Exception    `json:"exception,omitempty"`
	Convert       bool          `json:"convert,omitempty"`
	Alone         bool          `json:"alone,omitempty"`
	ReleaseHold   bool          `json:"releaseHold,omitempty"`
}
