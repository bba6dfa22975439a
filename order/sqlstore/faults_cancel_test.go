package sqlstore_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A fickle store ends the contexts of some of its transactions: of SQLite at any statement and at the commit, of a server
// while any method runs, as the race has it.
type fickle struct {
	ledger
	spy *spy // of SQLite alone

	mu        sync.Mutex
	random    *rand.Rand
	off       bool
	cancelled int
}

func (f *fickle) Transact(ctx context.Context, do func(context.Context, fulfill.Tx) error) error {
	f.mu.Lock()
	at := 0
	if !f.off && f.random.IntN(3) == 0 {
		at = 1 + f.random.IntN(20)
	}
	f.mu.Unlock()
	if at == 0 {
		return f.ledger.Transact(ctx, do)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var err error
	if f.spy != nil {
		f.spy.watch(func(seen int) {
			if seen >= at {
				cancel()
			}
		})
		err = f.ledger.Transact(ctx, do)
		f.spy.watch(nil)
	} else {
		left := 1 + at/3
		err = f.ledger.Transact(ctx, func(ctx context.Context, tx fulfill.Tx) error {
			return do(ctx, fickleTx{tx, func() {
				if left--; left == 0 {
					go cancel()
				}
			}})
		})
	}
	if ctx.Err() != nil {
		f.mu.Lock()
		f.cancelled++
		f.mu.Unlock()
	}
	return err
}

// fickleTx counts calls of methods.
type fickleTx struct {
	fulfill.Tx
	step func()
}

func (tx fickleTx) Lock(ctx context.Context, ids ...order.OrderID) error {
	tx.step()
	return tx.Tx.Lock(ctx, ids...)
}

func (tx fickleTx) Load(ctx context.Context, id order.OrderID) (order.Order, error) {
	tx.step()
	return tx.Tx.Load(ctx, id)
}

func (tx fickleTx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	tx.step()
	return tx.Tx.Save(ctx, o, events)
}

func (tx fickleTx) Evidence(ctx context.Context, id poll.ShipmentID) (tracking.Evidence, error) {
	tx.step()
	return tx.Tx.Evidence(ctx, id)
}

func (tx fickleTx) Shipment(ctx context.Context, id poll.ShipmentID) (fulfill.Shipment, error) {
	tx.step()
	return tx.Tx.Shipment(ctx, id)
}

func (tx fickleTx) SaveShipment(ctx context.Context, s fulfill.Shipment) error {
	tx.step()
	return tx.Tx.SaveShipment(ctx, s)
}

func (tx fickleTx) Watches() poll.Store {
	tx.step()
	return tx.Tx.Watches()
}

func (tx fickleTx) ClaimTasks(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]fulfill.Task, error) {
	tx.step()
	return tx.Tx.ClaimTasks(ctx, now, limit, lease)
}

func (tx fickleTx) SettleTask(ctx context.Context, t fulfill.Task) error {
	tx.step()
	return tx.Tx.SettleTask(ctx, t)
}

func (tx fickleTx) Queue(ctx context.Context, tasks ...fulfill.Task) (int, error) {
	tx.step()
	return tx.Tx.Queue(ctx, tasks...)
}

// TestCancelledWeek: contexts end anywhere in the transactions of engines and people. The end is the same, and no connection or
// statement is left over, nor a goroutine, which the bubble would not bear.
func TestCancelledWeek(t *testing.T) {
	const orders = 8
	want, _ := undisturbed(t, orders)
	onEach(t, func(t *testing.T, e engine) {
		synctest.Test(t, func(t *testing.T) {
			w := newWeek(t, orders)
			store := &fickle{random: rand.New(rand.NewPCG(8, 1))}
			var db *sql.DB
			if e.dialect == sqlstore.SQLite {
				store.spy = newSpy(t)
				db = store.spy.db
			} else {
				db = e.fresh(t)()
			}
			s := made(t, db, e)
			store.ledger = s
			w.live(nil, w.engine(store))
			store.off = true
			sameEnd(t, w.end(store), want)
			t.Logf("%d transactions cancelled; failures %v; %d commands and %d actions repeated", store.cancelled, w.failed, w.desk, w.sink.again())
			if store.cancelled < 50 || w.failures() < 50 {
				t.Errorf("%d transactions were cancelled, and the host was told of %d failures", store.cancelled, w.failures())
			}
			synctest.Wait()
			if stats := db.Stats(); stats.InUse != 0 {
				t.Errorf("%d connections are in use", stats.InUse)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if store.spy != nil && store.spy.statements(0) != 0 {
				t.Errorf("%d statements are open after the store was closed", store.spy.statements(0))
			}
		})
	})
}
