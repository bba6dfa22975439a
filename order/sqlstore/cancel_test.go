package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/webhook"
)

// TestCancelledAnywhere cancels a transaction at its first statement, its second, and so on: either all of it is kept or
// nothing, no connection is left in a transaction, and the store goes on.
func TestCancelledAnywhere(t *testing.T) {
	spy := newSpy(t)
	spy.db.SetMaxOpenConns(1) // whatever comes next needs the one that was cancelled
	s, err := sqlstore.New(t.Context(), spy.db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancelled, kept := 0, 0
	for n := 1; kept == 0; n++ {
		if n > 100 {
			t.Fatal("a transaction never came to its end")
		}
		id := order.OrderID(fmt.Sprint("O-", n))
		create(t, s, id)
		m := webhook.Message{Source: "toy", Key: webhook.Digest{byte(n)}, Body: []byte("{}"), ReceivedAt: noon}
		if _, err := s.Inbox().Put(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		claims, err := s.Inbox().Claim(t.Context(), noon, 1, 1<<40)
		if err != nil || len(claims) != 1 {
			t.Fatal(claims, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		spy.watch(func(seen int) {
			if seen == n {
				cancel()
			}
		})
		err = s.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) error {
			if _, _, err := tx.Execute(ctx, id, command("c", order.RequestCancel, "S1")); err != nil {
				return err
			}
			if _, _, err := tx.Execute(ctx, id, command("a", order.ApproveCancel, "S1")); err != nil {
				return err
			}
			return tx.FinishMessage(ctx, claims[0], webhook.Finding{State: webhook.Done, At: noon})
		})
		steps := spy.steps()
		spy.watch(nil)
		cancel()
		done := count(t, spy.db, "SELECT COUNT(*) FROM waybill_inbox WHERE message_key LIKE ? AND state = 1", fmt.Sprintf("%02x00%%", n))
		length, outbox := events(t, s, id), count(t, spy.db, "SELECT COUNT(*) FROM waybill_outbox WHERE stream = ?", string(id))
		switch {
		case err == nil && length > 2 && done == 1 && outbox > 0:
			if steps < n {
				kept++
			} // else the end of the context came with the commit, which had the last word
		case errors.Is(err, context.Canceled) && length == 1 && done == 0 && outbox == 0:
			cancelled++
		case errors.Is(err, context.Canceled) && steps == n && length > 2 && done == 1 && outbox > 0:
			// it ended while the commit was on its way
		default:
			t.Fatalf("cancelled at statement %d: %v, %d events, %d messages done, %d actions", n, err, length, done, outbox)
		}
		if stats := spy.db.Stats(); stats.InUse != 0 {
			t.Fatalf("cancelled at statement %d: %d connections in use", n, stats.InUse)
		}
	}
	if cancelled < 15 {
		t.Errorf("only %d places to cancel at", cancelled)
	}
}

// TestNothingIsLeftOpen: statements, connections and goroutines are gone with the store and its database.
func TestNothingIsLeftOpen(t *testing.T) {
	spy := newSpy(t)
	before := runtime.NumGoroutine()
	s, err := sqlstore.New(t.Context(), spy.db, sqlstore.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, "O-1")
	for n := range 200 {
		execute(t, s, "O-1", remark(fmt.Sprint(n)))
		if n%50 == 0 {
			if _, err := s.Find(t.Context(), order.Query{}); err != nil {
				t.Fatal(err)
			}
			for range s.Inbox().Letters(t.Context(), webhook.LetterFilter{}) {
				t.Fatal("a letter")
			}
		}
	}
	if stats := spy.db.Stats(); stats.InUse != 0 || stats.OpenConnections > 4 {
		t.Errorf("%d connections are open, %d in use", stats.OpenConnections, stats.InUse)
	}
	if open := spy.statements(0); open > 300 {
		t.Errorf("%d statements are open", open)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if open := spy.statements(0); open != 0 {
		t.Errorf("%d statements are open after the store was closed", open)
	}
	if err := spy.db.PingContext(t.Context()); err != nil {
		t.Errorf("the host's database was closed: %v", err)
	}
	if after := goroutines("sqlstore."); after != 0 {
		t.Errorf("%d goroutines of the package run, %d in all, %d before", after, runtime.NumGoroutine(), before)
	}
}

// goroutines counts those that a package started.
func goroutines(pkg string) (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if _, by, found := strings.Cut(stack, "created by "); found && strings.Contains(by, "order/sqlstore."+pkg) {
			n++
		}
	}
	return n
}

// TestPreparedStatementsAreClosed: a server keeps none of them after the store.
func TestPreparedStatementsAreClosed(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		if e.dialect == sqlstore.SQLite {
			t.Skip("see TestNothingIsLeftOpen")
		}
		db := e.fresh(t)()
		db.SetMaxOpenConns(1)
		prepared := func() int {
			if e.dialect == sqlstore.Postgres {
				return count(t, db, "SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE '%waybill_history%'")
			}
			var name string
			var closed, made int
			for variable, to := range map[string]*int{"Com_stmt_prepare": &made, "Com_stmt_close": &closed} {
				if err := db.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE '"+variable+"'").Scan(&name, to); err != nil {
					t.Fatal(err)
				}
			}
			return made - closed
		}
		before := prepared()
		s := made(t, db, e)
		create(t, s, "O-1")
		if prepared() <= before {
			t.Fatal("nothing is prepared, or it is not seen")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if after := prepared(); after != before {
			t.Errorf("%d statements are prepared, %d were", after, before)
		}
	})
}

// TestBackOff: the default wait ends with the context, and never takes more than half a second.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := sqlstore.BackOff(ctx, 1); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for try := 1; try < 100; try += 7 {
			deadline, cancel := context.WithTimeout(t.Context(), 500_000_001)
			if err := sqlstore.BackOff(deadline, try); err != nil {
				t.Errorf("try %d: %v", try, err)
			}
			cancel()
		}
	})
}
