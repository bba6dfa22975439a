package polltest_test

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// claims changes what is asked for.
func (p *puppet) claims(change func(*poll.ClaimRequest)) {
	claim := p.claim
	p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
		change(&r)
		return claim(ctx, r)
	}
}

func earlyBreakages() []breakage {
	return []breakage{
		{"early is taken for due", func(p *puppet) { p.claims(func(r *poll.ClaimRequest) { r.Early = false }) }, []string{
			"an early claim is counted, fenced and ended as any other",
			"what is due may be claimed early, what is claimed may not",
			"what may be asked early is claimed early, longest first",
		}},
		{"what may be asked early is claimed as due", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				if !r.Early && err == nil && len(ws) < r.Limit {
					r.Early, r.Limit = true, r.Limit-len(ws)
					early, _ := claim(ctx, r)
					ws = append(ws, early...)
				}
				return ws, err
			}
		}, []string{"what may be asked early is claimed early, longest first"}},
		{"the end of a lease is taken for early", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				if r.Early && err == nil && len(ws) < r.Limit {
					r.Early, r.Limit = false, r.Limit-len(ws)
					due, _ := claim(ctx, r)
					ws = append(ws, due...)
				}
				return ws, err
			}
		}, []string{
			"an early claim is counted, fenced and ended as any other",
			"what is due may be claimed early, what is claimed may not",
		}},
		{"carriers are not told apart early", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				if r.Early {
					r.Carrier = "other"
					others, _ := claim(ctx, r)
					ws = append(ws, others...)
				}
				return ws, err
			}
		}, []string{"only active watches of the carrier are claimed early"}},
		{"early claims are not counted", func(p *puppet) {
			p.each(func(w *poll.Watch) {
				if !w.Early.IsZero() {
					w.Asks = 0
				}
			})
		}, []string{"an early claim is counted, fenced and ended as any other"}},
		{"early is not kept", func(p *puppet) { p.changed(func(w *poll.Watch) { w.Early = time.Time{} }) }, []string{"a watch comes back whole", "a watch survives a reopening"}},
	}
}
