package poll_test

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// record is what an engine records of a change from in transit to out for delivery that happened two hours before.
func record(door tracking.Door, change func(r *poll.Recorded)) poll.Recorded {
	now := start.Add(10 * time.Hour)
	before := poll.Watch{ID: idOf(1), Life: poll.Active, Opened: start, Asked: start, Changed: start, Due: now, Known: true}
	before.Parcel = tracking.State{Status: tracking.StatusInTransit, Since: start.Add(-time.Hour)}
	after := before
	after.Asked, after.Changed, after.Due = now, now, now.Add(time.Hour)
	after.Parcel = tracking.State{Status: tracking.StatusOutForDelivery, Since: now.Add(-2 * time.Hour)}
	r := poll.Recorded{Before: before, After: after, Door: door, At: now}
	if change != nil {
		change(&r)
	}
	return r
}

func TestHintsCreditWhoToldFirst(t *testing.T) {
	hinted := func(r *poll.Recorded) { r.Before.Why.Ground = poll.GroundHint }
	trusted := func() *poll.Hints {
		h := new(poll.Hints)
		for range 20 {
			h.Recorded(record(tracking.DoorPush, nil))
		}
		return h
	}
	recall := func(h *poll.Hints) float64 { return h.Recall(record("", nil).After, start.Add(10*time.Hour)) }
	for name, c := range map[string]struct {
		record poll.Recorded
		sign   int // of the change of the recall
	}{
		"a push":                       {record(tracking.DoorPush, nil), 1},
		"an ask after a hint":          {record(tracking.DoorPoll, hinted), 1},
		"an ask":                       {record(tracking.DoorPoll, nil), -1},
		"an ask that found nothing":    {record(tracking.DoorPoll, func(r *poll.Recorded) { r.After.Parcel = r.Before.Parcel }), 0},
		"a push that told nothing new": {record(tracking.DoorPush, func(r *poll.Recorded) { r.After.Parcel = r.Before.Parcel }), 0},
		"a change from before the watch": {record(tracking.DoorPoll, func(r *poll.Recorded) {
			r.After.Parcel.Since = start.Add(-time.Minute)
		}), 0},
		"a change at no known time": {record(tracking.DoorPoll, func(r *poll.Recorded) { r.After.Parcel.Since = time.Time{} }), 0},
		"a push that opens again": {record(tracking.DoorPush, func(r *poll.Recorded) {
			r.Before.Life = poll.Closed
		}), 0},
		"a second opinion": {record(tracking.DoorPoll, func(r *poll.Recorded) {
			r.Before.ID.Role, r.After.ID.Role = poll.Confirm, poll.Confirm
		}), 0},
		"another carrier": {record(tracking.DoorPoll, func(r *poll.Recorded) {
			r.Before.ID.Carrier, r.After.ID.Carrier = "other", "other"
		}), 0},
		"another courier": {record(tracking.DoorPoll, func(r *poll.Recorded) {
			r.Before.ID.Shipment.Courier, r.After.ID.Shipment.Courier = "other", "other"
		}), 0},
		"a record of a host's own": {record(tracking.DoorPoll, func(r *poll.Recorded) { r.At = time.Time{} }), 0},
	} {
		h := trusted()
		was := recall(h)
		h.Recorded(c.record)
		if is := recall(h); was < 0.8 || c.sign == 0 && is != was || c.sign > 0 && is <= was || c.sign < 0 && is >= was {
			t.Errorf("%s: from %v to %v, want %d", name, was, is, c.sign)
		}
	}
}

func TestHintsOfWhatIsNotSubscribed(t *testing.T) {
	h := &poll.Hints{Subscribed: func(w poll.Watch) time.Time {
		if w.ID == idOf(2) {
			return time.Time{}
		}
		return start.Add(9 * time.Hour)
	}}
	r := record(tracking.DoorPush, nil) // of a change from before the subscription
	for range 20 {
		h.Recorded(r)
	}
	if got := h.Recall(r.After, r.At); got != 0 {
		t.Errorf("pushes of what happened before: %v", got)
	}
	r.After.Parcel.Since = start.Add(9*time.Hour + 30*time.Minute)
	for range 20 {
		h.Recorded(r)
	}
	if got := h.Recall(r.After, r.At); got < 0.8 {
		t.Errorf("subscribed: %v", got)
	}
	r.After.ID = idOf(2)
	if got := h.Recall(r.After, r.At); got != 0 {
		t.Errorf("a watch that is not subscribed: %v", got)
	}
}

// road is a carrier whose parcels go their way by the clock, three new ones an hour, and pushes of most that happens.
type road struct {
	*bench
	hints    *poll.Hints
	opened   int
	nth      int
	mu       sync.Mutex
	silences []poll.Silence
}

var stages = []struct {
	after  time.Duration
	status tracking.Status
}{
	{3 * time.Hour, tracking.StatusPickedUp}, {8 * time.Hour, tracking.StatusInTransit},
	{20 * time.Hour, tracking.StatusOutForDelivery}, {26 * time.Hour, tracking.StatusDelivered},
}

const apart = 20 * time.Minute

// opening is when parcel n is opened, by its number.
func opening(n int) time.Time { return start.Add(time.Duration(n) * apart) }

func byClock(q tracking.Query, n int) tracking.Result {
	p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "toy", RetrievedAt: time.Now()}
	for _, s := range stages {
		if at := opening(n).Add(s.after); !at.After(time.Now()) {
			p.Events = append(p.Events, tracking.Event{At: at, Status: s.status, Text: s.status.Korean(), Precision: tracking.PrecisionMinute})
		}
	}
	p.Settle(q.Context())
	return tracking.Result{Query: q, Parcel: p, Billed: tracking.Yes}
}

// runRoad opens a parcel every twenty minutes; a push comes a minute after a change, but of each twentieth. Between dead and alive
// none comes.
func runRoad(t *testing.T, hours int, dead, alive int) (r *road, asks []int) {
	numbers := map[string]int{}
	var mu sync.Mutex
	carrier := &scripted{name: "toy", item: func(q tracking.Query, _ int) tracking.Result {
		mu.Lock()
		defer mu.Unlock()
		return byClock(q, numbers[q.Number])
	}}
	r = &road{}
	policy := new(poll.Adaptive)
	r.hints = &poll.Hints{Model: policy.Model, Alarm: func(s poll.Silence) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if s.Courier == "" {
			r.silences = append(r.silences, s)
		}
	}}
	policy.Recall = r.hints.Recall
	r.bench = runWith(t, poll.Config{Policy: policy}, r.hints.Recorded, carrier)
	for minute := range hours * 60 {
		if now := time.Now(); minute%20 == 0 {
			mu.Lock()
			numbers[number(r.opened)] = r.opened
			mu.Unlock()
			r.open(r.opened)
			r.opened++
		} else if minute%20 == 1 {
			for n := range r.opened {
				for _, s := range stages {
					if opening(n).Add(s.after + time.Minute).Equal(now) {
						r.push(n, minute >= dead*60 && minute < alive*60)
					}
				}
			}
		}
		if minute%60 == 0 {
			asks = append(asks, int(r.engine.Stats()[0].Asked))
		}
		time.Sleep(time.Minute)
	}
	r.stop()
	return r, asks
}

func (r *road) push(n int, lost bool) {
	if r.nth++; lost || r.nth%20 == 0 {
		return
	}
	id := idOf(n)
	parcel := byClock(tracking.Query{Courier: id.Shipment.Courier, Number: id.Shipment.Number}, n).Parcel
	if _, err := r.engine.Observe(r.Context(), id, tracking.Observation{Parcel: *parcel, Carrier: "toy", Door: tracking.DoorPush, Kind: tracking.KindFact}); err != nil {
		r.Error(err)
	}
}

// An engine that is pushed asks less; it notices when pushes stop, asks as before then, and less again when they come back.
func TestEngineHeedsHints(t *testing.T) {
	const hours, dead, alive = 144, 80, 104
	var without, with []int
	synctest.Test(t, func(t *testing.T) { _, without = runRoad(t, hours, 0, hours) })
	synctest.Test(t, func(t *testing.T) {
		var r *road
		r, with = runRoad(t, hours, dead, alive)
		var during []poll.Silence
		for _, s := range r.silences {
			if s.At.After(start.Add(dead*time.Hour)) && s.At.Before(start.Add((alive+1)*time.Hour)) {
				during = append(during, s)
			}
		}
		if len(during) < 2 || during[0].Over || during[0].Expected < 5 || during[0].At.Sub(start) > (dead+3)*time.Hour || !during[len(during)-1].Over {
			t.Errorf("silences %+v", during)
		}
		if got := r.hints.Recall(poll.Watch{ID: idOf(1), Opened: start, Asked: time.Now()}, time.Now()); got < 0.8 {
			t.Errorf("recall %v, of 0.95", got)
		}
	})
	asked := func(asks []int, from, until int) int { return asks[until] - asks[from] }
	if w, o := asked(with, 56, dead), asked(without, 56, dead); w > o*6/10 {
		t.Errorf("pushed: %d asks, without %d", w, o)
	}
	if w, o := asked(with, dead+4, alive), asked(without, dead+4, alive); w < o*85/100 {
		t.Errorf("in the outage: %d asks, without pushes %d", w, o)
	}
	if w, o := asked(with, alive+8, hours-1), asked(without, alive+8, hours-1); w > o*7/10 {
		t.Errorf("pushed again: %d asks, without %d", w, o)
	}
	t.Logf("asks before the outage %d of %d, in it %d of %d, after it %d of %d", asked(with, 56, dead), asked(without, 56, dead),
		asked(with, dead+4, alive), asked(without, dead+4, alive), asked(with, alive+8, hours-1), asked(without, alive+8, hours-1))
}

func TestHintsAreKept(t *testing.T) {
	store := poll.NewMemoryStore()
	h, again := new(poll.Hints), new(poll.Hints)
	if err := again.Recollect(t.Context(), store); err != nil {
		t.Errorf("nothing was kept: %v", err)
	}
	r := record(tracking.DoorPush, nil)
	for range 50 {
		h.Recorded(r)
	}
	if err := h.Keep(t.Context(), store, r.At); err != nil {
		t.Fatal(err)
	}
	if err := again.Recollect(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	was := h.Recall(r.After, r.At)
	if got := again.Recall(r.After, r.At); math.Abs(got-was) > 1e-4 || was < 0.9 {
		t.Errorf("recall %v, was %v", got, was)
	}
	for _, text := range []string{"{", `{"toy":{"all":{"recall":"?"}}}`} {
		if err := store.Keep(t.Context(), "schedule/hints", []byte(text), r.At); err != nil {
			t.Fatal(err)
		}
		if err := again.Recollect(t.Context(), store); err == nil || math.Abs(again.Recall(r.After, r.At)-was) > 1e-4 {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := store.Keep(t.Context(), "schedule/hints", []byte(`{"toy":null}`), r.At); err != nil {
		t.Fatal(err)
	}
	if err := again.Recollect(t.Context(), store); err != nil || again.Recall(r.After, r.At) != 0 {
		t.Errorf("a carrier without anything: %v", err)
	}
}

func TestHintsConcurrently(t *testing.T) {
	h := &poll.Hints{Model: schedule.Prior, Alarm: func(poll.Silence) {}}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 200 {
				r := record([]tracking.Door{tracking.DoorPush, tracking.DoorPoll}[(n+i)%2], nil)
				r.At = r.At.Add(time.Duration(i) * time.Minute)
				h.Recorded(r)
				h.Recall(r.After, r.At)
			}
			if err := h.Keep(t.Context(), poll.NewMemoryStore(), start); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
