package poll

import (
	"math"
	"strconv"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// A Policy says when to ask next. It is pure: the same watch and time give the same plan. It is not asked about watches
// that end ([Lifetimes]), and not after failures, which the engine spaces by itself. It is called concurrently.
type Policy interface {
	// Next plans the next ask of a watch that was just opened, asked about or told of by a push; w says what is known
	// by now. A plan that is not after now means as soon as can be.
	Next(w Watch, now time.Time) Plan
}

// A Capped policy knows how often a number may be asked on one Korean day. The engine then does not ask more often, not
// even after a crash.
type Capped interface {
	// Cap gives the most asks of one number a day at a carrier; 0 means that there is no cap.
	Cap(carrier string) int
}

// A Plan is when to ask, and why then.
type Plan struct {
	At  time.Time
	Why Why
	// Early is from when a place in a call that would stay free is worth taking; zero means never. Places are only filled where
	// no Cap and no Budget counts what is asked.
	Early time.Time
}

// jitter is how far, at most, a gap is from its interval, as a share of it: enough that watches which were opened
// together part within a day.
const jitter = 0.05

// Fixed is a policy that asks at one interval, whatever the status. Gaps are within 5 % of it.
type Fixed time.Duration

// Next is Policy.Next.
func (f Fixed) Next(w Watch, now time.Time) Plan {
	gap := spread(time.Duration(f), w)
	return Plan{At: now.Add(gap), Why: Why{Ground: GroundInterval}}
}

// fraction is a number in [0, 1) that hangs on the waybill number, the carrier and n alone.
func (w Watch) fraction(n int) float64 {
	var digits [2 * 20]byte
	generation := strconv.AppendInt(digits[:0], int64(w.ID.Shipment.Generation), 10)
	h := uint64(fnvOffset)
	h = hashed(h, w.ID.Shipment.Courier) * fnvPrime // times the prime: a zero byte between two texts
	h = hashed(h, w.ID.Shipment.Number) * fnvPrime
	h = hashed(h, generation) * fnvPrime
	h = hashed(h, w.ID.Carrier) * fnvPrime
	x := hashed(h, strconv.AppendInt(digits[:0], int64(n), 10))
	x ^= x >> 33 // FNV leaves the high bits of short texts alike
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// The constants of FNV-1a, which package hash/fnv does not give without allocating.
const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

func hashed[T ~string | ~[]byte](h uint64, text T) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * fnvPrime
	}
	return h
}

// spread changes an interval by up to jitter either way, another way each time.
func spread(every time.Duration, w Watch) time.Duration {
	return time.Duration(float64(every) * (1 + jitter*(2*w.fraction(w.Asks)-1)))
}

// Table is a policy that asks at an interval by status, with quiet nights and caps, as each carrier's [Rhythm] says.
// The zero value is [DefaultTable].
type Table struct {
	Rhythms map[string]Rhythm // by carrier
	Others  Rhythm            // of carriers that are not in Rhythms
}

// A Rhythm is how often one carrier is asked. Intervals of 0 mean the default of [DefaultTable].
type Rhythm struct {
	Before time.Duration // until the courier has the parcel: PENDING, REGISTERED, PICKUP_READY, UNKNOWN
	Moving time.Duration // PICKED_UP, IN_TRANSIT
	Out    time.Duration // OUT_FOR_DELIVERY
	Halted time.Duration // FAILED, HOLD
	Back   time.Duration // RETURNED
	Ended  time.Duration // DELIVERED, CANCELLED, lost: whether it stays so
	// NotFound is the first interval without data; it doubles up to NotFoundMost, for no data is normal for hours after
	// the label is printed, and some providers bill each such answer.
	NotFound, NotFoundMost time.Duration

	Quiet Quiet
	// Cap is how often one number may be asked on a Korean day; 0 means that there is no cap. Intervals grow to at
	// least a day divided by Cap.
	Cap int
}

// Quiet is a part of the day in Korea in which there is less to see. The zero value is none.
type Quiet struct {
	From, To int // hours; To may be on the next day: 20 to 10
	// Checks is how many asks a number gets in each such part, evenly spaced, at minutes of its own. Statuses that are
	// asked about less often than that anyway are not touched.
	Checks int
}

// DefaultTable is the WMS guide's advice of 2 to 4 hours (documented by deliveryapi), 4 hours until there is something to see.
// SweetTracker is not asked more than 10 times a day about a number, the cap of its free plan (reported; paid plans have 20).
// deliveryapi looks at couriers once an hour itself (documented), so that more than one ask an hour is for nothing. The
// intervals of settled and unfound parcels are our decision.
func DefaultTable() Table {
	guide := Rhythm{
		Before: 4 * time.Hour, Moving: 2 * time.Hour, Out: 2 * time.Hour, Halted: 4 * time.Hour, Back: 6 * time.Hour,
		Ended: 24 * time.Hour, NotFound: 4 * time.Hour, NotFoundMost: 24 * time.Hour,
	}
	sparing := guide
	sparing.Cap = 10
	return Table{Others: guide, Rhythms: map[string]Rhythm{"sweettracker": sparing}}
}

// FormerTable is how deliveryapi asked couriers itself, by an older guide (documented): every 30 minutes while a parcel moves,
// else 2 hours, and not more than every 2 hours from 20:00 to 10:00. It is there to be compared with.
func FormerTable() Table {
	const half, two = 30 * time.Minute, 2 * time.Hour
	return Table{Others: Rhythm{
		Before: two, Moving: half, Out: half, Halted: two, Back: half, Ended: 24 * time.Hour, NotFound: two, NotFoundMost: 24 * time.Hour,
		Quiet: Quiet{From: 20, To: 10, Checks: 7},
	}}
}

var defaults = DefaultTable()

// Cap is Capped.Cap.
func (t Table) Cap(carrier string) int { return t.of(carrier).Cap }

func (t Table) rhythm(carrier string) Rhythm { return t.of(carrier).withDefaults(defaults.Others) }

// of is the rhythm of a carrier as it was given.
func (t *Table) of(carrier string) Rhythm {
	if len(t.Rhythms) == 0 && t.Others == (Rhythm{}) {
		t = &defaults
	}
	if r, ok := t.Rhythms[carrier]; ok {
		return r
	}
	return t.Others
}

func (r Rhythm) withDefaults(d Rhythm) Rhythm {
	for _, field := range []struct{ own, other *time.Duration }{
		{&r.Before, &d.Before}, {&r.Moving, &d.Moving}, {&r.Out, &d.Out}, {&r.Halted, &d.Halted}, {&r.Back, &d.Back},
		{&r.Ended, &d.Ended}, {&r.NotFound, &d.NotFound}, {&r.NotFoundMost, &d.NotFoundMost},
	} {
		if *field.own <= 0 {
			*field.own = *field.other
		}
	}
	return r
}

// Next is Policy.Next.
func (t Table) Next(w Watch, now time.Time) Plan { return t.next(w, now, 1) }

// next is Next where an ask counts so many times its price: intervals grow with its root as those of the schedule do, to a day, and to three where only
// the end is looked at again.
func (t Table) next(w Watch, now time.Time, multiplier float64) Plan {
	r := t.rhythm(w.ID.Carrier)
	if w.full(r.Cap, now) {
		return w.tomorrow(now)
	}
	every, why := r.interval(w)
	longest := usualLongest
	if w.Known && w.NotFound == 0 && end(w.Parcel) != "" {
		longest *= 3
	}
	every = max(every, min(time.Duration(float64(every)*math.Sqrt(multiplier)), longest))
	if r.Cap > 0 {
		every = max(every, 24*time.Hour/time.Duration(r.Cap))
	}
	gap := spread(every, w)
	at := r.Quiet.delay(w, now, now.Add(gap), every)
	if !at.Equal(now.Add(gap)) {
		why = Why{Ground: GroundNight}
	}
	return Plan{At: at, Why: why.at(multiplier)}
}

// tomorrow is the plan for a number that was asked about as often as may be on this Korean day.
func (w Watch) tomorrow(now time.Time) Plan { return Plan{At: morning(w, now), Why: w.askedEnough()} }

func (w Watch) askedEnough() Why { return Why{Ground: GroundAskedEnough, Count: w.Today} }

// morning is a time of the watch's own within two hours after the next Korean midnight.
func morning(w Watch, now time.Time) time.Time {
	return nextKoreanDay(now).Add(time.Duration(w.fraction(0) * float64(2*time.Hour)))
}

// interval chooses by what is known of the parcel. The switch names every status, so that a new one is not forgotten.
func (r Rhythm) interval(w Watch) (every time.Duration, why Why) {
	if !w.Known || w.NotFound > 0 {
		every = r.NotFound
		for n := 1; n < w.NotFound && every < r.NotFoundMost; n++ {
			every *= 2
		}
		return min(every, r.NotFoundMost), Why{Ground: GroundNoData}
	}
	why = Why{Ground: GroundStatus, Status: w.Parcel.Status}
	switch w.Parcel.Status {
	case tracking.StatusUnknown, tracking.StatusPending, tracking.StatusRegistered, tracking.StatusPickupReady:
		every = r.Before
	case tracking.StatusPickedUp, tracking.StatusInTransit:
		every = r.Moving
	case tracking.StatusOutForDelivery:
		every = r.Out
	case tracking.StatusFailed, tracking.StatusHold:
		every = r.Halted
		if w.Parcel.Sub == tracking.SubLost {
			every, why = r.Ended, Why{Ground: GroundLost}
		}
	case tracking.StatusReturned:
		every = r.Back
	case tracking.StatusDelivered, tracking.StatusCancelled:
		every = r.Ended
	default:
		every = r.Before
	}
	return every, why
}

// delay moves a planned time that falls into quiet hours, or behind them, to the watch's next check of that night.
//
// The checks of a night are fixed points, not steps from wherever the last ask happened to be: however asks are
// jittered or late, no night gets more or fewer.
func (q Quiet) delay(w Watch, now, planned time.Time, every time.Duration) time.Time {
	length := time.Duration((q.To-q.From+24)%24) * time.Hour
	if q.Checks <= 0 || length == 0 {
		return planned
	}
	step := length / time.Duration(q.Checks)
	if every >= step {
		return planned
	}
	year, month, day := now.In(kst).Date()
	for _, d := range []int{day - 1, day} {
		from := time.Date(year, month, d, q.From, 0, 0, 0, kst)
		to := from.Add(length)
		if planned.Before(from) || !now.Before(to) {
			continue
		}
		for n := range q.Checks {
			check := from.Add(time.Duration(n)*step + time.Duration(w.fraction(-1)*float64(step)))
			if check.After(now) {
				return check
			}
		}
		if planned.Before(to) { // all of this night's checks are over
			return to.Add(time.Duration(w.fraction(-1) * float64(every)))
		}
	}
	return planned
}
