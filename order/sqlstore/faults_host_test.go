package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/tracking"
)

// A window is a carrier that shows what the parcels of a world show, and notes who looks at what.
type window struct {
	world *sandbox.World
	takes time.Duration // a call
	begun chan struct{} // told of each call, if somebody listens

	mu     sync.Mutex
	asks   map[string]int
	beside map[string]bool // numbers that are being asked about
	faults []string
}

func newWindow(world *sandbox.World, takes time.Duration) *window {
	return &window{world: world, takes: takes, begun: make(chan struct{}), asks: map[string]int{}, beside: map[string]bool{}}
}

func (w *window) Name() string            { return "sandbox" }
func (w *window) Limits() tracking.Limits { return tracking.Limits{Batch: 10} }

func (w *window) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	w.mu.Lock()
	for _, q := range qs {
		if w.beside[q.Number] {
			w.faults = append(w.faults, "…"+q.Number[len(q.Number)-4:]+" is asked about twice at a time")
		}
		w.beside[q.Number] = true
		w.asks[q.Number]++
	}
	w.mu.Unlock()
	tell(w.begun)
	fault := pass(ctx, w.takes)
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = w.look(q)
	}
	w.mu.Lock()
	for _, q := range qs {
		delete(w.beside, q.Number)
	}
	w.mu.Unlock()
	if fault != nil {
		return nil, fault
	}
	return results, nil
}

func (w *window) look(q tracking.Query) tracking.Result {
	r := tracking.Result{Query: q, Carrier: w.Name()}
	view, ok := w.world.Look(q.Courier, q.Number)
	if !ok {
		r.Err = &tracking.Error{Carrier: w.Name(), Op: "query", Kind: tracking.ErrNotFound}
		return r
	}
	r.Parcel = &tracking.Parcel{Courier: q.Courier, Number: q.Number, Source: w.Name(), RetrievedAt: view.At}
	for _, s := range view.Parcel.Scans {
		r.Parcel.Events = append(r.Parcel.Events, tracking.Event{At: s.At, Status: s.Status, Text: s.Text, Place: s.Place})
	}
	r.Parcel.Settle(q.Context())
	return r
}

// total counts the asks.
func (w *window) total() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, asks := range w.asks {
		n += asks
	}
	return n
}

// tell tells whoever listens.
func tell(listener chan struct{}) {
	select {
	case listener <- struct{}{}:
	default:
	}
}

// pass waits.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A sink is where actions have their effects: once for each key, however often it is called.
type sink struct {
	takes time.Duration // a call
	begun chan struct{} // told of each call, if somebody listens

	mu      sync.Mutex
	calls   map[string]int // that came to their end, by key
	effects map[string]bool
	keys    map[string]bool        // that are being worked on
	streams map[order.OrderID]bool // likewise
	faults  []string
}

func newSink(takes time.Duration) *sink {
	return &sink{takes: takes, begun: make(chan struct{}), calls: map[string]int{}, effects: map[string]bool{}, keys: map[string]bool{}, streams: map[order.OrderID]bool{}}
}

// do is every function of the host. Now and then its first call for a key fails.
func (s *sink) do(ctx context.Context, a fulfill.Action) error {
	s.begin(a)
	tell(s.begun)
	fault := pass(ctx, s.takes)
	return s.finish(a, fault)
}

func (s *sink) begin(a fulfill.Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[a.Key] {
		s.faults = append(s.faults, fmt.Sprintf("%s of %s is done twice at a time", a.Name, a.Order))
	}
	if s.streams[a.Order] {
		s.faults = append(s.faults, fmt.Sprintf("two actions of %s are done at a time", a.Order))
	}
	s.keys[a.Key], s.streams[a.Order] = true, true
}

func (s *sink) finish(a fulfill.Action, fault error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, a.Key)
	delete(s.streams, a.Order)
	s.calls[a.Key]++
	switch {
	case fault != nil:
		return fault
	case stubborn(a.Key) && s.calls[a.Key] == 1:
		return errors.New("not at the first time")
	case s.effects[a.Key]:
		return nil
	case a.Undo && !s.effects[a.Key[:len(a.Key)-len("/undo")]]:
		s.faults = append(s.faults, fmt.Sprintf("%s of %s is undone and was never done", a.Name, a.Order))
	}
	s.effects[a.Key] = true
	return nil
}

// stubborn reports whether the first call for a key fails.
func stubborn(key string) bool { return dice(key, 9) == 0 }

// again counts the calls that were repeated without a fault of the sink's own.
func (s *sink) again() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, calls := range s.calls {
		if stubborn(key) {
			calls--
		}
		n += calls - 1
	}
	return n
}

// actions are the sink's function for every name there is.
func (s *sink) actions() fulfill.Actions {
	a := fulfill.Actions{
		ConfirmInventory: s.do, NotifyCustomer: s.do, CreateReturnInbound: s.do, AlertOperations: s.do,
		Others: map[fulfill.Name]func(context.Context, fulfill.Action) error{},
	}
	for _, name := range []order.ActionName{
		order.CallList, order.StockoutNotice, order.CustomerMessage, order.OrderRecall, order.CancelRecall, order.Restock, order.ReleaseReservation,
		order.RefundPayment, order.ResetTracking, order.CompensateDelivery, order.OpenReturnInbound,
	} {
		a.Others[fulfill.Name(name)] = s.do
	}
	return a
}
