package measure

import (
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Without webhooks nothing is other than in Replay, although parcels are played together.
func TestReplayWebhooksWithoutAny(t *testing.T) {
	parcels := append(journeys(5, 60, "cj"), schedule.Timeline{Status: tracking.StatusRegistered, Opened: monday}, single(0, 70*24*60))
	for i := range parcels[:20] {
		parcels[i].Phase, parcels[i].Changed = float64(i)/20, parcels[i].Opened.Add(-time.Hour)
	}
	for _, p := range []schedule.Policy{schedule.Fixed{Every: 100 * time.Minute}, schedule.StatusTable{}, schedule.Adaptive{Model: schedule.Prior(), Worth: schedule.Worths(1), PollWon: 0.05}} {
		alone, err1 := Replay(p, parcels)
		together, err2 := ReplayWebhooks(p, parcels, Webhooks{Model: schedule.Prior(), Delay: time.Hour})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, o := range []Outcome{alone, together.Outcome} {
			for _, delays := range o.delays {
				slices.Sort(delays)
			}
		}
		if together.Polls != alone.Polls || !maps.EqualFunc(alone.delays, together.delays, slices.Equal[[]float64]) {
			t.Errorf("%T: %d polls, alone %d; delays %+v, alone %+v", p, together.Polls, alone.Polls, together.Delay(), alone.Delay())
		}
		if together.Asked+together.Pushes+together.Told+together.Looks+len(together.Silences) > 0 {
			t.Errorf("%T: %+v", p, together)
		}
	}
}

func TestReplayWebhooksFailsWhoReadsAhead(t *testing.T) {
	parcels := journeys(1, 20, "cj")
	w := Webhooks{Recall: 0.5, Delay: time.Hour}
	if _, err := ReplayWebhooks(policyFunc(func(v schedule.View) time.Time { return v.History.At(v.History.Len()).At }), parcels, w); !errors.Is(err, ErrReadAhead) {
		t.Errorf("a policy that looks at the next event: %v", err)
	}
	if _, err := ReplayWebhooks(policyFunc(func(v schedule.View) time.Time {
		if v.Recall > 0 { // honest until it is judged whether to ask
			v.History.At(v.History.Len())
		}
		return v.Now.Add(time.Hour)
	}), parcels, w); !errors.Is(err, ErrReadAhead) {
		t.Errorf("a policy that looks while it is judged: %v", err)
	}
	if _, err := ReplayWebhooks(policyFunc(func(v schedule.View) time.Time { return v.Now }), parcels, w); !errors.Is(err, ErrNotLater) {
		t.Errorf("a policy that stands still: %v", err)
	}
	if _, err := ReplayWebhooks(policyFunc(func(v schedule.View) time.Time {
		for i := range v.History.Len() {
			if v.History.At(i).Shown().After(v.Now) {
				t.Error("an event of the future was delivered")
			}
		}
		return v.Now.Add(time.Hour)
	}), parcels, w); err != nil {
		t.Errorf("a policy that reads what it was told: %v", err)
	}
}

func TestReplayWebhooksTellsEverything(t *testing.T) {
	parcels := journeys(2, 400, "cj")
	m := schedule.Prior().Learn(parcels)
	a := schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: 0.05}
	without, err := Replay(a, parcels)
	if err != nil {
		t.Fatal(err)
	}
	run := func(w Webhooks) Hinted {
		t.Helper()
		w.Model = m
		o, err := ReplayWebhooks(a, parcels, w)
		if err != nil {
			t.Fatal(err)
		}
		if o.Delay().Events != without.Delay().Events {
			t.Errorf("%+v: %d events seen of %d", w, o.Delay().Events, without.Delay().Events)
		}
		return o
	}
	at := run(Webhooks{Recall: 1})
	if at.Polls == 0 || at.Polls > without.Polls/4 || at.Delay().Mean != 0 || at.Asked != 0 || at.Told != 1600 {
		t.Errorf("every change is pushed at once: %+v, %d polls, without %d", at.Delay(), at.Polls, without.Polls)
	}
	late := run(Webhooks{Recall: 1, Delay: time.Hour})
	if d := late.Delay(); d.Mean < 0.2 || d.Mean > 0.55 || d.P99 > 1 {
		t.Errorf("pushed within the hour: %+v", d)
	}
	thin := run(Webhooks{Recall: 1, Thin: true})
	if thin.Asked != 1600 || thin.Polls != at.Polls || thin.Delay().Mean != 0 {
		t.Errorf("thin: %d asked, %d polls", thin.Asked, thin.Polls)
	}
	crying := run(Webhooks{Recall: 1, Thin: true, False: 1})
	if extra := crying.Asked - thin.Asked; extra < 300 || extra > 800 || crying.Pushes != crying.Asked {
		t.Errorf("%d asked after false hints, of %d pushes", extra, crying.Pushes)
	}
	half := run(Webhooks{Recall: 0.5})
	if half.Polls <= at.Polls || half.Polls >= without.Polls || math.Abs(half.Estimate-0.5) > 0.15 || half.Looks == 0 {
		t.Errorf("half: %d polls, between %d and %d; estimate %v", half.Polls, at.Polls, without.Polls, half.Estimate)
	}
	if again := run(Webhooks{Recall: 0.5}); !reflect.DeepEqual(again, half) {
		t.Error("the same seed gives another replay")
	}
	if other := run(Webhooks{Recall: 0.5, Seed: 1}); reflect.DeepEqual(other, half) {
		t.Error("another seed gives the same replay")
	}
}

func TestReplayWebhooksInAnOutage(t *testing.T) {
	parcels := journeys(3, 3000, "cj")
	m := schedule.Prior().Learn(parcels)
	a := schedule.Adaptive{Model: m, Worth: schedule.Worths(1), PollWon: 0.05}
	out := Span{monday.Add(2*24*time.Hour + 10*time.Hour), monday.Add(2*24*time.Hour + 16*time.Hour)}
	run := func(w Webhooks) Hinted {
		t.Helper()
		w.Model, w.Judged = m, out
		o, err := ReplayWebhooks(a, parcels, w)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	without, with := run(Webhooks{}), run(Webhooks{Recall: 0.95, Outages: []Span{out}})
	if with.Delay().Events != without.Delay().Events || with.Delay().Events < 300 {
		t.Errorf("%d events in six hours, without webhooks %d", with.Delay().Events, without.Delay().Events)
	}
	if w, o := with.Delay().P99, without.Delay().P99; w > 2*o {
		t.Errorf("99 of 100 within %v h, without webhooks %v h", w, o)
	}
	noticed := slices.ContainsFunc(with.Silences, func(s Span) bool {
		return out.has(s.From) && s.From.Sub(out.From) < 2*time.Hour && out.has(s.Until.Add(-30*time.Minute))
	})
	if !noticed {
		t.Errorf("silences %v", with.Silences)
	}
}
