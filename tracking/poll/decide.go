package poll

import (
	"errors"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	firstBackOff   = 5 * time.Minute // after the first failure in a row; doubles
	longestBackOff = 6 * time.Hour
	longestUnclear = 24 * time.Hour // while a carrier hides whether it has no data
	carrierPause   = time.Hour      // until a carrier that refuses us, or does not say when its quota ends, is tried again
	briefPause     = time.Minute
)

// rules turn what became of an ask into what becomes of the watch. They are pure.
type rules struct {
	policy Policy
	lives  Lifetimes
}

// opened gives a watch as it begins, or begins again, at now.
func (r rules) opened(w Watch, now time.Time) Watch {
	w.Life, w.Reason = Active, ""
	w.Opened = now
	w = w.due(Plan{At: now, Why: Why{Ground: GroundOpened}})
	w.NotFound, w.Failures, w.LastFailure, w.Checks = 0, 0, "", 0
	if w.Began.IsZero() {
		w.Began = now
	}
	if !w.Settled.IsZero() {
		w.Settled = now
	}
	return w
}

// answered is for an ask that the carrier answered, with data or without.
func (r rules) answered(w Watch, gain tracking.Gain, found bool, now time.Time) Watch {
	w.Asked = now
	w.Failures, w.LastFailure = 0, ""
	if found {
		w.NotFound = 0
		w = settled(w, gain, now)
		if !w.Settled.IsZero() && !w.Settled.Equal(now) {
			w.Checks++
		}
	} else {
		w.NotFound++
	}
	if w.ID.Role == Confirm {
		return closed(w, ReasonHost, now)
	}
	return r.planned(w, now)
}

// pushed is for what a provider told by itself.
func (r rules) pushed(w Watch, gain tracking.Gain, now time.Time) Watch {
	if !gain.News() {
		return w
	}
	w = settled(w, gain, now)
	w.NotFound = 0
	switch {
	case w.reopens():
		w = r.opened(w, now)
	case w.Life != Active:
		return w
	}
	return r.planned(w, now)
}

// reopens reports whether news opens a watch again: one that the host closed stays so, and in the place of one that was moved
// another is asked.
func (w Watch) reopens() bool {
	return w.Life == Closed && w.Reason != ReasonHost && w.Reason != ReasonMoved
}

// settled notes signs of life, and since when the parcel has stood at its end. Other words for what was known are no sign of life: they
// may alternate for ever, such as where a push and an answer word a scan differently.
func settled(w Watch, gain tracking.Gain, now time.Time) Watch {
	if gain.Events > 0 || gain.Verdicts > 0 {
		w.Changed = now
	}
	switch stands := end(w.Parcel); {
	case stands == "":
		w.Settled, w.SettledAs, w.Checks = time.Time{}, "", 0
	case w.Settled.IsZero() || stands != w.SettledAs:
		w.Settled, w.SettledAs, w.Checks = now, stands, 0
	}
	return w
}

// planned gives the watch its next time, or ends it.
func (r rules) planned(w Watch, now time.Time) Watch {
	at, reason := r.end(w, now)
	if !at.After(now) {
		return closed(w, reason, now)
	}
	plan := r.plan(w, now)
	if at.Before(plan.At) {
		plan = Plan{At: at, Why: Why{Ground: GroundEnd, End: reason}}
	}
	return w.due(plan)
}

// due keeps the watch as it is, but for when it is asked.
func (w Watch) due(p Plan) Watch {
	w.Due, w.Why, w.Early = p.At, p.Why.cut(), p.Early
	return w
}

// plan asks the policy. One that panics, or never comes to a time, does not stop a watch silently.
func (r rules) plan(w Watch, now time.Time) (plan Plan) {
	defer func() {
		if recover() != nil || plan.At.IsZero() {
			plan = Plan{At: now.Add(carrierPause), Why: Why{Ground: GroundPolicy}}
		}
	}()
	return r.policy.Next(w, now)
}

func closed(w Watch, reason Reason, now time.Time) Watch {
	w.Life, w.Reason = Closed, reason
	return w.due(Plan{At: now})
}

func paused(w Watch, reason Reason, now time.Time) Watch {
	w.Life, w.Reason = Paused, reason
	return w.due(Plan{At: now})
}

// again keeps the watch as it is, to be asked at a time that is nobody's failure.
func again(w Watch, at time.Time, why Why) Watch {
	return w.due(Plan{At: at, Why: why})
}

// failed is for an ask that failed in a way that is the watch's own affair.
func (r rules) failed(w Watch, err error, now time.Time) Watch {
	w.LastFailure = tracking.KindName(err)
	var e *tracking.Error
	if !errors.As(err, &e) {
		e = &tracking.Error{Kind: tracking.ErrProtocol}
	}
	switch e.Kind {
	case tracking.ErrInvalidNumber, tracking.ErrUnsupportedCourier, tracking.ErrInvalidRequest, tracking.ErrConflict, tracking.ErrUnsupported:
		w.Failures++
		return paused(w, ReasonInvalid, now)
	case tracking.ErrCredentials, tracking.ErrForbidden:
		w.Failures++
		return paused(w, ReasonCredentials, now)
	case tracking.ErrDailyCap:
		return again(w, morning(w, now), Why{Ground: GroundDailyCap})
	}
	w.Failures++
	var due time.Time
	var why Why
	switch {
	case e.Masked: // perhaps there is no data, and nobody says so: a few tries, further and further apart
		plan := r.plan(w, now)
		wait := plan.At.Sub(now)
		for n := 1; n < w.Failures && wait < longestUnclear; n++ {
			wait = min(2*wait, longestUnclear)
		}
		due, why = now.Add(wait), Why{Ground: GroundHidden, Count: w.Failures}
	case e.Kind != tracking.ErrUpstream, e.Retry == tracking.RetrySlow: // its normal time
		plan := r.plan(w, now)
		due, why = plan.At, plan.Why
	default:
		wait := longestBackOff
		if n := w.Failures - 1; n < 16 {
			wait = min(firstBackOff<<n, longestBackOff)
		}
		wait = max(spread(wait, w), e.Wait)
		due, why = now.Add(wait), Why{Ground: GroundFailure, Count: w.Failures}
	}
	at, reason := r.end(w, now)
	switch {
	case !at.After(now):
		return closed(w, reason, now)
	case at.Before(due):
		return again(w, at, Why{Ground: GroundEnd, End: reason})
	default:
		return again(w, due, why)
	}
}
