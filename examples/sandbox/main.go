// Sandbox serves a parcel world that speaks the protocols of all three providers, for any client in any language.
//
//	sandbox [-addr HOST:PORT] [-speed FACTOR] [-seed N] [-json]
//
// With -json the first line is one object: base addresses, demo credentials, and the numbers that do something special.
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
	world := sandbox.New(sandbox.Config{Seed: *seed, Clock: sandbox.NewClock(time.Now(), *speed)})
	tell := introduce
	if *asJSON {
		tell = describe
	}
	if err := serve(ctx, world, *addr, func(base string) error { return tell(stdout, world, base) }); err != nil {
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
func describe(w io.Writer, world *sandbox.World, base string) error {
	return json.NewEncoder(w).Encode(struct {
		Base        string                `json:"base"`
		URLs        sandbox.URLs          `json:"urls"`
		Credentials sandbox.Credentials   `json:"credentials"`
		Env         map[string]string     `json:"env"`
		Numbers     []sandbox.MagicNumber `json:"numbers"`
	}{base, world.URLs(base), world.Demo(), world.Env(base), sandbox.Magic()})
}

// introduce tells a person what is there and how to use it.
func introduce(w io.Writer, world *sandbox.World, base string) error {
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
	fmt.Fprintf(&text, "\nThe truth about a parcel: %[1]s/truth/COURIER/NUMBER. Requests so far: %[1]s/requests. The clock: %[1]s/clock.\n", base)
	_, err := io.WriteString(w, text.String())
	return err
}
