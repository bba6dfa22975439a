package schedule

import (
	"fmt"
	"strings"

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
