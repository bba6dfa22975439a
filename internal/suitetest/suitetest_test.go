package suitetest

import (
	"slices"
	"strings"
	"testing"
)

// A toy is an implementation of a contract of two sentences.
type toy struct{ sum, product func(a, b int) int }

func runToys(t *testing.T, spoil func(*toy)) {
	x := &toy{func(a, b int) int { return a + b }, func(a, b int) int { return a * b }}
	spoil(x)
	t.Run("two and two are four", func(t *testing.T) {
		t.Run("as a subtest of the clause", func(t *testing.T) {
			if x.sum(2, 2) != 4 {
				t.Fail()
			}
		})
	})
	t.Run("2 times 3 (or 3 times 2) is 6", func(t *testing.T) {
		if x.product(2, 3) != 6 || x.product(3, 2) != 6 {
			t.Fail()
		}
	})
}

func toys() Suite[*toy] {
	return Suite[*toy]{Run: runToys, Clauses: 2, Breakages: []Breakage[*toy]{
		{"a sum is too large", func(x *toy) { x.sum = func(a, b int) int { return a + b + 1 } }, []string{"two and two are four"}},
		{"a product is too large", func(x *toy) { x.product = func(a, b int) int { return a*b + 1 } }, []string{"2 times 3 (or 3 times 2) is 6"}},
	}}
}

func TestProve(t *testing.T) { Prove(t, toys()) }

func TestProveWithSlowClauses(t *testing.T) {
	s := toys()
	s.Slow = []string{"two and two are four", "2 times 3 (or 3 times 2) is 6"}
	Prove(t, s)
}

func TestProveEnd(t *testing.T) {
	ProveEnd(t, runToys, Breakage[*toy]{"a product never comes", func(x *toy) {
		x.sum = func(int, int) int { return 0 }
		x.product = func(int, int) int { panic("out of digits") }
	}, []string{"2 times 3 (or 3 times 2) is 6", "two and two are four"}}, "out of digits")
}

// TestFaults reads what a test might have said.
func TestFaults(t *testing.T) {
	const (
		sound = "--- FAIL: TestX (0.01s)\n    --- PASS: TestX/nothing (0.00s)\n        --- PASS: TestX/nothing/one_is_one (0.00s)\n        --- PASS: TestX/nothing/two_is_two (12.34s)\n"
		one   = "    --- FAIL: TestX/no_one (0.00s)\n        --- FAIL: TestX/no_one/one_is_one (0.00s)\n        --- PASS: TestX/no_one/two_is_two (0.00s)\n"
		two   = "    --- FAIL: TestX/no_two (0.00s)\n        --- PASS: TestX/no_two/one_is_one (0.00s)\n        --- FAIL: TestX/no_two/two_is_two (0.00s)\n"
	)
	no := func(name string, caught ...string) Breakage[int] { return Breakage[int]{Name: name, Caught: caught} }
	both := []Breakage[int]{no("no one", "one is one"), no("no two", "two is two")}
	for name, c := range map[string]struct {
		suite  Suite[int]
		output string
		want   []string // a part of each fault
	}{
		"all is proved":       {Suite[int]{Breakages: both, Clauses: 2}, sound + one + two, nil},
		"nothing was run":     {Suite[int]{}, "", []string{"0 clauses were run"}},
		"too few were run":    {Suite[int]{Breakages: both, Clauses: 3}, sound + one + two, []string{"2 clauses were run, want at least 3"}},
		"another test":        {Suite[int]{}, strings.ReplaceAll(sound, "TestX", "TestXY"), []string{"0 clauses were run"}},
		"a panic":             {Suite[int]{Breakages: both}, sound + one + two + "panic: nil map", []string{"makes the suite panic"}},
		"a clause nobody can": {Suite[int]{Breakages: both[:1]}, sound + one, []string{`no breakage fails "two is two"`}},
		"the sound one fails": {
			Suite[int]{Breakages: both}, strings.Replace(sound, "PASS: TestX/nothing/one", "FAIL: TestX/nothing/one", 1) + one + two,
			[]string{`nothing is broken, and "one is one" is FAIL`},
		},
		"the sound one skips": {
			Suite[int]{Breakages: both}, strings.Replace(sound, "PASS: TestX/nothing/one", "SKIP: TestX/nothing/one", 1) + one + two,
			[]string{`nothing is broken, and "one is one" is SKIP`},
		},
		"one too many fails": {
			Suite[int]{Breakages: both}, sound + strings.ReplaceAll(one, "PASS", "FAIL") + two, []string{"no one: the suite fails on"},
		},
		"none fails": {
			Suite[int]{Breakages: both}, sound + strings.ReplaceAll(one, "FAIL", "PASS") + two, []string{"no one: the suite fails on"},
		},
		"none is named": {
			Suite[int]{Breakages: append(slices.Clone(both), no("no harm"))}, sound + one + two + strings.ReplaceAll(strings.ReplaceAll(one, "no_one", "no_harm"), "FAIL", "PASS"),
			[]string{"no harm: the suite fails on"},
		},
		"a breakage was not run": {
			Suite[int]{Breakages: both}, sound + one,
			[]string{`no two: "one is one" was not run`, `no two: "two is two" was not run`, "no two: the suite fails on"},
		},
		"a run was broken off": {
			Suite[int]{Breakages: both}, sound + one[:strings.LastIndex(one, "        ---")] + two, []string{`no one: "two is two" was not run`},
		},
		"a slow clause is passed over": {
			Suite[int]{Breakages: both, Slow: []string{"two is two"}}, sound + one[:strings.LastIndex(one, "        ---")] + two, nil,
		},
		"a slow clause that is named was not run": {
			Suite[int]{Breakages: both, Slow: []string{"two is two"}}, sound + one + two[:strings.LastIndex(two, "        ---")],
			[]string{`no two: "two is two" was not run`, "no two: the suite fails on"},
		},
		"a slow clause is misspelt": {Suite[int]{Breakages: both, Slow: []string{"two"}}, sound + one + two, []string{`there is no slow clause "two"`}},
		"a name twice":              {Suite[int]{Breakages: append(slices.Clone(both), both[0])}, sound + one + two, []string{"no one: two puppets are called so"}},
	} {
		got := c.suite.faults("TestX", c.output)
		if !slices.EqualFunc(got, c.want, strings.Contains) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
