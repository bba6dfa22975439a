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
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/waybill-dev/waybill/carriers/sandbox"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	speed := flag.Float64("speed", 1, "how many times faster than real time the world's clock runs")
	seed := flag.Uint64("seed", 1, "seed of what the world makes up")
	asJSON := flag.Bool("json", false, "print addresses, credentials and numbers as one JSON line")
	flag.Parse()
	if flag.NArg() > 0 || *speed < 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	world := sandbox.New(sandbox.Config{Seed: *seed, Clock: sandbox.NewClock(time.Now(), *speed)})
	if err := run(ctx, world, *addr, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, world *sandbox.World, addr string, asJSON bool) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	if asJSON {
		err = json.NewEncoder(os.Stdout).Encode(struct {
			Base        string                `json:"base"`
			URLs        sandbox.URLs          `json:"urls"`
			Credentials sandbox.Credentials   `json:"credentials"`
			Env         map[string]string     `json:"env"`
			Numbers     []sandbox.MagicNumber `json:"numbers"`
		}{base, world.URLs(base), world.Demo(), world.Env(base), sandbox.Magic()})
	} else {
		introduce(world, base)
	}
	if err != nil {
		return err
	}
	server := &http.Server{Handler: world, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// introduce tells a person what is there and how to use it.
func introduce(world *sandbox.World, base string) {
	fmt.Printf("Parcel world on %s – stop it with Ctrl-C\n\nFor the programs of this module, in another terminal:\n\n", base)
	environment := world.Env(base)
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		fmt.Printf("  export %s='%s'\n", name, environment[name])
	}
	fmt.Print("\nNumbers:\n\n")
	for _, m := range sandbox.Magic() {
		fmt.Printf("  %s  %s\n", runewidth.FillRight(string(m.Courier)+":"+m.Number, 28), m.What)
	}
	fmt.Printf("\nThe truth about a parcel: %s/truth/COURIER/NUMBER. Requests so far: %s/requests. The clock: %s/clock.\n", base, base, base)
}
