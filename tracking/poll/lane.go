package poll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A lane is one carrier: a loop that claims, and calls beside it.
type lane struct {
	engine *Engine
	name   string
	client *tracking.Client
	serves func(tracking.Courier) bool
	meter  Meter  // nil when the store is none
	budget Budget // zero without a meter
	batch  int    // watches per call
	slots  int    // calls at a time
	bell   chan struct{}

	mu      sync.Mutex
	running int       // calls
	until   time.Time // no call before
	stopped string    // kind of the alert that was raised; empty while the carrier answers
	since   time.Time // when it was stopped
	ends    time.Time // when the stop is expected to end, as far as anybody said
	cause   error     // of the stop
	calls   int64     // of the client, counted in the meter
	strikes int       // rate limits without a word how long, in a row
	stats   CarrierStats
}

// ring makes the loop look again. It never blocks.
func (l *lane) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

// run claims until ctx ends, and returns when the calls have ended, which work ends in turn.
func (l *lane) run(ctx, work context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	faults := 0 // of the store, in a row
	for ctx.Err() == nil {
		next, err := l.turn(ctx, func(ws []Watch) {
			calls.Go(func() { l.work(work, ws) })
		})
		if faults++; err == nil {
			faults = 0
		} else {
			next = l.engine.config.Now().Add(min(time.Second<<min(faults-1, 6), briefPause))
		}
		l.wait(ctx, next)
	}
}

// wait returns at a time of the clock, when the bell rings, or when ctx ends.
func (l *lane) wait(ctx context.Context, until time.Time) {
	d := until.Sub(l.engine.config.Now())
	if d <= 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var listener sync.WaitGroup
	listener.Go(func() {
		select {
		case <-l.bell:
			cancel()
		case <-ctx.Done():
		}
	})
	_ = l.engine.config.Wait(ctx, d) // why it returns does not matter: the loop looks again
	cancel()
	listener.Wait()
}

// turn claims what is due, as far as there are free slots, and begins the calls. It tells when to look again.
func (l *lane) turn(ctx context.Context, begin func([]Watch)) (next time.Time, err error) {
	e := l.engine
	now := e.config.Now()
	free, until, probing := l.room()
	if until.After(now) {
		return l.passOn(ctx, now, until)
	}
	if free == 0 {
		return now.Add(e.config.Look), nil // the bell rings when a call ends
	}
	limit := free * l.batch
	if probing {
		limit = 1
	}
	claimed, next, err := l.claim(ctx, now, limit)
	if err != nil || len(claimed) == 0 {
		return next, err
	}
	if !probing {
		claimed = append(claimed, l.fill(ctx, now, claimed)...)
	}
	for chunk := range slices.Chunk(claimed, l.batch) {
		l.enter()
		begin(chunk)
	}
	return now, nil
}

// claim claims watches that are due, or tells when to look again.
func (l *lane) claim(ctx context.Context, now time.Time, limit int) (claimed []Watch, next time.Time, err error) {
	e, look := l.engine, now.Add(l.engine.config.Look)
	var due time.Time
	if err := e.guarded("next due", func() (fault error) {
		due, fault = e.config.Store.NextDue(ctx, l.name)
		return unlessOver(ctx, fault)
	}); err != nil {
		return nil, now, err
	}
	if due.IsZero() {
		return nil, look, nil
	}
	if l.batch > 1 {
		due = due.Add(e.config.Fill)
	}
	if due.After(now) {
		return nil, earlier(due, look), nil
	}
	if err := e.guarded("claim", func() (fault error) {
		claimed, fault = e.config.Store.Claim(ctx, ClaimRequest{Now: now, Carrier: l.name, Limit: limit, Lease: e.config.Lease})
		return unlessOver(ctx, fault)
	}); err != nil {
		return nil, now, err
	}
	return claimed, now.Add(time.Second), nil // if there are none, others were quicker
}

// fill claims watches for the places that would stay free in the last call. Nobody looks for any unless the policy has such plans:
// what was claimed tells.
func (l *lane) fill(ctx context.Context, now time.Time, claimed []Watch) (early []Watch) {
	e := l.engine
	last := len(claimed) % l.batch
	if last == 0 || l.budget.Day > 0 || l.budget.Month > 0 || e.cap(l.name) > 0 ||
		!slices.ContainsFunc(claimed, func(w Watch) bool { return !w.Early.IsZero() }) {
		return nil
	}
	_ = e.guarded("claim", func() (fault error) { // else the call goes out with what it has
		early, fault = e.config.Store.Claim(ctx, ClaimRequest{Now: now, Carrier: l.name, Limit: l.batch - last, Lease: e.config.Lease, Early: true})
		return unlessOver(ctx, fault)
	})
	l.count(func(s *CarrierStats) { s.Early += int64(len(early)) })
	return early
}

// unlessOver is a fault of the store; none where the end of Run cut the call short.
func unlessOver(ctx context.Context, fault error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return fault
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// room tells how many calls may begin, and from when. A carrier that was stopped gets one call at a time.
func (l *lane) room() (free int, until time.Time, probing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if free, probing = max(l.slots-l.running, 0), l.stopped != ""; probing {
		free = min(free, max(1-l.running, 0))
	}
	return free, l.until, probing
}

func (l *lane) enter() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running++
}

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

// unasked records what needs no ask: a watch that has come to its end, one whose number was asked about often enough today, and
// one that the policy would not ask about yet.
func (l *lane) unasked(ctx context.Context, w Watch) bool {
	e, now := l.engine, l.engine.config.Now()
	over := func(w Watch) (Watch, bool) {
		w = w.Untouched()
		if at, reason := e.rules.lives.End(w); !at.After(now) {
			return closed(w, reason, now), true
		}
		if most := e.cap(l.name); most > 0 && w.Today >= most && w.asksOn(now) {
			return again(w, morning(w, now), fmt.Sprintf("on the next Korean day, because it was asked %d times", w.Today)), true
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

// judge draws the conclusions that concern the carrier as a whole.
func (l *lane) judge(answers []*answer) {
	now := l.engine.config.Now()
	well := slices.ContainsFunc(answers, func(a *answer) bool {
		return a.result.Parcel != nil || errors.Is(a.result.Err, tracking.ErrNotFound)
	})
	var alerts []Alert
	l.mu.Lock()
	if well {
		l.strikes = 0
		if l.stopped != "" && !l.until.After(now) { // an answer to what was asked before the stop proves nothing
			alerts = append(alerts, Alert{Carrier: l.name})
			l.stopped = ""
		}
	}
	nonsense := false
	for _, a := range answers {
		var told *tracking.Error
		if !errors.As(a.result.Err, &told) {
			continue
		}
		switch told.Kind {
		case tracking.ErrRateLimited:
			a.doomed = true
			wait := told.Wait
			if wait <= 0 {
				wait = min(briefPause<<min(l.strikes, 6), carrierPause)
			}
			l.delay(now.Add(wait))
		case tracking.ErrQuotaExhausted:
			a.doomed = true
			until := told.ResetAt
			if !until.After(now) {
				until = now.Add(carrierPause)
			}
			alerts = l.stop(alerts, told, until, until)
		case tracking.ErrCredentials, tracking.ErrForbidden:
			if !well {
				a.doomed = true
				alerts = l.stop(alerts, told, now.Add(carrierPause), time.Time{})
			}
		case tracking.ErrProtocol:
			if !nonsense {
				nonsense = true
				alerts = append(alerts, Alert{Carrier: l.name, Kind: tracking.KindName(told), Err: told})
			}
		}
	}
	if slices.ContainsFunc(answers, func(a *answer) bool { return errors.Is(a.result.Err, tracking.ErrRateLimited) }) {
		l.strikes++
	}
	l.mu.Unlock()
	for _, alert := range alerts {
		l.alert(alert)
	}
}

// delay keeps the lane from calls until then; a longer delay stands.
func (l *lane) delay(until time.Time) {
	if until.After(l.until) {
		l.until = until
	}
}

// stop ends calls until a time, and raises an alert unless the carrier is stopped for the same reason already. It is expected to
// last until ends, which may be later: then it is looked in between whether it does.
func (l *lane) stop(alerts []Alert, told *tracking.Error, until, ends time.Time) []Alert {
	l.delay(until)
	l.ends, l.cause = latest(ends, l.until), told
	if l.stopped == "" {
		l.since = l.engine.config.Now()
	}
	kind := tracking.KindName(told)
	if l.stopped == kind {
		return alerts
	}
	l.stopped = kind
	return append(alerts, Alert{Carrier: l.name, Kind: kind, Err: told, Until: l.ends})
}

func (l *lane) alert(a Alert) {
	e := l.engine
	if a.Kind == "" {
		e.log.Info("carrier answers again", "carrier", a.Carrier)
	} else {
		e.log.Error("carrier trouble", "carrier", a.Carrier, "kind", a.Kind, "until", a.Until)
	}
	e.hook(func() {
		if e.config.Hooks.Alert != nil {
			e.config.Hooks.Alert(a)
		}
	})
}

// settle records one answer. It reports false when the claim is to be given back, because nobody was asked or the carrier
// is stopped. What could not be written is not given back: its lease ends, and it is asked about again then, instead of
// again and again while the store fails.
func (l *lane) settle(ctx context.Context, a *answer, stopping bool, used *Usage) bool {
	now := l.engine.config.Now()
	report := Report{ID: a.watch.ID, Fence: a.watch.Fence, Door: tracking.DoorPoll, At: now}
	rules, err := l.engine.rules, a.result.Err
	if unclear := err == nil && a.result.Parcel == nil || tracking.KindName(err) == "other"; unclear {
		if stopping {
			return false
		}
		err = &tracking.Error{Carrier: l.name, Kind: tracking.ErrUpstream, Retry: tracking.RetrySoon} // it took longer than Timeout
	}
	var decide func(Watch, tracking.Gain) Watch
	switch {
	case a.result.Parcel != nil:
		report.Parcel = a.result.Parcel
		decide = func(w Watch, gain tracking.Gain) Watch { return rules.answered(w, gain, true, now) }
		used.Asked++
		used.Found++
	case errors.Is(err, tracking.ErrNotFound):
		decide = func(w Watch, gain tracking.Gain) Watch { return rules.answered(w, gain, false, now) }
		used.Asked++
		used.NotFound++
	case a.doomed && (errors.Is(err, tracking.ErrCredentials) || errors.Is(err, tracking.ErrForbidden)):
		// Not given back: were this watch alone refused, it would be the one that is tried each time.
		kind := tracking.KindName(err)
		gone := l.passesOn(now) != nil && l.handOver(ctx, a.watch, err)
		decide = func(w Watch, _ tracking.Gain) Watch {
			if gone {
				return moved(w.Untouched(), err, now)
			}
			w.LastFailure = kind
			return again(w.Untouched(), now.Add(carrierPause), "in 1h0m0s, because the carrier refuses the account")
		}
		l.count(func(s *CarrierStats) { s.Deferred++ })
	case a.doomed:
		return false
	case l.engine.config.Fallback.passesOn(a.watch, err) && l.handOver(ctx, a.watch, err):
		decide = func(w Watch, _ tracking.Gain) Watch {
			w.Failures++
			return moved(w, err, now)
		}
		used.Asked++
		used.Failed++
	default:
		decide = func(w Watch, _ tracking.Gain) Watch { return rules.failed(w, err, now) }
		used.Asked++
		used.Failed++
	}
	_, _ = l.record(ctx, report, decide)
	return true
}

// record writes a report and tells the host.
func (l *lane) record(ctx context.Context, report Report, decide func(Watch, tracking.Gain) Watch) (Recorded, error) {
	e := l.engine
	var recorded Recorded
	err := e.guarded("record", func() (fault error) {
		recorded, fault = e.config.Store.Record(ctx, report, decide)
		return fault
	})
	if err != nil {
		if errors.Is(err, ErrLeaseLost) {
			l.count(func(s *CarrierStats) { s.LeasesLost++ })
		}
		return recorded, err
	}
	recorded.Door, recorded.At = report.Door, report.At
	l.count(func(s *CarrierStats) {
		if recorded.Changed() {
			s.Changed++
		}
		if recorded.Ended() {
			s.Ended++
		}
	})
	hooks := e.config.Hooks
	e.hook(func() {
		if hooks.Recorded != nil {
			hooks.Recorded(recorded)
		}
	})
	e.hook(func() {
		if hooks.Ended != nil && recorded.Ended() {
			hooks.Ended(recorded)
		}
	})
	e.hook(func() {
		if hooks.Failing != nil && recorded.After.Failures == e.config.FailingAfter && recorded.Before.Failures < e.config.FailingAfter {
			hooks.Failing(recorded.After)
		}
	})
	l.confirm(ctx, recorded)
	return recorded, nil
}

// confirm opens a watch at a second carrier, if the host wants one.
func (l *lane) confirm(ctx context.Context, r Recorded) {
	e := l.engine
	if e.config.Confirm == nil || !r.Changed() || r.After.ID.Role == Confirm {
		return
	}
	carrier := ""
	e.hook(func() { carrier = e.config.Confirm(r) })
	if carrier == "" {
		return
	}
	second := r.After
	second.ID.Carrier, second.ID.Role = carrier, Confirm
	id, other, err := e.identify(second.ID)
	if err != nil {
		e.log.Error("no second opinion", "carrier", carrier, "error", err.Error())
		return
	}
	now := e.config.Now()
	_, _ = e.change(ctx, id, func(w Watch) Watch {
		if w.Life == "" {
			w.Ref, w.Since, w.Extra, w.Recall, w.Began = second.Ref, second.Since, second.Extra, second.Recall, second.Began
		}
		return e.rules.opened(w, now)
	})
	other.ring()
}

// release gives claims back.
func (l *lane) release(ctx context.Context, ws []Watch) {
	if len(ws) == 0 {
		return
	}
	l.count(func(s *CarrierStats) { s.Deferred += int64(len(ws)) })
	_ = l.engine.guarded("release", func() error { return l.engine.config.Store.Release(ctx, ws) }) // else the lease ends by itself
}

func (l *lane) count(add func(*CarrierStats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add(&l.stats)
}

func (l *lane) read() CarrierStats {
	spent := l.client.Spent()
	now := l.engine.config.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := l.stats
	stats.Carrier = l.name
	if l.until.After(now) {
		stats.StoppedUntil = l.until
	}
	for _, s := range spent {
		stats.Calls = s.Calls
	}
	return stats
}
