// Wms is a warehouse for a month, in one process: orders come in on a Thursday morning, leave in parcels, arrive or do not, and
// some come back. Couriers, providers and buyers are played by a sandbox, the days go by in half a minute, and everything between
// them is the SDK's: what is asked and when, what is pushed, what becomes of the orders, what is done in the warehouse.
//
//	go run ./examples/wms
//	go run ./examples/wms -faults -orders 1000
//	go run ./examples/wms -db warehouse.db    # kill it, and start it again: it goes on
//
// In the end it reports the month, says whether what is believed is what was true, and explains three orders.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/waybill-dev/waybill/order/fulfill"
	"github.com/waybill-dev/waybill/order/sqlstore"
	"github.com/waybill-dev/waybill/tracking/poll"
	"github.com/waybill-dev/waybill/webhook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it gives 0, 1 for trouble or what is not true, or 2 for wrong use.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, err := parse(args, getenv, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	result, err := warehouse(ctx, o, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "wms:", err)
		return 1
	}
	if result.Differences > 0 {
		return 1
	}
	return 0
}

// warehouse is what a host writes.
func warehouse(ctx context.Context, o options, stdout, stderr io.Writer) (*result, error) {
	db, err := openDatabase(ctx, o.database) // the host's own: SQLite, PostgreSQL or MySQL
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	m, err := newMonth(ctx, o, db, stderr) // couriers, providers, buyers, and a clock that runs fast
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(ctx, db.DB, db.dialect, sqlstore.Clock(m.now))
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	return m.live(ctx, ledger{store, store, store.Inbox()}, db, stdout)
}

// road puts the SDK between the world and the shop.
func road(m *month, keep ledger, done effects) (*fulfill.Engine, http.Handler, error) {
	sources := m.sources(keep)
	engine, err := fulfill.New(fulfill.Config{
		Store:    keep,
		Carriers: m.carriers(), // asked as rarely as can be
		Prefer:   prefer(),
		Inbox:    keep.Inbox, // what providers push is written down before it is answered, and worked afterwards
		Sources:  sources, InboxLook: m.glance,
		Actions: fulfill.Actions{ // each is called once for what it is about, however often that is reported
			ConfirmInventory: done.do, NotifyCustomer: done.do, CreateReturnInbound: done.do, AlertOperations: done.do,
			Others: others(done), // what commands cause: refunds, recalls, messages
		},
		Undo:  undoing(done), // when it turns out that it was not so
		Night: fulfill.Night{Jobs: []fulfill.Job{fulfill.CompleteDeliveries, fulfill.LearnSchedule}, Learning: poll.Learning{Parcels: 1000}},
		Poll: poll.Config{
			Lifetimes: lifetimes, Lease: lease, Look: seldom, Fill: patient, Timeout: m.limit,
			Hooks: poll.Hooks{Recorded: m.progress.recorded, Ended: m.ended},
		},
		Outbox: fulfill.Outbox{Lease: lease, Look: seldom},
		Now:    m.now, Wait: m.wait,
	})
	if err != nil {
		return nil, nil, err // every fault of the configuration at once
	}
	hooks, err := webhook.NewHandler(webhook.Config{Sources: sources, Inbox: keep.Inbox, Wake: engine.Wake, Now: m.now})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/", hooks)
	return engine, mux, nil
}

// The month is shorter than the defaults would make it, and a clock that runs fast wants longer leases.
var (
	lifetimes = poll.Lifetimes{NotFound: 9 * 24 * time.Hour, Silence: 12 * 24 * time.Hour, Returned: 5 * 24 * time.Hour}
	lease     = 12 * time.Hour
	seldom    = time.Hour
	patient   = 10 * time.Minute // so that parcels share a call
)
