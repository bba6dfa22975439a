// Schedule replays the lives of parcels against the policies of tracking/schedule and prints what each costs: polls, hours of not
// knowing, and both together, beside the best schedule for the learned hazards and the bound of somebody who knows the future.
//
//	go run ./examples/schedule -data orders.csv -split 1     half to learn from, half to be judged by
//	go run ./examples/schedule -fit a.csv -test b.csv -json  two files
//	go run ./examples/schedule -world 1                      the sandbox's frozen world of that seed, in halves
//	go run ./examples/schedule -world 1 -webhooks            with a provider that pushes, and one whose pushes stop
//	go run ./examples/schedule                               its own small invented timelines
//
// A file is a shop's orders (order_approved_at, order_delivered_customer_date; one event each) or timelines of scans (timeline,
// carrier, ts_kst, stage_guess). The price of a poll is set on the fit side, so that the adaptive policy asks there as often as
// asking every two hours does; everything printed is of the test side.
package main

import (
	"bytes"
	_ "embed" // the timelines of its own
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/waybill-dev/waybill/carriers/sandbox"
)

//go:embed testdata/timelines.csv
var ownTimelines string

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

type options struct {
	data, fit, test, plot string
	split, world          uint64
	won                   float64
	json, model, webhooks bool
}

// run gives 0, 1 where files could not be read or judged, and 2 for wrong use.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "schedule:", err)
		return 2
	}
	if err := o.judge(stdout); err != nil {
		fmt.Fprintln(stderr, "schedule:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("schedule", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.data, "data", "", "`file` of parcels, half of which are learned from and half judged by")
	flags.Uint64Var(&o.split, "split", 1, "`seed` of the halves of -data and -world")
	flags.StringVar(&o.fit, "fit", "", "`file` to learn from, with -test")
	flags.StringVar(&o.test, "test", "", "`file` to be judged by, with -fit")
	flags.Uint64Var(&o.world, "world", 0, "instead of a file the sandbox's frozen world of this `seed`; 1, 2 and 3 are those that count")
	flags.StringVar(&o.plot, "plot", "", "`file` for an SVG of delay against polls, with every policy and both bounds")
	flags.Float64Var(&o.won, "won", 10, "price of one poll in `won`, for the figures in won alone")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.webhooks, "webhooks", false, "play the test side with webhooks, too: good ones, silent ones and dead ones")
	flags.BoolVar(&o.model, "model", false, "print the learned hazards too")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("what is %q?", flags.Arg(0))
	case (o.fit == "") != (o.test == ""):
		return o, errors.New("-fit and -test go together")
	case o.fit != "" && o.data != "", o.world != 0 && (o.fit != "" || o.data != ""):
		return o, errors.New("one of -data, -world, and -fit with -test")
	case !(o.won > 0):
		return o, errors.New("-won must be more than 0")
	}
	return o, nil
}

func (o options) judge(stdout io.Writer) error {
	fit, test, err := o.parcels()
	if err != nil {
		return err
	}
	r, err := compare(fit, test, o.won)
	if err != nil {
		return err
	}
	if o.webhooks {
		if err := r.judgeWebhooks(); err != nil {
			return err
		}
	}
	if o.plot != "" {
		if err := r.plot(o.plot); err != nil {
			return err
		}
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	r.print(stdout)
	r.printWebhooks(stdout)
	if o.model {
		fmt.Fprintf(stdout, "\n%v", r.model)
	}
	return nil
}

// parcels gives both sides.
func (o options) parcels() (fit, test []parcel, err error) {
	if o.fit != "" {
		if fit, err = readFile(o.fit); err != nil {
			return nil, nil, err
		}
		test, err = readFile(o.test)
		return fit, test, err
	}
	var all []parcel
	switch {
	case o.data != "":
		all, err = readFile(o.data)
	case o.world != 0:
		var text bytes.Buffer
		if err := sandbox.Frozen(o.world).WriteTimelines(&text); err != nil {
			return nil, nil, err
		}
		all, err = read(&text)
	default:
		all, err = read(strings.NewReader(ownTimelines))
	}
	if err != nil {
		return nil, nil, err
	}
	if len(all) < 2 {
		return nil, nil, errors.New("one parcel cannot be halved")
	}
	rand.New(rand.NewPCG(o.split, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:len(all)/2], all[len(all)/2:], nil
}
