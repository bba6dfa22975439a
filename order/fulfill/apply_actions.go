package fulfill

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// effects queues what is to be done: what the parcel's status asks for, with everything that left under its waybill, and what
// sections asked for.
func (w *work) effects(ctx context.Context, p *parcel, folios []*folio, found *findings) error {
	var all findings
	for _, f := range folios {
		for i := range f.order.Sections {
			s := &f.order.Sections[i]
			if roleOf(s, p.waybill) != order.WaybillOutbound || !left(s) {
				continue
			}
			for _, name := range w.engine.asked(p) {
				all.add(name, p.cause(), &f.order, s)
			}
		}
	}
	if p.disputed {
		for _, f := range folios {
			for i := range f.order.Sections {
				if s := &f.order.Sections[i]; roleOf(s, p.waybill) == order.WaybillOutbound && left(s) {
					found.add(AlertOperations, causeDisagreement+"/"+p.cause(), &f.order, s)
				}
			}
		}
	}
	for _, list := range []*findings{&all, found} {
		for _, key := range list.keys {
			if list == &all && p.s.Awaiting != AwaitingNothing && movesStock(key.name) {
				continue
			}
			if err := w.effect(ctx, p, key, list.items[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

// movesStock reports whether stock or money moves with an action.
func movesStock(name Name) bool { return name == ConfirmInventory || name == CreateReturnInbound }

// asked lists what a parcel's status asks for, once something has left.
func (e *Engine) asked(p *parcel) []Name {
	step, actions := statusmap.Step(p.state.Status, p.state.Sub)
	var names []Name
	for _, a := range [...]struct {
		name Name
		on   bool
	}{
		{ConfirmInventory, actions.Has(statusmap.ActionConfirmInventory)},
		{NotifyCustomer, actions.Has(statusmap.ActionNotify)},
		{CreateReturnInbound, actions.Has(statusmap.ActionReturnInbound) || p.kind == failed && e.config.ReturnInboundOnFailure},
		{AlertOperations, actions.Has(statusmap.ActionAlert) || step == statusmap.WMSReview},
	} {
		if a.on {
			names = append(names, a.name)
		}
	}
	return names
}

// effect queues one action, if it is new. Goods that left after it was queued, such as those of a second order in the same
// box, get one of their own; an alert is one for all.
func (w *work) effect(ctx context.Context, p *parcel, what findingKey, items []Item) error {
	key := parcelKey(p.s.ID, what.name, what.cause, p.s.Epoch)
	type of struct {
		order order.OrderID
		line  order.LineID
	}
	had, err := w.tasksUnder(ctx, key)
	if err != nil || len(had) > 0 && what.name == AlertOperations {
		return err
	}
	key = numbered(key, len(had)+1)
	if what == (findingKey{CreateReturnInbound, tracking.StatusReturned.String()}) { // one that a failed attempt opened serves the return too
		opened, err := w.tasksUnder(ctx, parcelKey(p.s.ID, what.name, tracking.StatusFailed.String(), p.s.Epoch))
		if err != nil {
			return err
		}
		had = append(had, opened...)
	}
	covered := map[of]int{}
	for i := range had {
		for _, it := range had[i].Action.Items {
			covered[of{it.Order, it.Line}] += it.Quantity
		}
	}
	var rest []Item
	for _, it := range items {
		k := of{it.Order, it.Line}
		done := min(covered[k], it.Quantity)
		covered[k] -= done
		if it.Quantity -= done; it.Quantity > 0 {
			rest = append(rest, it)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return w.queue(ctx, Task{
		Action: Action{
			Key: key, Name: what.name, Order: rest[0].Order, Items: rest, Shipment: p.s.ID, Epoch: p.s.Epoch,
			Status: p.state.Status, Sub: p.state.Sub, Reason: p.reason(what.cause), At: p.when(w.now),
		},
		State: Waiting, DueAt: w.now, CreatedAt: w.now,
	})
}

// tasksUnder gives the actions under a key, in the order of their numbers.
func (w *work) tasksUnder(ctx context.Context, key string) (tasks []Task, err error) {
	for {
		t, err := w.tx.Task(ctx, numbered(key, len(tasks)+1))
		if errors.Is(err, ErrNoTask) {
			return tasks, nil
		}
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
}

// reason is why, for people.
func (p *parcel) reason(cause string) string {
	why := p.said()
	switch {
	case strings.HasPrefix(cause, causeCancelScanned):
		why = "the parcel is under way: the cancel can only be rejected; " + why
	case strings.HasPrefix(cause, causeCancelled):
		why = "cancelled but moving; " + why
	case cause == causeArrived:
		why = "the recall arrived, count it; " + why
	case cause == causeRecall:
		why = "the recall is on its way; " + why
	case strings.HasPrefix(cause, causeDisagreement):
		why = "another carrier says otherwise; " + why
	case p.kind == silent:
		why = "nobody can tell what became of the parcel; " + why
	}
	if p.by.carrier != "" {
		why += ", said by " + p.by.carrier
	}
	return why
}

// numbered is the key of the n-th action under a key.
func numbered(key string, n int) string {
	if n == 1 {
		return key
	}
	return fmt.Sprintf("%s/%d", key, n)
}

// standing lists the actions that are taken back when what they rest on is not believed any more, with the kinds of parcel
// that bear them out. What was told or found on the way there stays as it is.
var standing = [...]struct {
	name  Name
	cause string
	stays func(kind) bool
}{
	{ConfirmInventory, tracking.StatusDelivered.String(), stillDelivered},
	{NotifyCustomer, tracking.StatusDelivered.String(), stillDelivered},
	{CreateReturnInbound, tracking.StatusReturned.String(), stillReturned},
	{AlertOperations, tracking.StatusReturned.String(), stillReturned},
	{CreateReturnInbound, tracking.StatusFailed.String(), func(k kind) bool { return k != delivered && k != lost }},
	{CreateReturnInbound, causeRecall, func(k kind) bool { return k != silent && k != cancelled }},
	{AlertOperations, causeArrived, func(k kind) bool { return k == delivered }},
}

// A return that only the route tells of withdraws nothing yet.
func stillDelivered(k kind) bool { return k == delivered || k == inferred }
func stillReturned(k kind) bool  { return k == returned || k == inferred }

// undone withdraws what the parcel bears out no more: what was never tried at once, and what was done, or may have been, by
// a task that takes it back. If there is anything, the epoch ends, and what it still bears out goes too: it is caused again in
// the next one, if the parcel asks for it as it is. It gives the tasks that take back, and whether there was anything.
func (w *work) undone(ctx context.Context, p *parcel) (undo []Task, any bool, err error) {
	for _, still := range [...]bool{false, true} {
		if still && !any {
			break
		}
		for _, a := range standing {
			if a.stays(p.kind) != still {
				continue
			}
			tasks, err := w.tasksUnder(ctx, parcelKey(p.s.ID, a.name, a.cause, p.s.Epoch))
			if err != nil {
				return nil, false, err
			}
			any = any || len(tasks) > 0
			for _, t := range tasks {
				taking, err := w.takeBack(ctx, p, t)
				if err != nil {
					return nil, false, err
				}
				undo = append(undo, taking...)
			}
		}
	}
	return undo, any, nil
}

// takeBack withdraws a task that nobody tried, and gives the one that takes the effect of another back.
func (w *work) takeBack(ctx context.Context, p *parcel, t Task) (undo []Task, err error) {
	switch {
	case t.State == Waiting && t.Attempts == 0:
		t.State, t.DoneAt, t.Why = Withdrawn, w.now, whyWithdrawn
		return nil, w.tx.AmendTask(ctx, t)
	case t.State == Passed: // nobody did it, and nobody could take it back
		return nil, nil
	}
	action := t.Action
	action.Key, action.Undo, action.At = undoKey(action.Key), true, p.when(w.now)
	action.Reason = "taken back: " + p.reason("")
	return []Task{{Action: action, State: Waiting, DueAt: w.now, CreatedAt: w.now}}, nil
}
