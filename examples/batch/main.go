// Batch is the nightly loop of a warehouse: every order that is under way and not delivered is asked about, twenty to a call, and
// what comes back is written to its order. It runs against a parcel world inside itself.
//
//	go run ./examples/batch
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/deliveryapi"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/statusmap"
	"github.com/waybill-dev/waybill/tracking"
)

// order is a row of the warehouse's own table.
type order struct {
	id        string
	courier   tracking.Courier
	number    string
	shippedAt time.Time
	step      statusmap.WMSStep // what the warehouse's screens show
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, sandbox.New(sandbox.Config{}), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "batch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, world *sandbox.World, stdout io.Writer) error {
	demo := world.Demo()
	client, err := tracking.NewClient(tracking.Config{
		Carriers: []tracking.Carrier{deliveryapi.New(deliveryapi.Config{
			APIKey: demo.DeliveryAPIKey, SecretKey: demo.DeliveryAPISecret,
			BaseURL: world.URLs("").DeliveryAPI, Client: world.Client(), // a real program leaves these two out
		})},
	})
	if err != nil {
		return err
	}

	var moved, unscanned, later, manual int
	orders := undelivered(world.Clock().Now())
	for r := range client.TrackAll(ctx, queries(orders)) {
		o := orders[r.Query.Ref]
		var refused *tracking.Error
		switch {
		case r.Err == nil:
			o.step, _ = statusmap.Step(r.Parcel.Status, r.Parcel.Sub)
			moved++
			fmt.Fprintln(stdout, strings.TrimRight(fmt.Sprintf("%s  %-16s  %s", o.id, r.Parcel.Status, o.step), " "))
		case errors.Is(r.Err, tracking.ErrNotFound):
			unscanned++ // no failure: the next night asks again
		case errors.As(r.Err, &refused) && refused.Retry == tracking.RetryNever:
			manual++ // a wrong number, a courier we cannot ask: a person must look
			fmt.Fprintf(stdout, "%s  needs a person: %v\n", o.id, r.Err)
		default:
			later++ // the provider's or the courier's trouble: the next night asks again
		}
	}
	fmt.Fprintf(stdout, "\n%d orders read: %d answered, %d without a scan yet, %d to ask again, %d for a person\n%v\n",
		len(orders), moved, unscanned, later, manual, client.Spent())
	return ctx.Err()
}

// queries asks about every order; Ref carries the order id to the provider and back.
func queries(orders map[string]*order) iter.Seq[tracking.Query] {
	return func(yield func(tracking.Query) bool) {
		for _, id := range slices.Sorted(maps.Keys(orders)) {
			o := orders[id]
			if !yield(tracking.Query{Courier: o.courier, Number: o.number, Ref: o.id, Since: o.shippedAt}) {
				return
			}
		}
	}
}

// undelivered stands for SELECT … WHERE status NOT IN ('DELIVERED', 'RETURNED').
func undelivered(now time.Time) map[string]*order {
	orders := make(map[string]*order)
	for i, m := range sandbox.Magic() {
		if m.Faulty && !strings.HasPrefix(m.Case, "deliveryapi/item/") {
			continue // numbers that spoil a whole call are for tests
		}
		id := fmt.Sprintf("ORD-%04d", i+1)
		orders[id] = &order{id: id, courier: m.Courier, number: m.Number, shippedAt: now.AddDate(0, 0, -6)}
	}
	return orders
}
