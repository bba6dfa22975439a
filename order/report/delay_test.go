package report_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

func TestDetectionDelay(t *testing.T) {
	sighting := func(at, published, seen, watched float64) report.Shipment {
		s := delivered(100, at)
		s.Delivered.Seen = ago(seen)
		s.Delivered.Published, s.Watched = time.Time{}, time.Time{}
		if published > 0 {
			s.Delivered.Published = ago(published)
		}
		if watched > 0 {
			s.Watched = ago(watched)
		}
		return s
	}
	day := sighting(50, 0, 40, 0)
	day.Delivered.DayOnly = true
	unseen := sighting(50, 0, 40, 0)
	unseen.Delivered.Seen = time.Time{}
	for name, c := range map[string]struct {
		s             report.Shipment
		event, ours   float64 // hours
		published     int     // how many have ours
		before, ahead int
		timeless      int
	}{
		"seen an hour later":                       {s: sighting(50, 0, 49, 90), event: 1},
		"published late":                           {s: sighting(50, 44, 43, 90), event: 7, ours: 1, published: 1},
		"the watch is of unknown age":              {s: sighting(50, 0, 40, 0), event: 10},
		"happened before anybody looked":           {s: sighting(50, 0, 20, 30), before: 1},
		"published before anybody looked":          {s: sighting(50, 40, 20, 30), before: 1},
		"happened before, published after looking": {s: sighting(50, 28, 20, 30), event: 30, ours: 8, published: 1},
		"seen before it happened":                  {s: sighting(50, 0, 51, 90), ahead: 1},
		"seen before it was published":             {s: sighting(50, 48, 49, 90), ahead: 1},
		"a day without a clock time":               {s: day, timeless: 1},
		"nobody kept when it was seen":             {s: unseen, timeless: 1},
		"seen as it was published":                 {s: sighting(50, 49, 49, 90), event: 1, published: 1},
	} {
		delays := made(t, c.s).Total.Delays
		if len(delays) != 1 || delays[0].Status != tracking.StatusDelivered || delays[0].Door != tracking.DoorPoll {
			t.Errorf("%s: %+v", name, delays)
			continue
		}
		d := delays[0]
		if d.SinceEvent.Max != c.event || (d.SinceEvent.Count > 0) != (c.event > 0) {
			t.Errorf("%s: %+v since it happened, want %v", name, d.SinceEvent, c.event)
		}
		if d.SincePublished.Max != c.ours || d.SincePublished.Count != c.published {
			t.Errorf("%s: %+v since it was published, want %v", name, d.SincePublished, c.ours)
		}
		if d.BeforeWatch != c.before || d.Ahead != c.ahead || d.Timeless != c.timeless {
			t.Errorf("%s: left out are %+v", name, d)
		}
	}
}

func TestPushesAndPollsApart(t *testing.T) {
	poll, push, other := delivered(100, 50), delivered(100, 50), delivered(100, 50)
	poll.Out = report.Sighting{At: ago(58), Seen: ago(57), Door: tracking.DoorPush}
	push.Delivered.Door, other.Delivered.Door = tracking.DoorPush, ""
	push.Delivered.Seen = ago(49)
	type key struct {
		status tracking.Status
		door   tracking.Door
	}
	want := map[key]float64{
		{tracking.StatusOutForDelivery, tracking.DoorPush}: 1,
		{tracking.StatusDelivered, ""}:                     0.25,
		{tracking.StatusDelivered, tracking.DoorPoll}:      0.25,
		{tracking.StatusDelivered, tracking.DoorPush}:      1,
	}
	delays := made(t, poll, push, other).Total.Delays
	for _, d := range delays {
		if d.SinceEvent.Count != 1 || d.SinceEvent.Mean != want[key{d.Status, d.Door}] {
			t.Errorf("%s by %q: %+v", d.Status, d.Door, d.SinceEvent)
		}
	}
	if len(delays) != len(want) {
		t.Errorf("%d delays, want %d", len(delays), len(want))
	}
}
