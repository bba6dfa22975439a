// Track asks a carrier about parcels by number.
//
//	track [-carrier NAME] [-url BASE] [-selfhosted] [-json] COURIER:NUMBER…
//
// COURIER is a code or a name of Waybill's directory or of any provider: cj, 04, kr.cjlogistics and CJ대한통운 are the same.
// A provider's code that the directory does not know yet is passed through as it is: trackerdelivery:kr.new:NUMBER. Credentials come
// from the environment (WAYBILL_DELIVERYAPI_KEY and so on). Without -carrier every carrier with credentials there is used, the next one
// standing in for one that is down. It exits with 0 when every parcel was answered or not found, 1 when some failed, 2 for wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/examples/internal/provider"
	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/tracking"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitAnswered = 0 // every parcel was answered or not found
	exitFailed   = 1 // some failed
	exitMisused  = 2
)

// run is the program; it gives the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	options := provider.Options{Getenv: getenv}
	flags := flag.NewFlagSet("track", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&options.Carrier, "carrier", "", "one of "+strings.Join(provider.Names(), ", "))
	flags.StringVar(&options.URL, "url", "", "base address in place of the provider's own (needs -carrier)")
	flags.BoolVar(&options.SelfHosted, "selfhosted", false, "an own tracker.delivery server, without keys")
	asJSON := flags.Bool("json", false, "print one JSON object per parcel and line")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: track [-carrier NAME] [-url BASE] [-selfhosted] [-json] COURIER:NUMBER…")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitAnswered
	} else if err != nil {
		return exitMisused // flags has told it
	}

	queries, err := parse(flags.Args())
	client, clientErr := newClient(options)
	if err := errors.Join(err, clientErr); err != nil {
		fmt.Fprintln(stderr, "track:", err)
		flags.Usage()
		return exitMisused
	}
	failed, err := track(ctx, client, queries, stdout, show.NewScreen(stdout, stderr, getenv), *asJSON)
	if err != nil {
		fmt.Fprintln(stderr, "track:", err)
	}
	if failed || err != nil {
		return exitFailed
	}
	return exitAnswered
}

// track prints answers as they come.
func track(
	ctx context.Context, client *tracking.Client, queries []tracking.Query, stdout io.Writer, screen *show.Screen, asJSON bool,
) (failed bool, err error) {
	done := 0
	for r := range client.TrackAll(ctx, slices.Values(queries)) {
		done++
		failed = failed || r.Err != nil && !errors.Is(r.Err, tracking.ErrNotFound)
		if asJSON {
			if err := show.JSON(stdout, r); err != nil {
				return failed, err
			}
			continue
		}
		screen.Clear()
		screen.Result(r)
		screen.Progress(done, len(queries))
	}
	if !asJSON {
		screen.Clear()
		screen.Line(client.Spent().String())
	}
	return failed, ctx.Err() // interrupted: not all were asked about
}

func newClient(options provider.Options) (*tracking.Client, error) {
	carriers, err := options.Carriers()
	if err != nil {
		return nil, err
	}
	return tracking.NewClient(tracking.Config{Carriers: carriers})
}

// parse reads COURIER:NUMBER arguments. A courier that the directory does not know is for the carriers to refuse: the other
// parcels are asked about all the same.
func parse(args []string) ([]tracking.Query, error) {
	if len(args) == 0 {
		return nil, errors.New("no parcels")
	}
	queries := make([]tracking.Query, len(args))
	for i, arg := range args {
		name, number, _ := strings.Cut(arg, ":")
		code := tracking.Courier(name)
		if slices.Contains(provider.Names(), name) { // provider:code:number
			theirs, rest, _ := strings.Cut(number, ":")
			code, number = provider.Through(name, theirs), rest
		} else if info, known := courier.Lookup(name); known {
			code = info.Code
		}
		if code == "" || number == "" {
			return nil, fmt.Errorf("argument %d is not COURIER:NUMBER (flags come before the parcels)", i+1)
		}
		queries[i] = tracking.Query{Courier: code, Number: number}
	}
	return queries, nil
}
