package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// Progress shows how the days go by: in place on a terminal, and otherwise a line for each day.
type progress struct {
	out      io.Writer // nil: nobody watches
	inPlace  bool
	language report.Language

	mu      sync.Mutex
	parcels map[poll.ShipmentID]report.Bucket
	shown   string // the day of the last line
}

func newProgress(out io.Writer, language report.Language) *progress {
	file, ok := out.(*os.File)
	return &progress{
		out: out, language: language, parcels: map[poll.ShipmentID]report.Bucket{},
		inPlace: ok && term.IsTerminal(int(file.Fd())),
	}
}

// recorded is called for every answer and push.
func (p *progress) recorded(r poll.Recorded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket := report.BucketWaiting
	if r.After.Known {
		bucket = report.BucketOf(r.After.Parcel.Status)
	}
	p.parcels[r.After.ID.Shipment] = bucket
}

// show tells where the parcels stand.
func (p *progress) show(now time.Time, done fulfill.Stats) {
	if p.out == nil {
		return
	}
	calls := int64(0)
	for _, s := range done.Polls {
		calls += s.Calls
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	day := now.In(kst).Format("01/02 Mon")
	if !p.inPlace && day == p.shown {
		return
	}
	p.shown = day
	counts := map[report.Bucket]int{}
	for _, b := range p.parcels {
		counts[b]++
	}
	var stands []string
	for _, b := range report.Buckets() {
		if n := counts[b]; n > 0 {
			stands = append(stands, fmt.Sprintf("%s %d", p.name(b), n))
		}
	}
	when := day
	if p.inPlace {
		when = now.In(kst).Format("01/02 Mon 15:04")
	}
	line := fmt.Sprintf("%s  %4d parcels: %s; %d calls, %d facts applied", when, len(p.parcels), strings.Join(stands, ", "), calls, done.Applied)
	if p.language == report.Korean {
		line = fmt.Sprintf("%s  운송장 %4d: %s; 조회 %d, 반영 %d", when, len(p.parcels), strings.Join(stands, ", "), calls, done.Applied)
	}
	if p.inPlace {
		fmt.Fprintf(p.out, "\r%s\x1b[K", line)
	} else {
		fmt.Fprintln(p.out, line)
	}
}

func (p *progress) name(b report.Bucket) string {
	if p.language == report.Korean {
		return b.Korean()
	}
	return strings.ReplaceAll(string(b), "_", " ")
}

// done clears the line.
func (p *progress) done() {
	if p.out != nil && p.inPlace {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
