package main

import (
	"bufio"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
)

// crowdOptions are the flags about generated parcels.
type crowdOptions struct {
	parcels, days int
	start         string
	faults, csv   bool
}

func crowdFlags(flags *flag.FlagSet) *crowdOptions {
	o := new(crowdOptions)
	flags.IntVar(&o.parcels, "population", 0, "how many ordinary parcels there are besides")
	flags.IntVar(&o.days, "days", 1, "working days on which they are packed")
	flags.StringVar(&o.start, "start", "", "day on which the world begins, in Korea, such as 2026-09-01; empty is now")
	flags.BoolVar(&o.faults, "faults", false, "let asking for them go wrong as well")
	flags.BoolVar(&o.csv, "csv", false, "print their timelines and end")
	return o
}

// make gives the crowd, nil when none is wanted, and when the world begins.
func (o *crowdOptions) make(seed uint64) (*sandbox.Crowd, time.Time, error) {
	start := time.Now()
	if o.start != "" {
		day, err := time.ParseInLocation(time.DateOnly, o.start, time.FixedZone("KST", 9*60*60))
		if err != nil {
			return nil, start, errors.New("sandbox: -start wants a day, such as 2026-09-01")
		}
		start = day
	}
	switch {
	case o.parcels == 0 && (o.csv || o.faults):
		return nil, start, errors.New("sandbox: -csv and -faults are about a -population")
	case o.parcels == 0:
		return nil, start, nil
	case o.days < 1:
		return nil, start, errors.New("sandbox: -days wants a number above 0")
	}
	crowd, err := sandbox.NewCrowd(sandbox.CrowdConfig{Seed: seed, Start: start, Days: o.days, Parcels: o.parcels, Faults: o.faults})
	return crowd, start, err
}

func printTimelines(w io.Writer, crowd *sandbox.Crowd) error {
	out := bufio.NewWriter(w)
	return errors.Join(crowd.WriteTimelines(out), out.Flush())
}

// population is what a program is told of the crowd: its size, and the first waybills as courier:number.
type population struct {
	Parcels  int      `json:"parcels"`
	Waybills []string `json:"waybills"`
}

// waybillsTold is how many waybills are told.
const waybillsTold = 20

func populationOf(crowd *sandbox.Crowd) *population {
	if crowd == nil {
		return nil
	}
	p := &population{Parcels: crowd.Len()}
	for q := range crowd.All() {
		if p.Waybills = append(p.Waybills, string(q.Courier)+":"+q.Number); len(p.Waybills) == waybillsTold {
			break
		}
	}
	return p
}
