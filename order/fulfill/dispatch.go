package fulfill

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/order"
)

const (
	storeTimeout = 10 * time.Second // of one transaction of the outbox, by the wall clock
	longestPause = time.Minute      // between looks at a store that fails
	ahead        = 3                // tasks that wait for each call, so that not every call costs a claim
)

// A dispatcher delivers the tasks of the outbox: it claims what is due in one transaction, calls the host's functions, and
// settles each task in another.
type dispatcher struct {
	engine *Engine
	outbox Outbox
	bell   chan struct{}

	mu      sync.Mutex
	gates   map[gateID]*gate
	streams map[order.OrderID]bool // that have a task here which runs or waits
	suspect *pending               // may end the process, and waits until nothing else runs
	alone   bool                   // such a one runs
	kept    map[string]result      // by key: of calls that came to an end which the store did not take
}

// result is a task after an attempt, and the error of that.
type result struct {
	task  Task
	cause error
}

func newDispatcher(e *Engine) *dispatcher {
	return &dispatcher{
		engine: e, outbox: e.config.Outbox.withDefaults(), bell: make(chan struct{}, 1),
		gates: map[gateID]*gate{}, streams: map[order.OrderID]bool{}, kept: map[string]result{},
	}
}

func (d *dispatcher) now() time.Time { return d.engine.config.Now() }

// ring makes the dispatcher look at once. It never blocks.
func (d *dispatcher) ring() {
	select {
	case d.bell <- struct{}{}:
	default: // it has been rung and not heard yet
	}
}

// run delivers until ctx ends. Then it begins nothing more, gives back what it has not begun, lets what runs end for up to
// Grace, and cancels the rest.
func (d *dispatcher) run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var calls sync.WaitGroup
	for faults := 0; ctx.Err() == nil; {
		d.fill(ctx, work, &calls)
		next, err := d.look(work)
		if faults++; err == nil {
			faults = 0
		} else {
			next = d.now().Add(min(time.Second<<min(faults-1, 6), longestPause))
		}
		d.fill(ctx, work, &calls)
		d.wait(ctx, next)
	}
	grace := time.AfterFunc(d.outbox.Grace, cancel)
	defer grace.Stop()
	d.giveBack(work, d.clear(), d.now())
	calls.Wait()
	clear(d.kept) // by the next Run others may have had the tasks
	return nil
}

// wait returns at a time of the clock, when the bell rings, or when ctx ends.
func (d *dispatcher) wait(ctx context.Context, until time.Time) {
	rest := until.Sub(d.now())
	if rest <= 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var listener sync.WaitGroup
	listener.Go(func() {
		select {
		case <-d.bell:
			cancel()
		case <-ctx.Done():
		}
	})
	_ = d.engine.config.Wait(ctx, rest) // why it returns does not matter: the loop looks again
	cancel()
	listener.Wait()
}

// look claims what is due and brings it to the gates. It tells when to look again. What has no function, or ended all its
// attempts without a word, is settled in the transaction that claims it.
func (d *dispatcher) look(work context.Context) (next time.Time, err error) {
	now := d.now()
	if until := d.patience(now); until.After(now) {
		return until, nil
	}
	limit := (1 + ahead) * d.outbox.Concurrency
	var due time.Time
	var taken int
	var claimed []Task
	var over []result
	// Not cut short by the end of Run: a claim that is committed after all, and not known here, would cost its lease.
	err = d.transact(work, "claim", func(ctx context.Context, tx Tx) (err error) {
		taken, claimed, over = 0, nil, nil
		if due, err = tx.NextTask(ctx); err != nil || due.IsZero() || due.After(now) {
			return err
		}
		tasks, err := tx.ClaimTasks(ctx, now, limit, d.outbox.Lease)
		taken = len(tasks)
		for _, t := range tasks {
			known, ended := d.ended(t)
			switch {
			case err != nil:
				return err
			case ended:
				t.State, t.Attempts, t.DueAt, t.DoneAt, t.Why = known.task.State, known.task.Attempts, known.task.DueAt, known.task.DoneAt, known.task.Why
			case d.engine.config.function(t.Action) == nil:
				t.State, t.Attempts, t.DoneAt, t.Why = Passed, t.Attempts-1, now, "the host has no function for it"
			case t.Attempts > d.outbox.Attempts+1:
				t.State, t.DoneAt, t.Why = Dead, now, errVanished.Error()
			default:
				claimed = append(claimed, t)
				continue
			}
			over = append(over, result{t, known.cause})
			err = tx.SettleTask(ctx, t)
		}
		return err
	})
	if err != nil {
		return now, err
	}
	for _, o := range over {
		d.forget(o.task.Action.Key)
		d.tell(o.task, o.cause)
	}
	d.bring(work, d.isolate(work, claimed, now), now)
	look := now.Add(d.outbox.Look)
	switch {
	case due.IsZero():
		return look, nil
	case due.After(now):
		return earlier(due, look), nil
	case taken == 0:
		return now.Add(time.Second), nil // others were quicker
	}
	return now, nil
}

// keep remembers an outcome that the store did not take.
func (d *dispatcher) keep(t Task, cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[t.Action.Key] = result{t, cause}
}

func (d *dispatcher) forget(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, key)
}

// ended finds what became of a claimed task when it was called here, if nobody else has claimed or replayed it since.
func (d *dispatcher) ended(t Task) (result, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, found := d.kept[t.Action.Key]
	if found && (o.task.Fence != t.Fence-1 || o.task.Attempts != t.Attempts-1) {
		delete(d.kept, t.Action.Key)
		return result{}, false
	}
	return o, found
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// transact runs a transaction that ends with work or after storeTimeout. The panic of a store is an error.
func (d *dispatcher) transact(work context.Context, op string, f func(ctx context.Context, tx Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(work), storeTimeout)
	defer cancel()
	err := d.guarded("store", func() error { return d.engine.config.Store.Transact(ctx, f) })
	if err != nil && !errors.Is(err, ErrLeaseLost) {
		d.log().Error("outbox store failed", "op", op, "err", reason(err))
		if hook := d.outbox.Hooks.StoreFailed; hook != nil {
			_ = d.guarded("hook", func() error { hook(op, err); return nil })
		}
	}
	return err
}

func (d *dispatcher) log() *slog.Logger { return d.engine.config.Logger }

// giveBack returns tasks that were not begun, to be due at a time, as if they had not been claimed. If the store fails
// their leases will run out.
func (d *dispatcher) giveBack(work context.Context, tasks []Task, due time.Time) {
	for i := range tasks {
		tasks[i].DueAt = due
	}
	d.postpone(work, tasks)
}

// postpone gives back tasks that were not begun, to be due when they say.
func (d *dispatcher) postpone(work context.Context, tasks []Task) {
	if len(tasks) == 0 {
		return
	}
	_ = d.transact(work, "give back", func(ctx context.Context, tx Tx) error {
		for _, t := range tasks {
			t.Attempts--
			if err := tx.SettleTask(ctx, t); err != nil && !errors.Is(err, ErrLeaseLost) {
				return err
			}
		}
		return nil
	})
}
