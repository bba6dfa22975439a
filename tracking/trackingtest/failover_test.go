package trackingtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/tracking"
)

// pair is a client with two carriers, each of which asks a world of its own.
type pair struct {
	first, second    *sandbox.World
	firstAt          string // the first one's name in its world
	secondAt         string
	client           *tracking.Client
	firstN, secondN  string // the carriers' names
	requestsAtSecond func() int
}

// newPair makes a client of two adapters.
func newPair(t *testing.T, a, b adapter, change func(*tracking.Config)) *pair {
	t.Helper()
	p := &pair{first: sandbox.New(sandbox.Config{}), second: sandbox.New(sandbox.Config{}), firstAt: a.provider, secondAt: b.provider}
	one, two := a.make(at(p.first)), b.make(at(p.second))
	config := tracking.Config{Carriers: []tracking.Carrier{one, two}}
	if change != nil {
		change(&config)
	}
	client, err := tracking.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	p.client, p.firstN, p.secondN = client, one.Name(), two.Name()
	p.requestsAtSecond = func() int { return p.second.Counts()[p.secondAt].Requests }
	return p
}

func (p *pair) requestsAtFirst() int { return p.first.Counts()[p.firstAt].Requests }

// eachPair runs a test for every adapter, with one of another provider behind it.
func eachPair(t *testing.T, test func(t *testing.T, a, b adapter)) {
	t.Helper()
	for _, a := range adapters {
		b := adapters[0]
		if a.provider == b.provider {
			b = adapters[1]
		}
		t.Run(a.name+", then "+b.name, func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, func(t *testing.T) { test(t, a, b) })
		})
	}
}

// TestFailOver holds the table of fail-over against every adapter: after which trouble at the first provider the second one
// is asked.
func TestFailOver(t *testing.T) {
	tests := []struct {
		name  string
		fault sandbox.Fault
		query string        // a magic case at the first provider, in place of a fault of the whole
		limit time.Duration // of the caller; 0 means none
		want  error         // nil: the second provider answers
	}{
		{name: "nothing wrong", want: nil},
		{name: "a gateway's page", fault: sandbox.Fault{HTML: true}},
		{name: "a page with status 200", fault: sandbox.Fault{HTML: true, Status: 200}},
		{name: "no body", fault: sandbox.Fault{Empty: true, Status: 504}},
		{name: "a cut answer", fault: sandbox.Fault{Truncated: true}},
		{name: "a torn connection", fault: sandbox.Fault{Torn: true}},
		{name: "no answer", fault: sandbox.Fault{Hang: true}},
		{name: "a refused key", fault: sandbox.Fault{Empty: true, Status: 401}},
		{name: "slow down, and time to wait", fault: sandbox.Fault{Empty: true, Status: 429, RetryAfter: "7200"}, want: tracking.ErrRateLimited},
		{name: "slow down, and no time to wait", fault: sandbox.Fault{Empty: true, Status: 429, RetryAfter: "7200"}, limit: time.Minute},
		{name: "nonsense", fault: sandbox.Fault{Nonsense: true}, want: tracking.ErrProtocol},
	}
	eachPair(t, func(t *testing.T, a, b adapter) {
		for _, tt := range tests {
			p := newPair(t, a, b, nil)
			if tt.fault != (sandbox.Fault{}) {
				p.first.Disturb(tt.fault)
			}
			ctx := t.Context()
			if tt.limit > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tt.limit)
				defer cancel()
			}
			parcel, err := p.client.Track(ctx, magic(t, "delivered"))
			asked := p.requestsAtSecond()
			switch {
			case tt.want != nil:
				if !errors.Is(err, tt.want) || asked != 0 {
					t.Errorf("%s: got %v, want %v; the second was asked %d times", tt.name, err, tt.want, asked)
				}
				if retry := tracking.RetryOf(err); errors.Is(err, tracking.ErrProtocol) && retry != tracking.RetryNever {
					t.Errorf("%s: retry %v, want never", tt.name, retry)
				}
			case err != nil:
				t.Errorf("%s: %v", tt.name, err)
			case tt.fault == (sandbox.Fault{}):
				if parcel.Source != p.firstN || asked != 0 {
					t.Errorf("%s: %s answered; the second was asked %d times", tt.name, parcel.Source, asked)
				}
			case parcel.Source != p.secondN || parcel.Status != tracking.StatusDelivered || asked == 0:
				t.Errorf("%s: %s says %v", tt.name, parcel.Source, parcel.Status)
			}
			checkSpent(t, tt.name, p)
		}
	})
}

// TestFailOverOfParcels is about what a provider says of one parcel.
func TestFailOverOfParcels(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b adapter) {
		bad := tracking.Query{Courier: courier.CJ, Number: "55000000107X"}
		missing, down := magic(t, "not-found"), magic(t, "courier-down")

		p := newPair(t, a, b, nil)
		if _, err := p.client.Track(t.Context(), bad); !errors.Is(err, tracking.ErrInvalidNumber) {
			t.Errorf("an invalid number: %v", err)
		}
		if n := p.requestsAtFirst() + p.requestsAtSecond(); n != 0 {
			t.Errorf("an invalid number: %d requests", n)
		}

		if a.provider != sandbox.SelfHosted { // which does not say that there is no data
			if _, err := p.client.Track(t.Context(), missing); !errors.Is(err, tracking.ErrNotFound) || p.requestsAtSecond() != 0 {
				t.Errorf("no data: %v; the second was asked %d times", err, p.requestsAtSecond())
			}
			asking := newPair(t, a, b, func(c *tracking.Config) { c.AskNextOnNotFound = true })
			if _, err := asking.client.Track(t.Context(), missing); !errors.Is(err, tracking.ErrNotFound) || asking.requestsAtSecond() == 0 {
				t.Errorf("no data, with AskNextOnNotFound: %v; the second was not asked", err)
			}
		}

		_, err := p.client.Track(t.Context(), down)
		tried := tracking.Tried(err)
		if !errors.Is(err, tracking.ErrUpstream) || len(tried) != 2 {
			t.Fatalf("the courier is down everywhere: %v, tried %d", err, len(tried))
		}
		for i, name := range []string{p.firstN, p.secondN} {
			var e *tracking.Error
			if !errors.As(tried[i], &e) || e.Carrier != name {
				t.Errorf("the error of number %d is %v, want one of %s", i, tried[i], name)
			}
		}
		checkSpent(t, "parcels", p)
	})
}

// TestPreferenceTurnsTheOrderRound holds that a preference for one courier puts another provider first, and keeps fail-over.
func TestPreferenceTurnsTheOrderRound(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b adapter) {
		name := b.make(at(sandbox.New(sandbox.Config{}))).Name()
		p := newPair(t, a, b, func(c *tracking.Config) { c.Prefer = map[tracking.Courier][]string{courier.CJ: {name}} })
		parcel, err := p.client.Track(t.Context(), magic(t, "delivered"))
		if err != nil || parcel.Source != p.secondN || p.requestsAtFirst() != 0 {
			t.Errorf("the preferred one: %v, %v", parcel, err)
		}
		parcel, err = p.client.Track(t.Context(), magic(t, "at-branch")) // another courier's
		if err != nil || parcel.Source != p.firstN {
			t.Errorf("another courier's parcel: %v, %v", parcel, err)
		}
		p.second.Disturb(sandbox.Fault{HTML: true})
		parcel, err = p.client.Track(t.Context(), magic(t, "delivered"))
		if err != nil || parcel.Source != p.firstN {
			t.Errorf("the preferred one is down: %v, %v", parcel, err)
		}
	})
}

// TestCircuit follows one outage from its first failure to the call that ends it: while the circuit is open
// the provider is left alone, and one call at a time finds out whether it is back, at growing intervals.
func TestCircuit(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b adapter) {
		p := newPair(t, a, b, nil)
		track := func(what string, want string) (asked int) {
			t.Helper()
			before := p.requestsAtFirst()
			parcel, err := p.client.Track(t.Context(), magic(t, "delivered"))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if parcel.Source != want {
				t.Errorf("%s: %s answered, want %s", what, parcel.Source, want)
			}
			return p.requestsAtFirst() - before
		}
		track("before the outage", p.firstN)
		end := p.first.Disturb(sandbox.Fault{HTML: true})
		for i := range 5 {
			if asked := track(fmt.Sprintf("failure %d", i+1), p.secondN); asked == 0 {
				t.Fatalf("failure %d: the first provider was not asked", i+1)
			}
		}
		for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
			opened := time.Now() // or a moment before: the second provider has been asked since
			for range 10 {
				if asked := track("open", p.secondN); asked != 0 {
					t.Errorf("an open circuit let %d requests through", asked)
				}
			}
			time.Sleep(time.Until(opened.Add(pause - 5*time.Second)))
			if asked := track("still open", p.secondN); asked != 0 {
				t.Errorf("%d requests went through before a pause of %v was over", asked, pause)
			}
			time.Sleep(time.Until(opened.Add(pause)))
			if asked := track("on trial", p.secondN); asked == 0 {
				t.Errorf("after %v no trial was made", pause)
			}
		}
		end()
		time.Sleep(4 * time.Minute)
		for range 3 {
			track("after the outage", p.firstN)
		}
		checkSpent(t, "at the end", p)
	})
}

// TestTrackAllSurvivesAnOutage asks for many parcels while the first provider goes down and comes back: each has one
// result, and all are right.
func TestTrackAllSurvivesAnOutage(t *testing.T) {
	var cases []sandbox.MagicNumber
	for _, m := range sandbox.Magic() {
		if m.Known && !m.Faulty {
			cases = append(cases, m)
		}
	}
	eachPair(t, func(t *testing.T, a, b adapter) {
		p := newPair(t, a, b, nil)
		var end func()
		asked := func(yield func(tracking.Query) bool) {
			for i := range 6 * len(cases) {
				switch i {
				case len(cases):
					end = p.first.Disturb(sandbox.Fault{HTML: true})
				case 4 * len(cases):
					end()
				}
				q := cases[i%len(cases)].Query()
				q.Ref = fmt.Sprint(i)
				if !yield(q) {
					return
				}
			}
		}
		answered := map[string]int{}
		sources := map[string]int{}
		for r := range p.client.TrackAll(t.Context(), asked) {
			answered[r.Query.Ref]++
			if r.Err != nil {
				t.Errorf("%s: %v", r.Query.Ref, r.Err)
				continue
			}
			sources[r.Carrier]++
			i := slices.IndexFunc(cases, func(m sandbox.MagicNumber) bool { return m.Number == r.Query.Number && m.Courier == r.Query.Courier })
			provider := p.firstAt
			if r.Carrier == p.secondN {
				provider = p.secondAt
			}
			if want := cases[i].Told(provider); r.Parcel.Status != want {
				t.Errorf("%s at %s: got %v, want %v", cases[i].Case, r.Carrier, r.Parcel.Status, want)
			}
			time.Sleep(time.Second)
		}
		for i := range 6 * len(cases) {
			if n := answered[fmt.Sprint(i)]; n != 1 {
				t.Errorf("query %d has %d results", i, n)
			}
		}
		if sources[p.firstN] == 0 || sources[p.secondN] == 0 {
			t.Errorf("who answered: %v; want both", sources)
		}
		checkSpent(t, "in all", p)
	})
}

// checkSpent compares what the client says that it used with what the worlds saw.
func checkSpent(t *testing.T, what string, p *pair) {
	t.Helper()
	for _, spent := range p.client.Spent() {
		seen := p.first.Counts()[p.firstAt]
		if spent.Carrier == p.secondN {
			seen = p.second.Counts()[p.secondAt]
		}
		if spent.Requests != int64(seen.Requests) {
			t.Errorf("%s: %s says %d requests, its world saw %d", what, spent.Carrier, spent.Requests, seen.Requests)
		}
		var outcomes int64
		for _, n := range spent.Outcomes {
			outcomes += n
		}
		if outcomes != spent.Parcels || spent.Billed+spent.MaybeBilled > spent.Parcels {
			t.Errorf("%s: the figures of %s do not add up: %+v", what, spent.Carrier, spent)
		}
	}
}
