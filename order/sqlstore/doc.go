// Package sqlstore keeps what Waybill must not lose in a host's database: orders with their history and what they want
// done, pushes that providers were told are accepted, registrations that were paid for, and who saw whose data.
//
//	db, err := sql.Open("sqlite", "warehouse.db")
//	store, err := sqlstore.New(ctx, db, sqlstore.SQLite)
//
//	office, err := order.NewBackOffice(order.BackOfficeConfig{Orders: store})
//	worker := &webhook.Worker{Inbox: store.Inbox(), …}
//
// The host brings the database, opened with a driver of its choice, and closes it; this package imports no driver.
//
// # One transaction
//
// [Store.Update] runs a function in a transaction. What the function does through its [Tx], orders saved and messages
// finished, is kept together or not at all, and statements of the host on [Tx.SQL] with it:
//
//	err := store.Update(ctx, func(ctx context.Context, tx *sqlstore.Tx) error {
//		if _, _, err := tx.Execute(ctx, "ORD-20261121-0042", command); err != nil {
//			return err
//		}
//		if err := tx.FinishMessage(ctx, claim, webhook.Finding{State: webhook.Done, At: now}); err != nil {
//			return err
//		}
//		_, err := tx.SQL().ExecContext(ctx, "UPDATE stock SET …")
//		return err
//	})
//
// [Store.Join] does the same in a transaction that the host opened. What the database gave up in favour of another
// transaction runs again. An order is saved by compare-and-set: of two who change the same state of it one is told
// [order.ErrStale], and nothing is ever overwritten. The actions of saved events are rows of an outbox, one for each
// order, command and action, from the same transaction on.
//
// # SQLite
//
// SQLite is a real choice for one machine; several processes may share the file. [Migrate] switches it to write-ahead
// logging, so that reading and writing do not wait for each other. Within a store writers queue up; against other
// processes and the host's own statements a busy timeout spares repetitions. With the driver modernc.org/sqlite:
//
//	db, err := sql.Open("sqlite", "warehouse.db?_pragma=busy_timeout(5000)&_pragma=synchronous(full)")
//
// synchronous(full), the default, survives power cuts; synchronous(normal) is faster and may lose the last
// transactions to one. The file must not be on a network share. An in-memory database must be a single connection
// (db.SetMaxOpenConns(1)).
//
// # PostgreSQL, MySQL, MariaDB
//
//	db, err := sql.Open("pgx", "postgres://waybill@db.example/warehouse")
//	db, err := sql.Open("mysql", "waybill:…@tcp(db.example:3306)/warehouse")
//
// PostgreSQL puts the tables into the first schema of the search path. Transactions are READ COMMITTED and lock rows of
// orders, several in the order of their ids ([Tx.Lock]). MySQL needs row-based or mixed binary logs for that level, its
// default, and max_allowed_packet above the largest order. A pool of one connection suffices everywhere. Statements are
// prepared: a pooler between host and PostgreSQL must support that.
//
// # Tables
//
// Every table and index begins with a prefix ([Prefix]), nothing else is touched, and columns whose names end in
// _personal hold personal data (개인정보) in the clear: give such columns to nobody who may not see it. Times are
// nanoseconds since 1970 in UTC. Ids, numbers, codes, places and SKUs have at most [MaxKey] bytes and are told apart to
// the byte ([ErrLimit]). Tables change with versions; query them, and write through this package alone.
//
// # Errors
//
// Sentinels of the interfaces that are implemented come through as those packages define them. Everything else wraps
// the driver's error, which may name tables and columns; arguments are not put in by this package.
package sqlstore
