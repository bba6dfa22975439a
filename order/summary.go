package order

// OrderStatus is the status of a whole order. It is computed and never stored (invariant I10).
type OrderStatus string

// The order statuses.
const (
	OrderPreparing          OrderStatus = "PREPARING"           // nothing has left
	OrderPartiallyReleased  OrderStatus = "PARTIALLY_RELEASED"  // some has left
	OrderReleased           OrderStatus = "RELEASED"            // all has left, nothing has arrived
	OrderPartiallyDelivered OrderStatus = "PARTIALLY_DELIVERED" // all has left, some has arrived
	OrderDelivered          OrderStatus = "DELIVERED"           // all has arrived
	OrderConfirmed          OrderStatus = "CONFIRMED"           // the buyer accepted all of it
	OrderCancelled          OrderStatus = "CANCELLED"           // every section was cancelled
	OrderReturned           OrderStatus = "RETURNED"            // nothing is left, and some of it came back
)

// A Summary is an order at a glance: one status, and two flags beside it.
type Summary struct {
	Status    OrderStatus `json:"status"`
	ClaimOpen bool        `json:"claimOpen"` // a claim waits for an answer
	Exception bool        `json:"exception"` // somebody must look
}

// Summarize computes the summary. A section under a claim counts as its prior status, and a replacement counts in the
// place of an exchanged section; as long as the exchange goes on only the section that comes back counts.
func Summarize(o Order) Summary {
	var sum Summary
	var n tally
	for i := range o.Sections {
		s := &o.Sections[i]
		if s.MergedInto != "" {
			continue
		}
		sum.ClaimOpen = sum.ClaimOpen || s.Status.ClaimOpen()
		sum.Exception = sum.Exception || s.Exception != nil
		if s.Kind != KindExchangeOut || o.standsIn(s) {
			n.count(s)
		}
	}
	sum.Status = n.status()
	return sum
}

// standsIn reports whether a replacement counts in the place of what it replaces: the exchange is done.
func (o *Order) standsIn(out *Section) bool {
	for i := range o.Sections {
		if s := &o.Sections[i]; s.Status == StatusExchanged {
			for j := range out.Items {
				if o.coversAny(o.origin(&out.Items[j]), entire(s)) {
					return true
				}
			}
		}
	}
	return false
}

// A tally counts sections by how far they have come.
type tally struct{ all, cancelled, live, released, delivered, confirmed int }

func (n *tally) count(s *Section) {
	n.all++
	now := s.standing()
	switch now {
	case StatusCancelled:
		n.cancelled++
		return
	case StatusReturned, StatusExchanged:
		return
	case StatusReleased:
		n.released++
	case StatusDelivered:
		n.released++
		n.delivered++
	case StatusPurchaseConfirmed:
		n.released++
		n.delivered++
		n.confirmed++
	}
	n.live++
}

func (n *tally) status() OrderStatus {
	switch {
	case n.all > 0 && n.cancelled == n.all:
		return OrderCancelled
	case n.all > 0 && n.live == 0:
		return OrderReturned
	case n.released == 0:
		return OrderPreparing
	case n.released < n.live:
		return OrderPartiallyReleased
	case n.delivered == 0:
		return OrderReleased
	case n.delivered < n.live:
		return OrderPartiallyDelivered
	case n.confirmed < n.live:
		return OrderDelivered
	}
	return OrderConfirmed
}
