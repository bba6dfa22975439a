package tracking

import (
	"testing"
	"time"
)

// A status begins with the first scan that tells of it: what repeats it, or comes late with a lower rank, does not begin it again.
func TestStateSince(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, kst) }
	scan := func(hour int, s Status, note string) Event {
		return Event{At: at(hour), Status: s, Text: s.Korean(), Note: note, Carrier: "toy", AnswerAt: at(23), Place: "가"}
	}
	for name, c := range map[string]struct {
		events   []Event
		verdicts []Verdict
		since    time.Time
		window   string
	}{
		"nothing":              {},
		"one scan":             {events: []Event{scan(3, StatusPickedUp, "")}, since: at(3)},
		"hub after hub":        {events: []Event{scan(3, StatusInTransit, ""), scan(5, StatusInTransit, "x")}, since: at(3)},
		"a lower rank":         {events: []Event{scan(3, StatusInTransit, ""), scan(5, StatusPickedUp, "")}, since: at(3)},
		"the next status":      {events: []Event{scan(3, StatusInTransit, ""), scan(7, StatusOutForDelivery, "16~18시")}, since: at(7), window: "16:00–18:00"},
		"a window that passed": {events: []Event{scan(7, StatusOutForDelivery, "16~18시"), scan(9, StatusDelivered, "")}, since: at(9)},
		"a second van":         {events: []Event{scan(7, StatusOutForDelivery, "8~9시"), scan(8, StatusFailed, ""), scan(9, StatusOutForDelivery, "16~18시")}, since: at(9), window: "16:00–18:00"},
		"a return":             {events: []Event{scan(7, StatusFailed, ""), scan(8, StatusReturned, "")}, since: at(8)},
		"no time at all":       {events: []Event{{Status: StatusPickedUp, Text: "집화", Precision: PrecisionNone, Carrier: "toy", AnswerAt: at(9)}}},
		"a summary":            {verdicts: []Verdict{{Carrier: "toy", Status: StatusDelivered, AsOf: at(6), AnswerAt: at(9)}}, since: at(6)},
	} {
		s := Derive(Evidence{Events: c.events, Verdicts: c.verdicts}, Context{})
		if !s.Since.Equal(c.since) || s.Window.String() != c.window {
			t.Errorf("%s: since %v, window %q; want %v, %q", name, s.Since, s.Window, c.since, c.window)
		}
	}
}

func TestStateEqual(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, kst)
	a := State{Status: StatusDelivered, DeliveredAt: now, Since: now, Window: Window{Start: now, End: now.Add(time.Hour), Raw: "9~10시"}}
	b := a
	b.DeliveredAt, b.Since, b.Window.Start, b.Window.End = now.UTC(), now.UTC(), now.UTC(), now.Add(time.Hour).UTC()
	if !a.Equal(b) || !b.Equal(a) || !(State{}).Equal(State{}) {
		t.Error("the zone of a time makes a difference")
	}
	for i, change := range []func(*State){
		func(s *State) { s.Status = StatusFailed }, func(s *State) { s.DeliveredAt = time.Time{} }, func(s *State) { s.Since = now.Add(1) },
		func(s *State) { s.Window.Start = now.Add(1) }, func(s *State) { s.Window.End = now }, func(s *State) { s.Unmapped++ },
	} {
		c := a
		if change(&c); a.Equal(c) || c.Equal(a) {
			t.Errorf("change %d makes no difference", i)
		}
	}
}
