package sqlstore_test

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/webhook"
)

// durable is a database that survives a power cut as the server is set up, with SQLite at its default.
func durable(b *testing.B, e engine) *sql.DB {
	b.Helper()
	if e.dialect != sqlstore.SQLite {
		return e.fresh(b)()
	}
	return opened(b, "sqlite", filepath.Join(b.TempDir(), "warehouse.db"))
}

// compare does both sides in turns and reports what they take, and the rate of the store as a share of the floor's.
func compare(b *testing.B, store, floor func() error) {
	b.Helper()
	const turn = 8
	b.ResetTimer()
	took, ratios, err := floortest.Turns(b.N, turn, store, floor)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(took[0], "ns/op")
	b.ReportMetric(took[1], "floor-ns/op")
	b.ReportMetric(1/ratios[0], "×floor-rate")
}

func benchmarkEach(b *testing.B, bench func(b *testing.B, e engine)) {
	for _, e := range engines {
		b.Run(string(e.dialect), func(b *testing.B) {
			if e.variable != "" && !isSet(e.variable) {
				b.Skipf("%s is not set", e.variable)
			}
			bench(b, e)
		})
	}
}

// BenchmarkInboxPut is a webhook being written before it is answered. The floor is a prepared INSERT of the same row into
// a table with the same columns and indexes.
func BenchmarkInboxPut(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		db := durable(b, e)
		s := made(b, db, e)
		other := made(b, db, e, sqlstore.Prefix("floor_")) // for its table
		defer other.Close()
		insert, err := db.PrepareContext(b.Context(), e.mark("INSERT INTO floor_inbox (source, message_key, body_personal, content_type, encoding, proof, key_id, sent_at, received_at, state, at, why, attempt, fence, leased) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"))
		if err != nil {
			b.Fatal(err)
		}
		defer insert.Close()
		body := make([]byte, 1500)
		in, n := s.Inbox(), uint64(0)
		compare(b, func() error {
			n++
			m := webhook.Message{Source: "toy", Body: body, ContentType: "application/json", KeyID: "k1", SentAt: noon, ReceivedAt: noon}
			binary.BigEndian.PutUint64(m.Key[:], n*0x9e3779b97f4a7c15)
			_, err := in.Put(b.Context(), m)
			return err
		}, func() error {
			n++
			key := fmt.Sprintf("%016x%048x", n*0x9e3779b97f4a7c15, 0)
			_, err := insert.ExecContext(b.Context(), "toy", key, body, "application/json", "", 0, "k1", noon.UnixNano(), noon.UnixNano(), 0, noon.UnixNano(), "", 0, 0, 0)
			return err
		})
	})
}

// BenchmarkSave is a step of an order being saved. The floor is a transaction of prepared statements that write the same
// number of rows of the same size: the order, the event and the section.
func BenchmarkSave(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		db := durable(b, e)
		s := made(b, db, e)
		other := made(b, db, e, sqlstore.Prefix("floor_"))
		defer other.Close()
		create(b, s, "O-1")
		o, _ := execute(b, s, "O-1", remark("first"))
		create(b, other, "O-1")
		var snapshot, event string
		if err := db.QueryRowContext(b.Context(), "SELECT o.snapshot_personal, h.event_personal FROM waybill_orders o JOIN waybill_history h ON h.order_id = o.id AND h.seq = o.seq").Scan(&snapshot, &event); err != nil {
			b.Fatal(err)
		}
		var prepared [3]*sql.Stmt
		for i, text := range []string{
			"UPDATE floor_orders SET version = ?, seq = ?, snapshot_personal = ? WHERE id = ? AND seq = ?",
			"INSERT INTO floor_history (order_id, seq, event, command_id, at, event_personal) VALUES (?, ?, ?, ?, ?, ?)",
			"UPDATE floor_sections SET status = ?, exception = ? WHERE order_id = ? AND section_id = ?",
		} {
			var err error
			if prepared[i], err = db.PrepareContext(b.Context(), e.mark(text)); err != nil {
				b.Fatal(err)
			}
			defer prepared[i].Close()
		}
		first, n, m := o, 0, 1
		compare(b, func() error {
			if n++; n%64 == 0 { // another order: histories grow, and decoding them is not what is measured
				first = create(b, s, order.OrderID(fmt.Sprint("O-", n)))
			}
			next, changes, err := order.Handle(first, remark(fmt.Sprint(n)))
			if err != nil {
				return err
			}
			first = next
			return s.Save(b.Context(), next, changes)
		}, func() error {
			m++
			tx, err := db.BeginTx(b.Context(), nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for i, args := range [][]any{
				{m, m, snapshot, "O-1", m - 1}, {"O-1", m, "ExceptionRaised", "c", noon.UnixNano(), event}, {1, m % 2, "O-1", "S1"},
			} {
				if _, err := tx.StmtContext(b.Context(), prepared[i]).ExecContext(b.Context(), args...); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
	})
}
