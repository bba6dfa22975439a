package trackingtest

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/waybill-dev/waybill/tracking"
)

// Harness says how to get at a carrier and what its provider knows. New and Known are required.
type Harness struct {
	// New makes a carrier, a fresh one each time, against a provider that stands still while the case runs. Some cases
	// take several. What it starts is stopped with t.Cleanup.
	New func(t *testing.T) tracking.Carrier

	Known    tracking.Query // a parcel with at least one scan
	Missing  tracking.Query // a number that the provider has no data for
	Unmapped tracking.Query // a parcel that has a scan whose words are in no table
	Slow     tracking.Query // a number that the provider does not answer for a long time
	Failing  []Failure      // numbers that the provider refuses, and how

	// Subscription is one that the provider takes, of a parcel that it knows, as often as it is asked to.
	Subscription tracking.Subscription

	// Secrets are texts that must appear nowhere: credentials, and the names and phones in what the provider sends.
	Secrets []string

	InProcess bool // New reaches no socket: run in fake time
}

// Failure is a number whose answer is an error.
type Failure struct {
	Query tracking.Query
	Want  error // the sentinel
}

// A clause is one sentence of the contract.
type clause struct {
	name  string
	needs func(h Harness) (what string, have bool) // nil: nothing beyond New and Known
	hold  func(t *testing.T, h Harness, c tracking.Carrier)
}

// Run holds the carrier against the contract of [tracking.Carrier], one subtest a clause.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil || h.Known.Number == "" {
		t.Fatal("trackingtest: Harness.New and Harness.Known are required")
	}
	for _, clause := range clauses() {
		t.Run(clause.name, func(t *testing.T) {
			if clause.needs != nil {
				if what, have := clause.needs(h); !have {
					t.Skipf("the harness has no %s", what)
				}
			}
			if !h.InProcess {
				clause.hold(t, h, h.New(t))
				return
			}
			synctest.Test(t, func(t *testing.T) { clause.hold(t, h, h.New(t)) })
		})
	}
}

func clauses() []clause {
	return slices.Concat(answerClauses(), failureClauses(), conductClauses(), abilityClauses(), subscriptionClauses())
}

// queries lists a query for every kind of answer that the harness knows of.
func (h Harness) queries() []tracking.Query {
	all := []tracking.Query{h.Known, h.Missing, h.Unmapped}
	for _, f := range h.Failing {
		all = append(all, f.Query)
	}
	all = slices.DeleteFunc(all, func(q tracking.Query) bool { return q.Number == "" })
	return append(all, emptyNumber(h))
}

func needsMissing(h Harness) (string, bool)  { return "Missing", h.Missing.Number != "" }
func needsUnmapped(h Harness) (string, bool) { return "Unmapped", h.Unmapped.Number != "" }
func needsFailing(h Harness) (string, bool)  { return "Failing", len(h.Failing) > 0 }
func needsSecrets(h Harness) (string, bool)  { return "Secrets", len(h.Secrets) > 0 }

func needsSlow(h Harness) (string, bool) {
	if !h.InProcess {
		return "fake time (InProcess)", false
	}
	return "Slow", h.Slow.Number != ""
}
