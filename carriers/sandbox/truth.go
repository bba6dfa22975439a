package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// Truth is what the sources have published about shipments, in a form that a program can write of what it believes
// too, so that the two can be compared. Orders and actions have no part in it: the world knows parcels only.
type Truth struct {
	Shipments []Shipment `json:"shipments"`
}

// Shipment is the truth about one use of a waybill number.
type Shipment struct {
	Courier     tracking.Courier `json:"courier"`
	Number      string           `json:"number"`
	Generation  int              `json:"generation"` // 1 for the first use of the number
	Status      tracking.Status  `json:"status"`
	Sub         tracking.Sub     `json:"sub,omitempty"`
	DeliveredAt time.Time        `json:"delivered_at,omitzero"`
	Events      []TruthEvent     `json:"events"`
}

// TruthEvent is one published scan. A scan that the courier published and withdrew again is not in the truth.
type TruthEvent struct {
	At        time.Time       `json:"at,omitzero"` // zero for a scan shown without a time, midnight for one with its day alone
	Published time.Time       `json:"published"`
	Status    tracking.Status `json:"status"`
	Sub       tracking.Sub    `json:"sub,omitempty"`
	Code      string          `json:"code,omitempty"`
	Text      string          `json:"text"`
	Place     string          `json:"place,omitempty"`
}

// Truth tells what has been published of a number so far, one shipment per use of it that the courier knows by now,
// oldest first. There are none when there is no data.
//
// The status comes from the script, not from the code under test: each scan says what it truly means, and what is not
// yet published is not true yet. A repeated scan is one event.
func (w *World) Truth(c tracking.Courier, number string) Truth {
	now := w.clock.Now()
	truth := Truth{Shipments: []Shipment{}}
	for i, p := range w.uses(c, number) {
		if p.known(now) {
			truth.Shipments = append(truth.Shipments, p.truth(i+1, now))
		}
	}
	return truth
}

// Everything tells the truth about every number that was added, ordered by courier, number and generation. What a
// [Population] would say is not in it.
func (w *World) Everything() Truth {
	w.mu.Lock()
	keys := make([]key, 0, len(w.parcels))
	for k := range w.parcels {
		keys = append(keys, k)
	}
	w.mu.Unlock()
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.courier, b.courier), cmp.Compare(a.number, b.number))
	})
	all := Truth{Shipments: []Shipment{}}
	for _, k := range keys {
		all.Shipments = append(all.Shipments, w.Truth(k.courier, k.number).Shipments...)
	}
	return all
}

func (p Parcel) truth(generation int, now time.Time) Shipment {
	scans := p.shown(now)
	s := Shipment{Courier: p.Courier, Number: p.Number, Generation: generation, Events: []TruthEvent{}}
	s.Status, s.Sub, s.DeliveredAt = settle(scans)
	for _, scan := range scans {
		if scan.Stray {
			continue
		}
		event := TruthEvent{
			At: scan.At, Published: scan.published(), Status: scan.Status, Sub: scan.Sub,
			Code: scan.Code, Text: scan.Text, Place: scan.Place,
		}
		switch {
		case scan.Undated:
			event.At = time.Time{}
		case scan.DayOnly:
			event.At = midnight(scan.At)
		}
		if !slices.ContainsFunc(s.Events, event.same) {
			s.Events = append(s.Events, event)
		}
	}
	return s
}

// same reports whether two events are one scan that was shown twice.
func (e TruthEvent) same(o TruthEvent) bool {
	return e.At.Equal(o.At) && e.Status == o.Status && e.Text == o.Text && e.Place == o.Place
}

// settle folds the meanings of scans into a status: the furthest stage reached, trouble until it moves again, an end
// for good. It is deliberately simpler than tracking.Derive, because a script says what its scans mean.
func settle(scans []Scan) (status tracking.Status, sub tracking.Sub, delivered time.Time) {
	status = tracking.StatusPending
	ordered := slices.Clone(scans)
	slices.SortStableFunc(ordered, func(a, b Scan) int { return a.At.Compare(b.At) })
	for _, scan := range ordered {
		if scan.Stray || !moves(status, sub, scan) {
			continue
		}
		if scan.Status == tracking.StatusDelivered && delivered.IsZero() && !scan.Undated {
			delivered = scan.At
		}
		if scan.Status == tracking.StatusReturned {
			delivered = time.Time{}
		}
		status, sub = scan.Status, scan.Sub
	}
	return status, sub, delivered
}

// believed gives the scans that a source sums up: it takes a stray one for the parcel's own as long as there is no other.
func believed(scans []Scan) []Scan {
	if slices.ContainsFunc(scans, func(s Scan) bool { return !s.Stray }) {
		return scans
	}
	own := slices.Clone(scans)
	for i := range own {
		own[i].Stray = false
	}
	return own
}

// moves reports whether a shipment in this state takes what the scan means.
func moves(status tracking.Status, sub tracking.Sub, scan Scan) bool {
	const first, last = tracking.StatusPending, tracking.StatusDelivered
	ranked := scan.Status >= first && scan.Status <= last
	switch {
	case scan.Status == tracking.StatusUnknown:
		return status == tracking.StatusPending // says at least that there is something
	case status == tracking.StatusReturned && sub != tracking.SubReturning:
		return false
	case status == tracking.StatusReturned, status == tracking.StatusDelivered:
		return scan.Status == tracking.StatusReturned || scan.CallsOff
	case status == tracking.StatusFailed, status == tracking.StatusHold, status == tracking.StatusCancelled:
		return !ranked || scan.Status >= tracking.StatusInTransit
	default:
		return !ranked || scan.Status >= status
	}
}

// serveTruth answers /truth/{courier}/{number}; the courier may be ours or any provider's.
func (w *World) serveTruth(rw http.ResponseWriter, r *http.Request) {
	code := tracking.Courier(r.PathValue("courier"))
	if info, ok := courier.Lookup(string(code)); ok {
		code = info.Code
	}
	number := courier.Normalize(code, strings.TrimSpace(r.PathValue("number")))
	writeJSON(rw, http.StatusOK, w.Truth(code, number))
}
