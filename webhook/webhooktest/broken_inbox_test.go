package webhooktest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
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

func putBreakages() []inboxBreakage {
	return []inboxBreakage{
		{"a message is always fresh", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				_, err := put(ctx, m)
				return err == nil, err
			}
		}, []string{
			"a message is fresh once",
			"a message is known wherever it stands",
			"a message that comes again changes nothing",
			"an ended context ends a call",
			"nothing else is forgotten",
			"of concurrent puts one is fresh",
			"what was done before a time is forgotten",
			"what was put survives",
		}},
		{"a duplicate is an error", func(p *puppet) {
			put := p.put
			p.put = func(ctx context.Context, m webhook.Message) (bool, error) {
				fresh, err := put(ctx, m)
				if err == nil && !fresh {
					err = errors.New("unique constraint")
				}
				return fresh, err
			}
		}, []string{
			"a message is fresh once",
			"a message is known wherever it stands",
			"a message that comes again changes nothing",
			"an ended context ends a call",
			"nothing else is forgotten",
			"of concurrent puts one is fresh",
			"what was done before a time is forgotten",
			"what was put survives",
		}},
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
		}, []string{
			"a claim ends with its finding",
			"a stale claim changes nothing",
			"an old claim does not reach a replay",
			"leases and attempts survive",
			"what is not kept cannot be finished",
			"what was done before a time is forgotten",
		}},
		{"a stale claim has an error of its own", func(p *puppet) {
			finish := p.finish
			p.finish = func(ctx context.Context, c webhook.Claim, f webhook.Finding) error {
				if err := finish(ctx, c, f); !errors.Is(err, webhook.ErrLeaseLost) {
					return err
				}
				return errors.New("no rows")
			}
		}, []string{
			"a claim ends with its finding",
			"a stale claim changes nothing",
			"an old claim does not reach a replay",
			"leases and attempts survive",
			"what is not kept cannot be finished",
			"what was done before a time is forgotten",
		}},
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
