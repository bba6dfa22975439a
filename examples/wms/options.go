package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/waybill-dev/waybill/order/report"
)

// Options are what the command line says.
type options struct {
	orders   int
	seed     uint64
	speed    float64
	days     int
	faults   bool
	database string
	asJSON   bool
	dump     string
	language report.Language
}

var errUse = errors.New("wrong use")

func parse(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	o := options{language: report.English}
	flags := flag.NewFlagSet("wms", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.orders, "orders", 100, "how many orders come in, 1 to 100000")
	flags.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn: the same seed makes the same day")
	flags.Float64Var(&o.speed, "speed", 80_000, "how many times faster than the wall clock the days go while nobody has to work; 0: as fast as can be")
	flags.IntVar(&o.days, "days", 40, "after how many days it ends at the latest")
	flags.BoolVar(&o.faults, "faults", false, "let couriers, providers and pushes go wrong in every way")
	flags.StringVar(&o.database, "db", "", "a SQLite file, or postgres://… or mysql://…; it is kept, and gone on with. Default: a file that is thrown away")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON object at the end, and nothing else")
	flags.StringVar(&o.dump, "dump", "", "write what the ledger holds to this `file`, in the form of the sandbox's /truth")
	lang := flags.String("lang", "", "ko or en; default: that of LANG")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	fault := ""
	switch {
	case flags.NArg() > 0:
		fault = "wms takes no arguments"
	case o.orders < 1 || o.orders > 100_000:
		fault = "-orders is not from 1 to 100000"
	case o.speed < 0 || o.days < 1:
		fault = "-speed and -days are not negative"
	}
	switch spoken := *lang; {
	case spoken == "ko", spoken == "" && strings.HasPrefix(getenv("LANG"), "ko"):
		o.language = report.Korean
	case spoken != "" && spoken != "en":
		fault = "-lang is ko or en"
	}
	if fault != "" {
		fmt.Fprintln(stderr, fault)
		return o, errUse
	}
	if o.speed == 0 || o.speed > fastest {
		o.speed = fastest
	}
	return o, nil
}

// day names the day that the options make: a database holds one.
func (o options) day() string {
	return fmt.Sprintf("%d orders, seed %d, faults %t", o.orders, o.seed, o.faults)
}
