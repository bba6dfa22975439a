// Package polltest holds the suite that every [poll.Store] passes, ours and a host's own.
//
//	func TestStore(t *testing.T) {
//		polltest.RunStore(t, polltest.StoreHarness{
//			New:    func(t *testing.T) poll.Store { return open(t, emptyDatabase(t)) },
//			Reopen: func(t *testing.T, s poll.Store) poll.Store { return open(t, s.(*Store).database()) },
//		})
//	}
//
// Each case holds one sentence of the contract against the implementation and names it when it fails. What a harness
// leaves out, and what an implementation cannot do, is skipped with the reason. The suite is under test itself: there is no
// case that some broken store does not fail.
//
// No case waits for time to pass: all of them are told what time it is.
package polltest
