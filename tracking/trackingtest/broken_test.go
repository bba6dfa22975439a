package trackingtest_test

import (
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
)

// The clauses, by the names that the suite prints.
const (
	clauseKnown      = "a known parcel is answered"
	clauseResults    = "a result names its query and its carrier"
	clauseSettled    = "parcels are returned settled"
	clauseZones      = "times carry a zone"
	clauseMissing    = "no data is ErrNotFound"
	clauseUnmapped   = "an unmapped word is UNKNOWN with its text"
	clauseEmpty      = "an empty number is refused"
	clauseOrder      = "one result per query in their order"
	clausePartial    = "one bad item harms itself only"
	clauseQueries    = "queries are neither changed nor kept"
	clauseOwned      = "parcels belong to the caller"
	clauseFailing    = "errors have the right sentinel"
	clauseErrors     = "an error is one line around one sentinel"
	clauseName       = "the name is short, lower case and constant"
	clauseCancelled  = "an ended context ends the call"
	clauseDeadline   = "a call stops when the context does"
	clauseConcurrent = "it is safe for concurrent use"
	clauseSecrets    = "no secret is ever shown"
	clauseLimits     = "limits do not change"
	clauseServes     = "it serves the courier it is asked for"
	clauseValid      = "its configuration is valid"
	clauseCouriers   = "couriers are listed"
	clauseDetect     = "couriers are detected"
	clauseQuota      = "the quota adds up"
	clauseLink       = "links are addresses"
	clauseRequests   = "requests are counted"

	clauseRegistrations  = "one registration per subscription in their order"
	clauseAgain          = "subscribing again is no error"
	clauseSubscribeEnded = "an ended context ends a subscription"
	clauseHidden         = "a registration shows no callback"
	clauseCancel         = "a handle can be cancelled and may be gone"
)

// A breakage breaks a carrier in one way.
type breakage = suitetest.Breakage[*puppet]

func breakages() []breakage {
	return slices.Concat(answerBreakages(), ownershipBreakages(), errorBreakages(), conductBreakages(), abilityBreakages(), listBreakages(), subscriptionBreakages())
}

func runPuppet(t *testing.T, spoil func(*puppet)) { trackingtest.Run(t, puppetHarness(spoil)) }

func TestSuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*puppet]{Run: runPuppet, Breakages: breakages(), Clauses: 31})
}

// TestSuiteCatchesGoroutines runs the suite against a carrier that leaves a goroutine behind. In fake time that ends the
// test binary, at the first clause that asks.
func TestSuiteCatchesGoroutines(t *testing.T) {
	suitetest.ProveEnd(t, runPuppet, breakage{"a goroutine is left behind", func(p *puppet) {
		p.each("", func(*tracking.Result) { go func() { select {} }() })
	}, []string{clauseKnown}}, "deadlock")
}
