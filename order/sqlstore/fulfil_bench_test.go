package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

func benchTask(n int) fulfill.Task {
	id := watchID(n, "toy").Shipment
	return fulfill.Task{
		Action: fulfill.Action{
			Key: fmt.Sprintf("parcel/%s/%s/1/CONFIRM_INVENTORY/DELIVERED/%d", id.Courier, id.Number, n), Name: fulfill.ConfirmInventory,
			Order: order.OrderID(fmt.Sprint("ORD-20260302-", n)), Shipment: id, At: noon,
			Items: []fulfill.Item{{Order: order.OrderID(fmt.Sprint("ORD-20260302-", n)), Section: "S1", Item: "I1", Line: "A", SKU: "SKU-A", Quantity: 2}},
		},
		State: fulfill.Waiting, DueAt: noon, CreatedAt: noon,
	}
}

// BenchmarkTasks is ten tasks on their way through the outbox: each queued in a transaction, all claimed in one, each settled in
// one. The floor is ten INSERTs and ten UPDATEs of the same rows, each committed, into a table with the same columns and indexes,
// by statements that were prepared: what an outbox costs that keeps no order, knows no lease and is asked by nobody what is due.
func BenchmarkTasks(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		const batch = 10
		db := durable(b, e)
		s := made(b, db, e)
		other := made(b, db, e, sqlstore.Prefix("floor_"))
		defer other.Close()
		var prepared [2]*sql.Stmt
		for i, text := range []string{
			"INSERT INTO floor_outbox (task_key, stream, n, action, state, attempts, due_at, fence, created_at, done_at, why, payload) VALUES (?, ?, 1, ?, 'waiting', 0, ?, 0, ?, 0, '', ?)",
			"UPDATE floor_outbox SET state = 'done', attempts = 1, fence = 1, done_at = ? WHERE task_key = ?",
		} {
			var err error
			if prepared[i], err = db.PrepareContext(b.Context(), e.mark(text)); err != nil {
				b.Fatal(err)
			}
			defer prepared[i].Close()
		}
		n, m := 0, 0
		compare(b, func() error {
			for range batch {
				n++
				task := benchTask(n)
				if err := s.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) error { _, err := tx.Queue(ctx, task); return err }); err != nil {
					return err
				}
			}
			var claimed []fulfill.Task
			err := s.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) (err error) {
				claimed, err = tx.ClaimTasks(ctx, noon, batch, time.Minute)
				return err
			})
			if err != nil || len(claimed) != batch {
				return fmt.Errorf("%d are claimed, %w", len(claimed), err)
			}
			for _, task := range claimed {
				task.State, task.DoneAt = fulfill.Done, noon
				if err := s.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) error { return tx.SettleTask(ctx, task) }); err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			for i := range batch {
				a := benchTask(m + i).Action
				payload, err := json.Marshal(a)
				if err != nil {
					return err
				}
				if _, err := prepared[0].ExecContext(b.Context(), a.Key, string(a.Order), string(a.Name), noon.UnixNano(), noon.UnixNano(), string(payload)); err != nil {
					return err
				}
			}
			for i := range batch {
				if _, err := prepared[1].ExecContext(b.Context(), noon.UnixNano(), benchTask(m+i).Action.Key); err != nil {
					return err
				}
			}
			m += batch
			return nil
		})
	})
}

// fillTasks writes so many tasks of each kind that a claim has nothing to do with: settled ones, ones that are not due, and one
// stream in which they all wait. Twenty others are due.
func fillTasks(b testing.TB, db *sql.DB, e engine, n int) {
	b.Helper()
	const rows = 500
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	at, later := noon.UnixNano(), noon.Add(24*time.Hour).UnixNano()
	for from := 0; from < n; from += rows {
		var tasks, streams []string
		task := func(key, stream string, n int, state string, due int64) {
			tasks = append(tasks, fmt.Sprintf("('%s','%s',%d,'X','%s',0,%d,0,%d,0,'','{\"key\":\"%s\",\"order\":\"%s\"}')", key, stream, n, state, due, at, key, stream))
		}
		for i := from; i < min(from+rows, n); i++ {
			task(fmt.Sprint("done/", i), fmt.Sprint("done", i), 1, "done", at)
			streams = append(streams, fmt.Sprintf("('done%d',1,'',0,%d)", i, int64(math.MaxInt64)))
			due := later + int64(i)
			if i < 20 {
				due = at
			}
			task(fmt.Sprint("own/", i), fmt.Sprint("own", i), 1, "waiting", due)
			streams = append(streams, fmt.Sprintf("('own%d',1,'own/%d',0,%d)", i, i, due))
			task(fmt.Sprint("long/", i), "long", i+1, "waiting", later)
		}
		if from == 0 {
			streams = append(streams, fmt.Sprintf("('long',%d,'long/0',0,%d)", n, later))
		}
		for text, values := range map[string][]string{
			"INSERT INTO waybill_outbox (task_key, stream, n, action, state, attempts, due_at, fence, created_at, done_at, why, payload) VALUES ": tasks,
			"INSERT INTO waybill_streams (stream, last_n, head_key, leased, ready_at) VALUES ":                                                    streams,
		} {
			if _, err := tx.ExecContext(b.Context(), text+strings.Join(values, ",")); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	switch e.dialect {
	case sqlstore.Postgres: // what a server does by itself in time
		run(b, db, "ANALYZE waybill_outbox")
		run(b, db, "ANALYZE waybill_streams")
	case sqlstore.MySQL:
		run(b, db, "ANALYZE TABLE waybill_outbox, waybill_streams")
	}
}

// BenchmarkClaimTasks is ten tasks being claimed and settled to be tried again at once, with few other tasks and with many, of
// each of three kinds.
func BenchmarkClaimTasks(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		side := func(n int) func() error {
			db := e.fresh(b)()
			fill := made(b, db, e)
			fillTasks(b, db, e, n)
			return func() error {
				return fill.Transact(b.Context(), func(ctx context.Context, tx fulfill.Tx) error {
					claimed, err := tx.ClaimTasks(ctx, noon, 10, time.Minute)
					if err != nil || len(claimed) != 10 {
						return fmt.Errorf("%d are claimed, %w", len(claimed), err)
					}
					for _, t := range claimed {
						if err := tx.SettleTask(ctx, t); err != nil {
							return err
						}
					}
					_, err = tx.NextTask(ctx)
					return err
				})
			}
		}
		took, ratios := turns(b, 8, side(*few), side(*many/10))
		b.ReportMetric(took[0], "few-ns/op")
		b.ReportMetric(took[1], "many-ns/op")
		b.ReportMetric(ratios[1], "×few")
	})
}
