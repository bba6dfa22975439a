package trackingtest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func conductBreakages() []breakage {
	return []breakage{
		{"a name in upper case", func(p *puppet) {
			*p = *renamed("Puppet")
		}, []string{clauseName}},
		{"a name with a colon", func(p *puppet) {
			*p = *renamed("puppet:1")
		}, []string{clauseName}},
		{"a name that changes", func(p *puppet) {
			p.name = func() string { return fmt.Sprintf("puppet-%d", p.requests()) }
			p.each("", func(r *tracking.Result) { // whoever asks first hears the name of the first call
				r.Carrier = p.Name()
				if r.Parcel != nil {
					r.Parcel.Source = p.Name()
				}
				if e, ok := errors.AsType[*tracking.Error](r.Err); ok {
					e.Carrier = p.Name()
				}
			})
		}, []string{clauseName}},
		{"an ended context is not noticed", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if slices.Contains(numbers(qs), slow.Number) {
					return query(ctx, qs)
				}
				return query(context.WithoutCancel(ctx), qs)
			})
		}, []string{clauseCancelled}},
		{"an ended context is bare", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				return query(ctx, qs)
			})
		}, []string{clauseCancelled}},
		{"an ended context is called trouble", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				if err != nil && slices.Contains(numbers(qs), slow.Number) {
					err = &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrUpstream, Err: ctx.Err()}
				}
				return results, err
			})
		}, []string{clauseDeadline}},
		{"a call goes on after its context", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				if slices.Contains(numbers(qs), slow.Number) {
					time.Sleep(time.Minute) // of fake time
				}
				return results, err
			})
		}, []string{clauseDeadline}},
		{"a second caller is turned away", func(p *puppet) {
			var one sync.Mutex
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if !one.TryLock() {
					return nil, &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrRateLimited}
				}
				defer one.Unlock()
				time.Sleep(time.Millisecond) // of fake time
				return query(ctx, qs)
			})
		}, []string{clauseConcurrent}},
		{"a second caller is told something else", func(p *puppet) {
			var mu sync.Mutex
			var busy int
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				mu.Lock()
				busy++
				crowded := busy > 1
				mu.Unlock()
				time.Sleep(time.Millisecond) // of fake time
				results, err := query(ctx, qs)
				mu.Lock()
				defer mu.Unlock()
				busy--
				if crowded {
					results[0].Parcel.Events = results[0].Parcel.Events[:1]
				}
				return results, err
			})
		}, []string{clauseConcurrent}},
		{"the carrier shows a secret", func(p *puppet) { p.Shown = secret }, []string{clauseSecrets}},
		{"an error shows a secret", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Code = "key " + secret }))
		}, []string{clauseSecrets}},
		{"a cause shows a secret under %+v alone", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = verbose{} }))
		}, []string{clauseSecrets}},
		{"a parcel shows a phone number", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { parcel.Events[1].Note = "배송담당: 010-1234-5678" })
		}, []string{clauseSecrets}},
		{"the raw form is kept unasked", func(p *puppet) {
			p.parcel(unmapped.Number, func(parcel *tracking.Parcel) { parcel.Events[0].Raw = `{"name":"홍길동"}` })
		}, []string{clauseSecrets}},
	}
}

// renamed is a sound puppet of another name.
func renamed(name string) *puppet {
	p := sound()
	p.name = func() string { return name }
	p.each("", func(r *tracking.Result) {
		r.Carrier = name
		if r.Parcel != nil {
			r.Parcel.Source = name
		}
		if e, ok := errors.AsType[*tracking.Error](r.Err); ok {
			e.Carrier = name
		}
	})
	return p
}

// verbose is an error whose %+v says more than its text.
type verbose struct{}

func (verbose) Error() string { return "refused" }

func (verbose) Format(f fmt.State, _ rune) {
	if fmt.Fprint(f, "refused"); f.Flag('+') {
		fmt.Fprint(f, " with ", secret)
	}
}

func abilityBreakages() []breakage {
	return []breakage{
		{"limits change after a call", func(p *puppet) {
			p.limits = func() tracking.Limits { return tracking.Limits{Batch: 20 - int(min(p.requests(), 1))} }
		}, []string{clauseLimits}},
		{"limits are negative", func(p *puppet) {
			p.limits = func() tracking.Limits { return tracking.Limits{Batch: 20, Concurrency: -1} }
		}, []string{clauseLimits}},
		{"it denies a courier that it serves", func(p *puppet) {
			p.serves = func(tracking.Courier) bool { return false }
		}, []string{clauseServes}},
		{"it answers for a courier that it does not serve", func(p *puppet) {
			p.each("", func(r *tracking.Result) {
				if r.Query.Courier != known.Courier {
					r.Parcel, r.Err = &tracking.Parcel{Courier: r.Query.Courier, Number: r.Query.Number}, nil
				}
			})
		}, []string{clauseServes}},
		{"it is not configured", func(p *puppet) {
			p.validate = func() error { return errors.New("puppet: no key") }
		}, []string{clauseValid}},
		{"it fails to guess", func(p *puppet) {
			p.detect = func(context.Context, string) ([]tracking.Courier, error) { return nil, tracking.ErrNotFound }
		}, []string{clauseDetect}},
		{"it guesses nobody", func(p *puppet) {
			p.detect = func(context.Context, string) ([]tracking.Courier, error) { return []tracking.Courier{""}, nil }
		}, []string{clauseDetect}},
		{"a negative quota", func(p *puppet) {
			p.quota = func(context.Context) (tracking.Quota, error) { return tracking.Quota{Used: 40, Remaining: -1}, nil }
		}, []string{clauseQuota}},
		{"more left than there is", func(p *puppet) {
			p.quota = func(context.Context) (tracking.Quota, error) { return tracking.Quota{Limit: 100, Remaining: 101}, nil }
		}, []string{clauseQuota}},
		{"a period that ends before it begins", func(p *puppet) {
			now := time.Date(2026, 11, 20, 0, 0, 0, 0, kst)
			p.quota = func(context.Context) (tracking.Quota, error) {
				return tracking.Quota{Limit: 100, From: now, ResetAt: now.Add(-time.Hour)}, nil
			}
		}, []string{clauseQuota}},
		{"a link in plain http", func(p *puppet) {
			p.link = func(tracking.Query) (string, error) { return "http://truckers.example/1", nil }
		}, []string{clauseLink}},
		{"a link that is no address", func(p *puppet) {
			p.link = func(tracking.Query) (string, error) { return "truckers.example/1", nil }
		}, []string{clauseLink}},
		{"a link with a secret", func(p *puppet) {
			p.link = func(tracking.Query) (string, error) { return "https://truckers.example/?key=" + secret, nil }
		}, []string{clauseLink}},
		{"a link that costs a call", func(p *puppet) {
			link := p.link
			p.link = func(q tracking.Query) (string, error) {
				_, _ = p.query(context.Background(), []tracking.Query{q})
				return link(q)
			}
		}, []string{clauseLink}},
		{"requests are not counted", func(p *puppet) {
			p.requests = func() int64 { return 7 }
		}, []string{clauseRequests}},
	}
}

func listBreakages() []breakage {
	truckers := tracking.CourierInfo{Courier: "truckers", Code: "T"}
	refused := upstream(func(e *tracking.Error) { e.Op = "couriers" })
	list := func(seq func(ctx context.Context, yield func(tracking.CourierInfo, error) bool)) func(*puppet) {
		return func(p *puppet) {
			p.couriers = func(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
				return func(yield func(tracking.CourierInfo, error) bool) { seq(ctx, yield) }
			}
		}
	}
	caught := []string{clauseCouriers}
	return []breakage{
		{"an error comes first in the list", list(func(_ context.Context, yield func(tracking.CourierInfo, error) bool) {
			_ = yield(tracking.CourierInfo{}, refused) && yield(truckers, nil)
		}), caught},
		{"the list goes on after its error", list(func(ctx context.Context, yield func(tracking.CourierInfo, error) bool) {
			if ctx.Err() == nil || yield(tracking.CourierInfo{}, ctx.Err()) {
				yield(truckers, nil)
			}
		}), caught},
		{"the list goes on after its reader stopped", list(func(_ context.Context, yield func(tracking.CourierInfo, error) bool) {
			yield(truckers, nil)
			yield(truckers, nil)
		}), caught},
		{"an empty list", list(func(context.Context, func(tracking.CourierInfo, error) bool) {}), caught},
		{"a courier without a code", list(func(_ context.Context, yield func(tracking.CourierInfo, error) bool) {
			yield(tracking.CourierInfo{Courier: "truckers"}, nil)
		}), caught},
	}
}
