package deliveryapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
)

func TestTrackAllocations(t *testing.T) { floortest.CheckAllocations(t, caseOf(t, 1)) }

func BenchmarkTrack(b *testing.B)   { floortest.Benchmark(b, caseOf(b, 1)) }
func BenchmarkBatch20(b *testing.B) { floortest.Benchmark(b, caseOf(b, 20)) }

// caseOf sets up one call for so many parcels. Each has the recorded answer for one, under a number and reference of its own.
func caseOf(tb testing.TB, parcels int) floortest.Case {
	tb.Helper()
	c := floortest.Case{
		Carrier: func(client *http.Client, unpaced tracking.Limiter) tracking.Carrier {
			return New(Config{APIKey: "example-api-key", SecretKey: "example-secret-key", Client: client, Limiter: unpaced})
		},
		Scans: 5,
		Decode: func(body []byte) error {
			var got answer[traceData]
			if err := json.Unmarshal(body, &got); err != nil {
				return err
			}
			for i := range got.Data.Results {
				for _, scan := range got.Data.Results[i].Data.Progresses {
					layout := time.DateTime[:len(scan.DateTime)] // some have no seconds
					if _, err := time.ParseInLocation(layout, scan.DateTime, kst); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
	recorded := recordedResult(tb, "trace-progresses-oldest-first")
	answers := make([]string, parcels)
	for i := range parcels {
		q := tracking.Query{Courier: "cj", Number: fmt.Sprint(700000002015 + 11*i), Ref: fmt.Sprint("ORD-", 2+i)}
		c.Queries = append(c.Queries, q)
		answers[i] = strings.NewReplacer("700000002015", q.Number, "ORD-2", q.Ref).Replace(recorded)
	}
	c.Answer = fmt.Appendf(nil, `{"isSuccess":true,"data":{"results":[%s],"summary":{"total":%[2]d,"successful":%[2]d,"failed":0,"billable":%[2]d}}}`,
		strings.Join(answers, ","), parcels)
	return c
}

// recordedResult reads the only result of a fixture, without its white space.
func recordedResult(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	var fixture struct {
		Response struct {
			Body struct {
				Data struct{ Results []json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(text, &fixture); err != nil {
		tb.Fatal(err)
	}
	var result bytes.Buffer
	if err := json.Compact(&result, fixture.Response.Body.Data.Results[0]); err != nil {
		tb.Fatal(err)
	}
	return result.String()
}
