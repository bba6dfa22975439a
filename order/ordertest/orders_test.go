package ordertest_test

import (
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/ordertest"
)

func TestMemory(t *testing.T) {
	ordertest.RunOrders(t, ordertest.Harness{
		New:    func(*testing.T) order.Orders { return ordertest.NewMemory() },
		Reopen: func(_ *testing.T, s order.Orders) order.Orders { return s },
	})
}
