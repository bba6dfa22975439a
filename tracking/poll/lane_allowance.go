package poll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ShortageError is the Err of an [Alert] of the kind budget_short: a month's [Budget] will be used up days before the month is over,
// though an ask counts a hundred times its price.
type ShortageError struct {
	Carrier string
	Month   int       // units of the budget
	Ends    time.Time // the midnight in Korea that begins the day on which it is used up at this rate
	Renews  time.Time // the midnight in Korea that begins the next month
}

// Error says it in English.
func (e *ShortageError) Error() string {
	return fmt.Sprintf("poll: at this rate the budget of %d a month at %s ends on %s, and renews on %s",
		e.Month, e.Carrier, e.Ends.In(kst).Format("2 January"), e.Renews.In(kst).Format("2 January"))
}

// Korean says it in Korean.
func (e *ShortageError) Korean() string {
	ends, renews := e.Ends.In(kst), e.Renews.In(kst)
	return fmt.Sprintf("%s: 이대로면 월 예산 %d건이 %d월 %d일에 소진됩니다 (갱신 %d월 %d일)",
		e.Carrier, e.Month, ends.Month(), ends.Day(), renews.Month(), renews.Day())
}

// kindShort is the kind of the alert of a shortage.
const kindShort = "budget_short"

// allowanceName is what a [Keeper] keeps the allowance of a carrier under.
func (l *lane) allowanceName() string { return "schedule/allowance/" + l.name }

// ration looks, at each full hour, how dear asks have to be for the budget to last. Only the loop of the lane calls it.
func (l *lane) ration(ctx context.Context) {
	policy, ok := l.engine.config.Policy.(*Adaptive)
	now := l.engine.config.Now()
	if !ok || l.meter == nil || l.budget.Day == 0 && l.budget.Month == 0 || now.Before(l.look) {
		return
	}
	a, short, err := l.allowed(ctx, now)
	if err != nil {
		l.look = now.Add(briefPause)
		return
	}
	l.look, l.allowance = now.Truncate(time.Hour).Add(time.Hour), a // Korea is whole hours from UTC
	policy.ration(l.name, a.multiplier())
	l.count(func(s *CarrierStats) { s.Multiplier = a.multiplier() })
	if short != nil {
		l.alert(Alert{Carrier: l.name, Kind: kindShort, Err: short})
	}
}

// allowed is the allowance as of now, and a shortage that is to be told. What another process found in this hour stands for all.
func (l *lane) allowed(ctx context.Context, now time.Time) (a allowance, short *ShortageError, err error) {
	if a, err = l.recollected(ctx); err != nil {
		return a, nil, err
	}
	day := koreanDay(now)
	a.until(day)
	turns := len(a.Days) == 0 || a.today().Day != day
	if !turns && a.At.Truncate(time.Hour).Equal(now.Truncate(time.Hour)) {
		return a, nil, nil
	}
	if turns {
		if err := l.turnDay(ctx, &a, midnightOf(day)); err != nil {
			return a, nil, err
		}
	}
	month, err := l.used(ctx, &a)
	if err != nil {
		return a, nil, err
	}
	a.At = now
	if a.price(l.budget, month); turns {
		if ends := a.ends(l.budget, month); !ends.IsZero() && a.Told != monthOf(day) {
			a.Told = monthOf(day)
			short = &ShortageError{Carrier: l.name, Month: l.budget.Month, Ends: ends, Renews: nextKoreanMonth(now)}
		}
	}
	return a, short, l.keepAllowance(ctx, a)
}

// turnDay closes the day of the last look, reads those that nobody looked at, and begins today. They had the price of the last look;
// one without any units is taken for one on which nobody asked, and what ran out when is not known.
func (l *lane) turnDay(ctx context.Context, a *allowance, today time.Time) error {
	from := today.AddDate(0, 0, 1-daysOfUse)
	if len(a.Days) > 0 {
		if _, err := l.used(ctx, a); err != nil {
			return err
		}
		from = latest(from, nextKoreanDay(midnightOf(a.today().Day)))
	}
	a.Thinning = max(a.Thinning, 1)
	for day := from; day.Before(today); day = nextKoreanDay(day) {
		units, err := l.unitsOf(ctx, koreanDay(day))
		if err != nil {
			return err
		}
		if units > 0 {
			a.begin(koreanDay(day))
			a.used(Budget{}, units, 0, 1)
		}
	}
	a.begin(koreanDay(today))
	return nil
}

// used reads what the last day, and its month, have come to.
func (l *lane) used(ctx context.Context, a *allowance) (month int64, err error) {
	day := a.today().Day
	if month, err = l.unitsOf(ctx, monthOf(day)); err != nil {
		return 0, err
	}
	units, err := l.unitsOf(ctx, day)
	if err == nil {
		share := l.engine.config.Now().Sub(midnightOf(day)).Hours() / 24
		a.used(l.budget, units, month, min(max(share, 1.0/24), 1))
	}
	return month, err
}

// unitsOf reads what a day or a month has come to.
func (l *lane) unitsOf(ctx context.Context, period string) (int64, error) {
	var of Usage
	err := l.engine.guarded("usage", func() (fault error) {
		of, fault = l.meter.Usage(ctx, l.name, period)
		return unlessOver(ctx, fault)
	})
	return of.Units, errors.Join(err, ctx.Err())
}

// recollected is the newest allowance that is known: where nothing can be kept, this process' own.
func (l *lane) recollected(ctx context.Context) (allowance, error) {
	keeper, ok := l.engine.config.Store.(Keeper)
	if !ok {
		return l.allowance, nil
	}
	var data []byte
	err := l.engine.guarded("kept", func() (fault error) {
		data, _, fault = keeper.Kept(ctx, l.allowanceName())
		return unlessOver(ctx, fault)
	})
	switch {
	case errors.Is(err, ErrNotKept), err == nil && len(data) == 0:
		return l.allowance, nil
	case err != nil:
		return allowance{}, err
	}
	kept, err := parseAllowance(data)
	if err != nil {
		l.engine.log.Error("what is kept of a budget's use cannot be read", "carrier", l.name)
		kept = l.allowance
	}
	return kept, ctx.Err()
}

// keepAllowance keeps it where anything can be kept.
func (l *lane) keepAllowance(ctx context.Context, a allowance) error {
	keeper, ok := l.engine.config.Store.(Keeper)
	if !ok {
		return nil
	}
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	err = l.engine.guarded("keep", func() error { return unlessOver(ctx, keeper.Keep(ctx, l.allowanceName(), data, a.At)) })
	if errors.Is(err, ErrNotKept) {
		return nil
	}
	return errors.Join(err, ctx.Err())
}
