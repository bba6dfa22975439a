package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

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
