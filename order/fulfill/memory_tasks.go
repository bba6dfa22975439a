package fulfill

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// memoryTask is a task with its lease.
type memoryTask struct {
	task   Task
	place  taskPlace
	leased bool
	until  time.Time // end of the lease
}

// taskPlace says which task it is, and where it stands in its stream.
type taskPlace struct {
	n   int64 // of all tasks that were ever queued
	key string
}

func (p taskPlace) compare(other taskPlace) int {
	return cmp.Or(cmp.Compare(p.n, other.n), strings.Compare(p.key, other.key))
}

func (t Task) copied() Task {
	t.Action.Items = slices.Clone(t.Action.Items)
	t.Action.Waybills = slices.Clone(t.Action.Waybills)
	return t
}

// Queue implements [Tx].
func (tx *memoryTx) Queue(ctx context.Context, tasks ...Task) (added int, err error) {
	if err := tx.check(ctx); err != nil {
		return 0, err
	}
	for _, t := range tasks {
		if tx.queue(t.copied()) {
			added++
		}
	}
	return added, nil
}

// queue adds a task unless its key is there.
func (tx *memoryTx) queue(t Task) bool {
	if _, ok := tx.m.tasks[t.Action.Key]; ok {
		return false
	}
	tx.m.placed++
	tx.setTask(memoryTask{task: t, place: taskPlace{tx.m.placed, t.Action.Key}})
	return true
}

// Task implements [Tx].
func (tx *memoryTx) Task(ctx context.Context, key string) (Task, error) {
	if err := tx.check(ctx); err != nil {
		return Task{}, err
	}
	k, ok := tx.m.tasks[key]
	if !ok {
		return Task{}, ErrNoTask
	}
	return k.task.copied(), nil
}

// ClaimTasks implements [Tx].
func (tx *memoryTx) ClaimTasks(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]Task, error) {
	if err := tx.check(ctx); err != nil {
		return nil, err
	}
	var claimed []Task
	for len(claimed) < limit {
		first, ok := tx.m.ready.first()
		if !ok || first.at.After(now) {
			break
		}
		k := tx.m.tasks[first.key.key]
		k.task.Attempts++
		k.task.Fence++
		k.leased, k.until = true, now.Add(lease)
		tx.setTask(k)
		claimed = append(claimed, k.task.copied())
	}
	return claimed, nil
}

// SettleTask implements [Tx].
func (tx *memoryTx) SettleTask(ctx context.Context, t Task) error {
	if err := tx.check(ctx); err != nil {
		return err
	}
	k, ok := tx.m.tasks[t.Action.Key]
	if !ok || !k.leased || k.task.Fence != t.Fence {
		return ErrLeaseLost
	}
	tx.write(k, t)
	return nil
}

// AmendTask implements [Tx].
func (tx *memoryTx) AmendTask(ctx context.Context, t Task) error {
	if err := tx.check(ctx); err != nil {
		return err
	}
	k, ok := tx.m.tasks[t.Action.Key]
	if !ok {
		return ErrNoTask
	}
	tx.write(k, t)
	return nil
}

// write keeps what is changed of a task, and ends its claim.
func (tx *memoryTx) write(k memoryTask, t Task) {
	k.task.State, k.task.Attempts, k.task.DueAt, k.task.DoneAt, k.task.Why = t.State, t.Attempts, t.DueAt, t.DoneAt, t.Why
	k.leased = false
	tx.setTask(k)
}

// NextTask implements [Tx].
func (tx *memoryTx) NextTask(ctx context.Context) (time.Time, error) {
	if err := tx.check(ctx); err != nil {
		return time.Time{}, err
	}
	first, _ := tx.m.ready.first()
	return first.at, nil
}

// setTask keeps a task and sees who goes first in its stream.
func (tx *memoryTx) setTask(k memoryTask) {
	key := k.task.Action.Key
	put(tx, tx.m.tasks, key, k)
	tx.m.stand(k.task.Action.Order, k.place)
	last := len(tx.undo) - 1
	take := tx.undo[last]
	tx.undo[last] = func() { take(); tx.m.stand(k.task.Action.Order, k.place) }
}

// stand puts a task where it belongs in its stream, and the head of the stream on the agenda.
func (m *MemoryStore) stand(stream order.OrderID, p taskPlace) {
	k := m.tasks[p.key]
	waiting := m.streams[stream]
	i, there := slices.BinarySearchFunc(waiting, p, taskPlace.compare)
	switch waits := k.task.State == Waiting; {
	case waits && !there:
		waiting = slices.Insert(waiting, i, p)
	case !waits && there:
		waiting = slices.Delete(waiting, i, i+1)
	}
	keep(m.streams, stream, waiting, len(waiting) > 0)
	leased, ok := m.leased[stream]
	if k.leased && k.task.State == Waiting {
		leased, ok = p, true
	} else if leased == p {
		ok = false
	}
	keep(m.leased, stream, leased, ok)
	m.lead(stream)
}

// lead chooses the task of a stream that can be claimed: the first, but one that is leased stays it, even if a person has
// replayed one before it. Two of a stream never go out together.
func (m *MemoryStore) lead(stream order.OrderID) {
	if head, ok := m.heads[stream]; ok {
		m.ready.remove(head)
	}
	head, ok := m.leased[stream]
	if waiting := m.streams[stream]; !ok && len(waiting) > 0 {
		head, ok = waiting[0], true
	}
	keep(m.heads, stream, head, ok)
	if k := m.tasks[head.key]; k.leased {
		m.ready.set(head, k.until)
	} else if ok {
		m.ready.set(head, k.task.DueAt)
	}
}

// keep has a key in a map, or not.
func keep[K comparable, V any](in map[K]V, k K, v V, has bool) {
	if has {
		in[k] = v
	} else {
		delete(in, k)
	}
}
