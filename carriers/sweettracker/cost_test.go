package sweettracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/floor"
	"github.com/waybill-dev/waybill/tracking"
)

// moreAllocations is how often Track may allocate beside the floor.
const moreAllocations = 16

func TestTrackAllocations(t *testing.T) {
	if floor.RaceDetector {
		t.Skip("the race detector allocates, too")
	}
	client, bare, err := costOf(t, 1).Allocations(testing.AllocsPerRun)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%v allocations, the floor is %v", client, bare); client > bare+moreAllocations {
		t.Errorf("%v allocations over the floor, want at most %v", client-bare, moreAllocations)
	}
}

func BenchmarkTrack(b *testing.B)   { costOf(b, 1).Benchmark(b, b.N, testing.AllocsPerRun) }
func BenchmarkBatch20(b *testing.B) { costOf(b, 20).Benchmark(b, b.N, testing.AllocsPerRun) }

func costOf(tb testing.TB, parcels int) *floor.Pair {
	tb.Helper()
	pair, err := caseOf(tb, parcels).Pair(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return pair
}

// caseOf sets up queries for so many parcels, each a call of its own, for the provider knows no batches. The answer is
// the recorded one for all of them.
func caseOf(tb testing.TB, parcels int) floor.Case {
	tb.Helper()
	var recorded bytes.Buffer
	if err := json.Compact(&recorded, loadFixture(tb, "query-delivered").Response.bytes()); err != nil {
		tb.Fatal(err)
	}
	c := floor.Case{
		Carrier: func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier {
			return New(Config{Key: "TEST_T_KEY", Client: client, Limiter: unpaced, DailyCap: Uncapped})
		},
		Answer: recorded.Bytes(), Scans: 4,
		Decode: func(body []byte) error {
			got := answer{Level: levelAbsent}
			return json.Unmarshal(body, &got)
		},
	}
	for i := range parcels {
		c.Queries = append(c.Queries, tracking.Query{Courier: courier.CJ, Number: fmt.Sprint(550000001234 + 11*i)})
	}
	return c
}
