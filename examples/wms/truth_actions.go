package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/carriers/sandbox"
	"github.com/waybill-dev/waybill/order"
	"github.com/waybill-dev/waybill/tracking"
)

// A deed is an action without what only the ledger knows: "cj/660000000011/1 NOTIFY_CUSTOMER DELIVERED" for what a parcel
// caused, "ORD-20261119-00001 REFUND" for what a command did.
type deed string

// A claim of the truth: how often a deed was done, net of what was taken back.
type bounds struct{ least, most int }

// expected collects what is to have been done.
type expected map[deed]bounds

func (x expected) must(d deed) { x[d] = bounds{x[d].least + 1, x[d].most + 1} }
func (x expected) may(d deed)  { x[d] = bounds{x[d].least, x[d].most + 1} }

// once says that a deed was done once, whatever was said of it before; unsure makes it at most once.
func (x expected) once(d deed, sure bool) {
	b := bounds{x[d].least, 1}
	if sure {
		b.least = 1
	}
	x[d] = b
}

// noticed is how long a parcel has to stand somewhere for us to have seen it: longer than the longest time between two looks,
// with an outage in between.
const noticed = 12 * time.Hour

// actions compares what was done.
func (c *comparison) actions(believed []actionForm, stories []story) {
	want := expected{}
	for i := range stories {
		c.world.deeds(&stories[i], want)
	}
	done := map[deed]int{}
	for _, a := range believed {
		if !a.Undone {
			done[deedOf(a)]++
		}
	}
	for _, d := range slices.Sorted(maps.Keys(done)) {
		if n := done[d]; n > want[d].most {
			c.add("%s: done %d times, at most %d are right", d, n, want[d].most)
		}
	}
	for _, d := range slices.Sorted(maps.Keys(want)) {
		if n := done[d]; n < want[d].least {
			c.add("%s: done %d times, at least %d are right", d, n, want[d].least)
		}
	}
}

// deedOf reads an action's key: parcel/COURIER/NUMBER/GENERATION/ACTION/CAUSE/…/EPOCH or order/ORDER/COMMAND/ACTION.
func deedOf(a actionForm) deed {
	parts := strings.Split(a.Key, "/")
	if parts[0] == "parcel" && len(parts) >= 7 {
		return deed(fmt.Sprintf("%s/%s/%s %s %s", parts[1], parts[2], parts[3], a.Action, parts[5]))
	}
	if parts[0] == "order" && len(parts) > 1 {
		return deed(parts[1] + " " + a.Action)
	}
	return deed(a.Key)
}

// deeds adds what an order's story and its parcels cause.
func (w *world) deeds(s *story, x expected) {
	of := func(name order.ActionName) deed { return deed(fmt.Sprintf("%s %s", s.id, name)) }
	switch s.kind {
	case cancelled:
		x.must(of(order.CustomerMessage))
		x.must(of(order.ReleaseReservation))
		x.must(of(order.RefundPayment))
		return
	case byHand:
		return
	case tooLate:
		x.must(of(order.CustomerMessage)) // of the refusal
		x.once(cause(s.waybill, "ALERT_OPERATIONS", "CANCEL_SCANNED"), !w.unattended)
	case short:
		x.must(of(order.CallList))
		x.must(of(order.StockoutNotice))
		x.must(of(order.CustomerMessage))
		x.must(of(order.RefundPayment))
	case returned, exchanged:
		x.must(of(order.OrderRecall))
		x.must(of(order.CustomerMessage))
		x.once(cause(s.recall, "CREATE_RETURN_INBOUND", "RECALL"), !w.unattended)
		x.once(cause(s.recall, "ALERT_OPERATIONS", "ARRIVED"), !w.unattended) // not if it was counted before we saw it come
		if s.kind == returned {
			x.must(of(order.Restock))
		} else {
			w.parcelDeeds(s, s.instead, x)
		}
	case split:
		w.parcelDeeds(s, s.second, x)
	}
	w.parcelDeeds(s, s.waybill, x)
}

func cause(q tracking.Query, name, why string) deed {
	return deed(fmt.Sprintf("%s %s %s", id(q.Courier, q.Number, 1), name, why))
}

// parcelDeeds adds what follows from where a parcel stood. What it did before its section left, and what it did for so short
// a time that we may not have looked, may have had its consequence or not.
func (w *world) parcelDeeds(s *story, q tracking.Query, x expected) {
	script := w.script(q)
	f := fateOf(script)
	// What follows on a scan that was withdrawn is not known to us when we saw that.
	watched := !w.unattended && s.kind != forgotten && s.kind != tooLate &&
		!slices.ContainsFunc(script.Scans, func(scan sandbox.Scan) bool { return !scan.Withdrawn.IsZero() })
	for why, stood := range f.stood {
		ends := stood == forEver
		sure := ends || watched && stood >= noticed
		switch why {
		case "OUT_FOR_DELIVERY":
			x.once(cause(q, "NOTIFY_CUSTOMER", why), sure)
		case "DELIVERED":
			x.once(cause(q, "CONFIRM_INVENTORY", why), ends)
			x.once(cause(q, "NOTIFY_CUSTOMER", why), ends)
		case "FAILED", "LOST", "HOLD", "CANCELLED":
			x.once(cause(q, "ALERT_OPERATIONS", why), sure)
		case "UNKNOWN": // a word without a mapping was all there was for a while, perhaps before anything left
			x.once(cause(q, "ALERT_OPERATIONS", why), ends)
		case "RETURNED":
			x.once(cause(q, "CREATE_RETURN_INBOUND", why), ends)
			x.once(cause(q, "ALERT_OPERATIONS", why), ends)
			w.comesBack(s, ends, x)
		}
	}
}

// comesBack adds what follows for each order when a courier brings a parcel back, or begins to.
func (w *world) comesBack(s *story, really bool, x expected) {
	add := x.may
	if really {
		add = x.must
	}
	add(deed(fmt.Sprintf("%s %s", s.id, order.OpenReturnInbound)))
	add(deed(fmt.Sprintf("%s %s", s.id, order.CustomerMessage))) // of the refund, or that it is none
	if really {
		add(deed(fmt.Sprintf("%s %s", s.id, order.Restock)))
	}
}
