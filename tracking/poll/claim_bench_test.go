package poll_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// BenchmarkClaim claims 20 due watches among many that are not due, and gives them back.
func BenchmarkClaim(b *testing.B) {
	for _, open := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			before := heap()
			store := poll.NewMemoryStore()
			for n := range open {
				due := start.Add(time.Duration(1+n) * time.Second)
				if n < 20 {
					due = start
				}
				if _, err := store.Change(b.Context(), idOf(n), func(w poll.Watch) poll.Watch {
					w.Life, w.Due = poll.Active, due
					return w
				}); err != nil {
					b.Fatal(err)
				}
			}
			perWatch := float64(heap()-before) / float64(open)
			b.ReportAllocs()
			for b.Loop() {
				ws, err := store.Claim(b.Context(), poll.ClaimRequest{Now: start, Carrier: "toy", Limit: 20, Lease: time.Minute})
				if err != nil || len(ws) != 20 {
					b.Fatalf("%d claimed: %v", len(ws), err)
				}
				if err := store.Release(b.Context(), ws); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(perWatch, "B/watch")
		})
	}
}

// heap gives the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
