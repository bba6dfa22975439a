package schedule

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// Lives gives a function that draws lives of a courier's parcels by the hazards of m: what comes after a status that began at a time, up
// to an end, to [Horizon] or to where nothing can follow. All chances are of r, so that the same r gives the same lives. The function is
// not safe for concurrent use; it remembers what takes long to find out and is asked again.
func (m *Model) Lives(c tracking.Courier, r *rand.Rand) func(from tracking.Status, since time.Time) []Event {
	b := newBirth(m, c)
	return func(from tracking.Status, since time.Time) []Event { return b.live(from, since, r) }
}

// birth draws lives of parcels of one courier.
//
// A model has for each status the hazard of every later one, whatever comes between: that of a delivery after a hub scan is of
// deliveries by the van. To draw a life change by change, such hazards are told apart. Statuses on the way do not race each other:
// one number between 0 and 1 is drawn, and each of them comes when that share of parcels has it, so that who is early at the hub is
// early at the door, and a status is passed over as often as it was in what the model learned from. Exceptions and returns race with
// them, with the part of their hazard that does not come by way of another status; and the latest shares of what is on the way
// belong to those parcels that took such a detour.
type birth struct {
	hazards  *stages
	calendar *Calendar
	direct   [len(stages{})][len(stages{})]float64 // of the changes from one status to another, the share without one between
	detours  map[detour]float64
}

// detour names the share of parcels that leave the way from a status that began in a half hour of the week.
type detour struct {
	from tracking.Status
	half int64
}

func newBirth(m *Model, c tracking.Courier) *birth {
	b := &birth{hazards: &stages{}, calendar: m.calendarOf(c), detours: map[detour]float64{}}
	var chance [len(stages{})][len(stages{})]float64 // that one status ever follows another
	for s := range b.hazards {
		b.hazards[s] = m.hazards(c, tracking.Status(s))
		for i, p := range b.chances(b.hazards[s]) {
			chance[s][b.hazards[s][i].to] = p
		}
	}
	for s := range chance {
		for x, all := range chance[s] {
			var by float64
			for via := range chance {
				if via != s && via != x {
					by = max(by, chance[s][via]*chance[via][x])
				}
			}
			if all > by {
				b.direct[s][x] = (all - by) / all
			}
		}
	}
	return b
}

// someMonday begins a week in Korea with no holiday in it or in the five weeks after.
var someMonday = time.Date(2026, 11, 2, 0, 0, 0, 0, korea)

// chances gives the probability of each change before the end, on average over beginnings in every fifth hour of a week.
func (b *birth) chances(hazards []*hazard) []float64 {
	const every, day = 5 * 60, 24 * 60
	all, left := make([]float64, len(hazards)), make([]float64, len(hazards))
	for begin := koreaSeconds(someMonday) / 60; begin < koreaSeconds(someMonday)/60+7*day; begin += every {
		for i := range left {
			left[i] = 1
		}
		open := 1.0
		for at := begin; at < begin+int64(Horizon/time.Minute) && open > 1e-4; at += 30 {
			where, still := b.calendar.cellAt(at, begin), open
			for i, h := range hazards {
				p := surprise(h.rate(where), 0.5)
				all[i] += still * left[i] * p * every / (7 * day)
				left[i] *= 1 - p
				if isEnd(h.to) {
					open *= 1 - p
				}
			}
		}
	}
	return all
}

// detour gives the share of parcels that leave the way from a status. The earliest shares of the others are those on the way, and how
// many are still at risk hangs on the share itself, which three rounds settle.
func (b *birth) detour(from tracking.Status, changed int64) float64 {
	key := detour{from, changed / halfHour % (halfHours * weekdays)}
	if share, ok := b.detours[key]; ok {
		return share
	}
	var share float64
	for range 3 {
		share = min(b.leaving(from, changed/60, share), 0.99)
	}
	b.detours[key] = share
	return share
}

// leaving is the share that leaves the way if so many do.
func (b *birth) leaving(from tracking.Status, changed int64, share float64) (gone float64) {
	var came [len(stages{})]float64 // the integral of the hazard of each status on the way
	var most, left float64
	for at := changed; at < changed+int64(Horizon/time.Minute); at += 30 {
		where, leaves := b.calendar.cellAt(at, changed), 0.0
		for _, h := range b.hazards[from] {
			if rate := h.rate(where) / 2; ranked(h.to) {
				came[h.to] += rate
				most = max(most, came[h.to])
			} else {
				leaves += b.direct[from][h.to] * rate
			}
		}
		staying := max(0, 1+math.Expm1(-most)/(1-share)) * math.Exp(-left)
		if staying < 1e-4 {
			break
		}
		gone -= staying * math.Expm1(-leaves)
		left += leaves
	}
	return gone
}

func isEnd(s tracking.Status) bool {
	return s == tracking.StatusDelivered || s == tracking.StatusReturned || s == tracking.StatusCancelled
}

func (b *birth) live(status tracking.Status, since time.Time, r *rand.Rand) (events []Event) {
	highest, changed := status, koreaSeconds(since)
	if !ranked(highest) {
		highest = tracking.StatusUnknown
	}
	for horizon := changed + int64(Horizon/time.Second); !isEnd(status); {
		to, at := b.next(status, highest, changed, horizon, r)
		if at >= horizon {
			return events
		}
		if ranked(to) {
			highest = max(highest, to)
		}
		status, changed = to, at
		events = append(events, Event{At: inKorea(at, korea), Status: to})
	}
	return events
}

// next draws the next change and its second of Korea's clock; the horizon where none comes before.
func (b *birth) next(status, highest tracking.Status, changed, horizon int64, r *rand.Rand) (to tracking.Status, at int64) {
	type chance struct {
		*hazard
		share, left float64 // of its hazard; of the integral until it comes
	}
	onTheWay := -math.Log1p(-r.Float64() * (1 - b.detour(status, changed)))
	var racing []chance
	for _, h := range b.hazards[status] {
		switch apart := b.direct[status][h.to]; {
		case !isMove(status, highest, h.to):
		case ranked(h.to):
			racing = append(racing, chance{h, 1, onTheWay})
		case apart > 0:
			racing = append(racing, chance{h, apart, r.ExpFloat64()})
		}
	}
	for from := changed; from < horizon && len(racing) > 0; {
		end := min(from-from%halfHour+halfHour, horizon)
		where, first := b.calendar.cellAt(from/60, changed/60), float64(end-from)
		for i := range racing {
			rate := racing[i].share * racing[i].rate(where) / 3600
			if after := racing[i].left / rate; after < first {
				to, first = racing[i].to, after
			}
			racing[i].left -= rate * float64(end-from)
		}
		if first < float64(end-from) {
			return to, max(from+int64(first), changed+1)
		}
		from = end
	}
	return to, horizon
}
