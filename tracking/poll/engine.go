package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/internal/directory"
	"github.com/waybill-dev/waybill/internal/number"
	"github.com/waybill-dev/waybill/tracking"
)

// storeTimeout bounds one call of the store that must not be cut short by the end of Run, by the wall clock.
const storeTimeout = 10 * time.Second

// An Engine asks carriers about the watches of a store when they are due, and writes what comes of it. Several engines,
// in several processes, may share a store. Make one with [New]; its methods may be called concurrently, before, during
// and after Run.
//
// # What it does about errors
//
//   - no data ([tracking.ErrNotFound]): not a failure. Asked more and more slowly, until the watch ends.
//   - invalid number, courier not supported, or anything that asking again cannot mend: paused, invalid; Hooks.Ended.
//   - daily cap: the next Korean day, for that number.
//   - rate limited: the carrier waits as told, else a minute, doubling to an hour. The watches stay due.
//   - quota exhausted: the carrier stops until the reset, else for an hour. Hooks.Alert, once. So it does when its [Budget] is
//     used up, until the next Korean day or month.
//   - credentials, forbidden: the carrier stops, and is tried again every hour with one watch. Hooks.Alert, once. Where others in
//     the same call were answered, the watch alone is paused, credentials.
//   - upstream: the watch waits 5 minutes, doubling to 6 hours; what is known to be slow waits for its normal time. Where the
//     carrier hides whether it has no data ([tracking.Error].Masked), that time is doubled with each try, to a day. Circuits are
//     the client's.
//   - protocol: the normal time. Hooks.Alert.
//
// Each is written as a failure of that watch alone, counted, and listed by Filter.Failing. With a [Fallback] another carrier takes
// over where its table says so; without one the engine never asks another carrier by itself.
type Engine struct {
	config Config
	rules  rules
	lanes  []*lane
	byName map[string]*lane
	log    *slog.Logger
	cap    func(carrier string) int

	running atomic.Bool
}

// New makes an engine, or reports every fault of the configuration at once. It asks and starts nothing.
func New(c Config) (*Engine, error) {
	lanes, err := c.build()
	if err != nil {
		return nil, err
	}
	e := &Engine{config: c, lanes: lanes, byName: make(map[string]*lane, len(lanes)), log: c.Logger, cap: func(string) int { return 0 }}
	if e.config.Policy == nil {
		e.config.Policy = new(Adaptive)
	}
	if capped, ok := e.config.Policy.(Capped); ok {
		e.cap = capped.Cap
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.config.Now == nil {
		e.config.Now = time.Now
	}
	if e.config.Wait == nil {
		e.config.Wait = waitByTimer
	}
	e.config.Fill = max(cmp.Or(c.Fill, 20*time.Second), 0)
	e.config.Lease = cmp.Or(c.Lease, 10*time.Minute)
	e.config.Look = cmp.Or(c.Look, time.Minute)
	e.config.Timeout = cmp.Or(c.Timeout, 5*time.Minute)
	e.config.Grace = cmp.Or(c.Grace, 10*time.Second)
	e.config.FailingAfter = cmp.Or(c.FailingAfter, 10)
	e.config.Fallback.Failures = cmp.Or(c.Fallback.Failures, 5)
	e.config.Fallback.Patience = cmp.Or(c.Fallback.Patience, 2*time.Hour)
	e.rules = rules{policy: e.config.Policy, lives: c.Lifetimes}
	for _, l := range lanes {
		l.engine = e
		e.byName[l.name] = l
	}
	return e, nil
}

// Run asks until ctx ends. Then it claims nothing more, lets running calls end for up to Grace, cancels the rest, gives back
// what was not asked, and returns nil; none of its goroutines is left. It returns an error at once when it runs already. It
// may be run again.
func (e *Engine) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return errors.New("poll: the engine runs already")
	}
	defer e.running.Store(false)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ended := make(chan struct{})
	var loops, guard sync.WaitGroup
	for _, l := range e.lanes {
		loops.Go(func() { l.run(ctx, work) })
	}
	guard.Go(func() {
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		grace := time.NewTimer(e.config.Grace)
		defer grace.Stop()
		select {
		case <-ended:
		case <-grace.C:
			cancel()
		}
	})
	loops.Wait()
	close(ended)
	guard.Wait()
	return nil
}

// Open begins a watch: it is due at once. Of w count ID, Ref, Since, Extra and Recall. Without a role it is [Primary],
// without a generation 1; the number is brought into its normal form. Opening a watch that is there already changes
// nothing, whatever its life.
func (e *Engine) Open(ctx context.Context, w Watch) (Watch, error) {
	id, l, err := e.identify(w.ID)
	if err != nil {
		return Watch{}, err
	}
	now := e.config.Now()
	opened, err := e.change(ctx, id, func(kept Watch) Watch {
		if kept.Life != "" {
			return kept
		}
		kept.Ref, kept.Since, kept.Extra, kept.Recall, kept.Began = w.Ref, w.Since, w.Extra, w.Recall, w.Began
		return e.rules.opened(kept, now)
	})
	l.ring()
	return opened, err
}

// Wake makes Run look at the store at once, for watches that somebody else wrote there. It never blocks, and may be called
// before, during and after Run.
func (e *Engine) Wake() {
	for _, l := range e.lanes {
		l.ring()
	}
}

// identify completes and checks the id of a watch.
func (e *Engine) identify(id WatchID) (WatchID, *lane, error) {
	if id.Shipment.Courier != "dummy" && directory.Known(string(id.Shipment.Courier)) { // as in the client
		id.Shipment.Number = number.Normalize(id.Shipment.Number)
	}
	id.Shipment.Generation = cmp.Or(id.Shipment.Generation, 1)
	id.Role = cmp.Or(id.Role, Primary)
	switch l := e.byName[id.Carrier]; {
	case l == nil:
		return id, nil, fmt.Errorf("poll: no carrier of this engine is named %.40q", id.Carrier)
	case id.Shipment.Courier == "" || strings.TrimSpace(id.Shipment.Number) == "":
		return id, nil, errors.New("poll: a watch needs a courier and a number")
	case id.Role != Primary && id.Role != Confirm:
		return id, nil, fmt.Errorf("poll: no role %.40q", string(id.Role))
	default:
		return id, l, nil
	}
}

// Watch gives a watch as it is kept; [ErrNoWatch] when there is none.
func (e *Engine) Watch(ctx context.Context, id WatchID) (Watch, error) {
	return e.existing(ctx, id, func(w Watch) Watch { return w })
}

// Reopen asks again, at once, about a watch that is paused or closed. An active one is made due at once.
func (e *Engine) Reopen(ctx context.Context, id WatchID) (Watch, error) {
	now := e.config.Now()
	return e.existing(ctx, id, func(w Watch) Watch {
		if w.Life == Active {
			return sooner(w, now, GroundPerson)
		}
		return e.rules.opened(w, now)
	})
}

// Pause stops asking until Reopen. A closed watch stays closed.
func (e *Engine) Pause(ctx context.Context, id WatchID, reason Reason) (Watch, error) {
	now := e.config.Now()
	return e.existing(ctx, id, func(w Watch) Watch {
		if w.Life == Closed {
			return w
		}
		return paused(w, cmp.Or(reason, ReasonHost), now)
	})
}

// Close stops asking. The parcel keeps its status. An empty reason is [ReasonHost], which no push opens again.
func (e *Engine) Close(ctx context.Context, id WatchID, reason Reason) (Watch, error) {
	now := e.config.Now()
	return e.existing(ctx, id, func(w Watch) Watch { return closed(w, cmp.Or(reason, ReasonHost), now) })
}

// Observe takes what was seen of a shipment by a push. A fact joins the evidence; if it is news, it opens a watch again that
// ended by itself, and is otherwise as good as an ask. A hint makes the watch due at once. What the host closed or
// paused stays so, and still learns what is told. In the place of a watch that was moved, the one that took over is told.
func (e *Engine) Observe(ctx context.Context, id WatchID, o tracking.Observation) (Recorded, error) {
	id, _, err := e.identify(id)
	if err != nil {
		return Recorded{}, err
	}
	id, l, err := e.successor(ctx, id)
	if err != nil {
		return Recorded{}, err
	}
	now := e.config.Now()
	defer l.ring()
	if o.Kind == tracking.KindHint {
		w, err := e.existing(ctx, id, func(w Watch) Watch {
			if w.reopens() {
				w = e.rules.opened(w, now)
			}
			if w.Life == Active {
				w = sooner(w, now, GroundHint)
			}
			return w
		})
		return Recorded{Before: w, After: w}, err
	}
	parcel := o.Parcel
	report := Report{ID: id, Door: tracking.DoorPush, Parcel: &parcel, At: now}
	return l.record(ctx, report, func(w Watch, gain tracking.Gain) Watch { return e.rules.pushed(w, gain, now) })
}

func sooner(w Watch, now time.Time, ground Ground) Watch {
	return w.due(Plan{At: earlier(w.Due, now), Why: Why{Ground: ground}}) // also of one that is due already: it is not put off any more
}

// existing changes a watch that must be there.
func (e *Engine) existing(ctx context.Context, id WatchID, change func(Watch) Watch) (Watch, error) {
	id, l, err := e.identify(id)
	if err != nil {
		return Watch{}, err
	}
	found := false
	w, err := e.change(ctx, id, func(w Watch) Watch {
		if found = w.Life != ""; !found {
			return w
		}
		return change(w)
	})
	l.ring()
	if err == nil && !found {
		return Watch{}, ErrNoWatch
	}
	return w, err
}

func (e *Engine) change(ctx context.Context, id WatchID, change func(Watch) Watch) (w Watch, err error) {
	err = e.guarded("change", func() error {
		var fault error
		w, fault = e.config.Store.Change(ctx, id, change)
		return fault
	})
	return w, err
}

// guarded calls the store and turns its panic into an error.
func (e *Engine) guarded(op string, call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("poll: the store panicked at %s", op)
			e.log.Error("store panicked", "op", op, "stack", string(debug.Stack()))
		}
		if err != nil && !errors.Is(err, ErrLeaseLost) && !errors.Is(err, ErrNoWatch) && !errors.Is(err, ErrNotKept) {
			e.log.Error("store failed", "op", op)
			e.hook(func() {
				if e.config.Hooks.StoreFailed != nil {
					e.config.Hooks.StoreFailed(op, err)
				}
			})
		}
	}()
	return call()
}

// hook calls host code that may panic.
func (e *Engine) hook(call func()) {
	defer func() {
		if recover() != nil {
			e.log.Error("hook panicked", "stack", string(debug.Stack()))
		}
	}()
	call()
}

// Stats is what an engine did since it was made, by carrier, in the order of Config.Carriers.
type Stats []CarrierStats

// CarrierStats is what was done at one carrier.
type CarrierStats struct {
	Carrier    string
	Calls      int64 // of the carrier's Query
	Asked      int64 // watches
	Found      int64 // answered with data
	NotFound   int64 // answered without
	Failed     int64 // watches whose ask failed by their own fault or the courier's
	Deferred   int64 // watches given back, because the carrier was stopped or Run ended
	Early      int64 // watches asked before they were due, in the free place of a call
	Postponed  int64 // watches put back unasked: asked often enough today, or not due when judged again
	Changed    int64 // records after which the parcel stood elsewhere
	Ended      int64 // watches closed or paused
	LeasesLost int64 // answers that came too late to be written
	// Multiplier is how many times its price an ask counts, for the [Budget] to last: 1 to 100, 1 where there is plenty, no budget,
	// or another policy than [Adaptive].
	Multiplier float64
	// StoppedUntil is when a stopped carrier is tried again; zero while it is not stopped.
	StoppedUntil time.Time
}

// Stats tells what was done so far. It may be called at any time.
func (e *Engine) Stats() Stats {
	stats := make(Stats, len(e.lanes))
	for i, l := range e.lanes {
		stats[i] = l.read()
	}
	return stats
}
