package fulfill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
)

// sink is a warehouse: it remembers each call, and has an effect for each key once.
type sink struct {
	t *testing.T

	mu      sync.Mutex
	calls   []called
	effects map[string]int // by key: 1 once it was had
	running map[string]int // calls by key
	streams map[order.OrderID]int
	do      func(ctx context.Context, a Action, n int) error // n counts the calls of the key
}

type called struct {
	key string
	at  time.Time
}

func newSink(t *testing.T) *sink {
	return &sink{t: t, effects: map[string]int{}, running: map[string]int{}, streams: map[order.OrderID]int{}}
}

func (s *sink) act(ctx context.Context, a Action) error {
	s.mu.Lock()
	n := 1
	for _, c := range s.calls {
		if c.key == a.Key {
			n++
		}
	}
	s.calls = append(s.calls, called{a.Key, time.Now()})
	s.running[a.Key]++
	s.streams[a.Order]++
	if s.running[a.Key] > 1 || s.streams[a.Order] > 1 {
		s.t.Errorf("%s: %d calls of its key, %d of its order at a time", a.Key, s.running[a.Key], s.streams[a.Order])
	}
	do := s.do
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running[a.Key]--
		s.streams[a.Order]--
	}()
	var err error
	if do != nil {
		err = do(ctx, a, n)
	}
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.effects[a.Key] = 1
	}
	return err
}

// times are when a key was called, since a time.
func (s *sink) times(key string, since time.Time) (times []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.key == key {
			times = append(times, c.at.Sub(since))
		}
	}
	return times
}

func (s *sink) all() Actions {
	return Actions{ConfirmInventory: s.act, NotifyCustomer: s.act, CreateReturnInbound: s.act, AlertOperations: s.act,
		Others: map[Name]func(context.Context, Action) error{"REFUND": s.act}}
}

// shop is an outbox over a store in fake time, with its sink.
type shop struct {
	*sink
	store   *MemoryStore
	log     *bytes.Buffer
	logMu   sync.Mutex
	settled []Task
	begun   time.Time
}

func newShop(t *testing.T) *shop {
	return &shop{sink: newSink(t), store: NewMemoryStore(), log: &bytes.Buffer{}, begun: time.Now()}
}

func (s *shop) Write(p []byte) (int, error) {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	return s.log.Write(p)
}

// outboxOf makes an engine that is good for its outbox alone.
func outboxOf(t *testing.T, c Config) *Engine {
	t.Helper()
	if err := c.complete(); err != nil {
		t.Fatal(err)
	}
	e := &Engine{config: c}
	e.outbox = newDispatcher(e)
	return e
}

func (s *shop) config() Config {
	return Config{
		Store: s.store, Actions: s.all(), Undo: s.all(), Logger: slog.New(slog.NewTextHandler(s, nil)),
		Outbox: Outbox{Hooks: OutboxHooks{Settled: func(t Task, _ error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.settled = append(s.settled, t)
		}}},
	}
}

// start runs the outbox of an engine until the case ends or stop is called.
func start(t *testing.T, e *Engine) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := e.outbox.run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	synctest.Wait()
	return stop
}

// task is one that the outbox of a parcel could hold.
func task(id order.OrderID, key string, name Name) Task {
	now := time.Now()
	return Task{Action: Action{Key: key, Name: name, Order: id}, State: Waiting, DueAt: now, CreatedAt: now}
}

func queue(t *testing.T, s Store, tasks ...Task) {
	t.Helper()
	if err := s.Transact(context.Background(), func(ctx context.Context, tx Tx) error {
		_, err := tx.Queue(ctx, tasks...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s Store, key string) (found Task) {
	t.Helper()
	if err := s.Transact(context.Background(), func(ctx context.Context, tx Tx) (err error) {
		found, err = tx.Task(ctx, key)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return found
}

func tasksOf(t *testing.T, e *Engine, f TaskFilter) (tasks []Task) {
	t.Helper()
	for task, err := range e.Tasks(context.Background(), f) {
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	return tasks
}

// pass lets fake time pass. The locks tell the race detector what fake time orders by itself: what a case read before it is
// written to afterwards.
func (s *shop) pass(d time.Duration) {
	s.meet()
	time.Sleep(d)
	synctest.Wait()
	s.meet()
}

func (s *shop) meet() {
	for _, mu := range []*sync.Mutex{&s.mu, &s.logMu} {
		mu.Lock()
		mu.Unlock() //nolint:staticcheck // an empty critical section on purpose
	}
}

// brittle is a store that fails when it is told to: before a transaction, or after it was committed.
type brittle struct {
	Store
	mu    sync.Mutex
	n     int
	fails func(n int) (before, after bool)
}

var errBrittle = errors.New("the connection was lost")

func (b *brittle) Transact(ctx context.Context, f func(ctx context.Context, tx Tx) error) error {
	before, after := b.next()
	if before {
		return errBrittle
	}
	if err := b.Store.Transact(ctx, f); err != nil {
		return err
	}
	if after {
		return errBrittle
	}
	return nil
}

func (b *brittle) next() (before, after bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n++; b.fails != nil {
		return b.fails(b.n)
	}
	return false, false
}

func (b *brittle) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

func keysOf(n int, prefix string) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return keys
}

func distinct(times []time.Duration) int {
	return len(slices.Compact(slices.Sorted(slices.Values(times))))
}
