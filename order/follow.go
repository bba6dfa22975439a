package order

import "slices"

// follow adds what a status event brings with it: record events that belong to the same command, and actions.
func (d *decision) follow(r *rule, trials []trial, moves []Move) {
	switch d.c.Event {
	case ConvertToReturn, ConvertToReturnEarly, RejectExchange, WithdrawExchange:
		d.cancelReplacements(partsOf(trials))
	case CourierReturn, RevertDelivery:
		d.withdrawEvidence(moves)
	}
	for i := range moves {
		d.actOn(r, &trials[i], moves[i])
	}
}

func partsOf(trials []trial) []MovedItem {
	if len(trials) == 1 {
		return trials[0].parts
	}
	var all []MovedItem
	for i := range trials {
		all = append(all, trials[i].parts...)
	}
	return all
}

// cancelReplacements cancels what would be sent without anything coming back for it. The guards made sure that it has
// not left. Only the surplus goes: a replacement of two whose exchange goes on for one keeps one.
func (d *decision) cancelReplacements(parts []MovedItem) {
	moves := d.cancelled(parts)
	if len(moves) > 0 {
		d.add(ReplacementCancelled, 0, moves, nil)
	}
}

func (d *decision) cancelled(parts []MovedItem) []Move {
	all := d.o.surplusOf(parts)
	if len(all) == 0 {
		return nil
	}
	var moves []Move
	for i := len(d.o.Sections) - 1; i >= 0; i-- {
		s := &d.o.Sections[i]
		if s.Kind != KindExchangeOut || s.void() || reached(s, StatusReleased) {
			continue
		}
		t := trial{m: d.m, o: d.o, c: &d.c, s: s, claim: d.o.openClaim(s)}
		for j := range s.Items {
			k := surplusIndex(all, d.o.origin(&s.Items[j]).ID)
			if k < 0 || all[k].count <= 0 {
				continue
			}
			n := min(all[k].count, s.Items[j].Quantity)
			all[k].count -= n
			t.add(s.Items[j], n)
		}
		if len(t.parts) == 0 {
			continue
		}
		_ = t.fits() // never more than there is: it only tells part from whole
		m := d.split(&t)
		m.To = StatusCancelled
		if t.claim != nil {
			m.Outcome = OutcomeCompleted
		}
		moves = append(moves, m)
		d.act(ReleaseReservation, m, nil)
	}
	return moves
}

// withdrawEvidence records that what made sections DELIVERED is not believed any more.
func (d *decision) withdrawEvidence(moves []Move) {
	var withdrawn []Move
	for _, m := range moves {
		if m.From == StatusDelivered {
			w := Move{Section: m.Target(), From: m.To, To: m.To, Prior: m.Prior, Items: m.Items}
			withdrawn = append(withdrawn, w)
			d.act(CompensateDelivery, w, nil)
		}
	}
	if len(withdrawn) > 0 {
		d.add(EvidenceWithdrawn, 0, withdrawn, nil)
	}
}

// actOn collects what is to be done outside because of one move of the command's own event.
func (d *decision) actOn(r *rule, t *trial, m Move) {
	switch d.c.Event {
	case RegisterStockout:
		d.act(CallList, m, nil)
		d.act(StockoutNotice, m, nil)
	case CancelNow, ApproveCancel, CancelForStockout:
		d.act(CustomerMessage, m, nil)
		if d.c.Event != CancelForStockout && t.s.Prior != StatusStockoutHeld { // nothing is reserved of what is short
			d.act(ReleaseReservation, m, nil)
		}
		d.refund(t.s, m)
	case InstructRecall:
		if t.claim.Retrieve.ordered() && t.s.Method == MethodCourier {
			d.act(OrderRecall, m, nil)
		}
	case WithdrawReturn, WithdrawExchange:
		if m.From == StatusRecallInstructed {
			d.act(CancelRecall, m, t.s.RecallWaybill)
		}
	case CourierReturn:
		d.act(OpenReturnInbound, m, nil)
	case ReplaceWaybill:
		d.act(ResetTracking, m, d.c.Waybill)
	case CompleteReturn:
		d.restock(t, m)
	}
	if r.closes == OutcomeRejected || r.to == StatusReturned || r.to == StatusExchanged {
		d.act(CustomerMessage, m, nil)
	}
}

// ordered reports whether somebody has to order the recall: not if the buyer sends the goods or the seller saw to it.
func (r Retrieve) ordered() bool { return r.Type != RetrieveBuyerSent && r.Type != RetrieveManual }

// refund asks for the money of a cancelled or lost section, if there was any. A replacement was paid for by what it
// replaces.
func (d *decision) refund(s *Section, m Move) {
	if d.o.Payment.settled() && s.Kind != KindExchangeOut {
		d.act(RefundPayment, m, nil)
	}
}

// restock puts good units back on the shelf: not damaged ones, and by default none of a return that came out of an
// exchange.
func (d *decision) restock(t *trial, m Move) {
	if t.claim.ConvertedFrom != "" && d.m.Policy.RestockConverted != On {
		return
	}
	good := m
	good.Items = nil
	for _, p := range m.Items {
		if it := t.claim.item(p.Item); it != nil && it.Received > 0 {
			p.Quantity = min(p.Quantity, it.Received)
			good.Items = append(good.Items, p)
		}
	}
	if len(good.Items) > 0 {
		d.act(Restock, good, nil)
	}
}

// act adds a move to the action of a name: each command has one action of a name, for its key says no more.
func (d *decision) act(name ActionName, m Move, w *Waybill) {
	i := slices.IndexFunc(d.actions, func(a Action) bool { return a.Name == name })
	if i < 0 {
		i = len(d.actions)
		d.actions = append(d.actions, Action{Name: name, Reason: d.c.Reason})
	}
	a := &d.actions[i]
	if !slices.Contains(a.Sections, m.Target()) {
		a.Sections = append(a.Sections, m.Target())
	}
	if w != nil {
		a.Waybills = append(a.Waybills, *w)
	}
	for _, p := range m.Items {
		a.Items = append(a.Items, ActionQuantity{Section: m.Target(), Item: p.result(), Line: p.Line, Quantity: p.Quantity})
	}
}
