package schedule

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

func TestTimelineOfEvidence(t *testing.T) {
	scan := func(minute int, s tracking.Status, seen int) tracking.Event {
		return tracking.Event{At: after(minute), Status: s, Seen: after(seen), Carrier: "sandbox", AnswerAt: after(seen), Text: s.String()}
	}
	day := scan(700, tracking.StatusInTransit, 800)
	day.Precision = tracking.PrecisionDay
	undated := tracking.Event{Status: tracking.StatusInTransit, Carrier: "sandbox", Precision: tracking.PrecisionNone}
	old := scan(-100*minutesADay, tracking.StatusDelivered, 800)
	van := scan(1900, tracking.StatusOutForDelivery, 1950)
	van.Note, van.MinLag = "16~18시 배송 예정", 10
	door := scan(2400, tracking.StatusDelivered, 2460)
	door.Published = after(2410)
	unseen := scan(1000, tracking.StatusInTransit, 0)
	unseen.Seen = time.Time{}
	w := Watched{
		Courier: "cj", Context: tracking.Context{Since: after(400)}, Opened: after(600),
		Evidence: tracking.Evidence{Events: []tracking.Event{door, day, scan(500, tracking.StatusPickedUp, 800), undated, unseen, old, van}},
	}
	got, ok := w.Timeline()
	if !ok || got.Courier != "cj" || got.Status != tracking.StatusPickedUp || !got.Changed.Equal(after(500)) || !got.Opened.Equal(after(600)) || len(got.Events) != 3 {
		t.Fatalf("%v, %+v", ok, got)
	}
	hub, out, there := got.Events[0], got.Events[1], got.Events[2]
	if hub.Status != tracking.StatusInTransit || !hub.At.Equal(after(1000)) || hub.Seen.IsZero() || !hub.Missed.IsZero() {
		t.Errorf("the hub: %+v", hub)
	}
	if out.Window.String() != "16:00–18:00" || !out.Missed.Equal(after(1910)) || !out.Seen.Equal(after(1950)) {
		t.Errorf("the van: %+v", out)
	}
	if !there.Published.Equal(after(2410)) || there.Status != tracking.StatusDelivered || !there.Window.IsZero() {
		t.Errorf("the door: %+v", there)
	}

	beside := w
	beside.Evidence.Events = slices.Clone(w.Evidence.Events)
	beside.Evidence.Events[len(w.Evidence.Events)-1].Note = ""
	for hour := range 2 { // the answer that came last tells
		window, _ := tracking.ParseWindow([]string{"14~16시", "15~17시"}[hour], van.At)
		beside.Evidence.Verdicts = append(beside.Evidence.Verdicts, tracking.Verdict{
			Carrier: "sandbox", Status: tracking.StatusOutForDelivery, AsOf: after(1900 + hour), AnswerAt: after(1950 + 60*hour), Window: window,
		})
	}
	if got, _ := beside.Timeline(); got.Events[1].Window.String() != "15:00–17:00" || !got.Events[2].Window.IsZero() {
		t.Errorf("the van, with a window beside the scans: %+v", got.Events)
	}

	w.Opened = after(400)
	if got, _ := w.Timeline(); got.Status != tracking.StatusRegistered || !got.Changed.IsZero() || len(got.Events) != 4 {
		t.Errorf("before the pickup: %+v", got)
	}
	w.Evidence.Events = append(w.Evidence.Events, scan(450, tracking.StatusRegistered, 800))
	if got, _ := w.Timeline(); got.Status != tracking.StatusPending || len(got.Events) != 5 {
		t.Errorf("before the registration: %+v", got)
	}
	w.Opened = after(2400)
	if got, ok := w.Timeline(); ok {
		t.Errorf("nothing came, and it is %+v", got)
	}
	w.Opened = time.Time{}
	if got, ok := w.Timeline(); !ok || !got.Opened.Equal(after(450)) || got.Status != tracking.StatusRegistered || len(got.Events) != 4 {
		t.Errorf("of a watch that began nobody knows when: %+v", got)
	}
	if got, ok := (Watched{}).Timeline(); ok {
		t.Errorf("nothing gives %+v", got)
	}
}

// A parcel that was under way before its watch began has no exposure before, but its true age.
func TestLearnFromLateWatches(t *testing.T) {
	early := deliveries(1, 8000)
	var late []Timeline
	for i, p := range early {
		p.Changed = p.Opened
		if p.Opened = p.Opened.Add(time.Duration(i%48) * time.Hour); p.Opened.Before(p.Events[0].At) { // else delivered before anybody looked
			late = append(late, p)
		}
	}
	rate := func(m *Model) (mean float64) {
		for hour := 9; hour < 19; hour++ {
			now := after(2*minutesADay + hour*60)
			mean += m.Rate(View{Status: tracking.StatusInTransit, Changed: now.Add(-6 * time.Hour), Now: now}, tracking.StatusDelivered) / 10
		}
		return mean
	}
	if whole, part := rate(Prior().Learn(early)), rate(Prior().Learn(late)); part < 0.8*whole || part > 1.25*whole {
		t.Errorf("%v an hour from whole lives, %v from their later parts", whole, part)
	}
}
