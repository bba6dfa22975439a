package fulfill

import (
	"context"
	"errors"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// MemoryStore is a [Store] and [Archive] in memory, for tests, demonstrations and trials: nothing of it survives a restart.
// Make one with [NewMemoryStore]. Its transactions run one after the other; who waits for a turn stops when its context
// ends. A store used inside of its own transaction, with the context given there, refuses instead of waiting for itself.
type MemoryStore struct {
	turn chan struct{} // holds the one transaction that runs

	orders    map[order.OrderID]memoryOrder
	numbers   map[order.Key][]order.OrderID // orders that have, or once had, the number
	watches   map[poll.WatchID]memoryWatch
	due       map[string]*agenda[poll.WatchID] // active watches by carrier
	early     map[string]*agenda[poll.WatchID] // those of them that may be asked early
	facts     map[poll.ShipmentID]memoryFacts
	shipments map[poll.ShipmentID]Shipment
	latest    map[waybillNumber]int               // generations
	linked    map[order.OrderID][]poll.ShipmentID // that are linked to an order, or once were
	tasks     map[string]memoryTask               // by key
	streams   map[order.OrderID][]taskPlace       // the waiting tasks of each stream, in its order
	ready     *agenda[taskPlace]                  // the task of each stream that can be claimed
	heads     map[order.OrderID]taskPlace         // which one that is
	leased    map[order.OrderID]taskPlace         // the leased task of each stream that has one
	traces    map[order.OrderID][]Trace           // in the order in which they came
	jobs      map[string]time.Time                // when each was granted last
	usage     map[usagePeriod]poll.Usage
	keepsakes map[string]keepsake // by name
	placed    int64               // how many tasks were ever queued
}

// waybillNumber is what the generations of a shipment have in common.
type waybillNumber struct {
	courier tracking.Courier
	number  string
}

// NewMemoryStore makes an empty store.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{
		turn:   make(chan struct{}, 1),
		orders: map[order.OrderID]memoryOrder{}, numbers: map[order.Key][]order.OrderID{},
		watches: map[poll.WatchID]memoryWatch{}, due: map[string]*agenda[poll.WatchID]{}, early: map[string]*agenda[poll.WatchID]{}, facts: map[poll.ShipmentID]memoryFacts{},
		shipments: map[poll.ShipmentID]Shipment{}, latest: map[waybillNumber]int{}, linked: map[order.OrderID][]poll.ShipmentID{},
		tasks: map[string]memoryTask{}, streams: map[order.OrderID][]taskPlace{},
		ready: newAgenda(taskPlace.compare), heads: map[order.OrderID]taskPlace{}, leased: map[order.OrderID]taskPlace{},
		traces: map[order.OrderID][]Trace{}, jobs: map[string]time.Time{}, usage: map[usagePeriod]poll.Usage{}, keepsakes: map[string]keepsake{},
	}
}

var (
	errNested = errors.New("fulfill: the store is used inside of its own transaction")
	errEnded  = errors.New("fulfill: the transaction has ended")
)

// inside is the key under which the context of a transaction names its store.
type inside struct{ m *MemoryStore }

// Transact implements [Store].
func (m *MemoryStore) Transact(ctx context.Context, f func(ctx context.Context, tx Tx) error) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	tx := &memoryTx{m: m}
	defer func() {
		tx.ended = true
		tx.rollBack()
		<-m.turn
	}()
	if err := f(context.WithValue(ctx, inside{m}, true), tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tx.undo = nil
	return nil
}

// enter waits for the turn of the caller, who gives it back.
func (m *MemoryStore) enter(ctx context.Context) error {
	if ctx.Value(inside{m}) != nil {
		return errNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// memoryTx is a transaction of a MemoryStore. It writes at once and remembers how to take it back.
type memoryTx struct {
	m     *MemoryStore
	undo  []func()
	ended bool
}

var _ Tx = (*memoryTx)(nil)

func (tx *memoryTx) check(ctx context.Context) error {
	if tx.ended {
		return errEnded
	}
	return ctx.Err()
}

// rollBack takes back what is not committed, the last thing first.
func (tx *memoryTx) rollBack() {
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
	tx.undo = nil
}

// put writes into a map of the store.
func put[K comparable, V any](tx *memoryTx, in map[K]V, k K, v V) {
	before, there := in[k]
	in[k] = v
	tx.undo = append(tx.undo, func() {
		keep(in, k, before, there)
	})
}

// Begin implements [Tx].
func (tx *memoryTx) Begin(ctx context.Context, job string, since, now time.Time) (bool, error) {
	if err := tx.check(ctx); err != nil {
		return false, err
	}
	if last, ok := tx.m.jobs[job]; ok && !since.After(last) {
		return false, nil
	}
	put(tx, tx.m.jobs, job, now)
	return true, nil
}
