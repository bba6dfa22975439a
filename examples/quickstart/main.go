// Quickstart tracks a handful of parcels at three carriers and prints their timelines, without an account or a key: it starts a
// parcel world inside itself and asks that.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -json
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/examples/internal/provider"
	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/tracking"
)

// parcels are those of the tour, by the names of the sandbox's cases.
var parcels = []string{
	"recorded/cj-stray-scan", "out-for-delivery", "not-found", // CJ대한통운
	"recorded/lotte-no-clock", "recorded/logen-no-pickup", // 롯데, 로젠
	"returned-to-sender", "failed", "recorded/hanjin-sunday", "hold", "available-for-pickup", // 우체국, 한진, GS
}

var kst = time.FixedZone("KST", 9*60*60)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	world := sandbox.New(sandbox.Config{Clock: sandbox.NewClock(lastAfternoon(time.Now()), 1)})
	code := run(ctx, world, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// lastAfternoon is the newest 13:00 in Korea: whenever the tour is run, its parcels move by day.
func lastAfternoon(now time.Time) time.Time {
	year, month, day := now.In(kst).Date()
	at := time.Date(year, month, day, 13, 0, 0, 0, kst)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// run is the program: it gives 0, 1 for trouble, or 2 for wrong use.
func run(ctx context.Context, world *sandbox.World, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print one JSON object per parcel and line")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "quickstart takes no arguments; examples/track is for your own numbers")
		return 2
	}

	if err := tour(ctx, world, stdout, show.NewScreen(stdout, stderr, getenv), *asJSON); err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 1
	}
	return 0
}

// tour serves the world, asks about the parcels and prints what came back.
func tour(ctx context.Context, world *sandbox.World, stdout io.Writer, screen *show.Screen, asJSON bool) error {
	address, stop, err := serve(ctx, world)
	if err != nil {
		return err
	}
	defer stop()
	if !asJSON {
		fmt.Fprintf(stdout, "Waybill sandbox on %s – three carriers, %s; its clock says %s in Seoul\n\n",
			address, show.Count(len(parcels), "parcel"), world.Clock().Now().Format("01/02 15:04"))
	}

	client, results, err := track(ctx, world.Env("http://"+address), screen)
	if err != nil {
		return err
	}
	for _, r := range results {
		if asJSON {
			err = errors.Join(err, show.JSON(stdout, r))
		} else {
			screen.Result(r)
		}
	}
	if !asJSON {
		calls := 0
		for _, spent := range client.Spent() {
			calls += int(spent.Calls)
		}
		fmt.Fprintf(stdout, "%s, %s, 0 won. Next: examples/track for your own numbers, examples/batch for a whole night of orders.\n",
			show.Count(len(results), "parcel"), show.Count(calls, "call"))
	}
	return err
}

// track asks about the parcels at the carriers whose addresses and keys are in the environment, and gives the answers in the
// order of the tour.
func track(ctx context.Context, environment map[string]string, screen *show.Screen) (*tracking.Client, []tracking.Result, error) {
	carriers, err := provider.All(func(name string) string { return environment[name] })
	if err != nil {
		return nil, nil, err
	}
	client, err := tracking.NewClient(tracking.Config{
		Carriers: carriers, // deliveryapi, sweettracker, trackerdelivery: who is asked unless a courier prefers another
		Prefer: map[tracking.Courier][]string{
			courier.Lotte: {"sweettracker"}, courier.Logen: {"sweettracker"},
			courier.Post: {"trackerdelivery"}, courier.Hanjin: {"trackerdelivery"}, courier.GSPostbox: {"trackerdelivery"},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	queries := make([]tracking.Query, len(parcels))
	for i, name := range parcels {
		magic, ok := sandbox.MagicCase(name)
		if !ok {
			return nil, nil, fmt.Errorf("the sandbox has no case %q", name)
		}
		queries[i] = magic.Query()
	}
	var results []tracking.Result
	for r := range client.TrackAll(ctx, slices.Values(queries)) {
		results = append(results, r)
		screen.Progress(len(results), len(queries))
	}
	screen.Clear()
	inOrder(results, queries)
	return client, results, ctx.Err()
}

// inOrder brings results, which arrive in any order, into the order of the queries.
func inOrder(results []tracking.Result, queries []tracking.Query) {
	place := func(r tracking.Result) int {
		return slices.IndexFunc(queries, func(q tracking.Query) bool { return q.Courier == r.Query.Courier && q.Number == r.Query.Number })
	}
	slices.SortStableFunc(results, func(a, b tracking.Result) int { return place(a) - place(b) })
}

// serve puts the world on a free port of this machine.
func serve(ctx context.Context, world http.Handler) (address string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: world, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with Close
	}()
	return listener.Addr().String(), func() { server.Close(); <-done }, nil
}
