package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
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

// TestTrackAllManyCouriersApart: lots that wait for companions do not keep the carrier from working.
func TestTrackAllManyCouriersApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{Batch: 10, OneCourier: true}}, time.Second)
		client := newClient(t, tracking.Config{}, carrier)
		couriers := make([]tracking.Courier, 40)
		for i := range couriers {
			couriers[i] = tracking.Courier(fmt.Sprint("courier", i))
		}
		start, n := time.Now(), 0
		for range client.TrackAll(t.Context(), repeat(4000, couriers...)) {
			n++
		}
		if n != 4000 {
			t.Errorf("%d results", n)
		}
		if took, calls := time.Since(start), carrier.callCount(); took > time.Duration(calls)*time.Second/2 {
			t.Errorf("%d calls of a second took %s: one at a time", calls, took)
		}
	})
}

// TestTrackAllSlowLoop: the carrier works while the loop's body does.
func TestTrackAllSlowLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{Batch: 10, Concurrency: 1}}, 10*time.Second)
		start := time.Now()
		for range newClient(t, tracking.Config{}, carrier).TrackAll(t.Context(), repeat(100, "cj")) {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took > 125*time.Second {
			t.Errorf("took %s: call and loop take turns", took)
		}
	})
}

// TestTrackAllRareCourier: queries of a carrier that is seldom needed are neither forgotten nor sent one by one.
func TestTrackAllRareCourier(t *testing.T) {
	for _, test := range []struct{ every, calls int }{{50, 15}, {1000, 5}} {
		synctest.Test(t, func(t *testing.T) {
			isRare := func(c tracking.Courier) bool { return c == "rare" }
			rare := slow(&scripted{name: "rare", limits: tracking.Limits{Batch: 10}, serves: isRare}, time.Second)
			common := slow(&scripted{name: "common", limits: tracking.Limits{Batch: 10}}, time.Second)
			couriers := slices.Repeat([]tracking.Courier{"cj"}, test.every)
			couriers[7] = "rare"
			seen, first, results := 0, 0, 0
			for r := range newClient(t, tracking.Config{}, rare, common).TrackAll(t.Context(), repeat(5000, couriers...)) {
				results++
				if r.Carrier == "rare" {
					if seen++; first == 0 {
						first = results
					}
				}
			}
			if seen != 5000/test.every || rare.callCount() > test.calls {
				t.Errorf("1 in %d: %d rare parcels in %d calls", test.every, seen, rare.callCount())
			}
			if first > 1000 {
				t.Errorf("1 in %d: the first rare result is number %d", test.every, first)
			}
		})
	}
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
