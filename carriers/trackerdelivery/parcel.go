package trackerdelivery

import (
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// kst is the zone that nearly all times come in; parsing into it saves making a zone per event.
var kst = time.FixedZone("KST", 9*60*60)

// history is what was read of one parcel: its newest page, with older ones put in front.
type history struct {
	track   *track
	raw     []string // the events' own JSON, that of lastEvent last; only with KeepRaw
	at      time.Time
	partial bool
}

// answered reports whether the courier said anything: events, none of them in so many words, or a last event. All of it missing
// is no "registered, nothing seen".
func (h *history) answered() bool {
	if h.track == nil {
		return false
	}
	return h.track.LastEvent.readable() || h.track.Events != nil && h.track.Events.Edges != nil
}

// is reports whether the answer is about the number that was asked for. The service echoes it (documented).
func (h *history) is(asked string) bool {
	echo := h.track.TrackingNumber
	return echo == "" || echo == asked || number.Normalize(echo) == number.Normalize(asked)
}

// parcel makes the parcel of a history. lastEvent is the verdict: the newest DELIVERED in the list's order, else the last
// event (documented). Where the list itself failed, it is the one scan we know.
func (c *Carrier) parcel(a *ask, h *history) *tracking.Parcel {
	told := &summarized{}
	p := &told.parcel
	*p = tracking.Parcel{
		Courier: a.query.Courier, Number: a.query.Number, Source: Name, RetrievedAt: h.at, Partial: h.partial,
	}
	last := h.track.LastEvent
	if last != nil && !last.readable() {
		last, p.Partial = nil, true
	}
	if h.track.Events != nil && h.track.Events.Edges != nil {
		p.Events = make([]tracking.Event, len(h.track.Events.Edges))
		n := 0
		for i := range h.track.Events.Edges {
			if e := h.track.Events.Edges[i].Node; e.readable() {
				c.read(a, e, i, h, &p.Events[n])
				n++
			} else {
				p.Partial = true
			}
		}
		p.Events = p.Events[:n]
	} else if p.Partial = true; last != nil {
		p.Events = make([]tracking.Event, 1)
		c.read(a, last, -1, h, &p.Events[0])
	}
	if last != nil {
		p.Verdicts = append(told.verdict[:0], c.verdict(a, last, h.at))
	}
	p.Settle(a.query.Context())
	return p
}

// summarized is a parcel and its only verdict, in one piece.
type summarized struct {
	parcel  tracking.Parcel
	verdict [1]tracking.Verdict
}

// read puts the event of position pos into out, which is empty: it is large, and there are many. A negative position means
// that it is lastEvent.
func (c *Carrier) read(a *ask, e *event, pos int, h *history, out *tracking.Event) {
	row, _ := c.config.Table.Map(a.mapped, e.Status.Code, e.Status.Name)
	out.Status, out.Sub, out.Reason, out.MapVersion = row.Status, row.Sub, row.Reason, c.config.Table.Version()
	out.At, out.Precision, out.Assumed = when(a.id, e.Time)
	out.Code = mask.Text(e.Status.Code, "")
	out.Text = mask.Text(e.Status.Name, a.query.Number)
	out.Note = mask.Text(e.Description, a.query.Number)
	out.Place = mask.Text(e.Location.Name, a.query.Number)
	out.Carrier, out.AnswerAt, out.Pos = Name, h.at, max(pos, 0)
	if pos < 0 {
		pos += len(h.raw)
	}
	if pos >= 0 && pos < len(h.raw) {
		out.Raw = h.raw[pos]
	}
}

func (c *Carrier) verdict(a *ask, e *event, answerAt time.Time) tracking.Verdict {
	row, _ := c.config.Table.Map(a.mapped, e.Status.Code, e.Status.Name)
	at, _, _ := when(a.id, e.Time)
	v := tracking.Verdict{
		Carrier: Name, Status: row.Status, Sub: row.Sub, Reason: row.Reason,
		Code: mask.Text(e.Status.Code, ""), Text: mask.Text(e.Status.Name, a.query.Number), AsOf: at, AnswerAt: answerAt,
	}
	if row.Status == tracking.StatusDelivered {
		v.DeliveredAt = at
	}
	return v
}

// when reads a time and says how much of it the courier really gave. The offset is kept as sent. Known to be weak, and not
// corrected: kr.lotte has 23:59:59 where there was no clock time, kr.yongmalogis has days only, un.upu.ems has the
// clock of a place unknown, labelled UTC (observed in the open-source server).
func when(id, text string) (at time.Time, precision tracking.Precision, assumed bool) {
	at, err := time.ParseInLocation(time.RFC3339Nano, text, kst)
	if err != nil || at.IsZero() {
		return time.Time{}, tracking.PrecisionNone, false
	}
	switch id {
	case "kr.yongmalogis":
		precision = tracking.PrecisionDay
	case "kr.lotte":
		if strings.Contains(text, "T23:59:59") {
			precision = tracking.PrecisionDay
		}
	case "un.upu.ems":
		assumed = true
	}
	return at, precision, assumed
}
