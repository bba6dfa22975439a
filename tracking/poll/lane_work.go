package poll

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// work asks about watches that were claimed together, at most a call's worth, and records what comes of it.
func (l *lane) work(work context.Context, claimed []Watch) {
	e := l.engine
	keep, cancel := context.WithTimeout(context.WithoutCancel(work), storeTimeout+e.config.Timeout)
	defer cancel()
	open := slices.Clone(claimed) // of which nothing is recorded yet
	defer func() {
		if recover() != nil {
			e.log.Error("work panicked", "carrier", l.name, "stack", string(debug.Stack()))
		}
		l.release(keep, open)
		l.mu.Lock()
		l.running--
		l.mu.Unlock()
		l.ring()
	}()
	done := func(w Watch) {
		open = slices.DeleteFunc(open, func(o Watch) bool { return o.ID == w.ID })
	}
	var asked []Watch
	for _, w := range claimed {
		if l.unasked(keep, w) {
			done(w)
		} else {
			asked = append(asked, w)
		}
	}
	if len(asked) == 0 {
		return
	}
	stake, err := l.reserve(keep, len(asked))
	if err != nil || stake.units == 0 {
		return
	}
	answers := l.ask(work, asked[:stake.units])
	l.judge(answers)
	var used Usage
	for _, a := range answers {
		if l.settle(keep, a, work.Err() != nil, &used) {
			done(a.watch)
		}
	}
	l.account(keep, stake, answers, used)
}

// longestCall is how long before a Korean midnight a number with a cap is not asked any more, at the longest: the call might reach
// the carrier on the next day, whose asks it is not counted with.
const longestCall = time.Hour

// unasked records what needs no ask: a watch that has come to its end, one whose number was asked about often enough today, and
// one that the policy would not ask about yet.
func (l *lane) unasked(ctx context.Context, w Watch) bool {
	e, now := l.engine, l.engine.config.Now()
	over := func(w Watch) (Watch, bool) {
		w = w.Untouched()
		if at, reason := e.rules.end(w, now); !at.After(now) {
			return closed(w, reason, now), true
		}
		if w.full(e.cap(l.name), now) {
			return again(w, morning(w, now), w.askedEnough()), true
		}
		if midnight := nextKoreanDay(now); e.cap(l.name) > 0 && midnight.Sub(now) < min(e.config.Timeout, longestCall) {
			return again(w, midnight.Add(time.Duration(w.fraction(-2)*float64(longestCall))), Why{Ground: GroundMidnight}), true
		}
		return e.rules.postponed(w, now)
	}
	next, ok := over(w)
	if !ok {
		return false
	}
	if next.Life == Active {
		l.count(func(s *CarrierStats) { s.Postponed++ })
	}
	_, _ = l.record(ctx, Report{ID: w.ID, Fence: w.Fence, Door: tracking.DoorPoll, At: now}, func(w Watch, _ tracking.Gain) Watch {
		next, ok := over(w)
		if !ok { // something came in between: due as it is
			next.Due = now
		}
		return next
	})
	return true
}

// An answer is what came of one watch's ask.
type answer struct {
	watch  Watch
	result tracking.Result
	doomed bool // the whole carrier is to blame, until the lane tries again
}

// asking is all of a query but what differs between equal ones.
type asking struct {
	courier            tracking.Courier
	number, ref, extra string
	since              int64
	recall             bool
}

func askingOf(q tracking.Query) asking {
	return asking{q.Courier, q.Number, q.Ref, strings.Join(q.Extra, "\x00"), q.Since.UnixNano(), q.Recall}
}

// ask asks about each watch with the query of its own: nothing of one parcel reaches another.
func (l *lane) ask(ctx context.Context, ws []Watch) []*answer {
	ctx, cancel := context.WithTimeout(ctx, l.engine.config.Timeout)
	defer cancel()
	answers := make([]*answer, len(ws))
	waiting := make(map[asking][]*answer, len(ws))
	queries := make([]tracking.Query, len(ws))
	for i, w := range ws {
		queries[i] = w.Query()
		answers[i] = &answer{watch: w}
		key := askingOf(queries[i])
		waiting[key] = append(waiting[key], answers[i])
	}
	for result := range l.client.TrackAll(ctx, slices.Values(queries)) {
		key := askingOf(result.Query)
		if same := waiting[key]; len(same) > 0 {
			same[0].result, waiting[key] = result, same[1:]
		}
	}
	return answers
}
