package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/fulfill/fulfilltest"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/order/sqlstore"
)

// A shopLedger keeps orders in a table of the shop, and everything else in the tables of a sqlstore.Store.
type shopLedger struct {
	*sqlstore.Store
	guard  *privacy.Guard
	permit privacy.Permit // to write whom orders go to
}

const shopTable = `CREATE TABLE IF NOT EXISTS shop_orders (id TEXT PRIMARY KEY, ordered_at INTEGER NOT NULL, changes INTEGER NOT NULL, body TEXT NOT NULL)`

func (l shopLedger) Transact(ctx context.Context, f func(ctx context.Context, tx fulfill.Tx) error) error {
	return l.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) error { return f(ctx, shopTx{tx, l}) })
}

// A shopTx has the methods of order.Orders, and Lock, of the shop; all others are the store's.
type shopTx struct {
	*sqlstore.Tx
	shop shopLedger
}

// Lock has nothing to do in SQLite, where one writes at a time; elsewhere it would select the rows for update.
func (tx shopTx) Lock(context.Context, ...order.OrderID) error { return nil }

func (tx shopTx) Load(ctx context.Context, id order.OrderID) (o order.Order, err error) {
	var body []byte
	err = tx.SQL().QueryRowContext(ctx, "SELECT body FROM shop_orders WHERE id = ?", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return o, order.ErrNoOrder
	}
	if err != nil {
		return o, err
	}
	return order.DecodeStored(body, privacy.Standard)
}

func (tx shopTx) Save(ctx context.Context, o order.Order, events []order.Event) error {
	body, err := order.EncodeForStorage(ctx, tx.shop.guard, tx.shop.permit, o)
	if err != nil {
		return err
	}
	before := events[0].Seq - 1
	statement, args := "UPDATE shop_orders SET changes = ?, body = ? WHERE id = ? AND changes = ?", []any{len(o.History), body, o.ID, before}
	if before == 0 {
		statement, args = "INSERT INTO shop_orders (id, ordered_at, changes, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", []any{o.ID, o.History[0].At.UnixNano(), len(o.History), body}
	}
	result, err := tx.SQL().ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(order.ErrStale, err)
	}
	_, err = tx.Queue(ctx, fulfill.Commanded(&o, events, time.Now())...)
	return err
}

// all gives every order, the oldest first. A shop with many asks its own columns instead.
func (tx shopTx) all(ctx context.Context) (orders []order.Order, err error) {
	rows, err := tx.SQL().QueryContext(ctx, "SELECT body FROM shop_orders ORDER BY ordered_at, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		o, err := order.DecodeStored(body, privacy.Standard)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, rows.Err()
}

func (tx shopTx) Locate(ctx context.Context, k order.Key) (order.OrderID, error) {
	orders, err := tx.all(ctx)
	for _, o := range orders {
		if k.Fits(o) {
			return o.ID, nil
		}
	}
	return "", errors.Join(order.ErrNoOrder, err)
}

func (tx shopTx) Find(ctx context.Context, q order.Query) (order.Found, error) {
	orders, err := tx.all(ctx)
	return q.Among(orders), err
}

// TestOwnOrders: a host keeps its own table of orders, and a week of them ends as on a ledger that keeps everything.
func TestOwnOrders(t *testing.T) {
	const orders = 2 * roadKinds
	want, _ := undisturbed(t, orders)
	synctest.Test(t, func(t *testing.T) {
		db := freshSQLite(t)()
		run(t, db, shopTable)
		w, s := newWeek(t, orders), made(t, db, engines[0])
		shop := shopLedger{Store: s}
		shop.guard, shop.permit = storagePermit(t)
		w.live(nil, w.engine(shop))
		sameEnd(t, w.end(shop), want)
		if _, err := s.Load(t.Context(), w.road.orders()[0]); !errors.Is(err, order.ErrNoOrder) {
			t.Errorf("the store has an order, too: %v", err)
		}
		s.Close()
		db.Close()
	})
}

// TestOwnOrdersPassTheSuite: what such a ledger has to do is in the suites, and it does it.
func TestOwnOrdersPassTheSuite(t *testing.T) {
	fulfilltest.Run(t, fulfilltest.Harness{New: func(t *testing.T) fulfill.Store {
		db := freshSQLite(t)()
		run(t, db, shopTable)
		shop := shopLedger{Store: made(t, db, engines[0])}
		shop.guard, shop.permit = storagePermit(t)
		return shop
	}})
}

// storagePermit lets a program write personal data for a fortnight.
func storagePermit(t *testing.T) (*privacy.Guard, privacy.Permit) {
	t.Helper()
	key, err := privacy.NewKey([]byte("a secret of at least sixteen bytes"))
	if err != nil {
		t.Fatal(err)
	}
	sink, err := privacy.NewMemory(key)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := privacy.NewGuard(privacy.Config{
		Authorize: func(context.Context, privacy.Request) error { return nil }, Sink: sink, Key: key, Lifetime: 14 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	permit, err := guard.Issue(t.Context(), privacy.Request{
		Actor: "shop", Purpose: "주문 보관", Action: privacy.Store, Reason: "orders are kept in our own table", Source: "shop", Table: "shop_orders",
		Fields: []privacy.Kind{
			privacy.KindOther, privacy.KindName, privacy.KindPhone, privacy.KindAddress, privacy.KindDetail, privacy.KindMemo, privacy.KindEmail, privacy.KindPCCC,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return guard, permit
}
