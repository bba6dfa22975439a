package sandbox

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// CrowdConfig says what a [Crowd] is like. The zero value works: seed 1, 1,000 parcels packed on one day, that of today.
type CrowdConfig struct {
	Seed    uint64    // of everything drawn; 0 means 1
	Start   time.Time // the first day on which labels are printed, or the first working day after it; zero means today
	Days    int       // working days on which labels are printed, at most 10,000; 0 means 1
	Parcels int       // in all, spread evenly over the days, at most 100,000,000; 0 means 1,000

	// Mix gives each courier's weight. Nil means the shares of [Rhythms].
	Mix map[tracking.Courier]float64

	Rates *Rates // nil means DefaultRates

	// Faults lets asking go wrong as well, at the rates of FaultRates; nil there means DefaultFaults. The world remembers
	// of which number it has told a fault that happens once.
	Faults     bool
	FaultRates *FaultRates
}

// Crowd is a generated [Population]: the parcels that a warehouse packs on some working days, with what their couriers
// publish of them by their rhythms ([Rhythm]), over weekends and public holidays, and with what goes wrong ([Rates]).
//
// It is computed from the seed and the parcel's place in the crowd and keeps nothing, so that its memory does not grow
// with its size; the same configuration gives the same parcels on every machine. Numbers are valid for their courier and
// are not those of [Magic]. It is safe for concurrent use.
type Crowd struct {
	seed    uint64
	size    int
	days    []time.Time // the midnights of the days of packing
	mix     []rate[*Rhythm]
	rates   Rates
	faulty  bool
	faults  []rate[faultKind]
	refusal [][]Fault // rows of the providers' error tables

	journeys []rate[journey]
	origins  []rate[origin]
	listings []rate[listing]
}

// largestCrowd is what the ten digits of GS Postbox leave room for.
const largestCrowd = 100_000_000

// NewCrowd makes a crowd. It fails when a size is negative or too large, a rate is not from 0 to 1, or the mix has nothing
// or a courier without a rhythm.
func NewCrowd(config CrowdConfig) (*Crowd, error) {
	if config.Days < 0 || config.Days > 10_000 || config.Parcels < 0 || config.Parcels > largestCrowd {
		return nil, fmt.Errorf("sandbox: a crowd has 1 to %d parcels on 1 to 10000 days", largestCrowd)
	}
	c := &Crowd{seed: max(config.Seed, 1), size: config.Parcels, rates: DefaultRates(), faulty: config.Faults}
	if c.size == 0 {
		c.size = 1000
	}
	if config.Rates != nil {
		c.rates = *config.Rates
	}
	faults := DefaultFaults()
	if config.FaultRates != nil {
		faults = *config.FaultRates
	}
	if err := checkRates(c.rates, faults); err != nil {
		return nil, err
	}
	c.journeys, c.origins, c.listings = c.rates.journeys(), c.rates.origins(), c.rates.listings()
	c.faults, c.refusal = faults.kinds(), refusals()
	if config.Start.IsZero() {
		config.Start = time.Now()
	}
	c.days = packingDays(config.Start, max(config.Days, 1))
	if err := c.blend(config.Mix); err != nil {
		return nil, err
	}
	return c, nil
}

// packingDays gives the midnights of the first n working days from start on.
func packingDays(start time.Time, n int) []time.Time {
	days := make([]time.Time, 0, n)
	for day := midnight(start); len(days) < n; day = day.AddDate(0, 0, 1) {
		if warehouseWorks(day) {
			days = append(days, day)
		}
	}
	return days
}

// blend turns weights into shares.
func (c *Crowd) blend(mix map[tracking.Courier]float64) error {
	sum, known := 0.0, 0
	for _, r := range Rhythms() {
		weight := r.Share
		if mix != nil {
			var ok bool
			if weight, ok = mix[r.Courier]; ok {
				known++
			}
		}
		if !(weight >= 0 && weight < 1e9) {
			return errors.New("sandbox: a courier's weight is negative, or no number")
		}
		sum += weight
		c.mix = append(c.mix, rate[*Rhythm]{&r, weight})
	}
	if known < len(mix) {
		return errors.New("sandbox: the mix has a courier without a rhythm")
	}
	if sum <= 0 {
		return errors.New("sandbox: the mix has no courier")
	}
	for i := range c.mix {
		c.mix[i].share /= sum
	}
	return nil
}

// Len gives the number of parcels.
func (c *Crowd) Len() int { return c.size }

// Waybill gives the courier and number of the i-th parcel, from 0, in the order in which labels are printed by day, and
// when its label is printed, as Since. It panics when there is no such parcel, as an index does.
func (c *Crowd) Waybill(i int) tracking.Query {
	if i < 0 || i >= c.size {
		panic("sandbox: a crowd of " + strconv.Itoa(c.size) + " parcels has no parcel " + strconv.Itoa(i))
	}
	r := c.rhythm(i)
	return tracking.Query{Courier: r.Courier, Number: waybillNumber(r.Courier, i), Since: c.labelled(i)}
}

// All goes through the waybills in order.
func (c *Crowd) All() iter.Seq[tracking.Query] {
	return func(yield func(tracking.Query) bool) {
		for i := range c.size {
			if !yield(c.Waybill(i)) {
				return
			}
		}
	}
}

// Parcels gives the uses of a number, oldest first; none when the crowd has no such number.
func (c *Crowd) Parcels(courier tracking.Courier, number string) []Parcel {
	i, ok := waybillIndex(courier, number)
	if !ok || i >= c.size {
		return nil
	}
	if r := c.rhythm(i); r.Courier == courier {
		return c.script(i, r)
	}
	return nil
}

func (c *Crowd) dice(i int) dice { return dice{c.seed, uint64(i)} }

func (c *Crowd) rhythm(i int) *Rhythm {
	if r := pick(c.dice(i), askCourier, c.mix); r != nil {
		return r
	}
	// Shares that are rounded may leave a crumb; it is the last one's that has a share.
	last := slices.IndexFunc(c.mix, func(r rate[*Rhythm]) bool { return r.share > 0 })
	return c.mix[last].what
}

// labelled gives when the label of the i-th parcel is printed: from nine to half past four of its day.
func (c *Crowd) labelled(i int) time.Time {
	day := c.days[int(int64(i)*int64(len(c.days))/int64(c.size))]
	return day.Add(9*time.Hour + time.Duration(c.dice(i).below(askLabel, 0, 451))*time.Minute)
}
