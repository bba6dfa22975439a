package trackingtest_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/trackingtest"
)

// puppet is a carrier with every ability, whose methods can be exchanged one by one.
type puppet struct {
	name     func() string
	query    func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error)
	limits   func() tracking.Limits
	serves   func(tracking.Courier) bool
	validate func() error
	couriers func(ctx context.Context) iter.Seq2[tracking.CourierInfo, error]
	detect   func(ctx context.Context, number string) ([]tracking.Courier, error)
	quota    func(ctx context.Context) (tracking.Quota, error)
	link     func(tracking.Query) (string, error)
	requests func() int64

	subscribe registering
	cancel    func(ctx context.Context, handle string) error

	Shown string // the one field that fmt and JSON get to see
}

func (p *puppet) Name() string                                      { return p.name() }
func (p *puppet) Limits() tracking.Limits                           { return p.limits() }
func (p *puppet) Serves(c tracking.Courier) bool                    { return p.serves(c) }
func (p *puppet) Validate() error                                   { return p.validate() }
func (p *puppet) Quota(ctx context.Context) (tracking.Quota, error) { return p.quota(ctx) }
func (p *puppet) Link(q tracking.Query) (string, error)             { return p.link(q) }
func (p *puppet) Requests() int64                                   { return p.requests() }
func (p *puppet) Cancel(ctx context.Context, handle string) error   { return p.cancel(ctx, handle) }
func (p *puppet) Subscribe(ctx context.Context, subs []tracking.Subscription) ([]tracking.Registration, error) {
	return p.subscribe(ctx, subs)
}
func (p *puppet) Detect(c context.Context, n string) ([]tracking.Courier, error) {
	return p.detect(c, n)
}
func (p *puppet) Couriers(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
	return p.couriers(ctx)
}
func (p *puppet) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	return p.query(ctx, qs)
}

const secret = "sk_live_puppet"

var (
	known    = tracking.Query{Courier: "truckers", Number: "100000000001"}
	missing  = tracking.Query{Courier: "truckers", Number: "100000000404"}
	unmapped = tracking.Query{Courier: "truckers", Number: "100000000002"}
	failing  = tracking.Query{Courier: "truckers", Number: "100000000503"}
	slow     = tracking.Query{Courier: "truckers", Number: "100000000999"}
)

// sound is a puppet that keeps every sentence of the contract.
func sound() *puppet {
	provider := trackingtest.NewMemory("puppet")
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, kst)
	provider.Put(known.Courier, known.Number,
		tracking.Event{At: day.Add(9 * time.Hour), Status: tracking.StatusPickedUp, Text: "집화처리", Place: "고양"},
		tracking.Event{At: day.Add(33 * time.Hour), Status: tracking.StatusOutForDelivery, Text: "배송출발", Place: "보은"})
	provider.Put(unmapped.Courier, unmapped.Number, tracking.Event{At: day, Text: "알 수 없는 말"})
	provider.Fail(failing.Courier, failing.Number, tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon})
	p := &puppet{
		name: provider.Name, limits: provider.Limits, requests: provider.Requests,
		serves:   func(c tracking.Courier) bool { return c == known.Courier },
		validate: func() error { return nil },
		detect: func(context.Context, string) ([]tracking.Courier, error) {
			return []tracking.Courier{known.Courier}, nil
		},
		quota: func(context.Context) (tracking.Quota, error) {
			return tracking.Quota{Limit: 100, Used: 40, Remaining: 60}, nil
		},
		link: func(q tracking.Query) (string, error) { return "https://truckers.example/" + q.Number, nil },
	}
	p.subscribe, p.cancel = registrar(p)
	p.query = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		if slices.Contains(numbers(qs), slow.Number) {
			<-ctx.Done()
		}
		results, err := provider.Query(ctx, qs)
		for i, r := range results {
			if r.Query.Courier != known.Courier {
				results[i].Err = &tracking.Error{Carrier: p.Name(), Op: "query", Kind: tracking.ErrUnsupportedCourier}
			}
		}
		return results, err
	}
	p.couriers = func(ctx context.Context) iter.Seq2[tracking.CourierInfo, error] {
		return func(yield func(tracking.CourierInfo, error) bool) {
			if err := ctx.Err(); err != nil {
				yield(tracking.CourierInfo{}, &tracking.Error{Carrier: p.Name(), Op: "couriers", Err: err})
				return
			}
			_ = yield(tracking.CourierInfo{Courier: "truckers", Code: "T", Name: "트럭"}, nil) &&
				yield(tracking.CourierInfo{Courier: "cj", Code: "C", Name: "CJ대한통운"}, nil)
		}
	}
	return p
}

func numbers(qs []tracking.Query) []string {
	all := make([]string, len(qs))
	for i, q := range qs {
		all[i] = q.Number
	}
	return all
}

// question is Query of a carrier.
type question = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error)

// around puts f in the place of Query, and gives it the Query that was there.
func (p *puppet) around(f func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error)) {
	query := p.query
	p.query = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) { return f(ctx, qs, query) }
}

// each lets spoil at every result of a number; an empty number means all.
func (p *puppet) each(number string, spoil func(r *tracking.Result)) {
	p.around(func(ctx context.Context, qs []tracking.Query, query question) ([]tracking.Result, error) {
		results, err := query(ctx, qs)
		for i := range results {
			if number == "" || results[i].Query.Number == number {
				spoil(&results[i])
			}
		}
		return results, err
	})
}

// parcel lets spoil at every parcel that answers for a number.
func (p *puppet) parcel(number string, spoil func(*tracking.Parcel)) {
	p.each(number, func(r *tracking.Result) {
		if r.Parcel != nil {
			spoil(r.Parcel)
		}
	})
}

// failWith answers the failing number with this error.
func (p *puppet) failWith(err error) {
	p.each(failing.Number, func(r *tracking.Result) { r.Err = err })
}

// upstream is an error as the contract wants it, but for what change does to it.
func upstream(change func(e *tracking.Error)) error {
	e := &tracking.Error{Carrier: "puppet", Op: "query", Kind: tracking.ErrUpstream, Courier: failing.Courier, Last4: "0503"}
	change(e)
	return e
}

func puppetHarness(spoil func(*puppet)) trackingtest.Harness {
	return trackingtest.Harness{
		New: func(*testing.T) tracking.Carrier {
			p := sound()
			spoil(p)
			return p
		},
		Known: known, Missing: missing, Unmapped: unmapped, Slow: slow,
		Failing: []trackingtest.Failure{{Query: failing, Want: tracking.ErrUpstream}},
		Subscription: tracking.Subscription{
			Courier: known.Courier, Number: known.Number, Ref: "ref", Callback: "https://shop.example/hooks/puppet-0123456789",
		},
		Secrets:   []string{secret, "홍길동", "010-1234-5678"},
		InProcess: true,
	}
}
