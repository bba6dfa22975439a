package schedule

import (
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Hints is what is known of one provider's pushes: for each courier the share of changes that they tell of, and whether they have
// fallen silent. It is told of every sighting of, and decision about, the parcels of which the provider pushes, in the order of their
// times, and says what [View].Recall is. What a call costs does not depend on how many parcels there are: one that is told of a
// decision takes as long as the decision, the others less.
//
// Silence is looked for in all couriers' pushes together and in each courier's alone: for half an hour none has come, where five
// were expected. The recall is 0 then, until a push comes again, so that the parcels are asked about as if there were no pushes. Where
// polls find as little as pushes for three hours, as on a holiday that the model does not know, it was no outage, and the recall
// is believed again until they do find something. Where only a part of the pushes is lost, recall falls with each that a poll finds.
//
// The zero value works. Hints are not safe for concurrent use. They are kept over a restart as JSON, but for what is expected of the
// parcels, which each tells with its next decision.
type Hints struct {
	all      hearing
	couriers map[tracking.Courier]*hearing
}

// patience is how long polls have to bear a silence out.
const patience = 3 * time.Hour

// hearing is about one courier, or all of them.
type hearing struct {
	recall  recall
	silence silence
	began   time.Time // of a silence, borne out or not; zero while there is none
	mute    bool      // a silence that is believed
	doubted bool      // one that was not borne out in time, and is believed only while polls bear it out
	found   float64   // changes that polls found since the last push, or the doubt
	again   time.Time // when pushes came again after the last silence that polls bore out
}

func (h *Hints) of(c tracking.Courier) *hearing {
	own := h.couriers[c]
	if own == nil {
		if h.couriers == nil {
			h.couriers = map[tracking.Courier]*hearing{}
		}
		own = &hearing{}
		h.couriers[c] = own
	}
	return own
}

// both are those that a courier's parcels tell something about.
func (h *Hints) both(c tracking.Courier, now time.Time) [2]*hearing {
	both := [2]*hearing{&h.all, h.of(c)}
	for _, g := range both {
		g.hear(now)
	}
	return both
}

// hear brings what is expected up to where pushes should have come by now: what happened later may be under way.
func (g *hearing) hear(now time.Time) {
	g.silence.read(now.Add(-2 * g.recall.delay()))
	switch {
	case g.doubted:
		g.mute = g.borneOut()
	case g.began.IsZero():
		if g.silence.silent() {
			g.mute, g.began = true, now
		}
	case now.Sub(g.began) >= patience && !g.borneOut():
		g.mute, g.doubted = false, true
		g.silence.due, g.found = 0, 0
	}
}

// borneOut says that polls have found what pushes should have told: a good part of it at least, for finding takes time.
func (g *hearing) borneOut() bool { return g.found >= max(3, g.silence.due/5) }

// Pushed takes note of a push that told of a change, which happened at that time by the courier's clock.
func (h *Hints) Pushed(c tracking.Courier, happened, now time.Time) {
	h.Heard(c, now)
	for _, g := range h.both(c, now) {
		g.recall.pushed(now.Sub(happened))
	}
}

// Heard takes note of a push that told of no change, or of one that was known. It ends a silence.
func (h *Hints) Heard(c tracking.Courier, now time.Time) {
	for _, g := range h.both(c, now) {
		if g.mute && g.borneOut() {
			g.again = now
		}
		g.silence.heard()
		g.mute, g.doubted, g.began, g.found = false, false, time.Time{}, 0
	}
}

// Polled takes note of a change that a poll found before a push told of it. While pushes are silent that says nothing of how many come
// when they are not, and is not counted in the recall.
func (h *Hints) Polled(c tracking.Courier, happened, now time.Time) {
	both := h.both(c, now)
	for _, g := range both {
		g.found++
		if !both[0].mute && !both[1].mute {
			g.recall.polled(now.Sub(happened))
		}
	}
}

// Decided takes note that the parcel of v will be looked at next at a later time than now. Without a model nothing is expected, and no
// silence noticed.
func (h *Hints) Decided(m *Model, v View, now, next time.Time) { h.expect(m, v, now, next, 1) }

// Overtaken takes back what [Hints.Decided] said of a parcel about which a push or somebody else has brought news at now, sooner than
// next: v and next are as they were before.
func (h *Hints) Overtaken(m *Model, v View, now, next time.Time) { h.expect(m, v, now, next, -1) }

func (h *Hints) expect(m *Model, v View, from, until time.Time, sign float64) {
	if m == nil {
		return
	}
	both, o, start := h.both(v.Courier, from), m.outlook(&v), koreaSeconds(from)
	end := min(koreaSeconds(until), start+ledgerLength*halfHour)
	for at := start; at < end; {
		next, rate := min(halfHourAfter(at), end), 0.0
		for _, h := range o.hazards {
			rate += o.rate(h, at, next)
		}
		for _, g := range both {
			g.silence.expect(at, next, sign*rate)
		}
		at = next
	}
}

// Recall is the share of a courier's changes that a push tells of before a poll does. It is 0 while pushes are silent, and for a parcel
// that was last seen, by poll or push, before they came again: what was lost on it no push will tell.
func (h *Hints) Recall(c tracking.Courier, seen, now time.Time) float64 {
	both := h.both(c, now)
	for _, g := range both {
		if g.mute || seen.Before(g.again) {
			return 0
		}
	}
	return both[1].recall.share()
}

// Share is the estimate of the recall of all couriers together, whether pushes are silent or not.
func (h *Hints) Share() float64 { return h.all.recall.share() }

// Silent tells whether pushes are taken to be silent, those about one courier's parcels, or all together where c is empty, and how many
// were expected since the last.
func (h *Hints) Silent(c tracking.Courier, now time.Time) (silent bool, expected float64) {
	g := &h.all
	if c != "" {
		g = h.of(c)
	}
	g.hear(now)
	return g.mute, g.silence.due
}

// PutOff judges a parcel whose poll was planned as if there were no pushes, when its time has come at now. It is zero where the policy
// would ask by then, given the recall of v. Else it is when to judge again: when the policy would ask, or when it would if the parcel
// had been asked about now and there were no pushes. So a parcel is asked about in time when pushes fall silent, although nobody goes
// through the parcels then, and each judgement costs nothing but itself.
func PutOff(p Policy, v View, now time.Time) time.Time {
	if v.unsignalled() == 1 {
		return time.Time{}
	}
	next := p.Next(v)
	if next.Sub(now) < time.Minute {
		return time.Time{}
	}
	v.Now, v.Recall = now, 0
	if again := p.Next(v); again.Before(next) {
		return again
	}
	return next
}
