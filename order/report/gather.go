package report

import (
	"cmp"
	"time"

	"github.com/waybill-dev/waybill/tracking"
)

// gathering is what is kept of the shipments of one courier.
type gathering struct {
	touched bool // some figure has a part of it

	shipped, recalls, sendBacks tally
	attempted, succeeded        int
	unmapped                    int
	arrived, waiting            sample // for the estimate: times to delivery, and how long the others have been waited for

	delivered           int
	toDelivery, transit sample

	open       int
	age, quiet sample
	givenUp    map[string]int

	delays  map[delayed]*delay
	leftOut LeftOut
}

type delayed struct {
	status tracking.Status
	door   tracking.Door
}

type delay struct {
	sinceEvent, sincePublished   sample
	beforeWatch, ahead, timeless int
}

func newGathering() *gathering {
	return &gathering{
		shipped: newTally(), recalls: newTally(), sendBacks: newTally(),
		givenUp: map[string]int{}, delays: map[delayed]*delay{},
	}
}

// apart counts a shipment that is no delivery to anybody who ordered.
func (g *gathering) apart(in *Input, s *Shipment, to tally) {
	if in.within(s.Shipped) {
		g.touched = true
		to.add(s.Status)
	}
}

// outbound takes a shipment that goes to a recipient.
func (g *gathering) outbound(in *Input, s *Shipment) {
	if s.Shipped.IsZero() {
		g.leftOut.NoShipTime++
		g.touched = true
	}
	isOpen := !s.over() && s.Shipped.Before(in.To)
	inPeriod := in.within(s.Shipped)
	if (isOpen || inPeriod) && s.Shipped.After(in.Now) {
		g.leftOut.Ahead++
	}
	if inPeriod {
		g.byShipDate(in, s)
	}
	if s.Status == tracking.StatusDelivered && in.within(s.Delivered.date()) {
		g.byDeliveryDate(s)
	}
	if isOpen {
		g.stillOpen(in, s)
	}
	g.noticed(in, s, tracking.StatusOutForDelivery, &s.Out)
	if s.Status == tracking.StatusDelivered {
		g.noticed(in, s, tracking.StatusDelivered, &s.Delivered)
	}
}

func (g *gathering) byShipDate(in *Input, s *Shipment) {
	g.touched = true
	g.shipped.add(s.Status)
	g.unmapped += s.Unmapped
	if s.attempted() {
		g.attempted++
		if s.Status == tracking.StatusDelivered && s.Failed == 0 {
			g.succeeded++
		}
	}
	if s.Status == tracking.StatusDelivered && s.Delivered.At.IsZero() {
		g.leftOut.NoDeliveryTime++
	}
	g.estimated(in, s)
}

// estimated takes what the shipment says about the time to delivery.
func (g *gathering) estimated(in *Input, s *Shipment) {
	switch {
	case s.Status == tracking.StatusCancelled, s.Shipped.After(in.Now):
	case s.Status == tracking.StatusDelivered:
		if at := s.Delivered.latest(); !at.IsZero() {
			g.arrived.add(since(s.Shipped, at))
		}
	case !s.over() && !s.Ended.IsZero() && s.Ended.Before(in.Now):
		g.waiting.add(since(s.Shipped, s.Ended))
	default:
		g.waiting.add(since(s.Shipped, in.Now))
	}
}

func (g *gathering) byDeliveryDate(s *Shipment) {
	g.touched = true
	g.delivered++
	if s.Delivered.DayOnly {
		g.leftOut.DayOnly++
		return
	}
	backwards := false
	measure := func(to *sample, from time.Time) {
		switch {
		case from.IsZero():
		case s.Delivered.At.Before(from):
			backwards = true
		default:
			to.add(s.Delivered.At.Sub(from))
		}
	}
	measure(&g.toDelivery, s.Shipped)
	measure(&g.transit, s.PickedUp)
	if backwards {
		g.leftOut.Backwards++
	}
}

func (g *gathering) stillOpen(in *Input, s *Shipment) {
	g.touched = true
	if !s.Ended.IsZero() {
		g.givenUp[cmp.Or(s.Reason, "unknown")]++
		return
	}
	g.open++
	if !s.Shipped.IsZero() && !s.Shipped.After(in.Now) {
		g.age.add(in.Now.Sub(s.Shipped))
	}
	if !s.Moved.IsZero() {
		g.quiet.add(since(s.Moved, in.Now))
	}
}

// noticed takes what a fact says about how soon it was known.
func (g *gathering) noticed(in *Input, s *Shipment, status tracking.Status, f *Sighting) {
	if !in.within(f.date()) {
		return
	}
	g.touched = true
	key := delayed{status, f.Door}
	d := g.delays[key]
	if d == nil {
		d = new(delay)
		g.delays[key] = d
	}
	visible := f.At
	if !f.Published.IsZero() {
		visible = f.Published
	}
	switch {
	case f.DayOnly || f.Seen.IsZero():
		d.timeless++
	case f.Seen.Before(f.At) || f.Seen.Before(visible):
		d.ahead++
	case visible.Before(s.Watched):
		d.beforeWatch++
	default:
		d.sinceEvent.add(f.Seen.Sub(f.At))
		if !f.Published.IsZero() {
			d.sincePublished.add(f.Seen.Sub(f.Published))
		}
	}
}

// since is the time between, and none where it would run backwards.
func since(from, to time.Time) time.Duration { return max(to.Sub(from), 0) }
