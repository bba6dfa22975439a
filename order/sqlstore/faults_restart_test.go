//go:build unix

package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// A pierced store can be held up in the middle of a transaction, or right before its commit.
type pierced struct {
	ledger

	mu      sync.Mutex
	left    int // steps
	reached chan struct{}
	goOn    chan struct{}
}

// arm holds up the transaction that takes the n-th step from now on, tells when it does, and until when that lasts.
func (p *pierced) arm(n int) (reached, goOn chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.reached, p.goOn = n, make(chan struct{}), make(chan struct{})
	return p.reached, p.goOn
}

func (p *pierced) step() {
	p.mu.Lock()
	p.left--
	reached, goOn, hit := p.reached, p.goOn, p.left == 0
	p.mu.Unlock()
	if hit {
		close(reached)
		<-goOn
	}
}

func (p *pierced) Transact(ctx context.Context, do func(context.Context, fulfill.Tx) error) error {
	return p.ledger.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
		err := do(ctx, fickleTx{tx, p.step})
		p.step()
		return err
	})
}

// TestServerThatCrashes: a server is killed, often in the middle of a transaction, and started again, at once or an hour
// later. The pool recovers, and the end is that of a week in which nothing happened.
func TestServerThatCrashes(t *testing.T) {
	const orders, crashes = 8, 10
	want, _ := undisturbed(t, orders)
	for _, e := range engines[1:] {
		t.Run(string(e.dialect), func(t *testing.T) {
			if !isSet(e.variable) {
				t.Skipf("%s is not set: NOT TESTED on a %s that crashes", e.variable, e.dialect)
			}
			server := servers[e.dialect](t, folderFor(t))
			synctest.Test(t, func(t *testing.T) {
				w, random := newWeek(t, orders), rand.New(rand.NewPCG(11, 4))
				db := opened(t, server.driver, server.address)
				s := made(t, db, e)
				store := &pierced{ledger: s}
				amid := 0
				w.live(func(ctx context.Context) {
					for n := range crashes {
						if pass(ctx, time.Duration(20+n*random.IntN(90))*time.Minute) != nil {
							return
						}
						reached, goOn := store.arm(1 + random.IntN(30))
						select {
						case <-reached:
							amid++
						case <-time.After(6 * time.Hour):
							store.arm(-1)
						}
						server.halt(t)
						close(goOn)
						fault := pass(ctx, time.Duration(random.IntN(2)*random.IntN(60))*time.Minute)
						server.start(t)
						if fault != nil {
							return
						}
					}
				}, w.engine(store))
				sameEnd(t, w.end(s), want)
				t.Logf("%d of %d crashes in the middle of a transaction: failures %v, %d commands and %d actions repeated", amid, crashes, w.failed, w.desk, w.sink.again())
				if amid < crashes/2 || w.failures() < crashes/2 {
					t.Errorf("%d of %d crashes in the middle of a transaction, failures %v", amid, crashes, w.failed)
				}
				if stats := db.Stats(); stats.InUse != 0 {
					t.Errorf("%d connections are in use", stats.InUse)
				}
			})
		})
	}
}

// TestCrashedConnectionIsNotTransient: what becomes of a transaction whose connection broke is not known, so it is not run again
// by [sqlstore.Store.Update], which would hide that from a caller whose function does more than write. The engine's loops and
// whoever gave a command try again, under the same keys.
func TestCrashedConnectionIsNotTransient(t *testing.T) {
	for _, e := range engines[1:] {
		t.Run(string(e.dialect), func(t *testing.T) {
			if !isSet(e.variable) {
				t.Skipf("%s is not set: NOT TESTED on a %s that crashes", e.variable, e.dialect)
			}
			server := servers[e.dialect](t, folderFor(t))
			db := opened(t, server.driver, server.address)
			s := made(t, db, e)
			create(t, s, "O-1")
			runs := 0
			err := s.Update(t.Context(), func(ctx context.Context, tx *sqlstore.Tx) error {
				if runs++; runs == 1 {
					server.halt(t)
				}
				_, _, err := tx.Execute(ctx, "O-1", remark("lost"))
				return err
			})
			if err == nil || runs != 1 || sqlstore.Transient(err) {
				t.Errorf("the connection broke: run %d times, %v", runs, err)
			}
			for range 3 { // nobody listens
				if _, err := s.Load(t.Context(), "O-1"); err == nil || sqlstore.Transient(err) || errors.Is(err, sql.ErrConnDone) {
					t.Errorf("nobody listens: %v", err)
				}
			}
			server.start(t)
			if _, _, err := s.Execute(t.Context(), "O-1", remark("lost")); err != nil {
				t.Errorf("the pool does not recover: %v", err)
			}
			if n := events(t, s, "O-1"); n != 2 {
				t.Errorf("%d events", n)
			}
		})
	}
}
