package webhooktest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/webhook"
)

func archiveBreakages() []inboxBreakage {
	return []inboxBreakage{
		{"letters come by key", func(p *puppet) {
			letters := p.letters
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return func(yield func(webhook.Letter, error) bool) {
					var all []webhook.Letter
					for l, err := range letters(ctx, f) {
						if err != nil {
							yield(l, err)
							return
						}
						all = append(all, l)
					}
					slices.SortFunc(all, func(a, b webhook.Letter) int { return slices.Compare(a.Message.Key[:], b.Message.Key[:]) })
					for _, l := range all {
						if !yield(l, nil) {
							return
						}
					}
				}
			}
		}, []string{"letters are listed as they came"}},
		{"letters do not say why", func(p *puppet) { p.eachLetter(func(l *webhook.Letter) { l.Why = "" }) }, []string{"letters say where they stand"}},
		{"letters have no attempts", func(p *puppet) { p.eachLetter(func(l *webhook.Letter) { l.Attempt = 0 }) }, []string{"letters say where they stand"}},
		{"letters show an earlier time", func(p *puppet) {
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Dead {
					l.At = l.Message.ReceivedAt.Add(-time.Minute)
				}
			})
		}, []string{"letters say where they stand"}},
		{"letters of the dead have no body", func(p *puppet) {
			p.eachLetter(func(l *webhook.Letter) {
				if l.State == webhook.Dead {
					l.Message.Body = nil
				}
			})
		}, []string{"letters say where they stand"}},
		{"letters of all sources are listed", func(p *puppet) {
			letters := p.letters
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return letters(ctx, webhook.LetterFilter{State: f.State})
			}
		}, []string{"letters are chosen by source and state"}},
		{"letters of all states are listed", func(p *puppet) {
			letters := p.letters
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return letters(ctx, webhook.LetterFilter{Source: f.Source})
			}
		}, []string{"letters are chosen by source and state"}},
		{"the inbox stands still while it is listed", func(p *puppet) {
			letters, put := p.letters, p.put
			var listing atomic.Bool
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return func(yield func(webhook.Letter, error) bool) {
					listing.Store(true)
					defer listing.Store(false)
					letters(ctx, f)(yield)
				}
			}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				if listing.Load() {
					return false, errors.New("deadlock detected")
				}
				return put(ctx, m)
			}
		}, []string{"a listing can be left"}},
		{"a replay keeps the attempts", func(p *puppet) {
			replay, before := p.replay, sync.Map{}
			p.replay = func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
				for _, id := range ids {
					if l, ok := p.known(id); ok && l.State == webhook.Dead {
						before.Store(id, l.Attempt)
					}
				}
				return replay(ctx, now, ids...)
			}
			p.each(func(c *webhook.Claim) {
				if n, ok := before.Load(idOf(c.Message)); ok {
					c.Attempt += n.(int)
				}
			})
		}, []string{"a dead letter is replayed from the beginning"}},
		{"a replay is due tomorrow", func(p *puppet) {
			replay := p.replay
			p.replay = func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
				return replay(ctx, now.Add(24*time.Hour), ids...)
			}
		}, []string{"a dead letter is replayed from the beginning", "an old claim does not reach a replay"}},
		{"a replay counts what it was asked for", func(p *puppet) {
			replay := p.replay
			p.replay = func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
				_, err := replay(ctx, now, ids...)
				return len(ids), err
			}
		}, []string{"only what is at its end is replayed", "what is done is replayed whole or not at all"}},
		{"a replay of what is done has no body", func(p *puppet) {
			replay, finish, kept := p.replay, p.finish, sync.Map{}
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if _, again := kept.Load(idOf(c.Message)); !again && f.State == webhook.Done {
					if err := ctx.Err(); err != nil {
						return err
					}
					kept.Store(idOf(c.Message), true)
				}
				return finish(ctx, c, f)
			}
			p.replay = func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
				n, err := replay(ctx, now, ids...)
				for _, id := range ids {
					if _, done := kept.Load(id); done && err == nil {
						n++
						claim := p.claim
						p.claim = func(context.Context, time.Time, int, time.Duration) ([]webhook.Claim, error) {
							p.claim = claim
							return []webhook.Claim{{Message: webhook.Message{Source: id.Source, Key: id.Key}, Attempt: 1, Fence: 2}}, nil
						}
					}
				}
				return n, err
			}
		}, []string{"what is done is replayed whole or not at all"}},
		{"a replay starts the fence again", func(p *puppet) {
			replayed := sync.Map{}
			replay := p.replay
			p.replay = func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
				n, err := replay(ctx, now, ids...)
				for _, id := range ids {
					if n == 1 && err == nil {
						replayed.Store(id, int64(0))
					}
				}
				return n, err
			}
			p.each(func(c *webhook.Claim) {
				if _, ok := replayed.Load(idOf(c.Message)); ok {
					replayed.Store(idOf(c.Message), c.Fence-1)
					c.Fence = 1
				}
			})
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if lag, ok := replayed.Load(idOf(c.Message)); ok {
					c.Fence += lag.(int64)
				}
				return finish(ctx, c, f)
			}
		}, []string{"a dead letter is replayed from the beginning", "an old claim does not reach a replay"}},
		{"pruning takes what was done at that time", func(p *puppet) {
			prune := p.prune
			p.prune = func(ctx context.Context, before time.Time) (int, error) {
				return prune(ctx, before.Add(time.Nanosecond))
			}
		}, []string{"what was done before a time is forgotten"}},
		{"pruning keeps the keys", func(p *puppet) {
			prune, put, gone := p.prune, p.put, sync.Map{}
			p.prune = func(ctx context.Context, before time.Time) (int, error) {
				for l := range p.sound.Letters(context.Background(), webhook.LetterFilter{State: webhook.Done}) {
					if l.At.Before(before) && ctx.Err() == nil {
						gone.Store(idOf(l.Message), true)
					}
				}
				return prune(ctx, before)
			}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				if _, ok := gone.Load(idOf(m)); ok {
					return false, nil
				}
				return put(ctx, m)
			}
		}, []string{"what was done before a time is forgotten"}},
		{"pruning counts nothing", func(p *puppet) {
			prune := p.prune
			p.prune = func(ctx context.Context, before time.Time) (int, error) {
				_, err := prune(ctx, before)
				return 0, err
			}
		}, []string{"what was done before a time is forgotten"}},
		{"pruning takes the dead along", func(p *puppet) {
			prune := p.prune
			gone := map[webhook.LetterID]bool{}
			p.prune = func(ctx context.Context, before time.Time) (int, error) {
				n, err := prune(ctx, before)
				for l := range p.sound.Letters(context.Background(), webhook.LetterFilter{State: webhook.Dead}) {
					if err == nil && !gone[idOf(l.Message)] && l.At.Before(before) {
						gone[idOf(l.Message)] = true
						n++
					}
				}
				return n, err
			}
		}, []string{"nothing else is forgotten"}},
	}
}

func reopenBreakages() []inboxBreakage {
	return []inboxBreakage{
		{"nothing survives", func(p *puppet) {
			p.reopen = func() { *p = *newPuppet() }
		}, []string{"leases and attempts survive", "what was put survives"}},
		{"what is waiting is lost", func(p *puppet) {
			p.reopen = func() {
				for l := range p.sound.Letters(context.Background(), webhook.LetterFilter{State: webhook.Waiting}) {
					if l.Attempt > 0 {
						continue
					}
					put := p.put
					p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
						if idOf(m) == idOf(l.Message) {
							return true, nil
						}
						return put(ctx, m)
					}
				}
			}
		}, []string{"what was put survives"}},
		{"leases do not survive", func(p *puppet) {
			p.reopen = func() {
				claim := p.claim
				p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
					return claim(ctx, now.Add(lease), limit, lease)
				}
			}
		}, []string{"leases and attempts survive"}},
		{"attempts do not survive", func(p *puppet) {
			p.reopen = func() {
				lost := map[webhook.LetterID]int{}
				for l := range p.sound.Letters(context.Background(), webhook.LetterFilter{State: webhook.Waiting}) {
					lost[idOf(l.Message)] = l.Attempt
				}
				p.each(func(c *webhook.Claim) { c.Attempt -= lost[idOf(c.Message)] })
			}
		}, []string{"leases and attempts survive"}},
	}
}
