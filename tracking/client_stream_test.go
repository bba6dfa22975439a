package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func repeat(n int, couriers ...tracking.Courier) iter.Seq[tracking.Query] {
	return func(yield func(tracking.Query) bool) {
		for i := range n {
			q := tracking.Query{Courier: couriers[i%len(couriers)], Number: strconv.Itoa(600000000000 + i), Ref: strconv.Itoa(i)}
			if !yield(q) {
				return
			}
		}
	}
}

func one(q tracking.Query) iter.Seq[tracking.Query] { return slices.Values([]tracking.Query{q}) }

func TestTrackAllFillsBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{Batch: 20, Concurrency: 2}}, time.Second)
		client := newClient(t, tracking.Config{}, carrier)
		start, answered := time.Now(), 0
		for r := range client.TrackAll(t.Context(), repeat(1010, "cj", "lotte")) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			answered++
		}
		if answered != 1010 || carrier.callCount() != 51 {
			t.Errorf("%d results in %d calls, want 1010 in 51", answered, carrier.callCount())
		}
		if carrier.most != 2 {
			t.Errorf("%d calls at a time, want 2", carrier.most)
		}
		if took := time.Since(start); took != 26*time.Second {
			t.Errorf("took %s, want 26 s: two calls of a second at a time", took)
		}
	})
}

func TestTrackAllKeepsCouriersApart(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 5, OneCourier: true}}
	client := newClient(t, tracking.Config{}, carrier)
	for range client.TrackAll(t.Context(), repeat(50, "cj", "lotte", "hanjin")) {
	}
	for _, call := range carrier.calls {
		for _, q := range call {
			if q.Courier != call[0].Courier {
				t.Fatalf("a call mixes couriers: %v", call)
			}
		}
	}
	if n := carrier.callCount(); n != 12 { // 17, 17 and 16 queries in fives
		t.Errorf("%d calls, want 12", n)
	}
}

// TestTrackAllRareCourier: queries of a carrier that is seldom needed are neither forgotten nor sent one by one.
func TestTrackAllRareCourier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rare := slow(&scripted{name: "rare", limits: tracking.Limits{Batch: 10}, serves: func(c tracking.Courier) bool { return c == "rare" }}, time.Second)
		common := slow(&scripted{name: "common", limits: tracking.Limits{Batch: 10}}, time.Second)
		client := newClient(t, tracking.Config{}, rare, common)
		couriers := slices.Repeat([]tracking.Courier{"cj"}, 50)
		couriers[7] = "rare"
		seen, firstRare, results := 0, 0, 0
		for r := range client.TrackAll(t.Context(), repeat(5000, couriers...)) {
			results++
			if r.Carrier == "rare" {
				if seen++; firstRare == 0 {
					firstRare = results
				}
			}
		}
		if seen != 100 || rare.callCount() > 15 {
			t.Errorf("%d rare parcels in %d calls", seen, rare.callCount())
		}
		if firstRare > 1000 {
			t.Errorf("the first rare result is number %d", firstRare)
		}
	})
}

func TestTrackAllLookAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, tracking.Config{}, slow(&scripted{name: "a", limits: tracking.Limits{Batch: 10, Concurrency: 2}}, time.Millisecond))
		taken, yielded, most := 0, 0, 0
		counted := func(yield func(tracking.Query) bool) {
			for q := range repeat(5000, "cj") {
				taken++
				most = max(most, taken-yielded)
				if !yield(q) {
					return
				}
			}
		}
		for range client.TrackAll(t.Context(), counted) {
			yielded++
		}
		if taken != 5000 || yielded != 5000 || most > 41 {
			t.Errorf("took %d, yielded %d, at most %d ahead", taken, yielded, most)
		}
	})
}

func TestTrackAllSameParcelTwice(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 20}}
	client := newClient(t, tracking.Config{}, carrier)
	queries := slices.Values([]tracking.Query{
		{Courier: "cj", Number: "6801-2345-6782", Ref: "1"}, {Courier: "cj", Number: "680123456782", Ref: "2"},
		{Courier: "cj", Number: "680123456782", Ref: "3", Recall: true}, {Courier: "cj", Number: "６８０１２３４５６７８２", Ref: "4"},
	})
	parcels := map[string]*tracking.Parcel{}
	for r := range client.TrackAll(t.Context(), queries) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		parcels[r.Query.Ref] = r.Parcel
		r.Parcel.Events[0].Text = r.Query.Ref
	}
	if len(carrier.calls) != 1 || len(carrier.calls[0]) != 2 {
		t.Errorf("asked %v, want one call for two questions", carrier.calls)
	}
	for ref, parcel := range parcels {
		if parcel.Events[0].Text != ref {
			t.Errorf("query %s shares memory with another", ref)
		}
	}
	if len(parcels) != 4 {
		t.Errorf("%d results", len(parcels))
	}
}

func TestTrackAllBreakStopsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 2}}
		carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			if qs[0].Number == "600000000000" {
				return carrier.each(qs), nil
			}
			<-ctx.Done()
			time.Sleep(time.Second) // slow to stop: break waits for it
			return nil, &tracking.Error{Err: ctx.Err()}
		}
		client := newClient(t, tracking.Config{}, carrier)
		cleaned := false
		queries := func(yield func(tracking.Query) bool) {
			defer func() { cleaned = true }()
			repeat(1000, "cj")(yield)
		}
		for r := range client.TrackAll(t.Context(), queries) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			break
		}
		if carrier.runningNow() != 0 || !cleaned {
			t.Errorf("after break %d calls run, queries ended: %v", carrier.runningNow(), cleaned)
		}
		for _, spent := range client.Spent() {
			if spent.Outcomes["upstream"] != 0 {
				t.Errorf("ended calls count as trouble: %v", spent.Outcomes)
			}
		}
	})
}

func TestTrackAllPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a"}, time.Hour)
		client := newClient(t, tracking.Config{}, carrier)
		recovered := func(f func()) (value any) {
			defer func() { value = recover() }()
			f()
			return nil
		}
		inQueries := func(yield func(tracking.Query) bool) {
			if repeat(3, "cj")(yield); true {
				panic("queries")
			}
		}
		if got := recovered(func() {
			for range client.TrackAll(t.Context(), inQueries) {
			}
		}); got != "queries" || carrier.runningNow() != 0 {
			t.Errorf("recovered %v, %d calls run", got, carrier.runningNow())
		}
		carrier = slow(&scripted{name: "b", limits: tracking.Limits{Batch: 1}}, time.Second)
		client = newClient(t, tracking.Config{}, carrier)
		if got := recovered(func() {
			for range client.TrackAll(t.Context(), repeat(100, "cj")) {
				panic("loop")
			}
		}); got != "loop" || carrier.runningNow() != 0 {
			t.Errorf("recovered %v, %d calls run", got, carrier.runningNow())
		}
	})
}

func TestTrackAllContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{Batch: 5, Concurrency: 1}}, time.Minute)
		client := newClient(t, tracking.Config{}, carrier)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		taken, good, ended := 0, 0, 0
		queries := func(yield func(tracking.Query) bool) {
			for q := range repeat(1000, "cj") {
				taken++
				if !yield(q) {
					return
				}
			}
		}
		start := time.Now()
		for r := range client.TrackAll(ctx, queries) {
			switch {
			case r.Err == nil:
				good++
			case errors.Is(r.Err, context.DeadlineExceeded) && asError(t, r.Err).Kind == nil:
				ended++
			default:
				t.Errorf("got %v", r.Err)
			}
		}
		if good != 5 || good+ended != taken || time.Since(start) != 90*time.Second || carrier.runningNow() != 0 {
			t.Errorf("took %d: %d good, %d ended, after %s, %d calls run", taken, good, ended, time.Since(start), carrier.runningNow())
		}
	})
}

// TestTrackAllUnlimitedBatch: a carrier may say that it takes any number of queries.
func TestTrackAllUnlimitedBatch(t *testing.T) {
	carrier := &scripted{name: "a", limits: tracking.Limits{Batch: math.MaxInt, Concurrency: math.MaxInt}}
	n := 0
	for range newClient(t, tracking.Config{Concurrency: math.MaxInt}, carrier).TrackAll(t.Context(), repeat(25_000, "cj")) {
		n++
	}
	if n != 25_000 || carrier.callCount() > 10 {
		t.Errorf("%d results in %d calls", n, carrier.callCount())
	}
}

func TestTrackAllEdges(t *testing.T) {
	client := newClient(t, tracking.Config{}, &scripted{name: "a"})
	for range client.TrackAll(t.Context(), nil) {
		t.Error("a result of no queries")
	}
	all := client.TrackAll(t.Context(), repeat(3, "cj"))
	for range 2 {
		n := 0
		for range all {
			n++
		}
		if n != 3 {
			t.Errorf("%d results, want 3 each time", n)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range client.TrackAll(gone, func(func(tracking.Query) bool) { t.Error("queries are taken") }) {
		t.Error("a result of nothing taken")
	}
}

// TestTrackAllExactlyOnce lets random carriers do random things to random queries, correct and not.
func TestTrackAllExactlyOnce(t *testing.T) {
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			carriers := make([]tracking.Carrier, 1+random.IntN(4))
			for i := range carriers {
				carriers[i] = chaotic(fmt.Sprint("c", i), rand.New(rand.NewPCG(seed, uint64(i+2))))
			}
			client := newClient(t, tracking.Config{AskNextOnNotFound: random.IntN(2) == 0, Concurrency: 1 + random.IntN(4)}, carriers...)
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if random.IntN(4) == 0 {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(20))*time.Second)
			}
			defer cancel()
			taken, answered := map[string]int{}, map[string]int{}
			queries := func(yield func(tracking.Query) bool) {
				for i := range random.IntN(400) {
					q := query([]tracking.Courier{"cj", "lotte", "x", ""}[random.IntN(4)], strconv.Itoa(random.IntN(150)))
					q.Ref = strconv.Itoa(i)
					taken[q.Ref]++
					if !yield(q) {
						return
					}
				}
			}
			stopAt := -1
			if random.IntN(4) == 0 {
				stopAt = random.IntN(200)
			}
			for r := range client.TrackAll(ctx, queries) {
				answered[r.Query.Ref]++
				if (r.Parcel == nil) == (r.Err == nil) {
					t.Fatalf("seed %d: both or neither: %+v", seed, r)
				}
				if r.Parcel != nil && (r.Parcel.Number != r.Query.Number || r.Parcel.Courier != r.Query.Courier || r.Parcel.RetrievedAt.IsZero()) {
					t.Fatalf("seed %d: %v answered with %+v", seed, r.Query, r.Parcel)
				}
				if r.Err != nil && asError(t, r.Err).Kind == nil && ctx.Err() == nil {
					t.Fatalf("seed %d: no sentinel: %v", seed, r.Err)
				}
				if len(answered) == stopAt {
					break
				}
			}
			for ref, n := range answered {
				if n != 1 || taken[ref] != 1 {
					t.Fatalf("seed %d: query %s answered %d times", seed, ref, n)
				}
			}
			if len(answered) != len(taken) && len(answered) != stopAt {
				t.Fatalf("seed %d: took %d, answered %d", seed, len(taken), len(answered))
			}
			for _, carrier := range carriers {
				if carrier.(*scripted).runningNow() != 0 {
					t.Fatalf("seed %d: a call outlives the loop", seed)
				}
			}
		})
	}
}

// chaotic makes a carrier that answers slowly, partly, wrongly, or not at all.
func chaotic(name string, random *rand.Rand) *scripted {
	s := &scripted{name: name, limits: tracking.Limits{Batch: random.IntN(8), Concurrency: random.IntN(4), OneCourier: random.IntN(2) == 0}}
	if random.IntN(3) == 0 {
		s.serves = func(c tracking.Courier) bool { return c != "x" }
	}
	kinds := []error{
		tracking.ErrNotFound, tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrDailyCap, tracking.ErrRateLimited,
		tracking.ErrQuotaExhausted, tracking.ErrUpstream, tracking.ErrProtocol, tracking.ErrInvalidRequest, errors.New("what?"),
	}
	s.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		s.mu.Lock()
		what, pause, seed := random.IntN(20), time.Duration(random.IntN(3000))*time.Millisecond, random.Uint64()
		s.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, &tracking.Error{Err: ctx.Err()}
		}
		random := rand.New(rand.NewPCG(seed, 0))
		switch what {
		case 0:
			panic("chaos")
		case 1:
			return nil, fault(kinds[random.IntN(len(kinds))])
		case 2:
			return nil, kinds[random.IntN(len(kinds))]
		case 3:
			return s.each(qs)[1:], nil
		case 4:
			runtime.Goexit()
		case 5:
			return nil, nil
		}
		results := s.each(qs)
		for i := range results {
			switch random.IntN(8) {
			case 0:
				results[i] = failing(fault(kinds[random.IntN(len(kinds))]))(qs[i])
			case 1:
				results[i].Err = tracking.ErrNotFound // beside a parcel
			case 2:
				results[i].Parcel = nil
			case 3:
				results[i] = results[random.IntN(len(results))]
			}
		}
		return results, nil
	}
	return s
}
