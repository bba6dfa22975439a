package poll

import "context"

// A Meter is a [Store] that counts what carriers are asked. The engine finds the ability by itself: [Config].Budgets need it, and
// what was used is counted in every Meter. Its methods are as atomic, and called as concurrently, as those of a Store.
type Meter interface {
	// Reserve takes units, as many of r.Units as both limits leave, and gives how many it took. It takes them from the day
	// and from its month, whether there is a limit or not.
	Reserve(ctx context.Context, r Reservation) (granted int, err error)

	// Count adds to each counter of a carrier's Korean day, such as 2006-01-02, and of its month. Negative Units are given
	// back; Units of neither fall below zero.
	Count(ctx context.Context, carrier, day string, u Usage) error

	// Usage reads the counters of a carrier's Korean day, or of a month such as 2006-01. What was never used is zero.
	Usage(ctx context.Context, carrier, period string) (Usage, error)
}

// A Reservation is a wish for units.
type Reservation struct {
	Carrier string
	Day     string // in Korea, 2006-01-02
	Units   int    // wanted, at least 1
	// DayLimit and MonthLimit are the most units that the day and its month may come to; 0 means no limit.
	DayLimit, MonthLimit int
}

// Grant is how many units there are for r where so many are used already; a Meter that computes it by itself need not call it.
func (r Reservation) Grant(day, month int64) int {
	granted := int64(r.Units)
	if r.DayLimit > 0 {
		granted = min(granted, int64(r.DayLimit)-day)
	}
	if r.MonthLimit > 0 {
		granted = min(granted, int64(r.MonthLimit)-month)
	}
	return int(max(granted, 0))
}

// Usage is what one carrier was used for on a Korean day, or in a month. Units hold over crashes; a process that dies
// between a call and its count takes that call's other counters with it.
type Usage struct {
	Units    int64 // reserved, and not given back: what may be charged for
	Calls    int64 // of the carrier's Query
	Asked    int64 // watches
	Found    int64 // answered with data
	NotFound int64 // answered without
	Failed   int64 // watches whose ask failed by their own fault or the courier's
	Won      int64 // price of the asks that are charged for, or may be; 0 while Budget.Won is
}

// Plus adds counters. Units do not fall below zero.
func (u Usage) Plus(more Usage) Usage {
	return Usage{
		Units: max(u.Units+more.Units, 0), Calls: u.Calls + more.Calls, Asked: u.Asked + more.Asked, Found: u.Found + more.Found,
		NotFound: u.NotFound + more.NotFound, Failed: u.Failed + more.Failed, Won: u.Won + more.Won,
	}
}

// monthOf is the month of a Korean day.
func monthOf(day string) string { return day[:min(len("2006-01"), len(day))] }
