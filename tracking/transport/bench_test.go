package transport_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybill-dev/waybill/tracking/transport"
)

// memory answers every request from memory, and allocates what any RoundTripper has to.
type memory struct{ body []byte }

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: req,
		Body: io.NopCloser(bytes.NewReader(m.body)), ContentLength: int64(len(m.body)),
	}, nil
}

type floorClient struct {
	client *http.Client
	method string
	body   []byte
}

// get is what a program without this package would do at least.
func (f floorClient) get(ctx context.Context) error {
	var body io.Reader
	if f.body != nil {
		body = bytes.NewReader(f.body)
	}
	req, err := http.NewRequestWithContext(ctx, f.method, address, body)
	if err != nil {
		return err
	}
	req.Header.Set("X-Api-Key", "key")
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func overheads(tb testing.TB, method string, body []byte) (floor, ours func()) {
	tb.Helper()
	client := &http.Client{Transport: memory{bytes.Repeat([]byte("x"), 1024)}}
	plain := floorClient{client, method, body}
	calls, err := transport.New(transport.Config{Carrier: "test", Client: client, Limiter: rate.NewLimiter(rate.Inf, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	header := http.Header{"X-Api-Key": {"key"}}
	floor = func() {
		if err := plain.get(context.Background()); err != nil {
			tb.Fatal(err)
		}
	}
	ours = func() {
		_, err := calls.Do(context.Background(), transport.Operation{Name: "query", Attempts: 3},
			transport.Request{Method: method, URL: address, Header: header, Body: body})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return floor, ours
}

var overheadCases = []struct {
	name, method string
	body         []byte
}{
	{"get", http.MethodGet, nil},
	{"post", http.MethodPost, []byte(`{"items":[]}`)},
}

// TestAllocations holds the cost of the whole layer: context, time limit, limiter, retry engine, reading.
func TestAllocations(t *testing.T) {
	for _, c := range overheadCases {
		t.Run(c.name, func(t *testing.T) {
			floor, ours := overheads(t, c.method, c.body)
			base, with := testing.AllocsPerRun(200, floor), testing.AllocsPerRun(200, ours)
			t.Logf("net/http %.0f, with transport %.0f", base, with)
			if with > base+5 {
				t.Errorf("%.0f allocations over net/http, want at most 5", with-base)
			}
		})
	}
}

// BenchmarkDo reports the time of a call as a multiple of bare net/http's in the same run.
func BenchmarkDo(b *testing.B) {
	for _, c := range overheadCases {
		b.Run(c.name, func(b *testing.B) {
			floor, ours := overheads(b, c.method, c.body)
			b.ReportAllocs()
			for b.Loop() {
				ours()
			}
			took := b.Elapsed()
			start := time.Now()
			for range b.N {
				floor()
			}
			b.ReportMetric(float64(took)/float64(time.Since(start)), "×floor")
		})
	}
}

const address = "https://api.example/v1/parcels"
