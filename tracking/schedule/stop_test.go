package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// underWay are the statuses from which something is to come.
var underWay = []tracking.Status{
	tracking.StatusUnknown, tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady, tracking.StatusPickedUp,
	tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusFailed, tracking.StatusHold,
}

// Parcels that are silent for ever are given up before the horizon, sooner where a change was likelier and where polls are dear.
func TestStopOfTheSilent(t *testing.T) {
	for _, m := range []*Model{Prior(), Prior().Learn(journeys(1, 300, ""))} {
		for _, s := range underWay {
			v := View{Status: s, Opened: monday, Changed: monday, Now: monday}
			cheap, why := Adaptive{Model: m, Worth: Worths(1), PollWon: 0.01}.Stop(v)
			dear, _ := Adaptive{Model: m, Worth: Worths(1), PollWon: 1}.Stop(v)
			t.Logf("%s: %.1f and %.1f days; %s", s, cheap.Sub(monday).Hours()/24, dear.Sub(monday).Hours()/24, why)
			if cheap.IsZero() || cheap.After(monday.Add(Horizon)) || dear.After(cheap) || dear.Before(monday.Add(7*24*time.Hour)) {
				t.Errorf("%s: given up at %v, and at %v where polls are dear", s, cheap, dear)
			}
			if !strings.Contains(why, s.String()) {
				t.Error(why)
			}
		}
	}
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	van, _ := a.Stop(View{Status: tracking.StatusOutForDelivery, Opened: monday, Changed: monday})
	label, _ := a.Stop(View{Status: tracking.StatusRegistered, Opened: monday, Changed: monday})
	if !van.Before(label) {
		t.Errorf("a van is waited for until %v, a label until %v", van, label)
	}
}

// None is given up whose change is likely.
func TestStopKeepsTheLikely(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	for _, s := range underWay {
		v := View{Status: s, Opened: monday, Changed: monday, Now: monday}
		at, _ := a.Stop(v)
		least := 1.0 // the probability that no change of the likeliest kind has come
		for _, h := range a.Model.hazards("", s) {
			least = min(least, 1-since(a.Model, v, at, h))
		}
		if least > 0.005 {
			t.Errorf("%s: given up at %v, when %.4f of the parcels have not changed", s, at, least)
		}
	}
}

func TestStopIsNotForEnds(t *testing.T) {
	m := Prior().Learn(journeys(1, 50, "cj"))
	a := Adaptive{Model: m, Worth: Worths(1), PollWon: 0.05}
	for _, s := range []tracking.Status{tracking.StatusDelivered, tracking.StatusReturned, tracking.StatusCancelled, 77} {
		if at, why := a.Stop(View{Courier: "cj", Status: s, Opened: monday, Changed: monday}); !at.IsZero() || why != "" {
			t.Errorf("%d: %v, %q", s, at, why)
		}
	}
}

// Only what is known of the parcel counts, not when somebody asks; news put it off, and old labels are given a day.
func TestStopIsOfTheParcel(t *testing.T) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: after(600), Now: after(700)}
	first, _ := a.Stop(v)
	v.Now, v.Asks, v.Cap, v.Today, v.Phase = after(9000), 50, 10, 9, 0.4
	if again, _ := a.Stop(v); !again.Equal(first) {
		t.Errorf("%v, and %v", first, again)
	}
	v.Changed = after(6000)
	if news, _ := a.Stop(v); !news.After(first) {
		t.Errorf("after news %v, before %v", news, first)
	}
	for _, before := range []time.Duration{30, 59, 61, 500, 5000} {
		v.Changed = monday.Add(-before * 24 * time.Hour)
		if old, _ := a.Stop(v); !old.Equal(monday.Add(24 * time.Hour)) {
			t.Errorf("a change %d days ago is watched until %v", before, old)
		}
	}
	v.Changed = monday.Add(70 * 24 * time.Hour) // by a clock that is wrong
	if at, _ := a.Stop(v); at.Before(monday.Add(24 * time.Hour)) {
		t.Errorf("a change to come: %v", at)
	}
}

func BenchmarkStop(b *testing.B) {
	a := Adaptive{Model: Prior(), Worth: Worths(1), PollWon: 0.05}
	v := View{Status: tracking.StatusInTransit, Opened: monday, Changed: monday, Now: monday}
	b.ReportAllocs()
	for b.Loop() {
		a.Stop(v)
	}
}
