package floortest

import "testing"

// more is how often Track may allocate beside the floor.
const more = 16

// CheckAllocations fails when the client allocates more than 16 times beside the floor.
func CheckAllocations(t *testing.T, c Case) {
	t.Helper()
	if RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	client, floor, err := pairOf(t, c).Allocations()
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%v allocations, the floor is %v", client, floor); client > floor+more {
		t.Errorf("%v allocations over the floor, want at most %d", client-floor, more)
	}
}

// Benchmark does both sides b.N times and reports what they take: ns/op, floor-ns/op and the ratio, ×floor; that of the adapter
// alone, adapter-×floor; client-allocs and floor-allocs, each for one op.
func Benchmark(b *testing.B, c Case) {
	b.Helper()
	p := pairOf(b, c)
	b.ResetTimer()
	times, err := p.Time(b.N)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	client, floor, err := p.Allocations()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(times.Client, "ns/op")
	b.ReportMetric(times.Floor, "floor-ns/op")
	b.ReportMetric(times.ClientRatio, "×floor")
	b.ReportMetric(times.AdapterRatio, "adapter-×floor")
	b.ReportMetric(client, "client-allocs")
	b.ReportMetric(floor, "floor-allocs")
}

func pairOf(tb testing.TB, c Case) *Pair {
	tb.Helper()
	pair, err := c.Pair(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return pair
}
