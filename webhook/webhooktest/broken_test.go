package webhooktest_test

import (
	"slices"
	"testing"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

func TestInboxSuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*puppet]{
		Run:       func(t *testing.T, spoil func(*puppet)) { webhooktest.RunInbox(t, inboxHarness(spoil)) },
		Breakages: slices.Concat(putBreakages(), claimBreakages(), finishBreakages(), archiveBreakages(), reopenBreakages()),
		Clauses:   39,
	})
}

func TestRegistrySuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*registryPuppet]{
		Run:       func(t *testing.T, spoil func(*registryPuppet)) { webhooktest.RunRegistry(t, registryHarness(spoil)) },
		Breakages: registryBreakages(),
		Clauses:   16,
	})
}

// A provider is a source with pushes that it has to take: signed ones, or ones to a secret address.
type provider struct {
	signed bool
	spoil  func(*sourcePuppet)
}

func TestSourceSuiteCatchesBreakages(t *testing.T) {
	var all []suitetest.Breakage[*provider]
	for _, b := range slices.Concat(termBreakages(), verifyBreakages(), readBreakages()) {
		all = append(all, suitetest.Breakage[*provider]{b.name, func(p *provider) { p.signed, p.spoil = b.signed, b.spoil }, b.caught})
	}
	suitetest.Prove(t, suitetest.Suite[*provider]{
		Run: func(t *testing.T, spoil func(*provider)) {
			p := provider{true, func(*sourcePuppet) {}}
			spoil(&p)
			webhooktest.RunSource(t, sourceHarness(p.signed, p.spoil))
		},
		Breakages: all,
		Clauses:   24,
	})
}

// TestSourceWithoutSignature is the other kind of sound source.
func TestSourceWithoutSignature(t *testing.T) {
	webhooktest.RunSource(t, sourceHarness(false, func(*sourcePuppet) {}))
}
