package schedule

import (
	"math"

	"github.com/waybill-dev/waybill/tracking"
)

// outlook is what a model expects of one parcel. It is read half hour by half hour, forward from the time of the view.
type outlook struct {
	hazards  []*hazard
	calendar *Calendar
	changed  int64 // half hour of Korea's clock, counted from the beginning of 1970
	window   announcement

	// The run of half hours of one day and of one age that was read last.
	from, until int64
	midnight    int64 // half hour with which the day begins
	column      int   // of that day
	age         int   // bucket
}

func (m *Model) outlook(v *View) outlook {
	o := outlook{hazards: m.hazards(v.Courier, v.Status), calendar: m.calendarOf(v.Courier), changed: floorDiv(minuteOf(v.Changed), 30)}
	if !v.Window.IsZero() && v.Status == tracking.StatusOutForDelivery {
		o.window = o.announced(v, m)
	}
	return o
}

// cell is that of a half hour of Korea's clock.
func (o *outlook) cell(half int64) cell {
	if half < o.from || half >= o.until {
		o.turn(half)
	}
	return cell{age: o.age, half: int(half - o.midnight), day: o.column}
}

// turn goes to the run that a half hour is in.
func (o *outlook) turn(half int64) {
	day, age := floorDiv(half, halfHours), half-o.changed
	o.midnight, o.column = day*halfHours, o.calendar.column(day)
	o.age = bucketOf(age)
	o.from, o.until = half, o.midnight+halfHours
	if o.age+1 < len(ages) {
		o.until = min(o.until, o.changed+int64(ages[o.age+1]))
	}
}

// rate is the mean hazard of one change from at to next, which are in one half hour of Korea's clock, in events an hour.
func (o *outlook) rate(h *hazard, at, next int64) float64 {
	rate := h.rate(o.cell(floorDiv(at, halfHour)))
	if o.window.end > at && h.to == tracking.StatusDelivered {
		return o.window.rate(rate, at, next)
	}
	return rate
}

// ahead sets speeds to the sum of worth × hazard over all that may come, in won/h², for some half hours of the clock, and says for
// how many. The first is looked at from at on.
func (o *outlook) ahead(half, at int64, w *Worth, speeds *[8]float64) (cells int) {
	c := o.cell(half)
	if o.window.end >= at {
		speeds[0] = o.announcedWorth(c, at, (half+1)*halfHour, w)
		return 1
	}
	clear(speeds[:])
	run := speeds[:min(int(o.until-half), len(speeds))]
	for _, h := range o.hazards {
		factor := w.Of(h.to) * h.base[c.age] * h.day[c.day]
		for i, x := range h.half[c.half:][:len(run)] {
			run[i] += factor * x
		}
	}
	return len(run)
}

// An announcement is a driver's window, in seconds of Korea's clock, and how likely it is that nothing was delivered until where the
// outlook is read. A share of the windows is kept, at any minute alike; in the others deliveries come as without one. Where a courier
// publishes late, the window is as late as half of its events are.
type announcement struct {
	start, end  int64 // end is 0 without one
	kept        float64
	unannounced float64
	now         float64 // that nothing was delivered by the time of the view
}

const (
	// windowMissed is what it is worth to know that a window has passed without a delivery, against a failed one (our decision).
	windowMissed = 0.25
	// hardly is the chance below which hazards are not divided by it.
	hardly = 1e-12
)

// announced reads the window of a view, and what the model makes of the time since the van left. Windows that are over or are none
// of this tour are left alone.
func (o *outlook) announced(v *View, m *Model) announcement {
	now, late := koreaSeconds(v.Now), m.lateness(v.Courier)
	p := announcement{start: koreaSeconds(v.Window.Start) + late, end: koreaSeconds(v.Window.End) + late, kept: m.windowsOf(v.Courier).share()}
	if p.end <= now || p.end <= p.start || p.end-min(p.start, now) > minutesADay*60 {
		return announcement{}
	}
	door := o.door()
	if door == nil {
		return announcement{}
	}
	p.unannounced = math.Exp(-o.unseen(door, max(o.changed*halfHour, now-minutesADay*60), now))
	if p.now = p.survival(now); p.now < hardly {
		return announcement{}
	}
	return p
}

// door is the hazard of a delivery; nil where none is expected.
func (o *outlook) door() *hazard {
	for _, h := range o.hazards {
		if h.to == tracking.StatusDelivered {
			return h
		}
	}
	return nil
}

// unseen is the expected number of events of h from one second to another, without a window.
func (o *outlook) unseen(h *hazard, from, to int64) (sum float64) {
	for half := floorDiv(from, halfHour); from < to; {
		c := o.cell(half)
		until := min(to, o.until*halfHour)
		var clock float64 // seconds, as many as they count by the clock
		for _, x := range h.half[c.half:] {
			if from >= until {
				break
			}
			half++
			next := min(half*halfHour, until)
			clock += x * float64(next-from)
			from = next
		}
		sum += h.base[c.age] * h.day[c.day] * clock / 3600
	}
	return sum
}

// expected is the number of events of h that are expected from one second to another.
func (o *outlook) expected(h *hazard, from, to int64) (sum float64) {
	if o.window.end <= from || h.to != tracking.StatusDelivered {
		return o.unseen(h, from, to)
	}
	for at := from; at < to; {
		next := min(halfHourAfter(at), to)
		sum += o.rate(h, at, next) * float64(next-at) / 3600
		at = next
	}
	return sum
}

// survival is the probability that nothing was delivered until at, where unannounced is that without a window.
func (p *announcement) survival(at int64) float64 {
	inside := float64(p.end-max(p.start, min(at, p.end))) / float64(p.end-p.start)
	return p.kept*inside + (1-p.kept)*p.unannounced
}

// rate is the hazard of a delivery from at to next, where it would be rate without a window.
func (p *announcement) rate(rate float64, at, next int64) float64 {
	hours := float64(next-at) / 3600
	before := p.survival(at)
	p.unannounced *= math.Exp(-rate * hours)
	after := p.survival(next)
	if after < hardly {
		return rate
	}
	return math.Log(before/after) / hours
}

// announcedWorth is worth until a window is over, and in the half hour after it, which brings the news that it was missed, if it was.
func (o *outlook) announcedWorth(c cell, at, next int64, w *Worth) (worth float64) {
	if o.window.end < next {
		worth = windowMissed * w.Of(tracking.StatusFailed) * o.window.survival(o.window.end) / o.window.now * 3600 / float64(next-at)
	}
	for _, h := range o.hazards {
		rate := h.rate(c)
		if h.to == tracking.StatusDelivered {
			rate = o.window.rate(rate, at, next)
		}
		worth += w.Of(h.to) * rate
	}
	return worth
}
