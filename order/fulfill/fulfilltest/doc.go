// Package fulfilltest holds the suite that every [fulfill.Store] passes, ours and a host's own.
//
//	func TestStore(t *testing.T) {
//		fulfilltest.Run(t, fulfilltest.Harness{
//			New:    func(t *testing.T) fulfill.Store { return open(t, emptyDatabase(t)) },
//			Reopen: func(t *testing.T, s fulfill.Store) fulfill.Store { return open(t, s.(*Store).database()) },
//		})
//	}
//
// Each case holds one sentence of the contract against the implementation and names it when it fails. The suites of the
// two stores inside, of orders (package ordertest) and of watches (package polltest), run with it, each call a transaction.
// What a harness leaves out, and what an implementation cannot do, is skipped with the reason. The suite is under test
// itself: there is no case that some broken store does not fail.
//
// No case waits for time to pass: all of them are told what time it is.
package fulfilltest
