package measure

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/schedule"
)

// Population is the parcels that come in, by courier and by what is known of them then.
type Population []Flow

// Flow is the parcels of one courier whose watches open in one status.
type Flow struct {
	Courier tracking.Courier
	Status  tracking.Status // as known when the watch opens; zero means REGISTERED, a label that nobody has scanned
	PerDay  float64         // parcels, on average over the week
	Silent  float64         // the share of which nothing is ever heard, 0 to 1: labels printed in vain, asked about to [schedule.Horizon]
	// Hours and Days are weights of the hours of the day in Korea, and of the days from Monday on, in which watches open. All
	// zero means that none is different from another.
	Hours [24]float64
	Days  [7]float64
}

// PopulationOf gives so many parcels a day in the mix of these timelines: their couriers, the statuses in which their watches
// opened, and when, and how many were never scanned. When anything happened to the others is not looked at.
func PopulationOf(timelines []schedule.Timeline, perDay float64) Population {
	type kind struct {
		courier tracking.Courier
		status  tracking.Status
	}
	var p Population
	index := map[kind]int{}
	for _, t := range timelines {
		k := kind{t.Courier, t.Status}
		i, ok := index[k]
		if !ok {
			i = len(p)
			index[k], p = i, append(p, Flow{Courier: t.Courier, Status: t.Status})
		}
		opened := t.Opened.In(korea)
		p[i].Hours[opened.Hour()]++
		p[i].Days[(opened.Weekday()+6)%7]++
		p[i].PerDay++
		if len(t.Events) == 0 {
			p[i].Silent++
		}
	}
	for i := range p {
		p[i].Silent /= p[i].PerDay
		p[i].PerDay *= perDay / float64(len(timelines))
	}
	return p
}

func (p Population) perDay() (sum float64) {
	for _, f := range p {
		sum += f.PerDay
	}
	return sum
}

// korea is the zone of every clock that couriers publish.
var korea = time.FixedZone("KST", 9*60*60)

// someMonday begins the week in which watches of drawn parcels open: in Korea, with no holiday in it or in the five weeks after.
var someMonday = time.Date(2026, 11, 2, 0, 0, 0, 0, korea)

// opens is when in a week the share q of its watches has opened.
func (f *Flow) opens(q float64) time.Duration {
	var sum float64
	for hour := range 24 * 7 {
		sum += f.weight(hour)
	}
	left := q * sum
	for hour := range 24 * 7 {
		w := f.weight(hour)
		if left < w {
			return time.Duration((float64(hour) + left/w) * float64(time.Hour)).Truncate(time.Second)
		}
		left -= w
	}
	return 0
}

func (f *Flow) weight(hourOfWeek int) float64 {
	return weightOf(f.Hours[:], hourOfWeek%24) * weightOf(f.Days[:], hourOfWeek/24)
}

// weightOf reads weights of which none may be given.
func weightOf(weights []float64, i int) float64 {
	if !slices.ContainsFunc(weights, func(w float64) bool { return w > 0 }) {
		return 1
	}
	return max(weights[i], 0)
}

// draw invents n parcels, shared out among the flows as they come in, that live by the hazards of the model. The same seed gives the
// same parcels.
func (p Population) draw(m *schedule.Model, n int, seed uint64) []schedule.Timeline {
	r := rand.New(rand.NewPCG(seed, 0))
	all := make([]schedule.Timeline, 0, n)
	lives := map[tracking.Courier]func(tracking.Status, time.Time) []schedule.Event{}
	sum, done, upTo := p.perDay(), 0, 0.0
	for _, f := range p {
		if lives[f.Courier] == nil {
			lives[f.Courier] = m.Lives(f.Courier, r)
		}
		upTo += f.PerDay
		share := int(upTo/sum*float64(n)+0.5) - done
		for i := range share {
			t := schedule.Timeline{Courier: f.Courier, Status: cmp.Or(f.Status, tracking.StatusRegistered)}
			t.Opened = someMonday.Add(f.opens((float64(i) + r.Float64()) / float64(share)))
			if math.Floor(float64(i+1)*f.Silent) == math.Floor(float64(i)*f.Silent) {
				t.Events = lives[f.Courier](t.Status, t.Opened)
			}
			all = append(all, t)
		}
		done += share
	}
	return all
}
