package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/webhook"
)

// inTx makes every call of an order.Orders one in a transaction.
type inTx struct{ *sqlstore.Store }

func (s inTx) Load(ctx context.Context, id order.OrderID) (o order.Order, err error) {
	err = s.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) (err error) { o, err = tx.Load(ctx, id); return err })
	return o, err
}

func (s inTx) Locate(ctx context.Context, k order.Key) (id order.OrderID, err error) {
	err = s.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) (err error) { id, err = tx.Locate(ctx, k); return err })
	return id, err
}

func (s inTx) Find(ctx context.Context, q order.Query) (f order.Found, err error) {
	err = s.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) (err error) { f, err = tx.Find(ctx, q); return err })
	return f, err
}

// TestTxIsOrders: the methods of a transaction keep the contract too, with the one connection that a pool may have.
func TestTxIsOrders(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		ordertest.RunOrders(t, ordertest.Harness{New: func(t *testing.T) order.Orders {
			db := empty(t)()
			db.SetMaxOpenConns(1)
			return inTx{made(t, db, e)}
		}})
	})
}

// TestOneTransaction: orders, messages and the host's own rows are kept together or not at all.
func TestOneTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		run(t, db, "CREATE TABLE stock (sku VARCHAR(20) NOT NULL PRIMARY KEY, n INTEGER NOT NULL)")
		create(t, s, "O-1")
		if fresh, err := s.Inbox().Put(t.Context(), webhook.Message{Source: "toy", Body: []byte("{}"), ReceivedAt: noon}); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		claims, err := s.Inbox().Claim(t.Context(), noon, 1, 1<<40)
		if err != nil || len(claims) != 1 {
			t.Fatal(claims, err)
		}
		refused := errors.New("the host thinks better of it")
		work := func(end func() error) func(context.Context, *sqlstore.Tx) error {
			return func(ctx context.Context, tx *sqlstore.Tx) error {
				if _, _, err := tx.Execute(ctx, "O-1", command("c", order.InstructDelivery, "S1")); err != nil {
					return err
				}
				if o, err := tx.Load(ctx, "O-1"); err != nil || len(o.History) != 2 {
					return fmt.Errorf("the transaction does not see what it wrote: %d events, %w", len(o.History), err)
				}
				if err := tx.FinishMessage(ctx, claims[0], webhook.Finding{State: webhook.Done, At: noon}); err != nil {
					return err
				}
				if _, err := tx.SQL().ExecContext(ctx, "INSERT INTO stock (sku, n) VALUES ('SKU-A', 2)"); err != nil {
					return err
				}
				return end()
			}
		}
		kept := func(want bool, what string) {
			t.Helper()
			o, err := s.Load(t.Context(), "O-1")
			if err != nil || (len(o.History) == 2) != want {
				t.Errorf("%s: %d events, %v", what, len(o.History), err)
			}
			if n := count(t, db, "SELECT COUNT(*) FROM stock"); (n == 1) != want {
				t.Errorf("%s: %d rows of the host", what, n)
			}
			if n := count(t, db, "SELECT COUNT(*) FROM waybill_inbox WHERE state = 1"); (n == 1) != want {
				t.Errorf("%s: %d messages done", what, n)
			}
		}
		if err := s.Update(t.Context(), work(func() error { return refused })); !errors.Is(err, refused) {
			t.Error(err)
		}
		kept(false, "after an error")
		func() {
			defer func() {
				if recover() != "boom" {
					t.Error("the panic did not get through")
				}
			}()
			s.Update(t.Context(), work(func() error { panic("boom") }))
		}()
		kept(false, "after a panic")
		ctx, cancel := context.WithCancel(t.Context())
		if err := s.Update(ctx, work(func() error { cancel(); return nil })); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		kept(false, "after an end of the context")
		if err := s.Update(t.Context(), work(func() error { return nil })); err != nil {
			t.Fatal(err)
		}
		kept(true, "after a commit")
	})
}

// TestJoin: in a transaction of the host everything is as the host ends it.
func TestJoin(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		create(t, s, "O-1")
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			joined := s.Join(tx)
			if joined.SQL() != tx {
				t.Error("it is another transaction")
			}
			if _, _, err := joined.Execute(t.Context(), "O-1", command("c", order.InstructDelivery, "S1")); err != nil {
				t.Fatal(err)
			}
			end := tx.Rollback
			if commit {
				end = tx.Commit
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if got := events(t, s, "O-1"); (got == 2) != commit {
				t.Errorf("committed %t: %d events", commit, got)
			}
		}
	})
}

// TestNested: a store inside of its own transaction refuses at once, instead of waiting for itself.
func TestNested(t *testing.T) {
	s, _ := store(t, engines[0])
	other, _ := store(t, engines[0])
	create(t, s, "O-1")
	create(t, other, "O-1")
	err := s.Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
		_, load := s.Load(ctx, "O-1")
		_, locate := s.Locate(ctx, order.Key{DeliveryNo: "O-1-S1"})
		_, find := s.Find(ctx, order.Query{})
		_, _, execute := s.Execute(ctx, "O-1", remark("x"))
		_, put := s.Inbox().Put(ctx, webhook.Message{Source: "toy"})
		_, registry := s.Registry().Endpoint(ctx, "toy")
		update := s.Update(ctx, func(context.Context, *sqlstore.Tx) error { return nil })
		for i, err := range []error{load, locate, find, execute, put, registry, update} {
			if !errors.Is(err, sqlstore.ErrNested) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		_, err := other.Load(ctx, "O-1")
		return err
	})
	if err != nil {
		t.Errorf("another store: %v", err)
	}
}

// busy is an error as drivers of PostgreSQL give it.
type busy string

func (b busy) Error() string    { return "conflict" }
func (b busy) SQLState() string { return string(b) }

// TestRetries: what the database gave up runs again, not for ever, and nothing else does.
func TestRetries(t *testing.T) {
	var waits []int
	s, _ := store(t, engines[0], sqlstore.Wait(func(ctx context.Context, try int) error { waits = append(waits, try); return ctx.Err() }))
	runs := func(ctx context.Context, f func(n int) error) (n int, err error) {
		waits = nil
		err = s.Update(ctx, func(context.Context, *sqlstore.Tx) error { n++; return f(n) })
		return n, err
	}
	if n, err := runs(t.Context(), func(n int) error {
		if n < 4 {
			return fmt.Errorf("wrapped: %w", busy("40P01"))
		}
		return nil
	}); n != 4 || err != nil || fmt.Sprint(waits) != "[1 2 3]" {
		t.Errorf("%d runs, %v, waits %v", n, err, waits)
	}
	if n, err := runs(t.Context(), func(int) error { return busy("40001") }); n != 12 || !errors.Is(err, busy("40001")) {
		t.Errorf("%d runs, %v", n, err)
	}
	if n, err := runs(t.Context(), func(int) error { return busy("23505") }); n != 1 || err == nil {
		t.Errorf("%d runs, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if n, err := runs(ctx, func(int) error { cancel(); return busy("40001") }); n != 1 || err == nil {
		t.Errorf("%d runs with an ended context, %v", n, err)
	}
}

// TestFailedSaveIsNotCommitted: a function that goes on after a failed write does not get half of it kept.
func TestFailedSaveIsNotCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s, db := store(t, e)
		o := create(t, s, "O-1")
		next, changes, err := order.Handle(o, command("c", order.InstructDelivery, "S1"))
		if err != nil {
			t.Fatal(err)
		}
		// a row in the way of the event: the save fails after the order was written
		run(t, db, "INSERT INTO waybill_history (order_id, seq, event, command_id, at, event_personal) VALUES ('O-1', 2, 'x', 'x', 0, '{}')")
		err = s.Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
			if err := tx.Save(ctx, next, changes); err == nil || errors.Is(err, order.ErrStale) {
				t.Errorf("Save: %v", err)
			}
			return nil
		})
		if err == nil {
			t.Error("half a save was committed")
		}
		run(t, db, "DELETE FROM waybill_history WHERE seq = 2")
		if got, err := s.Load(t.Context(), "O-1"); err != nil || got.Version != o.Version {
			t.Errorf("version %d, %v", got.Version, err)
		}
	})
}

// TestTwoStores: two processes, as it were, that do not know of each other lose nothing and wait for each other.
func TestTwoStores(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		connect := e.fresh(t)
		stores := []*sqlstore.Store{made(t, connect(), e), made(t, connect(), e)}
		ids := []order.OrderID{"O-1", "O-2", "O-3"}
		for _, id := range ids {
			create(t, stores[0], id)
		}
		const workers, each = 6, 8
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for n := range each {
					// two orders in one transaction, asked for in any order
					err := stores[w%2].Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
						a, b := ids[(w+n)%3], ids[(w+n+1+w%2)%3]
						if err := tx.Lock(ctx, a, b); err != nil {
							return err
						}
						for _, id := range []order.OrderID{a, b} {
							if _, _, err := tx.Execute(ctx, id, remark(fmt.Sprint(w, "-", n))); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Errorf("worker %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, id := range ids {
			sum += events(t, stores[1], id) - 1
		}
		if want := 2 * workers * each; sum != want {
			t.Errorf("%d events, want %d", sum, want)
		}
	})
}

// TestTransient: errors of drivers are told apart.
func TestTransient(t *testing.T) {
	if sqlstore.Transient(nil) || sqlstore.Transient(sql.ErrNoRows) || sqlstore.Transient(order.ErrStale) || sqlstore.Transient(busy("23505")) {
		t.Error("what will not help to be repeated is transient")
	}
	for _, err := range []error{busy("40001"), errors.Join(errors.New("x"), fmt.Errorf("y: %w", busy("55P03"))), errors.New("database is locked")} {
		if !sqlstore.Transient(err) {
			t.Errorf("%v is not transient", err)
		}
	}
}
