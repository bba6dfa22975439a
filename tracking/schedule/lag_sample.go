package schedule

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// lagSample is what is known of the lag of one event, in minutes: more than low and at most high; low below 0 means that it may
// have been published at once.
type lagSample struct{ low, high float64 }

// telling reports whether some lag is ruled out.
func (s lagSample) telling() bool { return s.low >= 0 || s.high < lagBounds[len(lagBounds)-1] }

func lagSamples(timelines []Timeline) []lagSample {
	var samples []lagSample
	for _, t := range timelines {
		for _, e := range t.Events {
			if s := e.lag(); s.telling() {
				samples = append(samples, s)
			}
		}
	}
	return samples
}

func (e *Event) lag() lagSample {
	minutes := func(until time.Time) float64 { return until.Sub(e.At).Minutes() }
	switch {
	case e.Seen.IsZero(), !e.Published.IsZero(): // the time is known; zero means at once
		late := max(0, minutes(e.Shown()))
		return lagSample{late, late}
	case minutes(e.Seen) < 0: // told before it happened, which is soon enough
		return lagSample{}
	case e.Missed.After(e.At) && e.Missed.Before(e.Seen):
		return lagSample{minutes(e.Missed), minutes(e.Seen)}
	default:
		return lagSample{-1, minutes(e.Seen)}
	}
}

// Published is when e was published, as far as is known: as its provider says, or as late as the courier's lags say in the mean of those
// that the answers before and with it leave open. Without a lag learned that is at once, or just after the answer that missed it.
func (m *Model) Published(c tracking.Courier, e Event) time.Time {
	s := e.lag()
	if s.low == s.high {
		return e.Shown()
	}
	l := m.lags[c]
	if l == nil {
		l = m.lags[""]
	}
	var late, sum float64
	if l != nil {
		for class, events := range l {
			if weight := events * s.likelihood(class); weight > 0 {
				late, sum = late+weight*s.middle(class), sum+weight
			}
		}
	}
	if sum == 0 {
		late, sum = max(s.low, 0), 1
	}
	return e.At.Add(time.Duration(late / sum * float64(time.Minute)))
}

// middle of what a class and the sample have in common, in minutes.
func (s lagSample) middle(class int) float64 {
	if class == 0 {
		return 0
	}
	upper := lagBounds[class]
	if class == len(lagBounds)-1 {
		upper = max(upper, s.high)
	}
	return (max(s.low, lagBounds[class-1]) + min(s.high, upper)) / 2
}

// likelihood of the sample for a lag that is even over the class.
func (s lagSample) likelihood(class int) float64 {
	upper := lagBounds[class]
	if class == 0 {
		if s.low < 0 || s.high == 0 {
			return 1
		}
		return 0
	}
	lower := lagBounds[class-1]
	if class == len(lagBounds)-1 && s.high > upper { // no class is longer
		upper = s.high
	}
	if s.low == s.high {
		if lower < s.high && s.high <= upper {
			return 1
		}
		return 0
	}
	return max(0, min(s.high, upper)-max(s.low, lower)) / (upper - lower)
}

// refined adds samples to what is believed, by expectation and maximisation: a sample counts in each class by how likely it is to be of that
// class, given the shares so far (Turnbull's estimate with a Dirichlet belief).
func (l *lag) refined(samples []lagSample) *lag {
	shares := *l.scaled(1)
	for class := range shares { // what is believed impossible can be learned
		shares[class] = (shares[class] + 0.01) / (1 + 0.01*float64(len(shares)))
	}
	known := minutely(samples)
	var counts lag
	for range lagRounds {
		counts = *l
		for _, s := range known {
			var part lag
			var sum float64
			for class, share := range shares {
				part[class] = share * s.likelihood(class)
				sum += part[class]
			}
			if sum == 0 {
				continue
			}
			for class := range counts {
				counts[class] += s.times * part[class] / sum
			}
		}
		shares = *counts.scaled(1)
	}
	for class := range counts {
		if counts[class] = digits(counts[class], rateDigits); counts[class] < 1e-3 {
			counts[class] = 0
		}
	}
	return &counts
}

type countedSample struct {
	lagSample
	times float64
}

// minutely gives samples to the minute, each once, in order.
func minutely(samples []lagSample) []countedSample {
	times := map[lagSample]float64{}
	for _, s := range samples {
		times[lagSample{math.Round(s.low), math.Round(s.high)}]++
	}
	all := make([]countedSample, 0, len(times))
	for s, n := range times {
		all = append(all, countedSample{s, n})
	}
	slices.SortFunc(all, func(a, b countedSample) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
	return all
}
