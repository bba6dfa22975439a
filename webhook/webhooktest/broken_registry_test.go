package webhooktest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/internal/suitetest"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// A registryBreakage breaks a registry in one way.
type registryBreakage = suitetest.Breakage[*registryPuppet]

func registryBreakages() []registryBreakage {
	return []registryBreakage{
		{"an entry that is not there has its id", func(p *registryPuppet) {
			get := p.get
			p.get = func(ctx context.Context, id subscription.ID) (subscription.Entry, error) {
				e, err := get(ctx, id)
				if e.Version == 0 {
					e.ID = id
				}
				return e, err
			}
		}, []string{"a stale write changes nothing", "an entry that is not there is the zero entry"}},
		{"the reason of a state is not kept", func(p *registryPuppet) {
			p.changed(func(e *subscription.Entry) {
				if e.Paid {
					e.Why = ""
				}
			})
		}, []string{"an entry comes back whole", "entries and endpoints survive"}},
		{"a time that is emptied stays", func(p *registryPuppet) {
			get, put := p.get, p.put
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				if before, _ := get(ctx, e.ID); e.ExpiresAt.IsZero() {
					e.ExpiresAt = before.ExpiresAt
				}
				return put(ctx, e)
			}
		}, []string{"an entry comes back whole"}},
		{"times are cut to seconds", func(p *registryPuppet) {
			p.changed(func(e *subscription.Entry) { e.DueAt = e.DueAt.Truncate(time.Second) })
		}, []string{
			"an entry comes back whole",
			"entries and endpoints survive",
			"nothing is due before its time or without one",
		}},
		{"couriers share their numbers", func(p *registryPuppet) {
			get, put := p.get, p.put
			p.get = func(ctx context.Context, id subscription.ID) (subscription.Entry, error) {
				id.Courier = "any"
				return get(ctx, id)
			}
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				kept, _ := p.get(ctx, e.ID)
				e.Courier, e.Version = "any", max(e.Version, kept.Version)
				return put(ctx, e)
			}
		}, []string{
			"a stale write changes nothing",
			"an entry comes back whole",
			"entries and endpoints survive",
			"entries are told apart by carrier, courier and number",
			"of concurrent writes one wins",
		}},
		{"the version of a write is not told", func(p *registryPuppet) {
			put := p.put
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				_, err := put(ctx, e)
				return e.Version, err
			}
		}, []string{
			"a stale write changes nothing",
			"a write raises the version",
			"an entry comes back whole",
			"entries and endpoints survive",
		}},
		{"versions are not compared", func(p *registryPuppet) {
			get, put := p.get, p.put
			var mu sync.Mutex
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				mu.Lock()
				defer mu.Unlock()
				before, err := get(ctx, e.ID)
				if err != nil {
					return 0, err
				}
				e.Version = before.Version
				return put(ctx, e)
			}
		}, []string{"a stale write changes nothing", "of concurrent writes one wins"}},
		{"an entry with a version may be new", func(p *registryPuppet) {
			get, put := p.get, p.put
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				if before, err := get(ctx, e.ID); err == nil && before.Version == 0 {
					e.Version = 0
				}
				return put(ctx, e)
			}
		}, []string{"a stale write changes nothing"}},
		{"a stale write is written, and told", func(p *registryPuppet) {
			get, put := p.get, p.put
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				version, err := put(ctx, e)
				if errors.Is(err, subscription.ErrStale) {
					before, _ := get(ctx, e.ID)
					before.Why = e.Why
					_, _ = put(ctx, before)
				}
				return version, err
			}
		}, []string{"a stale write changes nothing"}},
		{"a stale write is no error", func(p *registryPuppet) {
			put := p.put
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				version, err := put(ctx, e)
				if errors.Is(err, subscription.ErrStale) {
					return e.Version, nil
				}
				return version, err
			}
		}, []string{"a stale write changes nothing", "of concurrent writes one wins"}},
		{"all carriers have one endpoint", func(p *registryPuppet) {
			endpoint, set := p.endpoint, p.setEndpoint
			p.endpoint = func(ctx context.Context, _ string) (string, error) { return endpoint(ctx, "") }
			p.setEndpoint = func(ctx context.Context, _, id string) error { return set(ctx, "", id) }
		}, []string{"an endpoint is remembered for each carrier"}},
		{"an endpoint cannot be forgotten", func(p *registryPuppet) {
			set := p.setEndpoint
			p.setEndpoint = func(ctx context.Context, carrier, id string) error {
				if id == "" {
					return nil
				}
				return set(ctx, carrier, id)
			}
		}, []string{"an endpoint is remembered for each carrier"}},
		{"contexts are not looked at", func(p *registryPuppet) {
			get, put, due := p.get, p.put, p.due
			p.get = func(ctx context.Context, id subscription.ID) (subscription.Entry, error) {
				return get(context.WithoutCancel(ctx), id)
			}
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				return put(context.WithoutCancel(ctx), e)
			}
			p.due = func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
				return due(context.WithoutCancel(ctx), carrier, now, limit)
			}
		}, []string{"a registry ends calls with their contexts"}},
		{"nothing survives", func(p *registryPuppet) {
			p.reopen = func() { *p = *newRegistryPuppet() }
		}, []string{"entries and endpoints survive"}},
		{"due entries are in the order of their numbers", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
				entries, err := due(ctx, carrier, now, limit)
				slices.SortFunc(entries, func(a, b subscription.Entry) int { return slices.Compare([]byte(a.Number), []byte(b.Number)) })
				return entries, err
			}
		}, []string{"of what is due the longest due comes first"}},
		{"a limit is no limit", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, carrier string, now time.Time, _ int) ([]subscription.Entry, error) {
				return due(ctx, carrier, now, 1000)
			}
		}, []string{"of what is due the longest due comes first", "what is due ends at the limit"}},
		{"a limit of none means all", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
				if limit == 0 {
					limit = 1000
				}
				return due(ctx, carrier, now, limit)
			}
		}, []string{"what is due ends at the limit"}},
		{"what is due at a moment is due after it", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
				return due(ctx, carrier, now.Add(-1), limit)
			}
		}, []string{
			"nothing is due before its time or without one",
			"what is due ends at the limit",
			"what is due is the carrier's own",
		}},
		{"what has no time is due", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
				entries, err := due(ctx, carrier, now, limit)
				for e := range p.all(ctx, carrier, "") {
					if e.DueAt.IsZero() {
						entries = append(entries, e)
					}
				}
				return entries, err
			}
		}, []string{"nothing is due before its time or without one"}},
		{"carriers share what is due", func(p *registryPuppet) {
			due := p.due
			p.due = func(ctx context.Context, _ string, now time.Time, limit int) ([]subscription.Entry, error) {
				one, err := due(ctx, "toy", now, limit)
				other, _ := due(ctx, "toys", now, limit)
				return slices.Concat(one, other), err
			}
		}, []string{"what is due is the carrier's own"}},
		{"carriers share their handles", func(p *registryPuppet) {
			byHandle := p.byHandle
			p.byHandle = func(ctx context.Context, _, handle string) ([]subscription.Entry, error) {
				one, err := byHandle(ctx, "toy", handle)
				other, _ := byHandle(ctx, "toys", handle)
				return slices.Concat(one, other), err
			}
		}, []string{"a handle finds the entries that share it"}},
		{"a handle finds one entry", func(p *registryPuppet) {
			byHandle := p.byHandle
			p.byHandle = func(ctx context.Context, carrier, handle string) ([]subscription.Entry, error) {
				found, err := byHandle(ctx, carrier, handle)
				return found[:min(len(found), 1)], err
			}
		}, []string{"a handle finds the entries that share it"}},
		{"an empty state has no entries", func(p *registryPuppet) {
			all := p.all
			p.all = func(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error] {
				if state == "" {
					state = subscription.Wanted
				}
				return all(ctx, carrier, state)
			}
		}, []string{"entries are listed by state or all"}},
		{"a listing holds a lock until its end", func(p *registryPuppet) {
			all, put := p.all, p.put
			listing := false
			p.all = func(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error] {
				return func(yield func(subscription.Entry, error) bool) {
					listing = true
					for e, err := range all(ctx, carrier, state) {
						if !yield(e, err) {
							return
						}
					}
					listing = false
				}
			}
			p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
				if listing {
					return 0, errors.New("the table is locked")
				}
				return put(ctx, e)
			}
		}, []string{"a listing of entries can be left"}},
	}
}

// changed changes every entry that is written.
func (p *registryPuppet) changed(change func(e *subscription.Entry)) {
	put := p.put
	p.put = func(ctx context.Context, e subscription.Entry) (int64, error) {
		change(&e)
		return put(ctx, e)
	}
}
