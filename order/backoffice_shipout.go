package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A ShipOut is how one subject of a bulk ship-out (일괄 출고완료) was judged.
type ShipOut struct {
	Result
	Row   Row  // the section as it is; empty if there is none
	Split bool // a part would leave, the rest would stay behind
}

// CheckShipOut judges a bulk ship-out and changes nothing (출고완료일괄등록정보조회). Each subject is judged on the order as it
// is, not as its neighbours would leave it. What passes can still be refused by [BackOffice.ShipOut] if something
// changes meanwhile: compare the Version, or let the second judgement decide.
func (b *BackOffice) CheckShipOut(ctx context.Context, w Work) ([]ShipOut, error) {
	op, err := shippingOut(&w)
	if err != nil {
		return nil, err
	}
	if err := w.validate(); err != nil {
		return nil, err
	}
	checked := make([]ShipOut, len(w.On))
	for i, s := range w.On {
		checked[i].Subject = s
		checked[i].Err = b.check(ctx, &w, op, &checked[i])
	}
	return checked, nil
}

// ShipOut ships sections out, or parts of them, each with its waybill (출고완료 일괄등록). The target is RELEASED, which is the
// default, or RELEASE_INSTRUCTED, which only registers the waybills. A subject that was shipped before with the same
// waybill is a no-op, also if it was a part that has long become a section of its own: the same sheet twice changes
// nothing. The role of the actor is an operator or [RoleBulk].
func (b *BackOffice) ShipOut(ctx context.Context, w Work) ([]Result, error) {
	op, err := shippingOut(&w)
	if err != nil {
		return nil, err
	}
	return b.operate(ctx, w, op)
}

func shippingOut(w *Work) (operation, error) {
	event := CompleteRelease
	switch w.Target {
	case 0, StatusReleased:
	case StatusReleaseInstructed:
		event = RegisterWaybill
	default:
		return operation{}, fmt.Errorf("%w to %v: a ship-out ends in %v or %v", ErrNoStep, w.Target, StatusReleased, StatusReleaseInstructed)
	}
	done := func(o *Order, s *Section, asked Subject) (Section, bool) { return o.shipped(s, asked, event) }
	return operation{event: always(event), done: done}, w.namesSections()
}

// check judges one subject.
func (b *BackOffice) check(ctx context.Context, w *Work, op operation, r *ShipOut) error {
	id, err := b.orderOf(ctx, r.Subject)
	if err != nil {
		return err
	}
	o, err := b.load(ctx, id)
	if err != nil {
		return err
	}
	c, err := r.command(w, &o, op)
	if errors.Is(err, ErrNoOrder) {
		return err
	}
	r.Order, r.Version, r.NoOp = o.ID, o.Version, errors.Is(err, errDone)
	asked, _ := o.Section(c.Section)
	r.Row = rowOf(&o, &asked)
	at, _ := o.Section(r.Section)
	r.Status = at.Status
	if r.NoOp {
		return nil
	}
	r.Events, err = b.machine.Decide(o, c)
	for _, e := range r.Events {
		r.Split = r.Split || slices.ContainsFunc(e.Moves, func(m Move) bool { return m.Into != "" })
	}
	return err
}

// shipped finds the section in which what a subject asks for has been done already: the section itself or one that was
// split from it, that carries the waybill and has left (or, where only a waybill is registered, carries it at all). What
// is asked to leave without a waybill is done when it has left.
func (o *Order) shipped(s *Section, asked Subject, event EventName) (Section, bool) {
	w := asked.Waybill.normal()
	var done []*Section
	for i := range o.Sections {
		at := &o.Sections[i]
		carries := at.Waybill != nil && w != nil && *at.Waybill == *w || w == nil && event == CompleteRelease
		if carries && o.descends(at, s.ID) && (event == RegisterWaybill || reached(at, StatusReleased)) {
			done = append(done, at)
		}
	}
	if len(done) == 0 || len(asked.Items) == 0 && done[0].ID != s.ID {
		return Section{}, false
	}
	for _, q := range asked.Items {
		if !o.hold(done, q, asked.Items) {
			return Section{}, false
		}
	}
	return *done[0], true
}

// descends reports whether a section is another one or was split from it.
func (o *Order) descends(s *Section, from SectionID) bool {
	for s.ID != from {
		i := o.sectionIndex(s.Parent)
		if i < 0 {
			return false
		}
		s = &o.Sections[i]
	}
	return true
}

// hold reports whether sections have what was asked for of an item, which may have been divided since. Several entries of
// one item add up; all of an item is where the item itself is.
func (o *Order) hold(done []*Section, q ItemQuantity, asked []ItemQuantity) bool {
	want, have, itself := 0, 0, false
	for _, other := range asked {
		if other.Item == q.Item {
			want += other.Quantity
		}
	}
	for _, s := range done {
		for i := range s.Items {
			if o.takenFrom(&s.Items[i], q.Item) {
				have += s.Items[i].Quantity
				itself = itself || s.Items[i].ID == q.Item
			}
		}
	}
	return have > 0 && have >= want && (q.Quantity > 0 || itself)
}

// takenFrom reports whether an item is another one or was divided from it.
func (o *Order) takenFrom(it *Item, id ItemID) bool {
	for it.ID != id {
		if it.From == "" {
			return false
		}
		_, from := o.item(it.From)
		if from == nil {
			return it.From == id
		}
		it = from
	}
	return true
}
