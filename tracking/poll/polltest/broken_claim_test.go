package polltest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

func claimBreakages() []breakage {
	return []breakage{
		{"claims come in any order", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) (ws []poll.Watch, err error) {
				limit := r.Limit
				r.Limit = 100
				p.note(func() { // what is given back again is missed by nobody
					ws, err = claim(ctx, r)
					slices.Reverse(ws)
					if len(ws) > limit {
						_ = p.release(ctx, ws[limit:])
						ws = ws[:limit]
					}
				})
				return ws, err
			}
		}, []string{
			"an early claim is counted, fenced and ended as any other",
			"what is due is claimed, longest first",
			"what may be asked early is claimed early, longest first",
		}},
		{"what is nearly due is claimed", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				r.Now = r.Now.Truncate(time.Second).Add(time.Second)
				return claim(ctx, r)
			}
		}, []string{
			"a leased watch is nobody else's until the lease ends",
			"a record ends the claim and keeps the decision",
			"next due is the first due time or end of a lease",
			"what is due is claimed, longest first",
			"what may be asked early is claimed early, longest first",
		}},
		{"limits do not hold", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) { r.Limit++; return claim(ctx, r) }
		}, []string{"a limit holds", "what may be asked early is claimed early, longest first"}},
		{"carriers are not told apart", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				r.Carrier = "other"
				others, _ := claim(ctx, r)
				return append(ws, others...), err
			}
		}, []string{
			"only active watches of the carrier are claimed",
			"only active watches of the carrier are claimed early",
			"watches of a shipment share its evidence, generations do not",
		}},
		{"claims are not counted", func(p *puppet) { p.each(func(w *poll.Watch) { w.Today = 0 }) }, []string{"a claim is counted and fenced", "what is given back is due as before"}},
		{"two claim the same", func(p *puppet) {
			claim := p.claim
			var mu sync.Mutex
			var last []poll.Watch
			p.claim = func(ctx context.Context, r poll.ClaimRequest) ([]poll.Watch, error) {
				ws, err := claim(ctx, r)
				mu.Lock()
				defer mu.Unlock()
				if len(ws) > 0 {
					ws = append(ws, last...)
					last = slices.Clone(ws[:1])
				}
				return ws, err
			}
		}, []string{
			"a claim is counted and fenced",
			"a leased watch is nobody else's until the lease ends",
			"a limit holds",
			"a record ends the claim and keeps the decision",
			"an answer that says the same gains nothing",
			"an ask without data leaves what is known",
			"an early claim is counted, fenced and ended as any other",
			"an old claim gives nothing back",
			"an old claim records nothing",
			"concurrent claims share nothing",
			"evidence gathers and status is derived over all of it",
			"evidence, claims and fences survive",
			"what is due is claimed, longest first",
			"what is due may be claimed early, what is claimed may not",
			"what is given back is due as before",
			"what may be asked early is claimed early, longest first",
		}},
		{"leases are not seen", func(p *puppet) {
			p.next = func(context.Context, string) (time.Time, error) { return time.Time{}, nil }
		}, []string{
			"an early claim is counted, fenced and ended as any other",
			"next due is the first due time or end of a lease",
		}},
		{"what is given back counts as asked", func(p *puppet) {
			release := p.release
			p.release = func(ctx context.Context, ws []poll.Watch) error {
				err := release(ctx, ws)
				for _, w := range ws {
					_, _ = p.change(ctx, w.ID, func(w poll.Watch) poll.Watch { w.Asks++; return w })
				}
				return err
			}
		}, []string{"what is given back is due as before"}},
		{"an old claim gives back another's", func(p *puppet) {
			release := p.release
			p.release = func(ctx context.Context, ws []poll.Watch) error {
				for i := range ws {
					if w, _ := p.change(ctx, ws[i].ID, func(w poll.Watch) poll.Watch { return w }); w.Life != "" {
						ws[i].Fence = w.Fence
					}
				}
				return release(ctx, ws)
			}
		}, []string{"an old claim gives nothing back"}},
	}
}
