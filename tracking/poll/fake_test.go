package poll_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// kst is the zone of couriers.
var kst = time.FixedZone("KST", 9*60*60)

// scripted is a carrier whose answers a test writes. It notes when it was asked about which number.
type scripted struct {
	name   string
	limits tracking.Limits
	item   func(q tracking.Query, nth int) tracking.Result                           // nil: moving
	whole  func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) // nil results and error: item for each

	mu     sync.Mutex
	calls  [][]tracking.Query
	times  map[string][]time.Time
	beside map[string]bool // numbers that are being asked about
	twice  int             // asks of a number that was being asked about
}

func (s *scripted) Name() string            { return s.name }
func (s *scripted) Limits() tracking.Limits { return s.limits }

func (s *scripted) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	s.mu.Lock()
	if s.times == nil {
		s.times, s.beside = make(map[string][]time.Time), make(map[string]bool)
	}
	s.calls = append(s.calls, slices.Clone(qs))
	nth := make([]int, len(qs))
	for i, q := range qs {
		if s.beside[q.Number] {
			s.twice++
		}
		s.beside[q.Number] = true
		s.times[q.Number] = append(s.times[q.Number], time.Now())
		nth[i] = len(s.times[q.Number])
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, q := range qs {
			delete(s.beside, q.Number)
		}
	}()
	if s.whole != nil {
		if results, err := s.whole(ctx, qs); results != nil || err != nil {
			return results, err
		}
	}
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		if s.item != nil {
			results[i] = s.item(q, nth[i])
		} else {
			results[i] = moving(q)
		}
		results[i].Query, results[i].Carrier = q, s.name
	}
	return results, nil
}

func (s *scripted) asked(number string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.times[number])
}

func (s *scripted) callSizes() (sizes []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		sizes = append(sizes, len(call))
	}
	return sizes
}

// said is an answer with one scan per status, an hour apart, the same whenever it is given.
func said(q tracking.Query, statuses ...tracking.Status) tracking.Result {
	p := &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: "toy", RetrievedAt: time.Now()}
	for i, status := range statuses {
		p.Events = append(p.Events, tracking.Event{At: start.Add(time.Duration(i-20) * time.Hour), Status: status, Text: status.Korean()})
	}
	p.Settle(q.Context())
	return tracking.Result{Query: q, Parcel: p, Billed: tracking.Yes}
}

func moving(q tracking.Query) tracking.Result { return said(q, tracking.StatusInTransit) }

func fault(kind error) *tracking.Error {
	return &tracking.Error{Op: "query", Kind: kind, Billed: tracking.No}
}

// start is when every bubble of testing/synctest begins: 09:00 in Korea.
var start = time.Date(2000, 1, 1, 9, 0, 0, 0, kst)

func number(n int) string { return fmt.Sprintf("9000%08d", n) }

func idOf(n int) poll.WatchID {
	return poll.WatchID{
		Shipment: poll.ShipmentID{Courier: "toycourier", Number: number(n), Generation: 1}, Carrier: "toy", Role: poll.Primary,
	}
}

// A bench is an engine that runs in a bubble, with what it told.
type bench struct {
	*testing.T
	engine *poll.Engine
	store  *poll.MemoryStore
	stop   func() // and wait

	mu       sync.Mutex
	recorded []poll.Recorded
	ended    []poll.Recorded
	failing  []poll.Watch
	alerts   []poll.Alert
}

// run starts an engine around a carrier, until the end of the test or stop.
func run(t *testing.T, config poll.Config, carriers ...tracking.Carrier) *bench {
	t.Helper()
	return runWith(t, config, func(poll.Recorded) {}, carriers...)
}

// runWith tells somebody else of what was recorded, too.
func runWith(t *testing.T, config poll.Config, recorded func(poll.Recorded), carriers ...tracking.Carrier) *bench {
	t.Helper()
	b := &bench{T: t}
	if config.Store == nil {
		config.Store = poll.NewMemoryStore()
	}
	b.store, _ = config.Store.(*poll.MemoryStore)
	config.Carriers = carriers
	config.Hooks = poll.Hooks{
		Recorded: func(r poll.Recorded) {
			explained(t, r.After)
			recorded(r)
			b.note(func() { b.recorded = append(b.recorded, r) })
		},
		Ended:   func(r poll.Recorded) { b.note(func() { b.ended = append(b.ended, r) }) },
		Failing: func(w poll.Watch) { b.note(func() { b.failing = append(b.failing, w) }) },
		Alert:   func(a poll.Alert) { b.note(func() { b.alerts = append(b.alerts, a) }) },
	}
	engine, err := poll.New(config)
	if err != nil {
		t.Fatal(err)
	}
	b.engine = engine
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := engine.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	b.stop = func() { cancel(); running.Wait() }
	return b
}

func (b *bench) note(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// told gives the alerts so far, while the engine runs.
func (b *bench) told() (alerts []poll.Alert) {
	b.note(func() { alerts = slices.Clone(b.alerts) })
	return alerts
}

// open opens watches by number.
func (b *bench) open(numbers ...int) {
	b.Helper()
	for _, n := range numbers {
		if _, err := b.engine.Open(b.Context(), poll.Watch{ID: idOf(n)}); err != nil {
			b.Fatal(err)
		}
	}
}

func (b *bench) watch(n int) poll.Watch {
	b.Helper()
	w, err := b.engine.Watch(context.WithoutCancel(b.Context()), idOf(n))
	if err != nil {
		b.Fatal(err)
	}
	return w
}

func (b *bench) evidence(n int) tracking.Evidence {
	b.Helper()
	e, err := b.store.Evidence(b.Context(), idOf(n).Shipment)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

var format = fmt.Sprintf
