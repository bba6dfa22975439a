// Sandbox serves a parcel world that speaks the protocols of all three providers, for any client in any language.
//
//	sandbox [-addr HOST:PORT] [-speed FACTOR] [-seed N] [-start DAY] [-population N [-days N] [-faults]] [-json]
//	sandbox -population N [-days N] [-seed N] [-start DAY] -csv
//
// With -json the first line is one object: base addresses, demo credentials, and the numbers that do something special.
// With -population there is a crowd of ordinary parcels besides, packed on the working days from DAY on; with -csv its
// timelines are printed, and nothing is served.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/examples/internal/show"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it gives 0, 1 for trouble, or 2 for wrong use.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	speed := flags.Float64("speed", 1, "how many times faster than real time the world's clock runs; 0 stands still")
	seed := flags.Uint64("seed", 1, "seed of what the world makes up")
	asJSON := flags.Bool("json", false, "print addresses, credentials and numbers as one JSON line")
	population := crowdFlags(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // flags has told it
	case flags.NArg() > 0 || !(*speed >= 0):
		fmt.Fprintln(stderr, "sandbox: it takes no arguments, and a speed of 0 or more")
		flags.Usage()
		return 2
	}
	crowd, start, err := population.make(*seed)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	config := sandbox.Config{Seed: *seed, Clock: sandbox.NewClock(start, *speed)}
	if crowd != nil {
		config.Population = crowd
	}
	world := sandbox.New(config)
	if population.csv {
		err = printTimelines(stdout, crowd)
	} else {
		tell := introduce
		if *asJSON {
			tell = describe
		}
		err = serve(ctx, world, *addr, func(base string) error { return tell(stdout, world, crowd, base) })
	}
	if err != nil {
		fmt.Fprintln(stderr, "sandbox:", err)
		return 1
	}
	return 0
}

// serve answers on addr until ctx ends. It calls ready with the base address when clients can come.
func serve(ctx context.Context, handler http.Handler, addr string, ready func(base string) error) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	if err := ready("http://" + listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// describe tells a program, in one line of JSON.
func describe(w io.Writer, world *sandbox.World, crowd *sandbox.Crowd, base string) error {
	return json.NewEncoder(w).Encode(struct {
		Base        string                `json:"base"`
		URLs        sandbox.URLs          `json:"urls"`
		Credentials sandbox.Credentials   `json:"credentials"`
		Env         map[string]string     `json:"env"`
		Numbers     []sandbox.MagicNumber `json:"numbers"`
		Population  *population           `json:"population,omitempty"`
	}{base, world.URLs(base), world.Demo(), world.Env(base), sandbox.Magic(), populationOf(crowd)})
}

// introduce tells a person what is there and how to use it.
func introduce(w io.Writer, world *sandbox.World, crowd *sandbox.Crowd, base string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Parcel world on %s – stop it with Ctrl-C\n\nFor the programs of this module, in another terminal:\n\n", base)
	environment := world.Env(base)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		fmt.Fprintf(&text, "  export %s='%s'\n", name, environment[name])
	}
	fmt.Fprint(&text, "\nNumbers:\n\n")
	for _, m := range sandbox.Magic() {
		fmt.Fprintf(&text, "  %s%s\n", show.Column(string(m.Courier)+":"+m.Number, 28), m.What)
	}
	if p := populationOf(crowd); p != nil {
		fmt.Fprintf(&text, "\nAnd %d ordinary parcels, %s to %s (-csv prints them all).\n", p.Parcels, p.Waybills[0], p.Waybills[len(p.Waybills)-1])
	}
	fmt.Fprintf(&text, "\nThe truth about a parcel: %[1]s/truth/COURIER/NUMBER. Requests so far: %[1]s/requests. The clock: %[1]s/clock.\n", base)
	_, err := io.WriteString(w, text.String())
	return err
}
