package fulfill

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/tracking"
	"github.com/waybill-dev/waybill/tracking/poll"
)

// A pulse is what one watched parcel says of itself, of its courier and of the carrier that is asked about it.
type pulse struct {
	id      poll.ShipmentID
	carrier string
	stage   stage
	began   time.Time   // when somebody began to look
	since   time.Time   // its last news, or began
	news    []time.Time // when news of it was seen, oldest first
	// heard is until when it is known that there was no more: the carrier's last answer or push. An hour in which nobody
	// answered is no hour of silence.
	heard   time.Time
	failing bool // asked several times in a row without an answer
}

// A finding is one thing that is wrong. A courier or a carrier that is silent stands for all its parcels.
type finding struct {
	kind     findingKind
	carrier  string
	courier  tracking.Courier // empty for a carrier
	shipment poll.ShipmentID  // of a stuck parcel
	since    time.Time
	hours    float64 // working hours of silence; of a failing one, none
	parcels  int     // concerned
	failing  bool    // it does not answer; otherwise it answers and has no news
	alone    bool    // the carrier has no other courier to compare this one with
}

type findingKind uint8

const (
	stuckParcel findingKind = iota + 1
	silentCourier
	silentCarrier
)

// A span is a time in which silence was not the parcel's: of one courier at a carrier, or of all.
type span struct {
	carrier     string
	courier     tracking.Courier // empty: all
	from, until time.Time        // zero: it goes on
}

const (
	improbable    = 5.0 // silence has a probability of e^-5 at most before it is told
	unlikely      = 3.0 // of the other couriers' silence, before it is the carrier's
	leastSilence  = 6.0 // working hours; couriers publish in blocks
	leastParcels  = 3   // that must have been silent for a courier's silence, or fail for a failure
	mostTrickle   = 2   // items of news that do not end a silence yet
	leastFailures = 3   // in a row, before a parcel counts as failing
)

// diagnosis tells apart what is wrong.
type diagnosis struct {
	calendar calendar
	rhythms  rhythms
	frozen   []span
}

// findings judges the pulses: carriers first, then couriers of the others, then parcels of the rest. The result is
// ordered by kind downwards, carrier, courier and number.
func (d diagnosis) findings(pulses []*pulse) []finding {
	var found []finding
	covered := map[string]bool{} // carriers
	quiet := map[[2]string]bool{}
	carriers := grouped(pulses, func(p *pulse) string { return p.carrier })
	for carrier, of := range carriers {
		couriers := grouped(of, func(p *pulse) string { return string(p.id.Courier) })
		if f, is := d.carrier(carrier, of, couriers); is {
			found = append(found, f)
			covered[carrier] = true
			continue
		}
		var failing *finding
		for courier, some := range couriers {
			f, is := d.courier(some)
			if !is {
				continue
			}
			f.kind, f.carrier, f.courier = silentCourier, carrier, tracking.Courier(courier)
			f.alone = len(couriers) == 1
			quiet[[2]string{carrier, courier}] = true
			switch {
			case f.failing:
				failing = &f
			case !f.alone && d.undecided(of, f):
				continue // an hour will tell whether it is the carrier
			case f.alone && d.newsElsewhere(pulses, f):
				f.kind, f.courier, f.alone = silentCarrier, "", false
				covered[carrier] = true
			}
			found = append(found, f)
		}
		if failing != nil && d.isDown(carrier) {
			// Couriers of a carrier that was down do not come back all in one hour.
			found = slices.DeleteFunc(found, func(f finding) bool { return f.carrier == carrier && f.failing })
			found = append(found, finding{kind: silentCarrier, carrier: carrier, since: failing.since, parcels: len(of), failing: true})
			covered[carrier] = true
		}
	}
	for _, p := range pulses {
		if covered[p.carrier] || quiet[[2]string{p.carrier, string(p.id.Courier)}] {
			continue
		}
		if hours := d.silence(p); p.stage != noStage && hours >= d.rhythms.of(p.id.Courier, p.stage).bound() {
			found = append(found, finding{
				kind: stuckParcel, carrier: p.carrier, courier: p.id.Courier, shipment: p.id, since: p.since, hours: hours, parcels: 1,
			})
		}
	}
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(-cmp.Compare(a.kind, b.kind), cmp.Compare(a.carrier, b.carrier), cmp.Compare(a.courier, b.courier),
			poll.WatchID{Shipment: a.shipment}.Compare(poll.WatchID{Shipment: b.shipment}))
	})
	return found
}

func grouped(pulses []*pulse, by func(*pulse) string) map[string][]*pulse {
	groups := map[string][]*pulse{}
	for _, p := range pulses {
		groups[by(p)] = append(groups[by(p)], p)
	}
	return groups
}

// silence counts a parcel's own working hours without news.
func (d diagnosis) silence(p *pulse) float64 {
	hours := d.calendar.hours(p.since, p.heard)
	for _, s := range d.frozen {
		if s.carrier != p.carrier || s.courier != "" && s.courier != p.id.Courier {
			continue
		}
		from, until := s.from, s.until
		if from.Before(p.since) {
			from = p.since
		}
		if until.IsZero() || until.After(p.heard) {
			until = p.heard
		}
		hours -= d.calendar.hours(from, until)
	}
	return hours
}

// carrier judges all that is asked of one carrier. It is the carrier that is silent only if more than one courier is.
func (d diagnosis) carrier(name string, of []*pulse, couriers map[string][]*pulse) (finding, bool) {
	f := finding{kind: silentCarrier, carrier: name, parcels: len(of)}
	if since, fails := failing(of); fails {
		answers := func(some []*pulse) bool {
			fail, answered := triedSince(some, since)
			return answered > fail
		}
		for _, some := range couriers {
			fails = fails && !answers(some)
		}
		if fails {
			f.since, f.failing = since, true
			return f, true
		}
	}
	times, latest := heardOf(of)
	for n := 0; n <= mostTrickle; n++ {
		since := windowOf(times, n, of)
		if f.hours = d.calendar.hours(since, latest); f.hours < leastSilence {
			continue
		}
		var all, most float64
		for _, some := range couriers {
			expected, _ := d.expected(some, since)
			all, most = all+expected, max(most, expected)
		}
		if tail(min(n, len(times)), all) < math.Exp(-improbable) && tail(min(n, len(times)), all-most) < math.Exp(-unlikely) {
			f.since = since
			return f, true
		}
	}
	return finding{}, false
}

// courier judges one courier at one carrier.
func (d diagnosis) courier(of []*pulse) (finding, bool) {
	f := finding{parcels: len(of)}
	if since, fails := failing(of); fails {
		f.since, f.failing = since, true
		return f, true
	}
	times, latest := heardOf(of)
	for n := 0; n <= mostTrickle; n++ {
		since := windowOf(times, n, of)
		if f.hours = d.calendar.hours(since, latest); f.hours < leastSilence {
			continue
		}
		expected, parcels := d.expected(of, since)
		if parcels >= leastParcels && tail(min(n, len(times)), expected) < math.Exp(-improbable) {
			f.since = since
			return f, true
		}
	}
	return finding{}, false
}

// expected is how many items of news the parcels should have had since a time, and how many parcels that comes from. A
// parcel that is itself silent for too long says no more of its courier.
func (d diagnosis) expected(of []*pulse, since time.Time) (news float64, parcels int) {
	for _, p := range of {
		if p.stage == noStage || !p.heard.After(since) {
			continue
		}
		r := d.rhythms.of(p.id.Courier, p.stage)
		hours := min(d.calendar.hours(p.since, p.heard), r.bound()) - min(d.calendar.hours(p.since, since), r.bound())
		if hours > 0 {
			news += hours / r.mean
			parcels++
		}
	}
	return news, parcels
}

// undecided reports whether a courier's silence may still turn out to be its carrier's: the others have had no news
// for half as long, and could have some.
func (d diagnosis) undecided(of []*pulse, f finding) bool {
	if f.hours >= 2*leastSilence {
		return false
	}
	others := slices.DeleteFunc(slices.Clone(of), func(p *pulse) bool { return p.id.Courier == f.courier })
	news, latest := heardOf(others)
	expected, _ := d.expected(others, f.since)
	return expected > 0 && d.calendar.hours(windowOf(news, 0, others), latest) >= leastSilence/2
}

// isDown reports whether the carrier was found silent or failing, and that is not over.
func (d diagnosis) isDown(carrier string) bool {
	return slices.ContainsFunc(d.frozen, func(s span) bool { return s.carrier == carrier && s.courier == "" && s.until.IsZero() })
}

// newsElsewhere reports whether another carrier had news of the courier while this one had none.
func (d diagnosis) newsElsewhere(pulses []*pulse, f finding) bool {
	return slices.ContainsFunc(pulses, func(p *pulse) bool {
		return p.carrier != f.carrier && p.id.Courier == f.courier && len(p.news) > 0 && p.news[len(p.news)-1].After(f.since)
	})
}

// failing reports whether most of the parcels that were asked about since the first of them failed are without an
// answer, and since when.
func failing(of []*pulse) (since time.Time, is bool) {
	for _, p := range of {
		if p.failing && p.heard.After(since) {
			since = p.heard
		}
	}
	fail, answered := triedSince(of, since)
	return since, fail >= leastParcels && fail > answered
}

// triedSince counts the parcels that fail, and those that were heard of since.
func triedSince(of []*pulse, since time.Time) (fail, answered int) {
	for _, p := range of {
		switch {
		case p.failing:
			fail++
		case p.heard.After(since):
			answered++
		}
	}
	return fail, answered
}

// heardOf gives the times of the latest news, oldest first, as many as windows look at, and that until which anything was heard.
func heardOf(of []*pulse) (news []time.Time, latest time.Time) {
	const looked = mostTrickle + 2
	for _, p := range of {
		if p.heard.After(latest) {
			latest = p.heard
		}
		news = append(news, p.news[max(0, len(p.news)-looked):]...)
		if len(news) > 1000 {
			slices.SortFunc(news, time.Time.Compare)
			news = slices.Delete(news, 0, len(news)-looked)
		}
	}
	slices.SortFunc(news, time.Time.Compare)
	return news[max(0, len(news)-looked):], latest
}

// windowOf begins a window that holds the latest n items of news: at the one before them, or when the first parcel was
// looked at.
func windowOf(news []time.Time, n int, of []*pulse) time.Time {
	if n < len(news) {
		return news[len(news)-1-n]
	}
	begin := of[0].since
	for _, p := range of {
		if p.since.Before(begin) {
			begin = p.since
		}
	}
	return begin
}

// tail is the probability of at most n where so many are expected.
func tail(n int, expected float64) float64 {
	term := math.Exp(-expected)
	sum := term
	for i := 1; i <= n; i++ {
		term *= expected / float64(i)
		sum += term
	}
	return sum
}
