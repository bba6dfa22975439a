package poll

import "time"

// A Stopping policy knows from when on asking about a parcel is not worth it unless something new is seen. The watch is closed
// then, with [ReasonNotWorth], if its [Lifetimes] do not end it sooner; a push opens it again, and the parcel keeps its status.
//
// It is not asked about watches that fail: while nobody answers, silence proves nothing.
type Stopping interface {
	Policy

	// Stop tells when the watch ends unless something new is seen; the zero time where nothing speaks for an end, or not yet. It is
	// pure, and is called whenever a watch is claimed or planned.
	Stop(w Watch, now time.Time) time.Time
}

// end tells when a watch ends unless something new is seen, and why.
func (r rules) end(w Watch, now time.Time) (at time.Time, reason Reason) {
	at, reason = r.lives.End(w)
	if stop := r.stop(w, now); !stop.IsZero() && stop.Before(at) {
		return stop, ReasonNotWorth
	}
	return at, reason
}

// stop asks the policy. One that panics ends nothing.
func (r rules) stop(w Watch, now time.Time) (at time.Time) {
	policy, ok := r.policy.(Stopping)
	if !ok || w.Failures > 0 {
		return time.Time{}
	}
	defer func() {
		if recover() != nil {
			at = time.Time{}
		}
	}()
	return policy.Stop(w, now)
}

// leastSilence is how long the schedule takes a silence for no sign of anything, see [schedule.Adaptive.Stop].
const leastSilence = 7 * 24 * time.Hour

// Stop is Stopping.Stop: [schedule.Adaptive.Stop], counted from the last news of any kind.
func (a *Adaptive) Stop(w Watch, now time.Time) time.Time {
	v := a.view(w, now)
	if v.Changed = latest(v.Changed, w.Changed); !w.underWay() || now.Sub(v.Changed) < leastSilence {
		return time.Time{}
	}
	at, _ := a.schedule(w.ID.Carrier).Stop(v)
	return at
}
