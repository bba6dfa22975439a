package report_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/report"
	"github.com/waybill-dev/waybill/tracking"
)

// model computes a report from its sentences: for each figure all shipments that belong to it, as often as there are figures.
// slip names a mistake that it is to make.
type model struct {
	in   report.Input
	all  []report.Shipment
	slip string
}

type shipments []report.Shipment

func (ss shipments) that(fit func(report.Shipment) bool) shipments {
	var fitting shipments
	for _, s := range ss {
		if fit(s) {
			fitting = append(fitting, s)
		}
	}
	return fitting
}

// spread is of the seconds that measure gives.
func (m model) spread(ss shipments, measure func(report.Shipment) time.Duration) report.Spread {
	var seconds []float64
	for _, s := range ss {
		seconds = append(seconds, math.Floor(measure(s).Seconds()))
	}
	n := len(seconds)
	if n == 0 {
		return report.Spread{}
	}
	slices.Sort(seconds)
	sum := 0.
	for _, v := range seconds {
		sum += v
	}
	rank := func(percent int) float64 { // the first that so many do not exceed
		for i, v := range seconds {
			if (i+1)*100 >= n*percent || m.slip == "floor" && (i+2)*100 > n*percent {
				return v / 3600
			}
		}
		return math.NaN()
	}
	return report.Spread{Count: n, Mean: sum / float64(n) / 3600, P50: rank(50), P90: rank(90), Max: seconds[n-1] / 3600}
}

func (m model) inPeriod(t time.Time) bool {
	return !t.IsZero() && t.Compare(m.in.From) >= 0 && (t.Compare(m.in.To) < 0 || m.slip == "closed period" && t.Equal(m.in.To))
}

func (m model) dayOf(f report.Sighting) time.Time {
	if f.DayOnly && !f.At.IsZero() {
		return f.At.Add(9 * time.Hour).UTC().Truncate(24 * time.Hour).Add(-9 * time.Hour)
	}
	return f.At
}

func (m model) isDelivered(s report.Shipment) bool {
	return s.Status == tracking.StatusDelivered || m.slip == "withdrawn deliveries" && s.Status == tracking.StatusReturned && !s.Delivered.At.IsZero()
}

func (m model) isOpen(s report.Shipment) bool {
	lost := s.Status == tracking.StatusFailed && s.Sub == tracking.SubLost && m.slip != "lost is open"
	ends := []tracking.Status{tracking.StatusDelivered, tracking.StatusReturned, tracking.StatusCancelled}
	return !slices.Contains(ends, s.Status) && !lost && s.Shipped.Before(m.in.To) && (m.slip != "open of the period" || m.inPeriod(s.Shipped))
}

func (m model) counts(ss shipments) report.Counts {
	c := report.Counts{All: len(ss), Buckets: map[report.Bucket]int{}, Statuses: map[tracking.Status]int{}}
	for _, status := range tracking.Statuses() {
		n := len(ss.that(func(s report.Shipment) bool {
			return s.Status == status || status == tracking.StatusUnknown && s.Status > tracking.StatusCancelled
		}))
		c.Statuses[status] = n
		bucket := map[string]report.Bucket{
			"PENDING": "waiting", "REGISTERED": "waiting", "PICKUP_READY": "waiting", "FAILED": "exception", "HOLD": "exception",
			"DELIVERED": "delivered", "RETURNED": "returned", "CANCELLED": "cancelled", "UNKNOWN": "unknown",
		}[status.String()]
		if bucket == "" || m.slip == "unknown moves" && bucket == "unknown" {
			bucket = "in_transit"
		}
		c.Buckets[bucket] += n
	}
	for _, b := range []report.Bucket{"waiting", "in_transit", "delivered", "exception", "returned", "cancelled", "unknown"} {
		c.Buckets[b] += 0
	}
	return c
}

func (m model) group(courier tracking.Courier, all shipments) report.Group {
	role := func(want order.WaybillRole) shipments {
		return all.that(func(s report.Shipment) bool {
			return s.Role == want || s.Role == "" && want == order.WaybillOutbound || m.slip == "recalls are outbound" && want == order.WaybillOutbound
		})
	}
	byShipDate := func(s report.Shipment) bool { return m.inPeriod(s.Shipped) }
	out := role(order.WaybillOutbound)
	shipped := out.that(byShipDate)
	arrived := out.that(func(s report.Shipment) bool { return m.isDelivered(s) && m.inPeriod(m.dayOf(s.Delivered)) })
	clocked := arrived.that(func(s report.Shipment) bool { return !s.Delivered.DayOnly || m.slip == "days are times" })
	from := func(start func(report.Shipment) time.Time) report.Spread {
		good := clocked.that(func(s report.Shipment) bool { return !start(s).IsZero() && !start(s).After(s.Delivered.At) })
		return m.spread(good, func(s report.Shipment) time.Duration { return s.Delivered.At.Sub(start(s)) })
	}
	shipTime := func(s report.Shipment) time.Time { return s.Shipped }
	pickTime := func(s report.Shipment) time.Time { return s.PickedUp }
	g := report.Group{
		Courier: courier, Shipped: m.counts(shipped), Unmapped: 0, Delivered: len(arrived),
		Recalls: m.counts(role(order.WaybillRecall).that(byShipDate)), SendBacks: m.counts(role(order.WaybillSendBack).that(byShipDate)),
		ToDelivery: from(shipTime), Transit: from(pickTime), Delays: m.delays(out), Estimate: m.estimate(shipped), Open: m.open(out),
	}
	for _, s := range shipped {
		g.Unmapped += s.Unmapped
	}
	tried := shipped.that(func(s report.Shipment) bool {
		return s.Status == tracking.StatusDelivered || s.Failed > 0 || s.Status == tracking.StatusFailed && s.Sub != tracking.SubLost ||
			m.slip == "all attempted"
	})
	g.FirstAttempt.Attempted = len(tried)
	g.FirstAttempt.Succeeded = len(tried.that(func(s report.Shipment) bool { return s.Status == tracking.StatusDelivered && s.Failed == 0 }))
	if len(tried) > 0 {
		g.FirstAttempt.Rate = known(float64(g.FirstAttempt.Succeeded) / float64(len(tried)))
	}
	before := func(t, u time.Time) bool { return !u.IsZero() && t.Before(u) }
	g.LeftOut = report.LeftOut{
		NoShipTime:     len(out.that(func(s report.Shipment) bool { return s.Shipped.IsZero() })),
		NoDeliveryTime: len(shipped.that(func(s report.Shipment) bool { return m.isDelivered(s) && s.Delivered.At.IsZero() })),
		DayOnly:        len(arrived) - len(arrived.that(func(s report.Shipment) bool { return !s.Delivered.DayOnly })),
		Backwards: len(clocked.that(func(s report.Shipment) bool {
			return before(s.Delivered.At, s.Shipped) || before(s.Delivered.At, s.PickedUp)
		})),
		Ahead: len(out.that(func(s report.Shipment) bool {
			return s.Shipped.After(m.in.Now) && (m.inPeriod(s.Shipped) || m.isOpen(s))
		})),
	}
	return g
}

func (m model) open(out shipments) report.Open {
	open := out.that(m.isOpen)
	watched := open.that(func(s report.Shipment) bool { return s.Ended.IsZero() || m.slip == "given up have ages" })
	aged := watched.that(func(s report.Shipment) bool { return !s.Shipped.IsZero() && !s.Shipped.After(m.in.Now) })
	moved := watched.that(func(s report.Shipment) bool { return !s.Moved.IsZero() })
	o := report.Open{
		Count: len(watched), GivenUp: len(open) - len(watched),
		Age:   m.spread(aged, func(s report.Shipment) time.Duration { return m.in.Now.Sub(s.Shipped) }),
		Quiet: m.spread(moved, func(s report.Shipment) time.Duration { return max(0, m.in.Now.Sub(s.Moved)) }),
	}
	for _, s := range open {
		if reason := s.Reason; !s.Ended.IsZero() && m.slip != "given up have ages" {
			if reason == "" {
				reason = "unknown"
			}
			if o.Reasons == nil {
				o.Reasons = map[string]int{}
			}
			o.Reasons[reason]++
		}
	}
	return o
}

// estimate shares the weight of everybody who is waited for no longer among those who are.
func (m model) estimate(shipped shipments) report.Estimate {
	type wait struct {
		seconds float64
		arrived bool
	}
	var waits []wait
	for _, s := range shipped {
		until, arrived := m.in.Now, s.Status == tracking.StatusDelivered
		switch {
		case s.Shipped.After(m.in.Now) || s.Status == tracking.StatusCancelled && m.slip != "cancelled are waited for":
			continue
		case arrived && s.Delivered.At.IsZero():
			if until = s.Delivered.Seen; until.IsZero() {
				continue
			}
		case arrived && s.Delivered.DayOnly:
			day := m.dayOf(s.Delivered)
			until = day.Add(24 * time.Hour)
			if seen := s.Delivered.Seen; !seen.Before(day) && seen.Before(until) {
				until = seen
			}
		case arrived:
			until = s.Delivered.At
		case m.slip == "only the delivered":
			continue
		case m.isOpen(s) && !s.Ended.IsZero() && s.Ended.Before(until) && m.slip != "waited for to this day":
			until = s.Ended
		case s.Status == tracking.StatusReturned && !s.Ended.IsZero() && m.slip == "returned are given up":
			until = s.Ended
		}
		waits = append(waits, wait{max(0, math.Floor(until.Sub(s.Shipped).Seconds())), arrived})
	}
	slices.SortFunc(waits, func(a, b wait) int {
		switch {
		case a.seconds < b.seconds, a.seconds == b.seconds && a.arrived && !b.arrived:
			return -1
		case a == b:
			return 0
		default:
			return 1
		}
	})
	e := report.Estimate{Parcels: len(waits)}
	weight, arrived := 1/float64(len(waits)), 0.
	for i, w := range waits {
		if !w.arrived {
			if rest := float64(len(waits) - i - 1); rest > 0 {
				weight += weight / rest
			}
			continue
		}
		e.Delivered++
		if arrived += weight; arrived > 0.5-1e-9 && !e.P50.Known {
			e.P50 = known(w.seconds / 3600)
		}
		if arrived > 0.9-1e-9 && !e.P90.Known {
			e.P90 = known(w.seconds / 3600)
		}
	}
	return e
}

func (m model) delays(out shipments) []report.Delay {
	delays := []report.Delay{}
	came := map[tracking.Status]float64{}
	defer func() {
		for i, d := range delays {
			if came[d.Status] > 0 && (d.Door != "" || m.slip == "unknown doors share") {
				delays[i].Share = known(float64(d.SinceEvent.Count) / came[d.Status])
			}
		}
	}()
	for _, status := range []tracking.Status{tracking.StatusOutForDelivery, tracking.StatusDelivered} {
		for _, door := range []tracking.Door{"", tracking.DoorPoll, tracking.DoorPush} {
			fact := func(s report.Shipment) report.Sighting {
				if status == tracking.StatusDelivered {
					return s.Delivered
				}
				return s.Out
			}
			facts := out.that(func(s report.Shipment) bool {
				stands := status != tracking.StatusDelivered || s.Status == tracking.StatusDelivered
				sameDoor := fact(s).Door == door || m.slip == "one door" && door == ""
				return stands && sameDoor && m.inPeriod(m.dayOf(fact(s)))
			})
			if len(facts) == 0 || m.slip == "one door" && door != "" {
				continue
			}
			shown := func(f report.Sighting) time.Time {
				if f.Published.IsZero() || m.slip == "publication is ignored" {
					return f.At
				}
				return f.Published
			}
			timely := facts.that(func(s report.Shipment) bool { return !fact(s).DayOnly && !fact(s).Seen.IsZero() })
			ordered := timely.that(func(s report.Shipment) bool {
				return !fact(s).Seen.Before(fact(s).At) && !fact(s).Seen.Before(shown(fact(s)))
			})
			watched := ordered.that(func(s report.Shipment) bool { return !shown(fact(s)).Before(s.Watched) || m.slip == "back-fills count" })
			if door != "" || m.slip == "unknown doors share" {
				came[status] += float64(len(watched))
			}
			published := watched.that(func(s report.Shipment) bool { return !fact(s).Published.IsZero() })
			delays = append(delays, report.Delay{
				Status: status, Door: door,
				Timeless: len(facts) - len(timely), Ahead: len(timely) - len(ordered), BeforeWatch: len(ordered) - len(watched),
				SinceEvent:     m.spread(watched, func(s report.Shipment) time.Duration { return fact(s).Seen.Sub(fact(s).At) }),
				SincePublished: m.spread(published, func(s report.Shipment) time.Duration { return max(0, fact(s).Seen.Sub(fact(s).Published)) }),
			})
		}
	}
	return delays
}

// groups gives the total and each courier that has any part.
func (m model) groups() (total report.Group, each []report.Group) {
	by := map[tracking.Courier]shipments{}
	for _, s := range m.all {
		by[s.Courier] = append(by[s.Courier], s)
	}
	for _, courier := range slices.Sorted(maps.Keys(by)) {
		if g := m.group(courier, by[courier]); !cmp.Equal(g, m.group(courier, nil)) {
			each = append(each, g)
		}
	}
	return m.group("", m.all), each
}

// someShipments are random, and senseless as often as not. Times come in half hours, so that they meet.
func someShipments(rng *rand.Rand, n int) shipments {
	some := func(share float64, t time.Time) time.Time {
		if rng.Float64() < share {
			return t
		}
		return time.Time{}
	}
	after := func(t time.Time, hours int) time.Time {
		return t.Add(time.Duration(rng.IntN(2*hours+1)-1) * 30 * time.Minute)
	}
	doors := []tracking.Door{"", tracking.DoorPoll, tracking.DoorPush}
	roles := []order.WaybillRole{"", order.WaybillOutbound, order.WaybillOutbound, order.WaybillOutbound, order.WaybillRecall, order.WaybillSendBack}
	sighting := func(at time.Time) report.Sighting {
		published := after(at, 6)
		return report.Sighting{
			At: some(0.9, at), DayOnly: rng.Float64() < 0.1, Published: some(0.5, published), Seen: some(0.9, after(published, 8)), Door: doors[rng.IntN(3)],
		}
	}
	var all shipments
	for range n {
		shipped := now.Add(time.Duration(rng.IntN(2*24*45)-2*24*40) * 30 * time.Minute)
		picked := after(shipped, 24)
		s := report.Shipment{
			Courier: tracking.Courier(fmt.Sprint("c", rng.IntN(4))), Carrier: fmt.Sprint("a", rng.IntN(3)), Role: roles[rng.IntN(len(roles))],
			Status: tracking.Status(rng.IntN(13)), Unmapped: rng.IntN(2), Failed: max(0, rng.IntN(4)-1),
			Shipped: some(0.95, shipped), PickedUp: some(0.8, picked), Out: sighting(after(picked, 60)), Delivered: sighting(after(picked, 90)),
			Moved: some(0.9, after(picked, 90)), Watched: some(0.8, after(shipped, 40)), Ended: some(0.3, after(picked, 500)),
			Reason: []string{"", "silence", "age"}[rng.IntN(3)],
		}
		if rng.Float64() < 0.5 {
			s.Status = tracking.StatusDelivered
		}
		if s.Status == tracking.StatusFailed && rng.IntN(2) == 0 {
			s.Sub = tracking.SubLost
		}
		if rng.IntN(40) == 0 {
			s.Shipped = []time.Time{begin, end}[rng.IntN(2)]
		}
		all = append(all, s)
	}
	return all
}

// begin and end are of a period that divides days.
var begin, end = from.Add(6 * time.Hour), to.Add(-15 * time.Hour)

func input(all shipments) report.Input {
	return report.Input{From: begin, To: end, Now: now, Shipments: given(all, nil), Usage: []report.Usage{{"a0", 5, 7, 11}, {"a1", 2, 2, 0}}}
}

// nearly takes figures that only rounding tells apart for one.
var nearly = cmp.Comparer(func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*(1+math.Abs(x)) })

const worlds = 300

// world gives the shipments of one seed: few or none, or many.
func world(seed uint64) shipments {
	rng := rand.New(rand.NewPCG(seed, 7))
	return someShipments(rng, rng.IntN([]int{4, 40, 400}[seed%3]))
}

// differs tells how a report differs from what the model says.
func differs(t *testing.T, seed uint64, slip string) string {
	t.Helper()
	all := world(seed)
	m := model{in: input(all), all: all, slip: slip}
	r, err := report.Make(m.in)
	if err != nil {
		t.Fatal(err)
	}
	total, each := m.groups()
	return cmp.Diff(total, r.Total, nearly) + cmp.Diff(append([]report.Group{}, each...), r.Couriers, nearly)
}

func TestRandomShipments(t *testing.T) {
	for seed := range uint64(worlds) {
		if diff := differs(t, seed, ""); diff != "" {
			t.Fatalf("seed %d (-model +report):\n%s", seed, diff)
		}
	}
}

// TestRandomShipmentsSee proves that the test above finds every one of these mistakes.
func TestRandomShipmentsSee(t *testing.T) {
	for _, slip := range strings.Split("floor,closed period,withdrawn deliveries,lost is open,open of the period,unknown moves,recalls are outbound,"+
		"days are times,all attempted,given up have ages,cancelled are waited for,only the delivered,waited for to this day,"+
		"returned are given up,one door,unknown doors share,publication is ignored,back-fills count", ",") {
		found := false
		for seed := uint64(0); seed < worlds && !found; seed++ {
			found = differs(t, seed, slip) != ""
		}
		if !found {
			t.Errorf("nobody notices: %s", slip)
		}
	}
}
