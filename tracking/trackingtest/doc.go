// Package trackingtest is the suite that every [tracking.Carrier] passes, ours and a host's own, and a carrier in memory
// to test a host's code with.
//
//	func TestTruckers(t *testing.T) {
//		trackingtest.Run(t, trackingtest.Harness{
//			New:     func(t *testing.T) tracking.Carrier { return Truckers{api: fakeAPI(t)} },
//			Known:   tracking.Query{Courier: "truckers", Number: "T-1"},
//			Missing: tracking.Query{Courier: "truckers", Number: "T-404"},
//		})
//	}
//
// Each case holds one sentence of the contract in [tracking.Carrier] against the carrier and names it when it fails. What a
// harness leaves out, and what a carrier cannot do, is skipped with the reason. The suite is under test itself: there is no
// case that some broken carrier does not fail.
//
// # Fake time
//
// With Harness.InProcess every case runs in a testing/synctest bubble: limits and back-off cost no real time, and a goroutine left
// behind fails the case. For that, New must reach no socket: give the carrier an http.RoundTripper that
// calls a handler, as package sandbox's World.Client does.
package trackingtest
