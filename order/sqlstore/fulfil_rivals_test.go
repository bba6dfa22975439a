package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestTwoProcessesDeliver: two processes that do not know of each other queue, claim, try again and settle. No task is with two
// of them within its lease, no two of a stream are out at a time, and each is settled once, in the order of its stream.
func TestTwoProcessesDeliver(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		stores := []*sqlstore.Store{made(t, connect(), e), made(t, connect(), e)}
		const streams, each, workers = 5, 6, 4
		var mu sync.Mutex
		out, settled := map[order.OrderID]string{}, map[order.OrderID][]string{}
		queued, left := map[order.OrderID]int{}, streams*each
		worker := func(w int, s *sqlstore.Store) error {
			for n := 0; ; n++ {
				mu.Lock()
				id, done := order.OrderID(fmt.Sprint("O-", (w+n)%streams)), left == 0
				mu.Unlock()
				if done {
					return nil
				}
				err := s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
					if _, err := tx.Queue(ctx, fulfill.Task{Action: fulfill.Action{Key: fmt.Sprint("own/", w), Order: "own"}, State: fulfill.Done}); err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					if queued[id] == each {
						return nil
					}
					task := fulfill.Task{Action: fulfill.Action{Key: fmt.Sprintf("%s/%d", id, queued[id]), Order: id}, State: fulfill.Waiting, DueAt: noon}
					added, err := tx.Queue(ctx, task)
					queued[id] += added
					return err
				})
				if err != nil {
					return err
				}
				var claimed []fulfill.Task
				err = s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) (err error) {
					claimed, err = tx.ClaimTasks(ctx, noon, 2, time.Hour)
					return err
				})
				if err != nil {
					return err
				}
				mu.Lock()
				for _, task := range claimed {
					if other, ok := out[task.Action.Order]; ok {
						t.Errorf("%s goes out beside %s", task.Action.Key, other)
					}
					out[task.Action.Order] = task.Action.Key
				}
				mu.Unlock()
				for _, task := range claimed {
					task.State = fulfill.Done
					if task.Attempts == 1 && n%2 == 0 {
						task.State = fulfill.Waiting // it failed, and is due at once
					}
					mu.Lock()
					delete(out, task.Action.Order) // before it is settled: from then on another may have it
					if task.State == fulfill.Done {
						settled[task.Action.Order] = append(settled[task.Action.Order], task.Action.Key)
						left--
					}
					mu.Unlock()
					if err := s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, task) }); err != nil {
						return err
					}
				}
			}
		}
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				if err := worker(w, stores[w%2]); err != nil {
					t.Errorf("worker %d: %v", w, err)
					mu.Lock()
					left = 0
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for id, keys := range settled {
			var want []string
			for n := range each {
				want = append(want, fmt.Sprintf("%s/%d", id, n))
			}
			if strings.Join(keys, " ") != strings.Join(want, " ") {
				t.Errorf("of %s %q went out, want %q", id, keys, want)
			}
		}
		if len(settled) != streams {
			t.Errorf("%d streams went out, want %d", len(settled), streams)
		}
	})
}

// TestClaimPassesOverWhatIsHeld: a stream that another transaction writes to is not waited for.
func TestClaimPassesOverWhatIsHeld(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		if e.dialect == sqlstore.SQLite {
			t.Skip("one transaction writes at a time")
		}
		connect := e.fresh(t)
		s, other := made(t, connect(), e), made(t, connect(), e)
		task := func(id order.OrderID, key string) fulfill.Task {
			return fulfill.Task{Action: fulfill.Action{Key: key, Order: id}, State: fulfill.Waiting, DueAt: noon}
		}
		err := s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
			_, err := tx.Queue(ctx, task("O-1", "a"), task("O-2", "b"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
			if _, err := tx.Queue(ctx, task("O-1", "c")); err != nil {
				return err
			}
			return other.Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
				claimed, err := tx.ClaimTasks(ctx, noon, 10, time.Minute)
				if err == nil && (len(claimed) != 1 || claimed[0].Action.Key != "b") {
					err = errors.New("claimed other than what nobody holds")
				}
				return err
			})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestTaskClaimPlanOfPostgres: with as many tasks as make the difference, a claim and the look for what is due next begin at one
// end of the index and stop.
func TestTaskClaimPlanOfPostgres(t *testing.T) {
	e := engines[1]
	if !isSet(e.variable) {
		t.Skipf("%s is not set: NOT TESTED on %s", e.variable, e.dialect)
	}
	s, db := store(t, e)
	fillTasks(t, db, e, 10_000)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	looked := 0
	for _, text := range sqlstore.Texts(s) {
		if !strings.Contains(text, "streams") || !strings.Contains(text, "ORDER BY") || !strings.Contains(text, "ready_at <") {
			continue
		}
		looked++
		beginsAtIndex(t, tx, text, "waybill_streams_ready on waybill_streams", fmt.Sprint(noon.UnixNano()), "20")
	}
	if looked != 2 {
		t.Errorf("%d statements look for what is due", looked)
	}
}

// TestShipmentIsLockedFirst: one that reads a shipment and then opens a watch, and one that records and then reads the
// shipment, wait for each other and are never given up for it.
func TestShipmentIsLockedFirst(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		gaveUp := sqlstore.Wait(func(ctx context.Context, _ int) error {
			t.Error("a transaction was given up")
			return ctx.Err()
		})
		if e.dialect == sqlstore.SQLite {
			gaveUp = sqlstore.Wait(sqlstore.BackOff) // another process writes: its file is busy
		}
		stores := []*sqlstore.Store{made(t, connect(), e), made(t, connect(), e, gaveUp)}
		watch := watchID(1, "toy")
		if _, err := stores[0].Watches().Change(t.Context(), watch, opening); err != nil {
			t.Fatal(err)
		}
		err := stores[0].Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
			return tx.SaveShipment(ctx, fulfill.Shipment{ID: watch.Shipment})
		})
		if err != nil {
			t.Fatal(err)
		}
		look := func(ctx context.Context, tx fulfill.Tx) error {
			s, err := tx.Shipment(ctx, watch.Shipment)
			if err != nil {
				return err
			}
			s.Epoch++
			return tx.SaveShipment(ctx, s)
		}
		touch := func(ctx context.Context, tx fulfill.Tx) error {
			_, err := tx.Watches().Change(ctx, watch, func(w poll.Watch) poll.Watch { w.Asks++; return w })
			return err
		}
		var wg sync.WaitGroup
		for w := range 4 {
			first, then := look, touch
			if w%2 == 1 {
				first, then = touch, look
			}
			wg.Go(func() {
				for range 12 {
					err := stores[1].Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
						if err := first(ctx, tx); err != nil {
							return err
						}
						return then(ctx, tx)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		err = stores[0].Transact(t.Context(), func(ctx context.Context, tx fulfill.Tx) error {
			s, err := tx.Shipment(ctx, watch.Shipment)
			if s.Epoch != 48 {
				t.Errorf("%d of 48 are kept", s.Epoch)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
