package sqlstore_test

import (
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

var (
	few  = flag.Int("few", 10_000, "open watches of the smaller side")
	many = flag.Int("many", 1_000_000, "open watches of the larger side")
)

// fill writes open watches with a shipment each that is under way: twenty that are due at noon, the others spread over the next days. It has statements of
// its own, for it is what a case begins with.
func fill(b testing.TB, db *sql.DB, e engine, n int) {
	b.Helper()
	const rows = 500
	shipments := "INSERT INTO waybill_shipments (courier, number, generation, known, status, sub, reason, delivered_at, doubts, inferred, changed_at, state, evidence, evidence_end, newest, answers_end) VALUES "
	watches := "INSERT INTO waybill_watches (courier, number, generation, carrier, role, ref, since_at, extra_personal, recall, life, reason, began_at, opened_at, due_at, why, asked_at, changed_at, settled_at, settled_as, checks, asks, today, day, not_found, failures, last_failure, ready_at, fence, leased) VALUES "
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	for from := 0; from < n; from += rows {
		var s, w strings.Builder
		for i := from; i < min(from+rows, n); i++ {
			id, at := watchID(i, "toy").Shipment, noon.UnixNano()
			due := noon.Add(time.Hour + time.Duration(i%4000)*time.Minute + time.Duration(i)).UnixNano()
			if i < 20 {
				due = at
			}
			comma := ","
			if i == from {
				comma = ""
			}
			fmt.Fprintf(&s, `%s('%s','%s',1,1,'IN_TRANSIT','','',%d,'',0,%d,'{"status":"IN_TRANSIT"}',0,0,'{}',0)`, comma, id.Courier, id.Number, at, at)
			fmt.Fprintf(&w, "%s('%s','%s',1,'toy','primary','order %d',%d,'',0,'active','',%d,%d,%d,'between hubs, asked every 2h0m0s',%d,%d,%d,'',0,7,2,'2026-03-02',0,0,'',%d,7,0)",
				comma, id.Courier, id.Number, i, at, at, at, due, at, at, at, due)
		}
		for text, values := range map[string]*strings.Builder{shipments: &s, watches: &w} {
			if _, err := tx.ExecContext(b.Context(), text+values.String()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	switch e.dialect {
	case sqlstore.Postgres: // what a server does by itself in time
		run(b, db, "ANALYZE waybill_watches")
		run(b, db, "ANALYZE waybill_shipments")
	case sqlstore.MySQL:
		run(b, db, "ANALYZE TABLE waybill_watches, waybill_shipments")
	}
}

// turns does the sides in turns of so many for as long as the benchmark lasts, and gives the median times of one op, and what it
// takes on each side as a multiple of the first.
func turns(b *testing.B, each int, sides ...func() error) (medians, multiples []float64) {
	b.Helper()
	times, ratios := make([][]float64, len(sides)), make([][]float64, len(sides))
	for b.Loop() {
		took, _, err := floortest.Turns(each, each, sides...)
		if err != nil {
			b.Fatal(err)
		}
		for i := range sides {
			times[i], ratios[i] = append(times[i], took[i]), append(ratios[i], took[i]/took[0])
		}
	}
	for i := range sides {
		slices.Sort(times[i])
		slices.Sort(ratios[i])
		medians, multiples = append(medians, times[i][len(times[i])/2]), append(multiples, ratios[i][len(ratios[i])/2])
	}
	return medians, multiples
}

// claimer claims the twenty watches that are due, again and again: a nanosecond later their leases have ended.
func claimer(b *testing.B, s *sqlstore.Store) func() error {
	ws, now := s.Watches(), noon
	return func() error {
		now = now.Add(1)
		claimed, err := ws.Claim(b.Context(), poll.ClaimRequest{Now: now, Carrier: "toy", Limit: 20, Lease: 1})
		if err == nil && len(claimed) != 20 {
			err = fmt.Errorf("%d claimed", len(claimed))
		}
		return err
	}
}

// BenchmarkClaim is a claim of twenty watches among many, as a multiple of the same among few. SQLite is not made to wait for
// the disk, which would make the two more alike than they are.
func BenchmarkClaim(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		var sides [2]func() error
		for i, open := range []int{*few, *many} {
			db := e.fresh(b)()
			s := made(b, db, e)
			fill(b, db, e, open)
			sides[i] = claimer(b, s)
		}
		took, ratios := turns(b, 8, sides[0], sides[1])
		b.ReportMetric(took[0], "few-ns/claim")
		b.ReportMetric(took[1], "many-ns/claim")
		b.ReportMetric(ratios[1], "×few")
	})
}

// journey is the answers about a parcel on its way: each has one scan more, and sums it up.
func journey() (answers []*tracking.Parcel) {
	texts := []string{"집화처리", "간선상차", "간선하차", "배송지도착", "배송출발", "배송완료"}
	statuses := []tracking.Status{
		tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusInTransit, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered,
	}
	for n := range texts {
		p := &tracking.Parcel{Courier: "toycourier", Source: "toy", RetrievedAt: noon.Add(time.Duration(n)*4*time.Hour + 20*time.Minute)}
		for i := range texts[:n+1] {
			p.Events = append(p.Events, tracking.Event{
				At: noon.Add(time.Duration(i) * 4 * time.Hour), Status: statuses[i], Code: fmt.Sprint(11 + i), Text: texts[i], Place: "옥천HUB", MapVersion: "2026-01",
				Note: "고객님의 상품이 이동중입니다.",
			})
		}
		last := p.Events[n]
		p.Verdicts = []tracking.Verdict{{Status: last.Status, Code: last.Code, Text: last.Text, AsOf: last.At}}
		p.Settle(tracking.Context{})
		answers = append(answers, p)
	}
	return answers
}

// BenchmarkRecord is an answer with a new scan being recorded, which is learnt by push and therefore needs no claim. The floor is a
// transaction of prepared statements that write the rows which are new or changed by it with the same values, into tables with
// the same columns and indexes: scan, summary and answer inserted, shipment, watch and the summary before updated. The bare floor has the inserts alone.
func BenchmarkRecord(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, e engine) {
		db := durable(b, e)
		s := made(b, db, e)
		fill(b, db, e, *few)
		other := made(b, db, e, sqlstore.Prefix("floor_"))
		defer other.Close()
		for _, table := range []string{"shipments", "watches"} {
			run(b, db, "INSERT INTO floor_"+table+" SELECT * FROM waybill_"+table)
		}
		ws, n, answers := s.Watches(), 0, journey()
		store := func() error {
			id := watchID(n/6, "toy")
			p := *answers[n%6]
			p.Number = id.Shipment.Number
			r, err := ws.Record(b.Context(), poll.Report{ID: id, Door: tracking.DoorPush, Parcel: &p, At: p.RetrievedAt}, func(w poll.Watch, _ tracking.Gain) poll.Watch {
				w.Changed, w.Due, w.Why = p.RetrievedAt, p.RetrievedAt.Add(2*time.Hour), poll.Why{Ground: poll.GroundStatus, Status: tracking.StatusInTransit}
				return w
			})
			if err == nil && r.Gain.Events != 1 {
				err = fmt.Errorf("answer %d gained %+v", n, r.Gain)
			}
			n++
			return err
		}
		for n < 6 { // a parcel whose rows the floor copies
			if err := store(); err != nil {
				b.Fatal(err)
			}
		}
		f := floorOf(b, db, e)
		took, ratios := turns(b, 8, store, func() error { return f.write(b, true) }, func() error { return f.write(b, false) })
		b.ReportMetric(took[0], "ns/record")
		b.ReportMetric(took[1], "floor-ns/record")
		b.ReportMetric(ratios[1], "×floor-rate")
		b.ReportMetric(ratios[2], "×inserts-rate")
	})
}

// recordFloor writes what a record writes.
type recordFloor struct {
	db         *sql.DB
	n          int
	inserts    [3]*sql.Stmt // events twice, answers
	updates    [3]*sql.Stmt // shipments, watches, the summary that is not the newest any more
	rows       [3][]any
	updateRows [3][]any
}

// floorOf prepares the statements, and reads the rows that they write from those of the first parcel.
func floorOf(b *testing.B, db *sql.DB, e engine) *recordFloor {
	f := &recordFloor{db: db}
	prepare := func(text string) *sql.Stmt {
		stmt, err := db.PrepareContext(b.Context(), e.mark(text))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { stmt.Close() })
		return stmt
	}
	first := watchID(0, "toy").Shipment.Number
	read := func(table, columns, where string) []any {
		values := make([]any, strings.Count(columns, ",")+1)
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := db.QueryRowContext(b.Context(), "SELECT "+columns+" FROM waybill_"+table+" WHERE number = '"+first+"'"+where).Scan(into...); err != nil {
			b.Fatal(err)
		}
		return values
	}
	insert := func(table, columns string) *sql.Stmt {
		return prepare("INSERT INTO floor_" + table + " (" + columns + ", courier, number, generation, n) VALUES (" + strings.Repeat("?, ", strings.Count(columns, ",")+4) + "?)")
	}
	update := func(table, columns, key string) *sql.Stmt {
		return prepare("UPDATE floor_" + table + " SET " + strings.ReplaceAll(columns, ",", " = ?,") + " = ? WHERE " + key)
	}
	const (
		events    = "kind, carrier, at, published_at, seen_at, status, sub, code, text, place, map_version, answer_at, pos, item, raw_personal"
		answers   = "carrier, door, at, size, cut, answer"
		shipments = "known, status, sub, reason, delivered_at, doubts, inferred, changed_at, state, evidence, evidence_end, newest, answers_end"
		watches   = "ref, since_at, extra_personal, recall, life, reason, began_at, opened_at, due_at, why, asked_at, changed_at, settled_at, settled_as, checks, asks, today, day, not_found, failures, last_failure, ready_at, fence, leased"
		shipment  = "courier = ? AND number = ? AND generation = ?"
	)
	f.inserts = [...]*sql.Stmt{insert("events", events), insert("events", events), insert("raw_answers", answers)}
	f.rows = [...][]any{read("events", events, " AND n = 7"), read("events", events, " AND n = 8"), read("raw_answers", answers, " AND n = 4")}
	f.updates = [...]*sql.Stmt{
		update("shipments", shipments, shipment), update("watches", watches, shipment+" AND carrier = ? AND role = ?"),
		update("events", "answer_at, pos", shipment+" AND n = ?"),
	}
	f.updateRows = [...][]any{read("shipments", shipments, ""), read("watches", watches, ""), {noon.UnixNano(), 0}}
	return f
}

// write is one transaction.
func (f *recordFloor) write(b *testing.B, updates bool) error {
	f.n++
	id := watchID(f.n/6, "toy").Shipment
	tx, err := f.db.BeginTx(b.Context(), &sql.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i, stmt := range f.inserts {
		args := append(slices.Clone(f.rows[i]), "toycourier", id.Number, 1, 3*f.n+i)
		if _, err := tx.StmtContext(b.Context(), stmt).ExecContext(b.Context(), args...); err != nil {
			return err
		}
	}
	if updates {
		for i, stmt := range f.updates {
			args := append(slices.Clone(f.updateRows[i]), "toycourier", id.Number, 1)
			switch i {
			case 1:
				args[8], args[21] = noon.UnixNano()+int64(f.n), noon.UnixNano()+int64(f.n) // another time: the index changes
				args = append(args, "toy", "primary")
			case 2:
				if f.n%6 == 0 {
					continue // the first answer about a parcel
				}
				args = append(args, 3*f.n-2)
			}
			if _, err := tx.StmtContext(b.Context(), stmt).ExecContext(b.Context(), args...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
