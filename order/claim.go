package order

// A Claim (클레임) is a cancel, return or exchange of one section. When the section is split the claim is split with
// it. Hold, fault, reception and acceptance are fields and never statuses; the status is the section's.
type Claim struct {
	ID            ClaimID      `json:"id"`
	Type          ClaimType    `json:"type"`
	ConvertedFrom ClaimType    `json:"convertedFrom,omitempty"` // 교환중반품: EXCHANGE; the default restock decision skips these
	Section       SectionID    `json:"section"`
	Parent        ClaimID      `json:"parent,omitempty"`  // the claim that this one was split from
	Request       CommandID    `json:"request"`           // the command that opened it; claims of one order-level request share it
	Fault         Fault        `json:"fault,omitempty"`   // 귀책
	Reason        string       `json:"reason,omitempty"`  // as the requester gave it, or a ReasonCode
	Outcome       ClaimOutcome `json:"outcome"`           // what became of it
	Answer        string       `json:"answer,omitempty"`  // why it was refused, withdrawn or written off
	Hold          *Hold        `json:"hold,omitempty"`    // 보류: blocks approval and completion
	Retrieve      Retrieve     `json:"retrieve,omitzero"` // how the goods come back
	Items         []ClaimItem  `json:"items"`
	Refund        string       `json:"refund,omitempty"` // the host's reference of the recorded refund
}

// Open reports whether the claim is still to be answered.
func (c Claim) Open() bool { return c.Outcome == OutcomeOpen }

// A ClaimItem is what became of one claimed item. Reception (what came) and acceptance (what was decided) are two
// things: what comes back is not always what was announced.
type ClaimItem struct {
	Item       ItemID     `json:"item"`
	Quantity   int        `json:"quantity"`
	Wanted     string     `json:"wanted,omitempty"` // exchange: the option asked for
	Received   int        `json:"received,omitempty"`
	Damaged    int        `json:"damaged,omitempty"` // came back, unsaleable; not counted in Received
	Missing    int        `json:"missing,omitempty"`
	Acceptance Acceptance `json:"acceptance,omitempty"`
}

// A ClaimType is what is asked.
type ClaimType string

// The claim types.
const (
	ClaimCancel   ClaimType = "CANCEL"   // 취소
	ClaimReturn   ClaimType = "RETURN"   // 반품
	ClaimExchange ClaimType = "EXCHANGE" // 교환
)

// A ClaimOutcome is what became of a claim.
type ClaimOutcome string

// The outcomes.
const (
	OutcomeOpen      ClaimOutcome = "OPEN"
	OutcomeCompleted ClaimOutcome = "COMPLETED"
	OutcomeRejected  ClaimOutcome = "REJECTED"  // by the seller: 거절, 불가
	OutcomeWithdrawn ClaimOutcome = "WITHDRAWN" // by the buyer: 철회
)

// An Acceptance is what the seller decided about an item.
type Acceptance string

// The acceptances. The zero value means "not decided".
const (
	Accepted Acceptance = "ACCEPTED"
	Refusal  Acceptance = "REJECTED"
)

// A Fault says who caused the claim, which decides who pays. The zero value means "not decided".
type Fault string

// The faults.
const (
	FaultBuyer   Fault = "BUYER"
	FaultSeller  Fault = "SELLER"
	FaultCourier Fault = "COURIER"
)

// Reasons that this package writes into claims that nobody requested.
const (
	ReasonStockout      = "STOCKOUT"
	ReasonUndeliverable = "UNDELIVERABLE" // CourierReturn
	ReasonLost          = "LOST"          // WrittenOff
)

// Retrieve says how goods come back.
type Retrieve struct {
	Type  RetrieveType `json:"type,omitempty"`
	Payer Payer        `json:"payer,omitempty"`
	Memo  string       `json:"memo,omitempty"`
}

// A RetrieveType is who fetches.
type RetrieveType string

// The retrieve types. Buyer-sent and seller-arranged ones need the recall waybill and the payer.
const (
	RetrieveAuto      RetrieveType = "AUTO"       // 자동수거: the shop orders the recall
	RetrieveBuyerSent RetrieveType = "BUYER_SENT" // 구매자 직접 발송
	RetrieveManual    RetrieveType = "MANUAL"     // the seller arranged it
	RetrieveOther     RetrieveType = "OTHER"      // with a memo
)

// A Payer is who pays for the way back.
type Payer string

// The payers.
const (
	PayerBuyer  Payer = "BUYER"
	PayerSeller Payer = "SELLER"
)

// word is the type in running text.
func (t ClaimType) word() string {
	switch t {
	case ClaimCancel:
		return "cancel"
	case ClaimReturn:
		return "return"
	}
	return "exchange"
}

// unknown finds a value of a vocabulary that the vocabulary does not have.
func (r *ClaimRequest) unknown() *fault {
	if r == nil {
		return nil
	}
	what := ""
	switch r.Fault {
	case "", FaultBuyer, FaultSeller, FaultCourier:
	default:
		what = "fault"
	}
	switch r.Retrieve.Type {
	case "", RetrieveAuto, RetrieveBuyerSent, RetrieveManual, RetrieveOther:
	default:
		what = "retrieve type"
	}
	switch r.Retrieve.Payer {
	case "", PayerBuyer, PayerSeller:
	default:
		what = "payer"
	}
	if what == "" {
		return nil
	}
	return &fault{ErrInvalidCommand, "unknown " + what}
}

// wanted gives the option that the request wants for an item: its own or else the one for every item.
func (r *ClaimRequest) wanted(id ItemID) string {
	if own := r.wantedAlone(id); own != "" {
		return own
	}
	return r.wantedAlone("")
}

// wantedAlone gives the option that the request names beside an item, or beside none.
func (r *ClaimRequest) wantedAlone(id ItemID) string {
	if r != nil {
		for _, w := range r.Wanted {
			if w.Item == id {
				return w.Option
			}
		}
	}
	return ""
}

// item finds a claimed item; nil if there is no claim or it does not have it.
func (c *Claim) item(id ItemID) *ClaimItem {
	if c == nil {
		return nil
	}
	for i := range c.Items {
		if c.Items[i].Item == id {
			return &c.Items[i]
		}
	}
	return nil
}

func (c *Claim) wantedOption(id ItemID) string {
	if it := c.item(id); it != nil {
		return it.Wanted
	}
	return ""
}

// inHand reports whether any unit of the parts came back.
func (c *Claim) inHand(parts []MovedItem) bool {
	for i := range parts {
		if it := c.item(parts[i].Item); it != nil && it.Received+it.Damaged > 0 {
			return true
		}
	}
	return false
}
