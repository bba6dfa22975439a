package sqlstore_test

import (
	"database/sql"
	"testing"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/fulfill/fulfilltest"
)

func TestFulfil(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		again := map[fulfill.Store]func() fulfill.Store{}
		var open func(t *testing.T, connect func() *sql.DB) fulfill.Store
		open = func(t *testing.T, connect func() *sql.DB) fulfill.Store {
			db := connect()
			s := made(t, db, e)
			again[s] = func() fulfill.Store { s.Close(); db.Close(); return open(t, connect) }
			return s
		}
		fulfilltest.Run(t, fulfilltest.Harness{
			New:    func(t *testing.T) fulfill.Store { return open(t, empty(t)) },
			Reopen: func(_ *testing.T, s fulfill.Store) fulfill.Store { return again[s]() },
		})
	})
}
