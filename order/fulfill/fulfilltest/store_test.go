package fulfilltest_test

import (
	"testing"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/fulfill/fulfilltest"
)

func TestMemoryStore(t *testing.T) {
	fulfilltest.Run(t, fulfilltest.Harness{
		New:    func(*testing.T) fulfill.Store { return fulfill.NewMemoryStore() },
		Reopen: func(_ *testing.T, s fulfill.Store) fulfill.Store { return s }, // the store itself is what it kept
	})
}
