package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Worker works what an [Inbox] keeps: it decodes each message, hands what it says to the host, and asks about what
// is only hinted at. Several workers, in several processes, may share an inbox.
//
// Set the fields before Run and do not change or copy it afterwards. Its methods may be called concurrently.
//
// # Retries
//
// A message whose Deliver fails, takes too long or panics is tried again after 1 s, 4 s, 16 s, 64 s, 256 s, about 17
// minutes, and then every half hour; so ten attempts take two hours. Then it is a dead letter ([Worker.DeadLetters],
// [Worker.Replay]). It harms nobody but itself: others are worked meanwhile. An attempt counts even when it takes the
// whole process along. That charges everything which was claimed then, so a message whose attempts all ended without
// a word gets one more by itself.
//
// Waiting that is nobody's fault is not counted, but ends with UnmatchedFor: for a match ([ErrUnmatched], from a source
// or from Deliver), after half the message's age, at least a second and at most an hour; for a source that is not
// configured, likewise; for a carrier that names a time, until then; for one that wants a person to act, an hour.
// [ErrMalformed], from a source or from Deliver, makes a dead letter at once, and so does a number or a courier that the
// carrier refuses for good.
//
// # Hints
//
// The first hint of a parcel opens a window of HintDelay. All hints of that parcel that arrive before the carrier is
// asked share one Ask; one that arrives later opens the next window, and is never answered by an Ask that began before
// it arrived. Meanwhile the messages stay leased: none is lost in a crash. Windows are a worker's own: two that share an
// inbox may both ask. When 10,000 hints wait, the oldest windows end early.
type Worker struct {
	Inbox   Inbox
	Sources []Source // as the handler has them

	// Deliver takes what a message says. It is called at least once for each message that says anything, and again with
	// the same [Delivery.Key] after it failed, after a crash and after a replay. Deliveries come in no order, not even
	// those of one parcel: [tracking.Derive] wants none. It is called concurrently, and must return soon after ctx ended:
	// a call that does not holds up the end of Run, and after the lease somebody else may begin the same message.
	Deliver func(ctx context.Context, d Delivery) error

	// Ask asks a carrier about a hinted parcel, as [tracking.Client.Track] does. A nil parcel without an error means that
	// somebody else will ask; [tracking.ErrNotFound] that there is nothing to deliver. Both settle the hint. Nil delivers
	// the hints themselves. It must heed ctx, like Deliver.
	Ask func(ctx context.Context, q tracking.Query) (*tracking.Parcel, error)

	// Policy says what a push is good for, as it does in the handler. Nil applies everything.
	Policy Policy

	// Concurrency is how many messages are worked at a time; 0 means 4.
	Concurrency int
	// Timeout bounds reading a message together with its Deliver, and asking together with the Deliver of the answer; 0
	// means 20 s.
	Timeout time.Duration
	// HintDelay is how long hints of a parcel are gathered; 0 means 10 s, less than 0 not at all.
	HintDelay time.Duration
	// Lease is how long a message is kept from others. It must be longer than HintDelay and twice Timeout together, so
	// that a message is not worked twice at a time; 0 means 10 s longer, which is a minute by default. A message
	// that could not be finished within what is left of its lease is not begun.
	Lease time.Duration
	// Poll is how often the inbox is looked at without a call of Wake; 0 means 1 s.
	Poll time.Duration
	// Attempts is after how many failed ones a message is given up; 0 means 10.
	Attempts int
	// UnmatchedFor is how long after its arrival a message may wait through no fault of its own; 0 means 7 days.
	UnmatchedFor time.Duration
	// KeepDone is how long the key of a done message is kept, so that the same message is known when it comes again; 0
	// means 7 days, less than 0 for ever. Run prunes an inbox that is an [Archive] once an hour.
	KeepDone time.Duration
	// Grace is how long running work may take to end when Run is to end; 0 means 10 s.
	Grace time.Duration

	// Now is the clock; nil means [time.Now]. It must keep the pace of real time.
	Now func() time.Time
	// Logger hears of retries and dead letters: source, key, attempt and reason, never what a message says. Nil is silent.
	Logger *slog.Logger
	Hooks  WorkerHooks

	once    sync.Once
	wake    chan struct{}
	running atomic.Bool
}

// WorkerHooks observe a worker, for meters and alarms. Nil functions are skipped. They run on the goroutine of the work,
// concurrently, and hold it up; a panic in one is logged and goes no further. What they are given names no parcel.
type WorkerHooks struct {
	// Worked is called when it is settled in the inbox what became of a message, and that is not for those that are given
	// back untouched.
	Worked func(Worked)
	// Asked is called after each Ask.
	Asked func(Asked)
	// InboxFailed is called when the inbox fails at claim, finish or prune.
	InboxFailed func(op string, err error)
}

// Worked is what became of a message.
type Worked struct {
	Letter  LetterID
	Attempt int
	Finding Finding // State Dead is worth an alarm
	Err     error   // what failed; nil when it is done
}

// Asked is an Ask that ended.
type Asked struct {
	Letters int // how many hints it answered
	Took    time.Duration
	Err     error
}

// Validate reports every fault of the configuration, those of the sources included. Run calls it.
func (w *Worker) Validate() error {
	var errs []error
	if w.Inbox == nil {
		errs = append(errs, errors.New("webhook: the worker has no Inbox"))
	}
	if w.Deliver == nil {
		errs = append(errs, errors.New("webhook: the worker has no Deliver"))
	}
	seen := make(map[string]bool, len(w.Sources))
	for i, source := range w.Sources {
		if source == nil {
			errs = append(errs, fmt.Errorf("webhook: source %d of the worker is nil", i+1))
			continue
		}
		name := source.Name()
		if name == "" || seen[name] {
			errs = append(errs, fmt.Errorf("webhook: source %d of the worker: the name %.40q is empty or taken", i+1, name))
		}
		seen[name] = true
		if v, ok := source.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				errs = append(errs, fmt.Errorf("webhook: source %.40q: %w", name, err))
			}
		}
	}
	return errors.Join(append(errs, w.checkNumbers()...)...)
}

func (w *Worker) checkNumbers() (errs []error) {
	for _, field := range []struct {
		name     string
		negative bool
	}{
		{"Concurrency", w.Concurrency < 0}, {"Timeout", w.Timeout < 0}, {"Lease", w.Lease < 0}, {"Poll", w.Poll < 0},
		{"Attempts", w.Attempts < 0}, {"UnmatchedFor", w.UnmatchedFor < 0}, {"Grace", w.Grace < 0},
	} {
		if field.negative {
			errs = append(errs, fmt.Errorf("webhook: the worker's %s is negative", field.name))
		}
	}
	if least := w.leastLease(); w.Lease > 0 && w.Lease <= least {
		errs = append(errs, fmt.Errorf("webhook: the worker's Lease of %v must be longer than HintDelay and twice Timeout, %v", w.Lease, least))
	}
	return errs
}

func (w *Worker) timeout() time.Duration   { return cmp.Or(w.Timeout, 20*time.Second) }
func (w *Worker) hintDelay() time.Duration { return max(cmp.Or(w.HintDelay, 10*time.Second), 0) }

// leastLease is what a hint needs: to be read, to wait, to be answered.
func (w *Worker) leastLease() time.Duration { return w.hintDelay() + 2*w.timeout() }

// Run works until ctx ends. Then it claims nothing more, gives back what it has not begun, lets what runs end for up to
// Grace, cancels the rest, and returns nil; none of its goroutines is left. What is not done then stays in the inbox.
//
// It returns an error at once when the configuration is faulty or it runs already. It may be run again.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Validate(); err != nil {
		return err
	}
	if !w.running.CompareAndSwap(false, true) {
		return errors.New("webhook: the worker runs already")
	}
	defer w.running.Store(false)
	newShift(ctx, w).run(ctx)
	return nil
}

// Wake makes the worker look at its inbox at once. It never blocks, and may be called before, during and after Run: it
// fits the handler's hook for what was stored.
func (w *Worker) Wake() {
	select {
	case w.bell() <- struct{}{}:
	default: // it has been rung and not heard yet
	}
}

func (w *Worker) bell() chan struct{} {
	w.once.Do(func() { w.wake = make(chan struct{}, 1) })
	return w.wake
}
