package webhooktest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func claimBreakages() []inboxBreakage {
	return []inboxBreakage{
		{"the newest comes first", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				claims, err := claim(ctx, now, limit, lease)
				slices.Reverse(claims)
				return claims, err
			}
		}, []string{"what is due longest comes first"}},
		{"one more is claimed than wanted", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				return claim(ctx, now, limit+1, lease)
			}
		}, []string{"a claim takes no more than its limit"}},
		{"a message is due as soon as it is put", func(p *puppet) {
			put, received := p.put, sync.Map{}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				received.Store(idOf(m), m.ReceivedAt)
				m.ReceivedAt = m.ReceivedAt.Add(-time.Hour)
				return put(ctx, m)
			}
			restore := func(m *webhook.Message) {
				if at, ok := received.Load(idOf(*m)); ok {
					m.ReceivedAt = at.(time.Time)
				}
			}
			p.each(func(c *webhook.Claim) { restore(&c.Message) })
			p.eachLetter(func(l *webhook.Letter) {
				restore(&l.Message)
				if l.State == webhook.Waiting && l.Attempt == 0 && l.Message.ReceivedAt.Sub(l.At) == time.Hour {
					l.At = l.Message.ReceivedAt
				}
			})
		}, []string{"a message that comes again changes nothing", "nothing is claimed before it is due", "what is due longest comes first"}},
		{"a leased message is claimed again", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				return claim(ctx, now, limit, time.Nanosecond)
			}
		}, []string{"a leased message is nobody else's", "a message is known wherever it stands", "letters say where they stand"}},
		{"a lease is a moment short", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				return claim(ctx, now, limit, lease-time.Microsecond)
			}
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Waiting && l.Attempt > 0 && l.Why == "" {
					l.At = l.At.Add(time.Microsecond)
				}
			})
		}, []string{"a leased message is nobody else's"}},
		{"a lease never ends", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				return claim(ctx, now, limit, 10000*time.Hour)
			}
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Waiting && l.Attempt > 0 && l.Why == "" {
					l.At = l.At.Add(time.Minute - 10000*time.Hour)
				}
			})
		}, []string{
			"a claimed body is the caller's",
			"a fence rises with every claim",
			"a finding for one leaves the others alone",
			"a lease that ran out makes a message due",
			"a stale claim changes nothing",
			"attempts are counted, but for those that are not",
			"leases and attempts survive",
			"what is not kept cannot be finished",
		}},
		{"a waiting message is due at once", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if f.State == webhook.Waiting {
					f.At = f.At.Add(-1000 * time.Hour)
				}
				return finish(ctx, c, f)
			}
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Waiting && l.Why != "" {
					l.At = l.At.Add(1000 * time.Hour)
				}
			})
		}, []string{
			"a claim ends with its finding",
			"a finding for one leaves the others alone",
			"a message is known wherever it stands",
			"a waiting message is due at its time",
			"only what is at its end is replayed",
			"what is due longest comes first",
		}},
		{"a waiting message is due a moment late", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if f.State == webhook.Waiting {
					f.At = f.At.Add(time.Microsecond)
				}
				return finish(ctx, c, f)
			}
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Waiting && l.Why != "" {
					l.At = l.At.Add(-time.Microsecond)
				}
			})
		}, []string{
			"a claim ends with its finding",
			"a dead letter is replayed from the beginning",
			"a fence rises with every claim",
			"a stale claim changes nothing",
			"a waiting message is due at its time",
			"attempts are counted, but for those that are not",
			"leases and attempts survive",
			"of a claim only source, key and fence count",
			"sources do not share keys",
			"what was put survives",
		}},
		{"every attempt counts", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				f.Uncounted = false
				return finish(ctx, c, f)
			}
		}, []string{"attempts are counted, but for those that are not"}},
		{"no attempt counts", func(p *puppet) {
			p.each(func(c *webhook.Claim) { c.Attempt = 1 })
		}, []string{"a stale claim changes nothing", "attempts are counted, but for those that are not", "leases and attempts survive"}},
		{"attempts begin at zero", func(p *puppet) {
			p.each(func(c *webhook.Claim) { c.Attempt-- })
		}, []string{
			"a dead letter is replayed from the beginning",
			"a message comes back whole",
			"a stale claim changes nothing",
			"attempts are counted, but for those that are not",
			"leases and attempts survive",
		}},
		{"a fence falls back", func(p *puppet) {
			// The fences that callers see are one lower after each uncounted finding, and still name their claims.
			fences := map[webhook.LetterID]map[int64]int64{}
			lag := map[webhook.LetterID]int64{}
			var mu sync.Mutex
			p.each(func(c *webhook.Claim) {
				mu.Lock()
				defer mu.Unlock()
				key := idOf(c.Message)
				if fences[key] == nil {
					fences[key] = map[int64]int64{}
				}
				shown := c.Fence - lag[key]
				fences[key][shown] = c.Fence
				c.Fence = shown
			})
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				mu.Lock()
				defer mu.Unlock()
				key := idOf(c.Message)
				if own, ok := fences[key][c.Fence]; ok {
					c.Fence = own
				}
				err := finish(ctx, c, f)
				if err == nil && f.Uncounted {
					lag[key]++
				}
				return err
			}
		}, []string{"a fence rises with every claim"}},
		{"claims share the body", func(p *puppet) {
			bodies := sync.Map{}
			p.each(func(c *webhook.Claim) {
				body, _ := bodies.LoadOrStore(idOf(c.Message), c.Message.Body)
				c.Message.Body = body.([]byte)
			})
		}, []string{"a claimed body is the caller's"}},
		{"two claimers may get one message", func(p *puppet) {
			claim := p.claim
			var mu sync.Mutex
			var shown []webhook.Claim
			first := true
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				claims, err := claim(ctx, now, limit, lease)
				mu.Lock()
				defer mu.Unlock()
				if limit == 7 && first && len(claims) > 0 {
					first, shown = false, claims[:1]
				} else if limit == 7 && len(shown) > 0 {
					claims, shown = append(claims, shown...), nil
				}
				return claims, err
			}
		}, []string{"concurrent claimers share without overlap"}},
	}
}
