package trackerdelivery

import (
	"encoding/json"
	"testing"

	"github.com/waybill-dev/waybill/tracking"
)

// TestAllocations bounds what one Track allocates besides the transport and the typed decode.
func TestAllocations(t *testing.T) {
	fixture := allExchanges(t)["managed-track-delivered"]
	resp := fixture.response()
	carrier := managed(replies(fixture.reply()))
	query := tracking.Query{Courier: "cj", Number: "000000000000"}
	decode := testing.AllocsPerRun(100, func() {
		var got answer[tracks]
		if err := json.Unmarshal(resp.Body, &got); err != nil {
			t.Fatal(err)
		}
	})
	ctx := t.Context()
	all := testing.AllocsPerRun(100, func() {
		results := make([]tracking.Result, 1)
		a, err := prepare(Name, opQuery, ModeManaged, query)
		if err != nil {
			t.Fatal(err)
		}
		a.result = &results[0]
		q := asked{a}
		if _, err := carrier.line.keys.authorize(ctx); err != nil {
			t.Fatal(err)
		}
		_ = carrier.trackBody(&a)
		var got answer[tracks]
		if err := got.read(resp); err != nil {
			t.Fatal(err)
		}
		carrier.settle(ctx, q, 0, &got)
		if results[0].Err != nil {
			t.Fatal(results[0].Err)
		}
	})
	if own := all - decode; own > 16 {
		t.Errorf("%v allocations of our own besides %v of the decode, want at most 16", own, decode)
	}
}

func BenchmarkTrack(b *testing.B) {
	fixture := allExchanges(b)["managed-track-delivered"]
	carrier := managed(replies(fixture.reply()))
	queries := []tracking.Query{{Courier: "cj", Number: "000000000000"}}
	b.ReportAllocs()
	for b.Loop() {
		if results, err := carrier.Query(b.Context(), queries); err != nil || results[0].Err != nil {
			b.Fatal(err, results)
		}
	}
}
