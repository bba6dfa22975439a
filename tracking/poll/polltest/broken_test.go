package polltest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A breakage breaks a store in one way.
type breakage = suitetest.Breakage[*puppet]

func TestSuiteCatchesBreakages(t *testing.T) {
	suitetest.Prove(t, suitetest.Suite[*puppet]{
		Run: runPuppet, Clauses: 57,
		Breakages: slices.Concat(watchBreakages(), claimBreakages(), earlyBreakages(), recordBreakages(), evidenceBreakages(), meterBreakages(), keeperBreakages()),
	})
}

func watchBreakages() []breakage {
	return []breakage{
		{"what is asked for comes to be", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				return change(ctx, id, func(w poll.Watch) poll.Watch {
					if w = f(w); w.Life == "" {
						w.Life = poll.Active
					}
					return w
				})
			}
		}, []string{
			"a watch that is not there comes with its id alone",
			"an ended context ends a call",
			"id, fence and what is known are not the caller's",
		}},
		{"a field is not kept", func(p *puppet) { p.changed(func(w *poll.Watch) { w.SettledAs = "" }) }, []string{"a watch comes back whole", "a watch survives a reopening"}},
		{"reasons are kept as words", func(p *puppet) {
			p.changed(func(w *poll.Watch) { w.Why = poll.Why{Text: w.Why.String()} })
		}, []string{"a reason comes back as it was", "a watch comes back whole", "a watch survives a reopening"}},
		{"reasons have seven bits", func(p *puppet) {
			p.changed(func(w *poll.Watch) {
				w.Why.Text = strings.Map(func(r rune) rune { return min(r, '~') }, w.Why.Text)
			})
		}, []string{"a reason comes back as it was", "a record ends the claim and keeps the decision"}},
		{"texts are read", func(p *puppet) {
			p.changed(func(w *poll.Watch) {
				if w.Why.Ground == "" {
					_ = w.Why.UnmarshalText([]byte(w.Why.Text))
				}
			})
		}, []string{"a reason comes back as it was"}},
		{"everything is lost at a restart", func(p *puppet) { p.reopen = func() { p.be(poll.NewMemoryStore()) } }, []string{
			"a watch survives a reopening",
			"evidence, claims and fences survive",
			"what is kept survives a reopening",
			"what was used survives a reopening",
		}},
		{"the caller's word is taken for what is known", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				known := false
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch { w = f(w); known = w.Known; return w })
				w.Known = w.Known || known
				return w, err
			}
		}, []string{"id, fence and what is known are not the caller's"}},
		{"extra fields are shared", func(p *puppet) {
			change, shared := p.change, map[poll.WatchID][]string{}
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch {
					if w = f(w); shared[id] == nil {
						shared[id] = w.Extra
					}
					return w
				})
				w.Extra = shared[id]
				return w, err
			}
		}, []string{"extra fields are copies"}},
		{"a change ends the claim", func(p *puppet) {
			change := p.change
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				var life poll.Life
				w, err := change(ctx, id, func(w poll.Watch) poll.Watch { w = f(w); life = w.Life; w.Life = poll.Paused; return w })
				if err == nil && life != "" {
					w, err = change(ctx, id, func(w poll.Watch) poll.Watch { w.Life = life; return w })
				}
				return w, err
			}
		}, []string{
			"a change leaves the claim",
			"a decision sees what came in between",
			"a decision that panics leaves everything as it was",
			"a watch that is not there comes with its id alone",
			"an ended context ends a call",
			"id, fence and what is known are not the caller's",
		}},
		{"contexts are not heeded", func(p *puppet) {
			change, claim := p.change, p.claim
			p.change = func(ctx context.Context, id poll.WatchID, f func(poll.Watch) poll.Watch) (poll.Watch, error) {
				return change(context.WithoutCancel(ctx), id, f)
			}
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				return claim(context.WithoutCancel(ctx), r)
			}
		}, []string{"an ended context ends a call"}},
		{"lists have no order", func(p *puppet) {
			watches := p.watches
			p.watches = func(ctx context.Context, f poll.Filter) iter.Seq2[poll.Watch, error] {
				f.Limit = 0
				return watches(ctx, f)
			}
		}, []string{"watches are listed in order, by filter and by page"}},
	}
}
