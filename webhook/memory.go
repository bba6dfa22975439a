package webhook

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// MemoryInbox is an [Inbox] and an [Archive] in memory: for tests, and for a host that can bear to lose on a restart
// what it has already acknowledged, for it keeps nothing over one. It is safe for concurrent use within one process.
//
// It drops the body of a message that is done, so that no personal data stays behind, and keeps the key, some 300
// bytes, until Prune: done messages cannot be replayed, dead ones can. A claim costs no more for messages that are
// done, dead or not yet due.
type MemoryInbox struct {
	mu      sync.Mutex
	rows    map[LetterID]*memoryRow
	waiting memoryQueue // by when they are due; what is leased is due when the lease runs out
	done    memoryQueue // by when they were done
	arrived uint64
}

// NewMemoryInbox gives an empty one.
func NewMemoryInbox() *MemoryInbox { return &MemoryInbox{} }

// A memoryRow is a message and where it stands.
type memoryRow struct {
	message Message
	state   State
	at      time.Time // of the state: the next due time, or when it was done or given up
	why     string
	attempt int
	fence   int64
	leased  bool   // the claim with that fence has not been finished
	order   uint64 // of arrival
	index   int    // in its queue
}

func (r *memoryRow) id() LetterID { return LetterID{r.message.Source, r.message.Key} }

// Put implements [Inbox]. It keeps the body itself, not a copy.
func (in *MemoryInbox) Put(ctx context.Context, m Message) (fresh bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	id := LetterID{m.Source, m.Key}
	if _, kept := in.rows[id]; kept {
		return false, nil
	}
	if in.rows == nil {
		in.rows = make(map[LetterID]*memoryRow)
	}
	in.arrived++
	r := &memoryRow{message: m, state: Waiting, at: m.ReceivedAt, order: in.arrived}
	in.rows[id] = r
	heap.Push(&in.waiting, r)
	return true, nil
}

// Claim implements [Inbox]. The bodies are copies.
func (in *MemoryInbox) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]Claim, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	var rows []*memoryRow
	for len(rows) < limit && len(in.waiting) > 0 && !in.waiting[0].at.After(now) {
		rows = append(rows, heap.Pop(&in.waiting).(*memoryRow))
	}
	claims := make([]Claim, len(rows))
	for i, r := range rows {
		r.attempt++
		r.fence++
		r.leased = true
		r.at = now.Add(lease)
		heap.Push(&in.waiting, r)
		claims[i] = Claim{Message: r.message, Attempt: r.attempt, Fence: r.fence}
		claims[i].Message.Body = bytes.Clone(r.message.Body)
	}
	return claims, nil
}

// Finish implements [Inbox].
func (in *MemoryInbox) Finish(ctx context.Context, c Claim, f Finding) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	r := in.rows[LetterID{c.Message.Source, c.Message.Key}]
	switch {
	case r == nil || r.fence != c.Fence:
		return ErrLeaseLost
	case !r.leased && r.state == Done:
		return nil
	case !r.leased:
		return ErrLeaseLost
	}
	r.leased = false
	r.why = f.Why
	if f.Uncounted {
		r.attempt--
	}
	in.move(r, f.State, f.At)
	return nil
}

// move puts a row into another state, and into the queue for that.
func (in *MemoryInbox) move(r *memoryRow, to State, at time.Time) {
	if queue := in.queue(r.state); queue != nil {
		heap.Remove(queue, r.index)
	}
	r.state, r.at = to, at
	if to == Done {
		r.message.Body = nil
	}
	if queue := in.queue(to); queue != nil {
		heap.Push(queue, r)
	}
}

// queue is where the rows of a state are; the dead are in none.
func (in *MemoryInbox) queue(s State) *memoryQueue {
	switch s {
	case Waiting:
		return &in.waiting
	case Done:
		return &in.done
	default:
		return nil
	}
}

// Letters implements [Archive]. It shows the messages that are there when the loop over it begins, as they stand when
// the loop comes to them.
func (in *MemoryInbox) Letters(ctx context.Context, f LetterFilter) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for _, r := range in.inOrder() {
			if err := ctx.Err(); err != nil {
				yield(Letter{}, err)
				return
			}
			if letter, ok := in.letter(r, f); ok && !yield(letter, nil) {
				return
			}
		}
	}
}

func (in *MemoryInbox) inOrder() []*memoryRow {
	in.mu.Lock()
	defer in.mu.Unlock()
	rows := make([]*memoryRow, 0, len(in.rows))
	for _, r := range in.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *memoryRow) int { return cmp.Compare(a.order, b.order) })
	return rows
}

func (in *MemoryInbox) letter(r *memoryRow, f LetterFilter) (Letter, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f.Source != "" && f.Source != r.message.Source || f.State != "" && f.State != r.state || in.rows[r.id()] != r {
		return Letter{}, false
	}
	m := r.message
	m.Body = bytes.Clone(m.Body)
	return Letter{Message: m, State: r.state, Attempt: r.attempt, At: r.at, Why: r.why}, true
}

// Replay implements [Archive]. Done messages are left alone: their bodies are gone.
func (in *MemoryInbox) Replay(ctx context.Context, now time.Time, ids ...LetterID) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	n := 0
	for _, id := range ids {
		if r := in.rows[id]; r != nil && r.state == Dead {
			r.attempt, r.why = 0, ""
			in.move(r, Waiting, now)
			n++
		}
	}
	return n, nil
}

// Prune implements [Archive].
func (in *MemoryInbox) Prune(ctx context.Context, before time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	n := 0
	for len(in.done) > 0 && in.done[0].at.Before(before) {
		delete(in.rows, in.done[0].id())
		heap.Pop(&in.done)
		n++
	}
	return n, nil
}

// A memoryQueue is a heap of rows by time, those of one time in order of arrival.
type memoryQueue []*memoryRow

func (q memoryQueue) Len() int { return len(q) }

func (q memoryQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}

func (q memoryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements [heap.Interface].
func (q *memoryQueue) Push(x any) {
	r := x.(*memoryRow)
	r.index = len(*q)
	*q = append(*q, r)
}

// Pop implements [heap.Interface].
func (q *memoryQueue) Pop() any {
	old := *q
	last := len(old) - 1
	r := old[last]
	old[last] = nil
	*q = old[:last]
	return r
}
