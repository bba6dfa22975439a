package fulfill

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"
)

// longestKey is how many bytes the key of a host's own action may have: what is left of what a store keeps.
const longestKey = 150

// Queue puts actions of the host's own into the outbox, in the host's own transaction of the engine's store: they go out
// if it commits, and only then. An action needs a Key, a Name that Config.Actions has a function for (or Config.Undo, for
// one with Undo), and an Order, in whose stream it goes out. The Key is the host's and free but for its length, 150 bytes;
// in the store, and in what the function gets, it stands behind "host/", and "/undo" follows that of an undo. What is
// queued under a key that is there already changes nothing. It reports how many were added.
//
// Call [Engine.WakeOutbox] after the commit, or they go out when the outbox is looked at next.
func (e *Engine) Queue(ctx context.Context, tx Tx, actions ...Action) (added int, err error) {
	now := e.config.Now()
	tasks := make([]Task, len(actions))
	for i, a := range actions {
		switch {
		case a.Key == "" || len(a.Key) > longestKey || !utf8.ValidString(a.Key):
			return 0, fmt.Errorf("fulfill: the key of action %d is empty, longer than %d bytes or no text", i+1, longestKey)
		case a.Name == "" || a.Order == "":
			return 0, fmt.Errorf("fulfill: action %d has no name or no order", i+1)
		}
		a.Key = "host/" + a.Key
		if a.Undo {
			a.Key = undoKey(a.Key)
		}
		tasks[i] = Task{Action: a, State: Waiting, DueAt: now, CreatedAt: now}
	}
	return tx.Queue(ctx, tasks...)
}

// WakeOutbox makes the outbox be looked at at once. It never blocks, and may be called before, during and after Run.
func (e *Engine) WakeOutbox() { e.outbox.ring() }

// Tasks lists what is and was in the outbox, by key; those that were given up with TaskFilter{State: Dead}. The sequence
// yields an error once, last; [ErrNoArchive] when the store cannot list.
func (e *Engine) Tasks(ctx context.Context, f TaskFilter) iter.Seq2[Task, error] {
	archive, ok := e.config.Store.(Archive)
	if !ok {
		return func(yield func(Task, error) bool) { yield(Task{}, ErrNoArchive) }
	}
	return archive.Tasks(ctx, f)
}

// Replay makes tasks that were given up, or passed over for want of a function, due at once, with all attempts but one
// before them, and reports how many. They go out in their old place in the stream, under the keys that they had: effects that are
// stored under these do not happen again. Tasks that wait, are done or were withdrawn are left alone. An unknown key is
// [ErrNoTask]; one whose cause was withdrawn since is [ErrWithdrawn], for its undo could be done already. Each
// key is a transaction of its own, and an error of one does not keep the others.
func (e *Engine) Replay(ctx context.Context, keys ...string) (replayed int, err error) {
	var faults []error
	for i, key := range keys {
		done := false
		err := e.config.Store.Transact(ctx, func(ctx context.Context, tx Tx) (err error) {
			done, err = e.replay(ctx, tx, key)
			return err
		})
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("task %d of %d: %w", i+1, len(keys), err))
		case done:
			replayed++
		}
	}
	if replayed > 0 {
		e.WakeOutbox()
	}
	return replayed, errors.Join(faults...)
}

func (e *Engine) replay(ctx context.Context, tx Tx, key string) (bool, error) {
	t, err := tx.Task(ctx, key)
	if err != nil {
		return false, err
	}
	if t.Action.Shipment.Number != "" { // whoever withdraws what it caused holds its lock
		s, err := tx.Shipment(ctx, t.Action.Shipment)
		switch {
		case errors.Is(err, ErrNoShipment):
		case err != nil:
			return false, err
		case s.Epoch > t.Action.Epoch && !t.Action.Undo:
			return false, ErrWithdrawn
		}
		if t, err = tx.Task(ctx, key); err != nil {
			return false, err
		}
	}
	if t.State != Dead && t.State != Passed {
		return false, nil
	}
	if !t.Action.Undo {
		switch _, err := tx.Task(ctx, undoKey(key)); {
		case err == nil:
			return false, ErrWithdrawn
		case !errors.Is(err, ErrNoTask):
			return false, err
		}
	}
	t.State, t.DueAt, t.DoneAt = Waiting, e.config.Now(), time.Time{}
	t.Attempts = min(t.Attempts, 1) // never none again: what may have been done once is undone, not forgotten
	return true, tx.AmendTask(ctx, t)
}
