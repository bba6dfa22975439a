package fulfill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// ageing has parcels forgotten after so many days.
func ageing(days int) func(*fulfill.Config) {
	return func(c *fulfill.Config) { c.Night.KeepParcels = time.Duration(days) * 24 * time.Hour }
}

// closed ends the watch of a parcel, as the engine does when it is told of the end.
func (w *world) closed(id poll.ShipmentID) {
	w.Helper()
	err := w.engine.Config().Store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
		_, err := tx.Watches().Change(ctx, poll.WatchID{Shipment: id, Carrier: "toy", Role: poll.Primary}, func(k poll.Watch) poll.Watch {
			if k.Life == poll.Active {
				k.Life = poll.Closed
			}
			return k
		})
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// shipments lists those of an order.
func (w *world) shipments(id order.OrderID) (of []fulfill.Shipment) {
	w.Helper()
	err := w.engine.Config().Store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) (err error) {
		of, err = tx.ShipmentsOf(ctx, id)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return of
}

// finishTasks does all that waits, and counts what was done under each key.
func (w *world) finishTasks(done map[string]int) {
	w.Helper()
	for range 100 {
		n := 0
		err := w.engine.Config().Store.Transact(w.ctx, func(ctx context.Context, tx fulfill.Tx) error {
			claimed, err := tx.ClaimTasks(ctx, w.clock(), 10, time.Minute)
			n = len(claimed)
			for _, t := range claimed {
				done[t.Action.Key]++
				t.State, t.DoneAt = fulfill.Done, w.clock()
				err = errors.Join(err, tx.SettleTask(ctx, t))
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	w.Fatal("there is no end of tasks")
}

// TestForgottenParcelActsNoMore: once its evidence is gone nothing that is said of a parcel moves an order or stock again, and its
// number is a new one for another order.
func TestForgottenParcelActsNoMore(t *testing.T) {
	w := newWorld(t, ageing(60))
	const number = "680100000001"
	w.released("O1", number)
	w.pushed(number, on(pickedUp, 1), on(delivered, 90))
	id := poll.ShipmentID{Courier: w.shipments("O1")[0].ID.Courier, Number: number, Generation: 1}
	done := map[string]int{}
	w.finishTasks(done)
	w.closed(id)
	w.pass(59 * 24 * time.Hour)
	if r := w.job(fulfill.Retain); r.Done != 0 || w.shipments("O1")[0].Forgotten {
		t.Fatalf("too early: %+v", r)
	}
	w.pass(2 * 24 * time.Hour)
	if r := w.job(fulfill.Retain); r.Done < 5 || !w.shipments("O1")[0].Forgotten {
		t.Fatalf("%+v", r)
	}
	if r := w.job(fulfill.Retain); r.Done != 0 {
		t.Errorf("twice: %+v", r)
	}
	if left := w.tasks(); len(left) != 0 {
		t.Errorf("%d tasks of the parcel are kept", len(left))
	}
	before := len(w.order("O1").History)
	w.pushed(number, on(pickedUp, 1), on(delivered, 90), on(returned, 120))
	if err := w.engine.Follow(w.ctx, "O1"); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"Ask": w.engine.Ask(w.ctx, id), "Confirm": w.engine.Confirm(w.ctx, id, order.Operator("kim"), "seen"), "Correct": w.engine.Correct(w.ctx, id, fulfill.Pin{Status: tracking.StatusReturned}),
	} {
		if !errors.Is(err, fulfill.ErrForgotten) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s := w.shipments("O1"); len(s) != 1 || s[0].Parcel.Status != delivered || len(w.tasks()) != 0 || len(w.order("O1").History) != before {
		t.Errorf("a forgotten parcel acts: %+v, %d tasks, %d events", s, len(w.tasks()), len(w.order("O1").History)-before)
	}
	x, err := w.engine.Explain(w.ctx, "O1")
	if err != nil || len(x.Sections[0].Shipments) != 1 || !x.Sections[0].Shipments[0].Forgotten || !strings.Contains(x.Text(fulfill.English), "forgotten") {
		t.Errorf("%+v, %v", x.Sections[0].Shipments, err)
	}
	w.released("O2", number)
	if s := w.shipments("O2"); len(s) != 1 || s[0].ID.Generation != 2 || s[0].Forgotten {
		t.Errorf("the number is used again: %+v", s)
	}
}

func TestKeepParcelsLongEnough(t *testing.T) {
	for keep, sound := range map[time.Duration]bool{0: true, 60 * 24 * time.Hour: true, 60*24*time.Hour - 1: false, -time.Hour: false} {
		_, err := fulfill.New(fulfill.Config{
			Store: fulfill.NewMemoryStore(), Carriers: []tracking.Carrier{newToy("toy")}, Night: fulfill.Night{KeepParcels: keep},
		})
		if sound != (err == nil) {
			t.Errorf("%v: %v", keep, err)
		}
	}
}

// TestNotForgotten: what is under way, or held, or not done stays.
func TestNotForgotten(t *testing.T) {
	for name, spoil := range map[string]func(w *world, id poll.ShipmentID){
		"the watch is open": func(w *world, id poll.ShipmentID) { w.finishTasks(map[string]int{}) },
		"a task waits":      func(w *world, id poll.ShipmentID) { w.closed(id) },
		"the order shares it and waits": func(w *world, id poll.ShipmentID) {
			w.closed(id)
			w.released("O2", id.Number)
			w.finishTasks(map[string]int{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ageing(60))
			w.released("O1", "680100000001")
			if name == "the order shares it and waits" {
				w.pushed("680100000001", on(pickedUp, 1))
			} else {
				w.pushed("680100000001", on(pickedUp, 1), on(delivered, 90))
			}
			spoil(w, w.shipments("O1")[0].ID)
			w.pass(100 * 24 * time.Hour)
			if r := w.job(fulfill.Retain); r.Done != 0 || w.shipments("O1")[0].Forgotten {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestForgettingChangesNoEnd lets the same stories come to pass with parcels forgotten at random times and without: orders and all
// that was ever done are the same.
func TestForgettingChangesNoEnd(t *testing.T) {
	forgotten := 0
	for seed := range uint64(40) {
		want, _ := aged(t, seed, 0)
		got, n := aged(t, seed, 60)
		forgotten += n
		if !slices.Equal(got, want) {
			t.Errorf("seed %d: with parcels forgotten it ends\n%s\nand without\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if forgotten < 20 {
		t.Errorf("only %d parcels were forgotten", forgotten)
	}
}

// aged is a random story, after which weeks and months pass in which carriers repeat themselves, orders are looked at and numbers are used
// again. It gives how all ends, and how many parcels were forgotten.
func aged(t *testing.T, seed uint64, keep int) (end []string, forgotten int) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 7))
	m := &tale{dice: dice, numbers: []string{"680100000001", "680100000002", "680100000003"}, recalls: []string{"680200000001"}, scans: map[string][]scan{}}
	m.world = newWorld(t, func(c *fulfill.Config) {
		m.store = &fragile{Store: c.Store, dice: rand.New(rand.NewPCG(seed, 8))}
		c.Store = m.store
		c.Night.KeepParcels = time.Duration(keep) * 24 * time.Hour
	})
	done := map[string]int{}
	for i := range 2 {
		id := order.OrderID(fmt.Sprintf("O%d", i+1))
		if dice.IntN(3) == 0 {
			m.ordered(id)
		} else {
			m.released(id, m.numbers[dice.IntN(3)])
		}
		m.orders = append(m.orders, id)
	}
	for _, number := range slices.Concat(m.numbers, m.recalls) {
		m.scans[number] = m.story()
	}
	for range 12 {
		m.step()
	}
	everything := func() {
		for _, number := range slices.Concat(m.numbers, m.recalls) {
			m.ignore(m.push("toy", number, m.scans[number]...))
		}
	}
	everything()
	for round := range 6 {
		m.finishTasks(done)
		for _, id := range m.orders {
			for _, s := range m.shipments(id) {
				m.closed(s.ID)
			}
		}
		m.pass(time.Duration(20+dice.IntN(60)) * 24 * time.Hour)
		if dice.IntN(2) == 0 {
			m.job(fulfill.Retain)
		}
		everything()
		for _, id := range m.orders {
			if err := m.engine.Follow(m.ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if round == 3 { // a number is used again
			id := order.OrderID("N1")
			m.released(id, m.numbers[dice.IntN(3)])
			m.orders = append(m.orders, id)
		}
	}
	m.finishTasks(done)
	for _, id := range m.orders {
		o := m.order(id)
		if err := order.Check(o); err != nil {
			t.Error(err)
		}
		line := fmt.Sprintf("%s: %d events,", id, len(o.History))
		for _, s := range o.Sections {
			line += fmt.Sprintf(" %s %v", s.ID, s.Status)
		}
		for _, s := range m.shipments(id) {
			line += fmt.Sprintf("; %s/%d %v", s.ID.Number, s.ID.Generation, s.Parcel.Status)
			if s.Forgotten {
				forgotten++
			}
		}
		end = append(end, line)
	}
	for key, n := range done {
		end = append(end, fmt.Sprintf("%s: %d", key, n))
	}
	slices.Sort(end)
	return end, forgotten
}
