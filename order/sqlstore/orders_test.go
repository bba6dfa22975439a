package sqlstore_test

import (
	"database/sql"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

func TestOrders(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		empty := e.emptied(t)
		again := map[order.Orders]func() *sqlstore.Store{}
		var open func(t *testing.T, connect func() *sql.DB) order.Orders
		open = func(t *testing.T, connect func() *sql.DB) order.Orders {
			s := made(t, connect(), e)
			again[s] = func() *sqlstore.Store { s.Close(); return open(t, connect).(*sqlstore.Store) }
			return s
		}
		ordertest.RunOrders(t, ordertest.Harness{
			New:    func(t *testing.T) order.Orders { return open(t, empty(t)) },
			Reopen: func(_ *testing.T, s order.Orders) order.Orders { return again[s]() },
		})
	})
}
