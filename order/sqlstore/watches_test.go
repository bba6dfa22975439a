package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/poll/polltest"
)

func TestWatches(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		again := map[poll.Store]func() poll.Store{}
		var open func(t *testing.T, connect func() *sql.DB) poll.Store
		open = func(t *testing.T, connect func() *sql.DB) poll.Store {
			db := connect()
			s := made(t, db, e)
			ws := s.Watches()
			again[ws] = func() poll.Store { s.Close(); db.Close(); return open(t, connect) }
			return ws
		}
		polltest.RunStore(t, polltest.StoreHarness{
			New:    func(t *testing.T) poll.Store { return open(t, empty(t)) },
			Reopen: func(_ *testing.T, s poll.Store) poll.Store { return again[s]() },
		})
	})
}

// watchesInTx makes every call one in a transaction.
type watchesInTx struct{ s *sqlstore.Store }

func (w watchesInTx) do(ctx context.Context, f func(context.Context, poll.Store) error) error {
	return w.s.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) error { return f(ctx, tx.Watches()) })
}

func (w watchesInTx) Claim(ctx context.Context, r poll.ClaimRequest) (ws []poll.Watch, err error) {
	err = w.do(ctx, func(ctx context.Context, s poll.Store) (err error) { ws, err = s.Claim(ctx, r); return err })
	return ws, err
}

func (w watchesInTx) Release(ctx context.Context, ws []poll.Watch) error {
	return w.do(ctx, func(ctx context.Context, s poll.Store) error { return s.Release(ctx, ws) })
}

func (w watchesInTx) Record(ctx context.Context, r poll.Report, decide func(poll.Watch, tracking.Gain) poll.Watch) (recorded poll.Recorded, err error) {
	err = w.do(ctx, func(ctx context.Context, s poll.Store) (err error) {
		recorded, err = s.Record(ctx, r, decide)
		return err
	})
	return recorded, err
}

func (w watchesInTx) Change(ctx context.Context, id poll.WatchID, change func(poll.Watch) poll.Watch) (changed poll.Watch, err error) {
	err = w.do(ctx, func(ctx context.Context, s poll.Store) (err error) {
		changed, err = s.Change(ctx, id, change)
		return err
	})
	return changed, err
}

func (w watchesInTx) NextDue(ctx context.Context, carrier string) (due time.Time, err error) {
	err = w.do(ctx, func(ctx context.Context, s poll.Store) (err error) { due, err = s.NextDue(ctx, carrier); return err })
	return due, err
}

// TestWatchesInTx: the methods of a transaction keep the contract too, with the one connection that a pool may have.
func TestWatchesInTx(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		polltest.RunStore(t, polltest.StoreHarness{New: func(t *testing.T) poll.Store {
			db := empty(t)()
			db.SetMaxOpenConns(1)
			return watchesInTx{made(t, db, e)}
		}})
	})
}

func openMany(t testing.TB, ws poll.Store, n int) {
	t.Helper()
	for i := range n {
		if _, err := ws.Change(t.Context(), watchID(i, "toy"), opening); err != nil {
			t.Fatal(err)
		}
	}
}

func claim(t testing.TB, ws poll.Store, limit int) []poll.Watch {
	t.Helper()
	claimed, err := ws.Claim(t.Context(), poll.ClaimRequest{Now: noon, Carrier: "toy", Limit: limit, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

// TestClaimWaitsForNobody: what another transaction holds is passed over if it is a watch, and claimed if only its shipment
// is held.
func TestClaimWaitsForNobody(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		if e.dialect == sqlstore.SQLite {
			t.Skip("one transaction writes at a time")
		}
		s, db := store(t, e)
		ws := s.Watches()
		openMany(t, ws, 3)
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for i, text := range []string{
			"SELECT fence FROM waybill_watches WHERE courier = ? AND number = ? AND generation = 1 AND carrier = 'toy' AND role = 'primary' FOR UPDATE",
			"SELECT known FROM waybill_shipments WHERE courier = ? AND number = ? AND generation = 1 FOR UPDATE",
		} {
			var n int
			id := watchID(i, "toy").Shipment
			if err := tx.QueryRowContext(t.Context(), e.mark(text), string(id.Courier), id.Number).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		if claimed := claim(t, ws, 10); len(claimed) != 2 || claimed[0].ID == watchID(0, "toy") || claimed[1].ID == watchID(0, "toy") {
			t.Errorf("claimed %v", claimed)
		}
	})
}

// TestWatchesTogether: evidence, an order and its actions are kept together or not at all.
func TestWatchesTogether(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		ws, id := s.Watches(), watchID(0, "toy")
		openMany(t, ws, 1)
		create(t, s, "O-1")
		report := poll.Report{ID: id, Door: tracking.DoorPush, Parcel: answered(2, noon), At: noon}
		later := func(w poll.Watch, _ tracking.Gain) poll.Watch { w.Due = noon.Add(time.Hour); return w }
		work := func(end func() error) error {
			return s.Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
				if r, err := tx.Watches().Record(ctx, report, later); err != nil || r.Gain.Events != 2 {
					return fmt.Errorf("gain %+v, %w", r.Gain, err)
				}
				if w, err := tx.Watches().Change(ctx, id, func(w poll.Watch) poll.Watch { return w }); err != nil || !w.Known {
					return fmt.Errorf("the transaction does not see what it wrote: known %v, %w", w.Known, err)
				}
				if _, err := ws.NextDue(ctx, "toy"); !errors.Is(err, sqlstore.ErrNested) {
					t.Errorf("used inside its own Update: %v", err)
				}
				if _, _, err := tx.Execute(ctx, "O-1", command("c", order.InstructDelivery, "S1")); err != nil {
					return err
				}
				return end()
			})
		}
		kept := func(want bool, what string) {
			t.Helper()
			evidence, err := ws.Evidence(t.Context(), id.Shipment)
			due, err2 := ws.NextDue(t.Context(), "toy")
			if err := errors.Join(err, err2); err != nil || (len(evidence.Events) == 2) != want || due.Equal(noon.Add(time.Hour)) != want || (events(t, s, "O-1") == 2) != want {
				t.Errorf("%s: %d scans, due %v, %d events: %v", what, len(evidence.Events), due, events(t, s, "O-1"), err)
			}
			for _, table := range []string{"events", "raw_answers"} {
				if n := count(t, db, "SELECT COUNT(*) FROM waybill_"+table); (n > 0) != want {
					t.Errorf("%s: %d rows of %s", what, n, table)
				}
			}
		}
		refused := errors.New("the host thinks better of it")
		if err := work(func() error { return refused }); !errors.Is(err, refused) {
			t.Error(err)
		}
		kept(false, "after an error")
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("the panic did not get through")
				}
			}()
			ws.Record(t.Context(), report, func(poll.Watch, tracking.Gain) poll.Watch { panic("boom") })
		}()
		kept(false, "after a panic of the decision")
		if err := work(func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		kept(true, "after a commit")
	})
}

// TestSentinelsLeaveTheTransaction: after a lost lease, and after a watch that is not there, nothing was written and the transaction goes on.
func TestSentinelsLeaveTheTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, _ := store(t, e)
		ws := s.Watches()
		openMany(t, ws, 1)
		keep := func(w poll.Watch, _ tracking.Gain) poll.Watch { return w }
		err := s.Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
			if _, err := tx.Watches().Record(ctx, poll.Report{ID: watchID(0, "toy"), Door: tracking.DoorPoll, At: noon}, keep); !errors.Is(err, poll.ErrLeaseLost) {
				t.Errorf("a record without a claim: %v", err)
			}
			if _, err := tx.Watches().Record(ctx, poll.Report{ID: watchID(7, "toy"), Door: tracking.DoorPush, At: noon}, keep); !errors.Is(err, poll.ErrNoWatch) {
				t.Errorf("a record of nothing: %v", err)
			}
			_, err := tx.Watches().Record(ctx, poll.Report{ID: watchID(0, "toy"), Door: tracking.DoorPush, Parcel: answered(1, noon), At: noon}, keep)
			return err
		})
		if evidence, err2 := ws.Evidence(t.Context(), watchID(0, "toy").Shipment); err != nil || err2 != nil || len(evidence.Events) != 1 {
			t.Errorf("%d scans: %v, %v", len(evidence.Events), err, err2)
		}
	})
}

// TestStoresShareWatches: several stores on one database, as several processes have them, claim what no other has, lose no
// answer, and make a watch once.
func TestStoresShareWatches(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		const watches, processes = 40, 4
		connect := e.fresh(t)
		openMany(t, made(t, connect(), e).Watches(), watches)
		var mu sync.Mutex
		claimed := map[poll.WatchID]int{}
		var wg sync.WaitGroup
		for p := range processes {
			ws := made(t, connect(), e).Watches()
			wg.Go(func() {
				for n := range watches {
					c, err := ws.Claim(t.Context(), poll.ClaimRequest{Now: noon, Carrier: "toy", Limit: 3, Lease: time.Hour})
					mu.Lock()
					for _, w := range c {
						claimed[w.ID]++
					}
					mu.Unlock()
					_, err2 := ws.Change(t.Context(), watchID(n, "other"), func(w poll.Watch) poll.Watch {
						w = opening(w)
						w.Checks++
						return w
					})
					answer := answered(1, noon.Add(time.Duration(p)*time.Minute))
					answer.Events[0].Place = fmt.Sprint("from ", p)
					_, err3 := ws.Record(t.Context(), poll.Report{ID: watchID(n, "toy"), Door: tracking.DoorPush, Parcel: answer, At: noon}, func(w poll.Watch, _ tracking.Gain) poll.Watch {
						w.Checks++
						return w
					})
					if err := errors.Join(err, err2, err3); err != nil {
						t.Errorf("process %d: %v", p, err)
						return
					}
				}
			})
		}
		wg.Wait()
		ws := made(t, connect(), e).Watches()
		for n := range watches {
			for _, carrier := range []string{"toy", "other"} {
				id := watchID(n, carrier)
				w, err := ws.Change(t.Context(), id, func(w poll.Watch) poll.Watch { return w })
				if err != nil || w.Checks != processes || carrier == "toy" && claimed[id] != 1 {
					t.Errorf("%v: claimed %d times, %d changes: %v", id, claimed[id], w.Checks, err)
				}
			}
			if evidence, err := ws.Evidence(t.Context(), watchID(n, "toy").Shipment); err != nil || len(evidence.Events) != processes {
				t.Errorf("watch %d: %d of %d scans: %v", n, len(evidence.Events), processes, err)
			}
		}
	})
}

// TestWatchesCancelledAnywhere ends the context of a record at its first statement, its second, and so on: all of it is kept
// or nothing. An answer with a scan more costs the same few statements however many are known.
func TestWatchesCancelledAnywhere(t *testing.T) {
	spy := newSpy(t)
	s, err := sqlstore.New(t.Context(), spy.db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ws, id := s.Watches(), watchID(0, "toy")
	openMany(t, ws, 1)
	whole := 0
	for n := 1; whole == 0; n++ {
		if n > 100 {
			t.Fatal("a record never came to its end")
		}
		before, err := ws.Evidence(t.Context(), id.Shipment)
		if err != nil {
			t.Fatal(err)
		}
		scans, at := len(before.Events), noon.Add(time.Duration(n)*time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		spy.watch(func(seen int) {
			if seen == n {
				cancel()
			}
		})
		_, err = ws.Record(ctx, poll.Report{ID: id, Door: tracking.DoorPush, Parcel: answered(scans+1, at), At: at}, func(w poll.Watch, _ tracking.Gain) poll.Watch {
			w.Checks = scans + 1
			return w
		})
		steps := spy.steps()
		spy.watch(nil)
		cancel()
		after, err2 := ws.Evidence(t.Context(), id.Shipment)
		w, err3 := ws.Change(t.Context(), id, func(w poll.Watch) poll.Watch { return w })
		if err := errors.Join(err2, err3); err != nil {
			t.Fatal(err)
		}
		gained, answers := len(after.Events)-scans, len(answersOf(t, ws, id))
		if w.Checks != len(after.Events) || answers != len(after.Events) || gained > 1 || gained == 0 && err == nil {
			t.Fatalf("ended at statement %d: %d scans more, %d of %d answers, %d in the watch: %v", n, gained, answers, len(after.Events), w.Checks, err)
		}
		if steps < n {
			whole = steps
		}
	}
	if whole > 9 {
		t.Errorf("a record took %d statements", whole)
	}
	push(t, ws, id, answered(300, noon.Add(24*time.Hour)), noon)
	spy.watch(nil)
	push(t, ws, id, answered(301, noon.Add(25*time.Hour)), noon)
	if steps := spy.steps(); steps > whole {
		t.Errorf("a record to 300 scans took %d statements, one to few %d", steps, whole)
	}
}
