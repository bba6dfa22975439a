package webhooktest_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func finishBreakages() []inboxBreakage {
	swallow := func(p *puppet, when func(c webhook.Claim, f webhook.Finding) bool) {
		finish := p.finish
		p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
			if ctx.Err() == nil && when(c, f) {
				return nil
			}
			return finish(ctx, c, f)
		}
	}
	return []inboxBreakage{
		{"done is not noted", func(p *puppet) {
			swallow(p, func(_ webhook.Claim, f webhook.Finding) bool { return f.State == webhook.Done })
		}, []string{
			"a claim ends with its finding",
			"a finding for one leaves the others alone",
			"a lease that merely ran out does no harm",
			"a stale claim changes nothing",
			"an old claim does not reach a replay",
			"done is done twice",
			"leases and attempts survive",
			"letters are chosen by source and state",
			"letters say where they stand",
			"what is done is done",
			"what is not kept cannot be finished",
			"what was done before a time is forgotten",
		}},
		{"dead is tried again", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if f.State == webhook.Dead {
					f.State = webhook.Waiting
				}
				return finish(ctx, c, f)
			}
		}, []string{
			"a claim ends with its finding",
			"a dead letter is replayed from the beginning",
			"a message is known wherever it stands",
			"an old claim does not reach a replay",
			"letters are chosen by source and state",
			"letters say where they stand",
			"what is dead is left alone",
			"what was put survives",
		}},
		{"a finding is for all of a source", func(p *puppet) {
			finish := p.finish
			var mu sync.Mutex
			held := map[webhook.LetterID]webhook.Claim{}
			p.each(func(c *webhook.Claim) {
				mu.Lock()
				defer mu.Unlock()
				held[idOf(c.Message)] = *c
			})
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				err := finish(ctx, c, f)
				if mu.TryLock() {
					if err == nil && f.State == webhook.Done && len(held) == 3 {
						for _, other := range held {
							finish(ctx, other, f)
						}
					}
					mu.Unlock()
				}
				return err
			}
		}, []string{"a finding for one leaves the others alone", "what was put survives"}},
		{"a stale claim is believed", func(p *puppet) {
			latest := sync.Map{}
			p.each(func(c *webhook.Claim) { latest.Store(idOf(c.Message), c.Fence) })
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if fence, ok := latest.Load(idOf(c.Message)); ok {
					c.Fence = fence.(int64)
				}
				return finish(ctx, c, f)
			}
		}, []string{"a stale claim changes nothing", "an old claim does not reach a replay", "leases and attempts survive"}},
		{"a stale claim is refused without saying so", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if err := finish(ctx, c, f); !errors.Is(err, webhook.ErrLeaseLost) {
					return err
				}
				return nil
			}
		}, tooLate},
		{"a stale claim has an error of its own", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if err := finish(ctx, c, f); !errors.Is(err, webhook.ErrLeaseLost) {
					return err
				}
				return errors.New("no rows")
			}
		}, tooLate},
		{"a finding after the lease is refused", func(p *puppet) {
			until, clock := sync.Map{}, time.Time{}
			var mu sync.Mutex
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				claims, err := claim(ctx, now, limit, lease)
				mu.Lock()
				clock = now
				mu.Unlock()
				for _, c := range claims {
					until.Store(idOf(c.Message), now.Add(lease))
				}
				return claims, err
			}
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				mu.Lock()
				defer mu.Unlock()
				at := f.At
				if at.Before(clock) {
					at = clock
				}
				if end, ok := until.Load(idOf(c.Message)); ok && f.State == webhook.Done && at.Sub(end.(time.Time)) > 5*time.Minute && at.Sub(end.(time.Time)) < 30*time.Minute {
					return webhook.ErrLeaseLost
				}
				return finish(ctx, c, f)
			}
		}, []string{"a lease that merely ran out does no harm"}},
		{"a claim finishes more than once", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				err := finish(ctx, c, f)
				if l, ok := p.known(idOf(c.Message)); ok && errors.Is(err, webhook.ErrLeaseLost) && l.State != webhook.Done && l.Why != "" && l.Attempt == 1 {
					return nil
				}
				return err
			}
		}, []string{"a claim ends with its finding"}},
		{"done twice is an error", func(p *puppet) {
			finish, over := p.finish, sync.Map{}
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if _, is := over.Load(idOf(c.Message)); is && ctx.Err() == nil {
					return webhook.ErrLeaseLost
				}
				err := finish(ctx, c, f)
				if err == nil && f.State == webhook.Done {
					over.Store(idOf(c.Message), true)
				}
				return err
			}
		}, []string{"done is done twice"}},
		{"done twice is done later", func(p *puppet) {
			finish, later := p.finish, sync.Map{}
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				err := finish(ctx, c, f)
				if err == nil && f.State == webhook.Done {
					later.Store(idOf(c.Message), f.At)
				}
				return err
			}
			p.eachLetter(func(l *webhook.Letter) {
				if at, ok := later.Load(idOf(l.Message)); ok && l.State == webhook.Done {
					l.At = at.(time.Time)
				}
			})
		}, []string{"done is done twice"}},
		{"what was never put is finished", func(p *puppet) {
			swallow(p, func(c webhook.Claim, _ webhook.Finding) bool {
				_, ok := p.known(idOf(c.Message))
				return !ok
			})
		}, []string{"what is not kept cannot be finished", "what was done before a time is forgotten"}},
		{"Finish wants the whole claim", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if c.Message.ReceivedAt.IsZero() {
					return errors.New("no such row")
				}
				return finish(ctx, c, f)
			}
		}, []string{"of a claim only source, key and fence count"}},
	}
}
