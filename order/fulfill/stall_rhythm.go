package fulfill

import (
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A stage is where a parcel stands as far as the next news of it is concerned.
type stage uint8

const (
	noStage     stage = iota // nothing more is expected
	stageBefore              // the courier has not got it
	stageMoving
	stageOut    // on the van
	stageHalted // failed, held, or waiting at a shop or locker
	stageBack   // on its way back
)

// stageOf gives the stage of a parcel or of a scan.
func stageOf(s tracking.Status, sub tracking.Sub) stage {
	switch s {
	case tracking.StatusPickedUp, tracking.StatusInTransit:
		return stageMoving
	case tracking.StatusOutForDelivery:
		if sub == tracking.SubAvailableForPickup {
			return stageHalted
		}
		return stageOut
	case tracking.StatusFailed, tracking.StatusHold:
		if sub == tracking.SubLost {
			return noStage
		}
		return stageHalted
	case tracking.StatusReturned:
		if sub == tracking.SubReturning {
			return stageBack
		}
		return noStage
	case tracking.StatusDelivered, tracking.StatusCancelled:
		return noStage
	}
	return stageBefore
}

// A calendar counts working hours: those in which couriers scan and publish. It is for one goroutine.
type calendar struct {
	off   func(day time.Time) bool // besides Sundays; nil: none
	rests map[int64]bool           // days that were asked for, counted from 1970
}

func newCalendar(off func(time.Time) bool) calendar {
	return calendar{off: off, rests: map[int64]bool{}}
}

// The working day of couriers, in hours of Korean time. What hubs scan at night is news too, but no news then says
// nothing (our decision).
const (
	dayBegins = 7
	dayEnds   = 22
)

var korea = time.FixedZone("KST", 9*60*60)

// midnight is the beginning of the Korean day.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(korea).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, korea)
}

const (
	daySeconds   = 24 * 60 * 60
	koreaSeconds = 9 * 60 * 60
)

func (c calendar) works(day int64) bool {
	if (day+4)%7 == 0 { // 1 January 1970 was a Thursday
		return false
	}
	if c.off == nil {
		return true
	}
	rests, known := c.rests[day]
	if !known {
		rests = c.off(time.Unix(day*daySeconds-koreaSeconds, 0).In(korea))
		c.rests[day] = rests
	}
	return !rests
}

// hours counts the working hours between two times, to the second; 0 when the second is not later.
func (c calendar) hours(from, until time.Time) float64 {
	begin, end := from.Unix()+koreaSeconds, until.Unix()+koreaSeconds
	var sum int64
	for day := begin / daySeconds; day*daySeconds < end; day++ {
		opens, closes := day*daySeconds+dayBegins*3600, day*daySeconds+dayEnds*3600
		if seconds := min(end, closes) - max(begin, opens); seconds > 0 && c.works(day) {
			sum += seconds
		}
	}
	return float64(sum) / 3600
}

// A rhythm is how long news of a parcel lets itself be waited for, in working hours.
type rhythm struct {
	mean float64
	p95  float64
}

// patience is how many times the time by which 95 of 100 parcels had news a parcel may be silent. Where news comes
// without memory, that is once in four hundred waits; real couriers have shorter tails (our decision).
const patience = 2

// bound is the silence after which a parcel is stuck.
func (r rhythm) bound() float64 { return max(patience*r.p95, leastSilence) }

// usual is the mean of the rhythm that is taken for granted until a courier has shown its own: a day until the first
// scan, several scans a day on the way (our decision).
func (s stage) usual() float64 {
	switch s {
	case stageBefore:
		return dayEnds - dayBegins
	case stageMoving:
		return 6
	case stageOut:
		return 5
	}
	return 10
}

type rhythmKey struct {
	courier tracking.Courier
	stage   stage
}

// usualGaps is how many gaps of the usual rhythm stand beside those that were seen: a courier with fewer of its own is
// judged mostly by it.
const usualGaps = 40

// mostGaps bounds what is remembered of one courier and stage.
const mostGaps = 5000

// gaps collects waits between scans, in working hours.
type gaps map[rhythmKey][]float64

// add takes the scans of a parcel. Scans without a clock time, and those of an earlier use of the number, tell nothing.
func (g gaps) add(courier tracking.Courier, e tracking.Evidence, c calendar) {
	scans := slices.Clone(e.Events)
	scans = slices.DeleteFunc(scans, func(s tracking.Event) bool {
		return s.Parked || s.Precision != tracking.PrecisionMinute || s.At.IsZero()
	})
	slices.SortStableFunc(scans, func(a, b tracking.Event) int { return a.At.Compare(b.At) })
	at := noStage
	for i, s := range scans {
		if s.Status != tracking.StatusUnknown || at == noStage {
			at = stageOf(s.Status, s.Sub)
		}
		if i+1 == len(scans) || at == noStage || scans[i+1].At.Equal(s.At) {
			continue
		}
		if key := (rhythmKey{courier, at}); len(g[key]) < mostGaps {
			g[key] = append(g[key], c.hours(s.At, scans[i+1].At))
		}
	}
}

// rhythms gives what was learned.
func (g gaps) rhythms() rhythms {
	learned := rhythms{}
	for key, seen := range g {
		learned[key] = fit(key.stage, seen)
	}
	return learned
}

type rhythms map[rhythmKey]rhythm

func (r rhythms) of(courier tracking.Courier, s stage) rhythm {
	if known, ok := r[rhythmKey{courier, s}]; ok {
		return known
	}
	return fit(s, nil)
}

// fit puts what was seen beside the usual rhythm, which is one without memory.
func fit(s stage, seen []float64) rhythm {
	all := make([]float64, 0, len(seen)+usualGaps)
	all = append(all, seen...)
	for i := range usualGaps {
		all = append(all, -s.usual()*math.Log(1-(float64(i)+0.5)/usualGaps))
	}
	slices.Sort(all)
	var sum float64
	for _, gap := range all {
		sum += gap
	}
	return rhythm{mean: max(sum/float64(len(all)), 1), p95: max(all[len(all)*95/100], 1)}
}
