package schedule

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// lagBounds are the ends of the classes of lag in minutes: at once, then from each bound to the next.
var lagBounds = [...]float64{0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 720}

const (
	// promptness is how many events published at once every courier is believed to have shown.
	promptness = 10.0
	// lagRounds of expectation and maximisation, after which shares stand to a per mille where samples are narrower than classes.
	lagRounds = 40
	// shortestLag is the mean in minutes below which the clock of hazards is left alone.
	shortestLag = 0.5
)

// lag is how late a courier publishes: the number of events in each class, as far as classes could be told.
type lag [len(lagBounds)]float64

// at is the lag in minutes that stands for a class: its middle.
func (l *lag) at(class int) float64 {
	if class == 0 {
		return 0
	}
	return (lagBounds[class-1] + lagBounds[class]) / 2
}

func (l *lag) events() (sum float64) {
	for _, n := range l {
		sum += n
	}
	return sum
}

// mean is in minutes.
func (l *lag) mean() (mean float64) {
	for class, n := range l {
		mean += n * l.at(class)
	}
	return mean / l.events()
}

// median is in minutes.
func (l *lag) median() float64 {
	half := l.events() / 2
	for class, n := range l {
		switch {
		case half > n:
			half -= n
		case class == 0:
			return 0
		default:
			return lagBounds[class-1] + (lagBounds[class]-lagBounds[class-1])*half/n
		}
	}
	return 0
}

// scaled has the same shares with so many events.
func (l *lag) scaled(events float64) *lag {
	scaled, sum := *l, l.events()
	for class := range scaled {
		scaled[class] *= events / sum
	}
	return &scaled
}

func (l *lag) faded(keep float64) *lag {
	scaled := l.scaled(max(l.events()*keep, promptness))
	for class := range scaled {
		scaled[class] = digits(scaled[class], rateDigits)
	}
	return scaled
}

// String says by when what share was published.
func (l *lag) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f min late on average", l.mean())
	sum, all := 0.0, l.events()
	for class, n := range l {
		sum += n
		switch {
		case n < all/1000:
		case class == 0:
			fmt.Fprintf(&b, ": %.0f %% at once", 100*sum/all)
		default:
			fmt.Fprintf(&b, ", %.0f %% within %g min", 100*sum/all, lagBounds[class])
		}
	}
	return b.String()
}

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

// learnLags fits the lag of all couriers and of each, and makes the hazards those of publication.
func (m *Model) learnLags(before *Model, byCourier map[tracking.Courier][]Timeline) {
	m.lags = map[tracking.Courier]*lag{}
	all := before.lags[""]
	if all == nil {
		all = &lag{promptness}
	}
	samples := map[tracking.Courier][]lagSample{}
	var together []lagSample
	for c, own := range byCourier {
		samples[c] = lagSamples(own)
		together = append(together, samples[c]...)
	}
	all = all.refined(together)
	m.lags[""] = all
	for c := range m.couriers {
		believed := before.lags[c]
		if believed == nil {
			believed = all.scaled(courierDoubt)
		}
		m.lags[c] = believed.refined(samples[c])
	}
	m.publish()
}

// lateness is by how many seconds a courier publishes half of its events: the lag that stands for all, where one has to.
func (m *Model) lateness(c tracking.Courier) int64 {
	l := m.lags[c]
	if l == nil {
		l = m.lags[""]
	}
	if l == nil {
		return 0
	}
	return int64(60 * l.median())
}

// publish makes the hazards those of publication, by the lags.
func (m *Model) publish() {
	shared := m.all
	m.all = m.all.published(m.lags[""])
	for c, own := range m.couriers {
		if own == shared {
			m.couriers[c] = m.all
		} else {
			m.couriers[c] = own.published(m.lags[c])
		}
	}
}

func (s *stages) published(l *lag) *stages {
	if l == nil {
		return s
	}
	published := &stages{}
	for known, hazards := range s {
		for _, h := range hazards {
			published[known] = append(published[known], h.published(l))
		}
	}
	return published
}

// published is the hazard of the publication of what h tells of the scans. The tables of ages and of the clock are moved by each
// class of lag and mixed, so that to decide costs as much as without a lag; that a lag may reach into another day is left out.
func (h *hazard) published(l *lag) *hazard {
	scan := h.scanned()
	if l.mean() < shortestLag {
		return scan
	}
	p := *scan
	p.weight, p.scan = nil, scan
	p.base, p.half = make([]float64, len(ages)), [halfHours]float64{}
	fine := make([]float64, len(ageOf))
	events := l.events()
	for class, n := range l {
		if n == 0 {
			continue
		}
		share, late := n/events, l.at(class)/30
		whole := int(late)
		part := late - float64(whole)
		mix := func(index int, of float64, at func(int) float64) float64 {
			return of + share*((1-part)*at(index-whole)+part*at(index-whole-1))
		}
		for i := range p.half {
			p.half[i] = mix(i, p.half[i], func(j int) float64 { return scan.half[(j+2*halfHours)%halfHours] })
		}
		for age := range fine {
			fine[age] = mix(age, fine[age], func(j int) float64 {
				if j < 0 {
					return 0 // before it was known there is nothing to publish
				}
				return scan.base[ageOf[j]]
			})
		}
	}
	n := make([]float64, len(ages))
	for age, rate := range fine {
		p.base[ageOf[age]] += rate
		n[ageOf[age]]++
	}
	for i := range p.base {
		p.base[i] /= n[i]
	}
	return &p
}
