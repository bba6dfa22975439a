package fulfill

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// TestWorkingHours counts minute by minute.
func TestWorkingHours(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		from := monday.Add(time.Duration(random.IntN(20*24*60)) * time.Minute)
		until := from.Add(time.Duration(random.IntN(5*24*60)-60) * time.Minute)
		minutes := 0
		for at := from; at.Before(until); at = at.Add(time.Minute) {
			if workday(at) {
				minutes++
			}
		}
		if got := newCalendar(holiday).hours(from.UTC(), until); math.Abs(got*60-float64(minutes)) > 1e-6 {
			t.Fatalf("%v to %v: %v hours, want %d minutes", from, until, got, minutes)
		}
	}
	sunday := monday.AddDate(0, 0, 6)
	if got := newCalendar(nil).hours(sunday.Add(-3*time.Hour), sunday.Add(31*time.Hour)); got != 1 {
		t.Errorf("over a Sunday: %v hours", got)
	}
}

func TestRhythmIsLearned(t *testing.T) {
	usual := fit(stageMoving, nil)
	if math.Abs(usual.mean-stageMoving.usual()) > 0.1 || usual.p95 < 2.9*usual.mean || usual.p95 > 3.4*usual.mean {
		t.Errorf("the usual rhythm: %+v", usual)
	}
	scan := func(hours float64, s tracking.Status) tracking.Event {
		return tracking.Event{At: monday.Add(8 * time.Hour).Add(time.Duration(hours * float64(time.Hour))), Status: s}
	}
	undated := scan(7, tracking.StatusInTransit)
	undated.Precision = tracking.PrecisionDay
	parked := scan(-1, tracking.StatusDelivered)
	parked.Parked = true
	learned := gaps{}
	for range 1000 {
		learned.add("cj", tracking.Evidence{Events: []tracking.Event{
			scan(4, tracking.StatusInTransit), scan(1, tracking.StatusPickedUp), scan(4, tracking.StatusUnknown), parked, undated,
			scan(5, tracking.StatusUnknown), scan(8, tracking.StatusOutForDelivery), scan(10, tracking.StatusDelivered), scan(13, tracking.StatusUnknown),
		}}, newCalendar(nil))
	}
	// 3 hours from pickup to the hub, then 1, then 3 to the van; two on the van; nothing after the delivery.
	rhythms := learned.rhythms()
	for stage, want := range map[stage]rhythm{stageMoving: {mean: 7.0 / 3, p95: 3}, stageOut: {mean: 2, p95: 2}} {
		if got := rhythms.of("cj", stage); math.Abs(got.mean-want.mean) > 0.2 || math.Abs(got.p95-want.p95) > 0.5 {
			t.Errorf("stage %d: %+v, want about %+v", stage, got, want)
		}
		if got := rhythms.of("lotte", stage); got != fit(stage, nil) {
			t.Errorf("stage %d of another courier: %+v", stage, got)
		}
	}
	if len(learned) != 2 {
		t.Errorf("learned of %d stages", len(learned))
	}
	few := gaps{{courier: "cj", stage: stageMoving}: {0.5, 0.5, 0.5}}.rhythms().of("cj", stageMoving)
	if few.p95 < 0.8*usual.p95 {
		t.Errorf("three short waits make %+v", few)
	}
}

// A parcel that has been stuck for long says nothing of its courier any more.
func TestStuckParcelsExpectNothing(t *testing.T) {
	d := diagnosis{calendar: newCalendar(nil)}
	p := pulse{stage: stageMoving, since: monday.Add(9 * time.Hour), heard: monday.AddDate(0, 0, 9)}
	if news, parcels := d.expected([]*pulse{&p}, monday.Add(9*time.Hour)); parcels != 1 || math.Abs(news-stageBound()/6) > 0.2 {
		t.Errorf("from its last news: %v of %d", news, parcels)
	}
	if news, parcels := d.expected([]*pulse{&p}, monday.AddDate(0, 0, 7)); news != 0 || parcels != 0 {
		t.Errorf("long after it: %v of %d", news, parcels)
	}
}

func stageBound() float64 { return fit(stageMoving, nil).bound() }

// TestBrought tells a push that is late from one that is lost.
func TestBrought(t *testing.T) {
	w := poll.Watch{ID: poll.WatchID{Carrier: "one"}, Asked: monday}
	scan := tracking.Event{At: monday.Add(-2 * time.Hour), Seen: monday, Carrier: "one"}
	for name, test := range map[string]struct {
		change func(*tracking.Event)
		want   bool
	}{
		"found by the answer":       {func(*tracking.Event) {}, true},
		"the push may yet come":     {func(e *tracking.Event) { e.At = monday.Add(-59 * time.Minute) }, false},
		"before it was pushed":      {func(e *tracking.Event) { e.At = monday.Add(-11 * time.Hour) }, false},
		"known before":              {func(e *tracking.Event) { e.Seen = monday.Add(-time.Hour) }, false},
		"another carrier's":         {func(e *tracking.Event) { e.Carrier = "two" }, false},
		"nobody knows what o'clock": {func(e *tracking.Event) { e.Precision = tracking.PrecisionDay }, false},
	} {
		changed := scan
		test.change(&changed)
		if got := brought(tracking.Evidence{Events: []tracking.Event{changed}}, w, monday.Add(-10*time.Hour)); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTail(t *testing.T) {
	for _, test := range []struct {
		n        int
		expected float64
		want     float64
	}{{0, 0, 1}, {0, 5, 0.006738}, {2, 5, 0.124652}, {1, 10, 0.000499}} {
		if got := tail(test.n, test.expected); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("at most %d of %v: %v, want %v", test.n, test.expected, got, test.want)
		}
	}
}
