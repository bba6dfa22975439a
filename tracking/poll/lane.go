package poll

import (
	"context"
	"slices"
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

	allowance allowance // of the budget, for the loop alone
	look      time.Time // when the loop looks at it next

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
		l.ration(ctx)
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
	stats.Carrier, stats.Multiplier = l.name, max(stats.Multiplier, 1)
	if l.until.After(now) {
		stats.StoppedUntil = l.until
	}
	for _, s := range spent {
		stats.Calls = s.Calls
	}
	return stats
}
