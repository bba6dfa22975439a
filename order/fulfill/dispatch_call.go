package fulfill

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"time"

	"github.com/waybill-dev/waybill/internal/mask"
)

const (
	firstRetry    = time.Second
	retryGrowth   = 4
	longestRetry  = 30 * time.Minute
	longestReason = 200 // characters
)

var (
	errVanished = errors.New("the attempts ended without a word, perhaps with the process")
	errGone     = errors.New("its goroutine ended without returning")
	errCut      = errors.New("cut short, for the engine was shut down")
	errLate     = errors.New("it took too long")
	errPanic    = errors.New("it panicked")
)

// What else [Task].Why says in our words.
const (
	failedWith   = "failed with " // the type of an error
	whyWithdrawn = "the evidence was withdrawn"
	whyOver      = "it was over before it was told"
)

// work calls the host's function and settles the task, also when that ends the goroutine.
func (d *dispatcher) work(work context.Context, t Task, g *gate) {
	began := d.now()
	defer d.leave(t, g, began)
	err := errGone
	defer func() { d.settle(work, d.judged(t, err, work.Err() != nil), err) }()
	ctx, cancel := context.WithTimeout(work, d.outbox.Timeout)
	defer cancel()
	f := d.engine.config.function(t.Action)
	err = d.guarded("action", func() error { return f(ctx, t.Action) })
	switch {
	case err == nil || errors.Is(err, errPanic):
	case work.Err() != nil:
		err = fmt.Errorf("%w: %w", errCut, err)
	case ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", errLate, err)
	}
}

// guarded runs code that is not ours. A panic is an error; its stack goes to the log, what it says nowhere.
func (d *dispatcher) guarded(what string, do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			d.log().Error("outbox: host code panicked", "in", what, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w (%T)", errPanic, value)
		}
	}()
	return do()
}

// judged is the task after an attempt.
func (d *dispatcher) judged(t Task, err error, cut bool) Task {
	now := d.now()
	told, _ := errors.AsType[*ActionError](err)
	if err == nil {
		t.State, t.DoneAt, t.Why = Done, now, ""
		return t
	}
	t.Why = reason(err)
	switch {
	case cut && !errors.Is(err, errPanic): // not its fault; but it may have been done, so one attempt is kept
		t.DueAt, t.Attempts = now, max(t.Attempts-1, 1)
	case told != nil && told.Final, t.Attempts >= d.outbox.Attempts:
		t.State, t.DoneAt = Dead, now
	default:
		t.DueAt = now.Add(retryDelay(t))
	}
	return t
}

// retryDelay is how long a task waits after its attempts: 1 s, 4 s, 16 s, 64 s, 256 s, about 17 min, then half an hour each
// time, shortened by up to half, so that what failed together does not come back together.
func retryDelay(t Task) time.Duration {
	delay := firstRetry
	for range min(t.Attempts, 20) - 1 {
		delay = min(delay*retryGrowth, longestRetry)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", t.Action.Key, t.Attempts, t.Fence)
	x := h.Sum64()
	x ^= x >> 33 // FNV leaves the high bits of short texts alike
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return delay - time.Duration(float64(delay/2)*float64(x>>11)/(1<<53))
}

// reason is what may be kept and logged of an error: what an [ActionError] says, what we say ourselves, or the type of
// its innermost error.
func reason(err error) string {
	if told, ok := errors.AsType[*ActionError](err); ok && told.Reason != "" {
		return mask.Remark(told.Reason, nil, longestReason)
	}
	for _, own := range []error{errPanic, errCut, errLate, errGone, errVanished} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return failedWith + fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// settle writes what became of a task, a few times if need be. What the store does not take is remembered, and written when the
// task is claimed again after its lease, instead of another call; unless somebody else, who cannot know, claims it.
func (d *dispatcher) settle(work context.Context, t Task, cause error) {
	var err error
	for _, pause := range []time.Duration{0, 200 * time.Millisecond, time.Second} {
		if pause > 0 && waitByTimer(work, pause) != nil {
			break
		}
		err = d.transact(work, "settle", func(ctx context.Context, tx Tx) error {
			err := tx.SettleTask(ctx, t)
			if errors.Is(err, ErrLeaseLost) && pause > 0 { // perhaps by the try before, whose commit was not heard of
				kept, fault := tx.Task(ctx, t.Action.Key)
				if fault == nil && kept.Fence == t.Fence && kept.State == t.State && kept.Attempts == t.Attempts && kept.Why == t.Why {
					return nil
				}
			}
			return err
		})
		if err == nil || errors.Is(err, ErrLeaseLost) {
			break
		}
	}
	if err != nil {
		if !errors.Is(err, ErrLeaseLost) {
			d.keep(t, cause)
		}
		d.log().Warn("outbox task settled in vain", "task", t.Action, "state", string(t.State), "err", reason(err))
		return
	}
	d.tell(t, cause)
}

// tell logs and reports what became of a task.
func (d *dispatcher) tell(t Task, err error) {
	switch t.State {
	case Dead:
		d.log().Error("outbox task given up", "task", t.Action, "attempts", t.Attempts, "why", t.Why)
	case Waiting:
		d.log().Warn("outbox task failed", "task", t.Action, "attempts", t.Attempts, "why", t.Why, "again", t.DueAt)
	}
	if hook := d.outbox.Hooks.Settled; hook != nil {
		_ = d.guarded("hook", func() error { hook(t, err); return nil })
	}
}
