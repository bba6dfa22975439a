package report_test

import (
	"testing"
	"time"

	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

func TestPeriodIsHalfOpen(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Time
		want int
	}{
		"before": {from.Add(-time.Second), 0}, "at its beginning": {from, 1}, "at its end": {to, 0}, "before its end": {to.Add(-time.Second), 1},
	} {
		s := report.Shipment{Status: tracking.StatusDelivered, Shipped: c.at, Delivered: report.Sighting{At: c.at}}
		if g := made(t, s).Total; g.Shipped.All != c.want || g.Delivered != c.want {
			t.Errorf("%s: %d shipped and %d delivered, want %d", name, g.Shipped.All, g.Delivered, c.want)
		}
	}
}

// TestAllOfHistory: without a beginning everything counts that has a time, and nothing else.
func TestAllOfHistory(t *testing.T) {
	undated := delivered(48, 24)
	undated.Shipped, undated.Delivered = time.Time{}, report.Sighting{}
	r, err := report.Make(report.Input{To: to, Now: now, Shipments: given([]report.Shipment{undated, delivered(90_000, 89_000)}, nil)})
	if err != nil || r.Total.Shipped.All != 1 || r.Total.Delivered != 1 {
		t.Errorf("%d shipped and %d delivered: %v", r.Total.Shipped.All, r.Total.Delivered, err)
	}
}

// TestKoreanDays: at 23:30 UTC it is tomorrow in Korea.
func TestKoreanDays(t *testing.T) {
	at := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	for n, want := range map[int]string{0: "2026-11-22", 1: "2026-11-22", 2: "2026-11-21", 30: "2026-10-24"} {
		from, to := report.Days(at, n)
		if from.Format(time.RFC3339) != want+"T00:00:00+09:00" || to.Format(time.RFC3339) != "2026-11-23T00:00:00+09:00" {
			t.Errorf("%d days are from %v to %v", n, from, to)
		}
	}
}

// TestDaysWithoutClock: a day counts for its date and for no hours; Lotte's 23:59:59 is no time.
func TestDaysWithoutClock(t *testing.T) {
	s := delivered(30, 9.5)
	s.Delivered.At, s.Delivered.DayOnly = time.Date(2026, 11, 21, 23, 59, 59, 0, kst), true
	s.Delivered.Seen = time.Time{}
	g := made(t, s).Total
	if g.Delivered != 1 || g.ToDelivery.Count != 0 || g.LeftOut.DayOnly != 1 {
		t.Errorf("%d delivered, %+v, %+v", g.Delivered, g.ToDelivery, g.LeftOut)
	}
	if want := (report.Estimate{Parcels: 1, Delivered: 1, P50: known(21), P90: known(21)}); g.Estimate != want { // at midnight at the latest
		t.Errorf("the estimate is %+v, want %+v", g.Estimate, want)
	}
	s.Delivered.Seen = ago(12)
	if got := made(t, s).Total.Estimate.P50; got != known(18) { // we saw it then
		t.Errorf("the estimate is %+v", got)
	}
	s.Delivered.Seen = ago(50)
	if got := made(t, s).Total.Estimate.P50; got != known(21) { // which cannot have been this
		t.Errorf("the estimate is %+v", got)
	}
	at := startOfPeriod(s)
	if got := made(t, at).Total.Delivered; got != 1 {
		t.Errorf("delivered on the first day of the period count %d times", got)
	}
}

// startOfPeriod puts the day of the delivery on the first day of the period, where the filler is still in it.
func startOfPeriod(s report.Shipment) report.Shipment {
	s.Delivered.At = from.Add(24*time.Hour - time.Second)
	return s
}
