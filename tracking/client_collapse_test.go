package tracking_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestEqualQueriesAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a"}, time.Second)
		client := newClient(t, tracking.Config{}, carrier)
		parcels := make([]*tracking.Parcel, 50)
		var group sync.WaitGroup
		for i := range parcels {
			group.Go(func() {
				number := []string{"680123456782", "6801-2345-6782"}[i%2]
				parcel, err := client.Track(t.Context(), tracking.Query{Courier: "cj", Number: number, Ref: string(rune('a' + i))})
				if err != nil {
					t.Error(err)
					return
				}
				parcel.Events[0].Place = number // everybody may write to what they got
				parcels[i] = parcel
			})
		}
		group.Wait()
		if carrier.callCount() != 1 {
			t.Errorf("%d calls, want 1", carrier.callCount())
		}
		seen := map[*tracking.Parcel]bool{}
		for _, parcel := range parcels {
			seen[parcel] = true
		}
		if len(seen) != len(parcels) {
			t.Error("callers share a parcel")
		}
		if _, err := client.Track(t.Context(), query("cj", "680123456782")); err != nil || carrier.callCount() != 2 {
			t.Error("answers must not be kept once they have landed")
		}
	})
}

func TestDifferentQueriesAreNotJoined(t *testing.T) {
	base := tracking.Query{Courier: "cj", Number: "680123456782", Since: time.Unix(1_700_000_000, 0)}
	others := map[string]func(q *tracking.Query){
		"courier":     func(q *tracking.Query) { q.Courier = "lotte" },
		"number":      func(q *tracking.Query) { q.Number = "680123456783" },
		"since":       func(q *tracking.Query) { q.Since = q.Since.Add(1) },
		"no since":    func(q *tracking.Query) { q.Since = time.Time{} },
		"extra":       func(q *tracking.Query) { q.Extra = []string{"12"} },
		"extra split": func(q *tracking.Query) { q.Extra = []string{"1", "2"} },
		"extra empty": func(q *tracking.Query) { q.Extra = []string{""} },
		"fresh":       func(q *tracking.Query) { q.Fresh = true },
		"history":     func(q *tracking.Query) { q.FullHistory = true },
		"recall":      func(q *tracking.Query) { q.Recall = true },
	}
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{}}, time.Second)
		client := newClient(t, tracking.Config{Concurrency: 100}, carrier)
		var group sync.WaitGroup
		track := func(q tracking.Query) {
			group.Go(func() {
				if _, err := client.Track(t.Context(), q); err != nil {
					t.Error(err)
				}
			})
		}
		track(base)
		elsewhere := base
		elsewhere.Since, elsewhere.Ref = base.Since.UTC(), "other ref" // the same moment, the same question
		track(elsewhere)
		for _, change := range others {
			q := base
			change(&q)
			track(q)
		}
		group.Wait()
		if got, want := carrier.callCount(), 1+len(others); got != want {
			t.Errorf("%d calls, want %d", got, want)
		}
	})
}

func TestCallerWhoLeavesHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a"}, 10*time.Second)
		client := newClient(t, tracking.Config{}, carrier)
		leader, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := client.Track(leader, query("cj", "680123456782"))
			if !errors.Is(err, context.DeadlineExceeded) || tracking.KindName(err) != "other" || time.Since(start) != time.Second {
				t.Errorf("the one who left got %v after %s", err, time.Since(start))
			}
		})
		synctest.Wait()
		group.Go(func() {
			if _, err := client.Track(t.Context(), query("cj", "680123456782")); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if carrier.callCount() != 1 || time.Since(start) != 10*time.Second {
			t.Errorf("%d calls, %s", carrier.callCount(), time.Since(start))
		}
	})
}

func TestLastCallerEndsTheCallAndWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "a"}
		carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond)
			return nil, &tracking.Error{Err: ctx.Err()}
		}
		client := newClient(t, tracking.Config{}, carrier)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if _, err := client.Track(ctx, query("cj", "680123456782")); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		group.Wait()
		if carrier.callCount() != 1 || carrier.runningNow() != 0 {
			t.Errorf("%d calls, %d run", carrier.callCount(), carrier.runningNow())
		}
	})
}

func TestAnswerThatComesAsTheCallerLeavesIsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "a"}
		carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			<-ctx.Done()
			return carrier.each(qs), nil
		}
		client := newClient(t, tracking.Config{}, carrier)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if parcel, err := client.Track(ctx, query("cj", "680123456782")); err != nil {
			t.Errorf("a paid answer was thrown away: %v, %v", parcel, err)
		}
	})
}

type key struct{}

func TestCarrierSeesDeadlineAndValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deadline time.Time
		var value any
		carrier := &scripted{name: "a"}
		carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			time.Sleep(time.Second) // let the second caller come
			inner, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			deadline, _ = inner.Deadline()
			value = inner.Value(key{})
			return carrier.each(qs), nil
		}
		client := newClient(t, tracking.Config{}, carrier)
		start := time.Now()
		var group sync.WaitGroup
		for _, limit := range []time.Duration{10 * time.Second, 20 * time.Second, 5 * time.Second} {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "trace"), limit)
				defer cancel()
				_, _ = client.Track(ctx, query("cj", "680123456782"))
			})
		}
		group.Wait()
		if deadline != start.Add(20*time.Second) || value != "trace" {
			t.Errorf("deadline %s, value %v: want the latest of those who wait", deadline.Sub(start), value)
		}
	})
}

// TestTrackJoinsTrackAll: a question in the air is joined whoever asked it first.
func TestTrackJoinsTrackAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slow(&scripted{name: "a", limits: tracking.Limits{Batch: 10}}, 5*time.Second)
		client := newClient(t, tracking.Config{}, carrier)
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				n := 0
				for r := range client.TrackAll(t.Context(), repeat(10, "cj")) {
					if n++; r.Err != nil {
						t.Error(r.Err)
					}
				}
				if n != 10 {
					t.Errorf("%d results", n)
				}
			})
		}
		synctest.Wait()
		group.Go(func() {
			if _, err := client.Track(t.Context(), query("cj", "600000000003")); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if carrier.callCount() != 1 {
			t.Errorf("%d calls, want 1", carrier.callCount())
		}
	})
}

// TestTrackOutlivesTheLoopItJoined: breaking a loop off ends its calls, but not those that others wait for.
func TestTrackOutlivesTheLoopItJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "a", limits: tracking.Limits{Batch: 2, Concurrency: 2}}
		carrier.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
			wait := time.Second
			if qs[0].Number == "600000000002" {
				wait = time.Minute
			}
			select {
			case <-time.After(wait):
				return carrier.each(qs), nil
			case <-ctx.Done():
				return nil, &tracking.Error{Err: ctx.Err()}
			}
		}
		client := newClient(t, tracking.Config{}, carrier)
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			for range client.TrackAll(t.Context(), repeat(4, "cj")) {
				break
			}
			if time.Since(start) != time.Second {
				t.Errorf("break took until %s", time.Since(start))
			}
		})
		synctest.Wait()
		if _, err := client.Track(t.Context(), query("cj", "600000000003")); err != nil {
			t.Error(err)
		}
		group.Wait()
		if carrier.callCount() != 2 || carrier.runningNow() != 0 {
			t.Errorf("%d calls, %d run", carrier.callCount(), carrier.runningNow())
		}
	})
}

// TestTrackInsideTheLoop: the loop's body may use the client, for a query that the loop holds back as well.
func TestTrackInsideTheLoop(t *testing.T) {
	client := newClient(t, tracking.Config{}, &scripted{name: "a", limits: tracking.Limits{Batch: 20, Concurrency: 1}})
	for range client.TrackAll(t.Context(), repeat(50, "cj")) {
		if _, err := client.Track(t.Context(), query("cj", "600000000049")); err != nil {
			t.Fatal(err)
		}
	}
}
