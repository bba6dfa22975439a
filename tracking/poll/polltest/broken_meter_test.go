package polltest_test

import (
	"context"
	"sync"

	"github.com/waybill-dev/waybill/tracking/poll"
)

// reserves changes what is wished for.
func (p *puppet) reserves(change func(*poll.Reservation)) {
	reserve := p.reserve
	p.reserve = func(ctx context.Context, r poll.Reservation) (int, error) {
		change(&r)
		return reserve(ctx, r)
	}
}

// counts changes what is counted.
func (p *puppet) counts(change func(carrier, day *string, u *poll.Usage)) {
	count := p.count
	p.count = func(ctx context.Context, carrier, day string, u poll.Usage) error {
		change(&carrier, &day, &u)
		return count(ctx, carrier, day, u)
	}
}

func meterBreakages() []breakage {
	return []breakage{
		{"all is granted or nothing", func(p *puppet) {
			reserve := p.reserve
			p.reserve = func(ctx context.Context, r poll.Reservation) (int, error) {
				granted, err := reserve(ctx, r)
				if err == nil && granted < r.Units {
					return 0, p.count(ctx, r.Carrier, r.Day, poll.Usage{Units: -int64(granted)})
				}
				return granted, err
			}
		}, []string{
			"concurrent reservations keep the limits together",
			"units are granted up to the limit of the day",
			"units are granted up to the limit of the month",
			"units that are given back are there again",
			"without a limit units are granted and counted",
		}},
		{"the month has no limit", func(p *puppet) { p.reserves(func(r *poll.Reservation) { r.MonthLimit = 0 }) }, []string{
			"a limit that is lower than what is used grants nothing",
			"concurrent reservations keep the limits together",
			"units are granted up to the limit of the month",
		}},
		{"no limit is a limit of nothing", func(p *puppet) {
			p.reserves(func(r *poll.Reservation) {
				if r.DayLimit == 0 && r.MonthLimit == 0 {
					r.Units = 0
				}
			})
		}, []string{
			"a limit that is lower than what is used grants nothing",
			"without a limit units are granted and counted",
		}},
		{"a lowered limit gives less than nothing", func(p *puppet) {
			reserve := p.reserve
			p.reserve = func(ctx context.Context, r poll.Reservation) (int, error) {
				granted, err := reserve(ctx, r)
				if u, _ := p.usage(ctx, r.Carrier, r.Day); r.DayLimit > 0 && u.Units > int64(r.DayLimit) {
					granted = r.DayLimit - int(u.Units)
				}
				return granted, err
			}
		}, []string{"a limit that is lower than what is used grants nothing"}},
		{"nothing is given back", func(p *puppet) {
			p.counts(func(_, _ *string, u *poll.Usage) { u.Units = max(u.Units, 0) })
		}, []string{"units that are given back are there again"}},
		{"the last count is the sum", func(p *puppet) {
			last := map[string]poll.Usage{}
			p.counts(func(_, day *string, u *poll.Usage) { last[(*day)[:7]] = *u })
			usage := p.usage
			p.usage = func(ctx context.Context, carrier, period string) (poll.Usage, error) {
				u, err := usage(ctx, carrier, period)
				if sum, ok := last[period]; ok && u != (poll.Usage{}) {
					u.Won = sum.Won
				}
				return u, err
			}
		}, []string{"counters gather by day and month"}},
		{"carriers share their counters", func(p *puppet) {
			usage := p.usage
			p.usage = func(ctx context.Context, _, period string) (poll.Usage, error) { return usage(ctx, "toy", period) }
		}, []string{"carriers have counters of their own"}},
		{"limits are looked at before units are taken", func(p *puppet) {
			reserve := p.reserve
			var mu sync.Mutex
			var looked sync.WaitGroup
			looks := 0
			p.reserve = func(ctx context.Context, r poll.Reservation) (int, error) {
				if r.Units != 3 { // not of the clause about concurrent reservations
					return reserve(ctx, r)
				}
				day, _ := p.usage(ctx, r.Carrier, r.Day)
				month, _ := p.usage(ctx, r.Carrier, r.Day[:7])
				mu.Lock()
				looks++
				first := looks <= 8
				if looks == 1 {
					looked.Add(8)
				}
				mu.Unlock()
				if first { // all eight look before any of them takes
					looked.Done()
					looked.Wait()
				}
				r.Units, r.DayLimit, r.MonthLimit = r.Grant(day.Units, month.Units), 0, 0
				return reserve(ctx, r)
			}
		}, []string{"concurrent reservations keep the limits together"}},
		{"an ended context is not heeded by the meter", func(p *puppet) {
			reserve := p.reserve
			p.reserve = func(ctx context.Context, r poll.Reservation) (int, error) {
				return reserve(context.WithoutCancel(ctx), r)
			}
		}, []string{"an ended context reserves nothing"}},
		{"what was used is lost at a restart", func(p *puppet) {
			p.reopen = func() {
				m := poll.NewMemoryStore()
				p.reserve, p.count, p.usage = m.Reserve, m.Count, m.Usage
			}
		}, []string{"what was used survives a reopening"}},
	}
}
