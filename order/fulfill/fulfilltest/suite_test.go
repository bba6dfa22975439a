package fulfilltest_test

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/fulfill/fulfilltest"
)

// againVariable tells a test binary that it was started again.
const againVariable = "WAYBILL_TEST_BREAKAGES"

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

// TestPuppet is what the test binary runs when it is started again: it fails on purpose.
func TestPuppet(t *testing.T) {
	if os.Getenv(againVariable) == "" {
		t.Skip("run by TestSuiteCatchesBreakages")
	}
	for _, b := range breakages() {
		t.Run(b.name, func(t *testing.T) { runPuppet(t, b.spoil) })
	}
}

func TestSoundPuppet(t *testing.T) { runPuppet(t, func(*puppet) {}) }

var verdict = regexp.MustCompile(`--- (PASS|FAIL|SKIP): TestPuppet/([^/\n]+)/([^/\n]+) \(`)

// TestSuiteCatchesBreakages runs the suite against stores that are broken in one way each: exactly those clauses fail that
// are named, and there is no clause that nothing fails. The suites of orders and watches are held to the same elsewhere.
func TestSuiteCatchesBreakages(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPuppet$", "-test.skip=^TestPuppet$/^.*$/^(orders|watches)$", "-test.v")
	cmd.Env = append(os.Environ(), againVariable+"=1")
	out, _ := cmd.CombinedOutput() // fails, if the suite is any good
	failed, clauses := map[string][]string{}, map[string]bool{}
	for _, m := range verdict.FindAllStringSubmatch(string(out), -1) {
		breakage, clause := strings.ReplaceAll(m[2], "_", " "), strings.ReplaceAll(m[3], "_", " ")
		clauses[clause] = clauses[clause] || m[1] == "FAIL"
		if m[1] == "FAIL" {
			failed[breakage] = append(failed[breakage], clause)
		}
	}
	if len(clauses) < 45 || strings.Contains(string(out), "panic:") {
		t.Fatalf("%d clauses were run:\n%s", len(clauses), out)
	}
	for _, b := range breakages() {
		got, want := slices.Sorted(slices.Values(failed[b.name])), slices.Sorted(slices.Values(b.caught))
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: fails\n\t%q, want\n\t%q", b.name, got, want)
		}
	}
	for _, clause := range slices.Sorted(maps.Keys(clauses)) {
		if !clauses[clause] {
			t.Errorf("no broken store fails %q", clause)
		}
	}
}
