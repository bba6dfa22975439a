package order

import "time"

type (
	// OrderID is the host's number of an order.
	OrderID string
	// LineID is the host's number of an ordered product, unique in the order.
	LineID string
	// SectionID is counted inside the order, S1, S2 …, and never used twice.
	SectionID string
	// ItemID is counted inside the order, I1, I2 …, and never used twice.
	ItemID string
	// ClaimID is counted inside the order, C1, C2 …, and never used twice.
	ClaimID string
	// CommandID is the host's, unique within the order: the key under which a command happens once.
	CommandID string
)

// An Order is what was promised to a buyer: lines, and sections that carry them to a status. It is a value: no
// function of this package changes one, and what they give shares memory with what they were given. Treat an Order and
// everything it points to as read-only.
//
// fmt and JSON show personal data masked.
type Order struct {
	ID       OrderID           `json:"id"`
	Tenant   string            `json:"tenant,omitempty"` // the host's, opaque
	Version  int64             `json:"version"`          // rises by 1 with every accepted command; see [Command.ExpectedVersion]
	Channel  Channel           `json:"channel"`
	Payment  PaymentState      `json:"payment"`
	Orderer  *Recipient        `json:"orderer,omitempty"`
	Lines    []Line            `json:"lines"`
	Sections []Section         `json:"sections"` // in the order they were made; merged ones stay as tombstones
	Claims   []Claim           `json:"claims,omitempty"`
	Counters Counters          `json:"counters"`
	Metadata map[string]string `json:"metadata,omitempty"` // the host's, opaque: payment amounts, form fields of the shop
	History  []Event           `json:"history,omitempty"`
}

// A Line is one ordered product: 주문상품. Its quantity never changes; sections divide it among themselves.
type Line struct {
	ID       LineID `json:"id"`
	SKU      string `json:"sku,omitempty"`
	Name     string `json:"name,omitempty"`
	Option   string `json:"option,omitempty"`
	Quantity int    `json:"quantity"` // as ordered, at least 1

	// FreebieOf is the line that this one is given with (사은품). A freebie goes where the named items of its parent go, as
	// far as both are in one section: the rest keeps the share of the freebies that its quantity of the parent has
	// earned, rounded down, and the part takes the others. One that is named itself, or left by [Command.Alone], does not
	// follow. What is counted (CompleteRecall, WrittenOff) and what is sent anew is what was named.
	FreebieOf LineID `json:"freebieOf,omitempty"`
}

// Counters remember the last number given to a section, item and claim.
type Counters struct {
	Section int `json:"section"`
	Item    int `json:"item"`
	Claim   int `json:"claim,omitempty"`
}

// A Channel is where the order came from. It decides how a cancel request is refused.
type Channel string

// The channels. The zero value counts as the own mall.
const (
	ChannelOwn      Channel = "OWN"      // 자사몰: RejectCancel
	ChannelExternal Channel = "EXTERNAL" // a marketplace: a cancel is refused only by shipping, RejectCancelAndShip
)

// PaymentState is where the buyer's money is. It belongs to the order; amounts are the host's.
type PaymentState string

// The payment states.
const (
	PaymentPending        PaymentState = "PENDING"
	PaymentPaid           PaymentState = "PAID"
	PaymentPartlyRefunded PaymentState = "PARTLY_REFUNDED"
	PaymentRefunded       PaymentState = "REFUNDED"
	PaymentCancelled      PaymentState = "CANCELLED"
)

func (p PaymentState) known() bool {
	switch p {
	case PaymentPending, PaymentPaid, PaymentPartlyRefunded, PaymentRefunded, PaymentCancelled:
		return true
	}
	return false
}

// settled reports whether the goods are paid for.
func (p PaymentState) settled() bool { return p == PaymentPaid || p == PaymentPartlyRefunded }

// Section finds a section by its id, tombstones included.
func (o *Order) Section(id SectionID) (Section, bool) {
	if i := o.sectionIndex(id); i >= 0 {
		return o.Sections[i], true
	}
	return Section{}, false
}

// Claim finds a claim by its id.
func (o *Order) Claim(id ClaimID) (Claim, bool) {
	if i := o.claimIndex(id); i >= 0 {
		return o.Claims[i], true
	}
	return Claim{}, false
}

// Line finds a line by its id.
func (o *Order) Line(id LineID) (Line, bool) {
	for _, l := range o.Lines {
		if l.ID == id {
			return l, true
		}
	}
	return Line{}, false
}

// ByDeliveryNo finds the section with a delivery number (배송번호).
func (o *Order) ByDeliveryNo(no string) (Section, bool) {
	for i := range o.Sections {
		if no != "" && o.Sections[i].DeliveryNo == no {
			return o.Sections[i], true
		}
	}
	return Section{}, false
}

func (o *Order) sectionIndex(id SectionID) int {
	for i := range o.Sections {
		if o.Sections[i].ID == id {
			return i
		}
	}
	return -1
}

func (o *Order) claimIndex(id ClaimID) int {
	if id == "" {
		return -1
	}
	for i := range o.Claims {
		if o.Claims[i].ID == id {
			return i
		}
	}
	return -1
}

// A Draft is an order that does not exist yet: the payload of [Created].
type Draft struct {
	ID       OrderID           `json:"id"`
	Tenant   string            `json:"tenant,omitempty"`
	Channel  Channel           `json:"channel,omitempty"` // default [ChannelOwn]
	Payment  PaymentState      `json:"payment,omitempty"` // default [PaymentPending]
	Orderer  *Recipient        `json:"orderer,omitempty"`
	Lines    []Line            `json:"lines"`
	Sections []DraftSection    `json:"sections"` // none: one section with every line
	Metadata map[string]string `json:"metadata,omitempty"`
}

// A DraftSection is a section of a [Draft]. It starts as [StatusOrdered].
type DraftSection struct {
	Lines      []LineQuantity `json:"lines"`
	Method     Method         `json:"method,omitempty"`     // default [MethodCourier]
	Place      string         `json:"place,omitempty"`      // shipping place (출고지)
	DeliveryNo string         `json:"deliveryNo,omitempty"` // default: [Env.NewDeliveryNo]
	Recipient  *Recipient     `json:"recipient,omitempty"`  // default: the orderer
}

// A LineQuantity is a quantity of a line.
type LineQuantity struct {
	Line     LineID `json:"line"`
	Quantity int    `json:"quantity"`
}

// New creates an order from a draft. It is [Handle] of a [Created] command, whose id is "create" and the order's id.
func New(d Draft, at time.Time, by Actor) (Order, error) {
	o, _, err := Handle(Order{}, Command{ID: CommandID("create " + d.ID), Event: Created, Draft: &d, At: at, Actor: by})
	return o, err
}
