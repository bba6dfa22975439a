package webhooktest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/webhook"
)

// An inboxBreakage breaks an inbox in one way.
type inboxBreakage = suitetest.Breakage[*puppet]

// whole are the clauses that compare messages.
var whole = []string{
	"a claimed body is the caller's", "a dead letter is replayed from the beginning", "a message comes back whole",
	"a message that comes again changes nothing", "empty and large bodies come back", "of a claim only source, key and fence count",
	"what was put survives",
}

// fresh are the clauses that put a message twice.
var fresh = []string{
	"a message is fresh once",
	"a message is known wherever it stands",
	"a message that comes again changes nothing",
	"an ended context ends a call",
	"nothing else is forgotten",
	"of concurrent puts one is fresh",
	"what was done before a time is forgotten",
	"what was put survives",
}

// tooLate are the clauses in which a claim is too old to be finished.
var tooLate = []string{
	"a claim ends with its finding",
	"a stale claim changes nothing",
	"an old claim does not reach a replay",
	"leases and attempts survive",
	"what is not kept cannot be finished",
	"what was done before a time is forgotten",
}

func putBreakages() []inboxBreakage {
	return []inboxBreakage{
		{"a message is always fresh", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				_, err := put(ctx, m)
				return err == nil, err
			}
		}, fresh},
		{"a duplicate is an error", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				fresh, err := put(ctx, m)
				if err == nil && !fresh {
					err = errors.New("unique constraint")
				}
				return fresh, err
			}
		}, fresh},
		{"what is at its end is forgotten", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				fresh, err := put(ctx, m)
				if l, _ := p.known(idOf(m)); l.State == webhook.Dead {
					return true, err
				}
				return fresh, err
			}
		}, []string{"a message is known wherever it stands", "nothing else is forgotten", "what was put survives"}},
		{"what is leased is fresh when it comes again", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				fresh, err := put(ctx, m)
				if l, _ := p.known(idOf(m)); !fresh && l.State == webhook.Waiting && l.Attempt > 0 {
					return true, err
				}
				return fresh, err
			}
		}, []string{"a message is known wherever it stands", "nothing else is forgotten", "what was put survives"}},
		{"the last of two equal messages counts", func(p *puppet) {
			put, last := p.put, sync.Map{}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				last.Store(idOf(m), m)
				return put(ctx, m)
			}
			p.each(func(c *webhook.Claim) {
				if m, ok := last.Load(idOf(c.Message)); ok {
					c.Message = m.(webhook.Message)
					c.Message.Body = slices.Clone(c.Message.Body)
				}
			})
		}, []string{"a message that comes again changes nothing"}},
		{"all sources share their keys", func(p *puppet) {
			put, seen := p.put, sync.Map{}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				if source, taken := seen.LoadOrStore(m.Key, m.Source); taken && source != m.Source {
					return false, ctx.Err()
				}
				return put(ctx, m)
			}
		}, []string{"sources do not share keys"}},
		{"a message is fresh again for the third who brings it", func(p *puppet) {
			put := p.put
			var mu sync.Mutex
			times := map[webhook.LetterID]int{}
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				times[idOf(m)]++
				fresh, err := put(ctx, m)
				return fresh || err == nil && times[idOf(m)] == 3, err
			}
		}, []string{"of concurrent puts one is fresh"}},
		{"the body is cut at a zero byte", func(p *puppet) {
			p.each(func(c *webhook.Claim) {
				if i := slices.Index(c.Message.Body, 0); i >= 0 && len(c.Message.Body) == 256 {
					c.Message.Body = c.Message.Body[:i]
				}
			})
		}, []string{"a message comes back whole"}},
		{"the body has a limit", func(p *puppet) {
			p.each(func(c *webhook.Claim) { c.Message.Body = c.Message.Body[:min(len(c.Message.Body), 1<<16)] })
		}, []string{"empty and large bodies come back"}},
		{"the encoding is lost", func(p *puppet) {
			p.each(func(c *webhook.Claim) { c.Message.Encoding = "" })
		}, []string{"a message comes back whole"}},
		{"the content type loses its parameters", func(p *puppet) {
			p.each(func(c *webhook.Claim) {
				c.Message.ContentType = c.Message.ContentType[:min(16, len(c.Message.ContentType))]
			})
		}, whole},
		{"the proof is lost", func(p *puppet) { p.each(func(c *webhook.Claim) { c.Message.Proof = 0 }) }, whole},
		{"the key id is lost", func(p *puppet) { p.each(func(c *webhook.Claim) { c.Message.KeyID = "" }) }, whole},
		{"times are kept to the second", func(p *puppet) {
			p.each(func(c *webhook.Claim) {
				c.Message.SentAt = c.Message.SentAt.Truncate(time.Second)
			})
		}, whole},
		{"the zone of a time is lost, its clock kept", func(p *puppet) {
			p.each(func(c *webhook.Claim) {
				at := c.Message.ReceivedAt
				c.Message.ReceivedAt = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
			})
		}, whole},
		{"no time of sending becomes 1970", func(p *puppet) {
			p.each(func(c *webhook.Claim) {
				if c.Message.SentAt.IsZero() {
					c.Message.SentAt = time.Unix(0, 0)
				}
			})
		}, []string{"a message comes back whole"}},
		{"Put does not look at its context", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) { return put(context.WithoutCancel(ctx), m) }
		}, []string{"an ended context ends a call"}},
		{"Claim does not look at its context", func(p *puppet) {
			claim := p.claim
			p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
				return claim(context.WithoutCancel(ctx), now, limit, lease)
			}
		}, []string{"an ended context ends a call"}},
		{"Finish does not look at its context", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				return finish(context.WithoutCancel(ctx), c, f)
			}
		}, []string{"an ended context ends a call"}},
		{"a listing does not look at its context", func(p *puppet) {
			letters := p.letters
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return letters(context.WithoutCancel(ctx), f)
			}
		}, []string{"an ended context ends a call"}},
		{"a listing goes on after its error", func(p *puppet) {
			letters := p.letters
			p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
				return func(yield func(webhook.Letter, error) bool) {
					if err := ctx.Err(); err != nil && !yield(webhook.Letter{}, err) {
						return
					}
					letters(context.WithoutCancel(ctx), f)(yield)
				}
			}
		}, []string{"an ended context ends a call"}},
	}
}
