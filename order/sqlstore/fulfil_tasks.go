package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waybill-dev/waybill/order/fulfill"
)

// taskKey is the stored form of a key: the key itself or, of one with [MaxKey] bytes or more, its beginning and a hash of
// it, which have exactly MaxKey.
func taskKey(key string) string {
	if len(key) < MaxKey || !utf8.ValidString(key) {
		return sought(key)
	}
	hash := sha256.Sum256([]byte(key))
	end := MaxKey - 1 - 2*len(hash)
	for !utf8.RuneStart(key[end]) {
		end--
	}
	return sought(key[:end] + strings.Repeat("#", MaxKey-2*len(hash)-end) + hex.EncodeToString(hash[:]))
}

// A taskRow is a task as it is read.
type taskRow struct {
	key, stream string
	task        fulfill.Task
}

// scan reads the columns of a task, and what stands before them.
func (r *taskRow) scan(from func(...any) error, before ...any) error {
	t := &r.task
	var due, created, done int64
	var payload sql.RawBytes
	err := from(append(before, &t.State, &t.Attempts, &due, &t.Fence, &created, &done, &t.Why, &payload)...)
	if err != nil {
		return err
	}
	t.DueAt, t.CreatedAt, t.DoneAt = moment(due), moment(created), moment(done)
	if err := json.Unmarshal(payload, &t.Action); err != nil {
		return fmt.Errorf("the action of a task: %w", err)
	}
	return nil
}

// A streamRow is the row of a stream, locked.
type streamRow struct {
	last, ready int64
	head        string // the key of the task that can be claimed
}

// Queue implements [fulfill.Tx].
func (t *Tx) Queue(ctx context.Context, tasks ...fulfill.Task) (added int, err error) {
	if err := t.writing(ctx); err != nil {
		return 0, err
	}
	return t.queue(ctx, tasks)
}

// queue writes the tasks whose keys are not there, one stream after the other, in the order of the streams: two who queue
// into several do not wait for each other.
func (t *Tx) queue(ctx context.Context, tasks []fulfill.Task) (added int, err error) {
	var l limit
	for i := range tasks {
		a := &tasks[i].Action
		l.key("an action's order or name", string(a.Order), string(a.Name))
		l.key("an action's key", taskKey(a.Key)) // any length will do
	}
	if l.err != nil {
		return 0, l.err
	}
	tasks = slices.Clone(tasks)
	slices.SortStableFunc(tasks, func(a, b fulfill.Task) int { return strings.Compare(string(a.Action.Order), string(b.Action.Order)) })
	for len(tasks) > 0 {
		end := 1
		for end < len(tasks) && tasks[end].Action.Order == tasks[0].Action.Order {
			end++
		}
		n, err := t.queueInto(ctx, string(tasks[0].Action.Order), tasks[:end])
		if err != nil {
			return 0, t.failed(err)
		}
		added, tasks = added+n, tasks[end:]
	}
	return added, nil
}

// queueInto queues tasks of one stream. Its row is left alone if all keys are there.
func (t *Tx) queueInto(ctx context.Context, stream string, tasks []fulfill.Task) (added int, err error) {
	var fresh []fulfill.Task
	for _, task := range tasks {
		var n int64
		there, err := t.get(ctx, stTaskThere, []any{taskKey(task.Action.Key)}, &n)
		if err != nil {
			return 0, err
		}
		if !there {
			fresh = append(fresh, task)
		}
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	row, made, err := t.lockStream(ctx, stream, fresh)
	if err != nil {
		return 0, err
	}
	for i := range fresh {
		key := taskKey(fresh[i].Action.Key)
		inserted, err := t.insertTask(ctx, key, stream, row.last+1, &fresh[i])
		if err != nil {
			return 0, err
		}
		if inserted {
			row.add(key, &fresh[i])
			added++
		}
	}
	if made == row || added == 0 && made == (streamRow{}) {
		return added, nil
	}
	_, err = t.exec(ctx, stStreamUpdate, row.last, row.head, row.ready, stream)
	return added, err
}

// add puts a task at the end.
func (r *streamRow) add(key string, task *fulfill.Task) {
	r.last++
	if task.State == fulfill.Waiting && r.head == "" {
		r.head, r.ready = key, nanos(task.DueAt)
	}
}

func (t *Tx) insertTask(ctx context.Context, key, stream string, n int64, task *fulfill.Task) (fresh bool, err error) {
	payload, err := json.Marshal(task.Action)
	if err != nil {
		return false, fmt.Errorf("sqlstore: an action: %w", err)
	}
	return t.insert(ctx, stTaskInsert, key, stream, n, string(task.Action.Name), string(task.State), task.Attempts, nanos(task.DueAt),
		task.Fence, nanos(task.CreatedAt), nanos(task.DoneAt), text(task.Why), string(payload))
}

// lockStream locks the row of a stream. If there is none it makes one, as it will be when the tasks are in it, and gives it as
// made; the row is then that of a stream without tasks.
func (t *Tx) lockStream(ctx context.Context, stream string, tasks []fulfill.Task) (row, made streamRow, err error) {
	for {
		found, err := t.get(ctx, stStreamLock, []any{stream}, &row.last, &row.head, &row.ready)
		if err != nil || found {
			return row, streamRow{}, err
		}
		row = streamRow{ready: never}
		made = row
		for i := range tasks {
			made.add(taskKey(tasks[i].Action.Key), &tasks[i])
		}
		fresh, err := t.insert(ctx, stStreamInsert, stream, made.last, made.head, made.ready)
		if err != nil || fresh {
			return row, made, err
		}
	}
}

// Task implements [fulfill.Tx].
func (t *Tx) Task(ctx context.Context, key string) (fulfill.Task, error) {
	var row taskRow
	found := false
	err := t.list(ctx, stTaskGet, []any{taskKey(key)}, func(rows *sql.Rows) error {
		found = true
		return row.scan(rows.Scan)
	})
	if err == nil && !found {
		err = fulfill.ErrNoTask
	}
	if err != nil {
		return fulfill.Task{}, err
	}
	return row.task, nil
}

// ClaimTasks implements [fulfill.Tx]. It passes over streams that another transaction is claiming from or writing to.
func (t *Tx) ClaimTasks(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
	if err := t.writing(ctx); err != nil {
		return nil, err
	}
	if limit <= 0 {
		return nil, nil
	}
	var rows []taskRow
	err := t.list(ctx, stTaskDue, []any{nanos(now), limit}, func(from *sql.Rows) error {
		var r taskRow
		if err := r.scan(from.Scan, &r.key, &r.stream); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, t.failed(err)
	}
	var claimed []fulfill.Task
	var keys, streams [][]any
	for _, r := range rows {
		r.task.Attempts++
		r.task.Fence++
		claimed = append(claimed, r.task)
		keys, streams = append(keys, []any{r.key}), append(streams, []any{r.stream})
	}
	if err := t.execAll(ctx, stTaskLease, stTaskLeases, nil, keys); err != nil {
		return nil, t.failed(err)
	}
	if err := t.execAll(ctx, stStreamLease, stStreamLeases, []any{nanos(now.Add(lease))}, streams); err != nil {
		return nil, t.failed(err)
	}
	return claimed, nil
}

// A standing is where a task stands in its stream; both are locked.
type standing struct {
	stream, key string
	fence       int64
	head        string // the key of the task that can be claimed
	leased      bool   // it is
}

func (t *Tx) standing(ctx context.Context, key string) (s standing, found bool, err error) {
	if err := t.writing(ctx); err != nil {
		return s, false, err
	}
	s.key = key
	found, err = t.get(ctx, stTaskStanding, []any{key}, &s.stream, &s.fence, &s.head, &s.leased)
	return s, found, t.failed(err)
}

// SettleTask implements [fulfill.Tx].
func (t *Tx) SettleTask(ctx context.Context, task fulfill.Task) error {
	s, found, err := t.standing(ctx, taskKey(task.Action.Key))
	if err != nil {
		return err
	}
	if !found || !s.leased || s.head != s.key || s.fence != task.Fence {
		return fulfill.ErrLeaseLost
	}
	return t.failed(t.writeTask(ctx, s, task))
}

// AmendTask implements [fulfill.Tx].
func (t *Tx) AmendTask(ctx context.Context, task fulfill.Task) error {
	s, found, err := t.standing(ctx, taskKey(task.Action.Key))
	if err != nil {
		return err
	}
	if !found {
		return fulfill.ErrNoTask
	}
	return t.failed(t.writeTask(ctx, s, task))
}

// writeTask writes a task, and who is first in its stream now. While another task of the stream is leased, that one stays
// first.
func (t *Tx) writeTask(ctx context.Context, s standing, task fulfill.Task) error {
	var l limit
	if l.key("a task's state", string(task.State)); l.err != nil {
		return l.err
	}
	_, err := t.exec(ctx, stTaskWrite, string(task.State), task.Attempts, nanos(task.DueAt), nanos(task.DoneAt), text(task.Why), s.key)
	if err != nil || s.leased && s.head != s.key {
		return err
	}
	_, err = t.exec(ctx, stStreamLead, s.stream, s.stream, int64(never), s.stream)
	return err
}

// NextTask implements [fulfill.Tx].
func (t *Tx) NextTask(ctx context.Context) (time.Time, error) {
	var ready int64
	found, err := t.get(ctx, stTaskNext, []any{int64(never)}, &ready)
	if err != nil || !found {
		return time.Time{}, err
	}
	return moment(ready), nil
}
