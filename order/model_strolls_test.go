package order_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// strollRecord gives a record event that guards look at.
func (w *world) strollRecord(r *rand.Rand, counts *tally) (string, error) {
	ids := w.model.ids()
	id := ids[r.IntN(len(ids))]
	s, _ := w.order.Section(id)
	c := order.Command{Section: id, Actor: order.Operator("kim")}
	late := false
	switch r.IntN(6) {
	case 5:
		prior := w.model.sections[id]
		if late = s.Waybill != nil && prior.prior == "RELEASED" && prior.claim != "C"; !late {
			return "", nil
		}
		c.Event, c.Actor, c.Waybill = order.PriorStatusUpdated, order.Tracker("t"), s.Waybill
	case 0:
		c.Event, c.Hold = order.ClaimHeld, &order.Hold{Code: "FEE"}
	case 1, 2:
		c.Event = order.ClaimReleased
	case 3:
		if s.Waybill == nil {
			return "", nil
		}
		c.Event, c.Actor, c.Waybill = order.WaybillScanned, order.Tracker("t"), s.Waybill
	case 4:
		c = order.Command{Event: order.PaymentChanged, Actor: order.System("shop"), Payment: order.PaymentPaid}
	}
	before := w.order
	err := w.record(c)
	counts.commands++
	var refused *order.Refused
	if err != nil && !errors.As(err, &refused) {
		return c.Event.String(), err
	}
	if err == nil {
		counts.records++
	}
	if late && err == nil {
		w.model = w.model.clone()
		prior := w.model.sections[id]
		prior.prior = "DELIVERED"
		w.model.sections[id] = prior
	}
	if rise := w.order.Version - before.Version; rise != 0 && rise != 1 || (late || c.Event == order.WaybillScanned) && rise != 0 {
		return c.Event.String(), fmt.Errorf("version rose by %d", rise)
	}
	return fmt.Sprintf("%s %s: %v", c.Event, id, err), nil
}

// strollMerge joins two sections that may be joined, and asks for the rest too.
func (w *world) strollMerge(r *rand.Rand, counts *tally) (string, error) {
	ids := w.model.ids()
	one, two := ids[r.IntN(len(ids))], ids[r.IntN(len(ids))]
	for range 10 {
		if w.mergeable(one, two) {
			break
		}
		one, two = ids[r.IntN(len(ids))], ids[r.IntN(len(ids))]
	}
	want := w.mergeable(one, two)
	if got := slices.Contains(order.Mergeable(w.order, one), two); got != want {
		return "", fmt.Errorf("Mergeable(%s) has %s: %v, want %v", one, two, got, want)
	}
	version := w.order.Version
	err := w.record(order.Command{Event: order.SectionsMerged, Actor: order.Operator("kim"), Sections: []order.SectionID{one, two}})
	counts.commands++
	said := fmt.Sprintf("merge %s and %s: %v", one, two, err)
	if (err == nil) != want {
		return said, fmt.Errorf("the model says mergeable %v, the answer was %w", want, err)
	}
	if err == nil {
		counts.merges++
		w.model = w.model.clone()
		w.model.merge([]order.SectionID{one, two})
		version++
	}
	if w.order.Version != version {
		return said, fmt.Errorf("version %d, want %d", w.order.Version, version)
	}
	return said, nil
}

func (w *world) mergeable(one, two order.SectionID) bool {
	a, _ := w.order.Section(one)
	b, _ := w.order.Section(two)
	m, n := w.model.sections[one], w.model.sections[two]
	early := []string{"ORDERED", "DELIVERY_INSTRUCTED", "RELEASE_INSTRUCTED", "STOCKOUT_HELD"}
	return one != two && m.kind == order.KindOriginal && n.kind == order.KindOriginal && m.status == n.status &&
		slices.Contains(early, m.status) && a.Place == b.Place && a.Method == b.Method && sameRecipient(a, b) &&
		a.Waybill == nil && b.Waybill == nil && a.Hold == nil && b.Hold == nil
}

// strollRepeat gives a command again: with the same content nothing happens, with another it is refused.
func (w *world) strollRepeat(r *rand.Rand, counts *tally) (string, error) {
	w.now = w.now.Add(time.Minute)
	c, ok := w.pick(r)
	if !ok || c.Actor.Role == order.RoleTracker {
		return "", nil
	}
	accepted, difference := w.try(c)
	counts.commands++
	said := fmt.Sprintf("%s %s %s items %v by %s: accepted %v, and again", c.ID, c.Event, c.Section, c.Items, c.Actor.Role, accepted)
	if difference != "" || !accepted {
		if difference != "" {
			return said, errors.New(difference)
		}
		return said, nil
	}
	counts.accepted++
	counts.repeats++
	counts.events[c.Event.String()]++
	c.At, c.ExpectedVersion = c.At.Add(time.Hour), 0
	again, events, err := w.judge.Handle(w.order, c)
	if err != nil || !sameBytes(again, w.order) || len(events) == 0 || events[0].Command != c.ID {
		return said, fmt.Errorf("a repeat gave %d events, %w", len(events), err)
	}
	c.Reason += "other"
	if _, _, err = w.judge.Handle(w.order, c); !errors.Is(err, order.ErrDuplicateCommand) {
		return said, fmt.Errorf("the same id with other content gave %w", err)
	}
	return said, nil
}

func sameBytes(a, b order.Order) bool {
	one, err := order.Encode(a)
	two, err2 := order.Encode(b)
	return err == nil && err2 == nil && bytes.Equal(one, two)
}
