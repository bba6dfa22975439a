package report_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// TestSurvivorsDoNotFlatter lets half of all parcels take 40 hours or more, and ships many of them a short while ago. Those that have
// arrived are the quick ones; the estimate is not misled by them.
func TestSurvivorsDoNotFlatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const median = 40
	var shipments []report.Shipment
	var arrived []float64
	for range 20_000 {
		shipped, takes := 72*rng.Float64(), rng.ExpFloat64()*median/math.Ln2
		s := standing(tracking.StatusInTransit, shipped)
		if takes < shipped {
			s = delivered(shipped, shipped-takes)
			arrived = append(arrived, takes)
		}
		shipments = append(shipments, s)
	}
	g := made(t, shipments...).Total
	slices.Sort(arrived)
	if naive := arrived[len(arrived)/2]; naive > median/2 || math.Abs(g.ToDelivery.P50-naive) > 0.1 {
		t.Errorf("this tests nothing: those delivered took %v at the median, the report says %v", naive, g.ToDelivery.P50)
	}
	if e := g.Estimate; !e.P50.Known || math.Abs(e.P50.Value-median) > 0.05*median {
		t.Errorf("half are estimated to arrive within %v, want about %v", e.P50, median)
	}
	if e := g.Estimate; e.P90.Known {
		t.Errorf("nobody was waited for long enough to tell when nine tenths arrive, and it says %v", e.P90)
	}
	if g.Open.Age.Count != len(shipments)-len(arrived) || g.Open.Age.Max < 71 {
		t.Errorf("open are %+v", g.Open)
	}
}

// TestOldestAreShown: what was shipped before the period and has not arrived is open, and its delivery counts when it comes.
func TestOldestAreShown(t *testing.T) {
	r := made(t, standing(tracking.StatusHold, 2400), delivered(1200, 24))
	g := r.Total
	if g.Open.Count != 1 || g.Open.Age.Max != 2400 || g.Open.Quiet.Max != 1200 {
		t.Errorf("open are %+v", g.Open)
	}
	if g.Shipped.All != 0 || g.Estimate.Parcels != 0 {
		t.Errorf("by ship date there are %+v", g.Shipped)
	}
	if g.Delivered != 1 || g.ToDelivery.Mean != 1176 {
		t.Errorf("delivered are %d, %+v", g.Delivered, g.ToDelivery)
	}
}

func TestGivenUpHaveNoAge(t *testing.T) {
	silent, paused, watched := standing(tracking.StatusInTransit, 100), standing(tracking.StatusPending, 50), standing(tracking.StatusHold, 10)
	silent.Ended, silent.Reason = ago(40), "silence"
	paused.Ended = ago(1)
	lost := standing(tracking.StatusFailed, 60)
	lost.Sub = tracking.SubLost
	settled := delivered(80, 60)
	settled.Ended, settled.Reason = ago(1), "delivered"
	g := made(t, silent, paused, watched, lost, settled).Total
	if g.Open.Count != 1 || g.Open.Age.Max != 10 || g.Open.GivenUp != 2 || g.Open.Reasons["silence"] != 1 || g.Open.Reasons["unknown"] != 1 {
		t.Errorf("open are %+v", g.Open)
	}
}

// TestWaitedForAsLongAsWatched: of 4 parcels one arrived after 20 hours. Whoever stopped looking at the others, and when, decides
// whether that is the first half of those still waited for.
func TestWaitedForAsLongAsWatched(t *testing.T) {
	other := func(status tracking.Status, ended float64) report.Shipment {
		s := standing(status, 100)
		s.Ended = ago(ended)
		return s
	}
	for name, c := range map[string]struct {
		others []report.Shipment
		want   report.Estimate
	}{
		"all are watched": {
			[]report.Shipment{standing(tracking.StatusInTransit, 100), standing(tracking.StatusHold, 100), standing(tracking.StatusUnknown, 100)},
			report.Estimate{Parcels: 4, Delivered: 1},
		},
		"two were given up before": {
			[]report.Shipment{standing(tracking.StatusInTransit, 100), other(tracking.StatusInTransit, 90), other(tracking.StatusUnknown, 81)},
			report.Estimate{Parcels: 4, Delivered: 1, P50: known(20)},
		},
		"given up at that moment": {
			[]report.Shipment{standing(tracking.StatusInTransit, 100), other(tracking.StatusInTransit, 80), other(tracking.StatusPending, 80)},
			report.Estimate{Parcels: 4, Delivered: 1},
		},
		"returned ones never arrive": {
			[]report.Shipment{other(tracking.StatusReturned, 90), other(tracking.StatusReturned, 90), other(tracking.StatusInTransit, 90)},
			report.Estimate{Parcels: 4, Delivered: 1},
		},
		"cancelled ones were never shipped": {
			[]report.Shipment{other(tracking.StatusCancelled, 90), other(tracking.StatusCancelled, 90), standing(tracking.StatusInTransit, 100)},
			report.Estimate{Parcels: 2, Delivered: 1, P50: known(20)},
		},
	} {
		if got := made(t, append(c.others, delivered(100, 80))...).Total.Estimate; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestFirstAttempts(t *testing.T) {
	failed := func(s report.Shipment, times int) report.Shipment { s.Failed = times; return s }
	lost := standing(tracking.StatusFailed, 48)
	lost.Sub = tracking.SubLost
	for name, c := range map[string]struct {
		s    report.Shipment
		want report.FirstAttempt
	}{
		"delivered at once":                {delivered(48, 24), report.FirstAttempt{Attempted: 1, Succeeded: 1, Rate: known(1)}},
		"delivered after a failed attempt": {failed(delivered(48, 24), 1), report.FirstAttempt{Attempted: 1, Rate: known(0)}},
		"failed":                           {standing(tracking.StatusFailed, 48), report.FirstAttempt{Attempted: 1, Rate: known(0)}},
		"on the van again":                 {failed(standing(tracking.StatusOutForDelivery, 48), 2), report.FirstAttempt{Attempted: 1, Rate: known(0)}},
		"returned after attempts":          {failed(standing(tracking.StatusReturned, 48), 3), report.FirstAttempt{Attempted: 1, Rate: known(0)}},
		"returned unattempted":             {standing(tracking.StatusReturned, 48), report.FirstAttempt{}},
		"on the van":                       {standing(tracking.StatusOutForDelivery, 48), report.FirstAttempt{}},
		"lost":                             {lost, report.FirstAttempt{}},
		"shipped before the period":        {delivered(2400, 24), report.FirstAttempt{}},
	} {
		if got := made(t, c.s).Total.FirstAttempt; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestLeftOutIsCounted(t *testing.T) {
	undated, backwards, future, timeless := delivered(48, 24), delivered(24, 48), standing(tracking.StatusPending, -5), delivered(48, 24)
	timeless.Shipped = time.Time{}
	undated.Delivered = report.Sighting{}
	g := made(t, undated, backwards, future, timeless).Total
	if want := (report.LeftOut{NoShipTime: 1, NoDeliveryTime: 1, Backwards: 1, Ahead: 1}); g.LeftOut != want {
		t.Errorf("left out are %+v, want %+v", g.LeftOut, want)
	}
	if g.Shipped.All != 3 || g.Delivered != 2 || g.ToDelivery.Count != 0 || g.Open.Count != 1 || g.Open.Age.Count != 0 {
		t.Errorf("%+v", g)
	}
	if want := (report.Estimate{Parcels: 1, Delivered: 1, P50: known(0), P90: known(0)}); g.Estimate != want { // it was there by the time of shipping
		t.Errorf("the estimate is %+v, want %+v", g.Estimate, want)
	}
}
