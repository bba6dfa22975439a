package sweettracker

import (
	"strconv"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// The two levels that mean something by themselves (documented, but for 0: observed). 1 to 5 are rows of the
// status table.
const (
	levelNothing   = 0 // nothing at the courier yet
	levelDelivered = 6 // 배송완료
)

// reader turns answers into parcels.
type reader struct {
	table   *statusmap.Table
	version string
	keepRaw bool
}

// parcel reads one answer to q, whose number is normalised.
func (r *reader) parcel(q tracking.Query, a *answer, at time.Time) *tracking.Parcel {
	told := &summarized{}
	p := &told.parcel
	*p = tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: Name, RetrievedAt: at, Partial: a.partial}
	draft := draft{parcel: p, verdicts: told.verdict[:0], answer: a, at: at}
	scans := a.scans()
	p.Events = make([]tracking.Event, len(scans))
	n := 0
	for i := range scans {
		if !scans[i].empty() {
			r.read(&draft, &scans[i], n)
			n++
		}
	}
	p.Events = p.Events[:n]
	r.addVerdict(&draft)
	draft.readEstimate()
	p.Settle(q.Context())
	return p
}

// summarized is a parcel and its only verdict, in one piece.
type summarized struct {
	parcel  tracking.Parcel
	verdict [1]tracking.Verdict
}

// draft is a parcel under construction.
type draft struct {
	parcel   *tracking.Parcel
	verdicts []tracking.Verdict // room for one
	answer   *answer
	at       time.Time // of the answer
	newest   time.Time // of the dated scans
	onVan    time.Time // of the newest out-for-delivery scan
	unborne  bool      // a delivered scan that the summary does not bear out
}

// read fills in the parcel's event of position pos, which is empty.
func (r *reader) read(d *draft, s *scan, pos int) {
	e := &d.parcel.Events[pos]
	r.event(e, d.parcel, s, pos)
	// A summary that does not say delivered outranks its own scans: the van has it, as far as we may believe.
	if e.Status == tracking.StatusDelivered && !d.answer.delivered() {
		e.Status, e.Sub, d.unborne = tracking.StatusOutForDelivery, tracking.SubNone, true
	}
	d.note(e)
}

// event fills in an empty event, in its place: it is large, and there are many. Answers and callbacks are read alike, for
// one scan that comes by both doors must be one event.
func (r *reader) event(e *tracking.Event, p *tracking.Parcel, s *scan, pos int) {
	when := s.when(p.Courier)
	e.At, e.Precision, e.Assumed = when.at, when.precision, when.assumed
	e.Code = scanLevel(s.Level)
	row, _ := r.table.Map(p.Courier, e.Code, s.Kind)
	e.Status, e.Sub, e.Reason, e.MapVersion = row.Status, row.Sub, row.Reason, r.version
	e.Text, e.Place, e.Raw = shown(s.Kind, p.Number), shown(s.Where, p.Number), s.raw
	e.Carrier, e.AnswerAt, e.Pos = Name, p.RetrievedAt, pos
}

// note remembers what the times of all scans together say.
func (d *draft) note(e *tracking.Event) {
	if e.At.After(d.newest) {
		d.newest = e.At
	}
	if e.Status == tracking.StatusOutForDelivery && e.At.After(d.onVan) {
		d.onVan = e.At
	}
}

// addVerdict adds what the summary says, as of the newest dated scan (without one: as of the answer).
func (r *reader) addVerdict(d *draft) {
	v := tracking.Verdict{Carrier: Name, AsOf: d.newest, AnswerAt: d.at}
	switch a := d.answer; {
	case a.delivered():
		v.Status, v.Code = tracking.StatusDelivered, strconv.Itoa(levelDelivered)
	case a.Result == "N", a.Level == levelNothing:
		v.Status, v.Code = tracking.StatusPending, strconv.Itoa(levelNothing)
	case a.Level == levelAbsent && !d.unborne:
		return
	case a.Level == levelAbsent: // says nothing, but the doubt below needs a place
	default:
		v.Code = strconv.Itoa(a.Level)
		row, _ := r.table.Map(d.parcel.Courier, v.Code, "")
		v.Status, v.Sub, v.Reason = row.Status, row.Sub, row.Reason
	}
	if d.unborne {
		v.Doubts = tracking.DoubtNoSummary
	}
	d.parcel.Verdicts = append(d.verdicts, v)
}

// readEstimate reads the estimate: a window of the day on which the parcel is on the van, or a date. It goes before
// a window in a scan's text, which Settle finds.
func (d *draft) readEstimate() {
	estimate := strings.TrimSpace(d.answer.Estimate)
	if estimate == "" {
		return
	}
	day := d.at
	switch {
	case !d.onVan.IsZero():
		day = d.onVan
	case !d.newest.IsZero():
		day = d.newest
	}
	if window, ok := tracking.ParseWindow(estimate, day); ok {
		d.parcel.Window = window
	} else if at, ok := parseClock(estimate); ok {
		d.parcel.Estimated = at
	} else if at, ok := parseDay(estimate); ok {
		d.parcel.Estimated = at
	}
}

// scanLevel writes the level of a scan as the status table knows it. 0 means that the scan has none.
func scanLevel(level int) string {
	if level == levelNothing {
		return ""
	}
	return strconv.Itoa(level)
}

// longestText bounds what a courier's words take up in an event, in characters.
const longestText = 500

// shown makes a courier's words fit to be kept: one line, for drivers' windows come with line breaks inside the status
// words (observed), and without phones and labelled names.
func shown(words, own string) string { return mask.Line(mask.Text(words, own), longestText) }
