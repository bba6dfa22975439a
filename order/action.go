package order

// An Action is something to be done outside because of an accepted command: data for the host's outbox. This package
// does none of them.
type Action struct {
	Name     ActionName       `json:"action"`
	Sections []SectionID      `json:"sections"`
	Items    []ActionQuantity `json:"items,omitempty"`
	Waybills []Waybill        `json:"waybills,omitempty"` // CancelRecall, ResetTracking: those concerned
	Reason   string           `json:"reason,omitempty"`
}

// An ActionQuantity is a quantity that an action is about.
type ActionQuantity struct {
	Section  SectionID `json:"section"`
	Item     ItemID    `json:"item"`
	Line     LineID    `json:"line"`
	Quantity int       `json:"quantity"`
}

// An ActionName says what is to be done.
type ActionName string

// The actions.
const (
	CallList           ActionName = "CALL_LIST"           // 콜센터 아웃바운드: somebody calls the buyer
	StockoutNotice     ActionName = "STOCKOUT_NOTICE"     // the buyer is told of a stock-out
	CustomerMessage    ActionName = "CUSTOMER_MESSAGE"    // the buyer is told what became of a claim
	OrderRecall        ActionName = "ORDER_RECALL"        // a recall is ordered at the courier
	CancelRecall       ActionName = "CANCEL_RECALL"       // the ordered recall is cancelled at the courier
	Restock            ActionName = "RESTOCK"             // good units go back on the shelf
	ReleaseReservation ActionName = "RELEASE_RESERVATION" // units that will not be shipped are free again
	RefundPayment      ActionName = "REFUND"              // money goes back
	ResetTracking      ActionName = "RESET_TRACKING"      // a waybill was replaced: tracking starts again
	CompensateDelivery ActionName = "COMPENSATE_DELIVERY" // what DELIVERED caused is undone: its evidence was withdrawn
	OpenReturnInbound  ActionName = "OPEN_RETURN_INBOUND" // 반품입고: the return place is told to expect goods
)

// An ActionKey is what makes an action happen once: order, command and name.
type ActionKey struct {
	Order   OrderID    `json:"order"`
	Command CommandID  `json:"command"`
	Action  ActionName `json:"action"`
}

// Keyed pairs every action of the events of one command with its key.
func Keyed(id OrderID, events []Event) map[ActionKey]Action {
	keyed := map[ActionKey]Action{}
	for _, e := range events {
		for _, a := range e.Actions {
			keyed[ActionKey{id, e.Command, a.Name}] = a
		}
	}
	return keyed
}
