// Quickstart tracks a handful of parcels at three carriers and prints their timelines, without an account or a key: it starts a
// parcel world inside itself and asks that.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -json
package main

import (
	"context"
	"flag"
	"fmt"
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

// tour names the parcels, by the sandbox's cases.
var tour = []string{
	"recorded/cj-stray-scan", "out-for-delivery", "not-found", // CJ대한통운
	"recorded/lotte-no-clock", "recorded/logen-no-pickup", // 롯데, 로젠
	"returned-to-sender", "failed", "recorded/hanjin-sunday", "hold", "available-for-pickup", // 우체국, 한진, GS
}

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object per parcel and line")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "quickstart takes no arguments; examples/track is for your own numbers")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, asJSON bool) error {
	world := sandbox.New(sandbox.Config{})
	address, stop, err := serve(ctx, world)
	if err != nil {
		return err
	}
	defer stop()

	environment := world.Env("http://" + address)
	carriers, err := provider.All(func(name string) string { return environment[name] })
	if err != nil {
		return err
	}
	client, err := tracking.NewClient(tracking.Config{
		Carriers: carriers, // deliveryapi, sweettracker, trackerdelivery: who is asked unless a courier prefers another
		Prefer: map[tracking.Courier][]string{
			courier.Lotte: {"sweettracker"}, courier.Logen: {"sweettracker"},
			courier.Post: {"trackerdelivery"}, courier.Hanjin: {"trackerdelivery"}, courier.GSPostbox: {"trackerdelivery"},
		},
	})
	if err != nil {
		return err
	}

	queries := make([]tracking.Query, len(tour))
	for i, name := range tour {
		magic, ok := sandbox.MagicCase(name)
		if !ok {
			return fmt.Errorf("the sandbox has no case %q", name)
		}
		queries[i] = magic.Query()
	}

	screen := show.NewScreen(os.Stdout)
	if !asJSON {
		fmt.Printf("Waybill sandbox on %s – three carriers, %d parcels\n\n", address, len(queries))
	}
	var results []tracking.Result
	for r := range client.TrackAll(ctx, slices.Values(queries)) {
		if asJSON {
			if err := show.JSON(os.Stdout, r); err != nil {
				return err
			}
			continue
		}
		results = append(results, r)
		screen.Progress(len(results), len(queries))
	}
	if asJSON {
		return nil
	}
	screen.Clear()
	inOrder(results, queries)
	for _, r := range results {
		screen.Result(r)
	}
	fmt.Println(client.Spent())
	fmt.Println("All of it in the sandbox: 0 won. Next: examples/track for your own numbers, examples/batch for a whole night's orders.")
	return ctx.Err()
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
