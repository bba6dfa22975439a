package trackingtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func answerBreakages() []breakage {
	return []breakage{
		{"results in reverse order", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				slices.Reverse(results)
				return results, err
			})
		}, []string{clauseOrder}},
		{"parcels handed to the neighbour's query", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				if n := len(results); n > 1 && results[0].Err == nil && results[n-1].Err == nil {
					results[0].Parcel, results[n-1].Parcel = results[n-1].Parcel, results[0].Parcel
				}
				return results, err
			})
		}, []string{clauseOrder}},
		{"the last result of a batch left out", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				return results[:max(min(len(results), 1), len(results)-1)], err
			})
		}, []string{clauseOrder, clausePartial, clauseQueries}},
		{"a full batch refused", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if len(qs) >= 20 {
					return nil, &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrInvalidRequest}
				}
				return query(ctx, qs)
			})
		}, []string{clauseOrder, clausePartial, clauseQueries}},
		{"an empty call is an error", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if len(qs) == 0 {
					return nil, &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrInvalidRequest}
				}
				return query(ctx, qs)
			})
		}, []string{clauseOrder}},
		{"one missing item spoils the call", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if slices.Contains(numbers(qs), missing.Number) {
					return nil, &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrNotFound}
				}
				return query(ctx, qs)
			})
		}, []string{clausePartial}},
		{"neither parcel nor error", func(p *puppet) {
			p.each(missing.Number, func(r *tracking.Result) { r.Err = nil })
		}, []string{clauseResults, clauseMissing, clausePartial}},
		{"a known parcel is nil without an error", func(p *puppet) {
			p.each(unmapped.Number, func(r *tracking.Result) { r.Parcel = nil })
		}, []string{clauseResults, clauseSettled, clauseUnmapped, clauseOrder, clausePartial, clauseQueries}},
		{"parcel beside an error", func(p *puppet) {
			p.each(failing.Number, func(r *tracking.Result) {
				r.Parcel = &tracking.Parcel{Courier: failing.Courier, Number: failing.Number}
			})
		}, []string{clauseResults}},
		{"another carrier's name in the results", func(p *puppet) {
			p.each("", func(r *tracking.Result) { r.Carrier = "Puppet" })
		}, []string{clauseResults}},
		{"a query without its reference", func(p *puppet) {
			p.each("", func(r *tracking.Result) { r.Query.Ref = "" })
		}, []string{clauseOrder}},
		{"a query with its number rewritten", func(p *puppet) {
			p.each(failing.Number, func(r *tracking.Result) { r.Query.Number = "1000-0000-0503" })
		}, []string{clauseResults}},
		{"the parcel of another number", func(p *puppet) {
			p.parcel(unmapped.Number, func(parcel *tracking.Parcel) { parcel.Number = known.Number })
		}, []string{clauseResults, clauseOrder}},
		{"a known parcel without events", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { parcel.Events = nil; parcel.Settle(tracking.Context{}) })
		}, []string{clauseKnown}},
		{"a parcel that does not say when it was retrieved", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { parcel.RetrievedAt = time.Time{} })
		}, []string{clauseKnown}},
		{"an unsettled parcel", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { parcel.Status = tracking.StatusDelivered })
		}, []string{clauseSettled}},
		{"scans in the zone of the machine", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { inLocal(&parcel.Events[0].At) })
		}, []string{clauseZones}},
		{"a verdict in the zone of the machine", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) {
				at := parcel.Events[1].At
				inLocal(&at)
				parcel.Verdicts = []tracking.Verdict{{Status: tracking.StatusOutForDelivery, AsOf: at}}
				parcel.Settle(tracking.Context{})
			})
		}, []string{clauseZones}},
		{"a scan without a time that claims a minute", func(p *puppet) {
			p.parcel(known.Number, func(parcel *tracking.Parcel) { parcel.Events[0].At = time.Time{} })
		}, []string{clauseZones, clauseSettled}},
		{"not found as an empty parcel", func(p *puppet) {
			p.each(missing.Number, func(r *tracking.Result) {
				r.Err, r.Parcel = nil, &tracking.Parcel{Courier: missing.Courier, Number: missing.Number, Status: tracking.StatusPending}
			})
		}, []string{clauseMissing, clausePartial}},
		{"not found as trouble", func(p *puppet) {
			p.each(missing.Number, func(r *tracking.Result) { r.Err = upstream(func(*tracking.Error) {}) })
		}, []string{clauseMissing, clausePartial}},
		{"an unmapped word is an error", func(p *puppet) {
			p.each(unmapped.Number, func(r *tracking.Result) {
				r.Parcel, r.Err = nil, upstream(func(e *tracking.Error) { e.Kind = tracking.ErrProtocol })
			})
		}, []string{clauseUnmapped, clauseSettled, clauseOrder, clausePartial, clauseQueries}},
		{"an unmapped word is guessed", func(p *puppet) {
			p.parcel(unmapped.Number, func(parcel *tracking.Parcel) {
				parcel.Events[0].Status = tracking.StatusInTransit
				parcel.Settle(tracking.Context{})
			})
		}, []string{clauseUnmapped}},
		{"an unmapped word is lost", func(p *puppet) {
			p.parcel(unmapped.Number, func(parcel *tracking.Parcel) { parcel.Events[0].Text = "" })
		}, []string{clauseUnmapped}},
		{"an empty number is accepted", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				for i, r := range results {
					if r.Query.Number == "" {
						results[i].Err, results[i].Parcel = nil, &tracking.Parcel{Courier: known.Courier}
					}
				}
				return results, err
			})
		}, []string{clauseEmpty}},
	}
}

func inLocal(at *time.Time) { *at = at.Local() }

// ownershipBreakages touch what is not the carrier's.
func ownershipBreakages() []breakage {
	return []breakage{
		{"queries are normalised in place", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				asked := slices.Clone(qs)
				for i := range qs {
					qs[i].Ref = strings.ToUpper(qs[i].Ref)
				}
				return query(ctx, asked)
			})
		}, []string{clauseQueries}},
		{"queries are kept for the next call", func(p *puppet) {
			var mu sync.Mutex
			var kept []tracking.Query
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				mu.Lock()
				defer mu.Unlock()
				if len(kept) == len(qs) && len(qs) > 1 {
					return query(ctx, kept)
				}
				kept = qs
				return query(ctx, qs)
			})
		}, []string{clauseQueries}},
		{"a parcel is shared between callers", func(p *puppet) {
			var mu sync.Mutex
			var shared *tracking.Parcel
			p.each(known.Number, func(r *tracking.Result) {
				mu.Lock()
				defer mu.Unlock()
				if r.Parcel != nil {
					if shared == nil {
						shared = r.Parcel
					}
					r.Parcel = shared
				}
			})
		}, []string{clauseOwned, clauseConcurrent}},
		{"a parcel is brought up to date after it was handed over", func(p *puppet) {
			var mu sync.Mutex
			var last *tracking.Parcel
			p.parcel(known.Number, func(parcel *tracking.Parcel) {
				mu.Lock()
				defer mu.Unlock()
				if last != nil {
					last.Cached = true
				}
				last = parcel
			})
		}, []string{clauseOwned}},
		{"events come from a cache that the owner can write to", func(p *puppet) {
			var mu sync.Mutex
			var events []tracking.Event
			p.parcel(known.Number, func(parcel *tracking.Parcel) {
				mu.Lock()
				defer mu.Unlock()
				if events == nil {
					events = parcel.Events
				}
				parcel.Events = events
			})
		}, []string{clauseOwned, clauseConcurrent}},
	}
}

func errorBreakages() []breakage {
	return []breakage{
		{"an untyped error", func(p *puppet) {
			p.failWith(fmt.Errorf("truckers: %w", tracking.ErrUpstream))
		}, []string{clauseErrors}},
		{"an untyped error of the whole call", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				if slices.Contains(numbers(qs), failing.Number) {
					return nil, fmt.Errorf("truckers: %w", tracking.ErrUpstream)
				}
				return query(ctx, qs)
			})
		}, []string{clauseErrors}},
		{"results beside an error", func(p *puppet) {
			p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
				results, err := query(ctx, qs)
				if len(results) == 1 && results[0].Err != nil {
					return results, results[0].Err
				}
				return results, err
			})
		}, []string{clauseResults}},
		{"a nil pointer as an error", func(p *puppet) {
			p.failWith((*tracking.Error)(nil))
		}, []string{clauseErrors, clauseFailing}},
		{"another carrier's name in an error", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Carrier = "upstream" }))
		}, []string{clauseErrors}},
		{"an error without a sentinel", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Kind = errors.New("closed for lunch") }))
		}, []string{clauseErrors, clauseFailing}},
		{"an error with two sentinels", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = tracking.ErrNotFound }))
		}, []string{clauseErrors}},
		{"the wrong sentinel", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Kind = tracking.ErrProtocol }))
		}, []string{clauseFailing}},
		{"an error of several lines", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = errors.New("<html>\n<h1>502</h1>") }))
		}, []string{clauseErrors}},
		{"an error as long as a page", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = errors.New(strings.Repeat("x", 1000)) }))
		}, []string{clauseErrors}},
		{"an error with an address", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = errors.New("Get https://truckers.example/?n=…: EOF") }))
		}, []string{clauseErrors}},
		{"an error with the whole number", func(p *puppet) {
			p.failWith(upstream(func(e *tracking.Error) { e.Err = errors.New("no answer for " + failing.Number) }))
		}, []string{clauseErrors}},
	}
}
