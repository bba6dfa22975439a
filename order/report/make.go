package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// Make reads the shipments and computes the report. It fails on an input that makes no sense, with every fault at once, on a role
// that it does not know, and with the error of the sequence; then there is no report.
func Make(in Input) (Report, error) {
	if err := in.validate(); err != nil {
		return Report{}, err
	}
	m := maker{in: &in, gathered: map[tracking.Courier]*gathering{}, delivered: map[string]int{}}
	for s, err := range in.Shipments {
		if err == nil {
			err = m.add(&s)
		}
		if err != nil {
			return Report{}, fmt.Errorf("report: %w", err)
		}
	}
	return m.report(), nil
}

// maker makes one report.
type maker struct {
	in        *Input
	gathered  map[tracking.Courier]*gathering
	delivered map[string]int // by carrier
}

var errRole = errors.New("no such role of a waybill")

func (m *maker) add(s *Shipment) error {
	g := m.gathered[s.Courier]
	if g == nil {
		g = newGathering()
		m.gathered[s.Courier] = g
	}
	switch s.Role {
	case order.WaybillOutbound, "":
		g.outbound(m.in, s)
		if s.Status == tracking.StatusDelivered && m.in.within(s.Delivered.date()) {
			m.delivered[s.Carrier]++
		}
	case order.WaybillRecall:
		g.apart(m.in, s, g.recalls)
	case order.WaybillSendBack:
		g.apart(m.in, s, g.sendBacks)
	default:
		return fmt.Errorf("%w: %.40q", errRole, string(s.Role))
	}
	return nil
}

func (m *maker) report() Report {
	r := Report{
		From: m.in.From.In(kst), To: m.in.To.In(kst), Now: m.in.Now.In(kst),
		Couriers: []Group{}, Carriers: []Cost{}, Words: ranked(m.in.Words),
	}
	var all []*gathering
	for _, courier := range slices.Sorted(maps.Keys(m.gathered)) {
		g := m.gathered[courier]
		if !g.touched {
			continue
		}
		all = append(all, g)
		group := groupOf(g)
		group.Courier = courier
		r.Couriers = append(r.Couriers, group)
	}
	r.Total = groupOf(all...)
	r.Cost, r.Carriers = m.costs()
	return r
}

// costs gives what all carriers took, and each.
func (m *maker) costs() (all Cost, each []Cost) {
	usage := map[string]Usage{}
	for _, u := range m.in.Usage {
		sum := usage[u.Carrier]
		usage[u.Carrier] = Usage{Calls: sum.Calls + u.Calls, Asked: sum.Asked + u.Asked, Won: sum.Won + u.Won}
	}
	carriers := maps.Clone(m.delivered)
	for carrier := range usage {
		carriers[carrier] += 0
	}
	each = []Cost{}
	divisor := 0 // deliveries at carriers whose usage is known: what the others took must not look free
	for _, carrier := range slices.Sorted(maps.Keys(carriers)) {
		u, told := usage[carrier]
		c := Cost{Carrier: carrier, Calls: u.Calls, Asked: u.Asked, Won: u.Won, Delivered: carriers[carrier]}
		if told {
			divisor += c.Delivered
			c.share(c.Delivered)
		}
		all.Calls, all.Asked, all.Won, all.Delivered = all.Calls+c.Calls, all.Asked+c.Asked, all.Won+c.Won, all.Delivered+c.Delivered
		each = append(each, c)
	}
	all.share(divisor)
	return all, each
}

// share divides what was spent.
func (c *Cost) share(by int) {
	c.CallsEach, c.AskedEach, c.WonEach = ratio(c.Calls, by), ratio(c.Asked, by), ratio(c.Won, by)
}

// ranked adds up the entries of each word and puts the most frequent first.
func ranked(words []Word) []Word {
	sums := map[Word]int64{}
	for _, w := range words {
		n := w.Count
		w.Count = 0
		sums[w] += n
	}
	all := []Word{}
	for w, n := range sums {
		if w.Count = n; n > 0 {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b Word) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Carrier, b.Carrier),
			strings.Compare(string(a.Courier), string(b.Courier)), strings.Compare(a.Text, b.Text))
	})
	return all
}
