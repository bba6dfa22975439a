package poll

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking/schedule"
)

// An allowance makes what is left of a [Budget] last to the end of its period: it says how many times its price an ask counts.
//
// By the square-root law asks of the schedule go with the inverse root of the price. The first ask of a parcel and those that see whether
// an end stays so do not, so that all together go rather with its cube root (a generated month, see TestAllowance). A thinning is
// how many times fewer units are wanted than at the true price; its cube is the multiplier. A day's units times its thinning are what
// it would have used at the true price, its demand, and the thinning of the rest of the period is the demand that is expected of
// that over what is left. This is one price for all days and parcels, so that what is left goes where it is worth most. Where asks
// give way less than by the cube root the demand seems to rise with the thinning, which then follows until what is used fits.
//
// It is counted in whole days, and knows how days of one kind differ from others, so that neither the hours of the day nor a Sunday
// mislead it. All of it follows from the counters of the store and from what is kept here, which is the same for every process.
type allowance struct {
	At       time.Time  `json:"at"`       // when it was looked at last
	Thinning float64    `json:"thinning"` // from then on
	Days     []dayOfUse `json:"days"`     // the latest ones in order, today's the last
	Told     string     `json:"told"`     // the latest month of which a shortage was told
}

// A dayOfUse is what was used on a Korean day.
type dayOfUse struct {
	Day    string  `json:"day"`
	Units  int64   `json:"units"`
	Demand float64 `json:"demand"`
	// Cut is the share of the day after which the budget was found used up; 0 where it was not.
	Cut float64 `json:"cut"`
}

const (
	// mostMultiplier is where Adaptive.Longest, and nothing else, decides of most asks.
	mostMultiplier = 100
	// daysOfUse is how many days are looked at. For how much is used each counts for fading of what the day after it counts for (tried: 0.7
	// to 0.9), for how days of one kind differ from others for slowFading.
	daysOfUse, fading, slowFading = 28, 0.8, 0.95
	// reserve is the share of a day's units that is not planned with: a day that ends without units is blind for hours, one that leaves
	// some loses little.
	reserve = 0.1
	// fewDays are too few to tell a shortage by: the first ones have the first asks of all parcels.
	fewDays = 3
)

// kinds of days are alike each: Monday to Saturday by the number of the weekday, and 0 for Sundays and holidays.
const kinds = 7

func kindOf(day time.Time) int {
	if schedule.Holiday(day) {
		return 0
	}
	return int(day.In(kst).Weekday())
}

// midnightOf is when a Korean day begins; the zero time of what is none.
func midnightOf(day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, kst)
	if err != nil {
		return time.Time{}
	}
	return at
}

// today is the last day; there must be one.
func (a *allowance) today() *dayOfUse { return &a.Days[len(a.Days)-1] }

// multiplier is what the price is multiplied by.
func (a *allowance) multiplier() float64 { return a.Thinning * a.Thinning * a.Thinning }

// used notes how many units the last day, of which such a share is over, and its month have come to.
func (a *allowance) used(b Budget, units, month int64, share float64) {
	d := a.today()
	d.Demand = max(d.Demand+float64(units-d.Units)*a.Thinning, 0)
	d.Units = units
	switch out := b.Day > 0 && units >= int64(b.Day) || b.Month > 0 && month >= int64(b.Month); {
	case !out:
		d.Cut = 0
	case d.Cut == 0:
		d.Cut = share
	}
}

// begin appends a day and forgets old ones.
func (a *allowance) begin(day string) {
	a.Days = append(a.Days, dayOfUse{Day: day})
	a.Days = a.Days[max(len(a.Days)-daysOfUse, 0):]
}

// until forgets days after that one, which there are where the clock has been set back.
func (a *allowance) until(day string) {
	a.Days = slices.DeleteFunc(slices.Clone(a.Days), func(d dayOfUse) bool { return d.Day > day })
}

// parseAllowance reads what was kept, and refuses what makes no sense.
func parseAllowance(data []byte) (a allowance, err error) {
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("poll: an allowance: %w", err)
	}
	sorted := slices.IsSortedFunc(a.Days, func(x, y dayOfUse) int { return strings.Compare(x.Day, y.Day) })
	if !sorted || a.Thinning < 1 || a.multiplier() > mostMultiplier+1 || slices.ContainsFunc(a.Days, func(d dayOfUse) bool {
		return midnightOf(d.Day).IsZero() || d.Units < 0 || d.Demand < 0 || d.Cut < 0 || d.Cut > 1
	}) {
		return a, errors.New("poll: an allowance makes no sense")
	}
	return a, nil
}

// demands gives the demand that is expected of a day of each kind, and of today: as days of that kind differ from others, times how much
// the latest days had.
func (a *allowance) demands() (of [kinds]float64, today float64) {
	var sums, weights [kinds]float64
	last := a.today()
	now := midnightOf(last.Day)
	var known []*dayOfUse
	expect := func() {
		most, had, expected := 0.0, 0.0, 0.0
		for k := range of {
			of[k] = 0
			if weights[k] > 0 {
				of[k] = sums[k] / weights[k]
			}
			most = max(most, of[k])
		}
		for _, d := range known {
			weight := math.Pow(fading, d.age(now))
			had, expected = had+weight*d.demand(), expected+weight*of[d.kind()]
		}
		for k := range of {
			if weights[k] == 0 {
				of[k] = most // a Sunday says nothing of a Monday, a Monday is the most that a Sunday can be
			}
			if expected > 0 {
				of[k] *= had / expected
			}
		}
	}
	add := func(d *dayOfUse) {
		k, weight := d.kind(), math.Pow(slowFading, d.age(now))
		sums[k], weights[k] = sums[k]+weight*d.demand(), weights[k]+weight
		known = append(known, d)
	}
	open := func(d *dayOfUse) bool { return d.Cut > 0 || d == last }
	for i := range a.Days {
		if !open(&a.Days[i]) {
			add(&a.Days[i])
		}
	}
	expect()
	for i := range a.Days { // what is not whole says only that it is more
		if d := &a.Days[i]; open(d) && d.demand() > of[d.kind()] {
			add(d)
			expect()
		}
	}
	return of, max(of[last.kind()], last.demand())
}

func (d *dayOfUse) kind() int { return kindOf(midnightOf(d.Day)) }

// age is how many days it began before a time.
func (d *dayOfUse) age(now time.Time) float64 { return now.Sub(midnightOf(d.Day)).Hours() / 24 }

// demand is what a day would have used at the true price: of one that was cut short at least as much in each hour that was left. As nights
// are quiet that is rather too little.
func (d *dayOfUse) demand() float64 {
	if d.Cut > 0 {
		return d.Demand / d.Cut
	}
	return d.Demand
}

// A span is what is left of a month from a day on.
type span struct {
	left  float64   // units, at the beginning of its first day
	days  []float64 // the demand of each day, today's the first
	daily float64   // the most units of a day
}

// span is what is left where a month has come to so many units.
func (a *allowance) span(b Budget, month int64) span {
	of, today := a.demands()
	s := span{left: math.Inf(1), days: []float64{today}, daily: math.Inf(1)}
	if b.Day > 0 {
		s.daily = float64(b.Day)
	}
	if b.Month > 0 {
		s.left = float64(int64(b.Month) - month + a.today().Units)
	}
	first := midnightOf(a.today().Day)
	for day := nextKoreanDay(first); day.Before(nextKoreanMonth(first)); day = nextKoreanDay(day) {
		s.days = append(s.days, of[kindOf(day)])
	}
	return s
}

// uses is how many units a day uses at a thinning.
func (s span) uses(demand, thinning float64) float64 { return min(demand/thinning, s.daily) }

// fits reports whether what is left lasts at a thinning.
func (s span) fits(thinning float64) bool {
	kept := reserve * s.days[0]
	if (s.days[0]+kept)/thinning > s.daily {
		return false
	}
	sum := kept / thinning
	for _, demand := range s.days {
		sum += s.uses(demand, thinning)
	}
	return sum <= s.left
}

// thinning is the least thinning at which what is left lasts.
func (s span) thinning() float64 {
	if s.fits(1) {
		return 1
	}
	low, high := 1.0, math.Cbrt(mostMultiplier)
	for high-low > 1e-6 {
		if middle := (low + high) / 2; s.fits(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// price sets the thinning, by the units that the month has come to.
func (a *allowance) price(b Budget, month int64) { a.Thinning = a.span(b, month).thinning() }

// ends is the Korean day on which what is left of a month's budget is used up; the zero time where it lasts, but for two days or a
// seventh of them, where none is left, or where too little is known.
func (a *allowance) ends(b Budget, month int64) time.Time {
	s := a.span(b, month)
	if b.Month == 0 || s.left <= 0 || len(a.Days) <= fewDays {
		return time.Time{}
	}
	day, left := midnightOf(a.today().Day), s.left
	for i, demand := range s.days {
		if left -= s.uses(demand, a.Thinning); left < 0 {
			if early := len(s.days) - 1 - i; early > max(2, len(s.days)/7) {
				return day
			}
			break
		}
		day = nextKoreanDay(day)
	}
	return time.Time{}
}
