package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/order/privacy"
	"github.com/waybill-dev/waybill/tracking"
)

// A kind is what the people around an order do. What its couriers do is another matter.
type kind int

const (
	plain       kind = iota // everything leaves in one parcel
	split                   // leaves in two parcels
	bundled                 // leaves in the parcel of the order before it, which goes to the same door (합포장)
	byHand                  // leaves without a courier
	cancelled               // cancelled before anything is packed
	tooLate                 // to be cancelled when the parcel moves already: that is refused
	forgotten               // the courier has the parcel, and delivers it, before the sheet that says so is loaded
	short                   // part of it is out of stock
	returned                // comes back: 반품
	exchanged               // comes back, and something else goes out: 교환
	courierKind             // no story: how many there are
)

func (k kind) String() string {
	return [...]string{"plain", "split", "bundled", "by hand", "cancelled", "too late", "forgotten", "short", "returned", "exchanged"}[k]
}

// shares say how many orders of a thousand have a story; the rest is plain.
var shares = [courierKind]int{split: 80, bundled: 40, byHand: 30, cancelled: 30, tooLate: 20, forgotten: 40, short: 20, returned: 40, exchanged: 30}

// A story is one order of the day. It is made of the seed and the order's place alone, so that a process that is started
// again tells the same one.
type story struct {
	n     int
	id    order.OrderID
	kind  kind
	sheet bool // leaves by a row of a ship-out sheet, not by a command

	draft   order.Draft
	waybill tracking.Query // of what leaves first
	second  tracking.Query // of a split order's second parcel
	recall  tracking.Query // of the way back
	instead tracking.Query // of the replacement
}

var goods = [...]struct{ sku, name string }{
	{"MUG-01", "머그컵"}, {"DISH-04", "접시"}, {"SOCK-12", "양말"}, {"TEA-07", "보리차"}, {"LAMP-03", "무드등"}, {"BAG-09", "에코백"},
}

// stories writes the orders of the day.
func stories(w *world, seed uint64, orders int) []story {
	all := make([]story, orders)
	for n := range all {
		all[n] = tell(w, seed, n)
		if s := &all[n]; s.kind == bundled {
			if n == 0 || all[n-1].kind != plain || w.overBy(evening.Add(time.Hour), all[n-1].waybill) {
				s.kind = plain // there is no parcel to go along with
			} else {
				s.waybill, s.sheet, s.draft.Orderer = all[n-1].waybill, all[n-1].sheet, all[n-1].draft.Orderer
			}
		}
	}
	return all
}

func tell(w *world, seed uint64, n int) story {
	dice := rand.New(rand.NewPCG(seed, uint64(n)))
	s := story{
		n: n, id: order.OrderID(fmt.Sprintf("ORD-%s-%05d", opening.Format("20060102"), n+1)), sheet: n%2 == 1,
		waybill: w.waybill(0, 2*n), second: w.waybill(0, 2*n+1), recall: w.waybill(recallDay, 2*n), instead: w.waybill(insteadDay, 2*n),
	}
	drawn := dice.IntN(1000)
	for k, share := range shares {
		if drawn -= share; drawn < 0 {
			s.kind = kind(k)
			break
		}
	}
	if !w.fits(&s) {
		s.kind = plain
	}
	buyer := &order.Recipient{
		Name: privacy.Name("박모래"), Phone: privacy.Phone(fmt.Sprintf("010-0000-%04d", n%10_000)),
		Address: privacy.Address(fmt.Sprintf("경기 모래시 해변동 %d", n+1)),
	}
	s.draft = order.Draft{ID: s.id, Payment: order.PaymentPaid, Orderer: buyer}
	first := dice.IntN(len(goods))
	for i := range 1 + dice.IntN(3) {
		g := goods[(first+i)%len(goods)]
		s.draft.Lines = append(s.draft.Lines, order.Line{ID: order.LineID('A' + rune(i)), SKU: g.sku, Name: g.name, Quantity: 1 + dice.IntN(3)})
	}
	if s.kind == split || s.kind == short { // there is something to divide
		s.draft.Lines[0].Quantity++
	}
	section := order.DraftSection{DeliveryNo: s.deliveryNo()}
	for _, l := range s.draft.Lines {
		section.Lines = append(section.Lines, order.LineQuantity{Line: l.ID, Quantity: l.Quantity})
	}
	if s.kind == byHand {
		section.Method = []order.Method{order.MethodDirect, order.MethodPickup}[n%2]
	}
	s.draft.Sections = []order.DraftSection{section}
	return s
}

// deliveryNo is the number (배송번호) of the order's first section.
func (s *story) deliveryNo() string { return fmt.Sprintf("D%s%05d1", opening.Format("060102"), s.n+1) }

// parcels are the waybills under which goods of the order travel.
func (s *story) parcels() []tracking.Query {
	switch s.kind {
	case byHand, cancelled:
		return nil
	case split:
		return []tracking.Query{s.waybill, s.second}
	case returned:
		return []tracking.Query{s.waybill, s.recall}
	case exchanged:
		return []tracking.Query{s.waybill, s.recall, s.instead}
	}
	return []tracking.Query{s.waybill}
}

// fits reports whether the couriers will do what a story needs: of goods that come back, that they arrive before and come
// back without trouble; of a cancel that is refused, that the parcel is on its way in time.
func (w *world) fits(s *story) bool {
	switch s.kind {
	case tooLate:
		for _, scan := range w.script(s.waybill).Scans {
			if !scan.Stray && !scan.Undated && scan.Status >= tracking.StatusPickedUp && scan.Status <= tracking.StatusDelivered {
				return scan.Published.Before(opening.AddDate(0, 0, 1))
			}
		}
		return false
	case returned:
		return w.smooth(s.waybill, claims) && w.smooth(s.recall, counting)
	case exchanged:
		return w.smooth(s.waybill, claims) && w.smooth(s.recall, counting) && w.smooth(s.instead, closing)
	}
	return true
}

// smooth reports whether a parcel is delivered before a time, at the first attempt and as it should be.
func (w *world) smooth(q tracking.Query, before time.Time) bool {
	var last sandbox.Scan
	for _, s := range w.script(q).Scans {
		switch {
		case s.Stray:
			continue
		case s.Status < tracking.StatusPending || s.Status > tracking.StatusDelivered || !s.Withdrawn.IsZero() || s.Published.After(before):
			return false
		}
		if s.Status >= last.Status {
			last = s
		}
	}
	return last.Status == tracking.StatusDelivered
}

// waybillOf is the waybill as orders carry it.
func waybillOf(q tracking.Query) *order.Waybill {
	return &order.Waybill{Courier: string(q.Courier), Number: q.Number}
}
