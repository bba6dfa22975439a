package webhooktest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

// A breakage breaks one sentence of a contract; caught are the clauses that must say so, and no others may.
type breakage struct {
	name   string
	run    func(t *testing.T)
	caught []string
}

func breakages() []breakage {
	var all []breakage
	for _, b := range slices.Concat(putBreakages(), claimBreakages(), finishBreakages(), archiveBreakages(), reopenBreakages()) {
		all = append(all, breakage{"inbox: " + b.name, func(t *testing.T) { webhooktest.RunInbox(t, inboxHarness(b.spoil)) }, b.caught})
	}
	for _, b := range slices.Concat(termBreakages(), verifyBreakages(), readBreakages()) {
		all = append(all, breakage{"source: " + b.name, func(t *testing.T) { webhooktest.RunSource(t, sourceHarness(b.signed, b.spoil)) }, b.caught})
	}
	for _, b := range registryBreakages() {
		all = append(all, breakage{"registry: " + b.name, func(t *testing.T) { webhooktest.RunRegistry(t, registryHarness(b.spoil)) }, b.caught})
	}
	return all
}

// soundness are the breakages that break nothing.
func soundness() []breakage {
	return []breakage{
		{"inbox: nothing", func(t *testing.T) { webhooktest.RunInbox(t, inboxHarness(func(*puppet) {})) }, nil},
		{"registry: nothing", func(t *testing.T) { webhooktest.RunRegistry(t, registryHarness(func(*registryPuppet) {})) }, nil},
		{"source: nothing", func(t *testing.T) { webhooktest.RunSource(t, sourceHarness(true, func(*sourcePuppet) {})) }, nil},
		{"source: nothing without a signature", func(t *testing.T) { webhooktest.RunSource(t, sourceHarness(false, func(*sourcePuppet) {})) }, nil},
	}
}

// againVariable tells a test binary that it was started again.
const againVariable = "WAYBILL_TEST_BREAKAGES"

// TestPuppet is what the test binary runs when it is started again: it fails on purpose.
func TestPuppet(t *testing.T) {
	if os.Getenv(againVariable) == "" {
		t.Skip("run by TestSuitesCatchBreakages")
	}
	for _, b := range append(breakages(), soundness()...) {
		t.Run(b.name, b.run)
	}
}

// verdicts starts the test binary again, and gives PASS, FAIL or SKIP by breakage and clause.
func verdicts(t *testing.T) (byBreakage map[string]map[string]string, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPuppet$", "-test.v")
	cmd.Env = append(os.Environ(), againVariable+"=1")
	out, _ := cmd.CombinedOutput() // fails, if the suites are any good
	byBreakage = make(map[string]map[string]string)
	for line := range strings.Lines(string(out)) {
		verdict, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--- "), ": TestPuppet/")
		name, _, _ := strings.Cut(strings.ReplaceAll(rest, "_", " "), " (0")
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

// TestSuitesCatchBreakages runs the suites against inboxes and sources that are broken in one way each: exactly the
// clauses that are about it fail, and there is no clause that nothing can fail.
func TestSuitesCatchBreakages(t *testing.T) {
	found, output := verdicts(t)
	if strings.Contains(output, "panic:") {
		t.Fatalf("a breakage makes a suite panic:\n%s", output)
	}
	clauses := map[string]bool{}
	for _, s := range soundness() {
		for clause, verdict := range found[s.name] {
			clauses[clause] = true
			if verdict != "PASS" && (verdict != "SKIP" || clause != "what is authentic but no message is malformed") {
				t.Errorf("%s is broken, and %q is %s", s.name, clause, verdict)
			}
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
	if len(clauses) < 60 {
		t.Errorf("only %d clauses were run:\n%s", len(clauses), output)
	}
	for clause := range clauses {
		if !caught[clause] {
			t.Errorf("no breakage fails the clause %q", clause)
		}
	}
}
