package sqlstore_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// TestParallelShipCallsDoNotOvership is E9: of two calls that ship the same goods one ships them and one is refused.
func TestParallelShipCallsDoNotOvership(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		for round := range 5 {
			id := order.OrderID(fmt.Sprint("O-", round))
			create(t, s, id)
			execute(t, s, id, command("instruct", order.InstructDelivery, "S1"))
			execute(t, s, id, command("release", order.InstructRelease, "S1"))
			var errs [2]error
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() {
					c := command(order.CommandID(fmt.Sprint("ship-", i)), order.CompleteRelease, "S1")
					c.Items, c.Waybill = []order.ItemQuantity{{Item: "I2", Quantity: 3}}, shipment(10*round+i)
					_, _, errs[i] = s.Execute(t.Context(), id, c)
				})
			}
			wg.Wait()
			var refused *order.Refused
			if (errs[0] == nil) == (errs[1] == nil) || !errors.As(errors.Join(errs[:]...), &refused) || !errors.Is(refused, order.ErrQuantity) {
				t.Errorf("round %d: %v", round, errs)
			}
			o, err := s.Load(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			shipped := 0
			for _, section := range o.Sections {
				if section.Status == order.StatusReleased {
					shipped += section.Quantity()
				}
			}
			if shipped != 3 || order.Check(o) != nil {
				t.Errorf("round %d: %d shipped, %v", round, shipped, order.Check(o))
			}
		}
	})
}

// TestExecuteOnce: the same command again changes nothing, another under its id is refused, and its actions are in the outbox once.
func TestExecuteOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		first := create(t, s, "O-1")
		if again := create(t, s, "O-1"); again.Version != first.Version || len(again.History) != 1 {
			t.Errorf("created again: %+v", again)
		}
		cancel := command("cancel", order.RequestCancel, "S1")
		execute(t, s, "O-1", cancel)
		approve := command("approve", order.ApproveCancel, "S1")
		after, changes := execute(t, s, "O-1", approve)
		again, stored := execute(t, s, "O-1", approve)
		if len(again.History) != len(after.History) || len(stored) != len(changes) {
			t.Errorf("%d events, then %d", len(after.History), len(again.History))
		}
		approve.Reason = "another"
		if _, _, err := s.Execute(t.Context(), "O-1", approve); !errors.Is(err, order.ErrDuplicateCommand) {
			t.Errorf("another command under the id: %v", err)
		}
		var want, got []string
		for _, task := range fulfill.Commanded(&after, after.History, noon) {
			want = append(want, task.Action.Key)
		}
		rows, err := db.QueryContext(t.Context(), "SELECT task_key, state, attempts, fence FROM waybill_outbox")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var key, state string
			var attempts, fence int
			if err := rows.Scan(&key, &state, &attempts, &fence); err != nil || state != "waiting" || attempts+fence != 0 {
				t.Fatal(state, attempts, fence, err)
			}
			got = append(got, key)
		}
		slices.Sort(want)
		slices.Sort(got)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("the outbox has %v, want %v", got, want)
		}
	})
}

// TestNothingIsLostInARace: commands that many give at once are all in the history, each once.
func TestNothingIsLostInARace(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		create(t, s, "O-1")
		const clerks = 6
		var wg sync.WaitGroup
		for n := range clerks {
			wg.Go(func() {
				for tries := 0; ; tries++ {
					_, _, err := s.Execute(t.Context(), "O-1", remark(fmt.Sprint(n)))
					if err == nil {
						return
					}
					if !errors.Is(err, order.ErrStale) || tries > 20 {
						t.Errorf("clerk %d: %v", n, err)
						return
					}
				}
			})
		}
		wg.Wait()
		if got := events(t, s, "O-1"); got != clerks+1 {
			t.Errorf("%d events, want %d", got, clerks+1)
		}
	})
}

// TestExecuteElsewhere: there is no order but one that is being created, and under its own id.
func TestExecuteElsewhere(t *testing.T) {
	s, _ := store(t, engines[0])
	if _, _, err := s.Execute(t.Context(), "O-1", remark("x")); !errors.Is(err, order.ErrNoOrder) {
		t.Error(err)
	}
	if _, _, err := s.Execute(t.Context(), "O-2", creation("O-1")); !errors.Is(err, order.ErrNoOrder) {
		t.Error(err)
	}
	rules := order.Machine{Policy: order.AllOff()}
	strict, _ := store(t, engines[0], sqlstore.Rules(rules))
	create(t, strict, "O-1")
	c := command("now", order.CancelNow, "S1")
	if _, _, err := strict.Execute(t.Context(), "O-1", c); !errors.Is(err, order.ErrPolicyOff) {
		t.Error(err)
	}
}

// TestLimits: what a column does not take is refused before anything is written, and the same everywhere.
func TestLimits(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		for name, id := range map[string]order.OrderID{
			"long": order.OrderID(make([]byte, 256)), "zero": "O\x001", "no UTF-8": "O\xff",
		} {
			if _, _, err := s.Execute(t.Context(), id, creation(id)); !errors.Is(err, sqlstore.ErrLimit) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, text := range []string{"O\x001", "O\xff", string(make([]byte, 256))} {
			if _, err := s.Locate(t.Context(), order.Key{DeliveryNo: text}); !errors.Is(err, order.ErrNoOrder) {
				t.Error(err)
			}
			found, err := s.Find(t.Context(), order.Query{Filter: order.Filter{Tenant: text, Orders: []order.OrderID{order.OrderID(text)}, Place: text, SKU: text}})
			if err != nil || found.Total != 0 {
				t.Error(found.Total, err)
			}
		}
		o := create(t, s, "O-1")
		if err := s.Save(t.Context(), o, nil); !errors.Is(err, sqlstore.ErrHistory) {
			t.Error(err)
		}
		if err := s.Save(t.Context(), order.Order{ID: "O-2"}, o.History); !errors.Is(err, sqlstore.ErrHistory) {
			t.Error(err)
		}
	})
}
