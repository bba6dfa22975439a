package report_test

import (
	"encoding/json"
	"testing"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// TestBuckets is the table that screens rely on.
func TestBuckets(t *testing.T) {
	want := map[tracking.Status]report.Bucket{
		tracking.StatusUnknown:        report.BucketUnknown,
		tracking.StatusPending:        report.BucketWaiting,
		tracking.StatusRegistered:     report.BucketWaiting,
		tracking.StatusPickupReady:    report.BucketWaiting,
		tracking.StatusPickedUp:       report.BucketInTransit,
		tracking.StatusInTransit:      report.BucketInTransit,
		tracking.StatusOutForDelivery: report.BucketInTransit,
		tracking.StatusDelivered:      report.BucketDelivered,
		tracking.StatusFailed:         report.BucketException,
		tracking.StatusHold:           report.BucketException,
		tracking.StatusReturned:       report.BucketReturned,
		tracking.StatusCancelled:      report.BucketCancelled,
	}
	for _, s := range tracking.Statuses() {
		if bucket, ok := want[s]; !ok || report.BucketOf(s) != bucket {
			t.Errorf("%s is in %q, want %q", s, report.BucketOf(s), bucket)
		}
	}
	if got := report.BucketOf(tracking.Status(200)); got != report.BucketUnknown {
		t.Errorf("a status that there is not is in %q", got)
	}
}

// TestEveryStatusInOneBucket: a list filtered by buckets shows every parcel once.
func TestEveryStatusInOneBucket(t *testing.T) {
	times := map[tracking.Status]int{}
	for _, b := range report.Buckets() {
		if len(b.Statuses()) == 0 || b.Korean() == "" {
			t.Errorf("%q has statuses %v and the name %q", b, b.Statuses(), b.Korean())
		}
		for _, s := range b.Statuses() {
			times[s]++
		}
	}
	for _, s := range tracking.Statuses() {
		if times[s] != 1 {
			t.Errorf("%s is in %d buckets", s, times[s])
		}
	}
	if got := report.Bucket("deliverd").Statuses(); got != nil {
		t.Errorf("a misspelt bucket has %v", got)
	}
}

// TestReportSpeaksAsStored counts every status under the very name under which it is stored.
func TestReportSpeaksAsStored(t *testing.T) {
	for _, s := range tracking.Statuses() {
		r := made(t, standing(s, 48))
		text, err := json.Marshal(r.Total.Shipped)
		if err != nil {
			t.Fatal(err)
		}
		var counted struct {
			All      int
			Buckets  map[string]int
			Statuses map[string]int
		}
		if err := json.Unmarshal(text, &counted); err != nil {
			t.Fatal(err)
		}
		stored, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if counted.All != 1 || counted.Statuses[string(stored)] != 1 || len(counted.Statuses) != 12 {
			t.Errorf("%s counts as %v", stored, counted.Statuses)
		}
		if counted.Buckets[string(report.BucketOf(s))] != 1 || sum(counted.Buckets) != 1 || len(counted.Buckets) != len(report.Buckets()) {
			t.Errorf("%s counts as %v", stored, counted.Buckets)
		}
	}
}

func sum[K comparable](counts map[K]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestUnknownIsNotMoving(t *testing.T) {
	r := made(t, standing(tracking.StatusUnknown, 48), standing(tracking.Status(77), 24))
	b := r.Total.Shipped.Buckets
	if b[report.BucketUnknown] != 2 || b[report.BucketInTransit] != 0 {
		t.Errorf("counts are %v", b)
	}
	if r.Total.Open.Count != 2 || r.Total.Open.Age.Max != 48 {
		t.Errorf("open are %+v", r.Total.Open)
	}
}

// TestDeliveredThenReturned: whatever a row still says of the delivery, it is withdrawn.
func TestDeliveredThenReturned(t *testing.T) {
	s := delivered(72, 48)
	s.Status = tracking.StatusReturned
	for _, s.Sub = range []tracking.Sub{tracking.SubReturning, tracking.SubNone} {
		g := made(t, s).Total
		if g.Shipped.Buckets[report.BucketReturned] != 1 || g.Shipped.Buckets[report.BucketDelivered] != 0 {
			t.Errorf("counts are %v", g.Shipped.Buckets)
		}
		if g.Delivered != 0 || g.ToDelivery.Count != 0 || g.Estimate.Delivered != 0 || g.FirstAttempt.Succeeded != 0 || len(g.Delays) != 0 {
			t.Errorf("a withdrawn delivery counts: %+v", g)
		}
		if g.Open.Count != 0 {
			t.Error("a returned parcel is waited for")
		}
	}
}

func TestRecallsAreNoDeliveries(t *testing.T) {
	recall, sendBack := delivered(72, 48), delivered(72, 48)
	recall.Role, sendBack.Role = order.WaybillRecall, order.WaybillSendBack
	late := standing(tracking.StatusInTransit, 900)
	late.Role = order.WaybillRecall
	r := made(t, recall, sendBack, late)
	g := r.Total
	if g.Recalls.All != 1 || g.Recalls.Buckets[report.BucketDelivered] != 1 || g.SendBacks.All != 1 {
		t.Errorf("recalls are %v, send-backs %v", g.Recalls, g.SendBacks)
	}
	if g.Shipped.All != 0 || g.Delivered != 0 || g.Estimate.Parcels != 0 || g.Open.Count != 0 || r.Cost.Delivered != 0 || len(g.Delays) != 0 {
		t.Errorf("they count as outbound: %+v", g)
	}
}
