package polltest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// The days and the month of the clauses about meters.
const (
	monday, tuesday, march = "2026-03-02", "2026-03-03", "2026-03"
	april1, april          = "2026-04-01", "2026-04"
)

func (b *box) reserve(day string, units, dayLimit, monthLimit int) int {
	b.Helper()
	r := poll.Reservation{Carrier: "toy", Day: day, Units: units, DayLimit: dayLimit, MonthLimit: monthLimit}
	granted, err := b.store.(poll.Meter).Reserve(b.Context(), r)
	if err != nil {
		b.Fatalf("Reserve: %v", err)
	}
	return granted
}

func (b *box) tally(day string, u poll.Usage) {
	b.Helper()
	if err := b.store.(poll.Meter).Count(b.Context(), "toy", day, u); err != nil {
		b.Fatalf("Count: %v", err)
	}
}

// used compares what was used in a period.
func (b *box) used(carrier, period string, want poll.Usage) {
	b.Helper()
	got, err := b.store.(poll.Meter).Usage(b.Context(), carrier, period)
	if err != nil {
		b.Fatalf("Usage: %v", err)
	}
	if got != want {
		b.Errorf("%s in %s: %+v, want %+v", carrier, period, got, want)
	}
}

// granted compares what is granted, one reservation of 4 units after the other.
func (b *box) granted(day string, dayLimit, monthLimit int, want ...int) {
	b.Helper()
	for n, w := range want {
		if got := b.reserve(day, 4, dayLimit, monthLimit); got != w {
			b.Errorf("reservation %d: %d units, want %d", n+1, got, w)
		}
	}
}

func meterClauses() []clause {
	everything := poll.Usage{Units: 1, Calls: 2, Asked: 3, Found: 4, NotFound: 5, Failed: 6, Won: 1 << 40}
	return []clause{
		{name: "units are granted up to the limit of the day", meter: true, hold: func(b *box) {
			b.granted(monday, 10, 0, 4, 4, 2, 0)
			b.granted(tuesday, 10, 0, 4)
			b.used("toy", monday, poll.Usage{Units: 10})
		}},
		{name: "units are granted up to the limit of the month", meter: true, hold: func(b *box) {
			b.granted(monday, 8, 10, 4, 4, 0)
			b.granted(tuesday, 8, 10, 2, 0)
			b.granted(april1, 8, 10, 4)
			b.used("toy", march, poll.Usage{Units: 10})
			b.used("toy", april, poll.Usage{Units: 4})
		}},
		{name: "without a limit units are granted and counted", meter: true, hold: func(b *box) {
			b.granted(monday, 0, 0, 4, 4, 4)
			b.used("toy", march, poll.Usage{Units: 12})
			b.granted(monday, 14, 0, 2)
		}},
		{name: "a limit that is lower than what is used grants nothing", meter: true, hold: func(b *box) {
			b.granted(monday, 0, 0, 4, 4)
			b.granted(monday, 5, 0, 0)
			b.granted(tuesday, 0, 7, 0)
			b.used("toy", march, poll.Usage{Units: 8})
		}},
		{name: "units that are given back are there again", meter: true, hold: func(b *box) {
			b.granted(monday, 8, 8, 4, 4, 0)
			b.tally(monday, poll.Usage{Units: -3})
			b.granted(monday, 8, 8, 3)
			b.tally(tuesday, poll.Usage{Units: -1}) // nothing was used on that day
			b.used("toy", tuesday, poll.Usage{})
			b.tally(monday, poll.Usage{Units: -100})
			b.used("toy", monday, poll.Usage{})
			b.used("toy", march, poll.Usage{})
		}},
		{name: "counters gather by day and month", meter: true, hold: func(b *box) {
			b.tally(monday, everything)
			b.tally(tuesday, everything)
			b.used("toy", tuesday, everything)
			b.used("toy", march, everything.Plus(everything))
			b.used("toy", april, poll.Usage{})
		}},
		{name: "carriers have counters of their own", meter: true, hold: func(b *box) {
			b.tally(monday, everything)
			b.used("other", monday, poll.Usage{})
			b.used("other", march, poll.Usage{})
			b.used("to", march, poll.Usage{})
		}},
		{name: "concurrent reservations keep the limits together", meter: true, hold: func(b *box) {
			var together atomic.Int64
			var reservers sync.WaitGroup
			for n := range 8 {
				reservers.Go(func() {
					r := poll.Reservation{Carrier: "toy", Day: []string{monday, tuesday}[n%2], Units: 3, DayLimit: 9, MonthLimit: 16}
					for range 3 {
						granted, err := b.store.(poll.Meter).Reserve(b.Context(), r)
						if err != nil {
							b.Errorf("Reserve: %v", err)
						}
						together.Add(int64(granted))
					}
				})
			}
			reservers.Wait()
			if together.Load() != 16 {
				b.Errorf("%d units are granted together, the limit is 16", together.Load())
			}
			b.used("toy", march, poll.Usage{Units: 16})
		}},
		{name: "an ended context reserves nothing", meter: true, hold: func(b *box) {
			ctx, cancel := context.WithCancel(b.Context())
			cancel()
			m := b.store.(poll.Meter)
			if granted, err := m.Reserve(ctx, poll.Reservation{Carrier: "toy", Day: monday, Units: 1}); err == nil || granted != 0 {
				b.Errorf("Reserve: %d, %v", granted, err)
			}
			if err := m.Count(ctx, "toy", monday, everything); err == nil {
				b.Error("Count gives no error")
			}
			b.used("toy", march, poll.Usage{})
		}},
		{name: "what was used survives a reopening", meter: true, reopen: true, hold: func(b *box) {
			b.granted(monday, 8, 0, 4)
			b.store = b.harness.Reopen(b.T, b.store)
			b.granted(monday, 8, 0, 4, 0)
		}},
	}
}
