package sqlstore

import (
	"context"
	"database/sql"
	"iter"
	"math"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook/subscription"
)

// A Registry remembers registrations at providers. It implements [subscription.Registry].
type Registry struct{ s *Store }

var _ subscription.Registry = (*Registry)(nil)

// Registry gives the registry of the store.
func (s *Store) Registry() *Registry { return &Registry{s} }

// never is the due time of what is never due, behind all others.
const never = math.MaxInt64

// Get implements [subscription.Registry].
func (r *Registry) Get(ctx context.Context, id subscription.ID) (subscription.Entry, error) {
	entries, err := r.entries(ctx, stEntryGet, id.Carrier, string(id.Courier), id.Number)
	if err != nil || len(entries) == 0 {
		return subscription.Entry{}, err
	}
	return entries[0], nil
}

// Put implements [subscription.Registry].
func (r *Registry) Put(ctx context.Context, e subscription.Entry) (version int64, err error) {
	if err := r.s.outside(ctx); err != nil {
		return 0, err
	}
	var l limit
	if l.key("the entry's carrier, courier, number, handle or state", e.Carrier, string(e.Courier), e.Number, e.Handle, string(e.State)); l.err != nil {
		return 0, l.err
	}
	due := int64(never)
	if !e.DueAt.IsZero() {
		due = nanos(e.DueAt)
	}
	row := []any{
		text(e.Ref), flag(e.Once), int64(e.Lifetime), string(e.State), e.Handle, flag(e.Created), flag(e.Paid), flag(e.Unsure),
		nanos(e.RegisteredAt), nanos(e.ExpiresAt), due, e.Failures, text(e.Why), e.Version + 1, e.Carrier, string(e.Courier), e.Number,
	}
	var written bool
	err = r.s.write(ctx, func() (err error) {
		if e.Version == 0 {
			written, err = r.s.insert(ctx, stEntryInsert, row...)
			return err
		}
		n, err := r.s.exec(ctx, stEntryUpdate, append(row, e.Version)...)
		written = n > 0
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case !written:
		return 0, subscription.ErrStale
	}
	return e.Version + 1, nil
}

// Due implements [subscription.Registry].
func (r *Registry) Due(ctx context.Context, carrier string, now time.Time, limit int) ([]subscription.Entry, error) {
	return r.entries(ctx, stEntryDue, carrier, min(nanos(now), never-1), limit)
}

// ByHandle implements [subscription.Registry].
func (r *Registry) ByHandle(ctx context.Context, carrier, handle string) ([]subscription.Entry, error) {
	return r.entries(ctx, stEntryHandle, carrier, handle)
}

// All implements [subscription.Registry]. Entries come by courier and number; it holds no connection between them.
func (r *Registry) All(ctx context.Context, carrier string, state subscription.State) iter.Seq2[subscription.Entry, error] {
	return func(yield func(subscription.Entry, error) bool) {
		var last subscription.ID
		for {
			entries, err := r.entries(ctx, stEntryList, carrier, string(last.Courier), string(last.Courier), last.Number, string(state), string(state), portion)
			if err != nil {
				yield(subscription.Entry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				last = e.ID
			}
			if len(entries) < portion {
				return
			}
		}
	}
}

func (r *Registry) entries(ctx context.Context, st statement, args ...any) (entries []subscription.Entry, err error) {
	if err := r.s.outside(ctx); err != nil {
		return nil, err
	}
	err = r.s.list(ctx, st, args, func(rows *sql.Rows) error {
		var e subscription.Entry
		var courier, state string
		var lifetime, registered, expires, due int64
		err := rows.Scan(&e.Carrier, &courier, &e.Number, &e.Ref, &e.Once, &lifetime, &state, &e.Handle, &e.Created, &e.Paid, &e.Unsure,
			&registered, &expires, &due, &e.Failures, &e.Why, &e.Version)
		if err != nil {
			return err
		}
		e.Courier, e.State, e.Lifetime = tracking.Courier(courier), subscription.State(state), time.Duration(lifetime)
		e.RegisteredAt, e.ExpiresAt = moment(registered), moment(expires)
		if due != never {
			e.DueAt = moment(due)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// Endpoint implements [subscription.Registry].
func (r *Registry) Endpoint(ctx context.Context, carrier string) (endpoint string, err error) {
	if err := r.s.outside(ctx); err != nil {
		return "", err
	}
	_, err = r.s.get(ctx, stEndpointGet, []any{carrier}, &endpoint)
	return endpoint, err
}

// SetEndpoint implements [subscription.Registry].
func (r *Registry) SetEndpoint(ctx context.Context, carrier, endpoint string) error {
	var l limit
	if l.key("the carrier", carrier); l.err != nil {
		return l.err
	}
	return r.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		fresh, err := tx.insert(ctx, stEndpointInsert, carrier, text(endpoint))
		if err == nil && !fresh {
			_, err = tx.exec(ctx, stEndpointUpdate, text(endpoint), carrier)
		}
		return err
	})
}
