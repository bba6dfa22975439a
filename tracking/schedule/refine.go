package schedule

import (
	"math"
	"slices"

	"github.com/waybill-dev/waybill/tracking"
)

// weights say how many events hold each entry of a hazard's tables, and its level.
//
// An entry that is a rate has, as what is believed of it, a gamma distribution with so many events and its mean at the entry. What comes adds to
// the events, and the mean becomes (events + weight) / (expected + weight) times what it was. Nothing else has to be kept of all the
// timelines that were ever learned from.
type weights struct {
	level float64
	base  []float64
	half  [halfHours]float64
	day   [columns]float64
}

// held gives every entry the same weight.
func held(weight float64) *weights {
	w := &weights{level: weight, base: make([]float64, len(ages))}
	for _, table := range w.tables() {
		for i := range table {
			table[i] = weight
		}
	}
	return w
}

func (w *weights) tables() [3][]float64 { return [3][]float64{w.base, w.half[:], w.day[:]} }

func (h *hazard) tables() [3][]float64 { return [3][]float64{h.base, h.half[:], h.day[:]} }

// clone copies the weights, or gives doubt for nil.
func (w *weights) clone() *weights {
	if w == nil {
		return held(doubt)
	}
	c := *w
	c.base = slices.Clone(w.base)
	return &c
}

// Fade gives a model in which what was learned weighs less against what comes: keep is the share of its weight that stays, from 0 to
// 1. What is expected stays as it is, but for rounding. A model that fades to 0.98 every day and then learns the day has half its weight from the last
// five weeks.
func (m *Model) Fade(keep float64) *Model {
	keep = min(max(keep, 0), 1)
	faded := *m
	faded.lags = make(map[tracking.Courier]*lag, len(m.lags))
	for c, l := range m.lags {
		faded.lags[c] = l.faded(keep)
	}
	faded.windows = make(map[tracking.Courier]windows, len(m.windows))
	for c, w := range m.windows {
		faded.windows[c] = w.faded(keep)
	}
	faded.all = m.all.faded(keep)
	faded.couriers = make(map[tracking.Courier]*stages, len(m.couriers))
	for c, own := range m.couriers {
		if own == m.all {
			faded.couriers[c] = faded.all
		} else {
			faded.couriers[c] = own.faded(keep)
		}
	}
	faded.publish()
	return &faded
}

func (s *stages) faded(keep float64) *stages {
	faded := &stages{}
	for known, hazards := range s {
		for _, h := range hazards {
			faded[known] = append(faded[known], h.scanned().faded(keep))
		}
	}
	return faded
}

func (h *hazard) faded(keep float64) *hazard {
	other := *h
	if h.weight != nil {
		other.weight = h.weight.clone()
		other.weight.level = fade(h.weight.level, keep)
		for _, table := range other.weight.tables() {
			for i := range table {
				table[i] = fade(table[i], keep)
			}
		}
	}
	return &other
}

// fade never gives less than doubt.
func fade(weight, keep float64) float64 { return digits(max(weight*keep, doubt), weightDigits) }

// What is learned is kept to so many decimal digits: more is not known, and fewer are shorter to write down.
const rateDigits, weightDigits = 4, 3

func digits(x float64, n int) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow10(n - 1 - int(math.Floor(math.Log10(math.Abs(x)))))
	if math.IsInf(scale, 0) || scale == 0 {
		return x
	}
	return math.Round(x*scale) / scale
}

// refineHazard multiplies a hazard by factors that fit the tally, each held toward 1 by the weight behind it, or by weight where
// that is not 0. Level first, for a prior by hand errs most there; then one table with the others held, round by round.
func refineHazard(believed *hazard, t tally, weight float64) *hazard {
	w := believed.weight.clone()
	if weight > 0 {
		w = held(weight)
	}
	var came, expected float64
	for _, c := range t {
		came += c.events
		expected += c.hours * believed.rate(c.cell)
	}
	level := believed.times(newHazard(believed.to, (came+w.level)/(expected+w.level)))
	factor := newHazard(believed.to, 1)
	var events *weights
	for range rounds {
		events = &weights{level: came}
		events.base = fitTable(factor.base, level, factor, t, w.base, func(c cell) int { return c.age })
		copy(events.half[:], fitTable(factor.half[:], level, factor, t, w.half[:], func(c cell) int { return c.half }))
		copy(events.day[:], fitTable(factor.day[:], level, factor, t, w.day[:], func(c cell) int { return c.day }))
	}
	refined := level.times(factor)
	refined.weight = w
	w.level = digits(w.level+came, weightDigits)
	for k, table := range refined.tables() {
		weight, more := w.tables()[k], events.tables()[k]
		for i := range table {
			table[i] = digits(table[i], rateDigits)
			weight[i] = digits(weight[i]+more[i], weightDigits)
		}
	}
	return refined
}

// fitTable sets one table of the factor so that it gives as many events as came, with the other tables held. It gives the events
// of each entry.
func fitTable(table []float64, level, factor *hazard, t tally, weight []float64, entry func(cell) int) (came []float64) {
	came, expected := make([]float64, len(table)), make([]float64, len(table))
	for _, c := range t {
		i := entry(c.cell)
		came[i] += c.events
		expected[i] += c.hours * level.rate(c.cell) * (factor.rate(c.cell) / table[i])
	}
	for i := range table {
		table[i] = (came[i] + weight[i]) / (expected[i] + weight[i])
	}
	return came
}
