package tracking_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// scripted is a carrier whose answers a test writes. The zero value answers every query with a parcel.
type scripted struct {
	name   string
	limits tracking.Limits
	serves func(tracking.Courier) bool
	answer func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) // nil: item for each
	item   func(q tracking.Query) tracking.Result                                    // nil: moving

	mu      sync.Mutex
	calls   [][]tracking.Query
	running int
	most    int
}

func (s *scripted) Name() string            { return s.name }
func (s *scripted) Limits() tracking.Limits { return s.limits }
func (s *scripted) Serves(c tracking.Courier) bool {
	return s.serves == nil || s.serves(c)
}

func (s *scripted) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	s.mu.Lock()
	s.calls = append(s.calls, slices.Clone(qs))
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	if s.answer != nil {
		return s.answer(ctx, qs)
	}
	return s.each(qs), nil
}

func (s *scripted) each(qs []tracking.Query) []tracking.Result {
	item := s.item
	if item == nil {
		item = moving
	}
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = item(q)
	}
	return results
}

func (s *scripted) callCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

func (s *scripted) runningNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// slow makes a carrier take its time, and stop when the context does.
func slow(s *scripted, d time.Duration) *scripted {
	s.answer = func(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
		select {
		case <-time.After(d):
			return s.each(qs), nil
		case <-ctx.Done():
			return nil, &tracking.Error{Carrier: s.name, Op: "query", Err: ctx.Err()}
		}
	}
	return s
}

func moving(q tracking.Query) tracking.Result {
	return tracking.Result{Query: q, Billed: tracking.Yes, Parcel: &tracking.Parcel{
		Courier: q.Courier, Number: q.Number, Status: tracking.StatusInTransit,
		Events: []tracking.Event{{Status: tracking.StatusInTransit, Text: "간선상차"}},
	}}
}

func failing(err error) func(tracking.Query) tracking.Result {
	return func(q tracking.Query) tracking.Result {
		return tracking.Result{Query: q, Billed: tracking.No, Err: err}
	}
}

func wholly(err error) func(context.Context, []tracking.Query) ([]tracking.Result, error) {
	return func(context.Context, []tracking.Query) ([]tracking.Result, error) { return nil, err }
}

func fault(kind error) *tracking.Error {
	return &tracking.Error{Op: "query", Kind: kind, Billed: tracking.No}
}

func newClient(t testing.TB, config tracking.Config, carriers ...tracking.Carrier) *tracking.Client {
	t.Helper()
	config.Carriers = append(config.Carriers, carriers...)
	client, err := tracking.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func asError(t testing.TB, err error) *tracking.Error {
	t.Helper()
	var e *tracking.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *tracking.Error", err)
	}
	return e
}

func query(courier tracking.Courier, number string) tracking.Query {
	return tracking.Query{Courier: courier, Number: number}
}
