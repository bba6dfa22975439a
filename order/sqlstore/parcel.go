package sqlstore

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/tracking"
)

// storableParcel gives a parcel as it would come back from the database, or an answer that is compared with what is kept
// would seem to say something else each time. A parcel that comes back as it is, as nearly all do, is not copied.
func storableParcel(p *tracking.Parcel) *tracking.Parcel {
	sound := true
	visit(p, func(s *string) { sound = sound && utf8.ValidString(*s) }, func(t *time.Time) { sound = sound && storableTime(*t) })
	if sound {
		return p
	}
	c := *p
	c.Events, c.Verdicts = slices.Clone(p.Events), slices.Clone(p.Verdicts)
	visit(&c, func(s *string) { *s = strings.ToValidUTF8(*s, "\ufffd") }, func(t *time.Time) {
		if !storableTime(*t) {
			*t = time.Time{}
		}
	})
	for i := range c.Events {
		if c.Events[i].At.IsZero() {
			c.Events[i].Precision = tracking.PrecisionNone
		}
	}
	return &c
}

// visit calls a function for every text, and one for every time.
func visit(p *tracking.Parcel, text func(*string), at func(*time.Time)) {
	text((*string)(&p.Courier))
	text(&p.Number)
	text((*string)(&p.Reason))
	text(&p.Source)
	text(&p.Window.Raw)
	for _, t := range [...]*time.Time{&p.DeliveredAt, &p.Window.Start, &p.Window.End, &p.Estimated, &p.RetrievedAt} {
		at(t)
	}
	for i := range p.Events {
		ev := &p.Events[i]
		for _, s := range [...]*string{(*string)(&ev.Reason), &ev.Code, &ev.Text, &ev.Note, &ev.Place, &ev.Carrier, &ev.MapVersion, &ev.Raw, (*string)(&ev.Door)} {
			text(s)
		}
		for _, t := range [...]*time.Time{&ev.At, &ev.Published, &ev.Seen, &ev.AnswerAt} {
			at(t)
		}
	}
	for i := range p.Verdicts {
		v := &p.Verdicts[i]
		for _, s := range [...]*string{&v.Carrier, (*string)(&v.Reason), &v.Code, &v.Text, (*string)(&v.Door)} {
			text(s)
		}
		for _, t := range [...]*time.Time{&v.AsOf, &v.AnswerAt, &v.Seen, &v.DeliveredAt} {
			at(t)
		}
	}
}

// storableTime reports whether JSON takes a time.
func storableTime(t time.Time) bool {
	year := t.Year()
	_, offset := t.Zone()
	return year >= 0 && year <= 9999 && offset > -24*60*60 && offset < 24*60*60
}
