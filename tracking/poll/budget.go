package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Budget limits what one carrier is asked, over all processes that share the store. Its unit is one watch asked once, for
// that is what providers charge for, in a batch as well. The zero value limits nothing.
//
// Units are reserved in the store before the call. Those of watches that were not asked after all, and of answers that the
// carrier is known not to charge for, are given back after it; a process that dies in between costs at most the units of its
// calls. What the transport repeats inside a call is not counted again.
//
// With the policy [Adaptive] a budget is spread over its period: an ask counts up to a hundred times its price, as much as it takes for
// what is left to last ([CarrierStats].Multiplier). It is looked at every hour, by what all processes on the store have used, and is
// the same for all of them where the store is a [Keeper]; where it is none, each begins at the true price. Where even that does not
// do, somebody is told early ([ShortageError]); a limit holds in any case.
type Budget struct {
	Day   int // units on a Korean day; 0 means no limit
	Month int // units in a calendar month in Korea; 0 means no limit
	// Won is the price of a unit, for [Usage].Won; 0 if it is not known.
	Won int64
}

// ErrBudget means that a carrier's [Budget] is used up. It comes in the Err of an [Alert] of the kind quota_exhausted.
var ErrBudget = errors.New("poll: the budget is used up")

// A stake is what was reserved for a call. A call that may go on over midnight is reserved for on both days, because nobody
// knows on which of them the carrier will count it.
type stake struct {
	days  []string
	units int
}

// reserve takes units for so many watches, or for fewer. When there are none left it stops the lane.
func (l *lane) reserve(ctx context.Context, wanted int) (stake, error) {
	e, now := l.engine, l.engine.config.Now()
	s := stake{days: []string{koreanDay(now)}, units: wanted}
	if l.budget.Day == 0 && l.budget.Month == 0 {
		return s, nil
	}
	if last := koreanDay(now.Add(e.config.Timeout)); last != s.days[0] {
		s.days = append(s.days, last)
	}
	for i, day := range s.days {
		r := Reservation{Carrier: l.name, Day: day, Units: s.units, DayLimit: l.budget.Day, MonthLimit: l.budget.Month}
		granted := 0
		err := e.guarded("reserve", func() (fault error) {
			granted, fault = l.meter.Reserve(ctx, r)
			return fault
		})
		if err != nil {
			l.giveBack(ctx, s.days[:i], s.units)
			l.mu.Lock()
			l.delay(now.Add(briefPause))
			l.mu.Unlock()
			return stake{}, err
		}
		if granted < s.units {
			l.giveBack(ctx, s.days[:i], s.units-granted)
			s.units = granted
		}
		if granted == 0 {
			break
		}
	}
	if s.units < wanted {
		l.spent(ctx, now)
	}
	return s, nil
}

// giveBack returns units of some days. Where that fails they are lost until the period ends.
func (l *lane) giveBack(ctx context.Context, days []string, units int) {
	for _, day := range days {
		if units > 0 {
			_ = l.engine.guarded("count", func() error { return l.meter.Count(ctx, l.name, day, Usage{Units: -int64(units)}) })
		}
	}
}

// spent stops the lane until its period ends. It looks every hour whether others gave units back.
func (l *lane) spent(ctx context.Context, now time.Time) {
	end, limit := nextKoreanDay(now), fmt.Sprintf("%d a day", l.budget.Day)
	if l.budget.Month > 0 {
		var month Usage
		err := l.engine.guarded("usage", func() (fault error) {
			month, fault = l.meter.Usage(ctx, l.name, monthOf(koreanDay(now)))
			return fault
		})
		if err == nil && month.Units >= int64(l.budget.Month) {
			end, limit = nextKoreanMonth(now), fmt.Sprintf("%d a month", l.budget.Month)
		}
	}
	told := &tracking.Error{
		Carrier: l.name, Op: "reserve", Kind: tracking.ErrQuotaExhausted, Billed: tracking.No, Retry: tracking.RetryQuota, ResetAt: end,
		Err: fmt.Errorf("%w: %s", ErrBudget, limit),
	}
	l.mu.Lock()
	alerts := l.stop(nil, told, earlier(end, now.Add(carrierPause)), end)
	l.mu.Unlock()
	for _, alert := range alerts {
		l.alert(alert)
	}
}

// account counts what became of a call, and gives back what nobody will charge for.
func (l *lane) account(ctx context.Context, s stake, answers []*answer, u Usage) {
	l.count(func(stats *CarrierStats) {
		stats.Asked, stats.Found, stats.NotFound, stats.Failed = stats.Asked+u.Asked, stats.Found+u.Found, stats.NotFound+u.NotFound, stats.Failed+u.Failed
	})
	if l.meter == nil {
		return
	}
	charged := 0
	for _, a := range answers {
		if a.result.Billed != tracking.No {
			charged++
		}
	}
	u.Calls, u.Won = l.newCalls(), int64(charged)*l.budget.Won
	if u.Units = int64(charged); l.budget.Day > 0 || l.budget.Month > 0 {
		u.Units -= int64(s.units)
	}
	day := s.days[0]
	if len(s.days) == 2 {
		if koreanDay(l.engine.config.Now()) == day {
			l.giveBack(ctx, s.days[1:], s.units)
		} else {
			l.giveBack(ctx, s.days[1:], s.units-charged)
		}
	}
	if u != (Usage{}) {
		_ = l.engine.guarded("count", func() error { return l.meter.Count(ctx, l.name, day, u) })
	}
}

// newCalls gives the calls of the client that were not counted yet.
func (l *lane) newCalls() (calls int64) {
	spent := l.client.Spent()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range spent {
		if s.Calls > l.calls { // another may have read later, and counted more
			calls, l.calls = s.Calls-l.calls, s.Calls
		}
	}
	return calls
}
