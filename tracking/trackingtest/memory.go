package trackingtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Memory is a carrier in memory: the reference for the contract, and a stand-in for a provider in a host's own tests. It
// answers ErrNotFound for what it was not given. It is safe for concurrent use.
type Memory struct {
	name   string
	limits tracking.Limits
	now    func() time.Time

	mu       sync.Mutex
	parcels  map[parcelKey]tracking.Parcel
	failures map[parcelKey]tracking.Error
	asked    int64
}

type parcelKey struct {
	courier tracking.Courier
	number  string
}

// NewMemory makes an empty carrier of that name, which takes 20 queries a call.
func NewMemory(name string) *Memory {
	return &Memory{
		name: name, limits: tracking.Limits{Batch: 20}, now: time.Now,
		parcels: make(map[parcelKey]tracking.Parcel), failures: make(map[parcelKey]tracking.Error),
	}
}

// Put makes the carrier know a parcel with these events, oldest first, in place of what it knew of it.
func (m *Memory) Put(c tracking.Courier, number string, events ...tracking.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := parcelKey{c, number}
	delete(m.failures, key)
	m.parcels[key] = tracking.Parcel{Courier: c, Number: number, Events: slices.Clone(events)}
}

// Fail makes the carrier answer with an error for a parcel: e with the fields that name the carrier and the parcel filled in.
func (m *Memory) Fail(c tracking.Courier, number string, e tracking.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Carrier, e.Op, e.Courier, e.Last4 = m.name, "query", c, tracking.Last4(number)
	m.failures[parcelKey{c, number}] = e
}

// Name gives the name it was made with.
func (m *Memory) Name() string { return m.name }

// Limits says 20 queries a call.
func (m *Memory) Limits() tracking.Limits { return m.limits }

// Requests counts the calls.
func (m *Memory) Requests() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// Query answers from memory.
func (m *Memory) Query(ctx context.Context, qs []tracking.Query) ([]tracking.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, &tracking.Error{Carrier: m.name, Op: "query", Err: err}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(qs) > 0 {
		m.asked++
	}
	results := make([]tracking.Result, len(qs))
	for i, q := range qs {
		results[i] = m.answer(q)
	}
	return results, nil
}

func (m *Memory) answer(q tracking.Query) tracking.Result {
	r := tracking.Result{Query: q, Carrier: m.name, Billed: tracking.Yes}
	key := parcelKey{q.Courier, q.Number}
	if failure, ok := m.failures[key]; ok {
		r.Err, r.Billed = &failure, failure.Billed
		return r
	}
	parcel, ok := m.parcels[key]
	if !ok {
		kind := tracking.ErrNotFound
		if q.Number == "" {
			kind, r.Billed = tracking.ErrInvalidNumber, tracking.No
		}
		r.Err = &tracking.Error{
			Carrier: m.name, Op: "query", Kind: kind, Courier: q.Courier, Last4: tracking.Last4(q.Number), Billed: r.Billed, Retry: tracking.RetrySlow,
		}
		return r
	}
	parcel.Events = slices.Clone(parcel.Events)
	parcel.Source, parcel.RetrievedAt = m.name, m.now()
	parcel.Settle(q.Context())
	r.Parcel = &parcel
	return r
}
