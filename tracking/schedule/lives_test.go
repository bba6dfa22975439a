package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Lives that are drawn change by change have the changes and the times of those that the model learned from.
func TestDrawnLivesAreLikeThoseLearnedFrom(t *testing.T) {
	learned := journeys(1, 4000, "cj")
	for i := range learned {
		if i%10 == 0 { // a failed attempt, and the next day the same again
			events := learned[i].Events
			van, door := events[2].At, events[3].At
			learned[i].Events = append(events[:3:3],
				Event{At: door, Status: tracking.StatusFailed},
				Event{At: van.Add(24 * time.Hour), Status: tracking.StatusOutForDelivery},
				Event{At: door.Add(24 * time.Hour), Status: tracking.StatusDelivered})
		}
	}
	model := Prior().Learn(learned)
	b := newBirth(model, "cj")
	fromVan, fromHub := b.direct[tracking.StatusOutForDelivery][tracking.StatusFailed], b.direct[tracking.StatusInTransit][tracking.StatusFailed]
	if fromVan < 0.95 || fromHub > 0.5 {
		t.Errorf("failures come from the van, and %.2f of those after the van do so directly, %.2f of those after the hub", fromVan, fromHub)
	}
	const times = 5 // against chance
	live, drawn := model.Lives("cj", rand.New(rand.NewPCG(3, 0))), slices.Repeat(learned, times)
	for i := range drawn {
		drawn[i].Events = live(drawn[i].Status, drawn[i].Opened)
	}
	type kind struct{ from, to tracking.Status }
	measure := func(timelines []Timeline) (count, hours map[kind]float64) {
		count, hours = map[kind]float64{}, map[kind]float64{}
		for _, l := range timelines {
			status, at := l.Status, l.Opened
			for _, e := range l.Events {
				k := kind{status, e.Status}
				count[k]++
				hours[k] += e.At.Sub(at).Hours()
				status, at = e.Status, e.At
			}
		}
		return count, hours
	}
	wantCount, wantHours := measure(learned)
	gotCount, gotHours := measure(drawn)
	for k, want := range wantCount {
		count, hours := gotCount[k]/(times*want), gotHours[k]/gotCount[k]/(wantHours[k]/want)
		if !(math.Abs(count-1) <= 0.15 && math.Abs(hours-1) <= 0.15) {
			t.Errorf("%s to %s: %.3f times as many, after %.3f times as long", k.from, k.to, count, hours)
		}
	}
	for k, got := range gotCount {
		if wantCount[k] == 0 && got > 20*times {
			t.Errorf("%s to %s, which never was: %.0f of %d", k.from, k.to, got, len(drawn))
		}
	}
}

// The same chances make the same lives, which end where nothing can follow, and none comes after the horizon.
func TestDrawnLivesAreDetermined(t *testing.T) {
	draw := func(seed uint64) (all [][]Event) {
		live := Prior().Lives("cj", rand.New(rand.NewPCG(seed, 0)))
		for i := range 200 {
			events := live(tracking.StatusRegistered, after(i))
			for j, e := range events {
				if j > 0 && !e.At.After(events[j-1].At) || !e.At.After(after(i)) || e.At.After(after(i).Add(Horizon)) || j < len(events)-1 && isEnd(e.Status) {
					t.Fatalf("parcel %d: %+v", i, events)
				}
			}
			all = append(all, events)
		}
		return all
	}
	same := func(a, b []Event) bool { return slices.Equal(a, b) }
	if first := draw(1); !slices.EqualFunc(first, draw(1), same) || slices.EqualFunc(first, draw(2), same) {
		t.Error("the seed makes no difference, or not all of it")
	}
	if events := steady(1).Lives("", rand.New(rand.NewPCG(1, 1)))(tracking.StatusRegistered, monday); events != nil {
		t.Errorf("nothing can follow, and there come %+v", events)
	}
}
