package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// A Tx is a transaction of a database with a store's methods in it: what they write is kept together with what the host
// writes through [Tx.SQL], or not at all. It is an [order.Orders]. It is for one goroutine, and for no longer than the
// transaction.
//
// After an error of a method that writes, other than the sentinels of packages order, poll, webhook and subscription, the
// transaction is to be rolled back; [Store.Update] does it whatever its function returns then.
type Tx struct {
	handle
	joined bool
	broken error // why nothing may be committed
}

// ErrNested means that a store was used inside of its own [Store.Update], with the context given there. Use the Tx:
// a second transaction would wait for the first, which waits for it.
var ErrNested = errors.New("sqlstore: used inside its own Update")

// SQL gives the transaction itself, for statements of the host. It is not to be committed or rolled back inside
// [Store.Update].
func (t *Tx) SQL() *sql.Tx { return t.tx }

// Join gives the methods of the store in a transaction that the host opened and ends. Retrying is the host's then, see
// [Transient]. In PostgreSQL and MySQL open it at READ COMMITTED. In SQLite begin it with a statement that writes, or
// open the database with the driver's option for immediate transactions: one that reads first cannot write after
// others did.
func (s *Store) Join(tx *sql.Tx) *Tx {
	return &Tx{handle: handle{s: s, tx: tx}, joined: true}
}

// tries is how often a transaction is tried.
const tries = 12

// Update runs f in a transaction, and commits if f returns nil. When the database gives up a transaction in favour of
// another (deadlock, serialization failure, busy), f runs again from the beginning in a new one, up to 12 times; what f
// changes outside of the transaction must bear that. A panic of f rolls back and goes on.
//
// The context that f is given knows the transaction: a method of the store that is called with it fails with
// [ErrNested]. When ctx ends before the commit, nothing is kept.
func (s *Store) Update(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	if err := s.outside(ctx); err != nil {
		return err
	}
	return s.again(ctx, func() error { return s.once(ctx, f) })
}

// again runs f until the database does not give it up in favour of others any more.
func (s *Store) again(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == tries || !Transient(err) || ctx.Err() != nil {
			return err
		}
		if err := s.options.wait(ctx, try); err != nil {
			return err
		}
	}
}

// inUpdate marks the context of an Update; the value beside it is the store.
type inUpdate struct{ *Store }

// outside refuses a context of the store's own Update.
func (s *Store) outside(ctx context.Context) error {
	if ctx.Value(inUpdate{s}) != nil {
		return ErrNested
	}
	return ctx.Err()
}

// once runs f in one transaction.
func (s *Store) once(ctx context.Context, f func(context.Context, *Tx) error) error {
	release, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer release()
	tx, err := s.db.BeginTx(ctx, s.dialect.writeOptions())
	if err != nil {
		return fmt.Errorf("sqlstore: begin: %w", err)
	}
	defer tx.Rollback() // it does nothing after a commit, and nothing helps where it fails
	t := &Tx{handle: handle{s: s, tx: tx}}
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := f(context.WithValue(ctx, inUpdate{s}, true), t); err != nil {
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if err := tx.Commit(); err != nil {
		return ended(ctx, fmt.Errorf("sqlstore: commit: %w", err))
	}
	return nil
}

// turn waits until nobody else of this store writes, where only one can: whoever queues here does not find the database
// busy.
func (s *Store) turn(ctx context.Context) (release func(), err error) {
	if s.writing == nil {
		return func() {}, nil
	}
	select {
	case s.writing <- struct{}{}:
		return func() { <-s.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// write runs a single statement that writes.
func (s *Store) write(ctx context.Context, f func() error) error {
	return s.again(ctx, func() error {
		release, err := s.turn(ctx)
		if err != nil {
			return err
		}
		defer release()
		return f()
	})
}

// begin takes the one lock of a SQLite database before anything is read: a transaction that reads first is refused when
// it wants to write after others did. Any statement that could write takes it, and this one changes nothing.
func (t *Tx) begin(ctx context.Context) error {
	if t.s.dialect != SQLite {
		return nil
	}
	_, err := t.exec(ctx, stBegin)
	return err
}

// failed remembers an error after which what was written is not whole.
func (t *Tx) failed(err error) error {
	if err != nil && t.broken == nil {
		t.broken = err
	}
	return err
}

// ended puts the error of a context that is over beside what a driver makes of it.
func ended(ctx context.Context, err error) error {
	if over := ctx.Err(); err != nil && over != nil && !errors.Is(err, over) {
		return fmt.Errorf("%w: %w", over, err)
	}
	return err
}

// backOff is the default of [Wait].
func backOff(ctx context.Context, try int) error {
	most := min(10*time.Millisecond<<min(try-1, 10), 500*time.Millisecond)
	timer := time.NewTimer(rand.N(most) + 1)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
