package order

import (
	"fmt"
	"time"
)

// A guard is a condition beyond status and claim. It gives nil, or what is not met. Guards of a rule's state list need
// nothing from the command: [Allowed] judges them without one.
type guard func(*trial) *fault

// A fault is what a guard, or the shape of a command, has against it.
type fault struct {
	kind   error
	reason string
}

func unmet(format string, args ...any) *fault {
	if len(args) == 0 {
		return &fault{ErrGuard, format}
	}
	return &fault{ErrGuard, fmt.Sprintf(format, args...)}
}

// Faults of guards that a screen asks about for every row are made once.
var (
	notPaid     = unmet("order is not paid")
	wasScanned  = unmet("waybill already scanned")
	noWaybill   = unmet("no waybill")
	notOwnMall  = unmet("external channel: a cancel is refused by shipping")
	notExternal = unmet("own mall: a cancel is refused without shipping")
	notInStock  = unmet("stock-out: there is nothing to ship")
	notForPaid  = &fault{ErrPolicyOff, "order is paid"}
)

// A trial is one section, or part of it, held against one rule.
type trial struct {
	m       *Machine
	o       *Order
	c       *Command // empty when only the state is judged
	rule    *rule
	s       *Section
	claim   *Claim // open claim of the section, or nil
	parts   []MovedItem
	partial bool // parts are less than the section
}

// paid: 결제완료. Nothing is instructed before the order is paid.
func paid(t *trial) *fault {
	if t.o.Payment.settled() {
		return nil
	}
	return notPaid
}

// sectionFree: not on hold (배송보류).
func sectionFree(t *trial) *fault {
	if t.s.Hold == nil {
		return nil
	}
	return unmet("section is on hold: %s", t.s.Hold.Code)
}

// claimFree: the claim is not on hold (보류), or the answer lifts the hold.
func claimFree(t *trial) *fault {
	if t.claim == nil || t.claim.Hold == nil || t.c.ReleaseHold && roles(t.c.Actor.Role)&releasers != 0 {
		return nil
	}
	return unmet("claim %s is on hold: %s", t.claim.ID, t.claim.Hold.Code)
}

// placed: a shipping place (출고지) is assigned, before or by the command.
func placed(t *trial) *fault {
	if t.s.Place != "" || t.c.Place != "" {
		return nil
	}
	return unmet("no shipping place")
}

func reasoned(t *trial) *fault {
	if t.c.Reason != "" {
		return nil
	}
	return unmet("reason is missing")
}

// unscanned: the courier has not seen the outbound parcel.
func unscanned(t *trial) *fault {
	if !t.s.Scanned {
		return nil
	}
	return wasScanned
}

func byCourier(t *trial) *fault {
	if t.s.Method == MethodCourier {
		return nil
	}
	return &fault{ErrWaybillInvalid, fmt.Sprintf("method %s takes no waybill", t.s.Method)}
}

// hasWaybill: there is a waybill to remove.
func hasWaybill(t *trial) *fault {
	if t.s.Waybill != nil {
		return nil
	}
	return noWaybill
}

// ownMall: the order came in through the own mall; in an external channel a cancel is refused by shipping.
func ownMall(t *trial) *fault {
	if t.o.Channel != ChannelExternal {
		return nil
	}
	return notOwnMall
}

// external: the order came in through an external channel; in the own mall a cancel is refused without shipping.
func external(t *trial) *fault {
	if t.o.Channel == ChannelExternal {
		return nil
	}
	return notExternal
}

// inStock: what was asked to be cancelled is not short.
func inStock(t *trial) *fault {
	if t.s.Prior != StatusStockoutHeld {
		return nil
	}
	return notInStock
}

// cancellableNow: by default an immediate cancel is for unpaid orders only.
func cancellableNow(t *trial) *fault {
	if t.m.Policy.CancelNow == On || !t.o.Payment.settled() {
		return nil
	}
	return notForPaid
}

// labelled: a courier section has a waybill, its own or the command's, that is well formed and free; another method
// takes none.
func labelled(t *trial) *fault {
	if t.s.Method != MethodCourier {
		if t.c.Waybill != nil {
			return byCourier(t)
		}
		return nil
	}
	w := t.c.Waybill
	if w == nil {
		w = t.s.Waybill
	}
	return t.usable(w)
}

// newWaybill: the command brings a waybill that is well formed and free.
func newWaybill(t *trial) *fault { return t.usable(t.c.Waybill) }

// usable judges an outbound waybill: form, then invariant I8 inside the order, then the host's word on other orders.
func (t *trial) usable(w *Waybill) *fault {
	if f := t.wellFormed(w); f != nil {
		return f
	}
	for i := range t.o.Sections {
		other := &t.o.Sections[i]
		if other.ID != t.s.ID && other.Live() && other.Waybill != nil && *other.Waybill == *w &&
			!sameRecipient(other.Recipient, t.s.Recipient) {
			return &fault{ErrWaybillTaken, fmt.Sprintf("section %s carries it for another recipient", other.ID)}
		}
	}
	if t.m.Env.WaybillFree != nil && !t.m.Env.WaybillFree(*w, t.o.ID, *t.s) {
		return &fault{ErrWaybillTaken, "another order carries it for another recipient"}
	}
	return nil
}

func (t *trial) wellFormed(w *Waybill) *fault {
	if w == nil {
		return &fault{ErrWaybillInvalid, "courier and waybill are missing"}
	}
	check := t.m.Env.WaybillWellFormed
	if check == nil {
		check = plainWaybill
	}
	if err := check(*w); err != nil {
		return &fault{ErrWaybillInvalid, err.Error()}
	}
	return nil
}

// ownWaybill: what a tracker says is about the waybill that the section carries now. A section without one has nothing
// that a tracker could see delivered.
func ownWaybill(t *trial) *fault {
	if t.c.Actor.Role != RoleTracker || carriedBy(t.c.Waybill, t.s.Waybill) {
		return nil
	}
	return notCarried
}

// comesBack is ownWaybill of a return. Goods that left without a waybill may come back without one.
func comesBack(t *trial) *fault {
	if t.c.Waybill == nil && t.s.Waybill == nil {
		return nil
	}
	return ownWaybill(t)
}

// ownRecallWaybill: what a tracker says is about the recall's waybill, once that is known, or about the outbound one of
// a parcel that comes back by itself.
func ownRecallWaybill(t *trial) *fault {
	if t.c.Actor.Role != RoleTracker || t.s.RecallWaybill == nil ||
		carriedBy(t.c.Waybill, t.s.RecallWaybill) || carriedBy(t.c.Waybill, t.s.Waybill) {
		return nil
	}
	return notCarried
}

var notCarried = &fault{ErrWaybillInvalid, "not the waybill that the section carries"}

func carriedBy(w, own *Waybill) bool { return w != nil && own != nil && *w == *own }

// confirmable: a batch waits some days after delivery; a buyer does not.
func confirmable(t *trial) *fault {
	if t.c.Actor.Role != RoleBatch {
		return nil
	}
	days := t.m.Policy.ConfirmAfterDays
	if days == 0 {
		days = 7
	}
	if t.s.DeliveredAt.IsZero() || t.c.At.Before(t.s.DeliveredAt.Add(time.Duration(days)*24*time.Hour)) {
		return unmet("delivered less than %d days ago", days)
	}
	return nil
}

// retrievable: a return says how the goods come back; what the buyer or the seller sends has a payer and a waybill.
func retrievable(t *trial) *fault {
	if t.c.Claim == nil {
		return unmet("retrieve type is missing")
	}
	switch t.c.Claim.Retrieve.Type {
	case RetrieveAuto, RetrieveOther:
		return recallWaybill(t)
	case RetrieveBuyerSent, RetrieveManual:
		if t.c.Claim.Retrieve.Payer == "" {
			return unmet("payer of the way back is missing")
		}
		return t.wellFormed(t.c.Waybill)
	}
	return unmet("retrieve type is missing")
}

// optionsWanted: an exchange names the wanted option of every item. A freebie beside its parent stays what it is.
func optionsWanted(t *trial) *fault {
	for i := range t.parts {
		if t.c.Claim.wanted(t.parts[i].Item) == "" && !t.o.beside(t.parts, t.parts[i].Line) {
			return unmet("wanted option of item %s is missing", t.parts[i].Item)
		}
	}
	return nil
}

// recallWaybill: a waybill of the way back need not be known yet; one that is given is well formed.
func recallWaybill(t *trial) *fault {
	if t.c.Waybill == nil {
		return nil
	}
	return t.wellFormed(t.c.Waybill)
}

// recallAddressed: there is an address to fetch from.
func recallAddressed(t *trial) *fault {
	if t.s.Method == MethodECoupon || t.c.RecallAddress.located() || t.s.RecallAddress.located() || t.s.Recipient.located() {
		return nil
	}
	return unmet("recall address is missing")
}

// recallLabelled: the goods are on their way back under a known waybill, if a courier carries them.
func recallLabelled(t *trial) *fault {
	if f := ownRecallWaybill(t); f != nil {
		return f
	}
	w := t.c.Waybill
	if w == nil {
		w = t.s.RecallWaybill
	}
	if w == nil && t.s.Method != MethodCourier {
		return nil
	}
	return t.wellFormed(w)
}

// counted: somebody counted every unit of the completed part.
func counted(t *trial) *fault {
	if len(t.c.Reception) == 0 {
		return &fault{ErrQuantity, "nothing was counted"}
	}
	return countedIfGiven(t)
}

// countedIfGiven is counted where a platform's one-step recall may leave the counts out.
func countedIfGiven(t *trial) *fault {
	if len(t.c.Reception) == 0 {
		return nil
	}
	for _, r := range t.c.Reception {
		if !contains(t.parts, r.Item) {
			return &fault{ErrQuantity, fmt.Sprintf("counted item %s is not part of it", r.Item)}
		}
	}
	for _, p := range t.parts {
		if sum := receptionOf(t.c.Reception, p.Item).total(); sum != p.Quantity {
			return &fault{ErrQuantity, fmt.Sprintf("item %s: counted %d of %d", p.Item, sum, p.Quantity)}
		}
	}
	return nil
}

// sentBack: goods that are here already go to the buyer again under a waybill.
func sentBack(t *trial) *fault {
	if t.c.Waybill != nil {
		return t.wellFormed(t.c.Waybill)
	}
	if t.s.Status != StatusRecallCompleted || t.s.Method != MethodCourier || !t.claim.inHand(t.parts) {
		return nil
	}
	return &fault{ErrWaybillInvalid, "goods are here: the send-back waybill is missing"}
}

// refunded: the refund is recorded, by the command or by the payment state.
func refunded(t *trial) *fault {
	if t.c.Refund != "" || t.o.Payment == PaymentRefunded {
		return nil
	}
	return unmet("no refund is recorded")
}

// replacementUnreleased: what is sent instead has not left yet, so that it can be cancelled.
func replacementUnreleased(t *trial) *fault {
	if id, ok := t.o.releasedReplacement(t.parts); ok {
		return unmet("replacement %s was released", id)
	}
	return nil
}

// unreplaced: each item is replaced once. An item whose replacement was cancelled or lost may be replaced again. Without
// named items one that is still to be replaced is enough.
func unreplaced(t *trial) *fault {
	left := 0
	for i := range t.parts {
		if !t.o.replaced(t.parts[i].Item) {
			left++
		} else if len(t.c.Items) > 0 {
			return unmet("item %s has its replacement", t.parts[i].Item)
		}
	}
	if left == 0 {
		return unmet("every item has its replacement")
	}
	return nil
}

// replacementArrived: the replacement of every item is delivered, or released if policy is content with that. A freebie
// beside its parent need not be replaced.
func replacementArrived(t *trial) *fault {
	least := StatusDelivered
	if t.m.Policy.ExchangeOnRelease == On {
		least = StatusReleased
	}
	for i := range t.parts {
		given := t.o.beside(t.parts, t.parts[i].Line) && !t.o.replaced(t.parts[i].Item)
		if !given && !t.o.replacedBy(t.parts[i].Item, least) {
			return unmet("replacement of item %s is not %v", t.parts[i].Item, least)
		}
	}
	return nil
}
