package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/tracking"
)

// groupOf gives the figures of one courier, or of several together. Samples are joined one figure at a time, so that a total takes
// little more room than its largest figure.
func groupOf(gs ...*gathering) Group {
	group := Group{Delays: delaysOf(gs)}
	shipped, recalls, sendBacks := newTally(), newTally(), newTally()
	for _, g := range gs {
		shipped.plus(g.shipped)
		recalls.plus(g.recalls)
		sendBacks.plus(g.sendBacks)
		group.FirstAttempt.Attempted += g.attempted
		group.FirstAttempt.Succeeded += g.succeeded
		group.Unmapped += g.unmapped
		group.Delivered += g.delivered
		group.Open.Count += g.open
		for reason, n := range g.givenUp {
			if group.Open.Reasons == nil {
				group.Open.Reasons = map[string]int{}
			}
			group.Open.Reasons[reason] += n
			group.Open.GivenUp += n
		}
		group.LeftOut.plus(g.leftOut)
	}
	group.Shipped, group.Recalls, group.SendBacks = shipped.counts(), recalls.counts(), sendBacks.counts()
	group.FirstAttempt.Rate = ratio(group.FirstAttempt.Succeeded, group.FirstAttempt.Attempted)
	group.Estimate = estimate(
		joined(gs, func(g *gathering) sample { return g.arrived }), joined(gs, func(g *gathering) sample { return g.waiting }))
	group.ToDelivery = joined(gs, func(g *gathering) sample { return g.toDelivery }).spread()
	group.Transit = joined(gs, func(g *gathering) sample { return g.transit }).spread()
	group.Open.Age = joined(gs, func(g *gathering) sample { return g.age }).spread()
	group.Open.Quiet = joined(gs, func(g *gathering) sample { return g.quiet }).spread()
	return group
}

func delaysOf(gs []*gathering) []Delay {
	by := map[delayed][]*delay{}
	for _, g := range gs {
		for key, d := range g.delays {
			by[key] = append(by[key], d)
		}
	}
	delays := []Delay{}
	for key, ds := range by {
		all := Delay{
			Status: key.status, Door: key.door,
			SinceEvent:     joined(ds, func(d *delay) sample { return d.sinceEvent }).spread(),
			SincePublished: joined(ds, func(d *delay) sample { return d.sincePublished }).spread(),
		}
		for _, d := range ds {
			all.BeforeWatch += d.beforeWatch
			all.Ahead += d.ahead
			all.Timeless += d.timeless
		}
		delays = append(delays, all)
	}
	came := map[tracking.Status]int{} // by any door that was kept
	for _, d := range delays {
		if d.Door != "" {
			came[d.Status] += d.SinceEvent.Count
		}
	}
	for i := range delays {
		if d := &delays[i]; d.Door != "" {
			d.Share = ratio(d.SinceEvent.Count, came[d.Status])
		}
	}
	slices.SortFunc(delays, func(a, b Delay) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), strings.Compare(string(a.Door), string(b.Door)))
	})
	return delays
}

// joined gives one sample of many: the one there is, not copied, or a new one.
func joined[T any](of []T, pick func(T) sample) sample {
	if len(of) == 1 {
		return pick(of[0])
	}
	samples := make([]sample, len(of))
	for i := range of {
		samples[i] = pick(of[i])
	}
	return slices.Concat(samples...)
}

func (l *LeftOut) plus(other LeftOut) {
	l.NoShipTime += other.NoShipTime
	l.NoDeliveryTime += other.NoDeliveryTime
	l.DayOnly += other.DayOnly
	l.Backwards += other.Backwards
	l.Ahead += other.Ahead
}
