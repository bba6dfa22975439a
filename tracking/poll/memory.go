package poll

import (
	"container/heap"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// MemoryStore is a [Store], [Archive], [Meter] and [Keeper] in memory, for tests, demonstrations and hosts that can do without what a
// restart loses. Make one with [NewMemoryStore].
type MemoryStore struct {
	mu        sync.Mutex
	watches   map[WatchID]*kept
	shipments map[ShipmentID]*shipment
	queues    map[string]*queue // active watches by carrier
	early     map[string]*queue // those of them that may be asked early
	usage     map[period]Usage
	keepsakes map[string]keepsake
}

// kept is a watch with its lease.
type kept struct {
	watch  Watch
	leased bool
	until  time.Time // end of the lease
	index  [2]int    // in its queues; -1 outside
}

type shipment struct {
	known    bool
	state    tracking.State
	evidence tracking.Evidence
}

// ready is when it can be claimed.
func (k *kept) ready() time.Time {
	if k.leased {
		return k.until
	}
	return k.watch.Due
}

// The queues of a carrier.
const (
	byReady = iota
	byEarly
)

// queue is a heap of watches by a time of theirs.
type queue struct {
	by      int // which of the two
	watches []*kept
}

func (q *queue) at(k *kept) time.Time {
	if q.by == byEarly {
		return k.watch.Early
	}
	return k.ready()
}

// first gives the first watch if its time is not after now.
func (q *queue) first(now time.Time) *kept {
	if len(q.watches) == 0 || q.at(q.watches[0]).After(now) {
		return nil
	}
	return q.watches[0]
}

// set puts a watch where it belongs, or takes it out.
func (q *queue) set(k *kept, in bool) {
	switch i := k.index[q.by]; {
	case in && i < 0:
		heap.Push(q, k)
	case in:
		heap.Fix(q, i)
	case i >= 0:
		heap.Remove(q, i)
	}
}

// Len is for package heap.
func (q *queue) Len() int { return len(q.watches) }

// Less is for package heap.
func (q *queue) Less(i, j int) bool { return q.at(q.watches[i]).Before(q.at(q.watches[j])) }

// Swap is for package heap.
func (q *queue) Swap(i, j int) {
	q.watches[i], q.watches[j] = q.watches[j], q.watches[i]
	q.watches[i].index[q.by], q.watches[j].index[q.by] = i, j
}

// Push is for package heap.
func (q *queue) Push(x any) {
	k := x.(*kept)
	k.index[q.by] = len(q.watches)
	q.watches = append(q.watches, k)
}

// Pop is for package heap.
func (q *queue) Pop() any {
	last := len(q.watches) - 1
	k := q.watches[last]
	q.watches[last] = nil
	q.watches = q.watches[:last]
	k.index[q.by] = -1
	return k
}

// NewMemoryStore makes an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{
		watches: make(map[WatchID]*kept), shipments: make(map[ShipmentID]*shipment), queues: make(map[string]*queue), early: make(map[string]*queue),
		usage: make(map[period]Usage), keepsakes: make(map[string]keepsake),
	}
}

// Claim is Store.Claim.
func (m *MemoryStore) Claim(ctx context.Context, r ClaimRequest) ([]Watch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queue(r.Carrier, byReady)
	if r.Early {
		q = m.queue(r.Carrier, byEarly)
	}
	var claimed []Watch
	for len(claimed) < r.Limit {
		k := q.first(r.Now)
		if k == nil {
			break
		}
		k.watch = k.watch.Claimed(r.Now)
		k.leased, k.until = true, r.Now.Add(r.Lease)
		m.enqueue(k)
		claimed = append(claimed, m.show(k))
	}
	return claimed, nil
}

// Release is Store.Release.
func (m *MemoryStore) Release(ctx context.Context, ws []Watch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range ws {
		if k := m.watches[w.ID]; k != nil && k.leased && k.watch.Fence == w.Fence {
			k.watch = k.watch.Untouched()
			k.leased = false
			m.enqueue(k)
		}
	}
	return nil
}

// Record is Store.Record.
func (m *MemoryStore) Record(ctx context.Context, r Report, decide func(Watch, tracking.Gain) Watch) (Recorded, error) {
	if err := ctx.Err(); err != nil {
		return Recorded{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.watches[r.ID]
	if k == nil {
		return Recorded{}, ErrNoWatch
	}
	push := r.Door == tracking.DoorPush
	if !push && (!k.leased || k.watch.Fence != r.Fence) {
		return Recorded{}, ErrLeaseLost
	}
	before := m.show(k)
	s := *m.shipment(r.ID.Shipment)
	var gain tracking.Gain
	if r.Parcel != nil {
		s.evidence, gain = s.evidence.With(r.Parcel, tracking.Sight{At: r.At, Door: r.Door, Before: before.Asked})
		s.known = true
		s.state = tracking.Derive(s.evidence, before.Context())
	}
	after := before
	after.Known, after.Parcel = s.known, s.state
	after = before.keeping(decide(after.copied(), gain)) // it may panic: nothing is written yet
	*m.shipment(r.ID.Shipment) = s
	k.watch = after
	if !push || after.Life != Active {
		k.leased = false
	}
	m.enqueue(k)
	return Recorded{Before: before, After: m.show(k), Gain: gain}, nil
}

// Change is Store.Change.
func (m *MemoryStore) Change(ctx context.Context, id WatchID, change func(Watch) Watch) (Watch, error) {
	if err := ctx.Err(); err != nil {
		return Watch{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.watches[id]
	if k == nil {
		k = &kept{watch: Watch{ID: id}, index: [2]int{-1, -1}}
	}
	before := m.show(k)
	after := before.keeping(change(before.copied()))
	if after.Life == "" {
		return before, nil
	}
	m.watches[id] = k
	k.watch = after
	if after.Life != Active {
		k.leased = false
	}
	m.enqueue(k)
	return m.show(k), nil
}

// NextDue is Store.NextDue.
func (m *MemoryStore) NextDue(ctx context.Context, carrier string) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if q := m.queue(carrier, byReady); q.Len() > 0 {
		return q.watches[0].ready(), nil
	}
	return time.Time{}, nil
}

// Watches is Archive.Watches. It shows the watches as they stand when it begins.
func (m *MemoryStore) Watches(ctx context.Context, f Filter) iter.Seq2[Watch, error] {
	return func(yield func(Watch, error) bool) {
		for _, w := range m.chosen(f) {
			if err := ctx.Err(); err != nil {
				yield(Watch{}, err)
				return
			}
			if !yield(w, nil) {
				return
			}
		}
	}
}

func (m *MemoryStore) chosen(f Filter) []Watch {
	m.mu.Lock()
	defer m.mu.Unlock()
	var chosen []Watch
	for _, k := range m.watches {
		if f.Fits(k.watch) {
			chosen = append(chosen, m.show(k))
		}
	}
	slices.SortFunc(chosen, func(a, b Watch) int { return a.ID.Compare(b.ID) })
	if f.Limit > 0 && len(chosen) > f.Limit {
		chosen = chosen[:f.Limit]
	}
	return chosen
}

// Evidence is Archive.Evidence.
func (m *MemoryStore) Evidence(ctx context.Context, id ShipmentID) (tracking.Evidence, error) {
	if err := ctx.Err(); err != nil {
		return tracking.Evidence{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shipments[id]
	if s == nil {
		return tracking.Evidence{}, nil
	}
	return tracking.Evidence{Events: slices.Clone(s.evidence.Events), Verdicts: slices.Clone(s.evidence.Verdicts)}, nil
}

// show gives a copy of a watch, with what is known of its shipment.
func (m *MemoryStore) show(k *kept) Watch {
	w := k.watch.copied()
	if s := m.shipments[w.ID.Shipment]; s != nil {
		w.Known, w.Parcel = s.known, s.state
	}
	return w
}

func (w Watch) copied() Watch {
	w.Extra = slices.Clone(w.Extra)
	return w
}

// keeping is next with what belongs to the store.
func (w Watch) keeping(next Watch) Watch {
	next = next.copied()
	next.ID, next.Fence = w.ID, w.Fence
	next.Known, next.Parcel = false, tracking.State{} // kept with the shipment
	return next
}

func (m *MemoryStore) shipment(id ShipmentID) *shipment {
	s := m.shipments[id]
	if s == nil {
		s = &shipment{}
		m.shipments[id] = s
	}
	return s
}

func (m *MemoryStore) queue(carrier string, by int) *queue {
	all := m.queues
	if by == byEarly {
		all = m.early
	}
	q := all[carrier]
	if q == nil {
		q = &queue{by: by}
		all[carrier] = q
	}
	return q
}

// enqueue puts a watch where it belongs in its queues, or takes it out.
func (m *MemoryStore) enqueue(k *kept) {
	active, carrier := k.watch.Life == Active, k.watch.ID.Carrier
	m.queue(carrier, byReady).set(k, active)
	m.queue(carrier, byEarly).set(k, active && !k.leased && !k.watch.Early.IsZero())
}
