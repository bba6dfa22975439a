package trackerdelivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
)

func TestTrackAllocations(t *testing.T) { floortest.CheckAllocations(t, caseOf(t, 1)) }

func BenchmarkTrack(b *testing.B)   { floortest.Benchmark(b, caseOf(b, 1)) }
func BenchmarkBatch20(b *testing.B) { floortest.Benchmark(b, caseOf(b, 20)) }

// caseOf sets up one document for so many parcels. Each has the recorded answer for one, under a number of its own.
func caseOf(tb testing.TB, parcels int) floortest.Case {
	tb.Helper()
	const number = "000000000000"
	var recorded bytes.Buffer
	if err := json.Compact(&recorded, allExchanges(tb)["managed-track-delivered"].body()); err != nil {
		tb.Fatal(err)
	}
	track := strings.TrimSuffix(strings.TrimPrefix(recorded.String(), `{"data":{"track":`), "}}")
	c := floortest.Case{
		Carrier: func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier {
			return New(Config{ClientID: "CLIENT_ID", ClientSecret: "CLIENT_SECRET", Client: client, Limiter: unpaced, Aliases: parcels})
		},
		Scans: 4,
		Decode: func(body []byte) error {
			var got answer[tracks]
			if err := json.Unmarshal(body, &got); err != nil {
				return err
			}
			for _, parcel := range *got.Data {
				for _, scan := range parcel.Events.Edges {
					if _, err := time.ParseInLocation(time.RFC3339, scan.Node.Time, kst); err != nil {
						return err
					}
				}
			}
			return nil
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
