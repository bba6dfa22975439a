// Package sqlstore keeps what Waybill must not lose in a host's database: orders with their history and what they want
// done, whom to ask about which shipment and all that was said of it, pushes that providers were told are accepted,
// registrations that were paid for, and who saw whose data.
//
//	db, err := sql.Open("sqlite", "warehouse.db")
//	store, err := sqlstore.New(ctx, db, sqlstore.SQLite)
//
//	office, err := order.NewBackOffice(order.BackOfficeConfig{Orders: store})
//	worker := &webhook.Worker{Inbox: store.Inbox(), …}
//	road, err := fulfill.New(fulfill.Config{Store: store, Inbox: store.Inbox(), …})
//	engine, err := poll.New(poll.Config{Store: store.Watches(), …}) // without orders
//
// The host brings the database, opened with a driver of its choice, and closes it; this package imports no driver.
//
// # One transaction
//
// [Store.Update] runs a function in a transaction. What the function does through its [Tx], orders saved, answers
// recorded ([Tx.Watches]) and messages finished, is kept together or not at all, and statements of the host on [Tx.SQL] with it:
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
// [order.ErrStale], and nothing is ever overwritten. The actions of saved events are tasks in the outbox from the same
// transaction on.
//
// # Shipments, watches, evidence
//
// shipments has a row for each use of a waybill number: its status as derived from all evidence. events holds the evidence, one
// row for each scan and each summary of a carrier: when it happened, when it was published and when it was first seen, what it
// means and by which mapping, the courier's words, and the whole item as JSON. Rows keep their position n. An answer inserts what
// it has that is new and updates what it revises; rows that it merely repeats are not written, because they say that their
// carrier's newest answer holds them, and the shipment says when that was. watches has a row for each carrier that is asked about a
// shipment; the index on life, carrier and ready_at is all that a claim reads, however many watches are open, and for those that may be
// asked before they are due the one on early_at. keepsakes has what was learned, by name.
//
// raw_answers keeps what was said whenever that brought something new, as the settled parcel in compressed JSON, for the question
// why a parcel has the status that it has ([Watches.Answers]). It is written with the evidence, up to a size ([KeepAnswers]), and
// stays until [Store.PruneAnswers] removes what is older than the host says; the night shift of package fulfill does that daily. Watches
// and events stay until their parcel is forgotten ([Tx.Forget]). Evidence names no people, unless an adapter was told to keep the provider's own form of scans: that goes into
// events.raw_personal and nowhere else.
//
// # Fulfilment
//
// A Store is the ledger of package fulfill ([Store.Transact]). fulfil_shipments has what it knows of a shipment besides the evidence, in
// a row beside that of shipments, which is locked with it; fulfil_links the orders that travel under it; fulfil_traces, as JSON, why
// facts moved orders or did not; fulfil_jobs when each job of the night was begun last. A shipment that is forgotten keeps its rows in
// shipments, fulfil_shipments and fulfil_links, and loses those in events, raw_answers, watches, fulfil_traces and outbox that are about it.
//
// outbox has a row for each task, with its action as JSON, under the action's key, or, where that has 255 bytes or more, under its
// beginning and its hash. streams has a row for each order that ever had a task: which of its tasks goes first, and when it is
// ready, which is when it is due or its lease ends. Whoever adds to a stream or settles in it locks that row, and works out anew which
// task goes first. A claim therefore reads one index, from its beginning to the time that it is, whatever is settled, waits behind
// another or is not due; in PostgreSQL and MySQL it passes over streams that another transaction holds. While a task is leased it stays
// the first of its stream, so that a dead one which a person replays goes out after it, and never beside it. Settled tasks stay
// until their parcel is forgotten: their keys are what makes an action happen once.
//
// Locks are taken in the order of orders, shipment, watch, stream; who takes them otherwise is given up now and then, and runs again.
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
// orders, several in the order of their ids ([Tx.Lock]), and of a shipment before its watch. Who claims watches or messages
// passes over rows that others have locked. MySQL needs row-based or mixed binary logs for that level, its
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
