package poll_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

const day = 24 * time.Hour

// watched lets a carrier answer always the same, and gives the watch when all is over.
func watched(t *testing.T, item func(q tracking.Query, nth int) tracking.Result) (w poll.Watch, ended []poll.Recorded, lasted time.Duration, asks int) {
	return watchedBy(t, poll.DefaultTable(), item)
}

func watchedBy(t *testing.T, policy poll.Policy, item func(q tracking.Query, nth int) tracking.Result) (w poll.Watch, ended []poll.Recorded, lasted time.Duration, asks int) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: item}
		b := run(t, poll.Config{Look: day, Policy: policy}, carrier)
		b.open(1)
		for range 70 {
			time.Sleep(day)
		}
		b.stop()
		w, ended = b.watch(1), b.ended
		asks = len(carrier.asked(number(1)))
		if due, err := b.store.NextDue(t.Context(), "toy"); err != nil || !due.IsZero() {
			t.Errorf("after 70 days something is due at %v (%v)", due, err)
		}
		for _, r := range ended {
			lasted = r.After.Due.Sub(start)
		}
	})
	return w, ended, lasted, asks
}

// Every watch ends, with its reason, told once, and keeps the status of the parcel (D7).
func TestEveryWatchEnds(t *testing.T) {
	always := func(statuses ...tracking.Status) func(tracking.Query, int) tracking.Result {
		return func(q tracking.Query, _ int) tracking.Result { return said(q, statuses...) }
	}
	failing := func(kind error) func(tracking.Query, int) tracking.Result {
		return func(tracking.Query, int) tracking.Result { return tracking.Result{Err: fault(kind)} }
	}
	for name, c := range map[string]struct {
		item         func(tracking.Query, int) tracking.Result
		reason       poll.Reason
		status       tracking.Status
		least, most  time.Duration
		fewest, asks int
	}{
		"delivered": {always(tracking.StatusInTransit, tracking.StatusDelivered), poll.ReasonDelivered, tracking.StatusDelivered, 3 * day, 3*day + time.Hour, 3, 3},
		"cancelled": {always(tracking.StatusCancelled), poll.ReasonCancelled, tracking.StatusCancelled, 0, time.Hour, 1, 1},
		"returned":  {always(tracking.StatusInTransit, tracking.StatusReturned), poll.ReasonReturned, tracking.StatusReturned, 14 * day, 14*day + time.Hour, 50, 62},
		"lost": {func(q tracking.Query, _ int) tracking.Result {
			r := said(q, tracking.StatusFailed)
			r.Parcel.Events[0].Sub = tracking.SubLost
			r.Parcel.Settle(tracking.Context{})
			return r
		}, poll.ReasonLost, tracking.StatusFailed, 14 * day, 14*day + time.Hour, 10, 16},
		"not found": {failing(tracking.ErrNotFound), poll.ReasonNotFound, tracking.StatusUnknown, 14 * day, 14*day + time.Hour, 12, 20},
		"silence":   {always(tracking.StatusInTransit), poll.ReasonSilence, tracking.StatusInTransit, 30 * day, 30*day + time.Hour, 340, 380},
		"silence, reworded each time": {func(q tracking.Query, nth int) tracking.Result {
			r := moving(q)
			r.Parcel.Events[0].Note = fmt.Sprint("worded ", nth)
			return r
		}, poll.ReasonSilence, tracking.StatusInTransit, 30 * day, 30*day + time.Hour, 340, 380},
		"age": {func(q tracking.Query, nth int) tracking.Result { // something new each time
			r := moving(q)
			r.Parcel.Events[0].At = time.Now()
			return r
		}, poll.ReasonAge, tracking.StatusInTransit, 60 * day, 60*day + time.Hour, 690, 750},
		"failing for ever": {failing(tracking.ErrUpstream), poll.ReasonAge, tracking.StatusUnknown, 60 * day, 60*day + time.Hour, 200, 280},
	} {
		t.Run(name, func(t *testing.T) {
			w, ended, lasted, asks := watched(t, c.item)
			if w.Life != poll.Closed || w.Reason != c.reason || w.Parcel.Status != c.status {
				t.Errorf("%v, the parcel %v", w, w.Parcel.Status)
			}
			if len(ended) != 1 || ended[0].After.Reason != c.reason {
				t.Errorf("told %d times: %v", len(ended), ended)
			}
			if lasted < c.least || lasted > c.most {
				t.Errorf("lasted %v, want %v to %v", lasted, c.least, c.most)
			}
			if asks < c.fewest || asks > c.asks {
				t.Errorf("asked %d times, want %d to %d", asks, c.fewest, c.asks)
			}
		})
	}
}

// What was last read a day and a second, two days, a year ago is due: durations count whole, not by a component (D12).
func TestLongAgoIsDue(t *testing.T) {
	for _, ago := range []time.Duration{day + time.Second, 2 * day, 365 * day} {
		store := poll.NewMemoryStore()
		_, err := store.Change(t.Context(), idOf(1), func(w poll.Watch) poll.Watch {
			w.Life, w.Opened, w.Began, w.Asked = poll.Active, start.Add(-ago), start.Add(-ago), start.Add(-ago)
			w.Due = poll.Fixed(2*time.Hour).Next(w, w.Asked).At
			return w
		})
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := store.Claim(t.Context(), poll.ClaimRequest{Now: start, Carrier: "toy", Limit: 5, Lease: time.Minute})
		if err != nil || len(claimed) != 1 {
			t.Errorf("asked %v ago: %d due (%v)", ago, len(claimed), err)
		}
	}
}

// A label that was printed long before anybody looked is asked about once before it is given up.
func TestOldLabelIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: func(tracking.Query, int) tracking.Result {
			return tracking.Result{Err: fault(tracking.ErrNotFound)}
		}}
		b := run(t, poll.Config{}, carrier)
		if _, err := b.engine.Open(t.Context(), poll.Watch{ID: idOf(1), Since: start.Add(-20 * day)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(day)
		b.stop()
		if asked := len(carrier.asked(number(1))); asked != 1 || b.watch(1).Reason != poll.ReasonNotFound {
			t.Errorf("asked %d times, %v", asked, b.watch(1))
		}
	})
}

// Silence and absence prove nothing while the carrier fails.
func TestSilenceDoesNotCountInAnOutage(t *testing.T) {
	w := watchAt(1, tracking.StatusInTransit)
	w.Opened, w.Began, w.Changed = start, start, start
	if at, reason := (poll.Lifetimes{}).End(w); reason != poll.ReasonSilence || !at.Equal(start.Add(30*day)) {
		t.Errorf("ends %v for %s", at, reason)
	}
	w.Failures = 3
	if at, reason := (poll.Lifetimes{}).End(w); reason != poll.ReasonAge || !at.Equal(start.Add(60*day)) {
		t.Errorf("in an outage it ends %v for %s", at, reason)
	}
}

// A push with news opens a watch again that ended by itself; one that says what is known does not, and neither does one to
// what the host closed.
func TestPushReopens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", item: func(q tracking.Query, _ int) tracking.Result {
			return said(q, tracking.StatusInTransit, tracking.StatusDelivered)
		}}
		b := run(t, poll.Config{}, carrier)
		b.open(1)
		time.Sleep(5 * day)
		push := func(statuses ...tracking.Status) tracking.Observation {
			r := said(tracking.Query{Courier: "toycourier", Number: number(1)}, statuses...)
			return tracking.Observation{Parcel: *r.Parcel, Carrier: "toy", Door: tracking.DoorPush, Kind: tracking.KindFact}
		}
		known := []tracking.Status{tracking.StatusInTransit, tracking.StatusDelivered}
		if r, err := b.engine.Observe(t.Context(), idOf(1), push(known...)); err != nil || r.After.Life != poll.Closed {
			t.Errorf("a push of what is known: %v, %v", r.After, err)
		}
		r, err := b.engine.Observe(t.Context(), idOf(1), push(append(known, tracking.StatusReturned)...))
		if err != nil || r.After.Life != poll.Active || r.After.Parcel.Status != tracking.StatusReturned || !r.Changed() {
			t.Errorf("a push of news: %v, %v", r.After, err)
		}
		if !r.After.Due.After(time.Now()) {
			t.Error("after a push nothing need be asked at once")
		}
		if _, err := b.engine.Close(t.Context(), idOf(1), ""); err != nil {
			t.Fatal(err)
		}
		more := append(known, tracking.StatusReturned, tracking.StatusInTransit)
		if r, err := b.engine.Observe(t.Context(), idOf(1), push(more...)); err != nil || r.After.Life != poll.Closed || len(b.evidence(1).Events) != 4 {
			t.Errorf("a push to what the host closed: %v, %v", r.After, err)
		}
		b.stop()
	})
}

// A hint makes a watch due at once; the evidence comes from the ask.
func TestHintIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		b := run(t, poll.Config{}, carrier)
		b.open(1)
		time.Sleep(time.Hour)
		if _, err := b.engine.Observe(t.Context(), idOf(1), tracking.Observation{Kind: tracking.KindHint}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.stop()
		if asked := len(carrier.asked(number(1))); asked != 2 {
			t.Errorf("asked %d times, want 2", asked)
		}
	})
}
