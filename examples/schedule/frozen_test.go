package main

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
	"github.com/waybill-dev/waybill/tracking/schedule/measure"
)

// frozen learns from one half of the first world, and gives the other half and the adaptive policy at the price that is tuned there.
func frozen(t *testing.T) (schedule.Adaptive, []schedule.Timeline) {
	t.Helper()
	if *bars == 0 {
		t.Skip("NOT JUDGED: needs -bars")
	}
	fit, test, err := options{world: 1, split: 1}.parcels()
	if err != nil {
		t.Fatal(err)
	}
	return schedule.Adaptive{Model: schedule.Prior().Learn(lives(fit)), Worth: hours, PollWon: 0.057}, timelines(test)
}

// TestFrozenSpread holds what it costs that parcels alike are not asked about in the same minute to 0.5 %.
func TestFrozenSpread(t *testing.T) {
	policy, parcels := frozen(t)
	together, err := measure.Replay(policy, parcels)
	if err != nil {
		t.Fatal(err)
	}
	for i := range parcels {
		parcels[i].Phase = (float64(i*7919%len(parcels)) + 0.5) / float64(len(parcels))
	}
	apart, err := measure.Replay(policy, parcels)
	if err != nil {
		t.Fatal(err)
	}
	ratio := func(m []measure.Means) []float64 {
		return []float64{m[1].Objective(hours, policy.PollWon) / m[0].Objective(hours, policy.PollWon)}
	}
	sure, err := measure.Bootstrap{Seed: 1}.Intervals(ratio, together, apart)
	if err != nil {
		t.Fatal(err)
	}
	got := ratio([]measure.Means{together.Means(), apart.Means()})[0]
	t.Logf("%.4f × the objective (95 %%: %.4f to %.4f)", got, sure[0].Low, sure[0].High)
	if got > 1.005 {
		t.Error("the bar is 1.005")
	}
}

// TestFrozenStop counts the changes that come after the policy would have stopped asking: none may be likely.
func TestFrozenStop(t *testing.T) {
	policy, parcels := frozen(t)
	var changes, missed int
	var days float64
	for _, p := range parcels {
		v := p.View()
		for _, e := range p.Events {
			at, _ := policy.Stop(v)
			changes++
			if !at.IsZero() {
				days += at.Sub(v.Changed).Hours() / 24
				if e.At.After(at) || e.Published.After(at) {
					missed++
				}
			}
			v.Status, v.Changed = e.Status, e.At
		}
	}
	silent, why := policy.Stop(parcels[0].View())
	t.Logf("%d of %d changes come later than that, on average %.1f days after the one before; %s", missed, changes, days/float64(changes), why)
	if float64(missed) > 0.001*float64(changes) {
		t.Error("the bar is one in a thousand")
	}
	if silent.Sub(parcels[0].Opened) > 30*24*time.Hour {
		t.Errorf("a silent label is asked about until %v", silent)
	}
}
