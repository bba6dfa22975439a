package measure

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// policyFunc is a policy of a test.
type policyFunc func(schedule.View) time.Time

func (f policyFunc) Next(v schedule.View) time.Time { return f(v) }
func (policyFunc) Why(schedule.View) string         { return "" }

func TestReplayFailsWhoReadsAhead(t *testing.T) {
	parcels := journeys(1, 20, "cj")
	_, err := Replay(policyFunc(func(v schedule.View) time.Time { return v.History.At(v.History.Len()).At }), parcels)
	if !errors.Is(err, ErrReadAhead) {
		t.Errorf("a policy that looks at the next event: %v", err)
	}
	_, err = Replay(policyFunc(func(v schedule.View) time.Time {
		if v.History.Len() == 3 { // honest until the van has left
			v.History.At(3)
		}
		return v.Now.Add(time.Hour)
	}), parcels)
	if !errors.Is(err, ErrReadAhead) {
		t.Errorf("a policy that looks once, late and in vain: %v", err)
	}
	_, err = Replay(policyFunc(func(v schedule.View) time.Time {
		for i := range v.History.Len() {
			if v.History.At(i).At.After(v.Now) {
				t.Error("an event of the future was delivered")
			}
		}
		return v.Now.Add(time.Hour)
	}), parcels)
	if err != nil {
		t.Errorf("a policy that reads what it was told: %v", err)
	}
}

func TestReplayFailsWhoStandsStill(t *testing.T) {
	for _, step := range []time.Duration{0, -time.Hour, time.Nanosecond} {
		_, err := Replay(policyFunc(func(v schedule.View) time.Time { return v.Now.Add(step) }), journeys(1, 1, "cj"))
		if !errors.Is(err, ErrNotLater) {
			t.Errorf("%v later: %v", step, err)
		}
	}
}

// What a policy is asked cannot depend on what has not been seen: two parcels that part on the third day look alike until a poll
// has seen the difference.
func TestViewsKnowNoFuture(t *testing.T) {
	for _, p := range []schedule.Policy{schedule.Fixed{Every: 45 * time.Minute}, schedule.StatusTable{}, schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.05}} {
		polls := func(tail int) (views []schedule.View) {
			parcel := journeys(3, 1, "cj")[0]
			for i := 2; i < len(parcel.Events); i++ {
				parcel.Events[i].At = parcel.Events[i].At.Add(time.Duration(tail) * time.Hour)
			}
			differs := journeys(3, 1, "cj")[0].Events[2].At
			_, err := Replay(policyFunc(func(v schedule.View) time.Time {
				if v.Now.Before(differs) {
					v2 := v
					v2.History = nil
					views = append(views, v2)
				}
				return p.Next(v)
			}), []schedule.Timeline{parcel})
			if err != nil {
				t.Fatal(err)
			}
			return views
		}
		if near, far := polls(0), polls(30); len(near) < 3 || !slices.Equal(near, far) {
			t.Errorf("%T: %d views of one and %d of the other, or they differ", p, len(near), len(far))
		}
	}
}

func TestFixedIsHalfAnIntervalLate(t *testing.T) {
	var parcels []schedule.Timeline
	for minute := 1; minute <= 120; minute++ {
		parcels = append(parcels, single(0, 600+minute))
	}
	o, err := Replay(schedule.Fixed{Every: 2 * time.Hour}, parcels)
	if err != nil {
		t.Fatal(err)
	}
	if d := o.Delay(); math.Abs(d.Mean-119.0/120) > 1e-9 || d.Events != 120 || d.P50 != 59.0/60+0 || d.P95 != 113.0/60 {
		t.Errorf("delay %+v", d)
	}
	if o.Polls != 120*6 {
		t.Errorf("%d polls", o.Polls)
	}
	if got, want := o.Objective(schedule.Worths(10), 3), 10*119.0/120+3*6; math.Abs(got-want) > 1e-9 {
		t.Errorf("objective %v, want %v", got, want)
	}
}

func TestReplayCountsFromPublication(t *testing.T) {
	parcel := single(0, 100)
	parcel.Events[0].Published = after(170)
	var views []schedule.View
	o, err := Replay(policyFunc(func(v schedule.View) time.Time { views = append(views, v); return v.Now.Add(time.Hour) }), []schedule.Timeline{parcel})
	if err != nil {
		t.Fatal(err)
	}
	if d := o.Delay(tracking.StatusDelivered); o.Polls != 3 || math.Abs(d.Mean-10.0/60) > 1e-9 {
		t.Errorf("%d polls, delay %+v", o.Polls, d)
	}
	if last := views[len(views)-1]; last.Status != tracking.StatusInTransit || last.Asks != 2 {
		t.Errorf("before publication the policy saw %+v", last)
	}
}

func TestReplayLateScanIsHistory(t *testing.T) {
	parcel := schedule.Timeline{Status: tracking.StatusRegistered, Opened: monday, Events: []schedule.Event{
		{At: after(60), Published: after(300), Status: tracking.StatusPickedUp},
		{At: after(120), Status: tracking.StatusInTransit},
		{At: after(400), Status: tracking.StatusDelivered},
	}}
	seen := map[tracking.Status]bool{}
	o, err := Replay(policyFunc(func(v schedule.View) time.Time { seen[v.Status] = true; return v.Now.Add(10 * time.Minute) }), []schedule.Timeline{parcel})
	if err != nil || seen[tracking.StatusPickedUp] || o.Delay().Events != 2 {
		t.Errorf("statuses %v, %+v, %v", seen, o.Delay(), err)
	}
}

func TestReplayStopsAtTheHorizon(t *testing.T) {
	lost := schedule.Timeline{Status: tracking.StatusRegistered, Opened: monday}
	o, err := Replay(schedule.Fixed{Every: 24 * time.Hour}, []schedule.Timeline{lost})
	if err != nil || o.Polls != 60 || o.Delay().Events != 0 {
		t.Errorf("a lost label: %d polls, %+v, %v", o.Polls, o.Delay(), err)
	}
	never := policyFunc(func(v schedule.View) time.Time { return v.Now.Add(1000 * 24 * time.Hour) })
	o, err = Replay(never, []schedule.Timeline{single(0, 60)})
	if err != nil || o.Polls != 1 || o.Delay().Mean != 60*24-1 {
		t.Errorf("a policy that forgets: %d polls, %+v, %v", o.Polls, o.Delay(), err)
	}
}

func TestQuantile(t *testing.T) {
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]float64{0: 1, 0.1: 1, 0.5: 5, 0.9: 9, 0.95: 10, 1: 10} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}

func TestReplayFailsWhoExceedsTheCap(t *testing.T) {
	parcels := deliveries(1, 20)
	for i := range parcels {
		parcels[i].Cap = 10
	}
	if _, err := Replay(schedule.Fixed{Every: 144 * time.Minute}, parcels); err != nil {
		t.Errorf("ten a day: %v", err)
	}
	if _, err := Replay(schedule.Fixed{Every: 130 * time.Minute}, parcels); !errors.Is(err, ErrOverCap) {
		t.Errorf("eleven a day: %v", err)
	}
	if _, err := Replay(schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 1e-6}, parcels); err != nil {
		t.Errorf("adaptive: %v", err)
	}
}
