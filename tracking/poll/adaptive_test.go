package poll_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// onVan is a watch of a parcel that is out for delivery since 07:00 in Korea, asked about at 09:00.
func onVan(n int) poll.Watch {
	w := watchAt(n, tracking.StatusOutForDelivery)
	w.Opened, w.Began, w.Asked, w.Parcel.Since = start.Add(-day), start.Add(-day), start, start.Add(-2*time.Hour)
	w.Asks, w.Today, w.Day = 12, 2, start.Format(time.DateOnly)
	return w
}

// The policy of an engine without one is the schedule, whose time each parcel's own phase moves a little.
func TestAdaptiveIsTheSchedule(t *testing.T) {
	policy := new(poll.Adaptive)
	plain := schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(100), PollWon: 9, Longest: day}
	for _, status := range tracking.Statuses() {
		for n := range 50 {
			w := onVan(n)
			w.Parcel.Status = status
			w.Parcel.Since = start.Add(-time.Duration(n) * time.Hour)
			plan := policy.Next(w, start)
			if status >= tracking.StatusDelivered && status != tracking.StatusFailed && status != tracking.StatusHold {
				if want := poll.DefaultTable().Next(w, start); plan != want {
					t.Errorf("%v is asked %s, want as the table does, %s", status, plan.Why, want.Why)
				}
				continue
			}
			due := plain.Next(schedule.View{Courier: w.ID.Shipment.Courier, Status: status, Opened: w.Opened, Changed: w.Parcel.Since, Now: start, Asks: w.Asks})
			if share := float64(plan.At.Sub(start)) / float64(due.Sub(start)); share < 0.86 || share > 1.14 {
				t.Errorf("%v: in %v, the schedule says %v", status, plan.At.Sub(start), due.Sub(start))
			}
		}
	}
}

// What is not under way goes by the table: no data, and parcels at their end, lost ones among them.
func TestAdaptiveLeavesTheRestToTheTable(t *testing.T) {
	unknown, absent, lost := poll.Watch{ID: idOf(1)}, onVan(1), onVan(1)
	absent.NotFound = 3
	lost.Parcel.Status, lost.Parcel.Sub = tracking.StatusFailed, tracking.SubLost
	for _, w := range []poll.Watch{unknown, absent, lost, watchAt(1, tracking.StatusReturned)} {
		policy := &poll.Adaptive{Rhythms: poll.FormerTable()}
		if got, want := policy.Next(w, start), poll.FormerTable().Next(w, start); got != want {
			t.Errorf("%v: %+v, want %+v", w.Parcel.Status, got, want)
		}
		if plan := policy.Judge(w, start.Add(time.Hour)); !plan.At.IsZero() {
			t.Errorf("%v is judged again: %+v", w.Parcel.Status, plan)
		}
	}
}

func TestAdaptiveSaysWhy(t *testing.T) {
	for n := range 200 {
		w := onVan(n)
		plan := new(poll.Adaptive).Next(w, start)
		if plan.Why.Ground != poll.GroundChance || plan.Why.Status != tracking.StatusDelivered || plan.Why.Percent < 1 || plan.Why.Percent > 99 {
			t.Errorf("%q at %v", plan.Why, plan.At)
		}
	}
	w := onVan(1)
	policy := new(poll.Adaptive)
	if n := testing.AllocsPerRun(100, func() { policy.Next(w, start) }); n != 0 {
		t.Errorf("a plan with its reason takes %v allocations", n)
	}
	w.ID.Carrier = "sweettracker"
	w = w.Claimed(start)
	if why := policy.Next(w, start).Why; why.Ground != poll.GroundChance || why.Count != w.Today+1 || why.Cap != 10 {
		t.Errorf("with a cap %q", why)
	}
	w = onVan(1)
	w.Parcel.Status = tracking.StatusInTransit
	if plan := (&poll.Adaptive{Longest: 10 * time.Minute}).Next(w, start); plan.Why != (poll.Why{Ground: poll.GroundSilence}) {
		t.Errorf("%q", plan.Why)
	}
}

// Twice the worth, half the price, and a call shared by four make asks denser, as they should.
func TestAdaptiveWeighsPrices(t *testing.T) {
	gap := func(p *poll.Adaptive) float64 { return p.Next(onVan(1), start).At.Sub(start).Hours() }
	usual := gap(new(poll.Adaptive))
	for name, c := range map[string]struct {
		policy *poll.Adaptive
		sooner bool
	}{
		"worth":           {&poll.Adaptive{Worth: schedule.Worths(200)}, true},
		"cheap":           {&poll.Adaptive{Others: poll.Price{Item: 5}}, true},
		"dear":            {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {Item: 30}}}, false},
		"a dear call":     {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {Call: 30}}}, false},
		"a shared call":   {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {Call: 30, Batch: 4}}}, true},
		"both":            {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {Item: 9, Call: 9}}}, false},
		"no number":       {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {Item: math.NaN()}}, Others: poll.Price{Item: 5}}, true},
		"for nothing":     {&poll.Adaptive{Prices: map[string]poll.Price{"toy": {}}, Others: poll.Price{Item: 5}}, true},
		"another carrier": {&poll.Adaptive{Prices: map[string]poll.Price{"other": {Item: 90}}, Others: poll.Price{Item: 5}}, true},
	} {
		if got := gap(c.policy); got == usual || got < usual != c.sooner {
			t.Errorf("%s: in %.2f h, without it in %.2f h", name, got, usual)
		}
	}
	policy := &poll.Adaptive{Prices: map[string]poll.Price{"toy": {Item: 5}}}
	cheap := gap(policy)
	prices := map[string]poll.Price{"toy": {Item: 50}}
	policy.Reprice(prices)
	prices["toy"] = poll.Price{Item: 1} // the caller's own again
	if dear := gap(policy); dear <= cheap || dear != gap(&poll.Adaptive{Others: poll.Price{Item: 50}}) {
		t.Errorf("in %.2f h before the price rose, then in %.2f h", cheap, dear)
	}
}

// What the schedule sees of a watch: pushes, the driver's window and today's asks are handed on.
func TestAdaptiveAsksForRecall(t *testing.T) {
	asked := 0
	policy := &poll.Adaptive{Recall: func(w poll.Watch, now time.Time) float64 {
		asked++
		if w.ID != idOf(1) || !now.Equal(start.Add(time.Minute)) {
			t.Errorf("%v at %v", w.ID, now)
		}
		return 0.9
	}}
	policy.Next(onVan(1), start)
	policy.Judge(onVan(1), start.Add(time.Minute))
	if asked == 0 {
		t.Error("nobody asked how well pushes work")
	}
}

// No number is asked about more often than its cap on a Korean day.
func TestAdaptiveKeepsCaps(t *testing.T) {
	policy := &poll.Adaptive{Others: poll.Price{Item: 0.1}}
	if policy.Cap("sweettracker") != 10 || policy.Cap("toy") != 0 {
		t.Errorf("caps %d and %d", policy.Cap("sweettracker"), policy.Cap("toy"))
	}
	for n := range 20 {
		w := onVan(n)
		w.ID.Carrier, w.Today, w.Day = "sweettracker", 0, ""
		days := map[string]int{}
		for now := start; now.Before(start.Add(20 * day)); {
			w = w.Claimed(now)
			w.Asked = now
			days[now.In(kst).Format(time.DateOnly)]++
			plan := policy.Next(w, now)
			if !plan.At.After(now) || plan.Why == (poll.Why{}) {
				t.Fatalf("%+v at %v", plan, now)
			}
			now = plan.At
		}
		for day, count := range days {
			if count > 10 {
				t.Errorf("number %d: %d asks on %s", n, count, day)
			}
		}
	}
}

// Judged again with nothing new, each watch is let through when it is due; when asking became dearer it is put off once.
func TestAdaptiveJudges(t *testing.T) {
	for n := range 300 {
		policy := new(poll.Adaptive)
		w := onVan(n)
		if n%2 == 0 { // told of by a push since
			w.Changed = start.Add(17 * time.Minute)
		}
		last := w.Asked
		if w.Changed.After(last) {
			last = w.Changed
		}
		plan := policy.Next(w, last)
		w.Due, w.Why = plan.At, plan.Why
		if again := policy.Judge(w, w.Due); !again.At.Equal(w.Due) {
			t.Fatalf("due at %v, judged again at %v", w.Due, again.At)
		}
		policy.Reprice(map[string]poll.Price{"toy": {Item: 100}})
		dear := policy.Judge(w, w.Due)
		if !dear.At.After(w.Due.Add(time.Minute)) || dear.Why == (poll.Why{}) {
			t.Fatalf("due at %v, dearer at %v because %q", w.Due, dear.At, dear.Why)
		}
		w.Due, w.Why = dear.At, dear.Why
		if again := policy.Judge(w, w.Due); again.At.After(w.Due) {
			t.Fatalf("put off twice: %v, then %v", w.Due, again.At)
		}
	}
	w := onVan(1)
	w.Asked, w.Changed = time.Time{}, time.Time{}
	if plan := new(poll.Adaptive).Judge(w, start); !plan.At.IsZero() {
		t.Errorf("a watch that was never asked about is put off: %+v", plan)
	}
	w.Asked = start.Add(time.Hour) // the clock was set back
	if plan := new(poll.Adaptive).Judge(w, start); !plan.At.IsZero() {
		t.Errorf("a watch that was asked about later than now is put off: %+v", plan)
	}
}

// Whatever the price, the model and the pushes do meanwhile, nobody waits longer than Longest.
func TestAdaptiveStarvesNobody(t *testing.T) {
	const watches = 30
	random := rand.New(rand.NewPCG(3, 9))
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy", limits: tracking.Limits{Batch: 7}}
		policy := &poll.Adaptive{Longest: 12 * time.Hour, Recall: func(poll.Watch, time.Time) float64 { return rand.Float64() }}
		b := run(t, poll.Config{Policy: policy, Look: 10 * time.Minute}, carrier)
		for n := range watches {
			b.open(n)
		}
		learned := schedule.Prior().Learn([]schedule.Timeline{{Courier: "toycourier", Status: tracking.StatusInTransit, Opened: start, Events: []schedule.Event{
			{At: start.Add(5 * time.Hour), Status: tracking.StatusDelivered},
		}}})
		for range 10 * 24 * 2 {
			time.Sleep(30 * time.Minute)
			policy.Reprice(map[string]poll.Price{"toy": {Item: 1000 * random.Float64()}})
			policy.Use([]*schedule.Model{nil, learned}[random.IntN(2)])
		}
		b.stop()
		if b.engine.Stats()[0].Postponed == 0 {
			t.Error("nobody was ever put off")
		}
		for n := range watches {
			for i, gap := range gaps(carrier.asked(number(n))) {
				if gap > 12*time.Hour*106/100 {
					t.Errorf("watch %d: gap %d is %v", n, i, gap)
				}
			}
		}
	})
}

// An engine without a policy of its own tells of each ask why it was due.
func TestDefaultPolicyGivesReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		carrier := &scripted{name: "toy"}
		b := run(t, poll.Config{}, carrier)
		b.open(1)
		time.Sleep(2 * day)
		b.stop()
		if len(b.recorded) < 5 {
			t.Fatalf("%d asks in two days", len(b.recorded))
		}
		for i, r := range b.recorded {
			if i > 0 && r.Before.Why.Ground != poll.GroundChance && r.Before.Why.Ground != poll.GroundSilence {
				t.Errorf("ask %d: %q, then %q", i, r.Before.Why, r.After.Why)
			}
		}
	})
}

// BenchmarkAdaptive is a decision of the engine's with its reason: the next ask after an answer, as Next, and whether one that was planned
// is due yet, as Judge.
func BenchmarkAdaptive(b *testing.B) {
	for _, carrier := range []string{"toy", "sweettracker"} { // of which one has a cap
		policy, w := new(poll.Adaptive), onVan(1)
		w.ID.Carrier = carrier
		now := policy.Next(w, start).At
		b.Run(carrier+"/next", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				policy.Next(w, start)
			}
		})
		b.Run(carrier+"/judge", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				policy.Judge(w, now)
			}
		})
	}
}
