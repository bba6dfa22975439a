package deliveryapi

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// trackingData is what the provider tells of one parcel: in answers to trace, in results, and in pushes (documented). The
// names, addresses and phone numbers that it also holds are not read.
type trackingData struct {
	TrackingNumber     string     `json:"trackingNumber"`
	CourierCode        string     `json:"courierCode"`
	DeliveryStatus     string     `json:"deliveryStatus"`
	DeliveryStatusText string     `json:"deliveryStatusText"`
	IsDelivered        bool       `json:"isDelivered"`
	DateDelivered      string     `json:"dateDelivered"`
	DateEstimated      string     `json:"dateEstimated"`
	DateLastProgress   string     `json:"dateLastProgress"`
	Progresses         []progress `json:"progresses"`
	Billable           *bool      `json:"billable"`

	partial bool // scans were left out because they could not be read
}

// progress is one scan.
type progress struct {
	DateTime    string `json:"dateTime"`
	Location    string `json:"location"`
	Status      string `json:"status"`      // the courier's own words
	StatusCode  string `json:"statusCode"`  // one of the twelve; may be missing
	Description string `json:"description"` // can hold a driver's name and number

	raw string // kept by the loose decoder only
}

// looseTracking decodes a parcel scan by scan: one that cannot be read is left out and the parcel is partial.
func looseTracking(raw json.RawMessage) (*trackingData, error) {
	var loose struct {
		trackingData
		Progresses []json.RawMessage `json:"progresses"`
	}
	if err := json.Unmarshal(raw, &loose); err != nil {
		return &loose.trackingData, err
	}
	data := &loose.trackingData
	data.Progresses = make([]progress, 0, len(loose.Progresses))
	for _, one := range loose.Progresses {
		var scan progress
		if json.Unmarshal(one, &scan) != nil || string(one) == "null" {
			data.partial = true
			continue
		}
		scan.raw = string(one)
		data.Progresses = append(data.Progresses, scan)
	}
	return data, nil
}

// mapping puts what the provider tells into our form. Answers and pushes take the same road, so that they are the same evidence.
type mapping struct {
	name  string // of whoever brings it
	table *statusmap.Table
	raw   bool // fill Event.Raw
}

func newMapping(name string, table *statusmap.Table, raw bool) mapping {
	if table == nil {
		table = statusmap.DeliveryAPI()
	}
	return mapping{name, table, raw}
}

// parcel gives what the provider tells in our form, not yet settled. q is in normal form, at is the time of the answer.
func (m *mapping) parcel(data *trackingData, q tracking.Query, at time.Time) *tracking.Parcel {
	r := reader{
		carrier: m.name, table: m.table, version: m.table.Version(), raw: m.raw,
		courier: q.Courier, number: q.Number, foreign: foreign(data.CourierCode), at: at,
	}
	if code, ok := courier.ToProvider(provider, q.Courier); ok {
		r.foreign = r.foreign || foreign(code)
	}
	told := &summarized{}
	p := &told.parcel
	*p = tracking.Parcel{
		Courier: q.Courier, Number: q.Number, Events: r.events(data.Progresses),
		Estimated: parseTime(data.DateEstimated, kst).at, Partial: data.partial, Source: m.name, RetrievedAt: at,
	}
	p.Window = window(p.Events, data.DateEstimated)
	if v, ok := r.summary(data); ok {
		p.Verdicts = append(told.verdict[:0], v)
	}
	return p
}

// summarized is a parcel and its only verdict, in one piece.
type summarized struct {
	parcel  tracking.Parcel
	verdict [1]tracking.Verdict
}

// foreign reports whether a code is that of a foreign courier, whose times may be of another zone: those have a
// country and a dot in front.
func foreign(code string) bool {
	country, _, dotted := strings.Cut(code, ".")
	return dotted && !strings.EqualFold(country, "kr")
}

// reader turns the scans and the summary of one parcel into evidence.
type reader struct {
	carrier string
	table   *statusmap.Table
	version string
	raw     bool
	courier tracking.Courier
	number  string
	foreign bool
	at      time.Time
}

// events gives the scans, oldest first. Both orders are reported, so the times decide which it is: a list whose first
// readable time is later than its last is turned round. What is out of order beyond that stays as it came; Settle
// puts it right.
func (r *reader) events(scans []progress) []tracking.Event {
	if len(scans) == 0 {
		return nil
	}
	events := make([]tracking.Event, len(scans))
	for i := range scans {
		r.read(&scans[i], &events[i])
	}
	if newestFirst(events) {
		for i, j := 0, len(events)-1; i < j; i, j = i+1, j-1 {
			events[i], events[j] = events[j], events[i]
		}
	}
	for i := range events {
		events[i].Pos = i
	}
	return events
}

func newestFirst(events []tracking.Event) bool {
	var first, last time.Time
	for i := range events {
		if at := events[i].At; !at.IsZero() {
			if first.IsZero() {
				first = at
			}
			last = at
		}
	}
	return first.After(last)
}

// read fills in e, which is empty: an event is large, and there are many.
func (r *reader) read(scan *progress, e *tracking.Event) {
	row, _ := r.table.Map(r.courier, scan.StatusCode, scan.Status)
	e.Status, e.Sub, e.Reason, e.MapVersion = row.Status, row.Sub, row.Reason, r.version
	when := parseTime(scan.DateTime, kst)
	e.At, e.Assumed = when.at, r.foreign && !when.zoned && !when.at.IsZero()
	e.Code = mask.Text(scan.StatusCode, "")
	e.Text = mask.Text(trimmed(scan.Status), r.number)
	e.Note = mask.Text(trimmed(scan.Description), r.number)
	e.Place = mask.Text(trimmed(scan.Location), r.number)
	e.Carrier, e.AnswerAt = r.carrier, r.at
	switch {
	case when.at.IsZero():
		e.Precision = tracking.PrecisionNone
	case when.day:
		e.Precision = tracking.PrecisionDay
	}
	if r.raw {
		e.Raw = scan.raw
	}
}

// trimmed is strings.TrimSpace, but cheap where a text begins and ends with Hangul: no space has a first byte like it.
func trimmed(text string) string {
	const first, size = '\xea', len("가")
	if n := len(text); n >= size && text[0] >= first && text[n-size] >= first {
		return text
	}
	return strings.TrimSpace(text)
}

// summary gives the provider's verdict, which deliveryStatus is, with its times. False means that there is none.
func (r *reader) summary(data *trackingData) (tracking.Verdict, bool) {
	v, ok := r.verdict(data.DeliveryStatus, data.DeliveryStatusText, data.IsDelivered)
	if !ok {
		return v, false
	}
	v.AsOf = parseTime(data.DateLastProgress, kst).at
	if v.Status == tracking.StatusDelivered {
		v.DeliveredAt = parseTime(data.DateDelivered, kst).at
		if !v.DeliveredAt.IsZero() {
			v.AsOf = v.DeliveredAt
		}
	}
	return v, true
}

// verdict judges status and flag together. False means that the provider gave no summary.
func (r *reader) verdict(code, text string, flag bool) (tracking.Verdict, bool) {
	if strings.TrimSpace(code) == "" && !flag {
		return tracking.Verdict{}, false
	}
	text = trimmed(text)
	row, known := r.table.Map(r.courier, code, text)
	v := tracking.Verdict{
		Carrier: r.carrier, AnswerAt: r.at, Status: row.Status, Sub: row.Sub, Reason: row.Reason,
		Code: mask.Text(code, ""), Text: mask.Text(text, r.number),
	}
	if !flag || known && row.Status == tracking.StatusDelivered {
		return v, true
	}
	switch row.Status {
	case tracking.StatusFailed, tracking.StatusHold, tracking.StatusReturned, tracking.StatusCancelled:
		v.Doubts |= tracking.DoubtDeliveredFlag
	default:
		v.Status, v.Sub, v.Reason = tracking.StatusDelivered, tracking.SubNone, ""
	}
	return v, true
}

// window finds the driver's time window: in the newest scan out for delivery that has one, else in the estimate.
func window(events []tracking.Event, estimate string) tracking.Window {
	var day time.Time
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.At.IsZero() || e.Status != tracking.StatusOutForDelivery {
			continue
		}
		if day.IsZero() {
			day = e.At
		}
		for _, text := range [...]string{e.Text, e.Note} {
			if w, ok := tracking.ParseWindow(text, e.At); ok {
				return w
			}
		}
	}
	if day.IsZero() || estimate == "" {
		return tracking.Window{}
	}
	w, _ := tracking.ParseWindow(estimate, day)
	return w
}
