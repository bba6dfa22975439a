// Package suitetest proves conformance suites: that a suite fails on every implementation that breaks a sentence of the
// contract, in the clauses that are about it and in no others, and that there is no clause that nothing can fail.
//
// A suite is a function that runs one subtest a clause. It is run against puppets: sound implementations, each broken in
// one way. Because such runs fail on purpose, the test binary starts itself again for them, and reads what it says.
package suitetest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// againVariable tells a test binary that it was started again.
const againVariable = "WAYBILL_TEST_BREAKAGES"

// soundName is what a puppet is called that is not broken.
const soundName = "nothing"

// A Breakage breaks one sentence of a contract. It is an alias of a struct so that a table of breakages is no table of the
// names of its fields.
type Breakage[P any] = struct {
	Name   string   // of letters and spaces, its own in the suite
	Spoil  func(P)  // breaks a puppet that is sound
	Caught []string // the clauses that must fail, and no others may
}

// A Suite is what is to be proved.
type Suite[P any] struct {
	// Run runs the clauses against puppets that are spoilt as soon as they are made.
	Run       func(t *testing.T, spoil func(P))
	Breakages []Breakage[P]
	// Clauses is how many clauses there are at least, so that none gets lost unnoticed.
	Clauses int
	// Slow are clauses that take long. They are run against the sound puppet and against the breakages that name them alone:
	// a breakage need not name them, and that others do not fail them is not proved.
	Slow []string
}

// Prove holds a suite against its breakages. The sound puppet must pass every clause, each breakage must fail the clauses
// that it names and no others, each clause must be failed by some breakage, and no puppet may end a run with a panic.
// It is the whole of a test: the test that calls it is what the binary runs when it is started again.
func Prove[P any](t *testing.T, s Suite[P]) {
	t.Helper()
	if os.Getenv(againVariable) != "" {
		t.Run(soundName, func(t *testing.T) { s.Run(t, func(P) {}) })
		for _, b := range s.Breakages {
			t.Run(b.Name, func(t *testing.T) { s.Run(t, b.Spoil) })
		}
		return
	}
	output := again(t, s.passedOver())
	for _, fault := range s.faults(t.Name(), output) {
		t.Error(fault)
	}
	if t.Failed() && testing.Verbose() {
		t.Log(output)
	}
}

// ProveEnd runs a suite against a breakage that no test binary survives: by then the clauses that it names have failed, and
// says is among the last words. It is the whole of a test, as [Prove] is.
func ProveEnd[P any](t *testing.T, run func(t *testing.T, spoil func(P)), b Breakage[P], says string) {
	t.Helper()
	if os.Getenv(againVariable) != "" {
		t.Run(b.Name, func(t *testing.T) { run(t, b.Spoil) })
		return
	}
	output := again(t, "")
	found := verdicts(t.Name(), output)
	if failed := found[b.Name].that("FAIL"); !slices.Equal(failed, sorted(b.Caught)) || !strings.Contains(output, says) {
		t.Errorf("%s: the suite fails on %q, want %q and %q:\n%s", b.Name, failed, b.Caught, says, output)
	}
}

// again starts the test binary again for the running test without the subtests that skip matches, and gives what it says.
func again(t *testing.T, skip string) string {
	t.Helper()
	args := []string{"-test.v", "-test.run=^" + regexp.QuoteMeta(t.Name()) + "$"}
	if skip != "" {
		args = append(args, "-test.skip="+skip)
	}
	if deadline, ok := t.Deadline(); ok { // a suite that hangs says where
		args = append(args, fmt.Sprintf("-test.timeout=%v", time.Until(deadline)*9/10))
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), againVariable+"=1")
	output, _ := cmd.CombinedOutput() // fails, if the suite is any good
	return string(output)
}

// passedOver matches the slow clauses of the breakages that do not name them.
func (s Suite[P]) passedOver() string {
	var patterns []string
	for _, b := range s.Breakages {
		var skipped []string
		for _, clause := range s.Slow {
			if !slices.Contains(b.Caught, clause) {
				skipped = append(skipped, quoted(clause))
			}
		}
		if len(skipped) > 0 {
			patterns = append(patterns, "/^"+quoted(b.Name)+"$/^("+strings.Join(skipped, "|")+")$")
		}
	}
	return strings.Join(patterns, "|")
}

// quoted matches the name that a subtest is given.
func quoted(name string) string { return regexp.QuoteMeta(strings.ReplaceAll(name, " ", "_")) }

// said is PASS, FAIL or SKIP by clause.
type said map[string]string

// that lists the clauses with a verdict.
func (s said) that(verdict string) (clauses []string) {
	for clause, v := range s {
		if v == verdict {
			clauses = append(clauses, clause)
		}
	}
	return sorted(clauses)
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

var verdictLine = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): (.+) \(\d+\.\d+s\)$`)

// verdicts reads what a test's clauses came to, by breakage. Subtests of clauses belong to their clause.
func verdicts(test, output string) map[string]said {
	found := map[string]said{}
	for _, m := range verdictLine.FindAllStringSubmatch(output, -1) {
		path := strings.Split(strings.ReplaceAll(m[2], "_", " "), "/")
		if len(path) != 3 || path[0] != strings.ReplaceAll(test, "_", " ") {
			continue
		}
		if found[path[1]] == nil {
			found[path[1]] = said{}
		}
		found[path[1]][path[2]] = m[1]
	}
	return found
}

// faults tells what is not proved by what a test said.
func (s Suite[P]) faults(test, output string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if at := strings.Index(output, "panic:"); at >= 0 {
		fault("a breakage makes the suite panic: %s", output[at:])
	}
	found := verdicts(test, output)
	sound := found[soundName]
	for _, clause := range slices.Concat(sound.that("FAIL"), sound.that("SKIP")) {
		fault("nothing is broken, and %q is %s", clause, sound[clause])
	}
	if len(sound) < max(s.Clauses, 1) {
		fault("%d clauses were run, want at least %d", len(sound), max(s.Clauses, 1))
	}
	names, caught := map[string]bool{soundName: true}, map[string]bool{}
	for _, b := range s.Breakages {
		if names[b.Name] {
			fault("%s: two puppets are called so", b.Name)
		}
		names[b.Name] = true
		for _, clause := range b.Caught {
			caught[clause] = true
		}
		if failed, want := found[b.Name].that("FAIL"), sorted(b.Caught); len(want) == 0 || !slices.Equal(failed, want) {
			fault("%s: the suite fails on\n\t%q, want\n\t%q", b.Name, failed, want)
		}
		for clause := range sound {
			if found[b.Name][clause] == "" && (slices.Contains(b.Caught, clause) || !slices.Contains(s.Slow, clause)) {
				fault("%s: %q was not run", b.Name, clause)
			}
		}
	}
	for clause := range sound {
		if !caught[clause] {
			fault("no breakage fails %q", clause)
		}
	}
	for _, clause := range s.Slow {
		if sound[clause] == "" {
			fault("there is no slow clause %q", clause)
		}
	}
	slices.Sort(faults)
	return faults
}
