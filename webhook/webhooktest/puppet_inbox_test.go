package webhooktest_test

import (
	"bytes"
	"context"
	"iter"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/webhook"
	"github.com/waybill-dev/waybill/webhook/webhooktest"
)

// puppet is a sound inbox whose methods can be exchanged one by one.
type puppet struct {
	put     func(ctx context.Context, m webhook.Message) (bool, error)
	claim   func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error)
	finish  func(ctx context.Context, c webhook.Claim, f webhook.Finding) error
	letters func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error]
	replay  func(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error)
	prune   func(ctx context.Context, before time.Time) (int, error)
	reopen  func()

	sound *webhook.MemoryInbox
}

func newPuppet() *puppet {
	in := webhook.NewMemoryInbox()
	p := &puppet{
		claim: in.Claim, finish: in.Finish, letters: in.Letters, replay: in.Replay, prune: in.Prune,
		reopen: func() {}, sound: in,
	}
	p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
		m.Body = bytes.Clone(m.Body)
		return in.Put(ctx, m)
	}
	return p
}

func (p *puppet) Put(ctx context.Context, m webhook.Message) (bool, error) { return p.put(ctx, m) }
func (p *puppet) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
	return p.claim(ctx, now, limit, lease)
}
func (p *puppet) Finish(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
	return p.finish(ctx, c, f)
}
func (p *puppet) Letters(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
	return p.letters(ctx, f)
}
func (p *puppet) Replay(ctx context.Context, now time.Time, ids ...webhook.LetterID) (int, error) {
	return p.replay(ctx, now, ids...)
}
func (p *puppet) Prune(ctx context.Context, before time.Time) (int, error) {
	return p.prune(ctx, before)
}

// each changes every claim that is handed out.
func (p *puppet) each(change func(c *webhook.Claim)) {
	claim := p.claim
	p.claim = func(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]webhook.Claim, error) {
		claims, err := claim(ctx, now, limit, lease)
		for i := range claims {
			change(&claims[i])
		}
		return claims, err
	}
}

// eachLetter changes every letter that is listed.
func (p *puppet) eachLetter(change func(l *webhook.Letter)) {
	letters := p.letters
	p.letters = func(ctx context.Context, f webhook.LetterFilter) iter.Seq2[webhook.Letter, error] {
		return func(yield func(webhook.Letter, error) bool) {
			for l, err := range letters(ctx, f) {
				if err == nil {
					change(&l)
				}
				if !yield(l, err) {
					return
				}
			}
		}
	}
}

// known looks a message up.
func (p *puppet) known(id webhook.LetterID) (webhook.Letter, bool) {
	for l := range p.sound.Letters(context.Background(), webhook.LetterFilter{Source: id.Source}) {
		if l.Message.Key == id.Key {
			return l, true
		}
	}
	return webhook.Letter{}, false
}

func idOf(m webhook.Message) webhook.LetterID {
	return webhook.LetterID{Source: m.Source, Key: m.Key}
}

func inboxHarness(spoil func(p *puppet)) webhooktest.InboxHarness {
	return webhooktest.InboxHarness{
		New: func(*testing.T) webhook.Inbox {
			p := newPuppet()
			spoil(p)
			return p
		},
		Reopen: func(_ *testing.T, in webhook.Inbox) webhook.Inbox {
			in.(*puppet).reopen()
			return in
		},
	}
}
