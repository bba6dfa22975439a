package report_test

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

func reportOf(tb testing.TB, in report.Input) report.Report {
	tb.Helper()
	r, err := report.Make(in)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestOrderOfShipmentsDoesNotMatter(t *testing.T) {
	for seed := range uint64(100) {
		all := world(seed)
		want := reportOf(t, input(all))
		rand.New(rand.NewPCG(seed, 8)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if diff := cmp.Diff(want, reportOf(t, input(all))); diff != "" { // to the last bit
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
	}
}

// added adds up what counts and clears what does not: of means, quantiles and rates there is no sum.
func added(gs ...report.Group) report.Group {
	sum := reportOfNothing.Total
	sum.Open.Reasons = map[string]int{}
	spread := func(of *report.Spread, n int) { *of = report.Spread{Count: of.Count + n} }
	for _, g := range gs {
		for _, c := range []struct{ to, from *report.Counts }{{&sum.Shipped, &g.Shipped}, {&sum.Recalls, &g.Recalls}, {&sum.SendBacks, &g.SendBacks}} {
			c.to.All += c.from.All
			c.to.Buckets, c.to.Statuses = plus(c.to.Buckets, c.from.Buckets), plus(c.to.Statuses, c.from.Statuses)
		}
		sum.FirstAttempt.Attempted += g.FirstAttempt.Attempted
		sum.FirstAttempt.Succeeded += g.FirstAttempt.Succeeded
		sum.Estimate.Parcels += g.Estimate.Parcels
		sum.Estimate.Delivered += g.Estimate.Delivered
		sum.Unmapped += g.Unmapped
		sum.Delivered += g.Delivered
		spread(&sum.ToDelivery, g.ToDelivery.Count)
		spread(&sum.Transit, g.Transit.Count)
		sum.Open.Count += g.Open.Count
		sum.Open.GivenUp += g.Open.GivenUp
		sum.Open.Reasons = plus(sum.Open.Reasons, g.Open.Reasons)
		spread(&sum.Open.Age, g.Open.Age.Count)
		spread(&sum.Open.Quiet, g.Open.Quiet.Count)
		l := g.LeftOut
		sum.LeftOut.NoShipTime += l.NoShipTime
		sum.LeftOut.NoDeliveryTime += l.NoDeliveryTime
		sum.LeftOut.DayOnly += l.DayOnly
		sum.LeftOut.Backwards += l.Backwards
		sum.LeftOut.Ahead += l.Ahead
		for _, d := range g.Delays {
			i := slices.IndexFunc(sum.Delays, func(e report.Delay) bool { return e.Status == d.Status && e.Door == d.Door })
			if i < 0 {
				i = len(sum.Delays)
				sum.Delays = append(sum.Delays, report.Delay{Status: d.Status, Door: d.Door})
			}
			spread(&sum.Delays[i].SinceEvent, d.SinceEvent.Count)
			spread(&sum.Delays[i].SincePublished, d.SincePublished.Count)
			sum.Delays[i].BeforeWatch += d.BeforeWatch
			sum.Delays[i].Ahead += d.Ahead
			sum.Delays[i].Timeless += d.Timeless
		}
	}
	for i := range sum.Delays {
		d, all := &sum.Delays[i], 0
		for _, e := range sum.Delays {
			if e.Status == d.Status && e.Door != "" {
				all += e.SinceEvent.Count
			}
		}
		if d.Door != "" && all > 0 {
			d.Share = report.Figure{Value: float64(d.SinceEvent.Count) / float64(all), Known: true}
		}
	}
	slices.SortFunc(sum.Delays, func(a, b report.Delay) int {
		if a.Status != b.Status {
			return int(a.Status) - int(b.Status)
		}
		if a.Door < b.Door {
			return -1
		}
		return 1
	})
	return sum
}

var reportOfNothing, _ = report.Make(input(nil))

func plus[K comparable](x, y map[K]int) map[K]int {
	sum := map[K]int{}
	for _, m := range []map[K]int{x, y} {
		for k, n := range m {
			sum[k] += n
		}
	}
	return sum
}

// TestDisjointCouriersAddUp: figures of couriers are theirs alone, and what counts adds up.
func TestDisjointCouriersAddUp(t *testing.T) {
	for seed := range uint64(100) {
		all := world(seed)
		first := all.that(func(s report.Shipment) bool { return s.Courier < "c2" })
		second := all.that(func(s report.Shipment) bool { return s.Courier >= "c2" })
		whole, a, b := reportOf(t, input(all)), reportOf(t, input(first)), reportOf(t, input(second))
		if diff := cmp.Diff(append(a.Couriers, b.Couriers...), whole.Couriers); diff != "" {
			t.Fatalf("seed %d, couriers of the parts and of the whole:\n%s", seed, diff)
		}
		for name, parts := range map[string][]report.Group{"parts": {a.Total, b.Total}, "couriers": whole.Couriers} {
			if diff := cmp.Diff(added(parts...), added(whole.Total)); diff != "" {
				t.Fatalf("seed %d, sum of the %s and total:\n%s", seed, name, diff)
			}
		}
		if a.Cost.Delivered+b.Cost.Delivered != whole.Cost.Delivered || whole.Cost.Delivered != whole.Total.Delivered {
			t.Fatalf("seed %d: %d and %d delivered, together %d", seed, a.Cost.Delivered, b.Cost.Delivered, whole.Cost.Delivered)
		}
	}
}

// ordinary gives n shipments as a ledger would, without holding them.
func ordinary(n int) iter.Seq2[report.Shipment, error] {
	couriers := []tracking.Courier{"kr.cjlogistics", "kr.hanjin", "kr.lotte", "kr.epost", "kr.logen", "kr.kdexp"}
	return func(yield func(report.Shipment, error) bool) {
		for i := range n {
			shipped := now.Add(-time.Duration(i*7919%(30*24*60)) * time.Minute)
			s := report.Shipment{
				Courier: couriers[i%len(couriers)], Carrier: "a", Status: tracking.StatusDelivered,
				Shipped: shipped, PickedUp: shipped.Add(6 * time.Hour), Moved: shipped.Add(40 * time.Hour), Watched: shipped,
			}
			if i%10 == 0 {
				s.Status = tracking.StatusInTransit
			}
			s.Out = report.Sighting{At: shipped.Add(34 * time.Hour), Seen: shipped.Add(35 * time.Hour), Door: tracking.DoorPoll}
			s.Delivered = report.Sighting{At: shipped.Add(40 * time.Hour), Seen: shipped.Add(41 * time.Hour), Door: tracking.DoorPush}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// TestMemory: a shipment leaves a few numbers behind, and is not kept itself.
func TestMemory(t *testing.T) {
	if floortest.RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	const n = 200_000
	var before, read, after runtime.MemStats
	shipments := func(yield func(report.Shipment, error) bool) {
		for s, err := range ordinary(n) {
			if !yield(s, err) {
				return
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&read)
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	reportOf(t, report.Input{From: from, To: to, Now: now, Shipments: shipments})
	runtime.ReadMemStats(&after)
	allocations, bytes, kept := after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc, int64(read.HeapAlloc)-int64(before.HeapAlloc)
	t.Logf("of each shipment %.1f bytes are kept; %.4f allocations and %.0f bytes in all", float64(kept)/n, float64(allocations)/n, float64(bytes)/n)
	if kept > 32*n {
		t.Errorf("%d bytes are kept of %d shipments", kept, n)
	}
	if allocations > n/100 || bytes > 130*n { // outgrown slices are among the bytes
		t.Errorf("%d shipments allocate %d times, %d bytes", n, allocations, bytes)
	}
}

// BenchmarkMake reports what a shipment takes: the time, and what is allocated over the whole run, outgrown slices included.
func BenchmarkMake(b *testing.B) {
	const n = 1_000_000
	b.ReportAllocs()
	for b.Loop() {
		reportOf(b, report.Input{From: from, To: to, Now: now, Shipments: ordinary(n)})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/shipment")
}

// BenchmarkOf fills a shipment from the scans of an ordinary parcel.
func BenchmarkOf(b *testing.B) {
	var evidence tracking.Evidence
	for i, status := range []tracking.Status{
		tracking.StatusPickedUp, tracking.StatusInTransit, tracking.StatusInTransit, tracking.StatusInTransit, tracking.StatusOutForDelivery, tracking.StatusDelivered,
	} {
		ev := scanned(status, float64(50-8*i), status.Korean())
		ev.Carrier, ev.AnswerAt, ev.Pos, ev.Seen = "a", ago(1), i, ago(float64(49-8*i))
		evidence.Events = append(evidence.Events, ev)
	}
	about := tracking.Context{Since: ago(60)}
	state := tracking.Derive(evidence, about)
	b.ReportAllocs()
	for b.Loop() {
		report.Of("cj", state, evidence, about)
	}
}
