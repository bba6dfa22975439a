// Package show prints what the example programs found: one JSON object per parcel and line for programs, and timelines for people.
package show

import (
	"encoding/json"
	"io"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// Record is one parcel as the programs print it with -json.
type Record struct {
	Carrier string   `json:"carrier"` // who answered; empty when nobody was asked
	Courier string   `json:"courier"` // our code where the directory has one, else as it was asked
	Number  string   `json:"number"`
	Status  string   `json:"status"` // empty when there is an error
	Events  []Event  `json:"events"` // oldest first, never null
	Error   *Failure `json:"error"`  // null when the parcel was answered
}

// Event is one scan of a Record.
type Event struct {
	Time   string `json:"time"` // RFC 3339, with the courier's filler where it gave a day alone; empty when it gave none
	Status string `json:"status"`
	Text   string `json:"text"`
	Place  string `json:"place"`
}

// Failure is why a parcel was not answered.
type Failure struct {
	Kind    string `json:"kind"` // the sentinel in snake case, such as not_found
	Message string `json:"message"`
}

// RecordOf makes a Record of a result.
func RecordOf(r tracking.Result) Record {
	code := r.Query.Courier
	if info, ok := courier.Lookup(string(code)); ok {
		code = info.Code
	}
	record := Record{
		Carrier: r.Carrier, Courier: string(code), Number: courier.Normalize(code, r.Query.Number), Events: []Event{},
	}
	if r.Err != nil {
		record.Error = &Failure{Kind: tracking.KindName(r.Err), Message: r.Err.Error()}
		return record
	}
	record.Status = r.Parcel.Status.String()
	for _, ev := range r.Parcel.Events {
		when := ""
		if !ev.At.IsZero() {
			when = ev.At.Format(time.RFC3339)
		}
		record.Events = append(record.Events, Event{Time: when, Status: ev.Status.String(), Text: ev.Text, Place: ev.Place})
	}
	return record
}

// JSON prints a result as one line.
func JSON(w io.Writer, r tracking.Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(RecordOf(r))
}
