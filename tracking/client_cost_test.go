package tracking_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// instant answers from memory, in batches, with as few allocations as can be.
type instant struct{ batch int }

func (instant) Name() string              { return "instant" }
func (i instant) Limits() tracking.Limits { return tracking.Limits{Batch: i.batch} }
func (i instant) Query(_ context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	results := make([]tracking.Result, len(qs))
	parcels := make([]tracking.Parcel, len(qs))
	for j, q := range qs {
		parcels[j] = tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "instant", RetrievedAt: time.Unix(1, 0)}
		results[j] = tracking.Result{Query: q, Carrier: "instant", Parcel: &parcels[j], Billed: tracking.Yes}
	}
	return results, nil
}

// TestTrackAllocations holds what the client adds to an adapter's own work. Of the sixteen allocations that may stand
// between net/http and the caller, the client takes six.
func TestTrackAllocations(t *testing.T) {
	client := newClient(t, tracking.Config{}, instant{batch: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	qs := []tracking.Query{query("cj", "680123456782")}
	direct := testing.AllocsPerRun(1000, func() {
		if _, err := (instant{batch: 1}).Query(ctx, qs); err != nil {
			t.Fatal(err)
		}
	})
	through := testing.AllocsPerRun(1000, func() {
		if _, err := client.Track(ctx, qs[0]); err != nil {
			t.Fatal(err)
		}
	})
	if added := through - direct; added > 6 {
		t.Errorf("the client adds %v allocations", added)
	} else {
		t.Logf("the client adds %v allocations", added)
	}
}

func BenchmarkTrack(b *testing.B) {
	client := newClient(b, tracking.Config{}, instant{batch: 1})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Track(b.Context(), query("cj", "680123456782")); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTrackAllMemory: ten times the queries do not take more memory.
func TestTrackAllMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("collects garbage often")
	}
	client := newClient(t, tracking.Config{}, instant{batch: 20})
	few, many := peakHeap(client, 2_000), peakHeap(client, 100_000)
	if many > few+512<<10 {
		t.Errorf("%d bytes live with 2,000 queries, %d with 100,000", few, many)
	}
}

// peakHeap gives the most bytes that were live while n queries were answered, beyond those live before.
func peakHeap(client *tracking.Client, n int) uint64 {
	var memory runtime.MemStats
	live := func() uint64 {
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	before, peak, results := live(), uint64(0), 0
	for range client.TrackAll(context.Background(), repeat(n, "cj")) {
		if results++; results%(n/10) == 0 {
			peak = max(peak, live())
		}
	}
	return peak - min(peak, before)
}

func BenchmarkTrackAll(b *testing.B) {
	client := newClient(b, tracking.Config{}, instant{batch: 20})
	const parcels = 100_000
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for r := range client.TrackAll(b.Context(), repeat(parcels, "cj")) {
			if r.Err == nil {
				n++
			}
		}
		if n != parcels {
			b.Fatalf("%d results", n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/parcels, "ns/parcel")
	b.ReportMetric(float64(peakHeap(client, parcels)), "peak-heap-B")
}
