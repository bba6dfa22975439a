package trackerdelivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

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

// caseOf sets up one document for so many parcels. Each has the recorded answer for one, under a number of its own.
func caseOf(tb testing.TB, parcels int) floor.Case {
	tb.Helper()
	const number = "000000000000"
	var recorded bytes.Buffer
	if err := json.Compact(&recorded, allExchanges(tb)["managed-track-delivered"].body()); err != nil {
		tb.Fatal(err)
	}
	track := strings.TrimSuffix(strings.TrimPrefix(recorded.String(), `{"data":{"track":`), "}}")
	c := floor.Case{
		Carrier: func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier {
			return New(Config{ClientID: "CLIENT_ID", ClientSecret: "CLIENT_SECRET", Client: client, Limiter: unpaced, Aliases: parcels})
		},
		Scans: 4,
		Decode: func(body []byte) error {
			var got answer[tracks]
			return json.Unmarshal(body, &got)
		},
	}
	members := make([]string, parcels)
	for i := range parcels {
		c.Queries = append(c.Queries, tracking.Query{Courier: "cj", Number: fmt.Sprintf("%012d", i)})
		members[i] = fmt.Sprintf("%q:%s", asked(make([]ask, parcels)).name(i), strings.Replace(track, number, c.Queries[i].Number, 1))
	}
	c.Answer = fmt.Appendf(nil, `{"data":{%s}}`, strings.Join(members, ","))
	return c
}
