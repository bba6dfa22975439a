package subscription

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// A Registry remembers entries. Its methods are called concurrently. Times come from the caller.
type Registry interface {
	// Get reads one entry. An entry that is not there is the zero Entry.
	Get(ctx context.Context, id ID) (Entry, error)

	// Put writes an entry if its Version is still the one in the registry, 0 for a new one, and raises it. Otherwise it
	// fails with ErrStale and changes nothing.
	Put(ctx context.Context, e Entry) (version int64, err error)

	// Due lists up to limit entries of a carrier that are due at now, those due longest first.
	Due(ctx context.Context, carrier string, now time.Time, limit int) ([]Entry, error)

	// ByHandle lists the entries of a carrier that share a handle.
	ByHandle(ctx context.Context, carrier, handle string) ([]Entry, error)

	// All lists a carrier's entries in one state, or in every state when it is empty. An error comes once, last.
	All(ctx context.Context, carrier string, state State) iter.Seq2[Entry, error]

	// Endpoint and SetEndpoint remember the endpoint that this registry's manager made at a carrier; empty for none.
	Endpoint(ctx context.Context, carrier string) (string, error)
	SetEndpoint(ctx context.Context, carrier, endpoint string) error
}

// MemoryRegistry is a Registry that keeps nothing over a restart: for tests and trials. After a restart nothing is known
// to be ours, paid registrations included.
type MemoryRegistry struct {
	mu        sync.Mutex
	entries   map[ID]Entry
	endpoints map[string]string
}

// NewMemoryRegistry makes an empty one.
func NewMemoryRegistry() *MemoryRegistry {
	return &MemoryRegistry{entries: map[ID]Entry{}, endpoints: map[string]string{}}
}

// Get is in Registry.
func (r *MemoryRegistry) Get(ctx context.Context, id ID) (Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries[id], ctx.Err()
}

// Put is in Registry.
func (r *MemoryRegistry) Put(ctx context.Context, e Entry) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if r.entries[e.ID].Version != e.Version {
		return 0, ErrStale
	}
	e.Version++
	r.entries[e.ID] = e
	return e.Version, nil
}

// Due is in Registry.
func (r *MemoryRegistry) Due(ctx context.Context, carrier string, now time.Time, limit int) ([]Entry, error) {
	due := r.list(func(e Entry) bool {
		return e.Carrier == carrier && !e.DueAt.IsZero() && !e.DueAt.After(now)
	})
	slices.SortStableFunc(due, func(a, b Entry) int { return a.DueAt.Compare(b.DueAt) })
	return due[:min(limit, len(due))], ctx.Err()
}

// ByHandle is in Registry.
func (r *MemoryRegistry) ByHandle(ctx context.Context, carrier, handle string) ([]Entry, error) {
	return r.list(func(e Entry) bool { return e.Carrier == carrier && e.Handle == handle }), ctx.Err()
}

// All is in Registry.
func (r *MemoryRegistry) All(ctx context.Context, carrier string, state State) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range r.list(func(e Entry) bool { return e.Carrier == carrier && (state == "" || e.State == state) }) {
			if !yield(e, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Entry{}, err)
		}
	}
}

// list gives what fits, ordered by courier and number.
func (r *MemoryRegistry) list(fits func(Entry) bool) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Entry
	for _, e := range r.entries {
		if fits(e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b Entry) int {
		if c := cmp.Compare(a.Courier, b.Courier); c != 0 {
			return c
		}
		return cmp.Compare(a.Number, b.Number)
	})
	return found
}

// Endpoint is in Registry.
func (r *MemoryRegistry) Endpoint(ctx context.Context, carrier string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.endpoints[carrier], ctx.Err()
}

// SetEndpoint is in Registry.
func (r *MemoryRegistry) SetEndpoint(ctx context.Context, carrier, endpoint string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	r.endpoints[carrier] = endpoint
	return nil
}
