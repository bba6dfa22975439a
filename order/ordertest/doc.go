// Package ordertest holds the suite that every [order.Orders] passes, ours and a host's own, and a reference
// implementation in memory.
//
//	func TestOrders(t *testing.T) {
//		ordertest.RunOrders(t, ordertest.Harness{
//			New: func(t *testing.T) order.Orders { return open(t, emptyDatabase(t)) },
//		})
//	}
//
// Each case holds one sentence of the contract against the implementation and names it when it fails. What a harness
// leaves out is skipped with the reason. The suite is under test itself: there is no case that some broken store does not
// fail. No case waits for time to pass.
package ordertest
