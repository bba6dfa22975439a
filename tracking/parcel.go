package tracking

import (
	"fmt"
	"strings"
	"time"
)

// Parcel is what a carrier says of one shipment, with the status derived from it. It names no sender and no
// recipient: tracking needs neither.
//
// A carrier fills Courier, Number, Events, Verdicts, Window, Estimated, Partial, Source, RetrievedAt and Cached,
// then calls [Parcel.Settle], which orders the events and derives the rest.
type Parcel struct {
	Courier Courier `json:"courier"`
	Number  string  `json:"number"`

	Status Status `json:"status"` // derived
	Sub    Sub    `json:"sub,omitempty"`
	Reason Reason `json:"reason,omitempty"`

	Events   []Event   `json:"events"`             // oldest first, as Derive orders them; duplicates of one answer removed
	Verdicts []Verdict `json:"verdicts,omitempty"` // the carrier's own summaries

	DeliveredAt time.Time `json:"delivered_at,omitzero"` // zero while not delivered, or when nobody says when
	Window      Window    `json:"window,omitzero"`       // the driver's time window, as announced
	Estimated   time.Time `json:"estimated,omitzero"`    // the provider's estimate of the delivery

	Partial bool   `json:"partial,omitempty"` // part of the history could not be read
	Doubts  Doubts `json:"doubts,omitempty"`  // what contradicts itself

	Source      string    `json:"source"`                // the carrier's name
	RetrievedAt time.Time `json:"retrieved_at,omitzero"` // when the provider answered
	Cached      bool      `json:"cached,omitempty"`      // the provider answered from its cache
}

// Event is one scan as the courier told it. Events are never edited, only appended; a newer answer may revise a
// description.
type Event struct {
	At        time.Time `json:"at,omitzero"` // when it happened, with a zone; zero when the courier gave no readable time
	Precision Precision `json:"precision,omitempty"`
	Assumed   bool      `json:"assumed_zone,omitempty"` // the zone is our assumption: the courier is foreign or did not say
	Published time.Time `json:"published,omitzero"`     // when the provider says it learnt of it; zero when unknown
	Seen      time.Time `json:"seen,omitzero"`          // when we first saw it; kept by stores
	Door      Door      `json:"door,omitempty"`         // by which door it came then; kept by stores
	MinLag    int       `json:"min_lag,omitempty"`      // it was published at least so many minutes after At, for its carrier still answered without it then; 0 when nobody knows; kept by stores

	Status Status `json:"status"`
	Sub    Sub    `json:"sub,omitempty"`
	Reason Reason `json:"reason,omitempty"`

	Code  string `json:"code,omitempty"`  // the provider's code for it
	Text  string `json:"text,omitempty"`  // the courier's own status words, scrubbed of names and phones
	Note  string `json:"note,omitempty"`  // the longer description, scrubbed; may be reworded from answer to answer
	Place string `json:"place,omitempty"` // branch or hub

	Carrier    string    `json:"carrier,omitempty"`     // which carrier brought it
	AnswerAt   time.Time `json:"answer_at,omitzero"`    // the newest answer that holds it
	Pos        int       `json:"pos,omitempty"`         // its position in that answer, oldest first
	Ordinal    int       `json:"ordinal,omitempty"`     // tells equal scans of one minute apart, counted within an answer
	MapVersion string    `json:"map_version,omitempty"` // which mapping table gave Status
	Parked     bool      `json:"parked,omitempty"`      // belongs to an earlier use of the number: shown, deciding nothing
	Raw        string    `json:"raw,omitempty"`         // the provider's own form, unscrubbed; only where the host asked for it
}

// Precision says how much of [Event.At] the courier really gave.
type Precision uint8

// The precisions. The zero value is an ordinary clock time.
const (
	PrecisionMinute Precision = iota // a clock time, to the minute or better
	PrecisionDay                     // a day only; At is its midnight or the courier's filler, and never counts as later than a clock time of that day
	PrecisionNone                    // no time at all: At is zero
)

var precisionNames = [...]string{"minute", "day", "none"}

// String gives minute, day or none.
func (p Precision) String() string {
	if int(p) < len(precisionNames) {
		return precisionNames[p]
	}
	return fmt.Sprintf("Precision(%d)", uint8(p))
}

// MarshalText writes minute, day or none.
func (p Precision) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Precision) UnmarshalText(text []byte) error {
	for i, name := range precisionNames {
		if name == string(text) {
			*p = Precision(i)
			return nil
		}
	}
	return fmt.Errorf("tracking: no precision %.40q", text)
}

// Verdict is a carrier's own summary of a parcel: "it is delivered", said apart from the scans, with the time it
// speaks of.
type Verdict struct {
	Carrier  string    `json:"carrier,omitempty"`
	Status   Status    `json:"status"`
	Sub      Sub       `json:"sub,omitempty"`
	Reason   Reason    `json:"reason,omitempty"`
	Code     string    `json:"code,omitempty"` // the provider's word
	Text     string    `json:"text,omitempty"` // the courier's status words, where the summary has some; scrubbed
	AsOf     time.Time `json:"as_of,omitzero"` // the time it speaks of; zero means the time of the answer
	AnswerAt time.Time `json:"answer_at,omitzero"`
	Seen     time.Time `json:"seen,omitzero"`  // when we first saw it; kept by stores
	Door     Door      `json:"door,omitempty"` // by which door it came then; kept by stores

	DeliveredAt time.Time `json:"delivered_at,omitzero"` // the provider's own delivery date, where it gives one
	Window      Window    `json:"window,omitzero"`       // the driver's, where the answer gave one beside its scans; Settle copies it from the parcel
	Doubts      Doubts    `json:"doubts,omitempty"`      // what the summary itself contradicts
	Parked      bool      `json:"parked,omitempty"`
}

// Doubts is a set of contradictions seen in the evidence. The zero value is none.
type Doubts uint16

// The doubts.
const (
	DoubtCancelled     Doubts = 1 << iota // cancelled, yet the parcel had moved
	DoubtMoved                            // cancelled or lost, yet it moves
	DoubtHeldDelivered                    // held after it was delivered
	DoubtDeliveredFlag                    // the carrier's delivered flag contradicts its own status
	DoubtNoSummary                        // a delivered scan that the carrier's summary does not bear out
	DoubtInferred                         // the return is inferred from the route, not told
)

var doubtNames = [...]string{
	"cancelled_after_moving", "moved_after_end", "held_after_delivery", "delivered_flag_contradicts",
	"delivered_scan_without_summary", "return_inferred",
}

// Has reports whether every doubt of x is in d.
func (d Doubts) Has(x Doubts) bool { return d&x == x }

// List gives the names of the doubts, in a fixed order.
func (d Doubts) List() []string {
	var names []string
	for i, name := range doubtNames {
		if d&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String gives the names, separated by commas.
func (d Doubts) String() string { return strings.Join(d.List(), ",") }

// MarshalText writes what String gives.
func (d Doubts) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Doubts) UnmarshalText(text []byte) error {
	*d = 0
	if len(text) == 0 {
		return nil
	}
next:
	for name := range strings.SplitSeq(string(text), ",") {
		for i, known := range doubtNames {
			if known == name {
				*d |= 1 << i
				continue next
			}
		}
		return fmt.Errorf("tracking: no doubt %.40q", name)
	}
	return nil
}
