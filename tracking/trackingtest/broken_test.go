package trackingtest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

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

// A breakage breaks one sentence of the contract; caught are the clauses that must say so, and no others may.
type breakage struct {
	name   string
	spoil  func(p *puppet)
	caught []string
}

func breakages() []breakage {
	return slices.Concat(answerBreakages(), ownershipBreakages(), errorBreakages(), conductBreakages(), abilityBreakages(), listBreakages(), subscriptionBreakages())
}

// soundness is the breakage that breaks nothing, and leaving the one that no test binary survives.
var (
	soundness = breakage{"nothing", func(*puppet) {}, nil}
	leaving   = breakage{"a goroutine is left behind", func(p *puppet) {
		p.each("", func(*tracking.Result) { go func() { select {} }() })
	}, nil}
)

// againVariable tells a test binary that it was started again, and with which breakages to run the suite.
const againVariable = "WAYBILL_TEST_BREAKAGES"

// TestPuppet is what the test binary runs when it is started again: it fails on purpose.
func TestPuppet(t *testing.T) {
	var run []breakage
	switch os.Getenv(againVariable) {
	case "all":
		run = append(breakages(), soundness)
	case "leaving":
		run = []breakage{leaving}
	default:
		t.Skip("run by TestSuiteCatchesBreakages and TestSuiteCatchesGoroutines")
	}
	for _, b := range run {
		t.Run(b.name, func(t *testing.T) { trackingtest.Run(t, puppetHarness(b.spoil)) })
	}
}

// verdicts starts the test binary again, and gives PASS, FAIL or SKIP by breakage and clause.
func verdicts(t *testing.T, which string) (byBreakage map[string]map[string]string, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPuppet$", "-test.v")
	cmd.Env = append(os.Environ(), againVariable+"="+which)
	out, _ := cmd.CombinedOutput() // fails, if the suite is any good
	byBreakage = make(map[string]map[string]string)
	for line := range strings.Lines(string(out)) {
		verdict, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--- "), ": TestPuppet/")
		name, _, _ := strings.Cut(strings.ReplaceAll(rest, "_", " "), " (")
		breakage, clause, isClause := strings.Cut(name, "/")
		if !ok || !isClause {
			continue
		}
		if byBreakage[breakage] == nil {
			byBreakage[breakage] = make(map[string]string)
		}
		byBreakage[breakage][clause] = verdict
	}
	return byBreakage, string(out)
}

// TestSuiteCatchesBreakages runs the suite against carriers that are broken in one way each: exactly the clauses that
// are about it fail, and there is no clause that nothing can fail.
func TestSuiteCatchesBreakages(t *testing.T) {
	found, output := verdicts(t, "all")
	if strings.Contains(output, "panic:") {
		t.Fatalf("a broken carrier makes the suite panic:\n%s", output)
	}
	for clause, verdict := range found[soundness.name] {
		if verdict != "PASS" {
			t.Errorf("nothing is broken, and %q is %s", clause, verdict)
		}
	}
	caught := map[string]bool{}
	for _, b := range breakages() {
		var failed []string
		for clause, verdict := range found[b.name] {
			if verdict == "FAIL" {
				failed, caught[clause] = append(failed, clause), true
			}
		}
		slices.Sort(failed)
		if want := slices.Sorted(slices.Values(b.caught)); len(want) == 0 || !slices.Equal(failed, want) {
			t.Errorf("%s: the suite fails on %q, want %q", b.name, failed, want)
		}
	}
	if len(found[soundness.name]) < 20 {
		t.Errorf("only %d clauses were run:\n%s", len(found[soundness.name]), output)
	}
	for clause := range found[soundness.name] {
		if !caught[clause] {
			t.Errorf("no breakage fails the clause %q", clause)
		}
	}
}

// TestSuiteCatchesGoroutines runs the suite against a carrier that leaves a goroutine behind. In fake time that ends the
// test binary, at the first clause that asks.
func TestSuiteCatchesGoroutines(t *testing.T) {
	found, output := verdicts(t, "leaving")
	if found[leaving.name][clauseKnown] != "FAIL" || !strings.Contains(output, "deadlock") {
		t.Errorf("nothing says that a goroutine is left behind:\n%s", output)
	}
}
