package measure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// What a forecast cannot promise. The texts of errors that wrap them say what would be possible.
var (
	// ErrBudget means that a budget does not even pay for the fewest polls that the parcels need.
	ErrBudget = errors.New("measure: the budget is too small")
	// ErrDelay means that no schedule brings news so soon, whatever it costs: for a cap, or for the minute between two polls.
	ErrDelay = errors.New("measure: the delay cannot be promised")
)

// Forecast says before the fact how late a budget lets news be, and what soon news costs.
//
// It plays [schedule.Adaptive] on some thousand parcels that are drawn from the hazards of the model, always the same ones, and takes as many
// of them a day as come in. So it knows what the model knows: a promise is as true as the hazards are, and where couriers' rhythms
// are sharper than a product of three tables can say, news comes sooner than promised. Each question takes a second or so.
type Forecast struct {
	Policy     schedule.Adaptive // what will ask, with its Model and Worth; its PollWon is not looked at
	Population Population        // what comes in; at least one flow
	ItemWon    float64           // price of asking about one parcel, in won
	CallWon    float64           // price of a call, in won, however many parcels it asks about
	PerCall    float64           // parcels in a call, on average; below 1 it is 1
	Cap        int               // the most polls of one parcel on a Korean day; 0 means that there is no cap
	// Lives are played instead of drawn parcels, where they are given: a few hundred past ones that ran to their end. They know what
	// the model smooths; Population then tells only how many come in a day.
	Lives []schedule.Timeline
}

// Budget is the most that may be spent. The tightest of those that are not 0 binds.
type Budget struct {
	WonPerDay   float64
	WonPerMonth float64 // a twelfth of 365 days
	CallsPerDay float64
}

// Goal is the delay that is wanted, from publication to the poll that sees it. Of Mean and P95, one that is 0 is not asked for.
type Goal struct {
	Status tracking.Status // what the parcel became; zero means DELIVERED
	Mean   time.Duration
	P95    time.Duration // within which 95 of 100 changes are seen
}

// Promise is what to expect at a price of a poll.
type Promise struct {
	// PollWon is the price to give [schedule.Adaptive], in won: with what the worth says, it sets how often parcels are asked about.
	PollWon float64 `json:"poll_won"`
	// Multiplier is PollWon against the true price of a poll; 0 where that has none. Above 1 the budget binds or the goal is
	// modest; below 1 the last polls cost more than their news is worth.
	Multiplier     float64    `json:"multiplier"`
	PollsPerParcel float64    `json:"polls_per_parcel"`
	PollsPerDay    float64    `json:"polls_per_day"` // when as many parcels end as come in
	CallsPerDay    float64    `json:"calls_per_day"`
	WonPerParcel   float64    `json:"won_per_parcel"`
	WonPerDay      float64    `json:"won_per_day"`
	WonPerMonth    float64    `json:"won_per_month"` // a twelfth of 365 days
	ByStatus       []Expected `json:"by_status"`     // in the order of their constants
	Parcels        int        `json:"parcels"`       // that were played
}

// Expected is how late changes to a status are seen.
type Expected struct {
	Status    tracking.Status `json:"status"`
	PerParcel float64         `json:"per_parcel"` // changes
	MeanHours float64         `json:"mean_delay_hours"`
	P50Hours  float64         `json:"p50_delay_hours"`
	P95Hours  float64         `json:"p95_delay_hours"`
}

// Delay is how late changes to a status are seen; zero where there are none.
func (p Promise) Delay(s tracking.Status) Expected {
	for _, e := range p.ByStatus {
		if e.Status == s {
			return e
		}
	}
	return Expected{Status: s}
}

// At is what to expect where a poll has that price for the policy.
func (f Forecast) At(pollWon float64) (Promise, error) {
	lives, err := f.lives()
	if err != nil {
		return Promise{}, err
	}
	return f.play(lives, pollWon)
}

// ForBudget finds the least price that keeps to the budget, and so the least delay. The error wraps [ErrBudget] where the fewest polls
// that the policy makes cost more.
func (f Forecast) ForBudget(b Budget) (Promise, error) {
	lives, err := f.lives()
	if err != nil {
		return Promise{}, err
	}
	allowed := math.Inf(1) // polls a day
	for _, most := range []struct{ amount, each float64 }{
		{b.WonPerDay, f.listWon()}, {b.WonPerMonth / daysPerMonth, f.listWon()}, {b.CallsPerDay, 1 / f.perCall()},
	} {
		if most.amount > 0 {
			allowed = min(allowed, most.amount/most.each)
		}
	}
	if math.IsInf(allowed, 0) {
		return Promise{}, errors.New("measure: a budget needs an amount, and one of money a price of an item or a call")
	}
	p, kept, err := f.search(lives, up, func(p Promise) float64 { return p.PollsPerDay / allowed })
	if err == nil && !kept {
		err = fmt.Errorf("%w: it pays for %s polls a day, and %s parcels a day need at least %s, %s won",
			ErrBudget, grouped(allowed), grouped(f.Population.perDay()), grouped(p.PollsPerDay), grouped(p.WonPerDay))
	}
	return p, err
}

// ForGoal finds the highest price that keeps the goal, and so the least that it costs. The error wraps [ErrDelay] where none does.
// With either error the promise is what comes nearest.
func (f Forecast) ForGoal(g Goal) (Promise, error) {
	if g.Status == tracking.StatusUnknown {
		g.Status = tracking.StatusDelivered
	}
	if max(g.Mean, g.P95) <= 0 {
		return Promise{}, errors.New("measure: a goal needs a delay")
	}
	lives, err := f.lives()
	if err != nil {
		return Promise{}, err
	}
	p, kept, err := f.search(lives, down, func(p Promise) (miss float64) {
		if g.Mean > 0 {
			miss = p.Delay(g.Status).MeanHours / g.Mean.Hours()
		}
		if g.P95 > 0 {
			miss = max(miss, p.Delay(g.Status).P95Hours/g.P95.Hours())
		}
		return miss
	})
	if got := p.Delay(g.Status); err == nil && got.PerParcel == 0 {
		return p, fmt.Errorf("%w: no parcel is expected to become %s", ErrDelay, g.Status)
	} else if err == nil && !kept {
		err = fmt.Errorf("%w: the least for %s is %s on average and %s for 95 of 100, at %.1f polls a parcel",
			ErrDelay, g.Status, late(got.MeanHours), late(got.P95Hours), p.PollsPerParcel)
	}
	return p, err
}

const daysPerMonth = 365.0 / 12

func (f Forecast) perCall() float64 { return max(f.PerCall, 1) }

// listWon is what a poll costs.
func (f Forecast) listWon() float64 { return f.ItemWon + f.CallWon/f.perCall() }

// drawnParcels is enough for means to within two per cent.
const drawnParcels = 6000

func (f Forecast) lives() ([]schedule.Timeline, error) {
	switch perDay := f.Population.perDay(); {
	case f.Policy.Model == nil || f.worthMost() <= 0:
		return nil, errors.New("measure: a forecast needs a policy with a model and a worth")
	case !(perDay > 0) || math.IsInf(perDay, 0):
		return nil, errors.New("measure: a forecast needs a population of more than 0 parcels a day")
	}
	lives := slices.Clone(f.Lives)
	if len(lives) == 0 {
		lives = f.Population.draw(f.Policy.Model, drawnParcels, 1)
	}
	for i := range lives {
		lives[i].Cap = f.Cap
	}
	return lives, nil
}

func (f Forecast) worthMost() (most float64) {
	for _, w := range f.Policy.Worth {
		most = max(most, w)
	}
	return most
}

func (f Forecast) play(lives []schedule.Timeline, pollWon float64) (Promise, error) {
	policy := f.Policy
	policy.PollWon = pollWon
	o, err := Replay(policy, lives)
	if err != nil {
		return Promise{}, err
	}
	polls := o.PollsPerParcel()
	perDay := polls * f.Population.perDay()
	p := Promise{
		PollWon: pollWon, PollsPerParcel: polls, PollsPerDay: perDay, CallsPerDay: perDay / f.perCall(), Parcels: o.Parcels,
		WonPerParcel: polls * f.listWon(), WonPerDay: perDay * f.listWon(), WonPerMonth: perDay * f.listWon() * daysPerMonth,
	}
	if f.listWon() > 0 {
		p.Multiplier = pollWon / f.listWon()
	}
	for _, s := range o.Statuses() {
		d := o.Delay(s)
		p.ByStatus = append(p.ByStatus, Expected{
			Status: s, PerParcel: per(float64(d.Events), float64(o.Parcels)), MeanHours: d.Mean, P50Hours: d.P50, P95Hours: d.P95,
		})
	}
	return p, nil
}

// up and down are where a price goes that does not keep what is asked for.
const up, down = 1.0, -1.0

// search finds the price nearest to keeping what is asked for, from the side on which miss is at most 1. Polls go with the inverse
// root of the price and delays with the root, which makes good steps; where they do not, the price is halved in.
func (f Forecast) search(lives []schedule.Timeline, away float64, miss func(Promise) float64) (best Promise, kept bool, err error) {
	unit := f.worthMost()
	least, most := math.Log(unit*1e-5), math.Log(unit*1e6)
	good, bad := math.Inf(int(away)), math.Inf(-int(away)) // logarithms of prices that keep it and do not
	x := math.Log(unit / 20)
	for tries := range 40 {
		p, err := f.play(lives, math.Exp(x))
		if err != nil {
			return Promise{}, false, err
		}
		r := miss(p)
		if r <= 1 {
			best, kept, good = p, true, x
		} else {
			bad = x
			if !kept {
				best = p
			}
		}
		next := x + away*2*math.Log(max(r, 1e-6))
		switch bracketed := !math.IsInf(good, 0) && !math.IsInf(bad, 0); {
		case r <= 1 && r > 0.998, bracketed && math.Abs(good-bad) < 1e-3:
			return best, kept, nil
		case bracketed && (next <= min(good, bad) || next >= max(good, bad) || tries%3 == 2):
			next = (good + bad) / 2
		case !bracketed: // farther each time, for what hardly moves with the price
			step := math.Abs(next-x) + 0.05*math.Pow(2, float64(tries))
			next = x + math.Copysign(step, next-x)
			if r == 1 || (next < least && x == least) || (next > most && x == most) {
				return best, kept, nil
			}
			next = min(max(next, least), most)
		}
		x = next
	}
	return best, kept, nil
}
