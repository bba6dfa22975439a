package poll_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// slowly makes a carrier take its time, and end when the context does.
func slowly(s *scripted, d time.Duration) *scripted {
	s.whole = func(ctx context.Context, _ []tracking.Query) ([]tracking.Result, error) {
		select {
		case <-time.After(d):
			return nil, nil
		case <-ctx.Done():
			return nil, &tracking.Error{Err: ctx.Err()}
		}
	}
	return s
}

// Calls are as full as the carrier takes, when there is enough that is due.
func TestCallsAreFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slowly(&scripted{name: "toy", limits: tracking.Limits{Batch: 20, Concurrency: 2}}, time.Second)
		b := run(t, poll.Config{}, carrier)
		for n := range 200 {
			b.open(n)
		}
		time.Sleep(time.Minute)
		if sizes := carrier.callSizes(); !slices.Equal(sizes, slices.Repeat([]int{20}, 10)) {
			t.Errorf("calls %v, want 10 of 20", sizes)
		}
		b.stop()
	})
}

// A watch that has just become due waits a little for others; one that is overdue does not.
func TestFillWaitsOnlyWhenNothingIsOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 20}}
		b := run(t, poll.Config{Fill: 30 * time.Second}, carrier)
		b.open(1)
		time.Sleep(20 * time.Second)
		b.open(2)
		time.Sleep(time.Minute)
		if sizes := carrier.callSizes(); !slices.Equal(sizes, []int{2}) {
			t.Errorf("calls %v, want one of 2", sizes)
		}
		if at := carrier.asked(number(1))[0]; !at.Equal(start.Add(30 * time.Second)) {
			t.Errorf("asked %v after it was due", at.Sub(start))
		}
		b.stop()
		time.Sleep(12 * time.Hour)
		again := time.Now()
		late := run(t, poll.Config{Store: b.store, Fill: 30 * time.Second}, carrier)
		synctest.Wait()
		if asked := carrier.asked(number(1)); !asked[len(asked)-1].Equal(again) {
			t.Error("an overdue watch waited for company")
		}
		late.stop()
	})
}

// Two engines on one store never ask about one watch at a time, and nothing twice.
func TestTwoEnginesShareAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slowly(&scripted{name: "toy", limits: tracking.Limits{Batch: 7, Concurrency: 3}}, 3*time.Second)
		store := poll.NewMemoryStore()
		config := poll.Config{Store: store, Policy: poll.Fixed(time.Hour)}
		one, two := run(t, config, carrier), run(t, config, carrier)
		const watches = 300
		for n := range watches {
			one.open(n)
		}
		time.Sleep(10*time.Hour + 30*time.Minute)
		one.stop()
		two.stop()
		if carrier.twice > 0 {
			t.Errorf("%d watches were asked about by two at a time", carrier.twice)
		}
		first, second := one.engine.Stats()[0], two.engine.Stats()[0]
		if first.Asked == 0 || second.Asked == 0 || first.LeasesLost+second.LeasesLost > 0 {
			t.Errorf("%+v and %+v", first, second)
		}
		for n := range watches {
			if asked := len(carrier.asked(number(n))); asked < 10 || asked > 12 {
				t.Errorf("watch %d was asked %d times in 10½ hours, want 11", n, asked)
			}
		}
	})
}

// A process that dies between the ask and the record costs one ask: the lease ends, the watch is asked again, and the evidence
// is not doubled.
func TestCrashBetweenAskAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		dying := &failingStore{MemoryStore: poll.NewMemoryStore(), record: errors.New("the process is no more")}
		first := run(t, poll.Config{Store: dying, Lease: 10 * time.Minute}, carrier)
		first.open(1)
		synctest.Wait()
		first.stop()
		if asked := len(carrier.asked(number(1))); asked != 1 {
			t.Fatalf("asked %d times", asked)
		}
		second := run(t, poll.Config{Store: dying.MemoryStore}, carrier)
		time.Sleep(9 * time.Minute)
		if asked := len(carrier.asked(number(1))); asked != 1 {
			t.Errorf("asked %d times within the lease", asked)
		}
		time.Sleep(2 * time.Minute)
		second.stop()
		w := second.watch(1)
		if asked := len(carrier.asked(number(1))); asked != 2 || !w.Known || len(second.evidence(1).Events) != 1 {
			t.Errorf("asked %d times, known %v, evidence %v", asked, w.Known, second.evidence(1))
		}
		if w.Today != 2 {
			t.Errorf("%d asks are counted today; the one that was lost counts against a cap too", w.Today)
		}
	})
}

// An answer that comes after the lease was given to another is not written.
func TestLateAnswerIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := slowly(&scripted{name: "toy"}, 30*time.Minute)
		store := poll.NewMemoryStore()
		slow := run(t, poll.Config{Store: store, Lease: 10 * time.Minute, Timeout: time.Hour, Now: time.Now, Concurrency: 1}, hanging)
		slow.open(1)
		time.Sleep(time.Minute)
		quick := run(t, poll.Config{Store: store, Policy: poll.Fixed(3 * time.Hour)}, &scripted{name: "toy"})
		time.Sleep(time.Hour)
		slow.stop()
		quick.stop()
		if lost := slow.engine.Stats()[0].LeasesLost; lost != 1 || len(slow.recorded) != 0 || len(quick.recorded) != 1 {
			t.Errorf("%d leases lost, %d and %d records", lost, len(slow.recorded), len(quick.recorded))
		}
	})
}

// Stopping lets calls end for as long as they are granted, gives back what they were about, and leaves nothing running.
func TestStopIsGraceful(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		known bool
		ends  time.Duration
	}{
		"calls that end in time are written": {takes: 5 * time.Second, known: true, ends: 5 * time.Second},
		"calls that do not are given back":   {takes: time.Minute, known: false, ends: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
				carrier := slowly(&scripted{name: "toy"}, c.takes)
				b := run(t, poll.Config{Concurrency: 2}, carrier)
				b.open(1, 2, 3, 4)
				synctest.Wait()
				b.stop()
				if took := time.Since(start); took != c.ends {
					t.Errorf("stopping took %v", took)
				}
				if calls := len(carrier.callSizes()); calls != 2 {
					t.Errorf("%d calls, want the 2 that ran", calls)
				}
				known, due := 0, 0
				for n := 1; n <= 4; n++ {
					if w := b.watch(n); w.Known {
						known++
					} else if w.Asks == 0 && !w.Due.After(start) {
						due++
					}
				}
				if want := map[bool]int{true: 2, false: 0}[c.known]; known != want || due != 4-want {
					t.Errorf("%d known, %d due at once", known, due)
				}
				claimed, err := b.store.Claim(context.WithoutCancel(t.Context()), poll.ClaimRequest{Now: time.Now(), Carrier: "toy", Limit: 10, Lease: time.Minute})
				if err != nil || len(claimed) != due {
					t.Errorf("%d can be claimed at once, want %d (%v)", len(claimed), due, err)
				}
			})
		})
	}
}

// A call that outlasts Timeout is a failure of its watches, and does not hold up the others for ever.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := slowly(&scripted{name: "toy"}, time.Hour)
		b := run(t, poll.Config{}, carrier)
		b.open(1)
		time.Sleep(6 * time.Minute)
		if w := b.watch(1); w.Failures != 1 || w.LastFailure != "upstream" {
			t.Errorf("%d failures, %s", w.Failures, w.LastFailure)
		}
		b.stop()
	})
}

// frames counts the calls of the engine's code on the stacks of all goroutines.
func frames() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "tracking/poll.(*")
}

// An idle engine does next to nothing, and as many goroutines run after a day as at the beginning.
func TestIdleEngineRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &failingStore{MemoryStore: poll.NewMemoryStore()}
		b := run(t, poll.Config{Store: store, Policy: poll.Fixed(time.Hour)}, &scripted{name: "toy"}, &scripted{name: "other"})
		b.store = store.MemoryStore
		b.open(1)
		time.Sleep(time.Minute)
		synctest.Wait()
		before := frames()
		store.set(nil, nil)
		time.Sleep(day)
		synctest.Wait()
		if after := frames(); after != before || before == 0 {
			t.Errorf("%d frames of the engine on stacks, %d before", after, before)
		}
		if looks := store.looks(); looks > 2*24*60+200 {
			t.Errorf("%d looks at the store in a day, want about one a minute and carrier", looks)
		}
		b.stop()
	})
}

// The engine lives by the clock it is given: in a world that runs 3600 times as fast, a day is 24 seconds.
func TestWorldClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const speed = 3600
		world := func() time.Time { return start.Add(time.Since(start) * speed) }
		carrier := &scripted{name: "toy", item: func(q tracking.Query, _ int) tracking.Result {
			r := moving(q)
			r.Parcel.RetrievedAt = time.Time{}
			return r
		}}
		b := run(t, poll.Config{
			Policy: poll.Fixed(2 * time.Hour), Now: world,
			Wait: func(ctx context.Context, d time.Duration) error {
				select {
				case <-time.After(d/speed + 1): // never less than d
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			},
		}, carrier)
		b.open(1)
		time.Sleep(23*time.Second + 500*time.Millisecond)
		b.stop()
		if asked := len(carrier.asked(number(1))); asked != 12 {
			t.Errorf("asked %d times in 23½ hours of the world", asked)
		}
	})
}

// A second opinion is asked for once, at the carrier that the host names, and joins the same evidence.
func TestSecondOpinionIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &scripted{name: "toy", item: func(q tracking.Query, _ int) tracking.Result {
			return said(q, tracking.StatusInTransit, tracking.StatusDelivered)
		}}
		second := &scripted{name: "other", item: func(q tracking.Query, nth int) tracking.Result {
			if nth < 3 {
				return tracking.Result{Err: &tracking.Error{Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon}}
			}
			return said(q, tracking.StatusInTransit, tracking.StatusDelivered)
		}}
		b := run(t, poll.Config{Confirm: func(r poll.Recorded) string {
			if r.After.Parcel.Status == tracking.StatusDelivered {
				return "other"
			}
			return ""
		}}, first, second)
		b.open(1)
		time.Sleep(10 * day)
		b.stop()
		id := idOf(1)
		id.Carrier, id.Role = "other", poll.Confirm
		w, err := b.engine.Watch(context.WithoutCancel(t.Context()), id)
		if asked := len(second.asked(number(1))); err != nil || asked != 3 || w.Life != poll.Closed || w.Reason != poll.ReasonHost {
			t.Errorf("asked %d times, %v (%v)", asked, w, err)
		}
	})
}

// Nothing that goes into a log or an error shows a number, a reference or an extra field.
func TestWatchesPrintNothingPersonal(t *testing.T) {
	w := poll.Watch{ID: idOf(1), Ref: "kim-secret", Extra: []string{"0101234"}}
	for _, text := range []string{w.String(), w.ID.String(), w.ID.Shipment.String(), format("%+v %#v %d %s", w, w, w, w.ID)} {
		if strings.Contains(text, number(1)) || strings.Contains(text, "kim") || strings.Contains(text, "0101234") {
			t.Errorf("printed %s", text)
		}
	}
}

// Every fault of a configuration is reported at once, and Run runs once at a time.
func TestConfigurationFaults(t *testing.T) {
	_, err := poll.New(poll.Config{Carriers: []tracking.Carrier{nil, &scripted{name: "Toy"}}, Lease: time.Minute, Look: -1})
	for _, want := range []string{"no store", "Look", "Lease", "is nil", "no name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	engine, err := poll.New(poll.Config{Store: poll.NewMemoryStore(), Carriers: []tracking.Carrier{&scripted{name: "toy"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]poll.Watch{
		"another carrier": {ID: poll.WatchID{Shipment: idOf(1).Shipment, Carrier: "none"}},
		"no number":       {ID: poll.WatchID{Shipment: poll.ShipmentID{Courier: "cj"}, Carrier: "toy"}},
		"no courier":      {ID: poll.WatchID{Shipment: poll.ShipmentID{Number: "1"}, Carrier: "toy"}},
		"another role":    {ID: poll.WatchID{Shipment: idOf(1).Shipment, Carrier: "toy", Role: "boss"}},
	} {
		if _, err := engine.Open(t.Context(), w); err == nil {
			t.Errorf("a watch with %s was opened", name)
		}
	}
	if _, err := engine.Watch(t.Context(), idOf(5)); !errors.Is(err, poll.ErrNoWatch) {
		t.Errorf("a watch that is not there: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := run(t, poll.Config{}, &scripted{name: "toy"})
		synctest.Wait()
		if err := b.engine.Run(t.Context()); err == nil {
			t.Error("it runs twice")
		}
		b.stop()
	})
}

// What a host pauses, closes and opens again.
func TestHostDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		b := run(t, poll.Config{Policy: poll.DefaultTable()}, carrier)
		b.open(1, 1)
		time.Sleep(time.Minute)
		for _, step := range []struct {
			what   string
			do     func() (poll.Watch, error)
			life   poll.Life
			reason poll.Reason
			asked  int // in the day after
		}{
			{"pause", func() (poll.Watch, error) { return b.engine.Pause(t.Context(), idOf(1), "") }, poll.Paused, poll.ReasonHost, 0},
			{"open", func() (poll.Watch, error) { return b.engine.Open(t.Context(), poll.Watch{ID: idOf(1)}) }, poll.Paused, poll.ReasonHost, 0},
			{"reopen", func() (poll.Watch, error) { return b.engine.Reopen(t.Context(), idOf(1)) }, poll.Active, "", 12},
			{"close", func() (poll.Watch, error) { return b.engine.Close(t.Context(), idOf(1), poll.ReasonLost) }, poll.Closed, poll.ReasonLost, 0},
			{"pause what is closed", func() (poll.Watch, error) { return b.engine.Pause(t.Context(), idOf(1), "") }, poll.Closed, poll.ReasonLost, 0},
		} {
			before := len(carrier.asked(number(1)))
			w, err := step.do()
			if err != nil || w.Life != step.life || w.Reason != step.reason || w.Parcel.Status != tracking.StatusInTransit {
				t.Errorf("%s: %v, %v", step.what, w, err)
			}
			time.Sleep(day - 30*time.Minute)
			if asked := len(carrier.asked(number(1))) - before; asked != step.asked {
				t.Errorf("%s: asked %d times afterwards, want %d", step.what, asked, step.asked)
			}
		}
		b.stop()
	})
}
