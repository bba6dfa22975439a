package sqlstore_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// resident gives the bytes of memory that the process has, those that are not Go's included: SQLite has its own.
func resident(b *testing.B) int64 {
	b.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("no way to tell what memory the process has: ", err)
	}
	var size, pages int64
	if _, err := fmt.Fscan(strings.NewReader(string(text)), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// BenchmarkWatchesMemory claims and records, first among few open watches and then among many, and tells how much memory the
// process had at most after a round, with all garbage of Go collected: what grows with the number of watches would be there.
func BenchmarkWatchesMemory(b *testing.B) {
	answers := journey()
	most := func(open, rounds int) int64 {
		db := freshSQLite(b)()
		ws := made(b, db, engines[0]).Watches()
		fill(b, db, engines[0], open)
		now, peak := noon.Add(24*time.Hour), int64(0)
		for round := range rounds {
			claimed, err := ws.Claim(b.Context(), poll.ClaimRequest{Now: now, Carrier: "toy", Limit: 20, Lease: time.Minute})
			if err != nil || len(claimed) != 20 {
				b.Fatal(len(claimed), err)
			}
			for _, c := range claimed {
				p := *answers[round%len(answers)]
				p.Number = c.ID.Shipment.Number
				if _, err := ws.Record(b.Context(), poll.Report{ID: c.ID, Fence: c.Fence, Door: tracking.DoorPoll, Parcel: &p, At: now}, func(w poll.Watch, _ tracking.Gain) poll.Watch {
					w.Due = now.Add(48 * time.Hour)
					return w
				}); err != nil {
					b.Fatal(err)
				}
			}
			if round%20 == 0 {
				peak = max(peak, resident(b))
			}
		}
		return peak
	}
	for b.Loop() {
		few, many := most(*few, 200), most(*many, 200)
		b.ReportMetric(float64(few)/(1<<20), "few-MiB")
		b.ReportMetric(float64(many)/(1<<20), "many-MiB")
		b.ReportMetric(float64(many-few)/(1<<20), "more-MiB")
	}
}
