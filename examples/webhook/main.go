package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/webhook"
)

const (
	step    = 10 * time.Minute    // of the sandbox's clock
	longest = 10 * 24 * time.Hour // until which every parcel has arrived
)

var kst = time.FixedZone("KST", 9*60*60)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	year, month, day := time.Now().In(kst).Date()
	code := run(ctx, time.Date(year, month, day, 0, 0, 0, 0, kst), os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: it gives 0, 1 for trouble, or 2 for wrong use.
func run(ctx context.Context, start time.Time, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print one JSON observation per line")
	lies := flags.Bool("lies", false, "let the providers' pushes go wrong in every way")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "webhook takes no arguments")
		return 2
	}
	w, err := open(ctx, start, *lies)
	if err != nil {
		fmt.Fprintln(stderr, "webhook:", err)
		return 1
	}
	defer w.close()
	print := w.line
	if *asJSON {
		print = func(o tracking.Observation, _ webhook.Delivery) (string, error) {
			text, err := json.Marshal(o)
			return string(text), err
		}
	} else {
		fmt.Fprintf(stdout, "Waybill webhook handler on %s, at /webhooks/{deliveryapi,sweettracker/TOKEN,trackerdelivery/TOKEN}\n\n", w.address)
	}
	if err := w.days(ctx, stdout, print); err != nil {
		fmt.Fprintln(stderr, "webhook:", err)
		return 1
	}
	if !*asJSON {
		w.summary(stdout)
	}
	return 0
}

// days lets time pass until every parcel has arrived.
func (w *warehouse) days(ctx context.Context, stdout io.Writer, print func(tracking.Observation, webhook.Delivery) (string, error)) error {
	clock := w.world.Clock()
	for end := clock.Now().Add(longest); clock.Now().Before(end) && !w.arrived(); clock.Advance(step) {
		if err := w.registrations.Pass(ctx); err != nil {
			return err
		}
		pushes, err := w.pusher.Deliver(ctx)
		if err != nil {
			return err
		}
		for _, push := range pushes {
			w.count(push)
		}
		if err := w.worked(ctx); err != nil {
			return err
		}
		for _, d := range w.take() {
			for _, o := range d.Observations {
				text, err := print(o, d)
				if err != nil {
					return err
				}
				fmt.Fprintln(stdout, text)
			}
		}
	}
	return nil
}

// line shows an observation: when, by whom, which parcel, what is new, and what is known with it.
func (w *warehouse) line(o tracking.Observation, d webhook.Delivery) (string, error) {
	p := w.known(o)
	newest := ""
	if n := len(o.Parcel.Events); n > 0 {
		newest = o.Parcel.Events[n-1].Text + " " + o.Parcel.Events[n-1].Place
	}
	how := "pushed, signed"
	switch {
	case o.Door == tracking.DoorPoll:
		how = "asked after a push"
	case o.Proof&tracking.ProofBody == 0:
		how = "pushed, secret address"
	}
	return fmt.Sprintf("%s  %s%s%s%s%s",
		d.At.In(kst).Format("01/02 15:04"), show.Column(o.Carrier, 17), show.Column(string(o.Parcel.Courier)+" "+show.Grouped(o.Parcel.Number), 23),
		show.Column(p.Status.String(), 18), show.Column(newest, 30), how), nil
}

// summary tells what was pushed, what became of it, and whether the truth was learnt.
func (w *warehouse) summary(stdout io.Writer) {
	fmt.Fprintf(stdout, "\n%s pushed, %d accepted and stored, %d known already, %d refused.\n",
		show.Count(w.pushed, "message"), w.stored.Load(), w.repeated.Load(), w.refused.Load())
	for _, kind := range []sandbox.LieKind{
		sandbox.Drop, sandbox.Duplicate, sandbox.Delay, sandbox.Reorder, sandbox.Forge, sandbox.Replay, sandbox.Tamper,
	} {
		if told := w.told[kind]; len(told) > 0 {
			fmt.Fprintf(stdout, "  %-9s ×%d, answered %s\n", kind, len(told), answers(told))
		}
	}
	right := 0
	for _, p := range w.parcels {
		if truth := w.world.Truth(p.Courier, p.Number); len(truth.Shipments) > 0 {
			last := truth.Shipments[len(truth.Shipments)-1]
			if w.states[p.id()].Status == last.Status {
				right++
			}
		}
	}
	fmt.Fprintf(stdout, "%d of %s as the couriers know them.\n", right, show.Count(len(w.parcels), "parcel"))
}
