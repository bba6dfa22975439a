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
		{"early is taken for due", func(p *puppet) { p.claims(func(r *poll.ClaimRequest) { r.Early = false }) }, "what may be asked early is claimed early, longest first"},
		{"due is taken for early", func(p *puppet) { p.claims(func(r *poll.ClaimRequest) { r.Early = true }) }, "what is due is claimed, longest first"},
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
		}, "what is due may be claimed early, what is claimed may not"},
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
		}, "only active watches of the carrier are claimed early"},
		{"early claims are not counted", func(p *puppet) {
			p.each(func(w *poll.Watch) {
				if !w.Early.IsZero() {
					w.Asks = 0
				}
			})
		}, "an early claim is counted, fenced and ended as any other"},
		{"early is not kept", func(p *puppet) { p.changed(func(w *poll.Watch) { w.Early = time.Time{} }) }, "a watch comes back whole"},
	}
}
