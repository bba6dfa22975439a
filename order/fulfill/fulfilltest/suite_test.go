package fulfilltest_test

import (
	"testing"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/fulfill/fulfilltest"
)

func runPuppet(t *testing.T, spoil func(*puppet)) {
	fulfilltest.Run(t, fulfilltest.Harness{
		New: func(*testing.T) fulfill.Store {
			p := newPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, s fulfill.Store) fulfill.Store { s.(*puppet).reopen(); return s },
	})
}

// TestSuiteCatchesBreakages passes the suites of orders and watches over where it can: they are proved on their own.
func TestSuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*puppet]{Run: runPuppet, Breakages: breakages(), Clauses: 60, Slow: []string{"orders", "watches"}})
}
