package schedule

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestViewAtTheOpening(t *testing.T) {
	life := Timeline{Courier: "cj", Status: tracking.StatusPickedUp, Opened: after(600), Cap: 10, Phase: 0.3, Events: []Event{{At: after(700), Status: tracking.StatusDelivered}}}
	want := View{Courier: "cj", Status: tracking.StatusPickedUp, Opened: after(600), Changed: after(600), Now: after(600), Cap: 10, Phase: 0.3}
	if got := life.View(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	life.Changed = after(700) // by a clock that is wrong
	if got := life.View(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	life.Changed, want.Changed = after(100), after(100)
	if got := life.View(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Polls are counted by the days of Korea, wherever the clock that tells their times stands.
func TestViewAfterPolls(t *testing.T) {
	v := Timeline{Opened: after(23 * 60)}.View()
	for i, c := range []struct{ minute, today int }{{23*60 + 30, 1}, {23*60 + 59, 2}, {24 * 60, 1}, {33 * 60, 2}, {40 * 60, 3}, {5 * 24 * 60, 1}} {
		before := v
		v = v.Polled(after(c.minute).UTC())
		before.Now, before.Asks, before.Today = v.Now, i+1, c.today
		if v != before || !v.Now.Equal(after(c.minute)) {
			t.Errorf("poll %d: %+v, want %+v", i+1, v, before)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct {
		e    Event
		want time.Time
	}{
		{Event{At: after(60)}, after(60)},
		{Event{At: after(60), Published: after(70)}, after(70)},
		{Event{At: after(60), Published: after(50)}, after(60)}, // by a clock that is wrong
		{Event{At: after(60), Seen: after(90)}, after(60)},
	} {
		if got := c.e.Shown(); !got.Equal(c.want) {
			t.Errorf("%+v is shown at %v", c.e, got)
		}
	}
}

func TestMoves(t *testing.T) {
	scans := func(statuses ...tracking.Status) []Event {
		var events []Event
		for i, s := range statuses {
			events = append(events, Event{At: after(i), Status: s})
		}
		return events
	}
	const (
		unknown, picked, hub, van = tracking.StatusUnknown, tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusOutForDelivery
		door, failed, back        = tracking.StatusDelivered, tracking.StatusFailed, tracking.StatusReturned
	)
	for _, c := range []struct{ scans, want []tracking.Status }{
		{[]tracking.Status{hub, picked, hub, hub, van, door, door, hub}, []tracking.Status{hub, van, door}},
		{[]tracking.Status{picked, unknown, hub, van, failed, failed, van, door}, []tracking.Status{picked, hub, van, failed, van, door}},
		{[]tracking.Status{picked, van, failed, picked, hub, door}, []tracking.Status{picked, van, failed, hub, door}},
		{[]tracking.Status{van, door, back, van, door}, []tracking.Status{van, door, back}},
		{[]tracking.Status{tracking.StatusRegistered, tracking.StatusCancelled, picked}, []tracking.Status{tracking.StatusRegistered, tracking.StatusCancelled}},
		{nil, nil},
	} {
		var got []tracking.Status
		for _, e := range Moves(scans(c.scans...)) {
			got = append(got, e.Status)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Moves(%v) = %v, want %v", c.scans, got, c.want)
		}
	}
}
