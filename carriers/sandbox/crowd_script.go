package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/carriers/courier"
	"github.com/waybill-dev/waybill/tracking"
)

// way is a parcel's script while it is written.
type way struct {
	dice
	rhythm *Rhythm
	words  *wording
	scans  []Scan
	tries  int // draws of times so far

	from, hub, to string

	middle int // index of a scan that others like it come before and after; 0 when there is none
	pickup int // index of the pickup scan; -1 when there is none
}

// script writes the uses of the i-th number, oldest first.
func (c *Crowd) script(i int, r *Rhythm) []Parcel {
	d, label := c.dice(i), c.labelled(i)
	p := Parcel{Courier: r.Courier, Number: waybillNumber(r.Courier, i)}
	what, begin, listed := c.fate(d, r)
	unscanned := what == journeyForgotten || what == journeyCancelled
	if unscanned || begin == originReused || d.share(askAnnounced) >= c.rates.Unannounced {
		p.Label = label.Add(time.Duration(d.below(askAnnounced, 1, 60)) * time.Minute)
	}
	w := &way{
		dice: d, rhythm: r, words: wordings[r.Courier], scans: make([]Scan, 0, 12), pickup: -1,
		from: sendingBranches[d.below(askBranch, 0, len(sendingBranches))], hub: hubs[d.below(askBranch, 1, len(hubs))],
		to: deliveringBranches[d.below(askBranch, 2, len(deliveringBranches))],
	}
	w.announce(label, what, listed)
	switch {
	case what == journeyForgotten:
	case what == journeyCancelled:
		p.Gone = w.void(label)
	default:
		w.travel(c.rates, label, what, listed)
	}
	w.publish()
	p.Scans = w.scans
	w.list(&p, what, listed)
	if begin == originStray {
		p.Scans = slices.Insert(p.Scans, 0, w.astray(label))
	}
	if c.faulty {
		p.Faults = c.trouble(d, label)
	}
	if begin == originReused {
		return []Parcel{w.before(p, label), p}
	}
	return []Parcel{p}
}

// fate draws what becomes of a parcel, what is behind its number and how it is listed. What its courier does not know does
// not happen.
func (c *Crowd) fate(d dice, r *Rhythm) (journey, origin, listing) {
	what, begin, listed := pick(d, askJourney, c.journeys), pick(d, askOrigin, c.origins), pick(d, askListing, c.listings)
	if r.Courier != courier.Lotte {
		if what == journeyCalledOff {
			what = journeyStraight
		}
		if listed == listingDayOnly {
			listed = listingPlain
		}
	}
	return what, begin, listed
}

// add writes a scan; not one for which the courier has no word. Nothing happens before what is written already.
func (w *way) add(at time.Time, status tracking.Status, sub tracking.Sub, text word, place string) *Scan {
	if text.text == "" {
		return new(Scan)
	}
	if n := len(w.scans); n > 0 && at.Before(w.scans[n-1].At) {
		at = w.scans[n-1].At
	}
	w.scans = append(w.scans, Scan{At: at, Status: status, Sub: sub, Code: text.code, Text: text.text, Place: place})
	return &w.scans[len(w.scans)-1]
}

// at draws a time of the day that begins at midnight day.
func (w *way) at(day time.Time, h Hour) time.Time {
	w.tries++
	return day.Add(w.minutes(h, w.tries))
}

// hours draws a span of whole minutes.
func (w *way) hours(least, most int) time.Duration {
	w.tries++
	return time.Duration(least)*time.Hour + time.Duration(w.below(askDetail, w.tries, (most-least)*60))*time.Minute
}

// announce writes what is known of a label before anybody has the parcel.
func (w *way) announce(label time.Time, what journey, listed listing) {
	w.add(label.Add(5*time.Minute), registered, none, w.words.registered, w.from)
	if what == journeyForgotten || listed == listingUnreadable {
		w.add(label.Add(15*time.Minute), tracking.StatusPickupReady, none, w.words.ready, w.from)
	}
	if listed == listingUnreadable {
		w.add(label.Add(20*time.Minute), tracking.StatusUnknown, none, wordUnknown, w.from).As.SweetTracker = 7
	}
}

// void takes a label back: with a word where the courier has one, otherwise by forgetting the number.
func (w *way) void(label time.Time) (gone time.Time) {
	at := label.Add(w.hours(1, 8))
	if w.words.cancelled.text == "" {
		return at
	}
	w.add(at, tracking.StatusCancelled, none, w.words.cancelled, w.from)
	return time.Time{}
}

// travel writes the way from the pickup on.
func (w *way) travel(rates Rates, label time.Time, what journey, listed listing) {
	day := w.rhythm.workday(midnight(label))
	pickup := w.at(day, w.rhythm.Pickup)
	if pickup.Before(label.Add(30 * time.Minute)) {
		day = w.rhythm.workday(day.AddDate(0, 0, 1))
		pickup = w.at(day, w.rhythm.Pickup)
	}
	if w.words.pickedUp.text != "" && listed != listingNoPickup {
		w.pickup = len(w.scans)
		w.add(pickup, pickedUp, none, w.words.pickedUp, w.from)
	}
	day = w.haul(day, rates, listed == listingLongWay)
	if what == journeyLost {
		for range 3 {
			day = w.rhythm.workday(day.AddDate(0, 0, 1))
		}
		w.add(w.at(day, hour(15, 0, 30)), tracking.StatusFailed, tracking.SubLost, wordLost, w.hub)
		return
	}
	sub := none
	if w.words.branchKnown {
		sub = atBranch
	}
	w.add(w.at(day, w.rhythm.Branch), inTransit, sub, w.words.atBranch, w.to)
	day = w.linger(day, what)
	w.deliver(day, rates, what)
	if listed == listingAfterDelivered && what == journeyStraight {
		w.add(w.scans[len(w.scans)-1].At.Add(30*time.Minute), inTransit, none, w.words.unloaded, w.to)
	}
}

// haul writes the nights between hubs that follow a day, and gives the day of the tour.
func (w *way) haul(day time.Time, rates Rates, long bool) time.Time {
	w.add(w.at(day, w.rhythm.LineHaul), inTransit, none, w.words.loaded, w.from)
	day = day.AddDate(0, 0, 1)
	at := w.at(day, w.rhythm.Hub)
	w.add(at, inTransit, none, w.words.unloaded, w.hub)
	w.middle = len(w.scans)
	w.add(at.Add(15*time.Minute), inTransit, none, w.words.sentOn, w.hub)
	if long {
		for i := range 42 {
			text := w.words.unloaded
			if i%2 == 1 {
				text = w.words.sentOn
			}
			w.add(at.Add(time.Duration(40+25*i)*time.Minute), inTransit, none, text, hubs[i/2%len(hubs)])
		}
	}
	if long || w.share(askRemote) < rates.Remote {
		day = day.AddDate(0, 0, 1)
		w.add(w.at(day, w.rhythm.Hub), inTransit, none, w.words.unloaded, w.hub+"2")
	}
	return w.rhythm.workday(day)
}

// linger writes what keeps a parcel at its branch, and gives the day on which it goes on.
func (w *way) linger(day time.Time, what journey) time.Time {
	switch what {
	case journeyHeld:
		w.add(w.at(day, w.rhythm.Out), tracking.StatusHold, none, wordHeld, w.to)
	case journeyDelayed:
		w.add(w.at(day, w.rhythm.Out), tracking.StatusHold, tracking.SubDelayed, wordDelayed, w.to)
	case journeyCalledOff:
		at := w.at(day, w.rhythm.Out)
		w.add(at, returned, returning, wordReturn, w.to)
		undone := w.add(at.Add(2*time.Hour), inTransit, none, wordCalledOff, w.to)
		undone.CallsOff, undone.As.TrackerDelivery = true, "EXCEPTION"
	default:
		return day
	}
	return w.rhythm.workday(day.AddDate(0, 0, 1))
}

// deliver writes the tours: those that fail, and the one that ends it.
func (w *way) deliver(day time.Time, rates Rates, what journey) {
	failures := 0
	switch what {
	case journeyFailed:
		failures = 1 + w.below(askDetail, 0, 2)
	case journeySentBack:
		failures = 2
	case journeyWrongDelivered:
		out := w.tour(day, rates)
		w.add(out.Add(w.hours(0, 1)), delivered, none, w.words.delivered, w.to).Withdrawn = out.Add(w.hours(3, 9))
		day = w.rhythm.workday(day.AddDate(0, 0, 1))
	}
	for range failures {
		out := w.tour(day, rates)
		w.add(w.reached(day, out), tracking.StatusFailed, none, wordFailed, w.to)
		day = w.rhythm.workday(day.AddDate(0, 0, 1))
	}
	if what == journeySentBack {
		w.goBack(day)
		return
	}
	out := w.tour(day, rates)
	if w.words.shop.text != "" {
		w.add(out.Add(90*time.Minute), outFor, tracking.SubAvailableForPickup, w.words.shop, w.to)
	}
	w.add(w.reached(day, out), delivered, none, w.words.delivered, w.to)
}

// tour puts the parcel on the van, with the driver's window where one is published: five of six are met.
func (w *way) tour(day time.Time, rates Rates) time.Time {
	out := w.at(day, w.rhythm.Out)
	scan := w.add(out, outFor, none, w.words.out, w.to)
	if w.words.window == "" || w.share(askWindow) >= rates.Window {
		return out
	}
	// The next draw of a time is that of the delivery.
	from := int(w.minutes(w.rhythm.Delivered, w.tries+1)/time.Hour) - w.below(askWindow, 1, 2)
	if w.below(askWindow, 2, 6) == 0 {
		from += 2
	}
	scan.Window = fmt.Sprintf(w.words.window, from, from+2)
	return out
}

// reached draws when the van is at the door.
func (w *way) reached(day, out time.Time) time.Time {
	at := w.at(day, w.rhythm.Delivered)
	if soonest := out.Add(20 * time.Minute); at.Before(soonest) {
		return soonest
	}
	return at
}

// goBack writes the way to the sender. It ends in the words of a delivery, as couriers end it; the providers' codes
// are those of an ordinary way.
func (w *way) goBack(day time.Time) {
	like := func(s *Scan, api string, sweet int) {
		s.As = Codes{DeliveryAPI: api, SweetTracker: sweet, TrackerDelivery: api}
	}
	w.add(w.at(day, w.rhythm.Branch), returned, returning, wordReturn, w.to)
	like(w.add(w.at(day, w.rhythm.LineHaul), returned, returning, w.words.loaded, w.to), "IN_TRANSIT", 3)
	day = w.rhythm.workday(day.AddDate(0, 0, 1))
	out := w.at(day, w.rhythm.Out)
	like(w.add(out, returned, returning, w.words.out, w.from), "OUT_FOR_DELIVERY", 5)
	like(w.add(w.reached(day, out), returned, none, w.words.delivered, w.from), "DELIVERED", 6)
}

// publish sets when each scan is shown, in the order in which they happen, and adds what is said beside the status.
func (w *way) publish() {
	mean := int(w.rhythm.Lag / time.Minute)
	var last time.Time
	for i := range w.scans {
		s := &w.scans[i]
		s.Published = s.At.Add(time.Duration(w.below(askLag, i, 2*mean+1)) * time.Minute)
		if s.Published.Before(last) {
			s.Published = last
		}
		last = s.Published
		*s = s.described()
	}
}

// list spoils how the scans are listed.
func (w *way) list(p *Parcel, what journey, listed listing) {
	if len(p.Scans) < 4 || what == journeyCancelled { // there is too little to spoil
		return
	}
	switch n := len(p.Scans); listed {
	case listingLate:
		s := &p.Scans[1+w.below(askDetail, 1, n-2)]
		s.Published = s.At.Add(w.hours(2, 8))
	case listingDuplicated:
		p.Scans = append(p.Scans, p.Scans[2], p.Scans[n-1])
	case listingShuffled:
		p.AsScripted = true
		for i := n - 1; i > 0; i-- {
			j := w.below(askDetail, 100+i, i+1)
			p.Scans[i], p.Scans[j] = p.Scans[j], p.Scans[i]
		}
	case listingOldestFirst:
		p.OldestFirst = true
	case listingUndated:
		p.Scans[w.middle].Undated = w.middle > 0
	case listingDayOnly:
		if w.pickup >= 0 {
			p.Scans[w.pickup].DayOnly, p.Scans[w.pickup].Published = true, p.Scans[w.pickup+1].Published
		}
	case listingNewWords:
		if s := &p.Scans[w.middle]; w.middle > 0 {
			s.Code, s.Text, s.Note = wordNew.code, wordNew.text, ""
			s.As = Codes{DeliveryAPI: "SORTED_BY_ROBOT", SweetTracker: 9, TrackerDelivery: "SORTED_BY_ROBOT"}
			*s = s.described()
		}
	}
}

// astray is a scan that belongs to no use of the number.
func (w *way) astray(label time.Time) Scan {
	at := label.AddDate(0, 0, -100-w.below(askOrigin, 1, 51))
	s := Scan{At: at, Status: inTransit, Code: w.words.loaded.code, Text: w.words.loaded.text, Place: w.hub, Stray: true}
	return s.described()
}

// before is the earlier use of the number.
func (w *way) before(p Parcel, label time.Time) Parcel {
	earlier := *w
	earlier.scans = nil
	day := midnight(label).AddDate(0, 0, -60-w.below(askOrigin, 1, 91))
	at := func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
	earlier.add(at(17), pickedUp, none, w.words.pickedUp, w.from)
	earlier.add(at(23), inTransit, none, w.words.loaded, w.from)
	earlier.add(at(33), outFor, none, w.words.out, w.to)
	earlier.add(at(38), delivered, none, w.words.delivered, w.to)
	earlier.publish()
	return Parcel{Courier: p.Courier, Number: p.Number, Scans: earlier.scans}
}
