package poll_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Asking about a parcel that is silent ends when it is not worth it any more: sooner the dearer it is, never in the first week, and not
// while hubs have news of it.
func TestStopsWhenNotWorthIt(t *testing.T) {
	silent := func(q tracking.Query, _ int) tracking.Result { return moving(q) }
	var before time.Duration
	for _, price := range []float64{900, 90, 9} {
		w, ended, lasted, _ := watchedBy(t, &poll.Adaptive{Others: poll.Price{Item: price}}, silent)
		if w.Life != poll.Closed || w.Reason != poll.ReasonNotWorth || w.Parcel.Status != tracking.StatusInTransit || len(ended) != 1 {
			t.Errorf("at %v won: %v, the parcel %v, told %d times", price, w, w.Parcel.Status, len(ended))
		}
		if lasted < 7*day || lasted <= before || lasted > 30*day {
			t.Errorf("at %v won it lasted %v, at a higher price %v", price, lasted, before)
		}
		before = lasted
	}
	w, _, lasted, _ := watchedBy(t, new(poll.Adaptive), func(q tracking.Query, _ int) tracking.Result {
		r := moving(q)
		r.Parcel.Events[0].At = time.Now().Truncate(3 * day) // another hub every third day
		return r
	})
	if w.Reason != poll.ReasonAge || lasted < 60*day {
		t.Errorf("with news of hubs: %v after %v", w, lasted)
	}
}

// quitter is a policy that stops everything after two asks, or panics.
type quitter struct {
	poll.Fixed
	panics bool
}

func (q quitter) Stop(w poll.Watch, now time.Time) time.Time {
	switch {
	case q.panics:
		panic("the host's")
	case w.Asks < 2:
		return time.Time{}
	}
	return now.Add(-time.Hour)
}

func TestFailuresAreNoSilence(t *testing.T) {
	failing := func(tracking.Query, int) tracking.Result { return tracking.Result{Err: fault(tracking.ErrUpstream)} }
	silent := func(q tracking.Query, _ int) tracking.Result { return moving(q) }
	for name, c := range map[string]struct {
		policy quitter
		item   func(tracking.Query, int) tracking.Result
		reason poll.Reason
	}{
		"silent":  {quitter{Fixed: poll.Fixed(day)}, silent, poll.ReasonNotWorth},
		"failing": {quitter{Fixed: poll.Fixed(day)}, failing, poll.ReasonAge},
		"panics":  {quitter{Fixed: poll.Fixed(day), panics: true}, silent, poll.ReasonSilence},
	} {
		if w, _, _, _ := watchedBy(t, c.policy, c.item); w.Reason != c.reason {
			t.Errorf("%s: %v, want %s", name, w, c.reason)
		}
	}
}
