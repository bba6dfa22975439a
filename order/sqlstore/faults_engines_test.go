package sqlstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// TestTwoEnginesShareTheWork: two engines with a pool each on one database come to the end that one comes to, with the asks
// that one needs, every action called once, and every job of the night done by one of them.
func TestTwoEnginesShareTheWork(t *testing.T) {
	const orders = 8
	want, asks := undisturbed(t, orders)
	onEach(t, func(t *testing.T, e engine) {
		synctest.Test(t, func(t *testing.T) {
			w := newWeek(t, orders)
			w.look = 20 * time.Minute
			connect := e.fresh(t)
			var stores []ledger
			var both []*fulfill.Engine
			for range 2 {
				db := connect()
				if e.dialect != sqlstore.SQLite {
					db.SetMaxOpenConns(6)
				}
				s := made(t, db, e)
				stores, both = append(stores, s), append(both, w.engine(s))
			}
			w.live(nil, both...)
			sameEnd(t, w.end(stores[0]), want)
			t.Logf("%d asks, %d of one engine; failures %v; %d commands and %d actions repeated", w.window.total(), asks, w.failed, w.desk, w.sink.again())
			if n := w.window.total(); n < asks-asks/20 || n > asks+asks/20 {
				t.Errorf("%d asks, %d of one engine", n, asks)
			}
			if w.failures() > 0 || w.desk > 0 || w.sink.again() > 0 {
				t.Errorf("failures %v, %d commands and %d actions repeated", w.failed, w.desk, w.sink.again())
			}
			for job, times := range w.nights {
				if times != 1 {
					t.Errorf("%s was done %d times", job, times)
				}
			}
			if len(w.nights) != 9*len(nightly) {
				t.Errorf("jobs of the night: %v", w.nights)
			}
			first, second := both[0].Stats().Polls[0].Asked, both[1].Stats().Polls[0].Asked
			if first < int64(asks/10) || second < int64(asks/10) {
				t.Errorf("the work is not shared: %d and %d asks", first, second)
			}
		})
	})
}
