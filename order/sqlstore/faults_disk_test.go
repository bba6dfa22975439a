package sqlstore_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestFullDisk: while the database cannot grow, or cannot be written at all, work waits and is tried ever more slowly; the
// host is told; and when there is room again everything goes on as if nothing had happened.
func TestFullDisk(t *testing.T) {
	const orders = 8
	want, _ := undisturbed(t, orders)
	for name, trouble := range map[string]struct{ begin, end []string }{
		"full": {
			[]string{"PRAGMA max_page_count = 1"}, // which is as large as it is
			[]string{"PRAGMA max_page_count = 1073741823"},
		},
		"read-only": {[]string{"PRAGMA query_only = 1"}, []string{"PRAGMA query_only = 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, random := newWeek(t, orders), rand.New(rand.NewPCG(3, 5))
				// Of small pages a new one is wanted all the time.
				db := opened(t, "sqlite", filepath.Join(t.TempDir(), "warehouse.db")+fast+"&_pragma=page_size(512)")
				db.SetMaxOpenConns(1) // the pragmas are of the connection
				s := made(t, db, engines[0])
				run(t, db, "CREATE TABLE ballast (b)")
				times, lasted := 0, time.Duration(0)
				w.live(func(ctx context.Context) {
					// First while the orders come in, then at any time, but so that there is room to catch up.
					for rest := 15; w.middle(ctx, random, time.Duration(rest)*time.Minute); rest = 30 + random.IntN(180) {
						for _, text := range trouble.begin {
							run(t, db, text)
						}
						stuff(t, db)
						before := w.failures()
						length := time.Duration(5+random.IntN(85)) * time.Minute
						fault := pass(ctx, length)
						for _, text := range trouble.end {
							run(t, db, text)
						}
						run(t, db, "DELETE FROM ballast")
						if failures := w.failures() - before; failures > 20+4*int(length/time.Minute) {
							t.Errorf("the store was tried and failed %d times within %v", failures, length)
						}
						if times, lasted = times+1, lasted+length; fault != nil {
							return
						}
					}
				}, w.engine(s))
				sameEnd(t, w.end(s), want)
				t.Logf("%d times, %v in all: %d failures %v, %d commands and %d actions repeated", times, lasted, w.failures(), w.failed, w.desk, w.sink.again())
				if w.failures() < 20 {
					t.Errorf("the host was told of %d failures only", w.failures())
				}
			})
		})
	}
}

// stuff uses up what room there is, until the database refuses.
func stuff(t *testing.T, db *sql.DB) {
	t.Helper()
	for size := 3000; size > 0; {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "INSERT INTO ballast VALUES (zeroblob(?))", size); err != nil {
			size /= 4
		}
	}
}
