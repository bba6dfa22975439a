package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

// toyVan is the carrier of the watches that fill makes.
type toyVan struct{ van }

func (toyVan) Name() string { return "toy" }

// fillScans writes six scans about each of the parcels that fill made.
func fillScans(b *testing.B, db *sql.DB, parcels int) {
	b.Helper()
	const each = 100
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	for from := 0; from < parcels; from += each {
		var rows []string
		for i := from; i < min(from+each, parcels); i++ {
			id := watchID(i, "toy").Shipment
			for n := range 6 {
				at := noon.Add(time.Duration(n-7) * 4 * time.Hour)
				item := fmt.Sprintf(`{"at":%q,"precision":"minute","status":"IN_TRANSIT","code":"11","text":"간선상차","place":"옥천HUB","carrier":"toy","seen":%q}`,
					at.Format(time.RFC3339), at.Add(20*time.Minute).Format(time.RFC3339))
				rows = append(rows, fmt.Sprintf("('scan','toy',%d,0,%d,'IN_TRANSIT','','11','간선상차','옥천HUB','',NULL,%d,'%s',NULL,'%s','%s',1,%d)",
					at.UnixNano(), at.UnixNano(), n, item, id.Courier, id.Number, n+1))
			}
		}
		text := "INSERT INTO waybill_events (kind, carrier, at, published_at, seen_at, status, sub, code, text, place, map_version, answer_at, pos, item, raw_personal, courier, number, generation, n) VALUES "
		if _, err := tx.ExecContext(b.Context(), text+strings.Join(rows, ",")); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkStalls is the night job that looks for what is stuck, over -few open parcels of six scans each: the time that it takes,
// and the most that Go's heap holds meanwhile, with its garbage.
func BenchmarkStalls(b *testing.B) {
	db := freshSQLite(b)()
	s := made(b, db, engines[0])
	fill(b, db, engines[0], *few)
	fillScans(b, db, *few)
	e, err := fulfill.New(fulfill.Config{Store: s, Carriers: []tracking.Carrier{toyVan{}}, Now: func() time.Time { return noon.Add(2 * time.Hour) }})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		runtime.GC()
		ctx, cancel := context.WithCancel(b.Context())
		peak := make(chan uint64)
		go func() {
			var m runtime.MemStats
			most := uint64(0)
			for ctx.Err() == nil {
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
				time.Sleep(20 * time.Millisecond)
			}
			peak <- most
		}()
		_, err := e.Do(ctx, fulfill.Stalls)
		cancel()
		b.ReportMetric(float64(<-peak)/(1<<20), "peak-MiB")
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(*few)/float64(b.N), "µs/parcel")
}
