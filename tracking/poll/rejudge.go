package poll

import "time"

// A Rejudging policy is asked again about each watch that has become due, before the carrier is. Due times are planned long
// ahead; what they were planned by, such as a price or how well webhooks work, may be another by then. No row is rewritten
// when it changes: each watch is judged when its turn comes.
//
// It is not asked about a watch that somebody wants now (just opened, opened again, asked for by a person, hinted at by a
// push), nor about one that failed last: the engine spaces those by itself. A watch that has come to its end ends, whatever
// the policy says.
type Rejudging interface {
	Policy

	// Judge plans the ask of a watch that is due; of w it sees what Next saw, with Asked and Due as they are kept. A plan that
	// is not at least a minute after now lets the watch be asked. With a later one it is put back until then: it is not
	// asked, and it does not count as an ask. Judge can only put off; what it never lets through is never asked. A watch that
	// is asked early is let through if the plan has an Early that is not after now, too.
	Judge(w Watch, now time.Time) Plan
}

// postponed asks the policy about a watch that is due, and puts it back if it is not due after all.
func (r rules) postponed(w Watch, now time.Time) (Watch, bool) {
	policy, ok := r.policy.(Rejudging)
	if !ok || w.Failures > 0 || w.Due.Equal(w.Opened) || w.Why.Ground == GroundPerson || w.Why.Ground == GroundHint {
		return w, false
	}
	plan := judged(policy, w, now)
	early := w.Due.After(now) && !plan.Early.IsZero() && !plan.Early.After(now)
	if early || plan.At.Before(now.Add(briefPause)) {
		return w, false
	}
	if at, reason := r.end(w, now); at.Before(plan.At) {
		plan = Plan{At: at, Why: Why{Ground: GroundEnd, End: reason}}
	}
	return w.due(plan), true
}

// judged lets a watch through when the policy panics.
func judged(policy Rejudging, w Watch, now time.Time) (plan Plan) {
	defer func() {
		if recover() != nil {
			plan = Plan{}
		}
	}()
	return policy.Judge(w, now)
}
