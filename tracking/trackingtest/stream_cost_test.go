package trackingtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/internal/floortest"
	"github.com/waybill-dev/waybill/tracking"
)

// echo answers deliveryapi's trace from memory: every parcel that is asked for is known, and has two scans.
type echo struct{}

const echoed = `{"success":true,"data":{"trackingNumber":%q,"courierCode":"cj","deliveryStatus":"IN_TRANSIT","deliveryStatusText":"배송중",` +
	`"isDelivered":false,"progresses":[{"dateTime":"2026-09-26 18:20:00","location":"서울중구","status":"집하","statusCode":"PICKED_UP"},` +
	`{"dateTime":"2026-09-26 23:41:00","location":"옥천HUB","status":"간선하차","statusCode":"IN_TRANSIT"}]}}`

func (echo) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked struct {
		Items []struct{ TrackingNumber string }
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	var body strings.Builder
	body.WriteString(`{"isSuccess":true,"data":{"results":[`)
	for i, item := range asked.Items {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, echoed, item.TrackingNumber)
	}
	body.WriteString(`]}}`)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body.String())), ContentLength: int64(body.Len()),
	}, nil
}

func echoing(tb testing.TB) *tracking.Client {
	tb.Helper()
	client, err := tracking.NewClient(tracking.Config{Carriers: []tracking.Carrier{deliveryapi.New(deliveryapi.Config{
		APIKey: "key", SecretKey: "secret", Client: &http.Client{Transport: echo{}}, Limiter: rate.NewLimiter(rate.Inf, 0), Calls: 4,
	})}})
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// manyParcels gives queries for n different parcels.
func manyParcels(n int) iter.Seq[tracking.Query] {
	return func(yield func(tracking.Query) bool) {
		for i := range n {
			if !yield(tracking.Query{Courier: "cj", Number: fmt.Sprint(700_000_000_000 + i)}) {
				return
			}
		}
	}
}

// stream asks about n parcels and gives the most memory that was live on the way, in bytes beyond what was before. With
// looks 0 it does not look at the memory.
func stream(tb testing.TB, client *tracking.Client, n, looks int) (peak uint64) {
	tb.Helper()
	before, answered := uint64(0), 0
	if looks > 0 {
		before = live()
	}
	for result := range client.TrackAll(tb.Context(), manyParcels(n)) {
		if result.Err != nil || result.Parcel.Number != result.Query.Number || len(result.Parcel.Events) != 2 {
			tb.Fatalf("%+v", result)
		}
		if answered++; looks > 0 && answered%(n/looks) == 0 {
			peak = max(peak, live())
		}
	}
	if answered != n {
		tb.Fatalf("%d of %d parcels answered", answered, n)
	}
	return peak - min(peak, before)
}

// live gives the bytes in use after garbage was collected.
func live() uint64 {
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}

// TestStreamNeedsConstantMemory: ten times the parcels, through adapter and transport, and no more memory.
func TestStreamNeedsConstantMemory(t *testing.T) {
	if floortest.RaceDetector || testing.Short() {
		t.Skip("asks about 110,000 parcels")
	}
	client := echoing(t)
	stream(t, client, 1_000, 0) // fills what is filled once
	few, many := stream(t, client, 10_000, 20), stream(t, client, 100_000, 20)
	t.Logf("%d KiB live at most with 10,000 parcels, %d KiB with 100,000", few>>10, many>>10)
	if many > few+1<<20 {
		t.Errorf("%d bytes with 10,000 parcels, %d with 100,000", few, many)
	}
}

// BenchmarkStream asks about 100,000 parcels in batches of twenty. What the provider in memory does is part of the time.
func BenchmarkStream(b *testing.B) {
	const parcels = 100_000
	client := echoing(b)
	b.ReportAllocs()
	for b.Loop() {
		stream(b, client, parcels, 0)
	}
	perParcel := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / parcels
	b.ReportMetric(perParcel, "ns/parcel")
	b.ReportMetric(float64(stream(b, client, parcels, 20)), "peak-heap-B")
}
