package report

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Input is what a report is made from.
type Input struct {
	// From and To are the period: From is in it, To is not. [Days] gives one of whole Korean days.
	From, To time.Time

	// Now is when the shipments are as they are given; open parcels are as old as they are then.
	Now time.Time

	// Shipments gives, in any order, every shipment that was shipped in the period or had its delivery or out-for-delivery in it,
	// and every one that is open, however old: the oldest are what matters. Others do no harm. An error ends the report. It is
	// read once, on the goroutine of the caller.
	Shipments iter.Seq2[Shipment, error]

	Usage []Usage // what carriers were asked in the period; entries of one carrier are added up
	Words []Word  // unmapped words; entries of one word are added up
}

// Usage is what asking one carrier took.
type Usage struct {
	Carrier string
	Calls   int64
	Asked   int64 // parcels asked about by these calls
	Won     int64
}

// Word is a courier's word that is in no table, with how often it came. Its text has to be scrubbed, as events' texts are.
type Word struct {
	Count   int64            `json:"count"`
	Carrier string           `json:"carrier,omitempty"`
	Courier tracking.Courier `json:"courier,omitempty"`
	Text    string           `json:"text"`
}

// validate reports every fault at once.
func (in *Input) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("report: "+format, args...)) }
	if !in.From.Before(in.To) {
		fault("the period ends at %s, not after it begins at %s", in.To.Format(time.RFC3339), in.From.Format(time.RFC3339))
	}
	if in.Now.IsZero() {
		fault("Now is missing")
	}
	if in.Shipments == nil {
		fault("Shipments is missing")
	}
	for _, u := range in.Usage {
		if u.Calls < 0 || u.Asked < 0 || u.Won < 0 {
			fault("usage of %.40q is negative", u.Carrier)
		}
	}
	for _, w := range in.Words {
		if w.Count < 0 {
			fault("the count of a word of %.40q is negative", w.Carrier)
		}
	}
	return errors.Join(faults...)
}

// within reports whether t is known and in the period.
func (in *Input) within(t time.Time) bool {
	return !t.IsZero() && !t.Before(in.From) && t.Before(in.To)
}
