package poll

import (
	"cmp"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Lifetimes says when a watch ends. Zero fields mean the stated default; all are our decision.
type Lifetimes struct {
	Delivered       time.Duration // after delivery was first seen; 0 means 72 hours
	DeliveredChecks int           // answers that bore the delivery out by then, at least; 0 means 2
	Returned        time.Duration // without news of a returned parcel; 0 means 14 days. Lost ones likewise
	NotFound        time.Duration // without any data, from Since, else from when it was opened; 0 means 14 days
	Silence         time.Duration // without news; 0 means 30 days
	Age             time.Duration // since it was opened; 0 means 60 days
}

func (l Lifetimes) withDefaults() Lifetimes {
	const day = 24 * time.Hour
	l.Delivered = cmp.Or(l.Delivered, 3*day)
	l.DeliveredChecks = cmp.Or(l.DeliveredChecks, 2)
	l.Returned = cmp.Or(l.Returned, 14*day)
	l.NotFound = cmp.Or(l.NotFound, 14*day)
	l.Silence = cmp.Or(l.Silence, 30*day)
	l.Age = cmp.Or(l.Age, 60*day)
	return l
}

// End tells when the watch ends unless something new is seen, and why. There is always such a time: nothing is polled for
// ever. Of several reasons the soonest counts. While a carrier fails, silence and absence prove nothing and do not
// count; age does.
func (l Lifetimes) End(w Watch) (at time.Time, reason Reason) {
	l = l.withDefaults()
	at, reason = w.Opened.Add(l.Age), ReasonAge
	sooner := func(t time.Time, why Reason) {
		if t.Before(at) {
			at, reason = t, why
		}
	}
	news := latest(w.Changed, w.Opened)
	if w.Failures == 0 {
		sooner(news.Add(l.Silence), ReasonSilence)
		if !w.Known && w.NotFound > 0 { // a label that is old when it gets here is asked about once, too
			sooner(label(w).Add(l.NotFound), ReasonNotFound)
		}
	}
	if !w.Known || w.Settled.IsZero() {
		return at, reason
	}
	switch end(w.Parcel) {
	case ReasonCancelled:
		sooner(w.Settled, ReasonCancelled)
	case ReasonDelivered:
		if w.Checks >= l.DeliveredChecks {
			sooner(w.Settled.Add(l.Delivered), ReasonDelivered)
		}
	case ReasonReturned:
		sooner(latest(news, w.Settled).Add(l.Returned), ReasonReturned)
	case ReasonLost:
		sooner(latest(news, w.Settled).Add(l.Returned), ReasonLost)
	}
	return at, reason
}

// label is when the shipment began, as far as anybody said; of a watch that was opened again, when that was.
func label(w Watch) time.Time {
	if w.Since.IsZero() || w.Opened.After(w.Began) {
		return w.Opened
	}
	return w.Since
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// end gives the end at which a parcel stands, empty while it moves.
func end(s tracking.State) Reason {
	switch {
	case s.Status == tracking.StatusDelivered:
		return ReasonDelivered
	case s.Status == tracking.StatusReturned:
		return ReasonReturned
	case s.Status == tracking.StatusCancelled:
		return ReasonCancelled
	case s.Sub == tracking.SubLost:
		return ReasonLost
	}
	return ""
}
