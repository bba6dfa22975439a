// Orders walks one order through a warehouse – shipped in part, returned, exchanged, converted, refused – and prints its sections
// after every step. It needs no account, no key and no network.
//
//	go run ./examples/orders
//	go run ./examples/orders -mermaid
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/waybill-dev/waybill/examples/internal/show"
	"github.com/waybill-dev/waybill/order"
)

func main() { os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr)) }

// run is the program: it gives 0, 1 for trouble, or 2 for wrong use.
func run(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.SetOutput(stderr)
	picture := flags.Bool("mermaid", false, "print the state machine as a Mermaid diagram instead")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "orders takes no arguments")
		return 2
	}
	if *picture {
		fmt.Fprint(stdout, order.Mermaid())
		return 0
	}
	if err := walk(show.NewScreen(stdout, stderr, getenv)); err != nil {
		fmt.Fprintln(stderr, "orders:", err)
		return 1
	}
	return 0
}

// walk gives the commands of the story one by one and prints what each leaves.
func walk(screen *show.Screen) error {
	o, err := order.New(draft(), ordered, order.System("shop"))
	if err != nil {
		return err
	}
	printHead(screen, o)
	for i, s := range story() {
		next, events, err := order.Handle(o, s.Command)
		var refused *order.Refused
		switch {
		case s.refused != nil && errors.Is(err, s.refused) && errors.As(err, &refused):
			printStep(screen, i+1, s)
			printRefusal(screen, refused)
			continue // the order is as it was
		case err != nil:
			return fmt.Errorf("step %d: %w", i+1, err)
		case s.refused != nil:
			return fmt.Errorf("step %d was not refused", i+1)
		}
		o = next
		printStep(screen, i+1, s)
		printActions(screen, events)
		printOrder(screen, o)
	}
	return prove(screen, o)
}

// prove shows what holds whatever was done to the order.
func prove(screen *show.Screen, o order.Order) error {
	if err := order.Check(o); err != nil {
		return err
	}
	replayed, err := order.Replay(o.History)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(o, replayed) {
		return errors.New("the history tells another order")
	}
	printProof(screen, o)
	return nil
}
