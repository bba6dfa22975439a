package sweettracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
)

func TestTrackAllocations(t *testing.T) { floortest.CheckAllocations(t, caseOf(t, 1)) }

func BenchmarkTrack(b *testing.B)   { floortest.Benchmark(b, caseOf(b, 1)) }
func BenchmarkBatch20(b *testing.B) { floortest.Benchmark(b, caseOf(b, 20)) }

// caseOf sets up queries for so many parcels, each a call of its own, for the provider knows no batches. The answer is
// the recorded one for all of them.
func caseOf(tb testing.TB, parcels int) floortest.Case {
	tb.Helper()
	var recorded bytes.Buffer
	if err := json.Compact(&recorded, loadFixture(tb, "query-delivered").Response.bytes()); err != nil {
		tb.Fatal(err)
	}
	c := floortest.Case{
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
