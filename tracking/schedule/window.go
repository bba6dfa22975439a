package schedule

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

const (
	// windowKept is the share of windows that are believed to say when the parcel comes. With the deliveries that fall into the others
	// by chance, some seven in ten come inside (our decision; three of four recorded windows were met, one came early).
	windowKept = 0.6
	// windowDoubt is the weight of that belief in windows, and of all couriers' share against a courier's own.
	windowDoubt = 10.0
	// mostKept is the largest share that is gone by: no driver is believed to be always in time.
	mostKept = 0.98
)

// windows is how often drivers keep their windows: those that said when the parcel came, and all. What fell into a window that it
// would have fallen into without one counts in part. The zero value is what is believed before anything is learned.
type windows struct{ kept, all float64 }

// share that is kept.
func (w windows) share() float64 {
	if w.all == 0 {
		return windowKept
	}
	return min(w.kept/w.all, mostKept)
}

// scaled has the same share of so many windows.
func (w windows) scaled(all float64) windows { return windows{w.share() * all, all} }

func (w windows) faded(keep float64) windows {
	return w.scaled(max(w.all*keep, windowDoubt)).rounded()
}

func (w windows) rounded() windows {
	all := digits(w.all, rateDigits)
	return windows{min(digits(w.kept, rateDigits), all), all}
}

func (w windows) String() string {
	return fmt.Sprintf("%.0f %% of %.0f windows say when the parcel comes", 100*w.share(), w.all)
}

// windowSample is one window of a tour that was seen through: whether the parcel came inside, and how likely that was without a window.
type windowSample struct {
	inside bool
	chance float64
}

// refined adds samples to what is believed, by expectation and maximisation: a delivery inside counts by how likely it is that the
// window was the reason, given the share so far.
func (w windows) refined(samples []windowSample) windows {
	if len(samples) == 0 {
		return w
	}
	believed := w.scaled(max(w.all, windowDoubt))
	refined := believed
	for range lagRounds {
		share := refined.share()
		refined = believed
		for _, s := range samples {
			if refined.all++; s.inside {
				refined.kept += share / (share + (1-share)*s.chance)
			}
		}
	}
	return refined.rounded()
}

// learnWindows fits how often windows are kept, of all couriers and of each. The hazards are those of scans.
func (m *Model) learnWindows(before *Model, byCourier map[tracking.Courier][]Timeline) {
	m.windows = map[tracking.Courier]windows{}
	maps.Copy(m.windows, before.windows)
	samples := map[tracking.Courier][]windowSample{}
	var together []windowSample
	for _, c := range slices.Sorted(maps.Keys(byCourier)) {
		samples[c] = m.windowSamples(byCourier[c])
		together = append(together, samples[c]...)
	}
	if len(together) == 0 {
		return
	}
	all := before.windows[""].refined(together)
	for c, own := range samples {
		if len(own) == 0 {
			continue
		}
		believed, known := before.windows[c]
		if !known {
			believed = all.scaled(windowDoubt)
		}
		m.windows[c] = believed.refined(own)
	}
	m.windows[""] = all
}

// windowSamples are the windows that ended with a delivery, or passed. What else ends a tour before its window is over tells nothing.
func (m *Model) windowSamples(timelines []Timeline) []windowSample {
	var samples []windowSample
	for i := range timelines {
		events := timelines[i].Events
		for j := 0; j+1 < len(events); j++ {
			van, then := &events[j], &events[j+1]
			w := van.Window
			if van.Status != tracking.StatusOutForDelivery || !w.Start.Before(w.End) || !w.End.After(van.At) || w.End.Sub(van.At) > 24*time.Hour {
				continue
			}
			late := then.At.After(w.End)
			if then.Status != tracking.StatusDelivered && !late {
				continue
			}
			v := View{Courier: timelines[i].Courier, Status: van.Status, Changed: van.At, Now: van.At}
			o := m.outlook(&v)
			door := o.door()
			if door == nil {
				continue
			}
			start, end := koreaSeconds(later(w.Start, van.At)), koreaSeconds(w.End)
			out := o.unseen(door, koreaSeconds(van.At), start)
			samples = append(samples, windowSample{!late && !then.At.Before(w.Start), math.Exp(-out) - math.Exp(-out-o.unseen(door, start, end))})
		}
	}
	return samples
}

// windowsOf is how often the windows of a courier are kept.
func (m *Model) windowsOf(c tracking.Courier) windows {
	if own, known := m.windows[c]; known {
		return own
	}
	return m.windows[""]
}
