// Track asks a carrier about parcels by number.
//
//	track [-carrier NAME] [-url BASE] [-selfhosted] [-json] COURIER:NUMBER…
//
// COURIER is a code of Waybill's directory or of any provider: cj, 04 and kr.cjlogistics are the same. Credentials come from the
// environment (WAYBILL_DELIVERYAPI_KEY and so on). Without -carrier every carrier with credentials there is used, the next one
// standing in for one that is down. It exits with 0 when every parcel was answered or not found, 1 when some failed, 2 for wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
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
	options := provider.Options{Getenv: os.Getenv}
	flag.StringVar(&options.Carrier, "carrier", "", "one of "+strings.Join(provider.Names(), ", "))
	flag.StringVar(&options.URL, "url", "", "base address in place of the provider's own (needs -carrier)")
	flag.BoolVar(&options.SelfHosted, "selfhosted", false, "an own tracker.delivery server, without keys")
	asJSON := flag.Bool("json", false, "print one JSON object per parcel and line")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: track [-carrier NAME] [-url BASE] [-selfhosted] [-json] COURIER:NUMBER…")
		flag.PrintDefaults()
	}
	flag.Parse()

	queries, err := parse(flag.Args())
	if err != nil {
		misuse(err)
	}
	carriers, err := options.Carriers()
	if err != nil {
		misuse(err)
	}
	client, err := tracking.NewClient(tracking.Config{Carriers: carriers})
	if err != nil {
		misuse(err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	failed := track(ctx, client, queries, *asJSON)
	stop()
	if failed {
		os.Exit(1)
	}
}

func misuse(err error) {
	fmt.Fprintln(os.Stderr, "track:", err)
	flag.Usage()
	os.Exit(2)
}

func track(ctx context.Context, client *tracking.Client, queries []tracking.Query, asJSON bool) (failed bool) {
	screen := show.NewScreen(os.Stdout)
	done := 0
	for r := range client.TrackAll(ctx, slices.Values(queries)) {
		done++
		failed = failed || r.Err != nil && !errors.Is(r.Err, tracking.ErrNotFound)
		if asJSON {
			if err := show.JSON(os.Stdout, r); err != nil {
				fmt.Fprintln(os.Stderr, "track:", err)
				return true
			}
			continue
		}
		screen.Clear()
		screen.Result(r)
		screen.Progress(done, len(queries))
	}
	if !asJSON {
		screen.Clear()
		fmt.Println(client.Spent())
	}
	return failed
}

// parse reads COURIER:NUMBER arguments.
func parse(args []string) ([]tracking.Query, error) {
	if len(args) == 0 {
		return nil, errors.New("no parcels")
	}
	queries := make([]tracking.Query, 0, len(args))
	for i, arg := range args {
		name, number, ok := strings.Cut(arg, ":")
		if ok && slices.Contains(provider.Names(), name) { // provider:code:number passes the provider's code through
			code, rest, more := strings.Cut(number, ":")
			name, number, ok = name+":"+code, rest, more
		} else if info, known := courier.Lookup(name); known {
			name = string(info.Code)
		} else if ok && name != "" {
			return nil, fmt.Errorf("argument %d: no courier %q", i+1, name)
		}
		if !ok || name == "" || number == "" {
			return nil, fmt.Errorf("argument %d is not COURIER:NUMBER", i+1)
		}
		queries = append(queries, tracking.Query{Courier: tracking.Courier(name), Number: number})
	}
	return queries, nil
}
