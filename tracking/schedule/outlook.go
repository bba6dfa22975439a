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

	midnight int64 // half hour with which the day begins that was read last
	column   int   // of that day
	age      int   // bucket that factors are of
	factors  [len(stages{})]float64
}

func (m *Model) outlook(v *View) outlook {
	o := outlook{hazards: m.hazards(v.Courier, v.Status), calendar: m.calendarOf(v.Courier), changed: floorDiv(minuteOf(v.Changed), 30)}
	o.midnight, o.age = math.MinInt64/2, -1
	if !v.Window.IsZero() && v.Status == tracking.StatusOutForDelivery {
		o.window = o.announced(v, m)
	}
	return o
}

// cell is that of a second of Korea's clock.
func (o *outlook) cell(at int64) cell {
	half := floorDiv(at, halfHour)
	if half < o.midnight || half >= o.midnight+halfHours {
		day := floorDiv(half, halfHours)
		o.midnight, o.column = day*halfHours, o.calendar.column(day)
	}
	return cell{age: bucketOf(half - o.changed), half: int(half - o.midnight), day: o.column}
}

// rate is the mean hazard of one change from at to next, which are in one half hour of Korea's clock, in events an hour.
func (o *outlook) rate(h *hazard, at, next int64) float64 {
	rate := h.rate(o.cell(at))
	if o.window.end > at && h.to == tracking.StatusDelivered {
		return o.window.rate(rate, at, next)
	}
	return rate
}

// worth gives the sum of worth × hazard over all that may come from at to next, which are in one half hour, in won/h². What it
// reads of the tables of ages and days is kept for the next half hour: only the clock changes with each.
func (o *outlook) worth(at, next int64, w *Worth) (worth float64) {
	before := o.midnight
	c := o.cell(at)
	if o.window.end >= at {
		return o.announcedWorth(c, at, next, w)
	}
	if c.age != o.age || o.midnight != before {
		o.age = c.age
		for i, h := range o.hazards {
			o.factors[i] = w.Of(h.to) * h.base[c.age] * h.day[c.day]
		}
	}
	for i, h := range o.hazards {
		worth += o.factors[i] * h.half[c.half]
	}
	return worth
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
	for at := from; at < to; {
		next := min(halfHourAfter(at), to)
		sum += h.rate(o.cell(at)) * float64(next-at) / 3600
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
